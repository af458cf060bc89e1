//go:build !purego

package roof

import "github.com/klauspost/cpuid/v2"

var (
	hasAVX    = cpuid.CPU.Has(cpuid.AVX)
	hasAVX512 = cpuid.CPU.Supports(cpuid.AVX, cpuid.AVX512F)
)

func stream(dst, src []byte) {
	switch {
	case hasAVX512:
		copyAVX512(&dst[0], &src[0], len(dst))
	case hasAVX:
		copyAVX(&dst[0], &src[0], len(dst))
	default:
		copy(dst, src)
	}
}

func write(dst []byte) {
	switch {
	case hasAVX512:
		writeAVX512(&dst[0], len(dst))
	case hasAVX:
		writeAVX(&dst[0], len(dst))
	default:
		setAll(dst)
	}
}

func read(src []byte) {
	switch {
	case hasAVX512:
		readAVX512(&src[0], len(src))
	case hasAVX:
		readAVX(&src[0], len(src))
	default:
		readGeneric(src)
	}
}

// n is a multiple of 512 and not 0; dst is aligned to 64 bytes.

//go:noescape
func copyAVX512(dst, src *byte, n int)

//go:noescape
func copyAVX(dst, src *byte, n int)

//go:noescape
func writeAVX512(dst *byte, n int)

//go:noescape
func writeAVX(dst *byte, n int)

//go:noescape
func readAVX512(src *byte, n int)

//go:noescape
func readAVX(src *byte, n int)
