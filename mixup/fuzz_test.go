package mixup

import (
	"errors"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mixblend/blend"
)

// FuzzSampler: any configuration is refused, or draws batches that every call mixes as the reference does, or refuses.
func FuzzSampler(f *testing.F) {
	f.Add(uint64(1), 0, 0.2, 0.0, 0.0, 0.0, uint8(0), 16, 0, 0, 0, 0, 8)
	f.Add(uint64(2), 1, 1e-3, 0.5, 0.5, 1e3, uint8(1<<2|2|1<<5), 7, 1, 5, 3, 3, 9)
	f.Add(uint64(3), 63, 0.0, 0.1, 0.0, 5e-324, uint8(2<<2|1|1<<4|2<<5), 9, -1, -5, 1, 3, 1)
	f.Add(uint64(4), -1, math.MaxFloat64, 0.0, 1.0, math.MaxFloat64, uint8(3<<2), 1, 0, 0, 30, 3, 90)
	f.Add(uint64(5), 2, 1.0, 0.3, 0.8, 1.0, uint8(2|2<<5), 12, 3, 4, 5, 6, 60)
	f.Add(uint64(6), 0, 0.0, 0.0, 0.0, 1.0, uint8(2|1<<5), 12, 3, 4, math.MaxInt, 1, 7)
	f.Add(uint64(7), 0, 0.0, 0.0, 0.0, 1.0, uint8(2|1<<5), 12, 3, 4, math.MaxInt32, 2, 7)
	f.Add(uint64(9), 5, 1.0, 0.0, 0.0, 1.0, uint8(2|1<<5), 9, 3, 4, math.MaxInt32, 1, 0)
	f.Add(uint64(8), 0, 1.0, 0.0, 0.0, 0.0, uint8(2|1<<5), 5, 3, 4, 1, 1<<16, 3)
	f.Fuzz(func(t *testing.T, seed uint64, rank int, alpha, skip, switchProb, cutMixAlpha float64, kind uint8, n, epoch, step, height, width, cols int) {
		c := Config{Seed: seed, Rank: rank, Alpha: alpha, SkipProb: skip, SwitchProb: switchProb, CutMixAlpha: cutMixAlpha, Height: height, Width: width,
			Scope: Scope(kind & 3), Pairing: Pairing(kind >> 2 & 3), Fold: kind>>4&1 != 0, Layout: Layout(kind >> 5)}
		s, err := New(c)
		if err != nil {
			checkError(t, err, ErrConfig)
			return
		}
		n = min(n, 40)
		var b Batch
		if err := s.At(&b, n, epoch, step); err != nil {
			if n >= 0 && epoch >= 0 && step >= 0 {
				t.Fatal(err)
			}
			return
		}
		taken := make([]bool, n)
		for i := range n {
			if l := b.Lambda(i); !(l >= 0 && l <= 1) {
				t.Fatalf("lambda %v", l)
			}
			if box := b.Box(i); !box.In(image.Rect(0, 0, width, height)) {
				t.Fatalf("the box %v of %d × %d pixels", box, height, width)
			}
			taken[b.Index(i)] = true
		}
		if slices.Contains(taken, false) {
			t.Fatal("not a permutation")
		}
		if n == 0 {
			return
		}
		// Rows of any length: whole images, or refused.
		cols = cols & math.MaxInt % 150
		g := geometry{c.Layout, 1, height, width}
		if height == 0 {
			g = geometry{CHW, 1, 1, cols}
		}
		pixels := g.height * g.width
		if pixels > 0 && cols%pixels != 0 {
			for name, err := range everyCall(&b, pairOfChannels(t, CHW), make([]uint8, n*cols), make([]float32, n*cols)) {
				if err == nil {
					t.Fatalf("%s takes rows of %d elements", name, cols)
				}
				checkError(t, err, blend.ErrShape, " elements")
			}
			return
		}
		if pixels > 0 {
			g.channels = cols / pixels
		}
		r := rand.New(rand.NewPCG(seed, uint64(cols)))
		b.Workers, b.Store = r.IntN(4), blend.StoreMode(r.IntN(3))
		checkMixer(t, r, &b, g)
	})
}

// FuzzPaste cuts an index and boxes from data. What is wrong with them must be an error.
func FuzzPaste(f *testing.F) {
	f.Add([]byte{1, 2, 0, 0, 0, 3, 3, 1, 1, 2, 2, 0, 1, 3, 2}, uint8(3), uint8(3), uint8(3), uint8(2), uint8(3))
	f.Add([]byte{1, 1, 0, 0, 2, 2}, uint8(2), uint8(2), uint8(2), uint8(1), uint8(0))
	f.Add([]byte{}, uint8(0), uint8(1), uint8(1), uint8(1), uint8(2))
	f.Add([]byte{0, 255, 255, 1, 1}, uint8(1), uint8(1), uint8(1), uint8(1), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, n, height, width, channels, mode uint8) {
		n, height, width, channels = n%12, height%10, width%10, channels%5
		next := func() (v int) {
			if len(data) > 0 {
				v = int(int8(data[0]))
				data = data[1:]
			}
			return v
		}
		index := make([]int, n)
		for i := range index {
			index[i] = next()
			if mode&1 == 0 {
				index[i] = (index[i] + 128) % int(n)
			}
		}
		boxes := make([]image.Rectangle, 1)
		if mode&2 != 0 {
			boxes = make([]image.Rectangle, n)
		}
		for i := range boxes {
			boxes[i] = image.Rectangle{image.Pt(next(), next()), image.Pt(next(), next())}
		}
		layout := []Layout{CHW, HWC}[mode>>2&1]
		c, err := NewCutMix(index, layout, int(height), int(width), boxes...)
		if err != nil {
			known := []error{ErrConfig, ErrBox, blend.ErrIndex}
			if !slices.ContainsFunc(known, func(k error) bool { return errors.Is(err, k) }) {
				t.Fatal(err)
			}
			return
		}
		g := geometry{layout, int(channels), int(height), int(width)}
		x := counting[uint16](len(index) * int(channels) * int(height) * int(width))
		want := reference(c, g, x, how[uint16]{})
		sorted := slices.Clone(index)
		slices.Sort(sorted)
		permutation := len(slices.Compact(sorted)) == len(index)
		dst := make([]uint16, len(x))
		if err := Paste(c, dst, x); err != nil || !slices.Equal(dst, want) {
			t.Fatalf("%v, got %v, want %v", err, dst, want)
		}
		err = Paste(c, x, x)
		if permutation || len(x) == 0 {
			if err != nil || !slices.Equal(x, want) {
				t.Fatalf("in place: %v, got %v, want %v", err, x, want)
			}
			if len(x) > 0 {
				checkMixer(t, rand.New(rand.NewPCG(uint64(n), uint64(len(data)))), c, g)
			}
		} else if !errors.Is(err, blend.ErrIndex) {
			t.Fatalf("in place, index %v: %v", index, err)
		}
	})
}
