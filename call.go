package blend

import (
	"fmt"

	"github.com/mixblend/blend/internal/overlap"
	"github.com/mixblend/blend/internal/pixels"
)

// A call is one mix of a batch: what is asked, checked before anything is written.
type call struct {
	plan    *Plan
	workers int
	store   StoreMode
	cut     *pixels.Cut // nil where rows are neither cut nor kept

	cross bool           // partners are not rows of x
	pool  int            // but among so many rows
	y     pixels.Operand // of another batch, which is only read
}

var noRows Plan

func (p *Plan) call() call {
	if p == nil {
		p = &noRows
	}
	return call{plan: p, workers: p.Workers, store: p.Store}
}

func init() {
	of := func(c pixels.Call) call {
		p, _ := c.Plan.(*Plan)
		if p == nil {
			p = &noRows
		}
		return call{plan: p, workers: c.Workers, store: StoreMode(c.Store), cut: c.Cut}
	}
	mixes := [...]kernel{pixels.Float32: kernelF32, pixels.Uint8: kernelU8, pixels.BFloat16: kernelBF16, pixels.Float16: kernelF16}
	normalizes := [...]kernel{pixels.Float32: kernelU8F32, pixels.BFloat16: kernelU8BF16, pixels.Float16: kernelU8F16}
	pixels.Mix = func(c pixels.Call, f pixels.Format, dst, x pixels.Operand) error {
		return of(c).mix(mixes[f], dst, x)
	}
	pixels.Normalize = func(c pixels.Call, f pixels.Format, dst, x pixels.Operand, n any) error {
		return of(c).normalize(normalizes[f], dst, x, n.(*Normalization))
	}
	pixels.Paste = func(c pixels.Call, size int, dst, x pixels.Operand) error {
		return of(c).paste(size, dst, x)
	}
}

// mix mixes elements of one type.
func (c call) mix(k kernel, dst, x pixels.Operand) error {
	cols, inPlace, err := c.check(k.in(), dst, x)
	if err != nil || cols == 0 {
		return err
	}
	return c.walk(&walk{kernel: k, dst: rowsOf(dst, cols*k.in()), src: rowsOf(x, cols*k.in()), y: rowsOf(c.y, cols*k.in()), cols: cols,
		inPlace: inPlace, lambda: c.plan.lambda, pixel: c.pixel(cols)})
}

// unblended is λ of rows that are cut or kept.
var unblended = []float64{1}

// paste copies elements of so many bytes, as bytes, which λ = 1 keeps.
func (c call) paste(size int, dst, x pixels.Operand) error {
	cols, inPlace, err := c.check(size, dst, x)
	if err != nil || cols == 0 {
		return err
	}
	pixel := c.pixel(cols) * size
	cols *= size
	return c.walk(&walk{kernel: kernelU8, dst: rowsOf(dst, cols), src: rowsOf(x, cols), cols: cols, inPlace: inPlace,
		lambda: unblended, pixel: pixel})
}

// pixel is how many of so many columns lie together in a line of a box.
func (c *call) pixel(cols int) int {
	if g := c.cut; g != nil && Layout(g.Layout) == HWC {
		return cols / (g.Height * g.Width)
	}
	return 1
}

// normalize mixes bytes and makes model input of them.
func (c call) normalize(k kernel, dst, x pixels.Operand, n *Normalization) error {
	if err := n.check(); err != nil {
		return err
	}
	channels, bytes := len(n.Scale), n.pixelBytes()
	cols, err := c.columns(dst, x, channels, bytes)
	if err != nil || cols == 0 {
		return err
	}
	if err := c.fits(n, cols); err != nil {
		return err
	}
	dstBytes, xBytes := cols*channels*k.out(), cols*bytes
	if err := c.apart(dst, x, dstBytes, xBytes); err != nil {
		return err
	}
	m := modelPool.Get().(*model)
	defer modelPool.Put(m)
	m.set(n)
	switch {
	case m.splits():
		k = k.ofPixels(bytes)
	case !m.packs():
		cols *= channels
	}
	return c.walk(&walk{kernel: k, dst: rowsOf(dst, dstBytes), src: rowsOf(x, xBytes), y: rowsOf(c.y, xBytes), cols: cols,
		lambda: c.plan.lambda, model: m, pixel: c.pixel(cols)})
}

// fits returns an error if rows of so many pixels are other images to n than to the boxes.
func (c *call) fits(n *Normalization, cols int) error {
	g := c.cut
	if g == nil || g.Height == 0 {
		return nil
	}
	if cols != g.Height*g.Width {
		return fmt.Errorf("%w: it makes %d pixels of a row of %d elements, and the batch has %d × %d",
			ErrNormalization, cols, cols*n.pixelBytes(), g.Height, g.Width)
	}
	if layout := Layout(g.Layout); n.From != layout && n.pixelBytes() > 1 {
		return fmt.Errorf("%w: it takes layout %v, and the batch has %v", ErrNormalization, n.From, layout)
	}
	return nil
}

// walk runs over checked rows.
func (c *call) walk(w *walk) error {
	p := c.plan
	if s := p.paths.shared; w.inPlace && s[0] != s[1] {
		return fmt.Errorf("%w: in place, but row %d is the partner of row %d and of row %d", ErrIndex, p.index[s[0]], s[0], s[1])
	}
	w.index, w.paths, w.cut, w.cross, w.pool = p.index, &p.paths, c.cut, c.cross, c.pool
	w.run(c.workers, c.store)
	return nil
}

// check returns the length of the rows of two batches of elements of so many bytes, and whether they are one.
func (c *call) check(size int, dst, x pixels.Operand) (cols int, inPlace bool, err error) {
	cols, err = c.columns(dst, x, 1, 1)
	if err != nil || cols == 0 {
		return cols, false, err
	}
	if dst.Each {
		inPlace, err = overlap.Rows(dst.Rows, x.Rows, uintptr(cols*size))
		if err != nil {
			return 0, false, fmt.Errorf("%w: %v", ErrOverlap, err)
		}
	} else {
		if n := x.Len * size; overlap.Partly(dst.Flat, x.Flat, n) {
			return 0, false, fmt.Errorf("%w: dst and x are %d bytes long, %d bytes apart", ErrOverlap, n, overlap.Distance(dst.Flat, x.Flat))
		}
		inPlace = dst.Flat == x.Flat
	}
	if c.cross {
		err = c.apartFromPool(dst, cols*size, cols*size)
	}
	return cols, inPlace, err
}

// apart returns an error unless a row of dst, of so many bytes, overlaps no row of x and no other of dst.
func (c *call) apart(dst, x pixels.Operand, dstBytes, xBytes int) error {
	if dst.Each {
		if err := overlap.Apart(dst.Rows, uintptr(dstBytes), x.Rows, uintptr(xBytes), "x"); err != nil {
			return fmt.Errorf("%w: %v", ErrOverlap, err)
		}
	} else if overlap.Any(dst.Flat, c.plan.Len()*dstBytes, x.Flat, x.Len) {
		return fmt.Errorf("%w: dst and x, which have %d elements, share memory", ErrOverlap, x.Len)
	}
	if c.cross {
		return c.apartFromPool(dst, dstBytes, xBytes)
	}
	return nil
}

// columns returns how many columns the rows of two batches have, each so many elements of dst and of x, if they have as many, there
// are as many rows as the plan has, and they are whole images of a known geometry.
func (c *call) columns(dst, x pixels.Operand, perDst, perX int) (int, error) {
	n, all := c.plan.Len(), 0 // elements of a row of x
	if dst.Each {
		if len(dst.Rows) != n || len(x.Rows) != n {
			return 0, fmt.Errorf("%w: %d rows, dst has %d, x %d", ErrShape, n, len(dst.Rows), len(x.Rows))
		}
		if n > 0 {
			all = len(x.Rows[0])
		}
		for i := range x.Rows {
			if !alike(len(dst.Rows[i]), all, perDst, perX) || len(x.Rows[i]) != all {
				return 0, fmt.Errorf("%w: row 0 of x has %d elements, row %d of dst has %d and of x %d%s",
					ErrShape, all, i, len(dst.Rows[i]), len(x.Rows[i]), inPixel(perDst, perX))
			}
		}
	} else {
		rows := max(n, 1)
		inRows := n > 0 && x.Len%n == 0 && dst.Len%n == 0 || x.Len == 0 && dst.Len == 0
		if !inRows || perDst == perX && dst.Len != x.Len {
			return 0, fmt.Errorf("%w: %d rows, dst has %d elements, x %d", ErrShape, n, dst.Len, x.Len)
		}
		if !alike(dst.Len/rows, x.Len/rows, perDst, perX) {
			return 0, fmt.Errorf("%w: %d rows of %d elements in dst and %d elements in x%s",
				ErrShape, n, dst.Len/rows, x.Len/rows, inPixel(perDst, perX))
		}
		all = x.Len / rows
	}
	if c.cross {
		if err := c.checkPool(all); err != nil {
			return 0, err
		}
	}
	if g := c.cut; g != nil && g.Height > 0 && all%(g.Height*g.Width) != 0 {
		return 0, fmt.Errorf("%w: a row has %d elements, an image %d × %d pixels", ErrShape, all, g.Height, g.Width)
	}
	return all / perX, nil
}

// alike reports whether rows of so many elements of dst and of x are as many whole columns. A product could overflow.
func alike(dst, x, perDst, perX int) bool {
	return dst%perDst == 0 && x%perX == 0 && dst/perDst == x/perX
}

// inPixel says what a pixel has, if it is more than an element.
func inPixel(perDst, perX int) string {
	if perDst == 1 && perX == 1 {
		return ""
	}
	return fmt.Sprintf(", and a pixel %d channels and %d bytes", perDst, perX)
}

// rowsOf says where the rows of a batch are, each of so many bytes.
func rowsOf(o pixels.Operand, stride int) rows {
	if o.Each {
		return rows{each: o.Rows}
	}
	return rows{flat: o.Flat, stride: stride}
}
