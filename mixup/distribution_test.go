package mixup

import (
	_ "embed"
	"fmt"
	"image"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"sync"
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
	r.seed(1, 2, 3, 4)
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
	for x := 20.0; x > -800; x -= 0.0371 {
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

// Every α has a table: that of 0 or 1 for the least, of ½ for the greatest.
func TestBetaExtremes(t *testing.T) {
	for _, alpha := range []float64{5e-324, 1e-310, 1e-300, 1e-100, 1e-25, 0x1p-1022} {
		if *tableOf(alpha) != *newTable(&[half + 1]uint64{1 << 63}) {
			t.Errorf("alpha %v: lambda is not always 0 or 1", alpha)
		}
	}
	for _, alpha := range []float64{1e12, 0x1p40, 1e13, 1e100, math.MaxFloat64} {
		if *tableOf(alpha) != *newTable(&[half + 1]uint64{half: 1 << 63}) {
			t.Errorf("alpha %v: lambda is not always ½", alpha)
		}
	}
	// The tables between them change by little from one α to the next: the mean of the lesser of λ and 1−λ grows.
	last := -1.0
	step := 2.1
	if testing.Short() {
		step = 17
	}
	for alpha := 0x1p-80; alpha < 0x1p40; alpha *= step {
		mean := 0.0
		for w, p := range weights(alpha) {
			mean += float64(w) * float64(p) / (1 << 63)
		}
		// Far out, what α changes is less than what is rounded.
		if !(mean >= last*(1-1e-14) && mean <= half) {
			t.Errorf("alpha %v: the mean of the lesser share is %v, and was %v for a lower alpha", alpha, mean, last)
		}
		last = mean
	}
}

var hardAlphas = []float64{5e-324, 1e-10, 1e-3, 0.05, 0.2, 0.4, 0.8, 0.999, 1, 1.001, 1.5, 2, 2.5, 5, 8, 32, 100, 1e3, 1e5, 1e7, 1e9, 1e11, 1e300}

// A table is exactly the weights that it is made of, to the last of 2⁶³ random numbers, and exactly symmetrical.
func TestTable(t *testing.T) {
	all := []*[half + 1]uint64{
		{1 << 63}, {half: 1 << 63}, {0: 1 << 62, half: 1 << 62}, {1: 1<<63 - 1, 2: 1}, {5: full - 1, 6: full + 1, 7: 1<<63 - 2*full},
	}
	uniform := new([half + 1]uint64) // columns that are just full
	for w := range half {
		uniform[w] = 2 * full
	}
	all = append(all, uniform)
	for _, alpha := range hardAlphas {
		all = append(all, weights(limit(alpha)))
	}
	for k, want := range all {
		sum := uint64(0)
		for _, p := range want {
			sum += p
		}
		if sum != 1<<63 {
			t.Fatalf("table %d: the weights sum to %d", k, sum)
		}
		table := newTable(want)
		var got [half + 1]uint64
		for i, column := range table {
			// lambda says so, too: the first that goes to i, the last, the first that does not, and the last of all.
			threshold, other := column>>16, int(column&0xffff)
			for _, v := range []uint64{0, threshold - 1, threshold, full - 1} {
				v &= full - 1
				expect := other
				if v < threshold {
					expect = i
				}
				u := uint64(i)<<49 | v<<1
				l := table.lambda(u)
				if l != float64(expect)/kernels.One || table.lambda(u|1) != 1-l {
					t.Fatalf("table %d, column %d: %d makes %v and %v, want %d/2¹⁵ of it", k, i, v, l, table.lambda(u|1), expect)
				}
			}
			if other > half || i > half && threshold > 0 {
				t.Fatalf("table %d: column %d is %d of itself and else %d", k, i, threshold, other)
			}
			if i <= half {
				got[i] += threshold
			}
			got[other] += full - threshold
		}
		if got != *want {
			t.Errorf("table %d is not the weights it is made of", k)
		}
	}
}

//go:embed testdata/masses.txt
var goldenMasses string

// The weights against mpmath's: 30 digits, and nothing shared.
func TestWeights(t *testing.T) {
	made := map[string]*[half + 1]uint64{}
	for _, line := range strings.Split(strings.TrimSpace(goldenMasses), "\n") {
		field := strings.Fields(line)
		alpha, err := strconv.ParseFloat(field[0], 64)
		if err != nil {
			t.Fatal(err)
		}
		w, err := strconv.Atoi(field[1])
		if err != nil {
			t.Fatal(err)
		}
		want, err := strconv.ParseFloat(field[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		if made[field[0]] == nil {
			made[field[0]] = weights(alpha)
		}
		got := float64(made[field[0]][w]) / (1 << 63)
		bound := 4e-15*want + 0x1p-63
		if made[field[0]][w] == slices.Max(made[field[0]][:]) {
			bound += 0x1p-51 // it has what the others' rounding leaves
		}
		if math.Abs(got-want) > bound {
			t.Errorf("alpha %v: weight %v at %d, want %v: %.1e of it more", alpha, got, w, want, (got-want)/want)
		}
	}
	if len(made) < 20 {
		t.Errorf("%d alphas", len(made))
	}
}

// The weights against SciPy's distribution function, which adds up all of them.
func TestWeightsAddUp(t *testing.T) {
	for _, want := range golden().Betas {
		weight := weights(want.Alpha)
		for i, k := range want.K {
			if k >= half {
				break
			}
			below := uint64(0)
			for _, p := range weight[:k+1] {
				below += p
			}
			if got := float64(below) / (1 << 64); math.Abs(got-want.CDF[i]) > 1e-13 {
				t.Errorf("alpha %v: P(w ≤ %d) = %v, want %v", want.Alpha, k, got, want.CDF[i])
			}
		}
	}
}

// Draws against the weights, all 32769 outcomes of them.
func TestDraws(t *testing.T) {
	n := 2_000_000
	if testing.Short() {
		n = 200_000
	}
	var r source
	for _, alpha := range []float64{0.01, 0.2, 0.4, 1, 2, 32, 1000, 1e8} {
		r.seed(10, 11, 12, 13)
		table, weight := tableOf(alpha), weights(alpha)
		count := make([]int, kernels.One+1)
		for range n {
			w := table.draw(&r) * kernels.One
			if w != math.Trunc(w) {
				t.Fatalf("alpha %v: %v/2¹⁵ is not on the grid", alpha, w)
			}
			count[int(w)]++
		}
		// Neighbours count together, where one is too rare.
		sum, df := 0.0, -1.0
		expected, seen := 0.0, 0
		for w, c := range count {
			p := float64(weight[min(w, kernels.One-w)]) / (1 << 64)
			if w == half {
				p *= 2
			}
			expected += p * float64(n)
			seen += c
			if expected >= 10 || w == kernels.One {
				d := float64(seen) - expected
				sum += d * d / max(expected, 1e-9)
				df++
				expected, seen = 0, 0
			}
		}
		if bound := df * math.Pow(1-2/(9*df)+4.3*math.Sqrt(2/(9*df)), 3); sum > bound {
			t.Errorf("alpha %v: chi-square %.1f over %v, bound %.1f", alpha, sum, df, bound)
		}
	}
}

// Tables are made once, and how many are kept has a bound.
func TestTablesAreKept(t *testing.T) {
	var wg sync.WaitGroup
	var got [8]*table
	for i := range got {
		wg.Add(1)
		go func() {
			defer wg.Done()
			got[i] = tableOf(0.1234)
		}()
	}
	wg.Wait()
	for _, other := range got {
		if other != got[0] {
			t.Fatal("an alpha has two tables")
		}
	}
	first := *got[0]
	for i := range 3 * maxTables {
		tableOf(1e10 + float64(i))
	}
	if n := len(tables.of); n > maxTables {
		t.Errorf("%d tables are kept, want at most %d", n, maxTables)
	}
	if *tableOf(0.1234) != first {
		t.Error("the table that was made anew is another")
	}
}

// Whatever part of its key differs, a source is another one: no number in common, and as many bits as of independent ones.
func TestSourcesAreIndependent(t *testing.T) {
	const n = 512
	var all [][n]uint64
	add := func(seed, epoch, step, rank uint64) {
		var r source
		var s [n]uint64
		r.seed(seed, epoch, step, rank)
		for i := range s {
			s[i] = r.chacha.Uint64()
		}
		all = append(all, s)
	}
	for rank := range uint64(64) {
		add(10, 11, 12, rank)
		if large := uint64(1) << rank; large >= 64 {
			add(10, 11, 12, large)
		}
	}
	for i := range uint64(256) { // exchanged, or added up, they would be the same
		add(i>>6, i>>4&3, i>>2&3, i&3)
	}
	seen := map[uint64]bool{}
	for i, a := range all {
		for _, v := range a {
			if seen[v] {
				t.Fatalf("source %d has a number that was drawn before", i)
			}
			seen[v] = true
		}
		for j, b := range all[:i] {
			differ := 0
			for k := range a {
				differ += bits.OnesCount64(a[k] ^ b[k])
			}
			if z := (float64(differ) - 32*n) / math.Sqrt(16*n); math.Abs(z) > 5 {
				t.Errorf("sources %d and %d: %d of %d bits differ: %.1f standard errors", j, i, differ, 64*n, z)
			}
		}
	}
}

// A fused product would round once less: what Loss computes must be what big.Float computes in 53 bits.
func TestNothingIsFused(t *testing.T) {
	mul := func(a, b float64) float64 {
		f, _ := new(big.Float).SetPrec(53).Mul(big.NewFloat(a), big.NewFloat(b)).Float64()
		return f
	}
	var r source
	r.seed(5, 6, 7, 8)
	uniform := func() float64 { return float64(r.chacha.Uint64()>>11) / (1 << 53) }
	for range 10_000 {
		l, a, b := uniform(), uniform(), uniform()
		if got, want := Loss(l, a, b), mul(l, a)+mul(1-l, b); got != want {
			t.Fatalf("Loss(%v, %v, %v) = %v, want %v", l, a, b, got, want)
		}
		f, g := float32(a), float32(b)
		if got, want := Loss(l, f, g), kernels.MixF32(f, g, float32(l), float32(1-l)); got != want {
			t.Fatalf("Loss(%v, %v, %v) = %v, want %v", l, f, g, got, want)
		}
	}
}
