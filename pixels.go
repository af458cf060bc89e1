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
	pixels.Pair = func(dst, a, b []byte, lambda float64, stream bool) {
		s := pairOf(dst, a, b)
		s.params = paramsU8(lambda)
		kernelU8.mixPair(&s, len(dst), stream)
	}
	pixels.MaskPair = maskPixels
}

func pairOf(dst, a, b []byte) (s step) {
	s.dst, s.own, s.partner = unsafe.Pointer(unsafe.SliceData(dst)), unsafe.Pointer(unsafe.SliceData(a)), unsafe.Pointer(unsafe.SliceData(b))
	return s
}

// laidOutBytes of a mask are laid out at a time for a pair: few enough to stay in the first-level cache, and whole lines.
const laidOutBytes = 21 * cutUnit

// maskPixels is pixels.MaskPair. The kernel reads a mask of interleaved pixels as it is, from a line of dst on if results are streamed;
// what it leaves, which may be all, is laid out.
func maskPixels(dst, a, b, mask []byte, channels int, stream bool) {
	k := kernelU8
	asItIs, period, ok := k.pixelMaskParams(channels)
	var sc *scratch
	for len(dst) > 0 {
		n, s := len(dst), pairOf(dst, a, b)
		s.mask, s.params = unsafe.Pointer(unsafe.SliceData(mask)), k.maskParams()
		toLine := 0
		if stream {
			toLine = int(-uintptr(s.dst) % cacheLine)
		}
		switch {
		case channels == 1:
		case ok && toLine == 0 && n >= period:
			n = n / period * period
			s.params = asItIs
		default:
			n = min(n, laidOutBytes)
			if toLine > 0 && toLine%channels == 0 {
				n = min(n, toLine)
			}
			laidOut := grown(&takeScratch(&sc).masks, laidOutBytes)[:n]
			pixels.Repeat(laidOut, mask, channels, 0)
			s.mask = unsafe.Pointer(&laidOut[0])
		}
		k.mixPair(&s, n, stream)
		dst, a, b, mask = dst[n:], a[n:], b[n:], mask[n/channels:]
	}
	if sc != nil {
		scratchPool.Put(sc)
	}
}
