package bench

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/internal/impl"
	"github.com/mixblend/blend/internal/roof"
)

const (
	// A Plan takes no more workers than get so much each, whatever Plan.Workers says.
	workerBytes = 4 << 20
	// A row is the largest image that is no more than this share of the batch, or than as many bytes.
	rowShare = 32
	rowBytes = 4 << 10
	warmUp   = 1e-4 // seconds
)

// Kinds of rows: digits of MNIST, CIFAR, and photographs, of one byte or of three.
var images = []int{28 * 28, 32 * 32 * 3, 64 * 64 * 3, 112 * 112 * 3, 224 * 224 * 3}

// A Selection says which cases to measure.
type Selection struct {
	Types   []string
	Workers []int // nil for 1, 2, 4 … all cores
	Quick   bool  // a size a level of cache, and one past them
	Largest int   // working set in bytes, 0 for as large as it takes; memory may allow less
}

// Cases returns the cases of a machine, and the largest working set that it should have measured, had it had the memory.
func (s Selection) Cases(m Machine) (cases []Case, wanted int) {
	workers := s.Workers
	if workers == nil {
		for w := 1; w < m.Cores; w *= 2 {
			workers = append(workers, w)
		}
		workers = append(workers, m.Cores)
	}
	most := slices.Max(workers)
	limit := s.Largest
	if free := available(); limit == 0 && free != 0 {
		limit = workingSet(free/4, m.Caches)
	} else if limit == 0 {
		limit = workingSet(1<<30, m.Caches)
	}
	smallest := floor2(m.Caches.L1 / 2)
	for _, w := range workers {
		// Several times all the caches there are, and enough that every worker has something to do.
		last := m.Caches.Last
		if w > 1 {
			last = times(last, m.Caches.Groups)
		}
		largest := max(ceil2(times(4, last)), ceil2(times(2*workerBytes, w)))
		wanted = max(wanted, largest)
		largest = max(min(largest, floor2(limit)), smallest)
		var sizes []int
		switch {
		case w > 1 && (s.Quick || w < most):
			sizes = []int{largest}
		case s.Quick:
			sizes = []int{smallest, min(floor2(m.Caches.L2/2), largest), min(floor2(last/2), largest), largest}
		default:
			for size := smallest; ; size *= 2 {
				sizes = append(sizes, size)
				if size > largest/2 {
					break
				}
			}
		}
		slices.Sort(sizes)
		sizes = slices.Compact(sizes)
		for _, t := range s.Types {
			for _, place := range []string{OutOfPlace, InPlace} {
				for _, size := range sizes {
					c := NewCase(t, place, w, size, last)
					if w == 1 || c.Batch() >= 2*workerBytes-workerBytes/8 { // a little less: rows do not fill it
						cases = append(cases, c)
					}
				}
			}
		}
	}
	return cases, wanted
}

// NewCase returns the case of a working set of about so many bytes, and a last-level cache of last bytes.
func NewCase(typ, place string, workers, workingSet, last int) Case {
	c := Case{Type: typ, Place: place, Workers: workers}
	batch := workingSet
	if place == OutOfPlace {
		batch /= 2
	}
	for _, n := range images {
		if c.Columns == 0 || n*c.Size() <= max(rowBytes, batch/rowShare) {
			c.Columns = n
		}
	}
	c.Rows = max(2, batch/(c.Columns*c.Size()))
	c.WorkingSet = c.Batch() * (workingSet / batch) // in this order, or 32 bits would not hold it
	c.Cold = workingSet > last
	return c
}

// times is a product of what is not negative, or the largest int: sizes of a machine may be more than 32 bits hold.
func times(a, b int) int {
	if a > 0 && b > math.MaxInt/a {
		return math.MaxInt
	}
	return a * b
}

func floor2(n int) int { return 1 << (bits.Len(uint(max(n, 1))) - 1) }

// ceil2 is the next power of two, or the last one.
func ceil2(n int) int {
	if p := floor2(n); p >= n || p > math.MaxInt/2 {
		return p
	}
	return 2 * floor2(n)
}

// workingSet returns the largest for which there is memory.
func workingSet(free uint64, c Caches) int {
	fixed := 2 * uint64(c.Last)
	if free < fixed+3<<15 {
		return 1 << 15
	}
	return int(min((free-fixed)/3*2, math.MaxInt/8))
}

// Memory holds the batches, allocated once for all of them, and memory that evicts them from the caches.
type Memory struct {
	x, d, other []byte
	ones        []byte // in the first-level cache while they are in use
}

// NewMemory returns memory for all the cases.
func NewMemory(cases []Case, c Caches) *Memory { return newMemory(cases, c, Lines) }

// NewHugeMemory returns memory in huge pages, where there are any. Of small pages, it is luck how many have the same place in a
// physical cache, so that what almost fills one may not be in it, in one process and not in another.
func NewHugeMemory(cases []Case, c Caches) *Memory { return newMemory(cases, c, HugeLines) }

// apart is how far dst begins after a page, x at its beginning: a load at the place of a page where something was just stored is taken
// for one of that by some CPUs. Rows of 3 KiB begin at every multiple of 1 KiB, so dst must not begin a few lines after one of these.
const apart = 13 * 64

func newMemory(cases []Case, c Caches, lines func(int) []byte) *Memory {
	var x, d int
	for _, c := range cases {
		x = max(x, c.Batch())
		d = max(d, (c.WorkingSet+1)/2, c.Result())
	}
	m := &Memory{x: lines(x), d: lines(apart + d)[apart:], other: Lines(min(c.Last, math.MaxInt/8) * 2), ones: Lines(8 << 10)}
	for _, s := range [][]byte{m.x, m.d, m.other, m.ones} {
		for i := range s {
			s[i] = 1 // a page of zeros may be shared
		}
	}
	return m
}

// Lines returns a slice that begins at a cache line.
func Lines(n int) []byte {
	return aligned(make([]byte, n+64), 64)[:n:n]
}

// aligned returns s without what comes before a multiple of a power of two.
func aligned(s []byte, to uintptr) []byte { return s[-uintptr(unsafe.Pointer(&s[0]))&(to-1):] }

// fill gives the batch ordinary values: random ones, again and again.
func (m *Memory) fill(c Case) {
	rng := rand.New(rand.NewPCG(1, 2))
	x := m.x[:c.Batch()]
	n := min(len(x), 1<<20)
	if f := Floats(x[:n]); c.Type == Float32 {
		for i := range f {
			f[i] = 255 * rng.Float32()
		}
	} else {
		for i := range x[:n] {
			x[i] = byte(rng.Uint32())
		}
	}
	for ; n < len(x); n *= 2 {
		copy(x[n:], x[:n])
	}
}

// Floats returns a view of memory that is aligned to a cache line.
func Floats(s []byte) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(s))), len(s)/4)
}

// Batch returns the batch of a case, filled, and its destination, which is the batch itself in place.
func (m *Memory) Batch(c Case) (dst, x []byte) {
	m.fill(c)
	n := c.Batch()
	if c.Place == InPlace {
		return m.x[:n], m.x[:n]
	}
	return m.d[:c.Result()], m.x[:n]
}

// Index returns the partners of a case: a random cycle, so that no row is mixed with itself.
func (c Case) Index() []int {
	index := make([]int, c.Rows)
	order := rand.New(rand.NewPCG(3, 4)).Perm(c.Rows)
	for i, r := range order {
		index[r] = order[(i+1)%c.Rows]
	}
	return index
}

var sink atomic.Uint64

// Evict clears the caches of a number of workers of everything else.
func (m *Memory) Evict(workers int) {
	share(workers, func(int) {
		var sum uint64
		for i := 0; i < len(m.other); i += 64 {
			sum += uint64(m.other[i])
		}
		sink.Add(sum)
	})
}

// share calls f for every worker at once.
func share(workers int, f func(worker int)) {
	var wait sync.WaitGroup
	for w := 1; w < workers; w++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			f(w)
		}()
	}
	f(0)
	wait.Wait()
}

// Local returns a contestant that calls a function of this process. Before what it times, it calls once or for as long as warmUp,
// which brings into caches what fits; or, if the case is cold, it takes the batch from the caches.
func (m *Memory) Local(c Case, name string, kind Kind, call func() error) Contestant {
	return Contestant{Name: name, Kind: kind, Bytes: c.Batch(), Time: func(reps int) (float64, error) {
		if c.Cold {
			m.Evict(c.Workers)
		} else {
			for start, end := now(), 0.0; end < start+warmUp; end = now() {
				if err := call(); err != nil {
					return 0, err
				}
			}
		}
		start := now()
		for range reps {
			if err := call(); err != nil {
				return 0, err
			}
		}
		return now() - start, nil
	}}
}

// Limits returns what the machine can do with the working set of a case without mixing. See Ports for its arithmetic.
func (m *Memory) Limits(c Case) []Contestant {
	dst, x := m.Batch(c)
	from, to := x, dst
	if c.Place == InPlace { // the same working set: one half of the batch to the other
		half := c.Batch() / 2 &^ 63
		from, to = x[:half], x[half:2*half]
	}
	limit := func(name string, bytes int, call func(part int)) Contestant {
		e := m.Local(c, name, Limit, func() error { share(c.Workers, call); return nil })
		e.Bytes = bytes
		return e
	}
	part := func(s []byte, w int) []byte {
		at := func(w int) int {
			if w == c.Workers {
				return len(s)
			}
			return len(s) / c.Workers * w &^ 63
		}
		return s[at(w):at(w+1)]
	}
	write := func(to []byte) {
		if !c.Cold {
			clear(to)
			return
		}
		// Not zeros: some machines write these to memory at twice the speed of others.
		for len(to) > 0 {
			n := min(len(to), len(m.ones))
			roof.StreamCopy(to[:n], m.ones[:n])
			to = to[n:]
		}
	}
	if c.Work == Normalize { // nothing is copied: results are larger
		return []Contestant{limit(ReadWrite, len(x), func(w int) { roof.Read(part(x, w)); write(part(dst, w)) })}
	}
	cleared := m.d[:(c.WorkingSet+1)/2]
	return []Contestant{
		limit(Copy, len(from), func(w int) { copy(part(to, w), part(from, w)) }),
		limit(StreamCopy, len(from), func(w int) { roof.StreamCopy(part(to, w), part(from, w)) }),
		limit(Read, c.WorkingSet, func(w int) {
			roof.Read(part(x, w))
			if c.Place == OutOfPlace {
				roof.Read(part(dst, w))
			}
		}),
		limit(Write, len(cleared), func(w int) { write(part(cleared, w)) }),
	}
}

// Blend returns the implementations of package blend, all of them, or only those named.
func (m *Memory) Blend(c Case, lambda float64, names []string) ([]Contestant, error) {
	p, err := blend.NewPlan(c.Index(), lambda)
	if err != nil {
		return nil, err
	}
	p.Workers = c.Workers
	dst, x := m.Batch(c)
	mix := func() error { return p.Uint8(dst, x) }
	if c.Type == Float32 {
		to, from := Floats(dst), Floats(x)
		mix = func() error { return p.Float32(to, from) }
	}
	return m.Implementations(c, mix, names), nil
}

// Implementations returns a contestant for each implementation of package blend, or only for those named, that makes the same call.
func (m *Memory) Implementations(c Case, call func() error, names []string) []Contestant {
	var all []Contestant
	for _, im := range impl.All {
		if len(names) > 0 && !slices.Contains(names, im.Name) {
			continue
		}
		e := m.Local(c, im.Name, Blend, call)
		time := e.Time
		e.Time = func(reps int) (float64, error) {
			im.Use()
			return time(reps)
		}
		all = append(all, e)
	}
	return all
}
