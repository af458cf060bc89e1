package neon

import (
	"github.com/mixblend/blend/asm/arm64"

	"github.com/mixblend/blend/gen/kernel"
)

func vec(v kernel.Vec) arm64.Vec       { return v.Reg.(arm64.Vec) }
func b16(v kernel.Vec) arm64.View      { return vec(v).B16() }
func b8(v kernel.Vec) arm64.View       { return vec(v).B8() }
func h8(v kernel.Vec) arm64.View       { return vec(v).H8() }
func s4(v kernel.Vec) arm64.View       { return vec(v).S4() }
func factor(f kernel.Factor) arm64.Vec { return f.Reg.(arm64.Vec) }

func (m *machine) Temp() kernel.Vec { return kernel.Vec{Reg: m.V()} }

func (m *machine) Free(v kernel.Vec) {
	if m.beside {
		m.later = append(m.later, vec(v))
	} else {
		m.Func.Free(vec(v))
	}
}

func (m *machine) ScaleF32(d, a kernel.Vec, by kernel.Factor) {
	m.VFMULLane(0, factor(by), s4(a), s4(d))
}
func (m *machine) MulF32(d, a, b kernel.Vec) { m.VFMUL(s4(b), s4(a), s4(d)) }
func (m *machine) AddF32(d, a, b kernel.Vec) { m.VFADD(s4(b), s4(a), s4(d)) }
func (m *machine) SubF32(d, a, b kernel.Vec) { m.VFSUB(s4(b), s4(a), s4(d)) }

func (m *machine) MixU8(d, own, partner kernel.Vec, w kernel.Weights) {
	l, r := vec(w.Reg.(weights)[0]), vec(w.Reg.(weights)[1])
	if x, ok := own.Reg.(upper); ok {
		m.VUMULL2(l.H8(), x.H8(), s4(d))
		m.Join()
		m.VUMLAL2(r.H8(), partner.Reg.(upper).H8(), s4(d))
	} else {
		m.VUMULL(l.H4(), vec(own).H4(), s4(d))
		m.Join()
		m.VUMLAL(r.H4(), vec(partner).H4(), s4(d))
	}
	m.Join()
	m.VUCVTF(s4(d), s4(d))
}

func (m *machine) LerpU8(d, b, other kernel.Vec, by kernel.Factor) {
	kernel.LerpHalves(m, d, b, other, by)
}

func (m *machine) SubWide(lo, hi, a, b kernel.Vec) {
	m.VUSUBL(b8(b), b8(a), h8(lo))
	m.VUSUBL2(b16(b), b16(a), h8(hi))
}

func (m *machine) MulRound16(d, a kernel.Vec, by kernel.Factor) {
	m.VSQRDMULHLane(0, factor(by), h8(a), h8(d))
}
func (m *machine) Narrow(d, lo, hi kernel.Vec) { m.VUZP1(b16(hi), b16(lo), b16(d)) }
func (m *machine) AddU8(d, a, b kernel.Vec)    { m.VADD(b16(b), b16(a), b16(d)) }

func (m *machine) LerpEvenU8(d, b, other kernel.Vec, by kernel.Factor, mask, tie kernel.Vec) {
	kernel.LerpEvenHalves(m, d, b, other, by, mask, tie, m.c254)
}

// MaskU8 divides by 255 as (v + (v+128)/256 + 128) / 256.
func (m *machine) MaskU8(d, own, partner, mask kernel.Vec) {
	rest, hi := m.Temp(), m.Temp()
	defer m.Free(rest)
	defer m.Free(hi)
	m.Xor(rest, mask, m.c255)
	m.VUMULL(b8(mask), b8(own), h8(d))
	m.VUMULL2(b16(mask), b16(own), h8(hi))
	m.VUMLAL(b8(rest), b8(partner), h8(d))
	m.VUMLAL2(b16(rest), b16(partner), h8(hi))
	for _, v := range []kernel.Vec{d, hi} {
		m.VURSHR(8, h8(v), h8(rest))
		m.VADD(h8(rest), h8(v), h8(v))
		m.VURSHR(8, h8(v), h8(v))
	}
	m.Narrow(d, d, hi)
}

func (m *machine) SelectU8(d, own, partner, mask kernel.Vec) {
	m.VORR(b16(mask), b16(mask), b16(d))
	m.VBSL(b16(partner), b16(own), b16(d))
}

func (m *machine) MaskMixU8(d, own, partner, mask kernel.Vec) {
	rest := m.Temp()
	defer m.Free(rest)
	t := vec(rest)
	if x, ok := own.Reg.(upper); ok {
		by := mask.Reg.(upper)
		m.VEOR(by.B16(), vec(m.c255).B16(), t.B16())
		m.VUMULL2(by.H8(), x.H8(), s4(d))
		m.VUMLAL2(t.H8(), partner.Reg.(upper).H8(), s4(d))
	} else {
		m.VEOR(b16(mask), vec(m.c255).B16(), t.B16())
		m.VUMULL(vec(mask).H4(), vec(own).H4(), s4(d))
		m.VUMLAL(t.H4(), vec(partner).H4(), s4(d))
	}
	m.VURSHR(8, s4(d), t.S4())
	m.VADD(t.S4(), s4(d), s4(d))
	m.VURSHR(8, s4(d), s4(d))
	m.VSHL(15, s4(d), s4(d))
	m.VUCVTF(s4(d), s4(d))
}

func (m *machine) SelectMixU8(d, own, partner, mask kernel.Vec) {
	selected := m.Temp()
	defer m.Free(selected)
	t := vec(selected)
	if x, ok := own.Reg.(upper); ok {
		by := mask.Reg.(upper)
		m.VORR(by.B16(), by.B16(), t.B16())
		m.VBSL(partner.Reg.(upper).B16(), x.B16(), t.B16())
		m.VUSHLL2(15, t.H8(), s4(d))
	} else {
		m.VORR(b16(mask), b16(mask), t.B16())
		m.VBSL(b16(partner), b16(own), t.B16())
		m.VUSHLL(15, t.H4(), s4(d))
	}
	m.VUCVTF(s4(d), s4(d))
}

func (m *machine) AvgEvenU8(d, a, b, one kernel.Vec) { kernel.AvgEven(m, d, a, b, one) }

func (m *machine) AvgU8(d, a, b kernel.Vec)          { m.VURHADD(b16(b), b16(a), b16(d)) }
func (m *machine) AddSaturatedU8(d, a, b kernel.Vec) { m.VUQADD(b16(b), b16(a), b16(d)) }
func (m *machine) And(d, a, b kernel.Vec)            { m.VAND(b16(b), b16(a), b16(d)) }
func (m *machine) AndNot(d, a, b kernel.Vec)         { m.VBIC(b16(b), b16(a), b16(d)) }
func (m *machine) Xor(d, a, b kernel.Vec)            { m.VEOR(b16(b), b16(a), b16(d)) }
func (m *machine) AddU32(d, a, b kernel.Vec)         { m.VADD(s4(b), s4(a), s4(d)) }

func (m *machine) ShiftRightU32(d, a kernel.Vec, bits int) { m.VUSHR(arm64.Imm(bits), s4(a), s4(d)) }

func (m *machine) RoundBF16(d kernel.Vec) { kernel.RoundHigh(m, d, m.lsb, m.half) }
