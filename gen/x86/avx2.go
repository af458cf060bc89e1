package x86

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/mixblend/blend/gen/kernel"
	"github.com/mixblend/blend/gen/weave"
)

// AVX2 is for dispatch.
var AVX2 = &weave.Set{
	Name:     "AVX2",
	Arch:     "amd64",
	Width:    32,
	Rest:     weave.LastVectorAgain,
	Streams:  true,
	Pixels:   true,
	Planes:   true,
	Ahead:    true,
	Requires: []string{"AVX", "AVX2", "F16C"},
}

// avx2 has 16 registers and no masks: it takes the last columns as the end of a whole vector, and of it only what is left, where dst
// may be what is read.
type avx2 struct {
	*base
	c254         kernel.Vec // 254 in every byte
	half, lsb    kernel.Vec // for bfloat16: 0x7fff, 1
	own, partner kernel.Vec // the shuffles of a channel's bytes to the low, and to the high words
	mask         operand.Op // of the tail
	eightTimes   kernel.Vec // the shuffle that repeats each byte of bits
	eachBit      kernel.Vec // bit i%8 in byte i
	evenBytes    kernel.Vec // of several planes: 255 in every other byte
	gathers      kernel.Vec // and the shuffle of gather
}

func newAVX2(c *build.Context, d *data) *avx2 {
	m := &avx2{base: &base{Context: c, data: d, set: AVX2}}
	m.vec = func() reg.VecVirtual { return c.YMM() }
	m.move = func(from, to operand.Op) { c.VMOVDQU(from, to) }
	m.constant = func(from operand.Mem) kernel.Vec { return kernel.Vec{Reg: from} }
	m.xor = func(b, a, d operand.Op) { c.VPXOR(b, a, d) }
	m.and = func(b, a, d operand.Op) { c.VPAND(b, a, d) }
	return m
}

// part is a register for so many bytes.
func (m *avx2) part(bytes int) reg.VecVirtual {
	if bytes == 32 {
		return m.YMM()
	}
	return m.XMM()
}

func (m *avx2) Hoist(table weave.Scalar) {
	k, periodic := m.kernel, 0
	if k.Out == kernel.BF16 {
		m.half, m.lsb = m.fill(0x7fff), m.fill(1)
	}
	if k.In.Pixels() {
		m.own, m.partner = m.shuffle("own"), m.shuffle("partner")
		periodic = 1 // one channel: all are the same
	}
	if k.Table() {
		m.units = m.fill(units)
	}
	if k.Lane == kernel.ByteLane {
		m.signs, m.c254 = m.place(m.data.signs), m.place(m.bytes254)
		m.eightTimes, m.eachBit = m.place(m.data.eightTimes), m.place(m.data.eachBit)
	}
	m.hoistByMask()
	m.hoist(table, periodic)
}

func (m *avx2) Tail(left weave.Scalar) {
	m.tail = true
	if m.kernel.Table() {
		return // dst is nothing that is read
	}
	masks, bytes := m.GP64(), m.Lanes()*m.kernel.Out.Size
	mask := m.part(bytes)
	m.LEAQ(m.data.tail, masks)
	m.move(operand.Mem{Base: masks, Index: gp(left), Scale: uint8(m.kernel.Out.Size), Disp: m.set.Width - bytes}, mask)
	m.mask = mask
}

func (m *avx2) Load(d []kernel.Vec, p weave.Scalar, i int, once bool) {
	from := m.at(p, i, m.kernel.In)
	switch {
	case m.inMemory(once):
		d[0].Reg = from
	case len(d) == 2:
		m.loadBoth(d, from)
	case m.kernel.In == kernel.BF16:
		m.VPMOVZXWD(from, op(d[0]))
		m.VPSLLD(operand.U8(16), op(d[0]), op(d[0]))
	case m.kernel.In == kernel.F16:
		m.VCVTPH2PS(from, op(d[0]))
	default:
		m.move(from, op(d[0]))
	}
}

func (m *avx2) Move(to, from weave.Scalar) {
	v := m.part(m.Lanes() * m.kernel.In.Size)
	m.move(operand.Mem{Base: gp(from)}, v)
	m.move(v, operand.Mem{Base: gp(to)})
}

func (m *avx2) Store(v []kernel.Vec, p weave.Scalar, i int) {
	m.store(m.packed(v), m.planes.at(m.at(p, i, m.kernel.Out)))
}

// packed returns vectors as they are stored.
func (m *avx2) packed(v []kernel.Vec) reg.VecVirtual {
	x := register(v[0])
	switch {
	case len(v) == 2 && m.kernel.In == kernel.BF16: // as loadBoth has them
		m.VPSRLD(operand.U8(16), x, x)
		m.VPBLENDW(operand.U8(0b1010_1010), register(v[1]), x, x)
	case len(v) == 2:
		y := register(v[1])
		if m.kernel.Out == kernel.F16 {
			m.VCVTPS2PH(operand.U8(0), x, x.AsX())
			m.VCVTPS2PH(operand.U8(0), y, y.AsX())
			m.VINSERTI128(operand.U8(1), y.AsX(), x, x)
		} else {
			m.VPSRLD(operand.U8(16), x, x)
			m.VPSRLD(operand.U8(16), y, y)
			m.VPACKUSDW(y, x, x) // the lower halves of both, then the upper ones
			m.VPERMQ(operand.U8(0b11_01_10_00), x, x)
		}
	case m.kernel.Out == kernel.F16:
		half := m.XMM()
		m.VCVTPS2PH(operand.U8(0), x, half)
		x = half
	case m.kernel.Out == kernel.BF16:
		half := m.XMM()
		m.VPSRLD(operand.U8(16), x, x)
		m.VEXTRACTI128(operand.U8(1), x, half)
		m.VPACKUSDW(half, x.AsX(), half)
		x = half
	}
	return x
}

func (m *avx2) store(x reg.VecVirtual, to operand.Mem) {
	switch {
	case !m.tail:
		m.put(x, to)
	case m.kernel.Table():
		m.move(x, to)
	default:
		old := m.part(m.Lanes() * m.kernel.Out.Size)
		m.move(to, old)
		m.VPBLENDVB(m.mask, x, old, old)
		m.move(old, to)
	}
}

func (m *avx2) StoreMasked(v, lanes []kernel.Vec, p weave.Scalar, i int, own, partner, mask weave.Scalar) {
	x := m.packed(v)
	bytes := len(v) * m.Lanes() * m.kernel.Out.Size
	wide, zero := m.part(bytes), m.part(bytes)
	m.VPXOR(zero, zero, zero)
	if lanes != nil {
		m.VPCMPEQD(op(lanes[0]), zero, zero)
		m.VPCMPEQD(op(m.byMask.lanes255), op(lanes[0]), wide)
	} else {
		m.VPMOVSXBW(m.at(mask, i, kernel.U8), wide)
		m.VPCMPEQW(wide, zero, zero)
		m.VPCMPEQW(m.data.ones, wide, wide)
	}
	m.VPBLENDVB(wide, m.at(own, i, m.kernel.In), x, x)
	m.VPBLENDVB(zero, m.at(partner, i, m.kernel.In), x, x)
	m.store(x, m.at(p, i, m.kernel.Out))
}

// MixU8 reads nothing but what is between the first column and the last.
func (m *avx2) MixU8(d, own, partner kernel.Vec, w kernel.Weights) {
	if m.planes.all() {
		m.mix(d, m.words(d, own, partner), w)
		return
	}
	m.pairs(d, own, partner)
	m.mix(d, d, w)
}

// pairs loads bytes of own and partner to the words of d in turn.
func (m *avx2) pairs(d, own, partner kernel.Vec) {
	if m.kernel.In.Pixels() {
		t := m.vec()
		m.loadHalves(own, register(d))
		m.loadHalves(partner, t)
		m.VPSHUFB(op(m.own), op(d), op(d))
		m.VPSHUFB(op(m.partner), t, t)
		m.VPOR(t, op(d), op(d))
	} else {
		x, y := m.XMM(), m.XMM()
		m.VMOVQ(op(own), x)
		m.VMOVQ(op(partner), y)
		m.VPUNPCKLBW(y, x, x)
		m.VPMOVZXBW(x, op(d))
	}
}

func (m *avx2) LoadMask(d []kernel.Vec, p weave.Scalar, i int) {
	from, v := m.at(p, i, kernel.U8), register(d[0])
	switch {
	case m.kernel.Table():
		m.VMOVQ(from, v.AsX())
	case len(d) == 2:
		m.loadBothMasks(d, from)
	case m.kernel.Lane == kernel.FloatLane:
		m.VPMOVZXBD(from, v)
		m.VCVTDQ2PS(v, v)
	default:
		m.beginTurn(i)
		m.move(from, v)
	}
}

// LoadBits repeats each byte of bits eight times, and leaves its own bit in each.
func (m *avx2) LoadBits(d []kernel.Vec, p weave.Scalar, i int, column weave.Scalar) {
	from, v := m.bitsAt(p, i), register(d[0])
	if m.tail {
		bits := m.GP64()
		m.MOVQ(from, bits)
		m.MOVQ(gp(column), reg.RCX)
		m.ANDQ(operand.U8(7), reg.RCX)
		m.SHRQ(reg.CL, bits)
		t := m.XMM()
		m.VMOVQ(bits, t)
		m.VPBROADCASTD(t, v)
	} else {
		m.VPBROADCASTD(from, v)
	}
	if m.kernel.Table() {
		m.VPSLLVD(m.data.highest, v, v)
		return
	}
	m.VPSHUFB(op(m.eightTimes), v, v)
	m.VPAND(op(m.eachBit), v, v)
	m.VPCMPEQB(op(m.eachBit), v, v)
}

// beginTurn has constants of bytes with a mask, which are more than there are registers for in all variants, loaded again by the first
// vector of a turn.
func (m *avx2) beginTurn(i int) {
	if i == 0 {
		m.byMask.words32768, m.byMask.words257, m.byMask.pixelRest = kernel.Vec{}, kernel.Vec{}, kernel.Vec{}
	}
}

// LoadPixels loads what MaskU8 multiplies by, as that of AVX-512 does. The eight bytes for each half of a vector, which may be the same,
// end, or begin, with those that are for it.
func (m *avx2) LoadPixels(d []kernel.Vec, p weave.Scalar, i, channels int) {
	t := turnOf(m.Lanes(), channels)
	picks, j := m.data.pixels[[2]int{32, channels}], i%t.vectors
	from := operand.Mem{Base: gp(p), Disp: i / t.vectors * t.bytes}
	if m.kernel.Lane == kernel.FloatLane {
		x := register(d[0])
		m.everywhere(t.bytes, from, x)
		m.VPSHUFB(picks.floats[j], x, x)
		m.VCVTDQ2PS(x, x)
		return
	}
	m.beginTurn(i)
	x, lo, hi := m.YMM(), m.YMM(), m.YMM()
	lower, upper := from, from
	lower.Disp += pixelBase(32, channels, j, 0)
	upper.Disp += pixelBase(32, channels, j, 1)
	m.VPBROADCASTQ(lower, x)
	if upper != lower {
		m.VPBROADCASTQ(upper, hi)
		m.VPBLENDD(operand.U8(0xf0), hi, x, x)
	}
	m.VPXOR(op(m.once(&m.byMask.pixelRest, m.data.pixelRest[32])), x, x)
	m.VPSHUFB(picks.lo[j], x, lo)
	m.VPSHUFB(picks.hi[j], x, hi)
	d[0].Reg = shares{lo, hi}
}

func (m *avx2) SelectU8(d, own, partner, mask kernel.Vec) {
	partner = m.inRegister(partner, d)
	m.VPBLENDVB(op(mask), op(own), op(partner), op(d))
}

// SelectMixU8 has each lane's bit as its highest.
func (m *avx2) SelectMixU8(d, own, partner, mask kernel.Vec) {
	t := m.vec()
	for _, load := range []struct {
		from kernel.Vec
		v    reg.VecVirtual
	}{{own, register(d)}, {partner, t}} {
		if m.kernel.In.Pixels() {
			m.loadHalves(load.from, load.v)
			m.VPSHUFB(op(m.own), load.v, load.v)
		} else {
			m.VPMOVZXBD(op(load.from), load.v)
		}
	}
	m.VBLENDVPS(op(mask), op(d), t, op(d))
	m.VPOR(op(m.units), op(d), op(d))
	m.SubF32(d, d, m.units)
}

func (m *avx2) MaskMixU8(d, own, partner, mask kernel.Vec) {
	m.pairs(d, own, partner)
	rest, by := m.XMM(), register(mask)
	m.xor(register(m.byMask.ones).AsX(), by.AsX(), rest)
	m.VPUNPCKLBW(rest, by.AsX(), rest)
	m.VPMOVZXBW(rest, by)
	m.maskMix(d, by)
}

// loadHalves loads the bytes of the first four of eight columns to the lower half of v, and those of the others to the upper.
func (m *avx2) loadHalves(from kernel.Vec, v reg.VecVirtual) {
	lower, upper := from.Reg.(operand.Mem), from.Reg.(operand.Mem)
	size, second := halves(m.kernel.In.Size)
	upper.Disp += second
	// The whole register is written, or avo would take it for used before.
	if size == 16 {
		m.VBROADCASTI128(lower, v)
		m.VINSERTI128(operand.U8(1), upper, v, v)
		return
	}
	t := m.YMM()
	m.VPBROADCASTQ(lower, v)
	m.VPBROADCASTQ(upper, t)
	m.VPBLENDD(operand.U8(0xf0), t, v, v)
}

// halves returns how many bytes loadHalves loads at a time, and where the second load begins: it ends with the last column.
func halves(apart int) (size, second int) {
	n := 7*apart + 1
	if n < 16 {
		return 8, n - 8
	}
	return 16, n - 16
}

func (m *avx2) LerpEvenU8(d, b, other kernel.Vec, by kernel.Factor, mask, tie kernel.Vec) {
	kernel.LerpEvenHalves(m, d, b, other, by, mask, tie, m.c254)
}

func (m *avx2) AvgEvenU8(d, a, b, one kernel.Vec) { kernel.AvgEven(m, d, a, b, one) }

func (m *avx2) And(d, a, b kernel.Vec)            { m.VPAND(op(b), op(a), op(d)) }
func (m *avx2) AndNot(d, a, b kernel.Vec)         { m.VPANDN(op(a), op(b), op(d)) }
func (m *avx2) Xor(d, a, b kernel.Vec)            { m.VPXOR(op(b), op(a), op(d)) }
func (m *avx2) AddSaturatedU8(d, a, b kernel.Vec) { m.VPADDUSB(op(b), op(a), op(d)) }
func (m *avx2) AddU32(d, a, b kernel.Vec)         { m.VPADDD(op(b), op(a), op(d)) }

func (m *avx2) ShiftRightU32(d, a kernel.Vec, bits int) { m.VPSRLD(operand.U8(bits), op(a), op(d)) }

func (m *avx2) RoundBF16(d kernel.Vec) { kernel.RoundHigh(m, d, m.lsb, m.half) }
