package mixup

import (
	"math"
	"sync"

	"github.com/mixblend/blend/kernels"
)

// half is λ = ½ in units of 1/kernels.One.
const half = kernels.One / 2

// A table draws λ ~ Beta(α, α), rounded to the grid of [blend.Quantize], by Walker's alias method: one random integer, one
// look-up, no loop and no branch. λ and 1−λ are equally likely, so the table holds the lesser of the two only, w = 0 … half in
// units of 1/kernels.One, and one random bit says which of them λ is.
//
// Each column has probability 2⁻¹⁵. Its upper 48 bits are a threshold: below it the column's own number is w, from it on w is
// the alias in the lower 16 bits. So probabilities are multiples of 2⁻⁶³.
type table [kernels.One]uint64

const (
	columnBits = 15      // kernels.One columns
	full       = 1 << 48 // the probability of a column, in units of 2⁻⁶³
)

func (t *table) draw(r *source) float64 { return t.lambda(r.chacha.Uint64()) }

// lambda makes λ of 64 random bits: 15 are the column, 48 are compared with its threshold, the last one is the side.
func (t *table) lambda(u uint64) float64 {
	w := u >> (64 - columnBits)
	column := t[w]
	if u<<columnBits>>16 >= column>>16 {
		w = column & 0xffff
	}
	if u&1 != 0 {
		w = kernels.One - w
	}
	return float64(int(w)) / kernels.One
}

// tables are those in use, at most maxTables of them: a program that never stops asking for other α keeps 16 MiB.
var tables struct {
	sync.Mutex
	of map[float64]*table
}

const maxTables = 64

// tableOf returns the table of an α > 0. It is made once, or anew if maxTables others have come since.
func tableOf(alpha float64) *table {
	alpha = limit(alpha)
	tables.Lock()
	defer tables.Unlock()
	t := tables.of[alpha]
	if t == nil {
		if tables.of == nil {
			tables.of = map[float64]*table{}
		}
		for other := range tables.of {
			if len(tables.of) < maxTables {
				break
			}
			delete(tables.of, other) // any one: a Sampler has its own pointer
		}
		t = newTable(weights(alpha))
		tables.of[alpha] = t
	}
	return t
}

// limit keeps α to what changes a table: beyond its bounds, λ is always 0 or 1, or always ½.
func limit(alpha float64) float64 { return min(max(alpha, 0x1p-80), 0x1p40) }

// newTable returns the table of weights that sum to 2⁶³, exactly. It sweeps once over the weights that do not fill a column, and
// once over those that do, which fill up the columns of the former (Hübschle-Schneider and Sanders, 2022, "Parallel Weighted
// Random Sampling").
func newTable(weight *[half + 1]uint64) *table {
	t := new(table)
	of := func(w int) uint64 {
		if w > half {
			return 0
		}
		return weight[w]
	}
	light, heavy := -1, -1
	nextLight := func() {
		for light++; light < len(t) && of(light) >= full; light++ {
		}
	}
	nextHeavy := func() {
		for heavy++; heavy <= half && of(heavy) < full; heavy++ {
		}
	}
	nextLight()
	nextHeavy()
	for rest := of(heavy); heavy <= half; {
		if rest > full { // it fills up a light column
			t[light] = of(light)<<16 | uint64(heavy)
			rest -= full - of(light)
			nextLight()
			continue
		}
		w := heavy
		nextHeavy()
		if rest == full { // a threshold of full would not fit
			t[w] = uint64(w)
		} else { // the next heavy one fills it up
			t[w] = rest<<16 | uint64(heavy)
		}
		rest += of(heavy) - full
	}
	return t
}

// weights returns the probability of each w = 0 … half as the lesser of λ and 1−λ, in units of 2⁻⁶³.
func weights(alpha float64) *[half + 1]uint64 {
	mass := masses(alpha)
	sum, lost := 0.0, 0.0 // Kahan's sum
	for _, m := range mass {
		m -= lost
		next := sum + m
		lost = (next - sum) - m
		sum = next
	}
	weight := new([half + 1]uint64)
	left, most := uint64(1<<63), 0
	for w, m := range mass {
		weight[w] = uint64(m/sum*(1<<63) + 0.5)
		left -= weight[w]
		if weight[w] > weight[most] {
			most = w
		}
	}
	weight[most] += left // what rounding has left, or taken: about 2⁻⁵³
	return weight
}

// masses returns the integral of (4x(1−x))^(α−1) over the x that are rounded to w/2¹⁵, for w = 0 … half, in units of 2⁻¹⁵ for x.
// x is in [0, ½]. α is in 2⁻⁸⁰ … 2⁴⁰, so that nothing overflows.
func masses(alpha float64) *[half + 1]float64 {
	mass := new([half + 1]float64)
	sigma := half / math.Sqrt(2*alpha) // standard deviation, for a large α
	sum := 0.0
	for w := half; w > 0; w-- {
		// Panels are thin in comparison with σ and with their distance from 0, where the density may have a pole. Positions
		// are from the middle or from 0, whichever is nearer, for precision.
		panels := 1 + int(10/(float64(w)-0.5)+6/sigma)
		if d := float64(half - w); w > half/2 {
			mass[w] = gauss(max(d-0.5, 0), d+0.5, panels, alpha, logFromMiddle)
		} else {
			mass[w] = gauss(float64(w)-0.5, float64(w)+0.5, panels, alpha, logFromZero)
		}
		sum += mass[w]
		if mass[w] < 0x1p-90*sum {
			return mass // the density falls towards 0: the rest counts less still
		}
	}
	// From 0 to 2⁻¹⁶, for an α that is small here: the integral of x^(α−1)·(1−x)^(α−1), the latter as a power series.
	series, c, t := 1/alpha, 1.0, 1.0
	for k := 1.0; k < 8; k++ {
		c = float64(c * (k - alpha) / k)
		t /= 2 * kernels.One
		series += float64(c*t) / (alpha + k)
	}
	mass[0] = float64(exp(float64((1-alpha)*(14*math.Ln2))) / 2 * series)
	return mass
}

// nodes and factors are the Gauss-Legendre rule of five points on [−1, 1]: the one at 0, and two pairs.
var (
	nodes   = [2]float64{0.53846931010568309104, 0.90617984593866399280}
	factors = [3]float64{0.56888888888888888889, 0.47862867049936646804, 0.23692688505618908751}
)

// gauss integrates exp((α−1)·log(position)) from one position to another.
func gauss(from, to float64, panels int, alpha float64, log func(position float64) float64) float64 {
	radius := (to - from) / float64(2*panels)
	sum := 0.0
	for i := range panels {
		centre := from + float64(float64(2*i+1)*radius)
		sum += float64(factors[0] * exp(float64((alpha-1)*log(centre))))
		for k, node := range nodes {
			d := float64(node * radius)
			pair := exp(float64((alpha-1)*log(centre-d))) + exp(float64((alpha-1)*log(centre+d)))
			sum += float64(factors[k+1] * pair)
		}
	}
	return float64(sum * radius)
}

// logFromZero returns log 4x(1−x) at x = position/2¹⁵.
func logFromZero(position float64) float64 {
	x := position / kernels.One
	return log(float64(4 * x * (1 - x)))
}

// logFromMiddle returns log 4x(1−x) at x = ½ − position/2¹⁵, for a position of at most half of half. It is log(1−y²), y = 1−2x.
func logFromMiddle(position float64) float64 {
	y := position / half
	square := float64(y * y)
	return logRatio(-square / (2 - square))
}

// log and exp are not those of package math, whose last bit depends on the CPU. Each product has its own float64(…), which
// forbids fusing it with a sum, unless it is by a power of two and exact.

const (
	ln2High = 0x1.62e42fefap-1 // 36 bits of it, so that products with small integers are exact
	ln2Low  = math.Ln2 - ln2High
)

// log returns ln x for a normal x > 0.
func log(x float64) float64 {
	b := math.Float64bits(x)
	e := int(b>>52) - 1023
	m := math.Float64frombits(b&(1<<52-1) | 1023<<52)
	if m > math.Sqrt2 {
		m /= 2
		e++
	}
	return float64(float64(e)*ln2High) + (float64(float64(e)*ln2Low) + logRatio((m-1)/(m+1)))
}

// logRatio returns ln (1+s)/(1−s) = 2s·(1 + s²/3 + s⁴/5 + …) for |s| < 0.172.
func logRatio(s float64) float64 {
	square := float64(s * s)
	sum := 0.0
	for _, c := range odd {
		sum = float64((sum + c) * square)
	}
	return 2*s + float64(2*s*sum)
}

var odd = [...]float64{1. / 23, 1. / 21, 1. / 19, 1. / 17, 1. / 15, 1. / 13, 1. / 11, 1. / 9, 1. / 7, 1. / 5, 1. / 3}

// exp returns eˣ for x ≤ 700, and 0 where that is less than 10⁻³⁰⁰.
func exp(x float64) float64 {
	if x < -690 {
		return 0
	}
	k := math.Floor(x/math.Ln2 + 0.5)
	r := x - float64(k*ln2High) - float64(k*ln2Low) // |r| < 0.35
	sum := 0.0
	for _, c := range factorial {
		sum = float64((sum + c) * r)
	}
	return (1 + sum) * math.Float64frombits(uint64(int(k)+1023)<<52)
}

var factorial = [...]float64{
	1. / 87178291200, 1. / 6227020800, 1. / 479001600, 1. / 39916800, 1. / 3628800, 1. / 362880, 1. / 40320, 1. / 5040, 1. / 720,
	1. / 120, 1. / 24, 1. / 6, 1. / 2, 1,
}
