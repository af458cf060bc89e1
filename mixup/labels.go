package mixup

import (
	"fmt"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/kernels"
)

// Integer is what class ids are made of.
type Integer interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~int | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uint | ~uintptr
}

// OneHot writes the mixed labels of a batch to dst, p.Len() rows of so many classes, from one class id a row. With
// label smoothing s in [0, 1), an unmixed row has s/classes everywhere, and 1−s more at its class; the mix of two is what
// [blend.Plan.Float32] makes of them. Both are timm's mixup_target, to the bit.
//
// A class id outside [0, classes) is [ErrClass], classes below 1 or a smoothing outside [0, 1) is [ErrConfig], lengths
// that do not match are [blend.ErrShape].
func OneHot[T Integer](p *blend.Plan, dst []float32, class []T, classes int, smoothing float64) error {
	n := p.Len()
	switch {
	case classes < 1:
		return fmt.Errorf("%w: classes = %d, want 1 or more", ErrConfig, classes)
	case !(smoothing >= 0 && smoothing < 1):
		return fmt.Errorf("%w: smoothing = %v, want [0, 1)", ErrConfig, smoothing)
	case len(class) != n || len(dst)%classes != 0 || len(dst)/classes != n:
		return fmt.Errorf("%w: %d rows, %d class ids, and %d elements for %d classes",
			blend.ErrShape, n, len(class), len(dst), classes)
	}
	for i, c := range class {
		if c < 0 || uint64(c) >= uint64(classes) {
			return fmt.Errorf("%w: class[%d] = %d, with %d classes", ErrClass, i, c, classes)
		}
	}
	share := smoothing / float64(classes)
	off, on := float32(share), float32(1-smoothing+share)
	for i := range n {
		row := dst[i*classes : (i+1)*classes]
		l, m := kernels.WeightsF32(p.Lambda(i))
		if background := kernels.F32(off, off, l, m); background == 0 {
			clear(row)
		} else {
			for j := range row {
				row[j] = background
			}
		}
		a, b := class[i], class[p.Index(i)]
		row[b] = kernels.F32(off, on, l, m)
		row[a] = kernels.F32(on, off, l, m)
		if a == b {
			row[a] = kernels.F32(on, on, l, m)
		}
	}
	return nil
}

// Partners sets dst[i] to y[p.Index(i)]: with y as first labels, dst has the second ones, and p.Lambda(i) is the weight
// of the first in [Loss]. There are p.Len() elements in both, else the error is [blend.ErrShape], and they do not
// overlap, else it is [blend.ErrOverlap].
func Partners[T any](p *blend.Plan, dst, y []T) error {
	if len(dst) != p.Len() || len(y) != p.Len() {
		return fmt.Errorf("%w: %d rows, dst has %d elements, y %d", blend.ErrShape, p.Len(), len(dst), len(y))
	}
	if overlaps(dst, y) {
		return fmt.Errorf("%w: dst and y", blend.ErrOverlap)
	}
	for i := range dst {
		dst[i] = y[p.Index(i)]
	}
	return nil
}

// Loss returns λ·a + (1−λ)·b, the loss of a row, or of a batch with one λ, whose loss is a by the row's own label and b
// by its partner's: the mixup_criterion of mixup-cifar10.
func Loss[F ~float32 | ~float64](lambda float64, a, b F) F {
	return F(F(lambda)*a) + F(F(1-lambda)*b)
}
