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
	params  params
}

// how says how a kernel goes through a chain. What it computes does not depend on it.
type how struct {
	block  int   // bytes of a row that each step takes at a time, a multiple of 512
	stash  *byte // room for a block of a row, aligned to 8 bytes; a chain in which nothing closes needs none
	stream bool  // store past the caches: every dst is aligned to a line then, and a fence has to follow before anybody reads it
}

// wholeRow is for a chain of one step.
var wholeRow = how{block: math.MaxInt}

// A kernel names what is computed, whatever the implementation.
type kernel uint8

const (
	kernelF32 kernel = iota
	kernelU8
)

// size is that of an element, in bytes.
func (k kernel) size() int {
	if k == kernelF32 {
		return 4
	}
	return 1
}

// params are the constants for a λ.
func (k kernel) params(lambda float64) params {
	if k == kernelF32 {
		return paramsF32(lambda)
	}
	return paramsU8(lambda)
}

// mix runs n columns of a chain on the implementation in use.
func (k kernel) mix(chain []step, n int, h how) {
	raceChain(chain, n*k.size())
	switch k {
	case kernelF32:
		mixF32(&chain[0], len(chain), n, h)
	case kernelU8:
		mixU8(&chain[0], len(chain), n, h)
	}
}

// mixLong is mix for any number of columns, in calls short enough. It advances the chain from call to call, and returns how many
// columns it has been advanced by: not past the last ones, since a pointer past a row may point to what is no row.
func (k kernel) mixLong(chain []step, n int, h how) (advanced int) {
	most := callBytes / (len(chain) + 1) &^ (cacheLine - 1) / k.size()
	for n-advanced > most {
		k.mix(chain, most, h)
		k.advance(chain, most)
		advanced += most
	}
	k.mix(chain, n-advanced, h)
	return advanced
}

// advance goes on by n columns.
func (k kernel) advance(chain []step, n int) {
	for i := range chain {
		s := &chain[i]
		for _, p := range [...]*unsafe.Pointer{&s.dst, &s.own, &s.partner} {
			if *p != nil {
				*p = unsafe.Add(*p, n*k.size())
			}
		}
	}
}

// mixGeneric runs n columns of a chain in plain Go.
func mixGeneric(k kernel, begin *step, steps, n int, h how) {
	chain := unsafe.Slice(begin, steps)
	size := k.size()
	block := min(n, h.block/size)
	for c := 0; c < n; c += block {
		m := min(block, n-c)
		var own, partner unsafe.Pointer
		for i := range chain {
			s := &chain[i]
			own = partner
			if s.own != nil {
				own = unsafe.Add(s.own, c*size)
				if s.closes != 0 {
					copy(unsafe.Slice(h.stash, m*size), slice[byte](own, m*size))
				}
			}
			partner = unsafe.Pointer(h.stash)
			if s.partner != nil {
				partner = unsafe.Add(s.partner, c*size)
			}
			k.mixStep(unsafe.Add(s.dst, c*size), own, partner, m, &s.params)
		}
	}
}

func (k kernel) mixStep(dst, own, partner unsafe.Pointer, n int, p *params) {
	switch k {
	case kernelF32:
		kernels.BlendF32(slice[float32](dst, n), slice[float32](own, n), slice[float32](partner, n),
			math.Float32frombits(p.c0), math.Float32frombits(p.c1))
	case kernelU8:
		kernels.BlendU8(slice[uint8](dst, n), slice[uint8](own, n), slice[uint8](partner, n), int(p.variant>>8))
	}
}

func slice[T any](p unsafe.Pointer, n int) []T { return unsafe.Slice((*T)(p), n) }
