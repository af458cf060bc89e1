package mixup

import (
	"slices"
	"testing"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/kernels"
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

// Rows of many classes, where backgrounds are copied from one another, and differ in rounding.
func TestOneHotBackgrounds(t *testing.T) {
	const n = 300
	class := make([]uint16, n)
	for i := range class {
		class[i] = uint16(i * 37)
	}
	s := sampler(t, Config{Seed: 1, Alpha: 1, Scope: PerRow})
	var b Batch
	draw(t, s, &b, n, 0, 0)
	for _, classes := range []int{1, 2, 3, 100, 1023, 1024, 1025, 3000} {
		for i := range class {
			class[i] %= uint16(classes)
		}
		const smoothing = 0.1
		dst := counting[float32](n * classes)
		if err := OneHot(&b, dst, class, classes, smoothing); err != nil {
			t.Fatal(err)
		}
		share := smoothing / float64(classes)
		off, on := float32(share), float32(1-smoothing+share)
		different := map[float32]bool{}
		for i := range n {
			l, m := kernels.WeightsF32(b.Lambda(i))
			different[kernels.MixF32(off, off, l, m)] = true
			for j, got := range dst[i*classes : (i+1)*classes] {
				own, partner := off, off
				if j == int(class[i]) {
					own = on
				}
				if j == int(class[b.Index(i)]) {
					partner = on
				}
				if want := kernels.MixF32(own, partner, l, m); got != want {
					t.Fatalf("%d classes, row %d, class %d: %v, want %v", classes, i, j, got, want)
				}
			}
		}
		if classes == 3000 && len(different) < 2 {
			t.Errorf("%d classes: all backgrounds are %v", classes, different)
		}
	}
}

func TestFiller(t *testing.T) {
	var r source
	r.seed(1, 1, 1, 1)
	dst := make([]float32, 100_000)
	want := make([]float32, len(dst))
	var f filler
	for from := 0; from < len(dst); {
		to := min(from+int(r.below(4000)), len(dst))
		v := float32(r.below(9)) / 3 // several in one place of the filler, and 0
		f.fill(dst[from:to], v)
		for i := from; i < to; i++ {
			want[i] = v
		}
		from = to
	}
	if !slices.Equal(dst, want) {
		t.Error("a row is not what it was filled with")
	}
}
