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
	b.Run(name+"/place=out/workers=2", func(b *testing.B) {
		half := size / 2
		compete(b, copies[1:], []contestant{out,
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
