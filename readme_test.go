package blend_test

import (
	"image"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/kernels"
	"github.com/mixblend/blend/mixup"
)

// The bodies of mixBatch, recipe and trainBatch are what README.md shows; a test in tools/docs says where the two differ.

func mixBatch(dst, images []uint8, labels []float32) error {
	index := rand.Perm(128)             // row i is mixed with row index[i]
	p, err := blend.NewPlan(index, 0.3) // one λ for all rows, or one a row
	if err != nil {
		return err
	}
	if err := p.Uint8(dst, images); err != nil { // 128 rows, end to end; dst may be images
		return err
	}
	return p.Float32(labels, labels) // in place
}

// recipe is what a program makes once.
func recipe() (*mixup.Sampler, *blend.Normalization, error) {
	s, err := mixup.New(mixup.Config{
		Seed:  1,
		Alpha: 0.8, CutMixAlpha: 1, // mixup or CutMix, half of the batches each
		Height: 224, Width: 224, Layout: mixup.HWC,
	})
	if err != nil {
		return nil, nil, err
	}
	mean, std := []float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225} // ImageNet's
	n, err := blend.NewNormalization(mean, std, blend.HWC, blend.CHW)
	return s, n, err
}

func trainBatch(s *mixup.Sampler, n *blend.Normalization, b *mixup.Batch, input []float32, images []uint8, labels []float32, classes []int, epoch, step int) error {
	if err := s.At(b, len(classes), epoch, step); err != nil { // b is a *mixup.Batch, used again
		return err
	}
	if err := b.NormalizeFloat32(input, images, n); err != nil { // bytes to mixed, normalized planes
		return err
	}
	return mixup.OneHot(b, labels, classes, 1000, 0.1) // class ids to mixed, smoothed rows of 1000
}

func TestReadmeMixes(t *testing.T) {
	const rows, row = 128, 5
	images, labels := make([]uint8, rows*row), make([]float32, rows*rows)
	for i := range images {
		images[i] = uint8(i / row)
	}
	for i := range rows {
		labels[i*rows+i] = 1 // one-hot: the mixed labels say who was mixed with whom
	}
	dst := make([]uint8, len(images))
	if err := mixBatch(dst, images, labels); err != nil {
		t.Fatal(err)
	}
	w := kernels.WeightU8(0.3)
	for i := range rows {
		label := labels[i*rows : (i+1)*rows]
		partner := i
		for j, share := range label {
			if j != i && share != 0 {
				partner = j
			}
		}
		if want := kernels.MixU8(uint8(i), uint8(partner), w); slices.ContainsFunc(dst[i*row:(i+1)*row], func(v uint8) bool { return v != want }) {
			t.Fatalf("row %d with row %d: %d, want %d", i, partner, dst[i*row:(i+1)*row], want)
		}
		if l, m := kernels.WeightsF32(0.3); partner != i && (label[i] != l || label[partner] != m) {
			t.Fatalf("label %d: %v and %v, want %v and %v", i, label[i], label[partner], l, m)
		}
	}
}

// Pixels are those of the draw: blended, or cut.
func TestReadmeTrains(t *testing.T) {
	const rows, side, steps = 4, 224, 6
	const pixels = side * side
	images, classes := make([]uint8, rows*3*pixels), []int{3, 1, 4, 1}
	for i := range images {
		images[i] = uint8(i * 7 / 3)
	}
	before := slices.Clone(images)
	s, n, err := recipe()
	if err != nil {
		t.Fatal(err)
	}
	var b mixup.Batch
	input, labels := make([]float32, len(images)), make([]float32, rows*1000)
	cut, blended := 0, 0
	for step := range steps {
		if err := trainBatch(s, n, &b, input, images, labels, classes, 2, step); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(images, before) {
			t.Fatal("the images were written")
		}
		for i := range rows {
			own, partner := images[i*3*pixels:][:3*pixels], images[b.Index(i)*3*pixels:][:3*pixels]
			box, w := b.Box(i), kernels.WeightU8(b.Lambda(i))
			if box.Empty() {
				blended++
			} else {
				cut++
				w = kernels.One
			}
			for p := range pixels {
				in := image.Pt(p%side, p/side).In(box)
				for c := range 3 {
					a := own[3*p+c]
					if in {
						a = partner[3*p+c]
					}
					want := kernels.Normalize(a, partner[3*p+c], w, n.Scale[c], n.Bias[c])
					if got := input[(i*3+c)*pixels+p]; got != want {
						t.Fatalf("step %d, row %d, channel %d, pixel %d is %v, want %v", step, i, c, p, got, want)
					}
				}
			}
			own32, partner32 := float32(0.9+0.1/1000), float32(0.1/1000)
			l, m := kernels.WeightsF32(b.Lambda(i))
			want := float32(l*own32) + float32(m*partner32)
			if classes[i] == classes[b.Index(i)] {
				want = float32(l*own32) + float32(m*own32)
			}
			if got := labels[i*1000+classes[i]]; got != want {
				t.Fatalf("step %d, row %d: its class has %v, want %v", step, i, got, want)
			}
		}
	}
	if cut == 0 || blended == 0 {
		t.Errorf("%d rows were cut, %d blended", cut, blended)
	}
}
