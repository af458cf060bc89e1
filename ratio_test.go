package blend

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/mixblend/blend/internal/impl"
	"github.com/mixblend/blend/internal/roof"
)

// BenchmarkRatio measures what holds on a noisy machine: each round times every contestant for 0.2 ms or one call, in shuffled order, and
// the metrics are medians over the rounds of each round's ratios of times. Run it with -benchtime 1000x, BenchmarkBatchRatio with 25x.
func BenchmarkRatio(b *testing.B) {
	for _, lambda := range lambdasU8 {
		for _, n := range []int{10, 4096} {
			d, x, y := aligned[uint8](n), aligned[uint8](n), aligned[uint8](n)
			fillOrdinary(x, y)
			b.Run(fmt.Sprintf("type=u8/n=%d/lambda=%s", n, lambda.name), func(b *testing.B) {
				compete(b, []contestant{{"plain", func() { plainU8(d, x, y, float32(lambda.value), float32(1-lambda.value)) }}},
					[]contestant{{"mix", func() { Uint8(d, x, y, lambda.value) }}})
			})
		}
	}
	for _, n := range []int{2, 4, 7, 8, 10, 12, 16, 2048} {
		d, x, y := aligned[float32](n), aligned[float32](n), aligned[float32](n)
		fillOrdinary(x, y)
		mix := []contestant{{"mix", func() { Float32(d, x, y, 0.3) }}}
		b.Run(fmt.Sprintf("type=f32/n=%d/against=plain", n), func(b *testing.B) {
			compete(b, []contestant{{"plain", func() { plainF32(d, x, y, 0.3, 0.7) }}}, mix)
		})
		b.Run(fmt.Sprintf("type=f32/n=%d/against=copy", n), func(b *testing.B) {
			compete(b, []contestant{{"copy", func() { copy(d, x) }}}, mix)
		})
	}
}

// BenchmarkLargePairRatio holds a pair, out of place, against Go's copy of as many bytes: as it is, with cached stores, and with a reader
// that follows at once, who takes a number of each line. Run it with -benchtime 101x.
func BenchmarkLargePairRatio(b *testing.B) {
	for _, size := range []int{2 << 20, 4 << 20, 1920 * 1080 * 4, 32 << 20} {
		largePairRatio(b, fmt.Sprintf("type=u8/bytes=%d", size), u8, kernelU8, size)
		largePairRatio(b, fmt.Sprintf("type=f32/bytes=%d", size), f32, kernelF32, size/4)
		largePairRatio(b, fmt.Sprintf("type=bf16/bytes=%d", size), bf16s, kernelBF16, size/2)
	}
}

func largePairRatio[T element](b *testing.B, name string, c calls[T], k kernel, n int) {
	d, x, y := aligned[T](n), aligned[T](n), aligned[T](n)
	fillOrdinary(d, x, y)
	cached := func() {
		s := step{dst: ptr(d), own: ptr(x), partner: ptr(y), params: k.paramsFor(0.3)}
		k.runLong(unsafe.Slice(&s, 1), n, wholeRow)
	}
	read := func() {
		for i := 0; i < n; i += cacheLine / c.size {
			sink += byte(d[i])
		}
	}
	then := func(next func()) (copied, mixed []contestant) {
		return []contestant{{"copy", func() { copy(d, x); next() }}},
			[]contestant{{"mix", func() { c.pair(d, x, y, 0.3); next() }}, {"cached", func() { cached(); next() }}}
	}
	b.Run(name, func(b *testing.B) {
		copied, mixed := then(func() {})
		compete(b, copied, mixed)
	})
	b.Run(name+"/then=read", func(b *testing.B) {
		copied, mixed := then(read)
		compete(b, copied, mixed)
	})
}

// BenchmarkBatchRatio holds a Plan against the faster of two copies of the batch: Go's, and one past the caches.
func BenchmarkBatchRatio(b *testing.B) {
	for _, s := range []struct{ rows, row int }{{128, 150528}, {1024, 12288}, {128, 3072}, {64, 268203}} {
		batchRatio(b, fmt.Sprintf("type=f32/rows=%d/row=%d", s.rows, s.row), f32, s.rows, s.row, 0.3)
	}
	for _, s := range []struct{ rows, row int }{{256, 150528}, {128, 3072}} {
		batchRatio(b, fmt.Sprintf("type=bf16/rows=%d/row=%d", s.rows, s.row), bf16s, s.rows, s.row, 0.3)
		batchRatio(b, fmt.Sprintf("type=f16/rows=%d/row=%d", s.rows, s.row), f16s, s.rows, s.row, 0.3)
	}
	for _, s := range []struct{ rows, row int }{{256, 150528}, {128, 3072}, {128, 784}} {
		batchRatio(b, fmt.Sprintf("type=u8/rows=%d/row=%d/lambda=near", s.rows, s.row), u8, s.rows, s.row, 0.3)
		batchRatio(b, fmt.Sprintf("type=u8/rows=%d/row=%d/lambda=ties", s.rows, s.row), u8, s.rows, s.row, 77.0/256)
	}
}

func batchRatio[T element](b *testing.B, name string, c calls[T], rows, row int, lambda float64) {
	x, d := aligned[T](rows*row), aligned[T](rows*row)
	fillOrdinary(x, d)
	plan := func(index []int, workers int) *Plan {
		p, err := NewPlan(index, lambda)
		if err != nil {
			b.Fatal(err)
		}
		p.Workers = workers
		return p
	}
	random := rand.New(rand.NewPCG(3, 4)).Perm(rows)
	permuted, two := plan(random, 1), plan(random, 2)
	reversal := plan(generate(rows, func(i int) int { return rows - 1 - i }), 1)
	roll := plan(generate(rows, func(i int) int { return (i + 1) % rows }), 1)
	size := len(x) * c.size
	bytes := func(s []T) []byte { return slice[byte](unsafe.Pointer(&s[0]), size) }
	copies := []contestant{
		{"copy", func() { copy(d, x) }},
		{"copy", func() { roof.StreamCopy(bytes(d), bytes(x)) }},
	}
	apart := contestant{"random", func() { c.flat(permuted, d, x) }}
	// Each kind is a contest of its own: what one leaves behind in the caches, others have to clear away.
	b.Run(name+"/place=apart", func(b *testing.B) {
		defer clearCaches(size)()
		compete(b, copies, []contestant{apart,
			{"reversal", func() { c.flat(reversal, d, x) }},
			{"roll", func() { c.flat(roll, d, x) }},
		})
	})
	b.Run(name+"/place=in", func(b *testing.B) {
		compete(b, copies, []contestant{
			{"random", func() { c.flat(permuted, x, x) }},
			{"reversal", func() { c.flat(reversal, x, x) }},
		})
	})
	b.Run(name+"/place=apart/against=rowbyrow", func(b *testing.B) {
		compete(b, copies, []contestant{apart, {"rowbyrow", func() {
			for i, q := range random {
				c.pair(d[i*row:(i+1)*row], x[i*row:(i+1)*row], x[q*row:(q+1)*row], lambda)
			}
		}}})
	})
	b.Run(name+"/place=apart/workers=2", func(b *testing.B) {
		half := size / 2
		compete(b, copies[1:], []contestant{apart,
			{"random-2workers", func() { c.flat(two, d, x) }},
			{"2copies", func() {
				var wait sync.WaitGroup
				wait.Add(1)
				go func() {
					roof.StreamCopy(bytes(d)[:half], bytes(x)[:half])
					wait.Done()
				}()
				roof.StreamCopy(bytes(d)[half:], bytes(x)[half:])
				wait.Wait()
			}},
		})
	})
}

// BenchmarkSmallPlanRatio holds a Plan of two rows, in the first-level cache, against Go's copy of them. Run it with -benchtime 1000x.
func BenchmarkSmallPlanRatio(b *testing.B) {
	smallPlanRatio(b, "type=f32/rows=2/row=784", f32, 784)
	smallPlanRatio(b, "type=u8/rows=2/row=3072", u8, 3072)
}

func smallPlanRatio[T element](b *testing.B, name string, c calls[T], row int) {
	x, d := aligned[T](2*row), aligned[T](2*row)
	fillOrdinary(x, d)
	p, err := NewPlan([]int{1, 0}, 0.3)
	if err != nil {
		b.Fatal(err)
	}
	b.Run(name, func(b *testing.B) {
		compete(b, []contestant{{"copy", func() { copy(d, x) }}},
			[]contestant{{"apart", func() { c.flat(p, d, x) }}, {"inplace", func() { c.flat(p, x, x) }}})
	})
}

// A one-hot label is ten numbers.
func BenchmarkLabelRatio(b *testing.B) {
	const rows, row = 128, 10
	x, d := aligned[float32](rows*row), aligned[float32](rows*row)
	fillOrdinary(x, d)
	index := rand.New(rand.NewPCG(3, 4)).Perm(rows)
	p, err := NewPlan(index, 0.3)
	if err != nil {
		b.Fatal(err)
	}
	compete(b, []contestant{{"plain", func() {
		for i, q := range index {
			plainF32(d[i*row:(i+1)*row], x[i*row:(i+1)*row], x[q*row:(q+1)*row], 0.3, 0.7)
		}
	}}}, []contestant{{"apart", func() { p.Float32(d, x) }}, {"inplace", func() { p.Float32(x, x) }}})
}

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

// clearCaches makes sure, for batches past the caches, that nobody finds there what another has read: a copy past the caches leaves
// nothing, a mix some of its rows. It returns what ends that.
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
