// Package neon speaks the kernels' vocabulary for NEON through package asm, and weaves the walk around them.
package neon

import (
	"github.com/mixblend/blend/asm"

	"github.com/mixblend/blend/gen/kernel"
)

const width = 16 // of a vector, in bytes

type speaker struct {
	*asm.Func
	c254 asm.Vec // 254 in every byte
}

func vec(r kernel.Reg) asm.Vec      { return r.(asm.Vec) }
func b16(r kernel.Reg) asm.View     { return vec(r).B16() }
func b8(r kernel.Reg) asm.View      { return vec(r).B8() }
func h8(r kernel.Reg) asm.View      { return vec(r).H8() }
func s4(r kernel.Reg) asm.View      { return vec(r).S4() }
func (s speaker) Temp() kernel.Reg  { return s.V() }
func (s speaker) Free(r kernel.Reg) { s.Func.Free(vec(r)) }

func (s speaker) MulF32(d, a, b kernel.Reg) { s.VFMULLane(0, vec(b), s4(a), s4(d)) }
func (s speaker) AddF32(d, a, b kernel.Reg) { s.VFADD(s4(b), s4(a), s4(d)) }

func (s speaker) SubWide(lo, hi, a, b kernel.Reg) {
	s.VUSUBL(b8(b), b8(a), h8(lo))
	s.VUSUBL2(b16(b), b16(a), h8(hi))
}

// MixU8 takes a and b as 16-bit lanes of which it mixes the lower half.
func (s speaker) MixU8(d, a, b kernel.Reg, c []kernel.Reg) {
	s.VUMULL(vec(c[0]).H4(), vec(a).H4(), s4(d))
	s.VUMLAL(vec(c[1]).H4(), vec(b).H4(), s4(d))
	s.VUCVTF(s4(d), s4(d))
}

// MixU8Upper mixes the upper half.
func (s speaker) MixU8Upper(d, a, b kernel.Reg, c []kernel.Reg) {
	s.VUMULL2(h8(c[0]), h8(a), s4(d))
	s.VUMLAL2(h8(c[1]), h8(b), s4(d))
	s.VUCVTF(s4(d), s4(d))
}

func (s speaker) MulRound16(d, a, b kernel.Reg) { s.VSQRDMULHLane(0, vec(b), h8(a), h8(d)) }
func (s speaker) Narrow(d, lo, hi kernel.Reg)   { s.VUZP1(b16(hi), b16(lo), b16(d)) }

func (s speaker) AddU8(d, a, b kernel.Reg)  { s.VADD(b16(b), b16(a), b16(d)) }
func (s speaker) AvgU8(d, a, b kernel.Reg)  { s.VURHADD(b16(b), b16(a), b16(d)) }
func (s speaker) And(d, a, b kernel.Reg)    { s.VAND(b16(b), b16(a), b16(d)) }
func (s speaker) AndNot(d, a, b kernel.Reg) { s.VBIC(b16(b), b16(a), b16(d)) }
func (s speaker) Xor(d, a, b kernel.Reg)    { s.VEOR(b16(b), b16(a), b16(d)) }

func (s speaker) ClearTies(d, a, b, tie, mask kernel.Reg) {
	s.Xor(a, a, b)
	s.Xor(a, a, tie)
	s.And(a, a, mask)
	s.VUQADD(b16(s.c254), b16(a), b16(a)) // 254 for a tie, else 255
	s.And(d, d, a)
}
