// Package flat makes model input of decoded pictures: one flat []float32 of N × 3 × height × width, as
// onnxruntime takes it, normalized and laid out in one pass over the pixels as they were decoded.
//
//	input := make([]float32, len(pictures)*3*224*224)
//	if err := flat.NCHW(input, pictures, n); err != nil {
//		return err
//	}
//	tensor, err := onnxruntime_go.NewTensor(onnxruntime_go.NewShape(int64(len(pictures)), 3, 224, 224), input)
//
// It is an example: copy it.
package flat

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/draw"

	"github.com/mixblend/blend"
)

// Normalization returns that of models trained on ImageNet, for pixels of RGBA.
func Normalization() (*blend.Normalization, error) {
	mean, std := []float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225}
	n, err := blend.NewNormalization(mean, std, blend.HWC, blend.CHW)
	if err != nil {
		return nil, err
	}
	n.PixelBytes = 4 // of which the last, alpha, is not read
	return n, nil
}

// NCHW sets dst to pictures, all of one size, which are read as [RGBA] returns them.
func NCHW(dst []float32, pictures []image.Image, n *blend.Normalization) error {
	to, err := blend.Rows(dst, len(pictures))
	if err != nil {
		return err
	}
	from := make([][]uint8, len(pictures))
	for i, p := range pictures {
		if size := p.Bounds().Size(); size != pictures[0].Bounds().Size() {
			return fmt.Errorf("flat: picture %d is %v, and the first %v", i, size, pictures[0].Bounds().Size())
		}
		from[i] = RGBA(p).Pix
	}
	return n.ConvertFloat32Rows(to, from)
}

// RGBA returns a picture as opaque RGBA without gaps between its rows: itself, if it is that already. What
// is transparent lies on white.
func RGBA(p image.Image) *image.RGBA {
	if m, ok := p.(*image.RGBA); ok && m.Stride == 4*m.Rect.Dx() && len(m.Pix) == m.Stride*m.Rect.Dy() && opaque(m.Pix) {
		return m
	}
	m := image.NewRGBA(image.Rectangle{Max: p.Bounds().Size()})
	draw.Draw(m, m.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(m, m.Rect, p, p.Bounds().Min, draw.Over)
	return m
}

// opaque reports whether the alpha of all pixels is 255, as the Opaque method of an image does, which goes
// pixel by pixel and takes as long as the conversion.
func opaque(pix []uint8) bool {
	const alphas = 255<<56 | 255<<24
	for ; len(pix) >= 32; pix = pix[32:] {
		v := binary.LittleEndian.Uint64(pix) & binary.LittleEndian.Uint64(pix[8:]) &
			binary.LittleEndian.Uint64(pix[16:]) & binary.LittleEndian.Uint64(pix[24:])
		if v&alphas != alphas {
			return false
		}
	}
	for i := 3; i < len(pix); i += 4 {
		if pix[i] != 255 {
			return false
		}
	}
	return true
}
