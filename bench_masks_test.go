package blend_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/internal/roof"
	"github.com/mixblend/blend/mixup"
)

// BenchmarkMasksRatio holds masks against the faster of two copies of the batch, in bytes and in float32, larger than the
// caches and in the last-level cache of the machine that docs/speed.md has. Run it as BenchmarkBatchRatio.
func BenchmarkMasksRatio(b *testing.B) {
	for _, rows := range []int{256, 128, 64} {
		b.Run(fmt.Sprintf("type=uint8/rows=%d", rows), func(b *testing.B) {
			benchmarkMasks(b, rows, func(x []uint8, rng *rand.Rand) { notZeros(x) },
				func(m *mixup.Masks, dst, x []uint8) error { return m.Uint8(dst, x) })
		})
		b.Run(fmt.Sprintf("type=float32/rows=%d", rows/2), func(b *testing.B) {
			benchmarkMasks(b, rows/2, func(x []float32, rng *rand.Rand) {
				for i := range x {
					x[i] = rng.Float32()
				}
			}, func(m *mixup.Masks, dst, x []float32) error { return m.Float32(dst, x) })
		})
	}
}

func benchmarkMasks[T uint8 | float32](b *testing.B, rows int, fill func(x []T, rng *rand.Rand), mix func(m *mixup.Masks, dst, x []T) error) {
	rng := rand.New(rand.NewPCG(3, 4))
	index := rng.Perm(rows)
	of := func(x []T) []byte {
		return unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), len(x)*int(unsafe.Sizeof(x[0])))
	}
	var random [][]uint8
	for range rows {
		mask := make([]uint8, side*side)
		notZeros(mask)
		random = append(random, mask)
	}
	for _, l := range []struct {
		name     string
		layout   blend.Layout
		channels int
	}{{"CHW", blend.CHW, 3}, {"HWC", blend.HWC, 3}, {"HWC/channels=4", blend.HWC, 4}} {
		b.Run("layout="+l.name, func(b *testing.B) {
			x, d := make([]T, rows*l.channels*side*side), make([]T, rows*l.channels*side*side)
			fill(x, rng)
			fill(d, rng)
			copies := []blend.Contestant{
				{Name: "copy", Run: func() { copy(d, x) }},
				{Name: "copy", Run: func() { roof.StreamCopy(of(d), of(x)) }},
			}
			masks := func(masks ...[]uint8) *mixup.Masks {
				m, err := mixup.NewMasks(index, l.layout, side, side, masks...)
				if err != nil {
					b.Fatal(err)
				}
				return m
			}
			one, each := masks(random[0]), masks(random...)
			defer blend.ClearCaches(len(of(x)))()
			blend.Compete(b, copies, []blend.Contestant{
				{Name: "one-mask", Run: func() { mix(one, d, x) }},
				{Name: "mask-a-row", Run: func() { mix(each, d, x) }},
				{Name: "one-mask-in-place", Run: func() { mix(one, x, x) }},
			})
		})
	}
}
