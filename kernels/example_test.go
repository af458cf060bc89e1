package kernels_test

import (
	"fmt"
	"math"

	"github.com/mixblend/blend/kernels"
)

func ExampleWeightsF32() {
	fmt.Println(kernels.WeightsF32(0.9999999)) // 1−λ is taken in float64, before either is rounded
	// Output: 0.9999999 1e-07
}

func ExampleWeightU8() {
	fmt.Println(kernels.WeightU8(0.3), kernels.WeightU8(0.5), kernels.WeightU8(1))
	// Output: 9830 16384 32768
}

func ExampleMixF32() {
	l, m := kernels.WeightsF32(0.25)
	fmt.Println(kernels.MixF32(4, 8, l, m))
	fmt.Println(kernels.MixF32(1, float32(math.Inf(1)), 1, 0)) // λ = 1 is no exception
	// Output:
	// 7
	// NaN
}

func ExampleMixU8() {
	w := kernels.WeightU8(0.5)
	fmt.Println(kernels.MixU8(0, 1, w), kernels.MixU8(1, 2, w), kernels.MixU8(0, 255, w)) // ½, 1½ and 127½ go to the even neighbour
	// Output: 0 2 128
}

func ExampleBlendF32() {
	l, m := kernels.WeightsF32(0.75)
	dst := make([]float32, 2)
	kernels.BlendF32(dst, []float32{0, 4}, []float32{8, 4}, l, m)
	fmt.Println(dst)
	// Output: [2 4]
}

func ExampleBlendU8() {
	dst := make([]uint8, 3)
	kernels.BlendU8(dst, []uint8{0, 100, 255}, []uint8{100, 100, 0}, kernels.WeightU8(0.3))
	fmt.Println(dst)
	// Output: [70 100 76]
}

func ExampleRoundBF16() {
	fmt.Printf("%#04x %#04x\n", kernels.RoundBF16(1), kernels.RoundBF16(1+1.0/256)) // a tie goes to the even neighbour
	// Output: 0x3f80 0x3f80
}

func ExampleFromBF16() {
	fmt.Println(kernels.FromBF16(0x3f80), kernels.FromBF16(kernels.RoundBF16(math.Pi)))
	// Output: 1 3.140625
}

func ExampleRoundF16() {
	fmt.Printf("%#04x %#04x\n", kernels.RoundF16(65504), kernels.RoundF16(65520)) // the greatest, and infinity
	// Output: 0x7bff 0x7c00
}

func ExampleFromF16() {
	fmt.Println(kernels.FromF16(0x3c00), kernels.FromF16(1)) // 1, and the least above 0
	// Output: 1 5.9604645e-08
}

func ExampleBlendBF16() {
	x := []uint16{kernels.RoundBF16(0), kernels.RoundBF16(4)}
	y := []uint16{kernels.RoundBF16(8), kernels.RoundBF16(4)}
	kernels.BlendBF16(x, x, y, 0.75, 0.25)
	fmt.Println(kernels.FromBF16(x[0]), kernels.FromBF16(x[1]))
	// Output: 2 4
}

func ExampleBlendF16() {
	x := []uint16{kernels.RoundF16(0), kernels.RoundF16(4)}
	y := []uint16{kernels.RoundF16(8), kernels.RoundF16(4)}
	kernels.BlendF16(x, x, y, 0.75, 0.25)
	fmt.Println(kernels.FromF16(x[0]), kernels.FromF16(x[1]))
	// Output: 2 4
}

func ExampleNormalize() {
	// The mix is 0.5, which a byte does not hold.
	fmt.Println(kernels.Normalize(0, 1, kernels.WeightU8(0.5), 2, -1))
	// Output: 0
}

func ExampleNormalizeF32() {
	dst := make([]float32, 4) // two pixels of two channels
	a, b := []uint8{0, 0, 8, 8}, []uint8{4, 4, 4, 4}
	kernels.NormalizeF32(dst, a, b, kernels.WeightU8(0.75), []float32{1, 10}, []float32{0, -70})
	fmt.Println(dst)
	// Output: [1 -60 7 0]
}

func ExampleNormalizeBF16() {
	dst := make([]uint16, 1)
	kernels.NormalizeBF16(dst, []uint8{0}, []uint8{4}, kernels.WeightU8(0.75), []float32{1}, []float32{0})
	fmt.Println(kernels.FromBF16(dst[0]))
	// Output: 1
}

func ExampleNormalizeF16() {
	dst := make([]uint16, 1)
	kernels.NormalizeF16(dst, []uint8{0}, []uint8{4}, kernels.WeightU8(0.75), []float32{1}, []float32{0})
	fmt.Println(kernels.FromF16(dst[0]))
	// Output: 1
}

func ExampleMaskU8() {
	fmt.Println(kernels.MaskU8(100, 200, 255), kernels.MaskU8(100, 200, 0), kernels.MaskU8(100, 200, 64))
	// Output: 100 200 175
}

func ExampleMaskF32() {
	nan := float32(math.NaN())
	fmt.Println(kernels.MaskF32(5, 10, 51)) // a fifth
	fmt.Println(kernels.MaskF32(5, nan, 255), kernels.MaskF32(5, nan, 254))
	// Output:
	// 9
	// 5 NaN
}

func ExampleMaskBF16() {
	fmt.Println(kernels.FromBF16(kernels.MaskBF16(kernels.RoundBF16(5), kernels.RoundBF16(10), 51)))
	// Output: 9
}

func ExampleMaskF16() {
	fmt.Println(kernels.FromF16(kernels.MaskF16(kernels.RoundF16(5), kernels.RoundF16(10), 51)))
	// Output: 9
}

func ExampleBlendMaskU8() {
	dst := make([]uint8, 4)
	kernels.BlendMaskU8(dst, []uint8{10, 20, 30, 40}, []uint8{110, 120, 130, 140}, []uint8{0, 255, 51, 204})
	fmt.Println(dst)
	// Output: [110 20 110 60]
}

func ExampleBlendMaskF32() {
	dst := make([]float32, 3)
	kernels.BlendMaskF32(dst, []float32{1, 2, 5}, []float32{6, 7, 10}, []uint8{0, 255, 51})
	fmt.Println(dst)
	// Output: [6 2 9]
}

func ExampleBlendMaskBF16() {
	x, y := []uint16{kernels.RoundBF16(5)}, []uint16{kernels.RoundBF16(10)}
	kernels.BlendMaskBF16(x, x, y, []uint8{51})
	fmt.Println(kernels.FromBF16(x[0]))
	// Output: 9
}

func ExampleBlendMaskF16() {
	x, y := []uint16{kernels.RoundF16(5)}, []uint16{kernels.RoundF16(10)}
	kernels.BlendMaskF16(x, x, y, []uint8{51})
	fmt.Println(kernels.FromF16(x[0]))
	// Output: 9
}
