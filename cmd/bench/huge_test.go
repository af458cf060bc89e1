package bench

import (
	"runtime"
	"testing"
	"unsafe"
)

// Batches begin at lines, those in huge pages at one of these where the system has them, and x and dst never at the same place of
// a page.
func TestLines(t *testing.T) {
	at := func(s []byte) uintptr { return uintptr(unsafe.Pointer(&s[0])) }
	for _, n := range []int{1, 64, 4097, 2<<20 - 1, 2 << 20, 2<<20 + 1} {
		huge := uintptr(64)
		if runtime.GOOS == "linux" {
			huge = 2 << 20
		}
		for _, s := range [][]byte{Lines(n), HugeLines(n)} {
			if len(s) != n || cap(s) != n || at(s)%64 != 0 {
				t.Errorf("%d bytes of %d, room for %d, at %#x", len(s), n, cap(s), at(s))
			}
			s[0], s[n-1] = 1, 1
		}
		if s := HugeLines(n); at(s)%huge != 0 {
			t.Errorf("%d bytes are at %#x, not at a multiple of %#x", n, at(s), huge)
		}
	}
	c := Case{Type: Float32, Place: OutOfPlace, Workers: 1, Rows: 4, Columns: 3072, WorkingSet: 2 * 4 * 4 * 3072}
	dst, x := NewHugeMemory([]Case{c}, Caches{Last: 1 << 10}).Batch(c)
	if len(dst) != c.Batch() || len(x) != c.Batch() || at(dst)%64 != 0 || at(x)%64 != 0 || runtime.GOOS == "linux" && at(dst)%4096 == at(x)%4096 {
		t.Errorf("%d bytes at %#x, %d at %#x", len(dst), at(dst), len(x), at(x))
	}
}
