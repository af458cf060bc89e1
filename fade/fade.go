// Package fade mixes Go's own images: it cross-fades two pictures, makes a frame between two frames
// of a video, and lays one picture into another by a mask.
//
// [Images] sets every value of a pixel to λ·a + (1−λ)·b, exact, rounded half to even once, with λ
// on the grid of [blend.Quantize]. The results are the same bits on every CPU.
//
//   - RGBA (premultiplied, as package image has it), Gray, Alpha and CMYK are mixed byte by byte by
//     [blend.Uint8]. YCbCr, which JPEG and the frames of videos are, is mixed plane by plane.
//   - NRGBA (not premultiplied): alpha is λ·αa + (1−λ)·αb. A color is the mean weighted by the
//     unrounded alpha, (λ·αa·ca + (1−λ)·αb·cb) / (λ·αa + (1−λ)·αb), or 0 if the divisor is 0:
//     transparent pixels contribute no color. Opaque pixels are mixed by blend.Uint8.
//   - RGBA64, NRGBA64, Gray16 and Alpha16 follow the same rules in 16 bits, by exact integers.
//
// Values are mixed as the image holds them, mostly gamma-encoded sRGB, as most programs do.
package fade

import (
	"errors"
	"fmt"
	"image"

	"github.com/mixblend/blend"
)

// Errors wrap one of these, [blend.ErrLambda] or [blend.ErrOverlap]; test with [errors.Is].
var (
	// ErrType: an image has a type that this package does not mix, or the types of the images
	// differ. YCbCr images of different subsampling are of different types.
	ErrType = errors.New("fade: types do not match")
	// ErrSize: images differ in width or height, or one has fewer bytes than its rectangle and
	// stride ask for.
	ErrSize = errors.New("fade: sizes do not match")
	// ErrChroma: a subsampled YCbCr rectangle shares chroma with pixels outside it.
	ErrChroma = errors.New("fade: chroma is shared with pixels outside the rectangle")
)

// An Option changes how a call works, not what it computes.
type Option struct{ workers int }

// Workers lets n goroutines share a call; 1 or less means the caller's only. A call too small to
// gain from more starts none.
func Workers(n int) Option { return Option{n} }

// Images sets dst to λ·a + (1−λ)·b: λ = 1 gives a, λ = 0 gives b.
//
// The three images must be of one type, else the error is [ErrType]: *image.RGBA, *image.NRGBA,
// *image.Gray, *image.Alpha, *image.CMYK, *image.RGBA64, *image.NRGBA64, *image.Gray16,
// *image.Alpha16, or *image.YCbCr of one subsampling. They must be of one width and height, else it
// is [ErrSize]; their rectangles may lie anywhere. Sub-images are fine: nothing outside the
// rectangle of dst is written. dst must be a, be b, or have no pixel in common with them, else the
// error is [blend.ErrOverlap]. λ outside [0, 1] is [blend.ErrLambda]. After an error dst is
// unchanged.
//
// Pixels of a subsampled YCbCr image share chroma. Each rectangle must begin at a multiple of the
// subsampling, 0 or more. That of dst must also end at one, unless dst is a whole image as
// [image.NewYCbCr] makes it. Otherwise the error is [ErrChroma]. (A JPEG of odd width or height is
// decoded to a part of a larger image: it can be a or b, but not dst.)
func Images(dst, a, b image.Image, lambda float64, options ...Option) error {
	if !(lambda >= 0 && lambda <= 1) {
		return fmt.Errorf("%w: %v", blend.ErrLambda, lambda)
	}
	v, err := match(dst, a, b)
	if err != nil {
		return err
	}
	j := job{images: v, lambda: lambda, weights: lambdaWeights(lambda)}
	j.run(options)
	return nil
}
