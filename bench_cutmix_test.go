package blend_test

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/internal/roof"
	"github.com/mixblend/blend/mixup"
)

const side, planes = 224, 3

// benchmarkBoxes draws boxes as CutMix does for λ uniform in [0, 1].
func benchmarkBoxes(rng *rand.Rand, n, side int) []image.Rectangle {
	boxes := make([]image.Rectangle, n)
	for i := range boxes {
		half := int(float64(side) * math.Sqrt(rng.Float64()) / 2)
		x, y := rng.IntN(side), rng.IntN(side)
		boxes[i] = image.Rect(x-half, y-half, x+half+1, y+half+1).Intersect(image.Rect(0, 0, side, side))
	}
	return boxes
}

func notZeros(x []uint8) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range x {
		x[i] = uint8(1 + rng.Uint32N(255))
	}
}

// BenchmarkCutMixRatio holds CutMix against the faster of two copies of the batch: 256 rows are larger than the caches, 128 are in the
// last-level cache of the machine that docs/speed.md has, and those of 32 × 32 pixels in the second-level cache. Run it as BenchmarkBatchRatio.
func BenchmarkCutMixRatio(b *testing.B) {
	for _, size := range []struct{ rows, side int }{{256, side}, {128, side}, {128, 32}} {
		rows, side := size.rows, size.side
		x, d := make([]uint8, rows*planes*side*side), make([]uint8, rows*planes*side*side)
		notZeros(x)
		notZeros(d)
		rng := rand.New(rand.NewPCG(3, 4))
		index := rng.Perm(rows)
		copies := []blend.Contestant{
			{Name: "copy", Run: func() { copy(d, x) }},
			{Name: "copy", Run: func() { roof.StreamCopy(d, x) }},
		}
		for _, layout := range []blend.Layout{blend.CHW, blend.HWC} {
			b.Run(fmt.Sprintf("rows=%d/side=%d/layout=%v", rows, side, layout), func(b *testing.B) {
				cut := func(boxes ...image.Rectangle) *mixup.CutMix {
					c, err := mixup.NewCutMix(index, layout, side, side, boxes...)
					if err != nil {
						b.Fatal(err)
					}
					return c
				}
				half := image.Rect(0, 0, side*158/224, side*158/224).Add(image.Pt(side*50/224, side*60/224)) // of an image
				one, each := cut(half), cut(benchmarkBoxes(rng, rows, side)...)
				b.Run("place=out", func(b *testing.B) {
					defer blend.ClearCaches(len(x))()
					blend.Compete(b, copies, []blend.Contestant{
						{Name: "one-box", Run: func() { one.Uint8(d, x) }},
						{Name: "box-a-row", Run: func() { each.Uint8(d, x) }},
					})
				})
				b.Run("place=in", func(b *testing.B) {
					blend.Compete(b, copies, []blend.Contestant{
						{Name: "one-box", Run: func() { one.Uint8(x, x) }},
						{Name: "box-a-row", Run: func() { each.Uint8(x, x) }},
					})
				})
			})
		}
	}
}

// BenchmarkCutMixNormalizeRatio holds batches of which rows are cut against one whose rows all are blended: 128 × 224 × 224 × 3 bytes to
// three planes of float32, and images of 32 × 32 pixels, in caches.
func BenchmarkCutMixNormalizeRatio(b *testing.B) {
	for _, side := range []int{side, 32} {
		b.Run(fmt.Sprintf("side=%d", side), func(b *testing.B) { benchmarkCutMixNormalize(b, side) })
	}
}

func benchmarkCutMixNormalize(b *testing.B, side int) {
	const rows = 128
	x, d := make([]uint8, rows*planes*side*side), make([]float32, rows*planes*side*side)
	notZeros(x)
	for i := range d {
		d[i] = 1
	}
	n, err := blend.NewNormalization([]float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225}, blend.HWC, blend.CHW)
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	index := rng.Perm(rows)
	one, err := mixup.NewCutMix(index, blend.HWC, side, side, image.Rect(side*50/224, side*60/224, side*208/224, side*218/224))
	if err != nil {
		b.Fatal(err)
	}
	each, err := mixup.NewCutMix(index, blend.HWC, side, side, benchmarkBoxes(rng, rows, side)...)
	if err != nil {
		b.Fatal(err)
	}
	draw := func(cutMixAlpha float64) *mixup.Batch {
		s, err := mixup.New(mixup.Config{Seed: 1, Alpha: 1, CutMixAlpha: cutMixAlpha, Scope: mixup.PerRow, Height: side, Width: side, Layout: blend.HWC})
		if err != nil {
			b.Fatal(err)
		}
		batch := new(mixup.Batch)
		if err := s.At(batch, rows, 0, 0); err != nil {
			b.Fatal(err)
		}
		return batch
	}
	blended, both := draw(0), draw(1)
	cut := 0
	for i := range rows {
		if !both.Box(i).Empty() {
			cut++
		}
	}
	if cut < rows/3 || cut > rows*2/3 {
		b.Fatalf("%d of %d rows are cut", cut, rows)
	}
	blend.Compete(b, []blend.Contestant{{Name: "blended", Run: func() { blended.NormalizeFloat32(d, x, n) }}}, []blend.Contestant{
		{Name: "one-box", Run: func() { one.NormalizeFloat32(d, x, n) }},
		{Name: "box-a-row", Run: func() { each.NormalizeFloat32(d, x, n) }},
		{Name: "half-cut", Run: func() { both.NormalizeFloat32(d, x, n) }},
	})
}
