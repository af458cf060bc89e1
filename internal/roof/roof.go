// Package roof holds what a mix is measured against: how fast this CPU copies, reads and writes memory, by streaming stores where it
// has such stores.
package roof

import "unsafe"

const (
	line  = 64
	block = 512 // what the assembly takes at a time; a multiple of every implementation's
)

// StreamCopy copies src to dst, which are of one length and do not overlap, by streaming stores where the CPU has them; otherwise
// it is Go's copy.
func StreamCopy(dst, src []byte) {
	if len(dst) != len(src) {
		panic("roof: lengths differ")
	}
	head, body := aligned(dst)
	copy(dst[:head], src[:head])
	if body > 0 {
		stream(dst[head:head+body], src[head:head+body])
	}
	copy(dst[head+body:], src[head+body:])
}

// StreamWrite sets every byte of dst, likewise: not to zero, since there are machines that write lines of zeros three times as fast.
func StreamWrite(dst []byte) {
	head, body := aligned(dst)
	setAll(dst[:head])
	if body > 0 {
		write(dst[head : head+body])
	}
	setAll(dst[head+body:])
}

const fill = 0x5a

func setAll(dst []byte) {
	for i := range dst {
		dst[i] = fill
	}
}

// Read reads all of src but for less than 512 bytes at its end.
func Read(src []byte) {
	if n := len(src) / block * block; n > 0 {
		read(src[:n])
	}
}

// aligned returns where dst is aligned to a line, and how many bytes from there on the assembly can take.
func aligned(dst []byte) (head, body int) {
	head = min(int(-uintptr(unsafe.Pointer(unsafe.SliceData(dst)))%line), len(dst))
	return head, (len(dst) - head) / block * block
}
