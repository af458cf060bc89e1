package blend

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/mixblend/blend/internal/pixels"
)

// goroutine returns the number of the one that calls it.
func goroutine() int {
	var b [64]byte
	n, _ := strconv.Atoi(strings.Fields(string(b[:runtime.Stack(b[:], false)]))[1])
	return n
}

// A meeting is of so many goroutines: nobody goes on until all are there.
type meeting struct {
	lock   sync.Mutex
	wanted int
	calls  map[int]int
	begin  sync.Once
	all    chan struct{}
}

func newMeeting(goroutines int) *meeting {
	return &meeting{wanted: goroutines, calls: map[int]int{}, all: make(chan struct{})}
}

// join waits for the others, and says who has come, and whether for the first time.
func (m *meeting) join() (me int, first bool) {
	me = goroutine()
	m.lock.Lock()
	m.calls[me]++
	first = m.calls[me] == 1
	if first && len(m.calls) == m.wanted {
		m.begin.Do(func() { close(m.all) })
	}
	m.lock.Unlock()
	select {
	case <-m.all:
	case <-time.After(time.Minute): // there are too few
		m.begin.Do(func() { close(m.all) })
	}
	return me, first
}

// Which stores stream is seen where they are made: in which mode, for how large a batch, in place or not, and at which alignment.
func TestWhatStreams(t *testing.T) {
	withCaches(t, 1<<20)
	const never, always, bodies = 0, 1, 2 // bodies: whatever of a row is aligned to a line
	const rows, n = 8, 1 << 14            // bytes: 128 KiB a batch
	for _, test := range []struct {
		name    string
		store   StoreMode
		inPlace bool
		times   int // as many bytes in a row
		skew    int // bytes from one row's alignment to the next
		want    int
	}{
		{"auto, in the cache", StoreAuto, false, 1, 0, never},
		{"auto, up to half of it", StoreAuto, false, 2, 0, never},
		{"auto, more than half of it", StoreAuto, false, 3, 0, always},
		{"auto, more, rows out of phase", StoreAuto, false, 3, 4, bodies},
		{"auto, in place", StoreAuto, true, 3, 0, never},
		{"auto, in place, far more", StoreAuto, true, 32, 0, never},
		{"cached, more than half of it", StoreCached, false, 3, 0, never},
		{"stream, in the cache", StoreStream, false, 1, 0, always},
		{"stream, rows out of phase", StoreStream, false, 1, 4, bodies},
		{"stream, in place", StoreStream, true, 1, 0, always},
		{"stream, in place, rows out of phase", StoreStream, true, 1, 4, never},
	} {
		t.Run(test.name, func(t *testing.T) {
			size := n * test.times
			p, err := NewPlan(generate(rows, func(i int) int { return (i + 1) % rows }), 0.3)
			if err != nil {
				t.Fatal(err)
			}
			p.Store = test.store
			x, dst := make([][]uint8, rows), make([][]uint8, rows)
			for i := range x {
				x[i], dst[i] = aligned[uint8](size + 64)[test.skew*i:][:size], aligned[uint8](size + 64)[test.skew*i:][:size]
			}
			if test.inPlace {
				dst = x
			}
			streamed, plain := 0, 0
			observed(t, func(_ kernel, dst uintptr, _, _, n int, stream bool) {
				if !stream {
					plain += n
					return
				}
				streamed += n
				if dst%cacheLine != 0 {
					t.Errorf("%d columns streamed from %d bytes past a line on", n, dst%cacheLine)
				}
			}, func() { err = p.Uint8Rows(dst, x) })
			if err != nil || streamed+plain != rows*size {
				t.Fatalf("%d and %d of %d columns, %v", streamed, plain, rows*size, err)
			}
			got := bodies
			switch {
			case streamed == 0:
				got = never
			case plain == 0:
				got = always
			case plain > rows*2*cacheLine:
				got = -1
			}
			if got != test.want {
				t.Errorf("%d of %d columns are streamed, want %v", streamed, rows*size, []string{"none", "all", "all but some at the ends"}[test.want])
			}
		})
	}
}

// Rows end to end whose length is no multiple of a line stream by their bodies; the first row's alignment does not matter.
func TestWhatStreamsFlat(t *testing.T) {
	const rows = 8
	p, err := NewPlan(generate(rows, func(i int) int { return (i + 1) % rows }), 0.3)
	if err != nil {
		t.Fatal(err)
	}
	p.Store = StoreStream
	for _, n := range []int{16 << 10, 16<<10 + 4} {
		for _, skip := range []int{0, 4, 60} {
			x, dst := aligned[float32](rows*n), aligned[float32](rows*n + 64)[skip:][:rows*n]
			streamed := 0
			observed(t, func(_ kernel, dst uintptr, _, _, n int, stream bool) {
				if stream {
					streamed += n
				}
				if stream && dst%cacheLine != 0 {
					t.Errorf("%d columns streamed from %d bytes past a line on", n, dst%cacheLine)
				}
			}, func() { err = p.Float32(dst, x) })
			if err != nil || streamed > rows*n || streamed < rows*(n-2*cacheLine/4) || streamed == rows*n != (n%16 == 0 && skip == 0) {
				t.Errorf("rows of %d from element %d on: %d of %d elements streamed, %v", n, skip, streamed, rows*n, err)
			}
		}
	}
}

// Few short rows, which need no path, stream if they are to.
func TestWhatStreamsFew(t *testing.T) {
	const rows, n = 2, 256
	p, err := NewPlan([]int{1, 0}, 0.3)
	if err != nil {
		t.Fatal(err)
	}
	x, dst := aligned[float32](rows*n), aligned[float32](rows*n)
	for store, want := range map[StoreMode]int{StoreAuto: 0, StoreCached: 0, StoreStream: rows * n} {
		p.Store = store
		streamed, all := 0, 0
		observed(t, func(_ kernel, _ uintptr, _, _, n int, stream bool) {
			all += n
			if stream {
				streamed += n
			}
		}, func() { err = p.Float32(dst, x) })
		if err != nil || all != rows*n || streamed != want {
			t.Errorf("%v: %d of %d elements streamed, want %d, %v", store, streamed, all, want, err)
		}
	}
}

// As many goroutines as Workers says share a call that is large enough, no more than the call is worth, and each has its part.
func TestWorkersRun(t *testing.T) {
	shareSmallCalls(t) // of 64 KiB each
	for _, test := range []struct {
		rows, n, workers, want int
	}{
		{64, 8 << 10, 1, 1}, {64, 8 << 10, 0, 1}, {64, 8 << 10, -3, 1}, {64, 8 << 10, 2, 2}, {64, 8 << 10, 5, 5}, {64, 8 << 10, 8, 8},
		{64, 8 << 10, 100, 8}, {64, 8 << 10, math.MaxInt, 8}, // 512 KiB are worth eight
		{4, 64 << 10, 3, 3}, {4, 64 << 10, math.MaxInt, 4}, // by columns
		{1, 256 << 10, 4, 4}, {512, 1 << 10, 4, 4}, {7, 9 << 10, 4, 1},
	} {
		for _, inPlace := range []bool{false, true} {
			p, err := NewPlan(generate(test.rows, func(i int) int { return (i + 1) % test.rows }), 0.3)
			if err != nil {
				t.Fatal(err)
			}
			p.Workers = test.workers
			x, dst := make([]uint8, test.rows*test.n), make([]uint8, test.rows*test.n)
			if inPlace {
				dst = x
			}
			var lock sync.Mutex
			share := map[int]int{}
			m := newMeeting(test.want)
			observed(t, func(_ kernel, _ uintptr, _, _, n int, _ bool) {
				me, _ := m.join()
				lock.Lock()
				defer lock.Unlock()
				share[me] += n
			}, func() { err = p.Uint8(dst, x) })
			if err != nil {
				t.Fatal(err)
			}
			sum := 0
			for _, n := range share {
				sum += n
			}
			what := fmt.Sprintf("%d rows of %d, in place %v, %d workers", test.rows, test.n, inPlace, test.workers)
			if len(share) != test.want || share[goroutine()] == 0 || sum != len(x) {
				t.Fatalf("%s: %d goroutines, want %d, the caller's among them; %d of %d columns", what, len(share), test.want, sum, len(x))
			}
			for g, n := range share {
				// Whoever is done first has more than the others, which have three quarters of an equal share at least.
				if n < len(x)/test.want*5/8 {
					t.Errorf("%s: goroutine %d has %d of %d columns", what, g, n, len(x))
				}
			}
		}
	}
}

// While a worker is held up in its first shard, the other does all else, a quarter of the worker's share with it.
func TestWorkerIsHeldUp(t *testing.T) {
	shareSmallCalls(t)
	for _, shape := range []struct{ rows, n int }{{4, 64 << 10}, {512, 1 << 10}} { // by columns, by rows
		p, err := NewPlan(generate(shape.rows, func(i int) int { return (i + 1) % shape.rows }), 0.3)
		if err != nil {
			t.Fatal(err)
		}
		p.Workers = 2
		x, dst := make([]uint8, shape.rows*shape.n), make([]uint8, shape.rows*shape.n)
		caller, m := goroutine(), newMeeting(2)
		var of atomic.Int64 // the caller's columns
		want := int64(len(x)) * 5 / 8 * 19 / 20
		enough := make(chan struct{})
		observed(t, func(_ kernel, _ uintptr, _, _, n int, _ bool) {
			me, first := m.join()
			if me == caller {
				if all := of.Add(int64(n)); all >= want && all-int64(n) < want {
					close(enough)
				}
				return
			}
			if first {
				select {
				case <-enough:
				case <-time.After(time.Minute):
				}
			}
		}, func() { err = p.Uint8(dst, x) })
		if err != nil || of.Load() < want {
			t.Errorf("%d rows of %d: while the worker waits, the caller does %d of %d columns, want %d at least: %v", shape.rows, shape.n, of.Load(), len(x), want, err)
		}
	}
}

// What package mixup asks for is done too: so many workers, and stores as they are said to be.
func TestCallsOfMixup(t *testing.T) {
	shareSmallCalls(t)
	const rows, n, workers = 16, 16 << 10, 3
	p, err := NewPlan(generate(rows, func(i int) int { return (i + 1) % rows }), 0.3)
	if err != nil {
		t.Fatal(err)
	}
	x, dst, floats := aligned[uint8](rows*n), aligned[uint8](rows*n), aligned[float32](rows*n)
	norm := &Normalization{Scale: []float32{1}, Bias: []float32{0}}
	boxes := &pixels.Cut{Height: 1 << 7, Width: n >> 7, Layout: int(CHW), Boxes: make([]image.Rectangle, n)}
	boxes.Boxes[3] = image.Rect(5, 6, 70, 80)
	masks := &pixels.Cut{Height: 1 << 7, Width: n >> 7, Layout: int(CHW), Masks: [][]byte{make([]byte, n)}}
	for _, cut := range []*pixels.Cut{nil, {}, boxes, masks} {
		for _, store := range []StoreMode{StoreCached, StoreStream} {
			c := pixels.Call{Plan: p, Workers: workers, Store: int(store), Cut: cut}
			for name, mix := range map[string]func() error{
				"mix":       func() error { return pixels.Mix(c, pixels.Uint8, pixels.Flat(dst), pixels.Flat(x)) },
				"normalize": func() error { return pixels.Normalize(c, pixels.Float32, pixels.Flat(floats), pixels.Flat(x), norm) },
				"paste":     func() error { return pixels.Paste(c, 1, pixels.Flat(dst), pixels.Flat(x)) },
			} {
				m := newMeeting(workers)
				var streamed, plain atomic.Int64
				observed(t, func(_ kernel, _ uintptr, _, _, n int, stream bool) {
					m.join()
					if stream {
						streamed.Add(int64(n))
					} else {
						plain.Add(int64(n))
					}
				}, func() { err = mix() })
				if err != nil || len(m.calls) != workers {
					t.Fatalf("%s: %d goroutines, want %d; %v", name, len(m.calls), workers, err)
				}
				if streams := streamed.Load() > plain.Load(); streams != (store == StoreStream) {
					t.Errorf("%s, store %v: %d columns are streamed, %d are not", name, store, streamed.Load(), plain.Load())
				}
			}
		}
	}
}

// Rows that are kept in place are left alone, with or without a geometry.
func TestKeptInPlaceIsLeftAlone(t *testing.T) {
	p, err := NewPlan([]int{1, 0}, 1)
	if err != nil {
		t.Fatal(err)
	}
	x := aligned[float32](2 * 48)
	for _, cut := range []*pixels.Cut{
		{}, {Boxes: make([]image.Rectangle, 1)}, {Height: 1, Width: 3, Layout: int(CHW), Boxes: make([]image.Rectangle, 1)},
		{Height: 4, Width: 4, Layout: int(CHW), Boxes: make([]image.Rectangle, 1)}, {Height: 4, Width: 4, Layout: int(CHW), Boxes: make([]image.Rectangle, 2)},
	} {
		columns := 0
		observed(t, func(_ kernel, _ uintptr, _, _, n int, _ bool) { columns += n }, func() {
			err = pixels.Mix(pixels.Call{Plan: p, Cut: cut}, pixels.Float32, pixels.Flat(x), pixels.Flat(x))
		})
		if err != nil || columns != 0 {
			t.Errorf("%d × %d, %d boxes: %d columns are mixed, %v", cut.Height, cut.Width, len(cut.Boxes), columns, err)
		}
	}
}

// A call that workers share by columns: no sum of theirs overflows, however long the rows are.
func TestColumnsAreShared(t *testing.T) {
	const unit = 3 * 64 // whole lines, and whole pixels of a mask
	for _, cols := range []int{1, 255, 256, 257, 1 << 20, math.MaxInt - 256, math.MaxInt - 1, math.MaxInt} {
		for _, workers := range []int{2, 3, 8} {
			for _, shards := range []int{workers, 2 * workers} {
				last := 0
				for i := range shards + 1 {
					most := cols / workers
					if i > workers {
						most /= 4
					} else if shards > workers {
						most -= most / 4
					}
					at := columnBound(cols, i, shards, workers)
					if at < last || at > cols || at != cols && at%unit != 0 || i == 0 && at != 0 || i == shards && at != cols || at-last > most+unit {
						t.Errorf("%d columns, %d workers: shard %d of %d begins at %d, the one before at %d", cols, workers, i, shards, at, last)
					}
					last = at
				}
			}
		}
	}
}

// Nor does one where a box is pasted, however long a line of an image is.
func TestPasteInLongLines(t *testing.T) {
	const n = 10
	w := traversal{in: 1, out: 1, pixel: 1, cut: &pixels.Cut{Height: 1, Width: math.MaxInt}}
	src, dst := []byte("abcdefghij"), []byte("----------")
	w.pasteBox(ptr(dst), ptr(src), image.Rect(2, 0, 7, 1), 0, n)
	if string(dst) != "--cdefg---" {
		t.Errorf("got %q", dst)
	}
}

// No kernel is called with more than takes a few µs, since it cannot be preempted.
func TestCallsAreShort(t *testing.T) {
	const rows, n = 12, 300_000
	x, dst := make([]float32, rows*n), make([]float32, rows*n)
	bytes, h := make([]uint8, rows*n), make([]f16, rows*n)
	xs, _ := Rows(x, rows)
	p, err := NewPlan(generate(rows, func(i int) int { return (i + 1) % rows }), 0.3)
	if err != nil {
		t.Fatal(err)
	}
	pixels := &Normalization{Scale: []float32{1, 2, 3}, Bias: []float32{1, 2, 3}, From: HWC, To: CHW}
	for name, f := range map[string]func() error{
		"Float32":           func() error { return Float32(dst, x, x, 0.3) },
		"Uint8":             func() error { return Uint8(bytes, bytes, bytes, 0.3) },
		"Plan.Float32":      func() error { return p.Float32(dst, x) },
		"in place":          func() error { return p.Float32(x, x) },
		"Plan.Float32Rows":  func() error { return p.Float32Rows(xs, xs) },
		"MixFloat16":        func() error { return MixFloat16(p, h, h) },
		"Plan.Uint8":        func() error { return p.Uint8(bytes, bytes) },
		"NormalizeFloat32":  func() error { return p.NormalizeFloat32(dst, bytes, pixels) },
		"NormalizeBFloat16": func() error { return NormalizeBFloat16(p, h, bytes, pixels) },
	} {
		for _, of := range []struct {
			store  StoreMode
			caches uint64
			most   int
		}{
			{StoreCached, 1, callBytes},
			{StoreStream, 1, callBytes},
			{StoreAuto, 1 << 30, callBytes * (cachedRows + 1) / (chainRows + 1)},
		} {
			withCaches(t, of.caches)
			p.Store = of.store
			largest, last := 0, false
			observed(t, func(k kernel, _ uintptr, step, steps, n int, _ bool) {
				last = step == steps-1
				// A row of the chain is read and written, one more is read.
				if moved := (steps*(1+1) + 1) * n * max(k.in(), k.out()) / 2; last && moved > largest {
					largest = moved
				}
			}, func() { err = f() })
			if err != nil || largest > of.most+of.most/4 || largest < callBytes/8 {
				t.Errorf("%s: a call of %d bytes, want about %d at most, %v", name, largest, of.most, err)
			}
		}
	}
}

// What is copied at a time shows where dst overlaps src: each piece has been overwritten by the one before.
func TestCopiesAreShort(t *testing.T) {
	const n = 5*callBytes + 77
	src := make([]byte, n+1)
	fill(rand.New(rand.NewPCG(7, 8)), src)
	for i := range src {
		src[i] = byte(i%251) + 1 // neighbours differ
	}
	want := slices.Clone(src)
	copy(want[1:], want[:n])
	copyLong(src[1:], src[:n])
	last := 0
	for i := 1; i <= n; i++ {
		if src[i] != want[i] {
			if i-last > callBytes/2 {
				t.Errorf("%d bytes are copied at a time", i-last)
			}
			last = i
		}
	}
	if n-last > callBytes/2 {
		t.Errorf("the last %d bytes are copied at a time", n-last)
	}
}

// A call keeps nothing of the memory that it has been given.
func TestNothingIsKept(t *testing.T) {
	shareSmallCalls(t)
	const rows, n = 16, 64 << 10
	norm := &Normalization{Scale: []float32{1}, Bias: []float32{0}}
	for _, workers := range []int{1, 4} {
		for name, mix := range map[string]func(p *Plan, dst []float32, x []uint8) error{
			"bytes":     func(p *Plan, dst []float32, x []uint8) error { return p.Uint8(x, x) },
			"floats":    func(p *Plan, dst []float32, x []uint8) error { return p.Float32(dst, dst) },
			"normalize": func(p *Plan, dst []float32, x []uint8) error { return p.NormalizeFloat32(dst, x, norm) },
			"rows": func(p *Plan, dst []float32, x []uint8) error {
				d, _ := Rows(dst, rows)
				return p.Float32Rows(d, d)
			},
			"normalize rows": func(p *Plan, dst []float32, x []uint8) error {
				d, _ := Rows(dst, rows)
				xs, _ := Rows(x, rows)
				return p.NormalizeFloat32Rows(d, xs, norm)
			},
		} {
			freed := make(chan string, 2)
			err := func() error {
				dst, x := make([]float32, rows*n), make([]uint8, rows*n)
				runtime.SetFinalizer(&dst[0], func(*float32) { freed <- "dst" })
				runtime.SetFinalizer(&x[0], func(*uint8) { freed <- "x" })
				p, err := NewPlan(generate(rows, func(i int) int { return (i + 1) % rows }), 0.3)
				if err != nil {
					return err
				}
				p.Workers = workers
				return mix(p, dst, x)
			}()
			if err != nil {
				t.Fatal(err)
			}
			runtime.GC() // once: what a pool holds outlives it
			for range 2 {
				select {
				case <-freed:
				case <-time.After(time.Minute):
					t.Fatalf("%s, %d workers: memory is kept after the call", name, workers)
				}
			}
		}
	}
}

// Elements that are not aligned to their own size, as in a mapped file, begin at no line, and cannot be streamed.
func TestMisalignedElements(t *testing.T) {
	switch runtime.GOARCH {
	case "amd64", "arm64", "386":
	default:
		t.Skip("the CPU may refuse to read them")
	}
	forEach(t, func(t *testing.T) {
		forTypes(t, []mixTests{f32, bf16s}, mixTests.testMisaligned)
	})
}

func (c calls[T]) testMisaligned(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, uint64(c.perBlock)))
	const rows = 5
	for _, n := range []int{64, 8192, 8192 + 7} {
		for by := 1; by < c.size; by++ {
			size := rows * n * c.size
			bytesOf := func(offset int) []byte { return aligned[byte](size + 64 + offset)[offset:][:size] }
			view := func(b []byte) []T { return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/c.size) }
			x, dst := view(bytesOf(by)), view(bytesOf(by))
			fill(rng, x)
			p, err := NewPlan(generate(rows, func(i int) int { return (i + 1) % rows }), 0.3)
			if err != nil {
				t.Fatal(err)
			}
			p.Store = StoreStream
			want := make([]T, len(x))
			for i := range want {
				want[i] = c.want(x[i], x[(i/n+1)%rows*n+i%n], 0.3)
			}
			check := func(how string, mix func() error) {
				t.Helper()
				clear(dst)
				if err := mix(); err != nil || !slices.EqualFunc(dst, want, same[T]) {
					t.Errorf("%s: rows of %d, %d bytes off: %v, or a result is wrong", how, n, by, err)
				}
			}
			xs, _ := Rows(x, rows)
			ds, _ := Rows(dst, rows)
			check("end to end", func() error { return c.flat(p, dst, x) })
			check("rows", func() error { return c.rows(p, ds, xs) })
			// One row of them is enough.
			odd := slices.Clone(ds)
			for i := range odd {
				if i != 3 {
					odd[i] = aligned[T](n)
				}
			}
			check("one row", func() error {
				err := c.rows(p, odd, xs)
				for i := range odd {
					copy(ds[i], odd[i])
				}
				return err
			})
			x0 := slices.Clone(x)
			check("in place", func() error {
				defer copy(x, x0)
				err := c.flat(p, x, x)
				copy(dst, x)
				return err
			})
		}
	}
}

// A StoreMode that there is not is StoreAuto.
func TestUnknownStoreMode(t *testing.T) {
	before := lastLevelBytes
	t.Cleanup(func() { lastLevelBytes = before })
	x := aligned[float32](2 * 1024)
	for _, lastLevelBytes = range []uint64{1, 1 << 30} {
		for _, m := range []StoreMode{-1, 3, 7} {
			var streams [2]bool
			for i, store := range []StoreMode{StoreAuto, m} {
				at := rows{flat: ptr(x), stride: 4096}
				w := traversal{kernel: kernelF32, dst: at, src: at, cols: 1024, index: []int{1, 0}, lambda: []float64{0.5}}
				w.settle(store)
				streams[i] = w.stream
			}
			if auto := lastLevelBytes == 1; streams != [2]bool{auto, auto} {
				t.Errorf("last-level cache of %d bytes: %v streams %v, %v %v", lastLevelBytes, StoreAuto, streams[0], m, streams[1])
			}
		}
	}
}

// Blocks are short where results are streamed, but not if a mask then has less than two lines in each.
func TestBlocks(t *testing.T) {
	const side, n = 64, 8
	one, each := make([][]byte, 1), make([][]byte, n)
	batch := func(k kernel, cols, pixel int, cut *pixels.Cut) *traversal {
		at := rows{flat: ptr(aligned[byte](n * cols * k.out())), stride: cols * k.out()}
		return &traversal{kernel: k, dst: at, src: at, cols: cols, pixel: pixel, cut: cut, index: make([]int, n), lambda: []float64{0.5}}
	}
	masked := func(k kernel, pixel int, masks [][]byte) *traversal {
		return batch(k, 3*side*side, pixel, &pixels.Cut{Height: side, Width: side, Masks: masks})
	}
	boxes := &pixels.Cut{Height: side, Width: side, Boxes: make([]image.Rectangle, n)}
	boxes.Boxes[3] = image.Rect(1, 2, 30, 40)
	uncut := &pixels.Cut{Height: side, Width: side, Boxes: make([]image.Rectangle, n)}
	inPlace := func(shift int) *traversal {
		t := batch(kernelU8, 3*side*side, 1, nil)
		t.inPlace, t.paths = true, &paths{}
		t.paths.follow(generate(n, func(i int) int { return (i + shift) % n }))
		return t
	}
	for _, of := range []struct {
		name         string
		t            *traversal
		lastLevel    uint64
		block, steps int // the block in bytes
	}{
		{"bytes", batch(kernelU8, 3*side*side, 1, nil), 1, 256, 6},
		{"floats", batch(kernelF32, 3*side*side, 1, nil), 1, 256, 6},
		{"boxes", batch(kernelU8, 3*side*side, 1, boxes), 1, 256, 5},
		{"no box", batch(kernelU8, 3*side*side, 1, uncut), 1, 256, 6},
		{"no box, cached", batch(kernelU8, 3*side*side, 1, uncut), 1 << 30, 4096, cachedRows},
		{"boxes, cached", batch(kernelU8, 3*side*side, 1, boxes), 1 << 30, 4096, 5},
		{"one mask", masked(kernelU8, 1, one), 1, 256, 6},
		{"one mask, interleaved", masked(kernelU8, 3, one), 1, 256, 6},
		{"masks", masked(kernelU8, 1, each), 1, 256, 6},
		{"masks, interleaved", masked(kernelU8, 3, each), 1, 512, 4},
		{"one mask of floats", masked(kernelF32, 1, one), 1, 512, 6},
		{"masks of floats", masked(kernelF32, 1, each), 1, 512, 4},
		{"in place", inPlace(1), 1, 512, 6},
		{"cached", batch(kernelU8, 3*side*side, 1, nil), 1 << 30, 4096, cachedRows},
		{"cached, in place", inPlace(1), 1 << 30, 4096, cachedRows},
		{"cached, in place, short cycles", inPlace(n / 2), 1 << 30, 4096, 6},
		{"short cycles in place", inPlace(n / 2), 31 * n * 3 * side * side, 4096, 6},
		{"prefetched", batch(kernelU8, 3*side*side, 1, nil), 32 * n * 3 * side * side, 4096, cachedRows},
		{"prefetched, in place", inPlace(1), 31 * n * 3 * side * side, 16 << 10, cachedRows},
	} {
		t.Run(of.name, func(t *testing.T) {
			withCaches(t, of.lastLevel)
			of.t.settle(StoreAuto)
			if of.t.ahead != strings.HasPrefix(of.name, "prefetched") {
				t.Errorf("it prefetches: %v", of.t.ahead)
			}
			if block := of.t.block * of.t.in; block != of.block || of.t.steps != of.steps {
				t.Errorf("blocks of %d bytes in chains of %d, want %d and %d", block, of.t.steps, of.block, of.steps)
			}
			if of.t.stream != (of.lastLevel == 1 && !of.t.inPlace) {
				t.Errorf("it streams: %v", of.t.stream)
			}
		})
	}
}

// Many goroutines may use one Plan, each call with workers of its own.
func TestConcurrentUse(t *testing.T) {
	shareSmallCalls(t)
	const rows, n = 64, 9000
	x := make([]float32, rows*n)
	fill(rand.New(rand.NewPCG(6, 6)), x)
	p, err := NewPlan(generate(rows, func(i int) int { return (i*5 + 3) % rows }), 0.3)
	if err != nil {
		t.Fatal(err)
	}
	p.Workers = 3
	want := make([]float32, len(x))
	if err := p.Float32(want, x); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for i := range 6 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			dst, src := make([]float32, len(x)), x
			if i%2 == 1 {
				src = dst
				copy(dst, x)
			}
			if err := p.Float32(dst, src); err != nil {
				t.Error(err)
			}
			if !slices.EqualFunc(dst, want, same[float32]) {
				t.Error("differs from what one goroutine computes")
			}
		}()
	}
	wait.Wait()
}

// Calls of the kernels that make several planes are as short, which TestCallsAreShort does not see: plain Go has none.
func TestCallsOfPlanesAreShort(t *testing.T) {
	forEach(t, func(t *testing.T) {
		const n, cols = 64, 100_000
		for _, k := range []kernel{kernelU8x3F32, kernelU8x4BF16} {
			for _, of := range []struct {
				caches uint64
				most   int
			}{{1, callBytes}, {1 << 30, callBytes * (planeRows + 1) / (chainRows + 1) * 4 / 3}} {
				withCaches(t, of.caches)
				layout, at := new(normLayout), rows{flat: ptr(aligned[byte](64)), stride: 64}
				layout.set(&Normalization{Scale: []float32{1, 2, 3}, Bias: []float32{1, 2, 3}, From: HWC, To: CHW, PixelBytes: k.in()})
				w := &traversal{kernel: k, dst: at, src: at, cols: cols, pixel: 1, index: make([]int, n), lambda: []float64{0.5}, layout: layout}
				w.settle(StoreCached)
				if w.planes == nil {
					if k.hasPlanes() {
						t.Errorf("kernel %d: no planes at once", k)
					}
					continue
				}
				moved := w.steps * w.planes.call * (k.in() + planesAtOnce*k.out())
				if moved > of.most+of.most/4 || moved < of.most/4 || w.planes.call%planePixels != 0 || w.planes.block%planePixels != 0 || w.planes.block == 0 {
					t.Errorf("kernel %d: %d steps of %d pixels in blocks of %d, %d bytes, want about %d", k, w.steps, w.planes.call, w.planes.block, moved, of.most)
				}
			}
		}
	})
}
