package blend

import (
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"testing"
)

// BenchmarkPause collects garbage while a goroutine mixes 1 GiB, and reports how long the collector had to wait for everybody to
// stop, in µs: assembly cannot be preempted. Beside it, the same for a loop that does nothing,
// and for one in plain Go, which can be. Run it with -benchtime 300x.
func BenchmarkPause(b *testing.B) {
	const rows, row = 256, 1 << 20
	x := make([]float32, rows*row)
	bytes := make([]uint8, 4*rows*row)
	for i := 0; i < len(x); i += 1024 { // no page faults later
		x[i], bytes[4*i] = 1, 1
	}
	p, err := NewPlan(rand.New(rand.NewPCG(1, 2)).Perm(rows), 0.3)
	if err != nil {
		b.Fatal(err)
	}
	for _, w := range []struct {
		name string
		work func()
	}{
		{"idle", func() {}},
		{"plain", func() { plainF32(x[:len(x)/2], x[:len(x)/2], x[len(x)/2:], 0.3, 0.7) }},
		{"f32-inplace", func() { p.Float32(x, x) }},
		{"f32-pair", func() { Float32(x[:len(x)/2], x[:len(x)/2], x[len(x)/2:], 0.3) }},
		{"u8-out", func() { p.Uint8(bytes[:len(bytes)/2], bytes[len(bytes)/2:]) }},
	} {
		b.Run("work="+w.name, func(b *testing.B) {
			var stop atomic.Bool
			var wait sync.WaitGroup
			wait.Add(1)
			go func() {
				defer wait.Done()
				for !stop.Load() {
					w.work()
				}
			}()
			before := stoppingGC()
			b.ResetTimer()
			for range b.N {
				runtime.GC()
			}
			after := stoppingGC()
			stop.Store(true)
			wait.Wait()
			for i := range after.Counts {
				after.Counts[i] -= before.Counts[i]
			}
			b.ReportMetric(1e6*quantile(after, 0.5), "µs-median")
			b.ReportMetric(1e6*quantile(after, 0.99), "µs-p99")
		})
	}
}

func stoppingGC() *metrics.Float64Histogram {
	s := []metrics.Sample{{Name: "/sched/pauses/stopping/gc:seconds"}}
	metrics.Read(s)
	return s[0].Value.Float64Histogram()
}

// quantile returns the upper bound of the bucket in which the quantile is.
func quantile(h *metrics.Float64Histogram, q float64) float64 {
	var all, sum uint64
	for _, n := range h.Counts {
		all += n
	}
	for i, n := range h.Counts {
		sum += n
		if float64(sum) >= q*float64(all) {
			return h.Buckets[i+1]
		}
	}
	return math.NaN()
}
