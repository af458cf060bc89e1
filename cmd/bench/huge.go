//go:build !linux

package bench

// HugeLines returns a slice that begins at a cache line: here nothing is known of huge pages.
func HugeLines(n int) []byte { return Lines(n) }
