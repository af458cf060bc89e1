package riscv64

import "fmt"

// A Type is how VSETVLI has registers taken.
type Type struct {
	Bits        int  // of an element: 8, 16 or 32
	Group       int  // registers that are one vector: 1, 2, 4 or 8
	Undisturbed bool // lanes that a mask leaves out stay as they are
}

// String returns the Go spelling.
func (t Type) String() string {
	masked := "MA"
	if t.Undisturbed {
		masked = "MU"
	}
	return fmt.Sprintf("E%d, M%d, TA, %s", t.Bits, t.Group, masked)
}

// vector notes an instruction of the V extension.
func (f *Func) vector() { f.Requires("V") }

// VSETVLI sets how registers are taken, and d to how many of n elements
// vectors hold: where n is X0 as many as they hold, or, where d is too, as many
// as before, of vectors of as many elements.
func (f *Func) VSETVLI(n Reg, t Type, d Reg) {
	f.vector()
	switch {
	case t.Bits != 8 && t.Bits != 16 && t.Bits != 32 || t.Group != 1 && t.Group != 2 && t.Group != 4 && t.Group != 8:
		f.Fail("VSETVLI: no type %v", t)
	case n == X0 && d == X0 && (f.is.Group == 0 || t.Bits*f.is.Group != f.is.Bits*t.Group):
		f.Fail("VSETVLI: %v has other lanes than %v", t, f.is)
	}
	f.read(n)
	if d != X0 {
		f.write(d)
	}
	f.is = t
	f.Inst("VSETVLI", n, t, d)
}

// groups checks groups of registers whose elements have so many times the bits
// that VSETVLI has set; twice is negative for half of them, -4 for a quarter.
func (f *Func) group(op string, v Vec, times int) (registers int) {
	f.vector()
	registers = f.is.Group
	switch {
	case registers == 0:
		f.Fail("%s: after a label VSETVLI comes first", op)
		return 1
	case times < 0:
		registers /= -times
	default:
		registers *= times
	}
	if registers < 1 || registers > 8 || int(v)%registers != 0 || int(v)+registers > 32 {
		f.Fail("%s %v: not the first of a group of %d/%d registers", op, v, f.is.Group*max(times, 1), max(-times, 1))
		return 1
	}
	for i := range registers {
		f.Vector.Use(uint8(v) + uint8(i))
	}
	return registers
}

// apart checks that a group which is read is apart from the one written, or at
// the one place in it where it may be.
func (f *Func) apart(op string, d Vec, dn int, v Vec, vn int, but Vec) {
	if v < d+Vec(dn) && d < v+Vec(vn) && v != but {
		f.Fail("%s: %v overlaps %v", op, v, d)
	}
}

// scalar checks what stands for all elements.
func (f *Func) scalar(op string, s Operand, signed bool) {
	low, high := Imm(0), Imm(31)
	if signed {
		low, high = -16, 15
	}
	switch s := s.(type) {
	case Reg:
		f.read(s)
	case Float:
		f.float(s)
	case Imm:
		if s < low || s > high {
			f.Fail("%s: immediate %d not in %d..%d", op, int64(s), int64(low), int64(high))
		}
	}
}

// vv is d = a op b.
func (f *Func) vv(op string, b, a, d Vec) {
	for _, v := range []Vec{b, a, d} {
		f.group(op, v, 1)
	}
	f.Inst(op, b, a, d)
}

// vs is d = a op s, s a Reg, Float or Imm.
func (f *Func) vs(op string, s Operand, a, d Vec) {
	f.group(op, a, 1)
	f.group(op, d, 1)
	f.scalar(op, s, op != "VSLLVI" && op != "VSRLVI")
	f.Inst(op, s, a, d)
}

// one is d = op a.
func (f *Func) one(op string, a, d Vec) {
	f.group(op, a, 1)
	f.group(op, d, 1)
	f.Inst(op, a, d)
}

// wide checks a destination of twice the bits.
func (f *Func) wide(op string, d Vec, from ...Vec) {
	n := f.group(op, d, 2)
	for _, v := range from {
		f.apart(op, d, n, v, f.group(op, v, 1), d+Vec(n/2))
	}
}

// narrowed is d = a op s, with a of twice the bits.
func (f *Func) narrowed(op string, s Imm, a, d Vec) {
	n := f.group(op, d, 1)
	f.apart(op, d, n, a, f.group(op, a, 2), d)
	f.scalar(op, s, false)
	f.Inst(op, s, a, d)
}

// extended is d = op a, with a of so many times fewer bits.
func (f *Func) extended(op string, times int, a, d Vec) {
	n := f.group(op, d, 1)
	m := f.group(op, a, -times)
	f.apart(op, d, n, a, m, d+Vec(n-m))
	f.Inst(op, a, d)
}

// memory checks a load or store of elements of so many bits.
func (f *Func) memory(op string, bits int, m Mem, v Vec) (registers int) {
	if m.off != 0 {
		f.Fail("%s: offset %d, which vectors do not have", op, m.off)
	}
	f.read(m.base)
	switch {
	case bits == f.is.Bits:
		return f.group(op, v, 1)
	case bits < f.is.Bits:
		return f.group(op, v, -f.is.Bits/bits)
	default:
		return f.group(op, v, bits/max(f.is.Bits, 8))
	}
}

// VLE8V loads bytes.
func (f *Func) VLE8V(m Mem, d Vec) { f.memory("VLE8V", 8, m, d); f.Inst("VLE8V", m, d) }

// VLE16V loads elements of 16 bits.
func (f *Func) VLE16V(m Mem, d Vec) { f.memory("VLE16V", 16, m, d); f.Inst("VLE16V", m, d) }

// VLE32V loads elements of 32 bits.
func (f *Func) VLE32V(m Mem, d Vec) { f.memory("VLE32V", 32, m, d); f.Inst("VLE32V", m, d) }

// VLE16VMask loads elements of 16 bits where the mask V0 is set.
func (f *Func) VLE16VMask(m Mem, d Vec) { f.loadMasked("VLE16V", 16, m, d) }

// VLE32VMask loads elements of 32 bits where the mask V0 is set.
func (f *Func) VLE32VMask(m Mem, d Vec) { f.loadMasked("VLE32V", 32, m, d) }

func (f *Func) loadMasked(op string, bits int, m Mem, d Vec) {
	f.masked(op, d, f.memory(op, bits, m, d))
	f.Inst(op, m, V0, d)
}

// masked checks a group that is written where V0 is set.
func (f *Func) masked(op string, d Vec, n int) {
	if !f.is.Undisturbed {
		f.Fail("%s: what V0 leaves out would not be as it was", op)
	}
	f.apart(op, V0, 1, d, n, 32)
}

// VLMV loads a mask, a bit an element.
func (f *Func) VLMV(m Mem, d Vec) {
	f.vector()
	if m.off != 0 {
		f.Fail("VLMV: offset %d, which vectors do not have", m.off)
	}
	if f.is.Group == 0 {
		f.Fail("VLMV: after a label VSETVLI comes first")
	}
	f.read(m.base)
	f.Vector.Use(uint8(d))
	f.Inst("VLMV", m, d)
}

// VLSE8V loads bytes that are so many apart.
func (f *Func) VLSE8V(m Mem, apart Reg, d Vec) {
	f.memory("VLSE8V", 8, m, d)
	f.read(apart)
	f.Inst("VLSE8V", m, apart, d)
}

// VSE8V stores bytes.
func (f *Func) VSE8V(v Vec, m Mem) { f.memory("VSE8V", 8, m, v); f.Inst("VSE8V", v, m) }

// VSE16V stores elements of 16 bits.
func (f *Func) VSE16V(v Vec, m Mem) { f.memory("VSE16V", 16, m, v); f.Inst("VSE16V", v, m) }

// VSE32V stores elements of 32 bits.
func (f *Func) VSE32V(v Vec, m Mem) { f.memory("VSE32V", 32, m, v); f.Inst("VSE32V", v, m) }

// Floating point.

// VFMULVV sets d to a times b.
func (f *Func) VFMULVV(b, a, d Vec) { f.vv("VFMULVV", b, a, d) }

// VFMULVF sets d to a times s.
func (f *Func) VFMULVF(s Float, a, d Vec) { f.vs("VFMULVF", s, a, d) }

// VFADDVV sets d to a plus b.
func (f *Func) VFADDVV(b, a, d Vec) { f.vv("VFADDVV", b, a, d) }

// VFADDVF sets d to a plus s.
func (f *Func) VFADDVF(s Float, a, d Vec) { f.vs("VFADDVF", s, a, d) }

// VFSUBVV sets d to a minus b.
func (f *Func) VFSUBVV(b, a, d Vec) { f.vv("VFSUBVV", b, a, d) }

// VFRSUBVF sets d to s minus a.
func (f *Func) VFRSUBVF(s Float, a, d Vec) { f.vs("VFRSUBVF", s, a, d) }

// VFMINVF sets d to the lesser of a and s, to s where a is no number.
func (f *Func) VFMINVF(s Float, a, d Vec) { f.vs("VFMINVF", s, a, d) }

// VFABSV clears signs.
func (f *Func) VFABSV(a, d Vec) { f.one("VFABSV", a, d) }

// VFSGNJVV sets d to a with the signs of b.
func (f *Func) VFSGNJVV(b, a, d Vec) { f.vv("VFSGNJVV", b, a, d) }

// VFCVTFXUV converts unsigned integers.
func (f *Func) VFCVTFXUV(a, d Vec) { f.one("VFCVTFXUV", a, d) }

// VMFNEVV sets the mask d to where a and b are not equal, or not numbers.
func (f *Func) VMFNEVV(b, a, d Vec) {
	f.group("VMFNEVV", b, 1)
	f.mask("VMFNEVV", a, d)
	f.Inst("VMFNEVV", b, a, d)
}

// mask checks a destination of a bit an element, and the group compared.
func (f *Func) mask(op string, a, d Vec) {
	f.Vector.Use(uint8(d))
	f.apart(op, d, 1, a, f.group(op, a, 1), d)
}

// Integers.

// VADDVV sets d to a plus b.
func (f *Func) VADDVV(b, a, d Vec) { f.vv("VADDVV", b, a, d) }

// VADDVX sets d to a plus s.
func (f *Func) VADDVX(s Reg, a, d Vec) { f.vs("VADDVX", s, a, d) }

// VSUBVV sets d to a minus b.
func (f *Func) VSUBVV(b, a, d Vec) { f.vv("VSUBVV", b, a, d) }

// VAADDUVV sets d to half the sum of a and b, unsigned, rounded as VXRM says.
func (f *Func) VAADDUVV(b, a, d Vec) { f.vv("VAADDUVV", b, a, d) }

// VSMULVX sets d to a times s over half of what elements hold, signed, rounded
// as VXRM says.
func (f *Func) VSMULVX(s Reg, a, d Vec) { f.vs("VSMULVX", s, a, d) }

// VMULVV sets d to a times b.
func (f *Func) VMULVV(b, a, d Vec) { f.vv("VMULVV", b, a, d) }

// VMULHUVX sets d to the upper half of a times s, unsigned.
func (f *Func) VMULHUVX(s Reg, a, d Vec) { f.vs("VMULHUVX", s, a, d) }

// VMACCVX adds a times s to d.
func (f *Func) VMACCVX(a Vec, s Reg, d Vec) {
	f.group("VMACCVX", a, 1)
	f.group("VMACCVX", d, 1)
	f.read(s)
	f.Inst("VMACCVX", a, s, d)
}

// VANDVX sets d to the bits of a and s.
func (f *Func) VANDVX(s Reg, a, d Vec) { f.vs("VANDVX", s, a, d) }

// VORVV sets d to the bits of a or b.
func (f *Func) VORVV(b, a, d Vec) { f.vv("VORVV", b, a, d) }

// VORVXMask sets d to the bits of a or s where the mask V0 is set.
func (f *Func) VORVXMask(s Reg, a, d Vec) {
	f.group("VORVX", a, 1)
	f.masked("VORVX", d, f.group("VORVX", d, 1))
	f.read(s)
	f.Inst("VORVX", s, a, V0, d)
}

// VMERGEVVM sets d to b where the mask V0 is set, and to a where it is not.
func (f *Func) VMERGEVVM(b, a, d Vec) {
	for _, v := range []Vec{b, a} {
		f.group("VMERGEVVM", v, 1)
	}
	f.apart("VMERGEVVM", V0, 1, d, f.group("VMERGEVVM", d, 1), 32)
	f.Inst("VMERGEVVM", b, a, V0, d)
}

// VNOTV inverts bits.
func (f *Func) VNOTV(a, d Vec) { f.one("VNOTV", a, d) }

// VMAXUVX sets d to the greater of a and s, unsigned.
func (f *Func) VMAXUVX(s Reg, a, d Vec) { f.vs("VMAXUVX", s, a, d) }

// VMSGTUVX sets the mask d to where a is greater than s, unsigned.
func (f *Func) VMSGTUVX(s Reg, a, d Vec) {
	f.mask("VMSGTUVX", a, d)
	f.read(s)
	f.Inst("VMSGTUVX", s, a, d)
}

// VMSEQVI sets the mask d to where a is s.
func (f *Func) VMSEQVI(s Imm, a, d Vec) {
	f.mask("VMSEQVI", a, d)
	f.scalar("VMSEQVI", s, true)
	f.Inst("VMSEQVI", s, a, d)
}

// VSLLVI sets d to a shifted left.
func (f *Func) VSLLVI(s Imm, a, d Vec) { f.vs("VSLLVI", s, a, d) }

// VSRLVI sets d to a shifted right, unsigned.
func (f *Func) VSRLVI(s Imm, a, d Vec) { f.vs("VSRLVI", s, a, d) }

// Integers of two widths.

// VWSUBUVV sets d, of twice the bits, to a minus b, unsigned.
func (f *Func) VWSUBUVV(b, a, d Vec) { f.wide("VWSUBUVV", d, a, b); f.Inst("VWSUBUVV", b, a, d) }

// VWMULUVV sets d, of twice the bits, to a times b, unsigned.
func (f *Func) VWMULUVV(b, a, d Vec) { f.wide("VWMULUVV", d, a, b); f.Inst("VWMULUVV", b, a, d) }

// VWMULUVX sets d, of twice the bits, to a times s, unsigned.
func (f *Func) VWMULUVX(s Reg, a, d Vec) {
	f.wide("VWMULUVX", d, a)
	f.read(s)
	f.Inst("VWMULUVX", s, a, d)
}

// VWMACCUVV adds a times b to d, of twice the bits, unsigned.
func (f *Func) VWMACCUVV(a, b, d Vec) { f.wide("VWMACCUVV", d, a, b); f.Inst("VWMACCUVV", a, b, d) }

// VWMACCUVX adds a times s to d, of twice the bits, unsigned.
func (f *Func) VWMACCUVX(a Vec, s Reg, d Vec) {
	f.wide("VWMACCUVX", d, a)
	f.read(s)
	f.Inst("VWMACCUVX", a, s, d)
}

// VNCVTXXW sets d to the lower halves of a, of twice the bits.
func (f *Func) VNCVTXXW(a, d Vec) {
	n := f.group("VNCVTXXW", d, 1)
	f.apart("VNCVTXXW", d, n, a, f.group("VNCVTXXW", a, 2), d)
	f.Inst("VNCVTXXW", a, d)
}

// VNSRLWI sets d to a, of twice the bits, shifted right.
func (f *Func) VNSRLWI(s Imm, a, d Vec) { f.narrowed("VNSRLWI", s, a, d) }

// VNCLIPUWI does so rounded as VXRM says, to the greatest where it is too
// great, unsigned.
func (f *Func) VNCLIPUWI(s Imm, a, d Vec) { f.narrowed("VNCLIPUWI", s, a, d) }

// VZEXTVF2 sets d to a, of half the bits, unsigned.
func (f *Func) VZEXTVF2(a, d Vec) { f.extended("VZEXTVF2", 2, a, d) }

// VZEXTVF4 sets d to a, of a quarter of the bits, unsigned.
func (f *Func) VZEXTVF4(a, d Vec) { f.extended("VZEXTVF4", 4, a, d) }

// VSEXTVF2 sets d to a, of half the bits, signed.
func (f *Func) VSEXTVF2(a, d Vec) { f.extended("VSEXTVF2", 2, a, d) }
