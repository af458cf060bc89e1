package mixup

import (
	"fmt"
	"math"
)

// A Scope says which rows share a draw: whether they are mixed, by mixup or by CutMix, λ, and the
// box. The values are PerBatch (all rows), PerPair (a row and its partner) and PerRow.
type Scope int

const (
	PerBatch Scope = iota // one draw for all rows
	PerPair               // one for a row and its partner; needs Reversal, under which two rows are each other's partner
	PerRow                // one draw per row
)

// String returns the name of the constant.
func (s Scope) String() string { return name("Scope", int(s), "PerBatch", "PerPair", "PerRow") }

// A Pairing says how rows get their partners. The values are Permutation (drawn; some rows may be
// their own partners), Derangement (drawn; none is), Reversal (row i and row n−1−i) and Roll (row i
// takes row i−1). The row of a batch of one is its own partner, under every Pairing.
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

// Config configures a [Sampler]. The zero Config mixes nothing: every row is kept.
type Config struct {
	// Seed decides all draws, together with Rank, epoch and step.
	Seed uint64
	// Rank is the number of this process, from 0, among those that share a Seed. Different ranks
	// draw independently; how many there are does not matter.
	Rank int

	// Alpha is α of λ ~ Beta(α, α) for mixup, 0 for no mixup. The paper takes 0.2 to 0.4 for
	// ImageNet and 1 for CIFAR-10. λ is drawn on the grid of [blend.Quantize], each value with the
	// probability of all λ that round to it.
	Alpha float64
	// CutMixAlpha is α of CutMix, 0 for no CutMix. The paper takes 1. CutMix needs Height, Width
	// and Layout.
	CutMixAlpha float64
	// SwitchProb is the probability of CutMix rather than mixup for a draw, where both are on:
	// timm's switch_prob; 0 means ½. To alternate strictly, use two Samplers, one with each alpha,
	// and choose by the step given to [Sampler.At]. They may have one Seed.
	SwitchProb float64
	// SkipProb is the probability that a draw (for a batch, a pair or a row, by Scope) is left
	// unmixed: its rows keep their bits. timm's prob is 1 − SkipProb.
	SkipProb float64
	// Fold replaces λ by max(λ, 1−λ), so that each row keeps the larger share of itself.
	Fold bool

	// Scope says which rows share one draw.
	Scope Scope
	// Pairing says how rows get their partners, once a batch, whatever Scope says. Under
	// Permutation, the zero value, a row may be its own partner (one in a batch, on average), and
	// stays unmixed; under Derangement no row is.
	Pairing Pairing

	// Height, Width and Layout describe a row: Channels of Height × Width pixels.
	// Layout is that of the pixels that calls are given, as is From of a [blend.Normalization]. Set
	// all or none. If they are set, every pixel call checks its rows against them. CutMix on thin
	// images often cuts nothing, since the sides of a box are rounded down, as timm's are: with
	// Height 2, one box in four is empty at CutMixAlpha 1. An image of Height or Width 1 is a
	// signal: see [Box].
	Height, Width int
	Layout        Layout
	// Channels, if not 0, is how many elements a pixel has in calls that mix without normalizing.
	// Without it a row may have any number of channels: then a batch of fewer rows than were drawn
	// is an error only if it cannot be divided into as many images, since flat pixels do not say
	// how many rows they are. In calls that normalize, the [blend.Normalization] says it.
	Channels int
}

func (c *Config) check() error {
	bad := func(field string, value any, want string) error {
		return fmt.Errorf("%w: %s = %v, want %s", ErrConfig, field, value, want)
	}
	switch {
	case c.Rank < 0:
		return bad("Rank", c.Rank, "0 or more")
	case !(c.Alpha >= 0 && c.Alpha <= math.MaxFloat64):
		return bad("Alpha", c.Alpha, "0 for no mixup, or more, and finite")
	case !(c.CutMixAlpha >= 0 && c.CutMixAlpha <= math.MaxFloat64):
		return bad("CutMixAlpha", c.CutMixAlpha, "0 for no CutMix, or more, and finite")
	case !(c.SwitchProb >= 0 && c.SwitchProb <= 1):
		return bad("SwitchProb", c.SwitchProb, "a probability")
	case c.SwitchProb != 0 && (c.Alpha == 0 || c.CutMixAlpha == 0):
		return fmt.Errorf("%w: SwitchProb = %v with Alpha = %v and CutMixAlpha = %v: it switches between the two, want both more than 0",
			ErrConfig, c.SwitchProb, c.Alpha, c.CutMixAlpha)
	case !(c.SkipProb >= 0 && c.SkipProb <= 1):
		return bad("SkipProb", c.SkipProb, "a probability")
	case c.Scope < PerBatch || c.Scope > PerRow:
		return bad("Scope", c.Scope, "PerBatch, PerPair or PerRow")
	case c.Pairing < Permutation || c.Pairing > Roll:
		return bad("Pairing", c.Pairing, "Permutation, Derangement, Reversal or Roll")
	case c.Scope == PerPair && c.Pairing != Reversal:
		return bad("Pairing", c.Pairing, "Reversal for Scope PerPair")
	}
	given := c.Height != 0 || c.Width != 0 || c.Layout != 0
	whole := c.Height != 0 && c.Width != 0 // checkImage says which Layouts there are
	switch {
	case c.CutMixAlpha > 0 && !whole:
		return fmt.Errorf("%w: CutMixAlpha = %v needs Height, Width and Layout (Height = %d, Width = %d, Layout = %v)",
			ErrConfig, c.CutMixAlpha, c.Height, c.Width, c.Layout)
	case c.Channels < 0:
		return bad("Channels", c.Channels, "0 for any number, or more")
	case c.Channels > 0 && !whole:
		return fmt.Errorf("%w: Channels = %d needs Height, Width and Layout (Height = %d, Width = %d, Layout = %v)",
			ErrConfig, c.Channels, c.Height, c.Width, c.Layout)
	case given && !whole:
		return fmt.Errorf("%w: Height = %d, Width = %d, Layout = %v, want all or none", ErrConfig, c.Height, c.Width, c.Layout)
	case given:
		if err := checkImage(c.Layout, c.Height, c.Width); err != nil {
			return fmt.Errorf("%w (CutMixAlpha = %v, Height = %d, Width = %d, Layout = %v)", err, c.CutMixAlpha, c.Height, c.Width, c.Layout)
		}
	}
	return nil
}

// switchProb is the probability of CutMix where mixup is on too.
func (c *Config) switchProb() float64 {
	if c.SwitchProb == 0 {
		return 0.5
	}
	return c.SwitchProb
}
