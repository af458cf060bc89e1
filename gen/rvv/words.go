package rvv

import (
	"github.com/mixblend/blend/asm/riscv64"

	"github.com/mixblend/blend/gen/kernel"
)

func vec(v kernel.Vec) riscv64.Vec { return v.Reg.(riscv64.Vec) }

func (m *machine) Temp() kernel.Vec { return kernel.Vec{Reg: m.V(group)} }

func (m *machine) Free(v kernel.Vec) {
	switch v := v.Reg.(type) {
	case riscv64.Vec:
		m.FreeV(v, group)
	case riscv64.Float:
		m.Func.Free(v)
	}
}

func (m *machine) ScaleF32(d, a kernel.Vec, by kernel.Factor) {
	m.VFMULVF(by.Reg.(riscv64.Float), vec(a), vec(d))
}

func (m *machine) MulF32(d, a, b kernel.Vec) {
	if s, ok := b.Reg.(riscv64.Float); ok {
		m.VFMULVF(s, vec(a), vec(d))
	} else {
		m.VFMULVV(vec(b), vec(a), vec(d))
	}
}

func (m *machine) AddF32(d, a, b kernel.Vec) {
	if s, ok := b.Reg.(riscv64.Float); ok {
		m.VFADDVF(s, vec(a), vec(d))
	} else {
		m.VFADDVV(vec(b), vec(a), vec(d))
	}
}

func (m *machine) SubF32(d, a, b kernel.Vec) {
	if s, ok := a.Reg.(riscv64.Float); ok {
		m.VFRSUBVF(s, vec(b), vec(d))
	} else {
		m.VFSUBVV(vec(b), vec(a), vec(d))
	}
}

func (m *machine) MixU8(d, own, partner kernel.Vec, w kernel.Weights) {
	by := w.Reg.(weights)
	m.VWMULUVX(by[0], part(vec(own), 2), vec(d))
	m.VWMACCUVX(part(vec(partner), 2), by[1], vec(d))
	m.take(32)
	m.VFCVTFXUV(vec(d), vec(d))
}

// wide has the kernel's lanes in twice their bits, and elements of them taken.
func (m *machine) wide(use func(t riscv64.Vec)) {
	t := m.V(2 * group)
	use(t)
	m.FreeV(t, 2*group)
}

// LerpU8 rounds half to even as everything here does: nothing is half.
func (m *machine) LerpU8(d, base, other kernel.Vec, by kernel.Factor) {
	m.wide(func(t riscv64.Vec) {
		m.VWSUBUVV(vec(base), vec(other), t)
		m.take(16)
		m.VSMULVX(by.Reg.(weight).w, t, t)
		m.take(8)
		m.VNCVTXXW(t, vec(d))
		m.VADDVV(vec(base), vec(d), vec(d))
	})
}

func (m *machine) LerpEvenU8(d, base, other kernel.Vec, by kernel.Factor, _, _ kernel.Vec) {
	w := by.Reg.(weight)
	m.wide(func(t riscv64.Vec) {
		m.VWMULUVX(w.w8, vec(other), t)
		m.VWMACCUVX(vec(base), w.rest8, t)
		m.VNCLIPUWI(8, t, vec(d))
	})
}

func (m *machine) AvgEvenU8(d, a, b, _ kernel.Vec) { m.VAADDUVV(vec(b), vec(a), vec(d)) }

// SelectU8 has the bits in V0.
func (m *machine) SelectU8(d, own, partner, _ kernel.Vec) {
	m.VMERGEVVM(vec(own), vec(partner), vec(d))
}

// MaskU8 divides by 255 as (v+127)·0x8081 / 2²³.
func (m *machine) MaskU8(d, own, partner, mask kernel.Vec) {
	m.wide(func(t riscv64.Vec) {
		m.VWMULUVV(vec(mask), vec(own), t)
		m.VNOTV(vec(mask), vec(d))
		m.VWMACCUVV(vec(partner), vec(d), t)
		m.take(16)
		m.over255(t)
		m.take(8)
		m.VNSRLWI(over255, t, vec(d))
	})
}

// over255 is by how much what follows has to be shifted right.
const over255 = 7

func (m *machine) over255(v riscv64.Vec) {
	m.with(127, func(x riscv64.Reg) { m.VADDVX(x, v, v) })
	m.with(0x8081, func(x riscv64.Reg) { m.VMULHUVX(x, v, v) })
}

// MaskMixU8 is 255·partner + mask·(own−partner) first, of which what does not fit 16 bits cancels.
func (m *machine) MaskMixU8(d, own, partner, mask kernel.Vec) {
	t, other := part(vec(d), 2), part(vec(partner), 2)
	m.VSUBVV(other, part(vec(own), 2), t)
	m.VMULVV(part(vec(mask), 2), t, t)
	m.with(255, func(x riscv64.Reg) { m.VMACCVX(other, x, t) })
	m.over255(t)
	m.VSRLVI(over255, t, t)
	m.with(1<<15, func(x riscv64.Reg) { m.VWMULUVX(x, t, vec(d)) })
	m.take(32)
	m.VFCVTFXUV(vec(d), vec(d))
}

// SelectMixU8 has the bits in V0.
func (m *machine) SelectMixU8(d, own, partner, _ kernel.Vec) {
	t := part(vec(own), 2)
	m.VMERGEVVM(t, part(vec(partner), 2), t)
	m.with(1<<15, func(x riscv64.Reg) { m.VWMULUVX(x, t, vec(d)) })
	m.take(32)
	m.VFCVTFXUV(vec(d), vec(d))
}

// RoundBF16 leaves it to Store.
func (m *machine) RoundBF16(kernel.Vec) {}

// fromFloat16 makes float32 of float16, which are in the second half of v: exponents have another bias there, and the greatest is that
// of infinity.
func (m *machine) fromFloat16(v riscv64.Vec) {
	const beyond = 0x47800000 // 2¹⁶, what infinity becomes
	t := m.V(group)
	m.VSEXTVF2(part(v, 2), v)
	m.VSLLVI(13, v, v)
	m.with(0x7fff<<13, func(x riscv64.Reg) { m.VANDVX(x, v, t) })
	m.VFMULVF(m.fromF16, t, t)
	m.with(beyond-1, func(x riscv64.Reg) { m.VMSGTUVX(x, t, riscv64.V0) })
	m.with(0x7f800000, func(x riscv64.Reg) { m.VORVXMask(x, t, t) })
	m.VFSGNJVV(v, t, v)
	m.FreeV(t, group)
}

// toFloat16 rounds v to float16, in its first half. To a number of exponent e, or of the least that float16 has, it adds 2^(e+13): in
// the sum the last bit is worth as much as the last of the result, so that the CPU has rounded.
func (m *machine) toFloat16(v riscv64.Vec) {
	const least = 0x38800000 // 2⁻¹⁴
	// In the lowest 16 bits of what is added stands what the sum of the two parts is less by, an even number.
	const add = 13<<23 + (-(least >> 13))&0xffff
	a, e, t := m.V(group), m.V(group), m.V(group)
	m.VMFNEVV(v, v, riscv64.V0)
	m.VFABSV(v, a)
	m.VFMINVF(m.inf, a, a)
	m.with(0x7f800000, func(x riscv64.Reg) { m.VANDVX(x, a, e) })
	m.with(least, func(x riscv64.Reg) { m.VMAXUVX(x, e, e) })
	m.with(add, func(x riscv64.Reg) { m.VADDVX(x, e, t) })
	m.VFADDVV(t, a, a)
	m.take(16)
	m.VNSRLWI(13, e, e)
	m.VNCVTXXW(a, a)
	m.VADDVV(e, a, a)
	m.VNSRLWI(31, v, v)
	m.VSLLVI(15, v, v)
	m.VORVV(a, v, v)
	m.with(0x7e00, func(x riscv64.Reg) { m.VORVXMask(x, v, v) })
	m.FreeV(a, group)
	m.FreeV(e, group)
	m.FreeV(t, group)
}
