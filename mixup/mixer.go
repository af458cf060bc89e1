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
// Every call of a Mixer follows the same rules. A row is blended with its partner, cut (it takes a
// box from its partner), or kept; all three may stand in one batch. A Masks mixes every row by a
// mask. A row whose Lambda is 1 is
// kept: it keeps its bits, or is normalized as it is, whatever its partner holds. A blended row is
// mixed as [blend.Plan] mixes it, with λ = Lambda.
//
// There are Len() rows in dst and in x, all of one length, and whole images of the Mixer's geometry
// where it has one. Rows lie end to end, or, in calls whose names end in Rows, are one slice each.
// The errors are [blend.ErrShape] for lengths, [blend.ErrOverlap] for a dst that overlaps x without
// being x, and [blend.ErrIndex] for a dst that is x while a row is the partner of two. Workers and
// Store are read when a call starts, and hold for every row.
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

// MixBFloat16 mixes a batch of bfloat16, by the rules of [Mixer]. Blended rows are those of
// [blend.MixBFloat16].
func MixBFloat16[T ~uint16](m Mixer, dst, x []T) error { return mix(m, pixels.BFloat16, dst, x) }

// MixBFloat16Rows is [MixBFloat16] for a batch of one slice a row.
func MixBFloat16Rows[T ~uint16](m Mixer, dst, x [][]T) error {
	return mixRows(m, pixels.BFloat16, dst, x)
}

// MixFloat16 mixes a batch of IEEE 754 binary16, by the rules of [Mixer]. Blended rows are those of
// [blend.MixFloat16].
func MixFloat16[T ~uint16](m Mixer, dst, x []T) error { return mix(m, pixels.Float16, dst, x) }

// MixFloat16Rows is [MixFloat16] for a batch of one slice a row.
func MixFloat16Rows[T ~uint16](m Mixer, dst, x [][]T) error {
	return mixRows(m, pixels.Float16, dst, x)
}

// NormalizeBFloat16 is [Batch.NormalizeFloat32] with the results rounded once more, to bfloat16,
// half to even.
func NormalizeBFloat16[T ~uint16](m Mixer, dst []T, x []uint8, n *blend.Normalization) error {
	return normalize(m, pixels.BFloat16, dst, x, n)
}

// NormalizeBFloat16Rows is [NormalizeBFloat16] for a batch of one slice a row.
func NormalizeBFloat16Rows[T ~uint16](m Mixer, dst [][]T, x [][]uint8, n *blend.Normalization) error {
	return normalizeRows(m, pixels.BFloat16, dst, x, n)
}

// NormalizeFloat16 is [Batch.NormalizeFloat32] with the results rounded once more, to IEEE 754
// binary16, half to even.
func NormalizeFloat16[T ~uint16](m Mixer, dst []T, x []uint8, n *blend.Normalization) error {
	return normalize(m, pixels.Float16, dst, x, n)
}

// NormalizeFloat16Rows is [NormalizeFloat16] for a batch of one slice a row.
func NormalizeFloat16Rows[T ~uint16](m Mixer, dst [][]T, x [][]uint8, n *blend.Normalization) error {
	return normalizeRows(m, pixels.Float16, dst, x, n)
}

// Element is what pixels are made of. 16-bit floats are held in a type of ~uint16.
type Element interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~int | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uint | ~float32 | ~float64
}

// Paste sets dst to x with the boxes of the partners, by the rules of [Mixer], for what must not be
// blended, such as segmentation maps: rows that are not cut keep their bits.
func Paste[T Element](c Boxes, dst, x []T) error {
	return pixels.Paste(callOf(c), int(unsafe.Sizeof(*new(T))), pixels.Flat(dst), pixels.Flat(x))
}

// PasteRows is [Paste] for a batch of one slice a row.
func PasteRows[T Element](c Boxes, dst, x [][]T) error {
	return pixels.Paste(callOf(c), int(unsafe.Sizeof(*new(T))), pixels.Each(dst), pixels.Each(x))
}
