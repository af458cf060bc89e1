package fade

import (
	"fmt"
	"image"
	"reflect"
	"unsafe"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/internal/overlap"
)

// A kind is how the bytes of a row are mixed.
type kind int

const (
	bytes8  kind = iota // each by itself
	nrgba8              // colors weighted by alpha
	words16             // as above, of two bytes each, big-endian
	nrgba16
)

// A plane is rows of bytes.
type plane struct {
	pix           []uint8
	stride        int
	width, height int // bytes, rows
}

// row returns row i, with no room behind it.
func (p plane) row(i int) []uint8 {
	at := i * p.stride
	return p.pix[at : at+p.width : at+p.width]
}

// band returns the rows of part i of n.
func (p plane) band(i, n int) plane {
	first, last := part(p.height, i, n), part(p.height, i+1, n)
	if first < last {
		p.pix = p.pix[first*p.stride:]
	}
	p.height = last - first
	return p
}

// part returns where part i of n begins, and where part i−1 ends.
func part(height, i, n int) int { return height/n*i + height%n*i/n }

// flat reports whether rows lie end to end.
func (p plane) flat() bool { return p.stride == p.width || p.height <= 1 }

// joined makes one row of rows that lie end to end.
func (p plane) joined() plane {
	n := p.width * p.height
	return plane{p.pix, n, n, min(p.height, 1)}
}

// fits reports whether all rows are in pix, and none overlaps the next.
func (p plane) fits() bool {
	return p.width <= len(p.pix) && (p.height == 1 || p.stride >= p.width && (len(p.pix)-p.width)/p.stride >= p.height-1)
}

func (p plane) address() unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(p.pix)) }

// is reports whether two planes of one size are the same bytes.
func (p plane) is(q plane) bool {
	return p.address() == q.address() && (p.stride == q.stride || p.height == 1)
}

// shares reports whether two planes have a byte in common.
func (p plane) shares(q plane) bool {
	return overlap.Rectangles(p.address(), p.width, p.height, p.stride, q.address(), q.width, q.height, q.stride)
}

// A view is what of an image matters here.
type view struct {
	name   string // the argument's
	rect   image.Rectangle
	kind   kind
	pixel  int // bytes of a pixel in a plane
	count  int // of planes
	planes [3]plane
	ratio  image.YCbCrSubsampleRatio
}

// look returns the view of an image, all of whose pixels are there.
func look(name string, m image.Image) (v view, err error) {
	v = view{name: name, count: 1}
	switch m := m.(type) {
	case *image.RGBA:
		if m != nil {
			return v, v.set(m.Rect, bytes8, 4, m.Pix, m.Stride)
		}
	case *image.NRGBA:
		if m != nil {
			return v, v.set(m.Rect, nrgba8, 4, m.Pix, m.Stride)
		}
	case *image.Gray:
		if m != nil {
			return v, v.set(m.Rect, bytes8, 1, m.Pix, m.Stride)
		}
	case *image.Alpha:
		if m != nil {
			return v, v.set(m.Rect, bytes8, 1, m.Pix, m.Stride)
		}
	case *image.CMYK:
		if m != nil {
			return v, v.set(m.Rect, bytes8, 4, m.Pix, m.Stride)
		}
	case *image.RGBA64:
		if m != nil {
			return v, v.set(m.Rect, words16, 8, m.Pix, m.Stride)
		}
	case *image.NRGBA64:
		if m != nil {
			return v, v.set(m.Rect, nrgba16, 8, m.Pix, m.Stride)
		}
	case *image.Gray16:
		if m != nil {
			return v, v.set(m.Rect, words16, 2, m.Pix, m.Stride)
		}
	case *image.Alpha16:
		if m != nil {
			return v, v.set(m.Rect, words16, 2, m.Pix, m.Stride)
		}
	case *image.YCbCr:
		if m != nil {
			return v, v.setYCbCr(m)
		}
	default:
		if m != nil {
			return v, fmt.Errorf("%w: %s is %s, which is not mixed: draw it into an *image.RGBA", ErrType, name, describe(m))
		}
	}
	return v, fmt.Errorf("%w: %s is %s", ErrType, name, describe(m))
}

// describe names the type of an image.
func describe(m image.Image) string {
	if r := reflect.ValueOf(m); r.IsValid() && r.Kind() == reflect.Pointer && r.IsNil() {
		return fmt.Sprintf("a nil %T", m)
	}
	if m, ok := m.(*image.YCbCr); ok {
		return fmt.Sprintf("%T %v", m, m.SubsampleRatio)
	}
	return fmt.Sprintf("%T", m)
}

func (v *view) set(rect image.Rectangle, kind kind, pixel int, pix []uint8, stride int) error {
	v.rect, v.kind, v.pixel = rect, kind, pixel
	size, err := v.size()
	if err != nil {
		return err
	}
	return v.plane(0, pix, stride, size)
}

// size returns the width and the height of the rectangle, both 0 if it is empty.
func (v *view) size() (image.Point, error) {
	if v.rect.Empty() {
		return image.Point{}, nil
	}
	size := v.rect.Size()
	if size.X <= 0 || size.Y <= 0 {
		return size, fmt.Errorf("%w: the rectangle %v of %s is too large", ErrSize, v.rect, v.name)
	}
	return size, nil
}

// plane sets plane i to so many pixels, if they are there.
func (v *view) plane(i int, pix []uint8, stride int, size image.Point) error {
	p := plane{pix, stride, 0, size.Y}
	if size.X <= len(pix)/v.pixel { // or the product may overflow
		p.width = size.X * v.pixel
	}
	if size.Y > 0 && (p.width == 0 || !p.fits()) {
		return fmt.Errorf("%w: %s has %d bytes at a stride of %d for %d×%d pixels of %d", ErrSize, v.name, len(pix), stride, size.X, size.Y, v.pixel)
	}
	v.planes[i] = p
	return nil
}

// subsampling returns how many pixels across and down share chroma.
func subsampling(r image.YCbCrSubsampleRatio) (image.Point, bool) {
	switch r {
	case image.YCbCrSubsampleRatio444:
		return image.Pt(1, 1), true
	case image.YCbCrSubsampleRatio422:
		return image.Pt(2, 1), true
	case image.YCbCrSubsampleRatio420:
		return image.Pt(2, 2), true
	case image.YCbCrSubsampleRatio440:
		return image.Pt(1, 2), true
	case image.YCbCrSubsampleRatio411:
		return image.Pt(4, 1), true
	case image.YCbCrSubsampleRatio410:
		return image.Pt(4, 2), true
	}
	return image.Point{}, false
}

func (v *view) setYCbCr(m *image.YCbCr) error {
	v.ratio = m.SubsampleRatio
	sub, ok := subsampling(m.SubsampleRatio)
	if !ok {
		return fmt.Errorf("%w: %s is %s", ErrType, v.name, describe(m))
	}
	if err := v.set(m.Rect, bytes8, 1, m.Y, m.YStride); err != nil || v.rect.Empty() {
		return err
	}
	// Package image rounds negative coordinates towards zero, so that three columns share chroma
	// about 0 and not two.
	if at := m.Rect.Min; sub.X > 1 && (at.X < 0 || at.X%sub.X != 0) || sub.Y > 1 && (at.Y < 0 || at.Y%sub.Y != 0) {
		return v.chromaError("does not begin", sub)
	}
	size := m.Rect.Size()
	chroma := image.Pt((size.X-1)/sub.X+1, (size.Y-1)/sub.Y+1)
	v.count = 3
	if err := v.plane(1, m.Cb, m.CStride, chroma); err != nil {
		return err
	}
	return v.plane(2, m.Cr, m.CStride, chroma)
}

func (v *view) chromaError(how string, sub image.Point) error {
	return fmt.Errorf("%w: the rectangle %v of %s %s at multiples of %d×%d pixels", ErrChroma, v.rect, v.name, how, sub.X, sub.Y)
}

// checkEnd refuses chroma, about to be written, that pixels right of or below the rectangle have
// too.
func (v *view) checkEnd() error {
	sub, _ := subsampling(v.ratio)
	if v.count == 1 {
		return nil
	}
	y := v.planes[0]
	more := len(y.pix) > (y.height-1)*y.stride+y.width
	if v.rect.Max.X%sub.X != 0 && y.stride > y.width || v.rect.Max.Y%sub.Y != 0 && more {
		return v.chromaError("does not end", sub)
	}
	return nil
}

// bytes returns how many there are in the planes.
func (v *view) bytes() int {
	n := 0
	for _, p := range v.planes[:v.count] {
		n += p.width * p.height
	}
	return n
}

// match returns the views of dst, a and b, if these can be mixed.
func match(dst, a, b image.Image) (v [3]view, err error) {
	images := [3]image.Image{dst, a, b}
	for i, m := range images {
		if v[i], err = look([]string{"dst", "a", "b"}[i], m); err != nil {
			return v, err
		}
		if reflect.TypeOf(m) != reflect.TypeOf(dst) || v[i].ratio != v[0].ratio {
			return v, fmt.Errorf("%w: dst is %s, %s is %s", ErrType, describe(dst), v[i].name, describe(m))
		}
		if err := v[0].same(&v[i]); err != nil {
			return v, err
		}
	}
	if err := v[0].checkEnd(); err != nil {
		return v, err
	}
	return v, v[0].apart(v[1:])
}

// same refuses another size.
func (v *view) same(o *view) error {
	if s, t := v.rect.Size(), o.rect.Size(); s != t && !(v.rect.Empty() && o.rect.Empty()) {
		return fmt.Errorf("%w: %s has %d×%d pixels, %s %d×%d", ErrSize, v.name, s.X, s.Y, o.name, t.X, t.Y)
	}
	return nil
}

// apart refuses a destination that is none of the others, and not apart from them.
func (v *view) apart(others []view) error {
	for i, p := range v.planes[:v.count] {
		for k := range i {
			if p.shares(v.planes[k]) {
				return fmt.Errorf("%w: planes %d and %d of %s share memory", blend.ErrOverlap, k, i, v.name)
			}
		}
		for o := range others {
			for k, q := range others[o].planes[:others[o].count] {
				if !(i == k && p.is(q)) && p.shares(q) {
					return fmt.Errorf("%w: %s %v and %s %v share pixels", blend.ErrOverlap, v.name, v.rect, others[o].name, others[o].rect)
				}
			}
		}
	}
	return nil
}
