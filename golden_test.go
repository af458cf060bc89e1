package blend

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"
	"testing"

	"github.com/mixblend/blend/internal/golden"
	"github.com/mixblend/blend/kernels"
)

// What PyTorch and NumPy computed, on every implementation.
func TestGolden(t *testing.T) {
	set, err := golden.Load()
	if err != nil {
		t.Fatal(err)
	}
	rows, cols := len(set.X), len(set.X[0])
	x := slices.Concat(set.X...)
	a, b := make([]uint8, 65536), make([]uint8, 65536)
	for i := range a {
		a[i], b[i] = uint8(i>>8), uint8(i)
	}
	forEach(t, func(t *testing.T) {
		for _, c := range set.Float32 {
			p, err := NewPlan(c.Index, c.Lambda)
			if err != nil {
				t.Fatal(err)
			}
			got := make([]float32, rows*cols)
			if err := p.Float32(got, x); err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(got, slices.Concat(c.Want...), same[float32]) {
				t.Errorf("lambda %v, index %v: Plan differs from PyTorch", c.Lambda, c.Index)
			}
			cross, err := NewCross(c.Index, rows, c.Lambda)
			if err != nil {
				t.Fatal(err)
			}
			clear(got)
			if err := cross.Float32(got, x, x); err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(got, slices.Concat(c.Want...), same[float32]) {
				t.Errorf("lambda %v, index %v: Cross differs from PyTorch", c.Lambda, c.Index)
			}
			for i, want := range c.Want {
				if err := Float32(got[:cols], set.X[i], set.X[c.Index[i]], c.Lambda); err != nil {
					t.Fatal(err)
				}
				if !slices.EqualFunc(got[:cols], want, same[float32]) {
					t.Errorf("lambda %v, rows %d and %d: Float32 differs from PyTorch", c.Lambda, i, c.Index[i])
				}
			}
		}
		for _, c := range set.Uint8 {
			got := make([]uint8, len(a))
			if err := Uint8(got, a, b, float64(c.W)/kernels.One); err != nil {
				t.Fatal(err)
			}
			if sum := sha256.Sum256(got); hex.EncodeToString(sum[:]) != c.SHA256 {
				t.Errorf("w %d: Uint8 differs from NumPy", c.W)
			}
			cross, err := NewCross([]int{0}, 1, float64(c.W)/kernels.One)
			if err != nil {
				t.Fatal(err)
			}
			clear(got)
			if err := cross.Uint8(got, a, b); err != nil {
				t.Fatal(err)
			}
			if sum := sha256.Sum256(got); hex.EncodeToString(sum[:]) != c.SHA256 {
				t.Errorf("w %d: Cross differs from NumPy", c.W)
			}
		}
	})
}

// What NumPy computes of 16-bit floats, by pairs and by a Plan.
func TestGoldenFloats16(t *testing.T) {
	set, err := golden.LoadFloats16()
	if err != nil {
		t.Fatal(err)
	}
	forEach(t, func(t *testing.T) {
		t.Run("bf16", func(t *testing.T) { testGoldenFloats16(t, bf16s, set.BFloat16) })
		t.Run("f16", func(t *testing.T) { testGoldenFloats16(t, f16s, set.Float16) })
	})
}

func testGoldenFloats16[T bf16 | f16](t *testing.T, c calls[T], mixes []golden.Mix16) {
	const n = 1 << 16
	if len(mixes) < 10 {
		t.Fatalf("only %d mixes", len(mixes))
	}
	x, got := make([]T, 2*n), make([]T, 2*n)
	for i := range n {
		x[i], x[n+i] = T(i), T(golden.Partner16(uint16(i)))
	}
	for _, m := range mixes {
		p, err := NewPlan([]int{1, 0}, m.Lambda)
		if err != nil {
			t.Fatal(err)
		}
		for name, mix := range map[string]func() error{
			"pair": func() error { return c.pair(got[:n], x[:n], x[n:], m.Lambda) },
			"Plan": func() error { return c.flat(p, got, x) },
		} {
			clear(got)
			if err := mix(); err != nil {
				t.Fatal(err)
			}
			sum := sha256.New()
			for _, v := range got[:n] {
				if same(v, 0x7fff) {
					v = 0x7fff
				}
				sum.Write([]byte{byte(v), byte(v >> 8)})
			}
			if hex.EncodeToString(sum.Sum(nil)) != m.SHA256 {
				t.Errorf("lambda %v, %s: not what NumPy computes", m.Lambda, name)
			}
		}
	}
}

// What NumPy computed: all pairs of bytes, rows of floats, and all 16-bit floats, which no call mixes in pairs, by every byte of a mask.
func TestGoldenMask(t *testing.T) {
	masks, err := golden.LoadMask()
	if err != nil {
		t.Fatal(err)
	}
	set, err := golden.Load()
	if err != nil {
		t.Fatal(err)
	}
	a, b, d, mask := make([]uint8, 1<<16), make([]uint8, 1<<16), make([]uint8, 1<<16), make([]uint8, 1<<16)
	for i := range a {
		a[i], b[i] = uint8(i>>8), uint8(i)
	}
	var x, y []float32
	for i := 0; i < 6; i += 2 {
		x, y = append(x, set.X[i]...), append(y, set.X[i+1]...)
	}
	f, h, ha, hb := make([]float32, len(x)), make([]uint16, 1<<16), make([]uint16, 1<<16), make([]uint16, 1<<16)
	for i := range ha {
		ha[i], hb[i] = uint16(i), golden.Partner16(uint16(i))
	}
	var raw []byte
	forEach(t, func(t *testing.T) {
		for m := range 256 {
			for i := range mask {
				mask[i] = uint8(m)
			}
			if err := Uint8Mask(d, a, b, mask); err != nil {
				t.Fatal(err)
			}
			if sum := sha256.Sum256(d); hex.EncodeToString(sum[:]) != masks.Uint8[m] {
				t.Fatalf("%d: Uint8Mask differs from NumPy", m)
			}
			if err := Float32Mask(f, x, y, mask[:len(x)]); err != nil {
				t.Fatal(err)
			}
			raw = raw[:0]
			for _, v := range f {
				bits := math.Float32bits(v)
				if v != v && m != 0 && m != 255 {
					bits = 0x7fffffff
				}
				raw = binary.LittleEndian.AppendUint32(raw, bits)
			}
			if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != masks.Float32[m] {
				t.Fatalf("%d: Float32Mask differs from NumPy", m)
			}
			for _, c := range []struct {
				kernel   kernel
				infinite uint16
				want     string
			}{{kernelBF16, 0x7f80, masks.BFloat16[m]}, {kernelF16, 0x7c00, masks.Float16[m]}} {
				s := step{dst: ptr(h), own: ptr(ha), partner: ptr(hb), mask: ptr(mask), params: c.kernel.maskParams()}
				c.kernel.runLong([]step{s}, len(h), wholeRow)
				raw = raw[:0]
				for _, v := range h {
					if v&0x7fff > c.infinite && m != 0 && m != 255 {
						v = 0x7fff
					}
					raw = binary.LittleEndian.AppendUint16(raw, v)
				}
				if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != c.want {
					t.Fatalf("%d: kernel %d differs from NumPy", m, c.kernel)
				}
			}
		}
	})
}
