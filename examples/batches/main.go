package main

import (
	"bytes"
	"github.com/mixblend/blend"
	"github.com/mixblend/blend/mixup"
	"image"
	"image/draw"
	"image/jpeg"
	"log"
	"os"
	"path/filepath"
)

func main() { // batches photos/7/a.jpg photos/3/b.jpg …: a folder's digit is its class
	const side, classes = 224, 10
	norm := must(blend.NewNormalization([]float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225}, blend.HWC, blend.CHW))
	norm.PixelBytes = 4 // RGBA, of which the A is skipped
	sampler := must(mixup.New(mixup.Config{Seed: 1, Alpha: 0.8, CutMixAlpha: 1, Height: side, Width: side, Layout: mixup.HWC}))
	for b, files := new(mixup.Batch), os.Args[1:]; len(files) > 0; files = files[b.Len():] {
		check(sampler.Next(b, min(64, len(files)))) // draw: each row's partner, and λ or a box
		x, class := image.NewRGBA(image.Rect(0, 0, side, b.Len()*side)), make([]int, b.Len())
		for i, name := range files[:b.Len()] {
			picture, err := jpeg.Decode(bytes.NewReader(must(os.ReadFile(name))))
			draw.Draw(x, image.Rect(0, i*side, side, (i+1)*side), must(picture, err, name+":"), image.Point{}, draw.Src)
			class[i] = int(filepath.Base(filepath.Dir(name))[0]) - '0'
		}
		input, labels := make([]float32, b.Len()*3*side*side), make([]float32, b.Len()*classes)
		check(b.NormalizeFloat32(input, x.Pix, norm))                 // mix and normalize pixels
		check(mixup.OneHot(b, labels, class, classes, 0.1))           // mix labels by the same draw, smoothed
		log.Println(b.Len(), b.Lambda(0), input[0], labels[:classes]) // train on input and labels
	}
}
func must[T any](v T, err error, what ...any) T { check(err, what...); return v }
func check(err error, what ...any) {
	if err != nil {
		log.Fatalln(append(what, err)...)
	}
}
