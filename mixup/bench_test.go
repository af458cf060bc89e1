package mixup

import (
	"fmt"
	"testing"

	"github.com/mixblend/blend"
)

// BenchmarkCutMix is to be compared with its copy: apart, a CutMix writes as much.
func BenchmarkCutMix(b *testing.B) {
	const n, cols = 128, 3 * 224 * 224
	x, y := make([]uint8, n*cols), make([]uint8, n*cols)
	for _, layout := range []Layout{CHW, HWC} {
		s := sampler(b, Config{Scope: PerRow, CutMixAlpha: 1, Height: 224, Width: 224, Layout: layout})
		var batch Batch
		draw(b, s, &batch, n, 0, 0)
		for _, place := range []struct {
			name string
			dst  []uint8
		}{{"apart", y}, {"in", x}} {
			b.Run("layout="+layout.String()+"/place="+place.name, func(b *testing.B) {
				b.SetBytes(n * cols)
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
	for _, scope := range []Scope{PerBatch, PerRow} {
		b.Run("rows=256/scope="+scope.String(), func(b *testing.B) {
			s := sampler(b, Config{Alpha: 0.2, Scope: scope})
			var batch Batch
			for step := range b.N {
				draw(b, s, &batch, 256, 0, step)
			}
		})
	}
}

func BenchmarkOneHot(b *testing.B) {
	const n, classes = 256, 1000
	p, err := blend.NewPlan(make([]int, n), 0.3)
	if err != nil {
		b.Fatal(err)
	}
	dst, class := make([]float32, n*classes), make([]uint16, n)
	for _, smoothing := range []float64{0, 0.1} {
		b.Run(fmt.Sprintf("smoothing=%v", smoothing), func(b *testing.B) {
			b.SetBytes(4 * n * classes)
			for range b.N {
				if err := OneHot(p, dst, class, classes, smoothing); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
