// Package fuzz is an example: a mix of one's own, fuzzed against package kernels. Copy it, and put your kernel in place of
// Float32 and Uint8.
package fuzz

import "math"

// Float32 sets dst = λa + (1−λ)b. The conversions keep the compiler from fusing a product with the sum.
func Float32(dst, a, b []float32, lambda float64) {
	l, m := float32(lambda), float32(1-lambda)
	for i := range dst {
		dst[i] = float32(l*a[i]) + float32(m*b[i])
	}
}

// Uint8 sets dst = λa + (1−λ)b, rounded half to even. λ is a multiple of 2⁻¹⁵, so that float32 is exact.
func Uint8(dst, a, b []uint8, lambda float64) {
	l, m := float32(lambda), float32(1-lambda)
	for i := range dst {
		dst[i] = uint8(math.RoundToEven(float64(l*float32(a[i]) + m*float32(b[i]))))
	}
}
