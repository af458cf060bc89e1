package masks_test

import (
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mixblend/blend/examples/masks"
	"github.com/mixblend/blend/mixup"
)

// A batch with a mask of its own for each row, in bytes as decoders have them.
func Example() {
	const n, height, width = 4, 32, 32
	index, rng := []int{1, 2, 3, 0}, rand.New(rand.NewPCG(1, 7)) // seed and step
	var all [][]uint8
	for range n {
		all = append(all, masks.Noise(rng, height, width, 0.75))
	}
	m, err := mixup.NewMasks(index, mixup.HWC, height, width, all...)
	if err != nil {
		log.Fatal(err)
	}
	images := make([]uint8, n*height*width*3)
	for i := range images {
		images[i] = uint8(50 * (i / (height * width * 3)))
	}
	if err := m.Uint8(images, images); err != nil {
		log.Fatal(err)
	}
	labels := make([]float32, n*10)
	if err := mixup.OneHot(m, labels, []int{3, 1, 4, 1}, 10, 0); err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Lambda(0), labels[:5])
	// Output:
	// 0.75 [0 0.25 0 0.75 0]
}

// share is what a mask keeps.
func share(mask []uint8) float64 {
	sum := 0
	for _, m := range mask {
		sum += int(m)
	}
	return float64(sum) / float64(255*len(mask))
}

// edges counts neighbouring pixels of unlike shares, as a share of all.
func edges(mask []uint8, width int) float64 {
	n := 0
	for i := range mask {
		if i%width > 0 && mask[i] != mask[i-1] || i >= width && mask[i] != mask[i-width] {
			n++
		}
	}
	return float64(n) / float64(len(mask))
}

func TestMasks(t *testing.T) {
	for _, size := range [][2]int{{224, 224}, {96, 160}, {64, 64}} {
		height, width := size[0], size[1]
		seen := map[string]bool{}
		for seed := range uint64(6) {
			for _, lambda := range []float64{0, 0.25, 0.6, 0.9, 1} {
				rng := rand.New(rand.NewPCG(seed, 5))
				grid := masks.Grid(rng, height, width, 4, lambda)
				if got := share(grid); math.Abs(got-math.Round(16*lambda)/16) > 1e-12 {
					t.Errorf("grid of %v, λ = %v: it keeps %v", size, lambda, got)
				}
				for i, m := range grid {
					if first := i / width / (height / 4) * (height / 4) * width; m != grid[first+i%width/(width/4)*(width/4)] {
						t.Fatalf("grid of %v: two shares in one cell", size)
					}
				}
				noise := masks.Noise(rng, height, width, lambda)
				if got := share(noise); math.Abs(got-lambda) > 1/float64(len(noise)) {
					t.Errorf("noise of %v, λ = %v: it keeps %v", size, lambda, got)
				}
				if got := edges(noise, width); lambda > 0 && lambda < 1 && (got == 0 || got > 0.12) {
					t.Errorf("noise of %v, λ = %v: %v of it are edges", size, lambda, got)
				}
				seen[fmt.Sprint("grid", grid)], seen[fmt.Sprint("noise", noise)] = true, true
			}
		}
		if len(seen) < 2*6*3+4 {
			t.Errorf("%d different masks of %v", len(seen), size)
		}
	}
}

// A square lies in the image or is clipped, its edges are as soft as they are said to be, and a hard one is a box.
func TestSquare(t *testing.T) {
	const n = 200
	for seed := range uint64(40) {
		lambda := 0.5 + 0.4*float64(seed)/40
		hard := masks.Square(rand.New(rand.NewPCG(seed, 1)), n, n, lambda, 0)
		soft := masks.Square(rand.New(rand.NewPCG(seed, 1)), n, n, lambda, 0.2)
		if got := share(hard); got < lambda-0.02 { // clipped, it keeps more
			t.Errorf("a hard square of λ = %v keeps %v", lambda, got)
		}
		if slices.ContainsFunc(hard, func(m uint8) bool { return m != 0 && m != 255 }) {
			t.Error("a hard square has soft edges")
		}
		within := 0
		for i, m := range soft {
			if m > 3 && m < 252 {
				within++
			}
			if m >= 128 != (hard[i] == 255) && m > 140 != (hard[i] == 255) {
				t.Fatalf("pixel %d is %d where the hard square has %d", i, m, hard[i])
			}
			if i%n > 0 && math.Abs(float64(m)-float64(soft[i-1])) > 255*math.Pi/2/(0.2*n)+1 {
				t.Fatalf("a step from %d to %d", soft[i-1], m)
			}
		}
		if within < n*n/50 {
			t.Errorf("%d pixels in the soft edge", within)
		}
	}
}
