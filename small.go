package blend

import (
	"math"
	"unsafe"

	"github.com/mixblend/blend/internal/overlap"
	"github.com/mixblend/blend/internal/pixels"
	"github.com/mixblend/blend/kernels"
)

// smallBytes is the size of a batch that is in the first-level cache with its results.
const smallBytes = 16 << 10

// shortBatch is the size of a batch of rows that mixShortF32 takes at most: not large enough for workers.
const shortBatch = 1 << 20

// isFew reports whether so many rows, of n elements in all, are to be mixed by mixFew: they are few and short, or short float32, where there
// is shortF32 and nothing to stream.
func isFew(k kernel, rows, n int, store StoreMode) (few, short bool) {
	if rows == 0 || n == 0 || store == StoreStream {
		return false, false
	}
	short = k == kernelF32 && fewF32 >= shortF32Columns && n <= rows*fewF32 && n <= shortBatch/4 && !streams(uint64(8*n))
	return short || rows <= chainRows && n <= smallBytes && n*k.in() <= smallBytes, short
}

// mixFlat mixes n elements at x, of rows end to end, to m at dst. Few are mixed before the checks and copies that only others need: they would
// take as long as a kernel takes for 3 KiB.
func (p *Plan) mixFlat(k kernel, dst unsafe.Pointer, m int, x unsafe.Pointer, n int) error {
	if p != nil && m == n {
		if few, short := isFew(k, len(p.index), n, p.Store); few {
			cols := n / len(p.index)
			if cols*len(p.index) == n && !overlap.Partly(dst, x, n*k.in()) && !(dst == x && p.paths.shares()) {
				mixFew(k, p.index, &p.paths, p.lambda, dst, x, x, cols, short)
				return nil
			}
		}
	}
	return p.options().mix(k, pixels.Operand{Flat: dst, Len: m}, pixels.Operand{Flat: x, Len: n})
}

// mixFew mixes rows that lie end to end, as isFew says. Results may replace x, and partners too, if each row is the partner of one.
func mixFew(k kernel, index []int, paths *paths, lambda []float64, dst, x, partners unsafe.Pointer, cols int, short bool) {
	switch {
	case short:
		mixShortF32(index, paths, lambda, dst, x, partners, cols)
	case dst == partners:
		mixSmallInPlace(k, paths, lambda, x, cols)
	default:
		mixSmall(k, index, lambda, dst, x, partners, cols)
	}
}

// mixSmall mixes few short rows that lie end to end and that no result replaces, in one call of the kernel. In the first-level cache no
// order of rows is better than another, so there is no path to follow: a traversal would take longer than the kernel.
func mixSmall(k kernel, index []int, lambda []float64, dst, x, partners unsafe.Pointer, cols int) {
	var steps [chainRows]step
	size, params := cols*k.in(), k.paramsFor(lambda[0])
	for i, q := range index {
		s := &steps[i]
		s.dst, s.own, s.partner = unsafe.Add(dst, i*size), unsafe.Add(x, i*size), unsafe.Add(partners, q*size)
		if s.params = params; len(lambda) > 1 {
			s.params = k.paramsFor(lambda[i])
		}
	}
	k.run(steps[:len(index)], cols, wholeRow)
}

// mixSmallInPlace does so in place, cycle by cycle. It keeps the first row of each aside, for the last one.
func mixSmallInPlace(k kernel, paths *paths, lambda []float64, x unsafe.Pointer, cols int) {
	var steps [chainRows]step
	size, params := cols*k.in(), k.paramsFor(lambda[0])
	at := func(row int32) unsafe.Pointer { return unsafe.Add(x, int(row)*size) }
	aside := scratchPool.Get().(*scratch)
	first := grown(&aside.cycle, smallBytes)
	for i, row := range paths.order {
		s := &steps[i]
		s.dst, s.own, s.partner = at(row), at(row), unsafe.Pointer(&first[0])
		begin, end := int(paths.first[i]), int(paths.last[i])
		if i == begin {
			copy(first, slice[byte](s.own, size))
		}
		if i+1 < end {
			s.partner = at(paths.order[i+1])
		} else {
			first = first[size:]
		}
		if s.params = params; len(lambda) > 1 {
			s.params = k.paramsFor(lambda[row])
		}
	}
	k.run(steps[:len(paths.order)], cols, wholeRow)
	scratchPool.Put(aside)
}

// mixShortF32 mixes rows of few columns, such as one-hot labels, each by itself as Float32 mixes a pair: a step takes as long to fill in.
// Where results replace partners it goes cycle by cycle, and keeps the first row of each aside.
func mixShortF32(index []int, paths *paths, lambda []float64, dst, x, partners unsafe.Pointer, cols int) {
	var first [4 * shortF32Columns]float32
	size := 4 * cols
	l, m := kernels.WeightsF32(lambda[0])
	for i, row := range paths.order {
		own, partner := unsafe.Add(x, int(row)*size), unsafe.Add(partners, index[row]*size)
		if dst == partners {
			if i == int(paths.first[i]) {
				copy(first[:], slice[float32](own, cols))
			}
			if i+1 == int(paths.last[i]) {
				partner = unsafe.Pointer(&first)
			}
		}
		if len(lambda) > 1 {
			l, m = kernels.WeightsF32(lambda[row])
		}
		to := unsafe.Add(dst, int(row)*size)
		if cols < shortF32Columns {
			kernels.BlendF32(slice[float32](to, cols), slice[float32](own, cols), slice[float32](partner, cols), l, m)
			continue
		}
		racePair(to, own, partner, size, size)
		shortF32((*float32)(to), (*float32)(own), (*float32)(partner), cols, math.Float32bits(l), math.Float32bits(m))
	}
}
