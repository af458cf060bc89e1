// Package weave holds the loops of the generated kernels, once for every instruction set: along a chain of steps, block by block of
// columns, by several vectors, by one, and the last columns.
package weave

import "github.com/mixblend/blend/gen/kernel"

// A Scalar is a general register of a Machine.
type Scalar struct{ Reg any }

// A Count is a number of columns, or of bytes: an int, or a Scalar.
type Count any

// A Condition compares a Scalar to 0.
type Condition int

const (
	Zero Condition = iota
	NotZero
	Negative
	NotNegative
)

// A Jump goes to a label if what has just been computed is so.
type Jump struct {
	If Condition
	To string
}

// A Machine is an instruction set: its scalars, its memory, and the kernel's words, which are its vectors. It holds one function at a
// time. What makes it fast, such as loads and stores of two vectors, is its own affair.
type Machine interface {
	kernel.Words

	Set() *Set
	// Begin begins a function that is declared in package blend; k is nil if it is no kernel. End returns.
	Begin(name string, k *kernel.Kernel, stream bool)
	End()
	Comment(text string)
	Label(name string)

	Scalar() Scalar
	FreeScalar(...Scalar)
	// Argument sets d to an argument. Keep says which will be asked for over and over.
	Argument(d Scalar, name string)
	Keep(names ...string)
	StepBytes() int
	Field(d, step Scalar, name string) // sets d to a field of a step
	Clear(d Scalar)
	Copy(d, s Scalar)
	Add(d, a Scalar, b Count, then ...Jump)      // d = a + b
	Sub(d, a Scalar, b Count, then ...Jump)      // d = a − b
	Index(d, base, i Scalar, size, more int)     // d = base + i·size + more
	Back(d, i Scalar, size int)                  // d −= i·size
	Min(d, a Scalar)                             // d = min(d, a)
	Or(d, row, i Scalar, size int, other string) // d = row + i·size, or, if row is 0, the argument other

	Jump(to string)
	JumpIf(a Scalar, then Jump)
	JumpIfEqual(a, b Scalar, to string)
	JumpIfUnset(step Scalar, field string, scratch Scalar, to string)
	Variant(step Scalar) Scalar // returns the number of the step's
	// Choose goes to below where variant is less than n, and to equal, if that is not empty, where it is n.
	Choose(variant Scalar, n int, below, equal string)

	// Lanes is the number of columns of a vector, 0 if that is not known.
	Lanes() int
	// Whole sets d to the n columns that are whole vectors.
	Whole(d, n Scalar, then ...Jump)
	// Step returns how many of the columns that are left a turn of one vector takes.
	Step(left Scalar) Count
	// Unroll is how many vectors the inner loop takes at a time: of a kernel without a table, unless it is 1.
	Unroll() int
	// Together is how many vectors are loaded at a time, and how many are stored.
	Together() (loads, stores int)

	// Hoist sets what the kernel takes, but for the step's constants. table is the first column's scale.
	Hoist(table Scalar)
	Factor(step Scalar, param string) kernel.Factor
	Vector(step Scalar, param string) kernel.Vec
	Weights(step Scalar, params []string) kernel.Weights
	FreeFactor(kernel.Factor)
	FreeWeights(kernel.Weights)
	Filled() []kernel.Vec // with the kernel's Consts

	// Tail says that from here on loads and stores take the columns that are left, where there are fewer than fill a vector.
	Tail(left Scalar)
	// Load loads vectors from vector i of p on, as the body takes them. In place of a register d may get the memory if the body takes
	// each as an operand once.
	Load(d []kernel.Vec, p Scalar, i int, once bool)
	// LoadMask loads the bytes of a mask for vectors, from vector i of p on, as the body takes them.
	LoadMask(d []kernel.Vec, p Scalar, i int)
	// Bits sets d to where a mask of bits has the bit of a column, if base is the byte with that of column 0: to this byte, or, where a
	// vector has fewer columns than a byte has bits, to eight times the address and the number of the bit. AddBits goes on by columns.
	Bits(d, base, column Scalar)
	AddBits(d Scalar, columns Count)
	// LoadBits loads the bits of a mask for vectors, from vector i of p on, as the body takes them: in place of a register d may get
	// another. The first of vector 0 is bit 0 of p, but in the tail, where it is bit column%8. Up to eight bytes after the last that has
	// such a bit may be read.
	LoadBits(d []kernel.Vec, p Scalar, i int, column Scalar)
	// Look returns the scales and the biases of n vectors from vector i of the table on; inner says that this is in the loop that takes
	// whole periods. Done frees them.
	Look(table Scalar, i, n int, inner bool) (scale, bias []kernel.Vec)
	Done(scale, bias []kernel.Vec)
	// Beside emits the body of n vectors that have been loaded together, one after the other or side by side.
	Beside(n int, body func(i int))
	// Store converts and stores vectors, from vector i of p on.
	Store(v []kernel.Vec, p Scalar, i int)
	// StoreMasked is Store of floats, but where the mask is 255 it stores the elements of own as they lie, and where it is 0 those of
	// partner. It may take the mask from memory, or, if Set says that it takes masks of pixels and elements fill their lanes, from lanes.
	StoreMasked(v, lanes []kernel.Vec, p Scalar, i int, own, partner, mask Scalar)
	// Move copies a vector of what is read as it is.
	Move(to, from Scalar)
}

// A Short is a Machine that makes the functions of short pairs too. Not every instruction set has to.
type Short interface {
	Machine
	FactorArgument(name string) kernel.Factor // of 32 bits
}

// An Interleaved Machine takes masks of interleaved pixels too, as its Set says.
type Interleaved interface {
	Fetcher
	// LoadPixels is LoadMask of such a mask, of a byte for so many columns, where p is at that of vector 0. It reads nothing but the bytes of
	// a MaskPeriod.
	LoadPixels(d []kernel.Vec, p Scalar, i, channels int)
	Quotient(d, a Scalar, n int) // d = a/n, of an a that is a multiple of n
}

// A Fetcher is a Machine that prefetches what a step says is needed next, as its Set says.
type Fetcher interface {
	Machine
	// PrefetchRow prefetches so many bytes, so far behind p. They may lie behind the end of a row.
	PrefetchRow(p Scalar, far, bytes int)
}

// A Planar Machine makes several planes at once too, as its Set says.
type Planar interface {
	Machine
	PlanarVectors() int
	// LoadPixelRows loads whole pixels of two rows, PlanarVectors of them or one, as MixU8 takes them.
	LoadPixelRows(own, partner []kernel.Vec, from, with Scalar)
	// HoistPlanes is Hoist of such a function; planes is its argument. From there on Look returns the scale and the bias of plane i.
	HoistPlanes(planes Scalar)
	// Plane says which plane MixU8 picks bytes for, and Store stores. MixU8 leaves its operands as they are.
	Plane(c int)
}

// A Plain Machine can also measure memory.
type Plain interface {
	Machine

	Block() int                  // how many bytes a loop takes at a time
	Group() int                  // and how many vectors of them are loaded, and then stored
	Prefetch(p Scalar, more int) // if that is of use
	Fill(value byte) kernel.Vec
	LoadPlain(d []kernel.Vec, p Scalar, i int)
	StoreStream(v []kernel.Vec, p Scalar, i int) // non-temporal
	Fence()                                      // after StoreStream
}
