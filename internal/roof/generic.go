//go:build purego || !arm64

package roof

import "encoding/binary"

// readGeneric returns what nobody needs, so that reading is not optimized away.
//
//go:noinline
func readGeneric(src []byte) uint64 {
	var a, b uint64
	for ; len(src) >= 16; src = src[16:] {
		a += binary.NativeEndian.Uint64(src)
		b += binary.NativeEndian.Uint64(src[8:])
	}
	return a + b
}
