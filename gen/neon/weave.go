package neon

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/mixblend/blend/asm"

	"github.com/mixblend/blend/gen/kernel"
)

const unroll = 8 // vectors that the inner loop takes at a time

// File returns the text of blend_arm64.s, for the package in dir.
func File(dir string) ([]byte, error) {
	file := asm.NewFile(asm.Config{
		Command:    "go generate",
		Constraint: "!purego",
		Stubs:      []string{filepath.Join(dir, "blend_arm64.go"), filepath.Join(dir, "chain.go"), filepath.Join(dir, "params.go")},
	})
	// The vector t bytes in has its last t bytes set.
	tail := file.Data("tail", append(make([]byte, width), slices.Repeat([]byte{255}, width)...))
	for _, k := range kernel.All {
		for _, stream := range []bool{false, true} {
			w := &weaver{speaker: speaker{}, Kernel: k, file: file, stream: stream, tail: tail}
			w.function()
		}
	}
	return file.Bytes()
}

// A weaver makes one function: the walk of a chain around a kernel's body.
type weaver struct {
	speaker
	*kernel.Kernel
	file   *asm.File
	stream bool
	tail   asm.Addr

	step              asm.Reg // the step at hand
	begin, end        asm.Reg // of the chain
	offset, bytes     asm.Reg // columns done, all columns; both in bytes
	block, stash      asm.Reg // parameters
	own, partner, dst asm.Reg // the columns at hand
	columns           asm.Reg // bytes of the block at hand
	consts            []kernel.Reg
	mask              asm.Vec // of the tail
	labels            int
}

// field is a field of the step at hand.
func (w *weaver) field(path ...any) asm.Mem { return w.step.At(w.Offset("chain", path...)) }

func (w *weaver) label(name string) string {
	w.labels++
	return fmt.Sprintf("%s%d", name, w.labels)
}

func (w *weaver) function() {
	verb := "blend"
	if w.stream {
		verb = "stream"
	}
	w.Func = w.file.Func(verb + w.Name + "NEON")
	left := w.R() // bytes left of all whole vectors
	regs := []*asm.Reg{&w.step, &w.begin, &w.end, &w.offset, &w.bytes, &w.block, &w.stash, &w.own, &w.partner, &w.dst, &w.columns}
	for _, r := range regs {
		*r = w.R()
	}
	w.mask = w.V()

	w.LoadParam("chain", w.begin)
	w.LoadParam("steps", w.end)
	w.LoadParam("n", w.bytes)
	w.LoadParam("block", w.block)
	w.LoadParam("stash", w.stash)
	if w.Size == 4 {
		w.LSL(2, w.bytes, w.bytes)
	}
	w.MOVD(asm.Imm(w.ElemSize("chain")), left)
	w.MUL(left, w.end, w.end)
	w.ADD(w.begin, w.end, w.end)
	w.MOVD(asm.Imm(0), w.offset)
	w.c254 = w.V()
	w.VMOVI(254, w.c254.B16())
	for _, b := range w.Consts {
		v := w.V()
		w.VMOVI(asm.Imm(b), v.B16())
		w.consts = append(w.consts, v)
	}

	w.Comment("Blocks of columns. There is a whole vector.")
	w.AND(asm.Imm(-width), w.bytes, left)
	w.Label("blocks")
	w.MOVD(w.block, w.columns)
	w.CMP(left, w.block)
	w.BLE("full")
	w.MOVD(left, w.columns)
	w.Label("full")
	w.steps(w.stashBlock, w.mixBlock)
	w.ADD(w.columns, w.offset, w.offset)
	w.SUB(w.columns, left, left)
	w.CBNZ(left, "blocks")

	w.Comment("The last columns: of the last whole vector, what is left.")
	w.SUBS(w.offset, w.bytes, w.bytes)
	w.BEQ("done")
	w.MOVD(w.tail, left)
	w.FMOVQ(left.Index(w.bytes), w.mask)
	w.ADD(w.bytes, w.offset, w.offset)
	w.SUB(asm.Imm(width), w.offset, w.offset)
	w.steps(
		func() {
			v := w.vecs(1)
			w.load(w.own, 0, v)
			w.store(v, w.stash, 0, false)
			w.free(v)
		},
		func(v *kernel.Variant, c []kernel.Reg) { w.mix(v, c, 1, true) },
	)

	w.Label("done")
	w.RET()
	for _, r := range regs {
		w.Func.Free(*r)
	}
	w.Func.Free(left, w.mask, w.c254)
	for _, c := range w.consts {
		w.Free(c)
	}
}

// steps goes through the chain at w.offset: w.own, w.partner and w.dst are set for each step.
func (w *weaver) steps(stash func(), mix func(v *kernel.Variant, c []kernel.Reg)) {
	open, carried, given, next, finish := w.label("open"), w.label("carried"), w.label("given"), w.label("next"), w.label("finish")
	p := w.R()
	w.MOVD(w.begin, w.step)
	w.MOVD(w.field("own"), p)
	w.Label(open)
	w.ADD(w.offset, p, w.own)
	w.MOVD(w.field("closes"), p)
	w.CBZ(p, carried)
	stash()

	w.Label(carried)
	w.MOVD(w.stash, w.partner)
	w.MOVD(w.field("partner"), p)
	w.CBZ(p, given)
	w.ADD(w.offset, p, w.partner)
	w.Label(given)
	w.MOVD(w.field("dst"), w.dst)
	w.ADD(w.offset, w.dst, w.dst)
	w.variants(next, mix)

	w.Label(next)
	w.ADD(asm.Imm(w.ElemSize("chain")), w.step, w.step)
	w.CMP(w.end, w.step)
	w.BEQ(finish)
	w.MOVD(w.partner, w.own)
	w.MOVD(w.field("own"), p)
	w.CBZ(p, carried)
	w.B(open)
	w.Label(finish)
	w.Func.Free(p)
}

// stashBlock copies a block of the step's own row, whole vectors.
func (w *weaver) stashBlock() {
	again := w.label("stash")
	from, to, n := w.R(), w.R(), w.R()
	v := w.vecs(1)
	w.MOVD(w.own, from)
	w.MOVD(w.stash, to)
	w.MOVD(w.columns, n)
	w.Label(again)
	w.load(from, 0, v)
	w.store(v, to, 0, false)
	w.ADD(asm.Imm(width), from, from)
	w.ADD(asm.Imm(width), to, to)
	w.SUB(asm.Imm(width), n, n)
	w.CBNZ(n, again)
	w.free(v)
	w.Func.Free(from, to, n)
}

// mixBlock mixes columns of a step, whole vectors. The next step takes its own row from w.partner, so that is put back.
func (w *weaver) mixBlock(v *kernel.Variant, c []kernel.Reg) {
	many, few, one, done := w.label("many"), w.label("few"), w.label("one"), w.label("mixed")
	n := w.R()
	w.SUBS(asm.Imm(unroll*width), w.columns, n)
	w.BLT(few)
	w.Label(many)
	w.mix(v, c, unroll, false)
	w.advance(unroll * width)
	w.SUBS(asm.Imm(unroll*width), n, n)
	w.BGE(many)
	w.Label(few)
	w.ADD(asm.Imm(unroll*width), n, n)
	w.CBZ(n, done)
	w.Label(one)
	w.mix(v, c, 1, false)
	w.advance(width)
	w.SUB(asm.Imm(width), n, n)
	w.CBNZ(n, one)
	w.Label(done)
	w.SUB(w.columns, w.partner, w.partner)
	w.Func.Free(n)
}

func (w *weaver) advance(n int) {
	for _, r := range []asm.Reg{w.own, w.partner, w.dst} {
		w.ADD(asm.Imm(n), r, r)
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
		kind := w.R()
		w.MOVBU(w.field("params", "variant"), kind)
		for i := 0; i < last; i += 2 {
			w.CMP(asm.Imm(i+1), kind)
			w.BLO(labels[i])
			if i+1 < last {
				w.BEQ(labels[i+1])
			}
		}
		w.Func.Free(kind)
	}
	// The last variant follows the choice, the others come after it.
	for i := range w.Variants {
		i = (i + last) % (last + 1)
		v := &w.Variants[i]
		if i < last {
			w.Label(labels[i])
		}
		var c []kernel.Reg
		for _, i := range v.Factors {
			x := w.V()
			w.FMOVS(w.field("params", kernel.Params[i]), x)
			c = append(c, x)
		}
		for _, i := range v.Params {
			x, p := w.V(), w.R()
			w.ADD(asm.Imm(w.Offset("chain", "params", kernel.Params[i])), w.step, p)
			w.VLD1R(p.At(0), x.S4())
			w.Func.Free(p)
			c = append(c, x)
		}
		code(v, slices.Concat(c, w.consts))
		for _, x := range c {
			w.Free(x)
		}
		if (i+1)%(last+1) != last { // not the last in the text
			w.B(done)
		}
	}
}

// mix mixes n vectors two by two, which is how they are best loaded and stored.
func (w *weaver) mix(v *kernel.Variant, c []kernel.Reg, n int, tail bool) {
	for i := 0; i < n; i += 2 {
		m := min(2, n-i)
		own, partner, r := w.vecs(m), w.vecs(m), w.vecs(m)
		w.load(w.own, i, own)
		w.load(w.partner, i, partner)
		for j := range m {
			v.Body(w.speaker, r[j], own[j], partner[j], c)
		}
		if tail {
			w.load(w.dst, i, own)
			w.VBIF(w.mask.B16(), own[0].B16(), r[0].B16()) // where the mask is clear, dst as it is
		}
		w.store(r, w.dst, i, w.stream && !tail)
		w.free(own)
		w.free(partner)
		w.free(r)
	}
}

func (w *weaver) vecs(n int) []asm.Vec {
	v := make([]asm.Vec, n)
	for i := range v {
		v[i] = w.V()
	}
	return v
}

func (w *weaver) free(v []asm.Vec) {
	for _, x := range v {
		w.Func.Free(x)
	}
}

// load and store move one or two vectors, from vector i of p on.
func (w *weaver) load(p asm.Reg, i int, v []asm.Vec) {
	if len(v) == 2 {
		w.FLDPQ(p.At(i*width), v[0], v[1])
	} else {
		w.FMOVQ(p.At(i*width), v[0])
	}
}

func (w *weaver) store(v []asm.Vec, p asm.Reg, i int, stream bool) {
	switch {
	case len(v) == 1:
		w.FMOVQ(v[0], p.At(i*width))
	case stream:
		w.STNPQ(v[0], v[1], p.At(i*width))
	default:
		w.FSTPQ(v[0], v[1], p.At(i*width))
	}
}
