package asm

import (
	"fmt"
	"math/bits"
	"strings"
)

// A Pool allocates the registers of one kind, numbered 0 to 31. A register that
// was freed may not be used until it is handed out again; one that was used
// without being handed out belongs to the caller and never is.
type Pool struct {
	f            *Func
	kind, prefix string
	avail        uint32 // may be handed out
	live         uint32 // handed out and not freed
	freed        uint32 // handed out before, free now
	where        [32]string
}

// Get hands out the lowest register available.
func (p *Pool) Get() uint8 {
	if p.avail == 0 {
		p.f.Fail("%s register: out of registers: all %d are in use", p.kind, bits.OnesCount32(p.live))
		return 0
	}
	n := uint8(bits.TrailingZeros32(p.avail))
	p.take(n)
	return n
}

// Row hands out the lowest n registers in a row, and returns the first.
func (p *Pool) Row(n int) uint8 {
	for first := range uint8(33 - n) {
		if row := uint32(1<<n-1) << first; p.avail&row == row {
			for i := range uint8(n) {
				p.take(first + i)
			}
			return first
		}
	}
	p.f.Fail("%s registers: out of registers: no %d in a row, %d are in use", p.kind, n, bits.OnesCount32(p.live))
	return 0
}

// Group hands out the lowest n registers in a row that begin at a multiple of
// n, and returns the first.
func (p *Pool) Group(n int) uint8 {
	for first := 0; first+n <= 32; first += n {
		if row := uint32(1<<n-1) << first; p.avail&row == row {
			for i := range n {
				p.take(uint8(first + i))
			}
			return uint8(first)
		}
	}
	p.f.Fail("%s registers: out of registers: no group of %d, %d are in use", p.kind, n, bits.OnesCount32(p.live))
	return 0
}

func (p *Pool) take(n uint8) {
	p.avail &^= 1 << n
	p.freed &^= 1 << n
	p.live |= 1 << n
	p.where[n] = p.f.file.where()
}

// Put takes back a register.
func (p *Pool) Put(n uint8) {
	if n > 31 || p.live&(1<<n) == 0 {
		p.f.Fail("%s%d: free of a register that is not allocated", p.prefix, n)
		return
	}
	p.live &^= 1 << n
	p.freed |= 1 << n
	p.avail |= 1 << n
}

// Use notes that an instruction names a register.
func (p *Pool) Use(n uint8) {
	if p.freed&(1<<n) != 0 {
		p.f.Fail("%s%d: used after being freed", p.prefix, n)
	}
	p.avail &^= 1 << n
}

// end fails for registers not freed, and says where they were allocated.
func (p *Pool) end() {
	var s []string
	for n := range p.where {
		if p.live&(1<<n) != 0 {
			s = append(s, fmt.Sprintf("%s%d (%s)", p.prefix, n, p.where[n]))
		}
	}
	if s != nil {
		p.f.Fail("registers not freed: %s", strings.Join(s, ", "))
	}
}
