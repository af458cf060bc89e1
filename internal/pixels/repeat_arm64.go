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
