package shards

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mixblend/blend/examples/feed"
	"github.com/mixblend/blend/examples/feed/rank"
)

const classes = 7

// A member is a file of a tar file.
type member struct {
	name    string
	content []byte
}

// tarOf writes a tar file.
func tarOf(t testing.TB, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		if err := w.WriteHeader(&tar.Header{Name: m.name, Size: int64(len(m.content)), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(m.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// picture is one of its own for each number.
func picture(number, w, h int) *image.RGBA {
	rng := rand.New(rand.NewPCG(uint64(number), 1))
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	a, b, c := rng.Float64(), rng.Float64(), uint8(rng.IntN(256))
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, color.RGBA{uint8(a * 255 * float64(x) / float64(w)), uint8(b * 255 * float64(y) / float64(h)), c, 255})
		}
	}
	return m
}

func encode(t testing.TB, m image.Image, asPNG bool) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	if asPNG {
		err = png.Encode(&b, m)
	} else {
		err = jpeg.Encode(&b, m, &jpeg.Options{Quality: 85})
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sample is the files of sample i, of class i % classes, each number another way.
func sample(t testing.TB, i int) []member {
	t.Helper()
	key := fmt.Sprintf("dir/%05d", i)
	m := picture(i, 24+i%9, 20+i%13)
	switch i % 4 {
	case 0:
		return []member{{key + ".jpg", encode(t, m, false)}, {key + ".cls", fmt.Append(nil, i%classes)}}
	case 1:
		return []member{{key + ".cls", fmt.Append(nil, i%classes, "\n")}, {key + ".JPEG", encode(t, m, false)}}
	case 2:
		return []member{{key + ".seg.png", []byte("no image")}, {key + ".png", encode(t, m, true)}, {key + ".json", fmt.Appendf(nil, `{"a":[1],"label":%d}`, i%classes)}}
	default:
		return []member{{key + ".json", []byte(`{"label":"else"}`)}, {key + ".jpg", encode(t, m, false)}, {key + ".txt", nil}, {key + ".cls", fmt.Append(nil, i%classes)}}
	}
}

// write writes shards of so many samples to a folder, and returns their names.
func write(t testing.TB, sizes ...int) (names []string) {
	t.Helper()
	dir := t.TempDir()
	n := 0
	for i, size := range sizes {
		var members []member
		for range size {
			members = append(members, sample(t, n)...)
			n++
		}
		name := filepath.Join(dir, fmt.Sprintf("train-%03d.tar", i))
		if err := os.WriteFile(name, tarOf(t, members...), 0o600); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

func openSet(t testing.TB, store *Store, skip SkipBroken, urls ...string) *Set {
	t.Helper()
	set, err := Open(t.Context(), store, skip, urls...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func start(t testing.TB, set *Set, o Options, c feed.Config) *feed.Feed[Sample] {
	t.Helper()
	o.Side, o.Classes = or(o.Side, 16), or(o.Classes, classes)
	format, err := set.Format(o)
	if err != nil {
		t.Fatal(err)
	}
	f, err := feed.Start(t.Context(), format, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Stop() })
	return f
}

// check says whether an error is of a kind, if there is one, and names what it should.
func check(t *testing.T, err, kind error, names ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one that names %q", names)
		return
	}
	if kind != nil && !errors.Is(err, kind) {
		t.Errorf("%v is not %v", err, kind)
	}
	for _, name := range names {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%v does not name %s", err, name)
		}
	}
}

// goroutines waits for goroutines to be as many as before.
func goroutines(t *testing.T, before int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

func TestExpand(t *testing.T) {
	for pattern, want := range map[string]string{
		"a.tar":                                 "a.tar",
		"a{0..3}b":                              "a0b a1b a2b a3b",
		"t-{008..011}.tar":                      "t-008.tar t-009.tar t-010.tar t-011.tar",
		"{3..1}":                                "3 2 1",
		"{9..11}":                               "9 10 11",
		"{a,b}{0..1}":                           "a0 a1 b0 b1",
		"x{a,{1..2},c{d,e}}y":                   "xay x1y x2y xcdy xcey",
		"{,a}b":                                 "b ab",
		"{a}{b..c}{}":                           "{a}{b..c}{}",
		"{a{1..2}":                              "{a1 {a2",
		"a}b{":                                  "a}b{",
		"http://h/{0..1}?q={x}":                 "http://h/0?q={x} http://h/1?q={x}",
		"{a}{1..2}":                             "{a}1 {a}2",
		"s3://b/t{00..01}.tar?region=x":         "s3://b/t00.tar?region=x s3://b/t01.tar?region=x",
		"{1..1048577}":                          "",
		"{0..1000}{0..1000}{0..1000}":           "",
		"{99999999999999999999999..1}":          "",
		"{1..99999999999999999999999}":          "",
		"{0.." + strings.Repeat("0", 999) + "}": "",
	} {
		names, err := Expand(pattern)
		if want == "" {
			check(t, err, nil, "more than 1048576")
		} else if got := strings.Join(names, " "); got != want || err != nil {
			t.Errorf("%s: %s, %v; want %s", pattern, got, err, want)
		}
	}
}

// All ranks together have each sample once an epoch, whatever sizes shards have, and as many batches each.
func TestRanks(t *testing.T) {
	names := write(t, 13, 1, 0, 7, 40, 2, 5)
	set := openSet(t, new(Store), true, names...)
	const n = 68
	if set.Len() != n || len(set.Faults) != 1 {
		t.Fatalf("%d samples, %v", set.Len(), set.Faults)
	}
	check(t, set.Faults[0], feed.ErrBroken, names[2], "no samples")
	for _, world := range []int{1, 2, 3, 4, 5} {
		for _, o := range []Options{{}, {Random: true, Shuffle: 10}, {Random: true, Streams: 1}, {Random: true, Shuffle: 1000, Streams: 7}} {
			for _, drop := range []bool{false, true} {
				orders := map[string]bool{}
				steps := map[int]int{}
				seen := map[int][]string{}
				for r := range world {
					c := feed.Config{Batch: 4, Epochs: 2, DropLast: drop, Seed: 1, Rank: rank.Rank{Rank: r, World: world}}
					f := start(t, set, o, c)
					var order []int
					for b, err := range f.All() {
						if err != nil {
							t.Fatal(err)
						}
						if b.Step == 0 {
							orders[fmt.Sprint(order)] = true
							order = nil
						}
						if b.Epoch == 1 {
							steps[r]++
						}
						for i, s := range b.Samples {
							order = append(order, s.Number)
							if s.Key != fmt.Sprintf("dir/%05d", s.Number) || b.Classes[i] != s.Number%classes || s.Shard != names[set.find(s.Number)] {
								t.Fatalf("%+v, class %d", s, b.Classes[i])
							}
							if b.Epoch == 1 {
								seen[s.Number] = append(seen[s.Number], fmt.Sprint(r, b.Step))
							}
						}
					}
					orders[fmt.Sprint(order)] = true
				}
				want := n
				if drop {
					want = n / world / 4 * 4 * world
				}
				if len(seen) != want {
					t.Errorf("%d ranks, %+v: %d samples, want %d", world, o, len(seen), want)
				}
				for number, by := range seen {
					if len(by) != 1 {
						t.Errorf("%d ranks, %+v: sample %d came to %v", world, o, number, by)
					}
				}
				for r := range world {
					if steps[r] != steps[0] {
						t.Errorf("%d ranks, %+v: steps %v", world, o, steps)
					}
				}
				// [] before each rank's first epoch, then an order an epoch where it is drawn.
				if want := 1 + 2*world; o.Random && len(orders) != want || !o.Random && len(orders) != 1+world {
					t.Errorf("%d ranks, %+v: %d orders", world, o, len(orders)-1)
				}
			}
		}
	}
}

func TestFormatErrors(t *testing.T) {
	set := openSet(t, new(Store), false, write(t, 3)...)
	for _, test := range []struct {
		change func(*Options)
		name   string
	}{
		{func(o *Options) { o.Side = 0 }, "Side = 0"},
		{func(o *Options) { o.Side = 1 << 20 }, "Side = 1048576"},
		{func(o *Options) { o.Classes = 0 }, "Classes = 0"},
		{func(o *Options) { o.Scale = [2]float64{0.5, 0.1} }, "Scale = [0.5 0.1]"},
		{func(o *Options) { o.Scale = [2]float64{0.5, 1.1} }, "Scale = [0.5 1.1]"},
		{func(o *Options) { o.Ratio = [2]float64{0, 1} }, "Ratio = [0 1]"},
		{func(o *Options) { o.Center = 2 }, "Center = 2"},
		{func(o *Options) { o.Random, o.Shuffle = true, -1 }, "Shuffle = -1"},
		{func(o *Options) { o.Shuffle = 1 }, "Shuffle = 1"},
		{func(o *Options) { o.Streams = -1 }, "Streams = -1"},
		{func(o *Options) { o.Mean, o.Std = []float64{0.5}, []float64{0.5} }, "[0.5] [0.5]"},
		{func(o *Options) { o.Mean, o.Std = []float64{128, 128, 128}, []float64{0.5, 0.5, 0.5} }, "128"},
	} {
		o := Options{Side: 16, Classes: classes}
		test.change(&o)
		f, err := set.Format(o)
		if f != nil {
			t.Errorf("%+v gave a format", o)
		}
		check(t, err, nil, test.name)
	}
	for _, urls := range [][]string{nil, {"{}"}, {filepath.Join(t.TempDir(), "missing.tar")}, {t.TempDir()}, {"nonsense://x/y.tar"}, {"http://[/"}, {"http://h/a\x00b"}} {
		set, err := Open(t.Context(), &Store{Tries: 1}, false, urls...)
		if set != nil {
			t.Errorf("%v gave a set", urls)
		}
		check(t, err, nil)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Open(ctx, new(Store), true, write(t, 3)...)
	check(t, err, context.Canceled)
}

// writeTar writes a shard.
func writeTar(t testing.TB, content []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "shard.tar")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func writeJSON(t testing.TB, name string, x any) {
	t.Helper()
	raw, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}
