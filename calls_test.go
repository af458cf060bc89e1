package blend

import "github.com/mixblend/blend/kernels"

// An element is what batches are made of.
type element interface{ float32 | uint8 | bf16 | f16 }

// 16-bit floats, as users have them: a type of their own.
type (
	bf16 uint16
	f16  uint16
)

// The public calls for a type, and what they must compute.
type calls[T element] struct {
	name     string
	pair     func(dst, a, b []T, lambda float64) error
	flat     func(p *Plan, dst, x []T) error
	rows     func(p *Plan, dst, x [][]T) error
	want     func(a, b T, lambda float64) T
	perBlock int // elements in the largest block of columns
	size     int // bytes an element
}

var f32 = calls[float32]{
	"f32", Float32, (*Plan).Float32, (*Plan).Float32Rows,
	func(a, b float32, lambda float64) float32 {
		l, m := kernels.WeightsF32(lambda)
		return kernels.MixF32(a, b, l, m)
	}, 64, 4,
}

var u8 = calls[uint8]{
	"u8", Uint8, (*Plan).Uint8, (*Plan).Uint8Rows,
	func(a, b uint8, lambda float64) uint8 { return kernels.MixU8(a, b, kernels.WeightU8(lambda)) }, 256, 1,
}

var (
	bf16s = calls[bf16]{
		"bf16", BFloat16[bf16], MixBFloat16[bf16], MixBFloat16Rows[bf16],
		func(a, b bf16, lambda float64) bf16 {
			l, m := kernels.WeightsF32(lambda)
			return bf16(kernels.RoundBF16(kernels.MixF32(kernels.FromBF16(uint16(a)), kernels.FromBF16(uint16(b)), l, m)))
		}, 64, 2,
	}
	f16s = calls[f16]{
		"f16", Float16[f16], MixFloat16[f16], MixFloat16Rows[f16],
		func(a, b f16, lambda float64) f16 {
			l, m := kernels.WeightsF32(lambda)
			return f16(kernels.RoundF16(kernels.MixF32(kernels.FromF16(uint16(a)), kernels.FromF16(uint16(b)), l, m)))
		}, 64, 2,
	}
)

// The public calls by a mask for a type, and what they must compute.
type maskCalls[T element] struct {
	name     string
	mix      func(dst, a, b []T, mask []uint8) error
	want     func(a, b T, m uint8) T
	perBlock int // elements in the largest block of columns
	size     int // bytes an element
}

var (
	u8Mask  = maskCalls[uint8]{"u8", Uint8Mask, kernels.MaskU8, 256, 1}
	f32Mask = maskCalls[float32]{"f32", Float32Mask, kernels.MaskF32, 64, 4}
)

// normalizers are the public calls for a type of result, and what they must compute.
type normalizers[T element] struct {
	kernel      kernel
	flat        func(p *Plan, dst []T, x []uint8, n *Normalization) error
	rows        func(p *Plan, dst [][]T, x [][]uint8, n *Normalization) error
	convert     func(n *Normalization, dst []T, x []uint8, rows int) error
	convertRows func(n *Normalization, dst [][]T, x [][]uint8) error
	round       func(f float32) T
}

var (
	normF32 = normalizers[float32]{kernelU8F32, (*Plan).NormalizeFloat32, (*Plan).NormalizeFloat32Rows,
		(*Normalization).ConvertFloat32, (*Normalization).ConvertFloat32Rows, func(f float32) float32 { return f }}
	normBF = normalizers[bf16]{kernelU8BF16, NormalizeBFloat16[bf16], NormalizeBFloat16Rows[bf16],
		ConvertBFloat16[bf16], ConvertBFloat16Rows[bf16], func(f float32) bf16 { return bf16(kernels.RoundBF16(f)) }}
	normF16 = normalizers[f16]{kernelU8F16, NormalizeFloat16[f16], NormalizeFloat16Rows[f16],
		ConvertFloat16[f16], ConvertFloat16Rows[f16], func(f float32) f16 { return f16(kernels.RoundF16(f)) }}
)

// crossCalls are the calls of a Cross for types of x and of the result, and what they must compute; n is nil where nothing is normalized.
type crossCalls[In, Out element] struct {
	name string
	flat func(c *Cross, dst []Out, x, y []In, n *Normalization) error
	rows func(c *Cross, dst [][]Out, x, y [][]In, n *Normalization) error
	want func(a, b In, lambda float64, scale, bias float32) Out
}

func mixesCross[T element](of calls[T], flat func(c *Cross, dst, x, y []T) error, rows func(c *Cross, dst, x, y [][]T) error) crossCalls[T, T] {
	return crossCalls[T, T]{of.name,
		func(c *Cross, dst, x, y []T, _ *Normalization) error { return flat(c, dst, x, y) },
		func(c *Cross, dst, x, y [][]T, _ *Normalization) error { return rows(c, dst, x, y) },
		func(a, b T, lambda float64, _, _ float32) T { return of.want(a, b, lambda) },
	}
}

func normalizesCross[Out element](name string, round func(float32) Out, flat func(c *Cross, dst []Out, x, y []uint8, n *Normalization) error,
	rows func(c *Cross, dst [][]Out, x, y [][]uint8, n *Normalization) error) crossCalls[uint8, Out] {
	return crossCalls[uint8, Out]{"u8 to " + name, flat, rows, func(a, b uint8, lambda float64, scale, bias float32) Out {
		return round(kernels.Normalize(a, b, kernels.WeightU8(lambda), scale, bias))
	}}
}

var (
	crossF32     = mixesCross(f32, (*Cross).Float32, (*Cross).Float32Rows)
	crossU8      = mixesCross(u8, (*Cross).Uint8, (*Cross).Uint8Rows)
	crossBF16    = mixesCross(bf16s, CrossBFloat16[bf16], CrossBFloat16Rows[bf16])
	crossF16     = mixesCross(f16s, CrossFloat16[f16], CrossFloat16Rows[f16])
	crossNormF32 = normalizesCross("f32", normF32.round, (*Cross).NormalizeFloat32, (*Cross).NormalizeFloat32Rows)
	crossNormBF  = normalizesCross("bf16", normBF.round, CrossNormalizeBFloat16[bf16], CrossNormalizeBFloat16Rows[bf16])
	crossNormF16 = normalizesCross("f16", normF16.round, CrossNormalizeFloat16[f16], CrossNormalizeFloat16Rows[f16])
)
