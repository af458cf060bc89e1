package blend

import "github.com/mixblend/blend/internal/pixels"

// callOptions are what one call is asked, checked before anything is written.
type callOptions struct {
	index   []int
	lambda  []float64 // one, or one a row
	paths   *paths    // of the index
	workers int
	store   StoreMode
	cut     *pixels.Cut // nil where rows are neither cut nor kept

	cross bool           // partners are not rows of x
	pool  int            // but among so many rows
	y     pixels.Operand // of another batch, which is only read
}
