package blend

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/mixblend/blend/internal/roof"
)

// BenchmarkNormalizeRatio holds normalizing a batch of 128 × 3 × 224 × 224 bytes against a streaming write of the result
// and a read of the input.
func BenchmarkNormalizeRatio(b *testing.B) {
	const rows, row = 128, 3 * 224 * 224
	x, d := aligned[uint8](rows*row), aligned[float32](rows*row)
	mixed, d16 := aligned[uint8](rows*row), aligned[bf16](rows*row)
	fillOrdinary(x)
	clear(d)
	clear(d16)
	clear(mixed)
	p, _ := NewPlan(rand.New(rand.NewPCG(3, 4)).Perm(rows), 0.3)
	one, _ := NewPlan(rand.New(rand.NewPCG(3, 4)).Perm(rows), 1)
	norm := func(from, to Layout) *Normalization {
		n, err := NewNormalization([]float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225}, from, to)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	chw, hwc, planar := norm(CHW, CHW), norm(HWC, HWC), norm(HWC, CHW)
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(&d[0])), 4*len(d))
	limit := func(dst []byte) func() { return func() { roof.StreamWrite(dst); roof.Read(x) } }
	b.Run("to=f32", func(b *testing.B) {
		compete(b, []contestant{{"limit", limit(bytes)}}, []contestant{
			{"chw", func() { p.NormalizeFloat32(d, x, chw) }},
			{"chw-unmixed", func() { one.NormalizeFloat32(d, x, chw) }},
			{"hwc", func() { p.NormalizeFloat32(d, x, hwc) }},
			{"hwc-to-chw", func() { p.NormalizeFloat32(d, x, planar) }},
			{"two-passes", func() {
				p.Uint8(mixed, x)
				for i := range rows {
					for c := range 3 {
						scale, bias := chw.Scale[c], chw.Bias[c]
						from, to := mixed[i*row+c*row/3:][:row/3], d[i*row+c*row/3:][:row/3]
						for j, v := range from {
							to[j] = float32(float32(v)*scale) + bias
						}
					}
				}
			}},
		})
	})
	for _, f := range []struct {
		name string
		run  func(*Plan, []bf16, []uint8, *Normalization) error
	}{{"bf16", NormalizeBFloat16[bf16]}, {"f16", NormalizeFloat16[bf16]}} {
		b.Run("to="+f.name, func(b *testing.B) {
			compete(b, []contestant{{"limit", limit(bytes[:2*len(d)])}}, []contestant{
				{"chw", func() { f.run(p, d16, x, chw) }},
				{"hwc-to-chw", func() { f.run(p, d16, x, planar) }},
			})
		})
	}

}

// BenchmarkPixelRatio holds pixels of four bytes, of which one is left out, and others against packed RGB: 64 × 224 × 224 of them
// to float32 and bfloat16.
func BenchmarkPixelRatio(b *testing.B) {
	const rows, pixels = 64, 224 * 224
	x, d := aligned[uint8](4*rows*pixels), aligned[float32](3*rows*pixels)
	d16 := aligned[bf16](len(d))
	fillOrdinary(x)
	clear(d)
	clear(d16)
	p, _ := NewPlan(rand.New(rand.NewPCG(3, 4)).Perm(rows), 0.3)
	for _, to := range []Layout{CHW, HWC} {
		of := func(pixelBytes int, order ...int) *Normalization {
			n, err := NewNormalization([]float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225}, HWC, to)
			if err != nil {
				b.Fatal(err)
			}
			n.PixelBytes, n.Order = pixelBytes, order
			return n
		}
		bytes := func(n *Normalization) []uint8 { return x[:rows*pixels*n.pixelBytes()] }
		convert := func(name string, n *Normalization) contestant {
			return contestant{name, func() { n.ConvertFloat32(d, bytes(n), rows) }}
		}
		rgb, rgba := of(3), of(4)
		b.Run("to="+to.String()+"/convert", func(b *testing.B) {
			compete(b, []contestant{convert("rgb", rgb)}, []contestant{
				convert("rgba", rgba), convert("bgra", of(4, 2, 1, 0)), convert("bgr", of(3, 2, 1, 0)), convert("gray", of(1, 0, 0, 0)),
			})
		})
		b.Run("to="+to.String()+"/mix", func(b *testing.B) {
			compete(b, []contestant{{"rgb", func() { p.NormalizeFloat32(d, bytes(rgb), rgb) }}},
				[]contestant{{"rgba", func() { p.NormalizeFloat32(d, bytes(rgba), rgba) }}})
		})
		b.Run("to="+to.String()+"/convert-bf16", func(b *testing.B) {
			compete(b, []contestant{{"rgb", func() { ConvertBFloat16(rgb, d16, bytes(rgb), rows) }}},
				[]contestant{{"rgba", func() { ConvertBFloat16(rgba, d16, bytes(rgba), rows) }}})
		})
	}
}

// BenchmarkNormalizeCachedRatio holds normalizing 128 × 3 × 32 × 32 bytes against a copy of as many bytes as the results have, all in caches.
func BenchmarkNormalizeCachedRatio(b *testing.B) {
	const rows, row = 128, 3 * 32 * 32
	x, d := aligned[uint8](4*rows*row/3), aligned[float32](rows*row)
	d16, from, to := aligned[bf16](rows*row), aligned[float32](rows*row), aligned[float32](rows*row)
	fillOrdinary(x)
	fillOrdinary(from)
	p, _ := NewPlan(rand.New(rand.NewPCG(3, 4)).Perm(rows), 0.3)
	norm := func(from, to Layout, pixelBytes int, order ...int) *Normalization {
		n, err := NewNormalization([]float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225}, from, to)
		if err != nil {
			b.Fatal(err)
		}
		n.PixelBytes, n.Order = pixelBytes, order
		return n
	}
	chw, planar, rgba, bgr := norm(CHW, CHW, 0), norm(HWC, CHW, 0), norm(HWC, CHW, 4), norm(HWC, CHW, 0, 2, 1, 0)
	rgb := x[:rows*row]
	b.Run("to=f32", func(b *testing.B) {
		compete(b, []contestant{{"copy", func() { copy(to, from) }}}, []contestant{
			{"chw", func() { p.NormalizeFloat32(d, rgb, chw) }},
			{"hwc-to-chw", func() { p.NormalizeFloat32(d, rgb, planar) }},
			{"bgr-to-chw", func() { p.NormalizeFloat32(d, rgb, bgr) }},
			{"rgba-to-chw", func() { p.NormalizeFloat32(d, x, rgba) }},
		})
	})
	b.Run("to=bf16", func(b *testing.B) {
		half := len(to) / 2
		compete(b, []contestant{{"copy", func() { copy(to[:half], from[:half]) }}}, []contestant{
			{"chw", func() { NormalizeBFloat16(p, d16, rgb, chw) }},
			{"hwc-to-chw", func() { NormalizeBFloat16(p, d16, rgb, planar) }},
			{"rgba-to-chw", func() { NormalizeBFloat16(p, d16, x, rgba) }},
		})
	})
}
