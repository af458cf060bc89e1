package blend

import (
	"fmt"
	"math"

	"github.com/mixblend/blend/internal/pixels"
)

// A Cross mixes the rows of a batch x with rows of another, y, the pool: row i becomes λᵢ·row i of
// x + (1−λᵢ)·row index[i] of y. The pool may be a set of backgrounds, a batch without labels, or
// the batch before. The zero Cross has no rows.
//
// dst must be x (in place), or not overlap it; it never overlaps y. A call only reads y, and x
// where it is not dst; x and y may overlap each other. Partners may repeat, in place too.
//
// Labels are mixed by the same Cross: rows of one-hot or soft labels of x with those of y.
//
// A Cross may be used by many goroutines at once, as long as none resets it or changes a field. It
// must not be copied. Its fields are read when a call starts.
type Cross struct {
	_ noCopy

	// Workers is the number of goroutines that share one call; 1 or less means the caller's only.
	Workers int
	// Store says whether results are written by streaming (non-temporal) stores.
	Store StoreMode

	plan Plan // of which each row is a path of its own
	pool int
}

// NewCross returns a Cross of len(index) rows, whose partners are among the pool rows of another
// batch, with one λ for all rows, or one per row. It copies both. An index outside the pool is
// [ErrIndex], a λ outside [0, 1] is [ErrLambda], any other number of λ, or a negative pool, is
// [ErrShape].
func NewCross(index []int, pool int, lambda ...float64) (*Cross, error) {
	c := new(Cross)
	if err := c.Reset(index, pool, lambda...); err != nil {
		return nil, err
	}
	return c, nil
}

// Reset re-initializes c as [NewCross] would, with the same errors, keeping Workers and Store. It
// allocates only if there are more rows than c has ever had. After an error c is unchanged.
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

// Float32 mixes batches. Rows lie end to end: x and dst have as many as the Cross, y as many as the
// pool, all of one length. dst must be x, or not overlap it, and must not overlap y. Other lengths
// are [ErrShape], other overlaps [ErrOverlap].
func (c *Cross) Float32(dst, x, y []float32) error {
	return c.options(pixels.Flat(y)).mix(kernelF32, pixels.Flat(dst), pixels.Flat(x))
}

// Uint8 mixes batches of bytes, each λ on the grid of [Quantize], rounding half to even. Rows lie
// end to end: x and dst have as many as the Cross, y as many as the pool, all of one length. dst
// must be x, or not overlap it, and must not overlap y. Other lengths are [ErrShape], other
// overlaps [ErrOverlap].
func (c *Cross) Uint8(dst, x, y []uint8) error {
	return c.options(pixels.Flat(y)).mix(kernelU8, pixels.Flat(dst), pixels.Flat(x))
}

// Float32Rows mixes batches of one slice a row. x and dst have as many rows as the Cross, y as many
// as the pool, all of one length. Either dst[i] is x[i] for every i (in place), or no row of dst
// overlaps any row of x. No row of dst overlaps a row of y or another of dst. Rows of x and of y
// may repeat. Other numbers or lengths of rows are [ErrShape], other overlaps [ErrOverlap].
func (c *Cross) Float32Rows(dst, x, y [][]float32) error {
	return c.options(pixels.Each(y)).mix(kernelF32, pixels.Each(dst), pixels.Each(x))
}

// Uint8Rows mixes batches of bytes of one slice a row, each λ on the grid of [Quantize], rounding
// half to even. x and dst have as many rows as the Cross, y as many as the pool, all of one length.
// Either dst[i] is x[i] for every i (in place), or no row of dst overlaps any row of x. No row of
// dst overlaps a row of y or another of dst. Rows of x and of y may repeat. Other numbers or
// lengths of rows are [ErrShape], other overlaps [ErrOverlap].
func (c *Cross) Uint8Rows(dst, x, y [][]uint8) error {
	return c.options(pixels.Each(y)).mix(kernelU8, pixels.Each(dst), pixels.Each(x))
}

// NormalizeFloat32 mixes batches of bytes and normalizes them to model input, with the bits of
// [Plan.NormalizeFloat32]. x and y are rows end to end of H·W·n.PixelBytes bytes (0: one per
// channel), x as many as the Cross has and y as many as the pool; dst has as many as x, of
// channels·H·W elements. dst must overlap neither. Other lengths are [ErrShape], overlaps
// [ErrOverlap], a bad n is [ErrNormalization].
func (c *Cross) NormalizeFloat32(dst []float32, x, y []uint8, n *Normalization) error {
	return c.options(pixels.Flat(y)).normalize(kernelU8F32, pixels.Flat(dst), pixels.Flat(x), n)
}

// NormalizeFloat32Rows mixes batches of bytes of one slice a row and normalizes them to model
// input, with the bits of [Plan.NormalizeFloat32]. x and dst have as many rows as the Cross, and y
// as the pool, of H·W·n.PixelBytes bytes (0: one per channel) in x and y and of channels·H·W
// elements in dst. Rows of x and of y may repeat; no row of dst overlaps any other row. Other
// lengths are [ErrShape], overlaps [ErrOverlap], a bad n is [ErrNormalization].
func (c *Cross) NormalizeFloat32Rows(dst [][]float32, x, y [][]uint8, n *Normalization) error {
	return c.options(pixels.Each(y)).normalize(kernelU8F32, pixels.Each(dst), pixels.Each(x), n)
}

// CrossBFloat16 mixes batches of bfloat16 in float32, and rounds to bfloat16 once, half to even.
// Rows lie end to end: x and dst have as many as the Cross, y as many as the pool, all of one
// length. dst must be x, or not overlap it, and must not overlap y. Other lengths are [ErrShape],
// other overlaps [ErrOverlap].
func CrossBFloat16[T ~uint16](c *Cross, dst, x, y []T) error {
	return c.options(pixels.Flat(y)).mix(kernelBF16, pixels.Flat(dst), pixels.Flat(x))
}

// CrossBFloat16Rows mixes batches of bfloat16 of one slice a row in float32, and rounds to bfloat16
// once, half to even. x and dst have as many rows as the Cross, y as many as the pool, all of one
// length. Either dst[i] is x[i] for every i (in place), or no row of dst overlaps any row of x. No
// row of dst overlaps a row of y or another of dst. Rows of x and of y may repeat. Other numbers or
// lengths of rows are [ErrShape], other overlaps [ErrOverlap].
func CrossBFloat16Rows[T ~uint16](c *Cross, dst, x, y [][]T) error {
	return c.options(pixels.Each(y)).mix(kernelBF16, pixels.Each(dst), pixels.Each(x))
}

// CrossFloat16 mixes batches of IEEE 754 binary16 in float32, and rounds to binary16 once, half to
// even. Rows lie end to end: x and dst have as many as the Cross, y as many as the pool, all of one
// length. dst must be x, or not overlap it, and must not overlap y. Other lengths are [ErrShape],
// other overlaps [ErrOverlap].
func CrossFloat16[T ~uint16](c *Cross, dst, x, y []T) error {
	return c.options(pixels.Flat(y)).mix(kernelF16, pixels.Flat(dst), pixels.Flat(x))
}

// CrossFloat16Rows mixes batches of IEEE 754 binary16 of one slice a row in float32, and rounds to
// binary16 once, half to even. x and dst have as many rows as the Cross, y as many as the pool, all
// of one length. Either dst[i] is x[i] for every i (in place), or no row of dst overlaps any row of
// x. No row of dst overlaps a row of y or another of dst. Rows of x and of y may repeat. Other
// numbers or lengths of rows are [ErrShape], other overlaps [ErrOverlap].
func CrossFloat16Rows[T ~uint16](c *Cross, dst, x, y [][]T) error {
	return c.options(pixels.Each(y)).mix(kernelF16, pixels.Each(dst), pixels.Each(x))
}

// CrossNormalizeBFloat16 does what [Cross.NormalizeFloat32] does, and rounds its results once more,
// half to even, to bfloat16. x and y are rows end to end of H·W·n.PixelBytes bytes (0: one per
// channel), x as many as the Cross has and y as many as the pool; dst has as many as x, of
// channels·H·W elements. dst must overlap neither. Other lengths are [ErrShape], overlaps
// [ErrOverlap], a bad n is [ErrNormalization].
func CrossNormalizeBFloat16[T ~uint16](c *Cross, dst []T, x, y []uint8, n *Normalization) error {
	return c.options(pixels.Flat(y)).normalize(kernelU8BF16, pixels.Flat(dst), pixels.Flat(x), n)
}

// CrossNormalizeBFloat16Rows does what [Cross.NormalizeFloat32Rows] does, and rounds its results
// once more, half to even, to bfloat16. x and dst have as many rows as the Cross, and y as the
// pool, of H·W·n.PixelBytes bytes (0: one per channel) in x and y and of channels·H·W elements in
// dst. Rows of x and of y may repeat; no row of dst overlaps any other row. Other lengths are
// [ErrShape], overlaps [ErrOverlap], a bad n is [ErrNormalization].
func CrossNormalizeBFloat16Rows[T ~uint16](c *Cross, dst [][]T, x, y [][]uint8, n *Normalization) error {
	return c.options(pixels.Each(y)).normalize(kernelU8BF16, pixels.Each(dst), pixels.Each(x), n)
}

// CrossNormalizeFloat16 does what [Cross.NormalizeFloat32] does, and rounds its results once more,
// half to even, to IEEE 754 binary16. x and y are rows end to end of H·W·n.PixelBytes bytes (0: one
// per channel), x as many as the Cross has and y as many as the pool; dst has as many as x, of
// channels·H·W elements. dst must overlap neither. Other lengths are [ErrShape], overlaps
// [ErrOverlap], a bad n is [ErrNormalization].
func CrossNormalizeFloat16[T ~uint16](c *Cross, dst []T, x, y []uint8, n *Normalization) error {
	return c.options(pixels.Flat(y)).normalize(kernelU8F16, pixels.Flat(dst), pixels.Flat(x), n)
}

// CrossNormalizeFloat16Rows does what [Cross.NormalizeFloat32Rows] does, and rounds its results
// once more, half to even, to IEEE 754 binary16. x and dst have as many rows as the Cross, and y as
// the pool, of H·W·n.PixelBytes bytes (0: one per channel) in x and y and of channels·H·W elements
// in dst. Rows of x and of y may repeat; no row of dst overlaps any other row. Other lengths are
// [ErrShape], overlaps [ErrOverlap], a bad n is [ErrNormalization].
func CrossNormalizeFloat16Rows[T ~uint16](c *Cross, dst [][]T, x, y [][]uint8, n *Normalization) error {
	return c.options(pixels.Each(y)).normalize(kernelU8F16, pixels.Each(dst), pixels.Each(x), n)
}

func (c *Cross) options(y pixels.Operand) callOptions {
	if c == nil {
		return callOptions{cross: true, y: y}
	}
	a := c.plan.options()
	a.workers, a.store = c.Workers, c.Store
	a.cross, a.pool, a.y = true, c.pool, y
	return a
}
