package main

import (
	"bytes"
	"image"
	"math"
	"math/rand/v2"

	"github.com/mixblend/blend"
	draws "github.com/mixblend/blend/mixup"
)

// boxChecks hold rows that take boxes from their partners, by kernels that kernelChecks has already: input that bits select.
var boxChecks = []check{
	&boxCheck[uint8, uint8]{
		kernel: "uint8, by boxes",
		covers: "U8",
		fill:   pairsOfBytes,
		rows:   (*draws.CutMix).Uint8Rows,
		want:   func(dst, x []uint8) { copy(dst, x) },
	},
	&boxCheck[float32, float32]{
		kernel: "float32, by boxes",
		covers: "F32",
		fill: func(block int, a, b []float32) {
			for i := range a {
				a[i] = math.Float32frombits(uint32(i)<<16 | uint32(block*257))
				b[i] = math.Float32frombits(uint32(i)*40503 + uint32(block))
			}
		},
		rows: (*draws.CutMix).Float32Rows,
		want: func(dst, x []float32) { copy(raw(dst), raw(x)) },
	},
	&boxCheck[uint16, uint16]{
		kernel: "bfloat16, by boxes",
		covers: "BF16",
		fill:   pairsOf16Bits,
		rows:   func(c *draws.CutMix, dst, x [][]uint16) error { return draws.MixBFloat16Rows(c, dst, x) },
		want:   func(dst, x []uint16) { copy(dst, x) },
	},
	&boxCheck[uint16, uint16]{
		kernel: "float16, by boxes",
		covers: "F16",
		fill:   pairsOf16Bits,
		rows:   func(c *draws.CutMix, dst, x [][]uint16) error { return draws.MixFloat16Rows(c, dst, x) },
		want:   func(dst, x []uint16) { copy(dst, x) },
	},
	boxed(toFloat32, (*draws.CutMix).NormalizeFloat32Rows),
	boxed(toBFloat16, func(c *draws.CutMix, dst [][]uint16, x [][]uint8, n *blend.Normalization) error {
		return draws.NormalizeBFloat16Rows(c, dst, x, n)
	}),
	boxed(toFloat16, func(c *draws.CutMix, dst [][]uint16, x [][]uint8, n *blend.Normalization) error {
		return draws.NormalizeFloat16Rows(c, dst, x, n)
	}),
}

// boxed is checks of a conversion with boxes, of one to four channels in every layout.
func boxed[Out element](c conversion[Out], rows func(cut *draws.CutMix, dst [][]Out, x [][]uint8, n *blend.Normalization) error) several {
	var checks several
	for _, n := range []*blend.Normalization{
		oneChannel,
		normalization(2, blend.HWC, blend.CHW), normalization(3, blend.HWC, blend.CHW), normalization(4, blend.HWC, blend.CHW),
		normalization(3, blend.CHW, blend.CHW), normalization(3, blend.HWC, blend.HWC),
	} {
		mixed := c.check(n, everyPair)
		checks = append(checks, &boxCheck[uint8, Out]{
			kernel:   c.kernel + ", by boxes",
			covers:   mixed.covers[0],
			fill:     pairsOfBytes,
			rows:     func(cut *draws.CutMix, dst [][]Out, x [][]uint8) error { return rows(cut, dst, x, n) },
			want:     func(dst []Out, x []uint8) { mixed.want(dst, x, x, 1) },
			channels: mixed.channels,
			layout:   n.From,
			split:    mixed.split,
			how:      mixed.how,
		})
	}
	return checks
}

// A boxCheck says how two rows take boxes from each other, and what they must become.
type boxCheck[In, Out element] struct {
	kernel string
	covers string // the generator's name of the kernel that runs
	// fill sets a and b, blockPairs each.
	fill func(block int, a, b []In)
	rows func(c *draws.CutMix, dst [][]Out, x [][]In) error
	// want is what must become of a row x that has its box.
	want func(dst []Out, x []In)

	channels int // 0: one
	layout   blend.Layout
	split    bool   // inputs are pixels, results a plane for each channel
	how      string // begins what is said of a difference
}

const boxBlocks = 256

func (k *boxCheck[In, Out]) name() string { return k.kernel }

func (k *boxCheck[In, Out]) kernels() []string { return []string{k.covers} }

func (k *boxCheck[In, Out]) blocks(quick bool) (blocks []int, inputs int64) {
	for block := range boxBlocks {
		if !quick || block%16 == 0 {
			blocks = append(blocks, block)
		}
	}
	return blocks, blockPairs
}

// cuts are the images of a block, as many as have all of blockPairs elements, and the boxes of two rows in each: height, width and boxes
// depend on the block and the channels alone. Every other block has one box for both rows.
func cuts(block, channels int, each func(begin, height, width int, boxes []image.Rectangle) error) error {
	r := rand.New(rand.NewPCG(uint64(block), uint64(channels)))
	most := callPairs
	if channels > 1 {
		most = callChannels
	}
	width := 1 + block%67
	lines := most / (width * channels)
	height := 1 + block%lines
	for begin := 0; begin < blockPairs; {
		n := height * width * channels
		begin = min(begin, blockPairs-n) // the last image begins with some that have been
		boxes := []image.Rectangle{randomBox(r, height, width), randomBox(r, height, width)}[:1+block%2]
		if err := each(begin, height, width, boxes); err != nil {
			return err
		}
		begin, height = begin+n, lines
	}
	return nil
}

// randomBox is a part of an image, all of it or nothing included.
func randomBox(r *rand.Rand, height, width int) image.Rectangle {
	return image.Rect(r.IntN(width+1), r.IntN(height+1), r.IntN(width+1), r.IntN(height+1))
}

// take sets dst to own with the box of partner, line by line.
func take[In element](dst, own, partner []In, box image.Rectangle, layout blend.Layout, channels, height, width int) {
	copy(dst, own)
	pixel, planes := 1, channels
	if layout == blend.HWC {
		pixel, planes = channels, 1
	}
	for plane := range planes {
		for y := box.Min.Y; y < box.Max.Y; y++ {
			line := (plane*height + y) * width
			from, to := (line+box.Min.X)*pixel, (line+box.Max.X)*pixel
			copy(dst[from:to], partner[from:to])
		}
	}
}

// worker mixes each block with plain stores and with streaming stores, by a CutMix of two rows that are each other's partners.
func (k *boxCheck[In, Out]) worker() func(block int, t *tally) error {
	channels, layout, most := max(k.channels, 1), k.layout, callPairs
	if channels > 1 {
		most = callChannels
	}
	if layout == 0 {
		layout = blend.CHW
	}
	a, b, cut := make([]In, blockPairs), make([]In, blockPairs), make([]In, most)
	wants := [2][]Out{make([]Out, most+slack), make([]Out, most+slack)}
	rooms := [2][]Out{lineAligned[Out](most + slack), lineAligned[Out](most + slack)}
	var c draws.CutMix
	return func(block int, t *tally) error {
		k.fill(block, a, b)
		err := cuts(block, channels, func(begin, height, width int, boxes []image.Rectangle) error {
			n := height * width * channels
			x := [][]In{a[begin : begin+n], b[begin : begin+n]}
			if err := c.Reset([]int{1, 0}, layout, height, width, boxes...); err != nil {
				return err
			}
			for i, own := range x {
				take(cut[:n], own, x[1-i], c.Box(i), layout, channels, height, width)
				clearAll(wants[i][:n])
				k.want(wants[i][:n], cut[:n])
			}
			for _, store := range []blend.StoreMode{blend.StoreCached, blend.StoreStream} {
				dst := [][]Out{rooms[0][:n], rooms[1][:n]}
				clearAll(dst[0])
				clearAll(dst[1])
				c.Store = store
				if err := k.rows(&c, dst, x); err != nil {
					return err
				}
				k.compare(t, "row 0", dst[0], wants[0][:n], x[0], x[1], c.Box(0), width)
				k.compare(t, "row 1", dst[1], wants[1][:n], x[1], x[0], c.Box(1), width)
			}
			return nil
		})
		t.inputs.Add(blockPairs)
		return err
	}
}

func (k *boxCheck[In, Out]) compare(t *tally, how string, got, want []Out, own, partner []In, box image.Rectangle, width int) {
	n := len(want)
	got, want = got[:n+slack], want[:n+slack]
	if bytes.Equal(raw(got), raw(want)) {
		return
	}
	for i := range want {
		from := i
		if k.split && i < n {
			plane := n / k.channels
			from = i%plane*k.channels + i/plane
		}
		switch {
		case bytes.Equal(raw(got[i:i+1]), raw(want[i:i+1])):
		case i < n:
			t.differ("%s: box %v in lines of %d, element %d, own = %s, partner = %s: expected %s, got %s",
				k.how+how, box, width, from, show(own[from]), show(partner[from]), show(want[i]), show(got[i]))
		default:
			t.differ("%s: box %v: expected nothing past %d elements, got %s", k.how+how, box, n, show(got[i]))
		}
	}
}

// pairsOfBytes is every pair of bytes; from block to block it moves on.
func pairsOfBytes(block int, a, b []uint8) {
	for i, s := range [][]uint8{a, b} {
		copy(s[copy(s, pairs[i][block:]):], pairs[i][:block])
	}
}

// pairsOf16Bits is every bit pattern, with partners that change from block to block.
func pairsOf16Bits(block int, a, b []uint16) {
	for i := range a {
		a[i], b[i] = uint16(i+block), uint16(40503*i+259*block)
	}
}
