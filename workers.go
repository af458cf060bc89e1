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

func (w *walk) run(workers int, store StoreMode) {
	widest := w.settle(store)
	if workers > 1 {
		workers = int(min(uint64(workers), uint64(len(w.index))*widest/workerBytes))
	}
	if workers <= 1 {
		w.part(&part{hi: len(w.index), c1: w.cols})
		return
	}
	j := jobs.Get().(*job)
	j.run(w, workers, int(widest))
	jobs.Put(j) // not after a panic
}

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
