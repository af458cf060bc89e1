package main

import (
	"fmt"
	"image"
	"image/color"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/mixup"
	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

const (
	maxColumns = 6
	minCell    = 160 // the least width of a column, for its labels
)

var (
	paper = color.RGBA{0xff, 0xff, 0xff, 0xff}
	ink   = color.RGBA{0x1b, 0x1f, 0x24, 0xff}
	faint = color.RGBA{0x68, 0x70, 0x7a, 0xff}
	frame = color.RGBA{0xd4, 0xd8, 0xdc, 0xff}
)

// A layout says where things are on a sheet: under a heading, groups of a row of originals and a row of their mixes.
type layout struct {
	n, w, h int // pictures, and their size
	columns int
	cell    int // the width of a column
	em      int // the size of the text, and the unit of all spacing
}

func newLayout(n, w, h int) layout {
	l := layout{n: n, w: w, h: h, cell: max(w, minCell)}
	groups := (n + maxColumns - 1) / maxColumns
	l.columns = (n + groups - 1) / groups // about as many in the last group as in the others
	l.em = min(max(l.cell/16, 12), 40)
	return l
}

func (l layout) heading() int { return 6 * l.em }
func (l layout) gap() int     { return l.em * 5 / 4 }

// below returns the distance from the top of an original to the top of its mix, and from there to the next original.
func (l layout) below() (original, mix int) { return l.h + 5*l.em/2, l.h + 5*l.em }

func (l layout) size() image.Point {
	original, mix := l.below()
	groups := (l.n + l.columns - 1) / l.columns
	return image.Pt(4*l.em+l.columns*l.cell+(l.columns-1)*l.gap(), l.heading()+groups*(original+mix))
}

// original returns the place of original i.
func (l layout) original(i int) image.Rectangle {
	original, mix := l.below()
	x := 2*l.em + i%l.columns*(l.cell+l.gap())
	y := l.heading() + i/l.columns*(original+mix)
	return image.Rect(x, y, x+l.w, y+l.h)
}

// mix returns the place of mix i, under original i.
func (l layout) mix(i int) image.Rectangle {
	original, _ := l.below()
	return l.original(i).Add(image.Pt(0, original))
}

// A sheet is all that is on it but the pixels.
type sheet struct {
	layout
	names    []string
	shares   mixup.Shares
	title    string
	formula  string
	subtitle string
}

func (s sheet) draw(originals, mixes []uint8) (image.Image, error) {
	title, err := newFace(gobold.TTF, 1.5*float64(s.em))
	if err != nil {
		return nil, err
	}
	text, err := newFace(goregular.TTF, float64(s.em))
	if err != nil {
		return nil, err
	}
	x, err := blend.Rows(originals, s.n)
	if err != nil {
		return nil, err
	}
	mixed, err := blend.Rows(mixes, s.n)
	if err != nil {
		return nil, err
	}

	c := canvas{image.NewRGBA(image.Rectangle{Max: s.size()})}
	draw.Draw(c, c.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	left, width := 2*s.em, s.size().X-4*s.em
	c.text(title, ink, left, 5*s.em/2, ellipsis(title, s.title, width))
	c.text(text, faint, left, 17*s.em/4, ellipsis(text, s.formula+",  "+s.subtitle, width))
	for i, name := range s.names {
		r := s.original(i)
		c.picture(r, x[i])
		c.text(text, ink, r.Min.X, r.Max.Y+3*s.em/2, ellipsis(text, name, s.cell))

		r = s.mix(i)
		lambda := s.shares.Lambda(i)
		c.picture(r, mixed[i])
		c.text(text, ink, r.Min.X, r.Max.Y+3*s.em/2, mixLabel(text, lambda, name, s.names[s.shares.Index(i)], s.cell))
		c.text(text, faint, r.Min.X, r.Max.Y+3*s.em, fmt.Sprintf("λ = %.4f", lambda))
	}
	return c, nil
}

type canvas struct{ *image.RGBA }

// picture copies a row of the batch to r, with a thin frame around it.
func (c canvas) picture(r image.Rectangle, row []uint8) {
	draw.Draw(c, r.Inset(-1), image.NewUniform(frame), image.Point{}, draw.Src)
	picture := &image.RGBA{Pix: row, Stride: 4 * r.Dx(), Rect: image.Rectangle{Max: r.Size()}}
	draw.Draw(c.RGBA, r, picture, image.Point{}, draw.Src)
}

// text writes s with its baseline at y.
func (c canvas) text(face font.Face, ink color.Color, x, y int, s string) {
	d := font.Drawer{Dst: c, Src: image.NewUniform(ink), Face: face, Dot: fixed.P(x, y)}
	d.DrawString(s)
}

func newFace(ttf []byte, size float64) (font.Face, error) {
	f, err := opentype.Parse(ttf)
	if err != nil {
		return nil, err
	}
	return opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
}

func fits(face font.Face, s string, width int) bool {
	return font.MeasureString(face, s).Ceil() <= width
}

// ellipsis returns s, shortened to the width if need be.
func ellipsis(face font.Face, s string, width int) string {
	short := []rune(s)
	for !fits(face, s, width) && len(short) > 0 {
		short = short[:len(short)-1]
		s = string(short) + "…"
	}
	return s
}

// mixLabel is such as "0.62 coffee + 0.38 chelsea". To fit the width the longer name is shortened first.
func mixLabel(face font.Face, lambda float64, name, partner string, width int) string {
	names := [2][]rune{[]rune(name), []rune(partner)}
	shown := [2]string{name, partner}
	for {
		s := fmt.Sprintf("%.2f %s + %.2f %s", lambda, shown[0], 1-lambda, shown[1])
		k := 0
		if len(names[1]) > len(names[0]) {
			k = 1
		}
		if fits(face, s, width) || len(names[k]) == 0 {
			return s
		}
		names[k] = names[k][:len(names[k])-1]
		shown[k] = string(names[k]) + "…"
	}
}
