package blend

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"unsafe"

	"github.com/mixblend/blend/internal/roof"
)

// BenchmarkBatchRatio holds a Plan against the faster of two copies of the batch: Go's, and one with streaming stores.
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
	plan := func(index []int) *Plan {
		p, err := NewPlan(index, lambda)
		if err != nil {
			b.Fatal(err)
		}
		return p
	}
	random := rand.New(rand.NewPCG(3, 4)).Perm(rows)
	permuted := plan(random)
	reversal := plan(generate(rows, func(i int) int { return rows - 1 - i }))
	roll := plan(generate(rows, func(i int) int { return (i + 1) % rows }))
	size := len(x) * c.size
	bytes := func(s []T) []byte { return slice[byte](unsafe.Pointer(&s[0]), size) }
	copies := []contestant{
		{"copy", func() { copy(d, x) }},
		{"copy", func() { roof.StreamCopy(bytes(d), bytes(x)) }},
	}
	out := contestant{"random", func() { c.flat(permuted, d, x) }}
	// Each kind is a contest of its own: what one leaves behind in the caches, others have to clear away.
	b.Run(name+"/place=out", func(b *testing.B) {
		defer clearCaches(size)()
		compete(b, copies, []contestant{out,
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
	b.Run(name+"/place=out/against=rowbyrow", func(b *testing.B) {
		compete(b, copies, []contestant{out, {"rowbyrow", func() {
			for i, q := range random {
				c.pair(d[i*row:(i+1)*row], x[i*row:(i+1)*row], x[q*row:(q+1)*row], lambda)
			}
		}}})
	})
}

// BenchmarkWorkersRatio holds two workers against one, and two copies at once against one that moves as many bytes: where they share
// memory or a cache, two copies gain less than twofold. In caches the copies go in pieces that Go does not stream, and in place twice
// from one half of the batch to the other.
func BenchmarkWorkersRatio(b *testing.B) {
	const row = 150528
	for _, s := range []struct {
		rows  int // of float32; as many bytes of others
		place string
	}{{14, "in"}, {28, "in"}, {40, "in"}, {128, "out"}, {128, "in"}} {
		name := func(typ string, size int) string {
			return fmt.Sprintf("type=%s/rows=%d/row=%d/place=%s", typ, s.rows*4/size, row, s.place)
		}
		workersRatio(b, name("f32", 4), f32, s.rows, row, s.place == "in")
		workersRatio(b, name("f16", 2), f16s, s.rows*2, row, s.place == "in")
		workersRatio(b, name("u8", 1), u8, s.rows*4, row, s.place == "in")
	}
}

func workersRatio[T element](b *testing.B, name string, c calls[T], rows, row int, inPlace bool) {
	x, d := aligned[T](rows*row), aligned[T](rows*row)
	fillOrdinary(x, d)
	index := rand.New(rand.NewPCG(3, 4)).Perm(rows)
	plan := func(workers int) *Plan {
		p, err := NewPlan(index, 0.3)
		if err != nil {
			b.Fatal(err)
		}
		p.Workers = workers
		return p
	}
	one, two := plan(1), plan(2)
	dst := d
	if inPlace {
		dst = x
	}
	size := len(x) * c.size
	bytes := func(s []T) []byte { return slice[byte](unsafe.Pointer(&s[0]), size) }
	from, to, touched, copyPart := bytes(x), bytes(d), 2*size, roof.StreamCopy
	if inPlace && uint64(size) <= lastLevelBytes {
		from, to, touched = from[:size/2], from[size/2:], size
		copyPart = func(to, from []byte) {
			const piece = 128 << 10
			for range 2 {
				for i := 0; i < len(from); i += piece {
					copy(to[i:], from[i:min(i+piece, len(from))])
				}
			}
		}
	}
	half := len(from) / 2
	b.Run(name, func(b *testing.B) {
		defer clearCaches(touched)()
		perAssembly(b, func(b *testing.B) {
			times := timeRounds(b.N, []contestant{
				{"1worker", func() { c.flat(one, dst, x) }},
				{"2workers", func() { c.flat(two, dst, x) }},
				{"1copy", func() { copyPart(to, from) }},
				{"2copies", func() {
					var wait sync.WaitGroup
					wait.Add(1)
					go func() {
						copyPart(to[:half], from[:half])
						wait.Done()
					}()
					copyPart(to[half:], from[half:])
					wait.Wait()
				}},
			})
			workers, copies := ratios(times[1], times[0]), ratios(times[3], times[2])
			b.ReportMetric(median(workers), "2workers/1worker")
			b.ReportMetric(median(copies), "2copies/1copy")
			b.ReportMetric(median(ratios(times[1], times[3])), "2workers/2copies")
			b.ReportMetric(median(ratios(workers, copies)), "gain/gain")
			b.ReportMetric(median(times[0]), "ns/1worker")
			b.ReportMetric(0, "ns/op")
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
			[]contestant{{"out", func() { c.flat(p, d, x) }}, {"inplace", func() { c.flat(p, x, x) }}})
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
	}}}, []contestant{{"out", func() { p.Float32(d, x) }}, {"inplace", func() { p.Float32(x, x) }}})
}

func BenchmarkPlan(b *testing.B) {
	for _, s := range []struct{ rows, row int }{{128, 150528}, {1024, 12288}, {128, 3072}, {128, 10}} {
		benchPlan(b, fmt.Sprintf("type=f32/rows=%d/row=%d", s.rows, s.row), f32, s.rows, s.row)
	}
	for _, s := range []struct{ rows, row int }{{256, 150528}, {128, 3072}, {128, 784}} {
		benchPlan(b, fmt.Sprintf("type=u8/rows=%d/row=%d", s.rows, s.row), u8, s.rows, s.row)
	}
}

func benchPlan[T element](b *testing.B, name string, c calls[T], rows, row int) {
	b.Run(name, func(b *testing.B) {
		rng := rand.New(rand.NewPCG(1, 2))
		x, d := aligned[T](rows*row), aligned[T](rows*row)
		fillOrdinary(x, d)
		p, err := NewPlan(rng.Perm(rows), 0.3)
		if err != nil {
			b.Fatal(err)
		}
		for _, place := range []struct {
			name string
			dst  []T
		}{{"out", d}, {"in", x}} {
			b.Run("place="+place.name, func(b *testing.B) {
				perImplementation(b, func(b *testing.B) {
					b.SetBytes(int64(len(x) * int(unsafe.Sizeof(x[0]))))
					b.ReportAllocs()
					for range b.N {
						if err := c.flat(p, place.dst, x); err != nil {
							b.Fatal(err)
						}
					}
				})
			})
		}
	})
}

func BenchmarkNewPlan(b *testing.B) {
	index := rand.New(rand.NewPCG(1, 2)).Perm(256)
	b.Run("rows=256/plan=new", func(b *testing.B) {
		for range b.N {
			if _, err := NewPlan(index, 0.3); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("rows=256/plan=reset", func(b *testing.B) {
		var p Plan
		b.ReportAllocs()
		for range b.N {
			if err := p.Reset(index, 0.3); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkCopy(b *testing.B) {
	for _, n := range []int{4096, 8192, 128 * 3072, 128 * 3072 * 4, 256 * 150528, 128 * 150528 * 4} {
		b.Run(fmt.Sprintf("bytes=%d", n), func(b *testing.B) {
			x, d := aligned[uint8](n), aligned[uint8](n)
			fillOrdinary(x, d)
			b.SetBytes(int64(n))
			b.ResetTimer()
			for range b.N {
				copy(d, x)
			}
		})
	}
}
