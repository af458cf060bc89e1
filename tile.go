package blend

import (
	"unsafe"
)

// mixShard goes over the tiles of a shard, and gives its scratch back.
func (t *traversal) mixShard(sh *shard) {
	tile := tileBytes / max(t.in, t.out) / (4 * tablePeriod) * (4 * tablePeriod)
	for c := sh.c0; c < sh.c1; {
		end := min(sh.c1, t.layout.planeEnd(c, t.cols))
		if !t.staggered && (t.stream || (end-c)*t.out >= shortBytes) {
			// Peel to where dst is aligned to a line.
			if skip := min(t.peel(c), end-c); skip != 0 {
				t.mixTile(sh, c, skip, false)
				c += skip
			}
		}
		for c < end {
			n := min(end-c, tile)
			t.mixTile(sh, c, n, t.stream)
			c += n
		}
	}
	if t.stream {
		fence()
	}
	if sh.scratch != nil {
		scratchPool.Put(sh.scratch)
	}
}

// peel is how many columns there are before one whose dst is aligned to a line, and which begins a pixel where that matters and can be.
func (t *traversal) peel(c int) int {
	skip := t.misaligned(t.dst.at(0, c*t.out))
	if skip == 0 || t.cut == nil || len(t.cut.Masks) == 0 {
		return skip
	}
	if _, _, ok := t.kernel.pixelMaskParams(t.pixel); ok {
		for lines := range t.pixel {
			if more := lines * cacheLine / t.out; (c+skip+more)%t.pixel == 0 {
				return skip + more
			}
		}
	}
	return skip
}

// mixTile mixes n columns from c on, chain by chain.
func (t *traversal) mixTile(sh *shard, c, n int, stream bool) {
	// Clearing more of these than is needed takes as long as some hundred columns.
	var few [chainRows]step
	steps := few[:]
	if min(t.steps, sh.hi-sh.lo) > chainRows {
		var many [maxSteps]step
		steps = many[:]
	}
	h := how{block: t.block, stream: stream, planes: t.planes}
	if t.inPlace {
		var stash [stashBytes / 8]uint64
		h.stash = (*byte)(unsafe.Pointer(&stash))
	}
	if t.layout != nil && !t.layout.deinterleaves() {
		h.table = t.layout.tableAt(c, t.cols)
	}
	for i := sh.lo; i < sh.hi; {
		begin := i
		var closes bool
		i, closes = t.nextChain(sh, steps, i, c)
		if h.block = t.block; closes {
			h.block = min(t.block, stashBytes/t.in)
		}
		// The first row of a cycle that this shard closes, unless this call does.
		if head, end := int(t.paths.first[i-1]), int(t.paths.last[i-1]); t.inPlace && head >= begin && (t.someUnblended || end > i) && end <= sh.hi {
			copyLong(grown(&takeScratch(&sh.scratch).cycle, tileBytes), slice[byte](t.src.at(t.paths.order[head], c*t.in), n*t.in))
		}
		switch chain, order := steps[:i-begin], t.paths.order[begin:i]; {
		case !t.someUnblended:
			t.mixChain(sh, chain, n, h)
		case len(t.cut.Masks) != 0:
			t.mixMasks(sh, chain, order, c, n, h)
		default:
			t.mixBoxes(sh, chain, order, c, n, h)
		}
	}
}
