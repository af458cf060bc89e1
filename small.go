package blend

import "unsafe"

// smallBytes is the size of a batch that is in the first-level cache with its results.
const smallBytes = 16 << 10

// mixSmall mixes few short rows that lie end to end and that no result replaces, in one call of the kernel. In the first-level cache no
// order of rows is better than another, so there is no path to follow, and nothing to keep aside: a traversal would take longer than the kernel.
func (c *callOptions) mixSmall(k kernel, dst, x, partners unsafe.Pointer, cols int) {
	var steps [chainRows]step
	size := cols * k.in()
	for i, q := range c.index {
		s := &steps[i]
		s.dst, s.own, s.partner = unsafe.Add(dst, i*size), unsafe.Add(x, i*size), unsafe.Add(partners, q*size)
		if i == 0 || len(c.lambda) > 1 {
			s.params = k.paramsFor(c.lambda[i])
		} else {
			s.params = steps[0].params
		}
	}
	k.run(steps[:len(c.index)], cols, wholeRow)
}
