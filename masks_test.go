package blend

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mixblend/blend/internal/pixels"
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
