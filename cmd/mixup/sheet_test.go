package main

import (
	"fmt"
	"image"
	"strings"
	"testing"

	"github.com/mixblend/blend/kernels"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

// Pictures lie on the sheet and apart from each other, in groups of at most six columns.
func TestLayout(t *testing.T) {
	for _, test := range []struct{ n, columns, groups int }{{2, 2, 1}, {6, 6, 1}, {7, 4, 2}, {12, 6, 2}, {13, 5, 3}} {
		for _, size := range []image.Point{{1, 1}, {32, 32}, {224, 224}, {300, 40}, {40, 300}, {2048, 2048}} {
			lay := newLayout(test.n, size.X, size.Y)
			if lay.columns != test.columns {
				t.Errorf("%d pictures in %d columns, want %d", test.n, lay.columns, test.columns)
			}
			sheet := image.Rectangle{Max: lay.size()}
			var cells []image.Rectangle
			for i := range test.n {
				for _, r := range []image.Rectangle{lay.original(i), lay.mix(i)} {
					if r.Size() != size || !r.Inset(-lay.em).In(sheet) {
						t.Errorf("%d pictures of %v: %v on %v", test.n, size, r, sheet)
					}
					for _, other := range cells {
						if r.Inset(-lay.em / 2).Overlaps(other) {
							t.Errorf("%d pictures of %v: %v overlaps %v", test.n, size, r, other)
						}
					}
					cells = append(cells, r)
				}
			}
			if last := lay.original(test.n - 1).Min.Y; last != lay.original(0).Min.Y+(test.groups-1)*(lay.mix(0).Min.Y-lay.original(0).Min.Y+lay.h+5*lay.em) {
				t.Errorf("%d pictures of %v: the last row is at %d", test.n, size, last)
			}
		}
	}
}

func TestLabels(t *testing.T) {
	face, err := newFace(goregular.TTF, 14)
	if err != nil {
		t.Fatal(err)
	}
	if s := mixLabel(face, 0.62, "coffee", "chelsea", 224); s != "0.62 coffee + 0.38 chelsea" {
		t.Error(s)
	}
	long := strings.Repeat("a long name ", 10)
	for _, names := range [][2]string{{long, "b"}, {"a", long}, {long, long}} {
		s := mixLabel(face, 0.25, names[0], names[1], minCell)
		if !fits(face, s, minCell) || !strings.HasPrefix(s, "0.25 a") || !strings.Contains(s, "… ") && !strings.HasSuffix(s, "…") || !strings.Contains(s, " + 0.75 ") {
			t.Errorf("%q", s)
		}
		if short := min(len(names[0]), len(names[1])); short == 1 && strings.Count(s, "…") != 1 {
			t.Errorf("%q: the short name is shortened", s)
		}
	}
	if s := ellipsis(face, long, 100); !fits(face, s, 100) || fits(face, s+"mm", 100) || !strings.HasSuffix(s, "…") {
		t.Errorf("%q", s)
	}
	if s := ellipsis(face, "short", 100); s != "short" {
		t.Errorf("%q", s)
	}
	// The two numbers of a label add up: on the grid of λ, also at the ties of two decimals, 0.125 to 0.875.
	for w := 0; w <= kernels.One; w += 16 {
		var l, m float64
		s := mixLabel(face, float64(w)/kernels.One, "a", "b", 500)
		if _, err := fmt.Sscanf(s, "%f a + %f b", &l, &m); err != nil || l+m < 0.999 || l+m > 1.001 {
			t.Errorf("%q, %v", s, err)
		}
	}
}

// The font has all that the program writes.
func TestGlyphs(t *testing.T) {
	f, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range "x ← λx + (1 − λ)x[partner],  λ ~ Beta(0.4, 0.4), seed 1 λ = … _-" {
		if g, err := f.GlyphIndex(nil, r); err != nil || g == 0 {
			t.Errorf("no glyph for %q: %v", r, err)
		}
	}
}
