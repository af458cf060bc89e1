package x86

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/mixblend/blend/gen/kernel"
	"github.com/mixblend/blend/gen/weave"
)

// planes is what a function has that makes several planes at once.
type planes struct {
	stride reg.GPVirtual // bytes from one in dst to the next
	plane  int
}

// all says whether the function at hand is one.
func (p *planes) all() bool { return p.stride != nil }

// at is where the plane at hand has what the first one has at m.
func (p *planes) at(m operand.Mem) operand.Mem {
	if p.plane > 0 {
		m.Index, m.Scale = p.stride, uint8(p.plane)
	}
	return m
}

func (m *base) Plane(c int) { m.planes.plane = c }

// planesField is a field of what such a function gets, or element c of one.
func (m *base) planesField(from weave.Scalar, name string, c ...int) operand.Mem {
	f := m.Param("planes").Dereference(gp(from)).Field(name)
	for _, i := range c {
		f = f.Index(i)
	}
	return address(f.Resolve())
}

// hoistPlanes sets what both widths take: stride, scales and biases.
func (m *base) hoistPlanes(from weave.Scalar) {
	m.hoist(from, 0)
	m.planes = planes{stride: m.GP64()}
	m.MOVQ(m.planesField(from, "stride"), m.planes.stride)
	for c := range kernel.PlanesAtOnce {
		scale, bias := m.vec(), m.vec()
		m.VBROADCASTSS(m.planesField(from, "scale", c), scale)
		m.VBROADCASTSS(m.planesField(from, "bias", c), bias)
		m.scales, m.biases = append(m.scales, kernel.Vec{Reg: scale}), append(m.biases, kernel.Vec{Reg: bias})
	}
}

// AVX-512 picks the bytes of a plane out of two registers, of own and of partner.

// sixteen are the bytes of 16 pixels in a register, at its end or at its beginning.
type sixteen struct {
	reg.VecVirtual
	atEnd bool
}

// PlanarVectors take 64 pixels.
func (m *avx512) PlanarVectors() int { return 4 }

func (m *avx512) HoistPlanes(from weave.Scalar) {
	size := m.kernel.In.Size
	m.hoistRounding()
	m.low, m.bytes = m.bits(0x5555_5555_5555_5555), m.bits(1<<(16*size)-1)
	m.hoistPlanes(from)
	spread, atEnd := m.shuffle("spread"), kernel.Vec{}
	if size == 3 {
		atEnd = m.fill(uint32(64-16*size) * 0x0001_0001)
	}
	for c := range m.picks {
		v := m.vec()
		m.VPBROADCASTD(m.planesField(from, "first", c), v)
		m.VPADDD(op(spread), v, v)
		m.picks[c] = [2]kernel.Vec{{Reg: v}}
		if atEnd.Reg != nil {
			end := m.vec()
			m.VPADDD(op(atEnd), v, end)
			m.picks[c][1] = kernel.Vec{Reg: end}
		}
	}
}

func (m *avx512) LoadPixelRows(own, partner []kernel.Vec, from, with weave.Scalar) {
	m.loadSixteens(own, from)
	m.loadSixteens(partner, with)
}

// loadSixteens loads 64 bytes for each 16 pixels. Where there are several vectors, the last ends with its pixels: masked loads take longer on
// Zen 4, and so do whole lines of three bytes a pixel that are put together anew.
func (m *avx512) loadSixteens(d []kernel.Vec, p weave.Scalar) {
	size := m.kernel.In.Size
	for i := range d {
		v, from := register(d[i]), operand.Mem{Base: gp(p), Disp: 16 * size * i}
		atEnd := size == 3 && len(d) > 1 && i == len(d)-1
		switch {
		case len(d) == 1:
			m.VMOVDQU8_Z(from, m.bytes, v)
		case atEnd:
			from.Disp += 16*size - 64
			fallthrough
		default:
			m.move(from, v)
		}
		d[i].Reg = sixteen{v, atEnd}
	}
}

// pick puts the bytes of own and partner in the words of d in turn.
func (m *avx512) pick(d kernel.Vec, own, partner sixteen) {
	pick := m.picks[m.planes.plane][0]
	if own.atEnd {
		pick = m.picks[m.planes.plane][1]
	}
	m.move(op(pick), op(d))
	m.VPERMI2B_Z(partner.VecVirtual, own.VecVirtual, m.low, op(d))
}

// AVX2 has four pixels in each half of a register, and puts the first two planes' bytes together in 16 bits, of own and of partner in turn.
// So one half of the work is for two planes, and the third one's bytes need no more.

// PlanarVectors take 16 pixels, which become a line of float32 in each plane.
func (m *avx2) PlanarVectors() int { return 2 }

func (m *avx2) HoistPlanes(from weave.Scalar) {
	if m.kernel.Out == kernel.BF16 { // there are no registers for them
		m.half, m.lsb = kernel.Vec{Reg: m.data.lanes32767}, kernel.Vec{Reg: m.data.lanes1}
	}
	m.hoistPlanes(from)
	m.evenBytes = m.fill(0x00ff_00ff)
	first := func(c int) reg.VecVirtual {
		v := m.vec()
		m.VPBROADCASTD(m.planesField(from, "first", c), v)
		return v
	}
	two, odd, third := first(0), first(1), first(2)
	m.VPSLLW(operand.U8(8), odd, odd)
	m.VPOR(odd, two, two)
	m.VPOR(op(m.fill(0x8000_8000)), third, third) // zero
	m.VPUNPCKLQDQ(third, two, two)
	m.VPADDB(op(m.shuffle("planesHalves")), two, two)
	m.gathers = kernel.Vec{Reg: two}
}

// LoadPixelRows leaves the bytes of the first two planes in own, and those of the third in partner.
func (m *avx2) LoadPixelRows(own, partner []kernel.Vec, from, with weave.Scalar) {
	for i := range own {
		x, y, both := register(own[i]), register(partner[i]), m.vec()
		m.gather(x, from, i)
		m.gather(y, with, i)
		m.VPUNPCKLWD(y, x, both)
		m.VPUNPCKHWD(y, x, y)
		own[i].Reg, partner[i].Reg = both, y
	}
}

// gather loads eight pixels: in each half of v the bytes of the first two planes of four pixels, and then those of the third as words.
func (m *avx2) gather(v reg.VecVirtual, p weave.Scalar, i int) {
	size := m.kernel.In.Size
	lower := operand.Mem{Base: gp(p), Disp: 8 * size * i}
	if size == 4 {
		m.move(lower, v)
	} else {
		upper := lower
		upper.Disp += 8*size - 16
		m.VBROADCASTI128(lower, v) // all of v is written, or avo would take it for used before
		m.VINSERTI128(operand.U8(1), upper, v, v)
	}
	m.VPSHUFB(op(m.gathers), v, v)
}

// words returns the bytes of own and partner in words in turn, for the plane at hand. It may put them in d.
func (m *avx2) words(d, own, partner kernel.Vec) kernel.Vec {
	switch m.planes.plane {
	case 0:
		m.VPAND(op(m.evenBytes), op(own), op(d))
	case 1:
		m.VPSRLW(operand.U8(8), op(own), op(d))
	default:
		return partner
	}
	return d
}
