package kernels

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mixblend/blend/internal/golden"
)

// All 2²⁴ inputs, against the quotient and remainder of integers.
func TestMaskU8IsExact(t *testing.T) {
	a, b := allPairs()
	mask, d := make([]uint8, len(a)), make([]uint8, len(a))
	for m := range 256 {
		fillWith(mask, uint8(m))
		BlendMaskU8(d, a, b, mask)
		for i := range d {
			v := m*int(a[i]) + (255-m)*int(b[i])
			want, r := v/255, v%255
			if r > 127 { // 127½ is no remainder
				want++
			}
			if each := MaskU8(a[i], b[i], uint8(m)); int(d[i]) != want || int(each) != want {
				t.Fatalf("a=%d b=%d m=%d: BlendMaskU8 %d, MaskU8 %d, want %d", a[i], b[i], m, d[i], each, want)
			}
		}
		if taken := map[int][]uint8{0: b, 255: a}[m]; taken != nil && !slices.Equal(d, taken) {
			t.Errorf("m=%d is no copy", m)
		}
	}
}

func fillWith[T any](s []T, v T) {
	for i := range s {
		s[i] = v
	}
}

// exactMask is the contract of MaskF32 in arithmetic of any precision.
func exactMask(a, b float32, m int) float32 {
	switch m {
	case 0:
		return b
	case 255:
		return a
	}
	l, _ := big.NewRat(int64(m), 255).Float32()
	n, _ := big.NewRat(int64(255-m), 255).Float32()
	return exactF32(a, b, l, n)
}

// The weights are what one gets from m/255 in float64, too, as NumPy has it, and 1−m/255.
func TestMaskWeights(t *testing.T) {
	for m := range 256 {
		exact, _ := big.NewRat(int64(m), 255).Float32()
		l, n := WeightsF32(float64(m) / 255)
		if maskWeights[m] != exact || l != exact || n != maskWeights[255-m] {
			t.Errorf("m=%d: %s, exact %s; from float64 %s and %s", m, show(maskWeights[m]), show(exact), show(l), show(n))
		}
	}
}

func TestMaskF32IsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	var a, b []float32
	for _, x := range special {
		for _, y := range special {
			a, b = append(a, x, -x), append(b, y, y)
		}
	}
	for range 40 {
		x := math.Float32frombits(rng.Uint32())
		near := math.Float32frombits(math.Float32bits(x) ^ (1<<31 | rng.Uint32N(4))) // cancels
		a, b = append(a, x, x, x), append(b, math.Float32frombits(rng.Uint32()), near, float32(rng.NormFloat64()))
	}
	d, mask := make([]float32, len(a)), make([]uint8, len(a))
	for m := range 256 {
		fillWith(mask, uint8(m))
		BlendMaskF32(d, a, b, mask)
		for i := range d {
			each, want, alike := MaskF32(a[i], b[i], uint8(m)), exactMask(a[i], b[i], m), sameF32
			if m == 0 || m == 255 {
				alike = func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) }
			}
			if !alike(d[i], want) || !alike(each, want) {
				t.Fatalf("m=%d, a %s, b %s: BlendMaskF32 %s, MaskF32 %s, want %s", m, show(a[i]), show(b[i]), show(d[i]), show(each), show(want))
			}
		}
	}
}

// All bit patterns of 16 bits on either side, the other drawn at random, and every mask.
func TestMask16BitsIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 18))
	for _, f := range []struct {
		name  string
		blend func(dst, a, b []uint16, mask []uint8)
		each  func(a, b uint16, m uint8) uint16
		value func(uint16) float32
		round func(float32) float64
	}{
		{"BF16", BlendMaskBF16, MaskBF16, FromBF16, func(f float32) float64 { return exactRound(f, 8, -126, math.Ldexp(511, 119)) }},
		{"F16", BlendMaskF16, MaskF16, FromF16, func(f float32) float64 { return exactRound(f, 11, -14, 65520) }},
	} {
		a, b, mask := make([]uint16, 1<<16), make([]uint16, 1<<16), make([]uint8, 1<<16)
		for i := range a {
			a[i], b[i], mask[i] = uint16(i), uint16(rng.Uint32()), uint8(rng.Uint32())
			if i%8 == 0 {
				mask[i] = uint8(i / 8 % 2 * 255)
			}
		}
		for _, swapped := range []bool{false, true} {
			if swapped {
				a, b = b, a
			}
			d := make([]uint16, len(a))
			f.blend(d, a, b, mask)
			for i := range d {
				if each := f.each(a[i], b[i], mask[i]); each != d[i] {
					t.Fatalf("%s: a=%#04x b=%#04x m=%d: %#04x, in a row %#04x", f.name, a[i], b[i], mask[i], each, d[i])
				}
				if taken := map[uint8]uint16{0: b[i], 255: a[i]}; mask[i] == 0 || mask[i] == 255 {
					if d[i] != taken[mask[i]] {
						t.Fatalf("%s: a=%#04x b=%#04x m=%d: %#04x", f.name, a[i], b[i], mask[i], d[i])
					}
					continue
				}
				got, want := float64(f.value(d[i])), f.round(exactMask(f.value(a[i]), f.value(b[i]), int(mask[i])))
				if math.Float64bits(got) != math.Float64bits(want) && (got == got || want == want) {
					t.Fatalf("%s: a=%#04x b=%#04x m=%d: %v, want %v", f.name, a[i], b[i], mask[i], got, want)
				}
			}
		}
	}
}

// Lengths up to some words, in place too; nothing past the end is written.
func TestMaskLengths(t *testing.T) {
	t.Run("U8", func(t *testing.T) { testMaskLengths(t, BlendMaskU8, MaskU8) })
	t.Run("F32", func(t *testing.T) { testMaskLengths(t, BlendMaskF32, MaskF32) })
	t.Run("BF16", func(t *testing.T) { testMaskLengths(t, BlendMaskBF16, MaskBF16) })
	t.Run("F16", func(t *testing.T) { testMaskLengths(t, BlendMaskF16, MaskF16) })
}

func testMaskLengths[T uint8 | uint16 | float32](t *testing.T, blend func(dst, a, b []T, mask []uint8), each func(a, b T, m uint8) T) {
	rng := rand.New(rand.NewPCG(19, 20))
	for n := range 40 {
		a, b, mask := make([]T, n), make([]T, n), make([]uint8, n)
		for i := range mask {
			a[i], b[i], mask[i] = T(rng.Uint32N(256)), T(rng.Uint32N(256)), uint8(rng.Uint32())
		}
		want := make([]T, n)
		for i := range want {
			want[i] = each(a[i], b[i], mask[i])
		}
		for place := range 3 {
			d, x, y := make([]T, n+1), slices.Clone(a), slices.Clone(b)
			d[n] = 77
			dst := [][]T{d[:n], x, y}[place]
			blend(dst, x, y, mask)
			if !slices.Equal(dst, want) || d[n] != 77 {
				t.Fatalf("%d elements, in place of %d: %v, want %v", n, place, dst, want)
			}
		}
	}
}

// What NumPy computed.
func TestGoldenMask(t *testing.T) {
	masks, err := golden.LoadMask()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range [][]string{masks.Uint8, masks.Float32, masks.BFloat16, masks.Float16} {
		if len(s) != 256 {
			t.Fatalf("%d masks", len(s))
		}
	}
	check := func(name string, m int, got []byte, want string) {
		t.Helper()
		if sum := sha256.Sum256(got); hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s, m=%d: not what NumPy computes", name, m)
		}
	}
	x := load(t).X
	fa, fb := slices.Concat(x[0], x[2], x[4]), slices.Concat(x[1], x[3], x[5])
	a, b := allPairs()
	ha, hb := make([]uint16, 1<<16), make([]uint16, 1<<16)
	for i := range ha {
		ha[i], hb[i] = uint16(i), uint16(uint32(i)*40503+12345)
	}
	d, f, h, mask := make([]uint8, 1<<16), make([]float32, len(fa)), make([]uint16, 1<<16), make([]uint8, 1<<16)
	for m := range 256 {
		fillWith(mask, uint8(m))
		taken := m == 0 || m == 255 // as it is, even if it is a NaN
		BlendMaskU8(d, a, b, mask)
		check("uint8", m, d, masks.Uint8[m])

		BlendMaskF32(f, fa, fb, mask)
		var raw []byte
		for _, v := range f {
			bits := math.Float32bits(v)
			if v != v && !taken {
				bits = 0x7fffffff
			}
			raw = binary.LittleEndian.AppendUint32(raw, bits)
		}
		check("float32", m, raw, masks.Float32[m])

		for _, c := range []struct {
			name     string
			blend    func(dst, a, b []uint16, mask []uint8)
			infinite uint16
			want     []string
		}{{"bfloat16", BlendMaskBF16, 0x7f80, masks.BFloat16}, {"float16", BlendMaskF16, 0x7c00, masks.Float16}} {
			c.blend(h, ha, hb, mask)
			raw = raw[:0]
			for _, v := range h {
				if v&0x7fff > c.infinite && !taken {
					v = 0x7fff
				}
				raw = binary.LittleEndian.AppendUint16(raw, v)
			}
			check(c.name, m, raw, c.want[m])
		}
	}
}

func BenchmarkBlendMaskU8(b *testing.B) {
	x, y, mask, d := make([]uint8, 4096), make([]uint8, 4096), make([]uint8, 4096), make([]uint8, 4096)
	for i := range x {
		x[i], y[i], mask[i] = uint8(i*7), uint8(i*13), uint8(i*11)
	}
	b.SetBytes(4096)
	for range b.N {
		BlendMaskU8(d, x, y, mask)
	}
}
