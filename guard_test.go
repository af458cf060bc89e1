//go:build linux

package blend

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"syscall"
	"testing"
	"unsafe"

	"github.com/mixblend/blend/internal/pixels"
)

// guarded is memory between two unreadable pages.
type guarded struct{ mapping, data []byte }

func newGuarded(t *testing.T, size int) guarded {
	page := syscall.Getpagesize()
	size = (size + page - 1) / page * page
	m, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(m) })
	for _, guard := range [][]byte{m[:page], m[page+size:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return guarded{m, m[page : page+size]}
}

// readOnly lets the memory be read only from now on.
func (g guarded) readOnly(t *testing.T) {
	if err := syscall.Mprotect(g.data, syscall.PROT_READ); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Mprotect(g.data, syscall.PROT_READ|syscall.PROT_WRITE) })
}

// ends returns n elements that begin where the memory does, or that end there.
func ends[T element](g guarded, n int, atEnd bool) []T {
	all := unsafe.Slice((*T)(unsafe.Pointer(&g.data[0])), len(g.data)/int(unsafe.Sizeof(*new(T))))
	if atEnd {
		return all[len(all)-n:]
	}
	return all[:n]
}

func TestGuardPages(t *testing.T) {
	forEach(t, func(t *testing.T) {
		forTypes(t, types, func(c mixTests, t *testing.T) { c.(interface{ testGuardPages(*testing.T) }).testGuardPages(t) })
		t.Run("normalize", testNormalizeGuardPages)
		t.Run("cross", testCrossGuardPages)
		t.Run("pixels", testPixelGuardPages)
		t.Run("masks", testMaskGuardPages)
		t.Run("mask pairs", func(t *testing.T) { u8Mask.testMaskPairGuardPages(t); f32Mask.testMaskPairGuardPages(t) })
		t.Run("pairs of pixels", testMaskPixelsGuardPages)
	})
}

// Every operand begins, then ends, at an unreadable page: pairs, and chains of three rows, out of place and in place, one by one and end to end.
func (c calls[T]) testGuardPages(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	rng := rand.New(rand.NewPCG(4, 4))
	const most = 4*64 + 1
	var g [6]guarded
	for i := range g {
		g[i] = newGuarded(t, 3*most*4)
	}
	p, _ := NewPlan([]int{1, 2, 0}, 0.3, 77.0/256, 0.5)
	for n := 1; n <= most; n++ {
		for sides := range 8 {
			var rows [6][]T
			for i := range rows {
				rows[i] = ends[T](g[i], n, sides>>(i%3)&1 == 1)
				fill(rng, rows[i])
			}
			what := fmt.Sprintf("n=%d sides=%03b", n, sides)
			noFault(t, what, func() error { return c.pair(rows[0], rows[1], rows[2], lambdas[n%len(lambdas)]) })
			for _, store := range []StoreMode{StoreCached, StoreStream} {
				p.Store = store
				noFault(t, what+" chain", func() error { return c.rows(p, rows[:3], rows[3:]) })
				noFault(t, what+" chain in place", func() error { return c.rows(p, rows[:3], rows[:3]) })
			}
			flat := [2][]T{ends[T](g[0], 3*n, sides&1 == 1), ends[T](g[1], 3*n, sides>>1&1 == 1)}
			p.Store = StoreAuto
			noFault(t, what+" end to end", func() error { return c.flat(p, flat[0], flat[1]) })
			noFault(t, what+" end to end in place", func() error { return c.flat(p, flat[0], flat[0]) })
		}
	}
}

// Steps with a mask, of every kernel that takes one: rows, masks and results begin, then end, at an unreadable page.
func testMaskGuardPages(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	const most = 4*64 + 1
	var g [4]guarded
	for i := range g {
		g[i] = newGuarded(t, most*4)
	}
	var tab scaleAndBias
	tab.set([]float32{1}, []float32{0})
	for k := range kernel(len(traits)) {
		for n := 1; n <= most; n++ {
			if testing.Short() && n%7 != 0 && n < most-7 {
				continue
			}
			for sides := range 8 {
				end := func(i, n int) unsafe.Pointer { return ptr(ends[uint8](g[i], n, sides>>(i%3)&1 == 1)) }
				s := step{dst: end(0, n*k.out()), own: end(1, k.span(n)), partner: end(2, k.span(n)), mask: end(3, n), params: k.maskParams()}
				run := func() error {
					k.run([]step{s}, n, how{block: 4 * tablePeriod, table: tab.at(0)})
					return nil
				}
				noFault(t, fmt.Sprintf("kernel %d, n=%d sides=%03b", k, n, sides), run)
				if k.selects() {
					s.mask, s.params = end(3, bitsBytes(n)+bitsSlack), k.selectParams()
					noFault(t, fmt.Sprintf("kernel %d, bits, n=%d sides=%03b", k, n, sides), run)
				}
			}
		}
		for channels := 3; channels <= 4; channels++ {
			p, period, ok := k.pixelMaskParams(channels)
			for n := period; ok && n <= most-1; n += period {
				for sides := range 16 {
					end := func(i, n int) unsafe.Pointer { return ptr(ends[uint8](g[i], n, sides>>i&1 == 1)) }
					s := step{dst: end(0, n*k.out()), own: end(1, n*k.in()), partner: end(2, n*k.in()), mask: end(3, n/channels), params: p}
					noFault(t, fmt.Sprintf("kernel %d, n=%d sides=%04b, a mask of pixels of %d", k, n, sides, channels), func() error {
						k.run([]step{s}, n, how{block: period})
						return nil
					})
				}
			}
		}
	}
}

// Pairs with a mask that can only be read.
func (c maskCalls[T]) testMaskPairGuardPages(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	const most = 4*64 + 1
	var g [4]guarded
	for i := range g {
		g[i] = newGuarded(t, most*4)
	}
	fill(rand.New(rand.NewPCG(4, 7)), g[3].data)
	for i := range g[3].data {
		if i%5 == 0 {
			g[3].data[i] = byte(i % 2 * 255)
		}
	}
	g[3].readOnly(t)
	for n := 1; n <= most; n++ {
		for sides := range 16 {
			end := func(i int) bool { return sides>>i&1 == 1 }
			dst, a, b, mask := ends[T](g[0], n, end(0)), ends[T](g[1], n, end(1)), ends[T](g[2], n, end(2)), ends[uint8](g[3], n, end(3))
			what := fmt.Sprintf("%s, n=%d sides=%04b", c.name, n, sides)
			noFault(t, what, func() error { return c.mix(dst, a, b, mask) })
			noFault(t, what+" in place", func() error { return c.mix(dst, dst, b, mask) })
		}
	}
}

// Pairs with a mask of pixels, which can only be read.
func testMaskPixelsGuardPages(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	const most = 450
	var g [4]guarded
	for i := range g {
		g[i] = newGuarded(t, most)
	}
	g[3].readOnly(t)
	for channels := 2; channels <= 4; channels++ {
		for n := 1; n <= most/channels; n++ {
			if testing.Short() && n%7 != 0 && n < most/channels-7 {
				continue
			}
			for sides := range 16 {
				end := func(i, n int) []uint8 { return ends[uint8](g[i], n, sides>>i&1 == 1) }
				dst, a, b, mask := end(0, n*channels), end(1, n*channels), end(2, n*channels), end(3, n)
				for _, stream := range []bool{false, true} {
					noFault(t, fmt.Sprintf("%d pixels of %d, sides=%04b, stream %v", n, channels, sides, stream), func() error {
						pixels.MaskPair(dst, a, b, mask, channels, stream)
						fence()
						return nil
					})
				}
			}
		}
	}
}

func testNormalizeGuardPages(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	rng := rand.New(rand.NewPCG(4, 5))
	const most = 2*tablePeriod + 33 // pixels: what a loop takes together at most, single vectors, and a tail
	var g [4]guarded
	for i := range g {
		g[i] = newGuarded(t, most*maxChannels*4)
	}
	p, _ := NewPlan([]int{1, 0}, 0.3, 0.5)
	for channels := 1; channels <= maxChannels; channels++ {
		for pixels := 1; pixels <= most; pixels++ {
			n := pixels * channels
			for trial := range 12 {
				side := func(i int) bool { return trial>>(i%2)&1 == 1 }
				x := [][]uint8{ends[uint8](g[0], n, side(0)), ends[uint8](g[1], n, side(1))}
				fill(rng, x[0])
				fill(rng, x[1])
				norm := randomNormalization(rng, channels, [][2]Layout{{CHW, CHW}, {HWC, HWC}, {HWC, CHW}}[trial/4])
				p.Store = StoreMode(1 + rng.IntN(2))
				what := fmt.Sprintf("%d pixels of %d channels, %v to %v, trial %d", pixels, channels, norm.From, norm.To, trial)
				noFault(t, what, func() error {
					return p.NormalizeFloat32Rows([][]float32{ends[float32](g[2], n, side(1)), ends[float32](g[3], n, side(0))}, x, norm)
				})
				d := [][]bf16{ends[bf16](g[2], n, side(1)), ends[bf16](g[3], n, side(0))}
				noFault(t, what+", bf16", func() error { return NormalizeBFloat16Rows(p, d, x, norm) })
				noFault(t, what+", f16", func() error { return NormalizeFloat16Rows(p, d, x, norm) })
			}
		}
	}
}

func testCrossGuardPages(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	const most = 4*64 + 1
	var g [6]guarded
	for i := range g {
		g[i] = newGuarded(t, most*4)
	}
	g[4].readOnly(t)
	g[5].readOnly(t)
	c, _ := NewCross([]int{1, 0}, 2, 0.3, 77.0/256)
	n := &Normalization{Scale: []float32{0.5}, Bias: []float32{-1}}
	for cols := 1; cols <= most; cols++ {
		for sides := range 8 {
			end := func(i int) bool { return sides>>(i/2)&1 == 1 }
			c.Store = StoreMode(1 + cols%2)
			what := fmt.Sprintf("%d columns, sides %03b, store %d", cols, sides, c.Store)
			crossAtGuardPages(t, what, crossU8, c, g, cols, end, nil)
			crossAtGuardPages(t, what, crossF32, c, g, cols, end, nil)
			crossAtGuardPages(t, what, crossBF16, c, g, cols, end, nil)
			crossAtGuardPages(t, what, crossNormF32, c, g, cols, end, n)
		}
	}
}

// crossAtGuardPages has two rows each of dst, x and y between guard pages, those of y to be read only.
func crossAtGuardPages[In, Out element](t *testing.T, what string, calls crossCalls[In, Out], c *Cross, g [6]guarded, cols int, end func(int) bool, n *Normalization) {
	t.Helper()
	var dst [2][]Out
	var x, y [2][]In
	for i := range 2 {
		dst[i], x[i], y[i] = ends[Out](g[i], cols, end(i)), ends[In](g[2+i], cols, end(2+i)), ends[In](g[4+i], cols, end(4+i))
	}
	noFault(t, calls.name+", "+what, func() error { return calls.rows(c, dst[:], x[:], y[:], n) })
	if d, ok := any(x[:]).([][]Out); ok {
		noFault(t, calls.name+", in place, "+what, func() error { return calls.rows(c, d, x[:], y[:], n) })
	}
}

// Pixels of which not every byte is read.
func testPixelGuardPages(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	rng := rand.New(rand.NewPCG(4, 6))
	const most = 2*tablePeriod + 33
	var g [4]guarded
	for i := range g {
		g[i] = newGuarded(t, most*maxChannels*4)
	}
	p, _ := NewPlan([]int{1, 0}, 0.3, 0.5)
	for format := range pixelFormats {
		for pixels := 1; pixels <= most; pixels++ {
			for trial := range 4 {
				side := func(i int) bool { return trial>>(i%2)&1 == 1 }
				norm, what := randomFormat(rng, format)
				in, out := pixels*norm.pixelBytes(), pixels*len(norm.Scale)
				x := [][]uint8{ends[uint8](g[0], in, side(0)), ends[uint8](g[1], in, side(1))}
				fill(rng, x[0])
				fill(rng, x[1])
				p.Store = StoreMode(1 + rng.IntN(2))
				what = fmt.Sprintf("%d pixels of %s, trial %d", pixels, what, trial)
				noFault(t, what, func() error {
					return p.NormalizeFloat32Rows([][]float32{ends[float32](g[2], out, side(1)), ends[float32](g[3], out, side(0))}, x, norm)
				})
				d := [][]bf16{ends[bf16](g[2], out, side(1)), ends[bf16](g[3], out, side(0))}
				noFault(t, what+", bf16", func() error { return NormalizeBFloat16Rows(p, d, x, norm) })
				noFault(t, what+", f16", func() error { return NormalizeFloat16Rows(p, d, x, norm) })
			}
		}
	}
}

func noFault(t *testing.T, what string, f func() error) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Fatalf("%s: %v", what, r)
		}
	}()
	if err := f(); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// Inputs may be mapped read-only.
func TestReadOnlyInput(t *testing.T) {
	forEach(t, func(t *testing.T) {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		rng := rand.New(rand.NewPCG(5, 5))
		g := newGuarded(t, 300*64)
		x := ends[uint8](g, 300*64-1, true)
		x = x[:len(x)/7*7]
		fill(rng, x)
		g.readOnly(t)
		dst := make([]uint8, len(x))
		p, _ := NewPlan([]int{3, 1, 0, 2, 6, 4, 5}, 0.3)
		noFault(t, "Plan", func() error { return p.Uint8(dst, x) })
		noFault(t, "pair", func() error { return Uint8(dst, x, x, 0.3) })
		for i := range dst {
			if dst[i] != x[i] {
				t.Fatal("a row mixed with itself has changed")
			}
		}
	})
}
