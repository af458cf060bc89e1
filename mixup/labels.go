package mixup

import (
	"fmt"
	"math"
	"sync"
	"unsafe"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/internal/overlap"
	"github.com/mixblend/blend/internal/pixels"
	"github.com/mixblend/blend/kernels"
)

// Integer is the type of a class id.
type Integer interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~int | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uint | ~uintptr
}

// OneHot writes the mixed labels of a batch to dst: s.Len() rows of `classes` elements, from one
// class id a row. With label smoothing in [0, 1), an unmixed row has smoothing/classes everywhere,
// and 1−smoothing more at its class; two rows are mixed as [blend.Plan.Float32] mixes them. The
// results are the bits of timm's mixup_target.
//
// A class id outside [0, classes) is [ErrClass], classes below 1 or a smoothing outside [0, 1) is
// [ErrConfig], lengths that do not match are [blend.ErrShape].
//
// Ids that stand for "no label", such as 255 or −1, are outside that range. If rows have such ids,
// write rows of labels yourself, of zeros where there is no label, and call [SoftLabels].
func OneHot[T Integer](s Shares, dst []float32, class []T, classes int, smoothing float64) error {
	if err := checkSmoothing(smoothing); err != nil {
		return err
	}
	if classes < 1 {
		return fmt.Errorf("%w: classes = %d, want 1 or more", ErrConfig, classes)
	}
	n, err := rowsOf(s)
	if err != nil {
		return err
	}
	if len(class) != n || len(dst)%classes != 0 || len(dst)/classes != n {
		return fmt.Errorf("%w: %s, %d class ids, and %d elements for %d classes",
			blend.ErrShape, pixels.Count(n), len(class), len(dst), classes)
	}
	if err := checkShares(s, n); err != nil {
		return err
	}
	for i, c := range class {
		if c < 0 || uint64(c) >= uint64(classes) {
			return fmt.Errorf("%w: class[%d] = %d, ids of %d classes are 0 … %d", ErrClass, i, c, classes, classes-1)
		}
	}
	share := smoothing / float64(classes)
	off, on := float32(share), float32(1-smoothing+share)
	var f filler
	begin, v := 0, float32(0) // rows from begin on have v as their background
	for i := range n {
		l, m := kernels.WeightsF32(s.Lambda(i))
		background := kernels.MixF32(off, off, l, m)
		if background != v && i > 0 {
			f.fill(dst[begin*classes:i*classes], v)
			begin = i
		}
		v = background
	}
	f.fill(dst[begin*classes:], v)
	for i := range n {
		row := dst[i*classes : (i+1)*classes]
		l, m := kernels.WeightsF32(s.Lambda(i))
		a, b := class[i], class[s.Index(i)]
		row[b] = kernels.MixF32(off, on, l, m)
		row[a] = kernels.MixF32(on, off, l, m)
		if a == b {
			row[a] = kernels.MixF32(on, on, l, m)
		}
	}
	return nil
}

// A filler sets rows to one value each, as fast as clear: it copies from a row that it has set to
// that value before, and that must not have changed since. The backgrounds of a batch, λ·off +
// (1−λ)·off, are equal but for rounding: they differ in their last bits.
type filler struct{ like [4][]float32 }

func (f *filler) fill(row []float32, v float32) {
	if v == 0 || len(row) == 0 {
		clear(row)
		return
	}
	like := &f.like[math.Float32bits(v)%4]
	if len(*like) == 0 || (*like)[0] != v {
		*like = row[:min(len(row), 1024)] // stays in the L1 cache
		(*like)[0] = v
		for done := 1; done < len(*like); {
			done += copy((*like)[done:], (*like)[:done])
		}
	}
	for done := 0; done < len(row); {
		done += copy(row[done:], *like)
	}
}

// SoftLabels sets dst to the mixed labels of a batch, from rows of labels of any length: one-hot,
// soft and multi-label ones. With label smoothing in [0, 1), label v of a row of k becomes
// (1−smoothing)·v + smoothing/k, taken in float64 and rounded once; then rows are mixed as
// [blend.Plan.Float32] mixes them, and a row whose Lambda is 1 keeps its labels. One-hot rows give
// the bits of [OneHot]. (timm's multi_label smooths each label towards ½ instead: where that is
// wanted, smooth y before, and give no smoothing here.)
//
// dst and y are s.Len() rows end to end, else the error is [blend.ErrShape]. dst must be y, or not
// overlap it, else it is [blend.ErrOverlap]. If dst is y, a row that is the partner of two is
// [blend.ErrIndex]. A smoothing outside [0, 1) is [ErrConfig].
func SoftLabels(s Shares, dst, y []float32, smoothing float64) error {
	if err := checkSmoothing(smoothing); err != nil {
		return err
	}
	n, err := rowsOf(s)
	if err != nil {
		return err
	}
	if len(dst) != len(y) || n == 0 && len(y) != 0 || n != 0 && len(y)%n != 0 {
		return fmt.Errorf("%w: %s, dst has %d elements, y %d", blend.ErrShape, pixels.Count(n), len(dst), len(y))
	}
	if len(y) == 0 {
		return checkShares(s, n)
	}
	inPlace := &dst[0] == &y[0]
	if !inPlace && overlaps(dst, y) {
		return overlapError(dst, y)
	}
	b := softPool.Get().(*softBatch)
	defer softPool.Put(b)
	b.index, b.lambda = b.index[:0], b.lambda[:0]
	for i := range n {
		b.index, b.lambda = append(b.index, s.Index(i)), append(b.lambda, s.Lambda(i))
	}
	if err := b.plan.Reset(b.index, b.lambda...); err != nil {
		return err
	}
	if smoothing != 0 {
		y = b.smooth(y, len(y)/n, smoothing)
	}
	to := dst
	if inPlace {
		to = y
	}
	if err := mix(b, pixels.Float32, to, y); err != nil {
		return err
	}
	if inPlace && smoothing != 0 {
		copy(dst, y)
	}
	return nil
}

// softBatch is what SoftLabels needs for a while.
type softBatch struct {
	Batch
	smoothed []float32
}

var softPool = sync.Pool{New: func() any { return new(softBatch) }}

// smooth returns rows of k labels, smoothed.
func (b *softBatch) smooth(y []float32, k int, smoothing float64) []float32 {
	b.smoothed = resize(b.smoothed, len(y))
	share := smoothing / float64(k)
	for i, v := range y {
		b.smoothed[i] = float32(float64((1-smoothing)*float64(v)) + share)
	}
	return b.smoothed
}

func checkSmoothing(smoothing float64) error {
	if !(smoothing >= 0 && smoothing < 1) {
		return fmt.Errorf("%w: smoothing = %v, want [0, 1)", ErrConfig, smoothing)
	}
	return nil
}

// Partners sets dst[i] to y[s.Index(i)]: if y holds each row's own label, dst gets its partner's.
// s.Lambda(i) is the weight of the own one in [Loss]. Both must have s.Len() elements, else the
// error is [blend.ErrShape], and not overlap, else it is [blend.ErrOverlap].
func Partners[T any](s Shares, dst, y []T) error {
	n, err := rowsOf(s)
	if err != nil {
		return err
	}
	if len(dst) != n || len(y) != n {
		return fmt.Errorf("%w: %s, dst has %d elements, y %d", blend.ErrShape, pixels.Count(n), len(dst), len(y))
	}
	if err := checkShares(s, n); err != nil {
		return err
	}
	if overlaps(dst, y) {
		return overlapError(dst, y)
	}
	for i := range dst {
		dst[i] = y[s.Index(i)]
	}
	return nil
}

func overlapError[T any](dst, y []T) error {
	size := len(y) * int(unsafe.Sizeof(*new(T)))
	return fmt.Errorf("%w: %s", blend.ErrOverlap,
		overlap.Where("dst", unsafe.Pointer(unsafe.SliceData(dst)), size, "y", unsafe.Pointer(unsafe.SliceData(y)), size))
}

// overlaps reports whether two slices of one length share memory.
func overlaps[T any](a, b []T) bool {
	size := len(a) * int(unsafe.Sizeof(*new(T)))
	return overlap.Any(unsafe.Pointer(unsafe.SliceData(a)), size, unsafe.Pointer(unsafe.SliceData(b)), size)
}

// Loss returns λ·a + (1−λ)·b, the mixup_criterion of mixup-cifar10. a is the loss by the row's own
// label, b by its partner's label; for a batch with one λ they may be the means over the batch.
func Loss[F ~float32 | ~float64](lambda float64, a, b F) F {
	return F(F(lambda)*a) + F(F(1-lambda)*b)
}
