package blend

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mixblend/blend/kernels"
)

// The public calls for a type, and what they must compute.
type calls[T element] struct {
	name     string
	pair     func(dst, a, b []T, lambda float64) error
	flat     func(p *Plan, dst, x []T) error
	rows     func(p *Plan, dst, x [][]T) error
	want     func(a, b T, lambda float64) T
	perBlock int // elements in the largest block of columns
	size     int // bytes an element
}

var f32 = calls[float32]{
	"f32", Float32, (*Plan).Float32, (*Plan).Float32Rows,
	func(a, b float32, lambda float64) float32 {
		l, m := kernels.WeightsF32(lambda)
		return kernels.MixF32(a, b, l, m)
	}, 64, 4,
}

var u8 = calls[uint8]{
	"u8", Uint8, (*Plan).Uint8, (*Plan).Uint8Rows,
	func(a, b uint8, lambda float64) uint8 { return kernels.MixU8(a, b, kernels.WeightU8(lambda)) }, 256, 1,
}

var (
	bf16s = calls[bf16]{
		"bf16", BFloat16[bf16], MixBFloat16[bf16], MixBFloat16Rows[bf16],
		func(a, b bf16, lambda float64) bf16 {
			l, m := kernels.WeightsF32(lambda)
			return bf16(kernels.RoundBF16(kernels.MixF32(kernels.FromBF16(uint16(a)), kernels.FromBF16(uint16(b)), l, m)))
		}, 64, 2,
	}
	f16s = calls[f16]{
		"f16", Float16[f16], MixFloat16[f16], MixFloat16Rows[f16],
		func(a, b f16, lambda float64) f16 {
			l, m := kernels.WeightsF32(lambda)
			return f16(kernels.RoundF16(kernels.MixF32(kernels.FromF16(uint16(a)), kernels.FromF16(uint16(b)), l, m)))
		}, 64, 2,
	}
)

// room is a row with slack on both sides, some elements past a cache line.
type room[T element] struct{ head, row, tail, was []T }

const slack = 128

func newRoom[T element](rng *rand.Rand, n, offset int) room[T] {
	all := aligned[T](n + 2*slack + offset)
	fill(rng, all)
	begin, end := slack+offset, slack+offset+n
	return room[T]{all[:begin], all[begin:end:end], all[end:], slices.Concat(all[:begin], all[end:])}
}

// slackChanged reports whether anything outside the row has changed.
func (r room[T]) slackChanged() bool {
	return !slices.EqualFunc(slices.Concat(r.head, r.tail), r.was, same[T])
}

func TestPair(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Run("f32", func(t *testing.T) { testPair(t, f32) })
		t.Run("u8", func(t *testing.T) { testPair(t, u8) })
		t.Run("bf16", func(t *testing.T) { testPair(t, bf16s) })
		t.Run("f16", func(t *testing.T) { testPair(t, f16s) })
	})
}

// Every length, with each operand's alignment swept alone and the others' drawn at random, in place and apart.
func testPair[T element](t *testing.T, c calls[T]) {
	rng := rand.New(rand.NewPCG(1, uint64(c.perBlock)))
	for n := range 4*64 + 2 + c.perBlock {
		for trial := range 12 {
			offsets := [3]int{rng.IntN(64), rng.IntN(64), rng.IntN(64)}
			offsets[trial%3] = (n*7 + trial*5) % 64
			lambda := lambdas[(n+trial)%len(lambdas)]
			if trial > 8 {
				lambda = rng.Float64()
			}
			a, b, d := newRoom[T](rng, n, offsets[0]), newRoom[T](rng, n, offsets[1]), newRoom[T](rng, n, offsets[2])
			want := make([]T, n)
			for i := range want {
				want[i] = c.want(a.row[i], b.row[i], lambda)
			}
			how := "apart"
			switch trial % 4 {
			case 1:
				d, how = a, "into a"
			case 2:
				d, how = b, "into b"
			case 3:
				b, how = a, "a with itself"
				for i := range want {
					want[i] = c.want(a.row[i], a.row[i], lambda)
				}
			}
			what := fmt.Sprintf("n=%d offsets=%v lambda=%v %s", n, offsets, lambda, how)
			if err := c.pair(d.row, a.row, b.row, lambda); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			for i := range want {
				if !same(d.row[i], want[i]) {
					t.Fatalf("%s: element %d is %v, want %v", what, i, d.row[i], want[i])
				}
			}
			for _, r := range []room[T]{a, b, d} {
				if r.slackChanged() {
					t.Fatalf("%s: an element outside the row has changed", what)
				}
			}
		}
	}
}
