package mixup

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"unsafe"

	"github.com/mixblend/blend"
)

// scratch is one row, of whatever type, that an in-place call keeps aside.
type scratch []uint64

var scratchPool = sync.Pool{New: func() any { return new(scratch) }}

// scratchRow looks at s as n elements, which is sound because an Element holds no pointers.
func scratchRow[T Element](s *scratch, n int) []T {
	size := n * int(unsafe.Sizeof(*new(T)))
	*s = resize(*s, (size+7)/8)
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(*s))), n)
}

// Addresses are only compared here, never turned back into pointers.

func address[T any](s []T) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(s))) }

// overlap reports whether two slices of one length share memory.
func overlap[T any](a, b []T) bool {
	size := uintptr(len(a)) * unsafe.Sizeof(*new(T))
	d := address(a) - address(b)
	return d < size || -d < size
}

// span is where a row lies, and which row it is.
type span struct {
	start uintptr
	row   int
	dst   bool // of dst, and not of x
}

var spanPool = sync.Pool{New: func() any { return new([]span) }}

// checkRows applies the aliasing rules of PasteRows to rows of one length, not 0, and reports whether they are in place.
func checkRows[T Element](dst, x [][]T) (inPlace bool, err error) {
	inPlace = true
	for i := 0; i < len(dst) && inPlace; i++ {
		inPlace = &dst[i][0] == &x[i][0]
	}
	spans := spanPool.Get().(*[]span)
	defer spanPool.Put(spans)
	*spans = (*spans)[:0]
	for i := range dst {
		*spans = append(*spans, span{address(dst[i]), i, true})
		if !inPlace {
			*spans = append(*spans, span{address(x[i]), i, false})
		}
	}
	slices.SortFunc(*spans, func(a, b span) int { return cmp.Compare(a.start, b.start) })

	// Rows have one length, so that a row can overlap an earlier one only if it overlaps the nearest.
	size := uintptr(len(dst[0])) * unsafe.Sizeof(dst[0][0])
	var lastDst, lastX *span
	for i := range *spans {
		s := &(*spans)[i]
		for _, before := range []*span{lastDst, lastX} {
			if before != nil && (s.dst || before.dst) && s.start-before.start < size {
				return false, fmt.Errorf("%w: %v and %v are %d bytes apart and %d long "+
					"(in place, each row of dst is that of x)", blend.ErrOverlap, before, s, s.start-before.start, size)
			}
		}
		if s.dst {
			lastDst = s
		} else {
			lastX = s
		}
	}
	return inPlace, nil
}

func (s *span) String() string {
	if s.dst {
		return fmt.Sprintf("row %d of dst", s.row)
	}
	return fmt.Sprintf("row %d of x", s.row)
}
