// Package blend mixes training batches: x ← λ·x + (1−λ)·x[index], the mixup of Zhang et al. (2018),
// "mixup: Beyond Empirical Risk Minimization" (https://arxiv.org/abs/1710.09412), for float32 and
// uint8, bfloat16 and float16, in one pass over memory and with the same bits on every CPU.
//
// # Results
//
// float32: l·a + m·b with l = float32(λ), m = float32(1−λ), every product and the sum rounded once,
// never fused. These are the bits of `lam * x + (1 - lam) * x[index]` in PyTorch and NumPy on a
// CPU. λ = 0 and λ = 1 are computed likewise: 0·Inf is NaN. NaN stays NaN; its sign and payload are
// unspecified.
//
// uint8: λ is taken on the grid of [Quantize], and the exact mix is rounded half to even: the bits
// of NumPy's rint, timm's FastCollateMixup and OpenCV's addWeighted at that λ.
//
// A mask has a byte m for each element, whose λ is m/255: see [Uint8Mask] and [Float32Mask].
//
// 16-bit floats are mixed in float32 and rounded once, half to even: see [BFloat16], [Float16],
// [MixBFloat16] and [MixFloat16]. A mix of bytes that is normalized is not rounded to bytes on the
// way: see [Plan.NormalizeFloat32].
//
// The CPU must be in its default rounding and denormal modes, in which Go programs run. Package
// kernels holds these definitions in plain Go.
//
// # Errors
//
// Bad input gives an error that wraps [ErrLambda], [ErrShape], [ErrIndex], [ErrOverlap] or
// [ErrNormalization] and names the values that clash. Nothing is written then. Zero rows and rows
// of length zero are fine.
//
// # Memory
//
// dst must be the input, or not overlap it. Nothing outside the slices is read or written. A call
// keeps no reference to them. It does not allocate once its Plan has been used (pooled scratch
// memory may be allocated again after a garbage collection). Assembly runs for a few µs at a time,
// so that a large batch does not delay a garbage collection.
//
// A call returns, or panics, only after its workers have stopped. Touching unreadable memory, such
// as a mapped file that has been truncated, crashes the program, unless the caller has set
// [debug.SetPanicOnFault]: then the call panics, in whichever worker it happened, and part of the
// results has been written.
//
// # Implementations
//
// Dispatch to AVX-512, AVX2, NEON, RISC-V vectors or plain Go happens at run time. RISC-V vectors
// need Linux and a program built with Go 1.26 or later; they have been tested under qemu only. The
// environment variable BLEND_DISABLE, a list such as "avx512,avx2", turns implementations off;
// names may be in any case, and are separated by commas, semicolons or spaces. [UnknownDisabled]
// returns those that are unknown. The build tag purego leaves all assembly out.
package blend

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/mixblend/blend/internal/overlap"
	"github.com/mixblend/blend/kernels"
)

// Float32 sets dst[i] = λ·a[i] + (1−λ)·b[i]. dst must be a, be b, or overlap neither. Lengths that
// differ are [ErrShape], any other overlap is [ErrOverlap], λ outside [0, 1] is [ErrLambda].
func Float32(dst, a, b []float32, lambda float64) error {
	d, x, y := unsafe.Pointer(unsafe.SliceData(dst)), unsafe.Pointer(unsafe.SliceData(a)), unsafe.Pointer(unsafe.SliceData(b))
	n := len(dst)
	const one = 0x3ff0_0000_0000_0000 // the bits of 1, and of 0 … 1 the greatest; longF32 takes −0
	if len(a) != n || len(b) != n || n > fewF32 || near(d, x) || near(d, y) || math.Float64bits(lambda) > one {
		return longF32(d, x, y, n, len(a), len(b), lambda)
	}
	l, m := kernels.WeightsF32(lambda)
	mix := func(i int) {
		at := func(p unsafe.Pointer) *float32 { return (*float32)(unsafe.Add(p, 4*i)) }
		*at(d) = kernels.MixF32(*at(x), *at(y), l, m)
	}
	switch {
	case n >= shortF32Columns:
		racePair(d, x, y, 4*n, 4*n)
		shortF32((*float32)(d), (*float32)(x), (*float32)(y), n, math.Float32bits(l), math.Float32bits(m))
		return nil
	case n >= 4:
		mix(0)
		mix(1)
		mix(2)
		mix(3)
		if n >= 6 {
			mix(4)
			mix(5)
		}
	case n >= 2:
		mix(0)
		mix(1)
	}
	if n%2 != 0 {
		mix(n - 1)
	}
	return nil
}

// Float32 and Uint8 mix few elements, at most so many, by themselves, in about the time that a step of a kernel takes to fill in: in plain
// Go, or by shortF32.
var fewF32, fewU8 int

// setFew sets them for an implementation.
func setFew(name string) {
	fewF32, fewU8 = shortF32Columns-1, 8
	if name != generic && hasShortF32 {
		fewF32 = 4 * shortF32Columns
	}
	switch name { // for fewer than a vector has, these would go a longer way to plain Go
	case "avx2", generic:
		fewU8 = 31
	case "neon":
		fewU8 = 15
	}
}

// near reports whether few float32 at a and at b may overlap in part. overlap.Partly knows, and takes longer.
func near(a, b unsafe.Pointer) bool {
	const most = 4 * 4 * shortF32Columns
	return uintptr(a)-uintptr(b)+most <= 2*most && a != b
}

// longF32 is Float32 of what is not few, or may be wrong.
func longF32(d, x, y unsafe.Pointer, n, na, nb int, lambda float64) error {
	if !inRange(lambda) || na != n || nb != n || overlap.Partly(d, x, 4*n) || overlap.Partly(d, y, 4*n) {
		return pairError(lambda, d, x, y, n, na, nb, 4)
	}
	if n == 0 {
		return nil
	}
	var s step // a literal would be copied in larger pieces than it was written, which stalls
	s.dst, s.own, s.partner = d, x, y
	s.params = paramsF32(lambda)
	if n > pairCall/4 {
		kernelF32.mixLarge(&s, n)
		return nil
	}
	raceStep(&s, 4*n, 4*n)
	dispatchF32(&s, 1, n, wholeRow)
	return nil
}

// Uint8 sets dst[i] = λ·a[i] + (1−λ)·b[i], rounded half to even, with λ on the grid of [Quantize].
// dst must be a, be b, or overlap neither. Lengths that differ are [ErrShape], any other overlap is
// [ErrOverlap], λ outside [0, 1] is [ErrLambda].
func Uint8(dst, a, b []uint8, lambda float64) error {
	d, x, y := unsafe.Pointer(unsafe.SliceData(dst)), unsafe.Pointer(unsafe.SliceData(a)), unsafe.Pointer(unsafe.SliceData(b))
	n := len(dst)
	if len(a) != n || len(b) != n || overlap.Partly(d, x, n) || overlap.Partly(d, y, n) || !inRange(lambda) {
		return pairError(lambda, d, x, y, n, len(a), len(b), 1)
	}
	if n <= fewU8 {
		kernels.BlendU8(dst, a, b, kernels.WeightU8(lambda))
	} else {
		var s step // a literal would be copied in larger pieces than it was written, which stalls
		s.dst, s.own, s.partner = d, x, y
		s.params = paramsU8(lambda)
		if n > pairCall {
			kernelU8.mixLarge(&s, n)
			return nil
		}
		raceStep(&s, n, n)
		dispatchU8(&s, 1, n, wholeRow)
	}
	return nil
}

// BFloat16 sets dst[i] = λ·a[i] + (1−λ)·b[i], computed as in [Float32] and rounded to bfloat16
// once, half to even. T holds the bits. dst must be a, be b, or overlap neither. Lengths that
// differ are [ErrShape], any other overlap is [ErrOverlap], λ outside [0, 1] is [ErrLambda].
func BFloat16[T ~uint16](dst, a, b []T, lambda float64) error {
	return mixPair(kernelBF16, dst, a, b, lambda)
}

// Float16 sets dst[i] = λ·a[i] + (1−λ)·b[i], computed as in [Float32] and rounded to IEEE 754
// binary16 once, half to even. T holds the bits. dst must be a, be b, or overlap neither. Lengths
// that differ are [ErrShape], any other overlap is [ErrOverlap], λ outside [0, 1] is [ErrLambda].
func Float16[T ~uint16](dst, a, b []T, lambda float64) error {
	return mixPair(kernelF16, dst, a, b, lambda)
}

func mixPair[T ~uint16](k kernel, dst, a, b []T, lambda float64) error {
	d, x, y := unsafe.Pointer(unsafe.SliceData(dst)), unsafe.Pointer(unsafe.SliceData(a)), unsafe.Pointer(unsafe.SliceData(b))
	n := len(dst)
	if !inRange(lambda) || len(a) != n || len(b) != n || overlap.Partly(d, x, 2*n) || overlap.Partly(d, y, 2*n) {
		return pairError(lambda, d, x, y, n, len(a), len(b), 2)
	}
	if n > 0 {
		var s step
		s.dst, s.own, s.partner = d, x, y
		s.params = k.paramsFor(lambda)
		if n > pairCall/2 {
			k.mixLarge(&s, n)
			return nil
		}
		raceStep(&s, 2*n, 2*n)
		k.dispatch(&s, 1, n, wholeRow)
	}
	return nil
}

// Quantize returns the λ that a uint8 mix uses: the multiple of 2⁻¹⁵ nearest to lambda, ties to
// even, or NaN for lambda outside [0, 1]. A λ on this grid mixes bytes, floats and labels alike: it
// is exact in float32, as is 1−λ.
func Quantize(lambda float64) float64 {
	if !inRange(lambda) {
		return math.NaN()
	}
	return float64(kernels.WeightU8(lambda)) / kernels.One
}

// pairError says what is wrong with a pair of which something is wrong.
func pairError(lambda float64, dst, a, b unsafe.Pointer, n, na, nb, size int) error {
	switch {
	case !inRange(lambda):
		return fmt.Errorf("%w: %v", ErrLambda, lambda)
	case na != n || nb != n:
		return fmt.Errorf("%w: dst has %d elements, a %d, b %d", ErrShape, n, na, nb)
	case overlap.Partly(dst, a, n*size):
		return fmt.Errorf("%w: %s", ErrOverlap, overlap.Where("dst", dst, n*size, "a", a, n*size))
	default:
		return fmt.Errorf("%w: %s", ErrOverlap, overlap.Where("dst", dst, n*size, "b", b, n*size))
	}
}
