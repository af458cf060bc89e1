package mixup

import (
	"fmt"
	"image"
	"math"
	"slices"
	"testing"

	"github.com/mixblend/blend"
)

// batchOf is a Batch of given shares, as a Sampler would have drawn them.
func batchOf(t testing.TB, c Config, index []int, shares ...share) *Batch {
	t.Helper()
	b := &Batch{index: index, shares: shares}
	if err := b.reset(&c); err != nil {
		t.Fatal(err)
	}
	return b
}

// A row whose Lambda is 1 keeps its bits, whatever its partner holds and whatever other rows of the batch do: a NaN its payload,
// and whether it is a signalling one.
func TestKept(t *testing.T) {
	c := Config{Height: 2, Width: 4, Layout: CHW}
	box := share{box: image.Rect(1, 0, 3, 2)}
	for _, test := range []struct {
		name   string
		shares []share // of rows 0, 1, 2, …; those of λ = 1 are kept
	}{
		{"one share for all", []share{{lambda: 1}}},
		{"all", []share{{lambda: 1}, {lambda: 1}, {lambda: 1}, {lambda: 1}, {lambda: 1}, {lambda: 1}}},
		{"beside blended ones", []share{{lambda: 1}, {lambda: 0.25}, {lambda: 1}, {lambda: 1}, {lambda: 0}, {lambda: 0.7}}},
		{"beside cut ones", []share{box, {lambda: 1}, {lambda: 1}, box, {lambda: 1}, box}},
		{"beside both", []share{{lambda: 0.5}, {lambda: 1}, box, {lambda: 1}, {lambda: 0}, box}},
	} {
		for name, index := range map[string][]int{
			"one cycle": {1, 2, 3, 4, 5, 0}, "pairs": {5, 4, 3, 2, 1, 0}, "themselves": {0, 1, 2, 3, 4, 5}, "cycles": {1, 2, 0, 3, 5, 4},
		} {
			for _, channels := range []int{1, 2, 5, 700} {
				b := batchOf(t, c, index, test.shares...)
				place := fmt.Sprintf("%s, %s, %d channels", test.name, name, channels)
				n := 6 * channels * 8
				checkKept(t, place+", float32", b, float32Bits, n, (*Batch).Float32, (*Batch).Float32Rows)
				checkKept(t, place+", uint8", b, func(i int) uint8 { return uint8(i * 31) }, n, (*Batch).Uint8, (*Batch).Uint8Rows)
				checkKept(t, place+", bfloat16", b, func(i int) bfloat16 { return bfloat16(float32Bits16(i)) }, n,
					func(b *Batch, dst, x []bfloat16) error { return MixBFloat16(b, dst, x) },
					func(b *Batch, dst, x [][]bfloat16) error { return MixBFloat16Rows(b, dst, x) })
				checkKept(t, place+", float16", b, func(i int) float16 { return float16(halfBits[i%len(halfBits)]) }, n,
					func(b *Batch, dst, x []float16) error { return MixFloat16(b, dst, x) },
					func(b *Batch, dst, x [][]float16) error { return MixFloat16Rows(b, dst, x) })
				checkKept(t, place+", Paste of float64", b, func(i int) float64 { return math.Float64frombits(uint64(i) * 0x7ff0_0001_0000_0003) }, n,
					func(b *Batch, dst, x []float64) error { return Paste(b, dst, x) },
					func(b *Batch, dst, x [][]float64) error { return PasteRows(b, dst, x) })
			}
		}
	}
}

var (
	// Quiet and signalling NaNs of either sign with payloads, infinities, zeros, subnormal numbers and ordinary ones.
	floatBits = []uint32{0x7fc00000, 0x7f800001, 0xff812345, 0xffc54321, 0x7f800000, 0xff800000, 0x80000000, 0, 1, 0x80000003, 0x3f800000, 0xc2280000, 0x7f7fffff}
	halfBits  = []uint16{0x7e00, 0x7c01, 0xfd23, 0xfe45, 0x7c00, 0xfc00, 0x8000, 0, 1, 0x8003, 0x3c00, 0xc500, 0x7bff}
)

func float32Bits(i int) float32 { return math.Float32frombits(floatBits[i%len(floatBits)]) }

// float32Bits16 is the same in bfloat16: a NaN keeps a payload there.
func float32Bits16(i int) uint16 {
	v := floatBits[i%len(floatBits)]
	return uint16(v>>16 | v&1)
}

// checkKept wants kept rows to keep their bits, in every form of a call.
func checkKept[T any](t *testing.T, name string, b *Batch, value func(i int) T, n int, flat func(b *Batch, dst, x []T) error, rows func(b *Batch, dst, x [][]T) error) {
	t.Helper()
	x := make([]T, n)
	cols := n / b.Len()
	for i := range x {
		x[i] = value(i + i/cols*5) // partners have other values in the same place
	}
	for _, inPlace := range []bool{false, true} {
		for _, each := range []bool{false, true} {
			src := slices.Clone(x)
			dst := src
			if !inPlace {
				dst = make([]T, n)
			}
			var err error
			if each {
				d, _ := blend.Rows(dst, b.Len())
				s, _ := blend.Rows(src, b.Len())
				err = rows(b, d, s)
			} else {
				err = flat(b, dst, src)
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for i := range b.Len() {
				got, was := memory(dst[i*cols:][:cols]), memory(x[i*cols:][:cols])
				if b.Lambda(i) == 1 && !slices.Equal(got, was) {
					t.Fatalf("%s, in place %v, one slice a row %v: row %d is kept, and changed: %x…, was %x…", name, inPlace, each, i, got[:8], was[:8])
				}
			}
		}
	}
}

// λ = 0 is arithmetic: what the row holds reaches the result as 0 times it.
func TestZeroIsArithmetic(t *testing.T) {
	b := batchOf(t, Config{}, []int{1, 0}, share{lambda: 0}, share{lambda: 1})
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	x := []float32{inf, nan, -1, 2, 1, 1, 0, float32(math.Copysign(0, -1))}
	dst := make([]float32, len(x))
	if err := b.Float32(dst, x); err != nil {
		t.Fatal(err)
	}
	if dst[0] == dst[0] || dst[1] == dst[1] {
		t.Errorf("0·Inf + 1 and 0·NaN + 1 are %v and %v", dst[0], dst[1])
	}
	if math.Float32bits(dst[2]) != 0 || math.Float32bits(dst[3]) != 0 {
		t.Errorf("0·−1 + 0 and 0·2 − 0 are %v and %v, want +0", dst[2], dst[3])
	}
	if !slices.EqualFunc(dst[4:], x[4:], sameBits) {
		t.Errorf("a kept row is %v", dst[4:])
	}
}

// The zero Sampler's Batch is for validation: pixels are only normalized, and labels are one-hot.
func TestZeroSamplerMixesNothing(t *testing.T) {
	n, err := blend.NewNormalization([]float64{0.5, 0.4, 0.3}, []float64{0.2, 0.3, 0.1}, HWC, CHW)
	if err != nil {
		t.Fatal(err)
	}
	n.PixelBytes = 4
	var b Batch
	if err := new(Sampler).Next(&b, 4); err != nil {
		t.Fatal(err)
	}
	x := counting[uint8](4 * 4 * 9)
	got, want, labels := make([]float32, 4*3*9), make([]float32, 4*3*9), make([]float32, 4*3)
	if err := b.NormalizeFloat32(got, x, n); err != nil {
		t.Fatal(err)
	}
	if err := n.ConvertFloat32(want, x, 4); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Error("pixels are mixed")
	}
	if err := OneHot(&b, labels, []int{0, 2, 1, 2}, 3, 0); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(labels, []float32{1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1}) {
		t.Errorf("labels are mixed: %v", labels)
	}
}
