package blend

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"
)

// Every kernel of the table, on every implementation, against plain Go: every length up to some blocks, in all the ways in which a
// walk calls one. The tests of the public functions know what each computes; this one finds a new kernel by itself.
func TestKernels(t *testing.T) {
	forEach(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(21, 22))
		for k := range kernel(len(traits)) {
			for n := range 700 {
				testKernel(t, rng, k, 1+n)
				if n%20 == 0 {
					testKernel(t, rng, k, rng.IntN(6000)+1) // longer than what is prefetched
				}
				if t.Failed() {
					break
				}
			}
		}
	})
}

// Masks of interleaved pixels, which some kernels take, for one period and many.
func TestPixelMasks(t *testing.T) {
	forEach(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(22, 23))
		for k := range kernel(len(traits)) {
			for trial := 0; trial < 400 && !t.Failed(); trial++ {
				if _, period, ok := k.pixelMaskParams(3 + trial%2); ok {
					testKernel(t, rng, k, period*(1+rng.IntN(12)))
				}
			}
		}
	})
}

func testKernel(t *testing.T, rng *rand.Rand, k kernel, n int) {
	const slack = cacheLine
	steps := 1 + rng.IntN(chainRows)
	stream, cycle, inPlace := rng.IntN(2) == 0, rng.IntN(2) == 0 && !k.normalizes(), rng.IntN(2) == 0 && k.in() == k.out() && !k.normalizes()
	x, dst := make([][]byte, steps+1), make([][]byte, steps)
	for i := range x {
		x[i] = aligned[byte](n*k.in() + 2*slack)[slack:]
		if !stream || !inPlace {
			x[i] = x[i][rng.IntN(slack/k.in())*k.in():]
		}
		size := k.in()
		if k.normalizes() {
			size = 1
		}
		fillFinite(rng, x[i], size)
	}
	for i := range dst {
		if dst[i] = x[i]; !inPlace {
			dst[i] = aligned[byte](n*k.out() + 2*slack)[slack:]
			if !stream {
				dst[i] = dst[i][rng.IntN(slack/k.out())*k.out():]
			}
		}
	}
	lambda := make([]float64, steps)
	for i := range lambda {
		lambda[i] = lambdas[rng.IntN(len(lambdas))]
	}
	// Some steps have a mask: bits, or bytes with whole shares among them.
	masks, selects := make([][]byte, steps), make([]bool, steps)
	for i := range masks {
		if rng.IntN(3) == 0 {
			continue
		}
		masks[i] = make([]byte, n+bitsSlack+rng.IntN(2))
		selects[i] = k.selects() && rng.IntN(2) == 0
		for j := range masks[i] {
			masks[i][j] = byte(max(0, min(255, rng.IntN(400)-72)))
		}
	}
	var tab scaleAndBias
	h := how{block: cachedBlock / max(k.in(), k.out()) >> rng.IntN(4), stream: stream}
	// Those of interleaved pixels are laid out for plain Go.
	channels := 3 + rng.IntN(2)
	byPixels, period, ok := k.pixelMaskParams(channels)
	interleaved := ok && n%period == 0 && rng.IntN(3) > 0
	pixels := make([][]byte, steps)
	if interleaved {
		h.block = (1 + rng.IntN(3)) * period
		for i, m := range masks {
			selects[i] = false
			if m == nil {
				continue
			}
			pixels[i] = slices.Clip(slices.Clone(m[:n/channels]))
			for j := range m[:n] {
				m[j] = pixels[i][j/channels]
			}
		}
	}
	var stash [cachedBlock / 8]uint64
	h.stash = (*byte)(unsafe.Pointer(&stash))
	if k.normalizes() {
		channels := 3
		if k.strided() {
			channels = 1
		}
		tab.set([]float32{0.5, -1, 3}[:channels], []float32{0.25, 7, -2}[:channels])
		h.table, h.block = tab.at(rng.IntN(tablePeriod)), (1+rng.IntN(3))*2*tablePeriod
	}
	if beyond := slice[byte](ptr(stash[:]), cachedBlock)[max(min(h.block*k.in(), cachedBlock), cacheLine):]; !k.normalizes() {
		for i := range beyond {
			beyond[i] = 0xa5
		}
		defer func() {
			if i := slices.IndexFunc(beyond, func(b byte) bool { return b != 0xa5 }); i >= 0 {
				t.Errorf("byte %d past a block is written where one is kept", i)
			}
		}()
	}
	// Some steps prefetch, and what does not matter.
	ahead := make([]uintptr, steps)
	for i := range ahead {
		ahead[i] = [...]uintptr{0, uintptr(ptr(x[i])), uintptr(ptr(x[i+1])) + uintptr(n*k.in()), 1 + uintptr(rng.Uint64()>>17)}[rng.IntN(4)]
	}
	// chain is a path of rows to one past the last, or back to the first.
	chain := func(x, dst [][]byte, interleaved bool) []step {
		c := make([]step, steps)
		for i := range c {
			s := &c[i]
			s.dst, s.partner, s.params = ptr(dst[i]), ptr(x[i+1]), k.paramsFor(lambda[i])
			if i == 0 || k.normalizes() {
				s.own = ptr(x[i])
			}
			if masks[i] != nil {
				s.mask, s.params = ptr(masks[i]), k.maskParams()
				if selects[i] {
					s.params = k.selectParams()
				}
				if interleaved {
					s.mask, s.params = ptr(pixels[i]), byPixels
				}
			} else if k.normalizes() {
				s.mixWithSelf()
			}
			s.ahead = ahead[i]
		}
		if cycle {
			c[0].closes, c[steps-1].partner = 1, nil
		}
		return c
	}
	wantX, wantDst := cloneAll(x), cloneAll(dst)
	if inPlace {
		wantDst = wantX[:steps]
	}
	plain := chain(wantX, wantDst, false)
	runGeneric(k, &plain[0], steps, n, h)
	k.run(chain(x, dst, interleaved), n, h)
	if h.stream {
		fence()
	}
	for i := range x {
		if !bytes.Equal(x[i], wantX[i]) {
			t.Errorf("kernel %d, %d columns, %d steps, stream %v, cycle %v, in place %v, masks of pixels %v: row %d: byte %d differs", k, n, steps, stream, cycle, inPlace, interleaved, i, differs(x[i], wantX[i]))
		}
	}
	for i := range dst {
		if !bytes.Equal(dst[i], wantDst[i]) {
			t.Errorf("kernel %d, %d columns, %d steps, stream %v, cycle %v, in place %v, masks of pixels %v: mix %d: byte %d differs", k, n, steps, stream, cycle, inPlace, interleaved, i, differs(dst[i], wantDst[i]))
		}
	}
}

// The functions that make several planes at once, against plain Go for one channel after the other.
func TestPlanes(t *testing.T) {
	forEach(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(21, 21))
		some := false
		for k := range kernel(len(traits)) {
			for n := 1; k.hasPlanes() && n <= 5*planePixels; n++ {
				for _, stream := range []bool{false, true} {
					some = true
					testPlanes(t, rng, k, n, stream)
				}
			}
		}
		if !some && (Implementation() == "avx512" || Implementation() == "avx2") {
			t.Error("no function for several planes")
		}
	})
}

func testPlanes(t *testing.T, rng *rand.Rand, k kernel, n int, stream bool) {
	steps := 1 + rng.IntN(4)
	stride := (n*k.out()+cacheLine-1)/cacheLine*cacheLine + rng.IntN(2)*cacheLine
	if !stream {
		stride += rng.IntN(cacheLine) / k.out() * k.out()
	}
	x, dst := make([][]byte, steps+1), make([][]byte, steps)
	for i := range x {
		x[i] = make([]byte, n*k.in())
		fillFinite(rng, x[i], 1)
	}
	for i := range dst {
		dst[i] = aligned[byte](2*slack + maxChannels*stride)
	}
	m := normLayout{scale: [maxChannels]float32{0.5, -1, 3}, bias: [maxChannels]float32{0.25, 7, -2}}
	for c := range planesAtOnce {
		m.order[c] = rng.IntN(k.in())
	}
	chain := func(dst [][]byte, plane, first int) []step {
		c := make([]step, steps)
		for i := range c {
			c[i] = step{dst: ptr(dst[i][slack+plane*stride:]), own: ptr(x[i][first:]), partner: ptr(x[i+1][first:]), params: k.paramsFor(lambdas[(n+i)%len(lambdas)])}
			c[i].mixWithSelf()
		}
		return c
	}
	want := cloneAll(dst)
	for c := range planesAtOnce {
		var tab scaleAndBias
		tab.set(m.scale[c:c+1], m.bias[c:c+1])
		plain := chain(want, c, m.order[c])
		runGeneric(k, &plain[0], steps, n, how{block: 2 * tablePeriod, table: tab.at(0)})
	}
	k.runLong(chain(dst, 0, 0), n, how{stream: stream, planes: m.planes(stride, (1+rng.IntN(3))*planePixels, (1+rng.IntN(6))*planePixels)})
	if stream {
		fence()
	}
	for i := range dst {
		if !bytes.Equal(dst[i], want[i]) {
			t.Fatalf("kernel %d, %d pixels, %d steps, stream %v, order %v: mix %d: byte %d differs", k, n, steps, stream, m.order, i, differs(dst[i], want[i]))
		}
	}
}

// Every byte of a mask with every pair of bytes, on every implementation: rounded to bytes, and normalized.
func TestMaskAllBytes(t *testing.T) {
	forEach(t, func(t *testing.T) {
		const n = 1 << 16
		a, b, mask := make([]uint8, n), make([]uint8, n), make([]uint8, n)
		for i := range n {
			a[i], b[i] = uint8(i), uint8(i>>8)
		}
		var tab scaleAndBias
		tab.set([]float32{1}, []float32{0})
		h := how{block: n}
		got, floats := make([]uint8, n), make([]float32, n)
		for m := range 256 {
			if testing.Short() && m%15 != 0 {
				continue
			}
			for i := range mask {
				mask[i] = uint8(m)
			}
			s := step{dst: ptr(got), own: ptr(a), partner: ptr(b), mask: ptr(mask), params: kernelU8.maskParams()}
			kernelU8.run([]step{s}, n, h)
			s.dst, s.params = ptr(floats), kernelU8F32.maskParams()
			h.table = tab.at(0)
			kernelU8F32.run([]step{s}, n, h)
			for i := range n {
				v := m*int(a[i]) + (255-m)*int(b[i])
				if want := (2*v + 255) / 510; int(got[i]) != want || floats[i] != float32(want) {
					t.Fatalf("%d of %d and %d: %d, normalized %v, want %d", m, a[i], b[i], got[i], floats[i], want)
				}
			}
		}
	})
}

// Every byte of a mask with floats of every class, on every implementation. Of a NaN only the fact is specified, unless the mask takes
// it whole: then its bits are those of the row.
func TestMaskFloats(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Run("f32", func(t *testing.T) { testMaskFloats(t, f32, special) })
		t.Run("bf16", func(t *testing.T) { testMaskFloats(t, bf16s, ofClass[bf16](0x7f80)) })
		t.Run("f16", func(t *testing.T) { testMaskFloats(t, f16s, ofClass[f16](0x7c00)) })
	})
}

// ofClass returns some 16-bit floats of every class, given the infinite one.
func ofClass[T ~uint16](infinite T) (all []T) {
	for _, v := range []T{0, 1, infinite>>3 - 1, infinite >> 1, infinite>>1 + 3, infinite - 1, infinite, infinite + 1, infinite + infinite>>8, 0x7fff} {
		all = append(all, v, v|1<<15)
	}
	return all
}

func testMaskFloats[T element](t *testing.T, c calls[T], values []T) {
	n := len(values) * len(values)
	a, b, got, mask := make([]T, n), make([]T, n), make([]T, n), make([]uint8, n)
	for i := range n {
		a[i], b[i] = values[i%len(values)], values[i/len(values)]
	}
	bits := func(v T) []byte { return bytes.Clone(slice[byte](unsafe.Pointer(&v), c.size)) }
	for m := range 256 {
		for i := range mask { // with whole shares beside it
			mask[i] = [...]uint8{uint8(m), uint8(m), uint8(m), 0, 255}[i%5]
		}
		for begin := range 5 {
			s := step{dst: ptr(got[begin:]), own: ptr(a[begin:]), partner: ptr(b[begin:]), mask: ptr(mask), params: c.kernel.maskParams()}
			c.kernel.run([]step{s}, n-begin, wholeRow)
			for i := begin; i < n; i++ {
				m := mask[i-begin]
				if w := c.wantMask(a[i], b[i], m); !same(got[i], w) || (m == 0 || m == 255) && !bytes.Equal(bits(got[i]), bits(w)) {
					t.Fatalf("%d of %v and %v: %v (%x), want %v (%x)", m, a[i], b[i], got[i], bits(got[i]), w, bits(w))
				}
			}
		}
	}
}

// fillFinite sets elements of so many bytes at random, but to no NaN, of which only the fact is specified.
func fillFinite(rng *rand.Rand, b []byte, size int) {
	for ; len(b) >= size; b = b[size:] {
		switch size {
		case 1:
			b[0] = byte(rng.Uint32())
		case 2:
			binary.NativeEndian.PutUint16(b, uint16(rng.Uint32())&^0x4000) // less than 2, in either format
		case 4:
			binary.NativeEndian.PutUint32(b, math.Float32bits(float32(rng.NormFloat64())))
		}
	}
}

func differs(a, b []byte) int {
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return -1
}
