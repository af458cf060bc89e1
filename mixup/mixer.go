package mixup

import (
	"image"
	"unsafe"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/internal/pixels"
)

// A Mixer mixes the pixels of a batch: a *[Batch], a *[CutMix] or a *[Masks]. No other type can be
// one.
//
// A row is blended with its partner, cut (it takes a box from its partner), mixed by a mask, or
// kept; blended, cut and kept rows may stand in one batch. A row whose Lambda is 1 is kept: it
// keeps its bits, or is normalized as it is, whatever its partner holds. A blended row is mixed as
// [blend.Plan] mixes it, with λ = Lambda.
//
// There are Len() rows in dst and in x, all of one length, and whole images of the Mixer's geometry
// where it has one. Rows lie end to end, or, in calls whose names end in Rows, are one slice each.
// Workers and Store are read when a call starts, and hold for every row.
type Mixer interface {
	Shares
	call() pixels.Call
}

// Boxes is a Mixer that has boxes: a *[Batch] or a *[CutMix].
type Boxes interface {
	Mixer
	Box(i int) image.Rectangle
}

func callOf(m Mixer) pixels.Call {
	if m == nil {
		return pixels.Call{}
	}
	return m.call()
}

func mix[T any](m Mixer, f pixels.Format, dst, x []T) error {
	return pixels.Mix(callOf(m), f, pixels.Flat(dst), pixels.Flat(x))
}

func mixRows[T any](m Mixer, f pixels.Format, dst, x [][]T) error {
	return pixels.Mix(callOf(m), f, pixels.Each(dst), pixels.Each(x))
}

func normalize[T any](m Mixer, f pixels.Format, dst []T, x []uint8, n *blend.Normalization) error {
	return pixels.Normalize(callOf(m), f, pixels.Flat(dst), pixels.Flat(x), n)
}

func normalizeRows[T any](m Mixer, f pixels.Format, dst [][]T, x [][]uint8, n *blend.Normalization) error {
	return pixels.Normalize(callOf(m), f, pixels.Each(dst), pixels.Each(x), n)
}

// MixBFloat16 mixes a batch of bfloat16; blended rows have the bits of [blend.MixBFloat16]. dst and
// x are m.Len() rows end to end. dst must be x, or not overlap it. Other numbers or lengths of
// rows, and rows that are not whole images of the geometry, are [blend.ErrShape]; other overlaps
// [blend.ErrOverlap]; in place, a row that is the partner of two is [blend.ErrIndex].
func MixBFloat16[T ~uint16](m Mixer, dst, x []T) error { return mix(m, pixels.BFloat16, dst, x) }

// MixBFloat16Rows is [MixBFloat16] for a batch of one slice a row. dst and x have m.Len() rows, all
// of one length. Either dst[i] is x[i] for every i (in place), or no row of dst overlaps any row of
// x; rows of x may repeat then. No two rows of dst overlap. Other numbers or lengths of rows, and
// rows that are not whole images of the geometry, are [blend.ErrShape]; other overlaps
// [blend.ErrOverlap]; in place, a row that is the partner of two is [blend.ErrIndex].
func MixBFloat16Rows[T ~uint16](m Mixer, dst, x [][]T) error {
	return mixRows(m, pixels.BFloat16, dst, x)
}

// MixFloat16 mixes a batch of IEEE 754 binary16; blended rows have the bits of [blend.MixFloat16].
// dst and x are m.Len() rows end to end. dst must be x, or not overlap it. Other numbers or lengths
// of rows, and rows that are not whole images of the geometry, are [blend.ErrShape]; other overlaps
// [blend.ErrOverlap]; in place, a row that is the partner of two is [blend.ErrIndex].
func MixFloat16[T ~uint16](m Mixer, dst, x []T) error { return mix(m, pixels.Float16, dst, x) }

// MixFloat16Rows is [MixFloat16] for a batch of one slice a row. dst and x have m.Len() rows, all
// of one length. Either dst[i] is x[i] for every i (in place), or no row of dst overlaps any row of
// x; rows of x may repeat then. No two rows of dst overlap. Other numbers or lengths of rows, and
// rows that are not whole images of the geometry, are [blend.ErrShape]; other overlaps
// [blend.ErrOverlap]; in place, a row that is the partner of two is [blend.ErrIndex].
func MixFloat16Rows[T ~uint16](m Mixer, dst, x [][]T) error {
	return mixRows(m, pixels.Float16, dst, x)
}

// NormalizeBFloat16 is the NormalizeFloat32 of m, its results rounded once more, to bfloat16, half
// to even. x is m.Len() rows end to end, of pixels of n.PixelBytes bytes (0: a byte a channel); dst
// is as many, with an element a channel. dst must not overlap x. Other numbers or lengths of rows
// are [blend.ErrShape], overlaps [blend.ErrOverlap]; an n that is bad, or does not fit the
// geometry, is [blend.ErrNormalization].
func NormalizeBFloat16[T ~uint16](m Mixer, dst []T, x []uint8, n *blend.Normalization) error {
	return normalize(m, pixels.BFloat16, dst, x, n)
}

// NormalizeBFloat16Rows is [NormalizeBFloat16] for a batch of one slice a row. x and dst have
// m.Len() rows: pixels of n.PixelBytes bytes (0: a byte a channel) in x, an element a channel in
// dst. Rows of x may repeat; no row of dst overlaps any other row. Other numbers or lengths of rows
// are [blend.ErrShape], overlaps [blend.ErrOverlap]; an n that is bad, or does not fit the
// geometry, is [blend.ErrNormalization].
func NormalizeBFloat16Rows[T ~uint16](m Mixer, dst [][]T, x [][]uint8, n *blend.Normalization) error {
	return normalizeRows(m, pixels.BFloat16, dst, x, n)
}

// NormalizeFloat16 is the NormalizeFloat32 of m, its results rounded once more, to IEEE 754
// binary16, half to even. x is m.Len() rows end to end, of pixels of n.PixelBytes bytes (0: a byte
// a channel); dst is as many, with an element a channel. dst must not overlap x. Other numbers or
// lengths of rows are [blend.ErrShape], overlaps [blend.ErrOverlap]; an n that is bad, or does not
// fit the geometry, is [blend.ErrNormalization].
func NormalizeFloat16[T ~uint16](m Mixer, dst []T, x []uint8, n *blend.Normalization) error {
	return normalize(m, pixels.Float16, dst, x, n)
}

// NormalizeFloat16Rows is [NormalizeFloat16] for a batch of one slice a row. x and dst have m.Len()
// rows: pixels of n.PixelBytes bytes (0: a byte a channel) in x, an element a channel in dst. Rows
// of x may repeat; no row of dst overlaps any other row. Other numbers or lengths of rows are
// [blend.ErrShape], overlaps [blend.ErrOverlap]; an n that is bad, or does not fit the geometry, is
// [blend.ErrNormalization].
func NormalizeFloat16Rows[T ~uint16](m Mixer, dst [][]T, x [][]uint8, n *blend.Normalization) error {
	return normalizeRows(m, pixels.Float16, dst, x, n)
}

// Element is what pixels are made of. 16-bit floats are held in a type of ~uint16.
type Element interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~int | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uint | ~float32 | ~float64
}

// Paste sets dst to x with the boxes of the partners, for data that must not be blended, such as
// segmentation maps: rows that are blended or kept keep their bits. dst and x are c.Len() rows end
// to end. dst must be x, or not overlap it. Other numbers or lengths of rows, and rows that are not
// whole images of the geometry, are [blend.ErrShape]; other overlaps [blend.ErrOverlap]; in place,
// a row that is the partner of two is [blend.ErrIndex].
func Paste[T Element](c Boxes, dst, x []T) error {
	return pixels.Paste(callOf(c), int(unsafe.Sizeof(*new(T))), pixels.Flat(dst), pixels.Flat(x))
}

// PasteRows is [Paste] for a batch of one slice a row. dst and x have c.Len() rows, all of one
// length. Either dst[i] is x[i] for every i (in place), or no row of dst overlaps any row of x;
// rows of x may repeat then. No two rows of dst overlap. Other numbers or lengths of rows, and rows
// that are not whole images of the geometry, are [blend.ErrShape]; other overlaps
// [blend.ErrOverlap]; in place, a row that is the partner of two is [blend.ErrIndex].
func PasteRows[T Element](c Boxes, dst, x [][]T) error {
	return pixels.Paste(callOf(c), int(unsafe.Sizeof(*new(T))), pixels.Each(dst), pixels.Each(x))
}
