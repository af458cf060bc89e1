package mixup_test

import (
	"errors"
	"fmt"
	"image"
	"log"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/mixup"
)

// drawn is a draw for two rows of 2 × 2 pixels that are each other's partners.
func drawn(c mixup.Config) *mixup.Batch {
	c.Seed, c.Pairing = 7, mixup.Reversal
	c.Height, c.Width, c.Layout = 2, 2, mixup.CHW
	s, err := mixup.New(c)
	if err != nil {
		log.Fatal(err)
	}
	b := new(mixup.Batch)
	if err := s.At(b, 2, 0, 0); err != nil {
		log.Fatal(err)
	}
	return b
}

// rightColumn cuts two rows of 2 × 2 pixels: each takes its right column from the other.
func rightColumn() *mixup.CutMix {
	c, err := mixup.NewCutMix([]int{1, 0}, mixup.CHW, 2, 2, image.Rect(1, 0, 2, 2))
	if err != nil {
		log.Fatal(err)
	}
	return c
}

// halves normalizes bytes of one channel to −1…1.
func halves() *blend.Normalization {
	n, err := blend.NewNormalization([]float64{0.5}, []float64{0.5}, mixup.CHW, mixup.CHW)
	if err != nil {
		log.Fatal(err)
	}
	return n
}

func ExampleNew() {
	_, err := mixup.New(mixup.Config{Alpha: -1})
	fmt.Println(errors.Is(err, mixup.ErrConfig), err)
	_, err = mixup.New(mixup.Config{CutMixAlpha: 1})
	fmt.Println(errors.Is(err, mixup.ErrConfig), err)
	// Output:
	// true mixup: bad configuration: Alpha = -1, want 0 for no mixup, or more, and finite
	// true mixup: bad configuration: CutMixAlpha = 1 needs Height, Width and Layout (Height = 0, Width = 0, Layout = none)
}

func ExampleSampler_At() {
	s, err := mixup.New(mixup.Config{Alpha: 1, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	var b mixup.Batch
	for _, step := range []int{7, 8, 7} { // the same, whatever was drawn before
		if err := s.At(&b, 4, 0, step); err != nil {
			log.Fatal(err)
		}
		fmt.Println(step, b.Lambda(0), b.Index(0))
	}
	// Output:
	// 7 0.8692626953125 0
	// 8 0.720977783203125 3
	// 7 0.8692626953125 0
}

func ExampleSampler_Next() {
	s, err := mixup.New(mixup.Config{Alpha: 1, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	var next, at mixup.Batch
	for step := range 2 {
		if err := errors.Join(s.Next(&next, 4), s.At(&at, 4, 0, step)); err != nil {
			log.Fatal(err)
		}
		fmt.Println(next.Lambda(0) == at.Lambda(0))
	}
	// Output:
	// true
	// true
}

func ExampleBatch_Len() {
	fmt.Println(new(mixup.Batch).Len(), drawn(mixup.Config{}).Len())
	// Output: 0 2
}

func ExampleBatch_Index() {
	b := drawn(mixup.Config{Alpha: 1})
	fmt.Println(b.Index(0), b.Index(1))
	// Output: 1 0
}

func ExampleBatch_Lambda() {
	fmt.Println(drawn(mixup.Config{}).Lambda(0)) // kept
	fmt.Println(drawn(mixup.Config{Alpha: 1}).Lambda(0))
	b := drawn(mixup.Config{CutMixAlpha: 1})
	fmt.Println(b.Lambda(0), 1-float64(b.Box(0).Dx()*b.Box(0).Dy())/4)
	// Output:
	// 1
	// 0.0323486328125
	// 0.75 0.75
}

func ExampleBatch_Box() {
	fmt.Println(drawn(mixup.Config{Alpha: 1}).Box(0)) // not cut
	fmt.Println(drawn(mixup.Config{CutMixAlpha: 1}).Box(0))
	// Output:
	// (0,0)-(0,0)
	// (0,1)-(1,2)
}

func ExampleBatch_Float32() {
	for _, c := range []mixup.Config{{Alpha: 1}, {CutMixAlpha: 1}} {
		x := []float32{0, 0, 0, 0, 1, 1, 1, 1}
		err := drawn(c).Float32(x, x) // in place
		fmt.Println(x, err)
	}
	// Output:
	// [0.96765137 0.96765137 0.96765137 0.96765137 0.032348633 0.032348633 0.032348633 0.032348633] <nil>
	// [0 0 1 0 1 1 0 1] <nil>
}

func ExampleBatch_Float32Rows() {
	x := [][]float32{{0, 0, 0, 0}, {1, 1, 1, 1}} // one slice a row
	err := drawn(mixup.Config{CutMixAlpha: 1}).Float32Rows(x, x)
	fmt.Println(x, err)
	// Output: [[0 0 1 0] [1 1 0 1]] <nil>
}

func ExampleBatch_Uint8() {
	x := []uint8{0, 0, 0, 0, 100, 100, 100, 100}
	dst := make([]uint8, len(x)) // out of place
	b := drawn(mixup.Config{Alpha: 1})
	b.Workers = 4 // large batches are shared by so many goroutines
	err := b.Uint8(dst, x)
	fmt.Println(dst, err)
	// Output: [97 97 97 97 3 3 3 3] <nil>
}

func ExampleBatch_Uint8Rows() {
	x := [][]uint8{{0, 0, 0, 0}, {100, 100, 100, 100}}
	err := drawn(mixup.Config{Alpha: 1}).Uint8Rows(x, x)
	fmt.Println(x, err)
	// Output: [[97 97 97 97] [3 3 3 3]] <nil>
}

func ExampleBatch_NormalizeFloat32() {
	b := drawn(mixup.Config{CutMixAlpha: 1})
	x := []uint8{0, 0, 0, 0, 255, 255, 255, 255}
	dst := make([]float32, len(x))
	err := b.NormalizeFloat32(dst, x, halves())
	fmt.Println(dst, err)

	hwc, _ := blend.NewNormalization([]float64{0, 0}, []float64{1, 1}, mixup.HWC, mixup.HWC)
	err = b.NormalizeFloat32(make([]float32, 16), make([]uint8, 16), hwc)
	fmt.Println(errors.Is(err, blend.ErrNormalization), err)
	// Output:
	// [-1 -1 1 -1 1 1 -1 1] <nil>
	// true blend: bad normalization: it takes layout HWC, and the batch has CHW
}

func ExampleBatch_NormalizeFloat32Rows() {
	x := [][]uint8{{0, 0, 0, 0}, {255, 255, 255, 255}}
	dst := [][]float32{make([]float32, 4), make([]float32, 4)}
	err := drawn(mixup.Config{CutMixAlpha: 1}).NormalizeFloat32Rows(dst, x, halves())
	fmt.Println(dst, err)
	// Output: [[-1 -1 1 -1] [1 1 -1 1]] <nil>
}

func ExampleMixBFloat16() {
	x := []uint16{ // 1 and 2 in bfloat16
		0x3f80, 0x3f80, 0x3f80, 0x3f80,
		0x4000, 0x4000, 0x4000, 0x4000,
	}
	err := mixup.MixBFloat16(rightColumn(), x, x)
	fmt.Printf("%x %v\n", x, err)
	// Output: [3f80 4000 3f80 4000 4000 3f80 4000 3f80] <nil>
}

func ExampleMixBFloat16Rows() {
	x := [][]uint16{{0x3f80, 0x3f80, 0x3f80, 0x3f80}, {0x4000, 0x4000, 0x4000, 0x4000}}
	err := mixup.MixBFloat16Rows(rightColumn(), x, x)
	fmt.Printf("%x %v\n", x, err)
	// Output: [[3f80 4000 3f80 4000] [4000 3f80 4000 3f80]] <nil>
}

func ExampleMixFloat16() {
	x := []uint16{ // 1 and 2 in IEEE 754 binary16
		0x3c00, 0x3c00, 0x3c00, 0x3c00,
		0x4000, 0x4000, 0x4000, 0x4000,
	}
	err := mixup.MixFloat16(rightColumn(), x, x)
	fmt.Printf("%x %v\n", x, err)
	// Output: [3c00 4000 3c00 4000 4000 3c00 4000 3c00] <nil>
}

func ExampleMixFloat16Rows() {
	x := [][]uint16{{0x3c00, 0x3c00, 0x3c00, 0x3c00}, {0x4000, 0x4000, 0x4000, 0x4000}}
	err := mixup.MixFloat16Rows(rightColumn(), x, x)
	fmt.Printf("%x %v\n", x, err)
	// Output: [[3c00 4000 3c00 4000] [4000 3c00 4000 3c00]] <nil>
}

func ExampleNormalizeBFloat16() {
	x := []uint8{0, 0, 0, 0, 255, 255, 255, 255}
	dst := make([]uint16, len(x))
	err := mixup.NormalizeBFloat16(rightColumn(), dst, x, halves())
	fmt.Printf("%x %v\n", dst, err) // −1 is bf80, 1 is 3f80
	// Output: [bf80 3f80 bf80 3f80 3f80 bf80 3f80 bf80] <nil>
}

func ExampleNormalizeBFloat16Rows() {
	x := [][]uint8{{0, 0, 0, 0}, {255, 255, 255, 255}}
	dst := [][]uint16{make([]uint16, 4), make([]uint16, 4)}
	err := mixup.NormalizeBFloat16Rows(rightColumn(), dst, x, halves())
	fmt.Printf("%x %v\n", dst, err)
	// Output: [[bf80 3f80 bf80 3f80] [3f80 bf80 3f80 bf80]] <nil>
}

func ExampleNormalizeFloat16() {
	x := []uint8{0, 0, 0, 0, 255, 255, 255, 255}
	dst := make([]uint16, len(x))
	err := mixup.NormalizeFloat16(rightColumn(), dst, x, halves())
	fmt.Printf("%x %v\n", dst, err) // −1 is bc00, 1 is 3c00
	// Output: [bc00 3c00 bc00 3c00 3c00 bc00 3c00 bc00] <nil>
}

func ExampleNormalizeFloat16Rows() {
	x := [][]uint8{{0, 0, 0, 0}, {255, 255, 255, 255}}
	dst := [][]uint16{make([]uint16, 4), make([]uint16, 4)}
	err := mixup.NormalizeFloat16Rows(rightColumn(), dst, x, halves())
	fmt.Printf("%x %v\n", dst, err)
	// Output: [[bc00 3c00 bc00 3c00] [3c00 bc00 3c00 bc00]] <nil>
}

func ExamplePaste() {
	depth := []int16{1, 2, 3, 4, -1, -2, -3, -4} // of a type that cannot be blended
	err := mixup.Paste(rightColumn(), depth, depth)
	fmt.Println(depth, err)
	// Output: [1 -2 3 -4 -1 2 -3 4] <nil>
}

func ExamplePasteRows() {
	c, err := mixup.NewCutMix([]int{1, 0}, mixup.HWC, 1, 2, image.Rect(0, 0, 1, 1))
	if err != nil {
		log.Fatal(err)
	}
	rows := [][]uint8{{1, 2, 3, 4, 5, 6}, {10, 20, 30, 40, 50, 60}} // two pixels of three channels
	err = mixup.PasteRows(c, rows, rows)
	fmt.Println(rows, err)
	// Output: [[10 20 30 4 5 6] [1 2 3 40 50 60]] <nil>
}

func ExampleBox() {
	b, err := mixup.Box(224, 224, 0.75, 20, 112) // half as high and wide, clipped at the top
	fmt.Println(b, err)
	b, err = mixup.Box(1, 1000, 0.75, 0, 500) // a signal: a quarter of its length
	fmt.Println(b, err)
	// Output:
	// (56,0)-(168,76) <nil>
	// (375,0)-(625,1) <nil>
}

func ExampleNewCutMix() {
	_, err := mixup.NewCutMix([]int{1, 0}, mixup.CHW, 2, 3, image.Rect(1, 0, 4, 1))
	fmt.Println(errors.Is(err, mixup.ErrBox), err)
	// Output: true mixup: box does not fit the image: box 0 is (1,0)-(4,1) (columns, rows) in 2 × 3 pixels
}

func ExampleCutMix() {
	boxes := []image.Rectangle{image.Rect(0, 0, 1, 1), image.Rect(0, 0, 2, 1), {}}
	c, err := mixup.NewCutMix([]int{2, 0, 1}, mixup.CHW, 2, 2, boxes...)
	if err != nil {
		log.Fatal(err)
	}
	for i := range c.Len() {
		fmt.Printf("row %d takes %v of row %d and keeps %v\n", i, c.Box(i), c.Index(i), c.Lambda(i))
	}
	// Output:
	// row 0 takes (0,0)-(1,1) of row 2 and keeps 0.75
	// row 1 takes (0,0)-(2,1) of row 0 and keeps 0.5
	// row 2 takes (0,0)-(0,0) of row 1 and keeps 1
}

func ExampleCutMix_Reset() {
	var c mixup.CutMix
	for _, box := range []image.Rectangle{image.Rect(0, 0, 1, 1), image.Rect(1, 0, 2, 1)} {
		if err := c.Reset([]int{1, 0}, mixup.CHW, 1, 2, box); err != nil { // once a step of training
			log.Fatal(err)
		}
		x := []uint8{1, 2, 3, 4}
		err := c.Uint8(x, x)
		fmt.Println(x, err)
	}
	// Output:
	// [3 2 1 4] <nil>
	// [1 4 3 2] <nil>
}

func ExampleCutMix_Len() {
	var c mixup.CutMix
	fmt.Println(c.Len(), rightColumn().Len())
	// Output: 0 2
}

func ExampleCutMix_Index() {
	fmt.Println(rightColumn().Index(0))
	// Output: 1
}

func ExampleCutMix_Lambda() {
	fmt.Println(rightColumn().Lambda(0))
	// Output: 0.5
}

func ExampleCutMix_Box() {
	fmt.Println(rightColumn().Box(0))
	// Output: (1,0)-(2,2)
}

func ExampleCutMix_Float32() {
	x := []float32{1, 2, 3, 4, -1, -2, -3, -4}
	err := rightColumn().Float32(x, x)
	fmt.Println(x, err)
	// Output: [1 -2 3 -4 -1 2 -3 4] <nil>
}

func ExampleCutMix_Float32Rows() {
	x := [][]float32{{1, 2, 3, 4}, {-1, -2, -3, -4}}
	err := rightColumn().Float32Rows(x, x)
	fmt.Println(x, err)
	// Output: [[1 -2 3 -4] [-1 2 -3 4]] <nil>
}

func ExampleCutMix_Uint8() {
	x := []uint8{1, 2, 3, 4, 10, 20, 30, 40}
	dst := make([]uint8, len(x))
	err := rightColumn().Uint8(dst, x)
	fmt.Println(dst, err)
	// Output: [1 20 3 40 10 2 30 4] <nil>
}

func ExampleCutMix_Uint8Rows() {
	x := [][]uint8{{1, 2, 3, 4}, {10, 20, 30, 40}}
	err := rightColumn().Uint8Rows(x, x)
	fmt.Println(x, err)
	// Output: [[1 20 3 40] [10 2 30 4]] <nil>
}

func ExampleCutMix_NormalizeFloat32() {
	x := []uint8{0, 0, 0, 0, 255, 255, 255, 255}
	dst := make([]float32, len(x))
	err := rightColumn().NormalizeFloat32(dst, x, halves())
	fmt.Println(dst, err)
	// Output: [-1 1 -1 1 1 -1 1 -1] <nil>
}

func ExampleCutMix_NormalizeFloat32Rows() {
	x := [][]uint8{{0, 0, 0, 0}, {255, 255, 255, 255}}
	dst := [][]float32{make([]float32, 4), make([]float32, 4)}
	err := rightColumn().NormalizeFloat32Rows(dst, x, halves())
	fmt.Println(dst, err)
	// Output: [[-1 1 -1 1] [1 -1 1 -1]] <nil>
}

func ExampleOneHot() {
	p, err := blend.NewPlan([]int{1, 0}, 0.75)
	if err != nil {
		log.Fatal(err)
	}
	labels := make([]float32, 2*4)
	err = mixup.OneHot(p, labels, []uint8{0, 2}, 4, 0)
	fmt.Println(labels, err)
	err = mixup.OneHot(p, labels, []uint8{0, 4}, 4, 0)
	fmt.Println(errors.Is(err, mixup.ErrClass), err)
	// Output:
	// [0.75 0 0.25 0 0.25 0 0.75 0] <nil>
	// true mixup: no such class: class[1] = 4, ids of 4 classes are 0 … 3
}

func ExampleSoftLabels() {
	p, err := blend.NewPlan([]int{1, 0}, 0.75)
	if err != nil {
		log.Fatal(err)
	}
	labels := []float32{
		1, 1, 0, 0, // a cat and a dog
		0, 0, 0.5, 0.5, // an owl or a hawk
	}
	err = mixup.SoftLabels(p, labels, labels, 0)
	fmt.Println(labels, err)
	// Output: [0.75 0.75 0.125 0.125 0.25 0.25 0.375 0.375] <nil>
}

// Some rows have no label, which data sets say by an id such as 255 or −1. A row of zeros has no share in a loss.
func ExampleSoftLabels_ignore() {
	p, err := blend.NewPlan([]int{1, 0, 2}, 0.75)
	if err != nil {
		log.Fatal(err)
	}
	const classes, ignore = 3, 255
	labels := make([]float32, p.Len()*classes)
	for i, id := range []uint8{2, ignore, 0} {
		if id != ignore {
			labels[i*classes+int(id)] = 1 // or smooth it here
		}
	}
	err = mixup.SoftLabels(p, labels, labels, 0)
	fmt.Println(labels, err)
	// Output: [0 0 0.75 0 0 0.25 1 0 0] <nil>
}

func ExamplePartners() {
	p, err := blend.NewPlan([]int{2, 0, 1}, 0.75)
	if err != nil {
		log.Fatal(err)
	}
	partners := make([]string, 3)
	err = mixup.Partners(p, partners, []string{"cat", "dog", "owl"})
	fmt.Println(partners, err)
	// Output: [owl cat dog] <nil>
}

func ExampleLoss() {
	own, partner := 1.0, 4.0 // cross entropies of one prediction
	fmt.Println(mixup.Loss(0.75, own, partner))
	// Output: 1.75
}

func ExampleScope_String() {
	fmt.Println(mixup.PerBatch, mixup.PerPair, mixup.PerRow)
	// Output: PerBatch PerPair PerRow
}

func ExamplePairing_String() {
	fmt.Println(mixup.Permutation, mixup.Derangement, mixup.Reversal, mixup.Roll)
	// Output: Permutation Derangement Reversal Roll
}
