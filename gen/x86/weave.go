package x86

import (
	"fmt"
	"math/bits"
	"slices"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
	"github.com/mmcloughlin/avo/reg"

	"github.com/mixblend/blend/gen/kernel"
)

// unroll is how many vectors the inner loop takes at a time: 256 bytes or, with a table, as many as repeat it, and an even number of
// those that are stored two by two.
func (w *weaver) unroll() int {
	switch n := kernel.TablePeriod / w.lanes; {
	case !w.Table:
		return 256 / w.Width
	case w.narrows() && n%2 != 0:
		return 2 * n
	default:
		return n
	}
}

// narrows is whether the results take half of a vector in memory.
func (w *weaver) narrows() bool { return w.Lane == kernel.FloatLane && w.Out.Size == 2 }

// File returns the text of blend_amd64.s.
func File() ([]byte, error) {
	c := build.NewContext()
	c.Package("github.com/mixblend/blend")
	c.ConstraintExpr("!purego")
	shared := []operand.Mem{
		repeated(c, "signs", 0xff01_ff01_ff01_ff01),
		repeated(c, "bytes254", 0xfefe_fefe_fefe_fefe),
		repeated(c, "even", 0x0002_0408_1020_4080), // row i of the matrix makes bit i
	}
	bytes := map[byte]operand.Mem{}
	for _, k := range kernel.All {
		for _, b := range k.Consts {
			if _, ok := bytes[b]; !ok {
				bytes[b] = repeated(c, fmt.Sprintf("bytes%d", b), uint64(b)*0x0101_0101_0101_0101)
			}
		}
	}
	shuffles := shufflesU8(c)
	highWords := c.StaticGlobal("highWords")
	c.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 32 {
		c.AppendDatum(operand.U16(2*i + 1))
	}
	tail := c.StaticGlobal("tail") // the vector t bytes in has its last t bytes set
	c.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 8 {
		c.AppendDatum(operand.U64(-(uint64(i) / 4)))
	}
	for _, isa := range []ISA{AVX512, AVX2} {
		for _, k := range kernel.All {
			for _, stream := range []bool{false, true} {
				w := &weaver{speaker: &speaker{Context: c, ISA: isa}, Kernel: k, stream: stream, tail: tail, lanes: isa.Width / k.Lane}
				w.shuffles, w.highWords = shuffles, highWords
				w.constants = slices.Clone(shared)
				for _, b := range k.Consts {
					w.constants = append(w.constants, bytes[b])
				}
				w.function()
			}
		}
	}
	c.Implement("fence")
	c.Attributes(attr.NOSPLIT)
	c.SFENCE()
	c.RET()

	return print(c, "blend")
}

// print compiles what a context holds, for a package.
func print(c *build.Context, pkg string) ([]byte, error) {
	f, err := c.Result()
	if err != nil {
		return nil, err
	}
	if err := pass.Compile.Execute(f); err != nil {
		return nil, err
	}
	return printer.NewGoAsm(printer.Config{Name: "gen, a generator built on avo", Pkg: pkg}).Print(f)
}

// repeated is a vector of one 64-bit value.
func repeated(c *build.Context, name string, v uint64) operand.Mem {
	m := c.StaticGlobal(name)
	c.DataAttributes(attr.RODATA | attr.NOPTR)
	for range 8 {
		c.AppendDatum(operand.U64(v))
	}
	return m
}

// A weaver makes one function: the walk of a chain around a kernel's body.
type weaver struct {
	*speaker
	*kernel.Kernel
	stream bool
	tail   operand.Mem

	lanes             int           // of a vector
	step              reg.GPVirtual // the step at hand
	size              int           // of a step
	begin, end        reg.GPVirtual // of the chain
	offset, n         reg.GPVirtual // columns done, all columns
	own, partner, dst reg.GPVirtual // the columns at hand
	table             reg.GPVirtual // their scales
	constants         []operand.Mem // the speaker's three, then the kernel's
	scales, biases    []kernel.Reg  // of a period of the table, where they are kept
	shuffles          map[string]operand.Mem
	highWords         operand.Mem
	mask              operand.Op // of the tail: an opmask, or a vector
	read              operand.Op // and of the bytes to read, if there is a table
	labels            int
}

// field is a field of the step at hand, at its offset in the Go type.
func (w *weaver) field(base reg.Register, path ...string) operand.Mem {
	c := w.Param("chain").Dereference(base)
	for _, name := range path {
		c = c.Field(name)
	}
	b, err := c.Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

func (w *weaver) label(name string) string {
	w.labels++
	return fmt.Sprintf("%s%d", name, w.labels)
}

func (w *weaver) function() {
	verb := "blend"
	if w.stream {
		verb = "stream"
	}
	w.Implement(verb + w.Name + w.ISA.Name)
	w.Attributes(attr.NOSPLIT)

	for _, r := range []*reg.GPVirtual{&w.begin, &w.end, &w.step, &w.offset, &w.n, &w.own, &w.partner, &w.dst, &w.table} {
		*r = w.GP64()
	}
	left, columns := w.GP64(), w.GP64() // columns left of all whole vectors; columns of the block at hand

	w.Load(w.Param("chain"), w.begin)
	w.Load(w.Param("steps"), w.end)
	w.Load(w.Param("n"), w.n)
	w.size = w.field(w.begin, "params", "variant").Disp + 4 // the last field
	w.IMUL3Q(operand.U8(w.size), w.end, w.end)
	w.ADDQ(w.begin, w.end)
	w.XORQ(w.offset, w.offset)
	w.hoist()

	w.Comment("Blocks of columns.")
	w.MOVQ(w.n, left)
	w.ANDQ(operand.I8(-w.lanes), left)
	w.JZ(operand.LabelRef("tail"))
	w.Label("blocks")
	w.Load(w.Param("block"), columns)
	w.CMPQ(left, columns)
	w.CMOVQLT(left, columns)
	w.steps(func() { w.stashBlock(columns) }, func(v *kernel.Variant, c []kernel.Reg) { w.mixBlock(columns, v, c) })
	w.ADDQ(columns, w.offset)
	w.SUBQ(columns, left)
	w.JNZ(operand.LabelRef("blocks"))

	w.Label("tail")
	w.Comment("The last columns.")
	w.SUBQ(w.offset, w.n)
	w.JZ(operand.LabelRef("done"))
	w.tailMask()
	w.steps(
		func() {
			stash := w.GP64()
			w.Load(w.Param("stash"), stash)
			v := w.raw(w.lanes * w.In.Size)
			if w.wide() {
				w.loadRaw(w.at(w.own, 0, w.In), v)
			} else {
				w.move(w.at(w.own, 0, w.In), v)
			}
			w.move(v, w.at(stash, 0, w.In))
		},
		func(v *kernel.Variant, c []kernel.Reg) { w.mix(v, c, 1, true) },
	)

	w.Label("done")
	w.VZEROUPPER()
	w.RET()
}

// hoist sets the constants in registers, but for those that nothing takes, or only the implementation of another width.
func (w *weaver) hoist() {
	place := func(m operand.Mem) kernel.Reg {
		v := w.vec()
		w.move(m, v)
		return v
	}
	w.consts = nil
	if w.Lane > 1 {
		if w.Out == kernel.BF16 {
			w.hoistBF16(w.highWords)
		}
		if w.Table {
			w.hoistMixU8(w.shuffles, w.In.Size)
			w.Load(w.Param("table"), w.table)
			for i := 0; i < kernel.TablePeriod/w.lanes && w.wide(); i++ { // AVX2 has no registers for it
				scale, bias := w.look(i)
				w.scales, w.biases = append(w.scales, place(scale.(operand.Mem))), append(w.biases, place(bias.(operand.Mem)))
			}
		}
		return
	}
	w.signs = place(w.constants[0])
	if w.wide() {
		w.even = place(w.constants[2])
	} else {
		w.c254 = place(w.constants[1])
	}
	for _, m := range w.constants[3:] {
		w.consts = append(w.consts, place(m))
	}
}

// steps goes through the chain at w.offset: w.own, w.partner and w.dst are set for each step.
func (w *weaver) steps(stash func(), mix func(v *kernel.Variant, c []kernel.Reg)) {
	open, carried, next := w.label("open"), w.label("carried"), w.label("next")
	p := w.GP64()
	w.MOVQ(w.begin, w.step)
	w.MOVQ(w.field(w.step, "own"), p)
	w.Label(open)
	w.address(p, w.In, w.own)
	if !w.Table {
		w.CMPB(w.field(w.step, "closes"), operand.U8(0))
		w.JEQ(operand.LabelRef(carried))
		stash()
	}

	w.Label(carried)
	w.MOVQ(w.field(w.step, "partner"), p)
	w.address(p, w.In, w.partner)
	if !w.Table {
		kept, err := w.Param("stash").Resolve()
		if err != nil {
			panic(err)
		}
		w.TESTQ(p, p)
		w.CMOVQEQ(kept.Addr, w.partner)
	}
	w.MOVQ(w.field(w.step, "dst"), w.dst)
	w.address(w.dst, w.Out, w.dst)
	w.variants(next, mix)

	w.Label(next)
	w.ADDQ(operand.U8(w.size), w.step)
	w.CMPQ(w.step, w.end)
	finish := w.label("finish")
	w.JEQ(operand.LabelRef(finish))
	w.MOVQ(w.partner, w.own)
	w.MOVQ(w.field(w.step, "own"), p)
	w.TESTQ(p, p)
	w.JZ(operand.LabelRef(carried))
	w.JMP(operand.LabelRef(open))
	w.Label(finish)
}

// address sets d to where column w.offset of a row is.
func (w *weaver) address(row reg.Register, f kernel.Format, d reg.Register) {
	columns := reg.Register(w.offset)
	if f.Size == 3 {
		columns = w.bytes(w.offset, f)
		f.Size = 1
	}
	w.LEAQ(operand.Mem{Base: row, Index: columns, Scale: uint8(f.Size)}, d)
}

// bytes returns how many bytes so many columns are.
func (w *weaver) bytes(columns reg.GPVirtual, f kernel.Format) reg.Register {
	n := w.GP64()
	switch f.Size {
	case 1:
		return columns
	case 3:
		w.LEAQ(operand.Mem{Base: columns, Index: columns, Scale: 2}, n)
	default:
		w.MOVQ(columns, n)
		w.SHLQ(operand.U8(bits.TrailingZeros(uint(f.Size))), n)
	}
	return n
}

// stashBlock copies a block of the step's own row, whole vectors.
func (w *weaver) stashBlock(columns reg.GPVirtual) {
	again := w.label("stash")
	i, stash, v := w.GP64(), w.GP64(), w.raw(w.lanes*w.In.Size)
	w.Load(w.Param("stash"), stash)
	w.XORQ(i, i)
	w.Label(again)
	w.move(operand.Mem{Base: w.own, Index: i, Scale: uint8(w.In.Size)}, v)
	w.move(v, operand.Mem{Base: stash, Index: i, Scale: uint8(w.In.Size)})
	w.ADDQ(operand.I8(w.lanes), i)
	w.CMPQ(i, columns)
	w.JNE(operand.LabelRef(again))
}

// mixBlock mixes columns of a step, whole vectors, and leaves w.own, w.dst and w.table at what follows; the next step takes its own
// from w.partner, so that is put back.
func (w *weaver) mixBlock(columns reg.GPVirtual, v *kernel.Variant, c []kernel.Reg) {
	many, few, one, done := w.label("many"), w.label("few"), w.label("one"), w.label("mixed")
	n, u := w.GP64(), w.unroll()*w.lanes
	if w.Table {
		w.Load(w.Param("table"), w.table)
	}
	w.LEAQ(operand.Mem{Base: columns, Disp: -u}, n)
	w.TESTQ(n, n)
	w.JS(operand.LabelRef(few))
	w.Label(many)
	w.mix(v, c, w.unroll(), false)
	w.advance(u)
	w.SUBQ(operand.U32(u), n)
	w.JNS(operand.LabelRef(many))
	w.Label(few)
	w.ADDQ(operand.U32(u), n)
	w.JZ(operand.LabelRef(done))
	w.Label(one)
	w.mix(v, c, 1, false)
	w.advance(w.lanes)
	if w.Table {
		w.ADDQ(operand.U32(4*w.lanes), w.table)
	}
	w.SUBQ(operand.U8(w.lanes), n)
	w.JNZ(operand.LabelRef(one))
	w.Label(done)
	w.SUBQ(w.bytes(columns, w.In), w.partner)
}

func (w *weaver) advance(n int) {
	w.ADDQ(operand.U32(n*w.In.Size), w.own)
	w.ADDQ(operand.U32(n*w.In.Size), w.partner)
	w.ADDQ(operand.U32(n*w.Out.Size), w.dst)
}

// mix mixes n vectors.
func (w *weaver) mix(v *kernel.Variant, c []kernel.Reg, n int, tail bool) {
	var half kernel.Reg // the first of two that are stored together
	for i := range n {
		r := kernel.Reg(w.vec())
		own, partner := kernel.Reg(w.at(w.own, i, w.In)), kernel.Reg(w.at(w.partner, i, w.In))
		if w.Table {
			if tail && w.wide() {
				w.mixU8.tail = w.read
			}
		} else if tail || !w.ReadsOnce {
			own, partner = w.vec(), w.vec()
			w.load(w.at(w.own, i, w.In), own, tail)
			w.load(w.at(w.partner, i, w.In), partner, tail)
		}
		v.Body(w.speaker, r, own, partner, c)
		if w.Table {
			scale, bias := w.look(i)
			if k := len(w.scales); n > 1 && k > 0 {
				scale, bias = op(w.scales[i%k]), op(w.biases[i%k])
			}
			w.VMULPS(scale, op(r), op(r))
			w.VADDPS(bias, op(r), op(r))
		}
		switch {
		case !w.narrows() || n == 1:
			w.store(r, w.at(w.dst, i, w.Out), tail)
		case half == nil:
			half = r
		default:
			w.storeTwo(half, r, w.at(w.dst, i-1, w.Out))
			half = nil
		}
	}
}

// look returns where vector i of the table is.
func (w *weaver) look(i int) (scale, bias operand.Op) {
	m := operand.Mem{Base: w.table, Disp: 4 * i * w.lanes}
	scale = m
	m.Disp += 4 * kernel.TableRows * kernel.TablePeriod
	return scale, m
}

// variants emits the code of every variant behind a choice by the step's kind. Each goes on at done.
func (w *weaver) variants(done string, code func(v *kernel.Variant, c []kernel.Reg)) {
	last := len(w.Variants) - 1
	labels := make([]string, last)
	for i := range labels {
		labels[i] = w.label(w.Variants[i].Name)
	}
	if last > 0 {
		kind := w.GP32()
		w.MOVBLZX(w.field(w.step, "params", "variant"), kind)
		for i := 0; i < last; i += 2 {
			w.CMPL(kind, operand.U8(i+1))
			w.JCS(operand.LabelRef(labels[i])) // below
			if i+1 < last {
				w.JEQ(operand.LabelRef(labels[i+1]))
			}
		}
	}
	// The last variant follows the choice, the others come after it.
	for i := range w.Variants {
		i = (i + last) % (last + 1)
		v := &w.Variants[i]
		if i < last {
			w.Label(labels[i])
		}
		var c []kernel.Reg
		for _, p := range slices.Concat(v.Factors, v.Params) {
			r := w.vec()
			w.VPBROADCASTD(w.field(w.step, "params", kernel.Params[p]), r)
			c = append(c, r)
		}
		code(v, slices.Concat(c, w.consts))
		if (i+1)%(last+1) != last { // not the last in the text
			w.JMP(operand.LabelRef(done))
		}
	}
}

func (w *weaver) at(p reg.Register, i int, f kernel.Format) operand.Mem {
	return operand.Mem{Base: p, Disp: i * w.lanes * f.Size}
}

// tailMask makes w.mask from the columns that are left, of which there is at least one and less than a vector. AVX2 takes the
// last whole vector, and of it only what is left, where dst may be what is read.
func (w *weaver) tailMask() {
	if !w.wide() {
		if !w.Table {
			table := w.GP64()
			w.LEAQ(w.tail, table)
			w.mask = w.raw(w.lanes * w.Out.Size)
			w.move(operand.Mem{Base: table, Index: w.n, Scale: uint8(w.Out.Size), Disp: w.Width - w.lanes*w.Out.Size}, w.mask)
		} else {
			w.LEAQ(operand.Mem{Base: w.table, Index: w.n, Scale: 4, Disp: -4 * w.lanes}, w.table)
		}
		w.LEAQ(operand.Mem{Base: w.offset, Index: w.n, Scale: 1, Disp: -w.lanes}, w.offset)
		return
	}
	w.mask = w.first(w.n, w.lanes)
	if w.Table {
		w.read = w.mask
		if w.In.Size > 1 { // from the first column to the last
			n := w.GP64()
			w.LEAQ(operand.Mem{Base: w.n, Disp: -1}, n)
			w.IMUL3Q(operand.U8(w.In.Size), n, n)
			w.INCQ(n)
			w.read = w.first(n, 64)
		}
	}
}

// first returns the mask of the first n of so many lanes.
func (w *weaver) first(n reg.GPVirtual, lanes int) operand.Op {
	k, ones := w.K(), w.GP64()
	w.MOVQ(n, reg.RCX)
	w.MOVQ(operand.I32(-1), ones)
	w.SHLQ(reg.CL, ones)
	w.NOTQ(ones)
	if lanes <= 16 {
		w.KMOVW(ones.As32(), k)
	} else {
		w.KMOVQ(ones, k)
	}
	return k
}

// load loads and converts a vector.
func (w *weaver) load(m operand.Mem, v kernel.Reg, tail bool) {
	masked := tail && w.wide()
	switch w.In {
	case kernel.U8:
		if masked {
			w.VMOVDQU8_Z(m, w.mask, op(v))
		} else {
			w.move(m, v)
		}
	case kernel.BF16:
		if masked {
			w.VPMOVZXWD_Z(m, w.mask, op(v))
		} else {
			w.VPMOVZXWD(m, op(v))
		}
		w.VPSLLD(operand.U8(16), op(v), op(v))
	case kernel.F16:
		if masked {
			w.VCVTPH2PS_Z(m, w.mask, op(v))
		} else {
			w.VCVTPH2PS(m, op(v))
		}
	case kernel.F32:
		if masked {
			w.VMOVDQU32_Z(m, w.mask, op(v))
		} else {
			w.move(m, v)
		}
	}
}

// loadRaw loads the columns of a tail as they are.
func (w *weaver) loadRaw(m operand.Mem, v kernel.Reg) {
	switch w.In {
	case kernel.U8:
		w.VMOVDQU8_Z(m, w.mask, op(v))
	case kernel.F32:
		w.VMOVDQU32_Z(m, w.mask, op(v))
	default: // by way of lanes of 32 bits, since masks for a narrow vector need more of AVX-512
		t := w.vec()
		w.VPMOVZXWD_Z(m, w.mask, op(t))
		w.VPMOVDW(op(t), op(v))
	}
}

// store converts and stores a vector.
func (w *weaver) store(v kernel.Reg, m operand.Mem, tail bool) {
	r := op(v)
	narrow := w.narrows()
	if w.Out == kernel.BF16 {
		w.roundBF16(v)
	}
	if tail && w.wide() {
		switch {
		case w.Out == kernel.BF16:
			w.VPSRLD(operand.U8(16), r, r)
			w.VPMOVDW(r, w.mask, m)
		case w.Out == kernel.F16:
			w.VCVTPS2PH(operand.U8(0), r, w.mask, m)
		case w.Lane == kernel.FloatLane:
			w.VMOVDQU32(r, w.mask, m)
		default:
			w.VMOVDQU8(r, w.mask, m)
		}
		return
	}
	if narrow {
		var half reg.Register = w.raw(w.lanes * w.Out.Size)
		switch {
		case w.Out == kernel.F16:
			w.VCVTPS2PH(operand.U8(0), r, half)
		case w.wide():
			w.VPERMW(r, op(w.words), r)
			half = r.(reg.VecVirtual).AsY()
		default:
			w.VPSRLD(operand.U8(16), r, r)
			w.VEXTRACTI128(operand.U8(1), r, half)
			w.VPACKUSDW(half, r.(reg.VecVirtual).AsX(), half)
		}
		r = half
	}
	switch {
	case !tail && w.stream:
		w.VMOVNTDQ(r, m)
	case !tail || w.Table:
		w.move(r, m)
	default:
		old := w.raw(w.lanes * w.Out.Size)
		w.move(m, old)
		w.VPBLENDVB(w.mask, r, old, old)
		w.move(old, m)
	}
}

// storeTwo converts two vectors to 16 bits, and stores them as one.
func (w *weaver) storeTwo(a, b kernel.Reg, m operand.Mem) {
	x, y := a.(reg.VecVirtual), b.(reg.VecVirtual)
	switch {
	case w.Out == kernel.BF16 && w.wide():
		w.roundBF16(a)
		w.roundBF16(b)
		w.VPERMT2W(y, op(w.words), x)
	case w.Out == kernel.BF16:
		w.roundBF16(a)
		w.roundBF16(b)
		w.VPSRLD(operand.U8(16), x, x)
		w.VPSRLD(operand.U8(16), y, y)
		w.VPACKUSDW(y, x, x) // the lower halves of both, then the upper ones
		w.VPERMQ(operand.U8(0b11_01_10_00), x, x)
	case w.wide():
		w.VCVTPS2PH(operand.U8(0), x, x.AsY())
		w.VCVTPS2PH(operand.U8(0), y, y.AsY())
		w.VINSERTI64X4(operand.U8(1), y.AsY(), x, x)
	default:
		w.VCVTPS2PH(operand.U8(0), x, x.AsX())
		w.VCVTPS2PH(operand.U8(0), y, y.AsX())
		w.VINSERTI128(operand.U8(1), y.AsX(), x, x)
	}
	if w.stream {
		w.VMOVNTDQ(x, m)
	} else {
		w.move(a, m)
	}
}
