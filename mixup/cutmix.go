package mixup

import (
	"fmt"
	"image"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/internal/pixels"
)

// A CutMix gives each row a partner and a box: row i gets the pixels of row index[i] inside box i.
// It is a [Mixer] of pixels, and [Shares] for labels. The zero CutMix has no rows.
//
// It may be used by many goroutines at once, as long as none resets it or changes a field. It must
// not be copied.
type CutMix struct {
	// Workers is the number of goroutines that share one call; 1 or less means the caller's only.
	Workers int
	// Store says whether results are written by streaming (non-temporal) stores.
	Store blend.StoreMode

	plan   blend.Plan // partners, and the share that a box leaves
	cut    pixels.Cut
	lambda []float64
}

// NewCutMix returns a CutMix of len(index) rows, each of any number of channels of height × width
// pixels, with one box for all rows, or one per row. It copies both. A box that is not inside the
// image is [ErrBox], a layout that is neither [CHW] nor [HWC], or an image without pixels,
// [ErrConfig], an index outside the rows [blend.ErrIndex], any other number of boxes
// [blend.ErrShape].
func NewCutMix(index []int, layout Layout, height, width int, boxes ...image.Rectangle) (*CutMix, error) {
	c := new(CutMix)
	if err := c.Reset(index, layout, height, width, boxes...); err != nil {
		return nil, err
	}
	return c, nil
}

// Reset re-initializes c as [NewCutMix] would, with the same errors, keeping Workers and Store. It
// allocates only if there are more rows than c has ever had. After an error c is unchanged.
func (c *CutMix) Reset(index []int, layout Layout, height, width int, boxes ...image.Rectangle) error {
	if err := checkImage(layout, height, width); err != nil {
		return err
	}
	if len(boxes) != len(index) && len(boxes) != 1 {
		return fmt.Errorf("%w: %d rows, but %d boxes (one, or one a row)", blend.ErrShape, len(index), len(boxes))
	}
	for i, b := range boxes {
		if b.Min.X < 0 || b.Min.Y < 0 || b.Max.X > width || b.Max.Y > height || b.Min.X > b.Max.X || b.Min.Y > b.Max.Y {
			return fmt.Errorf("%w: box %d is %v (columns, rows) in %d × %d pixels", ErrBox, i, b, height, width)
		}
	}
	c.lambda = c.lambda[:0]
	for _, b := range boxes {
		c.lambda = append(c.lambda, boxLambda(b, height, width, len(boxes)))
	}
	if err := c.plan.Reset(index, c.lambda...); err != nil {
		return err
	}
	c.cut.Height, c.cut.Width, c.cut.Layout = height, width, int(layout)
	c.cut.Boxes = append(c.cut.Boxes[:0], boxes...)
	return nil
}

func (c *CutMix) call() pixels.Call {
	if c == nil {
		return pixels.Call{}
	}
	return pixels.Call{Plan: &c.plan, Workers: c.Workers, Store: int(c.Store), Cut: &c.cut}
}

// Len returns the number of rows.
func (c *CutMix) Len() int {
	if c == nil {
		return 0
	}
	return c.plan.Len()
}

// Index returns the partner of row i. It panics if there is no row i.
func (c *CutMix) Index(i int) int { return c.plan.Index(i) }

// Lambda returns row i's share of itself, 1 − box area/(height·width). It panics if there is no row
// i.
func (c *CutMix) Lambda(i int) float64 { return c.plan.Lambda(i) }

// Box returns the box that row i takes from its partner, in columns Min.X to Max.X and rows Min.Y
// to Max.Y of pixels. It panics if there is no row i.
func (c *CutMix) Box(i int) image.Rectangle {
	_ = c.plan.Index(i)
	return c.cut.Box(i)
}

// Float32 mixes a batch: rows of x with the boxes of their partners. dst and x are Len() rows end
// to end. dst must be x, or not overlap it. Other numbers or lengths of rows, and rows that are not
// whole images of Height × Width pixels, are [blend.ErrShape]; other overlaps [blend.ErrOverlap];
// in place, a row that is the partner of two is [blend.ErrIndex].
func (c *CutMix) Float32(dst, x []float32) error { return mix(c, pixels.Float32, dst, x) }

// Float32Rows mixes a batch of one slice a row: rows of x with the boxes of their partners. dst and
// x have Len() rows, all of one length. Either dst[i] is x[i] for every i (in place), or no row of
// dst overlaps any row of x; rows of x may repeat then. No two rows of dst overlap. Other numbers
// or lengths of rows, and rows that are not whole images of Height × Width pixels, are
// [blend.ErrShape]; other overlaps [blend.ErrOverlap]; in place, a row that is the partner of two
// is [blend.ErrIndex].
func (c *CutMix) Float32Rows(dst, x [][]float32) error { return mixRows(c, pixels.Float32, dst, x) }

// Uint8 mixes a batch of bytes: rows of x with the boxes of their partners. dst and x are Len()
// rows end to end. dst must be x, or not overlap it. Other numbers or lengths of rows, and rows
// that are not whole images of Height × Width pixels, are [blend.ErrShape]; other overlaps
// [blend.ErrOverlap]; in place, a row that is the partner of two is [blend.ErrIndex].
func (c *CutMix) Uint8(dst, x []uint8) error { return mix(c, pixels.Uint8, dst, x) }

// Uint8Rows mixes a batch of bytes of one slice a row: rows of x with the boxes of their partners.
// dst and x have Len() rows, all of one length. Either dst[i] is x[i] for every i (in place), or no
// row of dst overlaps any row of x; rows of x may repeat then. No two rows of dst overlap. Other
// numbers or lengths of rows, and rows that are not whole images of Height × Width pixels, are
// [blend.ErrShape]; other overlaps [blend.ErrOverlap]; in place, a row that is the partner of two
// is [blend.ErrIndex].
func (c *CutMix) Uint8Rows(dst, x [][]uint8) error { return mixRows(c, pixels.Uint8, dst, x) }

// NormalizeFloat32 mixes a batch of bytes, rows of x with the boxes of their partners, and
// normalizes it to model input, in one pass. x has Len()·H·W·n.PixelBytes bytes (0: one per
// channel), rows of H × W pixels end to end; dst has Len()·channels·H·W elements. dst must not
// overlap x. Other numbers or lengths of rows are [blend.ErrShape], overlaps [blend.ErrOverlap]; an
// n that is bad, or whose From is not the batch's Layout, is [blend.ErrNormalization].
func (c *CutMix) NormalizeFloat32(dst []float32, x []uint8, n *blend.Normalization) error {
	return normalize(c, pixels.Float32, dst, x, n)
}

// NormalizeFloat32Rows is [CutMix.NormalizeFloat32] for a batch of one slice a row. x and dst have
// Len() rows, of H·W·n.PixelBytes bytes (0: one per channel) in x and of channels·H·W elements in
// dst. Rows of x may repeat; no row of dst overlaps any other row. Other numbers or lengths of rows
// are [blend.ErrShape], overlaps [blend.ErrOverlap]; an n that is bad, or whose From is not the
// batch's Layout, is [blend.ErrNormalization].
func (c *CutMix) NormalizeFloat32Rows(dst [][]float32, x [][]uint8, n *blend.Normalization) error {
	return normalizeRows(c, pixels.Float32, dst, x, n)
}
