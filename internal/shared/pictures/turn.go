package pictures

import (
	"context"
	"image"
	"image/draw"
)

// turn returns a picture as it is meant to be seen. The orientation of EXIF says where the first
// row and the first column of what is stored are then: 1 top and left, 2 top and right, 3 bottom
// and right, 4 bottom and left, 5 left and top, 6 right and top, 7 right and bottom, 8 left and
// bottom.
func turn(ctx context.Context, m image.Image, orientation int) (image.Image, error) {
	if orientation == 1 {
		return m, nil
	}
	r := m.Bounds()
	w, h := r.Dx(), r.Dy()
	size := image.Rect(0, 0, w, h)
	if orientation >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	rowOf, dst, pixel := rowsOf(m, size)
	pix, stride := dst.pix, dst.stride
	for y := range h {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		row := rowOf(y)
		// Pixel x of the row goes to start + x·step.
		var start, step int
		switch orientation {
		case 2:
			start, step = y*stride+(w-1)*pixel, -pixel
		case 3:
			start, step = (h-1-y)*stride+(w-1)*pixel, -pixel
		case 4:
			start, step = (h-1-y)*stride, pixel
		case 5:
			start, step = y*pixel, stride
		case 6:
			start, step = (h-1-y)*pixel, stride
		case 7:
			start, step = (w-1)*stride+(h-1-y)*pixel, -stride
		case 8:
			start, step = (w-1)*stride+y*pixel, -stride
		}
		for x := range w {
			copy(pix[start+x*step:][:pixel], row[x*pixel:])
		}
	}
	return dst.image, nil
}

// A turned is an image to be filled, and its memory.
type turned struct {
	image  image.Image
	pix    []uint8
	stride int
}

// rowsOf returns how to read the rows of a picture, an image of its type for them, and the bytes of
// a pixel. A picture without such rows, as YCbCr is, becomes RGBA.
func rowsOf(m image.Image, size image.Rectangle) (row func(y int) []uint8, dst turned, pixel int) {
	var pix []uint8
	var stride int
	switch m := m.(type) {
	case *image.Gray:
		d := image.NewGray(size)
		pix, stride, pixel, dst = m.Pix, m.Stride, 1, turned{d, d.Pix, d.Stride}
	case *image.Gray16:
		d := image.NewGray16(size)
		pix, stride, pixel, dst = m.Pix, m.Stride, 2, turned{d, d.Pix, d.Stride}
	case *image.RGBA:
		d := image.NewRGBA(size)
		pix, stride, pixel, dst = m.Pix, m.Stride, 4, turned{d, d.Pix, d.Stride}
	case *image.NRGBA:
		d := image.NewNRGBA(size)
		pix, stride, pixel, dst = m.Pix, m.Stride, 4, turned{d, d.Pix, d.Stride}
	case *image.CMYK:
		d := image.NewCMYK(size)
		pix, stride, pixel, dst = m.Pix, m.Stride, 4, turned{d, d.Pix, d.Stride}
	case *image.RGBA64:
		d := image.NewRGBA64(size)
		pix, stride, pixel, dst = m.Pix, m.Stride, 8, turned{d, d.Pix, d.Stride}
	case *image.NRGBA64:
		d := image.NewNRGBA64(size)
		pix, stride, pixel, dst = m.Pix, m.Stride, 8, turned{d, d.Pix, d.Stride}
	case *image.Paletted:
		d := image.NewPaletted(size, m.Palette)
		pix, stride, pixel, dst = m.Pix, m.Stride, 1, turned{d, d.Pix, d.Stride}
	default:
		d := image.NewRGBA(size)
		r := m.Bounds()
		line := image.NewRGBA(image.Rect(0, 0, r.Dx(), 1))
		return func(y int) []uint8 {
			draw.Draw(line, line.Rect, m, r.Min.Add(image.Pt(0, y)), draw.Src)
			return line.Pix
		}, turned{d, d.Pix, d.Stride}, 4
	}
	return func(y int) []uint8 { return pix[y*stride:] }, dst, pixel
}
