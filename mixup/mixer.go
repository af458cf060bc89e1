package mixup

import (
	"image"
	"unsafe"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/internal/pixels"
)

// A Mixer mixes the pixels of a batch. The only Mixers are *[Batch], *[CutMix] and *[Masks].
//
// A row is blended with its partner, cut (it takes a box from its partner), mixed by a mask, or
// kept; blended, cut and kept rows may stand in one batch. A row without a box whose Lambda is 1 is
// kept, whatever its partner holds: it keeps its bits, or is only normalized. A blended row is mixed
// as [blend.Plan] mixes it, with λ = Lambda.
//
// dst and x have Len() rows, all of one length. If the Mixer has a geometry (Height, Width and
// Layout), rows are whole images of it. Rows lie end to end, or, in calls whose names end in Rows,
// are one slice each. A call reads Workers and Store when it starts.
type Mixer interface {
	Shares
	call() pixels.Call
}

// Boxes is a [Mixer] with boxes: a *[Batch] or a *[CutMix].
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
// rows, and rows that are not whole images of Height × Width pixels, are [blend.ErrShape]; other
// overlaps [blend.ErrOverlap]; in place, a row that is the partner of two is [blend.ErrIndex].
func MixBFloat16[T ~uint16](m Mixer, dst, x []T) error { return mix(m, pixels.BFloat16, dst, x) }

// MixBFloat16Rows is [MixBFloat16] for a batch of one slice a row. dst and x have m.Len() rows, all
// of one length. Either dst[i] is x[i] for every i (in place), or no row of dst overlaps any row of
// x; rows of x may repeat then. No two rows of dst overlap. Other numbers or lengths of rows, and
// rows that are not whole images of Height × Width pixels, are [blend.ErrShape]; other overlaps
// [blend.ErrOverlap]; in place, a row that is the partner of two is [blend.ErrIndex].
func MixBFloat16Rows[T ~uint16](m Mixer, dst, x [][]T) error {
	return mixRows(m, pixels.BFloat16, dst, x)
}

// MixFloat16 mixes a batch of IEEE 754 binary16; blended rows have the bits of [blend.MixFloat16].
// dst and x are m.Len() rows end to end. dst must be x, or not overlap it. Other numbers or lengths
// of rows, and rows that are not whole images of Height × Width pixels, are [blend.ErrShape]; other
// overlaps [blend.ErrOverlap]; in place, a row that is the partner of two is [blend.ErrIndex].
func MixFloat16[T ~uint16](m Mixer, dst, x []T) error { return mix(m, pixels.Float16, dst, x) }

// MixFloat16Rows is [MixFloat16] for a batch of one slice a row. dst and x have m.Len() rows, all
// of one length. Either dst[i] is x[i] for every i (in place), or no row of dst overlaps any row of
// x; rows of x may repeat then. No two rows of dst overlap. Other numbers or lengths of rows, and
// rows that are not whole images of Height × Width pixels, are [blend.ErrShape]; other overlaps
// [blend.ErrOverlap]; in place, a row that is the partner of two is [blend.ErrIndex].
func MixFloat16Rows[T ~uint16](m Mixer, dst, x [][]T) error {
	return mixRows(m, pixels.Float16, dst, x)
}

// NormalizeBFloat16 does what NormalizeFloat32 of m does, and rounds its results once more, half to
// even, to bfloat16. n is the last argument, as in the methods; [blend.ConvertBFloat16], which does
// not mix, takes it first. x has m.Len()·H·W·n.PixelBytes bytes (0: one per channel), rows of H × W
// pixels end to end; dst has m.Len()·channels·H·W elements. dst must not overlap x. Other numbers
// or lengths of rows are [blend.ErrShape], overlaps [blend.ErrOverlap]; an n that is bad, or whose
// From is not the batch's Layout, is [blend.ErrNormalization].
func NormalizeBFloat16[T ~uint16](m Mixer, dst []T, x []uint8, n *blend.Normalization) error {
	return normalize(m, pixels.BFloat16, dst, x, n)
}

// NormalizeBFloat16Rows is [NormalizeBFloat16] for a batch of one slice a row. x and dst have
// m.Len() rows, of H·W·n.PixelBytes bytes (0: one per channel) in x and of channels·H·W elements in
// dst. Rows of x may repeat; no row of dst overlaps any other row. Other numbers or lengths of rows
// are [blend.ErrShape], overlaps [blend.ErrOverlap]; an n that is bad, or whose From is not the
// batch's Layout, is [blend.ErrNormalization].
func NormalizeBFloat16Rows[T ~uint16](m Mixer, dst [][]T, x [][]uint8, n *blend.Normalization) error {
	return normalizeRows(m, pixels.BFloat16, dst, x, n)
}

// NormalizeFloat16 does what NormalizeFloat32 of m does, and rounds its results once more, half to
// even, to IEEE 754 binary16. n is the last argument, as in the methods; [blend.ConvertFloat16],
// which does not mix, takes it first. x has m.Len()·H·W·n.PixelBytes bytes (0: one per channel),
// rows of H × W pixels end to end; dst has m.Len()·channels·H·W elements. dst must not overlap x.
// Other numbers or lengths of rows are [blend.ErrShape], overlaps [blend.ErrOverlap]; an n that is
// bad, or whose From is not the batch's Layout, is [blend.ErrNormalization].
func NormalizeFloat16[T ~uint16](m Mixer, dst []T, x []uint8, n *blend.Normalization) error {
	return normalize(m, pixels.Float16, dst, x, n)
}

// NormalizeFloat16Rows is [NormalizeFloat16] for a batch of one slice a row. x and dst have m.Len()
// rows, of H·W·n.PixelBytes bytes (0: one per channel) in x and of channels·H·W elements in dst.
// Rows of x may repeat; no row of dst overlaps any other row. Other numbers or lengths of rows are
// [blend.ErrShape], overlaps [blend.ErrOverlap]; an n that is bad, or whose From is not the batch's
// Layout, is [blend.ErrNormalization].
func NormalizeFloat16Rows[T ~uint16](m Mixer, dst [][]T, x [][]uint8, n *blend.Normalization) error {
	return normalizeRows(m, pixels.Float16, dst, x, n)
}

// Element is the type of an element of pixels. Types of ~uint16 hold 16-bit floats.
type Element interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~int | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uint | ~float32 | ~float64
}

// Paste copies x to dst, with each row's box taken from its partner. It is for data that must not
// be blended, such as segmentation maps: rows without a box are copied unchanged. dst and x are
// c.Len() rows end to end. dst must be x, or not overlap it. Other numbers or lengths of rows, and
// rows that are not whole images of Height × Width pixels, are [blend.ErrShape]; other overlaps
// [blend.ErrOverlap]; in place, a row that is the partner of two is [blend.ErrIndex].
func Paste[T Element](c Boxes, dst, x []T) error {
	return pixels.Paste(callOf(c), int(unsafe.Sizeof(*new(T))), pixels.Flat(dst), pixels.Flat(x))
}

// PasteRows is [Paste] for a batch of one slice a row. dst and x have c.Len() rows, all of one
// length. Either dst[i] is x[i] for every i (in place), or no row of dst overlaps any row of x;
// rows of x may repeat then. No two rows of dst overlap. Other numbers or lengths of rows, and rows
// that are not whole images of Height × Width pixels, are [blend.ErrShape]; other overlaps
// [blend.ErrOverlap]; in place, a row that is the partner of two is [blend.ErrIndex].
func PasteRows[T Element](c Boxes, dst, x [][]T) error {
	return pixels.Paste(callOf(c), int(unsafe.Sizeof(*new(T))), pixels.Each(dst), pixels.Each(x))
}
