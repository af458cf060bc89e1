package asm

import (
	"fmt"
	"math/bits"
	"strings"
)

// A pool allocates registers numbered 0 to 31. A register that was freed may
// not be used until it is handed out again; one that was used without being
// handed out belongs to the caller and never is.
type pool struct {
	avail uint32 // may be handed out
	live  uint32 // handed out and not freed
	freed uint32 // handed out before, free now
	where [32]string
}

// generals is the set of general registers a function may use freely.
const generals = 1<<27 - 1 - 1<<18

// get hands out the lowest register available.
func (p *pool) get(where string) (uint8, error) {
	if p.avail == 0 {
		return 0, fmt.Errorf("out of registers: all %d are in use", bits.OnesCount32(p.live))
	}
	n := uint8(bits.TrailingZeros32(p.avail))
	p.take(n, where)
	return n, nil
}

// run hands out the lowest n registers in a row.
func (p *pool) run(n int, where string) (uint8, error) {
	for first := range uint8(33 - n) {
		if row := uint32(1<<n-1) << first; p.avail&row == row {
			for i := range uint8(n) {
				p.take(first+i, where)
			}
			return first, nil
		}
	}
	return 0, fmt.Errorf("out of registers: no %d in a row, %d are in use", n, bits.OnesCount32(p.live))
}

func (p *pool) take(n uint8, where string) {
	p.avail &^= 1 << n
	p.freed &^= 1 << n
	p.live |= 1 << n
	p.where[n] = where
}

// put takes back a register.
func (p *pool) put(n uint8) error {
	if n > 31 || p.live&(1<<n) == 0 {
		return fmt.Errorf("free of a register that is not allocated")
	}
	p.live &^= 1 << n
	p.freed |= 1 << n
	p.avail |= 1 << n
	return nil
}

// use notes that an instruction names a register.
func (p *pool) use(n uint8) error {
	if p.freed&(1<<n) != 0 {
		return fmt.Errorf("used after being freed")
	}
	p.avail &^= 1 << n
	return nil
}

// leaks names the registers not freed and where they were allocated.
func (p *pool) leaks(prefix string) string {
	var s []string
	for n := range p.where {
		if p.live&(1<<n) != 0 {
			s = append(s, fmt.Sprintf("%s%d (%s)", prefix, n, p.where[n]))
		}
	}
	return strings.Join(s, ", ")
}

// R allocates a general register.
func (f *Func) R() Reg {
	n, err := f.gen.get(f.file.where())
	if err != nil {
		f.fail("general register: %v", err)
	}
	return Reg(n)
}

// V allocates a vector register.
func (f *Func) V() Vec {
	n, err := f.vec.get(f.file.where())
	if err != nil {
		f.fail("vector register: %v", err)
	}
	return Vec(n)
}

// Vs allocates n consecutive vector registers, one to four.
func (f *Func) Vs(n int) []Vec {
	if n < 1 || n > 4 {
		f.fail("vector registers: %d of them", n)
		n = 1
	}
	first, err := f.vec.run(n, f.file.where())
	if err != nil {
		f.fail("vector registers: %v", err)
	}
	v := make([]Vec, n)
	for i := range v {
		v[i] = Vec(first) + Vec(i)
	}
	return v
}

// Free gives back registers, each a Reg or a Vec from R or V.
func (f *Func) Free(regs ...Operand) {
	for _, r := range regs {
		var err error
		switch r := r.(type) {
		case Reg:
			err = f.gen.put(uint8(r))
		case Vec:
			err = f.vec.put(uint8(r))
		default:
			err = fmt.Errorf("not a register")
		}
		if err != nil {
			f.fail("%v: %v", r, err)
		}
	}
}
