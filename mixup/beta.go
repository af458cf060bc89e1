package mixup

import "math"

// beta is the distribution Beta(α, α).
//
// The density of v = log(λ/(1−λ)) is in proportion to sech(v/2)^2α. It lies below sech(sv/2)², the density of a logistic
// variable over s, for s = √α where α ≥ 1 and for s = α where α < 1, and both are 1 at v = 0: so a try of that variable
// is accepted with the ratio of the two, at least every other time. For α > 1 this is Cheng's algorithm BB (1978).
type beta struct{ alpha, s float64 }

func newBeta(alpha float64) beta {
	// Beyond these, λ is 0 or 1, or rounds to ½ on any grid in use; between them, nothing overflows.
	alpha = min(max(alpha, 0x1p-1000), 0x1p40)
	if alpha < 1 {
		return beta{alpha, alpha}
	}
	return beta{alpha, math.Sqrt(alpha)}
}

func (b beta) draw(r *source) float64 {
	for {
		u := r.open()
		v := log(u/(1-u)) / b.s
		t := exp(-math.Abs(v))
		target := float64(b.alpha * (2*math.Ln2 - math.Abs(v) - float64(2*log(1+t)))) // log sech(v/2)^2α
		proposal := log(4 * u * (1 - u))                                              // log sech(sv/2)²
		if log(r.open()) > target-proposal {
			continue
		}
		if v < 0 {
			return t / (1 + t)
		}
		return 1 / (1 + t)
	}
}

// log and exp are not those of package math, whose last bit depends on the CPU: one rejection more would change every later
// draw. Each product has its own float64(…), which forbids fusing it with a sum.

// log returns ln x for a normal x > 0.
func log(x float64) float64 {
	b := math.Float64bits(x)
	e := int(b>>52) - 1023
	m := math.Float64frombits(b&(1<<52-1) | 1023<<52)
	if m > math.Sqrt2 {
		m /= 2
		e++
	}
	s := (m - 1) / (m + 1) // ln m = 2·artanh s = 2s·(1 + s²/3 + s⁴/5 + …), |s| < 0.172
	square := float64(s * s)
	sum := 0.0
	for k := 23; k > 1; k -= 2 {
		sum = float64((sum + 1/float64(k)) * square)
	}
	return float64(float64(e)*math.Ln2) + float64(2*s*(1+sum))
}

// exp returns eˣ for x ≤ 0, and 0 where that is less than 10⁻³⁰⁰.
func exp(x float64) float64 {
	if x < -690 {
		return 0
	}
	k := int(x/math.Ln2 - 0.5)
	r := x - float64(float64(k)*math.Ln2) // |r| < 0.35
	sum := 1.0
	for i := 14; i > 0; i-- {
		sum = 1 + float64(r/float64(i)*sum)
	}
	return sum * math.Float64frombits(uint64(k+1023)<<52)
}
