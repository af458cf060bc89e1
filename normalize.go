package blend

import (
	"fmt"
	"sync"

	"github.com/mixblend/blend/internal/pixels"
)

// NormalizeFloat32 mixes a batch of bytes and makes model input of it, in one pass: the mix of a row, not rounded to bytes, goes
// through n. λ is on the grid of [Quantize], where the mix is exact in float32, so that a result is rounded twice: these are the
// bits of (lam*x + (1-lam)*x[index])*scale + bias in PyTorch and NumPy on a CPU. [Normalization.ConvertFloat32] does not mix.
//
// dst and x are Len() rows end to end of as many pixels, which have n.PixelBytes bytes in x and an element a channel in dst, else the
// error is [ErrShape]. They may not overlap, else it is [ErrOverlap].
func (p *Plan) NormalizeFloat32(dst []float32, x []uint8, n *Normalization) error {
	return p.call().normalize(kernelU8F32, pixels.Flat(dst), pixels.Flat(x), n)
}

// NormalizeFloat32Rows is [Plan.NormalizeFloat32] for a batch of one slice a row. Rows of x may repeat; no row of dst may overlap
// any other row.
func (p *Plan) NormalizeFloat32Rows(dst [][]float32, x [][]uint8, n *Normalization) error {
	return p.call().normalize(kernelU8F32, pixels.Each(dst), pixels.Each(x), n)
}

// NormalizeBFloat16 is [Plan.NormalizeFloat32] with the results rounded once more, to bfloat16, half to even.
func NormalizeBFloat16[T ~uint16](p *Plan, dst []T, x []uint8, n *Normalization) error {
	return p.call().normalize(kernelU8BF16, pixels.Flat(dst), pixels.Flat(x), n)
}

// NormalizeBFloat16Rows is [NormalizeBFloat16] for a batch of one slice a row.
func NormalizeBFloat16Rows[T ~uint16](p *Plan, dst [][]T, x [][]uint8, n *Normalization) error {
	return p.call().normalize(kernelU8BF16, pixels.Each(dst), pixels.Each(x), n)
}

// NormalizeFloat16 is [Plan.NormalizeFloat32] with the results rounded once more, to IEEE 754 binary16, half to even.
func NormalizeFloat16[T ~uint16](p *Plan, dst []T, x []uint8, n *Normalization) error {
	return p.call().normalize(kernelU8F16, pixels.Flat(dst), pixels.Flat(x), n)
}

// NormalizeFloat16Rows is [NormalizeFloat16] for a batch of one slice a row.
func NormalizeFloat16Rows[T ~uint16](p *Plan, dst [][]T, x [][]uint8, n *Normalization) error {
	return p.call().normalize(kernelU8F16, pixels.Each(dst), pixels.Each(x), n)
}

// ConvertFloat32 makes model input of a batch of bytes without mixing, as validation needs it: the bits of
// [Plan.NormalizeFloat32] with λ = 1, by its rules on lengths and memory, of so many rows. It is for one goroutine; a Plan shares a
// call among Workers.
func (n *Normalization) ConvertFloat32(dst []float32, x []uint8, rows int) error {
	return n.convert(kernelU8F32, pixels.Flat(dst), pixels.Flat(x), rows)
}

// ConvertFloat32Rows is [Normalization.ConvertFloat32] for a batch of one slice a row, by the rules of [Plan.NormalizeFloat32Rows].
func (n *Normalization) ConvertFloat32Rows(dst [][]float32, x [][]uint8) error {
	return n.convert(kernelU8F32, pixels.Each(dst), pixels.Each(x), len(x))
}

// ConvertBFloat16 is [Normalization.ConvertFloat32] with the results rounded once more, to bfloat16, half to even.
func ConvertBFloat16[T ~uint16](n *Normalization, dst []T, x []uint8, rows int) error {
	return n.convert(kernelU8BF16, pixels.Flat(dst), pixels.Flat(x), rows)
}

// ConvertBFloat16Rows is [ConvertBFloat16] for a batch of one slice a row.
func ConvertBFloat16Rows[T ~uint16](n *Normalization, dst [][]T, x [][]uint8) error {
	return n.convert(kernelU8BF16, pixels.Each(dst), pixels.Each(x), len(x))
}

// ConvertFloat16 is [Normalization.ConvertFloat32] with the results rounded once more, to IEEE 754 binary16, half to even.
func ConvertFloat16[T ~uint16](n *Normalization, dst []T, x []uint8, rows int) error {
	return n.convert(kernelU8F16, pixels.Flat(dst), pixels.Flat(x), rows)
}

// ConvertFloat16Rows is [ConvertFloat16] for a batch of one slice a row.
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
	if rows < 0 || rows > x.Len && !x.Each {
		// No Plan is made of rows that cannot be.
		if err := n.check(); err != nil {
			return err
		}
		if rows < 0 || dst.Len != 0 || x.Len != 0 {
			return fmt.Errorf("%w: %d rows, dst has %d elements, x %d", ErrShape, rows, dst.Len, x.Len)
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
	return id.plan.call().normalize(k, dst, x, n)
}
