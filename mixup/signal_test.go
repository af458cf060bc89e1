package mixup

import (
	"fmt"
	"image"
	"math"
	"testing"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/kernels"
)

// The box of a signal takes 1−λ of its length, rounded down, around its centre, and is clipped.
func TestSignals(t *testing.T) {
	for _, size := range []int{1, 2, 3, 9, 50, 1000, 44100} {
		for k := 0; k <= kernels.One; k += 7 {
			centre := int(int64(k) * 104729 % int64(size))
			length := int(int64(size) * int64(kernels.One-k) / kernels.One) // exactly
			from, to := max(centre-length/2, 0), min(centre+(length+1)/2, size)
			lambda := float64(k) / kernels.One
			wide, err := Box(1, size, lambda, 0, centre)
			if want := image.Rect(from, 0, to, 1); err != nil || wide != want && !(wide.Empty() && want.Empty()) {
				t.Fatalf("1 × %d, lambda %v, centre %d: %v, %v, want %v", size, lambda, centre, wide, err, want)
			}
			high, err := Box(size, 1, lambda, centre, 0)
			if want := image.Rect(0, from, 1, to); err != nil || high != want && !(high.Empty() && want.Empty()) {
				t.Fatalf("%d × 1, lambda %v, centre %d: %v, %v, want %v", size, lambda, centre, high, err, want)
			}
			if got, want := boxLambda(wide, 1, size, 1), 1-float64(to-from)/float64(size); got != want {
				t.Fatalf("1 × %d: a share of %v, want %v", size, got, want)
			}
		}
	}
}

// Signals are cut in every length, as often as λ and the centre say.
func TestSignalLengths(t *testing.T) {
	const size, n = 20, 60_000
	var expected [size + 1]float64
	for k := range kernels.One + 1 { // λ is uniform on the grid, whose ends have half of a cell
		p := 1.0 / kernels.One
		if k == 0 || k == kernels.One {
			p /= 2
		}
		for centre := range size {
			length := size * (kernels.One - k) / kernels.One
			expected[min(centre+(length+1)/2, size)-max(centre-length/2, 0)] += n * p / size
		}
	}
	for _, c := range []Config{{Height: 1, Width: size, Layout: HWC}, {Height: size, Width: 1, Layout: CHW}} {
		c.Seed, c.CutMixAlpha, c.Scope = 21, 1, PerRow
		var b Batch
		draw(t, sampler(t, c), &b, n, 0, 0)
		var count [size + 1]int
		for i := range n {
			box := b.Box(i)
			length := box.Dx() * box.Dy()
			if box.Empty() {
				length = 0
			}
			count[length]++
			if got, want := b.Lambda(i), float64(float32(1-float64(length)/size)); got != want {
				t.Fatalf("%d × %d, box %v: lambda %v, want %v", c.Height, c.Width, box, got, want)
			}
		}
		for length, want := range expected {
			if d := math.Abs(float64(count[length]) - want); d > 4.5*math.Sqrt(want)+1 {
				t.Errorf("%d × %d: %d boxes of length %d, want %.0f", c.Height, c.Width, count[length], length, want)
			}
		}
	}
}

// How often a thin image is not cut, as Config.Height says, and a signal of length 1, which is one pixel.
func TestThinImages(t *testing.T) {
	const n = 40_000
	for _, test := range []struct {
		height, width int
		empty         float64 // P(1−λ < 1/side²), of the shorter side
	}{
		{2, 224, 1.0 / 4}, {224, 2, 1.0 / 4}, {2, 2, 1.0 / 4}, {3, 500, 1.0 / 9}, {32, 4, 1.0 / 16}, {1, 224, 1.0 / 224}, {224, 224, 1.0 / 224 / 224},
		{1, 1, 1}, // but for λ = 0
	} {
		t.Run(fmt.Sprintf("%d × %d", test.height, test.width), func(t *testing.T) {
			var b Batch
			draw(t, sampler(t, Config{Seed: 5, CutMixAlpha: 1, Scope: PerRow, Height: test.height, Width: test.width, Layout: CHW}), &b, n, 0, 0)
			empty := 0
			for i := range n {
				if b.Box(i).Empty() {
					empty++
					if b.Lambda(i) != 1 {
						t.Fatalf("an empty box, and lambda %v", b.Lambda(i))
					}
				}
			}
			if p := test.empty; math.Abs(float64(empty)-n*p) > 4*math.Sqrt(n*p*(1-p))+4 {
				t.Errorf("%d of %d boxes are empty, want %.0f", empty, n, n*p)
			}
		})
	}
	for _, lambda := range []float64{0, 1.0 / kernels.One, 0.5, 1} {
		want := image.Rect(0, 0, 1, 1)
		if lambda > 0 {
			want = image.Rectangle{}
		}
		if got, err := Box(1, 1, lambda, 0, 0); err != nil || got.Empty() != want.Empty() {
			t.Errorf("1 × 1, lambda %v: %v, %v", lambda, got, err)
		}
	}
}

// Sides as long as an int, of 32 bits too.
func TestHugeBoxes(t *testing.T) {
	const most32 = math.MaxInt32
	for _, size := range [][2]int{
		{1500000000, 1}, {1, 1500000000}, {most32, 1}, {1, most32}, {46340, 46340}, {2, most32 / 2}, {most32 / 3, 3},
		{math.MaxInt, 1}, {1, math.MaxInt}, {2, math.MaxInt / 2}, {math.MaxInt / 2, 2},
	} {
		h, w := size[0], size[1]
		for _, lambda := range []float64{0, 1.0 / kernels.One, 0.25, 0.5, 0.75, 1 - 1.0/kernels.One, 1} {
			for _, cy := range []int{0, h / 2, h - 1} {
				for _, cx := range []int{0, w / 2, w - 1} {
					b, err := Box(h, w, lambda, cy, cx)
					if err != nil {
						t.Fatal(err)
					}
					if b.Min.X < 0 || b.Min.Y < 0 || b.Max.X > w || b.Max.Y > h || b.Min.X > b.Max.X || b.Min.Y > b.Max.Y {
						t.Fatalf("%d × %d, lambda %v, centre %d, %d: %v", h, w, lambda, cy, cx, b)
					}
					share := 1 - boxLambda(b, h, w, 1)
					if !(share >= 0 && share <= 1) {
						t.Fatalf("%d × %d, lambda %v: the box %v has a share of %v", h, w, lambda, b, share)
					}
					// A box in the middle of sides that are not short is not clipped, and has 1−λ.
					if cy == h/2 && cx == w/2 && (h == 1 || h > 1000) && (w == 1 || w > 1000) && math.Abs(share-(1-lambda)) > 1e-3 {
						t.Errorf("%d × %d, lambda %v: the box %v has a share of %v", h, w, lambda, b, share)
					}
				}
			}
		}
		c, err := NewCutMix([]int{0}, CHW, h, w, image.Rect(0, 0, w, h))
		if err != nil || c.Lambda(0) != 0 {
			t.Errorf("%d × %d: %v", h, w, err)
		}
		s, err := New(Config{CutMixAlpha: 1, Scope: PerRow, Height: h, Width: w, Layout: HWC})
		if err != nil {
			t.Fatal(err)
		}
		var b Batch
		draw(t, s, &b, 50, 0, 0)
		checkError(t, b.Uint8(make([]uint8, 50), make([]uint8, 50)), blend.ErrShape, fmt.Sprintf("50 rows of %d × %d pixels of 1 channel are ", h, w), "dst has 50, x 50")
	}
}
