package blend

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkAwakeRatio holds two goroutines, each with half of the columns in place, against one with all, on batches in the last-level
// cache: the second waits in a loop, so that its core is awake when the time begins. A worker of a Plan has to be woken up first, which
// the third measures. Run it with -benchtime 101x.
func BenchmarkAwakeRatio(b *testing.B) {
	const row = 150528
	for _, rows := range []int{14, 28, 40} { // of float32; as many bytes of others
		awakeRatio(b, fmt.Sprintf("type=f32/rows=%d/row=%d", rows, row), f32, rows, row)
		awakeRatio(b, fmt.Sprintf("type=u8/rows=%d/row=%d", rows*4, row), u8, rows*4, row)
	}
}

func awakeRatio[T element](b *testing.B, name string, c calls[T], rows, row int) {
	x := aligned[T](rows * row)
	fillOrdinary(x)
	p, err := NewPlan(rand.New(rand.NewPCG(3, 4)).Perm(rows), 0.3)
	if err != nil {
		b.Fatal(err)
	}
	two, err := NewPlan(p.index, 0.3)
	if err != nil {
		b.Fatal(err)
	}
	two.Workers = 2
	left, right := make([][]T, rows), make([][]T, rows)
	for i := range left {
		left[i], right[i] = x[i*row:][:row/2], x[i*row+row/2:][:row/2]
	}
	awake := func() time.Duration {
		var turn atomic.Int32 // to begin, then to end
		ready := make(chan bool)
		go func() {
			ready <- true
			for turn.Load() == 0 {
			}
			c.rows(p, right, right)
			turn.Store(2)
		}()
		<-ready
		for start := time.Now(); time.Since(start) < 50*time.Microsecond; { // until it runs
		}
		start := time.Now()
		turn.Store(1)
		c.rows(p, left, left)
		for turn.Load() != 2 {
		}
		return time.Since(start)
	}
	timed := func(p *Plan) func() time.Duration {
		return func() time.Duration {
			start := time.Now()
			c.flat(p, x, x)
			return time.Since(start)
		}
	}
	contestants := []func() time.Duration{timed(p), timed(two), awake}
	b.Run(name, func(b *testing.B) {
		perAssembly(b, func(b *testing.B) {
			times := make([][]float64, len(contestants))
			for range b.N {
				for _, i := range rand.Perm(len(contestants)) {
					contestants[i]() // so that each finds the caches of both cores as it leaves them
					times[i] = append(times[i], float64(contestants[i]()))
				}
			}
			b.ReportMetric(median(ratios(times[1], times[0])), "2workers/1worker")
			b.ReportMetric(median(ratios(times[2], times[0])), "2awake/1worker")
			b.ReportMetric(median(times[0]), "ns/1worker")
			b.ReportMetric(0, "ns/op")
		})
	})
}
