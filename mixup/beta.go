package mixup

import (
	"math"
	"sync"

	"github.com/mixblend/blend/kernels"
)

// half is λ = ½ in units of 1/kernels.One.
const half = kernels.One / 2

// A table draws λ ~ Beta(α, α), rounded to the grid of [blend.Quantize], by Walker's alias method: one random integer, one
// look-up, no loop. Of λ and 1−λ, which are equally likely, it has the lesser, w = 0 … half in units of 1/kernels.One; one
// random bit says which of the two it is. Column i is a threshold in its upper 48 bits, of what goes to w = i, and in its
// lower 16 the w that has the rest. A column is 2⁻¹⁵, so that probabilities are multiples of 2⁻⁶³.
type table [kernels.One]uint64

const (
	columnBits = 15      // kernels.One columns
	full       = 1 << 48 // a column, in units of 2⁻⁶³
)

func (t *table) draw(r *source) float64 { return t.lambda(r.chacha.Uint64()) }

// lambda makes λ of a random u: 15 bits are the column, 48 are held against its threshold, and the last one is the side.
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

// tables has the tables that have been made. There is a bound, so that a program that takes α from elsewhere is safe.
var tables struct {
	sync.Mutex
	of map[float64]*table
}

const maxTables = 64

// tableOf returns the table for an α > 0, which it makes once, unless very many others are in use.
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
			delete(tables.of, other)
		}
		t = newTable(weights(alpha))
		tables.of[alpha] = t
	}
	return t
}

// limit keeps α to what changes a table: beyond its bounds, λ is always 0 or 1, or always ½.
func limit(alpha float64) float64 { return min(max(alpha, 0x1p-80), 0x1p40) }

// newTable returns the table of weights that sum to 2⁶³, exactly. It sweeps over the columns that are less than full and, with
// what they leave, over the others (Hübschle-Schneider and Sanders, 2022, "Parallel Weighted Random Sampling", section 3.3).
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
	weight[most] += left // of the order of 2⁻⁵³, or as much too much
	return weight
}

// masses returns the integrals of (4x(1−x))^(α−1) over what is rounded to w/2¹⁵, in units of 2⁻¹⁵ for x: from w−½ to w+½,
// cut off at 0 and at half. α is in 2⁻⁸⁰ … 2⁴⁰, so that nothing
// overflows.
func masses(alpha float64) *[half + 1]float64 {
	mass := new([half + 1]float64)
	perSigma := math.Sqrt(2*alpha) / half // 1/σ for large α
	sum := 0.0
	for w := half; w > 0; w-- {
		// Panels are thin in comparison with σ, and with their distance from 0, where the density may have a pole.
		panels := 1 + int(10/(float64(w)-0.5)+6*perSigma)
		from, to := float64(half-w)-0.5, float64(half-w)+0.5
		if middle := w > half/2; middle {
			mass[w] = gauss(max(from, 0), to, panels, alpha, true)
		} else {
			mass[w] = gauss(float64(w)-0.5, float64(w)+0.5, panels, alpha, false)
		}
		sum += mass[w]
		if mass[w] < 0x1p-90*sum {
			return mass // the density has fallen, and goes on
		}
	}
	// α is small here. x^(α−1)·(1−x)^(α−1), the second as a series, from 0 to 2⁻¹⁶.
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

// gauss integrates (4x(1−x))^(α−1) over positions in units of 2⁻¹⁵, from 0 or, each way, from the middle.
func gauss(from, to float64, panels int, alpha float64, middle bool) float64 {
	density := logDensity
	if middle {
		density = logDensityAround
	}
	radius := (to - from) / float64(2*panels)
	sum := 0.0
	for i := range panels {
		centre := from + float64(float64(2*i+1)*radius)
		sum += float64(factors[0] * exp(float64((alpha-1)*density(centre))))
		for k, node := range nodes {
			d := float64(node * radius)
			pair := exp(float64((alpha-1)*density(centre-d))) + exp(float64((alpha-1)*density(centre+d)))
			sum += float64(factors[k+1] * pair)
		}
	}
	return float64(sum * radius)
}

// logDensity returns log 4x(1−x) at a position from 0.
func logDensity(position float64) float64 {
	x := position / kernels.One
	return log(float64(4 * x * (1 - x)))
}

// logDensityAround returns log 4x(1−x) = log(1−y²) at a position from the middle, of less than half of half.
func logDensityAround(position float64) float64 {
	y := position / half
	square := float64(y * y)
	return logRatio(-square / (2 - square))
}

// log and exp are not those of package math, whose last bit depends on the CPU. Each product has its own float64(…), which
// forbids fusing it with a sum.

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
