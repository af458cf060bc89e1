package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mixblend/blend/kernels"
)

// program runs the program in a folder of its own.
func program(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(context.Background(), append([]string{"mixup"}, args...), &out, &err)
	return status, out.String(), err.String()
}

// Help writes flags as the usage lines and the errors do, with one dash.
func TestHelp(t *testing.T) {
	for _, command := range []string{"images", "fade", "verify", "bench", "compare"} {
		status, stdout, stderr := program(t, command, "-help")
		if status != 0 || stderr != "" || !strings.Contains(stdout, "\n   -help, -h ") || strings.Contains(stdout, "--") {
			t.Errorf("%s: status %d: %s%s", command, status, stdout, stderr)
		}
	}
}

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// picture is a PNG of one colour with a dot of another in the middle.
func picture(t *testing.T, w, h int, c color.Color) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.Set(i%w, i/w, c)
	}
	img.Set(w/2, h/2, color.Black)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// header is a PNG that claims a size and has no pixels.
func header(w, h uint32) []byte {
	b := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR")
	b = binary.BigEndian.AppendUint32(b, w)
	b = binary.BigEndian.AppendUint32(b, h)
	b = append(b, 8, 2, 0, 0, 0)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[12:]))
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	good := write(t, "good.png", picture(t, 30, 20, color.White))
	other := write(t, "other.png", picture(t, 20, 30, color.Gray{100}))
	write(t, "truncated.png", picture(t, 30, 20, color.White)[:60])
	write(t, "large.png", header(10000, 15000)) // past the limit
	write(t, "huge.png", header(math.MaxInt32, math.MaxInt32))
	write(t, "empty.png", nil)
	write(t, "zero.png", header(0, 7))
	write(t, "text.png", []byte("no picture at all\n"))
	var j bytes.Buffer
	if err := jpeg.Encode(&j, image.NewGray(image.Rect(0, 0, 64, 64)), nil); err != nil {
		t.Fatal(err)
	}
	write(t, "truncated.jpg", j.Bytes()[:j.Len()/2])
	if err := os.Mkdir("folder.png", 0o755); err != nil {
		t.Fatal(err)
	}
	before := list(t)
	for _, test := range []struct {
		args   string
		status int
		names  []string
	}{
		{"images good.png missing.png", 1, []string{"missing.png", "no such file"}},
		{"images good.png truncated.png", 1, []string{"truncated.png"}},
		{"images good.png truncated.jpg", 1, []string{"truncated.jpg"}},
		{"images good.png large.png", 1, []string{"large.png", "10000×15000", "536870912"}},
		{"images good.png huge.png", 1, []string{"huge.png"}},
		{"images good.png empty.png", 1, []string{"empty.png"}},
		{"images good.png zero.png", 1, []string{"zero.png"}},
		{"images good.png text.png", 1, []string{"text.png", "neither PNG nor JPEG"}},
		{"images good.png folder.png", 1, []string{"folder.png", "directory"}},
		{"images good.png", 2, []string{"only one picture, good.png"}},
		{"images -out missing/sheet.png good.png other.png", 1, []string{"missing/sheet.png"}},
		{"images -out folder.png good.png other.png", 1, []string{"folder.png", "directory"}},
		{"images -out good.png good.png other.png", 1, []string{"good.png", "input"}},
		{"images -out sheet.gif", 2, []string{"sheet.gif", ".png"}},
		{"images -how paste", 2, []string{`"paste"`, "mixup, cutmix and mask"}},
		{"images -lambda 1.5", 2, []string{"1.5", "[0, 1]"}},
		{"images -lambda -0.1", 2, []string{"-0.1"}},
		{"images -lambda NaN", 2, []string{"NaN"}},
		{"images -lambda x", 2, []string{`"x"`, "-lambda"}},
		{"images -alpha 0", 2, []string{"-alpha 0 is"}},
		{"images -alpha -1", 2, []string{"-alpha -1 is"}},
		{"images -alpha NaN", 2, []string{"NaN"}},
		{"images -alpha Inf", 2, []string{"Inf"}},
		{"images -alpha 1 -lambda 0.5", 2, []string{"-alpha", "-lambda"}},
		{"images -size 0x0", 2, []string{"0x0"}},
		{"images -size -5x5", 2, []string{"-5x5"}},
		{"images -size 100", 2, []string{"100"}},
		{"images -size 99999999999999999999x1", 2, []string{"99999999999999999999x1"}},
		{"images -size 5000x5000", 2, []string{"5000x5000", "2048"}},
		{"images -seed -1", 2, []string{"-1"}},
		{"images -frobnicate", 2, []string{"frobnicate"}},
		{"frobnicate", 2, []string{"frobnicate"}},
		{"-help frobnicate", 2, []string{"frobnicate"}},
		{"images -help frobnicate", 2, []string{"frobnicate"}},
	} {
		t.Run(test.args, func(t *testing.T) {
			status, stdout, stderr := program(t, strings.Fields(test.args)...)
			if status != test.status || stdout != "" {
				t.Errorf("exit status %d, want %d; stdout %q", status, test.status, stdout)
			}
			if !strings.HasPrefix(stderr, "mixup: ") || strings.Count(stderr, "\n") != 1 || !strings.HasSuffix(stderr, "\n") {
				t.Errorf("not one line: %q", stderr)
			}
			for _, name := range test.names {
				if !strings.Contains(stderr, name) {
					t.Errorf("%q does not name %s", stderr, name)
				}
			}
			if after := list(t); !slices.Equal(after, before) {
				t.Errorf("files %v, were %v", after, before)
			}
		})
	}
	if status, _, stderr := program(t, "images", good, other); status != 0 || stderr != "" {
		t.Errorf("exit status %d: %s", status, stderr)
	}
}

func list(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestInterrupted(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var stdout, stderr bytes.Buffer
	if status := run(ctx, []string{"mixup", "images"}, &stdout, &stderr); status != 1 || stderr.String() != "mixup: interrupted\n" {
		t.Errorf("exit status %d: %q", status, &stderr)
	}
	if files := list(t); len(files) != 0 {
		t.Errorf("left %v", files)
	}
}

// Large samples take long to draw.
func TestInterruptedDrawing(t *testing.T) {
	j := imagesJob{w: 8, h: 8}
	for _, lines := range []int{0, 5, 8, 8*len(samples) - 1} {
		_, x, err := j.load(&countdown{t.Context(), lines}, len(samples))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("after %d lines: %v", lines, err)
		}
		for i, v := range x[lines*8*4:] {
			if v != 0 {
				t.Fatalf("after %d lines: byte %d of the rest is %d", lines, i, v)
			}
		}
	}
}

// The sheet shows the originals, and beneath them the exact mixes.
func TestSheet(t *testing.T) {
	for _, how := range []string{byMixup, byCutMix, byMask} {
		t.Run(how, func(t *testing.T) { testSheet(t, how) })
	}
}

func testSheet(t *testing.T, how string) {
	t.Chdir(t.TempDir())
	status, stdout, stderr := program(t, "images", "-size", "40x30", "-seed", "7", "-alpha", "0.4", "-how", how)
	if status != 0 {
		t.Fatal(stderr)
	}
	if !strings.Contains(stdout, "6 pictures of 40×30 by "+how) || !strings.Contains(stdout, "mixed.png") {
		t.Errorf("says %q", stdout)
	}
	got := decodeSheet(t, "mixed.png")

	j := imagesJob{how: how, alpha: 0.4, seed: 7, w: 40, h: 30}
	n := len(samples)
	_, x, err := j.load(context.Background(), n)
	if err != nil {
		t.Fatal(err)
	}
	m, err := j.mix(n)
	if err != nil {
		t.Fatal(err)
	}
	lay := newLayout(n, 40, 30)
	if got.Bounds().Size() != lay.size() {
		t.Fatalf("sheet of %v, want %v", got.Bounds().Size(), lay.size())
	}
	size := 40 * 30 * 4
	for i := range n {
		own, partner := x[i*size:][:size], x[m.Index(i)*size:][:size]
		if m.Index(i) == i {
			t.Errorf("picture %d is its own partner", i)
		}
		var weights float64 // of the picture itself, where it can be told from its partner
		var told int
		for row, at := range []image.Point{lay.original(i).Min, lay.mix(i).Min} {
			for k := range size {
				want := own[k]
				c := color.RGBAModel.Convert(got.At(at.X+k/4%40, at.Y+k/4/40)).(color.RGBA)
				v := [4]uint8{c.R, c.G, c.B, c.A}[k%4]
				switch {
				case row == 1 && how == byMixup:
					want = kernels.MixU8(own[k], partner[k], kernels.WeightU8(m.Lambda(i)))
				case row == 1:
					want = min(max(v, min(own[k], partner[k])), max(own[k], partner[k]))
					if how == byCutMix && v != own[k] {
						want = partner[k]
					}
					if d := float64(own[k]) - float64(partner[k]); math.Abs(d) > 40 {
						weights += (float64(v) - float64(partner[k])) / d
						told++
					}
				}
				if v != want {
					t.Fatalf("picture %d, row %d, byte %d: %d, want %d", i, row, k, v, want)
				}
			}
		}
		// It is seen as much of as its label says.
		if lambda := m.Lambda(i); told > size/3 && math.Abs(weights/float64(told)-lambda) > 0.2 {
			t.Errorf("picture %d is labelled %v, and %v of it is seen", i, lambda, weights/float64(told))
		}
	}
	// Beneath each picture there is ink.
	for i := range n {
		for _, at := range []image.Point{lay.original(i).Min, lay.mix(i).Min} {
			ink := 0
			for y := at.Y + 30 + 3; y < at.Y+30+20; y++ {
				for px := at.X; px < at.X+40; px++ {
					if r, _, _, _ := got.At(px, y).RGBA(); r < 0x8000 {
						ink++
					}
				}
			}
			if ink < 10 {
				t.Errorf("no label under picture %d", i)
			}
		}
	}
}

func decodeSheet(t *testing.T, name string) image.Image {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestSeed(t *testing.T) {
	t.Chdir(t.TempDir())
	sheet := func(args ...string) string {
		if status, _, stderr := program(t, append([]string{"images", "-size", "16x16", "-out", "s.png"}, args...)...); status != 0 {
			t.Fatal(stderr)
		}
		b, err := os.ReadFile("s.png")
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if first, second := sheet(), sheet(); first != second || sheet("-seed", "5") != sheet("--seed", "5") {
		t.Error("one seed, two sheets")
	}
	if sheet("-seed", "5") == sheet("-seed", "6") {
		t.Error("two seeds, one sheet")
	}
}

// Transparent pictures lie on white, and pictures are cropped and not distorted.
func TestLoad(t *testing.T) {
	t.Chdir(t.TempDir())
	img := image.NewNRGBA(image.Rect(0, 0, 60, 20))
	for y := range 20 {
		for x := range 60 {
			switch {
			case x < 20 || x >= 40: // cropped away
				img.Set(x, y, color.NRGBA{255, 0, 0, 255})
			case y >= 10:
				img.Set(x, y, color.NRGBA{0, 0, 0, 255})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	row := make([]uint8, 20*20*4)
	if err := loadPicture(context.Background(), row, write(t, filepath.Join(t.TempDir(), "p.jpg"), b.Bytes()), 20, 20); err != nil {
		t.Fatal(err)
	}
	for i, v := range row {
		y := i / 80
		if i%4 == 3 && v != 255 || i%4 < 3 && (y < 8 && v != 255 || y >= 12 && v != 0) {
			t.Fatalf("row %d of the picture has %d", y, v)
		}
	}
}

func TestPartnersAndBeta(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for n := 2; n < 50; n++ {
		p := partners(rng, n)
		seen := slices.Clone(p)
		slices.Sort(seen)
		for i := range n {
			if p[i] == i || seen[i] != i {
				t.Fatalf("%v", p)
			}
		}
	}
	for _, alpha := range []float64{minAlpha, 0.05, 0.4, 1, 2, 32, maxAlpha} {
		const draws = 200000
		var sum, square float64
		for range draws {
			v := symmetricBeta(rng, alpha)
			if !(v >= 0 && v <= 1) {
				t.Fatalf("alpha %v: %v", alpha, v)
			}
			sum += v
			square += (v - 0.5) * (v - 0.5)
		}
		variance := 1 / (4 * (2*alpha + 1))
		if mean := sum / draws; math.Abs(mean-0.5) > 5*math.Sqrt(variance/draws) {
			t.Errorf("alpha %v: mean %v", alpha, mean)
		}
		if got := square / draws; math.Abs(got/variance-1) > 0.03 {
			t.Errorf("alpha %v: variance %v, want %v", alpha, got, variance)
		}
	}
}
