package mixup

import (
	"image"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/internal/pixels"
)

// A Batch holds the draw for one batch: each row's partner, and its λ or its box. [Sampler.At] and
// [Sampler.Next] fill it; the zero Batch has no rows. It is a [Mixer] of pixels, and [Shares] for
// labels: see [OneHot], [SoftLabels] and [Partners].
//
// 16-bit floats are mixed and made by functions that take the Batch: [MixBFloat16], [MixFloat16],
// [NormalizeBFloat16] and [NormalizeFloat16]. [Paste] copies label maps.
//
// Its geometry is Height, Width, Layout and Channels of the [Config], if they are set: then rows
// are images of that many pixels.
//
// It may be used by many goroutines at once, as long as none fills it or changes a field. It must
// not be copied.
type Batch struct {
	// Workers is the number of goroutines that share one call; 1 or less means the caller's only.
	Workers int
	// Store says whether results are written by streaming (non-temporal) stores.
	Store blend.StoreMode

	plan blend.Plan // partners, and the share of each row
	cut  pixels.Cut

	source source
	index  []int
	shares []share // one, or one a row
	lambda []float64
}

// reset brings the rest of b in line with index and shares.
func (b *Batch) reset(c *Config) error {
	b.cut.Height, b.cut.Width, b.cut.Channels, b.cut.Layout = c.Height, c.Width, c.Channels, int(c.Layout)
	b.cut.Boxes, b.lambda = b.cut.Boxes[:0], b.lambda[:0]
	for _, s := range b.shares {
		if !s.box.Empty() {
			s.lambda = boxLambda(s.box, c.Height, c.Width, len(b.shares))
		}
		b.lambda = append(b.lambda, s.lambda)
		b.cut.Boxes = append(b.cut.Boxes, s.box)
	}
	return b.plan.Reset(b.index, b.lambda...)
}

func (b *Batch) call() pixels.Call {
	if b == nil {
		return pixels.Call{}
	}
	return pixels.Call{Plan: &b.plan, Workers: b.Workers, Store: int(b.Store), Cut: &b.cut}
}

// Len returns the number of rows.
func (b *Batch) Len() int {
	if b == nil {
		return 0
	}
	return b.plan.Len()
}

// Index returns the partner of row i. It panics if there is no row i.
func (b *Batch) Index(i int) int { return b.plan.Index(i) }

// Lambda returns row i's share of itself: the drawn λ if it is blended, the share of its area
// outside the box if it is cut, 1 if it is kept. It panics if there is no row i.
func (b *Batch) Lambda(i int) float64 { return b.plan.Lambda(i) }

// Box returns the box that row i takes from its partner, in columns Min.X to Max.X and rows Min.Y
// to Max.Y of pixels. It is the zero Rectangle for a row that is blended or kept, and for one whose
// CutMix box came out empty: such a row is kept. So a row is cut if Box(i).Empty() is false, else
// blended, unless Lambda(i) is 1: then it is kept. It panics if there is no row i.
func (b *Batch) Box(i int) image.Rectangle {
	_ = b.plan.Index(i)
	return b.cut.Box(i)
}

// Float32 mixes a batch. dst and x are Len() rows end to end. dst must be x, or not overlap it.
// Other numbers or lengths of rows, and rows that are not whole images of Height × Width pixels,
// are [blend.ErrShape]; other overlaps [blend.ErrOverlap]; in place, a row that is the partner of
// two is [blend.ErrIndex].
func (b *Batch) Float32(dst, x []float32) error { return mix(b, pixels.Float32, dst, x) }

// Float32Rows mixes a batch of one slice a row. dst and x have Len() rows, all of one length.
// Either dst[i] is x[i] for every i (in place), or no row of dst overlaps any row of x; rows of x
// may repeat then. No two rows of dst overlap. Other numbers or lengths of rows, and rows that are
// not whole images of Height × Width pixels, are [blend.ErrShape]; other overlaps
// [blend.ErrOverlap]; in place, a row that is the partner of two is [blend.ErrIndex].
func (b *Batch) Float32Rows(dst, x [][]float32) error { return mixRows(b, pixels.Float32, dst, x) }

// Uint8 mixes a batch of bytes, rounding half to even. dst and x are Len() rows end to end. dst
// must be x, or not overlap it. Other numbers or lengths of rows, and rows that are not whole
// images of Height × Width pixels, are [blend.ErrShape]; other overlaps [blend.ErrOverlap]; in
// place, a row that is the partner of two is [blend.ErrIndex].
func (b *Batch) Uint8(dst, x []uint8) error { return mix(b, pixels.Uint8, dst, x) }

// Uint8Rows mixes a batch of bytes of one slice a row, rounding half to even. dst and x have Len()
// rows, all of one length. Either dst[i] is x[i] for every i (in place), or no row of dst overlaps
// any row of x; rows of x may repeat then. No two rows of dst overlap. Other numbers or lengths of
// rows, and rows that are not whole images of Height × Width pixels, are [blend.ErrShape]; other
// overlaps [blend.ErrOverlap]; in place, a row that is the partner of two is [blend.ErrIndex].
func (b *Batch) Uint8Rows(dst, x [][]uint8) error { return mixRows(b, pixels.Uint8, dst, x) }

// NormalizeFloat32 mixes a batch of bytes and normalizes it to model input, in one pass: blended
// rows have the bits of [blend.Plan.NormalizeFloat32], whose mix is not rounded to bytes; rows that
// are cut or kept are not blended, only normalized. x has Len()·H·W·n.PixelBytes bytes (0: one per
// channel), rows of H × W pixels end to end; dst has Len()·channels·H·W elements. dst must not
// overlap x. Other numbers or lengths of rows are [blend.ErrShape], overlaps [blend.ErrOverlap]; an
// n that is bad, or whose From is not the batch's Layout, is [blend.ErrNormalization].
func (b *Batch) NormalizeFloat32(dst []float32, x []uint8, n *blend.Normalization) error {
	return normalize(b, pixels.Float32, dst, x, n)
}

// NormalizeFloat32Rows is [Batch.NormalizeFloat32] for a batch of one slice a row. x and dst have
// Len() rows, of H·W·n.PixelBytes bytes (0: one per channel) in x and of channels·H·W elements in
// dst. Rows of x may repeat; no row of dst overlaps any other row. Other numbers or lengths of rows
// are [blend.ErrShape], overlaps [blend.ErrOverlap]; an n that is bad, or whose From is not the
// batch's Layout, is [blend.ErrNormalization].
func (b *Batch) NormalizeFloat32Rows(dst [][]float32, x [][]uint8, n *blend.Normalization) error {
	return normalizeRows(b, pixels.Float32, dst, x, n)
}
