package blend

import "unsafe"

// chain fills in the steps of the chain that begins at position i of the order and at column c, and returns the position after it.
// A chain is made of paths, or pieces of one.
func (w *walk) chain(p *part, steps []step, i, c int) int {
	offset, dstOffset := c*w.in, c*w.out
	order := w.paths.order
	begin, limit := i, min(p.hi, i+w.steps)
	for i < limit {
		head, end := int(w.paths.first[i]), int(w.paths.last[i])
		if w.inPlace && i == head && i > begin && (w.sparse || end-begin > w.steps && end-i > 1) {
			break // a cycle that this call cannot close begins one of its own
		}
		run := order[i:min(end, limit)]
		piece := steps[i-begin:][:len(run)]
		own, partner := w.src.at(run[0], offset), unsafe.Pointer(nil)
		for j := range piece {
			s := &piece[j]
			s.dst = w.dst.at(run[j], dstOffset)
			s.own = own
			own = nil
			s.closes = 0
			s.mask = nil
			s.params = w.params
			if j+1 < len(run) {
				partner = w.src.at(run[j+1], offset)
			}
			s.partner = partner // of the last step: below
		}
		if len(w.lambda) > 1 {
			for j := range piece {
				piece[j].params = w.kernel.params(w.lambda[run[j]])
			}
		}
		if w.skewed || w.sparse || w.model != nil {
			for j := range piece {
				piece[j].own = w.src.at(run[j], offset)
			}
		}
		i += len(run)
		last := &piece[len(run)-1]
		switch {
		case w.cross:
			last.partner = w.y.at(int32(w.index[order[i-1]]), offset)
		case i == p.hi && p.keepsNext:
			last.partner = unsafe.Pointer(&p.scratch.next[offset])
		case i < end:
			last.partner = w.src.at(order[i], offset)
		case !w.inPlace:
			last.partner = w.src.at(int32(w.index[order[i-1]]), offset)
		case head >= begin && !w.sparse:
			last.partner = nil // the kernel still has it
			steps[head-begin].closes = 1
		case head < p.lo:
			last.partner = unsafe.Pointer(&p.scratch.first[offset])
		default:
			last.partner = unsafe.Pointer(&grown(&p.needScratch().cycle, tileBytes)[0])
		}
		if w.model != nil {
			for j := range piece {
				if !w.sparse || w.blends(run[j]) {
					piece[j].mixWithSelf()
				}
			}
		}
	}
	return i
}

// mix goes along n columns of a chain.
func (w *walk) mix(chain []step, n int, h how) {
	switch {
	case w.model.splits():
		w.channels(chain, n, h)
	case w.model.packs():
		w.pack(chain, n, h)
	case w.skewed:
		w.skew(chain, n, h)
	default:
		w.kernel.mixLong(chain, n, h)
	}
}
