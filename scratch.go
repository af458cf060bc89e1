package blend

import "sync"

// scratch keeps rows aside that in-place results would overwrite too soon: a tile of a cycle's first row, and what part says; and
// masks of boxes.
type scratch struct{ cycle, first, next, masks []byte }

var scratchPool = sync.Pool{New: func() any { return new(scratch) }}

// grown makes b at least n long, whatever it holds.
func grown(b *[]byte, n int) []byte {
	if len(*b) < n {
		*b = make([]byte, n)
	}
	return *b
}
