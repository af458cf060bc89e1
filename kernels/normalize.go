package kernels

// Normalize mixes one element of two images, w as in [MixU8] but without rounding to a byte, and scales it: mix·scale + bias. The mix
// is exact in float32, the product and the sum are rounded once each and never fused. These are the bits of
// `(lam*a + (1-lam)*b) * scale + bias` in PyTorch and NumPy on a CPU, in float32.
func Normalize(a, b uint8, w int, scale, bias float32) float32 {
	return float32(mix(a, b, w)*scale) + bias // the conversion forbids fusing
}

func mix(a, b uint8, w int) float32 { return float32(w*int(a)+(One-w)*int(b)) / One }

// NormalizeF32 sets dst[i] to [Normalize] of a[i] and b[i], with the scale and the bias of channel i mod len(scale). a and b
// must be at least as long as dst, bias as long as scale, and scale must not be empty.
func NormalizeF32(dst []float32, a, b []uint8, w int, scale, bias []float32) {
	a, b, bias = a[:len(dst)], b[:len(dst)], bias[:len(scale)]
	for i, c := 0, 0; i < len(dst); i++ {
		dst[i] = float32(mix(a[i], b[i], w)*scale[c]) + bias[c]
		if c++; c == len(scale) {
			c = 0
		}
	}
}

// NormalizeBF16 does what [NormalizeF32] does, with the same lengths, and rounds once more, half to even, to bfloat16.
func NormalizeBF16(dst []uint16, a, b []uint8, w int, scale, bias []float32) {
	a, b, bias = a[:len(dst)], b[:len(dst)], bias[:len(scale)]
	for i, c := 0, 0; i < len(dst); i++ {
		dst[i] = RoundBF16(float32(mix(a[i], b[i], w)*scale[c]) + bias[c])
		if c++; c == len(scale) {
			c = 0
		}
	}
}

// NormalizeF16 does what [NormalizeF32] does, with the same lengths, and rounds once more, half to even, to binary16.
func NormalizeF16(dst []uint16, a, b []uint8, w int, scale, bias []float32) {
	a, b, bias = a[:len(dst)], b[:len(dst)], bias[:len(scale)]
	for i, c := 0, 0; i < len(dst); i++ {
		dst[i] = RoundF16(float32(mix(a[i], b[i], w)*scale[c]) + bias[c])
		if c++; c == len(scale) {
			c = 0
		}
	}
}
