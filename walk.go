package blend

import (
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/mixblend/blend/internal/pixels"
)

const (
	// chainRows rows, each read once and written once, make as many sequential streams as CPUs prefetch well. Rows are often a
	// multiple of 4 KiB long, and then all streams compete for one set of the first-level cache, which has eight lines or more.
	chainRows = 6
	// Two batches make two streams of reads a row.
	crossRows = 4
	// Short rows go more to a call, up to maxSteps of them or shortBytes in all, since a call costs as much as a few of them.
	maxSteps   = 32
	shortBytes = 8 << 10
	// Assembly cannot be preempted, so a call moves about this much: 13 KiB of each row of a chain, for about 5 µs from memory.
	callBytes = 96 << 10
	pairCall  = callBytes / 2
	// A kernel takes about this much of each row of a chain at a time: the more, the fewer changes between streams, but past the
	// caches the CPU fetches too little ahead of more.
	blockBytes  = 512
	cachedBlock = 1024
	// Interleaved pixels are read once a channel: so many at a time that they are in the second-level cache.
	pixelBlock = 8192
	// A worker gets this much of a row at least where rows are split.
	workerRowBytes = 4 << 10
	// Rows up to splitRow are not split where there are more workers than that gives work.
	splitRow = 32 << 10

	cacheLine = 64
)

var (
	// lastLevelBytes is the size of the last-level cache.
	lastLevelBytes = uint64(defaultLastLevel)
	// tileBytes is how much of its rows a chain goes along before the next chain begins: as much as leaves the row in which the
	// two meet in a cache. Longer is better, since each row is a stream of memory that has to get going.
	tileBytes int
	// workerBytes is what a worker gets at least: about what one mixes while another, on a core that sleeps, wakes up.
	workerBytes uint64 = 4 << 20
)

// defaultLastLevel stands for a last-level cache of unknown size.
const defaultLastLevel = 32 << 20

func init() {
	if n := lastLevelCache(); n > 0 {
		lastLevelBytes = uint64(n)
	}
	tileBytes = int(min(max(lastLevelBytes/(4*chainRows)&^4095, 32<<10), 1<<20))
}

// rows says where the rows of a batch are: end to end from flat, or each by itself.
type rows struct {
	flat   unsafe.Pointer
	stride int // bytes
	each   [][]byte
}

// at returns the address of a row, offset bytes in.
func (r *rows) at(row int32, offset int) unsafe.Pointer {
	if r.each != nil {
		return unsafe.Add(unsafe.Pointer(unsafe.SliceData(r.each[row])), offset)
	}
	return unsafe.Add(r.flat, int(row)*r.stride+offset)
}

// A walk is one call: which rows, in which order, and how.
type walk struct {
	kernel   kernel
	dst, src rows
	y        rows // of another batch, where cross is set
	cols     int  // of every row
	inPlace  bool
	cross    bool // partners are rows of y, and each row is a path of its own
	pool     int  // rows of y
	index    []int
	paths    *paths
	lambda   []float64   // one, or one a row
	model    *model      // of the kernels that normalize
	cut      *pixels.Cut // where rows may be cut or kept
	pixel    int         // columns that lie together in a line of a box

	params params // for the one λ
	in     int    // bytes of a column in src
	out    int    // and in dst, of which there may be as many as channels
	stream bool
	block  int  // columns that go through a kernel at a time
	steps  int  // rows that go into one call of the kernel
	skewed bool // rows are streamed that are not aligned to a line in the same columns
	sparse bool // some rows are cut or kept
}

// A part is what one worker does: positions lo…hi of the order, columns c0…c1.
type part struct {
	lo, hi, c0, c1 int
	scratch        *scratch
	keepsFirst     bool // scratch.first holds the first row of the path at lo, which another part overwrites
	keepsNext      bool // scratch.next holds the row at hi, likewise
}

// scratch keeps rows aside that in-place results would overwrite too soon: a tile of a cycle's first row, and what part says; and
// masks of boxes.
type scratch struct{ cycle, first, next, masks []byte }

var scratchPool = sync.Pool{New: func() any { return new(scratch) }}

func (p *part) needScratch() *scratch {
	if p.scratch == nil {
		p.scratch = scratchPool.Get().(*scratch)
	}
	return p.scratch
}

// grown makes b at least n long, whatever it holds.
func grown(b *[]byte, n int) []byte {
	if len(*b) < n {
		*b = make([]byte, n)
	}
	return *b
}

func (w *walk) run(workers int, store StoreMode) {
	widest := w.settle(store)
	workers = int(min(uint64(max(workers, 1)), max(uint64(len(w.index))*widest/workerBytes, 1)))
	if workers == 1 {
		w.part(&part{hi: len(w.index), c1: w.cols})
		return
	}
	j := jobs.Get().(*job)
	j.run(w, workers, int(widest))
	jobs.Put(j) // not after a panic
}

// settle sets how the walk goes, by the size and the alignment of its rows, and returns how many bytes of one it reads or writes,
// whichever is more.
func (w *walk) settle(store StoreMode) (widest uint64) {
	w.in, w.out = w.kernel.in(), w.kernel.out()
	if w.model.packs() {
		w.in, w.out = w.model.bytes, w.model.channels*w.out
	}
	read, written := uint64(w.cols)*uint64(w.in), uint64(w.cols)*uint64(w.out) // of a row
	written *= uint64(w.model.planes())
	widest = max(read, written)
	touched := uint64(len(w.index)) * written
	if !w.inPlace {
		touched += uint64(len(w.index)) * read
	}
	if w.cross {
		touched += uint64(min(len(w.index), w.pool)) * read
	}

	w.params = w.kernel.params(w.lambda[0])
	w.sparse = w.anyUnblended()
	bytes := blockBytes
	if touched <= lastLevelBytes/4 {
		bytes = cachedBlock
	}
	w.block = bytes / max(w.in, w.out)
	if w.kernel.normalizes() {
		w.block = max(w.block/(2*tablePeriod), 1) * 2 * tablePeriod
	}
	rows := uint64(chainRows)
	if w.cross {
		rows = crossRows
	}
	w.steps = int(min(maxSteps, max(rows, shortBytes/widest)))
	if w.model.splits() {
		w.steps = int(rows)
	}
	w.stream = store == StoreStream || store != StoreCached && !w.inPlace && touched > lastLevelBytes/2
	if w.stream && !w.samePhase() {
		w.skewed = !w.inPlace && written >= shortBytes && w.wholeElements() && !w.model.interleaved()
		w.stream = w.skewed
	}
	return widest
}

// samePhase reports whether all rows of dst have elements that are aligned to a line, and in the same columns.
func (w *walk) samePhase() bool {
	phase := w.phase(0)
	if phase%uintptr(w.out) != 0 || phase != 0 && w.model.packs() || w.model.planes() > 1 && w.cols*w.out%cacheLine != 0 {
		return false
	}
	if w.dst.each == nil {
		return w.dst.stride%cacheLine == 0
	}
	for i := range w.index {
		if w.phase(i) != phase {
			return false
		}
	}
	return true
}

// wholeElements reports whether some element of every row of dst is aligned to a line.
func (w *walk) wholeElements() bool {
	for i := range w.index {
		if w.phase(i)%uintptr(w.out) != 0 {
			return false
		}
	}
	return true
}

// phase is how many bytes past a line a row of dst begins.
func (w *walk) phase(row int) uintptr { return uintptr(w.dst.at(int32(row), 0)) % cacheLine }

// A job is a walk that several goroutines share. Each takes the next part that nobody has taken, so that one that wakes up late
// holds up nobody.
type job struct {
	walk     walk
	parts    []part
	next     atomic.Int32
	wait     sync.WaitGroup // for the workers that have been started
	faults   bool           // debug.SetPanicOnFault of the caller, a setting that each goroutine has to itself
	panicked atomic.Pointer[any]
}

var jobs = sync.Pool{New: func() any { return new(job) }}

// run splits a walk by columns, so that workers have nothing to do with one another; or, if rows are short, by rows.
func (j *job) run(w *walk, workers, rowBytes int) {
	j.walk = *w
	j.parts = slices.Grow(j.parts[:0], workers)[:workers]
	if rowBytes > splitRow || rowBytes >= workers*workerRowBytes {
		for i := range j.parts {
			j.parts[i] = part{hi: len(w.index), c0: columnShare(w.cols, i, workers), c1: columnShare(w.cols, i+1, workers)}
		}
	} else {
		for i := range j.parts {
			j.parts[i] = part{lo: share(len(w.index), i, workers), hi: share(len(w.index), i+1, workers), c1: w.cols}
			w.keep(&j.parts[i])
		}
	}
	j.faults = debug.SetPanicOnFault(false)
	debug.SetPanicOnFault(j.faults)
	j.next.Store(0)
	j.wait.Add(workers - 1)
	for range workers - 1 {
		go j.work()
	}
	j.lead()
	if p := j.panicked.Load(); p != nil {
		panic(*p)
	}
	j.walk = walk{} // keep nothing of the caller's alive
	clear(j.parts)
}

// lead is the caller's part in the work. It returns, or goes on to panic, when nobody works any more.
func (j *job) lead() {
	defer j.wait.Wait()
	defer j.stop()
	j.takeParts()
}

// work is a worker's. What it panics with is the caller's to panic with.
func (j *job) work() {
	defer j.wait.Done()
	defer func() {
		if p := recover(); p != nil {
			first := p // only here, or each worker would allocate one
			j.panicked.CompareAndSwap(nil, &first)
			j.stop()
		}
	}()
	debug.SetPanicOnFault(j.faults)
	j.takeParts()
}

func (j *job) takeParts() {
	for {
		i := int(j.next.Add(1)) - 1
		if i >= len(j.parts) {
			return
		}
		j.walk.part(&j.parts[i])
	}
}

// stop leaves no part to take.
func (j *job) stop() { j.next.Store(int32(len(j.parts))) }

// share returns where worker i of so many begins on n things.
func share(n, i, workers int) int { return int(int64(n) * int64(i) / int64(workers)) }

// columnShare is share for columns, some lines of which stay together.
func columnShare(cols, i, workers int) int {
	const unit = 4 * cacheLine
	return int(min(uint(cols), uint(share((cols-1)/unit+1, i, workers))*unit)) // unsigned, or 32 bits would not hold it
}

// keep copies what p needs of rows that other parts overwrite, before any part begins.
func (w *walk) keep(p *part) {
	if !w.inPlace || p.lo == p.hi {
		return
	}
	order, first, last := w.paths.order, w.paths.first, w.paths.last
	p.keepsFirst = int(first[p.lo]) < p.lo && int(last[p.lo]) <= p.hi
	p.keepsNext = int(last[p.hi-1]) > p.hi
	if !p.keepsFirst && !p.keepsNext {
		return
	}
	s, n := p.needScratch(), w.cols*w.in
	if p.keepsFirst {
		copy(grown(&s.first, n), slice[byte](w.src.at(order[first[p.lo]], 0), n))
	}
	if p.keepsNext {
		copy(grown(&s.next, n), slice[byte](w.src.at(order[p.hi], 0), n))
	}
}

// part walks over the tiles of a part, and gives its scratch back.
func (w *walk) part(p *part) {
	tile := tileBytes / max(w.in, w.out) / (4 * tablePeriod) * (4 * tablePeriod)
	for c := p.c0; c < p.c1; {
		end := min(p.c1, w.model.planeEnd(c, w.cols))
		if !w.skewed && (w.stream || (end-c)*w.out >= shortBytes) {
			// Peel to where dst is aligned to a line.
			if skip := min(w.misaligned(w.dst.at(0, c*w.out)), end-c); skip != 0 {
				w.tile(p, c, skip, false)
				c += skip
			}
		}
		for c < end {
			n := min(end-c, tile)
			w.tile(p, c, n, w.stream)
			c += n
		}
	}
	if w.stream {
		fence()
	}
	if p.scratch != nil {
		scratchPool.Put(p.scratch)
	}
}

// misaligned returns the number of elements of dst before the next cache line, 0 if no element begins there.
func (w *walk) misaligned(p unsafe.Pointer) int {
	skip := int(-uintptr(p) % cacheLine)
	if skip%w.out == 0 {
		return skip / w.out
	}
	return 0
}

// tile mixes n columns from c on, chain by chain.
func (w *walk) tile(p *part, c, n int, stream bool) {
	var steps [maxSteps]step
	var stash [cachedBlock / 8]uint64
	h := how{block: w.block, stash: (*byte)(unsafe.Pointer(&stash)), stream: stream}
	if w.model != nil {
		h.table = w.model.table(c, w.cols)
	}
	for i := p.lo; i < p.hi; {
		begin := i
		i = w.chain(p, &steps, i, c)
		// The first row of a cycle that this part closes, unless this call does.
		if head, end := int(w.paths.first[i-1]), int(w.paths.last[i-1]); w.inPlace && head >= begin && (w.sparse || end > i) && end <= p.hi {
			copyLong(grown(&p.needScratch().cycle, tileBytes), slice[byte](w.src.at(w.paths.order[head], c*w.in), n*w.in))
		}
		if w.sparse {
			w.runs(p, steps[:i-begin], w.paths.order[begin:i], c, n, h)
		} else {
			w.mix(steps[:i-begin], n, h)
		}
	}
}

// mix goes along n columns of a chain.
func (w *walk) mix(chain []step, n int, h how) {
	switch {
	case w.model.splits():
		w.channels(chain, n, h)
	case w.model.packs():
		w.pack(chain, n, h)
	case w.skewed:
		w.skew(chain, n, h)
	default:
		w.kernel.mixLong(chain, n, h)
	}
}

// copyLong is copy in calls short enough: it cannot be preempted either.
func copyLong(dst, src []byte) {
	const most = callBytes / 4
	for len(src) > most {
		copyPiece(dst, src[:most])
		dst, src = dst[most:], src[most:]
	}
	copyPiece(dst, src)
}

// copyPiece is where a goroutine can be stopped, being a call.
//
//go:noinline
func copyPiece(dst, src []byte) { copy(dst, src) }

// chain fills in the steps of the chain that begins at position i of the order and at column c, and returns the position after it.
// A chain is made of paths, or pieces of one.
func (w *walk) chain(p *part, steps *[maxSteps]step, i, c int) int {
	offset, dstOffset := c*w.in, c*w.out
	order := w.paths.order
	begin, limit := i, min(p.hi, i+w.steps)
	for i < limit {
		head, end := int(w.paths.first[i]), int(w.paths.last[i])
		if w.inPlace && i == head && i > begin && (w.sparse || end-begin > w.steps && end-i > 1) {
			break // a cycle that this call cannot close begins one of its own
		}
		run := order[i:min(end, limit)]
		piece := steps[i-begin:][:len(run)]
		own, partner := w.src.at(run[0], offset), unsafe.Pointer(nil)
		for j := range piece {
			s := &piece[j]
			s.dst = w.dst.at(run[j], dstOffset)
			s.own = own
			own = nil
			s.closes = 0
			s.mask = nil
			s.params = w.params
			if j+1 < len(run) {
				partner = w.src.at(run[j+1], offset)
			}
			s.partner = partner // of the last step: below
		}
		if len(w.lambda) > 1 {
			for j := range piece {
				piece[j].params = w.kernel.params(w.lambda[run[j]])
			}
		}
		if w.skewed || w.sparse || w.model != nil {
			for j := range piece {
				piece[j].own = w.src.at(run[j], offset)
			}
		}
		i += len(run)
		last := &piece[len(run)-1]
		switch {
		case w.cross:
			last.partner = w.y.at(int32(w.index[order[i-1]]), offset)
		case i == p.hi && p.keepsNext:
			last.partner = unsafe.Pointer(&p.scratch.next[offset])
		case i < end:
			last.partner = w.src.at(order[i], offset)
		case !w.inPlace:
			last.partner = w.src.at(int32(w.index[order[i-1]]), offset)
		case head >= begin && !w.sparse:
			last.partner = nil // the kernel still has it
			steps[head-begin].closes = 1
		case head < p.lo:
			last.partner = unsafe.Pointer(&p.scratch.first[offset])
		default:
			last.partner = unsafe.Pointer(&grown(&p.needScratch().cycle, tileBytes)[0])
		}
		if w.model != nil {
			for j := range piece {
				if !w.sparse || w.blends(run[j]) {
					piece[j].unmix()
				}
			}
		}
	}
	return i
}

// skew streams a chain whose rows are not aligned to a line in the same columns. Every step begins where its own dst is, at other
// columns than its neighbours, and so has an own row of its own, which mostly is in the first-level cache anyway.
func (w *walk) skew(chain []step, n int, h how) {
	k := w.kernel
	plain := h
	plain.stream = false
	var heads [maxSteps]int
	longest := 0
	for i := range chain {
		heads[i] = w.misaligned(chain[i].dst)
		longest = max(longest, heads[i])
	}
	line := cacheLine / w.out
	body := max(n-longest, 0) / line * line
	if body == 0 {
		k.mix(chain, n, plain)
		return
	}
	for i := range chain {
		if heads[i] > 0 {
			k.mix(chain[i:i+1], heads[i], plain)
			k.advance(chain[i:i+1], heads[i])
		}
	}
	done := k.mixLong(chain, body, h)
	for i := range chain {
		if rest := n - heads[i] - body; rest > 0 {
			k.advance(chain[i:i+1], body-done)
			k.mix(chain[i:i+1], rest, plain)
		}
	}
}

// channels goes along the columns of a chain of interleaved pixels, some at a time, channel by channel.
func (w *walk) channels(chain []step, n int, h how) {
	channels := w.model.planes()
	var rows [chainRows]step
	copy(rows[:], chain)
	for done := 0; done < n; done += pixelBlock {
		m := min(n-done, pixelBlock)
		for channel := range channels {
			first := w.model.order[channel] + done*w.in
			for i := range chain {
				chain[i].dst = unsafe.Add(rows[i].dst, (channel*w.cols+done)*w.out)
				chain[i].own = unsafe.Add(rows[i].own, first)
				chain[i].partner = unsafe.Add(rows[i].partner, first)
				if rows[i].mask != nil {
					chain[i].mask = unsafe.Add(rows[i].mask, done)
				}
			}
			h.table = w.model.tables[channel].at(0)
			if w.skewed {
				w.skew(chain, m, h)
			} else {
				w.kernel.mixLong(chain, m, h)
			}
		}
	}
}
