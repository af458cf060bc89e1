// Package kernel holds what the generated kernels compute, once for every instruction set: each kernel's body, written against
// a small vocabulary that an instruction set speaks.
package kernel

import "fmt"

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

	// MixU8 sets float32 lanes d to w·a + m·b, exactly. a and b are bytes where a Table's kernel finds them, in memory or as its
	// weaver has loaded them; of Pixels one channel. c holds w and m, each in 16-bit lanes, and the two in turn, as signed ones:
	// where one is 2¹⁵, a and b are the same, and both are 2¹⁴.
	MixU8(d, a, b Reg, c []Reg)

	AddU8(d, a, b Reg)
	AvgU8(d, a, b Reg) // d = (a + b + 1)/2
	And(d, a, b Reg)
	AndNot(d, a, b Reg) // d = a &^ b
	Xor(d, a, b Reg)
	// ClearTies clears the lowest bit of the bytes of d for which (a ^ b) & mask == tie. d may be no operand; a is lost.
	ClearTies(d, a, b, tie, mask Reg)
}

// A Format is how an element lies in memory.
type Format struct {
	Name string
	Size int // bytes
}

var (
	U8   = Format{"U8", 1}
	BF16 = Format{"BF16", 2}
	F16  = Format{"F16", 2}
	F32  = Format{"F32", 4}
)

// Pixels is the format of one channel of interleaved pixels, which are so many bytes apart.
func Pixels(channels int) Format { return Format{fmt.Sprintf("U8x%d", channels), channels} }

// Lanes of bytes compute with bytes as they are; others with float32, to and from which elements are converted.
const (
	ByteLane  = 1
	FloatLane = 4
)

// A Kernel is woven into a function that takes a chain of steps.
type Kernel struct {
	Name string // as in blendF32AVX2
	Doc  string
	// Go names the function of package kernels that computes the same. It takes dst, own and partner, and then l and m; or w, where
	// lanes are bytes; or w, scale and bias, where there is a Table.
	Go      string
	In, Out Format
	Lane    int    // bytes that a lane takes in a register
	Consts  []byte // bytes to fill vectors with; the body gets them after its params
	// Table says that after the body each column is multiplied by a scale, and a bias is added, both from a table that repeats
	// every TablePeriod columns, or, where Pixels are read, are the same for all. Such a kernel does not mix in place.
	Table bool
	// ReadsOnce says that own and partner are each an operand once, as first operand, so that they may be memory.
	ReadsOnce bool
	Variants  []Variant
}

// A table is TableRows periods of scales, then as many of biases; the kernel gets the address of the second period, so that
// it may look one period back and two ahead.
const (
	TablePeriod = 48 // columns: a multiple of the channels of a pixel, and of every vector
	TableRows   = 4
)

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
var All = []*Kernel{
	&blendF32, &blendU8, &blendBF16, &blendF16,
	norm(U8, F32), norm(U8, BF16), norm(U8, F16),
	norm(Pixels(2), F32), norm(Pixels(2), BF16), norm(Pixels(2), F16),
	norm(Pixels(3), F32), norm(Pixels(3), BF16), norm(Pixels(3), F16),
	norm(Pixels(4), F32), norm(Pixels(4), BF16), norm(Pixels(4), F16),
}
