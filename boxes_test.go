package blend

import (
	"fmt"
	"image"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mixblend/blend/internal/pixels"
)

// Bits of any columns of a row, for elements of any size, against the pixels one by one.
func TestBoxBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(30, 1))
	for range 20000 {
		height, width, pixel, planes := 1+rng.IntN(20), 1+rng.IntN(40), 1+rng.IntN(4), 1+rng.IntN(3)
		w := traversal{pixel: pixel, cut: &pixels.Cut{Height: height, Width: width}}
		cols, size := planes*w.plane(), 1<<rng.IntN(3)
		c := rng.IntN(cols)
		n := 1 + rng.IntN(cols-c)
		x, y := rng.IntN(width), rng.IntN(height)
		box := image.Rect(x, y, x+1+rng.IntN(width-x), y+1+rng.IntN(height-y))
		bits := make([]byte, bitsBytes(n*size)+bitsSlack)
		w.layOutBox(bits, box, c, n, size)
		for i := range n * size {
			at := (c + i/size) / pixel % (height * width)
			if got, want := bits[i/8]>>(i%8)&1 == 0, image.Pt(at%width, at/width).In(box); got != want {
				t.Fatalf("%d × %d pixels of %d, box %v, columns %d to %d of %d bytes: byte %d is in the box: %v, want %v",
					height, width, pixel, box, c, c+n, size, i, got, want)
			}
		}
	}
}

func TestShiftBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(30, 2))
	for begin := range 130 {
		for n := 1; n < 200; n++ {
			mask, dst := make([]byte, bitsBytes(begin+n)+bitsSlack), make([]byte, bitsBytes(n)+bitsSlack)
			fill(rng, mask)
			shiftBits(dst, ptr(mask), begin, n)
			for i := range n {
				if got, want := dst[i/8]>>(i%8)&1, mask[(begin+i)/8]>>((begin+i)%8)&1; got != want {
					t.Fatalf("bit %d of %d from bit %d on: %d, want %d", i, n, begin, got, want)
				}
			}
		}
	}
}

// Rows of several pieces, calls and tiles, in phase and out of it, with one box for all and a box a row, beside rows that are blended or
// kept, of one worker and of several, on every implementation.
func TestLargeBoxes(t *testing.T) {
	forEach(t, func(t *testing.T) { forTypes(t, oneOfEachSize, mixTests.testLargeBoxes) })
}

func (c calls[T]) testLargeBoxes(t *testing.T) {
	shareSmallCalls(t)
	rng := rand.New(rand.NewPCG(30, 3))
	for i, g := range []pixels.Cut{
		{Height: 96, Width: 160, Layout: int(CHW)},  // in phase
		{Height: 97, Width: 161, Layout: int(CHW)},  // out of phase
		{Height: 16, Width: 11, Layout: int(HWC)},   // short rows
		{Height: 331, Width: 299, Layout: int(HWC)}, // of floats more than a tile
	} {
		if i > 2 && (testing.Short() || raceDetector) {
			break
		}
		const rows, channels = 7, 3
		plane := g.Height * g.Width
		cols := channels * plane
		x := aligned[T](rows * cols)
		fillOrdinary(x)
		for trial := range 16 {
			index, lambda := rng.Perm(rows), make([]float64, rows)
			for i := range lambda {
				lambda[i] = []float64{1, 0.3}[rng.IntN(2)]
			}
			p, err := NewPlan(index, lambda...)
			if err != nil {
				t.Fatal(err)
			}
			g.Boxes = nil
			for range []int{1, rows}[trial%2] {
				x, y := rng.IntN(g.Width), rng.IntN(g.Height)
				g.Boxes = append(g.Boxes, image.Rect(x, y, x+rng.IntN(g.Width-x+1), y+rng.IntN(g.Height-y+1)))
			}
			if trial%4 == 3 {
				for i := range g.Boxes {
					if rng.IntN(2) == 0 {
						g.Boxes[i] = image.Rectangle{}
					}
				}
			}
			want := slices.Clone(x)
			for row, q := range index {
				for i := range cols {
					at := i % plane
					if g.Layout == int(HWC) {
						at = i / channels
					}
					own, partner := x[row*cols+i], x[q*cols+i]
					switch box := g.Box(row); {
					case image.Pt(at%g.Width, at/g.Width).In(box):
						want[row*cols+i] = partner
					case box.Empty() && lambda[row] != 1:
						want[row*cols+i] = c.want(own, partner, lambda[row])
					}
				}
			}
			inPlace := trial > 7
			call := pixels.Call{Plan: p, Workers: 1 + rng.IntN(3), Store: 1 + trial/2%2, Cut: &g}
			what := fmt.Sprintf("%d × %d, layout %v, store %v, %d workers, boxes %v, λ %v, in place %v",
				g.Height, g.Width, Layout(g.Layout), StoreMode(call.Store), call.Workers, g.Boxes, lambda, inPlace)
			src, dst := slices.Clone(x), aligned[T](len(x) + cacheLine)[rng.IntN(cacheLine):][:len(x)]
			if inPlace {
				dst = src
			}
			if err := pixels.Mix(call, c.format, pixels.Flat(dst), pixels.Flat(src)); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			for i := range want {
				if !same(dst[i], want[i]) {
					t.Fatalf("%s: element %d of row %d is %v, want %v", what, i%cols, i/cols, dst[i], want[i])
				}
			}
		}
	}
}
