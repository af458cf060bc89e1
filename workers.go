package blend

import (
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
)

const (
	// A worker gets this much of a row at least where rows are split.
	workerRowBytes = 4 << 10
	// Rows up to splitRow are not split where there are more workers than that gives work.
	splitRow = 32 << 10
)

// workerBytes is what a worker gets at least: about what one mixes while another, on a core that sleeps, wakes up.
var workerBytes uint64 = 4 << 20

func (t *traversal) run(workers int, store StoreMode) {
	widest := t.settle(store)
	if workers > 1 {
		workers = int(min(uint64(workers), uint64(len(t.index))*widest/workerBytes))
	}
	if workers <= 1 {
		t.mixShard(&shard{hi: len(t.index), c1: t.cols})
		return
	}
	c := sharedCalls.Get().(*sharedCall)
	c.run(t, workers, int(widest))
	sharedCalls.Put(c) // not after a panic
}

// A sharedCall is a traversal that several goroutines share. Each takes the next shard that nobody has taken, so that one that wakes up
// late holds up nobody.
type sharedCall struct {
	traversal traversal
	shards    []shard
	next      atomic.Int32
	wait      sync.WaitGroup // for the workers that have been started
	faults    bool           // debug.SetPanicOnFault of the caller, a setting that each goroutine has to itself
	panicked  atomic.Pointer[any]
	start     func() // work, made once: a go statement of a method allocates
}

var sharedCalls = sync.Pool{New: func() any {
	c := new(sharedCall)
	c.start = c.work
	return c
}}

// run has so many workers take shards: of columns, so that they have nothing to do with one another; or, if rows are short, of rows.
// A quarter of all is left for those who are done first, in a second shard for each, where these are not too narrow. In place, rows that
// meet at a boundary are copied before anybody begins, so there are fewer boundaries.
func (c *sharedCall) run(t *traversal, workers, rowBytes int) {
	c.traversal = *t
	byColumns := rowBytes > splitRow || rowBytes >= workers*workerRowBytes
	n := workers
	if byColumns && rowBytes/4/workers >= workerRowBytes || !byColumns && !t.inPlace {
		n *= 2
	}
	c.shards = slices.Grow(c.shards[:0], n)[:n]
	if byColumns {
		c.splitColumns(workers)
	} else {
		c.splitRows(workers)
	}
	c.faults = debug.SetPanicOnFault(false)
	debug.SetPanicOnFault(c.faults)
	c.next.Store(0)
	c.wait.Add(workers - 1)
	for range workers - 1 {
		go c.start()
	}
	c.lead()
	if p := c.panicked.Load(); p != nil {
		panic(*p)
	}
	c.traversal = traversal{} // keep nothing of the caller's alive
	clear(c.shards)
}

func (c *sharedCall) splitColumns(workers int) {
	t, n := &c.traversal, len(c.shards)
	for i := range c.shards {
		c.shards[i] = shard{hi: len(t.index), c0: columnBound(t.cols, i, n, workers), c1: columnBound(t.cols, i+1, n, workers)}
	}
}

func (c *sharedCall) splitRows(workers int) {
	t, n := &c.traversal, len(c.shards)
	for i := range c.shards {
		c.shards[i] = shard{lo: bound(len(t.index), i, n, workers), hi: bound(len(t.index), i+1, n, workers), c1: t.cols}
		t.saveBoundaryRows(&c.shards[i])
	}
}

// lead is the caller's part in the work. It returns, or goes on to panic, when nobody works any more.
func (c *sharedCall) lead() {
	defer c.wait.Wait()
	defer c.stop()
	c.takeShards()
}

// work is a worker's. What it panics with is the caller's to panic with.
func (c *sharedCall) work() {
	defer c.wait.Done()
	defer func() {
		if p := recover(); p != nil {
			first := p // only here, or each worker would allocate one
			c.panicked.CompareAndSwap(nil, &first)
			c.stop()
		}
	}()
	debug.SetPanicOnFault(c.faults)
	c.takeShards()
}

func (c *sharedCall) takeShards() {
	for {
		i := int(c.next.Add(1)) - 1
		if i >= len(c.shards) {
			return
		}
		c.traversal.mixShard(&c.shards[i])
	}
}

// stop leaves no shard to take.
func (c *sharedCall) stop() { c.next.Store(int32(len(c.shards))) }

// bound returns where shard i of so many begins on size things: one for each worker, all equal, or two, of which the second has a third
// of the first.
func bound(size, i, shards, workers int) int {
	quarters := 4 * i
	if shards > workers {
		quarters = 3*min(i, workers) + max(i-workers, 0)
	}
	return int(int64(size) * int64(quarters) / int64(4*workers))
}

// columnBound is bound for columns, some lines of which stay together.
func columnBound(cols, i, shards, workers int) int {
	const unit = 3 * cacheLine // whole pixels of a mask too
	units := uint(bound((cols-1)/unit+1, i, shards, workers))
	return int(min(uint(cols), units*unit)) // unsigned, or 32 bits would not hold it
}

// saveBoundaryRows copies what a shard needs of rows that other shards overwrite, before any shard begins.
func (t *traversal) saveBoundaryRows(sh *shard) {
	if !t.inPlace || sh.lo == sh.hi {
		return
	}
	order, first, last := t.paths.order, t.paths.first, t.paths.last
	sh.savedFirst = int(first[sh.lo]) < sh.lo && int(last[sh.lo]) <= sh.hi
	sh.savedNext = int(last[sh.hi-1]) > sh.hi
	if !sh.savedFirst && !sh.savedNext {
		return
	}
	s, n := takeScratch(&sh.scratch), t.cols*t.in
	if sh.savedFirst {
		copy(grown(&s.first, n), slice[byte](t.src.at(order[first[sh.lo]], 0), n))
	}
	if sh.savedNext {
		copy(grown(&s.next, n), slice[byte](t.src.at(order[sh.hi], 0), n))
	}
}
