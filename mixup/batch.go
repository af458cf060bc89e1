package mixup

import (
	"image"

	"github.com/mixblend/blend"
)

// A Batch says how one batch is mixed. [Sampler.At] and [Sampler.Next] fill it; the zero Batch has no rows. It may be
// used by many goroutines at once, as long as none fills it. It must not be copied.
type Batch struct {
	cut   CutMix // its plan is that of the labels, and of the pixels too where no row is cut
	cuts  int    // how many shares are cut
	mixes int    // and how many are mixed by λ

	source source
	index  []int
	shares []share // one, or one a row
}

// reset brings the rest of b in line with index and shares.
func (b *Batch) reset(c *Config) error {
	b.cuts, b.mixes = 0, 0
	cut := &b.cut
	cut.height, cut.width, cut.layout = 1, 1, CHW
	cut.lambda, cut.boxes, cut.blended = cut.lambda[:0], cut.boxes[:0], cut.blended[:0]
	for i := range b.shares {
		s := &b.shares[i]
		if s.cut {
			b.cuts++
			s.lambda = boxLambda(s.box, c.Height, c.Width, len(b.shares))
		} else if s.lambda < 1 {
			b.mixes++
		}
		cut.lambda = append(cut.lambda, s.lambda)
		cut.boxes = append(cut.boxes, s.box)
		cut.blended = append(cut.blended, !s.cut && s.lambda < 1)
	}
	if b.cuts > 0 {
		cut.height, cut.width, cut.layout = c.Height, c.Width, c.Layout
	}
	if err := cut.plan.Reset(b.index, cut.lambda...); err != nil {
		return err
	}
	cut.follow(b.index)
	return nil
}

// Len returns the number of rows.
func (b *Batch) Len() int { return b.cut.Len() }

// Plan returns the partner of each row, and λ: the drawn one, or 1 where the row is kept as it is, or that of the box
// where it is cut. It mixes the labels. It belongs to b, and is what b was filled with last. Workers and Store, which the
// pixels go by too where no row is cut, may be set on it once.
func (b *Batch) Plan() *blend.Plan { return &b.cut.plan }

// Box returns what row i takes from its partner by CutMix, empty where it takes nothing so. It panics if there is no row i.
func (b *Batch) Box(i int) image.Rectangle { return b.cut.Box(i) }

// CutMix returns the boxes alone, for rows of any type, or nil if some row is mixed by mixup. It belongs to b, as Plan does.
func (b *Batch) CutMix() *CutMix {
	if b.mixes > 0 {
		return nil
	}
	return &b.cut
}

// byPlan reports whether the plan mixes the pixels too: some row is mixed by λ, and none is cut.
func (b *Batch) byPlan() bool { return b.cuts == 0 && b.mixes > 0 }

// Float32 mixes the pixels of a batch of Len() rows that lie end to end. Without a row that is cut it is
// [blend.Plan.Float32] of [Batch.Plan], with its rules on lengths and aliasing. Otherwise each row is mixed, cut, or kept
// bit for bit, and the rules are those of [Paste].
func (b *Batch) Float32(dst, x []float32) error {
	if b.byPlan() {
		return b.cut.plan.Float32(dst, x)
	}
	return mixFlat(&b.cut, dst, x, blend.Float32)
}

// Uint8 mixes a batch as [Batch.Float32] does, rounding half to even.
func (b *Batch) Uint8(dst, x []uint8) error {
	if b.byPlan() {
		return b.cut.plan.Uint8(dst, x)
	}
	return mixFlat(&b.cut, dst, x, blend.Uint8)
}

// Float32Rows mixes a batch of one slice a row, by the rules of [blend.Plan.Float32Rows].
func (b *Batch) Float32Rows(dst, x [][]float32) error {
	if b.byPlan() {
		return b.cut.plan.Float32Rows(dst, x)
	}
	return mixRows(&b.cut, dst, x, blend.Float32)
}

// Uint8Rows mixes a batch as [Batch.Float32Rows] does, rounding half to even.
func (b *Batch) Uint8Rows(dst, x [][]uint8) error {
	if b.byPlan() {
		return b.cut.plan.Uint8Rows(dst, x)
	}
	return mixRows(&b.cut, dst, x, blend.Uint8)
}
