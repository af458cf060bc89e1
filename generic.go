package blend

import (
	"encoding/binary"
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
	if steps == 1 && begin.partner != nil && begin.mask == nil && !k.strided() { // as a short pair is
		k.mixStep(begin.dst, begin.own, begin.partner, n, &begin.params, h.table)
		return
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
			case s.mask != nil && s.channels() > 1:
				k.mixInterleaved(dst, own, partner, s.maskAt(c), m, s.channels())
			case s.mask != nil:
				k.mixMasked(s, dst, own, partner, c, m, h.table)
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

// mixInterleaved lays a mask of interleaved pixels out for mixMasked.
func (k kernel) mixInterleaved(dst, own, partner, mask unsafe.Pointer, n, channels int) {
	var m [4 * tablePeriod]uint8
	s := step{mask: unsafe.Pointer(&m), params: k.maskParams()}
	for c := 0; c < n; c += len(m) {
		columns := m[:min(n-c, len(m))]
		for i := range columns {
			columns[i] = *(*uint8)(unsafe.Add(mask, (c+i)/channels))
		}
		k.mixMasked(&s, unsafe.Add(dst, c*k.out()), unsafe.Add(own, c*k.in()), unsafe.Add(partner, c*k.in()), 0, len(columns), nil)
	}
}

// mixMasked mixes n columns of a step, from column begin on, by its mask, and normalizes the mix.
func (k kernel) mixMasked(s *step, dst, own, partner unsafe.Pointer, begin, n int, t *float32) {
	switch mask := s.maskAt(begin); k {
	case kernelU8:
		s.mixBytes(slice[uint8](dst, n), slice[uint8](own, n), slice[uint8](partner, n), begin)
		return
	case kernelF32:
		kernels.BlendMaskF32(slice[float32](dst, n), slice[float32](own, n), slice[float32](partner, n), slice[uint8](mask, n))
		return
	case kernelBF16:
		kernels.BlendMaskBF16(slice[uint16](dst, n), slice[uint16](own, n), slice[uint16](partner, n), slice[uint8](mask, n))
		return
	case kernelF16:
		kernels.BlendMaskF16(slice[uint16](dst, n), slice[uint16](own, n), slice[uint16](partner, n), slice[uint8](mask, n))
		return
	}
	half := paramsNormalize(0.5)
	var a, b [4 * tablePeriod]uint8
	for c := 0; c < n; c += len(a) {
		m := min(n-c, len(a))
		k.gather(a[:m], unsafe.Add(own, c*k.in()))
		k.gather(b[:m], unsafe.Add(partner, c*k.in()))
		s.mixBytes(a[:m], a[:m], b[:m], begin+c)
		k.mixStep(unsafe.Add(dst, c*k.out()), unsafe.Pointer(&a), unsafe.Pointer(&a), m, &half, t)
	}
}

// mixBytes mixes bytes, from column begin on, by the mask of a step.
func (s *step) mixBytes(dst, own, partner []uint8, begin int) {
	mask := s.maskAt(begin)
	if !s.selects() {
		kernels.BlendMaskU8(dst, own, partner, slice[uint8](mask, len(dst)))
		return
	}
	bits := slice[uint8](mask, bitsBytes(len(dst)))
	for i, b := range bits[:len(dst)/8] {
		// A byte of ones for each bit that is 1, by way of that bit in a byte of its own.
		m := uint64(b) * 0x0101_0101_0101_0101 & 0x8040_2010_0804_0201
		m = (m + 0x7f7f_7f7f_7f7f_7f7f) >> 7 & 0x0101_0101_0101_0101 * 255
		v := binary.LittleEndian.Uint64(own[8*i:])&m | binary.LittleEndian.Uint64(partner[8*i:])&^m
		binary.LittleEndian.PutUint64(dst[8*i:], v)
	}
	for i := len(dst) &^ 7; i < len(dst); i++ {
		v := partner[i]
		if bits[i/8]>>(i%8)&1 != 0 {
			v = own[i]
		}
		dst[i] = v
	}
}

// gather puts bytes together that are as far apart as k has them.
func (k kernel) gather(dst []uint8, from unsafe.Pointer) {
	x := slice[uint8](from, k.span(len(dst)))
	for i := range dst {
		dst[i] = x[i*k.in()]
	}
}
