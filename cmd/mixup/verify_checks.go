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
		sweep:  everyPair,
		pair:   blend.Uint8,
		plan:   (*blend.Plan).Uint8,
		want:   func(dst, a, b []uint8, lambda float64) { kernels.BlendU8(dst, a, b, kernels.WeightU8(lambda)) },
	},
	&kernelCheck[float32, float32]{
		kernel: "float32",
		sweep:  everyPattern,
		pair:   blend.Float32,
		plan:   (*blend.Plan).Float32,
		want: func(dst, a, b []float32, lambda float64) {
			l, m := kernels.WeightsF32(lambda)
			kernels.BlendF32(dst, a, b, l, m)
		},
	},
}

// element is what operands and results are made of.
type element interface{ uint8 | uint16 | float32 }

// A kernelCheck says how a kernel is called, what it must compute, and of which inputs.
type kernelCheck[In, Out element] struct {
	kernel string
	sweep  sweep[In]
	// pair sets dst to the mix of a and b; plan mixes rows that lie end to end in x; want is what pair must do.
	pair func(dst []Out, a, b []In, lambda float64) error
	plan func(p *blend.Plan, dst []Out, x []In) error
	want func(dst []Out, a, b []In, lambda float64)
	// isNaN, if not nil, says which results are as good as one another.
	isNaN func(Out) bool
}

// blockPairs is the number of pairs in a block: one for every pair of bytes.
const blockPairs = 1 << 16

// callPairs is how many pairs a call for a pair takes. It is odd, so that every call has a tail, and begins at an alignment of
// its own.
const callPairs = 4099

// A sweep is a set of inputs in blocks.
type sweep[In element] struct {
	blocks int
	quick  func(block int) bool // whether the block is part of the sample
	mixes  int                  // in a block
	// each sets a and b, blockPairs each, and calls mix, as often as there are mixes. λ must be a multiple of 2⁻⁵³.
	each func(block int, a, b []In, mix func(lambda float64) error) error
}

func (k *kernelCheck[In, Out]) name() string { return k.kernel }

func (k *kernelCheck[In, Out]) blocks(quick bool) (blocks []int, inputs int64) {
	for i := range k.sweep.blocks {
		if !quick || k.sweep.quick(i) {
			blocks = append(blocks, i)
		}
	}
	return blocks, int64(k.sweep.mixes) * blockPairs
}

// worker mixes each block as pairs, with plain stores, and as a Plan of two rows that are each other's partners, past the
// caches: between them they run every function of an implementation. The second row of the Plan has 1−λ, so that it must
// come out as the first.
func (k *kernelCheck[In, Out]) worker() func(block int, t *tally) error {
	x := make([]In, 2*blockPairs)
	got, want := make([]Out, 2*blockPairs), make([]Out, blockPairs)
	a, b := x[:blockPairs], x[blockPairs:]
	p := blend.Plan{Store: blend.StoreStream}
	return func(block int, t *tally) error {
		return k.sweep.each(block, a, b, func(lambda float64) error {
			k.want(want, a, b, lambda)
			clear(got)
			for i := 0; i < blockPairs; i += callPairs {
				end := min(i+callPairs, blockPairs)
				if err := k.pair(got[i:end], a[i:end], b[i:end], lambda); err != nil {
					return err
				}
			}
			k.compare(t, "pair", got, want, a, b, lambda)
			clear(got)
			if err := p.Reset([]int{1, 0}, lambda, 1-lambda); err != nil {
				return err
			}
			if err := k.plan(&p, got, x); err != nil {
				return err
			}
			k.compare(t, "Plan, row 0", got, want, a, b, lambda)
			k.compare(t, "Plan, row 1", got[blockPairs:], want, b, a, 1-lambda)
			t.inputs.Add(blockPairs)
			return nil
		})
	}
}

func (k *kernelCheck[In, Out]) compare(t *tally, call string, got, want []Out, a, b []In, lambda float64) {
	got = got[:len(want)]
	if bytes.Equal(raw(got), raw(want)) {
		return
	}
	for i := range want {
		if !same(got[i], want[i]) && !(k.isNaN != nil && k.isNaN(got[i]) && k.isNaN(want[i])) {
			t.differ("%s: λ = %v, a = %s, b = %s: expected %s, got %s", call, lambda, show(a[i]), show(b[i]), show(want[i]), show(got[i]))
		}
	}
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
	quick:  func(w int) bool { return (w+1)%128 <= 2 || w%13 == 0 },
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
