package mixup

import (
	"slices"
	"testing"

	"github.com/mixblend/blend"
)

// Mixed class ids are what mixing one-hot rows by the Plan gives, for ids of every type.
func TestOneHot(t *testing.T) {
	testOneHot[int](t)
	testOneHot[int8](t)
	testOneHot[int16](t)
	testOneHot[int32](t)
	testOneHot[int64](t)
	testOneHot[uint](t)
	testOneHot[uint8](t)
	testOneHot[uint16](t)
	testOneHot[uint32](t)
	testOneHot[uint64](t)
	testOneHot[uintptr](t)
	type class uint16
	testOneHot[class](t)
}

func testOneHot[T Integer](t *testing.T) {
	class := []T{3, 0, 3, 9, 4, 3, 0}
	const classes = 10
	for _, index := range [][]int{{1, 2, 0, 6, 5, 4, 3}, {2, 2, 2, 2, 2, 2, 2}, {0, 1, 2, 3, 4, 5, 6}} {
		for _, lambda := range [][]float64{{0.3}, {0, 1, 0.5, 1.0 / 3, 1e-9, 0.7, 0.25}} {
			p, err := blend.NewPlan(index, lambda...)
			if err != nil {
				t.Fatal(err)
			}
			for _, smoothing := range []float64{0, 0.1, 0.999} {
				want := make([]float32, len(class)*classes)
				for i := range want {
					want[i] = float32(smoothing / classes)
				}
				for i, c := range class {
					want[i*classes+int(c)] = float32(1 - smoothing + smoothing/classes)
				}
				if err := p.Float32(want, slices.Clone(want)); err != nil {
					t.Fatal(err)
				}
				around := counting[float32](len(want) + 2)
				got := around[1 : 1+len(want)]
				if err := OneHot(p, got, class, classes, smoothing); err != nil {
					t.Fatal(err)
				}
				if !slices.EqualFunc(got, want, sameBits) {
					t.Errorf("%T, lambda %v, smoothing %v: got %v, want %v", class[0], lambda, smoothing, got, want)
				}
				if around[0] != 0 || around[len(around)-1] != counting[float32](len(around))[len(around)-1] {
					t.Error("written outside dst")
				}
			}
		}
	}
}

// Where both classes are the same, the label is whole.
func TestSameClass(t *testing.T) {
	s := sampler(t, Config{Alpha: 0.4, Scope: PerRow, CutMixAlpha: 1, Height: 31, Width: 33, Layout: CHW})
	var b Batch
	class := make([]uint8, 16)
	dst := make([]float32, 16*2)
	for step := range 200 {
		draw(t, s, &b, 16, 0, step)
		if err := OneHot(&b, dst, class, 2, 0); err != nil {
			t.Fatal(err)
		}
		for i := range class {
			if dst[2*i] != 1 || dst[2*i+1] != 0 {
				t.Fatalf("lambda %v: %v", b.Lambda(i), dst[2*i:2*i+2])
			}
		}
	}
}
