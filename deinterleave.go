package blend

import "unsafe"

// Interleaved pixels are read once a channel: so many at a time that they are in the second-level cache.
const pixelBlock = 8192

// channels goes along the columns of a chain of interleaved pixels, some at a time, channel by channel.
func (w *walk) channels(chain []step, n int, h how) {
	channels := w.model.planes()
	var rows [chainRows]step
	copy(rows[:], chain)
	for done := 0; done < n; done += pixelBlock {
		m := min(n-done, pixelBlock)
		for channel := range channels {
			first := w.model.order[channel] + done*w.in
			for i := range chain {
				chain[i].dst = unsafe.Add(rows[i].dst, (channel*w.cols+done)*w.out)
				chain[i].own = unsafe.Add(rows[i].own, first)
				chain[i].partner = unsafe.Add(rows[i].partner, first)
				if rows[i].mask != nil {
					chain[i].mask = unsafe.Add(rows[i].mask, done)
				}
			}
			h.table = w.model.tables[channel].at(0)
			if w.skewed {
				w.skew(chain, m, h)
			} else {
				w.kernel.mixLong(chain, m, h)
			}
		}
	}
}
