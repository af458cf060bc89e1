package mixup

import (
	"fmt"
	"image"
	"math"

	"github.com/mixblend/blend"
)

// A Layout is the order of the elements of an image. The zero value means unset.
type Layout = blend.Layout

const (
	CHW = blend.CHW
	HWC = blend.HWC
)

func checkImage(layout Layout, height, width int) error {
	switch {
	case layout != CHW && layout != HWC:
		return fmt.Errorf("%w: Layout = %v, want CHW, or HWC as decoders and package image have it", ErrConfig, layout)
	case height < 1:
		return fmt.Errorf("%w: Height = %d, want 1 or more", ErrConfig, height)
	case width < 1 || width > math.MaxInt/height:
		return fmt.Errorf("%w: Width = %d with Height = %d, want 1 or more, and a product that fits an int",
			ErrConfig, width, height)
	}
	return nil
}

// Box returns the box that CutMix cuts at λ around row cy and column cx of an image: in proportion
// to the image, of 1−λ of its area, then clipped to it. It equals rand_bbox of timm 1.0.31 for the
// same center and λ. Sides are rounded down, so in an image of few rows or columns the box is often
// empty.
//
// An image of height or width 1 is a signal: the box takes 1−λ of its one length, where timm's
// would take √(1−λ) of it and none of the other side.
//
// The error is [blend.ErrLambda] for a λ outside [0, 1], [ErrBox] for a centre outside the image,
// [ErrConfig] for an image without pixels.
func Box(height, width int, lambda float64, cy, cx int) (image.Rectangle, error) {
	if err := checkImage(CHW, height, width); err != nil {
		return image.Rectangle{}, err
	}
	if !(lambda >= 0 && lambda <= 1) {
		return image.Rectangle{}, fmt.Errorf("%w: %v", blend.ErrLambda, lambda)
	}
	if cy < 0 || cy >= height || cx < 0 || cx >= width {
		return image.Rectangle{}, fmt.Errorf("%w: its centre is row %d, column %d of %d × %d pixels",
			ErrBox, cy, cx, height, width)
	}
	return box(height, width, lambda, cy, cx), nil
}

func box(height, width int, lambda float64, cy, cx int) (b image.Rectangle) {
	side := math.Sqrt(1 - lambda)
	switch {
	case height == 1:
		b.Max.Y = 1
		b.Min.X, b.Max.X = clip(cx, 1-lambda, width)
	case width == 1:
		b.Max.X = 1
		b.Min.Y, b.Max.Y = clip(cy, 1-lambda, height)
	default:
		b.Min.Y, b.Max.Y = clip(cy, side, height)
		b.Min.X, b.Max.X = clip(cx, side, width)
	}
	return b
}

// clip returns what is inside [0, size) of an interval around centre that has so much of size.
func clip(centre int, share float64, size int) (from, to int) {
	length := size // as a float64 it may be more than an int holds
	if l := float64(size) * share; l < float64(size) {
		length = int(l)
	}
	return max(centre-length/2, 0), centre + min(length/2+length%2, size-centre)
}

// boxLambda is the share of the image that a box leaves. Where there are many, it is a float32, as
// timm keeps it.
func boxLambda(b image.Rectangle, height, width, boxes int) float64 {
	lambda := 1 - float64(b.Dx()*b.Dy())/float64(height*width)
	if boxes > 1 {
		return float64(float32(lambda))
	}
	return lambda
}
