package blend

import (
	"fmt"
	"math"

	"github.com/mixblend/blend/internal/pixels"
)

// A Cross mixes the rows of a batch x with rows of another, y, the pool: row i becomes λᵢ·row i of x + (1−λᵢ)·row index[i] of y. The
// pool may be a set of backgrounds, a batch without labels, or the batch before. The zero Cross has no rows.
//
// dst is x, which mixes in place, or does not overlap it; it never overlaps y. Apart from dst, a call only reads x and y, which may
// overlap each other. Partners may repeat, in place too.
//
// Labels are mixed by the same Cross: rows of one-hot or soft labels of x with those of y.
//
// A Cross may be used by many goroutines at once, as long as none resets it or changes a field. It must not be copied. Its
// fields are read when a call starts.
type Cross struct {
	_ noCopy

	// Workers is the number of goroutines that share one call, as that of [Plan] is.
	Workers int
	// Store is whether results go past the caches.
	Store StoreMode

	plan Plan // of which each row is a path of its own
	pool int
}

// NewCross returns a Cross of len(index) rows, whose partners are among the pool rows of another batch, with one λ for all rows, or one
// a row. It copies both. An index outside the pool is [ErrIndex], a λ outside [0, 1] is [ErrLambda], any other number of λ, or a
// negative pool, is [ErrShape].
func NewCross(index []int, pool int, lambda ...float64) (*Cross, error) {
	c := new(Cross)
	if err := c.Reset(index, pool, lambda...); err != nil {
		return nil, err
	}
	return c, nil
}

// Reset makes c the Cross that [NewCross] would return, but for its fields, which it keeps. It allocates only where there are
// more rows than c ever had. After an error c is what it was.
func (c *Cross) Reset(index []int, pool int, lambda ...float64) error {
	if pool < 0 || pool > math.MaxInt32 {
		return fmt.Errorf("%w: a pool of %d rows, want 0 to %d", ErrShape, pool, math.MaxInt32)
	}
	if err := checkRows(index, pool, lambda); err != nil {
		return err
	}
	c.pool = pool
	c.plan.set(index, lambda)
	c.plan.paths.single(len(index))
	return nil
}

// Float32 mixes batches of rows that lie end to end, each of len(y) / pool elements, as many in dst and in x as the Cross has. Other
// lengths are [ErrShape]. dst is x or does not overlap it, and does not overlap y, else the error is [ErrOverlap].
func (c *Cross) Float32(dst, x, y []float32) error {
	return c.call(pixels.Flat(y)).mix(kernelF32, pixels.Flat(dst), pixels.Flat(x))
}

// Uint8 mixes batches as [Cross.Float32] does, each λ on the grid of [Quantize], rounding half to even.
func (c *Cross) Uint8(dst, x, y []uint8) error {
	return c.call(pixels.Flat(y)).mix(kernelU8, pixels.Flat(dst), pixels.Flat(x))
}

// Float32Rows mixes batches of one slice a row, all of one length, as many in y as the pool has, else the error is [ErrShape]. It is in
// place if dst[i] is x[i] for every i. Otherwise no row of dst may overlap any row of x. No row of dst may overlap any of y, or
// another of dst. Rows of x and of y may repeat. The error of these is [ErrOverlap].
func (c *Cross) Float32Rows(dst, x, y [][]float32) error {
	return c.call(pixels.Each(y)).mix(kernelF32, pixels.Each(dst), pixels.Each(x))
}

// Uint8Rows mixes batches as [Cross.Float32Rows] does, each λ on the grid of [Quantize], rounding half to even.
func (c *Cross) Uint8Rows(dst, x, y [][]uint8) error {
	return c.call(pixels.Each(y)).mix(kernelU8, pixels.Each(dst), pixels.Each(x))
}

// NormalizeFloat32 mixes batches of bytes and makes model input of them, as [Plan.NormalizeFloat32] does. Lengths are those of
// [Cross.Float32]; dst may not overlap x, either.
func (c *Cross) NormalizeFloat32(dst []float32, x, y []uint8, n *Normalization) error {
	return c.call(pixels.Flat(y)).normalize(kernelU8F32, pixels.Flat(dst), pixels.Flat(x), n)
}

// NormalizeFloat32Rows is [Cross.NormalizeFloat32] for batches of one slice a row. Rows of x and of y may repeat; no row of dst may
// overlap any other row.
func (c *Cross) NormalizeFloat32Rows(dst [][]float32, x, y [][]uint8, n *Normalization) error {
	return c.call(pixels.Each(y)).normalize(kernelU8F32, pixels.Each(dst), pixels.Each(x), n)
}

// CrossBFloat16 mixes batches of bfloat16 as [Cross.Float32] does those of float32: in float32, rounded to bfloat16 once, half to even.
func CrossBFloat16[T ~uint16](c *Cross, dst, x, y []T) error {
	return c.call(pixels.Flat(y)).mix(kernelBF16, pixels.Flat(dst), pixels.Flat(x))
}

// CrossBFloat16Rows is [CrossBFloat16] by the rules of [Cross.Float32Rows].
func CrossBFloat16Rows[T ~uint16](c *Cross, dst, x, y [][]T) error {
	return c.call(pixels.Each(y)).mix(kernelBF16, pixels.Each(dst), pixels.Each(x))
}

// CrossFloat16 mixes batches of IEEE 754 binary16 as [Cross.Float32] does those of float32: in float32, rounded to binary16 once,
// half to even.
func CrossFloat16[T ~uint16](c *Cross, dst, x, y []T) error {
	return c.call(pixels.Flat(y)).mix(kernelF16, pixels.Flat(dst), pixels.Flat(x))
}

// CrossFloat16Rows is [CrossFloat16] by the rules of [Cross.Float32Rows].
func CrossFloat16Rows[T ~uint16](c *Cross, dst, x, y [][]T) error {
	return c.call(pixels.Each(y)).mix(kernelF16, pixels.Each(dst), pixels.Each(x))
}

// CrossNormalizeBFloat16 is [Cross.NormalizeFloat32] with the results rounded once more, to bfloat16, half to even.
func CrossNormalizeBFloat16[T ~uint16](c *Cross, dst []T, x, y []uint8, n *Normalization) error {
	return c.call(pixels.Flat(y)).normalize(kernelU8BF16, pixels.Flat(dst), pixels.Flat(x), n)
}

// CrossNormalizeBFloat16Rows is [CrossNormalizeBFloat16] for batches of one slice a row.
func CrossNormalizeBFloat16Rows[T ~uint16](c *Cross, dst [][]T, x, y [][]uint8, n *Normalization) error {
	return c.call(pixels.Each(y)).normalize(kernelU8BF16, pixels.Each(dst), pixels.Each(x), n)
}

// CrossNormalizeFloat16 is [Cross.NormalizeFloat32] with the results rounded once more, to IEEE 754 binary16, half to even.
func CrossNormalizeFloat16[T ~uint16](c *Cross, dst []T, x, y []uint8, n *Normalization) error {
	return c.call(pixels.Flat(y)).normalize(kernelU8F16, pixels.Flat(dst), pixels.Flat(x), n)
}

// CrossNormalizeFloat16Rows is [CrossNormalizeFloat16] for batches of one slice a row.
func CrossNormalizeFloat16Rows[T ~uint16](c *Cross, dst [][]T, x, y [][]uint8, n *Normalization) error {
	return c.call(pixels.Each(y)).normalize(kernelU8F16, pixels.Each(dst), pixels.Each(x), n)
}

func (c *Cross) call(y pixels.Operand) call {
	if c == nil {
		return call{cross: true, y: y}
	}
	a := c.plan.call()
	a.workers, a.store = c.Workers, c.Store
	a.cross, a.pool, a.y = true, c.pool, y
	return a
}
