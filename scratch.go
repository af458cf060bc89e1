package blend

import "sync"

// scratch keeps rows aside that in-place results would overwrite too soon: a tile of a cycle's first row, and what shard says. It has
// room for masks that are laid out, and for the bits that stagger makes of them.
type scratch struct{ cycle, first, next, masks, bits []byte }

var scratchPool = sync.Pool{New: func() any { return new(scratch) }}

// takeScratch returns s, which it takes from the pool if there is none yet.
func takeScratch(s **scratch) *scratch {
	if *s == nil {
		*s = scratchPool.Get().(*scratch)
	}
	return *s
}

// grown makes b at least n long, whatever it holds.
func grown(b *[]byte, n int) []byte {
	if len(*b) < n {
		*b = make([]byte, n)
	}
	return *b
}
