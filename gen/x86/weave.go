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

const (
	blockBytes = 256 // columns that a chain takes at a time
	pairBlock  = 8   // vectors that a lone pair takes at a time
)

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

	step          reg.GPVirtual // the step at hand
	size          int           // of a step
	begin, end    reg.GPVirtual // of the chain
	offset, bytes reg.GPVirtual // columns done, all columns; both in bytes
	stash         reg.GPVirtual // where the first block of a cycle is kept
	constants     []operand.Mem // the speaker's three, then the kernel's
	mask          operand.Op    // of the tail: an opmask, or a vector
	labels        int
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

	w.begin, w.end, w.step = w.GP64(), w.GP64(), w.GP64()
	w.offset, w.bytes, w.stash = w.GP64(), w.GP64(), w.GP64()
	limit := w.GP64()

	w.Load(w.Param("chain"), w.begin)
	w.Load(w.Param("steps"), w.end)
	w.Load(w.Param("n"), w.bytes)
	if w.Size > 1 {
		w.SHLQ(operand.U8(bits.TrailingZeros(uint(w.Size))), w.bytes)
	}
	w.XORQ(w.offset, w.offset)
	w.hoist(true)

	w.pair(limit)
	if !w.wide() {
		w.hoist(false)
	}

	w.size = w.field(w.begin, "params", "variant").Disp + 4 // the last field
	w.IMUL3Q(operand.U8(w.size), w.end, w.end)
	w.ADDQ(w.begin, w.end)
	w.LEAQ(w.AllocLocal(blockBytes+64).Offset(63), w.stash)
	w.ANDQ(operand.I8(-64), w.stash)
	w.Comment("Blocks of columns.")
	w.columns("blocks", limit, blockBytes/w.Width)
	w.Comment("Vectors.")
	w.columns("vectors", limit, 1)

	w.Comment("The last columns.")
	w.SUBQ(w.offset, w.bytes)
	w.JZ(operand.LabelRef("done"))
	w.tailMask()
	w.steps(1, true)

	w.Label("done")
	w.VZEROUPPER()
	w.RET()
}

// hoist sets the constants, in registers or, where these are scarce, in memory.
func (w *weaver) hoist(registers bool) {
	place := func(m operand.Mem) kernel.Reg {
		if !registers || w.Size > 1 {
			return m
		}
		v := w.vec()
		w.move(m, v)
		return v
	}
	w.signs, w.c254, w.even, w.consts = place(w.constants[0]), w.constants[1], w.constants[2], nil
	if w.wide() {
		w.even = place(w.constants[2])
	} else {
		w.c254 = place(w.constants[1])
	}
	for _, m := range w.constants[3:] {
		w.consts = append(w.consts, place(m))
	}
}

// columns takes the steps over n vectors of columns, as long as there are so many.
func (w *weaver) columns(name string, limit reg.GPVirtual, n int) {
	again, done := w.label(name), w.label(name+"Done")
	w.LEAQ(operand.Mem{Base: w.bytes, Disp: -n * w.Width}, limit)
	w.Label(again)
	w.CMPQ(w.offset, limit)
	w.JGT(operand.LabelRef(done))
	w.steps(n, false)
	w.ADDQ(operand.U32(n*w.Width), w.offset)
	w.JMP(operand.LabelRef(again))
	w.Label(done)
}

// steps takes every step of the chain over n vectors of columns.
func (w *weaver) steps(n int, tail bool) {
	open, carried, done, finish := w.label("open"), w.label("carried"), w.label("mixed"), w.label("finish")
	p := w.GP64()
	own := make([]kernel.Reg, n) // the step's own row
	for i := range own {
		own[i] = w.vec()
	}

	w.MOVQ(w.begin, w.step)
	w.MOVQ(w.field(w.step, "own"), p)
	w.Label(open)
	w.ADDQ(w.offset, p)
	for i, v := range own {
		w.load(w.at(p, i), v, tail)
	}
	w.CMPB(w.field(w.step, "closes"), operand.U8(0))
	w.JEQ(operand.LabelRef(carried))
	for i, v := range own {
		w.move(v, w.at(w.stash, i))
	}
	w.Label(carried)

	q, d := w.GP64(), w.GP64()
	w.MOVQ(w.field(w.step, "partner"), p)
	w.LEAQ(operand.Mem{Base: p, Index: w.offset, Scale: 1}, q)
	w.TESTQ(p, p)
	w.CMOVQEQ(w.stash, q)
	w.MOVQ(w.field(w.step, "dst"), d)
	w.ADDQ(w.offset, d)
	if w.Prefetch > 0 && n > 1 {
		for i := 0; i < n*w.Width; i += 64 {
			w.PREFETCHT0(operand.Mem{Base: q, Disp: w.Prefetch + i})
		}
	}
	w.variants(done, func(v *kernel.Variant, c []kernel.Reg) {
		for i := range own {
			partner, r := w.vec(), w.vec()
			w.load(w.at(q, i), partner, tail)
			v.Body(w.speaker, r, own[i], partner, c)
			w.store(r, w.at(d, i), tail)
			w.move(partner, own[i])
		}
	})
	w.Label(done)
	w.ADDQ(operand.U8(w.size), w.step)
	w.CMPQ(w.step, w.end)
	w.JEQ(operand.LabelRef(finish))
	w.MOVQ(w.field(w.step, "own"), p)
	w.TESTQ(p, p)
	w.JZ(operand.LabelRef(carried))
	w.JMP(operand.LabelRef(open))
	w.Label(finish)
}

// pair takes blocks of columns of a chain of one step, with everything but the columns out of the loop.
func (w *weaver) pair(limit reg.GPVirtual) {
	done := "chain"
	p, q, d := w.GP64(), w.GP64(), w.GP64()
	w.Comment("A lone pair.")
	w.CMPQ(w.end, operand.U8(1)) // still the number of steps
	w.JNE(operand.LabelRef(done))
	w.LEAQ(operand.Mem{Base: w.bytes, Disp: -pairBlock * w.Width}, limit)
	w.CMPQ(w.offset, limit)
	w.JGT(operand.LabelRef(done))
	w.MOVQ(w.field(w.begin, "partner"), q)
	w.TESTQ(q, q)
	w.JZ(operand.LabelRef(done))
	w.MOVQ(w.field(w.begin, "own"), p)
	w.MOVQ(w.field(w.begin, "dst"), d)
	w.MOVQ(w.begin, w.step)
	w.variants(done, func(v *kernel.Variant, c []kernel.Reg) {
		again := w.label("pair")
		w.Label(again)
		for i := range pairBlock {
			r := w.vec()
			own, partner := kernel.Reg(w.at(p, i)), kernel.Reg(w.at(q, i))
			if !w.ReadsOnce {
				own, partner = w.vec(), w.vec()
				w.load(w.at(p, i), own, false)
				w.load(w.at(q, i), partner, false)
			}
			v.Body(w.speaker, r, own, partner, c)
			w.store(r, w.at(d, i), false)
		}
		for _, r := range []reg.GPVirtual{p, q, d, w.offset} {
			w.ADDQ(operand.U32(pairBlock*w.Width), r)
		}
		w.CMPQ(w.offset, limit)
		w.JLE(operand.LabelRef(again))
		w.CMPQ(w.offset, w.bytes)
		w.JEQ(operand.LabelRef("done"))
	})
	w.Label(done)
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
