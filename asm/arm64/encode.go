package arm64

import (
	"fmt"
	"strings"

	"github.com/mixblend/blend/asm"
)

// A field is a value and its place in an instruction.
type field struct {
	name      string
	val       int
	lo, width uint
}

// pack ors fields into base and refuses a value that does not fit.
func pack(base uint32, fields ...field) (uint32, error) {
	for _, x := range fields {
		if x.val < 0 || x.val >= 1<<x.width {
			return 0, fmt.Errorf("field %s: %d does not fit %d bits", x.name, x.val, x.width)
		}
		base |= uint32(x.val) << x.lo
	}
	return base, nil
}

func vecField(name string, v Vec, lo uint) field { return field{name, int(v), lo, 5} }

// baseField encodes the base register of an address, where 31 is RSP.
func baseField(r Reg) field {
	n := int(r)
	if r == RSP {
		n = 31
	} else if r == ZR {
		n = -1
	}
	return field{"Rn", n, 5, 5}
}

// A form is a group of instructions that share a layout.
type form uint8

const (
	three   form = iota // d, n, m of one arrangement
	long                // d has lanes twice as wide as n and m
	two                 // d and n of one arrangement
	narrow              // d has lanes half as wide as n
	widen               // d has lanes twice as wide as n
	shift               // d and n of one arrangement, right shift
	element             // d and n of one arrangement, one lane of m
)

// An enc describes one instruction of the Advanced SIMD groups.
type enc struct {
	name      string
	form      form
	u, opcode int
	arrs      []Arr // arrangements of n
	size      int   // value of the size field, or -1 if arrs gives it
}

var (
	lanesBHS  = []Arr{B16, H8, S4}
	lanesBHSD = []Arr{B16, H8, S4, D2}
	lowHalf   = []Arr{B8, H4, S2}
	highHalf  = []Arr{B16, H8, S4}
	wide      = []Arr{H8, S4, D2}
)

var encs = []enc{
	{"fadd", three, 0, 0x1a, []Arr{S4}, 0},
	{"fsub", three, 0, 0x1a, []Arr{S4}, 2},
	{"fmul", three, 1, 0x1b, []Arr{S4}, 0},
	{"sqrdmulh", three, 1, 0x16, []Arr{H8, S4}, -1},
	{"uqadd", three, 1, 0x01, lanesBHSD, -1},
	{"urhadd", three, 1, 0x02, lanesBHS, -1},
	{"mul", three, 0, 0x13, lanesBHS, -1},
	{"cmhi", three, 1, 0x06, lanesBHSD, -1},
	{"cmhs", three, 1, 0x07, lanesBHSD, -1},
	{"bic", three, 0, 0x03, []Arr{B16}, 1},

	{"uaddl", long, 1, 0x0, lowHalf, -1},
	{"uaddl2", long, 1, 0x0, highHalf, -1},
	{"usubl", long, 1, 0x2, lowHalf, -1},
	{"usubl2", long, 1, 0x2, highHalf, -1},
	{"umlal", long, 1, 0x8, lowHalf, -1},
	{"umlal2", long, 1, 0x8, highHalf, -1},
	{"umull", long, 1, 0xc, lowHalf, -1},
	{"umull2", long, 1, 0xc, highHalf, -1},

	{"scvtf", two, 0, 0x1d, []Arr{S4}, 0},
	{"ucvtf", two, 1, 0x1d, []Arr{S4}, 0},
	{"fcvtns", two, 0, 0x1a, []Arr{S4}, 0},

	{"fcvtn", narrow, 0, 0x16, []Arr{S4}, 1},
	{"fcvtn2", narrow, 0, 0x16, []Arr{S4}, 1},
	{"fcvtl", widen, 0, 0x17, []Arr{H4}, 0},
	{"fcvtl2", widen, 0, 0x17, []Arr{H8}, 0},

	{"xtn", narrow, 0, 0x12, wide, -1},
	{"xtn2", narrow, 0, 0x12, wide, -1},

	{"sshr", shift, 0, 0x00, lanesBHSD, -1},
	{"urshr", shift, 1, 0x04, lanesBHSD, -1},

	{"fmul", element, 0, 0x9, []Arr{S4}, 2},
	{"sqrdmulh", element, 0, 0xd, []Arr{H8, S4}, -1},
}

// dst returns the arrangement e gives its destination when n has arrangement a.
func (e enc) dst(a Arr) Arr {
	switch e.form {
	case long, widen:
		return (a | 1) + 2
	case narrow:
		return a&^1 - 2 + Arr(e.second())
	}
	return a
}

// second is 1 for an instruction on the upper half, whose name ends in 2.
func (e enc) second() int {
	if strings.HasSuffix(e.name, "2") {
		return 1
	}
	return 0
}

// word encodes e. The operands are in GNU order; m is ignored by the forms
// without it, and sh by all but shift, where it is the shift, and element,
// where it is the lane of m.
func (e enc) word(d, n, m View, sh int) (asm.Word, error) {
	ok := false
	for _, a := range e.arrs {
		ok = ok || n.Arr == a
	}
	hasM := e.form == three || e.form == long
	if !ok || d.Arr != e.dst(n.Arr) || hasM && m.Arr != n.Arr {
		return asm.Word{}, fmt.Errorf("invalid arrangement")
	}
	q, size := int(n.Arr.q()), e.size
	if size < 0 {
		size = int(n.Arr.size())
	}
	rd, rn, rm := vecField("Rd", d.Vec, 0), vecField("Rn", n.Vec, 5), vecField("Rm", m.Vec, 16)
	u := field{"U", e.u, 29, 1}
	text := fmt.Sprintf("%s %s, %s", e.name, d.gnu(), n.gnu())
	var bits uint32
	var err error
	switch e.form {
	case three:
		// 0 Q U 01110 size:2 1 Rm:5 opcode:5 1 Rn:5 Rd:5
		bits, err = pack(0x0e200400, field{"Q", q, 30, 1}, u, field{"size", size, 22, 2},
			rm, field{"opcode", e.opcode, 11, 5}, rn, rd)
		text += ", " + m.gnu()
	case long:
		// 0 Q U 01110 size:2 1 Rm:5 opcode:4 00 Rn:5 Rd:5
		bits, err = pack(0x0e200000, field{"Q", e.second(), 30, 1}, u, field{"size", size, 22, 2},
			rm, field{"opcode", e.opcode, 12, 4}, rn, rd)
		text += ", " + m.gnu()
	case narrow, widen:
		q = e.second()
		if e.form == narrow {
			size--
		}
		fallthrough
	case two:
		// 0 Q U 01110 size:2 10000 opcode:5 10 Rn:5 Rd:5
		bits, err = pack(0x0e200800, field{"Q", q, 30, 1}, u, field{"size", size, 22, 2},
			field{"opcode", e.opcode, 12, 5}, rn, rd)
	case shift:
		// 0 Q U 011110 immh:4 immb:3 opcode:5 1 Rn:5 Rd:5
		// immh:immb is twice the lane width less the shift.
		w := n.Arr.lane()
		if sh < 1 || sh > w {
			return asm.Word{}, fmt.Errorf("shift %d not in 1..%d", sh, w)
		}
		bits, err = pack(0x0f000400, field{"Q", q, 30, 1}, u, field{"immh:immb", 2*w - sh, 16, 7},
			field{"opcode", e.opcode, 11, 5}, rn, rd)
		text += fmt.Sprintf(", #%d", sh)
	case element:
		// 0 Q U 01111 size:2 L M Rm:4 opcode:4 H 0 Rn:5 Rd:5
		// The lane is H:L:M for halfwords, whose m is one of V0 to V15; it is
		// H:L for words, and M the upper bit of m.
		lanes := 128 / n.Arr.lane()
		if sh < 0 || sh >= lanes {
			return asm.Word{}, fmt.Errorf("lane %d not in 0..%d", sh, lanes-1)
		}
		hlm, low, letter := sh, field{"Rm", int(m.Vec), 16, 4}, "h"
		if n.Arr == S4 {
			if m.Vec > V31 {
				return asm.Word{}, fmt.Errorf("field Rm: %d does not fit 5 bits", m.Vec)
			}
			hlm, low.val, letter = sh<<1|int(m.Vec)>>4, int(m.Vec)&15, "s"
		}
		bits, err = pack(0x0f000000, field{"Q", q, 30, 1}, u, field{"size", size, 22, 2}, field{"L:M", hlm & 3, 20, 2},
			low, field{"opcode", e.opcode, 12, 4}, field{"H", hlm >> 2, 11, 1}, rn, rd)
		text += fmt.Sprintf(", v%d.%s[%d]", uint8(m.Vec), letter, sh)
	}
	return asm.Word{Bits: bits, Text: text}, err
}

// A mem is a load or store of vector registers.
type mem struct {
	name string
	base uint32
	reg  byte // q or d
	size int
}

var (
	ldrQ  = mem{"ldr", 0x3ce06800, 'q', 16}
	strQ  = mem{"str", 0x3ca06800, 'q', 16}
	stnpQ = mem{"stnp", 0xac000000, 'q', 16}
	stnpD = mem{"stnp", 0x6c000000, 'd', 8}
)

// index encodes op Qt, [Xn, Xm].
//
//	00 111 1 00 1 L 1 Rm:5 option:3=011 S=0 10 Rn:5 Rt:5
func (e mem) index(t Vec, n, m Reg) (asm.Word, error) {
	bits, err := pack(e.base, field{"Rm", int(m), 16, 5}, baseField(n), vecField("Rt", t, 0))
	return asm.Word{Bits: bits, Text: fmt.Sprintf("%s q%d, [%s, %s]", e.name, uint8(t), n.gnu(), m.gnu())}, err
}

// pair encodes op Qt, Qt2, [Xn, #off].
//
//	10 101 1 000 0 imm7:7 Rt2:5 Rn:5 Rt:5
func (e mem) pair(t, t2 Vec, n Reg, off int) (asm.Word, error) {
	if err := offset(off, -64*e.size, 63*e.size, e.size); err != nil {
		return asm.Word{}, err
	}
	bits, err := pack(e.base, field{"imm7", off / e.size & 0x7f, 15, 7}, vecField("Rt2", t2, 10),
		baseField(n), vecField("Rt", t, 0))
	addr := n.gnu()
	if off != 0 {
		addr += fmt.Sprintf(", #%d", off)
	}
	return asm.Word{Bits: bits, Text: fmt.Sprintf("%s %c%d, %c%d, [%s]", e.name, e.reg, uint8(t), e.reg, uint8(t2), addr)}, err
}

// offset checks a scaled offset.
func offset(off, lo, hi, scale int) error {
	if off < lo || off > hi || off%scale != 0 {
		return fmt.Errorf("offset %d is not a multiple of %d in %d..%d", off, scale, lo, hi)
	}
	return nil
}

// Encodings returns what every encoder makes of a covering set of operands:
// each register field takes 0, 15, 16, 30 and 31 in every mixture, immediates
// their limits and values between, arrangements all they may. It is there to
// be compared with other assemblers and disassemblers.
func Encodings() ([]asm.Word, error) {
	var words []asm.Word
	var first error
	add := func(w asm.Word, err error) {
		if err != nil && first == nil {
			first = err
		}
		words = append(words, w)
	}
	regs := []uint8{0, 15, 16, 30, 31}
	for _, e := range encs {
		for _, a := range e.arrs {
			for _, d := range regs {
				for _, n := range regs {
					vd, vn := View{Vec(d), e.dst(a)}, View{Vec(n), a}
					switch e.form {
					case three, long:
						for _, m := range regs {
							add(e.word(vd, vn, View{Vec(m), a}, 0))
						}
					case two, narrow, widen:
						add(e.word(vd, vn, View{}, 0))
					case shift:
						for sh := 1; sh <= a.lane(); sh++ {
							add(e.word(vd, vn, View{}, sh))
						}
					case element:
						for _, m := range regs {
							for lane := 0; lane < 128/a.lane() && (a == S4 || m < 16); lane++ {
								add(e.word(vd, vn, View{Vec(m), a}, lane))
							}
						}
					}
				}
			}
		}
	}
	for _, t := range regs {
		for _, n := range regs {
			base := Reg(n)
			if n == 31 {
				base = RSP
			}
			for _, m := range regs {
				add(ldrQ.index(Vec(t), base, Reg(m)))
				add(strQ.index(Vec(t), base, Reg(m)))
				for _, off := range []int{-1024, -16, 0, 16, 32, 512, 1008} {
					add(stnpQ.pair(Vec(t), Vec(m), base, off))
					add(stnpD.pair(Vec(t), Vec(m), base, off/2))
				}
			}
		}
	}
	return words, first
}
