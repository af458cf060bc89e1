package loader

import (
	"encoding/binary"
	"math/bits"

	"github.com/mixblend/blend/examples/feed"
)

// crop writes to dst what is seen of src when it is moved by dx columns and dy rows, black where there is nothing, and flips it left to
// right.
func crop(dst, src []byte, dx, dy int, flip bool) {
	left, right := max(-dx, 0), min(Side-dx, Side) // the columns that there are
	for c := range Channels {
		for y := range Side {
			row := dst[(c*Side+y)*Side:][:Side]
			if y+dy < 0 || y+dy >= Side {
				clear(row)
				continue
			}
			line := src[(c*Side+y+dy)*Side:][:Side]
			clear(row[:left])
			copy(row[left:right], line[left+dx:right+dx])
			clear(row[right:])
			if flip {
				reverse(row)
			}
		}
	}
}

// reverse turns a row around, eight bytes at a time.
func reverse(row []byte) {
	le := binary.LittleEndian
	for i, j := 0, Side-8; i < j; i, j = i+8, j-8 {
		a, b := le.Uint64(row[i:]), le.Uint64(row[j:])
		le.PutUint64(row[i:], bits.ReverseBytes64(b))
		le.PutUint64(row[j:], bits.ReverseBytes64(a))
	}
}

// A view is how a sample is seen in an epoch.
type view struct {
	dx, dy int
	flip   bool
}

// view draws one. It depends on the seed, the epoch and the sample alone, not on who asks, or when.
func (a *Augment) view(seed uint64, epoch, sample int) (v view) {
	h := feed.Hash(feed.Hash(feed.Hash(seed)^uint64(epoch)) ^ uint64(sample))
	var below uint64
	below, h = bits.Mul64(h, uint64(2*a.Pad+1)) // the high word is uniform, and the low one is what is left
	v.dx = int(below) - a.Pad
	below, h = bits.Mul64(h, uint64(2*a.Pad+1))
	v.dy = int(below) - a.Pad
	v.flip = a.Flip && h>>63 != 0
	return v
}
