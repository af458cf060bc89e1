package blend

import (
	"unsafe"

	"github.com/mixblend/blend/internal/pixels"
)

func init() {
	of := func(c pixels.Call) callOptions {
		p, _ := c.Plan.(*Plan)
		a := p.options()
		a.workers, a.store, a.cut = c.Workers, StoreMode(c.Store), c.Cut
		return a
	}
	mixes := [...]kernel{pixels.Float32: kernelF32, pixels.Uint8: kernelU8, pixels.BFloat16: kernelBF16, pixels.Float16: kernelF16}
	normalizes := [...]kernel{pixels.Float32: kernelU8F32, pixels.BFloat16: kernelU8BF16, pixels.Float16: kernelU8F16}
	pixels.Mix = func(c pixels.Call, f pixels.Format, dst, x pixels.Operand) error {
		return of(c).mix(mixes[f], dst, x)
	}
	pixels.Normalize = func(c pixels.Call, f pixels.Format, dst, x pixels.Operand, n any) error {
		return of(c).normalize(normalizes[f], dst, x, n.(*Normalization))
	}
	pixels.Paste = func(c pixels.Call, size int, dst, x pixels.Operand) error {
		return of(c).paste(size, dst, x)
	}
	pixels.Streams, pixels.Fence = streams, fence
	pixels.Pair = func(dst, a, b, mask []byte, lambda float64, stream bool) {
		var s step
		s.dst, s.own, s.partner = unsafe.Pointer(unsafe.SliceData(dst)), unsafe.Pointer(unsafe.SliceData(a)), unsafe.Pointer(unsafe.SliceData(b))
		if mask == nil {
			s.params = paramsU8(lambda)
		} else {
			s.mask, s.params = unsafe.Pointer(unsafe.SliceData(mask)), kernelU8.maskParams()
		}
		kernelU8.mixPair(&s, len(dst), stream)
	}
}
