package blend

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/mixblend/blend/internal/impl"
)

func perImplementation(b *testing.B, run func(b *testing.B)) {
	defer impl.All[0].Use()
	for _, im := range impl.All {
		im.Use()
		b.Run("impl="+im.Name, run)
	}
}

// What one would write without this package.
func plainF32(dst, a, b []float32, l, m float32) {
	for i := range dst {
		dst[i] = float32(l*a[i]) + float32(m*b[i])
	}
}

func plainU8(dst, a, b []uint8, l, m float32) {
	for i := range dst {
		dst[i] = byte(float32(l*float32(a[i])) + float32(m*float32(b[i])) + .5)
	}
}

// lambdasU8 has one λ for each body of the uint8 kernels, and ½, which rounds half of all pairs.
var lambdasU8 = []struct {
	name  string
	value float64
}{{"near", 0.3}, {"ties", 77.0 / 256}, {"half", 0.5}}

// The names of benchmarks are keys and values: benchstat -col /impl puts implementations side by side.

func BenchmarkPair(b *testing.B) {
	for _, n := range []int{10, 2048, 150528} {
		benchPair(b, fmt.Sprintf("type=f32/n=%d", n), f32.pair, plainF32, n, 0.3)
	}
	for _, n := range []int{10, 4096, 150528} {
		for _, l := range lambdasU8 {
			benchPair(b, fmt.Sprintf("type=u8/n=%d/lambda=%s", n, l.name), u8.pair, plainU8, n, l.value)
		}
	}
}

func benchPair[T element](b *testing.B, name string, mix func(dst, a, b []T, lambda float64) error, plain func(dst, a, b []T, l, m float32), n int, lambda float64) {
	b.Run(name, func(b *testing.B) {
		x, y, d := aligned[T](n), aligned[T](n), aligned[T](n)
		fillOrdinary(x, y)
		perImplementation(b, func(b *testing.B) {
			b.SetBytes(int64(n * int(unsafe.Sizeof(d[0]))))
			b.ReportAllocs()
			for range b.N {
				if err := mix(d, x, y, lambda); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("impl=plain", func(b *testing.B) {
			b.SetBytes(int64(n * int(unsafe.Sizeof(d[0]))))
			for range b.N {
				plain(d, x, y, float32(lambda), float32(1-lambda))
			}
		})
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
		}{{"apart", d}, {"in", x}} {
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
