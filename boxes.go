package blend

import (
	"encoding/binary"
	"image"
	"math"
	"unsafe"
)

const (
	// bitsBytesEach is how much of each row of a chain is taken at a time where rows have boxes of their own: more than most rows have,
	// since what is laid out between two pieces stops the streams of memory.
	bitsBytesEach = 256 << 10
	// pasteBytes is how long rows are at least whose boxes are pasted.
	pasteBytes = 16 << 10
	// maskBytes is how much of each row of a chain is taken at a time where masks are laid out, which stay in the second-level cache.
	// Less, and rows that are streamed stop too often.
	maskBytes = 16 << 10
)

// cutUnit is of columns, so that lines and tables begin anew.
const cutUnit = 4 * tablePeriod

// columnsOf returns how many columns, a multiple of cutUnit, take about so many bytes of a row.
func (t *traversal) columnsOf(bytes int) int { return max(bytes/max(t.in, t.out)/cutUnit, 1) * cutUnit }

// pastes reports whether boxes are pasted in place, line by line. Short rows take longer so than by their masks, and so does one box for
// all that has a quarter of an image.
func (t *traversal) pastes() bool {
	if !t.inPlace || t.cols*t.in < pasteBytes {
		return false
	}
	if len(t.cut.Boxes) != 1 {
		return true
	}
	box := t.cut.Boxes[0]
	return box.Empty() || uint64(box.Dx())*uint64(box.Dy()) < uint64(t.cut.Height)*uint64(t.cut.Width)/4
}

// leaves reports whether a row stays as it is: one in place that is not blended and has no box.
func (t *traversal) leaves(row int32) bool {
	return t.inPlace && !t.blends(row) && t.cut.Box(int(row)).Empty()
}

// mixBoxes goes along the columns c…c+n of a chain of which some rows are cut or kept. A box is a mask.
func (t *traversal) mixBoxes(sh *shard, chain []step, order []int32, c, n int, h how) {
	pastes, selected, most := t.pastes(), kernelU8.selectParams(), n
	if t.kernel.selects() {
		selected = t.kernel.selectParams()
	}
	if !pastes && len(t.cut.Boxes) != 1 && !t.kernel.normalizes() { // h.table is for column c
		most = t.columnsOf(bitsBytesEach)
	}
	ofU8 := traversal{kernel: kernelU8, in: 1, out: 1, staggered: t.staggered}
	ofBytes := h
	ofBytes.block *= t.in
	var steps [maxSteps]step
	for {
		m := min(n, most)
		copy(steps[:], chain) // which a call advances
		for i := 0; i < len(chain); {
			if t.leaves(order[i]) {
				i++
				continue
			}
			begin, asBytes := i, t.asBytes(order[i])
			blends := t.blends(order[i])
			for ; i < len(chain) && t.asBytes(order[i]) == asBytes && !t.leaves(order[i]); i++ {
				if h.planes != nil && t.blends(order[i]) != blends {
					break // the kernels that make several planes take no masks
				}
				s, box := &steps[i], t.cut.Box(int(order[i]))
				switch {
				case !asBytes && t.blends(order[i]):
				case pastes:
					t.pasteBox(s.dst, s.partner, box, c, m)
				case box.Empty():
					s.partner, s.params = s.own, paramsU8(1)
				default:
					s.mask, s.params = t.boxBits(sh, i, len(chain), box, c, m), selected
				}
			}
			switch {
			case !asBytes:
				t.mixChain(sh, steps[begin:i], m, h)
			case !pastes:
				ofU8.mixChain(sh, steps[begin:i], m*t.in, ofBytes)
			}
		}
		if n -= m; n == 0 {
			return
		}
		c += m
		advance(chain, m, m*t.in, m*t.out)
	}
}

// asBytes reports whether a row does not go through the traversal's kernel: one of floats that is not blended goes through that of
// bytes, which keeps its bits, and so does one in place, unless its box is pasted.
func (t *traversal) asBytes(row int32) bool {
	return !t.blends(row) && (t.inPlace || !t.kernel.selects())
}

// boxBits returns the bits of the columns c…c+n for step i of a chain, 0 in its box: one for each byte of a column of floats. Those of
// one box for all are laid out once for all chains of a tile.
func (t *traversal) boxBits(sh *shard, i, steps int, box image.Rectangle, c, n int) unsafe.Pointer {
	size := 1
	if !t.kernel.selects() {
		size = t.in
	}
	one := len(t.cut.Boxes) == 1
	if one {
		i, steps = 0, 1
	}
	room := bitsBytes(n*size) + bitsSlack
	bits := grown(&takeScratch(&sh.scratch).masks, steps*room)[i*room:][:room]
	if columns := [2]int{c, n}; !one || sh.laidOut != columns {
		sh.laidOut = columns
		t.layOutBox(bits, box, c, n, size)
	}
	return unsafe.Pointer(&bits[0])
}

// layOutBox sets so many bits a column of c…c+n to 1, but to 0 in a box.
func (t *traversal) layOutBox(bits []byte, box image.Rectangle, c, n, size int) {
	period := t.plane() * size / 8
	laid := bits
	if t.plane()*size%8 == 0 && period < len(bits) {
		n, laid = min(n, t.plane()), bits[:period]
	}
	binary.LittleEndian.PutUint64(bits, math.MaxUint64) // there is bitsSlack
	repeat(laid, 8)
	line := t.cut.Width * t.pixel
	clearLine := func(y int) {
		from, to := t.boxLine(box, y, c, n)
		clearBits(bits, (from-c)*size, (to-c)*size)
	}
	for top := c / line / t.cut.Height * t.cut.Height; top*line < c+n; top += t.cut.Height { // of a plane
		y, end := t.boxLines(box, top, c, n)
		if end-y > 6 && line*size%8 == 0 {
			// The lines between the first and the last ones repeat, from the byte after that in which the box begins in a line.
			for range 3 {
				clearLine(y)
				y++
			}
			at := func(y int) int { return (y*line+box.Min.X*t.pixel-c)*size/8 + 1 }
			repeat(laid[at(y-2):at(end-2)], line*size/8)
			y = end - 2
		}
		for ; y < end; y++ {
			clearLine(y)
		}
	}
	repeat(bits, len(laid))
}

// repeat repeats the first n bytes of b in it.
func repeat(b []byte, n int) {
	for ; n < len(b); n *= 2 {
		copy(b[n:], b[:n])
	}
}

// clearBits makes bits begin…end 0, if there are such.
func clearBits(bits []byte, begin, end int) {
	if begin >= end {
		return
	}
	first, last := begin/8, end/8
	before, after := byte(1)<<(begin%8)-1, byte(255)<<(end%8)
	if first == last {
		bits[first] &= before | after
		return
	}
	bits[first] &= before
	clear(bits[first+1 : last])
	bits[last] &= after
}

// pasteBox copies what a box has of the columns c…c+n from src to dst, which point to column c.
func (t *traversal) pasteBox(dst, src unsafe.Pointer, box image.Rectangle, c, n int) {
	if box.Empty() {
		return
	}
	line := t.cut.Width * t.pixel
	for top := c / line / t.cut.Height * t.cut.Height; top*line < c+n; top += t.cut.Height { // of a plane
		for y, end := t.boxLines(box, top, c, n); y < end; y++ {
			if from, to := t.boxLine(box, y, c, n); from < to {
				from, to = (from-c)*t.in, (to-c)*t.in
				copyLong(slice[byte](unsafe.Add(dst, from), to-from), slice[byte](unsafe.Add(src, from), to-from))
			}
		}
	}
}

// boxLines returns from which line, and up to which, the columns c…c+n touch a box in the plane that begins with line top.
func (t *traversal) boxLines(box image.Rectangle, top, c, n int) (y, end int) {
	line := t.cut.Width * t.pixel
	return max(top+box.Min.Y, c/line), min(top+box.Max.Y, (c+n-1)/line+1)
}

// boxLine returns which of the columns c…c+n a box has in line y: none if they end before they begin.
func (t *traversal) boxLine(box image.Rectangle, y, c, n int) (from, to int) {
	begin := y * t.cut.Width
	return max((begin+box.Min.X)*t.pixel, c), min((begin+box.Max.X)*t.pixel, c+n)
}
