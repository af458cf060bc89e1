package blend

import "unsafe"

// nextChain fills in the steps of the chain that begins at position i of the order and at column c, and returns the position after it,
// and whether one of its steps closes a cycle. A chain is made of paths, or pieces of one.
func (t *traversal) nextChain(sh *shard, steps []step, i, c int) (next int, closes bool) {
	offset, dstOffset := c*t.in, c*t.out
	order := t.paths.order
	begin, limit := i, min(sh.hi, i+t.steps)
	for i < limit {
		head, end := int(t.paths.first[i]), int(t.paths.last[i])
		if t.inPlace && i == head && i > begin && (t.someUnblended || end-begin > t.steps && end-i > 1) {
			break // a cycle that this call cannot close begins one of its own
		}
		run := order[i:min(end, limit)]
		piece := steps[i-begin:][:len(run)]
		own, partner := t.src.at(run[0], offset), unsafe.Pointer(nil)
		for c := range piece {
			s := &piece[c]
			s.dst = t.dst.at(run[c], dstOffset)
			s.own = own
			own = nil
			s.closes = 0
			s.mask = nil
			s.params = t.params
			if c+1 < len(run) {
				partner = t.src.at(run[c+1], offset)
			}
			s.partner = partner // of the last step: below
		}
		if len(t.lambda) > 1 {
			for c := range piece {
				piece[c].params = t.kernel.paramsFor(t.lambda[run[c]])
			}
		}
		if t.staggered || t.someUnblended || t.layout != nil {
			for c := range piece {
				piece[c].own = t.src.at(run[c], offset)
			}
		}
		i += len(run)
		last := &piece[len(run)-1]
		switch {
		case t.cross:
			last.partner = t.y.at(int32(t.index[order[i-1]]), offset)
		case i == sh.hi && sh.savedNext:
			last.partner = unsafe.Pointer(&sh.scratch.next[offset])
		case i < end:
			last.partner = t.src.at(order[i], offset)
		case !t.inPlace:
			last.partner = t.src.at(int32(t.index[order[i-1]]), offset)
		case head >= begin && !t.someUnblended:
			last.partner = nil // the kernel still has it
			steps[head-begin].closes = 1
			closes = true
		case head < sh.lo:
			last.partner = unsafe.Pointer(&sh.scratch.first[offset])
		default:
			last.partner = unsafe.Pointer(&grown(&takeScratch(&sh.scratch).cycle, tileBytes)[0])
		}
		if t.layout != nil {
			for c := range piece {
				if !t.someUnblended || t.blends(run[c]) {
					piece[c].mixWithSelf()
				}
			}
		}
	}
	if t.ahead {
		// Each row is read first as a partner, in the order of the paths, so the step after needs the row two on.
		for c := range steps[:i-begin] {
			steps[c].ahead = 0
			if two := begin + c + 2; two < sh.hi {
				steps[c].ahead = uintptr(t.src.at(order[two], offset))
			}
		}
	}
	return i, closes
}

// mixChain goes along n columns of a chain.
func (t *traversal) mixChain(sh *shard, chain []step, n int, h how) {
	switch {
	case t.layout.deinterleaves():
		t.deinterleave(sh, chain, n, h)
	case t.layout.packs():
		t.pack(chain, n, h)
	case t.staggered:
		t.stagger(sh, chain, n, h)
	default:
		t.kernel.runLong(chain, n, h)
	}
}
