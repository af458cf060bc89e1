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

// mix runs n columns of a chain. It works like mixGeneric. stream stores past the caches: every dst is a multiple of
// vectorBytes then, and a fence has to follow before anybody else reads it.
func (k kernel) mix(chain []step, n int, stream bool) {
	switch {
	case useAVX512:
		switch {
		case k == kernelF32 && stream:
			streamF32AVX512(&chain[0], len(chain), n)
		case k == kernelF32:
			blendF32AVX512(&chain[0], len(chain), n)
		case stream:
			streamU8AVX512(&chain[0], len(chain), n)
		default:
			blendU8AVX512(&chain[0], len(chain), n)
		}
	case useAVX2 && n*k.size() >= 32: // the AVX2 kernels take whole vectors
		switch {
		case k == kernelF32 && stream:
			streamF32AVX2(&chain[0], len(chain), n)
		case k == kernelF32:
			blendF32AVX2(&chain[0], len(chain), n)
		case stream:
			streamU8AVX2(&chain[0], len(chain), n)
		default:
			blendU8AVX2(&chain[0], len(chain), n)
		}
	default:
		k.mixGeneric(chain, n)
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
