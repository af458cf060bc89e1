//go:build purego || !(amd64 || arm64)

package pixels

const (
	assembled   = false
	repeatBlock = 1
)

func repeat2(dst, src *byte, n int)              {}
func repeat3(dst, src *byte, n int)              {}
func repeat4(dst, src *byte, n int)              {}
func common(dst, a, b *byte, n int)              {}
func pack(dst, src, picks *byte, n, in, out int) {}
