//go:build !purego

package blend

import "github.com/mixblend/blend/internal/impl"

//go:generate go -C gen run . ..

var useAVX512, useAVX2 bool

var assembly = []impl.Implementation{
	{
		Name:     "avx512",
		Requires: []string{"AVX", "AVX2", "AVX512F", "AVX512BW", "AVX512VBMI", "AVX512VL", "GFNI"},
		Use:      func() { useAVX512, useAVX2 = true, false },
	},
	{
		Name:     "avx2",
		Requires: []string{"AVX", "AVX2", "F16C"},
		Use:      func() { useAVX512, useAVX2 = false, true },
	},
}

func useGeneric() { useAVX512, useAVX2 = false, false }

func current() string {
	switch {
	case useAVX512:
		return "avx512"
	case useAVX2:
		return "avx2"
	}
	return generic
}

// split takes the first pixels of so many channels apart, to planes that are stride bytes apart, and returns how many it took.
func split(dst, src *byte, n, stride, channels int) int {
	n &^= 31
	switch {
	case n == 0 || !useAVX2 && !useAVX512:
		return 0
	case channels == 3:
		split3AVX2(dst, src, n, stride)
	case channels == 4:
		split4AVX2(dst, src, n, stride)
	default:
		return 0
	}
	return n
}

// n is a multiple of 32, and not 0.

//go:noescape
func split3AVX2(dst, src *byte, n, stride int)

//go:noescape
func split4AVX2(dst, src *byte, n, stride int)

// fence orders the streamed stores before whatever follows.
func fence()
