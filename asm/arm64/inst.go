package arm64

import "math/bits"

// read checks a general source register.
func (f *Func) read(r Reg) {
	if r == ZR {
		return
	}
	if r > ZR {
		f.Fail("%v: not a general register", r)
		return
	}
	f.General.Use(uint8(r))
}

// readSP checks a source register where number 31 is RSP.
func (f *Func) readSP(r Reg) {
	switch r {
	case RSP:
	case ZR:
		f.Fail("ZR: not allowed here")
	default:
		f.read(r)
	}
}

// write checks a general destination register.
func (f *Func) write(r Reg) {
	if r.reserved() || r == ZR {
		f.Fail("%v: reserved register as destination", r)
		return
	}
	f.read(r)
}

// vecs checks vector registers.
func (f *Func) vecs(regs ...Vec) {
	f.Requires("ASIMD")
	for _, v := range regs {
		if v > V31 {
			f.Fail("%v: not a vector register", v)
			return
		}
		f.Vector.Use(uint8(v))
	}
}

// mem checks an address for one instruction that moves size bytes: scaled by
// size up to limit, or unscaled from -256 to 255.
func (f *Func) mem(op string, m Mem, size, limit int) {
	if m.kind == memSym {
		if m.room < size || m.off%size != 0 {
			f.Fail("%s %v: outside the local, or not aligned to %d", op, m, size)
		}
		return
	}
	f.readSP(m.base)
	if m.kind == memIndex {
		f.read(m.index)
		return
	}
	scaled := offset(m.off, 0, limit, size)
	if scaled != nil && (m.off < -256 || m.off > 255) {
		f.Fail("%s: %v, nor in -256..255", op, scaled)
	}
}

// operandError reports operands no form of op takes.
func (f *Func) operandError(op string, operands ...Operand) {
	f.Fail("%s %v: invalid operands", op, operands)
}

// MOVD moves 64 bits: register, immediate, address or memory to register, or
// register to memory. A wide immediate takes more than one instruction.
func (f *Func) MOVD(src, dst Operand) {
	switch d := dst.(type) {
	case Reg:
		switch s := src.(type) {
		case Reg:
			if s != RSP {
				f.read(s)
			}
		case Mem:
			f.mem("MOVD", s, 8, 32760)
		case Imm:
		case Addr:
			if s == (Addr{}) {
				f.operandError("MOVD", src, dst)
			}
		default:
			f.operandError("MOVD", src, dst)
		}
		f.write(d)
	case Mem:
		s, ok := src.(Reg)
		if !ok {
			f.operandError("MOVD", src, dst)
		}
		f.read(s)
		f.mem("MOVD", d, 8, 32760)
	default:
		f.operandError("MOVD", src, dst)
	}
	f.Inst("MOVD", src, dst)
}

// MOVBU loads 8 bits and clears the rest of d.
func (f *Func) MOVBU(m Mem, d Reg) {
	f.mem("MOVBU", m, 1, 4095)
	f.write(d)
	f.Inst("MOVBU", m, d)
}

// MOVWU loads 32 bits and clears the upper half of d.
func (f *Func) MOVWU(m Mem, d Reg) {
	f.mem("MOVWU", m, 4, 16380)
	f.write(d)
	f.Inst("MOVWU", m, d)
}

// ADD sets d = n + s; s is a Reg or an Imm of 12 bits, which may be shifted left by 12.
func (f *Func) ADD(s Operand, n, d Reg) { f.arith("ADD", s, n, d) }

// SUB sets d = n - s; s is as for ADD.
func (f *Func) SUB(s Operand, n, d Reg) { f.arith("SUB", s, n, d) }

// SUBS sets d = n - s and the flags; s is as for ADD.
func (f *Func) SUBS(s Operand, n, d Reg) { f.arith("SUBS", s, n, d) }

func (f *Func) arith(op string, s Operand, n, d Reg) {
	f.addend(op, s, n)
	f.write(d)
	f.Inst(op, s, n, d)
}

// CMP sets the flags of n - s, so BLT then branches if n < s; s is as for ADD.
func (f *Func) CMP(s Operand, n Reg) {
	f.addend("CMP", s, n)
	f.Inst("CMP", s, n)
}

func (f *Func) addend(op string, s Operand, n Reg) {
	switch s := s.(type) {
	case Reg:
		f.read(s)
		f.read(n)
	case Imm:
		if s&^0xfff != 0 && s&^0xfff000 != 0 {
			f.Fail("%s: immediate %d does not fit 12 bits, shifted by 0 or 12", op, s)
		}
		f.readSP(n)
	default:
		f.operandError(op, s, n)
	}
}

// AND sets d = n & s; s is a Reg or an Imm that is a bit mask: a run of ones,
// rotated and repeated.
func (f *Func) AND(s Operand, n, d Reg) {
	switch s := s.(type) {
	case Reg:
		f.read(s)
	case Imm:
		if !bitmask(uint64(s)) {
			f.Fail("AND: immediate %#x is not a bit mask", uint64(s))
		}
	default:
		f.operandError("AND", s, n, d)
	}
	f.read(n)
	f.write(d)
	f.Inst("AND", s, n, d)
}

// bitmask reports whether x is an immediate of the logical instructions.
func bitmask(x uint64) bool {
	period := 64
	for period > 2 && x == bits.RotateLeft64(x, period/2) {
		period /= 2
	}
	// One run of ones in each period makes two changes.
	return bits.OnesCount64(x^bits.RotateLeft64(x, 1)) == 2*64/period
}

// MUL sets d to n times m.
func (f *Func) MUL(m, n, d Reg) {
	f.read(m)
	f.read(n)
	f.write(d)
	f.Inst("MUL", m, n, d)
}

// LSL sets d = n << s, 1 <= s <= 63.
func (f *Func) LSL(s Imm, n, d Reg) { f.shift("LSL", s, n, d) }

// LSR sets d = n >> s, unsigned; s is an Imm, 1 <= s <= 63, or a Reg, taken modulo 64.
func (f *Func) LSR(s Operand, n, d Reg) { f.shift("LSR", s, n, d) }

func (f *Func) shift(op string, s Operand, n, d Reg) {
	switch s := s.(type) {
	case Reg:
		f.read(s)
	case Imm:
		if s < 1 || s > 63 {
			f.Fail("%s: shift %d not in 1..63", op, s)
		}
	default:
		f.operandError(op, s, n, d)
	}
	f.read(n)
	f.write(d)
	f.Inst(op, s, n, d)
}

// A Prefetch is a hint for PRFM.
type Prefetch string

// The prefetch hints.
const (
	PLDL1KEEP Prefetch = "PLDL1KEEP" // for loads, to level 1, to be kept
	PLDL1STRM Prefetch = "PLDL1STRM" // for loads, to level 1, used once
)

// PRFM prefetches memory at a base register plus a multiple of 8 up to 32760.
func (f *Func) PRFM(m Mem, hint Prefetch) {
	if hint != PLDL1KEEP && hint != PLDL1STRM {
		f.Fail("PRFM: unknown hint %q", hint)
	}
	if m.kind != memOffset {
		f.operandError("PRFM", m)
	} else if err := offset(m.off, 0, 32760, 8); err != nil {
		f.Fail("PRFM: %v", err)
	}
	f.readSP(m.base)
	f.Inst("PRFM", m, hint)
}

// B branches always.
func (f *Func) B(label string) { f.Branch("B", label) }

// BEQ branches if equal.
func (f *Func) BEQ(label string) { f.Branch("BEQ", label) }

// BNE branches if not equal.
func (f *Func) BNE(label string) { f.Branch("BNE", label) }

// BLT branches if less, signed.
func (f *Func) BLT(label string) { f.Branch("BLT", label) }

// BLE branches if less or equal, signed.
func (f *Func) BLE(label string) { f.Branch("BLE", label) }

// BGT branches if greater, signed.
func (f *Func) BGT(label string) { f.Branch("BGT", label) }

// BGE branches if greater or equal, signed.
func (f *Func) BGE(label string) { f.Branch("BGE", label) }

// BLO branches if lower, unsigned.
func (f *Func) BLO(label string) { f.Branch("BLO", label) }

// BLS branches if lower or the same, unsigned.
func (f *Func) BLS(label string) { f.Branch("BLS", label) }

// BHI branches if higher, unsigned.
func (f *Func) BHI(label string) { f.Branch("BHI", label) }

// BHS branches if higher or the same, unsigned.
func (f *Func) BHS(label string) { f.Branch("BHS", label) }

// CBZ branches if r is zero.
func (f *Func) CBZ(r Reg, label string) {
	f.read(r)
	f.Branch("CBZ", label, r)
}

// CBNZ branches if r is not zero.
func (f *Func) CBNZ(r Reg, label string) {
	f.read(r)
	f.Branch("CBNZ", label, r)
}

// TBZ branches if the given bit of r is zero.
func (f *Func) TBZ(bit Imm, r Reg, label string) { f.testBit("TBZ", bit, r, label) }

// TBNZ branches if the given bit of r is one.
func (f *Func) TBNZ(bit Imm, r Reg, label string) { f.testBit("TBNZ", bit, r, label) }

func (f *Func) testBit(op string, bit Imm, r Reg, label string) {
	if bit < 0 || bit > 63 {
		f.Fail("%s: bit %d not in 0..63", op, bit)
	}
	f.read(r)
	f.Branch(op, label, bit, r)
}

// RET returns.
func (f *Func) RET() { f.Inst("RET") }
