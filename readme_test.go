package blend_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/kernels"
)

// The body of mixBatch is what README.md shows; a test in tools/docs says where the two differ.

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
