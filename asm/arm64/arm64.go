// Package arm64 has the registers and instructions of arm64 for package asm:
// a method of [Func] per instruction.
//
// Operands come in Go's order, sources first and the destination last.
// Instructions that Go's assembler lacks have the name it would give them and
// are printed as WORD, with their GNU text in a comment.
package arm64

import (
	"fmt"

	"github.com/mixblend/blend/asm"
)

// Above the locals the assembler keeps 8 bytes for the frame pointer and rounds
// up to 16, below them 8 for the link register; so only a size of 8 modulo 16
// puts SP on a multiple of 16.
const padding = 8

var arch = &asm.Arch{
	GOARCH:  "arm64",
	General: asm.Bank{Prefix: "R", Free: 1<<27 - 1 - 1<<18},
	Vector:  asm.Bank{Prefix: "V", Free: 1<<32 - 1},
	Moves:   asm.Moves{1: {"MOVB", "MOVBU"}, 2: {"MOVH", "MOVHU"}, 4: {"MOVW", "MOVWU"}, 8: {"MOVD", "MOVD"}},
	Last:    []string{"RET", "B"},
	Padding: padding,
}

// A File collects functions and data.
type File struct{ *asm.File }

// NewFile returns a File for the package that config.Stubs belongs to.
func NewFile(config asm.Config) *File { return &File{asm.NewFile(arch, config)} }

// Func starts the function that the stubs declare under name. It ends the one
// before it.
func (file *File) Func(name string) *Func { return &Func{file.File.Func(name)} }

// Data adds a read-only table and returns its address.
func (file *File) Data(name string, table []byte) Addr { return Addr{file.File.Data(name, table)} }

// A Func collects the instructions of one function.
type Func struct{ *asm.Func }

// R allocates a general register.
func (f *Func) R() Reg { return Reg(f.General.Get()) }

// V allocates a vector register.
func (f *Func) V() Vec { return Vec(f.Vector.Get()) }

// Vs allocates n consecutive vector registers, one to four.
func (f *Func) Vs(n int) []Vec {
	if n < 1 || n > 4 {
		f.Fail("vector registers: %d of them", n)
		n = 1
	}
	v := make([]Vec, n)
	first := Vec(f.Vector.Row(n))
	for i := range v {
		v[i] = first + Vec(i)
	}
	return v
}

// Free gives back registers, each a Reg or a Vec from R or V.
func (f *Func) Free(regs ...Operand) {
	for _, r := range regs {
		switch r := r.(type) {
		case Reg:
			f.General.Put(uint8(r))
		case Vec:
			f.Vector.Put(uint8(r))
		default:
			f.Fail("free of %v: not a register", r)
		}
	}
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

// Local reserves size bytes of the frame, a multiple of 16. The area is
// 16-byte aligned.
func (f *Func) Local(name string, size int) Local {
	return Local{name, f.Func.Local(name, size), size}
}

// Local is an area in the frame of a function.
type Local struct {
	name      string
	top, size int // the area starts top bytes below the pseudo-register SP
}

// At returns the memory at off bytes into the area, which must be a multiple
// of what is moved.
func (l Local) At(off int) Mem {
	m := Mem{kind: memSym, off: off, sym: fmt.Sprintf("%s-%d(SP)", l.name, l.top-off)}
	if off >= 0 {
		m.room = l.size - off
	}
	return m
}

// Addr returns the address of the area.
func (l Local) Addr() Addr { return Addr{fmt.Sprintf("%s-%d(SP)", l.name, l.top)} }
