package blend_test

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/kernels"
)

func Example() {
	images := []uint8{
		0, 0, 0, 0, // three rows of four bytes
		100, 100, 100, 100,
		200, 200, 200, 200,
	}
	labels := []float32{1, 0, 0, 0, 1, 0, 0, 0, 1} // one-hot
	p, err := blend.NewPlan([]int{1, 2, 0}, 0.75)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := p.Uint8(images, images); err != nil { // in place
		fmt.Println(err)
		return
	}
	if err := p.Float32(labels, labels); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(images)
	fmt.Println(labels)
	// Output:
	// [25 25 25 25 125 125 125 125 150 150 150 150]
	// [0.75 0.25 0 0 0.75 0.25 0.25 0 0.75]
}

func ExampleFloat32() {
	a, b := []float32{4, 8}, []float32{0, 4}
	err := blend.Float32(a, a, b, 0.25) // into a
	fmt.Println(a, err)
	// Output: [1 5] <nil>
}

func ExampleUint8() {
	dst := make([]uint8, 3)
	err := blend.Uint8(dst, []uint8{1, 3, 255}, []uint8{0, 0, 0}, 0.5)
	fmt.Println(dst, err) // 0.5, 1.5 and 127.5 go to the even neighbour
	// Output: [0 2 128] <nil>
}

func ExampleUint8Mask() {
	a, b := []uint8{200, 200, 200, 200}, []uint8{0, 0, 0, 100}
	dst := make([]uint8, 4)
	err := blend.Uint8Mask(dst, a, b, []uint8{0, 51, 255, 128}) // 0, 1/5, all and 128/255 of a
	fmt.Println(dst, err)
	// Output: [0 40 200 150] <nil>
}

func ExampleFloat32Mask() {
	a, b := []float32{5, 5, 5}, []float32{0, 0, float32(math.Inf(1))}
	err := blend.Float32Mask(a, a, b, []uint8{51, 102, 255}) // into a
	fmt.Println(a, err)
	// Output: [1 2 5] <nil>
}

func ExampleBFloat16() {
	a, b := []uint16{kernels.RoundBF16(1)}, []uint16{kernels.RoundBF16(0)}
	err := blend.BFloat16(a, a, b, 0.3) // into a
	fmt.Println(kernels.FromBF16(a[0]), err)
	// Output: 0.30078125 <nil>
}

func ExampleFloat16() {
	type half uint16 // or the type of another package
	dst := make([]half, 2)
	err := blend.Float16(dst, []half{0x3c00, 0}, []half{0, 0x3c00}, 0.75) // 0x3c00 is 1
	fmt.Printf("%#04x %v\n", dst, err)                                    // 0.75 and 0.25
	// Output: [0x3a00 0x3400] <nil>
}

func ExampleQuantize() {
	fmt.Println(blend.Quantize(0.3), blend.Quantize(0.25))
	// Output: 0.29998779296875 0.25
}

func ExampleImplementation() {
	fmt.Println(slices.Contains([]string{"avx512", "avx2", "neon", "rvv", "generic"}, blend.Implementation()))
	// Output: true
}

func ExampleImplementations() {
	all := blend.Implementations()
	fmt.Println(all[0] == blend.Implementation(), all[len(all)-1]) // best first, plain Go last
	// Output: true generic
}

func ExampleUnknownDisabled() {
	for _, name := range blend.UnknownDisabled() {
		fmt.Println("BLEND_DISABLE: there is no implementation", name)
	}
	fmt.Println(len(blend.UnknownDisabled()), "unknown")
	// Output: 0 unknown
}

func ExampleStoreMode_String() {
	fmt.Println(blend.StoreAuto, blend.StoreCached, blend.StoreStream, blend.StoreMode(7))
	// Output: StoreAuto StoreCached StoreStream StoreMode(7)
}

func ExampleNewPlan() {
	_, err := blend.NewPlan([]int{1, 0}, 1.5)
	fmt.Println(errors.Is(err, blend.ErrLambda), err)
	// Output: true blend: lambda is not in [0, 1]: lambda[0] = 1.5
}

func ExamplePlan_Reset() {
	var p blend.Plan
	for _, lambda := range []float64{0.25, 0.5} { // one a step of training
		if err := p.Reset([]int{1, 0}, lambda); err != nil {
			fmt.Println(err)
			return
		}
		x := []float32{0, 8}
		err := p.Float32(x, x)
		fmt.Println(x, err)
	}
	// Output:
	// [6 2] <nil>
	// [4 4] <nil>
}

func ExamplePlan_Len() {
	var p blend.Plan // no rows
	fmt.Println(p.Len(), p.Float32(nil, nil))
	// Output: 0 <nil>
}

func ExamplePlan_Index() {
	p, err := blend.NewPlan([]int{2, 0, 1}, 0.5)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range p.Len() {
		fmt.Println(i, "with", p.Index(i))
	}
	// Output:
	// 0 with 2
	// 1 with 0
	// 2 with 1
}

func ExamplePlan_Lambda() {
	p, err := blend.NewPlan([]int{1, 0}, 0.3)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Lambda(1), "as given;", blend.Quantize(p.Lambda(1)), "for bytes")
	// Output: 0.3 as given; 0.29998779296875 for bytes
}

func ExamplePlan_Float32() {
	p, err := blend.NewPlan([]int{1, 0}, 1, 0.25) // one λ a row
	if err != nil {
		fmt.Println(err)
		return
	}
	x := []float32{0, 0, 0, 4, 4, 4} // two rows of three
	dst := make([]float32, len(x))
	err = p.Float32(dst, x)
	fmt.Println(dst, err)
	// In place each row may be a partner once only.
	if err := p.Reset([]int{1, 1}, 0.5); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Float32(x, x))
	// Output:
	// [0 0 0 1 1 1] <nil>
	// blend: bad index: in place, but row 1 is the partner of row 0 and of row 1
}

func ExamplePlan_Uint8() {
	p, err := blend.NewPlan([]int{1, 0}, 0.5)
	if err != nil {
		fmt.Println(err)
		return
	}
	p.Workers = 4                 // goroutines for one call, if it is large enough
	p.Store = blend.StoreCached   // a reader follows at once
	x := []uint8{0, 10, 255, 255} // two rows of two
	err = p.Uint8(x, x)
	fmt.Println(x, err)
	// Output: [128 132 128 132] <nil>
}

func ExamplePlan_Float32Rows() {
	batch := [][]float32{{0, 0}, {10, 20}} // one slice a row
	p, err := blend.NewPlan([]int{1, 0}, 0.5, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	err = p.Float32Rows(batch, batch)
	fmt.Println(batch, err)
	// Output: [[5 10] [10 20]] <nil>
}

func ExamplePlan_Uint8Rows() {
	p, err := blend.NewPlan([]int{1, 0}, 0.25)
	if err != nil {
		fmt.Println(err)
		return
	}
	decoded := [][]uint8{{0, 0, 0}, {40, 80, 120}}
	batch := make([]uint8, 2*3) // end to end
	rows, err := blend.Rows(batch, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	err = p.Uint8Rows(rows, decoded)
	fmt.Println(batch, err)
	// Output: [30 60 90 10 20 30] <nil>
}

func ExampleRows() {
	rows, err := blend.Rows([]float32{1, 2, 3, 4, 5, 6}, 2)
	fmt.Println(rows, err)
	_, err = blend.Rows([]float32{1, 2, 3}, 2)
	fmt.Println(err)
	// Output:
	// [[1 2 3] [4 5 6]] <nil>
	// blend: lengths do not match: 3 elements in 2 rows
}

func ExampleLayout_String() {
	fmt.Println(blend.CHW, blend.HWC, blend.Layout(0))
	// Output: CHW HWC none
}

func ExampleNewNormalization() {
	mean, std := []float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225} // ImageNet's
	n, err := blend.NewNormalization(mean, std, blend.HWC, blend.CHW)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(n.Scale, n.Bias, n.From, n.To)
	_, err = blend.NewNormalization([]float64{123.675}, []float64{58.395}, blend.HWC, blend.CHW)
	fmt.Println(err)
	// Output:
	// [0.017124753 0.017507004 0.017429193] [-2.117904 -2.0357144 -1.8044444] HWC CHW
	// blend: bad normalization: mean[0] = 123.675, std[0] = 58.395, want those of pixels in 0…1: divide those of pixels in 0…255 by 255, or set Scale and Bias
}

// pairs is a Plan of two rows that are each other's partners, and a Normalization to v/4 − 1.
func pairs() (*blend.Plan, *blend.Normalization) {
	p, err := blend.NewPlan([]int{1, 0}, 0.75)
	if err != nil {
		panic(err)
	}
	return p, &blend.Normalization{Scale: []float32{0.25}, Bias: []float32{-1}}
}

func ExamplePlan_NormalizeFloat32() {
	p, err := blend.NewPlan([]int{1, 0}, 0.75)
	if err != nil {
		fmt.Println(err)
		return
	}
	n := &blend.Normalization{
		Scale: []float32{1, 10, 100}, Bias: []float32{0, 0, -400},
		From: blend.HWC, To: blend.CHW, // red, green, blue; red, green, blue … to planes
	}
	images := []uint8{ // two rows of two pixels
		0, 0, 0, 4, 4, 4,
		8, 8, 8, 4, 4, 4,
	}
	input := make([]float32, len(images))
	err = p.NormalizeFloat32(input, images, n)
	fmt.Println(input[:6], input[6:], err)
	// Output: [2 4 20 40 -200 0] [6 4 60 40 200 0] <nil>
}

func ExamplePlan_NormalizeFloat32Rows() {
	p, n := pairs()
	images := [][]uint8{{0, 8}, {8, 8}}
	input := [][]float32{make([]float32, 2), make([]float32, 2)}
	err := p.NormalizeFloat32Rows(input, images, n)
	fmt.Println(input, err)
	// Output: [[-0.5 1] [0.5 1]] <nil>
}

func ExampleNormalizeBFloat16() {
	p, n := pairs()
	input := make([]uint16, 4)
	err := blend.NormalizeBFloat16(p, input, []uint8{0, 8, 8, 8}, n)
	fmt.Println(kernels.FromBF16(input[0]), kernels.FromBF16(input[1]), err)
	// Output: -0.5 1 <nil>
}

func ExampleNormalizeBFloat16Rows() {
	p, n := pairs()
	input := [][]uint16{{0}, {0}}
	err := blend.NormalizeBFloat16Rows(p, input, [][]uint8{{0}, {8}}, n)
	fmt.Println(kernels.FromBF16(input[0][0]), kernels.FromBF16(input[1][0]), err)
	// Output: -0.5 0.5 <nil>
}

func ExampleNormalizeFloat16() {
	type half uint16 // or the type of another package
	p, n := pairs()
	input := make([]half, 4)
	err := blend.NormalizeFloat16(p, input, []uint8{0, 8, 8, 8}, n)
	fmt.Printf("%#04x %v\n", input, err)
	// Output: [0xb800 0x3c00 0x3800 0x3c00] <nil>
}

func ExampleNormalizeFloat16Rows() {
	p, n := pairs()
	input := [][]uint16{{0}, {0}}
	err := blend.NormalizeFloat16Rows(p, input, [][]uint8{{0}, {8}}, n)
	fmt.Println(kernels.FromF16(input[0][0]), kernels.FromF16(input[1][0]), err)
	// Output: -0.5 0.5 <nil>
}

func ExampleNormalization_pixelBytes() {
	picture := image.NewRGBA(image.Rect(0, 0, 2, 1)) // as a decoder may return it: four bytes a pixel
	picture.SetRGBA(0, 0, color.RGBA{R: 255, A: 255})
	picture.SetRGBA(1, 0, color.RGBA{G: 255, B: 255, A: 255})
	n, err := blend.NewNormalization([]float64{0, 0, 0}, []float64{1, 1, 1}, blend.HWC, blend.CHW)
	if err != nil {
		fmt.Println(err)
		return
	}
	n.PixelBytes = 4 // red, green, blue, and alpha, which is left out
	input := make([]float32, 3*2)
	err = n.ConvertFloat32(input, picture.Pix, 1)
	fmt.Println(input, err)
	// Output: [1 0 0 1 0 1] <nil>
}

func ExampleNormalization_order() {
	n := &blend.Normalization{
		Scale: []float32{1, 1, 1}, Bias: []float32{0, 0, 0},
		From: blend.HWC, To: blend.CHW,
		PixelBytes: 1, Order: []int{0, 0, 0}, // gray as red, green and blue
	}
	input := make([]float32, 6)
	err := n.ConvertFloat32(input, []uint8{7, 9}, 1)
	fmt.Println(input, err)
	n.PixelBytes, n.Order = 3, []int{2, 1, 0} // blue, green, red, as OpenCV has them
	err = n.ConvertFloat32(input, []uint8{1, 2, 3, 4, 5, 6}, 1)
	fmt.Println(input, err)
	// Output:
	// [7 9 7 9 7 9] <nil>
	// [3 6 2 5 1 4] <nil>
}

func ExampleNormalization_ConvertFloat32() {
	n := &blend.Normalization{
		Scale: []float32{1, 10, 100}, Bias: []float32{0, 0, -400},
		From: blend.HWC, To: blend.CHW,
	}
	images := []uint8{ // two rows of two pixels, for validation: nothing is mixed
		0, 0, 0, 4, 4, 4,
		8, 8, 8, 4, 4, 4,
	}
	input := make([]float32, len(images))
	err := n.ConvertFloat32(input, images, 2)
	fmt.Println(input[:6], input[6:], err)
	// Output: [0 4 0 40 -400 0] [8 4 80 40 400 0] <nil>
}

func ExampleNormalization_ConvertFloat32Rows() {
	_, n := pairs()
	images := [][]uint8{{0, 8}, {8, 4}}
	input := [][]float32{make([]float32, 2), make([]float32, 2)}
	err := n.ConvertFloat32Rows(input, images)
	fmt.Println(input, err)
	// Output: [[-1 1] [1 0]] <nil>
}

func ExampleConvertBFloat16() {
	_, n := pairs()
	input := make([]uint16, 2)
	err := blend.ConvertBFloat16(n, input, []uint8{0, 8}, 2)
	fmt.Println(kernels.FromBF16(input[0]), kernels.FromBF16(input[1]), err)
	// Output: -1 1 <nil>
}

func ExampleConvertBFloat16Rows() {
	_, n := pairs()
	input := [][]uint16{{0}, {0}}
	err := blend.ConvertBFloat16Rows(n, input, [][]uint8{{0}, {8}})
	fmt.Println(kernels.FromBF16(input[0][0]), kernels.FromBF16(input[1][0]), err)
	// Output: -1 1 <nil>
}

func ExampleConvertFloat16() {
	type half uint16 // or the type of another package
	_, n := pairs()
	input := make([]half, 2)
	err := blend.ConvertFloat16(n, input, []uint8{0, 8}, 2)
	fmt.Printf("%#04x %v\n", input, err)
	// Output: [0xbc00 0x3c00] <nil>
}

func ExampleConvertFloat16Rows() {
	_, n := pairs()
	input := [][]uint16{{0}, {0}}
	err := blend.ConvertFloat16Rows(n, input, [][]uint8{{0}, {8}})
	fmt.Println(kernels.FromF16(input[0][0]), kernels.FromF16(input[1][0]), err)
	// Output: -1 1 <nil>
}

func ExampleMixBFloat16() {
	p, _ := pairs()
	x := []uint16{kernels.RoundBF16(0), kernels.RoundBF16(1)} // two rows of one element
	err := blend.MixBFloat16(p, x, x)
	fmt.Println(kernels.FromBF16(x[0]), kernels.FromBF16(x[1]), err)
	// Output: 0.25 0.75 <nil>
}

func ExampleMixBFloat16Rows() {
	p, _ := pairs()
	x := [][]uint16{{kernels.RoundBF16(0)}, {kernels.RoundBF16(1)}}
	err := blend.MixBFloat16Rows(p, x, x)
	fmt.Println(kernels.FromBF16(x[0][0]), kernels.FromBF16(x[1][0]), err)
	// Output: 0.25 0.75 <nil>
}

func ExampleMixFloat16() {
	type half uint16 // or the type of another package
	p, _ := pairs()
	x := []half{0, 0x3c00} // 0 and 1
	err := blend.MixFloat16(p, x, x)
	fmt.Printf("%#04x %v\n", x, err)
	// Output: [0x3400 0x3a00] <nil>
}

func ExampleMixFloat16Rows() {
	p, _ := pairs()
	x := [][]uint16{{kernels.RoundF16(0)}, {kernels.RoundF16(1)}}
	err := blend.MixFloat16Rows(p, x, x)
	fmt.Println(kernels.FromF16(x[0][0]), kernels.FromF16(x[1][0]), err)
	// Output: 0.25 0.75 <nil>
}

// A batch with labels is mixed with one without, whose labels are guessed (MixMatch, Berthelot et al., 2019).
func ExampleCross() {
	x, y := []float32{0, 0, 0, 8, 8, 8}, []float32{4, 4, 4, 16, 16, 16, 24, 24, 24} // two rows, and a pool of three
	xLabels := []float32{1, 0, 0, 1}                                                // one-hot
	yLabels := []float32{0.5, 0.5, 0.25, 0.75, 1, 0}                                // guesses
	c, err := blend.NewCross([]int{2, 0}, 3, 0.75)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := errors.Join(c.Float32(x, x, y), c.Float32(xLabels, xLabels, yLabels)); err != nil { // in place
		fmt.Println(err)
		return
	}
	fmt.Println(x)
	fmt.Println(xLabels)
	// Output:
	// [6 6 6 7 7 7]
	// [1 0 0.125 0.875]
}

func ExampleNewCross() {
	_, err := blend.NewCross([]int{0, 3}, 3, 0.5)
	fmt.Println(errors.Is(err, blend.ErrIndex), err)
	// Output: true blend: bad index: index[1] = 3, with 3 rows
}

func ExampleCross_Reset() {
	var c blend.Cross
	batch, before := []float32{0, 8}, []float32{4, 4} // one batch after another, each with the one before
	for range 2 {
		if err := c.Reset([]int{1, 0}, 2, 0.5); err != nil {
			fmt.Println(err)
			return
		}
		dst := make([]float32, 2)
		err := c.Float32(dst, batch, before)
		fmt.Println(dst, err)
		batch, before = []float32{2, 2}, batch
	}
	// Output:
	// [2 6] <nil>
	// [5 1] <nil>
}

// half is a Cross of two rows, both of which are mixed with the second of a pool of two, and a Normalization to v/4 − 1.
func half() (*blend.Cross, *blend.Normalization) {
	c, err := blend.NewCross([]int{1, 1}, 2, 0.5)
	if err != nil {
		panic(err)
	}
	return c, &blend.Normalization{Scale: []float32{0.25}, Bias: []float32{-1}}
}

func ExampleCross_Float32() {
	c, _ := half()
	x, y := []float32{0, 1, 2, 3}, []float32{0, 0, 10, 20}
	err := c.Float32(x, x, y) // in place; a partner may be taken twice
	fmt.Println(x, err)
	fmt.Println(c.Float32(y, x, y))
	// Output:
	// [5 10.5 6 11.5] <nil>
	// blend: destination overlaps its input: dst and y have 16 and 16 bytes and begin at the same byte
}

func ExampleCross_Uint8() {
	photos := []uint8{0, 100, 200, 255}                      // two rows of two
	backgrounds := []uint8{0, 0, 50, 50, 100, 100, 200, 200} // a pool of four, kept from batch to batch
	c, err := blend.NewCross([]int{3, 1}, 4, 1-1.0/8, 0.5)   // one λ a row
	if err != nil {
		fmt.Println(err)
		return
	}
	c.Workers = 4 // goroutines for one call, if it is large enough
	dst := make([]uint8, len(photos))
	err = c.Uint8(dst, photos, backgrounds)
	fmt.Println(dst, err)
	// Output: [25 112 125 152] <nil>
}

func ExampleCross_Float32Rows() {
	c, _ := half()
	dst := [][]float32{{0}, {0}}
	err := c.Float32Rows(dst, [][]float32{{1}, {2}}, [][]float32{{0}, {10}})
	fmt.Println(dst, err)
	// Output: [[5.5] [6]] <nil>
}

func ExampleCross_Uint8Rows() {
	c, _ := half()
	x := [][]uint8{{1, 2}, {30, 40}}
	err := c.Uint8Rows(x, x, [][]uint8{{0, 0}, {10, 20}})
	fmt.Println(x, err) // 5.5 goes to the even neighbour
	// Output: [[6 11] [20 30]] <nil>
}

func ExampleCross_NormalizeFloat32() {
	c, n := half()
	input := make([]float32, 2)
	err := c.NormalizeFloat32(input, []uint8{0, 8}, []uint8{0, 4}, n)
	fmt.Println(input, err)
	// Output: [-0.5 0.5] <nil>
}

func ExampleCross_NormalizeFloat32Rows() {
	c, n := half()
	input := [][]float32{{0}, {0}}
	err := c.NormalizeFloat32Rows(input, [][]uint8{{0}, {8}}, [][]uint8{{0}, {4}}, n)
	fmt.Println(input, err)
	// Output: [[-0.5] [0.5]] <nil>
}

func ExampleCrossBFloat16() {
	c, _ := half()
	x, y := []uint16{kernels.RoundBF16(1), kernels.RoundBF16(3)}, []uint16{kernels.RoundBF16(0), kernels.RoundBF16(2)}
	err := blend.CrossBFloat16(c, x, x, y)
	fmt.Println(kernels.FromBF16(x[0]), kernels.FromBF16(x[1]), err)
	// Output: 1.5 2.5 <nil>
}

func ExampleCrossBFloat16Rows() {
	c, _ := half()
	x, y := [][]uint16{{kernels.RoundBF16(1)}, {kernels.RoundBF16(3)}}, [][]uint16{{kernels.RoundBF16(0)}, {kernels.RoundBF16(2)}}
	err := blend.CrossBFloat16Rows(c, x, x, y)
	fmt.Println(kernels.FromBF16(x[0][0]), kernels.FromBF16(x[1][0]), err)
	// Output: 1.5 2.5 <nil>
}

func ExampleCrossFloat16() {
	type half16 uint16 // or the type of another package
	c, _ := half()
	x, y := []half16{0x3c00, 0}, []half16{0, 0x4000} // 1 and 0, 0 and 2
	err := blend.CrossFloat16(c, x, x, y)
	fmt.Printf("%#04x %v\n", x, err)
	// Output: [0x3e00 0x3c00] <nil>
}

func ExampleCrossFloat16Rows() {
	c, _ := half()
	x, y := [][]uint16{{kernels.RoundF16(1)}, {kernels.RoundF16(3)}}, [][]uint16{{kernels.RoundF16(0)}, {kernels.RoundF16(2)}}
	err := blend.CrossFloat16Rows(c, x, x, y)
	fmt.Println(kernels.FromF16(x[0][0]), kernels.FromF16(x[1][0]), err)
	// Output: 1.5 2.5 <nil>
}

func ExampleCrossNormalizeBFloat16() {
	c, n := half()
	input := make([]uint16, 2)
	err := blend.CrossNormalizeBFloat16(c, input, []uint8{0, 8}, []uint8{0, 4}, n)
	fmt.Println(kernels.FromBF16(input[0]), kernels.FromBF16(input[1]), err)
	// Output: -0.5 0.5 <nil>
}

func ExampleCrossNormalizeBFloat16Rows() {
	c, n := half()
	input := [][]uint16{{0}, {0}}
	err := blend.CrossNormalizeBFloat16Rows(c, input, [][]uint8{{0}, {8}}, [][]uint8{{0}, {4}}, n)
	fmt.Println(kernels.FromBF16(input[0][0]), kernels.FromBF16(input[1][0]), err)
	// Output: -0.5 0.5 <nil>
}

func ExampleCrossNormalizeFloat16() {
	c, n := half()
	input := make([]uint16, 2)
	err := blend.CrossNormalizeFloat16(c, input, []uint8{0, 8}, []uint8{0, 4}, n)
	fmt.Println(kernels.FromF16(input[0]), kernels.FromF16(input[1]), err)
	// Output: -0.5 0.5 <nil>
}

func ExampleCrossNormalizeFloat16Rows() {
	c, n := half()
	input := [][]uint16{{0}, {0}}
	err := blend.CrossNormalizeFloat16Rows(c, input, [][]uint8{{0}, {8}}, [][]uint8{{0}, {4}}, n)
	fmt.Println(kernels.FromF16(input[0][0]), kernels.FromF16(input[1][0]), err)
	// Output: -0.5 0.5 <nil>
}
