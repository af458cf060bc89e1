package kernels

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// exactRound rounds to a float of so many bits, the hidden one among them, whose least exponent is emin, half to even: in steps of
// the last place, which float64 counts exactly. From limit on the result is infinite.
func exactRound(f float32, bits, emin int, limit float64) float64 {
	x := float64(f)
	if x == 0 || math.IsInf(x, 0) || x != x {
		return x
	}
	if math.Abs(x) >= limit {
		return math.Inf(int(math.Copysign(1, x)))
	}
	_, e := math.Frexp(x) // |x| is in [½, 1)·2ᵉ
	place := math.Ldexp(1, max(e-1, emin)-(bits-1))
	return math.Copysign(math.RoundToEven(x/place)*place, x)
}

// Every sign and exponent and the upper bits of the fraction, with low halves at and next to ties, and at random.
func TestRoundingIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	same := func(a float32, b float64) bool {
		return a != a && b != b || math.Float64bits(float64(a)) == math.Float64bits(b)
	}
	for high := range uint32(1 << 16) {
		for _, low := range []uint32{0, 1, 0x0fff, 0x1000, 0x1001, 0x2fff, 0x3000, 0x3001, 0x7fff, 0x8000, 0x8001, 0xffff, rng.Uint32() & 0xffff} {
			f := math.Float32frombits(high<<16 | low)
			// Half a place past the greatest number is where infinity begins.
			if got, want := FromBF16(RoundBF16(f)), exactRound(f, 8, -126, math.Ldexp(511, 119)); !same(got, want) {
				t.Fatalf("RoundBF16(%s) is %s, want %v", show(f), show(got), want)
			}
			if got, want := FromF16(RoundF16(f)), exactRound(f, 11, -14, 65520); !same(got, want) {
				t.Fatalf("RoundF16(%s) is %s, want %v", show(f), show(got), want)
			}
		}
	}
}

func TestNormalizeIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	for range 100000 {
		a, b, w := uint8(rng.Uint32()), uint8(rng.Uint32()), rng.IntN(One+1)
		scale, bias := float32(rng.NormFloat64()/50), float32(rng.NormFloat64())
		if rng.IntN(2) == 0 { // cancels
			bias = -float32(mix(a, b, w)*scale) * math.Float32frombits(0x3f800000+rng.Uint32N(3)-1)
		}
		mixed, _ := new(big.Rat).SetFrac64(int64(w*int(a)+(One-w)*int(b)), One).Float32()
		want := exactly((*big.Float).Add, exactly((*big.Float).Mul, mixed, scale), bias)
		if got := Normalize(a, b, w, scale, bias); !sameF32(got, want) {
			t.Fatalf("a=%d b=%d w=%d scale %s bias %s: %s, want %s", a, b, w, show(scale), show(bias), show(got), show(want))
		}
	}
}
