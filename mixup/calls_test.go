package mixup

import (
	"image"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync"
	"testing"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/internal/pixels"
)

// created returns how many goroutines there have been.
func created(t *testing.T) uint64 {
	s := []metrics.Sample{{Name: "/sched/goroutines-created:goroutines"}}
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindUint64 {
		t.Skip("this Go does not count its goroutines")
	}
	return s[0].Value.Uint64()
}

// Workers and Store of a Mixer are those of its calls.
func TestWorkersAndStore(t *testing.T) {
	const rows, n, workers = 16, 1 << 20, 3 // 4 MiB a worker, at least
	s := sampler(t, Config{Alpha: 1, Height: 1 << 10, Width: 1 << 10, Layout: CHW})
	var b Batch
	draw(t, s, &b, rows, 0, 0)
	c, err := NewCutMix(b.index, CHW, 1<<10, 1<<10, image.Rect(0, 0, 9, 9))
	if err != nil {
		t.Fatal(err)
	}
	x, dst := make([]uint8, rows*n), make([]uint8, rows*n)
	runtime.GC() // which starts its own goroutines once
	for _, want := range []int{1, workers} {
		for _, store := range []blend.StoreMode{blend.StoreAuto, blend.StoreCached, blend.StoreStream} {
			b.Workers, c.Workers, b.Store, c.Store = want, want, store, store
			for _, m := range []Boxes{&b, c} {
				if call := m.call(); call.Store != int(store) {
					t.Errorf("%T: Store %v in a call, want %v", m, call.Store, store)
				}
				for name, f := range map[string]func() error{
					"mix": func() error { return mix(m, pixels.Uint8, dst, x) }, "Paste": func() error { return Paste(m, dst, x) },
				} {
					before := created(t)
					if err := f(); err != nil {
						t.Fatal(err)
					}
					if got := created(t) - before; got != uint64(want-1) {
						t.Errorf("%T, %s: %d goroutines have been started, want %d", m, name, got, want-1)
					}
				}
			}
		}
	}
}

// After an error a CutMix is what it was, whichever of its arguments was wrong.
func TestResetOfCutMixIsAllOrNothing(t *testing.T) {
	boxes := []image.Rectangle{image.Rect(1, 0, 4, 2), image.Rect(0, 2, 2, 5)}
	c, err := NewCutMix([]int{1, 0}, HWC, 5, 6, boxes...)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]uint8, 2*5*6*3)
	for i := range x {
		x[i] = uint8(i)
	}
	want := make([]uint8, len(x))
	if err := c.Uint8(want, x); err != nil {
		t.Fatal(err)
	}
	one := image.Rect(0, 0, 1, 1)
	for _, bad := range []struct {
		index         []int
		layout        Layout
		height, width int
		boxes         []image.Rectangle
		kind          error
	}{
		{[]int{1, 2}, CHW, 3, 10, []image.Rectangle{one, one}, blend.ErrIndex},
		{[]int{-1, 0}, CHW, 3, 10, []image.Rectangle{one}, blend.ErrIndex},
		{[]int{0, 1, 0}, CHW, 3, 10, []image.Rectangle{one, one}, blend.ErrShape},
		{[]int{0, 1}, CHW, 3, 10, []image.Rectangle{one, image.Rect(0, 0, 11, 1)}, ErrBox},
		{[]int{0, 1}, CHW, 0, 10, []image.Rectangle{one}, ErrConfig},
	} {
		checkError(t, c.Reset(bad.index, bad.layout, bad.height, bad.width, bad.boxes...), bad.kind)
		dst := make([]uint8, len(x))
		if err := c.Uint8(dst, x); err != nil || !slices.Equal(dst, want) {
			t.Errorf("after %v it mixes otherwise: %v", bad.kind, err)
		}
		for i, b := range boxes {
			if c.Len() != 2 || c.Box(i) != b || c.Index(i) != 1-i || c.Lambda(i) != float64(float32(1-float64(b.Dx()*b.Dy())/30)) {
				t.Errorf("after %v: %d rows, row %d has box %v, partner %d, λ = %v", bad.kind, c.Len(), i, c.Box(i), c.Index(i), c.Lambda(i))
			}
		}
	}
}

// However many ask at once, each gets a step of its own.
func TestNextCountsEveryCall(t *testing.T) {
	const goroutines, calls = 4, 1_000_000
	s := sampler(t, Config{Alpha: 1, Scope: PerRow})
	var wait, ready sync.WaitGroup
	ready.Add(goroutines)
	for range goroutines {
		wait.Add(1)
		go func() {
			defer wait.Done()
			ready.Done()
			ready.Wait() // for all to begin at once
			var b Batch
			for range calls {
				if err := s.Next(&b, 0); err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	wait.Wait()
	var b, want Batch
	if err := s.Next(&b, 4); err != nil {
		t.Fatal(err)
	}
	draw(t, s, &want, 4, 0, goroutines*calls)
	if text(&b) != text(&want) {
		t.Errorf("after %d calls the next step is another", goroutines*calls)
	}
}
