package blend

import (
	"image"
	"unsafe"

	"github.com/mixblend/blend/internal/pixels"
)

// cutBytes is how much of each row of a chain with rows that are not blended is taken at a time: their masks stay in the
// first-level cache.
const cutBytes = 4 << 10

// maskBytes is likewise for masks that are laid out: they stay in the second-level cache. Less, and rows that are streamed stop too often.
const maskBytes = 16 << 10

// selected are the params of a step of bytes whose mask is of 0 and 255.
var selected = params{variant: selectedBytes}

// cutUnit is of columns, so that lines and tables begin anew.
const cutUnit = 4 * tablePeriod

// runs goes along the columns c…c+n of a chain whose rows are not all blended. A box is a mask.
func (w *walk) runs(p *part, chain []step, order []int32, c, n int, h how) {
	if len(w.cut.Masks) != 0 {
		w.byMasks(p, chain, order, c, n, h)
		return
	}
	most := max(cutBytes/max(w.in, w.out)/cutUnit, 1) * cutUnit
	var masks boxMasks
	if w.inPlace {
		most = n // boxes are pasted
	} else {
		masks = w.boxMasks(p, order[:len(chain)], min(n, most))
	}
	bytes := walk{kernel: kernelU8, in: 1, out: 1, skewed: w.skewed}
	ofBytes := h
	ofBytes.block *= w.in
	var steps [maxSteps]step
	for {
		m := min(n, most)
		copy(steps[:], chain) // which a call advances
		if w.model != nil {
			h.table = w.model.table(c, w.cols)
		}
		for i := 0; i < len(chain); {
			begin, asBytes := i, w.asBytes(order[i])
			for ; i < len(chain) && w.asBytes(order[i]) == asBytes; i++ {
				s, box := &steps[i], w.cut.Box(int(order[i]))
				switch {
				case !asBytes && w.blends(order[i]):
				case w.inPlace: // less memory is touched so
					w.paste(s.dst, s.partner, box, c, m)
				case box.Empty():
					s.partner, s.params = s.own, paramsU8(1)
				case asBytes, w.kernel == kernelU8:
					s.mask, s.params = w.mask(&masks, i, box, c, m), selected
				default:
					s.mask, s.params = w.mask(&masks, i, box, c, m), w.kernel.masked()
				}
			}
			switch {
			case !asBytes:
				w.mix(steps[begin:i], m, h)
			case !w.inPlace:
				bytes.mix(steps[begin:i], m*w.in, ofBytes)
			}
		}
		if n -= m; n == 0 {
			return
		}
		c += m
		advance(chain, m, m*w.in, m*w.out)
	}
}

// byMasks goes along the columns c…c+n of a chain whose rows are mixed by masks.
func (w *walk) byMasks(p *part, chain []step, order []int32, c, n int, h how) {
	plane, one := w.plane(), len(w.cut.Masks) == 1
	if one && w.pixel > 1 {
		mask := w.laidOut(p, c, n)
		for i := range chain {
			chain[i].mask = mask
		}
		w.masked(chain, c, n, h)
		return
	}
	var steps [maxSteps]step
	for {
		m, asItLies := w.maskPiece(c, n, h.stream)
		copy(steps[:], chain) // which a call advances
		for i := range chain {
			s, mask := &steps[i], w.cut.Mask(int(order[i]))
			switch {
			case asItLies:
				s.mask = unsafe.Pointer(&mask[c%plane])
			case one && i > 0:
				s.mask = steps[0].mask
			default:
				room := grown(&p.needScratch().masks, len(chain)*m)[i*m:][:m]
				w.layOut(room, mask, c)
				s.mask = unsafe.Pointer(&room[0])
			}
		}
		w.masked(steps[:len(chain)], c, m, h)
		if n -= m; n == 0 {
			return
		}
		c += m
		advance(chain, m, m*w.in, m*w.out)
	}
}

// plane is how many columns a mask is for.
func (w *walk) plane() int { return w.cut.Height * w.cut.Width * w.pixel }

// maskPiece returns how many columns, of n from c on, to take at a time, and whether a mask lies as they do: where pixels are not
// interleaved, and up to the end of a plane. What goes on after it stays aligned to a line where that matters.
func (w *walk) maskPiece(c, n int, stream bool) (piece int, asItLies bool) {
	most := max(maskBytes/max(w.in, w.out)/cutUnit, 1) * cutUnit
	m := min(n, w.plane()-c%w.plane())
	switch {
	case w.pixel > 1:
	case m == n, m >= cutUnit && (!stream || w.skewed || m*w.out%cacheLine == 0):
		return m, true
	case m >= most:
		return m / cutUnit * cutUnit, true
	}
	return min(n, most), false
}

// laidOut returns the one mask for the columns c…c+n, which it lays out once for all chains of a tile.
func (w *walk) laidOut(p *part, c, n int) unsafe.Pointer {
	masks := grown(&p.needScratch().masks, n)[:n]
	if p.laidOut != [2]int{c, n} {
		w.layOut(masks, w.cut.Masks[0], c)
		p.laidOut = [2]int{c, n}
	}
	return unsafe.Pointer(&masks[0])
}

// layOut sets dst to a mask for the columns from c on, a byte each.
func (w *walk) layOut(dst, mask []byte, c int) {
	if w.pixel > 1 {
		pixels.Repeat(dst, mask, w.pixel, c)
		return
	}
	for done := 0; done < len(dst); {
		done += copy(dst[done:], mask[(c+done)%len(mask):])
	}
}

// masked mixes n columns of a chain, from c on, by the masks of its steps.
func (w *walk) masked(chain []step, c, n int, h how) {
	if w.model != nil {
		h.table = w.model.table(c, w.cols)
	}
	for i := range chain {
		chain[i].params = w.kernel.masked()
	}
	w.mix(chain, n, h)
}

// allOwn is the mask of what takes nothing of its partner.
var allOwn = [cutBytes]byte{0: 255}

func init() {
	for n := 1; n < len(allOwn); {
		n += copy(allOwn[n:], allOwn[:n])
	}
}

// asBytes reports whether a row does not go through the walk's kernel: one of floats that is not blended goes through that of
// bytes, which keeps its bits, and in place none does.
func (w *walk) asBytes(row int32) bool {
	return !w.blends(row) && (w.inPlace || traits[w.kernel].takes == floatParams)
}

// boxMasks are the masks of the boxes of a chain, or that of the one for all rows. Pieces whose lines are all in the box look into lines of
// it, which are laid out once; those with none of its lines take all of their own; only others are laid out.
type boxMasks struct {
	room   []byte
	one    bool
	size   int // bytes a column
	lines  int // bytes of lines for each step, 0 if they are too long
	pieces int // bytes for a piece, which follow
}

// boxMasks lays lines out, for pieces of so many columns.
func (w *walk) boxMasks(p *part, order []int32, columns int) boxMasks {
	b := boxMasks{one: len(w.cut.Boxes) == 1, size: 1}
	if traits[w.kernel].takes == floatParams {
		b.size = w.in
	}
	line := w.cut.Width * w.pixel * b.size
	b.pieces = columns * b.size
	if line <= 2*cutBytes {
		b.lines = line + b.pieces
	}
	steps := len(order)
	if b.one {
		steps = 1
	}
	b.room = grown(&p.needScratch().masks, steps*(b.lines+b.pieces))
	for i := range steps {
		box := w.cut.Box(int(order[i]))
		if box.Empty() || b.lines == 0 {
			continue
		}
		lines := b.of(i)[:b.lines]
		for j := 0; j < line; {
			j += copy(lines[j:line], allOwn[:])
		}
		clear(lines[box.Min.X*w.pixel*b.size : box.Max.X*w.pixel*b.size])
		for j := line; j < len(lines); {
			j += copy(lines[j:], lines[:j])
		}
	}
	return b
}

// of returns the room of a step.
func (b *boxMasks) of(i int) []byte {
	if b.one {
		i = 0
	}
	return b.room[i*(b.lines+b.pieces):][:b.lines+b.pieces]
}

// mask returns the mask of the columns c…c+n of step i.
func (w *walk) mask(b *boxMasks, i int, box image.Rectangle, c, n int) unsafe.Pointer {
	line := w.cut.Width * w.pixel
	first, last := c/line, (c+n-1)/line
	if top := first / w.cut.Height * w.cut.Height; last < top+w.cut.Height { // all in one plane
		switch {
		case last < top+box.Min.Y || first >= top+box.Max.Y:
			return unsafe.Pointer(&allOwn)
		case first >= top+box.Min.Y && last < top+box.Max.Y && b.lines > 0:
			return unsafe.Pointer(&b.of(i)[c%line*b.size])
		}
	}
	piece := b.of(i)[b.lines:][:n*b.size]
	if !b.one || i == 0 {
		copy(piece, allOwn[:])
		w.inBox(box, c, n, func(from, to int) { clear(piece[(from-c)*b.size : (to-c)*b.size]) })
	}
	return unsafe.Pointer(&piece[0])
}

// paste copies what a box has of the columns c…c+n from src to dst, which point to column c.
func (w *walk) paste(dst, src unsafe.Pointer, box image.Rectangle, c, n int) {
	w.inBox(box, c, n, func(from, to int) {
		from, to = (from-c)*w.in, (to-c)*w.in
		copyLong(slice[byte](unsafe.Add(dst, from), to-from), slice[byte](unsafe.Add(src, from), to-from))
	})
}

// inBox calls f with the columns from…to of every line of a box, of those that are in c…c+n.
func (w *walk) inBox(box image.Rectangle, c, n int, f func(from, to int)) {
	if box.Empty() {
		return
	}
	line := w.cut.Width * w.pixel
	for top := c / line / w.cut.Height * w.cut.Height; top*line < c+n; top += w.cut.Height { // of a plane
		for y := max(top+box.Min.Y, c/line); y < min(top+box.Max.Y, (c+n-1)/line+1); y++ {
			if from, to := max(y*line+box.Min.X*w.pixel, c), min(y*line+box.Max.X*w.pixel, c+n); from < to {
				f(from, to)
			}
		}
	}
}
