package fade_test

import (
	"fmt"
	"image"
	"image/color"

	"github.com/mixblend/blend/fade"
)

func fill(r image.Rectangle, c color.RGBA) *image.RGBA {
	m := image.NewRGBA(r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

func ExampleImages() {
	r := image.Rect(0, 0, 640, 480)
	red, blue := fill(r, color.RGBA{200, 0, 0, 255}), fill(r, color.RGBA{0, 0, 100, 255})

	dst := image.NewRGBA(r)
	if err := fade.Images(dst, red, blue, 0.75); err != nil {
		panic(err)
	}
	fmt.Println(dst.RGBAAt(320, 240))
	// Output: {150 0 25 255}
}

// In not premultiplied colors what is transparent lends no color.
func ExampleImages_nrgba() {
	r := image.Rect(0, 0, 1, 1)
	red, clear := image.NewNRGBA(r), image.NewNRGBA(r)
	red.SetNRGBA(0, 0, color.NRGBA{200, 0, 0, 255})
	clear.SetNRGBA(0, 0, color.NRGBA{0, 255, 0, 0})

	if err := fade.Images(clear, red, clear, 0.5); err != nil { // in place
		panic(err)
	}
	fmt.Println(clear.NRGBAAt(0, 0))
	// Output: {200 0 0 128}
}

func ExampleWorkers() {
	r := image.Rect(0, 0, 1920, 1080)
	from, to := fill(r, color.RGBA{200, 0, 0, 255}), fill(r, color.RGBA{0, 0, 100, 255})

	if err := fade.Images(from, to, from, 0.5, fade.Workers(2)); err != nil {
		panic(err)
	}
	fmt.Println(from.RGBAAt(960, 540))
	// Output: {100 0 50 255}
}

func ExampleMask() {
	r := image.Rect(0, 0, 256, 1)
	red, blue := fill(r, color.RGBA{200, 0, 0, 255}), fill(r, color.RGBA{0, 0, 100, 255})
	mask := image.NewAlpha(r)
	for x := range 256 {
		mask.SetAlpha(x, 0, color.Alpha{uint8(x)}) // from blue on the left to red on the right
	}

	dst := image.NewRGBA(r)
	if err := fade.Mask(dst, red, blue, mask); err != nil {
		panic(err)
	}
	fmt.Println(dst.RGBAAt(0, 0), dst.RGBAAt(51, 0), dst.RGBAAt(255, 0))
	// Output: {0 0 100 255} {40 0 80 255} {200 0 0 255}
}

func ExampleTransition() {
	r := image.Rect(0, 0, 16, 16)
	from, to, frame := fill(r, color.RGBA{200, 0, 0, 255}), fill(r, color.RGBA{0, 0, 100, 255}), image.NewRGBA(r)

	// From Go 1.23 on: for lambda := range fade.Transition(5, nil) { … }
	fade.Transition(5, nil)(func(lambda float64) bool {
		if err := fade.Images(frame, to, from, lambda); err != nil {
			panic(err)
		}
		fmt.Println(lambda, frame.RGBAAt(8, 8))
		return true
	})
	// Output:
	// 0 {200 0 0 255}
	// 0.25 {150 0 25 255}
	// 0.5 {100 0 50 255}
	// 0.75 {50 0 75 255}
	// 1 {0 0 100 255}
}

func list(ease func(float64) float64) {
	fade.Transition(5, ease)(func(lambda float64) bool {
		fmt.Print(lambda, " ")
		return true
	})
	fmt.Println()
}

func ExampleEaseIn() {
	list(fade.EaseIn)
	// Output: 0 0.0625 0.25 0.5625 1
}

func ExampleEaseOut() {
	list(fade.EaseOut)
	// Output: 0 0.4375 0.75 0.9375 1
}

func ExampleEaseInOut() {
	list(fade.EaseInOut)
	// Output: 0 0.15625 0.5 0.84375 1
}
