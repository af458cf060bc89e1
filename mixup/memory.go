package mixup

import (
	"sync"
	"unsafe"

	"github.com/mixblend/blend/internal/overlap"
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

// overlaps reports whether two slices of one length share memory.
func overlaps[T any](a, b []T) bool {
	size := len(a) * int(unsafe.Sizeof(*new(T)))
	return overlap.Any(unsafe.Pointer(unsafe.SliceData(a)), size, unsafe.Pointer(unsafe.SliceData(b)), size)
}
