package arm64

import (
	"fmt"
	"slices"
)

// FMOVQ loads or stores 16 bytes: Mem to Vec or Vec to Mem.
func (f *Func) FMOVQ(src, dst Operand) {
	v, load := dst.(Vec)
	m, ok := src.(Mem)
	op := ldrQ
	if !load {
		op = strQ
		m, ok = dst.(Mem)
		if s, isVec := src.(Vec); isVec {
			v = s
		} else {
			ok = false
		}
	}
	if !ok {
		f.operandError("FMOVQ", src, dst)
		return
	}
	f.vecs(v)
	f.mem("FMOVQ", m, 16, 65520)
	switch {
	case m.kind == memIndex:
		f.Word(op.index(v, m.base, m.index))
	case load:
		f.Inst("FMOVQ", m, v.fp())
	default:
		f.Inst("FMOVQ", v.fp(), m)
	}
}

// FMOVS loads 4 bytes into the low end of a Vec and clears the rest, or stores them: Mem to Vec or Vec to Mem.
func (f *Func) FMOVS(src, dst Operand) { f.fmov("FMOVS", 4, 16380, src, dst) }

// FMOVD does so with 8 bytes.
func (f *Func) FMOVD(src, dst Operand) { f.fmov("FMOVD", 8, 32760, src, dst) }

func (f *Func) fmov(op string, size, limit int, src, dst Operand) {
	if v, ok := dst.(Vec); ok {
		if m, ok := src.(Mem); ok {
			f.vecs(v)
			f.mem(op, m, size, limit)
			f.Inst(op, m, v.fp())
			return
		}
	}
	if v, ok := src.(Vec); ok {
		if m, ok := dst.(Mem); ok {
			f.vecs(v)
			f.mem(op, m, size, limit)
			f.Inst(op, v.fp(), m)
			return
		}
	}
	f.operandError(op, src, dst)
}

// FLDPQ loads d and d2 from m, a base register plus a multiple of 16 from
// -1024 to 1008.
func (f *Func) FLDPQ(m Mem, d, d2 Vec) {
	f.pairMem("FLDPQ", m, d, d2)
	if d == d2 {
		f.Fail("FLDPQ: loads %v twice", d)
	}
	f.Inst("FLDPQ", m, fmt.Sprintf("(%s, %s)", d.fp(), d2.fp()))
}

// FSTPQ stores s and s2 to m, an address as for FLDPQ.
func (f *Func) FSTPQ(s, s2 Vec, m Mem) {
	f.pairMem("FSTPQ", m, s, s2)
	f.Inst("FSTPQ", fmt.Sprintf("(%s, %s)", s.fp(), s2.fp()), m)
}

// STNPD stores the low 8 bytes of s and s2 with a non-temporal hint to m, a base register plus a multiple of 8 from -512 to 504.
func (f *Func) STNPD(s, s2 Vec, m Mem) {
	f.pair("STNPD", m, 8, s, s2)
	f.Word(stnpD.pair(s, s2, m.base, m.off))
}

// STNPQ stores s and s2 with a non-temporal hint to m, an address as for FLDPQ.
func (f *Func) STNPQ(s, s2 Vec, m Mem) {
	f.pairMem("STNPQ", m, s, s2)
	f.Word(stnpQ.pair(s, s2, m.base, m.off))
}

func (f *Func) pairMem(op string, m Mem, regs ...Vec) { f.pair(op, m, 16, regs...) }

func (f *Func) pair(op string, m Mem, size int, regs ...Vec) {
	f.vecs(regs...)
	if m.kind != memOffset {
		f.operandError(op, m)
		return
	}
	f.readSP(m.base)
	if err := offset(m.off, -64*size, 63*size, size); err != nil {
		f.Fail("%s: %v", op, err)
	}
}

// VLD1 loads one to four consecutive registers from the base register m.
func (f *Func) VLD1(m Mem, d ...View) { f.Inst("VLD1", m, f.list("VLD1", m, d)) }

// VST1 stores one to four consecutive registers to the base register m.
func (f *Func) VST1(s []View, m Mem) { f.Inst("VST1", f.list("VST1", m, s), m) }

// VLD1R loads one lane from the base register m and repeats it across d.
func (f *Func) VLD1R(m Mem, d View) { f.Inst("VLD1R", m, f.list("VLD1R", m, []View{d})) }

// VTBL sets each byte of d to the byte of the table that the same byte of m names, or to 0 if there is none. The table is one to
// four consecutive registers.
func (f *Func) VTBL(m View, table []View, d View) {
	f.views("VTBL", byteArrs, m, d)
	for _, r := range table {
		if r.Arr != B16 {
			f.Fail("VTBL: %v: a table's registers are of 16 bytes", r)
		}
	}
	f.Inst("VTBL", m, f.registers("VTBL", table), d)
}

// list checks and prints a register list and its address, which has no offset.
func (f *Func) list(op string, m Mem, regs []View) string {
	if m.kind != memOffset || m.off != 0 {
		f.Fail("%s %v: the address must be a base register alone", op, m)
	}
	f.readSP(m.base)
	return f.registers(op, regs)
}

// registers checks and prints one to four consecutive registers.
func (f *Func) registers(op string, regs []View) string {
	if len(regs) < 1 || len(regs) > 4 {
		f.Fail("%s: %d registers", op, len(regs))
		return ""
	}
	s := "["
	for i, r := range regs {
		f.vecs(r.Vec)
		if r.Arr > D2 || r.Arr != regs[0].Arr || r.Vec != (regs[0].Vec+Vec(i))%32 {
			f.Fail("%s: %v: registers must be consecutive, of one arrangement", op, regs)
		}
		if i > 0 {
			s += ", "
		}
		s += r.String()
	}
	return s + "]"
}

// VDUP repeats the low bits of s across d.
func (f *Func) VDUP(s Reg, d View) {
	f.read(s)
	f.views("VDUP", all, d)
	f.Inst("VDUP", s, d)
}

// VMOVI sets every byte of d, a B8 or B16, to imm.
func (f *Func) VMOVI(imm Imm, d View) {
	if imm < 0 || imm > 255 {
		f.Fail("VMOVI: immediate %d not in 0..255", imm)
	}
	f.views("VMOVI", byteArrs, d)
	f.Inst("VMOVI", imm, d)
}

// Arrangements that groups of instructions take.
var (
	all      = []Arr{B8, B16, H4, H8, S2, S4, D2}
	byteArrs = []Arr{B8, B16}
)

// views checks registers that must share one of the arrangements in arrs.
func (f *Func) views(op string, arrs []Arr, regs ...View) {
	for _, r := range regs {
		f.vecs(r.Vec)
		if r.Arr != regs[0].Arr || !slices.Contains(arrs, r.Arr) {
			f.Fail("%s %v: invalid arrangement", op, regs)
			return
		}
	}
}

// same appends an instruction of three registers in Go's syntax.
func (f *Func) same(op string, arrs []Arr, m, n, d View) {
	f.views(op, arrs, m, n, d)
	f.Inst(op, m, n, d)
}

// VMOV copies s to d.
func (f *Func) VMOV(s, d View) {
	f.views("VMOV", byteArrs, s, d)
	f.Inst("VMOV", s, d)
}

// VADD sets d = n + m.
func (f *Func) VADD(m, n, d View) { f.same("VADD", all, m, n, d) }

// VSUB sets d = n - m.
func (f *Func) VSUB(m, n, d View) { f.same("VSUB", all, m, n, d) }

// VAND sets d = n & m.
func (f *Func) VAND(m, n, d View) { f.same("VAND", byteArrs, m, n, d) }

// VORR sets d = n | m.
func (f *Func) VORR(m, n, d View) { f.same("VORR", byteArrs, m, n, d) }

// VEOR sets d = n ^ m.
func (f *Func) VEOR(m, n, d View) { f.same("VEOR", byteArrs, m, n, d) }

// VBSL sets d = n where d has ones, m where it has zeros.
func (f *Func) VBSL(m, n, d View) { f.same("VBSL", byteArrs, m, n, d) }

// VBIT sets d = n where m has ones.
func (f *Func) VBIT(m, n, d View) { f.same("VBIT", byteArrs, m, n, d) }

// VBIF sets d = n where m has zeros.
func (f *Func) VBIF(m, n, d View) { f.same("VBIF", byteArrs, m, n, d) }

// VCMEQ sets lanes of d to ones where n == m, else to zeros.
func (f *Func) VCMEQ(m, n, d View) { f.same("VCMEQ", all, m, n, d) }

// VCMTST sets lanes of d to ones where n and m have a bit in common, else to zeros.
func (f *Func) VCMTST(m, n, d View) { f.same("VCMTST", all, m, n, d) }

// VUZP1 sets d to the even lanes of n, then of m.
func (f *Func) VUZP1(m, n, d View) { f.same("VUZP1", all, m, n, d) }

// VUZP2 sets d to the odd lanes of n, then of m.
func (f *Func) VUZP2(m, n, d View) { f.same("VUZP2", all, m, n, d) }

// VZIP1 interleaves the lower halves of n and m.
func (f *Func) VZIP1(m, n, d View) { f.same("VZIP1", all, m, n, d) }

// VZIP2 interleaves the upper halves of n and m.
func (f *Func) VZIP2(m, n, d View) { f.same("VZIP2", all, m, n, d) }

// VTRN1 interleaves the even lanes of n and m.
func (f *Func) VTRN1(m, n, d View) { f.same("VTRN1", all, m, n, d) }

// VTRN2 interleaves the odd lanes of n and m.
func (f *Func) VTRN2(m, n, d View) { f.same("VTRN2", all, m, n, d) }

// VSHL sets d = n << s, 0 <= s < lane width.
func (f *Func) VSHL(s Imm, n, d View) {
	f.views("VSHL", all, n, d)
	if w := n.Arr.lane(); s < 0 || int(s) >= w {
		f.Fail("VSHL: shift %d not in 0..%d", s, w-1)
	}
	f.Inst("VSHL", s, n, d)
}

// VUSHR sets d = n >> s, unsigned, 1 <= s <= lane width.
func (f *Func) VUSHR(s Imm, n, d View) {
	f.views("VUSHR", all, n, d)
	if w := n.Arr.lane(); s < 1 || int(s) > w {
		f.Fail("VUSHR: shift %d not in 1..%d", s, w)
	}
	f.Inst("VUSHR", s, n, d)
}

// VUXTL widens the lower half of n to d, unsigned: d.H8 from n.B8 and so on.
func (f *Func) VUXTL(n, d View) { f.extend("VUXTL", lowHalf, n, d) }

// VUXTL2 widens the upper half of n to d, unsigned: d.H8 from n.B16 and so on.
func (f *Func) VUXTL2(n, d View) { f.extend("VUXTL2", highHalf, n, d) }

// VUSHLL widens the lower half of n to d, unsigned, and shifts it left by s, 0 <= s < width of a lane of n.
func (f *Func) VUSHLL(s Imm, n, d View) { f.extendShift("VUSHLL", lowHalf, s, n, d) }

// VUSHLL2 widens the upper half of n to d, unsigned, and shifts it left by s, 0 <= s < width of a lane of n.
func (f *Func) VUSHLL2(s Imm, n, d View) { f.extendShift("VUSHLL2", highHalf, s, n, d) }

func (f *Func) extendShift(op string, from []Arr, s Imm, n, d View) {
	f.halves(op, from, n, d)
	if w := n.Arr.lane(); s < 0 || int(s) >= w {
		f.Fail("%s: shift %d not in 0..%d", op, s, w-1)
	}
	f.Inst(op, s, n, d)
}

func (f *Func) extend(op string, from []Arr, n, d View) {
	f.halves(op, from, n, d)
	f.Inst(op, n, d)
}

// halves checks the operands of what widens half of n.
func (f *Func) halves(op string, from []Arr, n, d View) {
	f.vecs(n.Vec, d.Vec)
	if !slices.Contains(from, n.Arr) || d.Arr != (enc{form: long}).dst(n.Arr) {
		f.Fail("%s %v, %v: invalid arrangement", op, n, d)
	}
}

// simd appends an instruction from encs, operands in Go's order. One without
// m passes n for it.
func (f *Func) simd(name string, m, n, d View, shift Imm) {
	f.encode(name, false, m, n, d, shift)
}

// byElement appends an instruction on a lane of m.
func (f *Func) byElement(name string, lane Imm, m Vec, n, d View) {
	f.encode(name, true, View{Vec: m}, n, d, lane)
}

func (f *Func) encode(name string, byElement bool, m, n, d View, shift Imm) {
	f.vecs(m.Vec, n.Vec, d.Vec)
	i := slices.IndexFunc(encs, func(e enc) bool { return e.name == name && (e.form == element) == byElement })
	if i < 0 {
		f.Fail("%s: no encoder", name)
		return
	}
	w, err := encs[i].word(d, n, m, int(shift))
	if err != nil {
		f.Fail("%s %v, %v: %v", name, n, d, err)
		return
	}
	f.Word(w, nil)
}

// VFADD sets d = n + m in float32, lanes S4.
func (f *Func) VFADD(m, n, d View) { f.simd("fadd", m, n, d, 0) }

// VFSUB sets d = n - m in float32, lanes S4.
func (f *Func) VFSUB(m, n, d View) { f.simd("fsub", m, n, d, 0) }

// VFMUL sets d = n * m in float32, lanes S4.
func (f *Func) VFMUL(m, n, d View) { f.simd("fmul", m, n, d, 0) }

// VSQRDMULH sets d to the rounded upper half of 2 * n * m, signed and
// saturating, lanes H8 or S4.
func (f *Func) VSQRDMULH(m, n, d View) { f.simd("sqrdmulh", m, n, d, 0) }

// VFMULLane sets d = n times one lane of m in float32, lanes S4.
func (f *Func) VFMULLane(lane Imm, m Vec, n, d View) { f.byElement("fmul", lane, m, n, d) }

// VSQRDMULHLane is VSQRDMULH with one lane of m for all of n's. For lanes H8, m
// is one of V0 to V15.
func (f *Func) VSQRDMULHLane(lane Imm, m Vec, n, d View) { f.byElement("sqrdmulh", lane, m, n, d) }

// VUQADD sets d = n + m, unsigned and saturating, lanes B16, H8, S4 or D2.
func (f *Func) VUQADD(m, n, d View) { f.simd("uqadd", m, n, d, 0) }

// VURHADD sets d = (n + m + 1) / 2, unsigned without overflow, lanes B16, H8 or S4.
func (f *Func) VURHADD(m, n, d View) { f.simd("urhadd", m, n, d, 0) }

// VMUL sets d = n * m, lanes B16, H8 or S4.
func (f *Func) VMUL(m, n, d View) { f.simd("mul", m, n, d, 0) }

// VCMHI sets lanes of d to ones where n > m, unsigned, lanes B16, H8, S4 or D2.
func (f *Func) VCMHI(m, n, d View) { f.simd("cmhi", m, n, d, 0) }

// VCMHS sets lanes of d to ones where n >= m, unsigned, lanes B16, H8, S4 or D2.
func (f *Func) VCMHS(m, n, d View) { f.simd("cmhs", m, n, d, 0) }

// VBIC sets d = n &^ m, lanes B16.
func (f *Func) VBIC(m, n, d View) { f.simd("bic", m, n, d, 0) }

// VUADDL sets d = n + m, widening the lower halves: d.H8 from B8 and so on.
func (f *Func) VUADDL(m, n, d View) { f.simd("uaddl", m, n, d, 0) }

// VUADDL2 sets d = n + m, widening the upper halves: d.H8 from B16 and so on.
func (f *Func) VUADDL2(m, n, d View) { f.simd("uaddl2", m, n, d, 0) }

// VUSUBL sets d = n - m, widening the lower halves: d.H8 from B8 and so on.
func (f *Func) VUSUBL(m, n, d View) { f.simd("usubl", m, n, d, 0) }

// VUSUBL2 sets d = n - m, widening the upper halves: d.H8 from B16 and so on.
func (f *Func) VUSUBL2(m, n, d View) { f.simd("usubl2", m, n, d, 0) }

// VUMULL sets d = n * m, widening the lower halves: d.H8 from B8 and so on.
func (f *Func) VUMULL(m, n, d View) { f.simd("umull", m, n, d, 0) }

// VUMULL2 sets d = n * m, widening the upper halves: d.H8 from B16 and so on.
func (f *Func) VUMULL2(m, n, d View) { f.simd("umull2", m, n, d, 0) }

// VUMLAL sets d += n * m, widening the lower halves: d.H8 from B8 and so on.
func (f *Func) VUMLAL(m, n, d View) { f.simd("umlal", m, n, d, 0) }

// VUMLAL2 sets d += n * m, widening the upper halves: d.H8 from B16 and so on.
func (f *Func) VUMLAL2(m, n, d View) { f.simd("umlal2", m, n, d, 0) }

// VXTN narrows n to the lower half of d and clears the upper: d.B8 from n.H8
// and so on.
func (f *Func) VXTN(n, d View) { f.simd("xtn", n, n, d, 0) }

// VXTN2 narrows n to the upper half of d and keeps the lower: d.B16 from n.H8
// and so on.
func (f *Func) VXTN2(n, d View) { f.simd("xtn2", n, n, d, 0) }

// VSCVTF converts int32 to float32, lanes S4.
func (f *Func) VSCVTF(n, d View) { f.simd("scvtf", n, n, d, 0) }

// VUCVTF converts uint32 to float32, lanes S4.
func (f *Func) VUCVTF(n, d View) { f.simd("ucvtf", n, n, d, 0) }

// VFCVTNS converts float32 to int32, rounding to nearest even, lanes S4.
func (f *Func) VFCVTNS(n, d View) { f.simd("fcvtns", n, n, d, 0) }

// VSSHR sets d = n >> s, signed, 1 <= s <= lane width, lanes B16, H8, S4 or D2.
func (f *Func) VSSHR(s Imm, n, d View) { f.simd("sshr", n, n, d, s) }

// VURSHR sets d = n >> s, unsigned, rounded half up, 1 <= s <= lane width.
func (f *Func) VURSHR(s Imm, n, d View) { f.simd("urshr", n, n, d, s) }

// VFCVTL widens the lower half of n from binary16 to float32: d.S4 from n.H4.
func (f *Func) VFCVTL(n, d View) { f.simd("fcvtl", n, n, d, 0) }

// VFCVTL2 widens the upper half: d.S4 from n.H8.
func (f *Func) VFCVTL2(n, d View) { f.simd("fcvtl2", n, n, d, 0) }

// VFCVTN rounds float32 to binary16 in the lower half of d, and clears the upper: d.H4 from n.S4.
func (f *Func) VFCVTN(n, d View) { f.simd("fcvtn", n, n, d, 0) }

// VFCVTN2 does so in the upper half of d, and keeps the lower: d.H8 from n.S4.
func (f *Func) VFCVTN2(n, d View) { f.simd("fcvtn2", n, n, d, 0) }
