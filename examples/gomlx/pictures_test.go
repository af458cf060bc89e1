package main

import (
	"image"
	"image/color"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/images"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/examples/flat"
)

func decoded(n, side int) []image.Image {
	all := make([]image.Image, n)
	for i := range all {
		m := image.NewRGBA(image.Rect(0, 0, side, side))
		for k := range m.Pix {
			m.Pix[k] = uint8((k + i) * 2654435761 >> 13)
			if k%4 == 3 {
				m.Pix[k] = 255
			}
		}
		all[i] = m
	}
	return all
}

// The tensor holds what GoMLX makes of the same pictures, in another order of dimensions: it has channels last.
func TestPicturesToTensor(t *testing.T) {
	const side = 9
	all := decoded(3, side)
	n, err := blend.NewNormalization(make([]float64, 3), []float64{1, 1, 1}, blend.HWC, blend.CHW)
	if err != nil {
		t.Fatal(err)
	}
	n.PixelBytes = 4
	got, err := toTensor(all, n)
	if err != nil {
		t.Fatal(err)
	}
	if d := got.Shape().Dimensions; len(d) != 4 || d[0] != 3 || d[1] != 3 || d[2] != side || d[3] != side {
		t.Fatalf("dimensions %v", d)
	}
	want := images.ToTensor(dtypes.Float32).Batch(all)
	if err := tensors.ConstFlatData(got, func(g []float32) {
		if err := tensors.ConstFlatData(want, func(w []float32) {
			for i := range all {
				for c := range 3 {
					for p := range side * side {
						a, b := g[(i*3+c)*side*side+p], w[(i*side*side+p)*3+c]
						if math.Abs(float64(a-b)) > 1e-5 {
							t.Fatalf("picture %d, channel %d, pixel %d: %v, GoMLX has %v", i, c, p, a, b)
						}
					}
				}
			}
		}); err != nil {
			t.Fatal(err)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := toTensor([]image.Image{all[0], image.NewGray(image.Rect(0, 0, 1, 1))}, n); err == nil {
		t.Error("no error for pictures of two sizes")
	}
	// What is not RGBA is made so.
	gray := image.NewGray(image.Rect(0, 0, 1, 1))
	gray.SetGray(0, 0, color.Gray{51})
	if got, err = toTensor([]image.Image{gray}, n); err != nil {
		t.Fatal(err)
	}
	if err := tensors.ConstFlatData(got, func(g []float32) {
		for _, v := range g {
			if math.Abs(float64(v)-0.2) > 1e-6 {
				t.Errorf("%v", g)
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
}

// A batch of decoded pictures, as a tensor: here, and by GoMLX itself.
func BenchmarkPicturesToTensor(b *testing.B) {
	all := decoded(64, 224)
	n, err := flat.Normalization()
	if err != nil {
		b.Fatal(err)
	}
	t, err := toTensor(all, n)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("how=blend", func(b *testing.B) {
		for range b.N {
			if err := fillTensor(t, all, n); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("how=blend-new-tensor", func(b *testing.B) {
		for range b.N {
			t, err := toTensor(all, n)
			if err != nil {
				b.Fatal(err)
			}
			t.FinalizeAll()
		}
	})
	b.Run("how=GoMLX", func(b *testing.B) {
		for range b.N {
			images.ToTensor(dtypes.Float32).Batch(all).FinalizeAll()
		}
	})
}
