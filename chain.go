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

// how says how a kernel goes through a chain.
type how struct {
	block  int      // columns that each step takes at a time, a multiple of two tablePeriods where there is a table
	stash  *byte    // room for a block of a row, aligned to 8 bytes; a chain in which nothing closes needs none
	table  *float32 // of the kernels that normalize: table.at the first column
	stream bool     // store past the caches: every dst is aligned to a line then, and a fence has to follow before anybody reads it
}

// wholeRow is for a chain of one step.
var wholeRow = how{block: math.MaxInt}

// A kernel names what is computed, whatever the implementation.
type kernel uint8

const (
	kernelF32 kernel = iota
	kernelU8
	kernelBF16
	kernelF16
	kernelU8F32 // those from here on normalize
	kernelU8BF16
	kernelU8F16
	kernelU8x2F32 // and those from here on take a channel of interleaved pixels, which own and partner point to
	kernelU8x2BF16
	kernelU8x2F16
	kernelU8x3F32
	kernelU8x3BF16
	kernelU8x3F16
	kernelU8x4F32
	kernelU8x4BF16
	kernelU8x4F16
)

func (k kernel) normalizes() bool { return k >= kernelU8F32 }

// apart is the kernel that takes a channel of so many where k takes bytes that lie together.
func (k kernel) apart(channels int) kernel { return k + kernel(channels-1)*(kernelU8x2F32-kernelU8F32) }

// sizes are those of an element in memory, in bytes.
var sizes = [...]struct{ in, out uint8 }{
	kernelF32: {4, 4}, kernelU8: {1, 1}, kernelBF16: {2, 2}, kernelF16: {2, 2},
	kernelU8F32: {1, 4}, kernelU8BF16: {1, 2}, kernelU8F16: {1, 2},
	kernelU8x2F32: {2, 4}, kernelU8x2BF16: {2, 2}, kernelU8x2F16: {2, 2},
	kernelU8x3F32: {3, 4}, kernelU8x3BF16: {3, 2}, kernelU8x3F16: {3, 2},
	kernelU8x4F32: {4, 4}, kernelU8x4BF16: {4, 2}, kernelU8x4F16: {4, 2},
}

func (k kernel) in() int  { return int(sizes[k].in) }
func (k kernel) out() int { return int(sizes[k].out) }

// together is the kernel that k is where bytes lie together.
func (k kernel) together() kernel { return kernelU8F32 + (k-kernelU8F32)%(kernelU8x2F32-kernelU8F32) }

// span is how many bytes n columns of a row are, from the first to the last.
func (k kernel) span(n int) int {
	if k >= kernelU8x2F32 && n > 0 {
		return (n-1)*k.in() + 1
	}
	return n * k.in()
}

// params are the constants for a λ.
func (k kernel) params(lambda float64) params {
	switch {
	case k == kernelU8:
		return paramsU8(lambda)
	case k.normalizes():
		return paramsNormalize(lambda)
	}
	return paramsF32(lambda)
}

// mix runs n columns of a chain on the implementation in use.
func (k kernel) mix(chain []step, n int, h how) {
	raceChain(chain, k.span(n), n*k.out())
	s := &chain[0]
	switch k {
	case kernelF32:
		mixF32(s, len(chain), n, h)
	case kernelU8:
		mixU8(s, len(chain), n, h)
	case kernelBF16:
		mixBF16(s, len(chain), n, h)
	case kernelF16:
		mixF16(s, len(chain), n, h)
	case kernelU8F32:
		mixU8F32(s, len(chain), n, h)
	case kernelU8BF16:
		mixU8BF16(s, len(chain), n, h)
	case kernelU8F16:
		mixU8F16(s, len(chain), n, h)
	case kernelU8x2F32:
		mixU8x2F32(s, len(chain), n, h)
	case kernelU8x2BF16:
		mixU8x2BF16(s, len(chain), n, h)
	case kernelU8x2F16:
		mixU8x2F16(s, len(chain), n, h)
	case kernelU8x3F32:
		mixU8x3F32(s, len(chain), n, h)
	case kernelU8x3BF16:
		mixU8x3BF16(s, len(chain), n, h)
	case kernelU8x3F16:
		mixU8x3F16(s, len(chain), n, h)
	case kernelU8x4F32:
		mixU8x4F32(s, len(chain), n, h)
	case kernelU8x4BF16:
		mixU8x4BF16(s, len(chain), n, h)
	case kernelU8x4F16:
		mixU8x4F16(s, len(chain), n, h)
	}
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
func (k kernel) advance(chain []step, n int) {
	for i := range chain {
		s := &chain[i]
		s.dst = unsafe.Add(s.dst, n*k.out())
		if s.own != nil {
			s.own = unsafe.Add(s.own, n*k.in())
		}
		if s.partner != nil {
			s.partner = unsafe.Add(s.partner, n*k.in())
		}
	}
}

// mixGeneric runs n columns of a chain in plain Go.
func mixGeneric(k kernel, begin *step, steps, n int, h how) {
	chain := unsafe.Slice(begin, steps)
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
			k.mixStep(unsafe.Add(s.dst, c*k.out()), own, partner, m, &s.params, h.table)
		}
	}
}

func (k kernel) mixStep(dst, own, partner unsafe.Pointer, n int, p *params, t *float32) {
	l, m := math.Float32frombits(p.c0), math.Float32frombits(p.c1)
	switch {
	case k == kernelF32:
		kernels.BlendF32(slice[float32](dst, n), slice[float32](own, n), slice[float32](partner, n), l, m)
	case k == kernelU8:
		kernels.BlendU8(slice[uint8](dst, n), slice[uint8](own, n), slice[uint8](partner, n), int(p.variant>>8))
	case k == kernelBF16:
		kernels.BlendBF16(slice[uint16](dst, n), slice[uint16](own, n), slice[uint16](partner, n), l, m)
	case k == kernelF16:
		kernels.BlendF16(slice[uint16](dst, n), slice[uint16](own, n), slice[uint16](partner, n), l, m)
	case k < kernelU8x2F32:
		k.normalize(dst, slice[uint8](own, n), slice[uint8](partner, n), p, t)
	default:
		var a, b [4 * tablePeriod]uint8 // a channel of some pixels
		for c := 0; c < n; c += len(a) {
			m := min(n-c, len(a))
			x, y := slice[uint8](unsafe.Add(own, c*k.in()), k.span(m)), slice[uint8](unsafe.Add(partner, c*k.in()), k.span(m))
			for i := range m {
				a[i], b[i] = x[i*k.in()], y[i*k.in()]
			}
			k.together().normalize(unsafe.Add(dst, c*k.out()), a[:m], b[:m], p, t)
		}
	}
}

// normalize runs a step of a kernel whose bytes lie together.
func (k kernel) normalize(dst unsafe.Pointer, own, partner []uint8, p *params, t *float32) {
	n, w := len(own), int(p.variant>>8)
	scale, bias := channels(t)
	switch k {
	case kernelU8F32:
		kernels.NormalizeF32(slice[float32](dst, n), own, partner, w, scale, bias)
	case kernelU8BF16:
		kernels.NormalizeBF16(slice[uint16](dst, n), own, partner, w, scale, bias)
	case kernelU8F16:
		kernels.NormalizeF16(slice[uint16](dst, n), own, partner, w, scale, bias)
	}
}

// A table holds the scale and the bias of each column of a row, which repeat, and before them the scale for a mix in units of
// 1/kernels.One. The kernels get the address of a scale in the second period, and look back by up to one and ahead by up to two.
type table struct {
	unit, bias, scale [tableRows * tablePeriod]float32
}

const (
	tablePeriod = 48 // columns: a multiple of 1, 2, 3 and 4 channels, and of every vector
	tableRows   = 4
)

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
