package blend

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/mixblend/blend/internal/impl"
)

// BenchmarkRatio measures what holds on a noisy machine: each round times every contestant for about 50 µs, in shuffled order, and
// the metrics are medians over the rounds of each round's ratios. Run it with -benchtime 1000x, and BenchmarkBatchRatio with 50x.
func BenchmarkRatio(b *testing.B) {
	for _, lambda := range []struct {
		name  string
		value float64
	}{{"near", 0.3}, {"ties", 77.0 / 256}, {"half", 0.5}} {
		for _, n := range []int{10, 4096} {
			d, x, y := aligned[uint8](n), aligned[uint8](n), aligned[uint8](n)
			fillOrdinary(x, y)
			b.Run(fmt.Sprintf("type=u8/n=%d/lambda=%s", n, lambda.name), func(b *testing.B) {
				ratios(b, "plain", func() { plainU8(d, x, y, float32(lambda.value), float32(1-lambda.value)) },
					func() { Uint8(d, x, y, lambda.value) })
			})
		}
	}
	for _, n := range []int{10, 2048} {
		d, x, y := aligned[float32](n), aligned[float32](n), aligned[float32](n)
		fillOrdinary(x, y)
		mix := func() { Float32(d, x, y, 0.3) }
		b.Run(fmt.Sprintf("type=f32/n=%d/against=plain", n), func(b *testing.B) {
			ratios(b, "plain", func() { plainF32(d, x, y, 0.3, 0.7) }, mix)
		})
		b.Run(fmt.Sprintf("type=f32/n=%d/against=copy", n), func(b *testing.B) {
			ratios(b, "copy", func() { copy(d, x) }, mix)
		})
	}
}

// BenchmarkBatchRatio holds a Plan against Go's copy of the batch.
func BenchmarkBatchRatio(b *testing.B) {
	for _, s := range []struct{ rows, row int }{{128, 150528}, {1024, 12288}, {128, 3072}} {
		batchRatio(b, fmt.Sprintf("type=f32/rows=%d/row=%d", s.rows, s.row), f32, s.rows, s.row, 0.3)
	}
	for _, s := range []struct{ rows, row int }{{256, 150528}, {128, 3072}} {
		batchRatio(b, fmt.Sprintf("type=u8/rows=%d/row=%d/lambda=near", s.rows, s.row), u8, s.rows, s.row, 0.3)
		batchRatio(b, fmt.Sprintf("type=u8/rows=%d/row=%d/lambda=ties", s.rows, s.row), u8, s.rows, s.row, 77.0/256)
	}
}

func batchRatio[T element](b *testing.B, name string, c calls[T], rows, row int, lambda float64) {
	x, d := aligned[T](rows*row), aligned[T](rows*row)
	fillOrdinary(x, d)
	p, err := NewPlan(rand.New(rand.NewPCG(3, 4)).Perm(rows), lambda)
	if err != nil {
		b.Fatal(err)
	}
	for _, place := range []struct {
		name string
		dst  []T
	}{{"apart", d}, {"in", x}} {
		b.Run(name+"/place="+place.name, func(b *testing.B) {
			ratios(b, "copy", func() { copy(d, x) }, func() { c.flat(p, place.dst, x) })
		})
	}
}

func fillOrdinary[T element](all ...[]T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, s := range all {
		for i := range s {
			s[i] = T(rng.Uint32N(256))
		}
	}
}

// ratios reports, for every implementation, how many times as fast as the reference mix is.
func ratios(b *testing.B, name string, reference, mix func()) {
	defer impl.All[0].Use()
	type contestant struct {
		metric string
		use    func()
		run    func()
		reps   int
		times  []float64
	}
	contestants := []*contestant{{run: reference, use: func() {}}}
	for _, im := range impl.All {
		contestants = append(contestants, &contestant{metric: im.Name + "/" + name, run: mix, use: im.Use})
	}
	measure := func(c *contestant) float64 {
		c.use()
		start := time.Now()
		for range c.reps {
			c.run()
		}
		return float64(time.Since(start)) / float64(c.reps)
	}
	for _, c := range contestants {
		for c.reps = 1; ; c.reps *= 2 {
			if measure(c)*float64(c.reps) > 5e4 {
				break
			}
		}
	}
	order := slices.Clone(contestants)
	for b.Loop() {
		rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, c := range order {
			c.times = append(c.times, measure(c))
		}
	}
	for _, c := range contestants[1:] {
		for i := range c.times {
			c.times[i] = contestants[0].times[i] / c.times[i]
		}
		slices.Sort(c.times)
		b.ReportMetric(c.times[len(c.times)/2], c.metric)
	}
	b.ReportMetric(0, "ns/op")
}
