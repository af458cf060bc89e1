package blend_test

import (
	"errors"
	"fmt"

	"github.com/mixblend/blend"
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

func ExampleQuantize() {
	fmt.Println(blend.Quantize(0.3), blend.Quantize(0.25))
	// Output: 0.29998779296875 0.25
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

func ExampleNewPlan() {
	_, err := blend.NewPlan([]int{1, 0}, 1.5)
	fmt.Println(errors.Is(err, blend.ErrLambda), err)
	// Output: true blend: lambda is not in [0, 1]: lambda[0] = 1.5
}
