// Package riscv64 has the registers and instructions of riscv64 for package
// asm: a method of [Func] per instruction.
//
// Operands come in Go's order, which for vectors is the reverse of the
// manual's: the destination is last. Go's assembler has all of the
// instructions from 1.26 on.
//
// A Func knows what VSETVLI has set, up to the next label, and refuses groups
// of registers that the CPU would: those that are not aligned, and those that
// overlap where that is reserved.
package riscv64

import (
	"fmt"

	"github.com/mixblend/blend/asm"
)

var arch = &asm.Arch{
	GOARCH:  "riscv64",
	General: asm.Bank{Prefix: "X", Free: (1<<32 - 1) &^ reserved},
	Vector:  asm.Bank{Prefix: "V", Free: 1<<32 - 1},
	Float:   asm.Bank{Prefix: "F", Free: 1<<32 - 1},
	Moves:   asm.Moves{1: {"MOVB", "MOVBU"}, 2: {"MOVH", "MOVHU"}, 4: {"MOVW", "MOVWU"}, 8: {"MOV", "MOV"}},
	Last:    []string{"RET", "JMP"},
}

// A File collects functions.
type File struct{ *asm.File }

// NewFile returns a File for the package that config.Stubs belongs to.
func NewFile(config asm.Config) *File { return &File{asm.NewFile(arch, config)} }

// Func starts the function that the stubs declare under name. It ends the one
// before it.
func (file *File) Func(name string) *Func { return &Func{Func: file.File.Func(name)} }

// A Func collects the instructions of one function.
type Func struct {
	*asm.Func
	is Type // what VSETVLI has set
}

// X allocates a general register.
func (f *Func) X() Reg { return Reg(f.General.Get()) }

// F allocates a floating-point register.
func (f *Func) F() Float { return Float(f.Float.Get()) }

// V allocates a group of so many vector registers, 1, 2, 4 or 8.
func (f *Func) V(group int) Vec {
	if group != 1 && group != 2 && group != 4 && group != 8 {
		f.Fail("vector registers: a group of %d", group)
		group = 1
	}
	return Vec(f.Vector.Group(group))
}

// Free gives back registers from X and F.
func (f *Func) Free(regs ...Operand) {
	for _, r := range regs {
		switch r := r.(type) {
		case Reg:
			f.General.Put(uint8(r))
		case Float:
			f.Float.Put(uint8(r))
		default:
			f.Fail("free of %v: not a register from X or F", r)
		}
	}
}

// FreeV gives back a group of so many registers from V.
func (f *Func) FreeV(v Vec, group int) {
	for i := range group {
		f.Vector.Put(uint8(v) + uint8(i))
	}
}

// Label defines a label. What VSETVLI has set is not known there.
func (f *Func) Label(name string) {
	f.is = Type{}
	f.Func.Label(name)
}

// LoadParam loads a parameter: an integer, a bool, a pointer, or a component
// of a slice or string such as xs_base or xs_len.
func (f *Func) LoadParam(name string, d Reg) {
	load, place := f.Param(name)
	f.write(d)
	f.Inst(load, place, d)
}

// StoreResult stores a result, named ret if the declaration does not name it.
func (f *Func) StoreResult(s Reg, name string) {
	store, place := f.Result(name)
	f.read(s)
	f.Inst(store, s, place)
}

// Reg is a general register. The allocator hands out none that the function
// has named before; the same goes for Float and Vec.
type Reg uint8

// X0 reads as zero. X1 (link), X2 (stack), X3, X4 (thread), X27 (g) and X31
// (assembler temporary) are reserved: the allocator never hands them out and no
// instruction may write them.
const (
	X0  Reg = 0
	X1  Reg = 1
	X31 Reg = 31

	reserved = 1<<0 | 1<<1 | 1<<2 | 1<<3 | 1<<4 | 1<<27 | 1<<31
)

// String returns the name the Go assembler uses.
func (r Reg) String() string {
	if r == 27 {
		return "g"
	}
	return fmt.Sprintf("X%d", uint8(r))
}

// At returns the memory at r plus off bytes.
func (r Reg) At(off int) Mem { return Mem{r, off} }

// Float is a floating-point register.
type Float uint8

// String returns the name the Go assembler uses.
func (r Float) String() string { return fmt.Sprintf("F%d", uint8(r)) }

// Vec is a vector register, the first one of a group.
type Vec uint8

// V0 holds masks.
const V0 Vec = 0

// String returns the name the Go assembler uses.
func (v Vec) String() string { return fmt.Sprintf("V%d", uint8(v)) }

// An Operand is a Reg, Float, Imm or Mem; each instruction says which.
type Operand interface {
	fmt.Stringer
	operand()
}

func (Reg) operand()   {}
func (Float) operand() {}
func (Imm) operand()   {}
func (Mem) operand()   {}

// Imm is an immediate operand.
type Imm int64

// String returns the Go spelling.
func (i Imm) String() string { return fmt.Sprintf("$%d", int64(i)) }

// Mem is a memory operand: base plus offset.
type Mem struct {
	base Reg
	off  int
}

// String returns the Go spelling.
func (m Mem) String() string {
	if m.off == 0 {
		return fmt.Sprintf("(%v)", m.base)
	}
	return fmt.Sprintf("%d(%v)", m.off, m.base)
}
