package blend

import "testing"

// BenchmarkMaskRatio holds pairs mixed by a mask against pairs mixed by a λ, all of them in the first-level cache. Run it as
// BenchmarkRatio.
func BenchmarkMaskRatio(b *testing.B) {
	const n = 4096
	d, x, y, mask := aligned[uint8](n), aligned[uint8](n), aligned[uint8](n), aligned[uint8](n)
	fillOrdinary(x, y, mask)
	b.Run("type=u8/n=4096", func(b *testing.B) {
		compete(b, []contestant{{"near", func() { Uint8(d, x, y, 0.3) }}}, []contestant{{"mask", func() { Uint8Mask(d, x, y, mask) }}})
	})
	f, g, h := aligned[float32](n/2), aligned[float32](n/2), aligned[float32](n/2)
	fillOrdinary(g, h)
	b.Run("type=f32/n=2048", func(b *testing.B) {
		compete(b, []contestant{{"mix", func() { Float32(f, g, h, 0.3) }}}, []contestant{{"mask", func() { Float32Mask(f, g, h, mask[:n/2]) }}})
	})
}
