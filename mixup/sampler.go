package mixup

import (
	"fmt"
	"image"
	"sync/atomic"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/internal/pixels"
)

// A Sampler draws batches. It may be used by many goroutines at once. The zero Sampler has the zero
// Config.
type Sampler struct {
	config        Config
	mixup, cutMix *table // of Alpha and CutMixAlpha; nil where that is 0
	next          atomic.Uint64
}

// New returns a Sampler. The error is [ErrConfig] for an alpha that is negative, NaN or infinite, a
// probability outside [0, 1], a negative Rank, an unknown Scope or Pairing, SwitchProb without both
// alphas, CutMix without a geometry, an incomplete geometry or one without pixels, and PerPair
// without Reversal.
//
// λ is drawn from a table of 256 KiB for each α, which takes some milliseconds to make. The process
// keeps the tables of 64 different α, so that New is quick for an α that has been used before.
func New(c Config) (*Sampler, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	s := &Sampler{config: c}
	if c.Alpha > 0 {
		s.mixup = tableOf(c.Alpha)
	}
	if c.CutMixAlpha > 0 {
		s.cutMix = tableOf(c.CutMixAlpha)
	}
	return s, nil
}

// At fills b with the draw for a batch of n rows at a step of an epoch. It does not depend on
// earlier draws, so a program that is resumed goes on with the same draws. The order of the files,
// and steps with fewer rows, are up to the caller. n is 0 or more, else the error is
// [blend.ErrShape]; epoch and step are 0 or more, else it is [ErrConfig]. After an error b is
// unchanged. A nil b is [ErrConfig].
func (s *Sampler) At(b *Batch, n, epoch, step int) error {
	if epoch < 0 || step < 0 {
		return fmt.Errorf("%w: epoch = %d, step = %d, want 0 or more", ErrConfig, epoch, step)
	}
	if err := s.check(b, n); err != nil {
		return err
	}
	return s.fill(b, n, uint64(epoch), uint64(step))
}

// Next is [Sampler.At] with epoch 0 and its own count of steps: 0, 1, 2, …, one for each call that
// returns no error. To resume a program, use At. n is 0 or more, else the error is
// [blend.ErrShape]; a nil b is [ErrConfig]. After an error b is unchanged.
func (s *Sampler) Next(b *Batch, n int) error {
	if err := s.check(b, n); err != nil {
		return err
	}
	return s.fill(b, n, 0, s.next.Add(1)-1)
}

func (s *Sampler) check(b *Batch, n int) error {
	if s == nil || b == nil {
		return fmt.Errorf("%w: nil, want a Sampler and a Batch to fill", ErrConfig)
	}
	if n < 0 || n > pixels.MaxRows {
		return fmt.Errorf("%w: a batch of %d rows, want 0 to %d", blend.ErrShape, n, pixels.MaxRows)
	}
	return nil
}

func (s *Sampler) fill(b *Batch, n int, epoch, step uint64) error {
	r := &b.source // a local one would escape to the heap
	r.seed(s.config.Seed, epoch, step, uint64(s.config.Rank))
	b.index = resize(b.index, n)
	r.partners(b.index, s.config.Pairing)

	units, rows := 1, 1
	switch s.config.Scope {
	case PerPair:
		units, rows = (n+1)/2, n
	case PerRow:
		units, rows = n, n
	}
	b.shares = resize(b.shares, rows)
	for i := range units {
		s.share(r, &b.shares[i])
		if s.config.Scope == PerPair {
			b.shares[n-1-i] = b.shares[i]
		}
	}
	return b.reset(&s.config)
}

// A share is what the rows of one Scope share.
type share struct {
	lambda float64
	box    image.Rectangle // zero where they are not cut
}

// share draws x in this order: whether to mix, by which of the two, λ, the box's centre. What does
// not apply is not drawn.
func (s *Sampler) share(r *source, x *share) {
	c := &s.config
	*x = share{lambda: 1}
	if s.mixup == nil && s.cutMix == nil || r.toss(c.SkipProb) {
		return
	}
	table, cut := s.mixup, s.cutMix != nil
	if cut && table != nil {
		cut = r.toss(c.switchProb())
	}
	if cut {
		table = s.cutMix
	}
	lambda := table.draw(r)
	if c.Fold {
		lambda = max(lambda, 1-lambda)
	}
	if !cut {
		x.lambda = lambda
		return
	}
	cy := int(r.below(uint64(c.Height)))
	cx := int(r.below(uint64(c.Width)))
	if b := box(c.Height, c.Width, lambda, cy, cx); !b.Empty() {
		x.box = b
	}
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
