package blend

import (
	"unsafe"

	"github.com/mixblend/blend/internal/pixels"
)

// mixMasks goes along the columns c…c+n of a chain whose rows are mixed by masks.
func (t *traversal) mixMasks(sh *shard, chain []step, order []int32, c, n int, h how) {
	plane, one := t.plane(), len(t.cut.Masks) == 1
	var steps [maxSteps]step
	for {
		m, columns := t.maskPiece(c, n, h.stream)
		copy(steps[:], chain) // which a call advances
		for i := range chain {
			s, mask := &steps[i], t.cut.Mask(int(order[i]))
			switch {
			case columns > 0:
				s.mask = unsafe.Pointer(&mask[c%plane/columns])
			case one:
				s.mask = t.laidOut(sh, c, m)
			default:
				room := grown(&takeScratch(&sh.scratch).masks, len(chain)*m)[i*m:][:m]
				t.layOut(room, mask, c)
				s.mask = unsafe.Pointer(&room[0])
			}
		}
		t.mixMasked(sh, steps[:len(chain)], c, m, columns, h)
		if n -= m; n == 0 {
			return
		}
		c += m
		advance(chain, m, m*t.in, m*t.out)
	}
}

// plane is how many columns a mask is for.
func (t *traversal) plane() int { return t.cut.Height * t.cut.Width * t.pixel }

// maskPiece returns how many columns, of n from c on, to take at a time, and how many of them share a byte of a mask as it lies, which it
// does up to the end of a plane: one, or, where pixels are interleaved, those of a pixel if the kernel takes such masks. It is 0 if masks have
// to be laid out. What goes on after it stays aligned to a line where that matters.
func (t *traversal) maskPiece(c, n int, stream bool) (piece, columns int) {
	most := t.columnsOf(maskBytes)
	m := min(n, t.plane()-c%t.plane())
	switch {
	case t.pixel > 1:
		if len(t.cut.Masks) == 1 {
			return n, 0 // laid out once for all chains, which is faster than to repeat its bytes in each
		}
		if _, period, ok := t.kernel.pixelMaskParams(t.pixel); ok && c%t.pixel == 0 && n >= period && !t.staggered {
			return n / period * period, t.pixel
		}
	case m == n, m >= cutUnit && (!stream || t.staggered || m*t.out%cacheLine == 0):
		return m, 1
	case m >= most:
		return m / cutUnit * cutUnit, 1
	}
	return min(n, most), 0
}

// laidOut returns the one mask for the columns c…c+n, which it lays out once for all chains of a tile.
func (t *traversal) laidOut(sh *shard, c, n int) unsafe.Pointer {
	masks := grown(&takeScratch(&sh.scratch).masks, n)[:n]
	if sh.laidOut != [2]int{c, n} {
		t.layOut(masks, t.cut.Masks[0], c)
		sh.laidOut = [2]int{c, n}
	}
	return unsafe.Pointer(&masks[0])
}

// layOut sets dst to a mask for the columns from c on, a byte each.
func (t *traversal) layOut(dst, mask []byte, c int) {
	if t.pixel > 1 {
		pixels.Repeat(dst, mask, t.pixel, c)
		return
	}
	for done := 0; done < len(dst); {
		done += copy(dst[done:], mask[(c+done)%len(mask):])
	}
}

// mixMasked mixes n columns of a chain, from c on, by the masks of its steps, of which so many columns share a byte.
func (t *traversal) mixMasked(sh *shard, chain []step, c, n, columns int, h how) {
	if t.layout != nil {
		h.table = t.layout.tableAt(c, t.cols)
	}
	p := t.kernel.maskParams()
	if columns > 1 {
		var period int
		p, period, _ = t.kernel.pixelMaskParams(columns)
		h.block = (h.block + period/2) / period * period
	}
	for i := range chain {
		chain[i].params = p
	}
	t.mixChain(sh, chain, n, h)
}
