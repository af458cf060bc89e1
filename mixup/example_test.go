package mixup_test

import (
	"errors"
	"fmt"
	"image"

	"github.com/mixblend/blend"
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

// reversed is a Batch of two rows of 2 × 2 pixels that are each other's partners: cut with probability cutMix, else mixed.
func reversed(cutMix float64) *mixup.Batch {
	s, err := mixup.New(mixup.Config{
		Seed: 7, Alpha: 1, Pairing: mixup.Reversal,
		CutMix: cutMix, CutMixAlpha: 1, Height: 2, Width: 2,
	})
	if err != nil {
		panic(err)
	}
	b := new(mixup.Batch)
	if err := s.At(b, 2, 0, 0); err != nil {
		panic(err)
	}
	return b
}

func ExampleSampler_At() {
	s, err := mixup.New(mixup.Config{Alpha: 1, Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	var b mixup.Batch
	for _, step := range []int{7, 8, 7} { // the same, whatever was drawn before
		if err := s.At(&b, 4, 0, step); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(step, b.Plan().Lambda(0), b.Plan().Index(0))
	}
	// Output:
	// 7 0.90313720703125 0
	// 8 0.100433349609375 3
	// 7 0.90313720703125 0
}

func ExampleSampler_Next() {
	s, err := mixup.New(mixup.Config{Alpha: 1, Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	var next, at mixup.Batch
	for step := range 2 {
		if err := errors.Join(s.Next(&next, 4), s.At(&at, 4, 0, step)); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(next.Plan().Lambda(0) == at.Plan().Lambda(0))
	}
	// Output:
	// true
	// true
}

func ExampleBatch_Len() {
	fmt.Println(new(mixup.Batch).Len(), reversed(0).Len())
	// Output: 0 2
}

func ExampleBatch_Plan() {
	b := reversed(0)
	b.Plan().Workers = 4 // of the pixels too
	soft := []float32{1, 0, 0.5, 0.5}
	err := b.Plan().Float32(soft, soft) // labels of one's own
	fmt.Println(b.Plan().Lambda(0), soft, err)
	// Output: 0.404876708984375 [0.70243835 0.29756165 0.79756165 0.20243835] <nil>
}

func ExampleBatch_CutMix() {
	b := reversed(1)
	depth := []int16{1, 2, 3, 4, -1, -2, -3, -4} // rows of a type that cannot be mixed
	err := mixup.Paste(b.CutMix(), depth, depth)
	fmt.Println(b.Box(0), depth, err)
	fmt.Println(reversed(0).CutMix() == nil) // mixed by λ
	// Output:
	// (1,0)-(2,1) [1 -2 3 4 -1 2 -3 -4] <nil>
	// true
}

func ExampleBatch_Float32() {
	for _, cutMix := range []float64{0, 1} {
		x := []float32{0, 0, 0, 0, 1, 1, 1, 1}
		err := reversed(cutMix).Float32(x, x)
		fmt.Println(x, err)
	}
	// Output:
	// [0.5951233 0.5951233 0.5951233 0.5951233 0.4048767 0.4048767 0.4048767 0.4048767] <nil>
	// [0 1 0 0 1 0 1 1] <nil>
}

func ExampleBatch_Uint8() {
	x := []uint8{0, 0, 0, 0, 100, 100, 100, 100}
	dst := make([]uint8, len(x))
	err := reversed(0).Uint8(dst, x) // apart
	fmt.Println(dst, err)
	// Output: [60 60 60 60 40 40 40 40] <nil>
}

func ExampleBatch_Float32Rows() {
	x := [][]float32{{0, 0, 0, 0}, {1, 1, 1, 1}} // one slice a row
	err := reversed(1).Float32Rows(x, x)
	fmt.Println(x, err)
	// Output: [[0 1 0 0] [1 0 1 1]] <nil>
}

func ExampleBatch_Uint8Rows() {
	x := [][]uint8{{0, 0, 0, 0}, {100, 100, 100, 100}}
	err := reversed(0).Uint8Rows(x, x)
	fmt.Println(x, err)
	// Output: [[60 60 60 60] [40 40 40 40]] <nil>
}

func ExampleBox() {
	b, err := mixup.Box(224, 224, 0.75, 20, 112) // half as high and wide, clipped at the top
	fmt.Println(b, err)
	// Output: (56,0)-(168,76) <nil>
}

func ExampleNewCutMix() {
	_, err := mixup.NewCutMix([]int{1, 0}, mixup.CHW, 2, 3, image.Rect(1, 0, 4, 1))
	fmt.Println(errors.Is(err, mixup.ErrBox), err)
	// Output: true mixup: box does not fit the image: box 0 is (1,0)-(4,1) (columns, rows) in 2 × 3 pixels
}

func ExampleCutMix() {
	c, err := mixup.NewCutMix([]int{2, 0, 1}, mixup.CHW, 2, 2, image.Rect(0, 0, 1, 1), image.Rect(0, 0, 2, 1), image.Rectangle{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range c.Len() {
		fmt.Printf("row %d takes %v of row %d and keeps %v\n", i, c.Box(i), c.Index(i), c.Lambda(i))
	}
	// Output:
	// row 0 takes (0,0)-(1,1) of row 2 and keeps 0.75
	// row 1 takes (0,0)-(2,1) of row 0 and keeps 0.5
	// row 2 takes (0,0)-(0,0) of row 1 and keeps 1
}

func ExampleCutMix_Len() {
	var c mixup.CutMix // no rows
	fmt.Println(c.Len(), mixup.Paste[uint8](&c, nil, nil))
	// Output: 0 <nil>
}

func ExampleCutMix_Index() {
	fmt.Println(reversed(1).CutMix().Index(0))
	// Output: 1
}

func ExampleCutMix_Lambda() {
	c := reversed(1).CutMix()
	fmt.Println(c.Box(0), c.Lambda(0))
	// Output: (1,0)-(2,1) 0.75
}

func ExampleCutMix_Box() {
	fmt.Println(reversed(1).CutMix().Box(0))
	// Output: (1,0)-(2,1)
}

func ExampleCutMix_Plan() {
	labels := []float32{1, 0, 0, 1} // one-hot
	c := reversed(1).CutMix()
	err := c.Plan().Float32(labels, labels)
	fmt.Println(labels, err)
	// Output: [0.75 0.25 0.25 0.75] <nil>
}

func ExampleCutMix_Reset() {
	var c mixup.CutMix
	for _, box := range []image.Rectangle{image.Rect(0, 0, 1, 1), image.Rect(1, 0, 2, 1)} { // one a step of training
		if err := c.Reset([]int{1, 0}, mixup.CHW, 1, 2, box); err != nil {
			fmt.Println(err)
			return
		}
		x := []uint8{1, 2, 3, 4}
		err := mixup.Paste(&c, x, x)
		fmt.Println(x, err)
	}
	// Output:
	// [3 2 1 4] <nil>
	// [1 4 3 2] <nil>
}

func ExamplePasteRows() {
	c, err := mixup.NewCutMix([]int{1, 0}, mixup.HWC, 1, 2, image.Rect(0, 0, 1, 1))
	if err != nil {
		fmt.Println(err)
		return
	}
	rows := [][]uint8{{1, 2, 3, 4, 5, 6}, {10, 20, 30, 40, 50, 60}} // two pixels of three channels
	err = mixup.PasteRows(c, rows, rows)
	fmt.Println(rows, err)
	// Output: [[10 20 30 4 5 6] [1 2 3 40 50 60]] <nil>
}

func ExampleOneHot() {
	p, err := blend.NewPlan([]int{1, 0}, 0.75)
	if err != nil {
		fmt.Println(err)
		return
	}
	labels := make([]float32, 2*4)
	err = mixup.OneHot(p, labels, []uint8{0, 2}, 4, 0)
	fmt.Println(labels, err)
	err = mixup.OneHot(p, labels, []uint8{0, 4}, 4, 0)
	fmt.Println(errors.Is(err, mixup.ErrClass), err)
	// Output:
	// [0.75 0 0.25 0 0.25 0 0.75 0] <nil>
	// true mixup: no such class: class[1] = 4, with 4 classes
}

func ExamplePartners() {
	p, err := blend.NewPlan([]int{2, 0, 1}, 0.75)
	if err != nil {
		fmt.Println(err)
		return
	}
	partners := make([]string, 3)
	err = mixup.Partners(p, partners, []string{"cat", "dog", "owl"})
	fmt.Println(partners, err)
	// Output: [owl cat dog] <nil>
}

func ExampleScope_String() {
	fmt.Println(mixup.PerBatch, mixup.PerPair, mixup.PerRow)
	// Output: PerBatch PerPair PerRow
}

func ExamplePairing_String() {
	fmt.Println(mixup.Permutation, mixup.Derangement, mixup.Reversal, mixup.Roll)
	// Output: Permutation Derangement Reversal Roll
}
