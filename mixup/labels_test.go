package mixup

import (
	"math"
	"math/rand/v2"
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

// softReference smooths and mixes label by label.
func softReference(s Shares, y []float32, smoothing float64) []float32 {
	n := s.Len()
	k := len(y) / n
	smooth := func(v float32) float32 {
		if smoothing == 0 {
			return v
		}
		return float32(float64((1-smoothing)*float64(v)) + smoothing/float64(k))
	}
	want := make([]float32, len(y))
	for i := range want {
		own, partner := smooth(y[i]), smooth(y[s.Index(i/k)*k+i%k])
		if lambda := s.Lambda(i / k); lambda == 1 {
			want[i] = own
		} else {
			l, m := kernels.WeightsF32(lambda)
			want[i] = kernels.MixF32(own, partner, l, m)
		}
	}
	return want
}

// Rows of any length and any labels, in place and out of place, by every kind of Shares.
func TestSoftLabels(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	odd := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Copysign(0, -1)), math.MaxFloat32, math.SmallestNonzeroFloat32, -3}
	for round := range 400 {
		n, k := 1+r.IntN(9), 1+r.IntN(40)
		if round%40 == 0 {
			k = 1000 + r.IntN(2000)
		}
		index, lambda := r.Perm(n), make([]float64, n)
		repeats := n > 1 && r.IntN(3) == 0
		if repeats {
			index[0] = index[1]
		}
		for i := range lambda {
			lambda[i] = []float64{0, 1, 0.5, r.Float64()}[r.IntN(4)]
		}
		p, err := blend.NewPlan(index, lambda...)
		if err != nil {
			t.Fatal(err)
		}
		var b Batch
		draw(t, sampler(t, Config{Seed: uint64(round), Alpha: 1, CutMixAlpha: 1, SkipProb: 0.3, Height: 5, Width: 7, Layout: CHW, Scope: PerRow}), &b, n, 0, round)
		c, err := NewCutMix(index, HWC, 5, 6, randomBox(r, 5, 6))
		if err != nil {
			t.Fatal(err)
		}
		y := make([]float32, n*k)
		for i := range y {
			y[i] = []float32{0, 1, r.Float32(), odd[r.IntN(len(odd))]}[r.IntN(4)]
		}
		for _, s := range []Shares{p, &b, c, &others{n, index, lambda}} {
			for _, smoothing := range []float64{0, 0.1, 0.999} {
				want := softReference(s, y, smoothing)
				around := counting[float32](len(y) + 2)
				got := around[1 : 1+len(y)]
				for _, inPlace := range []bool{false, true} {
					src := slices.Clone(y)
					if inPlace {
						src = got
						copy(src, y)
					}
					err := SoftLabels(s, got, src, smoothing)
					if inPlace && repeats && s != Shares(&b) {
						checkError(t, err, blend.ErrIndex, "in place", "row 0", "row 1")
						if !slices.EqualFunc(got, y, sameBits) {
							t.Fatal("written in spite of the error")
						}
						continue
					}
					if err != nil {
						t.Fatal(err)
					}
					for i := range got {
						if kept := s.Lambda(i/k) == 1 && smoothing == 0; bitsOf(got[i], !kept) != bitsOf(want[i], !kept) {
							t.Fatalf("%T, in place %v, smoothing %v, row %d of %d, label %d of %d: got %v, want %v",
								s, inPlace, smoothing, i/k, n, i%k, k, got[i], want[i])
						}
					}
					if !inPlace && !slices.EqualFunc(src, y, sameBits) {
						t.Fatal("the input was written")
					}
				}
				if around[0] != 0 || around[len(around)-1] != counting[float32](len(around))[len(around)-1] {
					t.Fatal("written outside dst")
				}
			}
		}
	}
}

// One-hot rows give the bits of OneHot.
func TestSoftLabelsAreOneHot(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for range 300 {
		n, classes := 1+r.IntN(9), 1+r.IntN(1200)
		s := &others{n, make([]int, n), make([]float64, n)}
		class := make([]int, n)
		y := make([]float32, n*classes)
		for i := range n {
			s.index[i], s.lambda[i] = r.IntN(n), []float64{0, 1, r.Float64()}[r.IntN(3)]
			class[i] = r.IntN(min(classes, 4))
			y[i*classes+class[i]] = 1
		}
		smoothing := []float64{0, 0.1, r.Float64()}[r.IntN(3)]
		want, got := make([]float32, len(y)), make([]float32, len(y))
		if err := OneHot(s, want, class, classes, smoothing); err != nil {
			t.Fatal(err)
		}
		if err := SoftLabels(s, got, y, smoothing); err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(got, want, sameBits) {
			t.Fatalf("%d classes, smoothing %v, lambda %v: got %v, want %v", classes, smoothing, s.lambda, got, want)
		}
	}
}
