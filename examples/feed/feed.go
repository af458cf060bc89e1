// Package feed delivers mixed batches to a training loop. Several workers make them ahead of the reader, in order, in
// buffers that are reused. It is the common part of loaders; a [Format] is the part of one data set.
//
//	f, err := feed.Start(ctx, format, feed.Config{Batch: 256, Epochs: 90, Seed: 1, Mix: mixup.Config{Alpha: 0.2, CutMixAlpha: 1}})
//	...
//	defer f.Stop()
//	for b := range f.C() {
//		step(b.Images, b.Labels)
//		b.Release()
//	}
//	return f.Stop()
package feed

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/examples/feed/rank"
	"github.com/mixblend/blend/mixup"
)

// Config says what a Feed delivers. Batch and Epochs must be set.
type Config struct {
	Batch       int  // rows a batch, at most
	DropLast    bool // leave out the last batch of an epoch if it is shorter on any rank
	Epoch, Step int  // the first to deliver, to resume
	Epochs      int  // how many epochs, the first included

	// Seed, with Rank, decides order, views and draws; Mix.Seed is not used. The number of workers and their speed
	// change nothing.
	Seed uint64
	// Rank is this process, of those that share the samples of an epoch; the zero Rank is alone. Each sample belongs to
	// one rank. All ranks deliver the same number of batches, so that none waits in vain: where samples do not divide
	// evenly, the last batch has fewer rows on some ranks, or none.
	Rank rank.Rank

	Mix       mixup.Config // mixup and CutMix; Seed, Rank and geometry are the Feed's. The zero Config does not mix
	Smoothing float64      // of labels, [0, 1)

	// SkipBroken leaves out samples that are [ErrBroken], each with its error in [Batch.Skipped]. Otherwise the first of them
	// ends the Feed.
	SkipBroken bool

	Workers int // goroutines that make batches, 0 for as many as there are CPUs
	Ahead   int // batches that may be ready before they are asked for, 0 for 2

	// Memory returns the memory of a buffer, and is called once for each. Without it Images and Labels of a Batch are
	// slices.
	Memory func() (Memory, error)
}

// Steps returns how many batches an epoch of n samples has, on each rank.
func (c *Config) Steps(n int) int {
	if c.DropLast {
		return n / c.Rank.World / c.Batch
	}
	most := c.Rank.Most(n)
	return most/c.Batch + min(1, most%c.Batch)
}

// EachEpoch calls do for each epoch, with the step to begin with, until it returns false.
func (c *Config) EachEpoch(do func(epoch, first int) bool) {
	first := c.Step
	for epoch := range c.Epochs {
		if !do(c.Epoch+epoch, first) {
			return
		}
		first = 0
	}
}

// Batches calls emit for each step of an epoch of n samples, from step first on. from and to are the samples of the
// step on this rank, in the order of the epoch. Batches returns false if emit does.
func (c *Config) Batches(n, first int, emit func(step, from, to int) bool) bool {
	from, to := c.Rank.Span(n)
	for step := first; step < c.Steps(n); step++ {
		at := min(from+step*c.Batch, to)
		if !emit(step, at, min(at+c.Batch, to)) {
			return false
		}
	}
	return true
}

// A Shape says how many samples a data set has, and what they are.
type Shape struct {
	Samples       int // an epoch
	Height, Width int
	Norm          *blend.Normalization // of pixels as a Worker reads them
	Classes       int
}

// Memory is where a batch is written, such as tensors that lend their memory under a lock.
type Memory interface {
	// Write calls fill with slices for a whole batch: Batch rows of images and Batch × Classes labels. fill may use
	// them until it returns, and may write fewer rows, or none. Workers call Write, but never two at once.
	Write(fill func(images, labels []float32) error) error
}

// ErrBroken is an error of one sample only: all others can be used.
var ErrBroken = errors.New("broken sample")

// A Format is a data set whose samples are named by values of type S.
type Format[S any] interface {
	Shape() Shape
	// Schedule calls emit for each batch, in order. emit copies samples, Batch at most, and blocks until a buffer is
	// free. If it returns false, Schedule returns. The reader gets an error of Schedule after the batches that were
	// emitted before it.
	Schedule(ctx context.Context, c *Config, emit func(epoch, step int, samples []S) bool) error
	// NewWorker is called once for each goroutine that reads samples.
	NewWorker(c *Config) Worker[S]
}

// A Worker reads samples. Its results must depend on the sample and the epoch only.
type Worker[S any] interface {
	// Read writes the pixels of a sample, in the layout that Norm takes, and returns its class.
	Read(ctx context.Context, s *S, epoch int, pixels []byte) (class int, err error)
}

// A Batch is a mixed batch. It may be read until it is released.
type Batch[S any] struct {
	Epoch, Step int
	Samples     []S     // of each row
	Classes     []int   // and its class, before it was mixed
	Skipped     []error // of samples that were left out

	// Images are mixed and normalized rows. Labels have Classes elements per row. Both are nil if Config.Memory is set:
	// they are in Memory then.
	Images, Labels []float32
	Memory         Memory

	mix    mixup.Batch
	free   chan<- *Batch[S]
	given  atomic.Bool   // to the reader
	filled chan struct{} // holds a token once a worker is done
	err    error
}

// Mix returns the draw of the rows: partners, shares and boxes. Do not fill it.
func (b *Batch[S]) Mix() *mixup.Batch { return &b.mix }

// Release returns the batch for reuse. A second call does nothing.
func (b *Batch[S]) Release() {
	if b.given.CompareAndSwap(true, false) {
		b.free <- b // there is room for all
	}
}

// A Feed delivers batches.
//
// Each batch goes round: free → waiting (for a worker) and line → out → the reader → free. A batch joins the line when it gets
// its samples, not when it is filled: that is the order. Since samples are given to free batches one after the other, the step
// that the reader waits for always has one, and nothing can lock up however few there are. All channels but out have room for
// every batch.
type Feed[S any] struct {
	config              Config
	shape               Shape
	format              Format[S]
	sampler             *mixup.Sampler
	rowBytes, rowPixels int // of pixels read, of an image written

	free, waiting, line, out chan *Batch[S]

	cancel context.CancelCauseFunc
	done   sync.WaitGroup
	err    error // why it ended, once out is closed

	stats struct{ schedule, read, mix, reader, batches, rows, skipped atomic.Int64 }
}

// maxBuffers is more than a machine has use for. Each worker and each batch ahead is a batch in memory.
const maxBuffers = 1 << 10

var errStopped = errors.New("feed: stopped")

// Start begins to make batches. They end after the last one of the format, when ctx is done, at the first error, or when
// [Feed.Stop] is called.
func Start[S any](ctx context.Context, format Format[S], config Config) (*Feed[S], error) {
	f := &Feed[S]{config: config, shape: format.Shape(), format: format}
	if err := f.prepare(); err != nil {
		return nil, err
	}
	n := f.config.Workers + f.config.Ahead
	f.free, f.waiting, f.line = make(chan *Batch[S], n), make(chan *Batch[S], n), make(chan *Batch[S], n+1) // and an error
	f.out = make(chan *Batch[S])
	for range n {
		b, err := f.newBatch()
		if err != nil {
			return nil, err
		}
		f.free <- b
	}

	ctx, f.cancel = context.WithCancelCause(ctx)
	f.done.Add(2 + f.config.Workers)
	go f.schedule(ctx)
	for range f.config.Workers {
		go f.work(ctx)
	}
	go f.deliver(ctx)
	return f, nil
}

// prepare checks the config, fills in what it leaves open, and makes what all batches share.
func (f *Feed[S]) prepare() error {
	c, shape := &f.config, &f.shape
	bad := func(field string, value any, want string) error {
		return fmt.Errorf("feed: %s = %v, want %s", field, value, want)
	}
	const most = 1 << 16 // the product of three is an int64
	switch {
	case c.Batch < 1 || c.Batch > min(shape.Samples, most):
		return bad("Batch", c.Batch, fmt.Sprintf("1 to %d, for %d samples", min(shape.Samples, most), shape.Samples))
	case c.Epoch < 0 || c.Step < 0:
		return bad("Epoch, Step", fmt.Sprintf("%d, %d", c.Epoch, c.Step), "0 or more")
	case c.Epochs < 1 || c.Epochs > math.MaxInt-c.Epoch:
		return bad("Epochs", c.Epochs, "1 or more")
	case c.Rank != rank.Rank{} && (c.Rank.World < 1 || c.Rank.Rank < 0 || c.Rank.Rank >= c.Rank.World):
		return bad("Rank", c.Rank, "one of World")
	case !(c.Smoothing >= 0 && c.Smoothing < 1):
		return bad("Smoothing", c.Smoothing, "[0, 1)")
	case c.Workers < 0 || c.Workers > maxBuffers:
		return bad("Workers", c.Workers, fmt.Sprintf("0 (as many as CPUs) to %d", maxBuffers))
	case c.Ahead < 0 || c.Ahead > maxBuffers:
		return bad("Ahead", c.Ahead, fmt.Sprintf("0 (two) to %d", maxBuffers))
	case shape.Height < 1 || shape.Height > most || shape.Width < 1 || shape.Width > most:
		return bad("Height, Width", fmt.Sprintf("%d, %d", shape.Height, shape.Width), fmt.Sprintf("1 to %d", most))
	case shape.Norm == nil || len(shape.Norm.Scale) < 1 || len(shape.Norm.Scale) > 4 || shape.Norm.PixelBytes < 0 || shape.Norm.PixelBytes > 4:
		return bad("Norm", shape.Norm, "one to four channels, and bytes a pixel")
	case shape.Classes < 1 || shape.Classes > 1<<24:
		return bad("Classes", shape.Classes, fmt.Sprintf("1 to %d", 1<<24))
	}
	if c.Rank.World == 0 {
		c.Rank.World = 1
	}
	switch steps := c.Steps(shape.Samples); {
	case steps == 0:
		return fmt.Errorf("feed: no batch of %d: each of %d ranks has %d samples an epoch", c.Batch, c.Rank.World, shape.Samples/c.Rank.World)
	case c.Step > steps:
		return bad("Step", c.Step, fmt.Sprintf("0 to %d, the steps of an epoch", steps))
	}
	if c.Workers == 0 {
		c.Workers = min(runtime.GOMAXPROCS(0), maxBuffers)
	}
	if c.Ahead == 0 {
		c.Ahead = 2
	}
	pixels, channels := int64(shape.Height)*int64(shape.Width), int64(len(shape.Norm.Scale))
	bytes := channels
	if shape.Norm.PixelBytes > 0 {
		bytes = int64(shape.Norm.PixelBytes)
	}
	if size := max(pixels*max(channels, bytes), int64(shape.Classes)); size > maxElements/int64(c.Batch) {
		return fmt.Errorf("feed: %d rows of %d × %d pixels and %d classes are more than %d elements",
			c.Batch, shape.Height, shape.Width, shape.Classes, int64(maxElements))
	}
	f.rowBytes, f.rowPixels = int(pixels*bytes), int(pixels*channels)
	mix := c.Mix
	mix.Seed, mix.Rank = c.Seed, c.Rank.Rank
	mix.Height, mix.Width, mix.Layout = shape.Height, shape.Width, shape.Norm.From
	if mix.Layout == 0 {
		mix.Layout = blend.CHW // one channel, which has no order
	}
	var err error
	if f.sampler, err = mixup.New(mix); err != nil {
		return err
	}
	if c.Memory == nil {
		c.Memory = func() (Memory, error) {
			return &ownMemory{make([]float32, c.Batch*f.rowPixels), make([]float32, c.Batch*shape.Classes)}, nil
		}
	}
	return nil
}

const maxElements = 1 << 28 // of a batch: 1 GiB, and its bytes fit an int of 32 bits

type ownMemory struct{ images, labels []float32 }

func (s *ownMemory) Write(fill func(images, labels []float32) error) error {
	return fill(s.images, s.labels)
}

func (f *Feed[S]) newBatch() (*Batch[S], error) {
	c := &f.config
	b := &Batch[S]{Samples: make([]S, 0, c.Batch), Classes: make([]int, 0, c.Batch), free: f.free, filled: make(chan struct{}, 1)}
	var err error
	b.Memory, err = c.Memory()
	return b, err
}

// C returns the channel of batches. A reader may keep some, but not all Workers + Ahead of them. It is closed after the last
// one, or when something ends the Feed before: Stop says what.
func (f *Feed[S]) C() <-chan *Batch[S] { return f.out }

// All ranges over the batches, and then over the error that ended them, if one did. Each batch is released after its turn; a
// loop that is left stops the Feed.
func (f *Feed[S]) All() iter.Seq2[*Batch[S], error] {
	return func(yield func(*Batch[S], error) bool) {
		defer f.Stop()
		for b := range f.out {
			more := yield(b, nil)
			b.Release()
			if !more {
				return
			}
		}
		if err := f.Stop(); err != nil {
			yield(nil, err)
		}
	}
}

// Stop ends the Feed, if it has not come to an end, takes back what the reader has not received, and waits for all goroutines.
// It returns what ended it: nil for the last batch or Stop, the cause of a context, or the first error. It may be called again.
func (f *Feed[S]) Stop() error {
	f.cancel(errStopped)
	f.done.Wait()
	return f.err
}

// Stats holds the time spent so far. Goroutines run at once, so the sum may exceed the time that passed.
type Stats struct {
	Schedule time.Duration // in Format.Schedule, without waiting for buffers
	Read     time.Duration // in Worker.Read, all workers together
	Mix      time.Duration // in the pass that mixes, normalizes and makes labels, all workers together
	Reader   time.Duration // that the reader let batches wait

	Batches, Rows, Skipped int64
}

// Stats may be called at any time.
func (f *Feed[S]) Stats() Stats {
	s := &f.stats
	return Stats{
		Schedule: time.Duration(s.schedule.Load()), Read: time.Duration(s.read.Load()), Mix: time.Duration(s.mix.Load()),
		Reader: time.Duration(s.reader.Load()), Batches: s.batches.Load(), Rows: s.rows.Load(), Skipped: s.skipped.Load(),
	}
}

// lap adds to d the time since *at, and sets *at to now.
func lap(d *atomic.Int64, at *time.Time) {
	now := time.Now()
	d.Add(int64(now.Sub(*at)))
	*at = now
}

// schedule gives each step a free batch and its samples.
func (f *Feed[S]) schedule(ctx context.Context) {
	defer f.done.Done()
	defer close(f.waiting)
	defer close(f.line)
	at := time.Now()
	err := f.format.Schedule(ctx, &f.config, func(epoch, step int, samples []S) bool {
		lap(&f.stats.schedule, &at)
		defer func() { at = time.Now() }()
		if len(samples) > f.config.Batch {
			panic(fmt.Sprintf("feed: a batch of %d samples, more than %d", len(samples), f.config.Batch))
		}
		var b *Batch[S]
		select {
		case b = <-f.free:
		case <-ctx.Done():
			return false
		}
		b.Epoch, b.Step, b.err = epoch, step, nil
		b.Samples, b.Classes, b.Skipped = append(b.Samples[:0], samples...), b.Classes[:0], nil
		f.line <- b
		f.waiting <- b
		return true
	})
	lap(&f.stats.schedule, &at)
	if err != nil {
		b := &Batch[S]{err: err, free: make(chan *Batch[S], 1), filled: make(chan struct{}, 1)}
		b.filled <- struct{}{}
		f.line <- b
	}
}

// work fills batches.
func (f *Feed[S]) work(ctx context.Context) {
	defer f.done.Done()
	w := &worker[S]{f: f, format: f.format.NewWorker(&f.config), pixels: make([]byte, f.config.Batch*f.rowBytes)}
	w.finish = w.mix
	for b := range f.waiting {
		b.err = w.fill(ctx, b)
		b.filled <- struct{}{}
	}
}

// deliver hands batches over in the order of their steps.
func (f *Feed[S]) deliver(ctx context.Context) {
	defer f.done.Done()
	for b := range f.line {
		<-b.filled
		b.given.Store(true)
		if b.err != nil {
			f.cancel(b.err) // which does nothing if ctx is done
		}
		if ctx.Err() != nil { // a select might deliver all the same
			b.Release()
			continue
		}
		at := time.Now()
		select {
		case f.out <- b:
			lap(&f.stats.reader, &at)
		case <-ctx.Done():
			b.Release()
		}
	}
	if err := context.Cause(ctx); err != errStopped {
		f.err = err
	}
	f.cancel(nil)
	close(f.out)
}

// A worker has the memory that it takes to make a batch.
type worker[S any] struct {
	f      *Feed[S]
	format Worker[S]
	batch  *Batch[S]
	pixels []byte                               // of the batch, as they were read
	finish func(images, labels []float32) error // w.mix: made once, since a method value is an allocation
}

// fill reads b's samples, one after the other, and does all that is left to do in one pass over them.
func (w *worker[S]) fill(ctx context.Context, b *Batch[S]) error {
	f := w.f
	at := time.Now()
	rows := 0
	for i := range b.Samples {
		if err := ctx.Err(); err != nil {
			return err
		}
		class, err := w.format.Read(ctx, &b.Samples[i], b.Epoch, w.pixels[rows*f.rowBytes:][:f.rowBytes])
		if err == nil && (class < 0 || class >= f.shape.Classes) {
			err = fmt.Errorf("%w: class %d, of %d", ErrBroken, class, f.shape.Classes)
		}
		if err != nil {
			if !f.config.SkipBroken || !errors.Is(err, ErrBroken) {
				return err
			}
			b.Skipped = append(b.Skipped, err)
			continue
		}
		b.Samples[rows], b.Classes = b.Samples[i], append(b.Classes, class)
		rows++
	}
	b.Samples = b.Samples[:rows]
	lap(&f.stats.read, &at)
	w.batch = b
	err := b.Memory.Write(w.finish)
	lap(&f.stats.mix, &at)
	f.stats.batches.Add(1)
	f.stats.rows.Add(int64(rows))
	f.stats.skipped.Add(int64(len(b.Skipped)))
	return err
}

// mix mixes and normalizes the pixels of the batch, and writes labels to match.
func (w *worker[S]) mix(images, labels []float32) error {
	f, b := w.f, w.batch
	n, classes := len(b.Samples), f.shape.Classes
	if size := f.config.Batch; len(images) != size*f.rowPixels || len(labels) != size*classes {
		return fmt.Errorf("feed: memory for %d and %d elements, but %d images have %d and %d",
			len(images), len(labels), size, size*f.rowPixels, size*classes)
	}
	images, labels = images[:n*f.rowPixels], labels[:n*classes]
	if err := f.sampler.At(&b.mix, n, b.Epoch, b.Step); err != nil {
		return err
	}
	if err := b.mix.NormalizeFloat32(images, w.pixels[:n*f.rowBytes], f.shape.Norm); err != nil {
		return err
	}
	if _, own := b.Memory.(*ownMemory); own {
		b.Images, b.Labels = images, labels
	}
	return mixup.OneHot(&b.mix, labels, b.Classes, classes, f.config.Smoothing)
}
