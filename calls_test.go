package blend

import (
	"testing"

	"github.com/mixblend/blend/internal/pixels"
	"github.com/mixblend/blend/kernels"
)

// An element is what batches are made of.
type element interface{ float32 | uint8 | bf16 | f16 }

// 16-bit floats, as users have them: a type of their own.
type (
	bf16 uint16
	f16  uint16
)

// calls are the public calls for a type of elements, and what they must compute.
type calls[T element] struct {
	name      string
	kernel    kernel
	format    pixels.Format
	pair      func(dst, a, b []T, lambda float64) error
	flat      func(p *Plan, dst, x []T) error
	rows      func(p *Plan, dst, x [][]T) error
	cross     func(c *Cross, dst, x, y []T) error
	crossRows func(c *Cross, dst, x, y [][]T) error
	want      func(a, b T, lambda float64) T
	wantMask  func(a, b T, m uint8) T
	perBlock  int // elements in the largest block of columns
	size      int // bytes an element
}

var (
	f32 = calls[float32]{
		"f32", kernelF32, pixels.Float32,
		Float32, (*Plan).Float32, (*Plan).Float32Rows, (*Cross).Float32, (*Cross).Float32Rows,
		func(a, b float32, lambda float64) float32 {
			l, m := kernels.WeightsF32(lambda)
			return kernels.MixF32(a, b, l, m)
		},
		kernels.MaskF32, 64, 4,
	}
	u8 = calls[uint8]{
		"u8", kernelU8, pixels.Uint8,
		Uint8, (*Plan).Uint8, (*Plan).Uint8Rows, (*Cross).Uint8, (*Cross).Uint8Rows,
		func(a, b uint8, lambda float64) uint8 { return kernels.MixU8(a, b, kernels.WeightU8(lambda)) },
		kernels.MaskU8, 256, 1,
	}
	bf16s = calls[bf16]{
		"bf16", kernelBF16, pixels.BFloat16,
		BFloat16[bf16], MixBFloat16[bf16], MixBFloat16Rows[bf16], CrossBFloat16[bf16], CrossBFloat16Rows[bf16],
		func(a, b bf16, lambda float64) bf16 {
			l, m := kernels.WeightsF32(lambda)
			return bf16(kernels.RoundBF16(kernels.MixF32(kernels.FromBF16(uint16(a)), kernels.FromBF16(uint16(b)), l, m)))
		},
		of16[bf16](kernels.MaskBF16), 64, 2,
	}
	f16s = calls[f16]{
		"f16", kernelF16, pixels.Float16,
		Float16[f16], MixFloat16[f16], MixFloat16Rows[f16], CrossFloat16[f16], CrossFloat16Rows[f16],
		func(a, b f16, lambda float64) f16 {
			l, m := kernels.WeightsF32(lambda)
			return f16(kernels.RoundF16(kernels.MixF32(kernels.FromF16(uint16(a)), kernels.FromF16(uint16(b)), l, m)))
		},
		of16[f16](kernels.MaskF16), 64, 2,
	}
)

func of16[T ~uint16](f func(a, b uint16, m uint8) uint16) func(a, b T, m uint8) T {
	return func(a, b T, m uint8) T { return T(f(uint16(a), uint16(b), m)) }
}

// maskCalls has the public call that mixes pairs by a mask, for a type that has one.
type maskCalls[T element] struct {
	calls[T]
	mix func(dst, a, b []T, mask []uint8) error
}

var (
	u8Mask  = maskCalls[uint8]{u8, Uint8Mask}
	f32Mask = maskCalls[float32]{f32, Float32Mask}
)

// normalizers are the public calls for a type of result, and what they must compute.
type normalizers[T element] struct {
	name        string
	format      pixels.Format
	flat        func(p *Plan, dst []T, x []uint8, n *Normalization) error
	rows        func(p *Plan, dst [][]T, x [][]uint8, n *Normalization) error
	convert     func(n *Normalization, dst []T, x []uint8, rows int) error
	convertRows func(n *Normalization, dst [][]T, x [][]uint8) error
	cross       func(c *Cross, dst []T, x, y []uint8, n *Normalization) error
	crossRows   func(c *Cross, dst [][]T, x, y [][]uint8, n *Normalization) error
	round       func(f float32) T
}

var (
	normF32 = normalizers[float32]{"f32", pixels.Float32, (*Plan).NormalizeFloat32, (*Plan).NormalizeFloat32Rows,
		(*Normalization).ConvertFloat32, (*Normalization).ConvertFloat32Rows, (*Cross).NormalizeFloat32, (*Cross).NormalizeFloat32Rows,
		func(f float32) float32 { return f }}
	normBF = normalizers[bf16]{"bf16", pixels.BFloat16, NormalizeBFloat16[bf16], NormalizeBFloat16Rows[bf16],
		ConvertBFloat16[bf16], ConvertBFloat16Rows[bf16], CrossNormalizeBFloat16[bf16], CrossNormalizeBFloat16Rows[bf16],
		func(f float32) bf16 { return bf16(kernels.RoundBF16(f)) }}
	normF16 = normalizers[f16]{"f16", pixels.Float16, NormalizeFloat16[f16], NormalizeFloat16Rows[f16],
		ConvertFloat16[f16], ConvertFloat16Rows[f16], CrossNormalizeFloat16[f16], CrossNormalizeFloat16Rows[f16],
		func(f float32) f16 { return f16(kernels.RoundF16(f)) }}
)

// crossCalls are the calls of a Cross for types of x and of the result, and what they must compute; n is nil where nothing is normalized.
type crossCalls[In, Out element] struct {
	name string
	flat func(c *Cross, dst []Out, x, y []In, n *Normalization) error
	rows func(c *Cross, dst [][]Out, x, y [][]In, n *Normalization) error
	want func(a, b In, lambda float64, scale, bias float32) Out
}

func mixesCross[T element](of calls[T]) crossCalls[T, T] {
	return crossCalls[T, T]{of.name,
		func(c *Cross, dst, x, y []T, _ *Normalization) error { return of.cross(c, dst, x, y) },
		func(c *Cross, dst, x, y [][]T, _ *Normalization) error { return of.crossRows(c, dst, x, y) },
		func(a, b T, lambda float64, _, _ float32) T { return of.want(a, b, lambda) },
	}
}

func normalizesCross[Out element](of normalizers[Out]) crossCalls[uint8, Out] {
	return crossCalls[uint8, Out]{"u8 to " + of.name, of.cross, of.crossRows, func(a, b uint8, lambda float64, scale, bias float32) Out {
		return of.round(kernels.Normalize(a, b, kernels.WeightU8(lambda), scale, bias))
	}}
}

var (
	crossF32     = mixesCross(f32)
	crossU8      = mixesCross(u8)
	crossBF16    = mixesCross(bf16s)
	crossF16     = mixesCross(f16s)
	crossNormF32 = normalizesCross(normF32)
	crossNormBF  = normalizesCross(normBF)
	crossNormF16 = normalizesCross(normF16)
)

// The types that tests go through.
var (
	types           = []mixTests{f32, u8, bf16s, f16s}
	oneOfEachSize   = []mixTests{f32, u8, bf16s}
	maskTypes       = []maskTests{u8Mask, f32Mask}
	normalizedTypes = []normalizeTests{normF32, normBF, normF16}
	crossTypes      = []crossTests{crossF32, crossU8, crossBF16, crossF16, crossNormF32, crossNormBF, crossNormF16}
)

// forTypes runs a test as one subtest a type.
func forTypes[C interface{ typeName() string }](t *testing.T, types []C, test func(c C, t *testing.T)) {
	for _, c := range types {
		t.Run(c.typeName(), func(t *testing.T) { test(c, t) })
	}
}

// A generic test is a method of calls and the like: a table cannot hold a generic function, but values with methods.
type (
	mixTests interface {
		typeName() string
		testCrossErrors(t *testing.T)
		testFlatErrors(t *testing.T)
		testLargeBoxes(t *testing.T)
		testLargePair(t *testing.T)
		testMasks(t *testing.T)
		testMisaligned(t *testing.T)
		testPair(t *testing.T)
		testPairErrors(t *testing.T)
		testPlan(t *testing.T)
		testRowsErrors(t *testing.T)
		testShortOverlap(t *testing.T)
		testSmallPlan(t *testing.T)
		testTraversal(t *testing.T)
		testWhatStreamsPair(t *testing.T)
	}
	maskTests interface {
		typeName() string
		testMaskPair(t *testing.T)
		testMaskPairErrors(t *testing.T)
	}
	normalizeTests interface {
		typeName() string
		testBoxesInManyPixels(t *testing.T)
		testConvert(t *testing.T)
		testNormalize(t *testing.T)
		testPixels(t *testing.T)
	}
	crossTests interface {
		typeName() string
		testCross(t *testing.T)
	}
)

func (c calls[T]) typeName() string            { return c.name }
func (c normalizers[T]) typeName() string      { return c.name }
func (c crossCalls[In, Out]) typeName() string { return c.name }
