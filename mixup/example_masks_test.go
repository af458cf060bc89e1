package mixup_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/mixup"
)

// fifths mixes two rows of one line of four pixels, each with the other: of its own a row has all of
// the first pixel, 4/5 of the second, 1/5 of the third and nothing of the last.
func fifths() *mixup.Masks {
	m, err := mixup.NewMasks([]int{1, 0}, mixup.CHW, 1, 4, []uint8{255, 204, 51, 0})
	if err != nil {
		log.Fatal(err)
	}
	return m
}

// Alpha compositing, and labels by what is seen of each. Package examples/masks of a clone draws
// masks of FMix, GridMix and SmoothMix.
func ExampleMasks() {
	m, err := mixup.NewMasks([]int{1, 0}, mixup.HWC, 1, 2, []uint8{255, 102}, []uint8{255, 255})
	if err != nil {
		log.Fatal(err)
	}
	images := []uint8{
		10, 20, 30, 10, 20, 30, // two pixels of three channels
		110, 120, 130, 210, 220, 230,
	}
	mixed, labels := make([]uint8, len(images)), make([]float32, 4)
	if err := m.Uint8(mixed, images); err != nil {
		log.Fatal(err)
	}
	if err := mixup.OneHot(m, labels, []int{0, 1}, 2, 0); err != nil {
		log.Fatal(err)
	}
	fmt.Println(mixed[:6], mixed[6:], labels)
	// Output: [10 20 30 130 140 150] [110 120 130 210 220 230] [0.7 0.3 0 1]
}

func ExampleNewMasks() {
	_, err := mixup.NewMasks([]int{1, 0}, mixup.CHW, 2, 3, make([]uint8, 5))
	fmt.Println(errors.Is(err, blend.ErrShape), err)
	// Output: true blend: lengths do not match: mask 0 has 5 bytes, an image 2 × 3 pixels
}

func ExampleMasks_Reset() {
	var m mixup.Masks
	for _, mask := range [][]uint8{{255, 0}, {0, 51}} {
		if err := m.Reset([]int{1, 0}, mixup.CHW, 1, 2, mask); err != nil { // once a step of training
			log.Fatal(err)
		}
		x := []uint8{0, 0, 10, 20}
		err := m.Uint8(x, x)
		fmt.Println(x, err)
	}
	// Output:
	// [0 20 10 0] <nil>
	// [10 16 0 4] <nil>
}

func ExampleMasks_Len() {
	var m mixup.Masks
	fmt.Println(m.Len(), fifths().Len())
	// Output: 0 2
}

func ExampleMasks_Index() {
	fmt.Println(fifths().Index(0))
	// Output: 1
}

func ExampleMasks_Lambda() {
	fmt.Println(fifths().Lambda(0))
	// Output: 0.5
}

func ExampleMasks_Float32() {
	x := []float32{1, 1, 1, 1, 6, 6, 6, 6}
	err := fifths().Float32(x, x)
	fmt.Println(x, err)
	// Output: [1 2 5 6 6 5 2 1] <nil>
}

func ExampleMasks_Float32Rows() {
	x := [][]float32{{1, 1, 1, 1}, {6, 6, 6, 6}}
	err := fifths().Float32Rows(x, x)
	fmt.Println(x, err)
	// Output: [[1 2 5 6] [6 5 2 1]] <nil>
}

func ExampleMasks_Uint8() {
	x := []uint8{0, 0, 0, 0, 100, 100, 100, 100}
	dst := make([]uint8, len(x))
	err := fifths().Uint8(dst, x)
	fmt.Println(dst, err)
	// Output: [0 20 80 100 100 80 20 0] <nil>
}

func ExampleMasks_Uint8Rows() {
	x := [][]uint8{{0, 0, 0, 0}, {100, 100, 100, 100}}
	err := fifths().Uint8Rows(x, x)
	fmt.Println(x, err)
	// Output: [[0 20 80 100] [100 80 20 0]] <nil>
}

func ExampleMasks_NormalizeFloat32() {
	x := []uint8{0, 0, 0, 0, 255, 255, 255, 255}
	dst := make([]float32, len(x))
	err := fifths().NormalizeFloat32(dst, x, halves())
	fmt.Printf("%.1f %v\n", dst, err)
	// Output: [-1.0 -0.6 0.6 1.0 1.0 0.6 -0.6 -1.0] <nil>
}

func ExampleMasks_NormalizeFloat32Rows() {
	x := [][]uint8{{0, 0, 0, 0}, {255, 255, 255, 255}}
	dst := [][]float32{make([]float32, 4), make([]float32, 4)}
	err := fifths().NormalizeFloat32Rows(dst, x, halves())
	fmt.Printf("%.1f %v\n", dst, err)
	// Output: [[-1.0 -0.6 0.6 1.0] [1.0 0.6 -0.6 -1.0]] <nil>
}
