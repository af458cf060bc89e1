package blend

import (
	"fmt"

	"github.com/mixblend/blend/internal/pixels"
)

// mix mixes elements of one type.
func (c callOptions) mix(k kernel, dst, x pixels.Operand) error {
	cols, inPlace, err := c.check(k.in(), dst, x)
	if err != nil || cols == 0 {
		return err
	}
	bytes := cols * k.in()
	if few, short := isFew(k, len(c.index), x.Len, c.store); few && !dst.Each && !c.unblended(k, inPlace) {
		partners := x.Flat
		if c.cross {
			partners = c.y.Flat
		}
		if dst.Flat != partners || !c.paths.shares() {
			mixFew(k, c.index, c.paths, c.lambda, dst.Flat, x.Flat, partners, cols, short)
			return nil
		}
	}
	return c.traverse(&traversal{kernel: k, dst: rowsOf(dst, bytes), src: rowsOf(x, bytes), y: rowsOf(c.y, bytes), cols: cols, inPlace: inPlace,
		lambda: c.lambda, pixel: c.pixel(cols)})
}

// unblended reports whether some row is not mixed by λ.
func (c *callOptions) unblended(k kernel, inPlace bool) bool {
	if c.cut == nil {
		return false
	}
	t := traversal{kernel: k, index: c.index, lambda: c.lambda, cut: c.cut, inPlace: inPlace}
	return t.anyUnblended()
}

// kept is λ of rows that are cut or kept.
var kept = []float64{1}

// paste copies elements of so many bytes, as bytes, which λ = 1 keeps.
func (c callOptions) paste(size int, dst, x pixels.Operand) error {
	cols, inPlace, err := c.check(size, dst, x)
	if err != nil || cols == 0 {
		return err
	}
	pixel := c.pixel(cols) * size
	cols *= size
	return c.traverse(&traversal{kernel: kernelU8, dst: rowsOf(dst, cols), src: rowsOf(x, cols), cols: cols, inPlace: inPlace,
		lambda: kept, pixel: pixel})
}

// pixel is how many of so many columns lie together in a line of a box.
func (c *callOptions) pixel(cols int) int {
	if g := c.cut; g != nil && Layout(g.Layout) == HWC {
		return cols / (g.Height * g.Width)
	}
	return 1
}

// normalize mixes bytes and makes model input of them.
func (c callOptions) normalize(k kernel, dst, x pixels.Operand, n *Normalization) error {
	if err := n.check(); err != nil {
		return err
	}
	channels, bytes := len(n.Scale), n.pixelBytes()
	cols, err := c.columns(dst, x, n)
	if err != nil || cols == 0 {
		return err
	}
	if err := c.fits(n); err != nil {
		return err
	}
	dstBytes, xBytes := cols*channels*k.out(), cols*bytes
	if err := c.apart(dst, x, dstBytes, xBytes); err != nil {
		return err
	}
	m := normLayouts.Get().(*normLayout)
	defer normLayouts.Put(m)
	m.set(n)
	switch {
	case m.deinterleaves():
		k = k.ofPixels(bytes)
	case !m.packs():
		cols *= channels
	}
	return c.traverse(&traversal{kernel: k, dst: rowsOf(dst, dstBytes), src: rowsOf(x, xBytes), y: rowsOf(c.y, xBytes), cols: cols,
		lambda: c.lambda, layout: m, pixel: c.pixel(cols)})
}

// traverse runs over checked rows.
func (c *callOptions) traverse(t *traversal) error {
	if s := c.paths.shared; t.inPlace && c.paths.shares() {
		return fmt.Errorf("%w: in place, but row %d is the partner of row %d and of row %d", ErrIndex, c.index[s[0]], s[0], s[1])
	}
	t.index, t.paths, t.cut, t.cross, t.pool = c.index, c.paths, c.cut, c.cross, c.pool
	t.run(c.workers, c.store)
	return nil
}

// rowsOf says where the rows of a batch are, each of so many bytes.
func rowsOf(o pixels.Operand, stride int) rows {
	if o.Each {
		return rows{each: o.Rows}
	}
	return rows{flat: o.Flat, stride: stride}
}
