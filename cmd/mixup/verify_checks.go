package main

import (
	"bytes"
	"fmt"
	"math"
	"unsafe"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/kernels"
)

// kernelChecks has an entry for every kernel.
var kernelChecks = []check{
	&kernelCheck[uint8, uint8]{
		kernel: "uint8",
		covers: []string{"U8"},
		sweep:  everyPair,
		pair:   blend.Uint8,
		rows:   (*blend.Plan).Uint8Rows,
		want:   func(dst, a, b []uint8, lambda float64) { kernels.BlendU8(dst, a, b, kernels.WeightU8(lambda)) },
	},
	&kernelCheck[float32, float32]{
		kernel: "float32",
		covers: []string{"F32"},
		sweep:  everyPattern,
		pair:   blend.Float32,
		rows:   (*blend.Plan).Float32Rows,
		want: func(dst, a, b []float32, lambda float64) {
			l, m := kernels.WeightsF32(lambda)
			kernels.BlendF32(dst, a, b, l, m)
		},
	},
	&kernelCheck[uint16, uint16]{
		kernel: "bfloat16",
		covers: []string{"BF16"},
		sweep:  every16Bits,
		pair:   blend.BFloat16[uint16],
		rows:   func(p *blend.Plan, dst, x [][]uint16) error { return blend.MixBFloat16Rows(p, dst, x) },
		want: func(dst, a, b []uint16, lambda float64) {
			l, m := kernels.WeightsF32(lambda)
			kernels.BlendBF16(dst, a, b, l, m)
		},
		isNaN: func(h uint16) bool { return h&0x7fff > 0x7f80 },
	},
	&kernelCheck[uint16, uint16]{
		kernel: "float16",
		covers: []string{"F16"},
		sweep:  every16Bits,
		pair:   blend.Float16[uint16],
		rows:   func(p *blend.Plan, dst, x [][]uint16) error { return blend.MixFloat16Rows(p, dst, x) },
		want: func(dst, a, b []uint16, lambda float64) {
			l, m := kernels.WeightsF32(lambda)
			kernels.BlendF16(dst, a, b, l, m)
		},
		isNaN: func(h uint16) bool { return h&0x7fff > 0x7c00 },
	},
	toFloat32.check(oneChannel, everyPair),
	toFloat32.layouts(),
	toBFloat16.check(oneChannel, everyPair),
	toBFloat16.layouts(),
	toFloat16.check(oneChannel, everyPair),
	toFloat16.layouts(),
}

// A conversion is what makes model input of bytes, and what it must compute of pixels, channel by channel.
type conversion[Out element] struct {
	kernel string
	to     string // the format, in the names of the generator's kernels
	rows   func(p *blend.Plan, dst [][]Out, x [][]uint8, n *blend.Normalization) error
	want   func(dst []Out, a, b []uint8, w int, scale, bias []float32)
}

var (
	toFloat32  = conversion[float32]{"uint8 to float32", "F32", (*blend.Plan).NormalizeFloat32Rows, kernels.NormalizeF32}
	toBFloat16 = conversion[uint16]{"uint8 to bfloat16", "BF16", blend.NormalizeBFloat16Rows[uint16], kernels.NormalizeBF16}
	toFloat16  = conversion[uint16]{"uint8 to float16", "F16", blend.NormalizeFloat16Rows[uint16], kernels.NormalizeF16}
)

// ImageNet's means and stds, and an alpha that stays what it is.
var (
	scales = []float32{1 / (255 * 0.229), 1 / (255 * 0.224), 1 / (255 * 0.225), 1.0 / 255}
	biases = []float32{-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225, 0}
)

func normalization(channels int, from, to blend.Layout) *blend.Normalization {
	return &blend.Normalization{Scale: scales[:channels], Bias: biases[:channels], From: from, To: to}
}

var oneChannel = normalization(1, blend.CHW, blend.CHW)

// check compares in one layout.
func (c conversion[Out]) check(n *blend.Normalization, s sweep[uint8]) *kernelCheck[uint8, Out] {
	channels := len(n.Scale)
	k := &kernelCheck[uint8, Out]{
		kernel: c.kernel,
		sweep:  s,
		rows:   func(p *blend.Plan, dst [][]Out, x [][]uint8) error { return c.rows(p, dst, x, n) },
		want: func(dst []Out, a, b []uint8, lambda float64) {
			w, plane := kernels.WeightU8(lambda), len(dst)/channels
			switch {
			case n.To == blend.HWC:
				c.want(dst, a, b, w, n.Scale, n.Bias)
			case n.From == blend.HWC:
				pixels := make([]Out, len(dst))
				c.want(pixels, a, b, w, n.Scale, n.Bias)
				for i := range dst {
					dst[i] = pixels[i%plane*channels+i/plane]
				}
			default:
				for i := range channels {
					lo, hi := i*plane, (i+1)*plane
					c.want(dst[lo:hi], a[lo:hi], b[lo:hi], w, n.Scale[i:i+1], n.Bias[i:i+1])
				}
			}
		},
		channels: channels,
		split:    n.From != n.To,
	}
	k.covers = []string{"U8" + c.to}
	if k.split {
		k.covers = []string{fmt.Sprintf("U8x%d%s", channels, c.to)}
	}
	if channels > 1 {
		k.how = fmt.Sprintf("%d channels, %v to %v, ", channels, n.From, n.To)
	}
	return k
}

// layouts compares two to four channels, in every layout.
func (c conversion[Out]) layouts() several {
	var checks several
	for channels := 2; channels <= 4; channels++ {
		for _, l := range [][2]blend.Layout{{blend.CHW, blend.CHW}, {blend.HWC, blend.HWC}, {blend.HWC, blend.CHW}} {
			k := c.check(normalization(channels, l[0], l[1]), someWeights)
			k.kernel += ", 2 to 4 channels"
			checks = append(checks, k)
		}
	}
	for _, to := range []blend.Layout{blend.HWC, blend.CHW} {
		for bytes := 3; bytes <= 4; bytes++ {
			k := c.reversed(bytes, to)
			k.kernel = checks[0].name()
			checks = append(checks, k)
		}
	}
	return checks
}

// reversed compares three channels of pixels that have them the other way round, of so many bytes each. The planes that it makes begin
// at a cache line, so that all of them can be streamed at once.
func (c conversion[Out]) reversed(bytes int, to blend.Layout) *kernelCheck[uint8, Out] {
	const channels = 3
	n := normalization(channels, blend.HWC, to)
	k := c.check(n, someWeights)
	given := *n
	given.PixelBytes, given.Order = bytes, []int{2, 1, 0}
	k.rows = func(p *blend.Plan, dst [][]Out, x [][]uint8) error {
		rows := make([][]uint8, len(x))
		for i, row := range x {
			rows[i] = make([]uint8, len(row)/channels*bytes)
			for j, v := range row {
				rows[i][j/channels*bytes+channels-1-j%channels] = v
			}
			for j := channels; j < bytes; j++ { // what nobody may look at
				for at := j; at < len(rows[i]); at += bytes {
					rows[i][at] = uint8(at)
				}
			}
		}
		return c.rows(p, dst, rows, &given)
	}
	if to == blend.CHW {
		k.covers = []string{fmt.Sprintf("U8x%d%s", bytes, c.to)}
		k.whole = 32 * channels
	}
	k.how = fmt.Sprintf("3 channels, reversed, in pixels of %d bytes, HWC to %v, ", bytes, to)
	return k
}

// several is checks that have a sweep and a name in common. They take turns.
type several []check

func (s several) name() string { return s[0].name() }

func (s several) kernels() []string {
	var all []string
	for _, c := range s {
		all = append(all, c.kernels()...)
	}
	return all
}

func (s several) blocks(quick bool) (blocks []int, inputs int64) {
	first, inputs := s[0].blocks(quick)
	for _, block := range first {
		for i := range s {
			blocks = append(blocks, block*len(s)+i)
		}
	}
	return blocks, inputs
}

func (s several) worker() func(block int, t *tally) error {
	var workers []func(block int, t *tally) error
	for _, c := range s {
		workers = append(workers, c.worker())
	}
	return func(block int, t *tally) error { return workers[block%len(s)](block/len(s), t) }
}

// element is what operands and results are made of.
type element interface{ uint8 | uint16 | float32 }

// A kernelCheck says how a kernel is called, what it must compute, and of which inputs.
type kernelCheck[In, Out element] struct {
	kernel string
	covers []string // the generator's names of the kernels that run
	sweep  sweep[In]
	// pair sets dst to the mix of a and b, and is nil if only a Plan can; rows mixes two rows, each with the other; want is what
	// must become of a row a and its partner b.
	pair func(dst []Out, a, b []In, lambda float64) error
	rows func(p *blend.Plan, dst [][]Out, x [][]In) error
	want func(dst []Out, a, b []In, lambda float64)
	// isNaN, if not nil, says which results are as good as one another.
	isNaN func(Out) bool

	channels int    // if there are several, a call takes whole pixels
	whole    int    // if not 0, a call takes a multiple of so many elements
	split    bool   // inputs are pixels, results a plane for each channel
	how      string // begins what is said of a difference
}

// blockPairs is the number of pairs in a block: one for every pair of bytes.
const blockPairs = 1 << 16

// callPairs is how many pairs most calls take: for every implementation, some vectors that a loop takes together, some single ones,
// and a tail.
const callPairs = 2047

// callChannels is that for pixels: more than are taken apart at once, and rows that are streamed wherever they begin.
const callChannels = 3 * 4 * 1117

// A sweep is a set of inputs in blocks.
type sweep[In element] struct {
	blocks int
	quick  func(block int) bool // whether the block is part of the sample
	mixes  int                  // in a block
	// each sets a and b, blockPairs each, and calls mix, as often as there are mixes. λ must be a multiple of 2⁻⁵³.
	each func(block int, a, b []In, mix func(lambda float64) error) error
}

func (k *kernelCheck[In, Out]) name() string { return k.kernel }

func (k *kernelCheck[In, Out]) kernels() []string { return k.covers }

func (k *kernelCheck[In, Out]) blocks(quick bool) (blocks []int, inputs int64) {
	for i := range k.sweep.blocks {
		if !quick || k.sweep.quick(i) {
			blocks = append(blocks, i)
		}
	}
	return blocks, int64(k.sweep.mixes) * blockPairs
}

// slack is how many elements past a call's are looked at, too: they must stay 0.
const slack = 64

// worker mixes each block by calls for pairs, with plain stores, and by a Plan of two rows that are each other's partners, past
// the caches: between them they run every function of an implementation. The second row has 1−λ; what must become of it is computed
// by itself, since a kernel need not be symmetric. Where in a call an input is, in the loop or the tail, depends on the block.
func (k *kernelCheck[In, Out]) worker() func(block int, t *tally) error {
	a, b := make([]In, blockPairs), make([]In, blockPairs)
	unit, most := max(k.channels, k.whole, 1), callPairs
	if unit > 1 {
		most = callChannels / unit * unit
	}
	wants := [2][]Out{make([]Out, most+slack), make([]Out, most+slack)}
	rooms := [2][]Out{lineAligned[Out](most + slack), lineAligned[Out](most + slack)}
	c := call[In, Out]{x: make([][]In, 2), dst: make([][]Out, 2)}
	return func(block int, t *tally) error {
		return k.sweep.each(block, a, b, func(lambda float64) error {
			c.lambda = lambda
			if err := c.plan.Reset([]int{1, 0}, lambda, 1-lambda); err != nil {
				return err
			}
			for i, end := 0, (1+block%(most/unit))*unit; i < blockPairs; i, end = end, min(end+most, blockPairs) {
				for (end-i)%unit != 0 {
					i-- // the last call begins with some that have been
				}
				n := end - i
				c.x[0], c.x[1] = a[i:end], b[i:end]
				c.want = [2][]Out{wants[0][:n], wants[1][:n]}
				c.dst[0], c.dst[1] = rooms[0][:n], rooms[1][:n]
				if err := k.mix(&c, t); err != nil {
					return err
				}
			}
			t.inputs.Add(blockPairs)
			return nil
		})
	}
}

// A call is two rows, the results that there must be, and those that there are.
type call[In, Out element] struct {
	x      [][]In
	want   [2][]Out
	dst    [][]Out
	lambda float64
	plan   blend.Plan
}

func (k *kernelCheck[In, Out]) mix(c *call[In, Out], t *tally) error {
	clearAll(c.want[0])
	clearAll(c.want[1])
	k.want(c.want[0], c.x[0], c.x[1], c.lambda)
	k.want(c.want[1], c.x[1], c.x[0], 1-c.lambda)
	if k.pair == nil {
		if err := k.mixRows(c, blend.StoreCached, t); err != nil {
			return err
		}
	} else {
		clearAll(c.dst[0])
		if err := k.pair(c.dst[0], c.x[0], c.x[1], c.lambda); err != nil {
			return err
		}
		k.compare(t, "pair", c.dst[0], c.want[0], c.x[0], c.x[1], c.lambda)
	}
	return k.mixRows(c, blend.StoreStream, t)
}

func (k *kernelCheck[In, Out]) mixRows(c *call[In, Out], store blend.StoreMode, t *tally) error {
	clearAll(c.dst[0])
	clearAll(c.dst[1])
	c.plan.Store = store
	if err := k.rows(&c.plan, c.dst, c.x); err != nil {
		return err
	}
	k.compare(t, "Plan, row 0", c.dst[0], c.want[0], c.x[0], c.x[1], c.lambda)
	k.compare(t, "Plan, row 1", c.dst[1], c.want[1], c.x[1], c.x[0], 1-c.lambda)
	return nil
}

// clearAll clears a slice and the slack after it.
func clearAll[T element](s []T) { clear(s[:len(s)+slack]) }

func (k *kernelCheck[In, Out]) compare(t *tally, how string, got, want []Out, a, b []In, lambda float64) {
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
		case same(got[i], want[i]), k.isNaN != nil && k.isNaN(got[i]) && k.isNaN(want[i]):
		case i < n:
			t.differ("%s: λ = %v, a = %s, b = %s: expected %s, got %s", k.how+how, lambda, show(a[from]), show(b[from]), show(want[i]), show(got[i]))
		default:
			t.differ("%s: λ = %v: expected nothing past %d elements, got %s", k.how+how, lambda, n, show(got[i]))
		}
	}
}

// lineAligned returns a slice that begins at a cache line, where results can be streamed.
func lineAligned[T element](n int) []T {
	s := make([]T, n+64)
	for uintptr(unsafe.Pointer(&s[0]))%64 != 0 {
		s = s[1:]
	}
	return s[:n:n]
}

// raw looks at elements as the bytes that they are.
func raw[T element](s []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(*new(T))))
}

// same compares bits, except that one NaN is as good as another.
func same[T element](a, b T) bool {
	return bytes.Equal(raw([]T{a}), raw([]T{b})) || a != a && b != b
}

// show prints the bits of floats too, for neighbours and zeros to look different.
func show[T element](x T) string {
	if f, ok := any(x).(float32); ok {
		return fmt.Sprintf("%v (%#08x)", f, math.Float32bits(f))
	}
	return fmt.Sprint(x)
}

// everyPair is every pair of bytes, a block for each weight. The sample has every weight at which ties can occur, 0, ½ and 1
// among them, the weights next to those, and some others.
var everyPair = sweep[uint8]{
	blocks: kernels.One + 1,
	quick:  func(w int) bool { return (w+1)%128 <= 2 || w%61 == 0 },
	mixes:  1,
	each: func(w int, a, b []uint8, mix func(lambda float64) error) error {
		copy(a, pairs[0][:])
		copy(b, pairs[1][:])
		return mix(float64(w) / kernels.One)
	},
}

// pairs is every pair of bytes.
var pairs = func() (p [2][blockPairs]uint8) {
	for i := range blockPairs {
		p[0][i], p[1][i] = uint8(i>>8), uint8(i)
	}
	return p
}()

// someWeights is every pair of bytes at every 16th weight or one near it: 0, ½ and 1, those next to ½ and to 1, and all remainders. From
// block to block, pairs move on to another channel.
var someWeights = sweep[uint8]{
	blocks: kernels.One/16 + 1,
	quick:  func(block int) bool { return (block+1)%1024 <= 1 || block%31 == 0 },
	mixes:  1,
	each: func(block int, a, b []uint8, mix func(lambda float64) error) error {
		for i, s := range [][]uint8{a, b} {
			copy(s[copy(s, pairs[i][block:]):], pairs[i][:block])
		}
		return mix(float64(16*block+block%16) / kernels.One)
	},
}

// everyPattern is every bit pattern of a float32, of the row's own and of its partner, against each of the cases. A block is
// the patterns that have their low half in common; it has every sign and every exponent. The sample is some low halves.
var everyPattern = sweep[float32]{
	blocks: 1 << 16,
	quick:  func(low int) bool { return (low+1)&0x7fff <= 2 || low%199 == 0 },
	mixes:  len(patternCases),
	each: func(low int, a, b []float32, mix func(lambda float64) error) error {
		for _, c := range patternCases {
			swept, other := a, b
			if c.partner {
				swept, other = b, a
			}
			for i := range swept {
				swept[i] = math.Float32frombits(uint32(i)<<16 | uint32(low))
				other[i] = c.other
			}
			if err := mix(float64(c.lambda)); err != nil {
				return err
			}
		}
		return nil
	},
}

// every16Bits is every bit pattern of a 16-bit float as the row's own, each with a partner of its own in a block, in three mixes.
var every16Bits = sweep[uint16]{
	blocks: 1 << 10,
	quick:  func(block int) bool { return block%37 == 0 },
	mixes:  len(every16BitsLambdas),
	each: func(block int, a, b []uint16, mix func(lambda float64) error) error {
		for i := range a {
			a[i], b[i] = uint16(i), uint16(64*block+(i>>6^i)%64)
		}
		for _, lambda := range every16BitsLambdas {
			if err := mix(lambda); err != nil {
				return err
			}
		}
		return nil
	},
}

var every16BitsLambdas = []float64{0.5, 77.0 / 256, 1}

// patternCases are what every pattern is mixed with. λ is a float32 of at least 2⁻²⁹, or 0, and so a multiple of 2⁻⁵³.
var patternCases = []struct {
	lambda  float32
	other   float32
	partner bool // the pattern is the partner, and other the row's own
}{
	{0.3, 1, false},
	{0.7310586, -0.1, true},
	{0.5, 0, false},
	{0, 1, false}, // no shortcut: 0·Inf is NaN
	{1, float32(math.Copysign(0, -1)), true},
	{1e-8, math.SmallestNonzeroFloat32, true},
	{1.0 / 32768, math.MaxFloat32, false},
	{77.0 / 256, float32(math.Inf(-1)), true},
}
