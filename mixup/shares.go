package mixup

import (
	"fmt"

	"github.com/mixblend/blend"
)

// Shares gives each row's partner and λ, which is all that the label functions need: row i of Len()
// rows has Lambda(i) of itself and 1−Lambda(i) of row Index(i).
//
// *[Batch], *[CutMix], *[Masks] and *[blend.Plan] are Shares, and other types may be. The values of
// your own type must not change during a call; label functions check them before they write: an
// Index outside the rows is [blend.ErrIndex], a Lambda outside [0, 1] is [blend.ErrLambda], a
// negative Len is [blend.ErrShape]. A nil Shares has no rows.
type Shares interface {
	Len() int
	Index(i int) int
	Lambda(i int) float64
}

// rowsOf returns the number of rows of s.
func rowsOf(s Shares) (int, error) {
	if s == nil {
		return 0, nil
	}
	n := s.Len()
	if n < 0 {
		return 0, fmt.Errorf("%w: %d rows", blend.ErrShape, n)
	}
	return n, nil
}

// checkShares checks the values of n rows.
func checkShares(s Shares, n int) error {
	switch s.(type) {
	case *Batch, *CutMix, *Masks, *blend.Plan: // checked when they were made
		return nil
	}
	for i := range n {
		if q := s.Index(i); q < 0 || q >= n {
			return fmt.Errorf("%w: Index(%d) = %d, with %d rows", blend.ErrIndex, i, q, n)
		}
		if l := s.Lambda(i); !(l >= 0 && l <= 1) {
			return fmt.Errorf("%w: Lambda(%d) = %v", blend.ErrLambda, i, l)
		}
	}
	return nil
}
