package rvv

import (
	"math"
	"math/bits"

	"github.com/mixblend/blend/asm/riscv64"

	"github.com/mixblend/blend/gen/kernel"
	"github.com/mixblend/blend/gen/weave"
)

// group is how many registers hold the lanes of one vector. Fewer would be read and written by more instructions, and of more there
// would be too few.
const group = 4

// RVV is for dispatch.
var RVV = &weave.Set{
	Name:     "RVV",
	Arch:     "riscv64",
	Since:    "go1.26",
	Rest:     weave.StepTakesRest,
	Requires: []string{"V"},
}

// machine takes as many columns a turn as VSETVLI answers.
type machine struct {
	*riscv64.Func
	file   *riscv64.File
	kernel *kernel.Kernel

	bits   int                 // of an element, as VSETVLI has set them
	turn   riscv64.Reg         // columns of the turn
	bytes  map[int]riscv64.Reg // turn times a size,
	fresh  map[int]bool        // if it is since the turn began
	floats []riscv64.Float     // until the end
	labels int

	apart       riscv64.Reg // bytes from one pixel to the next
	scale, bias kernel.Vec  // of one channel
	mask        riscv64.Vec // V0 and those that are a group with it, where masks are used
	fromF16     riscv64.Float
	inf         riscv64.Float // what is more in float16: 2¹⁶
}

func reg(s weave.Scalar) riscv64.Reg { return s.Reg.(riscv64.Reg) }

func (m *machine) Set() *weave.Set { return RVV }

func (m *machine) Begin(name string, k *kernel.Kernel, _ bool) {
	*m = machine{file: m.file, kernel: k, bytes: map[int]riscv64.Reg{}, fresh: map[int]bool{}}
	m.Func = m.file.Func(name)
	m.turn = m.X()
}

func (m *machine) End() {
	m.RET()
	m.Func.Free(m.turn)
	for _, r := range m.bytes {
		m.Func.Free(r)
	}
	for _, r := range m.floats {
		m.Func.Free(r)
	}
	if m.kernel.In.Pixels() {
		m.Func.Free(m.apart)
	}
	if m.masks() {
		m.FreeV(m.mask, group)
	}
}

// with has a constant used.
func (m *machine) with(value int, use func(x riscv64.Reg)) {
	x := m.X()
	m.MOV(riscv64.Imm(value), x)
	use(x)
	m.Func.Free(x)
}

// float is a constant for all of the function.
func (m *machine) float(value float32) riscv64.Float {
	f := m.F()
	m.floats = append(m.floats, f)
	m.with(int(math.Float32bits(value)), func(x riscv64.Reg) { m.FMVWX(x, f) })
	return f
}

// Scalars.

func (m *machine) Scalar() weave.Scalar { return weave.Scalar{Reg: m.X()} }

func (m *machine) FreeScalar(s ...weave.Scalar) {
	for _, r := range s {
		m.Func.Free(reg(r))
	}
}

func (m *machine) Argument(d weave.Scalar, name string) { m.LoadParam(name, reg(d)) }
func (m *machine) Keep(...string)                       {} // there are no registers for it

func (m *machine) StepBytes() int { return m.ElemSize("chain") }

// field is a field of a step.
func (m *machine) field(step weave.Scalar, path ...any) riscv64.Mem {
	return reg(step).At(m.Offset("chain", path...))
}

func (m *machine) Field(d, step weave.Scalar, name string) { m.MOV(m.field(step, name), reg(d)) }
func (m *machine) Clear(d weave.Scalar)                    { m.MOV(riscv64.X0, reg(d)) }
func (m *machine) Copy(d, s weave.Scalar)                  { m.MOV(reg(s), reg(d)) }

func (m *machine) Add(d, a weave.Scalar, b weave.Count, then ...weave.Jump) {
	if n, ok := b.(int); ok {
		m.ADD(riscv64.Imm(n), reg(a), reg(d))
	} else {
		m.ADD(reg(b.(weave.Scalar)), reg(a), reg(d))
	}
	m.jumps(d, then)
}

func (m *machine) Sub(d, a weave.Scalar, b weave.Count, then ...weave.Jump) {
	if n, ok := b.(int); ok {
		m.ADD(riscv64.Imm(-n), reg(a), reg(d))
	} else {
		m.SUB(reg(b.(weave.Scalar)), reg(a), reg(d))
	}
	m.jumps(d, then)
}

func (m *machine) jumps(d weave.Scalar, then []weave.Jump) {
	for _, j := range then {
		m.JumpIf(d, j)
	}
}

func (m *machine) Index(d, base, i weave.Scalar, size, more int) {
	m.indexed(i, size, func(n riscv64.Reg) { m.ADD(n, reg(base), reg(d)) })
	if more != 0 {
		m.ADD(riscv64.Imm(more), reg(d), reg(d))
	}
}

func (m *machine) Back(d, i weave.Scalar, size int) {
	m.indexed(i, size, func(n riscv64.Reg) { m.SUB(n, reg(d), reg(d)) })
}

// indexed has i·size used. That of a turn is computed once in it.
func (m *machine) indexed(i weave.Scalar, size int, use func(n riscv64.Reg)) {
	switch {
	case size == 1:
		use(reg(i))
	case reg(i) == m.turn:
		if _, ok := m.bytes[size]; !ok {
			m.bytes[size] = m.X()
		}
		if !m.fresh[size] {
			m.times(m.turn, size, m.bytes[size])
			m.fresh[size] = true
		}
		use(m.bytes[size])
	default:
		n := m.X()
		m.times(reg(i), size, n)
		use(n)
		m.Func.Free(n)
	}
}

// times sets d to i·size.
func (m *machine) times(i riscv64.Reg, size int, d riscv64.Reg) {
	switch {
	case size == 3:
		m.ADD(i, i, d)
		m.ADD(i, d, d)
	case size&(size-1) == 0:
		m.SLL(riscv64.Imm(bits.TrailingZeros(uint(size))), i, d)
	default:
		m.MOV(riscv64.Imm(size), d)
		m.MUL(i, d, d)
	}
}

func (m *machine) Min(d, a weave.Scalar) {
	less := m.label("less")
	m.BLT(reg(d), reg(a), less)
	m.MOV(reg(a), reg(d))
	m.Label(less)
}

// label is for a word's own.
func (m *machine) label(name string) string {
	m.labels++
	return name + "_" + string(rune('a'+m.labels-1))
}

// Label defines a label, to which several ways may lead.
func (m *machine) Label(name string) {
	m.bits = 0
	clear(m.fresh)
	m.Func.Label(name)
}

func (m *machine) Or(d, row, i weave.Scalar, size int, other string) {
	given := m.label("given")
	m.Argument(d, other)
	m.BEQZ(reg(row), given)
	m.Index(d, row, i, size, 0)
	m.Label(given)
}

func (m *machine) Jump(to string) { m.JMP(to) }

func (m *machine) JumpIf(a weave.Scalar, then weave.Jump) {
	switch then.If {
	case weave.Zero:
		m.BEQZ(reg(a), then.To)
	case weave.NotZero:
		m.BNEZ(reg(a), then.To)
	case weave.Negative:
		m.BLTZ(reg(a), then.To)
	case weave.NotNegative:
		m.BGEZ(reg(a), then.To)
	}
}

func (m *machine) JumpIfEqual(a, b weave.Scalar, to string) { m.BEQ(reg(a), reg(b), to) }

func (m *machine) JumpIfUnset(step weave.Scalar, field string, scratch weave.Scalar, to string) {
	m.Field(scratch, step, field)
	m.BEQZ(reg(scratch), to)
}

func (m *machine) Variant(step weave.Scalar) weave.Scalar {
	v := m.X()
	m.MOVBU(m.field(step, "params", "variant"), v)
	return weave.Scalar{Reg: v}
}

func (m *machine) Choose(variant weave.Scalar, n int, below, equal string) {
	m.with(n, func(x riscv64.Reg) {
		m.BLTU(reg(variant), x, below)
		if equal != "" {
			m.BEQ(reg(variant), x, equal)
		}
	})
}

// Memory.

// of is a type of so many bits that has a lane for each of the kernel's.
func (m *machine) of(bits int) riscv64.Type {
	return riscv64.Type{Bits: bits, Group: group * bits / (8 * m.kernel.Lane), Undisturbed: m.leavesOut()}
}

// take has what follows take elements of so many bits.
func (m *machine) take(bits int) {
	if m.bits != bits {
		m.VSETVLI(riscv64.X0, m.of(bits), riscv64.X0)
		m.bits = bits
	}
}

// leavesOut says whether elements are written where V0 is set alone.
func (m *machine) leavesOut() bool { return m.kernel.In.Element != 1 || m.kernel.Out == kernel.F16 }

// masks says whether V0 is used.
func (m *machine) masks() bool { return m.leavesOut() || m.kernel.Selects() }

func (m *machine) Lanes() int                    { return 0 }
func (m *machine) Unroll() int                   { return 1 }
func (m *machine) Together() (loads, stores int) { return 1, 1 }

// Step takes no more than a period of a table, so that what is looked up begins in it, or in the next.
func (m *machine) Step(left weave.Scalar) weave.Count {
	n := reg(left)
	if m.kernel.Table() {
		n = m.turn
		whole := m.label("whole")
		m.MOV(riscv64.Imm(kernel.TablePeriod), n)
		m.BLT(n, reg(left), whole)
		m.MOV(reg(left), n)
		m.Label(whole)
	}
	bits := 32
	switch k := m.kernel; {
	case k.Table():
		bits = 16
	case k.Lane == kernel.ByteLane:
		bits = 8
	}
	m.VSETVLI(n, m.of(bits), m.turn)
	if m.kernel.Selects() { // the next turn begins with a byte of bits; there are eight lanes at least
		last := m.label("last")
		m.BEQ(reg(left), m.turn, last)
		m.AND(riscv64.Imm(-8), m.turn, m.turn)
		m.Label(last)
		m.VSETVLI(m.turn, m.of(bits), m.turn)
	}
	m.bits = bits
	return weave.Scalar{Reg: m.turn}
}

func (m *machine) Hoist(table weave.Scalar) {
	k := m.kernel
	if m.masks() {
		m.mask = m.V(group)
	}
	if k.Lane == kernel.ByteLane || k.Out == kernel.BF16 {
		m.VXRM(riscv64.HalfEven)
	}
	if k.In.Pixels() {
		m.apart = m.X()
		m.MOV(riscv64.Imm(k.In.Size), m.apart)
		scale, bias := m.F(), m.F()
		m.floats = append(m.floats, scale, bias)
		m.MOVF(reg(table).At(0), scale)
		m.MOVF(reg(table).At(kernel.TableBias), bias)
		m.scale, m.bias = kernel.Vec{Reg: scale}, kernel.Vec{Reg: bias}
	}
	if k.In == kernel.F16 {
		m.fromF16 = m.float(1 << (127 - 15))
	}
	if k.Out == kernel.F16 {
		m.inf = m.float(1 << 16)
	}
}

// weight is λ in the units of a kernel of bytes: of 2⁻¹⁵, of 2⁻⁸, and what is left of 1 in these.
type weight struct{ w, w8, rest8 riscv64.Reg }

func (m *machine) Factor(step weave.Scalar, param string) kernel.Factor {
	if m.kernel.Lane == kernel.FloatLane {
		return kernel.Factor(m.Vector(step, param))
	}
	w := weight{m.X(), m.X(), m.X()}
	m.MOVHU(m.field(step, "params", param), w.w)
	m.SRL(7, w.w, w.w8)
	m.MOV(riscv64.Imm(256), w.rest8)
	m.SUB(w.w8, w.rest8, w.rest8)
	return kernel.Factor{Reg: w}
}

func (m *machine) FreeFactor(f kernel.Factor) {
	switch f := f.Reg.(type) {
	case riscv64.Float:
		m.Func.Free(f)
	case weight:
		m.Func.Free(f.w, f.w8, f.rest8)
	}
}

// Vector returns a number where lanes are floats, and else nothing: what they are for on other machines a rounding mode does.
func (m *machine) Vector(step weave.Scalar, param string) kernel.Vec {
	if m.kernel.Lane == kernel.ByteLane {
		return kernel.Vec{}
	}
	f := m.F()
	m.MOVF(m.field(step, "params", param), f)
	return kernel.Vec{Reg: f}
}

func (m *machine) Filled() []kernel.Vec { return make([]kernel.Vec, len(m.kernel.Consts)) }

// weights are those of own, and of partner.
type weights [2]riscv64.Reg

func (m *machine) Weights(step weave.Scalar, params []string) kernel.Weights {
	w := weights{m.X(), m.X()}
	for i, r := range w {
		m.MOVHU(m.field(step, "params", params[i]), r)
	}
	return kernel.Weights{Reg: w}
}

func (m *machine) FreeWeights(w kernel.Weights) {
	for _, r := range w.Reg.(weights) {
		m.Func.Free(r)
	}
}

// Whole and Tail are for machines whose vectors have one length.
func (m *machine) Whole(_, _ weave.Scalar, _ ...weave.Jump) {
	m.Fail("columns that are no whole vectors")
}
func (m *machine) Tail(weave.Scalar) { m.Fail("columns that do not fill a vector") }

// load loads elements as they lie.
func (m *machine) load(p weave.Scalar, f kernel.Format, v riscv64.Vec) {
	switch from := reg(p).At(0); {
	case f.Pixels():
		m.VLSE8V(from, m.apart, v)
	case f.Size == 1:
		m.VLE8V(from, v)
	case f.Size == 2:
		m.VLE16V(from, v)
	default:
		m.VLE32V(from, v)
	}
}

func (m *machine) Move(to, from weave.Scalar) {
	v, f := m.Temp(), m.kernel.In
	m.load(from, f, vec(v))
	m.store(vec(v), f, to)
	m.Free(v)
}

func (m *machine) store(v riscv64.Vec, f kernel.Format, p weave.Scalar) {
	switch to := reg(p).At(0); f.Size {
	case 1:
		m.VSE8V(v, to)
	case 2:
		m.VSE16V(v, to)
	default:
		m.VSE32V(v, to)
	}
}

// part returns the last registers of a group, from which elements of fewer bits can be extended to all of it.
func part(v riscv64.Vec, n int) riscv64.Vec { return v + riscv64.Vec(group-n) }

func (m *machine) Load(d []kernel.Vec, p weave.Scalar, _ int, _ bool) {
	f, v := m.kernel.In, vec(d[0])
	switch {
	case m.kernel.Table():
		m.loadBytes(p, f, v)
	case f.Size == 2:
		m.load(p, f, part(v, 2))
		if f == kernel.F16 {
			m.fromFloat16(v)
			return
		}
		m.VZEXTVF2(part(v, 2), v)
		m.VSLLVI(16, v, v)
	default:
		m.load(p, f, v)
	}
}

// loadBytes loads bytes as 16-bit elements, into the second half of a group.
func (m *machine) loadBytes(p weave.Scalar, f kernel.Format, v riscv64.Vec) {
	m.load(p, f, part(v, 1))
	m.VZEXTVF2(part(v, 1), part(v, 2))
}

func (m *machine) LoadMask(d []kernel.Vec, p weave.Scalar, _ int) {
	switch v := vec(d[0]); {
	case m.kernel.Table():
		m.loadBytes(p, kernel.U8, v)
	case m.kernel.Lane == kernel.FloatLane:
		m.load(p, kernel.U8, part(v, 1))
		m.VZEXTVF4(part(v, 1), v)
		m.VFCVTFXUV(v, v)
	default:
		m.load(p, kernel.U8, v)
	}
}

func (m *machine) Bits(d, base, column weave.Scalar) {
	bytes := m.X()
	m.SRL(3, reg(column), bytes)
	m.ADD(bytes, reg(base), reg(d))
	m.Func.Free(bytes)
}

func (m *machine) AddBits(d weave.Scalar, columns weave.Count) { m.Bits(d, d, columns.(weave.Scalar)) }

func (m *machine) LoadBits(d []kernel.Vec, p weave.Scalar, _ int, _ weave.Scalar) {
	m.VLMV(reg(p).At(0), riscv64.V0)
	d[0].Reg = riscv64.V0
}

func (m *machine) Look(table weave.Scalar, _, _ int, _ bool) (scale, bias []kernel.Vec) {
	if m.kernel.In.Pixels() {
		return []kernel.Vec{m.scale}, []kernel.Vec{m.bias}
	}
	s, b, p := m.Temp(), m.Temp(), m.X()
	m.VLE32V(reg(table).At(0), vec(s))
	m.ADD(riscv64.Imm(kernel.TableBias), reg(table), p)
	m.VLE32V(p.At(0), vec(b))
	m.Func.Free(p)
	return []kernel.Vec{s}, []kernel.Vec{b}
}

func (m *machine) Done(scale, bias []kernel.Vec) {
	if !m.kernel.In.Pixels() {
		m.Free(scale[0])
		m.Free(bias[0])
	}
}

func (m *machine) Beside(_ int, body func(i int)) { body(0) }

func (m *machine) Store(d []kernel.Vec, p weave.Scalar, _ int) {
	m.convert(vec(d[0]))
	m.store(vec(d[0]), m.kernel.Out, p)
}

// convert makes elements of lanes, in the first registers of v.
func (m *machine) convert(v riscv64.Vec) {
	switch m.kernel.Out {
	case kernel.BF16:
		m.take(16)
		m.VNCLIPUWI(16, v, v)
	case kernel.F16:
		m.toFloat16(v)
	}
}

func (m *machine) StoreMasked(d, _ []kernel.Vec, p weave.Scalar, _ int, own, partner, mask weave.Scalar) {
	v, f, t := vec(d[0]), m.kernel.Out, m.V(1)
	m.convert(v)
	m.take(8)
	m.load(mask, kernel.U8, t)
	for _, take := range []struct {
		from  weave.Scalar
		share riscv64.Imm
	}{{own, -1}, {partner, 0}} {
		m.VMSEQVI(take.share, t, riscv64.V0)
		if from := reg(take.from).At(0); f.Size == 2 {
			m.VLE16VMask(from, v)
		} else {
			m.VLE32VMask(from, v)
		}
	}
	m.FreeV(t, 1)
	m.store(v, f, p)
}
