package kernel

// A Vec is a vector register of the instruction set that speaks, or some of them that are one to it.
type Vec struct{ Reg any }

// A Factor is what a vector is multiplied by: the same in all lanes.
type Factor struct{ Reg any }

// Weights are what MixU8 multiplies bytes by.
type Weights struct{ Reg any }

// Words are what an instruction set speaks. Operands are whole vectors; d is written, and may be an operand unless it is said that it
// may not. Lanes are float32 or bytes, which wrap. Check says what is wrong with a body that uses them otherwise.
type Words interface {
	Temp() Vec
	Free(Vec)

	ScaleF32(d, a Vec, by Factor) // d = a·by, rounded
	MulF32(d, a, b Vec)           // d = a·b, rounded
	AddF32(d, a, b Vec)           // d = a + b, rounded
	SubF32(d, a, b Vec)           // d = a − b, rounded

	// MixU8 sets float32 lanes d to w·own + (2¹⁵−w)·partner, exactly, of bytes as a Table's kernel gets them. w is neither
	// 0 nor 2¹⁵, see mixWithSelf of package blend.
	MixU8(d, own, partner Vec, w Weights)

	// LerpU8 sets bytes d to base + (other−base)·by, rounded half up, where by is at most ½. d may be no operand.
	LerpU8(d, base, other Vec, by Factor)
	// LerpEvenU8 does so, rounded half to even. The product is a tie where (base ^ other) & mask == tie. d may be no operand; other is
	// lost.
	LerpEvenU8(d, base, other Vec, by Factor, mask, tie Vec)
	// AvgEvenU8 sets bytes d to (a + b)/2, rounded half to even; one is 1 in every byte. d may be no operand.
	AvgEvenU8(d, a, b, one Vec)

	// MaskU8 sets bytes d to (mask·own + (255−mask)·partner)/255, rounded to the nearest. d may be no operand.
	MaskU8(d, own, partner, mask Vec)
	// SelectU8 sets bytes d to own where a mask of bits is 1, and to partner where it is 0. d may be no operand.
	SelectU8(d, own, partner, mask Vec)
	// MaskMixU8 sets float32 lanes d to 2¹⁵ times what MaskU8 gives, of bytes as a Table's kernel gets them.
	MaskMixU8(d, own, partner, mask Vec)
	// SelectMixU8 sets float32 lanes d to 2¹⁵ times own where a mask of bits is 1, and to 2¹⁵ times partner where it is 0, of bytes as a
	// Table's kernel gets them.
	SelectMixU8(d, own, partner, mask Vec)

	// RoundBF16 rounds float32 lanes to bfloat16, half to even, for a store of that format alone. A NaN stays one: what the kernels
	// round is a NaN only if a bfloat16 was, or if the CPU made it, and so has nothing in its low half that rounding could carry.
	RoundBF16(d Vec)
}

// What follows speaks some of the Words in smaller ones, for instruction sets that have those.

// Halves are words for bytes that become 16-bit lanes in two vectors.
type Halves interface {
	Temp() Vec
	Free(Vec)
	SubWide(lo, hi, a, b Vec)       // lo, hi = a − b; they may not be operands
	MulRound16(d, a Vec, by Factor) // d = a·by/2¹⁵ of signed 16-bit lanes, rounded half up
	Narrow(d, lo, hi Vec)           // d = what SubWide took apart, put together; values are in −128…127
	AddU8(d, a, b Vec)
}

// LerpHalves is LerpU8.
func LerpHalves(s Halves, d, base, other Vec, by Factor) {
	t := s.Temp()
	defer s.Free(t)
	s.SubWide(d, t, other, base)
	s.MulRound16(d, d, by)
	s.MulRound16(t, t, by)
	s.Narrow(d, d, t)
	s.AddU8(d, d, base)
}

// Saturating are words for LerpEvenHalves beside Halves.
type Saturating interface {
	Halves
	And(d, a, b Vec)
	Xor(d, a, b Vec)
	AddSaturatedU8(d, a, b Vec)
}

// LerpEvenHalves is LerpEvenU8: it takes the lowest bit off ties. c254 is 254 in every byte.
func LerpEvenHalves(s Saturating, d, base, other Vec, by Factor, mask, tie, c254 Vec) {
	LerpHalves(s, d, base, other, by)
	s.Xor(other, other, base)
	s.Xor(other, other, tie)
	s.And(other, other, mask)
	s.AddSaturatedU8(other, other, c254) // 254 for a tie, else 255
	s.And(d, d, other)
}

// Averaging are words for AvgEven.
type Averaging interface {
	Temp() Vec
	Free(Vec)
	And(d, a, b Vec)
	AndNot(d, a, b Vec) // d = a &^ b
	Xor(d, a, b Vec)
	AvgU8(d, a, b Vec) // d = (a + b + 1)/2
}

// AvgEven is AvgEvenU8: it takes the lowest bit off ties, which are where a and b differ in theirs.
func AvgEven(s Averaging, d, a, b, one Vec) {
	t := s.Temp()
	defer s.Free(t)
	s.Xor(t, a, b)
	s.And(t, t, one)
	s.AvgU8(d, a, b)
	s.AndNot(d, d, t)
}

// Words32 are for 32-bit lanes.
type Words32 interface {
	Temp() Vec
	Free(Vec)
	And(d, a, b Vec)
	AddU32(d, a, b Vec)
	ShiftRightU32(d, a Vec, bits int)
}

// RoundHigh is RoundBF16, with the result in the high 16 bits of each lane. lsb is 1, and half 0x7fff.
func RoundHigh(s Words32, d, lsb, half Vec) {
	t := s.Temp()
	defer s.Free(t)
	s.ShiftRightU32(t, d, 16)
	s.And(t, t, lsb)
	s.AddU32(t, t, half)
	s.AddU32(d, d, t)
}
