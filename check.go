package blend

import (
	"fmt"

	"github.com/mixblend/blend/internal/overlap"
	"github.com/mixblend/blend/internal/pixels"
)

// check returns the length of the rows of two batches of elements of so many bytes, and whether they are one.
func (c *callOptions) check(size int, dst, x pixels.Operand) (cols int, inPlace bool, err error) {
	cols, err = c.columns(dst, x, nil)
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
			return 0, false, fmt.Errorf("%w: %s", ErrOverlap, overlap.Where("dst", dst.Flat, n, "x", x.Flat, n))
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
	if err != nil {
		return fmt.Errorf("%w (nothing is normalized in place)", err)
	}
	if c.cross {
		err = c.apartFromPool(dst, dstBytes, xBytes)
	}
	return err
}

// columns returns how many columns the rows of two batches have, each so many elements of dst and of x, if they have as many, there
// are as many rows as the plan has, and they are whole images of a known geometry. n is nil unless it normalizes.
func (c *callOptions) columns(dst, x pixels.Operand, n *Normalization) (int, error) {
	perDst, perX := 1, 1
	if n != nil {
		perDst, perX = len(n.Scale), n.pixelBytes()
	}
	rows, all := len(c.index), 0 // elements of a row of x
	if dst.Each {
		if len(dst.Rows) != rows || len(x.Rows) != rows {
			return 0, fmt.Errorf("%w: %s, dst has %d, x %d", ErrShape, pixels.Count(rows), len(dst.Rows), len(x.Rows))
		}
		if rows > 0 {
			all = len(x.Rows[0])
		}
		for i := range x.Rows {
			if !alike(len(dst.Rows[i]), all, perDst, perX) || len(x.Rows[i]) != all {
				return 0, c.rowError(i, dst, x, n)
			}
		}
	} else if all = x.Len / max(rows, 1); perDst != 1 || perX != 1 || dst.Len != x.Len || all*rows != x.Len { // divisions take time
		r := max(rows, 1)
		inRows := rows > 0 && x.Len%r == 0 && dst.Len%r == 0 || x.Len == 0 && dst.Len == 0
		if !inRows || !alike(dst.Len/r, x.Len/r, perDst, perX) {
			return 0, c.lengthError(dst.Len, x.Len, n)
		}
	}
	if c.cross {
		if err := c.checkPool(all); err != nil {
			return 0, err
		}
	}
	if g := c.cut; g != nil && g.Height > 0 && !isImage(g, all, perX, n) {
		if dst.Each {
			return 0, c.rowError(0, dst, x, n)
		}
		return 0, c.lengthError(dst.Len, x.Len, n)
	}
	return all / perX, nil
}

// isImage reports whether a row of so many elements has the geometry of g. A product could overflow.
func isImage(g *pixels.Cut, all, perX int, n *Normalization) bool {
	switch size := g.Height * g.Width; {
	case all == 0:
		return true
	case n != nil:
		return all%size == 0 && all/perX == size
	case g.Channels > 0:
		return all%size == 0 && all/size == g.Channels
	default:
		return all%size == 0
	}
}

// alike reports whether rows of so many elements of dst and of x are as many whole columns. A product could overflow.
func alike(dst, x, perDst, perX int) bool {
	return dst%perDst == 0 && x%perX == 0 && dst/perDst == x/perX
}

// fits returns an error if rows of so many pixels are laid out as other images than those of the boxes.
func (c *callOptions) fits(n *Normalization) error {
	g := c.cut
	if g == nil || g.Height == 0 {
		return nil
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
		return fmt.Errorf("%w: %s", ErrOverlap, overlap.Where("dst", dst.Flat, n, name, of.Flat, m))
	}
	return nil
}
