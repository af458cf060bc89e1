// Package roof holds what a mix is measured against: a copy past the caches, as fast as this CPU can make it.
package roof

import "unsafe"

const (
	line  = 64
	block = 512 // what the assembly takes at a time; a multiple of every implementation's
)

// StreamCopy copies src to dst, which are of one length and do not overlap, with stores that go past the caches where the CPU
// has such stores; otherwise it is Go's copy.
func StreamCopy(dst, src []byte) {
	if len(dst) != len(src) {
		panic("roof: lengths differ")
	}
	head := min(int(-uintptr(unsafe.Pointer(unsafe.SliceData(dst)))%line), len(dst))
	n := (len(dst) - head) / block * block
	if n == 0 {
		copy(dst, src)
		return
	}
	copy(dst[:head], src[:head])
	stream(dst[head:head+n], src[head:head+n])
	copy(dst[head+n:], src[head+n:])
}
