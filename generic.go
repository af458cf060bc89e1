package blend

import (
	"unsafe"

	"github.com/mixblend/blend/kernels"
)

// observe, if not nil, is told of every step that runGeneric is called with. Tests set it, to see what a traversal does, and who.
var observe func(k kernel, dst uintptr, step, steps, n int, stream bool)

// runGeneric runs n columns of a chain in plain Go.
func runGeneric(k kernel, begin *step, steps, n int, h how) {
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
			case k.strided():
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
	half := paramsNormalize(0.5)
	var a, b [4 * tablePeriod]uint8
	for c := 0; c < n; c += len(a) {
		m := min(n-c, len(a))
		k.gather(a[:m], unsafe.Add(own, c*k.in()))
		k.gather(b[:m], unsafe.Add(partner, c*k.in()))
		kernels.BlendMaskU8(a[:m], a[:m], b[:m], slice[uint8](unsafe.Add(mask, c), m))
		k.mixStep(unsafe.Add(dst, c*k.out()), unsafe.Pointer(&a), unsafe.Pointer(&a), m, &half, t)
	}
}

// gather puts bytes together that are as far apart as k has them.
func (k kernel) gather(dst []uint8, from unsafe.Pointer) {
	x := slice[uint8](from, k.span(len(dst)))
	for i := range dst {
		dst[i] = x[i*k.in()]
	}
}
