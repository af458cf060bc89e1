package loader

import (
	"context"
	"fmt"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/examples/feed"
)

// Mean and Std are those of CIFAR-10's training images, of red, green and blue from 0 to 1.
var (
	Mean = []float64{0.4914, 0.4822, 0.4465}
	Std  = []float64{0.2470, 0.2435, 0.2616}
)

// Augment crops and flips images at random, anew in every epoch. The zero Augment leaves them as they are.
type Augment struct {
	Pad  int  // crop from an image with so many black pixels around it; CIFAR-10 is usually trained with 4
	Flip bool // flip every other image left to right
}

// Format returns the data as a format of package feed. A sample is the number of its record. Stop the Feed before
// closing the data.
func (d *Data) Format(a Augment) (feed.Format[int], error) {
	if a.Pad < 0 || a.Pad > Side {
		return nil, fmt.Errorf("loader: Pad = %d, want 0 to %d", a.Pad, Side)
	}
	norm, err := blend.NewNormalization(Mean, Std, blend.CHW, blend.CHW)
	return &format{d, a, norm}, err
}

type format struct {
	data    *Data
	augment Augment
	norm    *blend.Normalization
}

func (f *format) Shape() feed.Shape {
	return feed.Shape{Samples: f.data.Len(), Height: Side, Width: Side, Norm: f.norm, Classes: Classes}
}

// Schedule gives each epoch another order, of which each rank has a part.
func (f *format) Schedule(_ context.Context, c *feed.Config, emit func(epoch, step int, samples []int) bool) error {
	order := make([]int, f.data.Len())
	c.EachEpoch(func(epoch, first int) bool {
		for i := range order {
			order[i] = i
		}
		feed.Shuffle(feed.Rand(c.Seed, uint64(epoch)), order)
		return c.Batches(len(order), first, func(step, from, to int) bool { return emit(epoch, step, order[from:to]) })
	})
	return nil
}

func (f *format) NewWorker(c *feed.Config) feed.Worker[int] { return &worker{format: f, seed: c.Seed} }

// A worker has the memory that it takes to read a record.
type worker struct {
	*format
	seed   uint64
	record Record
}

func (w *worker) Read(_ context.Context, sample *int, epoch int, pixels []byte) (class int, err error) {
	if err := w.data.Read(&w.record, *sample); err != nil {
		return 0, err
	}
	v := w.augment.view(w.seed, epoch, *sample)
	crop(pixels, w.record.Pixels(), v.dx, v.dy, v.flip)
	return int(w.record.Class()), nil
}
