package loader

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/mixblend/blend/examples/feed"
	"github.com/mixblend/blend/mixup"
)

// pair is a loader that mixes, and the same one without mixing.
func pair(t testing.TB, d *Data, workers int) map[string]*feed.Feed[int] {
	c := feed.Config{Batch: 256, DropLast: true, Epochs: math.MaxInt32, Workers: workers, Mix: mixup.Config{Alpha: 1}}
	a := Augment{Pad: 4, Flip: true}
	mixed := start(t, d, a, c)
	c.Mix = mixup.Config{}
	return map[string]*feed.Feed[int]{"mixed": mixed, "plain": start(t, d, a, c)}
}

// BenchmarkLoader reads 40 batches a round from a loader that mixes and from one that does not, in shuffled order. Run it with
// -benchtime 100x.
func BenchmarkLoader(b *testing.B) {
	d := write(b, 10000, Patterns(1))
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			loaders := pair(b, d.Data, workers)
			times := map[string][]float64{}
			names := []string{"plain", "mixed"}
			for b.Loop() {
				rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
				for _, name := range names {
					l := loaders[name]
					time.Sleep(3 * time.Millisecond) // until the other one has made all that it can make ahead
					for range workers + 2 {
						(<-l.C()).Release() // what was ready
					}
					begin := time.Now()
					for range 40 {
						(<-l.C()).Release()
					}
					times[name] = append(times[name], time.Since(begin).Seconds()/40)
				}
			}
			rate := func(name string) float64 { return 256 / median(times[name]) }
			b.ReportMetric(rate("plain"), "images/s-plain")
			b.ReportMetric(rate("mixed"), "images/s-mixed")
			ratios := make([]float64, b.N)
			for i := range ratios {
				ratios[i] = times["mixed"][i] / times["plain"][i]
			}
			b.ReportMetric(median(ratios), "mixed/plain")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func median(s []float64) float64 {
	s = slices.Sorted(slices.Values(s))
	return s[len(s)/2]
}
