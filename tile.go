package blend

import (
	"unsafe"
)

// part walks over the tiles of a part, and gives its scratch back.
func (w *walk) part(p *part) {
	tile := tileBytes / max(w.in, w.out) / (4 * tablePeriod) * (4 * tablePeriod)
	for c := p.c0; c < p.c1; {
		end := min(p.c1, w.model.planeEnd(c, w.cols))
		if !w.skewed && (w.stream || (end-c)*w.out >= shortBytes) {
			// Peel to where dst is aligned to a line.
			if skip := min(w.misaligned(w.dst.at(0, c*w.out)), end-c); skip != 0 {
				w.tile(p, c, skip, false)
				c += skip
			}
		}
		for c < end {
			n := min(end-c, tile)
			w.tile(p, c, n, w.stream)
			c += n
		}
	}
	if w.stream {
		fence()
	}
	if p.scratch != nil {
		scratchPool.Put(p.scratch)
	}
}

// tile mixes n columns from c on, chain by chain.
func (w *walk) tile(p *part, c, n int, stream bool) {
	// Clearing more of these than is needed takes as long as some hundred columns.
	var few [chainRows]step
	steps := few[:]
	if min(w.steps, p.hi-p.lo) > chainRows {
		var many [maxSteps]step
		steps = many[:]
	}
	h := how{block: w.block, stream: stream}
	if w.inPlace {
		var stash [cachedBlock / 8]uint64
		h.stash = (*byte)(unsafe.Pointer(&stash))
	}
	if w.model != nil {
		h.table = w.model.table(c, w.cols)
	}
	for i := p.lo; i < p.hi; {
		begin := i
		i = w.chain(p, steps, i, c)
		// The first row of a cycle that this part closes, unless this call does.
		if head, end := int(w.paths.first[i-1]), int(w.paths.last[i-1]); w.inPlace && head >= begin && (w.sparse || end > i) && end <= p.hi {
			copyLong(grown(&p.needScratch().cycle, tileBytes), slice[byte](w.src.at(w.paths.order[head], c*w.in), n*w.in))
		}
		if w.sparse {
			w.runs(p, steps[:i-begin], w.paths.order[begin:i], c, n, h)
		} else {
			w.mix(steps[:i-begin], n, h)
		}
	}
}
