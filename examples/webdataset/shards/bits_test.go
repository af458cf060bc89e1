package shards

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mixblend/blend/examples/feed"
	"github.com/mixblend/blend/examples/feed/rank"
	"github.com/mixblend/blend/internal/shared/pictures"
	"github.com/mixblend/blend/mixup"
)

func digests(t *testing.T, set *Set, o Options, c feed.Config) (all [][32]byte) {
	t.Helper()
	for b, err := range start(t, set, o, c).All() {
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		fmt.Fprintln(h, b.Epoch, b.Step, b.Classes, b.Skipped)
		for i, s := range b.Samples {
			fmt.Fprintln(h, s.Number, s.Key, b.Mix().Lambda(i), b.Mix().Index(i), b.Mix().Box(i))
		}
		binary.Write(h, binary.LittleEndian, b.Images)
		binary.Write(h, binary.LittleEndian, b.Labels)
		all = append(all, [32]byte(h.Sum(nil)))
	}
	return all
}

// (seed, epoch, step, rank) decide every bit: not the number of workers, nor where a program begins.
func TestSameFromTheSameSeed(t *testing.T) {
	set := openSet(t, new(Store), false, write(t, 13, 1, 7, 40, 2, 5)...)
	for _, o := range []Options{{}, {Random: true, Shuffle: 12}, {Random: true, Streams: 2}} {
		c := feed.Config{
			Batch: 8, Epochs: 2, Seed: 3, Rank: rank.Rank{Rank: 1, World: 2}, Workers: 1, Ahead: 1, Smoothing: 0.1,
			Mix: mixup.Config{Alpha: 1, CutMixAlpha: 1, Scope: mixup.PerRow},
		}
		want := digests(t, set, o, c)
		const steps = 5 // 34 samples
		if len(want) != 2*steps {
			t.Fatalf("%d batches", len(want))
		}
		for _, workers := range []int{2, 5} {
			c := c
			c.Workers, c.Ahead = workers, workers
			if !slices.Equal(digests(t, set, o, c), want) {
				t.Errorf("%+v: %d workers deliver something else", o, workers)
			}
		}
		for at := range 2*steps + 1 {
			c := c
			c.Epoch, c.Step, c.Epochs = at/steps, at%steps, 2-at/steps
			if at == 2*steps {
				c.Epoch, c.Step, c.Epochs = 1, steps, 1
			}
			if !slices.Equal(digests(t, set, o, c), want[at:]) {
				t.Errorf("%+v: from epoch %d, step %d on it is something else", o, c.Epoch, c.Step)
			}
		}
		for _, change := range []func(*feed.Config){
			func(c *feed.Config) { c.Seed++ },
			func(c *feed.Config) { c.Rank.Rank = 0 },
		} {
			c := c
			change(&c)
			for i, d := range digests(t, set, o, c) {
				if d == want[i] {
					t.Errorf("%+v: batch %d is the same with %+v", o, i, c)
				}
			}
		}
	}
}

// A shard that is done with is not read again by a program that goes on.
func TestResumeDoesNotRead(t *testing.T) {
	names := write(t, 16, 16, 16)
	set := openSet(t, new(Store), false, names...)
	set.Shards[0].URL, set.Shards[1].URL = "missing", "missing"
	c := feed.Config{Batch: 8, Epochs: 1, Step: 4}
	n := 0
	for _, err := range start(t, set, Options{}, c).All() {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 2 {
		t.Errorf("%d batches", n)
	}
}

// view is how a sample must be seen, by other code: decoded, cropped, scaled, flipped.
func view(t *testing.T, number int, o *Options, seed uint64, epoch int) []byte {
	t.Helper()
	var file []byte
	for _, m := range sample(t, number) {
		if name := strings.ToLower(m.name); !strings.Contains(name, "seg") && (strings.HasSuffix(name, "g")) {
			file = m.content
		}
	}
	m, err := pictures.DecodeAt(t.Context(), bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	crop, flip := center(m.Bounds(), or(o.Center, 224./256)), false
	if o.Random {
		rng := feed.Rand(seed, uint64(epoch), drawViews, uint64(number))
		crop = randomCrop(rng, m.Bounds(), or(o.Scale, [2]float64{0.08, 1}), or(o.Ratio, [2]float64{3. / 4, 4. / 3}))
		flip = rng.Uint64()>>63 != 0
	}
	p := image.NewRGBA(image.Rect(0, 0, o.Side, o.Side))
	if err := pictures.Scale(t.Context(), p, m, crop); err != nil {
		t.Fatal(err)
	}
	planes := make([]byte, 3*o.Side*o.Side)
	for y := range o.Side {
		for x := range o.Side {
			at := x
			if flip {
				at = o.Side - 1 - x
			}
			c := p.RGBAAt(at, y)
			for k, v := range []uint8{c.R, c.G, c.B} {
				planes[(k*o.Side+y)*o.Side+x] = v
			}
		}
	}
	return planes
}

// Every pixel and every label of a batch is explained by the draw: Index, Lambda and Box, and by how the two samples are seen.
func TestPixelsAreExplained(t *testing.T) {
	set := openSet(t, new(Store), false, write(t, 30, 30)...)
	for name, mix := range map[string]mixup.Config{
		"none":    {},
		"mixup":   {Alpha: 1, Scope: mixup.PerRow},
		"batch":   {Alpha: 0.4},
		"CutMix":  {CutMixAlpha: 1, Scope: mixup.PerRow},
		"by turn": {Alpha: 1, CutMixAlpha: 1, Scope: mixup.PerRow, SkipProb: 0.2},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Side: 24, Classes: classes, Random: name != "none", Shuffle: 20}
			if !o.Random {
				o.Shuffle = 0
			}
			const smoothing = 0.1
			blended, cut := 0, 0
			for b, err := range start(t, set, o, feed.Config{Batch: 16, Epochs: 2, Seed: 5, Smoothing: smoothing, Mix: mix}).All() {
				if err != nil {
					t.Fatal(err)
				}
				views := make([][]byte, len(b.Samples))
				for i, s := range b.Samples {
					views[i] = view(t, s.Number, &o, 5, b.Epoch)
				}
				for i := range b.Samples {
					partner, l, box := b.Mix().Index(i), b.Mix().Lambda(i), b.Mix().Box(i)
					inside := 0
					for j, got := range b.Images[i*3*24*24:][:3*24*24] {
						c, y, x := j/(24*24), j/24%24, j%24
						v := l*float64(views[i][j]) + (1-l)*float64(views[partner][j])
						switch {
						case image.Pt(x, y).In(box):
							v = float64(views[partner][j])
							inside++
						case !box.Empty():
							v = float64(views[i][j])
						}
						if want := (v/255 - Mean[c]) / Std[c]; math.Abs(float64(got)-want) > 1e-4 {
							t.Fatalf("epoch %d, step %d, row %d, channel %d at (%d, %d) is %v, want %v", b.Epoch, b.Step, i, c, x, y, got, want)
						}
					}
					switch {
					case !box.Empty():
						cut++
						if want := 1 - float64(inside)/(3*24*24); math.Abs(l-want) > 1e-6 {
							t.Errorf("λ = %v of a box that leaves %v", l, want)
						}
					case l < 1 && partner != i:
						blended++
					}
					for k, got := range b.Labels[i*classes:][:classes] {
						want := smoothing / classes
						if k == b.Samples[i].Number%classes {
							want += l * (1 - smoothing)
						}
						if k == b.Samples[partner].Number%classes {
							want += (1 - l) * (1 - smoothing)
						}
						if math.Abs(float64(got)-want) > 1e-6 {
							t.Fatalf("epoch %d, step %d, row %d: class %d has %v, want %v", b.Epoch, b.Step, i, k, got, want)
						}
					}
				}
			}
			if (blended > 0) != (mix.Alpha > 0) || (cut > 0) != (mix.CutMixAlpha > 0) {
				t.Errorf("%d rows are blended, %d are cut", blended, cut)
			}
		})
	}
}

// Crops are in the picture, and areas and ratios are those asked for, evenly.
func TestRandomCrop(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	scale, ratio := [2]float64{0.08, 1}, [2]float64{3. / 4, 4. / 3}
	r := image.Rect(-7, 5, 393, 405)
	var areas, aspects, lefts float64
	const n = 20000
	for range n {
		c := randomCrop(rng, r, scale, ratio)
		if !c.In(r) || c.Empty() {
			t.Fatalf("%v of %v", c, r)
		}
		areas += float64(c.Dx()*c.Dy()) / (400 * 400)
		aspects += math.Log(float64(c.Dx()) / float64(c.Dy()))
		lefts += (float64(c.Min.X-r.Min.X) + 0.5) / float64(r.Dx()-c.Dx()+1)
	}
	// Large ones of another ratio do not fit and are drawn again, so that the mean is below 0.54.
	if a, l, x := areas/n, aspects/n, lefts/n; a < 0.47 || a > 0.54 || math.Abs(l) > 0.01 || math.Abs(x-0.5) > 0.01 {
		t.Errorf("mean area %.3f, log ratio %.3f, place %.3f", a, l, x)
	}
	for _, r := range []image.Rectangle{image.Rect(0, 0, 1, 1), image.Rect(0, 0, 1, 1000), image.Rect(0, 0, 1000, 1), image.Rect(3, 4, 5, 900)} {
		for range 100 {
			c := randomCrop(rng, r, scale, ratio)
			if !c.In(r) || c.Empty() {
				t.Fatalf("%v of %v", c, r)
			}
			if v := center(r, 0.1); !v.In(r) || v.Empty() || v.Dx() != v.Dy() {
				t.Fatalf("center %v of %v", v, r)
			}
		}
	}
	// torchvision's fallback for a strip: the whole height, and as wide as the ratio allows, in the middle.
	if c := randomCrop(rng, image.Rect(0, 0, 1000, 30), scale, ratio); c != image.Rect(480, 0, 520, 30) {
		t.Errorf("of a strip %v", c)
	}
}

func TestFlip(t *testing.T) {
	for _, w := range []int{1, 2, 5, 8} {
		m := picture(3, w, 3)
		want := image.NewRGBA(m.Rect)
		for y := range 3 {
			for x := range w {
				want.SetRGBA(w-1-x, y, m.RGBAAt(x, y))
			}
		}
		flipRows(m.Pix, m.Stride)
		if !bytes.Equal(m.Pix, want.Pix) {
			t.Errorf("%d pixels wide", w)
		}
	}
}

// What a file says of how it is to be seen is heeded, and CMYK, gray and 16 bits are read.
func TestKindsOfImages(t *testing.T) {
	gray16 := image.NewGray16(image.Rect(0, 0, 20, 20))
	for i := range 400 {
		gray16.SetGray16(i%20, i/20, color.Gray16{0x8080})
	}
	turned := turnedJPEG(t, picture(5, 30, 20), 6)
	names := writeTar(t, tarOf(t,
		member{"a.png", encode(t, gray16, true)}, member{"a.cls", []byte("0")},
		member{"b.jpg", turned}, member{"b.cls", []byte("1")},
	))
	set := openSet(t, new(Store), false, names)
	for b, err := range start(t, set, Options{Side: 10, Center: 1}, feed.Config{Batch: 2, Epochs: 1}).All() {
		if err != nil {
			t.Fatal(err)
		}
		for j, v := range b.Images[:300] {
			if want := (128./255 - Mean[j/100]) / Std[j/100]; math.Abs(float64(v)-want) > 1e-5 {
				t.Fatalf("gray: element %d is %v, want %v", j, v, want)
			}
		}
		// Turned to the right, red rises downwards and green falls from left to right.
		at := func(c, y, x int) float32 { return b.Images[300+(c*10+y)*10+x] }
		if !(at(0, 9, 5) > at(0, 0, 5)) || !(at(1, 5, 0) > at(1, 5, 9)) {
			t.Errorf("it was not turned: red %v … %v, green %v … %v", at(0, 0, 5), at(0, 9, 5), at(1, 5, 0), at(1, 5, 9))
		}
	}
}

// turnedJPEG has an EXIF orientation.
func turnedJPEG(t *testing.T, m image.Image, orientation byte) []byte {
	t.Helper()
	file := encode(t, m, false)
	exif := append([]byte("Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00"), orientation, 0, 0, 0, 0, 0, 0)
	segment := append([]byte{0xff, 0xe1, 0, byte(len(exif) + 2)}, exif...)
	return slices.Concat(file[:2], segment, file[2:])
}

func TestLabels(t *testing.T) {
	image := encode(t, picture(1, 20, 20), false)
	for _, test := range []struct {
		ext, text string
		class     int // or −1
		err       string
	}{
		{"cls", "3", 3, ""},
		{"cls", " 3\n", 3, ""},
		{"cls", "\ufeff3\r\n", 3, ""}, // as editors of Windows write it
		{"json", "\ufeff{\"label\": 3}", 3, ""},
		{"cls", "", -1, `""`},
		{"cls", "x", -1, `"x"`},
		{"cls", "3.5", -1, `"3.5"`},
		{"cls", "-1", -1, "class is -1, of 7"},
		{"cls", "7", -1, "class is 7, of 7"},
		{"cls", "99999999999999999999", -1, "9999"},
		{"json", "3", 3, ""},
		{"json", `{"y": 2, "label": 3}`, 3, ""},
		{"json", `{"y": 2}`, -1, `no field "label"`},
		{"json", `{"label": "3"}`, -1, "not a class"},
		{"json", `{"label": 1e3}`, -1, "not a class"},
		{"json", `{"label": {}}`, -1, "not a class"},
		{"json", `{"label": `, -1, "JSON"},
		{"json", `[3]`, -1, "not a class"},
	} {
		name := writeTar(t, tarOf(t, member{"a.jpg", image}, member{"a." + test.ext, []byte(test.text)}))
		f := start(t, openSet(t, new(Store), false, name), Options{}, feed.Config{Batch: 1, Epochs: 1})
		class := -1
		for b := range f.C() {
			class = b.Classes[0]
			b.Release()
		}
		if class != test.class {
			t.Errorf("%s %q: class %d, want %d", test.ext, test.text, class, test.class)
		}
		if err := f.Stop(); test.err != "" {
			check(t, err, feed.ErrBroken, name, `"a"`, test.err)
		} else if err != nil {
			t.Errorf("%s %q: %v", test.ext, test.text, err)
		}
	}
	// Another field may be the label.
	name := writeTar(t, tarOf(t, member{"a.jpg", image}, member{"a.json", []byte(`{"y": 2, "label": 3}`)}))
	for b, err := range start(t, openSet(t, new(Store), false, name), Options{Label: "y"}, feed.Config{Batch: 1, Epochs: 1}).All() {
		if err != nil || b.Classes[0] != 2 {
			t.Errorf("class %v, %v", b.Classes, err)
		}
	}
}

// arrange gives all that streams have, once, and what it takes at first decides nothing.
func TestArrange(t *testing.T) {
	for _, sizes := range [][]int{nil, {0}, {5}, {3, 0, 9}, {20, 20, 20}} {
		for _, shuffle := range []int{0, 1, 7, 1000} {
			var streams []func() (int, bool)
			n := 0
			for _, size := range sizes {
				first, at := n, 0
				n += size
				streams = append(streams, func() (int, bool) {
					at++
					return first + at - 1, at <= size
				})
			}
			var got []int
			arrange(streams, shuffle, rand.New(rand.NewPCG(1, 1)), func(x int) bool {
				got = append(got, x)
				return true
			})
			sorted := slices.Sorted(slices.Values(got))
			for i, x := range sorted {
				if i != x {
					t.Fatalf("%v, %d: %v", sizes, shuffle, got)
				}
			}
			if len(got) != n {
				t.Errorf("%v, %d: %v", sizes, shuffle, got)
			}
			if len(sizes) == 3 && shuffle == 0 && sizes[1] == 20 && !slices.Equal(got[:6], []int{0, 20, 40, 1, 21, 41}) {
				t.Errorf("not by turns: %v", got)
			}
			if n == 60 && shuffle == 7 && slices.Equal(got[:6], []int{0, 20, 40, 1, 21, 41}) {
				t.Errorf("not shuffled: %v", got)
			}
		}
	}
}
