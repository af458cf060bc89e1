package mixup_test

import (
	"errors"
	"fmt"
	"image"

	"github.com/mixblend/blend/mixup"
)

func Example() {
	s, err := mixup.New(mixup.Config{Alpha: 0.4, Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	images := []uint8{
		0, 0, 0, 0, // three rows of four bytes
		100, 100, 100, 100,
		200, 200, 200, 200,
	}
	classes := []int{0, 1, 1}
	labels := make([]float32, 3*2)

	var b mixup.Batch // to be re-used
	if err := s.At(&b, 3, 0, 0); err != nil {
		fmt.Println(err)
		return
	}
	if err := b.Uint8(images, images); err != nil { // in place
		fmt.Println(err)
		return
	}
	if err := mixup.OneHot(b.Plan(), labels, classes, 2, 0); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(b.Plan().Lambda(0))
	fmt.Println(images)
	fmt.Println(labels)
	// Output:
	// 0.910369873046875
	// [9 9 9 9 109 109 109 109 182 182 182 182]
	// [0.9103699 0.08963013 0 1 0.08963013 0.9103699]
}

func ExampleBatch_Box() {
	s, err := mixup.New(mixup.Config{
		Seed: 3, Pairing: mixup.Reversal,
		CutMix: 1, CutMixAlpha: 1, Height: 4, Width: 4, Layout: mixup.HWC,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var b mixup.Batch
	if err := s.Next(&b, 2); err != nil {
		fmt.Println(err)
		return
	}
	images := make([]uint8, 2*16) // one channel
	for i := range 16 {
		images[16+i] = 1
	}
	err = b.Uint8(images, images)
	fmt.Println(b.Box(0), b.Plan().Lambda(0), err)
	for y := range 4 {
		fmt.Println(images[4*y:4*y+4], images[16+4*y:16+4*y+4])
	}
	// Output:
	// (2,0)-(4,3) 0.625 <nil>
	// [0 0 1 1] [1 1 0 0]
	// [0 0 1 1] [1 1 0 0]
	// [0 0 1 1] [1 1 0 0]
	// [0 0 0 0] [1 1 1 1]
}

func ExamplePaste() {
	c, err := mixup.NewCutMix([]int{1, 0}, mixup.CHW, 2, 3, image.Rect(1, 0, 3, 1))
	if err != nil {
		fmt.Println(err)
		return
	}
	halves := []uint16{ // two rows of 2 × 3 pixels in 16-bit floats
		0x3c00, 0x3c00, 0x3c00, 0x3c00, 0x3c00, 0x3c00,
		0x4000, 0x4000, 0x4000, 0x4000, 0x4000, 0x4000,
	}
	err = mixup.Paste(c, halves, halves)
	fmt.Printf("%x %.3f %v\n", halves, c.Lambda(0), err)
	// Output: [3c00 4000 4000 3c00 3c00 3c00 4000 3c00 3c00 4000 4000 4000] 0.667 <nil>
}

func ExampleLoss() {
	s, err := mixup.New(mixup.Config{Alpha: 1, Seed: 1, Pairing: mixup.Roll})
	if err != nil {
		fmt.Println(err)
		return
	}
	var b mixup.Batch
	if err := s.At(&b, 3, 0, 0); err != nil {
		fmt.Println(err)
		return
	}
	labels := []string{"cat", "dog", "owl"}
	others := make([]string, 3)
	if err := mixup.Partners(b.Plan(), others, labels); err != nil {
		fmt.Println(err)
		return
	}
	crossEntropy := map[string]float64{"cat": 1, "dog": 2, "owl": 4} // of one row's prediction
	for i := range labels {
		loss := mixup.Loss(b.Plan().Lambda(i), crossEntropy[labels[i]], crossEntropy[others[i]])
		fmt.Printf("%s and %s: %.3f\n", labels[i], others[i], loss)
	}
	// Output:
	// cat and owl: 3.386
	// dog and cat: 1.205
	// owl and dog: 2.409
}

func ExampleNew() {
	_, err := mixup.New(mixup.Config{Alpha: -1})
	fmt.Println(errors.Is(err, mixup.ErrConfig), err)
	// Output: true mixup: bad configuration: Alpha = -1, want 0 or more, and finite
}
