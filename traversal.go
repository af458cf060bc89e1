package blend

import (
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
	// A kernel takes about this much of each row of a chain at a time: the more, the fewer changes between streams, but past the
	// caches the CPU fetches too little ahead of more.
	blockBytes  = 512
	cachedBlock = 1024

	cacheLine = 64
)

// lastLevelBytes is the size of the last-level cache, or stands for it where it is unknown.
var lastLevelBytes = func() uint64 {
	if n := lastLevelCache(); n > 0 {
		return uint64(n)
	}
	return 32 << 20
}()

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
	keepsFirst     bool   // scratch.first holds the first row of the path at lo, which another part overwrites
	keepsNext      bool   // scratch.next holds the row at hi, likewise
	laidOut        [2]int // columns from and their number, for which scratch.masks has the one mask of all rows
}

func (p *part) needScratch() *scratch {
	if p.scratch == nil {
		p.scratch = scratchPool.Get().(*scratch)
	}
	return p.scratch
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

// misaligned returns the number of elements of dst before the next cache line, 0 if no element begins there.
func (w *walk) misaligned(p unsafe.Pointer) int {
	skip := int(-uintptr(p) % cacheLine)
	if skip%w.out == 0 {
		return skip / w.out
	}
	return 0
}

// blends reports whether a row is mixed by λ: it has no mask, and is not cut, nor kept, unless the kernel keeps its bits at λ = 1 as
// well. In place a kept row is left alone.
func (w *walk) blends(row int32) bool {
	if w.cut == nil {
		return true
	}
	if len(w.cut.Masks) != 0 || !w.cut.Box(int(row)).Empty() {
		return false
	}
	lambda := w.lambda[0]
	if len(w.lambda) > 1 {
		lambda = w.lambda[row]
	}
	return lambda != 1 || !w.inPlace && traits[w.kernel].takes != floatParams
}

// anyUnblended reports whether some row is not mixed by λ.
func (w *walk) anyUnblended() bool {
	if w.cut == nil {
		return false
	}
	for i := range w.index {
		if !w.blends(int32(i)) {
			return true
		}
	}
	return false
}

// tileBytes is how much of its rows a chain goes along before the next chain begins: as much as leaves the row in which the two meet
// in a cache. Longer is better, since each row is a stream of memory that has to get going.
var tileBytes = int(min(max(lastLevelBytes/(4*chainRows)&^4095, 32<<10), 1<<20))
