package blend

import (
	"math/rand/v2"
	"testing"
)

func TestNoAllocation(t *testing.T) {
	if raceDetector {
		t.Skip("sync.Pool drops items at random under the race detector")
	}
	forEach(t, func(t *testing.T) {
		const rows, n = 40, 5000
		x, dst := make([]float32, rows*n), make([]float32, rows*n)
		b, bd := make([]uint8, rows*n), make([]uint8, rows*n)
		h, hd := make([]f16, rows*n), make([]f16, rows*n)
		pixels := &Normalization{Scale: []float32{1, 2, 3, 4}, Bias: []float32{1, 2, 3, 4}, From: HWC, To: CHW}
		planes := &Normalization{Scale: []float32{1, 2, 3, 4}, Bias: []float32{1, 2, 3, 4}, From: CHW, To: CHW}
		rgba := &Normalization{Scale: []float32{1, 2, 3}, Bias: []float32{1, 2, 3}, From: HWC, To: CHW, PixelBytes: 4}
		packed := &Normalization{Scale: rgba.Scale, Bias: rgba.Bias, From: HWC, To: HWC, PixelBytes: 4, Order: []int{3, 0, 1}}
		xs, _ := Rows(x, rows)
		ds, _ := Rows(dst, rows)
		index := generate(rows, func(i int) int { return (i*7 + 1) % rows })
		p, err := NewPlan(index, 0.3)
		if err != nil {
			t.Fatal(err)
		}
		c, err := NewCross(index, rows, 0.3)
		if err != nil {
			t.Fatal(err)
		}
		for name, f := range map[string]func() error{
			"Float32":             func() error { return Float32(dst, x, x, 0.3) },
			"Uint8":               func() error { return Uint8(bd, b, b, 0.3) },
			"BFloat16":            func() error { return BFloat16(hd, h, h, 0.3) },
			"Float16":             func() error { return Float16(hd, h, h, 0.3) },
			"Plan.Float32":        func() error { return p.Float32(dst, x) },
			"Plan.Float32 inside": func() error { return p.Float32(x, x) },
			"Plan.Uint8":          func() error { return p.Uint8(bd, b) },
			"Plan.Float32Rows":    func() error { return p.Float32Rows(ds, xs) },
			"Plan.Reset":          func() error { return p.Reset(index, 0.7) },
			"MixFloat16":          func() error { return MixFloat16(p, hd, h) },
			"MixFloat16 inside":   func() error { return MixFloat16(p, h, h) },
			"NormalizeFloat32":    func() error { return p.NormalizeFloat32(dst, b, pixels) },
			"ConvertFloat32 RGBA": func() error { return rgba.ConvertFloat32(dst[:rows*n/4*3], b, rows) },
			"ConvertFloat32 HWC":  func() error { return packed.ConvertFloat32(dst[:rows*n/4*3], b, rows) },
			"ConvertFloat32":      func() error { return pixels.ConvertFloat32(dst, b, rows) },
			"ConvertBFloat16":     func() error { return ConvertBFloat16(planes, hd, b, rows) },
			"NormalizeBFloat16":   func() error { return NormalizeBFloat16(p, hd, b, planes) },

			"Cross.Float32":        func() error { return c.Float32(dst, x, x) },
			"Cross.Float32 inside": func() error { return c.Float32(x, x, dst) },
			"Cross.Float32Rows":    func() error { return c.Float32Rows(ds, xs, xs) },
			"Cross.Reset":          func() error { return c.Reset(index, rows, 0.7) },
			"CrossFloat16":         func() error { return CrossFloat16(c, hd, h, h) },
			"Cross.Normalize":      func() error { return c.NormalizeFloat32(dst, b, bd, pixels) },
		} {
			if allocs := testing.AllocsPerRun(20, func() {
				if err := f(); err != nil {
					t.Fatal(err)
				}
			}); allocs != 0 {
				t.Errorf("%s: %v allocations", name, allocs)
			}
		}
	})
}

// A Plan, or a Cross, that had one λ for all rows has room for one a row.
func TestResetAllocatesNothing(t *testing.T) {
	const rows, runs = 40, 20
	index, each := generate(rows, func(i int) int { return rows - 1 - i }), make([]float64, rows)
	var plans []*Plan
	var crosses []*Cross
	for range runs + 1 {
		p, err := NewPlan(index, 0.3)
		if err != nil {
			t.Fatal(err)
		}
		c, err := NewCross(index, rows, 0.3)
		if err != nil {
			t.Fatal(err)
		}
		plans, crosses = append(plans, p), append(crosses, c)
	}
	if allocs := testing.AllocsPerRun(runs, func() {
		if plans[0].Reset(index, each...) != nil || crosses[0].Reset(index, rows, each...) != nil {
			t.Fatal("an error")
		}
		plans, crosses = plans[1:], crosses[1:]
	}); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// Starting workers allocates nothing.
func TestWorkersAllocateNothing(t *testing.T) {
	if raceDetector {
		t.Skip("sync.Pool drops items at random under the race detector")
	}
	shareSmallCalls(t)
	x := make([]float32, 64*3000)
	p, err := NewPlan(rand.New(rand.NewPCG(1, 1)).Perm(64), 0.3)
	if err != nil {
		t.Fatal(err)
	}
	for workers := 1; workers <= 8; workers++ {
		p.Workers = workers
		if allocs := testing.AllocsPerRun(50, func() { p.Float32(x, x) }); allocs != 0 {
			t.Errorf("%d workers: %v allocations", workers, allocs)
		}
	}
}

func TestMaskPairAllocates(t *testing.T) {
	a, b, mask, f, g := make([]uint8, 1000), make([]uint8, 1000), make([]uint8, 1000), make([]float32, 1000), make([]float32, 1000)
	if n := testing.AllocsPerRun(20, func() { Uint8Mask(a, a, b, mask); Float32Mask(f, f, g, mask) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
