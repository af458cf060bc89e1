package fade

import (
	"fmt"
	"image"

	"github.com/mixblend/blend"
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
