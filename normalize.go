package blend

import (
	"fmt"
	"sync"

	"github.com/mixblend/blend/internal/pixels"
)

// NormalizeFloat32 mixes a batch of bytes and normalizes it to model input, in one pass: the mix,
// not rounded to bytes, becomes mix·scale + bias of its channel. λ is on the grid of [Quantize],
// where the mix is exact in float32; product and sum are rounded once each. These are the bits of
// (lam*x + (1-lam)*x[index])*scale + bias in PyTorch and NumPy on a CPU.
// [Normalization.ConvertFloat32] normalizes without mixing.
//
// x has Len()·H·W·n.PixelBytes bytes (0: one per channel), rows of H × W pixels end to end; dst has
// Len()·channels·H·W elements. dst must not overlap x. Other lengths are [ErrShape], overlaps
// [ErrOverlap], a bad n is [ErrNormalization].
func (p *Plan) NormalizeFloat32(dst []float32, x []uint8, n *Normalization) error {
	return p.options().normalize(kernelU8F32, pixels.Flat(dst), pixels.Flat(x), n)
}

// NormalizeFloat32Rows is [Plan.NormalizeFloat32] for a batch of one slice a row. x and dst have
// Len() rows, of H·W·n.PixelBytes bytes (0: one per channel) in x and of channels·H·W elements in
// dst. Rows of x may repeat; no row of dst overlaps any other row. Other lengths are [ErrShape],
// overlaps [ErrOverlap], a bad n is [ErrNormalization].
func (p *Plan) NormalizeFloat32Rows(dst [][]float32, x [][]uint8, n *Normalization) error {
	return p.options().normalize(kernelU8F32, pixels.Each(dst), pixels.Each(x), n)
}

// NormalizeBFloat16 does what [Plan.NormalizeFloat32] does, and rounds its results once more, half
// to even, to bfloat16. For a mixup.Batch call mixup.NormalizeBFloat16. x has
// p.Len()·H·W·n.PixelBytes bytes (0: one per channel), rows of H × W pixels end to end; dst has
// p.Len()·channels·H·W elements. dst must not overlap x. Other lengths are [ErrShape], overlaps
// [ErrOverlap], a bad n is [ErrNormalization].
func NormalizeBFloat16[T ~uint16](p *Plan, dst []T, x []uint8, n *Normalization) error {
	return p.options().normalize(kernelU8BF16, pixels.Flat(dst), pixels.Flat(x), n)
}

// NormalizeBFloat16Rows does what [Plan.NormalizeFloat32Rows] does, and rounds its results once
// more, half to even, to bfloat16. x and dst have p.Len() rows, of H·W·n.PixelBytes bytes (0: one
// per channel) in x and of channels·H·W elements in dst. Rows of x may repeat; no row of dst
// overlaps any other row. Other lengths are [ErrShape], overlaps [ErrOverlap], a bad n is
// [ErrNormalization].
func NormalizeBFloat16Rows[T ~uint16](p *Plan, dst [][]T, x [][]uint8, n *Normalization) error {
	return p.options().normalize(kernelU8BF16, pixels.Each(dst), pixels.Each(x), n)
}

// NormalizeFloat16 does what [Plan.NormalizeFloat32] does, and rounds its results once more, half
// to even, to IEEE 754 binary16. For a mixup.Batch call mixup.NormalizeFloat16. x has
// p.Len()·H·W·n.PixelBytes bytes (0: one per channel), rows of H × W pixels end to end; dst has
// p.Len()·channels·H·W elements. dst must not overlap x. Other lengths are [ErrShape], overlaps
// [ErrOverlap], a bad n is [ErrNormalization].
func NormalizeFloat16[T ~uint16](p *Plan, dst []T, x []uint8, n *Normalization) error {
	return p.options().normalize(kernelU8F16, pixels.Flat(dst), pixels.Flat(x), n)
}

// NormalizeFloat16Rows does what [Plan.NormalizeFloat32Rows] does, and rounds its results once
// more, half to even, to IEEE 754 binary16. x and dst have p.Len() rows, of H·W·n.PixelBytes bytes
// (0: one per channel) in x and of channels·H·W elements in dst. Rows of x may repeat; no row of
// dst overlaps any other row. Other lengths are [ErrShape], overlaps [ErrOverlap], a bad n is
// [ErrNormalization].
func NormalizeFloat16Rows[T ~uint16](p *Plan, dst [][]T, x [][]uint8, n *Normalization) error {
	return p.options().normalize(kernelU8F16, pixels.Each(dst), pixels.Each(x), n)
}

// ConvertFloat32 normalizes a batch of bytes to model input without mixing, as validation needs it:
// v·scale + bias, product and sum rounded once each. The results are the bits of
// [Plan.NormalizeFloat32] at λ = 1. x has rows·H·W·n.PixelBytes bytes (0: one per channel), rows of
// H × W pixels end to end; dst has rows·channels·H·W elements. dst must not overlap x. Other
// lengths are [ErrShape], overlaps [ErrOverlap], a bad n is [ErrNormalization]. `rows` only divides
// the lengths: a wrong count that divides them gives no error, and images run together. A call runs
// on the caller's goroutine; to use more, call NormalizeFloat32 of a [Plan] with λ = 1 and Workers.
func (n *Normalization) ConvertFloat32(dst []float32, x []uint8, rows int) error {
	return n.convert(kernelU8F32, pixels.Flat(dst), pixels.Flat(x), rows)
}

// ConvertFloat32Rows is [Normalization.ConvertFloat32] for a batch of one slice a row. x and dst
// have len(x) rows, of H·W·n.PixelBytes bytes (0: one per channel) in x and of channels·H·W
// elements in dst. Rows of x may repeat; no row of dst overlaps any other row. Other lengths are
// [ErrShape], overlaps [ErrOverlap], a bad n is [ErrNormalization].
func (n *Normalization) ConvertFloat32Rows(dst [][]float32, x [][]uint8) error {
	return n.convert(kernelU8F32, pixels.Each(dst), pixels.Each(x), len(x))
}

// ConvertBFloat16 does what [Normalization.ConvertFloat32] does, and rounds its results once more,
// half to even, to bfloat16. n is the first argument; mixup.NormalizeBFloat16, which mixes, takes
// it last. x has rows·H·W·n.PixelBytes bytes (0: one per channel), rows of H × W pixels end to end;
// dst has rows·channels·H·W elements. dst must not overlap x. Other lengths are [ErrShape],
// overlaps [ErrOverlap], a bad n is [ErrNormalization].
func ConvertBFloat16[T ~uint16](n *Normalization, dst []T, x []uint8, rows int) error {
	return n.convert(kernelU8BF16, pixels.Flat(dst), pixels.Flat(x), rows)
}

// ConvertBFloat16Rows does what [Normalization.ConvertFloat32Rows] does, and rounds its results
// once more, half to even, to bfloat16. x and dst have len(x) rows, of H·W·n.PixelBytes bytes (0:
// one per channel) in x and of channels·H·W elements in dst. Rows of x may repeat; no row of dst
// overlaps any other row. Other lengths are [ErrShape], overlaps [ErrOverlap], a bad n is
// [ErrNormalization].
func ConvertBFloat16Rows[T ~uint16](n *Normalization, dst [][]T, x [][]uint8) error {
	return n.convert(kernelU8BF16, pixels.Each(dst), pixels.Each(x), len(x))
}

// ConvertFloat16 does what [Normalization.ConvertFloat32] does, and rounds its results once more,
// half to even, to IEEE 754 binary16. n is the first argument; mixup.NormalizeFloat16, which mixes,
// takes it last. x has rows·H·W·n.PixelBytes bytes (0: one per channel), rows of H × W pixels end
// to end; dst has rows·channels·H·W elements. dst must not overlap x. Other lengths are [ErrShape],
// overlaps [ErrOverlap], a bad n is [ErrNormalization].
func ConvertFloat16[T ~uint16](n *Normalization, dst []T, x []uint8, rows int) error {
	return n.convert(kernelU8F16, pixels.Flat(dst), pixels.Flat(x), rows)
}

// ConvertFloat16Rows does what [Normalization.ConvertFloat32Rows] does, and rounds its results once
// more, half to even, to IEEE 754 binary16. x and dst have len(x) rows, of H·W·n.PixelBytes bytes
// (0: one per channel) in x and of channels·H·W elements in dst. Rows of x may repeat; no row of
// dst overlaps any other row. Other lengths are [ErrShape], overlaps [ErrOverlap], a bad n is
// [ErrNormalization].
func ConvertFloat16Rows[T ~uint16](n *Normalization, dst [][]T, x [][]uint8) error {
	return n.convert(kernelU8F16, pixels.Each(dst), pixels.Each(x), len(x))
}

// identity is a Plan of rows that are their own partners, with λ = 1.
type identity struct {
	plan  Plan
	index []int
}

var identities = sync.Pool{New: func() any { return new(identity) }}

func (n *Normalization) convert(k kernel, dst, x pixels.Operand, rows int) error {
	if rows < 1 || rows > x.Len && !x.Each {
		// No Plan is made of no rows, nor of rows that cannot be.
		if err := n.check(); err != nil {
			return err
		}
		if len(dst.Rows) != 0 {
			return fmt.Errorf("%w: 0 rows, dst has %d", ErrShape, len(dst.Rows))
		}
		if rows < 0 || dst.Len != 0 || x.Len != 0 {
			return unequal(count(rows, "row"), rows, dst.Len, x.Len, n)
		}
		return nil
	}
	id := identities.Get().(*identity)
	defer identities.Put(id)
	if id.plan.Len() != rows {
		for i := len(id.index); i < rows; i++ {
			id.index = append(id.index, i)
		}
		if err := id.plan.Reset(id.index[:rows], 1); err != nil {
			return err
		}
	}
	return id.plan.options().normalize(k, dst, x, n)
}
