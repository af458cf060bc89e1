package blend

import (
	"fmt"
	"math"
	"slices"
)

// A Normalization turns bytes into model input: element v of channel c becomes v·Scale[c] +
// Bias[c], product and sum rounded to float32 once each, never fused. There are one to four
// channels. Scales and biases must be finite, and a scale must be 0 or at least 2⁻¹¹¹ in magnitude.
// Calls refuse any other Normalization with [ErrNormalization].
type Normalization struct {
	Scale, Bias []float32
	// From is the layout of the bytes, To that of the result: To must equal From or be CHW. With
	// one channel and one byte per pixel both are ignored.
	From, To Layout
	// PixelBytes, for bytes in HWC, is the number of bytes of a pixel, 1 to 4, such as 4 for RGBA;
	// 0 means one a channel. Bytes beyond the channels are skipped: with PixelBytes 4 and three
	// channels the fourth byte, alpha, is ignored. To CHW this costs next to nothing, to HWC a pass
	// in the first-level cache.
	//
	// Ignoring alpha is right for opaque images. *image.RGBA has its colors multiplied by alpha:
	// translucent pixels come out as they look on black. *image.NRGBA has not: transparent pixels
	// come out in whatever color they hide.
	PixelBytes int
	// Order, for bytes in HWC, is the byte of a pixel that each channel is: {2, 1, 0} for RGB of
	// BGR or BGRA, {0, 0, 0} for RGB of gray. Empty means 0, 1, 2, ….
	Order []int
}

// NewNormalization returns torchvision's ToTensor and Normalize, (v/255 − mean)/std, as one product
// and one sum: a scale of 1/(255·std) and a bias of −mean/std, each rounded to float32 once. There
// is a mean and a std for each of one to four channels, of pixels in 0…1. A mean or a std beyond
// ±2, most likely that of pixels in 0…255, is [ErrNormalization], as are other numbers of channels
// and unknown layouts.
func NewNormalization(mean, std []float64, from, to Layout) (*Normalization, error) {
	if len(mean) != len(std) || len(mean) < 1 || len(mean) > maxChannels {
		return nil, fmt.Errorf("%w: %d means and %d stds, want one each for 1 to %d channels",
			ErrNormalization, len(mean), len(std), maxChannels)
	}
	n := &Normalization{From: from, To: to}
	for c := range mean {
		scale, bias := float32(1/(255*std[c])), float32(-mean[c]/std[c])
		if scale == 0 || !validScale(scale) || !finite(bias) {
			return nil, fmt.Errorf("%w: mean[%d] = %v, std[%d] = %v: a scale of %v and a bias of %v",
				ErrNormalization, c, mean[c], c, std[c], scale, bias)
		}
		if math.Abs(mean[c]) > 2 || math.Abs(std[c]) > 2 {
			return nil, fmt.Errorf("%w: mean[%d] = %v, std[%d] = %v, want those of pixels in 0…1: divide those of pixels in 0…255 by 255, or set Scale and Bias",
				ErrNormalization, c, mean[c], c, std[c])
		}
		n.Scale, n.Bias = append(n.Scale, scale), append(n.Bias, bias)
	}
	if err := n.checkPixels(); err != nil {
		return nil, err
	}
	return n, nil
}

const (
	maxChannels = 4
	minScale    = 0x1p-111 // so that a 1<<15th of it is exact
)

func finite(f float32) bool { return f-f == 0 }

func validScale(s float32) bool { return s == 0 || math.Abs(float64(s)) >= minScale && finite(s) }

// check says what is wrong with n in itself.
func (n *Normalization) check() error {
	switch {
	case n == nil:
		return fmt.Errorf("%w: nil", ErrNormalization)
	case len(n.Scale) != len(n.Bias) || len(n.Scale) < 1 || len(n.Scale) > maxChannels:
		return fmt.Errorf("%w: %d scales and %d biases, want one each for 1 to %d channels",
			ErrNormalization, len(n.Scale), len(n.Bias), maxChannels)
	case slices.ContainsFunc(n.Scale, func(s float32) bool { return !validScale(s) }):
		return fmt.Errorf("%w: scales %v, want finite ones, of %v at least if they are not 0", ErrNormalization, n.Scale, minScale)
	case slices.ContainsFunc(n.Bias, func(b float32) bool { return !finite(b) }):
		return fmt.Errorf("%w: biases %v, want finite ones", ErrNormalization, n.Bias)
	}
	return n.checkPixels()
}

func (n *Normalization) checkPixels() error {
	channels, bytes := len(n.Scale), n.pixelBytes()
	switch {
	case n.PixelBytes < 0 || n.PixelBytes > maxChannels:
		return fmt.Errorf("%w: PixelBytes = %d, want 1 to %d, or 0 for one a channel", ErrNormalization, n.PixelBytes, maxChannels)
	case len(n.Order) == 0 && bytes < channels:
		return fmt.Errorf("%w: PixelBytes = %d for %d channels, and no Order", ErrNormalization, bytes, channels)
	case len(n.Order) != 0 && len(n.Order) != channels:
		return fmt.Errorf("%w: Order = %v, want a byte each for %d channels", ErrNormalization, n.Order, channels)
	case slices.ContainsFunc(n.Order, func(b int) bool { return b < 0 || b >= bytes }):
		return fmt.Errorf("%w: Order = %v, want bytes 0 to %d of a pixel", ErrNormalization, n.Order, bytes-1)
	case channels == 1 && bytes == 1:
		return nil
	case n.From != CHW && n.From != HWC || n.To != CHW && n.To != n.From:
		return fmt.Errorf("%w: %d channels from layout %v to %v, want CHW to CHW, or HWC, as decoders have it, to HWC or CHW",
			ErrNormalization, channels, n.From, n.To)
	case n.From != HWC && (n.PixelBytes != 0 || len(n.Order) != 0):
		return fmt.Errorf("%w: PixelBytes = %d and Order = %v are for layout HWC, and From is %v",
			ErrNormalization, n.PixelBytes, n.Order, n.From)
	}
	return nil
}

// pixelBytes is how many bytes of x a pixel has.
func (n *Normalization) pixelBytes() int {
	if n.PixelBytes == 0 {
		return len(n.Scale)
	}
	return n.PixelBytes
}
