package fade

import (
	"runtime/debug"
	"sync"

	"github.com/mixblend/blend/internal/pixels"
)

// A job is a call whose arguments have been checked.
type job struct {
	images  [3]view // dst, a, b
	lambda  float64
	weights weights // of λ
	masked  bool
	mask    plane // in place of λ
	large   bool  // results out of place are streamed
}

// workerBytes is what a worker writes at least: about what one mixes while another, on a core that
// sleeps, wakes up.
const workerBytes = 1 << 20

// run does the job, in several goroutines if options say so and it is large enough.
func (j *job) run(options []Option) {
	n := 1
	for _, o := range options {
		n = o.workers
	}
	written := j.images[0].bytes()
	j.large = pixels.Streams(3*uint64(written) + uint64(j.mask.width)*uint64(j.mask.height))
	if n = min(n, written/workerBytes); n > 1 {
		shared := *j // so that j itself stays off the heap
		shared.spread(n)
		return
	}
	j.part(0, 1)
}

// spread does the job in n goroutines. Where memory that is mapped cannot be read, they panic if the
// caller would, and so does the caller then.
func (j *job) spread(n int) {
	faults := debug.SetPanicOnFault(false)
	debug.SetPanicOnFault(faults)
	panics := make([]any, n)
	var wait sync.WaitGroup
	for i := 1; i < n; i++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			defer func() { panics[i] = recover() }()
			debug.SetPanicOnFault(faults)
			j.part(i, n)
		}()
	}
	func() {
		defer wait.Wait()
		j.part(0, n)
	}()
	for _, p := range panics {
		if p != nil {
			panic(p)
		}
	}
}

// part does part i of n: some rows of every plane.
func (j *job) part(i, n int) {
	for p := range j.images[0].count {
		d, a, b, m := j.images[0].planes[p].band(i, n), j.images[1].planes[p].band(i, n), j.images[2].planes[p].band(i, n), j.mask.band(i, n)
		if d.flat() && a.flat() && b.flat() && m.flat() {
			d, a, b, m = d.joined(), a.joined(), b.joined(), m.joined()
		}
		stream := j.large && !d.is(a) && !d.is(b)
		for r := range d.height {
			j.row(d.row(r), a.row(r), b.row(r), m.row(r), stream)
		}
		if stream {
			pixels.Fence()
		}
	}
}
