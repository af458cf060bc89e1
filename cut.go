package blend

import (
	"image"
	"unsafe"
)

// blends reports whether a row is mixed by λ: it is not cut, nor kept by a kernel that would not keep its bits at λ = 1.
func (w *walk) blends(row int32) bool {
	if w.cut == nil {
		return true
	}
	if !w.cut.Box(int(row)).Empty() {
		return false
	}
	lambda := w.lambda[0]
	if len(w.lambda) > 1 {
		lambda = w.lambda[row]
	}
	return lambda != 1 || traits[w.kernel].weights != floatWeights
}

// anyUnblended reports whether some row is cut or kept.
func (w *walk) anyUnblended() bool {
	if w.cut == nil {
		return false
	}
	for i := range w.index {
		if !w.blends(int32(i)) {
			return true
		}
	}
	return false
}

// cutBytes is how much of each row of a chain with rows that are not blended is taken at a time: a step's partner is in a cache
// when the next step takes it as its own.
const cutBytes = 12 << 10

// runs goes along the columns c…c+n of a chain whose rows are not all blended: of those that are, as many at a time as follow one
// another.
func (w *walk) runs(p *part, chain []step, order []int32, c, n int, h how) {
	const unit = 4 * tablePeriod // of columns, so that lines and tables begin anew
	most := max(cutBytes/max(w.in, w.out)/unit, 1) * unit
	var steps [maxSteps]step
	for {
		m := min(n, most)
		copy(steps[:], chain) // which a call advances
		if w.model != nil {
			h.table = w.model.table(c, w.cols)
		}
		for i := 0; i < len(chain); {
			begin := i
			for i < len(chain) && w.blends(order[i]) {
				i++
			}
			if i > begin {
				w.mix(steps[begin:i], m, h)
			} else {
				w.unblended(p, steps[i], w.cut.Box(int(order[i])), c, m, h)
				i++
			}
		}
		if n -= m; n == 0 {
			return
		}
		c += m
		advance(chain, m*w.in, m*w.out)
	}
}

// unblended sets the columns c…c+n of a row to its own with a box of its partner, normalized where the kernel normalizes.
func (w *walk) unblended(p *part, s step, box image.Rectangle, c, n int, h how) {
	switch {
	case w.inPlace:
		w.paste(s.dst, s.partner, box, c, n)
		return
	case !box.Empty():
		both := grown(&p.needScratch().cut, n*w.in)
		copy(both, slice[byte](s.own, n*w.in))
		s.own = unsafe.Pointer(&both[0])
		w.paste(s.own, s.partner, box, c, n)
	}
	w.alone(s, n, h)
}

// alone sets n columns to the step's own.
func (w *walk) alone(s step, n int, h how) {
	s.partner, s.closes = s.own, 0
	if w.model != nil {
		s.params = paramsNormalize(1)
		w.mix(unsafe.Slice(&s, 1), n, h)
		return
	}
	bytes := walk{kernel: kernelU8, in: 1, out: 1, skewed: w.skewed}
	s.params = paramsU8(1) // keeps bits, of whatever type
	h.block *= w.in
	bytes.mix(unsafe.Slice(&s, 1), n*w.in, h)
}

// paste copies what a box has of the columns c…c+n from src to dst, which point to column c.
func (w *walk) paste(dst, src unsafe.Pointer, box image.Rectangle, c, n int) {
	if box.Empty() {
		return
	}
	line := w.cut.Width * w.pixel
	for top := c / line / w.cut.Height * w.cut.Height; top*line < c+n; top += w.cut.Height { // of a plane
		for y := max(top+box.Min.Y, c/line); y < min(top+box.Max.Y, (c+n-1)/line+1); y++ {
			if from, to := max(y*line+box.Min.X*w.pixel, c), min(y*line+box.Max.X*w.pixel, c+n); from < to {
				copyLong(slice[byte](unsafe.Add(dst, (from-c)*w.in), (to-from)*w.in), slice[byte](unsafe.Add(src, (from-c)*w.in), (to-from)*w.in))
			}
		}
	}
}
