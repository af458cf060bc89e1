//go:build !purego

package blend

import "github.com/mixblend/blend/internal/impl"

//go:generate go -C gen run . ..

var useAVX512, useAVX2 bool

var assembly = []impl.Implementation{
	{
		Name:     "avx512",
		Requires: []string{"AVX", "AVX512F", "AVX512BW", "AVX512VBMI", "AVX512VL", "GFNI"},
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

// fence orders the streamed stores before whatever follows.
func fence()
