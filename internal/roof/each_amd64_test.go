//go:build !purego

package roof

import (
	"bytes"
	"os"
	"runtime/debug"
	"testing"
	"unsafe"
)

// each runs a test with all that this CPU has, then without AVX-512, then without AVX.
func each(t *testing.T, test func(t *testing.T)) {
	defer func(avx, avx512 bool) { hasAVX, hasAVX512 = avx, avx512 }(hasAVX, hasAVX512)
	if hasAVX512 {
		t.Run("avx512", test)
		hasAVX512 = false
	}
	if hasAVX {
		t.Run("avx", test)
		hasAVX = false
	}
	t.Run("generic", test)
}

// What streams does not take Go's way: where dst lies in src, it copies what it has just written. And its stores are
// non-temporal: they fault where they are not aligned, which no others do.
func TestStreams(t *testing.T) {
	each(t, func(t *testing.T) {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		streams := hasAVX512 || hasAVX
		buffer := make([]byte, 8*block+2*line)
		for uintptr(unsafe.Pointer(&buffer[0]))%line != 0 {
			buffer = buffer[1:]
		}
		for i := range buffer {
			buffer[i] = byte(i / line)
		}
		moved := bytes.Clone(buffer)
		copy(moved[line:line+4*block], moved)
		StreamCopy(buffer[line:line+4*block], buffer[:4*block])
		if streams == bytes.Equal(buffer, moved) {
			t.Errorf("it streams: %v, but it copies as Go does: %v", streams, !streams)
		}
		if !streams || os.Getenv("BLEND_EMULATED") != "" {
			return
		}
		for what, f := range map[string]func(dst []byte){
			"stream": func(dst []byte) { stream(dst, buffer[4*block:5*block]) }, "write": func(dst []byte) { write(dst) },
		} {
			for _, offset := range []int{0, 4} {
				faults := func() (faults bool) {
					defer func() { faults = recover() != nil }()
					f(buffer[offset : offset+block])
					return false
				}()
				if faults != (offset != 0) {
					t.Errorf("%s, %d bytes past a line: faults %v", what, offset, faults)
				}
			}
		}
	})
}
