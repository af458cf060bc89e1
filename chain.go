package blend

//go:generate go -C gen run . ..

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
	mask    unsafe.Pointer // of a masked variant: a byte a column, the share of own in units of 1/255
	params  params
}

// how says how a kernel goes through a chain.
type how struct {
	block  int      // columns that each step takes at a time, a multiple of 2·tablePeriod where there is a table
	stash  *byte    // room for a block of a row, aligned to 8 bytes; a chain in which nothing closes needs none
	table  *float32 // of the kernels that normalize: table.at the first column; of pixels, that of one channel
	stream bool     // store past the caches: every dst is aligned to a line then, and a fence has to follow before anybody reads it
}

// wholeRow is for a chain of one step.
var wholeRow = how{block: math.MaxInt}

// A kernel names what is computed, whatever the implementation. All of them are in dispatch.go, which is generated.
type kernel uint8

// A trait is what the walk has to know of a kernel.
type trait struct {
	in, out uint8 // sizes of an element in memory, in bytes
	weights weights
}

// weights are the kinds of constants that kernels take.
type weights uint8

func (k kernel) in() int  { return int(traits[k].in) }
func (k kernel) out() int { return int(traits[k].out) }

func (k kernel) normalizes() bool { return traits[k].weights == tableWeights }

// pixels is whether k takes a channel of interleaved pixels, to whose bytes of that channel own and partner point.
func (k kernel) pixels() bool { return k.normalizes() && k.in() > 1 }

// span is how many bytes n columns of a row are, from the first to the last.
func (k kernel) span(n int) int {
	if k.pixels() && n > 0 {
		return (n-1)*k.in() + 1
	}
	return n * k.in()
}

// mix runs n columns of a chain on the implementation in use.
func (k kernel) mix(chain []step, n int, h how) {
	raceChain(chain, k.span(n), n*k.out(), n)
	k.dispatch(&chain[0], len(chain), n, h)
}

// mixLong is mix for any number of columns, in calls short enough. It advances the chain from call to call, and returns how many
// columns it has been advanced by: not past the last ones, since a pointer past a row may point to what is no row.
func (k kernel) mixLong(chain []step, n int, h how) (advanced int) {
	const unit = 4 * tablePeriod // of columns, so that lines and tables begin anew
	most := callBytes / (len(chain) + 1) / max(k.in(), k.out()) / unit * unit
	for n-advanced > most {
		k.mix(chain, most, h)
		k.advance(chain, most)
		advanced += most
	}
	k.mix(chain, n-advanced, h)
	return advanced
}

// advance goes on by n columns.
func (k kernel) advance(chain []step, n int) { advance(chain, n, n*k.in(), n*k.out()) }

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
		if s.mask != nil {
			s.mask = unsafe.Add(s.mask, n)
		}
	}
}

// observe, if not nil, is told of every step that mixGeneric is called with. Tests set it, to see what a walk does, and who.
var observe func(k kernel, dst uintptr, step, steps, n int, stream bool)

// mixGeneric runs n columns of a chain in plain Go.
func mixGeneric(k kernel, begin *step, steps, n int, h how) {
	chain := unsafe.Slice(begin, steps)
	if observe != nil {
		for i := range chain {
			observe(k, uintptr(chain[i].dst), i, steps, n, h.stream)
		}
	}
	block := min(n, h.block)
	for c := 0; c < n; c += block {
		m := min(block, n-c)
		var own, partner unsafe.Pointer
		for i := range chain {
			s := &chain[i]
			own = partner
			if s.own != nil {
				own = unsafe.Add(s.own, c*k.in())
				if s.closes != 0 {
					copy(unsafe.Slice(h.stash, m*k.in()), slice[byte](own, m*k.in()))
				}
			}
			partner = unsafe.Pointer(h.stash)
			if s.partner != nil {
				partner = unsafe.Add(s.partner, c*k.in())
			}
			switch dst := unsafe.Add(s.dst, c*k.out()); {
			case s.mask != nil:
				k.mixMasked(dst, own, partner, unsafe.Add(s.mask, c), m, h.table)
			case k.pixels():
				k.mixPixels(dst, own, partner, m, &s.params, h.table)
			default:
				k.mixStep(dst, own, partner, m, &s.params, h.table)
			}
		}
	}
}

// mixPixels puts the bytes of a channel together for mixStep.
func (k kernel) mixPixels(dst, own, partner unsafe.Pointer, n int, p *params, t *float32) {
	var a, b [4 * tablePeriod]uint8
	for c := 0; c < n; c += len(a) {
		m := min(n-c, len(a))
		k.gather(a[:m], unsafe.Add(own, c*k.in()))
		k.gather(b[:m], unsafe.Add(partner, c*k.in()))
		k.mixStep(unsafe.Add(dst, c*k.out()), unsafe.Pointer(&a), unsafe.Pointer(&b), m, p, t)
	}
}

// mixMasked mixes n columns of a step by its mask, and normalizes the mix.
func (k kernel) mixMasked(dst, own, partner, mask unsafe.Pointer, n int, t *float32) {
	switch m := slice[uint8](mask, n); k {
	case kernelU8:
		kernels.BlendMaskU8(slice[uint8](dst, n), slice[uint8](own, n), slice[uint8](partner, n), m)
		return
	case kernelF32:
		kernels.BlendMaskF32(slice[float32](dst, n), slice[float32](own, n), slice[float32](partner, n), m)
		return
	case kernelBF16:
		kernels.BlendMaskBF16(slice[uint16](dst, n), slice[uint16](own, n), slice[uint16](partner, n), m)
		return
	case kernelF16:
		kernels.BlendMaskF16(slice[uint16](dst, n), slice[uint16](own, n), slice[uint16](partner, n), m)
		return
	}
	whole := paramsNormalize(1)
	var a, b [4 * tablePeriod]uint8
	for c := 0; c < n; c += len(a) {
		m := min(n-c, len(a))
		k.gather(a[:m], unsafe.Add(own, c*k.in()))
		k.gather(b[:m], unsafe.Add(partner, c*k.in()))
		kernels.BlendMaskU8(a[:m], a[:m], b[:m], slice[uint8](unsafe.Add(mask, c), m))
		k.mixStep(unsafe.Add(dst, c*k.out()), unsafe.Pointer(&a), unsafe.Pointer(&a), m, &whole, t)
	}
}

// gather puts bytes together that are as far apart as k has them.
func (k kernel) gather(dst []uint8, from unsafe.Pointer) {
	x := slice[uint8](from, k.span(len(dst)))
	for i := range dst {
		dst[i] = x[i*k.in()]
	}
}

// A table holds the scale and the bias of each column of a row, which repeat, and before them the scale for a mix in units of
// 1/kernels.One. The kernels get the address of a scale in the second period, and look back by up to one and ahead by up to two.
type table struct {
	unit, bias, scale [tableRows * tablePeriod]float32
}

// set fills t with as many channels as scale has, which repeat.
func (t *table) set(scale, bias []float32) {
	for i, c := 0, 0; i < len(t.scale); i++ {
		t.scale[i], t.bias[i], t.unit[i] = scale[c], bias[c], scale[c]/kernels.One
		if c++; c == len(scale) {
			c = 0
		}
	}
}

func (t *table) at(column int) *float32 { return &t.unit[tablePeriod+column%tablePeriod] }

// channels returns a period of what a kernel looks up.
func channels(t *float32) (scale, bias []float32) {
	p := unsafe.Pointer(t)
	const size = 4 * tableRows * tablePeriod
	return slice[float32](unsafe.Add(p, 2*size), tablePeriod), slice[float32](unsafe.Add(p, size), tablePeriod)
}

func slice[T any](p unsafe.Pointer, n int) []T { return unsafe.Slice((*T)(p), n) }
