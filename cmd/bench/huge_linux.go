package bench

import "golang.org/x/sys/unix"

// hugePage is the size of a huge page, of most CPUs.
const hugePage = 2 << 20

// HugeLines returns a slice that begins at a huge page, and lies in such pages where the system has them free. It is never freed.
func HugeLines(n int) []byte {
	whole := (n + hugePage - 1) &^ (hugePage - 1)
	s, err := unix.Mmap(-1, 0, whole+hugePage, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return Lines(n)
	}
	s = aligned(s, hugePage)
	unix.Madvise(s[:whole], unix.MADV_HUGEPAGE) // a hint: without it pages are small
	return s[:n:n]
}
