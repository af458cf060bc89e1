package blend

import (
	"unsafe"

	"github.com/mixblend/blend/internal/pixels"
)

const (
	// chainRows rows, each read once and written once, make as many sequential streams as CPUs prefetch well. Rows are often a
	// multiple of 4 KiB long, and then all streams compete for one set of the first-level cache, which has eight lines or more.
	chainRows = 6
	// In caches, where streams need not be fetched ahead, fewer chains are faster: each begins with a row that the one before has read. But
	// in place a chain of short cycles keeps a block aside for each.
	cachedRows = 24
	// Pixels that become several planes at once, likewise. From caches a call takes as many pixels of a plane as of a row: all of a plane of
	// 32 × 32.
	planeRows = 20
	// Two batches make two streams of reads a row, and so do masks, one a row, of fewer bytes than the rows.
	crossRows = 4
	// Masks of bits, where each row has its own, are read beside the rows.
	boxRows = 5
	// Short rows go more to a call, up to maxSteps of them or shortBytes in all, since a call costs as much as a few of them.
	maxSteps   = 32
	shortBytes = 8 << 10
	// A kernel takes about this much of each row of a chain at a time: the more, the fewer changes between streams, but from
	// memory the CPU fetches too little ahead of more. Half is best where results are streamed, but not to normalize, nor if masks have fewer
	// bytes than rows, and so a line in a block. In caches four KiB are; and in place, where a row is prefetched as the one before it is
	// mixed, whole rows, of which two are to be in the first-level cache.
	blockBytes  = 512
	streamBlock = 256
	cachedBlock = 4096
	wholeBlock  = 16 << 10

	// Room for a block in a chain that closes a cycle. With more than this, what is kept aside is not in the first-level cache any more.
	stashBytes = 1024

	cacheLine = pixels.CacheLine

	// Kernels that make several planes take so many pixels at a time.
	planePixels = 64
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

// A traversal is one call: which rows, in which order, and how.
type traversal struct {
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
	layout   *normLayout // of the kernels that normalize
	cut      *pixels.Cut // where rows may be cut or kept
	pixel    int         // columns that lie together in a line of a box

	params        params // for the one λ
	in            int    // bytes of a column in src
	out           int    // and in dst, of which there may be as many as channels
	stream        bool
	block         int     // columns that go through a kernel at a time
	ahead         bool    // the kernel prefetches the row that the step after needs
	steps         int     // rows that go into one call of the kernel
	staggered     bool    // rows are streamed that are not aligned to a line in the same columns
	someUnblended bool    // some rows are cut or kept
	planes        *planes // of blended rows of pixels, which the kernel makes at once
}

// A shard is what one worker does: positions lo…hi of the order, columns c0…c1.
type shard struct {
	lo, hi, c0, c1 int
	scratch        *scratch
	savedFirst     bool   // scratch.first holds the first row of the path at lo, which another shard overwrites
	savedNext      bool   // scratch.next holds the row at hi, likewise
	laidOut        [2]int // columns from and their number, for which scratch.masks has the one mask of all rows
}

// settle sets how the traversal goes, by the size and the alignment of its rows, and returns how many bytes of one it reads or writes,
// whichever is more.
func (t *traversal) settle(store StoreMode) (widest uint64) {
	t.in, t.out = t.kernel.in(), t.kernel.out()
	if t.layout.packs() {
		t.in, t.out = t.layout.bytes, t.layout.channels*t.out
	}
	read, written := uint64(t.cols)*uint64(t.in), uint64(t.cols)*uint64(t.out) // of a row
	written *= uint64(t.layout.planeCount())
	widest = max(read, written)
	touched := uint64(len(t.index)) * written
	if !t.inPlace {
		touched += uint64(len(t.index)) * read
	}
	if t.cross {
		touched += uint64(min(len(t.index), t.pool)) * read
	}

	t.params = t.kernel.paramsFor(t.lambda[0])
	t.someUnblended = t.anyUnblended()
	thin := t.kernel.normalizes() || t.thinMasks()
	cached := touched <= lastLevelBytes/4
	rows := uint64(chainRows)
	planar := t.layout.planeCount() == planesAtOnce && t.kernel.hasPlanes()
	if cached && !t.someUnblended && store != StoreStream {
		switch {
		case planar:
			rows = planeRows
		case t.layout == nil && (!t.inPlace || t.paths.long()):
			rows = cachedRows
			t.ahead = touched > lastLevelBytes/32 && !t.cross
		}
	}
	if t.cross || t.cut != nil && len(t.cut.Masks) > 1 && thin {
		rows = crossRows
	}
	if t.someUnblended && len(t.cut.Boxes) > 1 && !t.inPlace && !t.kernel.normalizes() {
		rows = boxRows
	}
	t.steps = int(min(maxSteps, max(rows, shortBytes/widest)))
	if t.layout.deinterleaves() {
		t.steps = int(rows)
	}
	t.stream = store == StoreStream || store != StoreCached && !t.inPlace && streams(touched)
	if t.stream && !t.samePhase() {
		t.staggered = !t.inPlace && written >= shortBytes && t.wholeElements() && !t.layout.interleaved()
		t.stream = t.staggered
	}
	bytes := blockBytes
	switch {
	case t.ahead && t.inPlace:
		bytes = wholeBlock
	case cached && t.inPlace && t.someUnblended:
		bytes = stashBytes
	case cached:
		bytes = cachedBlock
	case t.stream && !thin:
		bytes = streamBlock
	}
	t.block = bytes / max(t.in, t.out)
	if t.kernel.normalizes() {
		t.block = max(t.block/(2*tablePeriod), 1) * 2 * tablePeriod
	}
	if planar && !t.staggered {
		call := t.kernel.callColumns(t.steps)
		if !cached {
			call /= planesAtOnce
		}
		t.planes = t.layout.planes(t.cols*t.out, bytes/t.out/planePixels*planePixels, call)
	}
	if t.layout != nil && (t.planes == nil || t.someUnblended) {
		t.layout.fill() // which takes as long as some thousand pixels
	}
	return widest
}

// thinMasks reports whether there are masks with a byte for more than one of a row, as kernels that repeat it read them.
func (t *traversal) thinMasks() bool {
	if t.cut == nil || len(t.cut.Masks) == 0 {
		return false
	}
	return t.in > 1 || t.pixel > 1 && len(t.cut.Masks) > 1
}

// samePhase reports whether all rows of dst have elements that are aligned to a line, and in the same columns.
func (t *traversal) samePhase() bool {
	phase := t.phase(0)
	if phase%uintptr(t.out) != 0 || phase != 0 && t.layout.packs() || t.layout.planeCount() > 1 && t.cols*t.out%cacheLine != 0 {
		return false
	}
	if t.dst.each == nil {
		return t.dst.stride%cacheLine == 0
	}
	for i := range t.index {
		if t.phase(i) != phase {
			return false
		}
	}
	return true
}

// wholeElements reports whether some element of every row of dst is aligned to a line.
func (t *traversal) wholeElements() bool {
	for i := range t.index {
		if t.phase(i)%uintptr(t.out) != 0 {
			return false
		}
	}
	return true
}

// phase is how many bytes past a line a row of dst begins.
func (t *traversal) phase(row int) uintptr { return uintptr(t.dst.at(int32(row), 0)) % cacheLine }

// misaligned returns the number of elements of dst before the next cache line, 0 if no element begins there.
func (t *traversal) misaligned(p unsafe.Pointer) int {
	skip := int(-uintptr(p) % cacheLine)
	if skip%t.out == 0 {
		return skip / t.out
	}
	return 0
}

// blends reports whether a row is mixed by λ: it has no mask, and is not cut, nor kept, unless the kernel keeps its bits at λ = 1 as
// well. In place a kept row is left alone.
func (t *traversal) blends(row int32) bool {
	if t.cut == nil {
		return true
	}
	if len(t.cut.Masks) != 0 || !t.cut.Box(int(row)).Empty() {
		return false
	}
	lambda := t.lambda[0]
	if len(t.lambda) > 1 {
		lambda = t.lambda[row]
	}
	return lambda != 1 || !t.inPlace && traits[t.kernel].takes != floatParams
}

// anyUnblended reports whether some row is not mixed by λ.
func (t *traversal) anyUnblended() bool {
	if t.cut == nil {
		return false
	}
	for i := range t.index {
		if !t.blends(int32(i)) {
			return true
		}
	}
	return false
}

// tileBytes is how much of its rows a chain goes along before the next chain begins: as much as leaves the row in which the two meet
// in a cache. Longer is better, since each row is a stream of memory that has to get going.
var tileBytes = int(min(max(lastLevelBytes/(4*chainRows)&^4095, 32<<10), 1<<20))
