package blend_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/kernels"
	"github.com/mixblend/blend/mixup"
)

// The bodies of mixBatch, drawBatch and normalizeBatch are what README.md shows; a test in gen/docs says where the two differ.

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

func drawBatch(images []uint8, classes []int, labels []float32, epoch, step int) error {
	s, err := mixup.New(mixup.Config{Alpha: 0.2, Seed: 1})
	if err != nil {
		return err
	}
	var b mixup.Batch // re-used
	if err := s.At(&b, len(classes), epoch, step); err != nil {
		return err
	}
	if err := b.Uint8(images, images); err != nil { // in place
		return err
	}
	return mixup.OneHot(b.Plan(), labels, classes, 1000, 0.1) // class ids to smoothed rows of 1000
}

func normalizeBatch(b *mixup.Batch, input []float32, images []uint8) error {
	n, err := blend.NewNormalization([]float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225})
	if err != nil {
		return err
	}
	n.From = blend.HWC // to CHW
	return b.Plan().NormalizeFloat32(input, images, n)
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
		if want := kernels.U8(uint8(i), uint8(partner), w); slices.ContainsFunc(dst[i*row:(i+1)*row], func(v uint8) bool { return v != want }) {
			t.Fatalf("row %d with row %d: %d, want %d", i, partner, dst[i*row:(i+1)*row], want)
		}
		if l, m := kernels.WeightsF32(0.3); partner != i && (label[i] != l || label[partner] != m) {
			t.Fatalf("label %d: %v and %v, want %v and %v", i, label[i], label[partner], l, m)
		}
	}
}

func TestReadmeDraws(t *testing.T) {
	const rows, row, step = 4, 6, 3
	images, classes := make([]uint8, rows*row), []int{3, 1, 4, 1}
	for i := range images {
		images[i] = uint8(60 * (i / row))
	}
	before, labels := slices.Clone(images), make([]float32, rows*1000)
	if err := drawBatch(images, classes, labels, 0, step); err != nil {
		t.Fatal(err)
	}
	s, err := mixup.New(mixup.Config{Alpha: 0.2, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	var b mixup.Batch
	if err := s.At(&b, rows, 0, step); err != nil {
		t.Fatal(err)
	}
	mixed := 0
	for i := range rows {
		own, partner, l := before[i*row], before[b.Plan().Index(i)*row], b.Plan().Lambda(i)
		if want := kernels.U8(own, partner, kernels.WeightU8(l)); images[i*row] != want {
			t.Errorf("row %d is %d, want %d", i, images[i*row], want)
		}
		if images[i*row] != own {
			mixed++
		}
		sum := float32(0)
		for _, share := range labels[i*1000 : (i+1)*1000] {
			sum += share
		}
		if sum < 0.999 || sum > 1.001 {
			t.Errorf("label %d sums up to %v", i, sum)
		}
	}
	if mixed == 0 {
		t.Error("nothing was mixed")
	}
	input := make([]float32, len(images))
	if err := normalizeBatch(&b, input, before); err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		own, partner, l := before[i*row], before[b.Plan().Index(i)*row], b.Plan().Lambda(i)
		for c, mean := range []float64{0.485, 0.456, 0.406} {
			std := []float64{0.229, 0.224, 0.225}[c]
			want := kernels.Normalize(own, partner, kernels.WeightU8(l), float32(1/(255*std)), float32(-mean/std))
			for j := range row / 3 {
				if got := input[i*row+c*row/3+j]; got != want {
					t.Fatalf("row %d, channel %d, pixel %d is %v, want %v", i, c, j, got, want)
				}
			}
		}
	}
}
