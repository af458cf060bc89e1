package mixup

import (
	"fmt"
	"math"
	"testing"
)

// BenchmarkCutMix is to be compared with its copy: out of place, a CutMix writes as much.
func BenchmarkCutMix(b *testing.B) {
	const n, cols = 128, 3 * 224 * 224
	x, y := make([]uint8, n*cols), make([]uint8, n*cols)
	for i := range x {
		x[i], y[i] = uint8(i*7)|1, 1 // pages of zeros are one page, and some machines store zeros faster
	}
	for _, layout := range []Layout{CHW, HWC} {
		s := sampler(b, Config{Scope: PerRow, CutMixAlpha: 1, Height: 224, Width: 224, Layout: layout})
		var batch Batch
		draw(b, s, &batch, n, 0, 0)
		for _, place := range []struct {
			name string
			dst  []uint8
		}{{"out", y}, {"in", x}} {
			b.Run("layout="+layout.String()+"/place="+place.name, func(b *testing.B) {
				b.SetBytes(n * cols)
				b.ResetTimer()
				for range b.N {
					if err := batch.Uint8(place.dst, x); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
	b.Run("impl=copy", func(b *testing.B) {
		b.SetBytes(n * cols)
		for range b.N {
			copy(y, x)
		}
	})
}

func BenchmarkAt(b *testing.B) {
	const rows = 256
	mix := Config{Alpha: 0.2}
	cut := Config{CutMixAlpha: 1, Height: 224, Width: 224, Layout: CHW}
	both := cut
	both.Alpha, both.SkipProb = 0.2, 0.1
	for _, scope := range []Scope{PerBatch, PerRow} {
		for _, draws := range []struct {
			name string
			Config
		}{{"mixup", mix}, {"cutmix", cut}, {"both", both}} {
			c := draws.Config
			c.Scope = scope
			b.Run(fmt.Sprintf("rows=%d/scope=%v/draw=%s", rows, scope, draws.name), func(b *testing.B) {
				s := sampler(b, c)
				var batch Batch
				draw(b, s, &batch, rows, 0, 0)
				b.ResetTimer()
				for step := range b.N {
					draw(b, s, &batch, rows, 0, step)
				}
			})
		}
	}
}

// BenchmarkTable is what New takes for the first Sampler of an alpha.
func BenchmarkTable(b *testing.B) {
	for _, alpha := range []float64{5e-324, 1e-3, 0.2, 1, 5, 1e3, 1e6, 1e9, math.MaxFloat64} {
		b.Run(fmt.Sprintf("alpha=%v", alpha), func(b *testing.B) {
			for range b.N {
				newTable(weights(limit(alpha)))
			}
		})
	}
}

// BenchmarkDraw is a draw of λ, and of the random number in it.
func BenchmarkDraw(b *testing.B) {
	var r source
	r.seed(1, 2, 3, 4)
	b.Run("of=uint64", func(b *testing.B) {
		for range b.N {
			r.chacha.Uint64()
		}
	})
	b.Run("of=lambda", func(b *testing.B) {
		t := tableOf(0.2)
		for range b.N {
			t.draw(&r)
		}
	})
}

// BenchmarkOneHot writes 1 MB of labels. scope=PerRow has one λ a row, whose labels differ in rounding.
func BenchmarkOneHot(b *testing.B) {
	for _, classes := range []int{10, 100, 1000, 21841} {
		n := 256_000 / classes
		dst, class := make([]float32, n*classes), make([]uint16, n)
		for _, scope := range []Scope{PerBatch, PerRow} {
			var batch Batch
			draw(b, sampler(b, Config{Alpha: 1, Scope: scope}), &batch, n, 0, 0)
			for i := range class {
				class[i] = uint16(i % classes)
			}
			for _, smoothing := range []float64{0, 0.1} {
				b.Run(fmt.Sprintf("classes=%d/scope=%v/smoothing=%v", classes, scope, smoothing), func(b *testing.B) {
					b.SetBytes(int64(4 * n * classes))
					for range b.N {
						if err := OneHot(&batch, dst, class, classes, smoothing); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}
