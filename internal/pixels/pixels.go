// Package pixels lets packages mixup and fade mix by the traversal and the kernels of package blend, whose exported API knows neither
// boxes nor images of many rows. Package blend sets the functions when it is initialized. Package pixels itself repeats, packs and
// compares bytes.
package pixels

import (
	"fmt"
	"image"
	"math"
	"unsafe"
)

// MaxRows is the most rows that a batch has: what is kept of each is less than 64 bytes, and all of it has a length that an int
// holds, one of 32 bits too.
const MaxRows = min(math.MaxInt32, math.MaxInt/64)

// CacheLine is how many bytes streaming stores fill.
const CacheLine = 64

// Count says in an error how many rows a batch has, and why it may have none.
func Count(rows int) string {
	if rows == 0 {
		return "0 rows (nil, or never filled by Reset, At or Next)"
	}
	return fmt.Sprintf("%d rows", rows)
}

// An Operand is a batch whose element type is forgotten.
type Operand struct {
	Flat unsafe.Pointer // rows end to end,
	Len  int            // of so many elements in all;
	Rows [][]byte       // or one slice a row, of which the addresses and the lengths, in elements, are right
	Each bool           // Rows is meant
}

// Flat is a batch of rows end to end.
func Flat[T any](x []T) Operand {
	return Operand{Flat: unsafe.Pointer(unsafe.SliceData(x)), Len: len(x)}
}

// Each is a batch of one slice a row.
func Each[T any](x [][]T) Operand {
	return Operand{Rows: unsafe.Slice((*[]byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x)), Each: true}
}

// A Call mixes the pixels of a batch once. Where there are masks, rows are mixed by them, and λ is not looked at. A row is cut if
// its box has pixels: it takes them from its partner. Any other row is kept, to the bit, if its λ is 1, and else blended.
type Call struct {
	Plan    any // a *blend.Plan: partners, and λ of the rows that are not cut
	Workers int
	Store   int // a blend.StoreMode
	Cut     *Cut
}

// Cut holds the boxes or the masks of a batch, and the geometry of its rows.
type Cut struct {
	Height, Width int               // of an image; 0 where the geometry is not known
	Channels      int               // of a pixel, in calls that do not normalize; 0 where their number is not known
	Layout        int               // a blend.Layout
	Boxes         []image.Rectangle // none, one for all rows, or one a row
	Masks         [][]byte          // likewise, of a byte a pixel: the row's own share of it in units of 1/255
}

// Box is what row i takes from its partner.
func (c *Cut) Box(i int) image.Rectangle {
	switch len(c.Boxes) {
	case 0:
		return image.Rectangle{}
	case 1:
		return c.Boxes[0]
	}
	return c.Boxes[i]
}

// Mask is what row i is mixed by. There are masks.
func (c *Cut) Mask(i int) []byte {
	if len(c.Masks) == 1 {
		return c.Masks[0]
	}
	return c.Masks[i]
}

// A Format is how elements are held.
type Format int

const (
	Float32 Format = iota
	Uint8
	BFloat16
	Float16
)

var (
	// Mix sets dst to the mix of x.
	Mix func(c Call, f Format, dst, x Operand) error
	// Normalize sets dst to the mix of the bytes x, normalized by n, a *blend.Normalization.
	Normalize func(c Call, f Format, dst, x Operand, n any) error
	// Paste sets dst to x with the boxes of the partners, whose elements are so many bytes each. It blends no row.
	Paste func(c Call, size int, dst, x Operand) error

	// Pair sets dst, which is not empty, to the mix of a and b by λ. It checks nothing. If it streams, the results are for other goroutines
	// to read after Fence.
	Pair func(dst, a, b []byte, lambda float64, stream bool)
	// MaskPair is Pair by a mask with a byte for each pixel, of one to four bytes of dst, which has whole pixels.
	MaskPair func(dst, a, b, mask []byte, channels int, stream bool)
	// Streams reports whether results out of place that make, with what is read, so many bytes, are better streamed.
	Streams func(bytes uint64) bool
	Fence   func()
)
