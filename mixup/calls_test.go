package mixup

import (
	"image"
	"runtime"
	"runtime/metrics"
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
