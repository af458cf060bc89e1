// Package mixup draws what package blend mixes: λ, partners and boxes, for mixup (Zhang et al., 2018,
// https://arxiv.org/abs/1710.09412) and CutMix (Yun et al., 2019, https://arxiv.org/abs/1905.04899), with the labels that
// match.
//
// A [Sampler] fills a [Batch], which mixes pixels; its [blend.Plan] mixes labels by the same numbers:
//
//	s, err := mixup.New(mixup.Config{Alpha: 0.2, Seed: 1})
//	...
//	var b mixup.Batch
//	err = s.At(&b, len(classes), epoch, step)
//	err = b.Uint8(images, images)                                // in place
//	err = mixup.OneHot(b.Plan(), labels, classes, 1000, 0.1)     // class ids, smoothed by 0.1
//	err = b.Plan().Float32(soft, soft)                           // or soft and multi-label rows
//	err = mixup.Partners(b.Plan(), partners, classes)            // or two labels and two losses: see Loss
//
// # Reproducibility
//
// A draw depends on the configuration, the number of rows and (seed, epoch, step) only, and is the same on every CPU. The
// draws of one (seed, epoch, step) do not change between versions.
//
// # Errors
//
// Bad input gives an error that wraps [ErrConfig], [ErrClass], [ErrBox] or one of package blend's, and names the value;
// nothing has been written then. Calls that repeat, with no more rows than before, do not allocate (pooled scratch may
// come anew after a garbage collection).
package mixup

import (
	"errors"
	"fmt"
	"image"
	"math"
	"sync/atomic"

	"github.com/mixblend/blend"
)

// What errors wrap, for [errors.Is], besides what package blend has.
var (
	ErrConfig = errors.New("mixup: bad configuration")
	ErrClass  = errors.New("mixup: no such class")
	ErrBox    = errors.New("mixup: box does not fit the image")
)

// A Scope is the rows that share what is drawn: λ, the box, and the tosses for Skip and CutMix.
type Scope int

const (
	PerBatch Scope = iota
	PerPair        // a row and its partner; needs Reversal, which makes them each other's
	PerRow
)

// String returns the name of the constant.
func (s Scope) String() string { return name("Scope", int(s), "PerBatch", "PerPair", "PerRow") }

// A Pairing is how rows get their partners. A batch of one row has only itself to pair with, under every Pairing.
type Pairing int

const (
	Permutation Pairing = iota // a uniform permutation: a row may be its own partner
	Derangement                // a uniform permutation without fixed points: no row is its own partner
	Reversal                   // row i and row n−1−i, timm's; in an odd batch the middle row is its own partner
	Roll                       // row i takes row i−1, and row 0 the last, as torchvision's
)

// String returns the name of the constant.
func (p Pairing) String() string {
	return name("Pairing", int(p), "Permutation", "Derangement", "Reversal", "Roll")
}

func name(typ string, i int, names ...string) string {
	if i < 0 || i >= len(names) {
		return fmt.Sprintf("%s(%d)", typ, i)
	}
	return names[i]
}

// Config says how batches are mixed. The zero Config is valid, and means λ ∈ {0, 1}: set Alpha.
type Config struct {
	Seed uint64

	// Alpha is α of λ ~ Beta(α, α) for mixup. The paper takes 0.2 to 0.4 for ImageNet and 1 for CIFAR-10. α = 0 is the
	// limit: λ is 0 or 1, with probability ½ each, so that nothing is blended. λ is rounded to the grid of
	// [blend.Quantize].
	Alpha float64
	Scope Scope
	// Pairing is how rows get their partners, once a batch whatever the Scope is.
	Pairing Pairing
	// Skip is the probability of not mixing: λ = 1 then. timm's prob is 1 − Skip.
	Skip float64
	// Fold replaces λ by max(λ, 1−λ), so that each row keeps the greater share.
	Fold bool

	// CutMix is the probability that what is mixed is mixed by CutMix, and not by mixup: timm's switch_prob. If it is not 0,
	// CutMixAlpha, Height and Width must be set.
	CutMix float64
	// CutMixAlpha is α for CutMix. The paper takes 1.
	CutMixAlpha float64
	// Height, Width and Layout describe a row: any number of channels of Height × Width pixels.
	Height, Width int
	Layout        Layout
}

func (c *Config) check() error {
	bad := func(field string, value any, want string) error {
		return fmt.Errorf("%w: %s = %v, want %s", ErrConfig, field, value, want)
	}
	switch {
	case !(c.Alpha >= 0 && c.Alpha <= math.MaxFloat64):
		return bad("Alpha", c.Alpha, "0 or more, and finite")
	case c.Scope < PerBatch || c.Scope > PerRow:
		return bad("Scope", c.Scope, "PerBatch, PerPair or PerRow")
	case c.Pairing < Permutation || c.Pairing > Roll:
		return bad("Pairing", c.Pairing, "Permutation, Derangement, Reversal or Roll")
	case c.Scope == PerPair && c.Pairing != Reversal:
		return bad("Pairing", c.Pairing, "Reversal for Scope PerPair")
	case !(c.Skip >= 0 && c.Skip <= 1):
		return bad("Skip", c.Skip, "a probability")
	case !(c.CutMix >= 0 && c.CutMix <= 1):
		return bad("CutMix", c.CutMix, "a probability")
	case !(c.CutMixAlpha >= 0 && c.CutMixAlpha <= math.MaxFloat64):
		return bad("CutMixAlpha", c.CutMixAlpha, "0 or more, and finite")
	case c.CutMix > 0 && c.CutMixAlpha == 0:
		return bad("CutMixAlpha", c.CutMixAlpha, "more than 0 where CutMix is")
	}
	if c.CutMix > 0 {
		return checkImage(c.Layout, c.Height, c.Width)
	}
	return nil
}

// A Sampler draws batches. It may be used by many goroutines at once. The zero Sampler is that of the zero Config.
type Sampler struct {
	config Config
	next   atomic.Uint64
}

// New returns a Sampler. Its error is [ErrConfig].
func New(c Config) (*Sampler, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	return &Sampler{config: c}, nil
}

// At fills b with the draw for a batch of n rows at a step of an epoch. It depends on nothing that was drawn before. n is
// 0 or more, else the error is [blend.ErrShape].
func (s *Sampler) At(b *Batch, n, epoch, step int) error {
	return s.at(b, n, uint64(epoch), uint64(step))
}

// Next fills b as [Sampler.At] does for the steps 0, 1, 2, … of epoch 0, one a call. A restarted program that is to go on
// where it was uses At.
func (s *Sampler) Next(b *Batch, n int) error { return s.at(b, n, 0, s.next.Add(1)-1) }

func (s *Sampler) at(b *Batch, n int, epoch, step uint64) error {
	if n < 0 || n > math.MaxInt32 {
		return fmt.Errorf("%w: a batch of %d rows, want 0 to %d", blend.ErrShape, n, math.MaxInt32)
	}
	r := &b.source // a local one would escape to the heap
	r.seed(s.config.Seed, epoch, step)
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
		b.shares[i] = s.share(r)
		if s.config.Scope == PerPair {
			b.shares[n-1-i] = b.shares[i]
		}
	}
	return b.reset(&s.config)
}

// A share is what the rows of one Scope share.
type share struct {
	lambda float64
	box    image.Rectangle // where cut
	cut    bool            // CutMix, and not mixup
}

// share draws in this order: Skip, CutMix, λ, the box's centre. What does not apply is not drawn.
func (s *Sampler) share(r *source) share {
	c := &s.config
	if r.toss(c.Skip) {
		return share{lambda: 1}
	}
	cut := r.toss(c.CutMix)
	alpha := c.Alpha
	if cut {
		alpha = c.CutMixAlpha
	}
	lambda := blend.Quantize(newBeta(alpha).draw(r))
	if c.Fold {
		lambda = max(lambda, 1-lambda)
	}
	if !cut {
		return share{lambda: lambda}
	}
	cy := int(r.below(uint64(c.Height)))
	cx := int(r.below(uint64(c.Width)))
	return share{box: box(c.Height, c.Width, lambda, cy, cx), cut: true}
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
