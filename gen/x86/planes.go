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
	// The shuffles of the bytes of own and partner to the words in turn, for each plane; the second where pixels are at the end of registers.
	picks [kernel.PlanesAtOnce][]kernel.Vec
	plane int
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

// pixels are the bytes of 16 pixels in a register, at its end or at its beginning.
type pixels struct {
	reg.VecVirtual
	atEnd bool
}

// PlanarVectors take 64 pixels.
func (m *avx512) PlanarVectors() int { return 4 }

func (m *avx512) HoistPlanes(from weave.Scalar) {
	size := m.kernel.In.Size
	m.hoistRounding()
	m.low, m.bytes = m.bits(0x5555_5555_5555_5555), m.bits(1<<(16*size)-1)
	m.hoist(from, 0)
	m.planes = planes{stride: m.GP64()}
	field := func(path string) operand.Mem {
		return address(m.Param("planes").Dereference(gp(from)).Field(path).Resolve())
	}
	of := func(path string, c int) operand.Mem {
		return address(m.Param("planes").Dereference(gp(from)).Field(path).Index(c).Resolve())
	}
	m.MOVQ(field("stride"), m.planes.stride)
	spread, later := m.shuffle("spread"), kernel.Vec{}
	if size == 3 {
		later = m.fill(uint32(64-16*size) * 0x0001_0001)
	}
	for c := range m.planes.picks {
		v, scale, bias := m.vec(), m.vec(), m.vec()
		m.VPBROADCASTD(of("first", c), v)
		m.VPADDD(op(spread), v, v)
		m.planes.picks[c] = []kernel.Vec{{Reg: v}}
		if later.Reg != nil {
			end := m.vec()
			m.VPADDD(op(later), v, end)
			m.planes.picks[c] = append(m.planes.picks[c], kernel.Vec{Reg: end})
		}
		m.VBROADCASTSS(of("scale", c), scale)
		m.VBROADCASTSS(of("bias", c), bias)
		m.scales, m.biases = append(m.scales, kernel.Vec{Reg: scale}), append(m.biases, kernel.Vec{Reg: bias})
	}
}

func (m *avx512) Plane(c int) { m.planes.plane = c }

// loadPixels loads whole lines where there are several vectors: of three bytes a pixel three, whose parts make a fourth. Masked loads, and
// those that cross lines, take longer on Zen 4.
func (m *avx512) loadPixels(d []kernel.Vec, p weave.Scalar) {
	line := func(i int) operand.Mem { return operand.Mem{Base: gp(p), Disp: 64 * i} }
	set := func(i int, atEnd bool) operand.Op {
		v := register(d[i])
		d[i].Reg = pixels{v, atEnd}
		return v
	}
	switch {
	case len(d) == 1:
		m.VMOVDQU8_Z(line(0), m.bytes, set(0, false))
	case m.kernel.In.Size == 4:
		for i := range d {
			m.move(line(i), set(i, false))
		}
	default:
		first, second, third, last := set(0, false), set(1, false), set(2, false), set(3, true)
		m.move(line(0), first)
		m.move(line(1), third)
		m.move(line(2), last)
		m.VALIGNQ(operand.U8(6), first, third, second) // from 48 bytes in
		m.VALIGNQ(operand.U8(4), third, last, third)   // from 32 in
	}
}

// pick puts the bytes of own and partner in the words of d in turn.
func (m *avx512) pick(d kernel.Vec, own, partner pixels) {
	picks := m.planes.picks[m.planes.plane]
	from := picks[0]
	if own.atEnd {
		from = picks[1]
	}
	m.move(op(from), op(d))
	m.VPERMI2B_Z(partner.VecVirtual, own.VecVirtual, m.low, op(d))
}
