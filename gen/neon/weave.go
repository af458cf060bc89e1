package neon

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/mixblend/blend/asm"

	"github.com/mixblend/blend/gen/kernel"
)

const block = 8 // vectors of columns that a chain, or a lone pair, takes at a time

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

	step          asm.Reg // the step at hand
	begin, end    asm.Reg // of the chain
	offset, bytes asm.Reg // columns done, all columns; both in bytes
	stash         asm.Reg // where the first block of a cycle is kept
	scratch       asm.Reg
	consts        []kernel.Reg
	mask          asm.Vec // of the tail
	labels        int
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
	regs := []*asm.Reg{&w.step, &w.begin, &w.end, &w.offset, &w.bytes, &w.stash, &w.scratch}
	for _, r := range regs {
		*r = w.R()
	}
	w.mask = w.V()

	w.LoadParam("chain", w.begin)
	w.LoadParam("steps", w.end)
	w.LoadParam("n", w.bytes)
	if w.Size == 4 {
		w.LSL(2, w.bytes, w.bytes)
	}
	w.MOVD(asm.Imm(w.ElemSize("chain")), w.scratch)
	w.MUL(w.scratch, w.end, w.end)
	w.ADD(w.begin, w.end, w.end)
	w.MOVD(w.Local("stash", block*width).Addr(), w.stash)
	w.MOVD(asm.Imm(0), w.offset)
	w.c254 = w.V()
	w.VMOVI(254, w.c254.B16())
	for _, b := range w.Consts {
		v := w.V()
		w.VMOVI(asm.Imm(b), v.B16())
		w.consts = append(w.consts, v)
	}

	w.pair()

	w.Comment("Blocks of columns.")
	w.columns("blocks", block)
	w.Comment("Vectors.")
	w.columns("vectors", 1)

	w.Comment("The last columns: of the last whole vector, what is left.")
	w.SUBS(w.offset, w.bytes, w.bytes)
	w.BEQ("done")
	w.MOVD(w.tail, w.scratch)
	w.FMOVQ(w.scratch.Index(w.bytes), w.mask)
	w.ADD(w.bytes, w.offset, w.offset)
	w.SUB(asm.Imm(width), w.offset, w.offset)
	w.steps(1, true)

	w.Label("done")
	w.RET()
	for _, r := range regs {
		w.Func.Free(*r)
	}
	w.Func.Free(w.mask, w.c254)
	for _, c := range w.consts {
		w.Free(c)
	}
}

// columns takes the steps over n vectors of columns, as long as there are so many.
func (w *weaver) columns(name string, n int) {
	again, done := w.label(name), w.label(name+"Done")
	w.Label(again)
	w.SUB(w.offset, w.bytes, w.scratch)
	w.CMP(asm.Imm(n*width), w.scratch)
	w.BLT(done)
	w.steps(n, false)
	w.ADD(asm.Imm(n*width), w.offset, w.offset)
	w.B(again)
	w.Label(done)
}

// steps takes every step of the chain over n vectors of columns. A step's own row is read again, from the first-level cache,
// where it was its predecessor's partner: NEON has load slots to spare, and moves between registers cost as much as arithmetic.
func (w *weaver) steps(n int, tail bool) {
	open, carried, given, done, finish := w.label("open"), w.label("carried"), w.label("given"), w.label("mixed"), w.label("finish")
	own, partner, dst, p := w.R(), w.R(), w.R(), w.R()

	w.MOVD(w.begin, w.step)
	w.MOVD(w.field("own"), p)
	w.Label(open)
	w.ADD(w.offset, p, own)
	w.MOVD(w.field("closes"), p)
	w.CBZ(p, carried)
	for i := 0; i < n; i += 2 {
		v := w.vecs(min(2, n-i))
		w.load(own, i, v)
		w.store(v, w.stash, i, false)
		w.free(v)
	}

	w.Label(carried)
	w.MOVD(w.stash, partner)
	w.MOVD(w.field("partner"), p)
	w.CBZ(p, given)
	w.ADD(w.offset, p, partner)
	w.Label(given)
	w.MOVD(w.field("dst"), dst)
	w.ADD(w.offset, dst, dst)
	if w.Prefetch > 0 && n > 1 {
		for i := 0; i < n*width; i += 64 {
			w.PRFM(partner.At(w.Prefetch+i), asm.PLDL1KEEP)
		}
	}
	w.variants(done, func(v *kernel.Variant, c []kernel.Reg) { w.mix(v, c, n, own, partner, dst, tail) })
	w.Label(done)
	w.ADD(asm.Imm(w.ElemSize("chain")), w.step, w.step)
	w.CMP(w.end, w.step)
	w.BEQ(finish)
	w.MOVD(partner, own)
	w.MOVD(w.field("own"), p)
	w.CBZ(p, carried)
	w.B(open)
	w.Label(finish)
	w.Func.Free(own, partner, dst, p)
}

// pair takes blocks of columns of a chain of one step, with everything but the columns out of the loop.
func (w *weaver) pair() {
	own, partner, dst := w.R(), w.R(), w.R()
	w.Comment("A lone pair.")
	w.ADD(asm.Imm(w.ElemSize("chain")), w.begin, w.scratch)
	w.CMP(w.end, w.scratch)
	w.BNE("chain")
	w.CMP(asm.Imm(block*width), w.bytes)
	w.BLT("chain")
	w.MOVD(w.begin, w.step)
	w.MOVD(w.field("partner"), partner)
	w.CBZ(partner, "chain")
	w.MOVD(w.field("own"), own)
	w.MOVD(w.field("dst"), dst)
	w.SUB(asm.Imm(block*width), w.bytes, w.scratch) // the last offset of a block
	w.variants("chain", func(v *kernel.Variant, c []kernel.Reg) {
		again := w.label("pair")
		w.Label(again)
		w.mix(v, c, block, own, partner, dst, false)
		for _, r := range []asm.Reg{own, partner, dst, w.offset} {
			w.ADD(asm.Imm(block*width), r, r)
		}
		w.CMP(w.scratch, w.offset)
		w.BLE(again)
	})
	w.Label("chain")
	w.Func.Free(own, partner, dst)
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

// mix takes n vectors of columns two by two, which is how they are best loaded and stored.
func (w *weaver) mix(v *kernel.Variant, c []kernel.Reg, n int, ownAt, partnerAt, dst asm.Reg, tail bool) {
	for i := 0; i < n; i += 2 {
		m := min(2, n-i)
		own, partner, r := w.vecs(m), w.vecs(m), w.vecs(m)
		w.load(ownAt, i, own)
		w.load(partnerAt, i, partner)
		for j := range m {
			v.Body(w.speaker, r[j], own[j], partner[j], c)
		}
		if tail {
			w.load(dst, i, own)
			w.VBIF(w.mask.B16(), own[0].B16(), r[0].B16()) // where the mask is clear, dst as it is
		}
		w.store(r, dst, i, w.stream && !tail)
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
