package blend

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/mixblend/blend/internal/impl"
)

func fillOrdinary[T element](all ...[]T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, s := range all {
		for i := range s {
			s[i] = T(rng.Uint32N(256))
		}
	}
}

// prepare runs before every measurement.
var prepare = func() {}

var sink byte

// clearCaches makes sure, for batches larger than the caches, that nobody finds there what another has read: a streaming copy
// leaves nothing, a mix some of its rows. It returns what ends that.
func clearCaches(size int) func() {
	if uint64(size) <= lastLevelBytes {
		return func() {}
	}
	other := make([]byte, 2*lastLevelBytes)
	prepare = func() {
		for i := 0; i < len(other); i += cacheLine {
			sink += other[i]
		}
	}
	return func() { prepare = func() {} }
}

type contestant struct {
	Name string
	Run  func()
}

// compete reports, for every implementation, the time that each contestant takes over that of the fastest reference.
func compete(b *testing.B, references, contestants []contestant) {
	defer impl.All[0].Use()
	for _, im := range impl.All {
		if im.Name != generic || len(impl.All) == 1 {
			im.Use()
			b.Run("impl="+im.Name, func(b *testing.B) { contest(b, references, contestants) })
		}
	}
}

func contest(b *testing.B, references, contestants []contestant) {
	type entry struct {
		contestant
		reps  int
		times []float64
	}
	var entries []*entry
	for _, c := range append(slices.Clone(references), contestants...) {
		entries = append(entries, &entry{contestant: c})
	}
	measure := func(e *entry) float64 {
		prepare()
		start := time.Now()
		for range e.reps {
			e.Run()
		}
		return float64(time.Since(start)) / float64(e.reps)
	}
	for _, e := range entries {
		for e.reps = 1; measure(e)*float64(e.reps) < 2e5; e.reps *= 2 {
		}
	}
	order := slices.Clone(entries)
	for range b.N {
		rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, e := range order {
			e.times = append(e.times, measure(e))
		}
	}
	fastest := entries[0]
	for _, e := range entries[:len(references)] {
		if median(e.times) < median(fastest.times) {
			fastest = e
		}
	}
	for _, e := range entries[len(references):] {
		ratios := make([]float64, len(e.times))
		for i := range ratios {
			ratios[i] = e.times[i] / fastest.times[i]
		}
		b.ReportMetric(median(ratios), e.Name+"/"+references[0].Name)
	}
	b.ReportMetric(median(fastest.times), "ns/"+references[0].Name)
	b.ReportMetric(0, "ns/op")
}

func median(s []float64) float64 {
	s = slices.Clone(s)
	slices.Sort(s)
	return s[len(s)/2]
}

func perImplementation(b *testing.B, run func(b *testing.B)) {
	defer impl.All[0].Use()
	for _, im := range impl.All {
		im.Use()
		b.Run("impl="+im.Name, run)
	}
}
