package riscv64

// read checks general source registers.
func (f *Func) read(regs ...Reg) {
	for _, r := range regs {
		if r > X31 {
			f.Fail("%v: not a general register", r)
		} else if r != X0 {
			f.General.Use(uint8(r))
		}
	}
}

// write checks a general destination register.
func (f *Func) write(d Reg) {
	if d <= X31 && reserved>>d&1 != 0 {
		f.Fail("%v: reserved register as destination", d)
		return
	}
	f.read(d)
}

func (f *Func) float(r Float) {
	if r > 31 {
		f.Fail("%v: not a floating-point register", r)
		return
	}
	f.Float.Use(uint8(r))
}

// imm checks an immediate of 12 bits, signed: others take a register.
func (f *Func) imm(op string, i Imm) {
	if i < -2048 || i > 2047 {
		f.Fail("%s: immediate %d does not fit 12 bits", op, int64(i))
	}
}

func (f *Func) load(op string, m Mem) {
	f.imm(op, Imm(m.off))
	f.read(m.base)
}

// MOV sets d to a register, an immediate or 64 bits of memory. A wide immediate
// takes more than one instruction.
func (f *Func) MOV(s Operand, d Reg) {
	switch s := s.(type) {
	case Reg:
		f.read(s)
	case Mem:
		f.load("MOV", s)
	case Imm:
	default:
		f.Fail("MOV %v: invalid operand", s)
	}
	f.write(d)
	f.Inst("MOV", s, d)
}

// MOVBU loads 8 bits and clears the rest of d.
func (f *Func) MOVBU(m Mem, d Reg) { f.narrow("MOVBU", m, d) }

// MOVHU loads 16 bits and clears the rest of d.
func (f *Func) MOVHU(m Mem, d Reg) { f.narrow("MOVHU", m, d) }

func (f *Func) narrow(op string, m Mem, d Reg) {
	f.load(op, m)
	f.write(d)
	f.Inst(op, m, d)
}

// MOVF loads a float32.
func (f *Func) MOVF(m Mem, d Float) {
	f.load("MOVF", m)
	f.float(d)
	f.Inst("MOVF", m, d)
}

// FMVWX sets d to the float32 whose bits s has.
func (f *Func) FMVWX(s Reg, d Float) {
	f.read(s)
	f.float(d)
	f.Inst("FMVWX", s, d)
}

// ADD sets d = a + s; s is a Reg or an Imm of 12 bits.
func (f *Func) ADD(s Operand, a, d Reg) { f.arith("ADD", s, a, d) }

// SUB sets d = a - s.
func (f *Func) SUB(s, a, d Reg) { f.arith("SUB", s, a, d) }

// MUL sets d to the product of a and s.
func (f *Func) MUL(s, a, d Reg) { f.arith("MUL", s, a, d) }

// AND sets d to the bits of a and s; s is a Reg or an Imm of 12 bits.
func (f *Func) AND(s Operand, a, d Reg) { f.arith("AND", s, a, d) }

func (f *Func) arith(op string, s Operand, a, d Reg) {
	switch s := s.(type) {
	case Reg:
		f.read(s)
	case Imm:
		f.imm(op, s)
	default:
		f.Fail("%s %v: invalid operand", op, s)
	}
	f.read(a)
	f.write(d)
	f.Inst(op, s, a, d)
}

// SLL sets d = a << s, 1 <= s <= 63.
func (f *Func) SLL(s Imm, a, d Reg) { f.shift("SLL", s, a, d) }

// SRL sets d = a >> s, unsigned, 1 <= s <= 63.
func (f *Func) SRL(s Imm, a, d Reg) { f.shift("SRL", s, a, d) }

func (f *Func) shift(op string, s Imm, a, d Reg) {
	if s < 1 || s > 63 {
		f.Fail("%s: shift %d not in 1..63", op, int64(s))
	}
	f.read(a)
	f.write(d)
	f.Inst(op, s, a, d)
}

// JMP jumps always.
func (f *Func) JMP(label string) { f.Branch("JMP", label) }

// BEQ branches if a and b are equal.
func (f *Func) BEQ(a, b Reg, label string) { f.compare("BEQ", a, b, label) }

// BLT branches if a < b, signed.
func (f *Func) BLT(a, b Reg, label string) { f.compare("BLT", a, b, label) }

// BLTU branches if a < b, unsigned.
func (f *Func) BLTU(a, b Reg, label string) { f.compare("BLTU", a, b, label) }

func (f *Func) compare(op string, a, b Reg, label string) {
	f.read(a, b)
	f.Branch(op, label, a, b)
}

// BEQZ branches if a is zero.
func (f *Func) BEQZ(a Reg, label string) { f.test("BEQZ", a, label) }

// BNEZ branches if a is not zero.
func (f *Func) BNEZ(a Reg, label string) { f.test("BNEZ", a, label) }

// BLTZ branches if a is negative.
func (f *Func) BLTZ(a Reg, label string) { f.test("BLTZ", a, label) }

// BGEZ branches if a is not negative.
func (f *Func) BGEZ(a Reg, label string) { f.test("BGEZ", a, label) }

func (f *Func) test(op string, a Reg, label string) {
	f.read(a)
	f.Branch(op, label, a)
}

// RET returns.
func (f *Func) RET() { f.Inst("RET") }

// A Rounding is a mode of VSMUL, VAADD, VSSRL and VNCLIP.
type Rounding int

// The modes that there are names for.
const (
	HalfUp   Rounding = 0
	HalfEven Rounding = 1
)

// VXRM sets the rounding mode.
func (f *Func) VXRM(mode Rounding) {
	if mode != HalfUp && mode != HalfEven {
		f.Fail("VXRM: no mode %d", mode)
	}
	f.vector()
	f.Inst("CSRRWI", Imm(mode), "VXRM", X0)
}

// VTYPE sets d to what VSETVLI has set: it is negative if the CPU could not.
func (f *Func) VTYPE(d Reg) {
	f.vector()
	f.write(d)
	f.Inst("CSRRS", X0, "VTYPE", d)
}
