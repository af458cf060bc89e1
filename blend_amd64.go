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

// The functions below run n columns of a chain. They work like mixGeneric. The AVX2 kernels take whole vectors.

func mixF32(chain *step, steps, n int, h how) {
	switch {
	case useAVX512 && !h.stream:
		blendF32AVX512(chain, steps, n, h.block, h.stash)
	case useAVX512:
		streamF32AVX512(chain, steps, n, h.block, h.stash)
	case useAVX2 && n >= 8 && !h.stream:
		blendF32AVX2(chain, steps, n, h.block, h.stash)
	case useAVX2 && n >= 8:
		streamF32AVX2(chain, steps, n, h.block, h.stash)
	default:
		mixGeneric(kernelF32, chain, steps, n, h)
	}
}

func mixU8(chain *step, steps, n int, h how) {
	switch {
	case useAVX512 && !h.stream:
		blendU8AVX512(chain, steps, n, h.block, h.stash)
	case useAVX512:
		streamU8AVX512(chain, steps, n, h.block, h.stash)
	case useAVX2 && n >= 32 && !h.stream:
		blendU8AVX2(chain, steps, n, h.block, h.stash)
	case useAVX2 && n >= 32:
		streamU8AVX2(chain, steps, n, h.block, h.stash)
	default:
		mixGeneric(kernelU8, chain, steps, n, h)
	}
}

func mixBF16(chain *step, steps, n int, h how) {
	switch {
	case useAVX512 && !h.stream:
		blendBF16AVX512(chain, steps, n, h.block, h.stash)
	case useAVX512:
		streamBF16AVX512(chain, steps, n, h.block, h.stash)
	case useAVX2 && n >= 8 && !h.stream:
		blendBF16AVX2(chain, steps, n, h.block, h.stash)
	case useAVX2 && n >= 8:
		streamBF16AVX2(chain, steps, n, h.block, h.stash)
	default:
		mixGeneric(kernelBF16, chain, steps, n, h)
	}
}

func mixF16(chain *step, steps, n int, h how) {
	switch {
	case useAVX512 && !h.stream:
		blendF16AVX512(chain, steps, n, h.block, h.stash)
	case useAVX512:
		streamF16AVX512(chain, steps, n, h.block, h.stash)
	case useAVX2 && n >= 8 && !h.stream:
		blendF16AVX2(chain, steps, n, h.block, h.stash)
	case useAVX2 && n >= 8:
		streamF16AVX2(chain, steps, n, h.block, h.stash)
	default:
		mixGeneric(kernelF16, chain, steps, n, h)
	}
}

func mixU8F32(chain *step, steps, n int, h how) {
	switch {
	case useAVX512 && !h.stream:
		blendU8F32AVX512(chain, steps, n, h.block, h.table)
	case useAVX512:
		streamU8F32AVX512(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8 && !h.stream:
		blendU8F32AVX2(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8:
		streamU8F32AVX2(chain, steps, n, h.block, h.table)
	default:
		mixGeneric(kernelU8F32, chain, steps, n, h)
	}
}

func mixU8BF16(chain *step, steps, n int, h how) {
	switch {
	case useAVX512 && !h.stream:
		blendU8BF16AVX512(chain, steps, n, h.block, h.table)
	case useAVX512:
		streamU8BF16AVX512(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8 && !h.stream:
		blendU8BF16AVX2(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8:
		streamU8BF16AVX2(chain, steps, n, h.block, h.table)
	default:
		mixGeneric(kernelU8BF16, chain, steps, n, h)
	}
}

func mixU8F16(chain *step, steps, n int, h how) {
	switch {
	case useAVX512 && !h.stream:
		blendU8F16AVX512(chain, steps, n, h.block, h.table)
	case useAVX512:
		streamU8F16AVX512(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8 && !h.stream:
		blendU8F16AVX2(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8:
		streamU8F16AVX2(chain, steps, n, h.block, h.table)
	default:
		mixGeneric(kernelU8F16, chain, steps, n, h)
	}
}

func mixU8x2F32(chain *step, steps, n int, h how) {
	switch {
	case useAVX512 && !h.stream:
		blendU8x2F32AVX512(chain, steps, n, h.block, h.table)
	case useAVX512:
		streamU8x2F32AVX512(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8 && !h.stream:
		blendU8x2F32AVX2(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8:
		streamU8x2F32AVX2(chain, steps, n, h.block, h.table)
	default:
		mixGeneric(kernelU8x2F32, chain, steps, n, h)
	}
}

func mixU8x2BF16(chain *step, steps, n int, h how) {
	switch {
	case useAVX512 && !h.stream:
		blendU8x2BF16AVX512(chain, steps, n, h.block, h.table)
	case useAVX512:
		streamU8x2BF16AVX512(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8 && !h.stream:
		blendU8x2BF16AVX2(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8:
		streamU8x2BF16AVX2(chain, steps, n, h.block, h.table)
	default:
		mixGeneric(kernelU8x2BF16, chain, steps, n, h)
	}
}

func mixU8x2F16(chain *step, steps, n int, h how) {
	switch {
	case useAVX512 && !h.stream:
		blendU8x2F16AVX512(chain, steps, n, h.block, h.table)
	case useAVX512:
		streamU8x2F16AVX512(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8 && !h.stream:
		blendU8x2F16AVX2(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8:
		streamU8x2F16AVX2(chain, steps, n, h.block, h.table)
	default:
		mixGeneric(kernelU8x2F16, chain, steps, n, h)
	}
}

func mixU8x3F32(chain *step, steps, n int, h how) {
	switch {
	case useAVX512 && !h.stream:
		blendU8x3F32AVX512(chain, steps, n, h.block, h.table)
	case useAVX512:
		streamU8x3F32AVX512(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8 && !h.stream:
		blendU8x3F32AVX2(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8:
		streamU8x3F32AVX2(chain, steps, n, h.block, h.table)
	default:
		mixGeneric(kernelU8x3F32, chain, steps, n, h)
	}
}

func mixU8x3BF16(chain *step, steps, n int, h how) {
	switch {
	case useAVX512 && !h.stream:
		blendU8x3BF16AVX512(chain, steps, n, h.block, h.table)
	case useAVX512:
		streamU8x3BF16AVX512(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8 && !h.stream:
		blendU8x3BF16AVX2(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8:
		streamU8x3BF16AVX2(chain, steps, n, h.block, h.table)
	default:
		mixGeneric(kernelU8x3BF16, chain, steps, n, h)
	}
}

func mixU8x3F16(chain *step, steps, n int, h how) {
	switch {
	case useAVX512 && !h.stream:
		blendU8x3F16AVX512(chain, steps, n, h.block, h.table)
	case useAVX512:
		streamU8x3F16AVX512(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8 && !h.stream:
		blendU8x3F16AVX2(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8:
		streamU8x3F16AVX2(chain, steps, n, h.block, h.table)
	default:
		mixGeneric(kernelU8x3F16, chain, steps, n, h)
	}
}

func mixU8x4F32(chain *step, steps, n int, h how) {
	switch {
	case useAVX512 && !h.stream:
		blendU8x4F32AVX512(chain, steps, n, h.block, h.table)
	case useAVX512:
		streamU8x4F32AVX512(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8 && !h.stream:
		blendU8x4F32AVX2(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8:
		streamU8x4F32AVX2(chain, steps, n, h.block, h.table)
	default:
		mixGeneric(kernelU8x4F32, chain, steps, n, h)
	}
}

func mixU8x4BF16(chain *step, steps, n int, h how) {
	switch {
	case useAVX512 && !h.stream:
		blendU8x4BF16AVX512(chain, steps, n, h.block, h.table)
	case useAVX512:
		streamU8x4BF16AVX512(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8 && !h.stream:
		blendU8x4BF16AVX2(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8:
		streamU8x4BF16AVX2(chain, steps, n, h.block, h.table)
	default:
		mixGeneric(kernelU8x4BF16, chain, steps, n, h)
	}
}

func mixU8x4F16(chain *step, steps, n int, h how) {
	switch {
	case useAVX512 && !h.stream:
		blendU8x4F16AVX512(chain, steps, n, h.block, h.table)
	case useAVX512:
		streamU8x4F16AVX512(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8 && !h.stream:
		blendU8x4F16AVX2(chain, steps, n, h.block, h.table)
	case useAVX2 && n >= 8:
		streamU8x4F16AVX2(chain, steps, n, h.block, h.table)
	default:
		mixGeneric(kernelU8x4F16, chain, steps, n, h)
	}
}

// The blend kernels set n columns of steps rows of a chain. n must be at least one vector, but for AVX-512, where it must be
// at least 1. They work like mixGeneric. The stream kernels store past the caches.

//go:noescape
func blendF32AVX512(chain *step, steps, n, block int, stash *byte)

//go:noescape
func streamF32AVX512(chain *step, steps, n, block int, stash *byte)

//go:noescape
func blendU8AVX512(chain *step, steps, n, block int, stash *byte)

//go:noescape
func streamU8AVX512(chain *step, steps, n, block int, stash *byte)

//go:noescape
func blendBF16AVX512(chain *step, steps, n, block int, stash *byte)

//go:noescape
func streamBF16AVX512(chain *step, steps, n, block int, stash *byte)

//go:noescape
func blendF16AVX512(chain *step, steps, n, block int, stash *byte)

//go:noescape
func streamF16AVX512(chain *step, steps, n, block int, stash *byte)

//go:noescape
func blendU8F32AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8F32AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8BF16AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8BF16AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8F16AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8F16AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendF32AVX2(chain *step, steps, n, block int, stash *byte)

//go:noescape
func streamF32AVX2(chain *step, steps, n, block int, stash *byte)

//go:noescape
func blendU8AVX2(chain *step, steps, n, block int, stash *byte)

//go:noescape
func streamU8AVX2(chain *step, steps, n, block int, stash *byte)

//go:noescape
func blendBF16AVX2(chain *step, steps, n, block int, stash *byte)

//go:noescape
func streamBF16AVX2(chain *step, steps, n, block int, stash *byte)

//go:noescape
func blendF16AVX2(chain *step, steps, n, block int, stash *byte)

//go:noescape
func streamF16AVX2(chain *step, steps, n, block int, stash *byte)

//go:noescape
func blendU8F32AVX2(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8F32AVX2(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8BF16AVX2(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8BF16AVX2(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8F16AVX2(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8F16AVX2(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x2F32AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x2F32AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x2BF16AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x2BF16AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x2F16AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x2F16AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x3F32AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x3F32AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x3BF16AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x3BF16AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x3F16AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x3F16AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x4F32AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x4F32AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x4BF16AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x4BF16AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x4F16AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x4F16AVX512(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x2F32AVX2(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x2F32AVX2(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x2BF16AVX2(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x2BF16AVX2(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x2F16AVX2(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x2F16AVX2(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x3F32AVX2(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x3F32AVX2(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x3BF16AVX2(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x3BF16AVX2(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x3F16AVX2(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x3F16AVX2(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x4F32AVX2(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x4F32AVX2(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x4BF16AVX2(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x4BF16AVX2(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x4F16AVX2(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x4F16AVX2(chain *step, steps, n, block int, table *float32)

// fence orders the streamed stores before whatever follows.
func fence()
