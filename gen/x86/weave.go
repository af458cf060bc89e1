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

const unroll = 8 // vectors that the inner loop takes at a time

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
	tail := c.StaticGlobal("tail") // the vector t bytes in has its last t bytes set
	c.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 8 {
		c.AppendDatum(operand.U64(-(uint64(i) / 4)))
	}
	for _, isa := range []ISA{AVX512, AVX2} {
		for _, k := range kernel.All {
			for _, stream := range []bool{false, true} {
				w := &weaver{speaker: &speaker{Context: c, ISA: isa}, Kernel: k, stream: stream, tail: tail}
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

	step              reg.GPVirtual // the step at hand
	size              int           // of a step
	begin, end        reg.GPVirtual // of the chain
	offset, bytes     reg.GPVirtual // columns done, all columns; both in bytes
	own, partner, dst reg.GPVirtual // the columns at hand
	constants         []operand.Mem // the speaker's three, then the kernel's
	mask              operand.Op    // of the tail: an opmask, or a vector
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

	for _, r := range []*reg.GPVirtual{&w.begin, &w.end, &w.step, &w.offset, &w.bytes, &w.own, &w.partner, &w.dst} {
		*r = w.GP64()
	}
	left, columns := w.GP64(), w.GP64() // bytes left of all whole vectors; bytes of the block at hand

	w.Load(w.Param("chain"), w.begin)
	w.Load(w.Param("steps"), w.end)
	w.Load(w.Param("n"), w.bytes)
	if w.Size > 1 {
		w.SHLQ(operand.U8(bits.TrailingZeros(uint(w.Size))), w.bytes)
	}
	w.size = w.field(w.begin, "params", "variant").Disp + 4 // the last field
	w.IMUL3Q(operand.U8(w.size), w.end, w.end)
	w.ADDQ(w.begin, w.end)
	w.XORQ(w.offset, w.offset)
	w.hoist()

	w.Comment("Blocks of columns.")
	w.MOVQ(w.bytes, left)
	w.ANDQ(operand.I8(-w.Width), left)
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
	w.SUBQ(w.offset, w.bytes)
	w.JZ(operand.LabelRef("done"))
	w.tailMask()
	w.steps(
		func() {
			v := w.vec()
			w.load(w.at(w.own, 0), v, true)
			stash := w.GP64()
			w.Load(w.Param("stash"), stash)
			w.move(v, w.at(stash, 0))
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
	if w.Size > 1 {
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
	w.LEAQ(operand.Mem{Base: p, Index: w.offset, Scale: 1}, w.own)
	w.CMPB(w.field(w.step, "closes"), operand.U8(0))
	w.JEQ(operand.LabelRef(carried))
	stash()

	w.Label(carried)
	w.MOVQ(w.field(w.step, "partner"), p)
	w.LEAQ(operand.Mem{Base: p, Index: w.offset, Scale: 1}, w.partner)
	w.TESTQ(p, p)
	kept, err := w.Param("stash").Resolve()
	if err != nil {
		panic(err)
	}
	w.CMOVQEQ(kept.Addr, w.partner)
	w.MOVQ(w.field(w.step, "dst"), w.dst)
	w.ADDQ(w.offset, w.dst)
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

// stashBlock copies a block of the step's own row, whole vectors.
func (w *weaver) stashBlock(columns reg.GPVirtual) {
	again := w.label("stash")
	i, stash, v := w.GP64(), w.GP64(), w.vec()
	w.Load(w.Param("stash"), stash)
	w.XORQ(i, i)
	w.Label(again)
	w.move(operand.Mem{Base: w.own, Index: i, Scale: 1}, v)
	w.move(v, operand.Mem{Base: stash, Index: i, Scale: 1})
	w.ADDQ(operand.I8(w.Width), i)
	w.CMPQ(i, columns)
	w.JNE(operand.LabelRef(again))
}

// mixBlock mixes columns of a step, whole vectors, and leaves w.own, w.partner and w.dst at what follows; the next step takes its
// own from w.partner, so that is put back.
func (w *weaver) mixBlock(columns reg.GPVirtual, v *kernel.Variant, c []kernel.Reg) {
	many, few, one, done := w.label("many"), w.label("few"), w.label("one"), w.label("mixed")
	n := w.GP64()
	w.LEAQ(operand.Mem{Base: columns, Disp: -unroll * w.Width}, n)
	w.TESTQ(n, n)
	w.JS(operand.LabelRef(few))
	w.Label(many)
	w.mix(v, c, unroll, false)
	w.advance(unroll * w.Width)
	w.SUBQ(operand.U32(unroll*w.Width), n)
	w.JNS(operand.LabelRef(many))
	w.Label(few)
	w.ADDQ(operand.U32(unroll*w.Width), n)
	w.JZ(operand.LabelRef(done))
	w.Label(one)
	w.mix(v, c, 1, false)
	w.advance(w.Width)
	w.SUBQ(operand.U8(w.Width), n)
	w.JNZ(operand.LabelRef(one))
	w.Label(done)
	w.SUBQ(columns, w.partner)
}

func (w *weaver) advance(n int) {
	for _, r := range []reg.GPVirtual{w.own, w.partner, w.dst} {
		w.ADDQ(operand.U32(n), r)
	}
}

// mix mixes n vectors.
func (w *weaver) mix(v *kernel.Variant, c []kernel.Reg, n int, tail bool) {
	for i := range n {
		r := w.vec()
		own, partner := kernel.Reg(w.at(w.own, i)), kernel.Reg(w.at(w.partner, i))
		if tail || !w.ReadsOnce {
			own, partner = w.vec(), w.vec()
			w.load(w.at(w.own, i), own, tail)
			w.load(w.at(w.partner, i), partner, tail)
		}
		v.Body(w.speaker, r, own, partner, c)
		w.store(r, w.at(w.dst, i), tail)
	}
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

func (w *weaver) at(p reg.Register, i int) operand.Mem {
	return operand.Mem{Base: p, Disp: i * w.Width}
}

// tailMask makes w.mask from the bytes that are left, of which there is at least one and less than a vector. AVX2 takes the
// last whole vector, and of it only what is left.
func (w *weaver) tailMask() {
	if !w.wide() {
		table, v := w.GP64(), w.YMM()
		w.LEAQ(w.tail, table)
		w.VMOVDQU(operand.Mem{Base: table, Index: w.bytes, Scale: 1}, v)
		w.LEAQ(operand.Mem{Base: w.offset, Index: w.bytes, Scale: 1, Disp: -w.Width}, w.offset)
		w.mask = v
		return
	}
	k, ones := w.K(), w.GP64()
	w.MOVQ(w.bytes, reg.RCX)
	if w.Size == 4 {
		w.SHRQ(operand.U8(2), reg.RCX)
	}
	w.MOVQ(operand.I32(-1), ones)
	w.SHLQ(reg.CL, ones)
	w.NOTQ(ones)
	if w.Size == 4 {
		w.KMOVW(ones.As32(), k)
	} else {
		w.KMOVQ(ones, k)
	}
	w.mask = k
}

func (w *weaver) load(m operand.Mem, v kernel.Reg, tail bool) {
	switch {
	case !w.wide() || !tail:
		w.move(m, v)
	case w.Size == 4:
		w.VMOVDQU32_Z(m, w.mask, op(v))
	default:
		w.VMOVDQU8_Z(m, w.mask, op(v))
	}
}

func (w *weaver) store(v kernel.Reg, m operand.Mem, tail bool) {
	r := op(v)
	switch {
	case !tail && w.stream:
		w.VMOVNTDQ(r, m)
	case !tail:
		w.move(r, m)
	case !w.wide():
		old := w.YMM()
		w.VMOVDQU(m, old)
		w.VPBLENDVB(w.mask, r, old, old)
		w.VMOVDQU(old, m)
	case w.Size == 4:
		w.VMOVDQU32(r, w.mask, m)
	default:
		w.VMOVDQU8(r, w.mask, m)
	}
}
