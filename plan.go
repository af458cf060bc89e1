package blend

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/mixblend/blend/internal/pixels"
)

// A Plan gives each row of a batch a partner and a λ: row i becomes λᵢ·row i + (1−λᵢ)·row index[i].
// It is checked once and used for images and labels alike. The zero Plan has no rows.
//
// A Plan may be used by many goroutines at once, as long as none resets it or changes a field. It
// must not be copied. Its fields are read when a call starts.
type Plan struct {
	_ noCopy

	// Workers is the number of goroutines that share one call; 1 or less means the caller's only. A
	// call too small to gain from more does not start any. All have ended when the call returns or
	// panics.
	Workers int
	// Store says whether results are written by streaming (non-temporal) stores.
	Store StoreMode

	index  []int
	lambda []float64 // one, or one a row
	paths  paths
}

type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}

// NewPlan returns a Plan of len(index) rows with one λ for all rows, or one per row. It copies
// both. An index outside the rows is [ErrIndex], a λ outside [0, 1] is [ErrLambda], any other
// number of λ is [ErrShape].
func NewPlan(index []int, lambda ...float64) (*Plan, error) {
	p := new(Plan)
	if err := p.Reset(index, lambda...); err != nil {
		return nil, err
	}
	return p, nil
}

// Reset re-initializes p as [NewPlan] would, with the same errors, keeping Workers and Store. It
// allocates only if there are more rows than p has ever had. After an error p is unchanged.
func (p *Plan) Reset(index []int, lambda ...float64) error {
	if err := checkRows(index, len(index), lambda); err != nil {
		return err
	}
	p.set(index, lambda)
	p.paths.follow(p.index)
	return nil
}

// checkRows checks an index into so many rows, and λ.
func checkRows(index []int, rows int, lambda []float64) error {
	n := len(index)
	if n > pixels.MaxRows {
		return fmt.Errorf("%w: %d rows, at most %d", ErrShape, n, pixels.MaxRows)
	}
	if len(lambda) != n && len(lambda) != 1 {
		return fmt.Errorf("%w: %d rows, but %d lambdas (one, or one a row)", ErrShape, n, len(lambda))
	}
	for i, l := range lambda {
		if !inRange(l) {
			return fmt.Errorf("%w: lambda[%d] = %v", ErrLambda, i, l)
		}
	}
	for i, q := range index {
		if q < 0 || q >= rows {
			return fmt.Errorf("%w: index[%d] = %d, with %d rows", ErrIndex, i, q, rows)
		}
	}
	return nil
}

func (p *Plan) set(index []int, lambda []float64) {
	p.index = append(p.index[:0], index...)
	p.lambda = append(slices.Grow(p.lambda[:0], len(index)), lambda...) // room for one a row, even if it is one for all now
}

// Len returns the number of rows.
func (p *Plan) Len() int {
	if p == nil {
		return 0
	}
	return len(p.index)
}

// Index returns the partner of row i. It panics if there is no row i.
func (p *Plan) Index(i int) int { return p.index[i] }

// Lambda returns λ of row i, as it was given and not on the grid of [Quantize]. It panics if there
// is no row i.
func (p *Plan) Lambda(i int) float64 {
	_ = p.index[i]
	if len(p.lambda) == 1 {
		return p.lambda[0]
	}
	return p.lambda[i]
}

// Float32 mixes a batch. dst and x are Len() rows end to end, of len(x)/Len() elements each. dst
// must be x, or not overlap it. Lengths that differ, or that Len() does not divide, are [ErrShape];
// any other overlap is [ErrOverlap]; in place, a row that is the partner of two is [ErrIndex].
func (p *Plan) Float32(dst, x []float32) error {
	return p.mixFlat(kernelF32, unsafe.Pointer(unsafe.SliceData(dst)), len(dst), unsafe.Pointer(unsafe.SliceData(x)), len(x))
}

// Uint8 mixes a batch of bytes, each λ on the grid of [Quantize], rounding half to even. dst and x
// are Len() rows end to end, of len(x)/Len() elements each. dst must be x, or not overlap it.
// Lengths that differ, or that Len() does not divide, are [ErrShape]; any other overlap is
// [ErrOverlap]; in place, a row that is the partner of two is [ErrIndex].
func (p *Plan) Uint8(dst, x []uint8) error {
	return p.mixFlat(kernelU8, unsafe.Pointer(unsafe.SliceData(dst)), len(dst), unsafe.Pointer(unsafe.SliceData(x)), len(x))
}

// Float32Rows mixes a batch of one slice a row. dst and x have Len() rows, all of one length.
// Either dst[i] is x[i] for every i (in place), or no row of dst overlaps any row of x; rows of x
// may repeat then. No two rows of dst overlap. Other numbers or lengths of rows are [ErrShape],
// other overlaps [ErrOverlap]; in place, a row that is the partner of two is [ErrIndex].
func (p *Plan) Float32Rows(dst, x [][]float32) error {
	return p.options().mix(kernelF32, pixels.Each(dst), pixels.Each(x))
}

// Uint8Rows mixes a batch of bytes of one slice a row, each λ on the grid of [Quantize], rounding
// half to even. dst and x have Len() rows, all of one length. Either dst[i] is x[i] for every i (in
// place), or no row of dst overlaps any row of x; rows of x may repeat then. No two rows of dst
// overlap. Other numbers or lengths of rows are [ErrShape], other overlaps [ErrOverlap]; in place,
// a row that is the partner of two is [ErrIndex].
func (p *Plan) Uint8Rows(dst, x [][]uint8) error {
	return p.options().mix(kernelU8, pixels.Each(dst), pixels.Each(x))
}

// MixBFloat16 mixes a batch of bfloat16 in float32, and rounds to bfloat16 once, half to even. dst
// and x are p.Len() rows end to end, of len(x)/p.Len() elements each. dst must be x, or not overlap
// it. Lengths that differ, or that p.Len() does not divide, are [ErrShape]; any other overlap is
// [ErrOverlap]; in place, a row that is the partner of two is [ErrIndex].
func MixBFloat16[T ~uint16](p *Plan, dst, x []T) error {
	return p.mixFlat(kernelBF16, unsafe.Pointer(unsafe.SliceData(dst)), len(dst), unsafe.Pointer(unsafe.SliceData(x)), len(x))
}

// MixBFloat16Rows mixes a batch of bfloat16 of one slice a row in float32, and rounds to bfloat16
// once, half to even. dst and x have p.Len() rows, all of one length. Either dst[i] is x[i] for
// every i (in place), or no row of dst overlaps any row of x; rows of x may repeat then. No two
// rows of dst overlap. Other numbers or lengths of rows are [ErrShape], other overlaps
// [ErrOverlap]; in place, a row that is the partner of two is [ErrIndex].
func MixBFloat16Rows[T ~uint16](p *Plan, dst, x [][]T) error {
	return p.options().mix(kernelBF16, pixels.Each(dst), pixels.Each(x))
}

// MixFloat16 mixes a batch of IEEE 754 binary16 in float32, and rounds to binary16 once, half to
// even. dst and x are p.Len() rows end to end, of len(x)/p.Len() elements each. dst must be x, or
// not overlap it. Lengths that differ, or that p.Len() does not divide, are [ErrShape]; any other
// overlap is [ErrOverlap]; in place, a row that is the partner of two is [ErrIndex].
func MixFloat16[T ~uint16](p *Plan, dst, x []T) error {
	return p.mixFlat(kernelF16, unsafe.Pointer(unsafe.SliceData(dst)), len(dst), unsafe.Pointer(unsafe.SliceData(x)), len(x))
}

// MixFloat16Rows mixes a batch of IEEE 754 binary16 of one slice a row in float32, and rounds to
// binary16 once, half to even. dst and x have p.Len() rows, all of one length. Either dst[i] is
// x[i] for every i (in place), or no row of dst overlaps any row of x; rows of x may repeat then.
// No two rows of dst overlap. Other numbers or lengths of rows are [ErrShape], other overlaps
// [ErrOverlap]; in place, a row that is the partner of two is [ErrIndex].
func MixFloat16Rows[T ~uint16](p *Plan, dst, x [][]T) error {
	return p.options().mix(kernelF16, pixels.Each(dst), pixels.Each(x))
}

// Rows returns n views into one contiguous batch, each of len(x)/n elements, for calls that take
// one slice a row. If n does not divide len(x), is negative, or is more than a Plan can have, the
// error is [ErrShape].
func Rows[T any](x []T, n int) ([][]T, error) {
	if n < 0 || n == 0 && len(x) != 0 || n > 0 && len(x)%n != 0 {
		return nil, fmt.Errorf("%w: %d elements in %d rows", ErrShape, len(x), n)
	}
	if n > pixels.MaxRows {
		return nil, fmt.Errorf("%w: %d elements in %d rows, at most %d", ErrShape, len(x), n, pixels.MaxRows)
	}
	rows := make([][]T, n)
	for i := range rows {
		m := len(x) / n
		rows[i] = x[i*m : (i+1)*m : (i+1)*m]
	}
	return rows, nil
}

// options is what p asks. A nil Plan has no rows.
func (p *Plan) options() callOptions {
	if p == nil {
		return callOptions{}
	}
	return callOptions{index: p.index, lambda: p.lambda, paths: &p.paths, workers: p.Workers, store: p.Store}
}
