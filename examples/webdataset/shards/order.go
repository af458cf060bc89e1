package shards

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mixblend/blend/examples/feed"
)

// arrange calls emit with what streams have, until it returns false: taken from them in turn, and drawn from the last so many that
// were taken.
func arrange[T any](streams []func() (T, bool), shuffle int, rng *rand.Rand, emit func(T) bool) {
	open := append([]func() (T, bool){}, streams...)
	var held []T
	for turn := 0; len(open) > 0; {
		turn %= len(open)
		x, ok := open[turn]()
		if !ok {
			open = append(open[:turn], open[turn+1:]...)
			continue
		}
		turn++
		if len(held) < shuffle {
			held = append(held, x)
			continue
		}
		if shuffle > 0 {
			i := rng.IntN(shuffle)
			x, held[i] = held[i], x
		}
		if !emit(x) {
			return
		}
	}
	for len(held) > 0 {
		i := rng.IntN(len(held))
		x := held[i]
		held[i] = held[len(held)-1]
		held = held[:len(held)-1]
		if !emit(x) {
			return
		}
	}
}

// An epoch is what a rank reads in one, and how.
type epoch struct {
	*format
	streams [][]part // what each has, one after the other
	seed    uint64
	number  int
}

// plan shares the epoch out. Shards are shuffled, and lie in a row; each rank has a stretch of it, as long as the others' to one
// sample; the parts that it has of shards are dealt to streams.
func (f *format) plan(c *feed.Config, number int) *epoch {
	order := make([]int, len(f.set.Shards))
	for i := range order {
		order[i] = i
	}
	streams := 1
	if f.options.Random {
		feed.Shuffle(feed.Rand(c.Seed, uint64(number), drawShards), order)
		streams = f.options.Streams
	}
	from, to := c.Rank.Span(f.set.Len())
	e := &epoch{format: f, seed: c.Seed, number: number, streams: make([][]part, streams)}
	for i, p := range f.set.parts(order, from, to) {
		e.streams[i%streams] = append(e.streams[i%streams], p)
	}
	return e
}

// The purposes of draws.
const (
	drawShards = iota
	drawSamples
	drawViews
)

func (e *epoch) rng(c *feed.Config) *rand.Rand {
	return feed.Rand(e.seed, uint64(e.number), drawSamples, uint64(c.Rank.Rank))
}

// before returns the numbers of the first n samples.
func (e *epoch) before(c *feed.Config, n int) map[int]bool {
	var streams []func() (int, bool)
	for _, parts := range e.streams {
		at := 0
		streams = append(streams, func() (number int, ok bool) {
			for len(parts) > 0 && parts[0].from+at == parts[0].to {
				parts, at = parts[1:], 0
			}
			if len(parts) == 0 {
				return 0, false
			}
			at++
			return e.set.first[parts[0].shard] + parts[0].from + at - 1, true
		})
	}
	seen := make(map[int]bool, n)
	if n > 0 {
		arrange(streams, e.options.Shuffle, e.rng(c), func(number int) bool {
			seen[number] = true
			return len(seen) < n
		})
	}
	return seen
}

// ahead is how many samples a stream reads before they are asked for.
const ahead = 16

// run calls emit with the samples of the epoch, in their order. Of those that are skipped it has only the numbers.
func (e *epoch) run(ctx context.Context, c *feed.Config, skip map[int]bool, emit func(Sample) bool) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	defer done.Wait()
	defer cancel()
	var streams []func() (Sample, bool)
	for _, parts := range e.streams {
		ready := make(chan Sample, ahead)
		done.Go(func() {
			defer close(ready)
			e.read(ctx, parts, skip, func(s Sample) bool {
				select {
				case ready <- s:
					return true
				case <-ctx.Done():
					s.drop()
					return false
				}
			})
		})
		streams = append(streams, func() (Sample, bool) {
			s, ok := <-ready
			return s, ok && ctx.Err() == nil
		})
	}
	arrange(streams, e.options.Shuffle, e.rng(c), emit)
}

// read reads the samples of parts. What cannot be read goes on as a sample with an error.
func (e *epoch) read(ctx context.Context, parts []part, skip map[int]bool, emit func(Sample) bool) {
	for _, p := range parts {
		if !e.readPart(ctx, p, skip, emit) {
			return
		}
	}
}

func (e *epoch) readPart(ctx context.Context, p part, skip map[int]bool, emit func(Sample) bool) bool {
	shard := &e.set.Shards[p.shard]
	first := e.set.first[p.shard]
	named := func(at int, s Sample) Sample {
		s.Number, s.Shard = first+at, shard.URL
		return s
	}
	// fail is for the rest of the part: an error each, so that none is missing, or one that ends all.
	fail := func(at int, err error) bool {
		if !errors.Is(err, feed.ErrBroken) {
			emit(named(at, Sample{err: err}))
			return false
		}
		for ; at < p.to; at++ {
			if !emit(named(at, Sample{err: fmt.Errorf("%w (sample %d of %d)", err, at, shard.Samples)})) {
				return false
			}
		}
		return true
	}
	at := p.from
	for at < p.to && skip[first+at] {
		at++
	}
	if at == p.to { // nothing is to be read
		for at = p.from; at < p.to; at++ {
			if !emit(named(at, Sample{})) {
				return false
			}
		}
		return true
	}

	begin := time.Now()
	r, err := e.set.store.open(ctx, shard.URL)
	if err != nil {
		return fail(p.from, err)
	}
	defer r.Close()
	t := newTarball(shard.URL, r)
	for at := 0; at < p.to; at++ {
		var s Sample
		err := t.sample(&s, at < p.from || skip[first+at])
		e.stages.read.Add(int64(time.Since(begin)))
		if err == io.EOF {
			err = fmt.Errorf("shards: %s has %d samples, but %d were counted", shard.URL, at, shard.Samples)
		}
		if err != nil {
			return fail(max(at, p.from), err)
		}
		if at == shard.Samples-1 && t.next != nil {
			s.drop()
			s.err = fmt.Errorf("shards: %s has more samples than the %d that were counted: %q is one", shard.URL, shard.Samples, t.key)
		}
		if at >= p.from && !emit(named(at, s)) {
			return false
		}
		begin = time.Now()
	}
	return true
}

// Schedule emits epochs.
func (f *format) Schedule(ctx context.Context, c *feed.Config, emit func(epoch, step int, samples []Sample) bool) error {
	steps := c.Steps(f.set.Len())
	batch := make([]Sample, 0, c.Batch)
	c.EachEpoch(func(number, first int) bool {
		e := f.plan(c, number)
		step, more := 0, true
		give := func() bool {
			if step >= first {
				more = emit(number, step, batch)
			}
			step++
			batch = batch[:0]
			return more
		}
		e.run(ctx, c, e.before(c, first*c.Batch), func(s Sample) bool {
			if step == steps { // DropLast
				s.drop()
				return false
			}
			batch = append(batch, s)
			return len(batch) < c.Batch || give()
		})
		if ctx.Err() != nil {
			return false
		}
		for more && step < steps { // with fewer rows, or none
			give()
		}
		return more
	})
	return nil
}

// Stages holds the time spent in a format so far, summed over goroutines.
type Stages struct {
	Read   time.Duration // of shards
	Decode time.Duration // of images
	View   time.Duration // cropping, scaling and flipping
}

type stages struct{ read, decode, view atomic.Int64 }
