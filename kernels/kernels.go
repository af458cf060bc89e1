// Package kernels defines what package blend computes, in plain Go and without dependencies.
//
// It is the fallback where there is no assembly, the oracle that every assembly kernel is tested against, and the
// reference for kernels written elsewhere: fuzz yours against [BlendF32] and [BlendU8], or, one element at a time, against
// [MixF32] and [MixU8]. The results are the same bits on every CPU, in the body of a row and in its tail.
//
// The CPU must be in its default rounding and denormal modes (round half to even, no FTZ, no DAZ),
// in which Go programs run.
package kernels

import (
	"encoding/binary"
	"math"
)

// One is the weight of λ = 1 in a uint8 mix: a weight w stands for λ = w/One.
const One = 1 << 15

// WeightsF32 returns the two factors of a float32 mix, λ and 1−λ, each rounded once. 1−λ is taken in float64, as NumPy
// and PyTorch take it when λ is a Python float.
func WeightsF32(lambda float64) (l, m float32) {
	return float32(lambda), float32(1 - lambda)
}

// WeightU8 returns λ on the grid of a uint8 mix, RoundToEven(λ·One). λ must be in [0, 1].
func WeightU8(lambda float64) int {
	// Above 2⁵² a float64 has no fraction: the sum is rounded, half to even, to an integer that its low bits hold. It is
	// math.RoundToEven with half the latency.
	return int(math.Float64bits(lambda*One+3<<51) & (2*One - 1))
}

// MixF32 mixes one element: l·a + m·b with each product rounded, then their sum, and never a fused
// multiply-add. These are the bits of `lam * x + (1 - lam) * x[index]` in PyTorch and NumPy on a
// CPU. NaN stays NaN; its sign and payload are unspecified.
func MixF32(a, b, l, m float32) float32 {
	return float32(l*a) + float32(m*b) // the conversions forbid fusing
}

// MixU8 mixes one element: (w·a + (One−w)·b) / One, exact, rounded half to even. w must be in 0…One. These are the bits of
// NumPy's rint and OpenCV's addWeighted on float arithmetic, which is exact on this grid.
func MixU8(a, b uint8, w int) uint8 {
	v := uint32(w)*uint32(a) + uint32(One-w)*uint32(b)
	return uint8((v + One/2 - 1 + v>>15&1) >> 15)
}

// BlendF32 sets dst[i] = MixF32(a[i], b[i], l, m) for every i < len(dst). a and b must be at least
// as long as dst; dst must be a, be b, or overlap neither.
func BlendF32(dst, a, b []float32, l, m float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = float32(l*a[i]) + float32(m*b[i])
	}
}

// BlendU8 sets dst[i] = MixU8(a[i], b[i], w) for every i < len(dst). a and b must be at least as
// long as dst; dst must be a, be b, or overlap neither.
func BlendU8(dst, a, b []uint8, w int) {
	a, b = a[:len(dst)], b[:len(dst)]
	if len(dst) < 8 {
		for i := range dst {
			dst[i] = MixU8(a[i], b[i], w)
		}
		return
	}
	last := len(dst) - 8
	lastX, lastY := binary.NativeEndian.Uint64(a[last:]), binary.NativeEndian.Uint64(b[last:]) // before dst replaces some of them
	if w%128 == 0 {
		k := uint64(w / 128)
		for i := 0; i < last; i += 8 {
			x, y := binary.NativeEndian.Uint64(a[i:i+8]), binary.NativeEndian.Uint64(b[i:i+8])
			binary.NativeEndian.PutUint64(dst[i:i+8], even4(x, y, k)|even4(x>>8, y>>8, k)<<8)
		}
		binary.NativeEndian.PutUint64(dst[last:], even4(lastX, lastY, k)|even4(lastX>>8, lastY>>8, k)<<8)
	} else {
		w := uint64(w)
		for i := 0; i < last; i += 8 {
			x, y := binary.NativeEndian.Uint64(a[i:i+8]), binary.NativeEndian.Uint64(b[i:i+8])
			binary.NativeEndian.PutUint64(dst[i:i+8], near4(x, y, w)|near4(x>>16, y>>16, w)<<16)
		}
		binary.NativeEndian.PutUint64(dst[last:], near4(lastX, lastY, w)|near4(lastX>>16, lastY>>16, w)<<16)
	}
}

// even4 and near2 are MixU8 on the lowest byte of each lane of a word, as b + w·(a−b): a lane's difference may borrow from
// the lane above it, but every lane's sum is in range again, so that the borrows cancel.

// even4 has four lanes and takes w = 128k: eight bits of fraction, and ties.
func even4(x, y, k uint64) uint64 {
	const lane = 1<<48 | 1<<32 | 1<<16 | 1
	x, y = x&(255*lane), y&(255*lane)
	v := y<<8 + k*(x-y)
	return (v + 127*lane + v>>8&lane) >> 8 & (255 * lane)
}

// near2 has two lanes and takes any other w: fifteen bits of fraction. A tie would need 2¹⁴ to divide (a−b)·w, and
// |a−b| < 2⁸.
func near2(x, y, w uint64) uint64 {
	const lane = 1<<32 | 1
	x, y = x&(255*lane), y&(255*lane)
	return (y<<15 + w*(x-y) + One/2*lane) >> 15 & (255 * lane)
}

func near4(x, y, w uint64) uint64 { return near2(x, y, w) | near2(x>>8, y>>8, w)<<8 }
