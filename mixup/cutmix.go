package mixup

import (
	"fmt"
	"image"
	"math"
	"slices"
	"unsafe"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/internal/overlap"
)

// A Layout is the order of the pixels in a row.
type Layout = blend.Layout

const (
	CHW = blend.CHW
	HWC = blend.HWC
)

func checkImage(layout Layout, height, width int) error {
	switch {
	case layout < CHW || layout > HWC:
		return fmt.Errorf("%w: Layout = %v, want CHW or HWC", ErrConfig, layout)
	case height < 1:
		return fmt.Errorf("%w: Height = %d, want 1 or more", ErrConfig, height)
	case width < 1 || width > math.MaxInt/height:
		return fmt.Errorf("%w: Width = %d with Height = %d, want 1 or more, and a product that fits an int",
			ErrConfig, width, height)
	}
	return nil
}

// Box returns the box that CutMix cuts at λ around row cy and column cx of an image: in proportion to the image, of 1−λ
// of its area, then clipped to it. It is timm's rand_bbox with cy and cx as drawn and λ a Python float. The error is
// [blend.ErrLambda] for a λ outside [0, 1], [ErrBox] for a centre outside the image, [ErrConfig] for an image without pixels.
func Box(height, width int, lambda float64, cy, cx int) (image.Rectangle, error) {
	if err := checkImage(CHW, height, width); err != nil {
		return image.Rectangle{}, err
	}
	if !(lambda >= 0 && lambda <= 1) {
		return image.Rectangle{}, fmt.Errorf("%w: %v", blend.ErrLambda, lambda)
	}
	if cy < 0 || cy >= height || cx < 0 || cx >= width {
		return image.Rectangle{}, fmt.Errorf("%w: its centre is row %d, column %d of %d × %d pixels",
			ErrBox, cy, cx, height, width)
	}
	return box(height, width, lambda, cy, cx), nil
}

func box(height, width int, lambda float64, cy, cx int) (b image.Rectangle) {
	side := math.Sqrt(1 - lambda)
	b.Min.Y, b.Max.Y = clip(cy, int(float64(height)*side), height)
	b.Min.X, b.Max.X = clip(cx, int(float64(width)*side), width)
	return b
}

// clip returns what is inside [0, size) of an interval around centre.
func clip(centre, length, size int) (from, to int) {
	return max(centre-length/2, 0), min(centre+(length+1)/2, size)
}

// boxLambda is the share of the image that a box leaves. Where there are many, it is a float32, as timm keeps it.
func boxLambda(b image.Rectangle, height, width, boxes int) float64 {
	lambda := 1 - float64(b.Dx()*b.Dy())/float64(height*width)
	if boxes > 1 {
		return float64(float32(lambda))
	}
	return lambda
}

// A CutMix says which box each row takes from whom, as a [blend.Plan] says by how much rows are mixed: row i becomes row
// i with box i of row index[i]. [Paste] and [PasteRows] do it, [CutMix.Plan] mixes the labels. The zero CutMix has no
// rows.
//
// A CutMix may be used by many goroutines at once, as long as none resets it. It must not be copied.
type CutMix struct {
	layout        Layout
	height, width int

	plan    blend.Plan
	boxes   []image.Rectangle // one, or one a row
	lambda  []float64         // likewise
	blended []bool            // likewise, or none: rows of a Batch that are mixed by λ

	begins []int  // a row of each cycle of the index
	taken  []bool // whether a row is a partner
	shared [2]int // two rows with one partner, if there are such
}

// NewCutMix returns a CutMix of len(index) rows, each of any number of channels of height × width pixels, with one box for
// all rows, or one a row. It copies both. A box that is not inside the image is [ErrBox], another layout or an image without
// pixels [ErrConfig], an index outside the rows [blend.ErrIndex], any other number of boxes [blend.ErrShape].
func NewCutMix(index []int, layout Layout, height, width int, boxes ...image.Rectangle) (*CutMix, error) {
	c := new(CutMix)
	if err := c.Reset(index, layout, height, width, boxes...); err != nil {
		return nil, err
	}
	return c, nil
}

// Reset makes c the CutMix that [NewCutMix] would return. It allocates only where there are more rows than c ever had. After
// an error c is what it was.
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
	c.layout, c.height, c.width = layout, height, width
	c.boxes, c.blended = append(c.boxes[:0], boxes...), c.blended[:0]
	c.follow(index)
	return nil
}

// follow finds the cycles of an index whose every value is in range.
func (c *CutMix) follow(index []int) {
	c.taken = resize(c.taken, len(index))
	clear(c.taken)
	c.begins, c.shared = c.begins[:0], [2]int{}
	for i, q := range index {
		if c.taken[q] {
			c.shared = [2]int{slices.Index(index, q), i}
			return // it has no use in place, where cycles matter
		}
		c.taken[q] = true
	}
	for i := range index {
		if c.taken[i] {
			c.begins = append(c.begins, i)
		}
		for r := i; c.taken[r]; r = index[r] {
			c.taken[r] = false
		}
	}
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

// Lambda returns the share of row i that its box leaves, 1 − box area/(height·width). It panics if there is no row i.
func (c *CutMix) Lambda(i int) float64 { return c.plan.Lambda(i) }

// Box returns what row i takes from its partner: columns Min.X to Max.X and rows Min.Y to Max.Y of pixels. It panics if
// there is no row i.
func (c *CutMix) Box(i int) image.Rectangle {
	_ = c.plan.Index(i)
	return one(c.boxes, i)
}

// Plan returns the Plan of the labels, with the same partners and Lambda(i). It belongs to c.
func (c *CutMix) Plan() *blend.Plan { return &c.plan }

// one is element i of a slice that has one for all rows, or one a row.
func one[T any](s []T, i int) T {
	if len(s) == 1 {
		return s[0]
	}
	return s[i]
}

// Element is what pixels are made of. 16-bit floats are held in a type of ~uint16.
type Element interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~int | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uint | ~float32 | ~float64
}

// Paste sets dst to x with the boxes of the partners, each row being len(x)/c.Len() elements. dst is x, which copies
// boxes only, or overlaps it nowhere, else the error is [blend.ErrOverlap]. In place each row may be a partner once only,
// else it is [blend.ErrIndex]. Lengths that differ, or that are not whole images, are [blend.ErrShape].
func Paste[T Element](c *CutMix, dst, x []T) error { return mixFlat(c, dst, x, nil) }

// PasteRows pastes in a batch of one slice a row. There are c.Len() rows in dst and in x, all of one length, else the
// error is [blend.ErrShape]. It is in place if dst[i] is x[i] for every i. Otherwise no row of dst may overlap any row of
// x; rows of x may repeat. No two rows of dst may overlap. The error of these is [blend.ErrOverlap].
func PasteRows[T Element](c *CutMix, dst, x [][]T) error { return mixRows(c, dst, x, nil) }

// pair mixes a row with its partner, where a row is not cut.
type pair[T Element] func(dst, own, partner []T, lambda float64) error

func mixFlat[T Element](c *CutMix, dst, x []T, mix pair[T]) error {
	n := c.Len()
	if len(dst) != len(x) || n == 0 && len(x) != 0 || n != 0 && len(x)%n != 0 {
		return fmt.Errorf("%w: %d rows, dst has %d elements, x %d", blend.ErrShape, n, len(dst), len(x))
	}
	if len(x) == 0 {
		return nil
	}
	inPlace := &dst[0] == &x[0]
	if !inPlace && overlaps(dst, x) {
		return fmt.Errorf("%w: dst and x are %d elements long, and neither the same nor apart", blend.ErrOverlap, len(x))
	}
	return run(c, rows[T]{flat: dst, cols: len(x) / n}, rows[T]{flat: x, cols: len(x) / n}, inPlace, mix)
}

func mixRows[T Element](c *CutMix, dst, x [][]T, mix pair[T]) error {
	n := c.Len()
	if len(dst) != n || len(x) != n {
		return fmt.Errorf("%w: %d rows, dst has %d, x %d", blend.ErrShape, n, len(dst), len(x))
	}
	if n == 0 {
		return nil
	}
	cols := len(x[0])
	for i := range x {
		if len(dst[i]) != cols || len(x[i]) != cols {
			return fmt.Errorf("%w: row 0 of x has %d elements, row %d of dst has %d and of x %d",
				blend.ErrShape, cols, i, len(dst[i]), len(x[i]))
		}
	}
	if cols == 0 {
		return nil
	}
	inPlace, err := overlap.Rows(overlap.Headers(dst), overlap.Headers(x), uintptr(cols)*unsafe.Sizeof(*new(T)))
	if err != nil {
		return fmt.Errorf("%w: %v", blend.ErrOverlap, err)
	}
	return run(c, rows[T]{each: dst, cols: cols}, rows[T]{each: x, cols: cols}, inPlace, mix)
}

// rows is a batch of either form.
type rows[T Element] struct {
	flat []T
	each [][]T
	cols int
}

func (r rows[T]) row(i int) []T {
	if r.each != nil {
		return r.each[i]
	}
	return r.flat[i*r.cols : (i+1)*r.cols]
}

// run mixes a batch whose aliasing has been checked.
func run[T Element](c *CutMix, dst, x rows[T], inPlace bool, mix pair[T]) error {
	if pixels := c.height * c.width; x.cols%pixels != 0 {
		return fmt.Errorf("%w: a row has %d elements, an image %d × %d pixels", blend.ErrShape, x.cols, c.height, c.width)
	}
	if !inPlace {
		for i := range c.Len() {
			if err := mixRow(c, i, dst.row(i), x.row(i), x.row(c.Index(i)), mix); err != nil {
				return err
			}
		}
		return nil
	}
	if c.shared != [2]int{} {
		return fmt.Errorf("%w: in place, but row %d is the partner of row %d and of row %d",
			blend.ErrIndex, c.Index(c.shared[0]), c.shared[0], c.shared[1])
	}
	// Along a cycle each row is written before its partner, but for the last, whose partner is the first: what it takes from
	// that is kept aside.
	aside := scratchPool.Get().(*scratch)
	defer scratchPool.Put(aside)
	first := scratchRow[T](aside, x.cols)
	for _, begin := range c.begins {
		last := begin
		for c.Index(last) != begin {
			last = c.Index(last)
		}
		if c.blends(last) {
			copy(first, x.row(begin))
		} else {
			paste(c, first, nil, x.row(begin), c.Box(last))
		}
		for r := begin; ; r = c.Index(r) {
			own, partner := x.row(r), first
			if r != last {
				partner = x.row(c.Index(r))
			}
			if err := mixRow(c, r, own, own, partner, mix); err != nil {
				return err
			}
			if r == last {
				break
			}
		}
	}
	return nil
}

func mixRow[T Element](c *CutMix, i int, dst, own, partner []T, mix pair[T]) error {
	if c.blends(i) {
		return mix(dst, own, partner, c.Lambda(i))
	}
	if &dst[0] == &own[0] {
		own = nil
	}
	paste(c, dst, own, partner, c.Box(i))
	return nil
}

// blends is whether row i is mixed by λ.
func (c *CutMix) blends(i int) bool { return len(c.blended) > 0 && one(c.blended, i) }

// paste sets dst to own, or leaves it as it is if own is nil, with a box of partner.
func paste[T Element](c *CutMix, dst, own, partner []T, box image.Rectangle) {
	planes, pixel := len(dst)/(c.height*c.width), 1
	if c.layout == HWC {
		planes, pixel = 1, planes
	}
	done := 0
	for plane := range planes {
		for y := box.Min.Y; y < box.Max.Y; y++ {
			line := (plane*c.height + y) * c.width
			from, to := (line+box.Min.X)*pixel, (line+box.Max.X)*pixel
			if own != nil {
				copy(dst[done:from], own[done:from])
			}
			copy(dst[from:to], partner[from:to])
			done = to
		}
	}
	if own != nil {
		copy(dst[done:], own[done:])
	}
}
