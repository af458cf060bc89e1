package x86

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/mixblend/blend/gen/kernel"
	"github.com/mixblend/blend/gen/weave"
)

// base is what AVX2 and AVX-512 have in common: the scalars, and the words that are spoken alike.
type base struct {
	*build.Context
	*data
	set  *weave.Set
	vec  func() reg.VecVirtual
	move func(from, to operand.Op) // a vector, or a part of one
	xor  func(b, a, d operand.Op)
	and  func(b, a, d operand.Op)
	// constant returns a vector of memory for a word: as it is, or in a register where there are enough.
	constant func(from operand.Mem) kernel.Vec
	kernel   *kernel.Kernel
	stream   bool
	tail     bool // Tail has been called

	consts         []kernel.Vec
	signs          kernel.Vec
	upper          kernel.Vec // for bfloat16: the upper half of every 32-bit lane
	units          kernel.Vec
	byMask         byMask
	scales, biases []kernel.Vec // of a period of the table, where they are kept
	planes         planes
}

func op(v kernel.Vec) operand.Op { return v.Reg.(operand.Op) }

func register(v kernel.Vec) reg.VecVirtual { return v.Reg.(reg.VecVirtual) }

func gp(s weave.Scalar) reg.GPVirtual { return s.Reg.(reg.GPVirtual) }

func (m *base) Set() *weave.Set { return m.set }

func (m *base) Begin(name string, k *kernel.Kernel, stream bool) {
	m.kernel, m.stream, m.tail, m.planes = k, stream, false, planes{}
	m.Implement(name)
	m.Attributes(attr.NOSPLIT)
}

func (m *base) End() {
	m.VZEROUPPER()
	m.RET()
}

func (m *base) Comment(text string) { m.Context.Comment(text) }

// Scalars. avo allocates them, and knows when they are free.

func (m *base) Scalar() weave.Scalar       { return weave.Scalar{Reg: m.GP64()} }
func (m *base) FreeScalar(...weave.Scalar) {}

func (m *base) Argument(d weave.Scalar, name string) { m.Load(m.Param(name), gp(d)) }
func (m *base) Keep(...string)                       {} // there are no registers for it

func (m *base) argument(name string) operand.Mem { return address(m.Param(name).Resolve()) }

func address(b *gotypes.Basic, err error) operand.Mem {
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// field is a field of a step, at its offset in the Go type.
func (m *base) field(step weave.Scalar, path ...string) operand.Mem {
	c := m.Param("chain").Dereference(gp(step))
	for _, name := range path {
		c = c.Field(name)
	}
	return address(c.Resolve())
}

func (m *base) param(step weave.Scalar, name string) operand.Mem {
	return m.field(step, "params", name)
}

// StepBytes is where the last field ends.
func (m *base) StepBytes() int {
	return m.field(weave.Scalar{Reg: m.GP64()}, "ahead").Disp + 8
}

func (m *base) Field(d, step weave.Scalar, name string) { m.MOVQ(m.field(step, name), gp(d)) }
func (m *base) Clear(d weave.Scalar)                    { m.XORQ(gp(d), gp(d)) }
func (m *base) Copy(d, s weave.Scalar)                  { m.MOVQ(gp(s), gp(d)) }

func (m *base) Add(d, a weave.Scalar, b weave.Count, then ...weave.Jump) {
	m.arithmetic(m.ADDQ, 1, d, a, b, then)
}

func (m *base) Sub(d, a weave.Scalar, b weave.Count, then ...weave.Jump) {
	m.arithmetic(m.SUBQ, -1, d, a, b, then)
}

func (m *base) arithmetic(do func(b, d operand.Op), sign int, d, a weave.Scalar, b weave.Count, then []weave.Jump) {
	n, constant := b.(int)
	switch {
	case constant && d != a:
		m.LEAQ(operand.Mem{Base: gp(a), Disp: sign * n}, gp(d))
		if then != nil {
			m.TESTQ(gp(d), gp(d))
		}
	case constant:
		do(operand.U32(n), gp(d))
	default:
		if d != a {
			m.MOVQ(gp(a), gp(d))
		}
		do(gp(b.(weave.Scalar)), gp(d))
	}
	for _, j := range then {
		m.conditional(j)
	}
}

func (m *base) conditional(j weave.Jump) {
	to := operand.LabelRef(j.To)
	switch j.If {
	case weave.Zero:
		m.JZ(to)
	case weave.NotZero:
		m.JNZ(to)
	case weave.Negative:
		m.JS(to)
	case weave.NotNegative:
		m.JNS(to)
	}
}

func (m *base) Index(d, base, i weave.Scalar, size, more int) {
	switch size {
	case 1, 2, 4, 8:
		m.LEAQ(operand.Mem{Base: gp(base), Index: gp(i), Scale: uint8(size), Disp: more}, gp(d))
	case 3:
		m.LEAQ(operand.Mem{Base: gp(base), Index: m.times(i, size), Scale: 1, Disp: more}, gp(d))
	default:
		m.IMUL3Q(operand.U8(size), gp(i), gp(d))
		m.ADDQ(gp(base), gp(d))
	}
}

// times returns i·size.
func (m *base) times(i weave.Scalar, size int) reg.GPVirtual {
	if size == 1 {
		return gp(i)
	}
	n := m.GP64()
	if size == 3 {
		m.LEAQ(operand.Mem{Base: gp(i), Index: gp(i), Scale: 2}, n)
	} else {
		m.MOVQ(gp(i), n)
		m.SHLQ(operand.U8(bits.TrailingZeros(uint(size))), n)
	}
	return n
}

func (m *base) Bits(d, base, column weave.Scalar) {
	bytes := m.GP64()
	m.MOVQ(gp(column), bytes)
	m.SHRQ(operand.U8(3), bytes)
	m.LEAQ(operand.Mem{Base: gp(base), Index: bytes, Scale: 1}, gp(d))
}

func (m *base) AddBits(d weave.Scalar, columns weave.Count) { m.Add(d, d, columns.(int)/8) }

// bitsAt is where the bits of vector i begin.
func (m *base) bitsAt(p weave.Scalar, i int) operand.Mem {
	return operand.Mem{Base: gp(p), Disp: i * m.Lanes() / 8}
}

func (m *base) Back(d, i weave.Scalar, size int) { m.SUBQ(m.times(i, size), gp(d)) }

func (m *base) Min(d, a weave.Scalar) {
	m.CMPQ(gp(a), gp(d))
	m.CMOVQLT(gp(a), gp(d))
}

func (m *base) Or(d, row, i weave.Scalar, size int, other string) {
	m.Index(d, row, i, size, 0)
	m.TESTQ(gp(row), gp(row))
	m.CMOVQEQ(m.argument(other), gp(d))
}

func (m *base) Jump(to string) { m.JMP(operand.LabelRef(to)) }

func (m *base) JumpIf(a weave.Scalar, then weave.Jump) {
	m.TESTQ(gp(a), gp(a))
	m.conditional(then)
}

func (m *base) JumpIfEqual(a, b weave.Scalar, to string) {
	m.CMPQ(gp(a), gp(b))
	m.JEQ(operand.LabelRef(to))
}

func (m *base) JumpIfUnset(step weave.Scalar, field string, _ weave.Scalar, to string) {
	m.CMPB(m.field(step, field), operand.U8(0))
	m.JEQ(operand.LabelRef(to))
}

func (m *base) Variant(step weave.Scalar) weave.Scalar {
	v := m.GP32()
	m.MOVBLZX(m.param(step, "variant"), v)
	return weave.Scalar{Reg: v}
}

func (m *base) Choose(variant weave.Scalar, n int, below, equal string) {
	m.CMPL(gp(variant), operand.U8(n))
	m.JCS(operand.LabelRef(below))
	if equal != "" {
		m.JEQ(operand.LabelRef(equal))
	}
}

// Memory.

func (m *base) Lanes() int { return m.set.Width / m.kernel.Lane }

func (m *base) Whole(d, n weave.Scalar, then ...weave.Jump) {
	m.MOVQ(gp(n), gp(d))
	m.ANDQ(operand.I8(-m.Lanes()), gp(d))
	for _, j := range then {
		m.conditional(j)
	}
}

func (m *base) Step(weave.Scalar) weave.Count { return m.Lanes() }

func (m *base) Quotient(d, a weave.Scalar, n int) {
	twos := bits.TrailingZeros(uint(n))
	if odd := uint64(n >> twos); odd == 1 {
		m.MOVQ(gp(a), gp(d))
	} else {
		inverse := odd // its product with odd is 1 in the low three bits, and in twice as many each time
		for range 5 {
			inverse *= 2 - odd*inverse
		}
		m.MOVQ(operand.U64(inverse), gp(d))
		m.IMULQ(gp(a), gp(d))
	}
	if twos > 0 {
		m.SHRQ(operand.U8(twos), gp(d))
	}
}

func (m *base) PrefetchRow(p weave.Scalar, far, bytes int) {
	for i := 0; i < bytes; i += 64 {
		m.PREFETCHT0(operand.Mem{Base: gp(p), Disp: far + i})
	}
}

func (m *base) Unroll() int { return 256 / m.set.Width }

func (m *base) Together() (loads, stores int) {
	switch {
	case m.kernel.In == kernel.BF16:
		return 2, 2 // see loadBoth
	case m.kernel.Narrows():
		return 1, 2
	}
	return 1, 1
}

// loadBoth loads the bfloat16 of two vectors: the even columns to one, the odd ones to the other. So no element crosses a register to
// get there, nor, in packed, to get back.
func (m *base) loadBoth(d []kernel.Vec, from operand.Mem) {
	m.move(from, op(d[1]))
	m.VPSLLD(operand.U8(16), op(d[1]), op(d[0]))
	m.and(op(m.upper), op(d[1]), op(d[1]))
}

// loadBothMasks loads the mask of what loadBoth loads.
func (m *base) loadBothMasks(d []kernel.Vec, from operand.Mem) {
	even, odd := op(d[0]), op(d[1])
	m.VPMOVZXBW(from, odd)
	m.VPSLLD(operand.U8(16), odd, even)
	m.VPSRLD(operand.U8(16), even, even)
	m.VPSRLD(operand.U8(16), odd, odd)
	m.VCVTDQ2PS(even, even)
	m.VCVTDQ2PS(odd, odd)
}

func (m *base) at(p weave.Scalar, i int, f kernel.Format) operand.Mem {
	return operand.Mem{Base: gp(p), Disp: i * m.Lanes() * f.Size}
}

// inMemory says whether the body takes what is loaded as memory, if it takes that as an operand once or not.
func (m *base) inMemory(once bool) bool {
	k := m.kernel
	return k.Table() || !m.tail && k.In.Size == k.Lane && once
}

// inRegister loads a vector to d, unless it is in a register.
func (m *base) inRegister(v, d kernel.Vec) kernel.Vec {
	if from, memory := v.Reg.(operand.Mem); memory {
		m.move(from, op(d))
		return d
	}
	return v
}

// place puts a vector of memory into a register.
func (m *base) place(from operand.Mem) kernel.Vec {
	v := m.vec()
	m.move(from, v)
	return kernel.Vec{Reg: v}
}

// fill returns 32-bit lanes of a value.
func (m *base) fill(value uint32) kernel.Vec {
	v, t, x := m.vec(), m.GP32(), m.XMM()
	m.MOVL(operand.U32(value), t)
	m.VMOVD(t, x)
	m.VPBROADCASTD(x, v)
	return kernel.Vec{Reg: v}
}

// hoist sets the scales and biases of so many vectors of the table, and the kernel's Consts.
func (m *base) hoist(table weave.Scalar, periodic int) {
	m.consts, m.scales, m.biases = nil, nil, nil
	if m.kernel.In == kernel.BF16 {
		m.upper = m.constant(m.data.upper)
	}
	for i := range periodic {
		scale, bias := m.look(table, i)
		m.scales, m.biases = append(m.scales, m.place(scale)), append(m.biases, m.place(bias))
	}
	for _, b := range m.kernel.Consts {
		m.consts = append(m.consts, m.place(m.bytes[b]))
	}
}

func (m *base) look(table weave.Scalar, i int) (scale, bias operand.Mem) {
	scale = m.at(table, i, kernel.F32)
	bias = scale
	bias.Disp += kernel.TableBias
	return scale, bias
}

func (m *base) Filled() []kernel.Vec { return m.consts }

func (m *base) Look(table weave.Scalar, i, _ int, inner bool) (scale, bias []kernel.Vec) {
	if n := len(m.scales); n == 1 || n > 1 && inner {
		return m.scales[i%n : i%n+1], m.biases[i%n : i%n+1]
	}
	s, b := m.look(table, i)
	return []kernel.Vec{{Reg: s}}, []kernel.Vec{{Reg: b}}
}

func (m *base) Beside(n int, body func(i int)) {
	for i := range n {
		body(i)
	}
}

func (m *base) Done(scale, bias []kernel.Vec) {}

func (m *base) broadcast(step weave.Scalar, param string) reg.VecVirtual {
	v := m.vec()
	m.VPBROADCASTD(m.param(step, param), v)
	return v
}

func (m *base) Factor(step weave.Scalar, param string) kernel.Factor {
	return kernel.Factor{Reg: m.broadcast(step, param)}
}

func (m *base) FactorArgument(name string) kernel.Factor {
	v := m.vec()
	m.VBROADCASTSS(m.argument(name), v)
	return kernel.Factor{Reg: v}
}

func (m *base) Vector(step weave.Scalar, param string) kernel.Vec {
	return kernel.Vec{Reg: m.broadcast(step, param)}
}

// Weights are those of own and partner in turn.
func (m *base) Weights(step weave.Scalar, params []string) kernel.Weights {
	return kernel.Weights{Reg: m.broadcast(step, params[2])}
}

func (m *base) FreeFactor(kernel.Factor)   {}
func (m *base) FreeWeights(kernel.Weights) {}

// Words.

func (m *base) Temp() kernel.Vec { return kernel.Vec{Reg: m.vec()} }
func (m *base) Free(kernel.Vec)  {}

func (m *base) ScaleF32(d, a kernel.Vec, by kernel.Factor) {
	m.VMULPS(op(a), by.Reg.(operand.Op), op(d))
}
func (m *base) MulF32(d, a, b kernel.Vec) { m.VMULPS(op(b), op(a), op(d)) }
func (m *base) AddF32(d, a, b kernel.Vec) { m.VADDPS(op(b), op(a), op(d)) }
func (m *base) SubF32(d, a, b kernel.Vec) { m.VSUBPS(op(b), op(a), op(d)) }

func (m *base) LerpU8(d, b, other kernel.Vec, by kernel.Factor) {
	kernel.LerpHalves(m, d, b, other, by)
}

func (m *base) SubWide(lo, hi, a, b kernel.Vec) {
	m.VPUNPCKLBW(op(b), op(a), op(lo))
	m.VPUNPCKHBW(op(b), op(a), op(hi))
	m.VPMADDUBSW(op(m.signs), op(lo), op(lo))
	m.VPMADDUBSW(op(m.signs), op(hi), op(hi))
}

// everywhere repeats so many bytes of memory, which fill a lane of v. The machines have more.
func (m *base) everywhere(bytes int, from operand.Mem, v operand.Op) {
	switch bytes {
	case 2:
		m.VPBROADCASTW(from, v)
	case 4:
		m.VPBROADCASTD(from, v)
	case 8:
		m.VPBROADCASTQ(from, v)
	default:
		panic(fmt.Sprintf("x86: %d bytes everywhere", bytes))
	}
}

// byMask is what words that take a mask need: all ones; 128 in every byte, 2¹⁵ and 257 in every word; 128, and 255 as float32, in every
// 32-bit lane; and the rest of pixelMasks.
type byMask struct{ ones, bytes128, words32768, words257, lanes128, lanes255, pixelRest kernel.Vec }

// shares are what MaskU8 multiplies by, as loaded: of each half of the bytes, as they are unpacked, the mask and the rest of it in turn.
type shares struct{ lo, hi reg.VecVirtual }

func (m *base) hoistByMask() {
	m.byMask = byMask{}
	switch {
	case !m.kernel.Masked():
		return
	case m.kernel.In == kernel.F32:
		m.byMask.lanes255 = m.fill(math.Float32bits(255))
		return
	case m.kernel.Lane == kernel.FloatLane && !m.kernel.Table():
		return
	}
	m.byMask.ones = m.fill(0xffff_ffff)
	if m.kernel.Table() {
		m.byMask.lanes128 = m.fill(128)
		return
	}
	m.byMask.bytes128 = m.fill(0x8080_8080)
}

// once puts a vector of memory into a register, unless it is in one.
func (m *base) once(v *kernel.Vec, from operand.Mem) kernel.Vec {
	if v.Reg == nil {
		*v = m.place(from)
	}
	return *v
}

// units is 2³⁸ as float32: its last bit is worth 2¹⁵, and its lowest byte so many of them.
const units = 0x5280_0000

// MaskU8 is t = mask·own + (255−mask)·partner less 255·128, which makes bytes signed, and then (t+128)·257 / 2¹⁶.
func (m *base) MaskU8(d, own, partner, mask kernel.Vec) {
	c := &m.byMask
	by, loaded := mask.Reg.(shares)
	if !loaded {
		rest := m.vec()
		by = shares{m.vec(), m.vec()}
		m.xor(op(c.ones), op(mask), rest)
		m.VPUNPCKHBW(rest, op(mask), by.hi)
		m.VPUNPCKLBW(rest, op(mask), by.lo)
	}
	a, b, hi := m.vec(), m.vec(), m.vec()
	m.xor(op(own), op(c.bytes128), a)
	m.xor(op(partner), op(c.bytes128), b)
	m.VPUNPCKHBW(b, a, hi)
	m.VPUNPCKLBW(b, a, a)
	m.VPMADDUBSW(hi, by.hi, hi)
	m.VPMADDUBSW(a, by.lo, op(d))
	for _, half := range []operand.Op{hi, op(d)} {
		m.VPADDW(op(m.once(&c.words32768, m.words32768)), half, half)
		m.VPMULHUW(op(m.once(&c.words257, m.words257)), half, half)
	}
	m.VPACKUSWB(hi, op(d), op(d))
}

// maskMix is MaskMixU8 of words in turn: own and partner in d, mask and 255−mask in by.
func (m *base) maskMix(d kernel.Vec, by reg.VecVirtual) {
	x := op(d)
	m.VPMADDWD(by, x, x)
	m.VPADDD(op(m.byMask.lanes128), x, x)
	m.VPSRLD(operand.U8(8), x, by)
	m.VPADDD(by, x, x)
	m.VPSRLD(operand.U8(8), x, x)
	m.VPSLLD(operand.U8(15), x, x)
	m.VCVTDQ2PS(x, x)
}

func (m *base) MulRound16(d, a kernel.Vec, by kernel.Factor) {
	m.VPMULHRSW(by.Reg.(operand.Op), op(a), op(d))
}
func (m *base) Narrow(d, lo, hi kernel.Vec) { m.VPACKSSWB(op(hi), op(lo), op(d)) }
func (m *base) AddU8(d, a, b kernel.Vec)    { m.VPADDB(op(b), op(a), op(d)) }
func (m *base) AvgU8(d, a, b kernel.Vec)    { m.VPAVGB(op(b), op(a), op(d)) }

// mix multiplies bytes of own and partner, in words in turn.
func (m *base) mix(d, words kernel.Vec, w kernel.Weights) {
	m.VPMADDWD(w.Reg.(operand.Op), op(words), op(d))
	m.VCVTDQ2PS(op(d), op(d))
}

// shuffle returns one of MixU8's.
func (m *base) shuffle(name string) kernel.Vec {
	return m.place(m.shuffles[fmt.Sprintf("%s%d", name, m.kernel.In.Size)])
}

// put stores a vector, by a streaming store where the function does.
func (m *base) put(v operand.Op, to operand.Mem) {
	if m.stream {
		m.VMOVNTDQ(v, to)
	} else {
		m.move(v, to)
	}
}

// Plain memory.

func (m *base) Block() int { return 512 }
func (m *base) Group() int { return m.Block() / m.set.Width }

func (m *base) Prefetch(p weave.Scalar, more int) {
	m.PREFETCHNTA(operand.Mem{Base: gp(p), Disp: more})
}

func (m *base) Fill(value byte) kernel.Vec { return m.fill(uint32(value) * 0x0101_0101) }

func (m *base) LoadPlain(d []kernel.Vec, p weave.Scalar, i int) {
	for j := range d {
		m.move(operand.Mem{Base: gp(p), Disp: (i + j) * m.set.Width}, op(d[j]))
	}
}

func (m *base) StoreStream(v []kernel.Vec, p weave.Scalar, i int) {
	for j := range v {
		m.VMOVNTDQ(op(v[j]), operand.Mem{Base: gp(p), Disp: (i + j) * m.set.Width})
	}
}

func (m *base) Fence() { m.SFENCE() }
