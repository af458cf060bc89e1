// Package overlap finds memory that slices share. Addresses are only compared here, never turned back into pointers.
package overlap

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"unsafe"
)

// Partly reports whether size bytes at a and at b are neither the same nor apart.
func Partly(a, b unsafe.Pointer, size int) bool {
	d := uintptr(a) - uintptr(b)
	return d != 0 && (d < uintptr(size) || -d < uintptr(size))
}

// Any reports whether na bytes at a and nb at b have one in common.
func Any(a unsafe.Pointer, na int, b unsafe.Pointer, nb int) bool {
	return uintptr(b)-uintptr(a) < uintptr(na) || uintptr(a)-uintptr(b) < uintptr(nb)
}

// Where says in an error how long two slices are that overlap, in bytes, and where they begin.
func Where(aName string, a unsafe.Pointer, na int, bName string, b unsafe.Pointer, nb int) string {
	where := "at the same byte"
	if a != b {
		where = fmt.Sprintf("%d bytes apart", max(uintptr(a), uintptr(b))-min(uintptr(a), uintptr(b)))
	}
	return fmt.Sprintf("%s and %s have %d and %d bytes and begin %s", aName, bName, na, nb, where)
}

// span is where a row lies, and which row it is.
type span struct {
	start uintptr
	row   int
}

var spanPool = sync.Pool{New: func() any { return new([]span) }}

// Rows reports whether rows of size bytes are in place, each of dst being that of x. If they are not, none of dst may overlap any of
// x; no two of dst may in either case. The error says which do.
func Rows(dst, x [][]byte, size uintptr) (inPlace bool, err error) {
	if size == 0 {
		return false, nil
	}
	inPlace = true
	for i := range dst {
		if unsafe.SliceData(dst[i]) != unsafe.SliceData(x[i]) {
			inPlace = false
			break
		}
	}
	if inPlace {
		return true, Apart(dst, size, nil, 0, "")
	}
	if err := Apart(dst, size, x, size, "x"); err != nil {
		return false, fmt.Errorf("%w (in place, each row of dst is that of x)", err)
	}
	return false, nil
}

// Apart returns an error that says which rows of dst overlap one another, or a row of x, which has this name.
func Apart(dst [][]byte, size uintptr, x [][]byte, xSize uintptr, name string) error {
	dsts := spanPool.Get().(*[]span)
	defer spanPool.Put(dsts)
	*dsts = byAddress(*dsts, dst)
	for i := 1; i < len(*dsts); i++ {
		if p, q := (*dsts)[i-1], (*dsts)[i]; q.start-p.start < size {
			return fmt.Errorf("rows %d and %d of dst are %d bytes apart and %d long",
				min(p.row, q.row), max(p.row, q.row), q.start-p.start, size)
		}
	}
	if len(x) == 0 {
		return nil
	}
	xs := spanPool.Get().(*[]span)
	defer spanPool.Put(xs)
	*xs = byAddress(*xs, x)
	for i, j := 0, 0; i < len(*dsts) && j < len(*xs); {
		d, s := (*dsts)[i], (*xs)[j]
		switch {
		case s.start >= d.start && s.start-d.start < size, d.start >= s.start && d.start-s.start < xSize:
			return fmt.Errorf("row %d of dst and row %d of %s are %d bytes apart, and %d and %d long",
				d.row, s.row, name, max(d.start, s.start)-min(d.start, s.start), size, xSize)
		case s.start < d.start:
			j++
		default:
			i++
		}
	}
	return nil
}

// byAddress lists where rows lie, in ascending order. Rows of one batch mostly are in order already.
func byAddress(spans []span, rows [][]byte) []span {
	spans = spans[:0]
	for i, r := range rows {
		spans = append(spans, span{uintptr(unsafe.Pointer(unsafe.SliceData(r))), i})
	}
	order := func(a, b span) int { return cmp.Compare(a.start, b.start) }
	if !slices.IsSortedFunc(spans, order) {
		slices.SortFunc(spans, order)
	}
	return spans
}

// Rectangles reports whether two rectangles of bytes have one in common, each of so many rows, the begin of one and of the next
// stride bytes apart.
func Rectangles(a unsafe.Pointer, aWidth, aHeight, aStride int, b unsafe.Pointer, bWidth, bHeight, bStride int) bool {
	if aWidth == 0 || aHeight == 0 || bWidth == 0 || bHeight == 0 ||
		!Any(a, (aHeight-1)*aStride+aWidth, b, (bHeight-1)*bStride+bWidth) {
		return false
	}
	p, q := uintptr(a), uintptr(b)
	for i, j := 0, 0; i < aHeight && j < bHeight; {
		switch {
		case q-p < uintptr(aWidth) || p-q < uintptr(bWidth):
			return true
		case p < q:
			i++
			p += uintptr(aStride)
		default:
			j++
			q += uintptr(bStride)
		}
	}
	return false
}
