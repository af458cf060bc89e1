package blend

import (
	"fmt"

	"github.com/mixblend/blend/internal/overlap"
	"github.com/mixblend/blend/internal/pixels"
)

// check returns the length of the rows of two batches of elements of so many bytes, and whether they are one.
func (c *callOptions) check(size int, dst, x pixels.Operand) (cols int, inPlace bool, err error) {
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

// apart returns an error unless a row of dst, of so many bytes, overlaps no row of x, of the pool, and no other of dst.
func (c *callOptions) apart(dst, x pixels.Operand, dstBytes, xBytes int) error {
	err := c.apartFrom(dst, dstBytes, "x", x, len(c.index), xBytes)
	if err != nil && !dst.Each {
		return fmt.Errorf("%w: x has %d elements", err, x.Len)
	}
	if err == nil && c.cross {
		err = c.apartFromPool(dst, dstBytes, xBytes)
	}
	return err
}

// columns returns how many columns the rows of two batches have, each so many elements of dst and of x, if they have as many, there
// are as many rows as the plan has, and they are whole images of a known geometry.
func (c *callOptions) columns(dst, x pixels.Operand, perDst, perX int) (int, error) {
	n, all := len(c.index), 0 // elements of a row of x
	if dst.Each {
		if len(dst.Rows) != n || len(x.Rows) != n {
			return 0, fmt.Errorf("%w: %s, dst has %d, x %d", ErrShape, pixels.Count(n), len(dst.Rows), len(x.Rows))
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
	} else if all = x.Len / max(n, 1); perDst != 1 || perX != 1 || dst.Len != x.Len || all*n != x.Len { // divisions take time
		rows := max(n, 1)
		inRows := n > 0 && x.Len%n == 0 && dst.Len%n == 0 || x.Len == 0 && dst.Len == 0
		if !inRows || !alike(dst.Len/rows, x.Len/rows, perDst, perX) {
			return 0, fmt.Errorf("%w: %s, dst has %d elements, x %d%s%s",
				ErrShape, pixels.Count(n), dst.Len, x.Len, inPixel(perDst, perX), wanted(n, x.Len, perDst, perX))
		}
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
	return fmt.Sprintf(", and a pixel %d channels and %d bytes (PixelBytes)", perDst, perX)
}

// wanted says which length dst should have for so many elements of x in rows, or that x cannot have them.
func wanted(rows, x, perDst, perX int) string {
	switch {
	case rows == 0:
		return ""
	case x%(rows*perX) != 0:
		return fmt.Sprintf(": want a multiple of %d in x", rows*perX)
	}
	return fmt.Sprintf(": want %d in dst", uint64(x)/uint64(perX)*uint64(perDst))
}

// fits returns an error if rows of so many pixels are other images to n than to the boxes.
func (c *callOptions) fits(n *Normalization, cols int) error {
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

// checkPool returns an error unless y has the rows that it should, each of so many columns. Without rows in x these may be any number.
func (c *callOptions) checkPool(cols int) error {
	if c.y.Each {
		if len(c.y.Rows) != c.pool {
			return fmt.Errorf("%w: a pool of %d rows, y has %d", ErrShape, c.pool, len(c.y.Rows))
		}
		for i, r := range c.y.Rows {
			if len(c.index) == 0 {
				cols = len(c.y.Rows[0])
			}
			if len(r) != cols {
				return fmt.Errorf("%w: rows of %d elements, row %d of y has %d", ErrShape, cols, i, len(r))
			}
		}
		return nil
	}
	if c.pool == 0 && c.y.Len != 0 || c.pool != 0 && (c.y.Len%c.pool != 0 || len(c.index) != 0 && c.y.Len/c.pool != cols) {
		return fmt.Errorf("%w: %d rows of %d elements in x, a pool of %d rows, y has %d elements", ErrShape, len(c.index), cols, c.pool, c.y.Len)
	}
	return nil
}

// apartFromPool returns an error if a row of dst, of so many bytes, overlaps one of y.
func (c *callOptions) apartFromPool(dst pixels.Operand, dstBytes, yBytes int) error {
	return c.apartFrom(dst, dstBytes, "y", c.y, c.pool, yBytes)
}

// apartFrom returns an error if a row of dst overlaps another, or one of so many rows of what has the name.
func (c *callOptions) apartFrom(dst pixels.Operand, dstBytes int, name string, of pixels.Operand, rows, rowBytes int) error {
	if dst.Each {
		if err := overlap.Apart(dst.Rows, uintptr(dstBytes), of.Rows, uintptr(rowBytes), name); err != nil {
			return fmt.Errorf("%w: %v", ErrOverlap, err)
		}
	} else if n, m := len(c.index)*dstBytes, rows*rowBytes; overlap.Any(dst.Flat, n, of.Flat, m) {
		return fmt.Errorf("%w: dst and %s are %d and %d bytes long, %d bytes apart", ErrOverlap, name, n, m, overlap.Distance(dst.Flat, of.Flat))
	}
	return nil
}
