package main

import (
	"math/bits"
	"slices"
	"testing"
	"unsafe"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/kernels"
	draws "github.com/mixblend/blend/mixup"
)

// calls are what a check has done with a block.
type calls struct {
	pairs  int // elements mixed by calls for a pair
	cached int // by a Plan with plain stores
	stream int // by a Plan with streaming stores
	lined  int // of these, in rows that begin at a cache line
	other  int // by a Plan whose Store says neither
	dirty  int // calls whose results, or what lies after them, are not clear before
}

// clean counts a call as dirty if anything is where its results will be.
func clean[T element](c *calls, dst []T) {
	for _, v := range dst[:len(dst)+slack] {
		if v != 0 {
			c.dirty++
			return
		}
	}
}

// recorded returns a check that counts what it does.
func recorded[In, Out element](k *kernelCheck[In, Out], c *calls) *kernelCheck[In, Out] {
	copied := *k
	if k.pair != nil {
		copied.pair = func(dst []Out, a, b []In, lambda float64) error {
			c.pairs += len(dst)
			clean(c, dst)
			return k.pair(dst, a, b, lambda)
		}
	}
	copied.rows = func(p *blend.Plan, dst [][]Out, x [][]In) error {
		clean(c, dst[0])
		clean(c, dst[1])
		c.count(p.Store, len(dst[0]), unsafe.Pointer(&dst[0][0]), unsafe.Pointer(&dst[1][0]))
		return k.rows(p, dst, x)
	}
	return &copied
}

// recordedMasks is that for masks.
func recordedMasks[T element](k *maskCheck[T], c *calls) *maskCheck[T] {
	copied := *k
	if k.pair != nil {
		copied.pair = func(dst, a, b []T, mask []uint8) error {
			c.pairs += len(dst)
			clean(c, dst)
			return k.pair(dst, a, b, mask)
		}
	}
	copied.rows = func(m *draws.Masks, dst, x [][]T) error {
		clean(c, dst[0])
		clean(c, dst[1])
		c.count(m.Store, len(dst[0]), unsafe.Pointer(&dst[0][0]), unsafe.Pointer(&dst[1][0]))
		return k.rows(m, dst, x)
	}
	return &copied
}

// recordedBoxes is that for boxes.
func recordedBoxes[In, Out element](k *boxCheck[In, Out], c *calls) *boxCheck[In, Out] {
	copied := *k
	copied.rows = func(cut *draws.CutMix, dst [][]Out, x [][]In) error {
		clean(c, dst[0])
		clean(c, dst[1])
		c.count(cut.Store, len(dst[0]), unsafe.Pointer(&dst[0][0]), unsafe.Pointer(&dst[1][0]))
		return k.rows(cut, dst, x)
	}
	return &copied
}

// count counts a call of two rows.
func (c *calls) count(store blend.StoreMode, n int, dst ...unsafe.Pointer) {
	switch store {
	case blend.StoreCached:
		c.cached += n
	case blend.StoreStream:
		c.stream += n
		if uintptr(dst[0])%64 == 0 && uintptr(dst[1])%64 == 0 {
			c.lined += n
		}
	default:
		c.other += n
	}
}

// Every input of every check goes through plain stores and through streaming ones, for which rows begin at a cache line.
func TestVerifyCalls(t *testing.T) {
	count := func(c check) (name string, done calls, inputs int64) {
		var recording check
		switch k := c.(type) {
		case *kernelCheck[uint8, uint8]:
			recording = recorded(k, &done)
		case *kernelCheck[float32, float32]:
			recording = recorded(k, &done)
		case *kernelCheck[uint16, uint16]:
			recording = recorded(k, &done)
		case *kernelCheck[uint8, float32]:
			recording = recorded(k, &done)
		case *kernelCheck[uint8, uint16]:
			recording = recorded(k, &done)
		case *maskCheck[uint8]:
			recording = recordedMasks(k, &done)
		case *maskCheck[float32]:
			recording = recordedMasks(k, &done)
		case *maskCheck[uint16]:
			recording = recordedMasks(k, &done)
		case *boxCheck[uint8, uint8]:
			recording = recordedBoxes(k, &done)
		case *boxCheck[float32, float32]:
			recording = recordedBoxes(k, &done)
		case *boxCheck[uint16, uint16]:
			recording = recordedBoxes(k, &done)
		case *boxCheck[uint8, float32]:
			recording = recordedBoxes(k, &done)
		case *boxCheck[uint8, uint16]:
			recording = recordedBoxes(k, &done)
		default:
			t.Fatalf("a check of an unknown kind, %T", c)
		}
		blocks, inputs := recording.blocks(false)
		var tally tally
		if err := recording.worker()(blocks[len(blocks)/3], &tally); err != nil {
			t.Fatal(err)
		}
		if tally.inputs.Load() != inputs {
			t.Errorf("%s: %d inputs are counted, a block has %d", c.name(), tally.inputs.Load(), inputs)
		}
		return c.name(), done, inputs
	}
	for _, c := range slices.Concat(kernelChecks, maskChecks, boxChecks) {
		checks := several{c}
		if s, ok := c.(several); ok {
			checks = s
		}
		for _, c := range checks {
			name, done, inputs := count(c)
			// The last call may begin with some that have been.
			enough := func(n int) bool { return int64(n) >= inputs && int64(n) < inputs+inputs/4 }
			if done.other != 0 || !enough(max(done.pairs, done.cached)) || done.pairs > 0 && done.cached > 0 {
				t.Errorf("%s: of %d inputs %+v", name, inputs, done)
			}
			if done.dirty != 0 {
				t.Errorf("%s: %d calls find their results, or others, in place", name, done.dirty)
			}
			if !enough(done.stream) || done.lined != done.stream {
				t.Errorf("%s: of %d inputs %d go to a Plan that streams, %d of them in rows that can be streamed", name, inputs, done.stream, done.lined)
			}
		}
	}
}

// One NaN is as good as another, but an infinity is none, nor is a number.
func TestVerifyKnowsNaN(t *testing.T) {
	from := map[string]func(uint16) float32{"bfloat16": kernels.FromBF16, "float16": kernels.FromF16}
	seen := 0
	for _, c := range kernelChecks {
		k, ok := c.(*kernelCheck[uint16, uint16])
		if !ok {
			continue
		}
		seen++
		for h := range 1 << 16 {
			f := from[k.kernel](uint16(h))
			if k.isNaN(uint16(h)) != (f != f) {
				t.Errorf("%s: %#04x, which is %v, is a NaN: %v", k.kernel, h, f, k.isNaN(uint16(h)))
			}
		}
	}
	if seen != len(from) {
		t.Errorf("%d kernels of 16 bits", seen)
	}
	for _, test := range []struct {
		a, b float32
		same bool
	}{{1, 1, true}, {0, -1 / inf, false}, {inf, inf, true}, {inf, -inf, false}, {inf, inf - inf, false}, {inf - inf, 0 * inf, true}, {inf - inf, 1, false}} {
		if same(test.a, test.b) != test.same || same(test.b, test.a) != test.same {
			t.Errorf("%v and %v", test.a, test.b)
		}
	}
}

var inf = float32(1) / zero

var zero float32

// Every bit pattern of a 16-bit float meets 1024 others, of every sign and exponent, of its own row and of its partner's.
func TestSweepOf16Bits(t *testing.T) {
	const others = 1024
	watched := []uint16{0, 1, 0x3c00, 0x7c00, 0x7fff, 0x8000, 0xbeef, 0xffff}
	var met [8][1 << 16 / 64]uint64
	a, b := make([]uint16, blockPairs), make([]uint16, blockPairs)
	for block := range every16Bits.blocks {
		mixes := 0
		every16Bits.each(block, a, b, func(lambda float64) error {
			if lambda != every16BitsLambdas[mixes] {
				t.Errorf("λ = %v", lambda)
			}
			mixes++
			return nil
		})
		if mixes != every16Bits.mixes {
			t.Fatalf("block %d: %d mixes", block, mixes)
		}
		for i, own := range watched {
			if a[own] != own {
				t.Fatalf("block %d: pattern %#04x is not at its place", block, own)
			}
			met[i][b[own]/64] |= 1 << (b[own] % 64)
		}
	}
	all := make([]bool, 1<<16)
	for _, h := range a {
		all[h] = true
	}
	if slices.Contains(all, false) {
		t.Error("a pattern is missing")
	}
	for i, own := range watched {
		n := 0
		var high [1 << 10]bool // sign, exponent and more
		for j, word := range met[i] {
			n += bits.OnesCount64(word)
			if word != 0 {
				high[j] = true
			}
		}
		if n != others || slices.Contains(high[:], false) {
			t.Errorf("pattern %#04x meets %d others, want %d, with all signs and exponents", own, n, others)
		}
	}
}
