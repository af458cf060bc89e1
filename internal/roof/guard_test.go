//go:build linux

package roof

import (
	"runtime/debug"
	"syscall"
	"testing"
)

// Read reads what it says: wherever a page cannot be read, it finds out.
func TestReadReadsAll(t *testing.T) {
	each(t, func(t *testing.T) {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		page := syscall.Getpagesize()
		const pages = 6
		m, err := syscall.Mmap(-1, 0, pages*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		if err != nil {
			t.Fatal(err)
		}
		defer syscall.Munmap(m)
		for i := -1; i < pages; i++ {
			if i >= 0 {
				if err := syscall.Mprotect(m[i*page:][:page], syscall.PROT_NONE); err != nil {
					t.Fatal(err)
				}
			}
			faults := func() (faults bool) {
				defer func() { faults = recover() != nil }()
				Read(m)
				return false
			}()
			if faults != (i >= 0) {
				t.Errorf("page %d of %d cannot be read, and Read faults: %v", i, pages, faults)
			}
			if i >= 0 {
				if err := syscall.Mprotect(m[i*page:][:page], syscall.PROT_READ); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
