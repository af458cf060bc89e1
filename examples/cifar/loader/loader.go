package loader

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/mixup"
)

// Mean and Std are those of CIFAR-10's training images, of red, green and blue from 0 to 1.
var (
	Mean = []float64{0.4914, 0.4822, 0.4465}
	Std  = []float64{0.2470, 0.2435, 0.2616}
)

// Config says what a Loader delivers. Batch and Epochs must be set.
type Config struct {
	Batch    int  // images a batch, no more than there are
	DropLast bool // leave out the batch at the end of an epoch that has fewer
	First    int  // the first epoch, for a program that goes on where it was
	Epochs   int  // how many

	// Seed decides order, crops, flips and, in place of Mix's own seed, what is mixed. Nothing else does: neither Workers nor who
	// is done first.
	Seed uint64
	Pad  int          // crop at random from an image with so many black pixels around it; CIFAR-10 is usually trained with 4
	Flip bool         // flip every other image left to right
	Mix  mixup.Config // mixup and CutMix; the geometry is the loader's. The zero Config does not mix

	Smoothing float64 // of labels, 0 to 1

	Workers int // goroutines that make batches, 0 for as many as there are CPUs
	Ahead   int // batches that may be ready before they are asked for, 0 for 2

	// Memory returns where a batch is written, once a buffer. Without it these are slices, Images and Labels of a Batch.
	Memory func() (Memory, error)
}

// Memory is where a batch is written, such as tensors of a framework that has to be asked for their memory.
type Memory interface {
	// Write calls fill with Batch × ImageBytes elements for images and Batch × Classes for labels. They are fill's until it
	// returns. In an epoch's last batch it may write fewer. Workers call Write, but never two at once.
	Write(fill func(images, labels []float32) error) error
}

// A Batch is a mixed batch. It may be read until it is released.
type Batch struct {
	Epoch, Step int
	Samples     []int   // row i was record Samples[i]
	Classes     []uint8 // and of this class, before it was mixed

	// Images are normalized, each Channels × Side × Side. Labels have Classes elements a row. Both are nil with a Memory of the
	// user's, which has them.
	Images, Labels []float32
	Memory         Memory

	mix    mixup.Batch
	free   chan<- *Batch
	given  atomic.Bool   // to the reader
	filled chan struct{} // holds a token once a worker is done
	err    error
}

// Mix says how the rows were mixed: partners, shares and boxes. It is not to be filled.
func (b *Batch) Mix() *mixup.Batch { return &b.mix }

// Release gives the batch back, to be filled again. A second call does nothing.
func (b *Batch) Release() {
	if b.given.CompareAndSwap(true, false) {
		b.free <- b // there is room for all
	}
}

// A Loader delivers batches.
//
// Each batch goes round: free → waiting (for a worker) and line → out → the reader → free. A batch joins the line when it gets its
// step, not when it is filled: that is the order. Since steps are given to free batches one after the other, the step that the
// reader waits for always has one, and nothing can lock up however few there are. All channels but out have room for every batch.
type Loader struct {
	config  Config
	data    *Data
	sampler *mixup.Sampler
	norm    *blend.Normalization

	free, waiting, line, out chan *Batch

	cancel context.CancelCauseFunc
	done   sync.WaitGroup
	err    error // why it ended, once out is closed
}

// maxBuffers is more than a machine has use for. Each worker and each batch ahead is a batch in memory.
const maxBuffers = 1 << 10

var errStopped = errors.New("loader: stopped")

// Start begins to make batches. They end after the last epoch, when ctx is done, or when [Loader.Stop] is called, which must happen
// before data is closed.
func Start(ctx context.Context, data *Data, config Config) (*Loader, error) {
	l := &Loader{config: config, data: data}
	if err := l.prepare(); err != nil {
		return nil, err
	}
	n := l.config.Workers + l.config.Ahead
	l.free, l.waiting, l.line = make(chan *Batch, n), make(chan *Batch, n), make(chan *Batch, n)
	l.out = make(chan *Batch)
	for range n {
		b, err := l.newBatch()
		if err != nil {
			return nil, err
		}
		l.free <- b
	}

	ctx, l.cancel = context.WithCancelCause(ctx)
	l.done.Add(2 + l.config.Workers)
	go l.schedule(ctx)
	for range l.config.Workers {
		go l.work(ctx)
	}
	go l.deliver(ctx)
	return l, nil
}

// prepare checks the config, fills in what it leaves open, and makes what all batches share.
func (l *Loader) prepare() error {
	c := &l.config
	bad := func(field string, value any, want string) error {
		return fmt.Errorf("loader: %s = %v, want %s", field, value, want)
	}
	switch {
	case c.Batch < 1 || c.Batch > l.data.Len():
		return bad("Batch", c.Batch, fmt.Sprintf("1 to %d, the records that there are", l.data.Len()))
	case c.Batch > math.MaxInt/(4*ImageBytes): // which 32 bits may not hold
		return bad("Batch", c.Batch, fmt.Sprintf("1 to %d", math.MaxInt/(4*ImageBytes)))
	case c.First < 0:
		return bad("First", c.First, "0 or more")
	case c.Epochs < 1 || c.Epochs > math.MaxInt-c.First:
		return bad("Epochs", c.Epochs, fmt.Sprintf("1 to %d, from epoch %d on", math.MaxInt-c.First, c.First))
	case c.Pad < 0 || c.Pad > Side:
		return bad("Pad", c.Pad, fmt.Sprintf("0 to %d", Side))
	case c.Workers < 0 || c.Workers > maxBuffers:
		return bad("Workers", c.Workers, fmt.Sprintf("0 (as many as CPUs) to %d", maxBuffers))
	case c.Ahead < 0 || c.Ahead > maxBuffers:
		return bad("Ahead", c.Ahead, fmt.Sprintf("0 (two) to %d", maxBuffers))
	case !(c.Smoothing >= 0 && c.Smoothing < 1):
		return bad("Smoothing", c.Smoothing, "[0, 1)")
	}
	mix := c.Mix
	mix.Seed, mix.Height, mix.Width, mix.Layout = c.Seed, Side, Side, mixup.CHW
	var err error
	if l.sampler, err = mixup.New(mix); err != nil {
		return err
	}
	if c.Workers == 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.Ahead == 0 {
		c.Ahead = 2
	}
	if c.Memory == nil {
		c.Memory = func() (Memory, error) {
			return &ownMemory{make([]float32, c.Batch*ImageBytes), make([]float32, c.Batch*Classes)}, nil
		}
	}
	l.norm, err = blend.NewNormalization(Mean, Std, blend.CHW, blend.CHW)
	return err
}

type ownMemory struct{ images, labels []float32 }

func (s *ownMemory) Write(fill func(images, labels []float32) error) error {
	return fill(s.images, s.labels)
}

func (l *Loader) newBatch() (*Batch, error) {
	c := &l.config
	b := &Batch{Samples: make([]int, c.Batch), Classes: make([]uint8, c.Batch), free: l.free, filled: make(chan struct{}, 1)}
	var err error
	b.Memory, err = c.Memory()
	return b, err
}

// C returns the channel of batches. A reader may keep some, but not all Workers + Ahead of them. It is closed after the last one, or
// when something ends the loader before: Stop says what.
func (l *Loader) C() <-chan *Batch { return l.out }

// Stop ends the loader, if it has not come to an end, takes back what the reader has not received, and waits for all goroutines. It
// returns what ended it: nil for the last epoch or Stop, the cause of a context, or the error of the first batch that could not be
// made. It may be called again.
func (l *Loader) Stop() error {
	l.cancel(errStopped)
	l.done.Wait()
	return l.err
}

// schedule gives each step a free batch and its samples.
func (l *Loader) schedule(ctx context.Context) {
	defer l.done.Done()
	defer close(l.waiting)
	defer close(l.line)
	c := &l.config
	order := make([]int, l.data.Len())
	var source rand.PCG
	rng := rand.New(&source)
	for epoch := c.First; epoch-c.First < c.Epochs; epoch++ {
		for i := range order {
			order[i] = i
		}
		source.Seed(hash(c.Seed), uint64(epoch))
		for i := len(order) - 1; i > 0; i-- {
			j := rng.IntN(i + 1)
			order[i], order[j] = order[j], order[i]
		}
		for step, rest := 0, order; len(rest) > 0; step++ {
			n := min(c.Batch, len(rest))
			if n < c.Batch && c.DropLast {
				break
			}
			var b *Batch
			select {
			case b = <-l.free:
			case <-ctx.Done():
				return
			}
			b.Epoch, b.Step = epoch, step
			b.Samples, b.Classes = append(b.Samples[:0], rest[:n]...), b.Classes[:n]
			rest = rest[n:]
			l.line <- b
			l.waiting <- b
		}
	}
}

// work fills batches.
func (l *Loader) work(ctx context.Context) {
	defer l.done.Done()
	w := newWorker(l)
	for b := range l.waiting {
		b.err = ctx.Err()
		if b.err == nil {
			b.err = w.fill(b)
		}
		b.filled <- struct{}{}
	}
}

// deliver hands batches over in the order of their steps.
func (l *Loader) deliver(ctx context.Context) {
	defer l.done.Done()
	for b := range l.line {
		<-b.filled
		b.given.Store(true)
		if b.err != nil {
			l.cancel(b.err) // which does nothing if ctx is done
		}
		if ctx.Err() != nil { // a select might deliver all the same
			b.Release()
			continue
		}
		select {
		case l.out <- b:
		case <-ctx.Done():
			b.Release()
		}
	}
	if err := context.Cause(ctx); err != errStopped {
		l.err = err
	}
	l.cancel(nil)
	close(l.out)
}

// A worker has the memory that it takes to make a batch: of a size to stay in a cache of its CPU.
type worker struct {
	l      *Loader
	batch  *Batch
	record Record
	pixels []byte                               // of the batch, cropped and flipped
	finish func(images, labels []float32) error // w.mix: made once, since a method value is an allocation
}

func newWorker(l *Loader) *worker {
	w := &worker{l: l, pixels: make([]byte, l.config.Batch*ImageBytes)}
	w.finish = w.mix
	return w
}

// fill makes a batch of b's samples: the bytes of one after the other, then all that is left to do in one pass over them.
func (w *worker) fill(b *Batch) error {
	for i, sample := range b.Samples {
		if err := w.l.data.Read(&w.record, sample); err != nil {
			return err
		}
		b.Classes[i] = w.record.Class()
		v := w.l.config.view(b.Epoch, sample)
		crop(w.pixels[i*ImageBytes:][:ImageBytes], w.record.Pixels(), v.dx, v.dy, v.flip)
	}
	w.batch = b
	return b.Memory.Write(w.finish)
}

// mix mixes and normalizes the pixels of the batch, and writes labels to match.
func (w *worker) mix(images, labels []float32) error {
	l, b := w.l, w.batch
	n := len(b.Samples)
	if size := l.config.Batch; len(images) != size*ImageBytes || len(labels) != size*Classes {
		return fmt.Errorf("loader: memory for %d and %d elements, but %d images have %d and %d",
			len(images), len(labels), size, size*ImageBytes, size*Classes)
	}
	images, labels = images[:n*ImageBytes], labels[:n*Classes]
	if err := l.sampler.At(&b.mix, n, b.Epoch, b.Step); err != nil {
		return err
	}
	if err := b.mix.NormalizeFloat32(images, w.pixels[:len(images)], l.norm); err != nil {
		return err
	}
	if _, own := b.Memory.(*ownMemory); own {
		b.Images, b.Labels = images, labels
	}
	return mixup.OneHot(&b.mix, labels, b.Classes, Classes, l.config.Smoothing)
}
