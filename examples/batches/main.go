package main

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"os"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/mixup"
)

func main() { // batches 7/a.jpg 12/b.jpg …: images of classes 7, 12, …
	const side, classes, batch = 224, 1000, 64
	n := must(blend.NewNormalization([]float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225}, blend.HWC, blend.CHW))
	n.PixelBytes = 4 // RGBA
	s := must(mixup.New(mixup.Config{Seed: 1, Alpha: 0.2, CutMixAlpha: 1, Height: side, Width: side, Layout: mixup.HWC}))
	for b, files := new(mixup.Batch), os.Args[1:]; len(files) > 0; files = files[b.Len():] {
		class, x := make([]int, min(batch, len(files))), image.NewRGBA(image.Rect(0, 0, side, batch*side)) // one below the other
		for i := range class {
			must(fmt.Sscanf(files[i], "%d/", &class[i]))
			file := bytes.NewReader(must(os.ReadFile(files[i])))
			draw.Draw(x, image.Rect(0, i*side, side, (i+1)*side), must(jpeg.Decode(file)), image.Point{}, draw.Src) // or scale it
		}
		input, labels := make([]float32, len(class)*side*side*3), make([]float32, len(class)*classes)
		must(b, s.Next(b, len(class)))                                            // who is mixed with whom, by mixup or by CutMix
		must(input, b.NormalizeFloat32(input, x.Pix[:len(class)*side*side*4], n)) // pixels, mixed and normalized in one pass
		must(labels, mixup.OneHot(b, labels, class, classes, 0.1))                // labels to match, smoothed
		fmt.Println(b.Len(), b.Lambda(0), input[0], labels[0])                    // or train on them
	}
}
func must[T any](v T, err error) T {
	if err == nil {
		return v
	}
	panic(err)
}
