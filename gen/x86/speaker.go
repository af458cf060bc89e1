// Package x86 speaks the kernels' vocabulary for AVX2 and AVX-512 through avo, and weaves the walk around them.
package x86

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
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

	mixU8
}

// mixU8 is what MixU8 takes.
type mixU8 struct {
	apart        int        // bytes from one column to the next
	tail         operand.Op // in a tail: the mask of the bytes to read
	spread       kernel.Reg // AVX-512: the shuffle of the bytes of two registers to the words in turn
	low, all     operand.Op // and the masks of the words' low bytes, and of the bytes of a vector's columns
	own, partner kernel.Reg // AVX2: the shuffles of bytes to the low, and to the high words
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

// MixU8 takes a and b as memory, and reads nothing but what is between the first column and the last.
func (s *speaker) MixU8(d, a, b kernel.Reg, c []kernel.Reg) {
	switch t := s.vec(); {
	case s.wide():
		s.loadBytes(a, d.(reg.VecVirtual))
		s.loadBytes(b, t)
		s.VPERMT2B_Z(t, op(s.spread), s.low, op(d))
	case s.apart == 1:
		x, y := s.XMM(), s.XMM()
		s.VMOVQ(op(a), x)
		s.VMOVQ(op(b), y)
		s.VPUNPCKLBW(y, x, x)
		s.VPMOVZXBW(x, op(d))
	default:
		s.loadHalves(a, d.(reg.VecVirtual))
		s.loadHalves(b, t)
		s.VPSHUFB(op(s.own), op(d), op(d))
		s.VPSHUFB(op(s.partner), t, t)
		s.VPOR(t, op(d), op(d))
	}
	s.VPMADDWD(op(c[2]), op(d), op(d))
	s.VCVTDQ2PS(op(d), op(d))
}

// loadBytes loads the bytes of 16 columns.
func (s *speaker) loadBytes(m kernel.Reg, v reg.VecVirtual) {
	switch {
	case s.tail != nil:
		s.VMOVDQU8_Z(op(m), s.tail, v)
	case s.apart == 1:
		s.move(m, v.AsX())
	default:
		s.VMOVDQU8_Z(op(m), s.all, v)
	}
}

// loadHalves loads the bytes of the first four of eight columns to the lower half of v, and those of the others to the upper.
func (s *speaker) loadHalves(m kernel.Reg, v reg.VecVirtual) {
	lower, upper := m.(operand.Mem), m.(operand.Mem)
	size, at := halves(s.apart)
	upper.Disp += at
	// The whole register is written, or avo would take it for used before.
	if size == 16 {
		s.VBROADCASTI128(lower, v)
		s.VINSERTI128(operand.U8(1), upper, v, v)
		return
	}
	t := s.YMM()
	s.VPBROADCASTQ(lower, v)
	s.VPBROADCASTQ(upper, t)
	s.VPBLENDD(operand.U8(0xf0), t, v, v)
}

// halves returns how many bytes loadHalves loads at a time, and where the second load begins: it ends with the last column.
func halves(apart int) (size, at int) {
	n := 7*apart + 1
	if n < 16 {
		return 8, n - 8
	}
	return 16, n - 16
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

// hoistMixU8 sets what MixU8 takes, but for tails.
func (s *speaker) hoistMixU8(shuffles map[string]operand.Mem, apart int) {
	s.mixU8 = mixU8{apart: apart}
	shuffle := func(name string) kernel.Reg {
		v := s.vec()
		s.move(shuffles[fmt.Sprintf("%s%d", name, apart)], v)
		return v
	}
	mask := func(bits uint64) operand.Op {
		r, k := s.GP64(), s.K()
		s.MOVQ(operand.U64(bits), r)
		s.KMOVQ(r, k)
		return k
	}
	switch {
	case s.wide():
		s.spread, s.low = shuffle("spread"), mask(0x5555_5555_5555_5555)
		if apart > 1 {
			s.all = mask(1<<(15*apart+1) - 1)
		}
	case apart > 1:
		s.own, s.partner = shuffle("own"), shuffle("partner")
	}
}

// shufflesU8 makes the constants of hoistMixU8.
func shufflesU8(c *build.Context) map[string]operand.Mem {
	all := map[string]operand.Mem{}
	make := func(name string, lanes int, f func(lane int) uint32) {
		all[name] = c.StaticGlobal(name)
		c.DataAttributes(attr.RODATA | attr.NOPTR)
		for i := range lanes {
			c.AppendDatum(operand.U32(f(i)))
		}
	}
	for apart := 1; apart <= 4; apart++ {
		make(fmt.Sprintf("spread%d", apart), 16, func(i int) uint32 { return uint32(i*apart | (64+i*apart)<<16) })
		if apart == 1 {
			continue
		}
		_, at := halves(apart)
		from := func(i int) uint32 { return uint32(i*apart - i/4*at) }
		make(fmt.Sprintf("own%d", apart), 8, func(i int) uint32 { return from(i) | 0x8080_8000 })
		make(fmt.Sprintf("partner%d", apart), 8, func(i int) uint32 { return from(i)<<16 | 0x8000_8080 })
	}
	return all
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
