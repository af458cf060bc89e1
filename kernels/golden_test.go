package kernels

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"testing"

	"github.com/mixblend/blend/internal/golden"
)

func load(t *testing.T) *golden.Set {
	t.Helper()
	set, err := golden.Load()
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Float32) < 20 || len(set.Uint8) < 40 {
		t.Fatalf("%d and %d cases", len(set.Float32), len(set.Uint8))
	}
	return set
}

func sameF32(a, b float32) bool {
	return a != a && b != b || math.Float32bits(a) == math.Float32bits(b)
}

// show prints the bits too, for neighbours and zeros to look different.
func show(v float32) string { return fmt.Sprintf("%v (%#08x)", v, math.Float32bits(v)) }

func TestGoldenF32(t *testing.T) {
	set := load(t)
	for _, c := range set.Float32 {
		l, m := WeightsF32(c.Lambda)
		for i, want := range c.Want {
			a, b := set.X[i], set.X[c.Index[i]]
			got := make([]float32, len(want))
			BlendF32(got, a, b, l, m)
			for j := range want {
				if each := MixF32(a[j], b[j], l, m); !sameF32(got[j], want[j]) || !sameF32(each, want[j]) {
					t.Fatalf("lambda %v, a %s, b %s: BlendF32 %s, MixF32 %s, want %s",
						c.Lambda, show(a[j]), show(b[j]), show(got[j]), show(each), show(want[j]))
				}
			}
		}
	}
}

// allPairs is every (a, b), in the order of a<<8 | b.
func allPairs() (a, b []uint8) {
	a, b = make([]uint8, 65536), make([]uint8, 65536)
	for i := range a {
		a[i], b[i] = uint8(i>>8), uint8(i)
	}
	return a, b
}

func TestGoldenU8(t *testing.T) {
	a, b := allPairs()
	for _, c := range load(t).Uint8 {
		if w := WeightU8(c.Lambda); w != c.W {
			t.Fatalf("lambda %v: WeightU8 %d, want %d", c.Lambda, w, c.W)
		}
		for _, s := range c.Spots {
			if got := MixU8(s[0], s[1], c.W); got != s[2] {
				t.Errorf("lambda %v, w %d, a %d, b %d: MixU8 %d, want %d", c.Lambda, c.W, s[0], s[1], got, s[2])
			}
		}
		// Only a hash is recorded. Bytes that have it are the recorded ones, and can be compared one by one.
		want := make([]uint8, len(a))
		for i := range want {
			v := c.W*int(a[i]) + (One-c.W)*int(b[i])
			want[i] = uint8(math.RoundToEven(float64(v) / One))
		}
		if sum := sha256.Sum256(want); hex.EncodeToString(sum[:]) != c.SHA256 {
			t.Fatalf("lambda %v, w %d: NumPy did not round half to even", c.Lambda, c.W)
		}
		got := make([]uint8, len(a))
		BlendU8(got, a, b, c.W)
		for i := range want {
			if each := MixU8(a[i], b[i], c.W); got[i] != want[i] || each != want[i] {
				t.Errorf("lambda %v, w %d, a %d, b %d: BlendU8 %d, MixU8 %d, want %d", c.Lambda, c.W, a[i], b[i], got[i], each, want[i])
				break
			}
		}
	}
}

// The set tells the contract from what is nearly it.
func TestGoldenCanFail(t *testing.T) {
	set := load(t)
	differs := func(c golden.Float32, f func(a, b float32) float32) bool {
		for i, want := range c.Want {
			for j := range want {
				if !sameF32(f(set.X[i][j], set.X[c.Index[i]][j]), want[j]) {
					return true
				}
			}
		}
		return false
	}
	narrow, fused, single := map[float64]bool{}, false, false
	for _, c := range set.Float32 {
		l, m := WeightsF32(c.Lambda)
		narrow[c.Lambda] = narrow[c.Lambda] || differs(c, func(a, b float32) float32 { return MixF32(a, b, l, 1-l) })
		fused = fused || differs(c, func(a, b float32) float32 {
			return float32(math.FMA(float64(l), float64(a), float64(float32(m*b))))
		})
		single = single || differs(c, func(a, b float32) float32 { // both products exact
			return float32(math.FMA(float64(l), float64(a), float64(m)*float64(b)))
		})
	}
	for _, lambda := range []float64{0.9999999, 0.7310585786300049} {
		if !narrow[lambda] {
			t.Errorf("lambda %v does not tell 1-lambda in float32 from float64", lambda)
		}
	}
	if !fused {
		t.Error("nothing tells a fused multiply-add")
	}
	if !single {
		t.Error("nothing tells a single rounding")
	}
	a, b := allPairs()
	up := 0
	for _, c := range set.Uint8 {
		r := make([]uint8, len(a))
		for i := range r {
			r[i] = uint8((c.W*int(a[i]) + (One-c.W)*int(b[i]) + One/2) / One)
		}
		if sum := sha256.Sum256(r); hex.EncodeToString(sum[:]) != c.SHA256 {
			up++
		}
	}
	if up < 10 {
		t.Errorf("only %d weights tell half up from half to even", up)
	}
}
