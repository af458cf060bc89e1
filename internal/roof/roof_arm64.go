//go:build !purego

package roof

func stream(dst, src []byte) { copyNEON(&dst[0], &src[0], len(dst)) }

func write(dst []byte) { writeNEON(&dst[0], len(dst)) }

func read(src []byte) { readNEON(&src[0], len(src)) }

// n is a multiple of 128 and not 0.

//go:noescape
func copyNEON(dst, src *byte, n int)

//go:noescape
func writeNEON(dst *byte, n int)

//go:noescape
func readNEON(src *byte, n int)
