package main

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/color/palette"
	"image/jpeg"
	"image/png"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mixblend/blend/kernels"
	"golang.org/x/image/draw"
)

// noise is a picture of pixels that all differ from their neighbours.
func noise(w, h, seed int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		v := uint32(i+1) * 2654435761 * uint32(2*seed+1)
		img.SetRGBA(i%w, i/w, color.RGBA{uint8(v >> 24), uint8(v >> 16), uint8(v >> 8), 255})
	}
	return img
}

func encodePNG(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// From file to sheet: a picture that has the size already is shown as it is, and -lambda mixes it exactly.
func TestFilesAreMixedExactly(t *testing.T) {
	t.Chdir(t.TempDir())
	pictures := []*image.RGBA{noise(33, 21, 1), noise(33, 21, 2)}
	write(t, "a.png", encodePNG(t, pictures[0]))
	write(t, "b.jpg", encodePNG(t, pictures[1])) // the extension does not count
	status, _, stderr := program(t, "images", "a.png", "b.jpg", "-size", "33x21", "--lambda=0.3", "-out", "s.PNG")
	if status != 0 {
		t.Fatal(stderr)
	}
	got := decodeSheet(t, "s.PNG").(*image.RGBA)
	lay := newLayout(2, 33, 21)
	w := kernels.WeightU8(0.3)
	for i, own := range pictures {
		partner := pictures[1-i]
		for k := range 33 * 21 {
			x, y := k%33, k/33
			a, b := own.RGBAAt(x, y), partner.RGBAAt(x, y)
			at := lay.original(i).Min.Add(image.Pt(x, y))
			if c := got.RGBAAt(at.X, at.Y); c != a {
				t.Fatalf("original %d at %d, %d: %v, want %v", i, x, y, c, a)
			}
			at = lay.mix(i).Min.Add(image.Pt(x, y))
			want := color.RGBA{kernels.MixU8(a.R, b.R, w), kernels.MixU8(a.G, b.G, w), kernels.MixU8(a.B, b.B, w), 255}
			if c := got.RGBAAt(at.X, at.Y); c != want {
				t.Fatalf("mix %d at %d, %d: %v, want %v", i, x, y, c, want)
			}
		}
	}
	// One line of text under an original, two under a mix.
	hasInk := func(x, y int) bool {
		for i := range 20 * lay.em {
			if c := got.RGBAAt(x+i%20, y+i/20); c.R < 0x90 {
				return true
			}
		}
		return false
	}
	for i := range pictures {
		o, m := lay.original(i), lay.mix(i)
		for _, y := range []int{o.Max.Y + lay.em*3/4, m.Max.Y + lay.em*3/4, m.Max.Y + lay.em*9/4} {
			if !hasInk(o.Min.X, y) {
				t.Errorf("picture %d: no text at %d, %d", i, o.Min.X, y)
			}
		}
	}
}

// The extension decides the format of the sheet.
func TestJPEG(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, out := range []string{"s.jpg", "s.JPEG"} {
		if status, _, stderr := program(t, "images", "-size", "16x16", "-out", out); status != 0 {
			t.Fatal(stderr)
		}
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		img, err := jpeg.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		if got, want := img.Bounds().Size(), newLayout(len(samples), 16, 16).size(); got != want {
			t.Errorf("%s: sheet of %v, want %v", out, got, want)
		}
	}
}

func TestKindsOfPictures(t *testing.T) {
	t.Chdir(t.TempDir())
	bounds := image.Rect(0, 0, 24, 24)
	half := color.NRGBA{255, 0, 0, 128}
	var gray bytes.Buffer
	img := image.NewGray(bounds)
	draw.Draw(img, bounds, image.NewUniform(color.Gray{90}), image.Point{}, draw.Src)
	if err := jpeg.Encode(&gray, img, nil); err != nil {
		t.Fatal(err)
	}
	fill := func(dst draw.Image, c color.Color) []byte {
		draw.Draw(dst, bounds, image.NewUniform(c), image.Point{}, draw.Src)
		return encodePNG(t, dst)
	}
	for name, test := range map[string]struct {
		data []byte
		want [3]int
	}{
		"gray JPEG":        {gray.Bytes(), [3]int{90, 90, 90}},
		"transparent":      {fill(image.NewNRGBA(bounds), color.Transparent), [3]int{255, 255, 255}},
		"half transparent": {fill(image.NewNRGBA(bounds), half), [3]int{255, 127, 127}},
		"16 bits":          {fill(image.NewRGBA64(bounds), color.RGBA64{0x1234, 0x5678, 0x9abc, 0xffff}), [3]int{0x12, 0x56, 0x9a}},
		"gray 16 bits":     {fill(image.NewGray16(bounds), color.Gray16{0x8040}), [3]int{0x80, 0x80, 0x80}},
		"palette":          {fill(image.NewPaletted(bounds, palette.Plan9), palette.Plan9[77]), rgbOf(palette.Plan9[77])},
	} {
		row := make([]uint8, 10*10*4)
		if err := loadPicture(context.Background(), row, write(t, "p", test.data), 10, 10); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for i, v := range row {
			want := append(test.want[:], 255)[i%4]
			if d := int(v) - want; d < -1 || d > 1 {
				t.Errorf("%s: byte %d is %d, want %d", name, i, v, want)
				break
			}
		}
	}
}

func rgbOf(c color.Color) [3]int {
	r, g, b, _ := c.RGBA()
	return [3]int{int(r >> 8), int(g >> 8), int(b >> 8)}
}

// What a decoder or the system says need not be one line, nor name the file.
func TestMoreErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.png", encodePNG(t, noise(8, 8, 1)))
	write(t, "flat.jpg", []byte("\xff\xd8\xff\xc0\x00\x0b\x08\x00\x00\x00\x08\x01\x01\x11\x00\xff\xd9"))
	write(t, "short.png", encodePNG(t, noise(8, 8, 1))[:40])
	if err := os.Link("a.png", "link.png"); err != nil {
		t.Fatal(err)
	}
	before := list(t)
	for _, test := range []struct {
		args  []string
		names []string
	}{
		{[]string{"a.png", "two\nlines.png"}, []string{`two\nlines.png`}},
		{[]string{"a.png", "short.png"}, []string{"short.png: truncated"}},
		{[]string{"a.png", "flat.jpg"}, []string{"flat.jpg"}},
		{[]string{"a.png", "a.png", "-out", "link.png"}, []string{"link.png", "is the input a.png"}},
		{[]string{"a.png", "a.png", "-out", "a.png/s.png"}, []string{"a.png/s.png", "not a directory"}},
		{append([]string{"-size", "2048x2048"}, slices.Repeat([]string{"a.png"}, 24)...), []string{"24 pictures of 2048×2048", "100000000"}},
	} {
		status, stdout, stderr := program(t, append([]string{"images"}, test.args...)...)
		if status != 1 || stdout != "" || !strings.HasPrefix(stderr, "mixup: ") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: exit status %d, %q, %q", test.args, status, stdout, stderr)
		}
		for _, name := range test.names {
			if !strings.Contains(stderr, name) {
				t.Errorf("%q does not name %s", stderr, name)
			}
		}
		if strings.Contains(stderr, ".unfinished") {
			t.Errorf("%q names a temporary file", stderr)
		}
	}
	if after := list(t); !slices.Equal(after, before) {
		t.Errorf("files %v, were %v", after, before)
	}
	if status := run(t.Context(), []string{"mixup", "images", "-size", "8x8"}, full{}, full{}); status != 1 {
		t.Errorf("exit status %d though nothing could be printed", status)
	}
}

// full is a disk.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestUnreadable(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.png", encodePNG(t, noise(8, 8, 1)))
	if err := os.Chmod("a.png", 0); err != nil {
		t.Fatal(err)
	}
	if f, err := os.Open("a.png"); err == nil {
		f.Close()
		t.Skip("this user may read every file")
	}
	if status, _, stderr := program(t, "images", "a.png", "a.png"); status != 1 || stderr != "mixup: a.png: permission denied\n" {
		t.Errorf("exit status %d, %q", status, stderr)
	}
}

// A countdown is a context that is done when it has been asked n times.
type countdown struct {
	context.Context
	n int
}

func (c *countdown) Err() error {
	if c.n--; c.n < 0 {
		return context.Canceled
	}
	return nil
}

// An interrupt ends the program while it decodes or scales, too, however often it has asked before.
func TestScalingInterrupted(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.png", encodePNG(t, noise(60, 60, 1)))
	for polls := 0; ; polls++ {
		j := imagesJob{w: 8, h: 8, files: []string{"a.png", "a.png"}}
		_, _, err := j.load(&countdown{t.Context(), polls}, 2)
		if err == nil {
			if polls < 2*60 {
				t.Errorf("asked %d times only whether to go on", polls)
			}
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
}

func TestAwait(t *testing.T) {
	failed := errors.New("failed")
	if v, err := await(context.Background(), func() (int, error) { return 7, failed }); v != 7 || err != failed {
		t.Error(v, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	never := make(chan bool)
	defer close(never)
	if _, err := await(ctx, func() (int, error) { <-never; return 7, nil }); err != context.Canceled {
		t.Error(err)
	}
}

// A file that cannot be used is named, with the reason, before anything else is wrong, and nothing is written.
func TestBadFiles(t *testing.T) {
	results, err := os.ReadFile("../bench/testdata/epyc.json")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	good := encodePNG(t, noise(9, 9, 1))
	write(t, "good.png", good)
	write(t, "good.json", results)
	write(t, "empty", nil)
	write(t, "text", []byte("neither\n"))
	write(t, "header", good[:20])
	write(t, "half", good[:len(good)/2])
	write(t, "locked", good)
	if err := os.Mkdir("folder", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod("locked", 0); err != nil {
		t.Fatal(err)
	}
	before := list(t)
	for _, test := range []struct {
		name, shown     string
		picture, result string // the reason of images and fade, and that of compare
	}{
		{"missing", "missing", "no such file or directory", "no such file or directory"},
		{"*.jpeg", "*.jpeg", "no such file or directory", "no such file or directory"},
		{"", `""`, "no such file or directory", "no such file or directory"},
		{"folder", "folder", "is a directory", "is a directory"},
		{"good.png/x", "good.png/x", "not a directory", "not a directory"},
		{"empty", "empty", "truncated", "empty"},
		{"text", "text", "neither PNG nor JPEG", "no JSON: "},
		{"header", "header", "truncated", "no JSON: "},
		{"half", "half", "png: ", "no JSON: "},
		{"locked", "locked", "permission denied", "permission denied"},
	} {
		if f, err := os.Open(test.name); test.name == "locked" && err == nil {
			f.Close()
			t.Log("not tried: a file that this user may not read, since this user may read every file")
			continue
		}
		bad := test.name
		for _, args := range [][]string{
			{"images", bad}, {"images", bad, "good.png"}, {"images", "good.png", bad},
			{"fade", bad}, {"fade", bad, "good.png"}, {"fade", "good.png", bad}, {"fade", "good.png", "good.png", bad},
			{"compare", bad}, {"compare", bad, "good.json"}, {"compare", "good.json", bad},
		} {
			want, status := "mixup: "+test.shown+": "+test.picture, 1
			switch n := len(args) - 1; {
			case args[0] == "compare":
				want = "mixup: " + test.shown + ": " + test.result
			case test.name == "half" && (n == 1 || n == 3): // its header says nothing of that
				want, status = "mixup: ", 2
			}
			got, stdout, stderr := program(t, args...)
			if got != status || stdout != "" || !strings.HasPrefix(stderr, want) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("%q: status %d, %q, %q, want %q", args, got, stdout, stderr, want)
			}
		}
	}
	if after := list(t); !slices.Equal(after, before) {
		t.Errorf("files %v, were %v", after, before)
	}
}
