package blend

import (
	"math"
	"math/bits"

	"github.com/mixblend/blend/kernels"
)

// params are the constants of one step, as the kernels broadcast them.
//
//	            c0                      c1                       c2                  variant
//	floats      l                       m                                                blendedFloats
//	… by a mask 1/255, high             1/255, low               1                       maskedFloats, or maskedFloatPixels3 | 3*ofPixels …
//	by bits                                                                              selectedBytes | ofBits, or selectedInput | ofBits
//	uint8       weight, twice 16 bits   mask, four times 8 bits  tie, likewise       nearPartner … half, and w<<8
//	normalized  w, twice 16 bits        One−w, likewise          w and One−w         w<<8
type params struct{ c0, c1, c2, variant uint32 }

// ofBits says, in variant, that a mask has a bit a column.
const ofBits = 1 << 31

// Times ofPixels, variant has how many columns share a byte of a mask of interleaved pixels.
const (
	ofPixels      = 1 << 28
	pixelChannels = 7 * ofPixels
)

func paramsF32(lambda float64) params {
	l, m := kernels.WeightsF32(lambda)
	return params{c0: math.Float32bits(l), c1: math.Float32bits(m), variant: blendedFloats}
}

// paramsMask has, for floats, 1/255 as a sum of 16 bits, with which the product of a byte is exact, and of the rest; and 1.
func paramsMask(variant uint32) params {
	const high = 0x8081p-23
	return params{math.Float32bits(high), math.Float32bits(1.0/255 - high), math.Float32bits(1), variant}
}

// paramsNormalize is for λ that is neither 0 nor 1: 16 bits do not hold the weight of 1. A step with λ of these mixes with itself.
func paramsNormalize(lambda float64) params {
	const repeat = 1<<16 | 1
	w := uint32(kernels.WeightU8(lambda))
	m := kernels.One - w
	return params{c0: w * repeat, c1: m * repeat, c2: m<<16 | w, variant: w << 8}
}

// floats are the weights of own and partner.
func (p *params) floats() (l, m float32) {
	return math.Float32frombits(p.c0), math.Float32frombits(p.c1)
}

// weight is the weight of own, in units of 1/kernels.One.
func (p *params) weight() int { return int(p.variant >> 8) }

// paramsU8 has the weight of the row that has the smaller share, since the vector kernels compute base + (other−base)·weight: with
// weight ≤ ½ the product fits a signed byte. Where ties can occur they are undone.
func paramsU8(lambda float64) params {
	const repeat16, repeat8 = 1<<16 | 1, 1<<24 | 1<<16 | 1<<8 | 1
	w := uint32(kernels.WeightU8(lambda))
	weight, variant := w, uint32(nearPartner)
	if w > kernels.One/2 {
		weight, variant = kernels.One-w, nearOwn
	}
	if weight%128 != 0 || weight == 0 {
		return params{weight * repeat16, 0, 0, variant | w<<8}
	}
	if weight == kernels.One/2 {
		return params{weight * repeat16, 0, 0, half | w<<8}
	}
	// (a−b)·weight is a tie if, and only if, a−b is an odd multiple of tie: then a and b agree in the bits below tie and
	// differ in that one.
	tie := uint32(128) >> bits.TrailingZeros32(weight/128)
	return params{weight * repeat16, (2*tie - 1) * repeat8, tie * repeat8, variant + evenPartner | w<<8}
}
