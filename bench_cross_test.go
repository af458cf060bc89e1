package blend

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/mixblend/blend/internal/roof"
)

// BenchmarkCrossRatio holds a Cross against the faster of two copies of x, and against a pair call a row. Run it as BenchmarkBatchRatio.
func BenchmarkCrossRatio(b *testing.B) {
	crossRatio(b, f32, 128, 128, 150528)
	crossRatio(b, u8, 256, 256, 150528)
	crossRatio(b, u8, 256, 8, 150528)
	crossRatio(b, f32, 64, 64, 268203) // out of phase
	crossRatio(b, f32, 1024, 1024, 12288)
	crossRatio(b, f32, 128, 128, 3072)
	crossRatio(b, u8, 128, 128, 3072)
	crossRatio(b, f32, 128, 128, 10) // labels
}

func crossRatio[T element](b *testing.B, c calls[T], rows, pool, row int) {
	x, y, d := aligned[T](rows*row), aligned[T](pool*row), aligned[T](rows*row)
	fillOrdinary(x, y, d)
	rng := rand.New(rand.NewPCG(3, 4))
	index := generate(rows, func(int) int { return rng.IntN(pool) })
	if pool == rows {
		index = rng.Perm(rows)
	}
	m, err := NewCross(index, pool, 0.3)
	if err != nil {
		b.Fatal(err)
	}
	bytes := func(s []T) []byte { return slice[byte](unsafe.Pointer(&s[0]), len(s)*c.size) }
	pairs := func(dst []T) func() {
		return func() {
			for i, q := range index {
				c.pair(dst[i*row:(i+1)*row], x[i*row:(i+1)*row], y[q*row:(q+1)*row], 0.3)
			}
		}
	}
	name := fmt.Sprintf("type=%s/rows=%d/pool=%d/row=%d", c.name, rows, pool, row)
	for _, place := range []struct {
		name string
		dst  []T
	}{{"out", d}, {"in", x}} {
		mix := contestant{"cross", func() { c.cross(m, place.dst, x, y) }}
		b.Run(name+"/place="+place.name+"/against=copy", func(b *testing.B) {
			defer clearCaches(len(bytes(x)))()
			compete(b, []contestant{
				{"copy", func() { copy(d, x) }},
				{"copy", func() { roof.StreamCopy(bytes(d), bytes(x)) }},
			}, []contestant{mix})
		})
		b.Run(name+"/place="+place.name+"/against=pairs", func(b *testing.B) {
			compete(b, []contestant{{"pairs", pairs(place.dst)}}, []contestant{mix})
		})
	}
}
