package main

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/cmd/bench"
	"github.com/mixblend/blend/mixup"
)

// A task is a case with all that whoever takes part has to know.
type task struct {
	bench.Case
	lambda float64
	norm   *blend.Normalization // of Normalize
	side   int                  // of the images, which are square and of three channels
	box    image.Rectangle      // of CutMix, half of an image: from there the partner's pixels are
	mask   []uint8              // of Masks, side × side: a 255th is the row's own share
	blend  func(dst, x []byte) error
}

// newTask returns the task of a case, one of λ, box and mask for all rows. Images are in CHW, but for what Normalize takes.
func newTask(c bench.Case, lambda float64) (*task, error) {
	t := &task{Case: c, lambda: lambda, side: int(math.Sqrt(float64(c.Columns / 3)))}
	if c.Work != bench.Mix && 3*t.side*t.side != c.Columns {
		return nil, fmt.Errorf("%d columns are no square image of three channels", c.Columns)
	}
	var err error
	switch c.Work {
	case bench.Mix, bench.Normalize:
		var p *blend.Plan
		if p, err = blend.NewPlan(c.Index(), lambda); err != nil {
			return nil, err
		}
		p.Workers = c.Workers
		switch {
		case c.Work == bench.Normalize:
			t.norm, err = blend.NewNormalization([]float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225}, blend.HWC, blend.CHW)
			t.blend = func(dst, x []byte) error { return p.NormalizeFloat32(bench.Floats(dst), x, t.norm) }
		case c.Type == bench.Float32:
			t.blend = func(dst, x []byte) error { return p.Float32(bench.Floats(dst), bench.Floats(x)) }
		default:
			t.blend = p.Uint8
		}
	case bench.CutMix:
		var p *mixup.CutMix
		t.box = image.Rect(t.side*50/224, t.side*60/224, t.side*208/224, t.side*218/224)
		if p, err = mixup.NewCutMix(c.Index(), blend.CHW, t.side, t.side, t.box); err == nil {
			t.blend = p.Uint8
		}
	case bench.Masks:
		var p *mixup.Masks
		t.mask = make([]uint8, t.side*t.side)
		rng := rand.New(rand.NewPCG(5, 6))
		for i := range t.mask {
			t.mask[i] = uint8(rng.Uint32())
		}
		if p, err = mixup.NewMasks(c.Index(), blend.CHW, t.side, t.side, t.mask); err == nil {
			t.blend = p.Uint8
		}
	}
	return t, err
}

// mix does the task with package blend.
func (t *task) mix(dst, x []byte) error { return t.blend(dst, x) }

// differences returns the share of elements that are not the same bits. Any that differs by more than rounding is an error: one of
// 255 levels, which normalizing makes larger.
func (t *task) differences(got, want []byte) (float64, error) {
	if t.Type == bench.Uint8 && t.norm == nil {
		return differ(got, want, func(int) float64 { return 1 })
	}
	allowed := func(int) float64 { return 1e-4 }
	if t.norm != nil {
		allowed = func(i int) float64 { return 1.0001 * float64(t.norm.Scale[i/(t.side*t.side)%3]) }
	}
	return differ(bench.Floats(got), bench.Floats(want), allowed)
}

func differ[T uint8 | float32](got, want []T, allowed func(i int) float64) (float64, error) {
	n := 0
	for i, w := range want {
		a, b := float64(got[i]), float64(w)
		if a != b {
			n++
		}
		if d := allowed(i); !(a-b <= d && b-a <= d) {
			return 0, fmt.Errorf("it is no mix: element %d is %v, expected %v", i, a, b)
		}
	}
	return float64(n) / float64(len(want)), nil
}
