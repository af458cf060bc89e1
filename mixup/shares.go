package mixup

import (
	"fmt"

	"github.com/mixblend/blend"
)

// Shares says who is mixed with whom, and by which share: what labels need. There are Len() rows; row i is mixed with row
// Index(i), of which it takes 1−Lambda(i).
//
// *[Batch], *[CutMix] and *[blend.Plan] are Shares, and other types may be. Of those the label functions check every
// value first: an Index outside the rows is [blend.ErrIndex], a Lambda outside [0, 1] is [blend.ErrLambda].
type Shares interface {
	Len() int
	Index(i int) int
	Lambda(i int) float64
}

// rowsOf returns the number of rows of s, once its values have been checked.
func rowsOf(s Shares) (int, error) {
	switch s.(type) {
	case nil:
		return 0, nil
	case *Batch, *CutMix, *blend.Plan: // checked when they were made
		return s.Len(), nil
	}
	n := s.Len()
	if n < 0 {
		return 0, fmt.Errorf("%w: %d rows", blend.ErrShape, n)
	}
	for i := range n {
		if q := s.Index(i); q < 0 || q >= n {
			return 0, fmt.Errorf("%w: Index(%d) = %d, with %d rows", blend.ErrIndex, i, q, n)
		}
		if l := s.Lambda(i); !(l >= 0 && l <= 1) {
			return 0, fmt.Errorf("%w: Lambda(%d) = %v", blend.ErrLambda, i, l)
		}
	}
	return n, nil
}
