package pictures

import (
	"context"
	"image"
	"image/draw"
	"math"

	xdraw "golang.org/x/image/draw"
)

// Crop returns the largest rectangle in the middle of r with the aspect ratio w:h.
func Crop(r image.Rectangle, w, h int) image.Rectangle {
	cw, ch := r.Dx(), r.Dy()
	if across, down := int64(cw)*int64(h), int64(ch)*int64(w); across > down {
		cw = max(1, int((down+int64(h)/2)/int64(h)))
	} else {
		ch = max(1, int((across+int64(w)/2)/int64(w)))
	}
	at := r.Min.Add(image.Pt((r.Dx()-cw)/2, (r.Dy()-ch)/2))
	return image.Rectangle{at, at.Add(image.Pt(cw, ch))}
}

// Scale scales a rectangle of a picture, not empty, to all of dst, on white. It computes what
// draw.CatmullRom of golang.org/x/image does, to within one (two where there is alpha), but row by
// row, so that it stops when ctx is done, and needs 16 bytes a pixel of dst and not 32 for each row
// of src and column of dst.
func Scale(ctx context.Context, dst *image.RGBA, src image.Image, from image.Rectangle) error {
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	columns, rows := distribute(w, from.Dx()), distribute(h, from.Dy())
	sums := make([]float32, 4*w*h)
	line := image.NewRGBA(image.Rect(0, 0, from.Dx(), 1))
	scaled := make([]float32, 4*w)
	first := 0 // row of dst that a row of src, or one after it, goes into
	for y := range from.Dy() {
		if err := ctx.Err(); err != nil {
			return err
		}
		for first < h && rows[first].end() <= y {
			first++
		}
		if first == h || rows[first].start > y {
			continue
		}
		draw.Draw(line, line.Rect, src, from.Min.Add(image.Pt(0, y)), draw.Src)
		for x, c := range columns {
			var r, g, b, a float32
			p := line.Pix[4*c.start : 4*c.end()]
			for i, weight := range c.weights {
				r += weight * float32(p[4*i])
				g += weight * float32(p[4*i+1])
				b += weight * float32(p[4*i+2])
				a += weight * float32(p[4*i+3])
			}
			scaled[4*x], scaled[4*x+1], scaled[4*x+2], scaled[4*x+3] = r, g, b, a
		}
		for i := first; i < h && rows[i].start <= y; i++ {
			if y < rows[i].end() {
				weight := rows[i].weights[y-rows[i].start]
				sum := sums[4*w*i:][:4*w]
				for k, v := range scaled {
					sum[k] += weight * v
				}
			}
		}
	}
	for y := range h {
		pix, sum := dst.Pix[y*dst.Stride:][:4*w], sums[4*w*y:][:4*w]
		for x := 0; x < len(pix); x += 4 {
			alpha := min(max(sum[x+3], 0), 255)
			for c := range 3 {
				v := min(max(sum[x+c], 0), alpha) + 255 - alpha // white shines through
				pix[x+c] = uint8(v + 0.5)
			}
			pix[x+3] = 255
		}
	}
	return nil
}

// weights are those of neighbours, the first of which is start.
type weights struct {
	start   int
	weights []float32
}

func (w weights) end() int { return w.start + len(w.weights) }

// distribute returns which of m pixels each of n is made of.
func distribute(n, m int) []weights {
	scale := float64(m) / float64(n)
	stretch := max(scale, 1) // of the kernel
	half := xdraw.CatmullRom.Support * stretch
	all := make([]weights, n)
	for i := range all {
		center := (float64(i)+0.5)*scale - 0.5
		start, end := max(int(math.Ceil(center-half)), 0), min(int(math.Floor(center+half))+1, m)
		each := make([]float32, 0, end-start)
		sum := 0.0
		for k := start; k < end; k++ {
			sum += kernel((float64(k) - center) / stretch)
		}
		for k := start; k < end; k++ {
			each = append(each, float32(kernel((float64(k)-center)/stretch)/sum))
		}
		all[i] = weights{start, each}
	}
	return all
}

// kernel is 0 where the library's is not asked.
func kernel(t float64) float64 {
	if t = math.Abs(t); t < xdraw.CatmullRom.Support {
		return xdraw.CatmullRom.At(t)
	}
	return 0
}
