//go:build linux

package blend

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"syscall"
	"testing"
	"unsafe"
)

// guarded is memory between two unreadable pages.
type guarded struct{ mapping, data []byte }

func newGuarded(t *testing.T, size int) guarded {
	page := syscall.Getpagesize()
	size = (size + page - 1) / page * page
	m, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(m) })
	for _, guard := range [][]byte{m[:page], m[page+size:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return guarded{m, m[page : page+size]}
}

// readOnly lets the memory be read only from now on.
func (g guarded) readOnly(t *testing.T) {
	if err := syscall.Mprotect(g.data, syscall.PROT_READ); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Mprotect(g.data, syscall.PROT_READ|syscall.PROT_WRITE) })
}

// ends returns n elements that begin where the memory does, or that end there.
func ends[T element](g guarded, n int, atEnd bool) []T {
	all := unsafe.Slice((*T)(unsafe.Pointer(&g.data[0])), len(g.data)/int(unsafe.Sizeof(*new(T))))
	if atEnd {
		return all[len(all)-n:]
	}
	return all[:n]
}

func TestGuardPages(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Run("f32", func(t *testing.T) { testGuardPages(t, f32) })
		t.Run("u8", func(t *testing.T) { testGuardPages(t, u8) })
	})
}

// Every operand begins, then ends, at an unreadable page: pairs, and chains of three rows, apart and in place.
func testGuardPages[T element](t *testing.T, c calls[T]) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	rng := rand.New(rand.NewPCG(4, 4))
	const most = 4*64 + 1
	var g [6]guarded
	for i := range g {
		g[i] = newGuarded(t, most*4)
	}
	p, _ := NewPlan([]int{1, 2, 0}, 0.3, 77.0/256, 0.5)
	for n := 1; n <= most; n++ {
		for sides := range 8 {
			var rows [6][]T
			for i := range rows {
				rows[i] = ends[T](g[i], n, sides>>(i%3)&1 == 1)
				fill(rng, rows[i])
			}
			what := fmt.Sprintf("n=%d sides=%03b", n, sides)
			noFault(t, what, func() error { return c.pair(rows[0], rows[1], rows[2], lambdas[n%len(lambdas)]) })
			for _, store := range []StoreMode{StoreCached, StoreStream} {
				p.Store = store
				noFault(t, what+" chain", func() error { return c.rows(p, rows[:3], rows[3:]) })
				noFault(t, what+" chain in place", func() error { return c.rows(p, rows[:3], rows[:3]) })
			}
		}
	}
}

func noFault(t *testing.T, what string, f func() error) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Fatalf("%s: %v", what, r)
		}
	}()
	if err := f(); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// Inputs may be mapped read-only.
func TestReadOnlyInput(t *testing.T) {
	forEach(t, func(t *testing.T) {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		rng := rand.New(rand.NewPCG(5, 5))
		g := newGuarded(t, 300*64)
		x := ends[uint8](g, 300*64-1, true)
		x = x[:len(x)/7*7]
		fill(rng, x)
		g.readOnly(t)
		dst := make([]uint8, len(x))
		p, _ := NewPlan([]int{3, 1, 0, 2, 6, 4, 5}, 0.3)
		noFault(t, "Plan", func() error { return p.Uint8(dst, x) })
		noFault(t, "pair", func() error { return Uint8(dst, x, x, 0.3) })
		for i := range dst {
			if dst[i] != x[i] {
				t.Fatal("a row mixed with itself has changed")
			}
		}
	})
}
