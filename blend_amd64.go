//go:build !purego

package blend

import "github.com/mixblend/blend/internal/impl"

//go:generate go -C gen run . ..

var useAVX512, useAVX2 bool

var assembly = []impl.Implementation{
	{
		Name:     "avx512",
		Requires: []string{"AVX", "AVX512F", "AVX512BW", "GFNI"},
		Use:      func() { useAVX512, useAVX2 = true, false },
	},
	{
		Name:     "avx2",
		Requires: []string{"AVX", "AVX2"},
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

// mixF32 and mixU8 run n columns of a chain. They work like mixGeneric. stream stores past the caches: every dst is aligned to
// a cache line then, and a fence has to follow before anybody else reads it.

func mixF32(chain *step, steps, n int, stream bool) {
	switch {
	case useAVX512 && !stream:
		blendF32AVX512(chain, steps, n)
	case useAVX512:
		streamF32AVX512(chain, steps, n)
	case useAVX2 && n >= 8 && !stream: // the AVX2 kernels take whole vectors
		blendF32AVX2(chain, steps, n)
	case useAVX2 && n >= 8:
		streamF32AVX2(chain, steps, n)
	default:
		mixGeneric(kernelF32, chain, steps, n)
	}
}

func mixU8(chain *step, steps, n int, stream bool) {
	switch {
	case useAVX512 && !stream:
		blendU8AVX512(chain, steps, n)
	case useAVX512:
		streamU8AVX512(chain, steps, n)
	case useAVX2 && n >= 32 && !stream:
		blendU8AVX2(chain, steps, n)
	case useAVX2 && n >= 32:
		streamU8AVX2(chain, steps, n)
	default:
		mixGeneric(kernelU8, chain, steps, n)
	}
}

// The blend kernels set n columns of steps rows of a chain. n must be at least one vector, but for AVX-512, where it must be
// at least 1. They work like mixGeneric. The stream kernels store past the caches; dst must be aligned to the vector.

//go:noescape
func blendF32AVX512(chain *step, steps, n int)

//go:noescape
func streamF32AVX512(chain *step, steps, n int)

//go:noescape
func blendU8AVX512(chain *step, steps, n int)

//go:noescape
func streamU8AVX512(chain *step, steps, n int)

//go:noescape
func blendF32AVX2(chain *step, steps, n int)

//go:noescape
func streamF32AVX2(chain *step, steps, n int)

//go:noescape
func blendU8AVX2(chain *step, steps, n int)

//go:noescape
func streamU8AVX2(chain *step, steps, n int)

// fence orders the streamed stores before whatever follows.
func fence()
