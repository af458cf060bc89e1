package loader

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/mixblend/blend/mixup"
)

// pair is a loader that mixes, and the same one without mixing.
func pair(t testing.TB, d *Data, c Config) map[string]*Loader {
	c.Mix = mixup.Config{Alpha: 1}
	mixed := start(t, d, c)
	c.Mix = mixup.Config{}
	return map[string]*Loader{"mixed": mixed, "plain": start(t, d, c)}
}

// forever is a loader as it is in the middle of training.
var forever = Config{Batch: 256, Epochs: math.MaxInt32, Pad: 4, Flip: true}

func TestNoAllocation(t *testing.T) {
	if race {
		t.Skip("the race detector allocates")
	}
	d := write(t, 1000, Patterns(1)) // an epoch ends with a batch of 232
	for _, workers := range []int{1, 2} {
		c := forever
		c.Workers = workers
		for name, l := range pair(t, d.Data, c) {
			read := func() { (<-l.C()).Release() }
			for range 20 {
				read()
			}
			if n := testing.AllocsPerRun(100, read); n != 0 {
				t.Errorf("%s, %d workers: %v allocations a batch", name, workers, n)
			}
			if err := l.Stop(); err != nil {
				t.Error(err)
			}
		}
	}
}

// BenchmarkLoader reads 40 batches a round from a loader that mixes and from one that does not, in shuffled order. Run it with
// -benchtime 100x.
func BenchmarkLoader(b *testing.B) {
	d := write(b, 10000, Patterns(1))
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			c := forever
			c.DropLast, c.Workers = true, workers
			loaders := pair(b, d.Data, c)
			times := map[string][]float64{}
			names := []string{"plain", "mixed"}
			for b.Loop() {
				rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
				for _, name := range names {
					l := loaders[name]
					time.Sleep(3 * time.Millisecond) // until the other one has made all that it can make ahead
					for range cap(l.free) {
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

// BenchmarkMixing measures what mixing adds to a batch, in copies of the batch: each round times all once, in shuffled order, and a
// metric is the median over the rounds. Run it with -benchtime 1000x.
func BenchmarkMixing(b *testing.B) {
	d := write(b, 10000, Patterns(1))
	c := forever
	c.DropLast, c.Workers = true, 1
	batches, workers := map[string]*Batch{}, map[string]*worker{}
	for name, l := range pair(b, d.Data, c) {
		batches[name] = <-l.C() // and no more, so that its goroutines rest
		workers[name] = newWorker(l)
	}
	step := 0
	fill := func(name string) func() {
		return func() {
			step++ // other partners, another λ
			batches[name].Step = step
			if err := workers[name].fill(batches[name]); err != nil {
				b.Fatal(err)
			}
		}
	}
	x, labels := batches["mixed"].Images, batches["mixed"].Labels
	y, pixels := make([]float32, len(x)), make([]byte, len(x))
	run := map[string]func(){
		"plain": fill("plain"),
		"mixed": fill("mixed"),
		"pass": func() {
			if err := workers["mixed"].finish(x, labels); err != nil {
				b.Fatal(err)
			}
		},
		"copy":  func() { copy(y, x) },
		"bytes": func() { copy(pixels, workers["mixed"].pixels) },
	}
	run["mixed"]() // gives its worker a batch
	names := slices.Sorted(maps.Keys(run))
	times := map[string][]float64{}
	for b.Loop() {
		rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for _, name := range names {
			run[name]() // so that it finds in the caches what it leaves there, not what another does
			begin := time.Now()
			for range 4 {
				run[name]()
			}
			times[name] = append(times[name], time.Since(begin).Seconds()/4)
		}
	}
	report := func(name string, f func(of func(name string) float64) float64) {
		all := make([]float64, b.N)
		for i := range all {
			all[i] = f(func(name string) float64 { return times[name][i] })
		}
		b.ReportMetric(median(all), name)
	}
	type of = func(string) float64
	report("extra/copy", func(t of) float64 { return (t("mixed") - t("plain")) / t("copy") })
	report("extra/bytes", func(t of) float64 { return (t("mixed") - t("plain")) / t("bytes") })
	report("pass/copy", func(t of) float64 { return t("pass") / t("copy") })
	report("plain/copy", func(t of) float64 { return t("plain") / t("copy") })
	report("bytes/copy", func(t of) float64 { return t("bytes") / t("copy") })
	b.ReportMetric(0, "ns/op")
}
