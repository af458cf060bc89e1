package mixup

import (
	"image"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/kernels"
)

// at is the place of a pixel's channel in a row.
func at(layout Layout, channels, height, width, c, y, x int) int {
	if layout == HWC {
		return (y*width+x)*channels + c
	}
	return (c*height+y)*width + x
}

// reference mixes pixel by pixel, from an untouched copy. lambda, where given, is of rows that are blended.
func reference[T Element](x []T, index []int, layout Layout, channels, height, width int, boxes []image.Rectangle, blended []bool, mix func(i int, a, b T) T) []T {
	want := slices.Clone(x)
	size := channels * height * width
	for i, q := range index {
		own, partner, dst := x[i*size:][:size], x[q*size:][:size], want[i*size:][:size]
		if len(blended) > 0 && one(blended, i) {
			for j := range dst {
				dst[j] = mix(i, own[j], partner[j])
			}
			continue
		}
		b := one(boxes, i)
		for c := range channels {
			for y := b.Min.Y; y < b.Max.Y; y++ {
				for x := b.Min.X; x < b.Max.X; x++ {
					j := at(layout, channels, height, width, c, y, x)
					dst[j] = partner[j]
				}
			}
		}
	}
	return want
}

func randomBox(r *rand.Rand, height, width int) image.Rectangle {
	y, x := r.IntN(height+1), r.IntN(width+1)
	return image.Rect(x, y, r.IntN(width+1), r.IntN(height+1))
}

func counting[T Element](n int) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = T(i*7 + i/100)
	}
	return s
}

func TestPaste(t *testing.T) {
	t.Run("uint8", testPaste[uint8])
	t.Run("uint16", testPaste[uint16])
	t.Run("float32", testPaste[float32])
	t.Run("int64", testPaste[int64])
	type half uint16
	t.Run("half", testPaste[half])
}

func testPaste[T Element](t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	c := new(CutMix) // one for all, so that what it held before shows
	for range 400 {
		n, channels, height, width := r.IntN(9), 1+r.IntN(4), 1+r.IntN(7), 1+r.IntN(7)
		layout := Layout(r.IntN(2))
		index := r.Perm(n)
		permutation := r.IntN(4) > 0
		if !permutation && n > 1 {
			index[0] = index[1]
		}
		boxes := []image.Rectangle{randomBox(r, height, width)}
		if r.IntN(2) == 0 {
			for len(boxes) < n {
				boxes = append(boxes, randomBox(r, height, width))
			}
		}
		if r.IntN(4) == 0 {
			boxes[0] = image.Rect(0, 0, width, height)
		}
		if len(boxes) > 1 {
			boxes = boxes[:n]
		}
		if err := c.Reset(index, layout, height, width, boxes...); err != nil {
			t.Fatal(err)
		}
		x := counting[T](n * channels * height * width)
		want := reference(x, index, layout, channels, height, width, boxes, nil, nil)
		checkPaste(t, c, x, want, permutation || n < 2)
		for i := range n {
			b := one(boxes, i)
			lambda := 1 - float64(b.Dx()*b.Dy())/float64(height*width)
			if len(boxes) > 1 {
				lambda = float64(float32(lambda))
			}
			if c.Lambda(i) != lambda || c.Plan().Lambda(i) != lambda || c.Index(i) != index[i] || c.Plan().Index(i) != index[i] || c.Box(i) != b {
				t.Fatalf("row %d: lambda %v, index %d, box %v; want %v, %d, %v", i, c.Lambda(i), c.Index(i), c.Box(i), lambda, index[i], b)
			}
		}
	}
}

// checkPaste runs both forms apart and in place, with slack around dst, which must stay.
func checkPaste[T Element](t *testing.T, c *CutMix, x, want []T, permutation bool) {
	t.Helper()
	const slack = 9
	for _, inPlace := range []bool{false, true} {
		for _, each := range []bool{false, true} {
			around := counting[T](len(x) + 2*slack)
			before := slices.Clone(around)
			dst := around[slack : slack+len(x)]
			src := slices.Clone(x)
			if inPlace {
				copy(dst, x)
				src = dst
			}
			var err error
			if each {
				d, _ := blend.Rows(dst, c.Len())
				s, _ := blend.Rows(src, c.Len())
				err = PasteRows(c, d, s)
			} else {
				err = Paste(c, dst, src)
			}
			expect := want
			if inPlace && !permutation {
				checkError(t, err, blend.ErrIndex, "partner of row 0 and of row 1")
				expect = x
			} else if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(dst, expect) {
				t.Fatalf("in place %v, one slice a row %v, boxes %v: got %v, want %v", inPlace, each, c.boxes, dst, expect)
			}
			if !slices.Equal(around[:slack], before[:slack]) || !slices.Equal(around[slack+len(x):], before[slack+len(x):]) {
				t.Fatal("written outside dst")
			}
			if !inPlace && !slices.Equal(src, x) {
				t.Fatal("the input was written")
			}
		}
	}
}

// Batches of the sampler in which some rows are blended, some cut and some kept, along cycles of any length.
func TestMixedBatches(t *testing.T) {
	const channels, height, width = 3, 6, 5
	var b Batch
	kinds := map[[2]bool]int{}
	for _, layout := range []Layout{CHW, HWC} {
		for _, pairing := range []Pairing{Permutation, Derangement, Reversal, Roll} {
			for _, scope := range []Scope{PerBatch, PerRow} {
				s := sampler(t, Config{Alpha: 1, Scope: scope, Pairing: pairing, Skip: 0.2, CutMix: 0.5, CutMixAlpha: 1,
					Height: height, Width: width, Layout: layout})
				for step := range 60 {
					n := step % 13
					draw(t, s, &b, n, 1, step)
					kinds[[2]bool{b.cuts > 0, b.mixes > 0}]++
					if (b.CutMix() == nil) != (b.mixes > 0) {
						t.Fatal("CutMix is there where a row is blended, or is not where none is")
					}
					weights := make([]int, n)
					for i := range n {
						if b.cut.blends(i) {
							weights[i] = weight(t, &b, i)
						}
					}
					x := counting[uint8](n * channels * height * width)
					checkMix(t, &b, x, reference(x, b.index, layout, channels, height, width, b.cut.boxes, b.cut.blended,
						func(i int, a, b uint8) uint8 { return kernels.U8(a, b, weights[i]) }), (*Batch).Uint8, (*Batch).Uint8Rows)
					f := counting[float32](n * channels * height * width)
					checkMix(t, &b, f, reference(f, b.index, layout, channels, height, width, b.cut.boxes, b.cut.blended,
						func(i int, a, c float32) float32 {
							l, m := kernels.WeightsF32(b.Plan().Lambda(i))
							return kernels.F32(a, c, l, m)
						}), (*Batch).Float32, (*Batch).Float32Rows)
				}
			}
		}
	}
	if len(kinds) != 4 {
		t.Errorf("of (cut, blended), only %v came up", kinds)
	}
}

// Labels of a batch with boxes weigh what is really in the pixels.
func TestLambdaIsTheShareOfPixels(t *testing.T) {
	const n, height, width = 9, 8, 4 // a power of two, so that shares are exact
	var b Batch
	for step := range 50 {
		for _, scope := range []Scope{PerBatch, PerRow} {
			s := sampler(t, Config{Scope: scope, Pairing: Derangement, CutMix: 1, CutMixAlpha: 1, Height: height, Width: width})
			draw(t, s, &b, n, 0, step)
			x := make([]uint16, n*height*width)
			for i := range x {
				x[i] = uint16(i / (height * width))
			}
			if err := Paste(b.CutMix(), x, x); err != nil {
				t.Fatal(err)
			}
			for i := range n {
				own := 0
				for _, v := range x[i*height*width:][:height*width] {
					switch int(v) {
					case i:
						own++
					case b.Plan().Index(i):
					default:
						t.Fatalf("row %d has a pixel of row %d", i, v)
					}
				}
				if got := b.Plan().Lambda(i); got != float64(own)/(height*width) {
					t.Fatalf("row %d: lambda %v, but %d of %d pixels are its own", i, got, own, height*width)
				}
			}
		}
	}
}

// The input of a call that is not in place is only read, also by several calls at once.
func TestPasteConcurrently(t *testing.T) {
	c, err := NewCutMix([]int{1, 2, 0}, HWC, 4, 4, image.Rect(1, 1, 3, 3), image.Rect(0, 0, 4, 4), image.Rect(2, 0, 3, 4))
	if err != nil {
		t.Fatal(err)
	}
	x := counting[uint8](3 * 48)
	want := make([]uint8, len(x))
	if err := Paste(c, want, x); err != nil {
		t.Fatal(err)
	}
	done := make(chan bool)
	for range 8 {
		go func() {
			for range 100 {
				y := slices.Clone(x)
				if err := Paste(c, y, y); err != nil || !slices.Equal(y, want) {
					t.Errorf("%v, %v", y, err)
				}
			}
			done <- true
		}()
	}
	for range 8 {
		<-done
	}
}
