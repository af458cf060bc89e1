//go:build !purego

package pixels

const (
	assembled   = true
	repeatBlock = 16 // bytes of src
)

// The assembly takes n bytes of src, a multiple of repeatBlock and not 0.

//go:noescape
func repeat2(dst, src *byte, n int)

//go:noescape
func repeat3(dst, src *byte, n int)

//go:noescape
func repeat4(dst, src *byte, n int)

// common sets a vector of repeatBlock bytes at dst to the bits that all of them in n bytes of a and of b have. n is a multiple of
// commonBlock and not 0.
//
//go:noescape
func common(dst, a, b *byte, n int)

// pack sets 16 bytes at dst to those of the 16 at src that picks has, n times, out bytes further each time, and in bytes. n is not 0.
//
//go:noescape
func pack(dst, src, picks *byte, n, in, out int)
