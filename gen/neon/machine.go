package neon

import (
	"math/bits"
	"slices"

	"github.com/mixblend/blend/asm/arm64"

	"github.com/mixblend/blend/gen/kernel"
	"github.com/mixblend/blend/gen/weave"
)

const width = 16 // of a vector, in bytes

// NEON is for dispatch. It is part of ARMv8-A, so every CPU that Go runs on has it; only BLEND_DISABLE turns it off.
var NEON = &weave.Set{
	Name:     "NEON",
	Arch:     "arm64",
	Width:    width,
	Rest:     weave.LastVectorAgain,
	Streams:  true,
	Requires: []string{"ASIMD"},
}

// machine loads and stores vectors two by two, and takes the last columns as the end of a whole vector.
type machine struct {
	*arm64.Func
	file   *arm64.File
	kernel *kernel.Kernel
	stream bool
	tail   bool // Tail has been called

	tails      arm64.Addr
	eightTimes arm64.Addr // for LoadBits: of one vector, and of the next
	eachBit    arm64.Addr
	eachBit16  arm64.Addr
	picks      map[int][2]arm64.Addr // by channels: the shuffles for one vector, and for two

	keeps     map[string]arm64.Reg // arguments
	held      []arm64.Vec          // until the end
	mask      arm64.Vec            // of the tail
	c254      kernel.Vec           // 254 in every byte
	c255      kernel.Vec           // 255 in every byte, or word where there is a table
	filled    []kernel.Vec         // with the kernel's Consts
	repeat    [2]arm64.Vec         // the shuffles that repeat each byte of bits eight times, for two vectors
	bit       arm64.Vec            // bit i%8 in byte i, or in the 16 bits of lane i
	zero      arm64.Vec
	lsb, half kernel.Vec   // for bfloat16: 1, 0x7fff
	pick      [2]arm64.Vec // the shuffles of this kernel
	scale     []kernel.Vec // of one channel
	bias      []kernel.Vec
	labels    int
	beside    bool            // two bodies are being emitted side by side,
	later     []arm64.Operand // and what they free is free after both
}

func reg(s weave.Scalar) arm64.Reg { return s.Reg.(arm64.Reg) }

func (m *machine) Set() *weave.Set { return NEON }

func (m *machine) Begin(name string, k *kernel.Kernel, stream bool) {
	*m = machine{file: m.file, tails: m.tails, eightTimes: m.eightTimes, eachBit: m.eachBit, eachBit16: m.eachBit16, picks: m.picks, kernel: k, stream: stream, keeps: map[string]arm64.Reg{}}
	m.Func = m.file.Func(name)
	if k != nil {
		m.mask = m.hold()
	}
}

func (m *machine) End() {
	m.RET()
	for _, v := range m.held {
		m.Func.Free(v)
	}
	for _, r := range m.keeps {
		m.Func.Free(r)
	}
}

// hold allocates a vector for all of the function.
func (m *machine) hold() arm64.Vec {
	v := m.V()
	m.held = append(m.held, v)
	return v
}

// Scalars.

func (m *machine) Scalar() weave.Scalar { return weave.Scalar{Reg: m.R()} }

func (m *machine) FreeScalar(s ...weave.Scalar) {
	for _, r := range s {
		m.Func.Free(reg(r))
	}
}

func (m *machine) Argument(d weave.Scalar, name string) {
	if r, ok := m.keeps[name]; ok {
		m.MOVD(r, reg(d))
	} else {
		m.LoadParam(name, reg(d))
	}
}

func (m *machine) Keep(names ...string) {
	for _, name := range names {
		r := m.R()
		m.LoadParam(name, r)
		m.keeps[name] = r
	}
}

func (m *machine) StepBytes() int { return m.ElemSize("chain") }

// field is a field of a step.
func (m *machine) field(step weave.Scalar, path ...any) arm64.Mem {
	return reg(step).At(m.Offset("chain", path...))
}

func (m *machine) Field(d, step weave.Scalar, name string) { m.MOVD(m.field(step, name), reg(d)) }
func (m *machine) Clear(d weave.Scalar)                    { m.MOVD(arm64.Imm(0), reg(d)) }
func (m *machine) Copy(d, s weave.Scalar)                  { m.MOVD(reg(s), reg(d)) }

func count(c weave.Count) arm64.Operand {
	if n, ok := c.(int); ok {
		return arm64.Imm(n)
	}
	return reg(c.(weave.Scalar))
}

func (m *machine) Add(d, a weave.Scalar, b weave.Count, then ...weave.Jump) {
	m.ADD(count(b), reg(a), reg(d))
	m.jumps(d, then)
}

func (m *machine) jumps(d weave.Scalar, then []weave.Jump) {
	for _, j := range then {
		m.JumpIf(d, j)
	}
}

func (m *machine) Sub(d, a weave.Scalar, b weave.Count, then ...weave.Jump) {
	if then == nil || then[0].If == weave.Zero || then[0].If == weave.NotZero {
		m.SUB(count(b), reg(a), reg(d))
		m.jumps(d, then)
		return
	}
	m.SUBS(count(b), reg(a), reg(d))
	if then[0].If == weave.Negative {
		m.BLT(then[0].To)
	} else {
		m.BGE(then[0].To)
	}
}

func (m *machine) Index(d, base, i weave.Scalar, size, more int) {
	m.indexed(i, size, func(n arm64.Reg) { m.ADD(n, reg(base), reg(d)) })
	if more < 0 {
		m.SUB(arm64.Imm(-more), reg(d), reg(d))
	} else if more > 0 {
		m.ADD(arm64.Imm(more), reg(d), reg(d))
	}
}

func (m *machine) Back(d, i weave.Scalar, size int) {
	m.indexed(i, size, func(n arm64.Reg) { m.SUB(n, reg(d), reg(d)) })
}

// indexed has i·size used.
func (m *machine) indexed(i weave.Scalar, size int, use func(n arm64.Reg)) {
	if size == 1 {
		use(reg(i))
		return
	}
	n := m.R()
	switch {
	case size == 3:
		m.ADD(reg(i), reg(i), n)
		m.ADD(reg(i), n, n)
	case size&(size-1) == 0:
		m.LSL(arm64.Imm(bits.TrailingZeros(uint(size))), reg(i), n)
	default:
		m.MOVD(arm64.Imm(size), n)
		m.MUL(n, reg(i), n)
	}
	use(n)
	m.Func.Free(n)
}

func (m *machine) Min(d, a weave.Scalar) {
	less := m.label("less")
	m.CMP(reg(a), reg(d))
	m.BLE(less)
	m.MOVD(reg(a), reg(d))
	m.Label(less)
}

// label is for a word's own.
func (m *machine) label(name string) string {
	m.labels++
	return name + "_" + string(rune('a'+m.labels-1))
}

func (m *machine) Or(d, row, i weave.Scalar, size int, other string) {
	given := m.label("given")
	m.Argument(d, other)
	m.CBZ(reg(row), given)
	m.Index(d, row, i, size, 0)
	m.Label(given)
}

func (m *machine) Jump(to string) { m.B(to) }

func (m *machine) JumpIf(a weave.Scalar, then weave.Jump) {
	switch then.If {
	case weave.Zero:
		m.CBZ(reg(a), then.To)
	case weave.NotZero:
		m.CBNZ(reg(a), then.To)
	case weave.Negative:
		m.TBNZ(63, reg(a), then.To)
	case weave.NotNegative:
		m.TBZ(63, reg(a), then.To)
	}
}

func (m *machine) JumpIfEqual(a, b weave.Scalar, to string) {
	m.CMP(reg(b), reg(a))
	m.BEQ(to)
}

func (m *machine) JumpIfUnset(step weave.Scalar, field string, scratch weave.Scalar, to string) {
	m.Field(scratch, step, field)
	m.CBZ(reg(scratch), to)
}

func (m *machine) Variant(step weave.Scalar) weave.Scalar {
	v := m.R()
	m.MOVBU(m.field(step, "params", "variant"), v)
	return weave.Scalar{Reg: v}
}

func (m *machine) Choose(variant weave.Scalar, n int, below, equal string) {
	m.CMP(arm64.Imm(n), reg(variant))
	m.BLO(below)
	if equal != "" {
		m.BEQ(equal)
	}
}

// Memory.

func (m *machine) Lanes() int { return width / m.kernel.Lane }
func (m *machine) Whole(d, n weave.Scalar, then ...weave.Jump) {
	m.AND(arm64.Imm(-m.Lanes()), reg(n), reg(d))
	m.jumps(d, then)
}
func (m *machine) Step(weave.Scalar) weave.Count { return m.Lanes() }
func (m *machine) Unroll() int                   { return 8 }
func (m *machine) Together() (loads, stores int) { return 2, 2 }
func (m *machine) Filled() []kernel.Vec          { return m.filled }

// place fills 32-bit lanes.
func (m *machine) place(value int, scratch arm64.Reg) kernel.Vec {
	v := m.hold()
	m.MOVD(arm64.Imm(value), scratch)
	m.VDUP(scratch, v.S4())
	return kernel.Vec{Reg: v}
}

// bytes fills bytes.
func (m *machine) bytes(value byte) kernel.Vec {
	v := m.hold()
	m.VMOVI(arm64.Imm(value), v.B16())
	return kernel.Vec{Reg: v}
}

func (m *machine) Hoist(table weave.Scalar) {
	k, scratch := m.kernel, m.R()
	defer m.Func.Free(scratch)
	if k.Lane == kernel.ByteLane {
		m.c254 = m.bytes(254)
		m.MOVD(m.eightTimes, scratch)
		for i := range m.repeat {
			m.repeat[i] = m.hold()
			m.FMOVQ(scratch.At(i*width), m.repeat[i])
		}
		m.MOVD(m.eachBit, scratch)
		m.bit = m.hold()
		m.FMOVQ(scratch.At(0), m.bit)
	}
	for _, b := range k.Consts {
		m.filled = append(m.filled, m.bytes(b))
	}
	if k.In.Pixels() {
		for i := range m.pick {
			m.pick[i] = m.hold()
			m.MOVD(m.picks[k.In.Size][i], scratch)
			m.FMOVQ(scratch.At(0), m.pick[i])
		}
		scale, bias := m.hold(), m.hold()
		m.FMOVQ(reg(table).At(0), scale)
		m.FMOVQ(reg(table).At(kernel.TableBias), bias)
		m.scale, m.bias = []kernel.Vec{{Reg: scale}}, []kernel.Vec{{Reg: bias}}
	}
	if k.Masked() && k.In.Element == 1 {
		m.c255 = m.bytes(255)
		if k.Table() {
			m.bit = m.hold()
			m.MOVD(m.eachBit16, scratch)
			m.FMOVQ(scratch.At(0), m.bit)
			m.c255 = kernel.Vec{Reg: m.hold()}
			m.MOVD(arm64.Imm(255), scratch)
			m.VDUP(scratch, vec(m.c255).H8())
		}
	}
	if k.In == kernel.BF16 {
		m.zero = vec(m.bytes(0))
	}
	if k.Out == kernel.BF16 {
		m.half, m.lsb = m.place(0x7fff, scratch), m.place(1, scratch)
	}
}

func (m *machine) Factor(step weave.Scalar, param string) kernel.Factor {
	v := m.V()
	m.FMOVS(m.field(step, "params", param), v) // the lowest lane is enough
	return kernel.Factor{Reg: v}
}

func (m *machine) FactorArgument(name string) kernel.Factor {
	v, bits := m.V(), m.R()
	m.LoadParam(name, bits)
	m.VDUP(bits, v.S4())
	m.Func.Free(bits)
	return kernel.Factor{Reg: v}
}

func (m *machine) Vector(step weave.Scalar, param string) kernel.Vec {
	v, p := m.V(), m.R()
	m.ADD(arm64.Imm(m.Offset("chain", "params", param)), reg(step), p)
	m.VLD1R(p.At(0), v.S4())
	m.Func.Free(p)
	return kernel.Vec{Reg: v}
}

// weights are those of own, and of partner.
type weights [2]kernel.Vec

func (m *machine) Weights(step weave.Scalar, params []string) kernel.Weights {
	return kernel.Weights{Reg: weights{m.Vector(step, params[0]), m.Vector(step, params[1])}}
}

func (m *machine) FreeFactor(f kernel.Factor) { m.Func.Free(factor(f)) }

func (m *machine) FreeWeights(w kernel.Weights) {
	for _, v := range w.Reg.(weights) {
		m.Free(v)
	}
}

func (m *machine) Tail(left weave.Scalar) {
	m.tail = true
	if m.kernel.Table() {
		return // dst is nothing that is read
	}
	masks, t, size := m.R(), m.R(), m.kernel.Out.Size
	m.MOVD(m.tails, masks)
	m.MOVD(arm64.Imm(width-m.Lanes()*size), t)
	for range size {
		m.ADD(reg(left), t, t)
	}
	m.FMOVQ(masks.Index(t), m.mask)
	m.Func.Free(masks, t)
}

func (m *machine) at(p weave.Scalar, i int, f kernel.Format) arm64.Mem {
	return reg(p).At(i * m.Lanes() * f.Size)
}

// move moves so many bytes between memory and a vector.
func (m *machine) move(bytes int, from, to arm64.Operand) {
	switch bytes {
	case 4:
		m.FMOVS(from, to)
	case 8:
		m.FMOVD(from, to)
	default:
		m.FMOVQ(from, to)
	}
}

func (m *machine) Move(to, from weave.Scalar) {
	v, bytes := m.V(), m.Lanes()*m.kernel.In.Size
	m.move(bytes, reg(from).At(0), v)
	m.move(bytes, v, reg(to).At(0))
	m.Func.Free(v)
}

// upper is the upper half of the 16-bit lanes of a vector.
type upper struct{ arm64.Vec }

func (m *machine) Load(d []kernel.Vec, p weave.Scalar, i int, _ bool) {
	v, f := vec(d[0]), m.kernel.In
	from, bytes := m.at(p, i, f), len(d)*m.Lanes()*f.Size
	switch {
	case f.Pixels():
		m.loadPixels(p, i, len(d), v)
	case bytes == 2*width:
		m.FLDPQ(from, v, vec(d[1]))
	default:
		m.move(bytes, from, v)
	}
	switch {
	case f == kernel.U8 && m.kernel.Lane == kernel.FloatLane:
		m.VUXTL(v.B8(), v.H8()) // both vectors
	case f == kernel.BF16:
		if len(d) == 2 {
			m.VZIP2(v.H8(), m.zero.H8(), vec(d[1]).H8())
		}
		m.VZIP1(v.H8(), m.zero.H8(), v.H8())
	case f == kernel.F16:
		if len(d) == 2 {
			m.VFCVTL2(v.H8(), vec(d[1]).S4())
		}
		m.VFCVTL(v.H4(), v.S4())
	}
	if m.kernel.Table() && len(d) == 2 {
		d[1].Reg = upper{v}
	}
}

func (m *machine) LoadMask(d []kernel.Vec, p weave.Scalar, i int) {
	v, from := vec(d[0]), m.at(p, i, kernel.U8)
	if m.kernel.Lane == kernel.FloatLane {
		m.move(len(d)*m.Lanes(), from, v)
		m.VUXTL(v.B8(), v.H8()) // of both vectors
		switch {
		case m.kernel.Table() && len(d) == 2:
			d[1].Reg = upper{v}
		case !m.kernel.Table():
			if len(d) == 2 {
				m.VUXTL2(v.H8(), s4(d[1]))
				m.VUCVTF(s4(d[1]), s4(d[1]))
			}
			m.VUXTL(v.H4(), v.S4())
			m.VUCVTF(v.S4(), v.S4())
		}
	} else if len(d) == 2 {
		m.FLDPQ(from, v, vec(d[1]))
	} else {
		m.FMOVQ(from, v)
	}
}

func (m *machine) Bits(d, base, column weave.Scalar) {
	t := m.R()
	if m.kernel.Lane == kernel.FloatLane {
		m.LSL(3, reg(base), t)
		m.ADD(reg(column), t, reg(d))
	} else {
		m.LSR(arm64.Imm(3), reg(column), t)
		m.ADD(t, reg(base), reg(d))
	}
	m.Func.Free(t)
}

func (m *machine) AddBits(d weave.Scalar, columns weave.Count) {
	n := columns.(int)
	if m.kernel.Lane == kernel.ByteLane {
		n /= 8
	}
	m.ADD(arm64.Imm(n), reg(d), reg(d))
}

// loadFloatBits leaves its own bit in each of eight 16-bit lanes, for one vector or two.
func (m *machine) loadFloatBits(d []kernel.Vec, p weave.Scalar, i int) {
	at, bits, v := m.R(), m.R(), vec(d[0])
	m.LSR(arm64.Imm(3), reg(p), at)
	if len(d) == 2 { // it begins with a byte
		m.MOVBU(at.At(i*m.Lanes()/8), bits)
	} else {
		shift := m.R()
		m.MOVWU(at.At(0), bits)
		m.AND(arm64.Imm(7), reg(p), shift)
		m.LSR(shift, bits, bits)
		m.Func.Free(shift)
	}
	m.VDUP(bits, v.H8())
	m.VCMTST(m.bit.H8(), v.H8(), v.H8())
	m.Func.Free(at, bits)
	if len(d) == 2 {
		d[1].Reg = upper{v}
	}
}

func (m *machine) LoadBits(d []kernel.Vec, p weave.Scalar, i int, column weave.Scalar) {
	if m.kernel.Lane == kernel.FloatLane {
		m.loadFloatBits(d, p, i)
		return
	}
	bits, from := m.V(), reg(p).At(i*m.Lanes()/8)
	if m.tail {
		word, shift := m.R(), m.R()
		m.MOVWU(from, word)
		m.AND(arm64.Imm(7), reg(column), shift)
		m.LSR(shift, word, word)
		m.VDUP(word, bits.S4())
		m.Func.Free(word, shift)
	} else {
		m.FMOVS(from, bits)
	}
	for j := range d {
		m.VTBL(m.repeat[j].B16(), []arm64.View{bits.B16()}, b16(d[j]))
		m.VCMTST(m.bit.B16(), b16(d[j]), b16(d[j]))
	}
	m.Func.Free(bits)
}

// loadPixels loads a channel of as many pixels as n vectors take, to 16-bit lanes, by two loads.
func (m *machine) loadPixels(p weave.Scalar, i, n int, v arm64.Vec) {
	size, second := picked(m.Lanes()*n, m.kernel.In.Size)
	t := m.Vs(2)
	for j, at := range []int{0, second} {
		m.move(size, reg(p).At(i*m.Lanes()*m.kernel.In.Size+at), t[j])
	}
	m.VTBL(m.pick[n-1].B16(), []arm64.View{t[0].B16(), t[1].B16()}, v.B16())
	m.Func.Free(t[0], t[1])
}

// picked returns how many bytes loadPixels loads at a time, and where the second load begins: it ends with the last pixel.
func picked(pixels, channels int) (size, second int) {
	n := (pixels-1)*channels + 1
	size = 1 << (bits.Len(uint(n)) - 1)
	return size, n - size
}

func (m *machine) Look(table weave.Scalar, i, n int, _ bool) (scale, bias []kernel.Vec) {
	if m.scale != nil {
		return slices.Repeat(m.scale, n), slices.Repeat(m.bias, n)
	}
	return m.look(reg(table).At(i*width), n), m.look(reg(table).At(i*width+kernel.TableBias), n)
}

func (m *machine) look(at arm64.Mem, n int) []kernel.Vec {
	if n == 1 {
		v := m.V()
		m.FMOVQ(at, v)
		return []kernel.Vec{{Reg: v}}
	}
	v, x := m.V(), m.V()
	m.FLDPQ(at, v, x)
	return []kernel.Vec{{Reg: v}, {Reg: x}}
}

func (m *machine) Done(scale, bias []kernel.Vec) {
	if m.scale != nil {
		return
	}
	for i := range scale {
		m.Free(scale[i])
		m.Free(bias[i])
	}
}

// Beside puts two bodies side by side, for CPUs that take instructions in order.
func (m *machine) Beside(n int, body func(i int)) {
	if n == 1 {
		body(0)
		return
	}
	m.beside = true
	m.Interleave(func() { body(0) }, func() { body(1) })
	m.beside = false
	m.Func.Free(m.later...)
	m.later = nil
}

func (m *machine) Store(d []kernel.Vec, p weave.Scalar, i int) {
	m.store(m.packed(d), len(d), p, i)
}

// packed returns vectors as they are stored: two that become one are left as two halves for a streaming store, since
// there is no such store of one register.
func (m *machine) packed(d []kernel.Vec) []arm64.Vec {
	v, two, f := vec(d[0]), len(d) == 2, m.kernel.Out
	apart := m.stream && two && f.Size == 2
	switch {
	case f == kernel.BF16 && apart:
		m.VUZP2(v.H8(), v.H8(), v.H8())
		m.VUZP2(h8(d[1]), h8(d[1]), h8(d[1]))
	case f == kernel.BF16:
		m.VUZP2(h8(d[len(d)-1]), v.H8(), v.H8())
	case f == kernel.F16:
		m.VFCVTN(v.S4(), v.H4())
		if apart {
			m.VFCVTN(s4(d[1]), vec(d[1]).H4())
		} else if two {
			m.VFCVTN2(s4(d[1]), v.H8())
		}
	}
	if two && (apart || f.Size*m.Lanes() == width) {
		return []arm64.Vec{v, vec(d[1])}
	}
	return []arm64.Vec{v}
}

// store stores what n vectors have been packed to.
func (m *machine) store(v []arm64.Vec, n int, p weave.Scalar, i int) {
	to, bytes := m.at(p, i, m.kernel.Out), n*m.Lanes()*m.kernel.Out.Size
	if m.tail && !m.kernel.Table() {
		old := m.V()
		m.move(bytes, to, old)
		m.VBIF(m.mask.B16(), old.B16(), v[0].B16()) // where the mask is clear, dst as it is
		m.Func.Free(old)
	}
	switch {
	case len(v) == 1:
		m.move(bytes, v[0], to)
	case bytes == width:
		m.STNPD(v[0], v[1], to)
	case m.stream:
		m.STNPQ(v[0], v[1], to)
	default:
		m.FSTPQ(v[0], v[1], to)
	}
}

func (m *machine) StoreMasked(d, _ []kernel.Vec, p weave.Scalar, i int, own, partner, mask weave.Scalar) {
	v, size, columns := m.packed(d), m.kernel.Out.Size, len(d)*m.Lanes()
	part := columns * size / len(v) // bytes of a register
	t := m.Vs(3)
	bytes, whole, row := t[0], t[1:], m.V()
	m.move(columns, m.at(mask, i, kernel.U8), bytes)
	for _, take := range []struct {
		from  weave.Scalar
		share byte
	}{{own, 255}, {partner, 0}} {
		m.VMOVI(arm64.Imm(take.share), row.B16())
		m.VCMEQ(row.B16(), bytes.B16(), whole[0].B16())
		m.VZIP1(whole[0].B16(), whole[0].B16(), whole[0].B16()) // as wide as an element
		switch {
		case size == 4:
			if len(v) == 2 {
				m.VZIP2(whole[0].H8(), whole[0].H8(), whole[1].H8())
			}
			m.VZIP1(whole[0].H8(), whole[0].H8(), whole[0].H8())
		case len(v) == 2:
			m.VZIP2(whole[0].D2(), whole[0].D2(), whole[1].D2())
		}
		for j := range v {
			m.move(part, reg(take.from).At(i*m.Lanes()*size+j*part), row)
			m.VBIT(whole[j].B16(), row.B16(), v[j].B16())
		}
	}
	m.Func.Free(bytes, whole[0], whole[1], row)
	m.store(v, len(d), p, i)
}

// Plain memory.

func (m *machine) Block() int { return 128 }
func (m *machine) Group() int { return 2 }

func (m *machine) Prefetch(weave.Scalar, int) {} // CPUs do it by themselves

func (m *machine) Fill(value byte) kernel.Vec {
	v := m.V()
	m.VMOVI(arm64.Imm(value), v.B16())
	return kernel.Vec{Reg: v}
}

func (m *machine) LoadPlain(d []kernel.Vec, p weave.Scalar, i int) {
	m.FLDPQ(reg(p).At(i*width), vec(d[0]), vec(d[1]))
}

func (m *machine) StoreStream(v []kernel.Vec, p weave.Scalar, i int) {
	m.STNPQ(vec(v[0]), vec(v[1]), reg(p).At(i*width))
}

func (m *machine) Fence() {} // STNP is ordered as any store
