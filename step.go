package blend

import (
	"math"
	"unsafe"

	"github.com/mixblend/blend/kernels"
)

// A step is one row of a chain. A chain is a run of steps that a kernel takes together, one block of columns after another:
// each step mixes its own row with its partner, and the partner mostly is the next step's own row, in the first-level cache by
// then.
type step struct {
	dst     unsafe.Pointer // where the mix goes
	own     unsafe.Pointer // nil: the partner of the step before
	partner unsafe.Pointer // nil: the last own row with closes set, as it was, even if dst has replaced it
	closes  uint64         // own will be such a partner, so keep it
	mask    unsafe.Pointer // of a masked variant: a byte a column, the share of own in units of 1/255; or, where params say ofBits, bits,
	// and where they say ofPixels a byte for channels() columns
	params params
	ahead  uintptr // if not 0, where the row begins that the step after needs first, to be prefetched
}

// A mask of bits has one for each of the columns at hand: column i's is bit i%8 of byte i/8, 1 for own and 0 for the partner. The columns
// of a call so begin with a whole byte, and its last byte may be used in part; so many more may be read.
const bitsSlack = 8

// selects reports whether a step has such a mask.
func (s *step) selects() bool { return s.mask != nil && s.params.variant&ofBits != 0 }

// channels is how many columns share a byte of a mask of bytes: more than one if pixels are interleaved.
func (s *step) channels() int { return max(int(s.params.variant&pixelChannels/ofPixels), 1) }

// maskSpan is how many bytes of the mask n columns take.
func (s *step) maskSpan(n int) int {
	if s.selects() {
		return bitsBytes(n)
	}
	return n / s.channels()
}

// maskAt returns where the mask of the columns begins that are n further on, after a call, or calls, for n columns.
func (s *step) maskAt(n int) unsafe.Pointer { return unsafe.Add(s.mask, s.maskSpan(n)) }

// bitsBytes is how many bytes the bits of n columns are.
func bitsBytes(n int) int { return int((uint(n) + 7) / 8) }

// how says how a kernel goes through a chain.
type how struct {
	block  int      // columns that each step takes at a time: a multiple of 2·tablePeriod with a table, of 8 with bits, of the period with masks of pixels
	stash  *byte    // room for a block of a row, aligned to 8 bytes; a chain in which nothing closes needs none
	table  *float32 // of the kernels that normalize: table.at the first column; of pixels, that of one channel
	planes *planes  // of those that make several planes at once, which have a block of their own
	stream bool     // by streaming stores: every dst is aligned to a line then, and a fence has to follow before anybody reads it
}

// wholeRow is for a chain in which nothing closes, of few short rows or one row.
var wholeRow = how{block: math.MaxInt}

// advance goes on by n columns, which are so many bytes of the rows mixed, and of dst.
func advance(chain []step, n, in, out int) {
	for i := range chain {
		s := &chain[i]
		s.dst = unsafe.Add(s.dst, out)
		if s.own != nil {
			s.own = unsafe.Add(s.own, in)
		}
		if s.partner != nil {
			s.partner = unsafe.Add(s.partner, in)
		}
		if s.ahead != 0 {
			s.ahead += uintptr(in)
		}
		if s.mask != nil {
			s.mask = s.maskAt(n)
		}
	}
}

func slice[T any](p unsafe.Pointer, n int) []T { return unsafe.Slice((*T)(p), n) }

// mixWithSelf makes a normalizing step of λ = 0 or λ = 1, which takes one row alone, mix that row with itself by halves, which gives the
// row. It is the one place that knows of these λ.
func (s *step) mixWithSelf() {
	switch s.params.weight() {
	case 0:
		s.own = s.partner
	case kernels.One:
		s.partner = s.own
	default:
		return
	}
	s.params = paramsNormalize(0.5)
}
