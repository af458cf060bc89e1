package blend

import "unsafe"

// Interleaved pixels are read once a channel: so many at a time that they are in the second-level cache.
const pixelBlock = 8192

// deinterleave goes along the columns of a chain of interleaved pixels: once, if the kernel makes all planes at once and
// rows are blended; else some at a time, channel by channel.
func (t *traversal) deinterleave(sh *shard, chain []step, n int, h how) {
	if h.planes != nil && chain[0].mask == nil {
		t.kernel.runLong(chain, n, h)
		return
	}
	h.planes = nil
	channels := t.layout.planeCount()
	var rows [chainRows]step // longer chains are of planes at once alone
	copy(rows[:], chain)
	for done := 0; done < n; done += pixelBlock {
		m := min(n-done, pixelBlock)
		for channel := range channels {
			first := t.layout.order[channel] + done*t.in
			for i := range chain {
				chain[i].dst = unsafe.Add(rows[i].dst, (channel*t.cols+done)*t.out)
				chain[i].own = unsafe.Add(rows[i].own, first)
				chain[i].partner = unsafe.Add(rows[i].partner, first)
				if rows[i].mask != nil {
					chain[i].mask = rows[i].maskAt(done)
				}
			}
			h.table = t.layout.tables[channel].at(0)
			if t.staggered {
				t.stagger(sh, chain, m, h)
			} else {
				t.kernel.runLong(chain, m, h)
			}
		}
	}
}
