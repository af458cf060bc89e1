package weave

import (
	"fmt"
	"slices"

	"github.com/mixblend/blend/gen/kernel"
)

// Kernels weaves the functions of every kernel, which must have been checked.
func Kernels(m Machine) {
	for _, k := range kernel.All {
		function(m, k, nil, false)
		if m.Set().Streams {
			function(m, k, nil, true)
		}
	}
}

// Planes weaves the functions of the kernels that make several planes at once.
func Planes(m Planar) {
	for _, k := range kernel.All {
		if k.Planes {
			function(m, k.OfPlanes(), m, false)
			function(m, k.OfPlanes(), m, true)
		}
	}
}

// A weaver makes one function: the loops over a chain around a kernel's body.
type weaver struct {
	Machine
	*kernel.Kernel
	planar Planar // m, in a function that makes several planes

	stream            bool
	step              Scalar // the step at hand
	begin, end        Scalar // of the chain
	offset, n         Scalar // columns done, all columns
	own, partner, dst Scalar // the columns at hand
	table             Scalar // their scales
	mask              Scalar // their mask, while a variant has one,
	bits              bool   // a bit a column, or
	pixels            int    // if not 0, a byte for so many columns
	columns           Scalar // of the block at hand
	labels            int
}

func (w *weaver) label(name string) string {
	w.labels++
	return fmt.Sprintf("%s%d", name, w.labels)
}

func function(m Machine, k *kernel.Kernel, planar Planar, stream bool) {
	if !m.Set().Pixels {
		k = k.AnyColumns()
	}
	w := &weaver{Machine: m, Kernel: k, planar: planar, stream: stream}
	verb, room := "blend", "stash"
	if stream {
		verb = "stream"
	}
	switch {
	case planar != nil:
		room = "planes"
	case k.Table():
		room = "table"
	}
	w.Begin(verb+k.Name+m.Set().Name, k, stream)
	chain := []*Scalar{&w.begin, &w.end, &w.step, &w.offset, &w.n}
	for _, r := range chain {
		*r = w.Scalar()
	}
	w.Argument(w.begin, "chain")
	w.Argument(w.end, "steps")
	w.Argument(w.n, "n")
	w.Keep("block", room)
	rows := []*Scalar{&w.own, &w.partner, &w.dst, &w.table}
	for _, r := range rows {
		*r = w.Scalar()
	}
	left := w.Scalar() // columns left of all whole vectors
	w.columns = w.Scalar()
	w.Index(w.end, w.begin, w.end, w.StepBytes(), 0)
	w.Clear(w.offset)
	if w.Table() {
		w.Argument(w.table, room)
	}
	if planar != nil {
		planar.HoistPlanes(w.table)
	} else {
		w.Hoist(w.table)
	}

	w.Comment("Blocks of columns.")
	switch w.Set().Rest {
	case StepTakesRest:
		w.Copy(left, w.n)
	case MaskTakesRest:
		w.Whole(left, w.n, Jump{Zero, "tail"})
	case LastVectorAgain:
		w.Whole(left, w.n)
	}
	w.Label("blocks")
	w.Argument(w.columns, "block")
	w.Min(w.columns, left)
	w.steps(w.stashBlock, w.mixBlock)
	w.Add(w.offset, w.offset, w.columns)
	w.Sub(left, left, w.columns, Jump{NotZero, "blocks"})
	w.FreeScalar(left)

	if w.Set().Rest != StepTakesRest {
		w.tail()
	}
	w.End()
	w.FreeScalar(w.columns)
	for _, r := range append(chain, rows...) {
		w.FreeScalar(*r)
	}
}

// Shorts weaves the functions of the kernels that have a Short.
func Shorts(m Short) {
	for _, k := range kernel.All {
		if k.Short > 0 {
			short(m, k)
		}
	}
}

// short weaves the function for Kernel.Short to four times as many columns of a pair: the first and the last, all of them loaded before
// any is stored, since dst may be what is read. A vector may have fewer columns.
func short(m Short, k *kernel.Kernel) {
	w := &weaver{Machine: m, Kernel: k}
	w.Begin("short"+k.Name, k, false)
	rows := []*Scalar{&w.dst, &w.own, &w.partner, &w.n}
	for i, name := range []string{"dst", "own", "partner", "n"} {
		*rows[i] = w.Scalar()
		w.Argument(*rows[i], name)
	}
	v := &k.Variants[slices.IndexFunc(k.Variants, func(v kernel.Variant) bool { return !v.Mask })]
	in := kernel.Operands{}
	for _, i := range v.Factors {
		in.Factors = append(in.Factors, m.FactorArgument(kernel.Params[i]))
	}
	over := 2*k.Short + 1
	w.Sub(w.n, w.n, over, Jump{Negative, "fewer"})
	w.ends(v, in, 2*k.Short, over)
	w.Jump("done")
	w.Label("fewer")
	w.ends(v, in, k.Short, over)
	w.Label("done")
	w.End()
	for _, f := range in.Factors {
		w.FreeFactor(f)
	}
	for _, r := range rows {
		w.FreeScalar(*r)
	}
}

// ends mixes the first and the last so many columns of a pair of n + over. It moves the rows.
func (w *weaver) ends(v *kernel.Variant, in kernel.Operands, columns, over int) {
	together := w.Short / w.Lanes()
	mixed := func() (all [][]kernel.Vec) {
		for i := 0; i < columns/w.Lanes(); i += together {
			r, _ := w.mixed(v, in, i, together, 1)
			all = append(all, r)
		}
		return all
	}
	store := func(all [][]kernel.Vec) {
		for i, r := range all {
			w.store(v, r, nil, i*together)
		}
	}
	last := func(p Scalar, f kernel.Format) { w.Index(p, p, w.n, f.Size, (over-columns)*f.Size) }
	first := mixed()
	last(w.own, w.In)
	last(w.partner, w.In)
	rest := mixed()
	store(first)
	last(w.dst, w.Out)
	store(rest)
}

// tail takes the columns that do not fill a vector.
func (w *weaver) tail() {
	if w.Set().Rest == MaskTakesRest {
		w.Label("tail")
	}
	w.Comment("The last columns.")
	w.Sub(w.n, w.n, w.offset, Jump{Zero, "done"})
	if w.Set().Rest == LastVectorAgain {
		if w.Table() && w.planar == nil {
			w.Index(w.table, w.table, w.n, 4, -4*w.Lanes())
		}
		w.Tail(w.n)
		w.Index(w.offset, w.offset, w.n, 1, -w.Lanes())
	} else {
		w.Tail(w.n)
	}
	all := w.Kernel
	w.Kernel = all.AnyColumns()
	w.steps(
		func() {
			to := w.Scalar()
			w.Argument(to, "stash")
			w.Move(to, w.own)
			w.FreeScalar(to)
		},
		func(v *kernel.Variant, in kernel.Operands) { w.mix(v, in, 1) },
	)
	w.Kernel = all
	w.Label("done")
}

// steps goes through the chain at w.offset: w.own, w.partner and w.dst are set for each step.
func (w *weaver) steps(stash func(), mix func(v *kernel.Variant, in kernel.Operands)) {
	open, carried, next, finish := w.label("open"), w.label("carried"), w.label("next"), w.label("finish")
	p := w.Scalar()
	if w.Table() || w.Set().Ahead {
		w.Argument(w.step, "chain") // there is no register to spare
	} else {
		w.Copy(w.step, w.begin)
	}
	w.Field(p, w.step, "own")
	w.Label(open)
	w.Index(w.own, p, w.offset, w.In.Size, 0)
	if !w.Table() {
		w.JumpIfUnset(w.step, "closes", p, carried)
		stash()
	}

	w.Label(carried)
	w.Field(p, w.step, "partner")
	if w.Table() {
		w.Index(w.partner, p, w.offset, w.In.Size, 0)
	} else {
		w.Or(w.partner, p, w.offset, w.In.Size, "stash")
	}
	w.Field(w.dst, w.step, "dst")
	w.Index(w.dst, w.dst, w.offset, w.Out.Size, 0)
	w.variants(next, mix)

	w.Label(next)
	w.Add(w.step, w.step, w.StepBytes())
	w.JumpIfEqual(w.step, w.end, finish)
	w.Copy(w.own, w.partner)
	w.Field(p, w.step, "own")
	w.JumpIf(p, Jump{Zero, carried})
	w.Jump(open)
	w.Label(finish)
	w.FreeScalar(p)
}

// stashBlock copies a block of the step's own row.
func (w *weaver) stashBlock() {
	again := w.label("stash")
	from, to, n := w.Scalar(), w.Scalar(), w.Scalar()
	w.Copy(from, w.own)
	w.Argument(to, "stash")
	w.Copy(n, w.columns)
	w.Label(again)
	step := w.Step(n)
	w.Move(to, from)
	w.advance(from, step, w.In.Size)
	w.advance(to, step, w.In.Size)
	w.Sub(n, n, step, Jump{NotZero, again})
	w.FreeScalar(from, to, n)
}

// mixBlock mixes the columns of a block, and leaves w.own, w.dst and w.table at what follows; the next step takes its own row from
// w.partner, so that is put back.
func (w *weaver) mixBlock(v *kernel.Variant, in kernel.Operands) {
	one, done := w.label("one"), w.label("mixed")
	var aside func() // out of the way of the loop that does not prefetch
	n := w.Scalar()
	looks := w.Table() && w.planar == nil // at its table as it goes
	if looks {
		w.Argument(w.table, "table")
	}
	u := w.unroll()
	switch {
	case w.pixels != 0:
		w.mixPixels(n, done, v, in)
		w.Label(done)
		w.FreeScalar(n)
		w.Back(w.partner, w.columns, w.In.Size)
		return
	case u == 1:
		w.Copy(n, w.columns)
	default:
		many, few, ahead := w.label("many"), w.label("few"), w.label("prefetch")
		columns := u * w.Lanes()
		w.Sub(n, w.columns, columns, Jump{Negative, few})
		if w.prefetches(v) {
			next := w.Scalar()
			w.Field(next, w.step, "ahead")
			w.JumpIf(next, Jump{NotZero, ahead})
			aside = func() { w.mixAhead(next, n, columns, ahead, few, v, in) }
		}
		w.Label(many)
		w.mix(v, in, u)
		w.turn(columns)
		w.Sub(n, n, columns, Jump{NotNegative, many})
		w.Label(few)
		w.Add(n, n, columns, Jump{Zero, done})
	}
	w.Label(one)
	step := w.Step(n)
	w.mix(v, in, 1)
	w.turn(step)
	if looks {
		w.advance(w.table, step, 4)
		if u == 1 {
			w.wrap()
		}
	}
	w.Sub(n, n, step, Jump{NotZero, one})
	if aside != nil {
		w.Jump(done)
		aside()
	}
	w.Label(done)
	w.FreeScalar(n)
	w.Back(w.partner, w.columns, w.In.Size)
}

// prefetches says whether a variant's steps may say what is needed next.
func (w *weaver) prefetches(v *kernel.Variant) bool {
	return w.Set().Ahead && !w.stream && !w.Table() && !v.Mask
}

// So many bytes ahead rows are prefetched from the last-level cache, and from memory: there mostly in the next page, where the CPU's own
// prefetchers do not go.
const (
	farInCache  = 2 << 10
	farInMemory = 3 << 10
)

// mixAhead begins at a label, where ahead is where the row begins that the step after needs, and n as in the inner loop. Its loop prefetches
// the partner, and from its end on that row, and it ends at few.
func (w *weaver) mixAhead(ahead, n Scalar, columns int, begin, few string, v *kernel.Variant, in kernel.Operands) {
	again, next := w.label("ahead"), w.label("next")
	from := w.Scalar()
	const far = farInCache
	w.Label(begin)
	w.Index(ahead, ahead, w.offset, w.In.Size, 0)
	w.Sub(n, n, far/w.In.Size, Jump{Negative, next})
	w.Add(from, w.partner, far)
	w.Label(again)
	w.Machine.(Fetcher).PrefetchRow(from, 0, columns*w.In.Size)
	w.mix(v, in, w.unroll())
	w.advance(from, columns, w.In.Size)
	w.turn(columns)
	w.Sub(n, n, columns, Jump{NotNegative, again})
	w.JumpIf(ahead, Jump{Zero, few})
	w.Label(next)
	w.Add(n, n, far/w.In.Size)
	w.Copy(from, ahead)
	w.Clear(ahead)
	w.Jump(again)
	w.FreeScalar(ahead, from)
}

// mixPixels mixes the columns of a block by a mask of pixels, and goes on at done, which follows. Streamed rows are prefetched where a
// block is not full, as it is where it would take a whole row.
func (w *weaver) mixPixels(n Scalar, done string, v *kernel.Variant, in kernel.Operands) {
	u := w.MaskPeriod() / w.Lanes()
	loop := func(name string, prefetch bool) {
		again := w.label(name)
		w.Copy(n, w.columns)
		w.Label(again)
		if prefetch {
			for _, row := range []Scalar{w.own, w.partner} {
				w.Machine.(Fetcher).PrefetchRow(row, farInMemory, u*w.Lanes()*w.In.Size)
			}
		}
		w.mix(v, in, u)
		w.turn(u * w.Lanes())
		w.Sub(n, n, u*w.Lanes(), Jump{NotZero, again})
	}
	if w.stream {
		full := w.label("full")
		w.Argument(n, "block")
		w.Sub(n, n, w.columns, Jump{Zero, full})
		loop("ahead", true)
		w.Jump(done)
		w.Label(full)
	}
	loop("pixels", false)
}

// wrap goes back by a period of the table where it is in the next.
func (w *weaver) wrap() {
	within := w.label("within")
	t := w.Scalar()
	w.Argument(t, "table")
	w.Sub(t, w.table, t)
	w.Sub(t, t, 4*kernel.TablePeriod, Jump{Negative, within})
	w.Sub(w.table, w.table, 4*kernel.TablePeriod)
	w.Label(within)
	w.FreeScalar(t)
}

// unroll is how many vectors the inner loop takes at a time: with a table, as many as repeat it, and whole stores of them.
func (w *weaver) unroll() int {
	if w.planar != nil {
		return w.planar.PlanarVectors()
	}
	if !w.Table() || w.Unroll() == 1 {
		return w.Unroll()
	}
	n := kernel.TablePeriod / w.Lanes()
	if _, stores := w.Together(); n%stores != 0 {
		n *= stores
	}
	return n
}

// turn goes on by so many columns.
func (w *weaver) turn(columns Count) {
	w.advance(w.own, columns, w.In.Size)
	w.advance(w.partner, columns, w.In.Size)
	w.advance(w.dst, columns, w.Out.Size)
	switch {
	case w.bits:
		w.AddBits(w.mask, columns)
	case w.pixels != 0:
		w.advance(w.mask, columns.(int)/w.pixels, 1)
	case w.mask.Reg != nil:
		w.advance(w.mask, columns, 1)
	}
}

// advance moves p on by columns of so many bytes.
func (w *weaver) advance(p Scalar, columns Count, size int) {
	if n, ok := columns.(int); ok {
		w.Add(p, p, n*size)
	} else {
		w.Index(p, p, columns.(Scalar), size, 0)
	}
}

// mix mixes n vectors.
func (w *weaver) mix(v *kernel.Variant, in kernel.Operands, n int) {
	if w.planar != nil {
		w.mixPlanes(v, in, n)
		return
	}
	loads, stores := w.Together()
	var mixed, masks []kernel.Vec // and not yet stored
	for i := 0; i < n; i += loads {
		g := min(loads, n-i)
		more, lanes := w.mixed(v, in, i, g, n)
		mixed, masks = append(mixed, more...), append(masks, lanes...)
		if len(mixed) == stores || i+g == n {
			w.store(v, mixed, masks, i+g-len(mixed))
			mixed, masks = nil, nil
		}
	}
}

// mixPlanes is mix of several planes: pixels are loaded once for all of them.
func (w *weaver) mixPlanes(v *kernel.Variant, in kernel.Operands, n int) {
	own, partner := w.vecs(n), w.vecs(n)
	x, y := slices.Clone(own), slices.Clone(partner)
	w.planar.LoadPixelRows(x, y, w.own, w.partner)
	_, stores := w.Together()
	for c := range kernel.PlanesAtOnce {
		w.planar.Plane(c)
		scale, bias := w.Look(w.table, c, 1, true)
		in.Scale, in.Bias = scale[0], bias[0]
		for i := 0; i < n; i += stores {
			r := w.vecs(min(stores, n-i))
			for j := range r {
				in.Own, in.Partner = x[i+j], y[i+j]
				v.Body(w.Machine, r[j], in)
			}
			w.store(v, r, nil, i)
		}
		w.Done(scale, bias)
	}
	w.free(own)
	w.free(partner)
}

// mixed mixes the g vectors from vector i on, of n that a turn takes, which are loaded together. Masks are returned for a store that
// takes them from lanes.
func (w *weaver) mixed(v *kernel.Variant, in kernel.Operands, i, g, n int) (r, lanes []kernel.Vec) {
	r = w.vecs(g)
	own, partner := w.vecs(g), w.vecs(g)
	x, y := append([]kernel.Vec(nil), own...), append([]kernel.Vec(nil), partner...)
	once := w.ReadsOnce(v)
	w.Load(x, w.own, i, once)
	w.Load(y, w.partner, i, once)
	var scale, bias, masks, z []kernel.Vec
	if v.Mask {
		masks = w.vecs(g)
		z = append(z, masks...)
		switch {
		case v.Select:
			w.LoadBits(z, w.mask, i, w.offset)
		case v.Channels != 0:
			w.Machine.(Interleaved).LoadPixels(z, w.mask, i, v.Channels)
		default:
			w.LoadMask(z, w.mask, i)
		}
	}
	if w.Table() {
		scale, bias = w.Look(w.table, i, g, n > 1) // the loop that takes whole periods of a table
	}
	w.Beside(g, func(j int) {
		in := in
		in.Own, in.Partner = x[j], y[j]
		if v.Mask {
			in.Mask = z[j]
		}
		if w.Table() {
			in.Scale, in.Bias = scale[j], bias[j]
		}
		v.Body(w.Machine, r[j], in)
	})
	if w.Table() {
		w.Done(scale, bias)
	}
	w.free(own)
	w.free(partner)
	if w.storesLanes(v) {
		return r, masks
	}
	w.free(masks)
	return r, nil
}

// storesMasked says whether a variant stores elements as they lie where its mask takes one row whole, and storesLanes whether it takes
// the mask for that from lanes.
func (w *weaver) storesMasked(v *kernel.Variant) bool {
	return v.Mask && w.Lane == kernel.FloatLane && !w.Table()
}
func (w *weaver) storesLanes(v *kernel.Variant) bool {
	return w.storesMasked(v) && w.Set().Pixels && w.Out.Size == w.Lane
}

// store converts and stores vectors, from vector i on.
func (w *weaver) store(v *kernel.Variant, mixed, masks []kernel.Vec, i int) {
	for _, r := range mixed {
		w.Out.Round(w.Machine, r)
	}
	if w.storesMasked(v) {
		w.StoreMasked(mixed, masks, w.dst, i, w.own, w.partner, w.mask)
	} else {
		w.Store(mixed, w.dst, i)
	}
	w.free(mixed)
	w.free(masks)
}

func (w *weaver) vecs(n int) []kernel.Vec {
	v := make([]kernel.Vec, n)
	for i := range v {
		v[i] = w.Temp()
	}
	return v
}

func (w *weaver) free(v []kernel.Vec) {
	for _, x := range v {
		w.Free(x)
	}
}

// variants emits the code of every variant behind a choice by the step's. Each goes on at done.
func (w *weaver) variants(done string, code func(v *kernel.Variant, in kernel.Operands)) {
	last := len(w.Variants) - 1
	labels := make([]string, last)
	for i := range labels {
		labels[i] = w.label(w.Variants[i].Name)
	}
	if last > 0 {
		variant := w.Variant(w.step)
		for i := 0; i < last; i += 2 {
			equal := ""
			if i+1 < last {
				equal = labels[i+1]
			}
			w.Choose(variant, i+1, labels[i], equal)
		}
		w.FreeScalar(variant)
	}
	// The last variant follows the choice, the others come after it.
	for i := range w.Variants {
		i = (i + last) % (last + 1)
		if i < last {
			w.Label(labels[i])
		}
		w.variant(&w.Variants[i], code)
		if (i+1)%(last+1) != last { // not the last in the text
			w.Jump(done)
		}
	}
}

// variant emits the code of a variant, around which the step's constants are in registers.
func (w *weaver) variant(v *kernel.Variant, code func(v *kernel.Variant, in kernel.Operands)) {
	in := kernel.Operands{Consts: w.Filled()}
	for _, i := range v.Factors {
		in.Factors = append(in.Factors, w.Factor(w.step, kernel.Params[i]))
	}
	for _, i := range v.Params {
		in.Params = append(in.Params, w.Vector(w.step, kernel.Params[i]))
	}
	if v.Weights {
		in.Weights = w.Weights(w.step, kernel.Params[:])
	}
	if v.Mask {
		w.mask = w.Scalar()
		w.Field(w.mask, w.step, "mask")
		w.bits, w.pixels = v.Select, v.Channels
		switch {
		case w.bits:
			w.Bits(w.mask, w.mask, w.offset)
		case w.pixels != 0:
			t := w.Scalar()
			w.Machine.(Interleaved).Quotient(t, w.offset, w.pixels)
			w.Add(w.mask, w.mask, t)
			w.FreeScalar(t)
		default:
			w.Index(w.mask, w.mask, w.offset, 1, 0)
		}
	}
	code(v, in)
	if v.Mask {
		w.FreeScalar(w.mask)
		w.mask, w.bits, w.pixels = Scalar{}, false, 0
	}
	for _, f := range in.Factors {
		w.FreeFactor(f)
	}
	w.free(in.Params)
	if v.Weights {
		w.FreeWeights(in.Weights)
	}
}
