//go:build linux

package pixels

import (
	"bytes"
	"syscall"
	"testing"
)

// Repeat, Pack and Opaque read and write nothing beyond its slices: they end where a page that cannot be read begins.
func TestGuardPages(t *testing.T) {
	page := syscall.Getpagesize()
	end := func(n int) []byte {
		m, err := syscall.Mmap(-1, 0, 3*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { syscall.Munmap(m) })
		if err := syscall.Mprotect(m[2*page:], syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
		return m[2*page-n : 2*page]
	}
	const most = 130
	src, dst := end(most), end(5*most)
	for i := range src {
		src[i] = byte(i + 1)
	}
	each(t, func(t *testing.T) {
		for times := 1; times <= 5; times++ {
			for n := range most + 1 {
				x, d := src[most-n:], dst[5*most-n*times:]
				Repeat(d, x, times, 0)
				for i, v := range x {
					if !bytes.Equal(d[i*times:][:times], bytes.Repeat([]byte{v}, times)) {
						t.Fatalf("%d times, %d bytes: byte %d", times, n, i)
					}
				}
			}
		}
		for n := range most/4 + 1 {
			for pixel := 1; pixel <= 4; pixel++ {
				Pack(dst[len(dst)-3*n:], src[most-pixel*n:], pixel, []int{0, pixel - 1, 0})
			}
		}
		x := src[2:] // 128 bytes
		for n := range len(x) + 1 {
			Opaque(x[len(x)-n:], dst[len(dst)-n:])
		}
	})
}
