package neon

import (
	"bytes"
	"fmt"
	"math/bits"
	"path/filepath"
	"slices"

	"github.com/mixblend/blend/asm"

	"github.com/mixblend/blend/gen/kernel"
)

// unroll is how many vectors the inner loop takes at a time: with a table, as many as repeat it.
func (w *weaver) unroll() int {
	if w.Table {
		return kernel.TablePeriod / w.lanes
	}
	return 8
}

// File returns the text of blend_arm64.s, for the package in dir.
func File(dir string) ([]byte, error) {
	file := asm.NewFile(asm.Config{
		Command:    "go generate",
		Constraint: "!purego",
		Stubs:      []string{filepath.Join(dir, "dispatch_arm64.go"), filepath.Join(dir, "blend_arm64.go"), filepath.Join(dir, "chain.go"), filepath.Join(dir, "params.go")},
	})
	// The vector t bytes in has its last t bytes set.
	tail := file.Data("tail", append(make([]byte, width), slices.Repeat([]byte{255}, width)...))
	shuffles := map[int][2]asm.Addr{}
	for channels := 2; channels <= 4; channels++ {
		name := fmt.Sprintf("pixels%d", channels)
		shuffles[channels] = [2]asm.Addr{file.Data(name+"x4", shuffle(4, channels)), file.Data(name+"x8", shuffle(8, channels))}
	}
	for _, k := range kernel.All {
		for _, stream := range []bool{false, true} {
			w := &weaver{speaker: speaker{}, Kernel: k, file: file, stream: stream, tail: tail, shuffles: shuffles, lanes: width / k.Lane}
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

	lanes             int     // of a vector
	step              asm.Reg // the step at hand
	begin, end        asm.Reg // of the chain
	offset, n         asm.Reg // columns done, all columns
	block, room       asm.Reg // parameters: columns of a block; stash, or table
	own, partner, dst asm.Reg // the columns at hand
	table             asm.Reg // their scales
	columns           asm.Reg // of the block at hand
	consts            []kernel.Reg
	round, lsb        asm.Vec // for bfloat16: 0x7fff, 1
	zero              asm.Vec
	shuffles          map[int][2]asm.Addr // by channels: for one vector, and for two
	picks             [2]asm.Vec          // those of this kernel
	mask              asm.Vec             // of the tail
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
	left := w.R() // columns left of all whole vectors
	regs := []*asm.Reg{&w.step, &w.begin, &w.end, &w.offset, &w.n, &w.block, &w.room, &w.own, &w.partner, &w.dst, &w.table, &w.columns}
	for _, r := range regs {
		*r = w.R()
	}
	w.mask = w.V()

	w.LoadParam("chain", w.begin)
	w.LoadParam("steps", w.end)
	w.LoadParam("n", w.n)
	w.LoadParam("block", w.block)
	if w.Table {
		w.LoadParam("table", w.room)
	} else {
		w.LoadParam("stash", w.room)
	}
	w.MOVD(asm.Imm(w.ElemSize("chain")), left)
	w.MUL(left, w.end, w.end)
	w.ADD(w.begin, w.end, w.end)
	w.MOVD(asm.Imm(0), w.offset)
	w.hoist(left)

	w.Comment("Blocks of columns. There is a whole vector.")
	w.AND(asm.Imm(-w.lanes), w.n, left)
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
	w.SUBS(w.offset, w.n, w.n)
	w.BEQ("done")
	w.tailMask(left)
	w.steps(
		func() {
			v := w.V()
			w.loadRaw(w.own.At(0), v)
			w.storeRaw(v, w.room.At(0))
			w.Func.Free(v)
		},
		func(v *kernel.Variant, c []kernel.Reg) { w.mix(v, c, 1, true) },
	)

	w.Label("done")
	w.RET()
	for _, r := range regs {
		w.Func.Free(*r)
	}
	w.Func.Free(left, w.mask)
	w.release()
}

// hoist sets the constants; scratch is lost.
func (w *weaver) hoist(scratch asm.Reg) {
	if w.Lane == kernel.ByteLane {
		w.c254 = w.V()
		w.VMOVI(254, w.c254.B16())
		for _, b := range w.Consts {
			v := w.V()
			w.VMOVI(asm.Imm(b), v.B16())
			w.consts = append(w.consts, v)
		}
	}
	if w.Table && w.In.Size > 1 {
		for i := range w.picks {
			w.picks[i] = w.V()
			w.MOVD(w.shuffles[w.In.Size][i], scratch)
			w.FMOVQ(scratch.At(0), w.picks[i])
		}
	}
	if w.In == kernel.BF16 {
		w.zero = w.V()
		w.VMOVI(0, w.zero.B16())
	}
	if w.Out == kernel.BF16 {
		w.round, w.lsb = w.V(), w.V()
		for _, c := range []struct {
			v     asm.Vec
			value int
		}{{w.round, 0x7fff}, {w.lsb, 1}} {
			w.MOVD(asm.Imm(c.value), scratch)
			w.VDUP(scratch, c.v.S4())
		}
	}
}

func (w *weaver) release() {
	if w.Lane == kernel.ByteLane {
		w.Func.Free(w.c254)
	}
	for _, c := range w.consts {
		w.Free(c)
	}
	if w.Table && w.In.Size > 1 {
		w.free(w.picks[:])
	}
	if w.In == kernel.BF16 {
		w.Func.Free(w.zero)
	}
	if w.Out == kernel.BF16 {
		w.Func.Free(w.round, w.lsb)
	}
}

// at sets d to where column offset of a row is, in the format.
func (w *weaver) at(p asm.Reg, f kernel.Format, d asm.Reg) {
	if f.Size == 1 {
		w.ADD(w.offset, p, d)
		return
	}
	t := w.R()
	w.bytes(w.offset, f, t)
	w.ADD(t, p, d)
	w.Func.Free(t)
}

// bytes sets d to how many bytes so many columns are.
func (w *weaver) bytes(columns asm.Reg, f kernel.Format, d asm.Reg) {
	if f.Size == 3 {
		w.ADD(columns, columns, d)
		w.ADD(columns, d, d)
		return
	}
	w.LSL(asm.Imm(bits.TrailingZeros(uint(f.Size))), columns, d)
}

// steps goes through the chain at w.offset: w.own, w.partner and w.dst are set for each step.
func (w *weaver) steps(stash func(), mix func(v *kernel.Variant, c []kernel.Reg)) {
	open, carried, given, next, finish := w.label("open"), w.label("carried"), w.label("given"), w.label("next"), w.label("finish")
	p := w.R()
	w.MOVD(w.begin, w.step)
	w.MOVD(w.field("own"), p)
	w.Label(open)
	w.at(p, w.In, w.own)
	if !w.Table {
		w.MOVD(w.field("closes"), p)
		w.CBZ(p, carried)
		stash()
	}

	w.Label(carried)
	w.MOVD(w.field("partner"), p)
	if !w.Table {
		w.MOVD(w.room, w.partner)
		w.CBZ(p, given)
	}
	w.at(p, w.In, w.partner)
	if !w.Table {
		w.Label(given)
	}
	w.MOVD(w.field("dst"), w.dst)
	w.at(w.dst, w.Out, w.dst)
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
	v := w.V()
	w.MOVD(w.own, from)
	w.MOVD(w.room, to)
	w.MOVD(w.columns, n)
	w.Label(again)
	w.loadRaw(from.At(0), v)
	w.storeRaw(v, to.At(0))
	w.ADD(asm.Imm(w.lanes*w.In.Size), from, from)
	w.ADD(asm.Imm(w.lanes*w.In.Size), to, to)
	w.SUB(asm.Imm(w.lanes), n, n)
	w.CBNZ(n, again)
	w.Func.Free(v)
	w.Func.Free(from, to, n)
}

// mixBlock mixes columns of a step, whole vectors. The next step takes its own row from w.partner, so that is put back.
func (w *weaver) mixBlock(v *kernel.Variant, c []kernel.Reg) {
	many, few, one, done := w.label("many"), w.label("few"), w.label("one"), w.label("mixed")
	n, u := w.R(), w.unroll()*w.lanes
	if w.Table {
		w.MOVD(w.room, w.table)
	}
	w.SUBS(asm.Imm(u), w.columns, n)
	w.BLT(few)
	w.Label(many)
	w.mix(v, c, w.unroll(), false)
	w.advance(u)
	w.SUBS(asm.Imm(u), n, n)
	w.BGE(many)
	w.Label(few)
	w.ADD(asm.Imm(u), n, n)
	w.CBZ(n, done)
	w.Label(one)
	w.mix(v, c, 1, false)
	w.advance(w.lanes)
	if w.Table {
		w.ADD(asm.Imm(4*w.lanes), w.table, w.table)
	}
	w.SUB(asm.Imm(w.lanes), n, n)
	w.CBNZ(n, one)
	w.Label(done)
	if w.In.Size == 1 {
		w.SUB(w.columns, w.partner, w.partner)
	} else {
		w.bytes(w.columns, w.In, n)
		w.SUB(n, w.partner, w.partner)
	}
	w.Func.Free(n)
}

func (w *weaver) advance(n int) {
	w.ADD(asm.Imm(n*w.In.Size), w.own, w.own)
	w.ADD(asm.Imm(n*w.In.Size), w.partner, w.partner)
	w.ADD(asm.Imm(n*w.Out.Size), w.dst, w.dst)
}

// tailMask sets w.mask for the columns that are left, and goes to the last whole vector.
func (w *weaver) tailMask(scratch asm.Reg) {
	if w.Table {
		w.LSL(2, w.n, scratch)
		w.ADD(scratch, w.table, w.table)
		w.SUB(asm.Imm(4*w.lanes), w.table, w.table)
	} else {
		w.MOVD(w.tail, scratch)
		t := w.R()
		w.MOVD(asm.Imm(width-w.lanes*w.Out.Size), t)
		for range w.Out.Size {
			w.ADD(w.n, t, t)
		}
		w.FMOVQ(scratch.Index(t), w.mask)
		w.Func.Free(t)
	}
	w.ADD(w.n, w.offset, w.offset)
	w.SUB(asm.Imm(w.lanes), w.offset, w.offset)
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
		if w.Table && m == 2 {
			w.MixU8Upper(r[1], own[0], partner[0], c)
			v.Body(w.speaker, r[0], own[0], partner[0], c)
		} else {
			for j := range m {
				v.Body(w.speaker, r[j], own[j], partner[j], c)
			}
		}
		if w.Table {
			w.look(i, own)
			for j := range m {
				w.VFMUL(own[j].S4(), r[j].S4(), r[j].S4())
			}
			w.look(i+kernel.TableRows*kernel.TablePeriod/w.lanes, own)
			for j := range m {
				w.VFADD(own[j].S4(), r[j].S4(), r[j].S4())
			}
		}
		w.store(r, own, i, tail)
		w.free(own)
		w.free(partner)
		w.free(r)
	}
}

// look loads vector i of the table, and the one after.
func (w *weaver) look(i int, v []asm.Vec) {
	if len(v) == 2 {
		w.FLDPQ(w.table.At(i*width), v[0], v[1])
	} else {
		w.FMOVQ(w.table.At(i*width), v[0])
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

// pick loads a channel of as many pixels as one or two vectors take, to 16-bit lanes of v[0]: by two loads, of which the second ends
// with the last pixel.
func (w *weaver) pick(p asm.Reg, i int, v []asm.Vec) {
	size, second := picked(w.lanes*len(v), w.In.Size)
	t := w.Vs(2)
	for j, at := range []int{0, second} {
		m := p.At(i*w.lanes*w.In.Size + at)
		switch size {
		case 4:
			w.FMOVS(m, t[j])
		case 8:
			w.FMOVD(m, t[j])
		default:
			w.FMOVQ(m, t[j])
		}
	}
	w.VTBL(w.picks[len(v)-1].B16(), []asm.View{t[0].B16(), t[1].B16()}, v[0].B16())
	w.free(t)
}

// picked returns how many bytes pick loads at a time, and where the second load begins, for pixels of so many channels.
func picked(pixels, channels int) (size, second int) {
	n := (pixels-1)*channels + 1
	size = 1 << (bits.Len(uint(n)) - 1)
	return size, n - size
}

// shuffle names the bytes that pick takes.
func shuffle(pixels, channels int) []byte {
	size, second := picked(pixels, channels)
	all := bytes.Repeat([]byte{255}, width)
	for i := range pixels {
		at := i * channels
		if at >= size {
			at += width - second
		}
		all[2*i] = byte(at)
	}
	return all
}

// loadRaw and storeRaw move the columns of a vector as they are.
func (w *weaver) loadRaw(m asm.Mem, v asm.Vec) {
	switch w.lanes * w.In.Size {
	case 4:
		w.FMOVS(m, v)
	case 8:
		w.FMOVD(m, v)
	default:
		w.FMOVQ(m, v)
	}
}

func (w *weaver) storeRaw(v asm.Vec, m asm.Mem) {
	switch w.lanes * w.In.Size {
	case 4:
		w.FMOVS(v, m)
	case 8:
		w.FMOVD(v, m)
	default:
		w.FMOVQ(v, m)
	}
}

// load loads and converts one or two vectors, from vector i of p on.
func (w *weaver) load(p asm.Reg, i int, v []asm.Vec) {
	m, two := p.At(i*w.lanes*w.In.Size), len(v) == 2
	if w.Table && w.In.Size > 1 {
		w.pick(p, i, v)
		return
	}
	if w.lanes*w.In.Size == width {
		if two {
			w.FLDPQ(m, v[0], v[1])
		} else {
			w.FMOVQ(m, v[0])
		}
		return
	}
	switch {
	case w.In.Size == 1 && two, w.In.Size == 2 && !two:
		w.FMOVD(m, v[0])
	case two:
		w.FMOVQ(m, v[0])
	default:
		w.FMOVS(m, v[0])
	}
	switch w.In {
	case kernel.U8:
		w.VUXTL(v[0].B8(), v[0].H8()) // both vectors
	case kernel.BF16:
		if two {
			w.VZIP2(v[0].H8(), w.zero.H8(), v[1].H8())
		}
		w.VZIP1(v[0].H8(), w.zero.H8(), v[0].H8())
	case kernel.F16:
		if two {
			w.VFCVTL2(v[0].H8(), v[1].S4())
		}
		w.VFCVTL(v[0].H4(), v[0].S4())
	}
}

// store converts and stores one or two vectors of w.dst, from vector i on. t is lost, and so is v.
func (w *weaver) store(v, t []asm.Vec, i int, tail bool) {
	m, two := w.dst.At(i*w.lanes*w.Out.Size), len(v) == 2
	whole := w.lanes*w.Out.Size == width
	apart := !whole && two && w.stream // there is no such store of one register
	switch w.Out {
	case kernel.BF16:
		for j, x := range v {
			w.VUSHR(16, x.S4(), t[j].S4())
			w.VAND(w.lsb.B16(), t[j].B16(), t[j].B16())
			w.VADD(w.round.S4(), t[j].S4(), t[j].S4())
			w.VADD(t[j].S4(), x.S4(), x.S4())
		}
		if apart {
			w.VUZP2(v[0].H8(), v[0].H8(), v[0].H8())
			w.VUZP2(v[1].H8(), v[1].H8(), v[1].H8())
		} else {
			w.VUZP2(v[len(v)-1].H8(), v[0].H8(), v[0].H8())
		}
	case kernel.F16:
		w.VFCVTN(v[0].S4(), v[0].H4())
		if apart {
			w.VFCVTN(v[1].S4(), v[1].H4())
		} else if two {
			w.VFCVTN2(v[1].S4(), v[0].H8())
		}
	}
	if tail && !w.Table {
		if whole {
			w.FMOVQ(m, t[0])
		} else {
			w.FMOVD(m, t[0])
		}
		w.VBIF(w.mask.B16(), t[0].B16(), v[0].B16()) // where the mask is clear, dst as it is
	}
	switch {
	case whole && two && w.stream:
		w.STNPQ(v[0], v[1], m)
	case whole && two:
		w.FSTPQ(v[0], v[1], m)
	case apart:
		w.STNPD(v[0], v[1], m)
	case whole || two:
		w.FMOVQ(v[0], m)
	default:
		w.FMOVD(v[0], m)
	}
}
