package blend

import (
	"sync"
	"unsafe"
)

const (
	// chainRows rows make as many sequential streams as CPUs prefetch well; each is read once and written once.
	chainRows = 8
	// Short rows go more to a call, up to maxSteps of them or callBytes in all, since a call costs as much as a few of them.
	maxSteps  = 64
	callBytes = 8 << 10
	// tileBytes is the greatest part of a row that goes into one call: assembly cannot be preempted, and chainRows rows of
	// this size take about 15 µs from memory. It also keeps the row in which two chains meet in the second-level cache.
	tileBytes = 32 << 10
	// A worker gets workerBytes at least, and workerRowBytes of a row where rows are split.
	workerBytes    = 256 << 10
	workerRowBytes = 4 << 10

	cacheLine = 64

	// defaultCache stands for a last-level cache of unknown size.
	defaultCache = 32 << 20
)

// rows says where the rows of a batch are: end to end from flat, or each by itself.
type rows struct {
	flat   unsafe.Pointer
	stride int // bytes
	each   [][]byte
}

// headers looks at rows of any type as rows of bytes, of which only the addresses are right.
func headers[T any](x [][]T) [][]byte {
	return unsafe.Slice((*[]byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
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
	cols     int // of every row
	inPlace  bool
	index    []int
	paths    *paths
	params   []params // one, or one a row

	stream bool
	steps  int  // rows that go into one call of the kernel
	phased bool // all rows of dst are aligned to a line at once, or no streaming store needs it
}

// A part is what one worker does: positions lo…hi of the order, columns c0…c1.
type part struct {
	lo, hi, c0, c1 int
	scratch        *scratch
	keepsFirst     bool // scratch.first holds the first row of the path at lo, which another part overwrites
	keepsNext      bool // scratch.next holds the row at hi, likewise
}

// scratch keeps rows aside that in-place results would overwrite too soon: a tile of a cycle's first row, and what part says.
type scratch struct{ cycle, first, next [tileBytes]byte }

var scratchPool = sync.Pool{New: func() any { return new(scratch) }}

func (w *walk) run(workers int, store StoreMode) {
	size := w.kernel.size()
	rowBytes := w.cols * size
	total := uint64(rowBytes) * uint64(len(w.index))

	w.steps = min(maxSteps, max(chainRows, callBytes/rowBytes))
	w.stream = store == StoreStream || store != StoreCached && !w.inPlace && total > cacheBytes()
	w.phased = true
	if w.stream && !w.samePhase() {
		w.phased, w.steps = false, 1
	}
	workers = int(min(uint64(max(workers, 1)), max(total/workerBytes, 1)))
	if workers == 1 {
		w.part(&part{hi: len(w.index), c1: w.cols})
		return
	}
	parallel(*w, workers)
}

func cacheBytes() uint64 {
	if n := lastLevelCache(); n > 0 {
		return uint64(n)
	}
	return defaultCache
}

// samePhase reports whether all rows of dst have elements that are aligned to a line, and in the same columns.
func (w *walk) samePhase() bool {
	phase := func(row int) uintptr { return uintptr(w.dst.at(int32(row), 0)) % cacheLine }
	if phase(0)%uintptr(w.kernel.size()) != 0 {
		return false
	}
	if w.dst.each == nil {
		return w.dst.stride%cacheLine == 0
	}
	for i := range w.index {
		if phase(i) != phase(0) {
			return false
		}
	}
	return true
}

// parallel splits a call by columns, so that workers have nothing to do with one another; or, if rows are short, by rows.
func parallel(w walk, workers int) {
	size := w.kernel.size()
	rowBytes := w.cols * size
	var wait sync.WaitGroup
	start := func(p part) {
		wait.Add(1)
		go func() {
			defer wait.Done()
			w.part(&p)
		}()
	}
	if rowBytes >= workers*workerRowBytes || rowBytes > tileBytes {
		lines := (rowBytes + cacheLine - 1) / cacheLine
		at := func(i int) int { return min(w.cols, int(int64(lines)*int64(i)/int64(workers))*cacheLine/size) }
		for i := range workers {
			start(part{hi: len(w.index), c0: at(i), c1: at(i + 1)})
		}
	} else {
		n := len(w.index)
		parts := make([]part, workers)
		for i := range parts {
			parts[i] = part{lo: int(int64(n) * int64(i) / int64(workers)), hi: int(int64(n) * int64(i+1) / int64(workers)), c1: w.cols}
			w.keep(&parts[i], rowBytes)
		}
		for _, p := range parts {
			start(p)
		}
	}
	wait.Wait()
}

// keep copies what p needs of rows that other parts overwrite, before any part begins.
func (w *walk) keep(p *part, rowBytes int) {
	if !w.inPlace || p.lo == p.hi {
		return
	}
	order, first, last := w.paths.order, w.paths.first, w.paths.last
	p.keepsFirst = int(first[p.lo]) < p.lo && int(last[p.lo]) <= p.hi
	p.keepsNext = int(last[p.hi-1]) > p.hi
	if !p.keepsFirst && !p.keepsNext {
		return
	}
	p.scratch = scratchPool.Get().(*scratch)
	if p.keepsFirst {
		copy(p.scratch.first[:], slice[byte](w.src.at(order[first[p.lo]], 0), rowBytes))
	}
	if p.keepsNext {
		copy(p.scratch.next[:], slice[byte](w.src.at(order[p.hi], 0), rowBytes))
	}
}

// part walks over the tiles of a part, and gives its scratch back.
func (w *walk) part(p *part) {
	size := w.kernel.size()
	c := p.c0
	if w.phased && (w.stream || (p.c1-c)*size >= callBytes) {
		// Peel to where dst is aligned to a line.
		if skip := min(w.misaligned(w.dst.at(0, c*size)), p.c1-c); skip != 0 {
			w.tile(p, c, skip, false)
			c += skip
		}
	}
	for c < p.c1 {
		n := min(p.c1-c, tileBytes/size)
		w.tile(p, c, n, w.stream)
		c += n
	}
	if w.stream {
		fence()
	}
	if p.scratch != nil {
		scratchPool.Put(p.scratch)
	}
}

// misaligned returns the number of elements before the next cache line, 0 if no element begins there.
func (w *walk) misaligned(p unsafe.Pointer) int {
	skip := int(-uintptr(p) % cacheLine)
	if size := w.kernel.size(); skip%size == 0 {
		return skip / size
	}
	return 0
}

// tile mixes n columns from c on, chain by chain.
func (w *walk) tile(p *part, c, n int, stream bool) {
	var chain [maxSteps]step
	size := w.kernel.size()
	offset := c * size
	order, first, last := w.paths.order, w.paths.first, w.paths.last
	for i := p.lo; i < p.hi; {
		begin := i
		for ; i < p.hi && i-begin < w.steps; i++ {
			row, head := order[i], int(first[i])
			opens := i == begin || i == head
			if w.inPlace && i == head && i > begin && int(last[i])-begin > w.steps && int(last[i])-i > 1 {
				break // a cycle that this call cannot close begins one of its own
			}
			s := &chain[i-begin]
			s.dst = w.dst.at(row, offset)
			s.own, s.closes = nil, 0
			if opens {
				s.own = w.src.at(row, offset)
			}
			s.params = w.params[0]
			if len(w.params) > 1 {
				s.params = w.params[row]
			}
			partner := int32(w.index[row])
			switch {
			case i == p.hi-1 && p.keepsNext:
				s.partner = unsafe.Pointer(&p.scratch.next[offset])
			case partner != order[head]:
				s.partner = w.src.at(partner, offset)
			case head >= begin:
				s.partner = nil // the kernel still has it
				chain[head-begin].closes = 1
			case !w.inPlace:
				s.partner = w.src.at(partner, offset)
			case head < p.lo:
				s.partner = unsafe.Pointer(&p.scratch.first[offset])
			default:
				s.partner = unsafe.Pointer(&p.scratch.cycle)
			}
		}
		// The first row of a cycle that this part closes in a later call.
		if head := int(first[i-1]); w.inPlace && head >= begin && int(last[i-1]) > i && int(last[i-1]) <= p.hi {
			if p.scratch == nil {
				p.scratch = scratchPool.Get().(*scratch)
			}
			copy(p.scratch.cycle[:], slice[byte](w.src.at(order[head], offset), n*size))
		}
		if stream && !w.phased {
			w.streamRow(chain[:1], n)
			continue
		}
		w.kernel.mix(chain[:i-begin], n, stream)
	}
}

// streamRow streams a row of any alignment: the lines that it does not fill go through the cache.
func (w *walk) streamRow(chain []step, n int) {
	s := &chain[0]
	line := cacheLine / w.kernel.size()
	head := min(n, w.misaligned(s.dst))
	body := (n - head) / line * line
	if uintptr(s.dst)%uintptr(w.kernel.size()) != 0 {
		head, body = n, 0
	}
	done := 0
	for _, piece := range [...]struct {
		n      int
		stream bool
	}{{head, false}, {body, true}, {n - head - body, false}} {
		if piece.n == 0 {
			continue
		}
		// Only now, since a pointer past the end would point to another object.
		for _, p := range [...]*unsafe.Pointer{&s.dst, &s.own, &s.partner} {
			if *p != nil {
				*p = unsafe.Add(*p, done*w.kernel.size())
			}
		}
		w.kernel.mix(chain, piece.n, piece.stream)
		done = piece.n
	}
}
