package mixup

import (
	"fmt"
	"image"
	"math"
	"math/big"
	"testing"

	"github.com/mixblend/blend/kernels"
)

// Seeds are fixed, so that these tests always see the same draws: a bound that holds once holds for ever.

// λ against SciPy's Beta: mean, variance, and P(λ ≤ k/2¹⁵) from the tails to the middle.
func TestBetaDistribution(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n = 50_000
	}
	const rows = 10_000
	for _, want := range golden().Betas {
		s := sampler(t, Config{Seed: 1, Alpha: want.Alpha, Scope: PerRow, Pairing: Reversal})
		count := make([]int, kernels.One+1)
		var b Batch
		for step := range n / rows {
			draw(t, s, &b, rows, 0, step)
			for i := range rows {
				count[weight(t, &b, i)]++
			}
		}
		var mean, variance float64
		for k, c := range count {
			mean += float64(c) * float64(k) / kernels.One / float64(n)
		}
		for k, c := range count {
			d := float64(k)/kernels.One - mean
			variance += float64(c) * d * d / float64(n)
		}
		if z := (mean - want.Mean) / math.Sqrt(want.Var/float64(n)); math.Abs(z) > 4 {
			t.Errorf("alpha %v: mean %v, want %v: %.1f standard errors", want.Alpha, mean, want.Mean, z)
		}
		// For tiny α the kurtosis is near its least value, and rounding to the grid is what is left.
		bound := 4*want.Var*math.Sqrt((want.Kurtosis+2)/float64(n)) + 1e-9
		if math.Abs(variance-want.Var) > bound {
			t.Errorf("alpha %v: variance %v, want %v ± %v", want.Alpha, variance, want.Var, bound)
		}
		at, below := 0, 0
		for i, k := range want.K {
			for ; at <= k; at++ {
				below += count[at]
			}
			expected := float64(n) * want.CDF[i]
			d := math.Abs(float64(below) - expected)
			// Kolmogorov's bound at 1 in 1000 for all points, and for each point, far out too, its own.
			if own := 4.5*math.Sqrt(expected*(1-want.CDF[i])) + 3; d > 1.95*math.Sqrt(float64(n)) || d > own {
				t.Errorf("alpha %v: %d of %d at %d/2¹⁵ and below, want %.1f ± %.1f", want.Alpha, below, n, k, expected, own)
			}
		}
	}
}

// chiSquare wants counts to be uniform over so many outcomes, but for what happens once in some 10⁵ times.
func chiSquare[K comparable](t *testing.T, name string, count map[K]int, outcomes int) {
	t.Helper()
	n, sum := 0, 0.0
	for _, c := range count {
		n += c
	}
	expected := float64(n) / float64(outcomes)
	for _, c := range count {
		sum += (float64(c) - expected) * (float64(c) - expected) / expected
	}
	sum += float64(outcomes-len(count)) * expected
	df := float64(outcomes - 1)
	// Wilson and Hilferty's approximation to the quantile.
	bound := df * math.Pow(1-2/(9*df)+4.3*math.Sqrt(2/(9*df)), 3)
	if len(count) > outcomes || sum > bound {
		t.Errorf("%s: %d outcomes of %d, chi-square %.1f, bound %.1f", name, len(count), outcomes, sum, bound)
	}
}

func TestPartnersAreUniform(t *testing.T) {
	n := 200_000
	if testing.Short() {
		n = 20_000
	}
	var b Batch
	for _, test := range []struct {
		pairing        Pairing
		rows, outcomes int
	}{{Permutation, 2, 2}, {Permutation, 4, 24}, {Derangement, 3, 2}, {Derangement, 4, 9}, {Derangement, 5, 44}} {
		s := sampler(t, Config{Seed: 2, Pairing: test.pairing})
		count := map[[5]int]int{}
		for step := range n {
			draw(t, s, &b, test.rows, 0, step)
			var index [5]int
			copy(index[:], b.index)
			count[index]++
		}
		chiSquare(t, fmt.Sprint(test.pairing, " of ", test.rows), count, test.outcomes)
	}
	// In a larger batch, each row's partner.
	for _, pairing := range []Pairing{Permutation, Derangement} {
		const rows = 37
		s := sampler(t, Config{Seed: 3, Pairing: pairing})
		var count [rows]map[int]int
		for i := range count {
			count[i] = map[int]int{}
		}
		for step := range n / 20 {
			draw(t, s, &b, rows, 0, step)
			for i, q := range b.index {
				count[i][q]++
			}
		}
		outcomes := rows
		if pairing == Derangement {
			outcomes--
		}
		for i := range count {
			chiSquare(t, fmt.Sprint(pairing, " of 37, row ", i), count[i], outcomes)
		}
	}
}

func TestBoxesAreUniform(t *testing.T) {
	n := 70_000
	if testing.Short() {
		n = 7_000
	}
	// At λ = ½ boxes of 4 × 3 pixels: clipped or not, each tells its centre.
	s := sampler(t, Config{Seed: 4, CutMixAlpha: 1e12, Height: 7, Width: 5, Layout: HWC, Scope: PerRow})
	count := map[image.Rectangle]int{}
	var b Batch
	for step := range n / 100 {
		draw(t, s, &b, 100, 0, step)
		for i := range 100 {
			count[b.Box(i)]++
		}
	}
	chiSquare(t, "boxes", count, 7*5)
}

// How often rows are skipped, cut and blended.
func TestTosses(t *testing.T) {
	const n = 20_000
	for _, test := range []struct {
		c   Config
		cut float64 // the share of CutMix in what is mixed
	}{
		{Config{Alpha: 1e12}, 0},
		{Config{Alpha: 1e12, SkipProb: 0.3}, 0},
		{Config{CutMixAlpha: 1e12}, 1},
		{Config{CutMixAlpha: 1e12, SkipProb: 0.4}, 1},
		{Config{Alpha: 1e12, CutMixAlpha: 1e12}, 0.5},
		{Config{Alpha: 1e12, CutMixAlpha: 1e12, SwitchProb: 0.6}, 0.6},
		{Config{Alpha: 1e12, CutMixAlpha: 1e12, SwitchProb: 1}, 1},
		{Config{Alpha: 1e12, CutMixAlpha: 1e12, SwitchProb: 0.1, SkipProb: 0.5}, 0.1},
		{Config{Alpha: 1e12, CutMixAlpha: 1e12, SkipProb: 1}, 0.5},
	} {
		c := test.c
		c.Height, c.Width, c.Layout, c.Scope = 8, 8, CHW, PerRow // λ = ½
		var b Batch
		draw(t, sampler(t, c), &b, n, 0, 0)
		var skipped, cut, blended float64
		for i := range n {
			switch {
			case !b.Box(i).Empty():
				cut++
			case b.Lambda(i) == 1:
				skipped++
			default:
				blended++
			}
		}
		for _, x := range []struct{ got, p float64 }{
			{skipped, c.SkipProb}, {cut, (1 - c.SkipProb) * test.cut}, {blended, (1 - c.SkipProb) * (1 - test.cut)},
		} {
			if d := math.Abs(x.got - n*x.p); d > 4*math.Sqrt(n*x.p*(1-x.p)) {
				t.Errorf("%+v: %v skipped, %v cut, %v blended", c, skipped, cut, blended)
				break
			}
		}
	}
}

// below is unbiased where n is far from a power of two, and in range at the ends.
func TestBelow(t *testing.T) {
	var r source
	r.seed(1, 2, 3, 0)
	const n = 3 << 62 // a quarter of all products is drawn again, which would be multiples of 3
	count := map[uint64]int{}
	for range 30_000 {
		count[r.below(n)%3]++
	}
	chiSquare(t, "below, mod 3", count, 3)
	for range 100 {
		if v := r.below(1); v != 0 {
			t.Fatalf("below(1) = %d", v)
		}
	}
}

// log and exp, in units of the last place or nearly so.
func TestLogExp(t *testing.T) {
	for x := 0x1p-1000; x < 0x1p1000; x *= 1.37 {
		if got, want := log(x), math.Log(x); math.Abs(got-want) > 5e-16*math.Abs(want) {
			t.Errorf("log %v = %v, want %v", x, got, want)
		}
	}
	for x := 0.5; x < 2; x += 0.00123 {
		if got, want := log(x), math.Log(x); math.Abs(got-want) > 5e-16*math.Abs(want) {
			t.Errorf("log %v = %v, want %v", x, got, want)
		}
	}
	for x := 0.0; x > -800; x -= 0.0371 {
		got, want := exp(x), math.Exp(x)
		if x < -690 {
			want = 0
		}
		if math.Abs(got-want) > (1+math.Abs(x))*3e-16*want {
			t.Errorf("exp %v = %v, want %v", x, got, want)
		}
	}
	for _, x := range []float64{-1e300, math.Inf(-1)} {
		if exp(x) != 0 {
			t.Errorf("exp %v = %v", x, exp(x))
		}
	}
}

// Every α gives numbers in [0, 1], and ends.
func TestBetaExtremes(t *testing.T) {
	var r source
	r.seed(0, 0, 0, 0)
	for _, alpha := range []float64{0, 5e-324, 1e-310, 1e-300, 1e-100, 1e-12, 1e-3, 0.5, 1, 1e3, 1e9, 1e15, 1e100, math.MaxFloat64} {
		b := newBeta(alpha)
		for range 1000 {
			l := b.draw(&r)
			switch {
			case !(l >= 0 && l <= 1):
				t.Fatalf("alpha %v: lambda %v", alpha, l)
			case alpha < 1e-20 && l != 0 && l != 1:
				t.Fatalf("alpha %v: lambda %v, want 0 or 1", alpha, l)
			case alpha > 1e14 && math.Abs(l-0.5) > 1e-5:
				t.Fatalf("alpha %v: lambda %v, want ½", alpha, l)
			}
		}
	}
}

// A fused product would round once less: what log and Loss compute must be what big.Float computes in 53 bits.
func TestNothingIsFused(t *testing.T) {
	mul := func(a, b float64) float64 {
		f, _ := new(big.Float).SetPrec(53).Mul(big.NewFloat(a), big.NewFloat(b)).Float64()
		return f
	}
	var r source
	r.seed(5, 6, 7, 0)
	for range 10_000 {
		l, a, b := r.open(), r.open(), r.open()
		if got, want := Loss(l, a, b), mul(l, a)+mul(1-l, b); got != want {
			t.Fatalf("Loss(%v, %v, %v) = %v, want %v", l, a, b, got, want)
		}
		f, g := float32(a), float32(b)
		if got, want := Loss(l, f, g), kernels.MixF32(f, g, float32(l), float32(1-l)); got != want {
			t.Fatalf("Loss(%v, %v, %v) = %v, want %v", l, f, g, got, want)
		}
	}
}
