package mixup

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/internal/pixels"
)

// A Masks gives every pixel a λ of its own, for all channels: where the mask of row i has the byte
// m, λ = m/255, and the partner is row index[i]. FMix, GridMix, SmoothMix, copy-paste and alpha
// compositing are masks. It is a [Mixer] of pixels, and [Shares] for labels. The zero Masks has no
// rows.
//
// Where m is 255 a pixel keeps its bits, and where it is 0 it takes those of the partner, whatever
// the other row holds, NaN or infinity. Between, bytes become (m·a + (255−m)·b)/255, rounded to
// nearest (ties cannot occur because 255 is odd); in floats l·a + n·b with l = m/255 and n =
// (255−m)/255, each rounded to float32 once, as are the two products and the sum; 16-bit floats are
// rounded once more. To normalize, rows are mixed as Uint8 mixes them, rounded to bytes, and then
// normalized.
//
// It may be used by many goroutines at once, as long as none resets it or changes a field. It must
// not be copied.
type Masks struct {
	// Workers is the number of goroutines that share one call; 1 or less means the caller's only.
	Workers int
	// Store says whether results are written by streaming (non-temporal) stores.
	Store blend.StoreMode

	plan   blend.Plan // partners, and the shares of the rows
	cut    pixels.Cut
	lambda []float64
	masks  []uint8 // end to end
}

// NewMasks returns a Masks of len(index) rows, each of any number of channels of height × width
// pixels, with one mask for all rows, or one per row. A mask has height × width bytes, line by
// line. It copies all. A layout that is neither [CHW] nor [HWC], or an image without pixels, is
// [ErrConfig], an index outside the rows [blend.ErrIndex], another number of masks or a mask of
// another length [blend.ErrShape].
func NewMasks(index []int, layout Layout, height, width int, masks ...[]uint8) (*Masks, error) {
	m := new(Masks)
	if err := m.Reset(index, layout, height, width, masks...); err != nil {
		return nil, err
	}
	return m, nil
}

// Reset re-initializes m as [NewMasks] would, with the same errors, keeping Workers and Store. It
// allocates only if there are more rows, or more bytes of masks, than m has ever had. After an error
// m is unchanged.
func (m *Masks) Reset(index []int, layout Layout, height, width int, masks ...[]uint8) error {
	if err := checkImage(layout, height, width); err != nil {
		return err
	}
	if len(masks) != len(index) && len(masks) != 1 {
		return fmt.Errorf("%w: %d rows, but %d masks (one, or one a row)", blend.ErrShape, len(index), len(masks))
	}
	size := height * width
	for i, mask := range masks {
		if len(mask) != size {
			return fmt.Errorf("%w: mask %d has %d bytes, an image %d × %d pixels", blend.ErrShape, i, len(mask), height, width)
		}
	}
	if len(masks) > math.MaxInt/size {
		return fmt.Errorf("%w: %d masks of %d × %d pixels are more than an int counts", blend.ErrShape, len(masks), height, width)
	}
	m.lambda = m.lambda[:0]
	for _, mask := range masks {
		m.lambda = append(m.lambda, float64(sum(mask))/(255*float64(size)))
	}
	if err := m.plan.Reset(index, m.lambda...); err != nil {
		return err
	}
	m.cut.Height, m.cut.Width, m.cut.Layout = height, width, int(layout)
	m.cut.Masks, m.masks = m.cut.Masks[:0], resize(m.masks, len(masks)*size)
	for i, mask := range masks {
		own := m.masks[i*size : (i+1)*size]
		copy(own, mask)
		m.cut.Masks = append(m.cut.Masks, own)
	}
	return nil
}

// sum adds up bytes.
func sum(x []uint8) (total uint64) {
	const (
		pair = 0x00ff00ff00ff00ff
		most = 128 * 8 // bytes: a sum of 128 pairs fits in 16 bits
	)
	for len(x) >= 8 {
		part := x[:min(len(x)/8*8, most)]
		x = x[len(part):]
		var pairs uint64
		for i := 0; i <= len(part)-8; i += 8 {
			v := binary.LittleEndian.Uint64(part[i : i+8])
			pairs += v&pair + v>>8&pair
		}
		pairs = pairs&0x0000ffff0000ffff + pairs>>16&0x0000ffff0000ffff
		total += pairs&math.MaxUint32 + pairs>>32
	}
	for _, v := range x {
		total += uint64(v)
	}
	return total
}

func (m *Masks) call() pixels.Call {
	if m == nil {
		return pixels.Call{}
	}
	return pixels.Call{Plan: &m.plan, Workers: m.Workers, Store: int(m.Store), Cut: &m.cut}
}

// Len returns the number of rows.
func (m *Masks) Len() int {
	if m == nil {
		return 0
	}
	return m.plan.Len()
}

// Index returns the partner of row i. It panics if there is no row i.
func (m *Masks) Index(i int) int { return m.plan.Index(i) }

// Lambda returns row i's share of itself: the sum of its mask, divided by 255·height·width. It
// panics if there is no row i.
func (m *Masks) Lambda(i int) float64 { return m.plan.Lambda(i) }

// Float32 mixes a batch by the masks. dst and x are Len() rows end to end. dst must be x, or not
// overlap it. Other numbers or lengths of rows, and rows that are not whole images of Height ×
// Width pixels, are [blend.ErrShape]; other overlaps [blend.ErrOverlap]; in place, a row that is
// the partner of two is [blend.ErrIndex].
func (m *Masks) Float32(dst, x []float32) error { return mix(m, pixels.Float32, dst, x) }

// Float32Rows mixes a batch of one slice a row by the masks. dst and x have Len() rows, all of one
// length. Either dst[i] is x[i] for every i (in place), or no row of dst overlaps any row of x;
// rows of x may repeat then. No two rows of dst overlap. Other numbers or lengths of rows, and rows
// that are not whole images of Height × Width pixels, are [blend.ErrShape]; other overlaps
// [blend.ErrOverlap]; in place, a row that is the partner of two is [blend.ErrIndex].
func (m *Masks) Float32Rows(dst, x [][]float32) error { return mixRows(m, pixels.Float32, dst, x) }

// Uint8 mixes a batch of bytes by the masks. dst and x are Len() rows end to end. dst must be x, or
// not overlap it. Other numbers or lengths of rows, and rows that are not whole images of Height ×
// Width pixels, are [blend.ErrShape]; other overlaps [blend.ErrOverlap]; in place, a row that is
// the partner of two is [blend.ErrIndex].
func (m *Masks) Uint8(dst, x []uint8) error { return mix(m, pixels.Uint8, dst, x) }

// Uint8Rows mixes a batch of bytes of one slice a row by the masks. dst and x have Len() rows, all
// of one length. Either dst[i] is x[i] for every i (in place), or no row of dst overlaps any row of
// x; rows of x may repeat then. No two rows of dst overlap. Other numbers or lengths of rows, and
// rows that are not whole images of Height × Width pixels, are [blend.ErrShape]; other overlaps
// [blend.ErrOverlap]; in place, a row that is the partner of two is [blend.ErrIndex].
func (m *Masks) Uint8Rows(dst, x [][]uint8) error { return mixRows(m, pixels.Uint8, dst, x) }

// NormalizeFloat32 mixes a batch of bytes by the masks, rounds to bytes as [Masks.Uint8] does, and
// normalizes the result to model input, in one pass. x has Len()·H·W·n.PixelBytes bytes (0: one per
// channel), rows of H × W pixels end to end; dst has Len()·channels·H·W elements. dst must not
// overlap x. Other numbers or lengths of rows are [blend.ErrShape], overlaps [blend.ErrOverlap]; an
// n that is bad, or whose From is not the batch's Layout, is [blend.ErrNormalization].
func (m *Masks) NormalizeFloat32(dst []float32, x []uint8, n *blend.Normalization) error {
	return normalize(m, pixels.Float32, dst, x, n)
}

// NormalizeFloat32Rows is [Masks.NormalizeFloat32] for a batch of one slice a row. x and dst have
// Len() rows, of H·W·n.PixelBytes bytes (0: one per channel) in x and of channels·H·W elements in
// dst. Rows of x may repeat; no row of dst overlaps any other row. Other numbers or lengths of rows
// are [blend.ErrShape], overlaps [blend.ErrOverlap]; an n that is bad, or whose From is not the
// batch's Layout, is [blend.ErrNormalization].
func (m *Masks) NormalizeFloat32Rows(dst [][]float32, x [][]uint8, n *blend.Normalization) error {
	return normalizeRows(m, pixels.Float32, dst, x, n)
}
