package blend

import (
	"crypto/sha256"
	"encoding/hex"
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

// All (a, b) at every w that is a multiple of 128, and at thousands of others, through the whole vectors and their tail.
func TestExhaustiveU8(t *testing.T) {
	step := 7 // 4681 others
	if testing.Short() {
		step = 131
	}
	const n = 65536
	a, b := make([]uint8, n), make([]uint8, n)
	for i := range a {
		a[i], b[i] = uint8(i>>8), uint8(i)
	}
	want, got := make([]uint8, n), make([]uint8, n)
	forEach(t, func(t *testing.T) {
		for w := range kernels.One + 1 {
			if w%128 != 0 && w%step != 0 {
				continue
			}
			kernels.BlendU8(want, a, b, w)
			if err := Uint8(got, a, b, float64(w)/kernels.One); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				for i := range got {
					if got[i] != want[i] {
						t.Fatalf("a=%d b=%d w=%d: %d, want %d", a[i], b[i], w, got[i], want[i])
					}
				}
			}
		}
	})
}
