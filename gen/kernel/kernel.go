// Package kernel holds what the generated kernels compute, once for every instruction set: the table of kernels, and each one's body,
// written in words that every instruction set speaks.
package kernel

import (
	"fmt"
	"slices"
)

// A Format is how an element lies in memory.
type Format struct {
	Name    string
	Go      string // the type of a slice of them
	Size    int    // bytes from one element to the next
	Element int    // bytes of the element itself
}

var (
	U8   = Format{"U8", "uint8", 1, 1}
	BF16 = Format{"BF16", "uint16", 2, 2}
	F16  = Format{"F16", "uint16", 2, 2}
	F32  = Format{"F32", "float32", 4, 4}
)

// Pixels is the format of one channel of interleaved pixels, which are so many bytes apart.
func Pixels(channels int) Format { return Format{fmt.Sprintf("U8x%d", channels), "uint8", channels, 1} }

// Pixels says whether f is one channel of interleaved pixels.
func (f Format) Pixels() bool { return f.Element < f.Size }

// Round rounds float32 lanes of v to the format, unless converting them does.
func (f Format) Round(w Words, v Vec) {
	if f == BF16 {
		w.RoundBF16(v)
	}
}

// Lanes of bytes compute with bytes as they are; others with float32, to and from which elements are converted.
const (
	ByteLane  = 1
	FloatLane = 4
)

// Constants are the kinds of constants that a step gives a kernel.
type Constants struct {
	Name string // of the constant of package blend that says so
	Of   string // the function of package blend that makes them of a λ
	Go   string // what the function of package kernels takes for them
	Doc  string
}

var (
	Floats = &Constants{"floatParams", "paramsF32", "l, m", "l and m"}
	Bytes  = &Constants{"byteParams", "paramsU8", "w", "w, and which variant of a body it needs"}
	Tables = &Constants{"tableParams", "paramsNormalize", "w, scale, bias", "w, and a table: the kernel normalizes"}
)

// AllConstants are the kinds there are.
var AllConstants = []*Constants{Floats, Bytes, Tables}

// A Kernel is woven into a function that takes a chain of steps.
type Kernel struct {
	Name string // as in blendF32AVX2
	Doc  string
	// Go names the function of package kernels that computes the same. It takes dst, own and partner, and then what Takes says.
	Go       string
	Takes    *Constants
	In, Out  Format
	Lane     int    // bytes that a lane takes in a register
	Consts   []byte // the body gets vectors filled with them
	Variants []Variant
	// Short, if not 0, says that there is a function for pairs of so many columns to four times as many, of float32: the
	// first variant without a mask, which takes Factors alone.
	Short int
	// Planes says that there is a function, too, that takes PlanesAtOnce of a pixel's bytes at once: to as many planes, by the first variant.
	Planes bool
}

// Table says whether the body gets a scale and a bias, from a table that repeats every TablePeriod columns, or, where Pixels are
// read, that are the same for all. Such a kernel does not mix in place, and a chain of it has no row that is kept.
func (k *Kernel) Table() bool { return k.Takes == Tables }

// PlanesAtOnce is how many planes such a function makes.
const PlanesAtOnce = 3

// MaskPeriod is how many columns calls with a mask of interleaved pixels take a multiple of, so that every loop takes whole turns: 192
// bytes in lanes, whole pixels of three channels and of four.
func (k *Kernel) MaskPeriod() int { return 192 / k.Lane }

// Interleaves says whether a variant takes a mask of interleaved pixels.
func (k *Kernel) Interleaves() bool {
	return slices.ContainsFunc(k.Variants, func(v Variant) bool { return v.Channels != 0 })
}

// AnyColumns is k without the variants that take whole MaskPeriods only, which are its last.
func (k *Kernel) AnyColumns() *Kernel {
	w := *k
	w.Variants = slices.DeleteFunc(slices.Clone(k.Variants), func(v Variant) bool { return v.Channels != 0 })
	return &w
}

// OfPlanes is k as the function for several planes computes it.
func (k *Kernel) OfPlanes() *Kernel {
	p := *k
	p.Name = "Planes" + k.Name
	p.Variants = k.Variants[:1]
	return &p
}

// Masked says whether a variant takes a mask.
func (k *Kernel) Masked() bool {
	return slices.ContainsFunc(k.Variants, func(v Variant) bool { return v.Mask })
}

// Selects says whether a variant takes a mask of bits.
func (k *Kernel) Selects() bool {
	return slices.ContainsFunc(k.Variants, func(v Variant) bool { return v.Select })
}

// Narrows says whether results take half of their lanes in memory.
func (k *Kernel) Narrows() bool { return k.Lane == FloatLane && k.Out.Size == 2 }

// A table is TableRows periods of scales, then as many of biases; the kernel gets the address of the second period, so that
// it may look one period back and two ahead.
const (
	TablePeriod = 48 // columns: a multiple of the channels of a pixel, and of every vector
	TableRows   = 4
)

// TableBias is how many bytes a bias lies behind its scale.
const TableBias = 4 * TableRows * TablePeriod

// A Variant is one body of a kernel. If there are several, the low byte of the step's variant says which it is to be.
type Variant struct {
	Name, Doc string
	// Which of the step's Params the body takes: as Factors, as 32-bit lanes of a vector, or, if Weights is set, all of them for MixU8.
	Factors, Params []int
	Weights         bool
	// Mask says that the body takes a byte a column from the step's mask. Floats that are no Table's are stored as they lie in memory
	// where the mask takes one row whole.
	Mask bool
	// Select says that the mask has a bit a column instead: where it is 1 the body takes own, where it is 0 the partner. Package blend's
	// step says how bits lie.
	Select bool
	// Channels, if not 0, says that the mask has a byte for so many columns, which are a pixel. Calls of it take whole MaskPeriods.
	Channels int
	// Body sets r to what becomes of a column. It may lose own and partner where a word says so.
	Body func(s Words, r Vec, in Operands)
}

// Operands are what a body may read.
type Operands struct {
	Own, Partner Vec // elements in their lanes; where there is a Table bytes as they lie, for MixU8
	Factors      []Factor
	Params       []Vec
	Weights      Weights
	Mask         Vec // in its lanes: bytes, or 0…255 as float32; where there is a Table bytes as they lie, for MaskMixU8; of a Select variant bits
	Consts       []Vec
	Scale, Bias  Vec // float32, where there is a Table
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
