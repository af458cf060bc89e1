//go:build linux

package bench

import (
	"runtime/debug"
	"syscall"
	"testing"
)

// Read reads what it says: wherever a page cannot be read, it finds out.
func TestReadReadsAll(t *testing.T) {
	page := syscall.Getpagesize()
	memory := func(n int) []byte {
		m, err := syscall.Mmap(-1, 0, n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { syscall.Munmap(m) })
		return m
	}
	const pages = 8
	for _, place := range []string{OutOfPlace, InPlace} {
		c := Case{Type: Uint8, Place: place, Workers: 1, Rows: 4, Columns: pages * page / 4, WorkingSet: 2 * pages * page, Cold: true}
		m := &Memory{x: memory(pages * page), d: memory(pages * page), other: Lines(64), ones: Lines(64)}
		all := [][]byte{m.x, m.d}
		if place == InPlace {
			c.WorkingSet /= 2
			all = all[:1]
		}
		var read Contestant
		for _, e := range m.Limits(c) {
			if e.Name == Read {
				read = e
			}
		}
		sees := func() (fault bool) {
			defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
			defer func() { fault = recover() != nil }()
			_, err := read.Time(1)
			if err != nil {
				t.Fatal(err)
			}
			return false
		}
		if sees() {
			t.Fatal("a fault where everything can be read")
		}
		for _, s := range all {
			for i := range pages {
				if err := syscall.Mprotect(s[i*page:][:page], syscall.PROT_NONE); err != nil {
					t.Fatal(err)
				}
				if !sees() {
					t.Errorf("%v: page %d is not read", c, i)
				}
				if err := syscall.Mprotect(s[i*page:][:page], syscall.PROT_READ|syscall.PROT_WRITE); err != nil {
					t.Fatal(err)
				}
			}
		}
		if read.Bytes != len(all)*pages*page {
			t.Errorf("%v: %d bytes are said to be read", c, read.Bytes)
		}
	}
}
