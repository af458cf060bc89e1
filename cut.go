package blend

import (
	"image"
	"unsafe"
)

// cutBytes is how much of each row of a chain with rows that are not blended is taken at a time: their masks stay in the
// first-level cache.
const cutBytes = 4 << 10

// runs goes along the columns c…c+n of a chain whose rows are not all blended. A box is a mask.
func (w *walk) runs(p *part, chain []step, order []int32, c, n int, h how) {
	const unit = 4 * tablePeriod // of columns, so that lines and tables begin anew
	most := max(cutBytes/max(w.in, w.out)/unit, 1) * unit
	var masks []byte
	if w.inPlace {
		most = n // boxes are pasted
	} else {
		masks = grown(&p.needScratch().masks, len(chain)*most*w.in)
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
				case asBytes:
					s.mask, s.params = w.mask(masks, i, most, w.in, box, c, m), kernelU8.masked()
				default:
					s.mask, s.params = w.mask(masks, i, most, 1, box, c, m), w.kernel.masked()
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
	return !w.blends(row) && (w.inPlace || traits[w.kernel].weights == floatWeights)
}

// mask returns the mask of a box for the columns c…c+n of step i, of so many bytes a column: one for all steps that have one box.
func (w *walk) mask(masks []byte, i, most, size int, box image.Rectangle, c, n int) unsafe.Pointer {
	one := len(w.cut.Boxes) == 1
	if one {
		masks = masks[:n*size]
	} else {
		masks = masks[i*most*size:][:n*size]
	}
	if !one || i == 0 {
		copy(masks, allOwn[:])
		w.inBox(box, c, n, func(from, to int) { clear(masks[(from-c)*size : (to-c)*size]) })
	}
	return unsafe.Pointer(&masks[0])
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
