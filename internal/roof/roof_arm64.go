//go:build !purego

package roof

func stream(dst, src []byte) { copyNEON(&dst[0], &src[0], len(dst)) }

// copyNEON copies n bytes, a multiple of 128 and not 0.
//
//go:noescape
func copyNEON(dst, src *byte, n int)
