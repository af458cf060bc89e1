package fade

import (
	"fmt"
	"image"
	"sync"
	"unsafe"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/internal/pixels"
)

// Mask sets each pixel of dst to (m·a + (255−m)·b) / 255, rounded to nearest, where m is the byte
// of the mask: 255 gives a, 0 gives b.
//
// The three images must be of one type, one of *[image.RGBA], *[image.NRGBA], *[image.Gray],
// *[image.Alpha] and *[image.CMYK], else the error is [ErrType]; for NRGBA, m/255 takes the place
// of λ. They and the mask must be of one width and height, else the error is [ErrSize]; their
// rectangles may lie anywhere. dst must be a, be b, or have no pixel in common with them, and none
// with the mask, else the error is [blend.ErrOverlap]. After an error dst is unchanged.
func Mask(dst, a, b image.Image, mask *image.Alpha, options ...Option) error {
	v, err := match(dst, a, b)
	if err != nil {
		return err
	}
	if v[0].kind != bytes8 && v[0].kind != nrgba8 || v[0].count > 1 {
		return fmt.Errorf("%w: dst is %s, which no mask mixes", ErrType, describe(dst))
	}
	s, err := look("mask", mask)
	if err != nil {
		return err
	}
	if err := v[0].same(&s); err != nil {
		return err
	}
	if v[0].planes[0].shares(s.planes[0]) {
		return fmt.Errorf("%w: dst %v and mask %v share pixels", blend.ErrOverlap, v[0].rect, s.rect)
	}
	j := job{images: v, masked: true, mask: s.planes[0]}
	j.run(options)
	return nil
}

// maskChunk bytes are mixed at a time where a byte of the mask is for several: few enough to stay in the first-level cache.
const maskChunk = 4 << 10

var chunks = sync.Pool{New: func() any { return new([maskChunk]uint8) }}

// maskRow sets dst to the mix, by a mask, of two rows of its length.
func (j *job) maskRow(dst, a, b, mask []uint8, stream bool) {
	if j.images[0].pixel == 1 {
		pixels.Pair(dst, a, b, mask, 0, stream)
		return
	}
	each := chunks.Get().(*[maskChunk]uint8) // of the mask, a byte for each of a pixel
	defer chunks.Put(each)
	const line = 64
	most := maskChunk - int(uintptr(unsafe.Pointer(unsafe.SliceData(dst)))%line)&^3 // so that the next chunk begins at one
	for len(dst) > 0 {
		n, ok := min(len(dst), most), true
		if j.images[0].kind == nrgba8 {
			n, ok = opaque(a[:n], b)
		}
		if ok {
			pixels.Repeat(each[:n], mask, 4, 0)
			pixels.Pair(dst[:n], a[:n], b[:n], each[:n], 0, stream)
		} else {
			for i := 0; i < n; i += 4 {
				m := uint64(mask[i/4])
				weights{m, 255 - m, 255}.nrgba((*[4]uint8)(dst[i:]), (*[4]uint8)(a[i:]), (*[4]uint8)(b[i:]))
			}
		}
		dst, a, b, mask = dst[n:], a[n:], b[n:], mask[n/4:]
		most = maskChunk
	}
}
