package blend

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mixblend/blend/internal/pixels"
	"github.com/mixblend/blend/kernels"
)

func TestMasks(t *testing.T) {
	forEach(t, func(t *testing.T) {
		forTypes(t, types, mixTests.testMasks)
	})
}

// Images of every geometry, in which a mask ends within pieces, lines and vectors, in both layouts, in place too, streamed, shared
// among workers, and at any alignment.
func (c calls[T]) testMasks(t *testing.T) {
	shareSmallCalls(t)
	rng := rand.New(rand.NewPCG(21, 12))
	trials := 600
	if testing.Short() || raceDetector {
		trials = 120
	}
	for trial := range trials {
		height, width, channels, rows := 1+rng.IntN(9), 1+rng.IntN(9), 1+rng.IntN(5), 1+rng.IntN(9)
		switch trial % 4 {
		case 0:
			height, width = 8<<rng.IntN(4), 8<<rng.IntN(4) // planes of whole lines
		case 1:
			height, width = 30+rng.IntN(60), 30+rng.IntN(90)
		}
		size := height * width
		cut := &pixels.Cut{Height: height, Width: width, Layout: int([]Layout{CHW, HWC}[rng.IntN(2)])}
		for range []int{1, rows}[rng.IntN(2)] {
			m := make([]byte, size)
			fill(rng, m)
			for i := rng.IntN(size); i < size && m[i] < 200; i++ {
				m[i] = byte(255 * (i >> 4 & 1))
			}
			cut.Masks = append(cut.Masks, slices.Clip(m))
		}
		index := rng.Perm(rows)
		inPlace := rng.IntN(2) == 0
		if !inPlace && rng.IntN(3) == 0 {
			index[0] = index[rows-1]
		}
		p, err := NewPlan(index, 0.25) // which masks do without
		if err != nil {
			t.Fatal(err)
		}
		call := pixels.Call{Plan: p, Workers: 1 + rng.IntN(3), Store: rng.IntN(3), Cut: cut}
		flat := rng.IntN(2) == 0
		parts := rows
		if flat {
			parts = 1
		}
		var from, to []room[T]
		var x, dst, was [][]T
		for range parts {
			r := newRoom[T](rng, rows/parts*size*channels, rng.IntN(70))
			d := r
			if !inPlace {
				d = newRoom[T](rng, rows/parts*size*channels, rng.IntN(2)*rng.IntN(70))
			}
			from, to = append(from, r), append(to, d)
			xs, _ := Rows(r.row, rows/parts)
			ds, _ := Rows(d.row, rows/parts)
			x, dst = append(x, xs...), append(dst, ds...)
		}
		for _, r := range x {
			was = append(was, slices.Clone(r))
		}
		if flat {
			err = pixels.Mix(call, c.format, pixels.Flat(to[0].row), pixels.Flat(from[0].row))
		} else {
			err = pixels.Mix(call, c.format, pixels.Each(dst), pixels.Each(x))
		}
		what := fmt.Sprintf("%d rows of %d × %d in %v, %d channels, index %v, %d masks, in place %v, flat %v, %v, %d workers",
			rows, height, width, Layout(cut.Layout), channels, index, len(cut.Masks), inPlace, flat, StoreMode(call.Store), call.Workers)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		for i, row := range dst {
			for e, got := range row {
				pixel := e % size
				if Layout(cut.Layout) == HWC {
					pixel = e / channels
				}
				if want := c.wantMask(was[i][e], was[index[i]][e], cut.Mask(i)[pixel]); !same(got, want) {
					t.Fatalf("%s: element %d of row %d is %v, want %v", what, e, i, got, want)
				}
			}
			if !inPlace && !slices.EqualFunc(x[i], was[i], same[T]) {
				t.Fatalf("%s: row %d of the input has changed", what, i)
			}
		}
		for i := range from {
			if from[i].slackChanged() || to[i].slackChanged() {
				t.Fatalf("%s: an element outside the rows has changed", what)
			}
		}
	}
}

// Pairs by a mask of a byte for each pixel: every length up to some periods and longer ones, at any place of a line, streamed too, out of
// place and in place.
func TestMaskPixels(t *testing.T) {
	forEach(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(22, 13))
		for channels := 1; channels <= 4; channels++ {
			for n := range 200 {
				testMaskPixels(t, rng, channels, n)
			}
			for _, n := range []int{2*laidOutBytes/channels + 7, pairCall/channels + 77} {
				testMaskPixels(t, rng, channels, n)
			}
		}
	})
}

func testMaskPixels(t *testing.T, rng *rand.Rand, channels, n int) {
	for trial := range 6 {
		offset := func() int {
			at := rng.IntN(70)
			if trial%2 == 0 {
				at = at / channels * channels
			}
			return at
		}
		a, b, d := newRoom[uint8](rng, n*channels, offset()), newRoom[uint8](rng, n*channels, offset()), newRoom[uint8](rng, n*channels, offset())
		stream := trial < 4
		switch trial {
		case 4:
			d = a
		case 5:
			d = b
		}
		mask := make([]uint8, n)
		fillMask(rng, mask)
		want := make([]uint8, len(d.row))
		for i := range want {
			want[i] = kernels.MaskU8(a.row[i], b.row[i], mask[i/channels])
		}
		maskBefore := slices.Clone(mask)
		pixels.MaskPair(d.row, a.row, b.row, slices.Clip(mask), channels, stream)
		fence()
		for i := range want {
			if d.row[i] != want[i] {
				t.Fatalf("%d pixels of %d, trial %d: byte %d by %d is %d, want %d", n, channels, trial, i, mask[i/channels], d.row[i], want[i])
			}
		}
		if a.slackChanged() || b.slackChanged() || d.slackChanged() || !slices.Equal(mask, maskBefore) {
			t.Fatalf("%d pixels of %d, trial %d: a byte outside the row has changed", n, channels, trial)
		}
	}
}
