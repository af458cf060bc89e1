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
	perAssembly(b, func(b *testing.B) { contest(b, references, contestants) })
}

// perAssembly runs a benchmark for every implementation but the generic one, where there are others.
func perAssembly(b *testing.B, run func(b *testing.B)) {
	defer impl.All[0].Use()
	for _, im := range impl.All {
		if im.Name != generic || len(impl.All) == 1 {
			im.Use()
			b.Run("impl="+im.Name, run)
		}
	}
}

func contest(b *testing.B, references, contestants []contestant) {
	times := timeRounds(b.N, append(slices.Clone(references), contestants...))
	fastest := times[0]
	for _, t := range times[:len(references)] {
		if median(t) < median(fastest) {
			fastest = t
		}
	}
	for i, c := range contestants {
		b.ReportMetric(median(ratios(times[len(references)+i], fastest)), c.Name+"/"+references[0].Name)
	}
	b.ReportMetric(median(fastest), "ns/"+references[0].Name)
	b.ReportMetric(0, "ns/op")
}

// timeRounds returns how many nanoseconds each contestant takes in each round, in which all run, in shuffled order.
func timeRounds(rounds int, contestants []contestant) [][]float64 {
	times, reps, order := make([][]float64, len(contestants)), make([]int, len(contestants)), make([]int, len(contestants))
	measure := func(i int) float64 {
		prepare()
		start := time.Now()
		for range reps[i] {
			contestants[i].Run()
		}
		return float64(time.Since(start)) / float64(reps[i])
	}
	for i := range contestants {
		for reps[i] = 1; measure(i)*float64(reps[i]) < 2e5; reps[i] *= 2 {
		}
		order[i] = i
	}
	for range rounds {
		rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			times[i] = append(times[i], measure(i))
		}
	}
	return times
}

// ratios returns a/b, round by round.
func ratios(a, b []float64) []float64 {
	r := make([]float64, len(a))
	for i := range r {
		r[i] = a[i] / b[i]
	}
	return r
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
