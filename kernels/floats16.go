package kernels

import "math"

// RoundBF16 rounds to bfloat16, half to even. NaN stays NaN; its sign and payload are unspecified.
func RoundBF16(f float32) uint16 {
	if f != f {
		return 0x7fc0
	}
	b := math.Float32bits(f)
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}

// FromBF16 returns the value of a bfloat16, exactly.
func FromBF16(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }

// RoundF16 rounds to IEEE 754 binary16, half to even. NaN stays NaN; its sign and payload are
// unspecified.
func RoundF16(f float32) uint16 {
	b := math.Float32bits(f)
	sign := uint16(b >> 16 & 0x8000)
	b &= math.MaxInt32
	switch {
	case b > 0x7f800000: // NaN
		return sign | 0x7e00
	case b >= 0x47800000: // 2¹⁶ and more
		return sign | 0x7c00
	case b < 0x38800000: // less than 2⁻¹⁴: a multiple of 2⁻²⁴, to which adding ½ rounds
		return sign | uint16(math.Float32bits(math.Float32frombits(b)+0.5)-math.Float32bits(0.5))
	}
	return sign | uint16((b+0xfff+b>>13&1-(127-15)<<23)>>13)
}

// FromF16 returns the value of a binary16, exactly.
func FromF16(h uint16) float32 {
	sign, exponent, fraction := uint32(h&0x8000)<<16, uint32(h>>10&31), uint32(h&0x3ff)
	switch exponent {
	case 0:
		f := float32(fraction) / (1 << 24)
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 31:
		return math.Float32frombits(sign | 255<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}

// BlendBF16 sets dst[i] to [MixF32] of a[i] and b[i], all bfloat16, rounded to bfloat16 half to
// even. a and b must be at least as long as dst; dst must be a, be b, or overlap neither.
func BlendBF16(dst, a, b []uint16, l, m float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = RoundBF16(MixF32(FromBF16(a[i]), FromBF16(b[i]), l, m))
	}
}

// BlendF16 sets dst[i] to [MixF32] of a[i] and b[i], all binary16, rounded to binary16 half to
// even. a and b must be at least as long as dst; dst must be a, be b, or overlap neither.
func BlendF16(dst, a, b []uint16, l, m float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = RoundF16(MixF32(FromF16(a[i]), FromF16(b[i]), l, m))
	}
}
