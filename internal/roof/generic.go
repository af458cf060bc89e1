//go:build purego || !arm64

package roof

import "encoding/binary"

var sum uint64 // so that reading is not optimized away

func readGeneric(src []byte) {
	var a, b uint64
	for ; len(src) >= 16; src = src[16:] {
		a += binary.NativeEndian.Uint64(src)
		b += binary.NativeEndian.Uint64(src[8:])
	}
	sum = a + b
}
