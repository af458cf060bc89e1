package main

import (
	"bytes"
	"math"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/kernels"
	draws "github.com/mixblend/blend/mixup"
)

// maskChecks hold mixes by a mask, whose kernels kernelChecks has already.
var maskChecks = []check{
	&maskCheck[uint8]{
		kernel: "uint8, by masks",
		covers: "U8",
		sweep:  everyMask,
		pair:   blend.Uint8Mask,
		rows:   (*draws.Masks).Uint8Rows,
		want:   kernels.BlendMaskU8,
	},
	&maskCheck[float32]{
		kernel: "float32, by masks",
		covers: "F32",
		sweep:  everyPatternMasked,
		pair:   blend.Float32Mask,
		rows:   (*draws.Masks).Float32Rows,
		want:   kernels.BlendMaskF32,
		isNaN:  func(x float32) bool { return x != x },
	},
	&maskCheck[uint16]{
		kernel: "bfloat16, by masks",
		covers: "BF16",
		sweep:  every16BitsMasked,
		rows:   func(m *draws.Masks, dst, x [][]uint16) error { return draws.MixBFloat16Rows(m, dst, x) },
		want:   kernels.BlendMaskBF16,
		isNaN:  func(h uint16) bool { return h&0x7fff > 0x7f80 },
	},
	&maskCheck[uint16]{
		kernel: "float16, by masks",
		covers: "F16",
		sweep:  every16BitsMasked,
		rows:   func(m *draws.Masks, dst, x [][]uint16) error { return draws.MixFloat16Rows(m, dst, x) },
		want:   kernels.BlendMaskF16,
		isNaN:  func(h uint16) bool { return h&0x7fff > 0x7c00 },
	},
}

// A maskCheck says how two rows are mixed by masks, and what they must become.
type maskCheck[T element] struct {
	kernel string
	covers string // the generator's name of the kernel that runs
	sweep  maskSweep[T]
	// pair is nil if only a Masks can; rows mixes two rows, each with the other.
	pair func(dst, a, b []T, mask []uint8) error
	rows func(m *draws.Masks, dst, x [][]T) error
	want func(dst, a, b []T, mask []uint8)
	// isNaN, if not nil, says which results are as good as one another, but for those that a mask takes whole.
	isNaN func(T) bool
}

// A maskSweep is a set of inputs in blocks.
type maskSweep[T element] struct {
	blocks int
	quick  func(block int) bool // whether the block is part of the sample
	mixes  int                  // in a block
	// each sets a, b and mask, blockPairs each, and calls mix, as often as there are mixes.
	each func(block int, a, b []T, mask []uint8, mix func() error) error
}

func (k *maskCheck[T]) name() string { return k.kernel }

func (k *maskCheck[T]) kernels() []string { return []string{k.covers} }

func (k *maskCheck[T]) blocks(quick bool) (blocks []int, inputs int64) {
	for i := range k.sweep.blocks {
		if !quick || k.sweep.quick(i) {
			blocks = append(blocks, i)
		}
	}
	return blocks, int64(k.sweep.mixes) * blockPairs
}

// worker mixes each block by calls for pairs, or by a Masks with plain stores, and by one with streaming stores, of two rows that are each
// other's partners. The second row's mask is what the first's leaves.
func (k *maskCheck[T]) worker() func(block int, t *tally) error {
	a, b, mask, rest := make([]T, blockPairs), make([]T, blockPairs), make([]uint8, blockPairs), make([]uint8, blockPairs)
	c := maskCall[T]{wants: [2][]T{make([]T, callPairs+slack), make([]T, callPairs+slack)},
		rooms: [2][]T{lineAligned[T](callPairs + slack), lineAligned[T](callPairs + slack)}}
	return func(block int, t *tally) error {
		return k.sweep.each(block, a, b, mask, func() error {
			for i, m := range mask {
				rest[i] = 255 - m
			}
			for i, end := 0, 1+block%callPairs; i < blockPairs; i, end = end, min(end+callPairs, blockPairs) {
				if err := k.mix(&c, [][]T{a[i:end], b[i:end]}, [2][]uint8{mask[i:end], rest[i:end]}, t); err != nil {
					return err
				}
			}
			t.inputs.Add(blockPairs)
			return nil
		})
	}
}

// A maskCall has room for the results that there must be, and for those that there are.
type maskCall[T element] struct {
	wants, rooms [2][]T
	masks        draws.Masks
}

func (k *maskCheck[T]) mix(c *maskCall[T], x [][]T, masks [2][]uint8, t *tally) error {
	n := len(x[0])
	for i := range x {
		clearAll(c.wants[i][:n])
		k.want(c.wants[i][:n], x[i], x[1-i], masks[i])
	}
	if err := c.masks.Reset([]int{1, 0}, blend.CHW, 1, n, masks[:]...); err != nil {
		return err
	}
	if k.pair == nil {
		if err := k.mixRows(c, x, masks, blend.StoreCached, t); err != nil {
			return err
		}
	} else {
		dst := c.rooms[0][:n]
		clearAll(dst)
		if err := k.pair(dst, x[0], x[1], masks[0]); err != nil {
			return err
		}
		k.compare(t, "pair", dst, c.wants[0], x[0], x[1], masks[0])
	}
	return k.mixRows(c, x, masks, blend.StoreStream, t)
}

func (k *maskCheck[T]) mixRows(c *maskCall[T], x [][]T, masks [2][]uint8, store blend.StoreMode, t *tally) error {
	n := len(x[0])
	dst := [][]T{c.rooms[0][:n], c.rooms[1][:n]}
	clearAll(dst[0])
	clearAll(dst[1])
	c.masks.Store = store
	if err := k.rows(&c.masks, dst, x); err != nil {
		return err
	}
	k.compare(t, "Masks, row 0", dst[0], c.wants[0], x[0], x[1], masks[0])
	k.compare(t, "Masks, row 1", dst[1], c.wants[1], x[1], x[0], masks[1])
	return nil
}

func (k *maskCheck[T]) compare(t *tally, how string, got, want []T, a, b []T, mask []uint8) {
	n := len(mask)
	got, want = got[:n+slack], want[:n+slack]
	if bytes.Equal(raw(got), raw(want)) {
		return
	}
	for i := range want {
		switch {
		case bytes.Equal(raw(got[i:i+1]), raw(want[i:i+1])):
		case i >= n:
			t.differ("%s: expected nothing past %d elements, got %s", how, n, show(got[i]))
		case mask[i] != 0 && mask[i] != 255 && k.isNaN != nil && k.isNaN(got[i]) && k.isNaN(want[i]):
		default:
			t.differ("%s: mask = %d, a = %s, b = %s: expected %s, got %s", how, mask[i], show(a[i]), show(b[i]), show(want[i]), show(got[i]))
		}
	}
}

// maskAt is the mask of input i: in a block all bytes, and from block to block another.
func maskAt(block, i int) uint8 { return uint8(block + i + i>>8) }

// everyMask is every pair of bytes with every byte of a mask.
var everyMask = maskSweep[uint8]{
	blocks: 256,
	quick:  func(block int) bool { return block%32 == 0 },
	mixes:  1,
	each: func(block int, a, b []uint8, mask []uint8, mix func() error) error {
		copy(a, pairs[0][:])
		copy(b, pairs[1][:])
		for i := range mask {
			mask[i] = maskAt(block, i)
		}
		return mix()
	},
}

// everyPatternMasked is every bit pattern of a float32, each with one byte of a mask and one of the others; in the second row it is the
// partner. A block is the patterns that have their low half in common.
var everyPatternMasked = maskSweep[float32]{
	blocks: everyPattern.blocks,
	quick:  everyPattern.quick,
	mixes:  1,
	each: func(low int, a, b []float32, mask []uint8, mix func() error) error {
		for i := range a {
			a[i] = math.Float32frombits(uint32(i)<<16 | uint32(low))
			b[i] = maskOthers[(low^i)%len(maskOthers)]
			mask[i] = maskAt(low, i)
		}
		return mix()
	},
}

var maskOthers = [...]float32{-0.1, float32(math.Copysign(0, -1)), float32(math.Inf(1)), math.SmallestNonzeroFloat32, 3e38}

// every16BitsMasked is every bit pattern of a 16-bit float with every byte of a mask, and partners that change from block to block. In
// the second row it is the partner.
var every16BitsMasked = maskSweep[uint16]{
	blocks: 256,
	quick:  func(block int) bool { return block%32 == 0 },
	mixes:  1,
	each: func(block int, a, b []uint16, mask []uint8, mix func() error) error {
		for i := range a {
			a[i], b[i], mask[i] = uint16(i), uint16(40503*i+259*block), maskAt(block, i)
		}
		return mix()
	},
}
