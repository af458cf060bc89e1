package main

import (
	"bytes"
	"image"
	"image/draw"
	"image/jpeg"
	"log"
	"os"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/mixup"
)

func main() { // batches 7/a.jpg 3/b.jpg …: pictures in folders 0 to 9, which are their classes
	const side, classes, batch = 224, 10, 64
	norm := check(blend.NewNormalization([]float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225}, blend.HWC, blend.CHW))
	norm.PixelBytes = 4 // RGBA, of which the A is skipped
	sampler := check(mixup.New(mixup.Config{Seed: 1, Alpha: 0.8, CutMixAlpha: 1, Height: side, Width: side, Layout: mixup.HWC}))
	for b, files := new(mixup.Batch), os.Args[1:]; len(files) > 0; files = files[b.Len():] {
		class, x := make([]int, min(batch, len(files))), image.NewRGBA(image.Rect(0, 0, side, batch*side))
		for i, name := range files[:len(class)] {
			picture := check(jpeg.Decode(bytes.NewReader(check(os.ReadFile(name)))))
			draw.Draw(x, image.Rect(0, i*side, side, (i+1)*side), picture, image.Point{}, draw.Src) // or scale
			class[i] = int(name[0]) - '0'
		}
		check(b, sampler.Next(b, len(class))) // draw who is mixed with whom, by λ or by a box
		input, labels := make([]float32, b.Len()*3*side*side), make([]float32, b.Len()*classes)
		check(input, b.NormalizeFloat32(input, x.Pix[:b.Len()*4*side*side], norm)) // mix and normalize pixels
		check(labels, mixup.OneHot(b, labels, class, classes, 0.1))                // mix labels alike, smoothed
		log.Println(b.Len(), b.Lambda(0), input[0], labels[:classes])              // train on input and labels
	}
}
func check[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
