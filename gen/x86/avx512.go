package x86

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
	"github.com/mmcloughlin/avo/x86"

	"github.com/mixblend/blend/gen/kernel"
	"github.com/mixblend/blend/gen/weave"
)

// AVX512 is for dispatch.
var AVX512 = &weave.Set{
	Name:     "AVX512",
	Arch:     "amd64",
	Width:    64,
	Rest:     weave.MaskTakesRest,
	Streams:  true,
	Pixels:   true,
	Ahead:    true,
	Planes:   true,
	Requires: []string{"AVX", "AVX512F", "AVX512BW", "AVX512VBMI", "AVX512VL", "GFNI"},
}

// avx512 has 32 registers, of any width, and masks the last columns.
type avx512 struct {
	*base
	even           kernel.Vec // the bit matrix that clears the lowest bit of a byte
	half, lsb, one kernel.Vec // for bfloat16: 0x7fff, 1 in the high half, 1
	high           kernel.Vec // the numbers of the high words of two vectors
	spread         kernel.Vec // the shuffle of the bytes of two registers to the words in turn
	spreadMask     kernel.Vec // and of those of a mask
	fromOwn        kernel.Vec // the shuffle of the first register's bytes to the lowest bytes of units' 32-bit lanes
	fromPartner    kernel.Vec // and of the second's
	lowest         operand.Op // mask: of the lanes' lowest bytes
	low, bytes     operand.Op // masks: of the words' low bytes, and of the bytes of a vector's columns
	mask           operand.Op // of the tail's columns
	// The shuffles of own and partner to the words in turn, for each plane; the second where pixels are at the end of registers.
	picks [kernel.PlanesAtOnce][2]kernel.Vec
}

func newAVX512(c *build.Context, d *data) *avx512 {
	m := &avx512{base: &base{Context: c, data: d, set: AVX512}}
	m.vec = func() reg.VecVirtual { return c.ZMM() }
	m.move = func(from, to operand.Op) { c.VMOVDQU64(from, to) }
	m.constant = m.place
	m.xor = func(b, a, d operand.Op) { c.VPXORD(b, a, d) }
	m.and = func(b, a, d operand.Op) { c.VPANDD(b, a, d) }
	return m
}

func (m *avx512) Hoist(table weave.Scalar) {
	k, periodic := m.kernel, 0
	m.hoistRounding()
	if k.Table() {
		m.spread, m.low = m.shuffle("spread"), m.bits(0x5555_5555_5555_5555)
		m.spreadMask = m.spread
		m.fromOwn, m.fromPartner = m.shuffle("fromOwn"), m.shuffle("fromPartner")
		m.units, m.lowest = m.fill(units), m.bits(0x1111_1111_1111_1111)
		periodic = kernel.TablePeriod / m.Lanes()
		if k.In.Pixels() {
			m.bytes = m.bits(1<<(15*k.In.Size+1) - 1)
			m.spreadMask = m.place(m.data.shuffles["spread1"])
			periodic = 1 // one channel: all are the same
		}
	}
	if k.Lane == kernel.ByteLane {
		m.signs, m.even = m.place(m.data.signs), m.place(m.data.even)
	}
	m.hoistByMask()
	if k.Lane == kernel.ByteLane {
		m.once(&m.byMask.words32768, m.words32768)
		m.once(&m.byMask.words257, m.words257)
		m.once(&m.byMask.pixelRest, m.data.pixelRest[64])
	}
	m.hoist(table, periodic)
}

func (m *avx512) hoistRounding() {
	if m.kernel.Out == kernel.BF16 {
		m.high, m.one = m.place(m.data.high), m.fill(1)
		m.half, m.lsb = m.fill(0x7fff), m.fill(1<<16)
	}
}

// bits is a mask.
func (m *avx512) bits(ones uint64) operand.Op {
	r, k := m.GP64(), m.K()
	m.MOVQ(operand.U64(ones), r)
	m.KMOVQ(r, k)
	return k
}

func (m *avx512) Tail(left weave.Scalar) {
	m.tail = true
	m.mask = m.first(gp(left), m.Lanes())
	m.bytes = m.mask
	if size := m.kernel.In.Size; m.kernel.In.Pixels() {
		n := m.GP64()
		if m.planes.all() {
			m.IMUL3Q(operand.U8(size), gp(left), n)
		} else { // from the first column to the last
			m.LEAQ(operand.Mem{Base: gp(left), Disp: -1}, n)
			m.IMUL3Q(operand.U8(size), n, n)
			m.INCQ(n)
		}
		m.bytes = m.first(n, 64)
	}
}

// first returns the mask of the first n of so many lanes.
func (m *avx512) first(n reg.GPVirtual, lanes int) operand.Op {
	k, ones := m.K(), m.GP64()
	m.MOVQ(n, reg.RCX)
	m.MOVQ(operand.I32(-1), ones)
	m.SHLQ(reg.CL, ones)
	m.NOTQ(ones)
	if lanes <= 16 {
		m.KMOVW(ones.As32(), k)
	} else {
		m.KMOVQ(ones, k)
	}
	return k
}

// masked is what an instruction takes, of which one form has a mask for the tail.
func (m *avx512) masked(plain func(from, to operand.Op), masked func(from, mask, to operand.Op), from, to operand.Op) {
	if m.tail {
		masked(from, m.mask, to)
	} else {
		plain(from, to)
	}
}

func (m *avx512) Load(d []kernel.Vec, p weave.Scalar, i int, once bool) {
	from, v := m.at(p, i, m.kernel.In), op(d[0])
	switch {
	case m.inMemory(once):
		d[0].Reg = from
	case len(d) == 2:
		m.loadBoth(d, from)
	case m.kernel.In == kernel.BF16:
		m.masked(m.vpmovzxwd, m.VPMOVZXWD_Z, from, v)
		m.VPSLLD(operand.U8(16), v, v)
	case m.kernel.In == kernel.F16:
		m.masked(m.vcvtph2ps, m.VCVTPH2PS_Z, from, v)
	case m.kernel.In == kernel.F32:
		m.masked(m.move, m.VMOVDQU32_Z, from, v)
	default:
		m.masked(m.move, m.VMOVDQU8_Z, from, v)
	}
}

func (m *avx512) vpmovzxbd(from, to operand.Op) { m.VPMOVZXBD(from, to) }
func (m *avx512) vpmovzxwd(from, to operand.Op) { m.VPMOVZXWD(from, to) }
func (m *avx512) vcvtph2ps(from, to operand.Op) { m.VCVTPH2PS(from, to) }

// part is a register for so many bytes.
func (m *avx512) part(bytes int) reg.VecVirtual {
	if bytes == 64 {
		return m.ZMM()
	}
	return m.YMM()
}

func (m *avx512) Move(to, from weave.Scalar) {
	v := m.part(m.Lanes() * m.kernel.In.Size)
	f := operand.Mem{Base: gp(from)}
	switch {
	case !m.tail:
		m.move(f, v)
	case m.kernel.In == kernel.U8:
		m.VMOVDQU8_Z(f, m.mask, v)
	case m.kernel.In == kernel.F32:
		m.VMOVDQU32_Z(f, m.mask, v)
	default: // by way of lanes of 32 bits, since masks for a narrow vector need more of AVX-512
		t := m.vec()
		m.VPMOVZXWD_Z(f, m.mask, t)
		m.VPMOVDW(t, v)
	}
	m.move(v, operand.Mem{Base: gp(to)})
}

func (m *avx512) Store(v []kernel.Vec, p weave.Scalar, i int) {
	to := m.planes.at(m.at(p, i, m.kernel.Out))
	if m.tail {
		m.storeRest(register(v[0]), to)
		return
	}
	m.put(m.packed(v), to)
}

// packed returns vectors as they are stored.
func (m *avx512) packed(v []kernel.Vec) reg.VecVirtual {
	x := register(v[0])
	switch {
	case len(v) == 2 && m.kernel.Out == kernel.F16:
		y := register(v[1])
		m.VCVTPS2PH(operand.U8(0), x, x.AsY())
		m.VCVTPS2PH(operand.U8(0), y, y.AsY())
		m.VINSERTI64X4(operand.U8(1), y.AsY(), x, x)
	case len(v) == 2 && m.kernel.In == kernel.BF16: // as loadBoth has them
		m.VPSRLD(operand.U8(16), x, x)
		m.VPTERNLOGD(operand.U8(orAnd), op(m.upper), register(v[1]), x)
	case len(v) == 2:
		m.VPERMT2W(register(v[1]), op(m.high), x)
	case m.kernel.Out == kernel.F16:
		half := m.YMM()
		m.VCVTPS2PH(operand.U8(0), x, half)
		x = half
	case m.kernel.Out == kernel.BF16:
		m.VPERMW(x, op(m.high), x)
		x = x.AsY().(reg.VecVirtual)
	}
	return x
}

func (m *avx512) StoreMasked(v, lanes []kernel.Vec, p weave.Scalar, i int, own, partner, mask weave.Scalar) {
	to, x := m.at(p, i, m.kernel.Out), m.packed(v)
	merge, store := m.VMOVDQU32, func(x, mask, to operand.Op) { m.VMOVDQU32(x, mask, to) }
	if m.kernel.Out.Size == 2 {
		merge, store = m.VMOVDQU16, func(x, mask, to operand.Op) { m.VMOVDQU16(x, mask, to) }
	}
	all, none := m.K(), m.K()
	switch {
	case lanes != nil && m.tail:
		m.VPCMPEQD(op(m.byMask.lanes255), op(lanes[0]), m.mask, all)
		m.VPTESTNMD(op(lanes[0]), op(lanes[0]), m.mask, none)
	case lanes != nil:
		m.VPCMPEQD(op(m.byMask.lanes255), op(lanes[0]), all)
		m.VPTESTNMD(op(lanes[0]), op(lanes[0]), none)
	default:
		m.takesWhole(m.at(mask, i, kernel.U8), len(v), all, none)
	}
	merge(m.at(own, i, m.kernel.In), all, x)
	merge(m.at(partner, i, m.kernel.In), none, x)
	if m.tail {
		store(x, m.mask, to)
	} else {
		m.put(x, to)
	}
}

// takesWhole sets the bits of the bytes of a mask, for as many vectors, that are 255, and of those that are 0.
func (m *avx512) takesWhole(from operand.Mem, vectors int, all, none operand.Op) {
	bytes := reg.VecVirtual(m.XMM())
	if vectors == 2 {
		bytes = m.YMM()
	}
	if m.tail {
		m.VMOVDQU8_Z(from, m.mask, bytes)
		m.VPCMPEQB(m.data.ones, bytes, m.mask, all)
		m.VPTESTNMB(bytes, bytes, m.mask, none)
	} else {
		m.VMOVDQU(from, bytes)
		m.VPCMPEQB(m.data.ones, bytes, all)
		m.VPTESTNMB(bytes, bytes, none)
	}
}

func (m *avx512) storeRest(x reg.VecVirtual, to operand.Mem) {
	switch m.kernel.Out {
	case kernel.BF16:
		m.VPSRLD(operand.U8(16), x, x)
		m.VPMOVDW(x, m.mask, to)
	case kernel.F16:
		m.VCVTPS2PH(operand.U8(0), x, m.mask, to)
	case kernel.F32:
		m.VMOVDQU32(x, m.mask, to)
	default:
		m.VMOVDQU8(x, m.mask, to)
	}
}

// MixU8 reads nothing but what is between the first column and the last.
func (m *avx512) MixU8(d, own, partner kernel.Vec, w kernel.Weights) {
	if m.planes.all() {
		m.pick(d, own.Reg.(sixteen), partner.Reg.(sixteen))
		m.mix(d, d, w)
		return
	}
	t := m.vec()
	m.loadBytes(own, register(d))
	m.loadBytes(partner, t)
	m.VPERMT2B_Z(t, op(m.spread), m.low, op(d))
	m.mix(d, d, w)
}

// loadBytes loads the bytes of 16 columns.
func (m *avx512) loadBytes(from kernel.Vec, v reg.VecVirtual) {
	if m.tail || m.kernel.In.Pixels() {
		m.VMOVDQU8_Z(op(from), m.bytes, v)
	} else {
		m.move(op(from), v.AsX())
	}
}

func (m *avx512) LoadMask(d []kernel.Vec, p weave.Scalar, i int) {
	from, v := m.at(p, i, kernel.U8), register(d[0])
	switch {
	case len(d) == 2:
		m.loadBothMasks(d, from)
	case m.kernel.Lane == kernel.FloatLane && !m.kernel.Table():
		m.masked(m.vpmovzxbd, m.VPMOVZXBD_Z, from, v)
		m.VCVTDQ2PS(v, v)
	case m.tail:
		m.VMOVDQU8_Z(from, m.mask, v)
	case m.kernel.Table():
		m.VBROADCASTI32X4(from, v) // 16 columns; all of v is written, or avo would take it for used before
	default:
		m.move(from, v)
	}
}

// LoadPixels loads what MaskU8 multiplies by, of 22 bytes that are among the 32 loaded, or of 16: each byte and the rest of it in turn,
// as bytes of pixels are unpacked. Of floats, every 128 bits get the bytes of a turn.
func (m *avx512) LoadPixels(d []kernel.Vec, p weave.Scalar, i, channels int) {
	t := turnOf(m.Lanes(), channels)
	picks, j := m.data.pixels[[2]int{64, channels}], i%t.vectors
	from := operand.Mem{Base: gp(p), Disp: i / t.vectors * t.bytes}
	if m.kernel.Lane == kernel.FloatLane {
		x := register(d[0])
		m.everywhere(t.bytes, from, x)
		m.VPSHUFB(picks.floats[j], x, x)
		m.VCVTDQ2PS(x, x)
		return
	}
	bytes, lo, hi := m.ZMM(), m.ZMM(), m.ZMM()
	from.Disp += pixelBase(64, channels, j, 0)
	m.everywhere(min(t.bytes, 32), from, bytes)
	m.VPXORD(op(m.once(&m.byMask.pixelRest, m.data.pixelRest[64])), bytes, bytes)
	m.move(picks.lo[j], lo)
	m.move(picks.hi[j], hi)
	m.VPERMB(bytes, lo, lo)
	m.VPERMB(bytes, hi, hi)
	d[0].Reg = shares{lo, hi}
}

// everywhere repeats so many bytes of memory in v.
func (m *avx512) everywhere(bytes int, from operand.Mem, v operand.Op) {
	switch bytes {
	case 16:
		m.VBROADCASTI32X4(from, v)
	case 32:
		m.VBROADCASTI64X4(from, v)
	default:
		m.base.everywhere(bytes, from, v)
	}
}

// LoadBits has no other tail: vectors begin at whole bytes there, too.
func (m *avx512) LoadBits(d []kernel.Vec, p weave.Scalar, i int, _ weave.Scalar) {
	k := m.K()
	if m.Lanes() == 16 {
		m.KMOVW(m.bitsAt(p, i), k)
	} else {
		m.KMOVQ(m.bitsAt(p, i), k)
	}
	d[0].Reg = k
}

func (m *avx512) SelectU8(d, own, partner, mask kernel.Vec) {
	partner = m.inRegister(partner, d)
	m.VPBLENDMB(op(own), op(partner), op(mask), op(d))
}

// loadWhole is loadBytes, and writes all of v.
func (m *avx512) loadWhole(from kernel.Vec, v reg.VecVirtual) {
	if m.tail || m.kernel.In.Pixels() {
		m.VMOVDQU8_Z(op(from), m.bytes, v)
	} else {
		m.VBROADCASTI32X4(op(from), v) // as in LoadMask
	}
}

// selected emits an instruction that selects by a mask. avo has it read what it writes, which would have that used before.
func (m *avx512) selected(i *ir.Instruction, err error) {
	if err != nil {
		panic(err)
	}
	i.Inputs = i.Inputs[:3]
	m.Instruction(i)
}

// SelectMixU8 selects by which shuffle each lane gets its byte, and leaves what the shuffle has in the others.
func (m *avx512) SelectMixU8(d, own, partner, mask kernel.Vec) {
	a, b := m.vec(), m.vec()
	m.loadWhole(own, a)
	m.loadWhole(partner, b)
	m.selected(x86.VPBLENDMD(op(m.fromOwn), op(m.fromPartner), op(mask), op(d)))
	m.VPERMI2B(b, a, m.lowest, op(d))
	m.SubF32(d, d, m.units)
}

func (m *avx512) MaskMixU8(d, own, partner, mask kernel.Vec) {
	t := m.vec()
	m.loadWhole(own, register(d))
	m.loadWhole(partner, t)
	m.VPERMT2B_Z(t, op(m.spread), m.low, op(d))
	by := register(mask)
	m.xor(op(m.byMask.ones), by, t)
	m.VPERMT2B_Z(t, op(m.spreadMask), m.low, by)
	m.maskMix(d, by)
}

func (m *avx512) LerpEvenU8(d, b, other kernel.Vec, by kernel.Factor, mask, tie kernel.Vec) {
	m.LerpU8(d, b, other, by)
	k := m.K()
	m.VPTERNLOGD(operand.U8(xor3), op(b), op(tie), op(other))
	m.VPTESTNMB(op(mask), op(other), k)
	m.VGF2P8AFFINEQB(operand.U8(0), op(m.even), op(d), k, op(d))
}

// orAnd is the truth table of d | b & c.
const orAnd = 0xf8

// xor3 is the truth table of the exclusive or of three.
const xor3 = 0x96

func (m *avx512) AvgEvenU8(d, a, b, one kernel.Vec) { kernel.AvgEven(m, d, a, b, one) }

func (m *avx512) And(d, a, b kernel.Vec)    { m.VPANDD(op(b), op(a), op(d)) }
func (m *avx512) AndNot(d, a, b kernel.Vec) { m.VPANDND(op(a), op(b), op(d)) }
func (m *avx512) Xor(d, a, b kernel.Vec)    { m.VPXORD(op(b), op(a), op(d)) }

func (m *avx512) RoundBF16(d kernel.Vec) {
	odd := m.K()
	m.VPTESTMD(op(m.lsb), op(d), odd)
	m.VPADDD(op(m.half), op(d), op(d))
	m.VPADDD(op(m.one), op(d), odd, op(d))
}
