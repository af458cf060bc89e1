package flat_test

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"strings"
	"testing"

	"github.com/mixblend/blend/examples/flat"
)

// pictures are of the types that decoders return, in colors that all of them have, and one is part of another.
func pictures(w, h int) (all []image.Image, at func(i, x, y int) color.RGBA) {
	c := func(i, x, y int) color.RGBA {
		return color.RGBA{uint8(17*x + i), uint8(29*y + 3*i), uint8(5*x + 7*y), 255}
	}
	r := image.Rect(0, 0, w, h)
	rgba, nrgba := image.NewRGBA(r), image.NewNRGBA(r)
	whole := image.NewRGBA(image.Rect(0, 0, w+5, h+5))
	part := whole.SubImage(r.Add(image.Pt(2, 3))).(*image.RGBA)
	for y := range h {
		for x := range w {
			rgba.SetRGBA(x, y, c(0, x, y))
			nrgba.Set(x, y, c(1, x, y))
			part.SetRGBA(x+2, y+3, c(2, x, y))
		}
	}
	return []image.Image{rgba, nrgba, part}, c
}

// Each number is (v/255 − mean)/std of its pixel, plane by plane.
func TestNCHW(t *testing.T) {
	const w, h = 7, 5
	all, at := pictures(w, h)
	n, err := flat.Normalization()
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]float32, len(all)*3*h*w)
	if err := flat.NCHW(dst, all, n); err != nil {
		t.Fatal(err)
	}
	mean, std := [3]float64{0.485, 0.456, 0.406}, [3]float64{0.229, 0.224, 0.225}
	k := 0
	for i := range all {
		for c := range 3 {
			for y := range h {
				for x := range w {
					p := at(i, x, y)
					want := (float64([3]uint8{p.R, p.G, p.B}[c])/255 - mean[c]) / std[c]
					if math.Abs(float64(dst[k])-want) > 1e-6 {
						t.Fatalf("picture %d, channel %d at %d, %d: %v, want %v", i, c, x, y, dst[k], want)
					}
					k++
				}
			}
		}
	}
}

// An opaque picture without gaps is not copied; what is transparent lies on white.
func TestRGBA(t *testing.T) {
	all, _ := pictures(4, 3)
	if flat.RGBA(all[0]) != all[0] {
		t.Error("a copy of what need not be copied")
	}
	if m := flat.RGBA(all[2]); m == all[2] || len(m.Pix) != 4*4*3 {
		t.Errorf("%d bytes", len(m.Pix))
	}
	clear := image.NewRGBA(image.Rect(0, 0, 1, 1))
	clear.SetRGBA(0, 0, color.RGBA{100, 0, 0, 128})
	if c := flat.RGBA(clear).RGBAAt(0, 0); c != (color.RGBA{227, 127, 127, 255}) {
		t.Error(c)
	}
}

func TestErrors(t *testing.T) {
	all, _ := pictures(4, 3)
	n, err := flat.Normalization()
	if err != nil {
		t.Fatal(err)
	}
	if err := flat.NCHW(make([]float32, 2*3*12), []image.Image{all[0], image.NewRGBA(image.Rect(0, 0, 3, 4))}, n); err == nil || !strings.Contains(err.Error(), "picture 1 is (3,4), and the first (4,3)") {
		t.Error(err)
	}
	if err := flat.NCHW(make([]float32, 3*3*12+3), all, n); err == nil {
		t.Error("no error for a slice that is too long")
	}
	if err := flat.NCHW(nil, nil, n); err != nil {
		t.Error(err)
	}
}

func ExampleNCHW() {
	n, err := flat.Normalization()
	if err != nil {
		panic(err)
	}
	picture := image.NewRGBA(image.Rect(0, 0, 2, 2))
	for i := range picture.Pix {
		picture.Pix[i] = uint8(max(128, i%4*85))
	}
	input := make([]float32, 1*3*2*2)
	if err := flat.NCHW(input, []image.Image{picture}, n); err != nil {
		panic(err)
	}
	fmt.Printf("%.3f\n", input)
	// Output: [0.074 0.074 0.074 0.074 0.205 0.205 0.205 0.205 1.159 1.159 1.159 1.159]
}

// A picture with one translucent pixel, wherever it is, lies on white; one without is taken as it is.
func TestTranslucent(t *testing.T) {
	const w, h = 7, 5
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	if flat.RGBA(m) != m {
		t.Error("an opaque picture was copied")
	}
	for i := range w * h {
		m.SetRGBA(i%w, i/w, color.RGBA{0, 0, 0, 254})
		if got := flat.RGBA(m); got == m || got.RGBAAt(i%w, i/w) != (color.RGBA{1, 1, 1, 255}) {
			t.Errorf("pixel %d: %v", i, got.RGBAAt(i%w, i/w))
		}
		m.SetRGBA(i%w, i/w, color.RGBA{255, 255, 255, 255})
	}
}
