// Package kernel holds what the generated kernels compute, once for every instruction set: each kernel's body, written against
// a small vocabulary that an instruction set speaks.
package kernel

// A Reg is a vector register of the instruction set that is being spoken.
type Reg any

// Speaker is the vocabulary. Operands are whole vectors; d is written, and may be an operand unless it is said that it may not.
// Arithmetic is in lanes of the named width and wraps.
type Speaker interface {
	Temp() Reg
	Free(Reg)

	MulF32(d, a, b Reg) // d = a·b, rounded; b is a factor
	AddF32(d, a, b Reg) // d = a + b, rounded

	// SubWide sets lo and hi to the differences a − b of bytes, as 16-bit lanes; lo and hi may not be operands.
	SubWide(lo, hi, a, b Reg)
	// MulRound16 sets d to a·b/2¹⁵ of signed 16-bit lanes, rounded to the nearest, half up; b is a factor.
	MulRound16(d, a, b Reg)
	// Narrow puts 16-bit lanes that SubWide took apart together to bytes. Their values must be in −128…127.
	Narrow(d, lo, hi Reg)

	AddU8(d, a, b Reg)
	AvgU8(d, a, b Reg) // d = (a + b + 1)/2
	And(d, a, b Reg)
	AndNot(d, a, b Reg) // d = a &^ b
	Xor(d, a, b Reg)
	// ClearTies clears the lowest bit of the bytes of d for which (a ^ b) & mask == tie. d may be no operand; a is lost.
	ClearTies(d, a, b, tie, mask Reg)
}

// A Kernel is woven into a function that takes a chain of steps.
type Kernel struct {
	Name   string // as in blendF32AVX2
	Doc    string
	Size   int    // bytes an element
	Consts []byte // bytes to fill vectors with; the body gets them after its params
	// ReadsOnce says that own and partner are each an operand once, as first operand, so that they may be memory.
	ReadsOnce bool
	Variants  []Variant
}

// A Variant is one body of a kernel. If there are several, the low byte of the step's variant says which it is to be.
type Variant struct {
	Name string
	// Which of the step's params the body takes, as 32-bit lanes; first those that are only factors of a multiplication, of
	// which an instruction set may fill just the lowest lane.
	Factors, Params []int
	// Body sets r, which is no operand, to the mix of own and partner. It may lose own. c holds factors, params, and consts.
	Body func(s Speaker, r, own, partner Reg, c []Reg)
}

// Params are the names of a step's params that a body may take; the fourth is variant.
var Params = [...]string{"c0", "c1", "c2"}

// All is every kernel.
var All = []*Kernel{&blendF32, &blendU8}
