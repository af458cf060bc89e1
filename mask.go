package blend

import (
	"fmt"
	"unsafe"

	"github.com/mixblend/blend/internal/overlap"
)

// Uint8Mask sets dst[i] = (m·a[i] + (255−m)·b[i]) / 255 with m = mask[i], exact, rounded to nearest
// (ties cannot occur because 255 is odd): m = 255 gives a[i], m = 0 gives b[i]. The four have one
// length, else [ErrShape]. dst must be a, be b, or overlap neither, and must not overlap mask, else
// [ErrOverlap].
func Uint8Mask(dst, a, b, mask []uint8) error {
	return maskPair(kernelU8, dst, a, b, mask)
}

// Float32Mask sets dst[i] = l·a[i] + n·b[i] with m = mask[i], l = m/255 and n = (255−m)/255, each
// rounded to float32 once, as are both products and the sum. m = 255 gives the bits of a[i], and m
// = 0 those of b[i], whatever the other is, NaN or infinity. The four have one length, else
// [ErrShape]. dst must be a, be b, or overlap neither, and must not overlap mask, else
// [ErrOverlap].
func Float32Mask(dst, a, b []float32, mask []uint8) error {
	return maskPair(kernelF32, dst, a, b, mask)
}

func maskPair[T uint8 | float32](k kernel, dst, a, b []T, mask []uint8) error {
	d, x, y, m := unsafe.Pointer(unsafe.SliceData(dst)), unsafe.Pointer(unsafe.SliceData(a)), unsafe.Pointer(unsafe.SliceData(b)),
		unsafe.Pointer(unsafe.SliceData(mask))
	n, size := len(dst), int(unsafe.Sizeof(*new(T)))
	if len(a) != n || len(b) != n || len(mask) != n {
		return fmt.Errorf("%w: dst has %d elements, a %d, b %d, mask %d", ErrShape, n, len(a), len(b), len(mask))
	}
	if overlap.Partly(d, x, size*n) || overlap.Partly(d, y, size*n) {
		return pairError(0, d, x, y, n, n, n, size)
	}
	if n == 0 {
		return nil
	}
	if overlap.Any(d, size*n, m, n) {
		return fmt.Errorf("%w: %s", ErrOverlap, overlap.Where("dst", d, size*n, "mask", m, n))
	}
	var s step
	s.dst, s.own, s.partner, s.mask = d, x, y, m
	s.params = k.maskParams()
	k.mixLarge(&s, n)
	return nil
}
