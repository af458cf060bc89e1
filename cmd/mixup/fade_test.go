package main

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func plain(w, h int, c color.RGBA) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		m.SetRGBA(i%w, i/w, c)
	}
	return m
}

func decodeGIF(t *testing.T, name string) *gif.GIF {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	g, err := gif.DecodeAll(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// From one picture to the other, in even steps of each color, and held at both ends.
func TestFade(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.png", encodePNG(t, plain(60, 40, color.RGBA{200, 0, 40, 255})))
	write(t, "b.jpg", encodePNG(t, plain(90, 90, color.RGBA{0, 100, 40, 255})))
	status, stdout, stderr := program(t, "fade", "a.png", "b.jpg", "-frames", "5", "-fps", "10", "-ease", "none", "-out", "f.GIF")
	if status != 0 || !strings.Contains(stdout, "5 frames of 60×40") || !strings.Contains(stdout, "wrote f.GIF") {
		t.Fatal(status, stdout, stderr)
	}
	g := decodeGIF(t, "f.GIF")
	if len(g.Image) != 5 || !slices.Equal(g.Delay, []int{100, 10, 10, 10, 100}) || g.LoopCount != 0 {
		t.Errorf("%d frames, delays %v, %d loops", len(g.Image), g.Delay, g.LoopCount)
	}
	for i, m := range g.Image {
		if m.Rect != image.Rect(0, 0, 60, 40) {
			t.Errorf("frame %d is %v", i, m.Rect)
		}
		want := color.RGBA{uint8(200 - 50*i), uint8(25 * i), 40, 255}
		for k := range 60 * 40 {
			if c := color.RGBAModel.Convert(m.At(k%60, k/60)); c != want {
				t.Fatalf("frame %d, pixel %d: %v, want %v", i, k, c, want)
			}
		}
	}
}

// Pictures of its own, in colors that are near enough.
func TestFadeSamples(t *testing.T) {
	t.Chdir(t.TempDir())
	if status, _, stderr := program(t, "fade", "-size", "64x48", "-frames", "4"); status != 0 {
		t.Fatal(stderr)
	}
	g := decodeGIF(t, "fade.gif")
	for i, k := range []int{0, 3} {
		want := image.NewRGBA(image.Rect(0, 0, 64, 48))
		samples[i].draw(context.Background(), want.Pix, 64, 48)
		if len(g.Image) != 4 {
			t.Fatalf("%d frames", len(g.Image))
		}
		sum := 0
		for p := range 64 * 48 {
			c := color.RGBAModel.Convert(g.Image[k].At(p%64, p/64)).(color.RGBA)
			w := want.RGBAAt(p%64, p/64)
			for _, d := range []int{int(c.R) - int(w.R), int(c.G) - int(w.G), int(c.B) - int(w.B)} {
				sum += max(d, -d)
			}
		}
		if mean := float64(sum) / (64 * 48 * 3); mean > 6 {
			t.Errorf("frame %d is %.1f away from %s", k, mean, samples[i].name)
		}
	}
}

func TestFadeErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.png", encodePNG(t, noise(9, 9, 1)))
	write(t, "text.png", []byte("no picture"))
	if err := os.Link("a.png", "link.gif"); err != nil {
		t.Fatal(err)
	}
	before := list(t)
	for _, test := range []struct {
		args   string
		status int
		want   string
	}{
		{"a.png", 2, "only one picture, a.png"},
		{"a.png a.png a.png", 2, "3 pictures"},
		{"-out link.gif a.png a.png", 1, "output link.gif: is the input a.png"},
		{"-out fade.png", 2, `"fade.png" does not end in .gif`},
		{"-out missing/fade.gif", 1, "output missing/fade.gif: no such file"},
		{"-frames 1", 2, "-frames 1 is not from 2 to 1000"},
		{"-frames 1001", 2, "-frames 1001"},
		{"-fps 0", 2, "-fps 0 is not from 1 to 50"},
		{"-fps 51", 2, "-fps 51"},
		{"-ease slowly", 2, `-ease "slowly"`},
		{"-size 0x7", 2, `-size "0x7"`},
		{"-size 2048x2048", 1, "24 frames of 2048×2048 would have more than 100000000 pixels"},
	} {
		status, stdout, stderr := program(t, append([]string{"fade"}, strings.Fields(test.args)...)...)
		if status != test.status || stdout != "" || !strings.Contains(stderr, test.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, %q, %q", test.args, status, stdout, stderr)
		}
	}
	if after := list(t); !slices.Equal(after, before) {
		t.Errorf("files %v, were %v", after, before)
	}
}

// The size is the first picture's, up to a limit, and never 0.
func TestFadeSize(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "small.png", encodePNG(t, noise(30, 20, 1)))
	write(t, "large.png", encodePNG(t, noise(960, 600, 1)))
	write(t, "thin.png", encodePNG(t, noise(2000, 1, 1)))
	for name, want := range map[string]image.Point{"small.png": {30, 20}, "large.png": {480, 300}, "thin.png": {480, 1}} {
		j := fadeJob{frames: 2, files: []string{name, "small.png"}}
		from, to, err := j.load(t.Context())
		if err != nil || from.Rect.Size() != want || to.Rect.Size() != want {
			t.Errorf("%s: %v, %v, %v", name, from, to, err)
		}
	}
}

// A weighing context keeps the most that the heap has held at every 64th call of Err.
type weighing struct {
	context.Context
	calls int
	most  uint64
}

func (w *weighing) Err() error {
	if w.calls%64 == 0 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		w.most = max(w.most, m.HeapAlloc)
	}
	w.calls++
	return w.Context.Err()
}

// One decoded picture is in memory at a time.
func TestFadeMemory(t *testing.T) {
	t.Chdir(t.TempDir())
	const side, bytes = 600, 4 * 600 * 600
	write(t, "a.png", encodePNG(t, noise(side, side, 1)))
	w := weighing{Context: t.Context()}
	w.Err()
	before := w.most
	j := fadeJob{frames: 2, w: 8, h: 8, files: []string{"a.png", "a.png"}}
	if _, _, err := j.load(&w); err != nil {
		t.Fatal(err)
	}
	if held := w.most - before; held < bytes || held > bytes*3/2 {
		t.Errorf("%d bytes held, and a picture has %d", held, bytes)
	}
}

func TestFadeInterrupted(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.png", encodePNG(t, noise(20, 20, 1)))
	write(t, "fade.gif", []byte("old"))
	for polls := 0; ; polls++ {
		j := fadeJob{frames: 3, fps: 10, ease: "none", out: "fade.gif", files: []string{"a.png", "a.png"}}
		_, err := j.run(&countdown{t.Context(), polls})
		if err == nil {
			if polls < 2*20 {
				t.Errorf("asked %d times only whether to go on", polls)
			}
			break
		}
		if b, old := os.ReadFile("fade.gif"); !errors.Is(err, context.Canceled) || old != nil || string(b) != "old" {
			t.Fatal(err, string(b), old)
		}
	}
	if files := list(t); !slices.Equal(files, []string{"a.png", "fade.gif"}) {
		t.Errorf("left %v", files)
	}
}
