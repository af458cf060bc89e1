// Package x86 speaks the kernels' vocabulary for AVX2 and AVX-512 through avo, and weaves the walk around them.
package x86

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/mixblend/blend/gen/kernel"
)

// An ISA is one of the two widths of the same language.
type ISA struct {
	Name  string
	Width int // of a vector, in bytes
}

var (
	AVX2   = ISA{"AVX2", 32}
	AVX512 = ISA{"AVX512", 64}
)

func (i ISA) wide() bool { return i.Width == 64 }

type speaker struct {
	*build.Context
	ISA
	signs  kernel.Reg   // bytes 1, −1, 1, −1 …
	c254   kernel.Reg   // 254 in every byte
	even   kernel.Reg   // the bit matrix that clears the lowest bit of a byte
	consts []kernel.Reg // the kernel's

	round, lsb, one kernel.Reg // for bfloat16: 0x7fff, its lowest bit, 1
	words           kernel.Reg // a shuffle of the high words of all lanes

	spread kernel.Reg // for MixU8: the shuffle of the bytes of two registers to the words in turn
	bytes  operand.Op // the mask of the words' low bytes
	tail   operand.Op // in a tail: the mask
}

func (s *speaker) vec() reg.VecVirtual {
	if s.wide() {
		return s.ZMM()
	}
	return s.YMM()
}

func op(r kernel.Reg) operand.Op { return r.(operand.Op) }

func (s *speaker) Temp() kernel.Reg { return s.vec() }
func (s *speaker) Free(kernel.Reg)  {} // avo knows

func (s *speaker) MulF32(d, a, b kernel.Reg) { s.VMULPS(op(a), op(b), op(d)) }
func (s *speaker) AddF32(d, a, b kernel.Reg) { s.VADDPS(op(b), op(a), op(d)) }

func (s *speaker) SubWide(lo, hi, a, b kernel.Reg) {
	s.VPUNPCKLBW(op(b), op(a), op(lo))
	s.VPUNPCKHBW(op(b), op(a), op(hi))
	s.VPMADDUBSW(op(s.signs), op(lo), op(lo))
	s.VPMADDUBSW(op(s.signs), op(hi), op(hi))
}

// MixU8 takes a and b as memory, and leaves the bytes behind what a tail has alone.
func (s *speaker) MixU8(d, a, b kernel.Reg, c []kernel.Reg) {
	switch t := s.vec(); {
	case s.tail != nil:
		s.VPMOVZXBD_Z(op(a), s.tail, op(d))
		s.VPMOVZXBD_Z(op(b), s.tail, op(t))
		s.VPSLLD(operand.U8(16), op(t), op(t))
		s.VPORD(op(t), op(d), op(d))
	case s.wide():
		s.move(a, d.(reg.VecVirtual).AsX())
		s.move(b, t.AsX())
		s.VPERMT2B_Z(t, op(s.spread), s.bytes, op(d))
	default:
		x, y := s.XMM(), s.XMM()
		s.VMOVQ(op(a), x)
		s.VMOVQ(op(b), y)
		s.VPUNPCKLBW(y, x, x)
		s.VPMOVZXBW(x, op(d))
	}
	s.VPMADDWD(op(c[2]), op(d), op(d))
	s.VCVTDQ2PS(op(d), op(d))
}

func (s *speaker) MulRound16(d, a, b kernel.Reg) { s.VPMULHRSW(op(b), op(a), op(d)) }
func (s *speaker) Narrow(d, lo, hi kernel.Reg)   { s.VPACKSSWB(op(hi), op(lo), op(d)) }

func (s *speaker) AddU8(d, a, b kernel.Reg) { s.VPADDB(op(b), op(a), op(d)) }
func (s *speaker) AvgU8(d, a, b kernel.Reg) { s.VPAVGB(op(b), op(a), op(d)) }

func (s *speaker) And(d, a, b kernel.Reg) {
	if s.wide() {
		s.VPANDD(op(b), op(a), op(d))
	} else {
		s.VPAND(op(b), op(a), op(d))
	}
}

func (s *speaker) AndNot(d, a, b kernel.Reg) {
	if s.wide() {
		s.VPANDND(op(a), op(b), op(d))
	} else {
		s.VPANDN(op(a), op(b), op(d))
	}
}

func (s *speaker) Xor(d, a, b kernel.Reg) {
	if s.wide() {
		s.VPXORD(op(b), op(a), op(d))
	} else {
		s.VPXOR(op(b), op(a), op(d))
	}
}

func (s *speaker) ClearTies(d, a, b, tie, mask kernel.Reg) {
	if s.wide() {
		k := s.K()
		s.VPTERNLOGD(operand.U8(xor3), op(b), op(tie), op(a))
		s.VPTESTNMB(op(mask), op(a), k)
		s.VGF2P8AFFINEQB(operand.U8(0), op(s.even), op(d), k, op(d))
		return
	}
	s.VPXOR(op(b), op(a), op(a))
	s.VPXOR(op(tie), op(a), op(a))
	s.VPAND(op(mask), op(a), op(a))
	s.VPADDUSB(op(s.c254), op(a), op(a)) // 254 for a tie, else 255
	s.VPAND(op(a), op(d), op(d))
}

// xor3 is the truth table of the exclusive or of three.
const xor3 = 0x96

// raw is a register for so many bytes.
func (s *speaker) raw(bytes int) reg.VecVirtual {
	switch bytes {
	case 64:
		return s.ZMM()
	case 32:
		return s.YMM()
	}
	return s.XMM()
}

// move moves a vector, or a part of one, between registers and memory. AVX-512 has 32 registers, of any width, to choose from.
func (s *speaker) move(from, to kernel.Reg) {
	if s.wide() {
		s.VMOVDQU64(op(from), op(to))
	} else {
		s.VMOVDQU(op(from), op(to))
	}
}

// hoistBF16 sets what rounding takes.
func (s *speaker) hoistBF16(highWords operand.Mem) {
	s.round, s.lsb = s.vec(), s.vec()
	lsb := uint32(1)
	if s.wide() {
		lsb = 1 << 16
		s.words, s.one = s.vec(), s.vec()
		s.move(highWords, s.words)
		s.fill(s.one, 1)
	}
	s.fill(s.round, 0x7fff)
	s.fill(s.lsb, lsb)
}

// fill sets the 32-bit lanes of d.
func (s *speaker) fill(d kernel.Reg, v uint32) {
	t, x := s.GP32(), s.XMM()
	s.MOVL(operand.U32(v), t)
	s.VMOVD(t, x)
	s.VPBROADCASTD(x, op(d))
}

// hoistMixU8 sets what MixU8 takes.
func (s *speaker) hoistMixU8(spread operand.Mem) {
	if !s.wide() {
		return
	}
	s.spread = s.vec()
	s.move(spread, s.spread)
	even, k := s.GP64(), s.K()
	s.MOVQ(operand.U64(0x5555_5555_5555_5555), even)
	s.KMOVQ(even, k)
	s.bytes = k
}

// roundBF16 rounds float32 to bfloat16, half to even, in the high 16 bits of each lane. A NaN stays one: what the kernels round is
// a NaN only if a bfloat16 was, or if the CPU made it, and so has nothing in its low half that rounding could carry.
func (s *speaker) roundBF16(v kernel.Reg) {
	r := op(v)
	if s.wide() {
		odd := s.K()
		s.VPTESTMD(op(s.lsb), r, odd)
		s.VPADDD(op(s.round), r, r)
		s.VPADDD(op(s.one), r, odd, r)
		return
	}
	t := s.vec()
	s.VPSRLD(operand.U8(16), r, op(t))
	s.VPAND(op(s.lsb), op(t), op(t))
	s.VPADDD(op(s.round), op(t), op(t))
	s.VPADDD(op(t), r, r)
}
