//go:build !purego

package blend

import "github.com/mixblend/blend/internal/impl"

//go:generate go -C gen run . ..

var useNEON bool

// NEON is part of ARMv8-A, so every CPU that Go runs on has it; only BLEND_DISABLE turns it off.
var assembly = []impl.Implementation{{
	Name:     "neon",
	Requires: []string{"ASIMD"},
	Use:      func() { useNEON = true },
}}

func useGeneric() { useNEON = false }

func current() string {
	if useNEON {
		return "neon"
	}
	return generic
}

// The functions below run n columns of a chain. They work like mixGeneric. The kernels take whole vectors.

func mixF32(chain *step, steps, n int, h how) {
	switch {
	case !useNEON || n < 4:
		mixGeneric(kernelF32, chain, steps, n, h)
	case h.stream:
		streamF32NEON(chain, steps, n, h.block, h.stash)
	default:
		blendF32NEON(chain, steps, n, h.block, h.stash)
	}
}

func mixU8(chain *step, steps, n int, h how) {
	switch {
	case !useNEON || n < 16:
		mixGeneric(kernelU8, chain, steps, n, h)
	case h.stream:
		streamU8NEON(chain, steps, n, h.block, h.stash)
	default:
		blendU8NEON(chain, steps, n, h.block, h.stash)
	}
}

func mixBF16(chain *step, steps, n int, h how) {
	switch {
	case !useNEON || n < 4:
		mixGeneric(kernelBF16, chain, steps, n, h)
	case h.stream:
		streamBF16NEON(chain, steps, n, h.block, h.stash)
	default:
		blendBF16NEON(chain, steps, n, h.block, h.stash)
	}
}

func mixF16(chain *step, steps, n int, h how) {
	switch {
	case !useNEON || n < 4:
		mixGeneric(kernelF16, chain, steps, n, h)
	case h.stream:
		streamF16NEON(chain, steps, n, h.block, h.stash)
	default:
		blendF16NEON(chain, steps, n, h.block, h.stash)
	}
}

func mixU8F32(chain *step, steps, n int, h how) {
	switch {
	case !useNEON || n < 4:
		mixGeneric(kernelU8F32, chain, steps, n, h)
	case h.stream:
		streamU8F32NEON(chain, steps, n, h.block, h.table)
	default:
		blendU8F32NEON(chain, steps, n, h.block, h.table)
	}
}

func mixU8BF16(chain *step, steps, n int, h how) {
	switch {
	case !useNEON || n < 4:
		mixGeneric(kernelU8BF16, chain, steps, n, h)
	case h.stream:
		streamU8BF16NEON(chain, steps, n, h.block, h.table)
	default:
		blendU8BF16NEON(chain, steps, n, h.block, h.table)
	}
}

func mixU8F16(chain *step, steps, n int, h how) {
	switch {
	case !useNEON || n < 4:
		mixGeneric(kernelU8F16, chain, steps, n, h)
	case h.stream:
		streamU8F16NEON(chain, steps, n, h.block, h.table)
	default:
		blendU8F16NEON(chain, steps, n, h.block, h.table)
	}
}

func mixU8x2F32(chain *step, steps, n int, h how) {
	switch {
	case !useNEON || n < 4:
		mixGeneric(kernelU8x2F32, chain, steps, n, h)
	case h.stream:
		streamU8x2F32NEON(chain, steps, n, h.block, h.table)
	default:
		blendU8x2F32NEON(chain, steps, n, h.block, h.table)
	}
}

func mixU8x2BF16(chain *step, steps, n int, h how) {
	switch {
	case !useNEON || n < 4:
		mixGeneric(kernelU8x2BF16, chain, steps, n, h)
	case h.stream:
		streamU8x2BF16NEON(chain, steps, n, h.block, h.table)
	default:
		blendU8x2BF16NEON(chain, steps, n, h.block, h.table)
	}
}

func mixU8x2F16(chain *step, steps, n int, h how) {
	switch {
	case !useNEON || n < 4:
		mixGeneric(kernelU8x2F16, chain, steps, n, h)
	case h.stream:
		streamU8x2F16NEON(chain, steps, n, h.block, h.table)
	default:
		blendU8x2F16NEON(chain, steps, n, h.block, h.table)
	}
}

func mixU8x3F32(chain *step, steps, n int, h how) {
	switch {
	case !useNEON || n < 4:
		mixGeneric(kernelU8x3F32, chain, steps, n, h)
	case h.stream:
		streamU8x3F32NEON(chain, steps, n, h.block, h.table)
	default:
		blendU8x3F32NEON(chain, steps, n, h.block, h.table)
	}
}

func mixU8x3BF16(chain *step, steps, n int, h how) {
	switch {
	case !useNEON || n < 4:
		mixGeneric(kernelU8x3BF16, chain, steps, n, h)
	case h.stream:
		streamU8x3BF16NEON(chain, steps, n, h.block, h.table)
	default:
		blendU8x3BF16NEON(chain, steps, n, h.block, h.table)
	}
}

func mixU8x3F16(chain *step, steps, n int, h how) {
	switch {
	case !useNEON || n < 4:
		mixGeneric(kernelU8x3F16, chain, steps, n, h)
	case h.stream:
		streamU8x3F16NEON(chain, steps, n, h.block, h.table)
	default:
		blendU8x3F16NEON(chain, steps, n, h.block, h.table)
	}
}

func mixU8x4F32(chain *step, steps, n int, h how) {
	switch {
	case !useNEON || n < 4:
		mixGeneric(kernelU8x4F32, chain, steps, n, h)
	case h.stream:
		streamU8x4F32NEON(chain, steps, n, h.block, h.table)
	default:
		blendU8x4F32NEON(chain, steps, n, h.block, h.table)
	}
}

func mixU8x4BF16(chain *step, steps, n int, h how) {
	switch {
	case !useNEON || n < 4:
		mixGeneric(kernelU8x4BF16, chain, steps, n, h)
	case h.stream:
		streamU8x4BF16NEON(chain, steps, n, h.block, h.table)
	default:
		blendU8x4BF16NEON(chain, steps, n, h.block, h.table)
	}
}

func mixU8x4F16(chain *step, steps, n int, h how) {
	switch {
	case !useNEON || n < 4:
		mixGeneric(kernelU8x4F16, chain, steps, n, h)
	case h.stream:
		streamU8x4F16NEON(chain, steps, n, h.block, h.table)
	default:
		blendU8x4F16NEON(chain, steps, n, h.block, h.table)
	}
}

// fence has nothing to do: STNP is ordered as any store.
func fence() {}

// The blend kernels set n columns of steps rows of a chain. n must be at least one vector. They work like mixGeneric. The
// stream kernels store past the caches.

//go:noescape
func blendF32NEON(chain *step, steps, n, block int, stash *byte)

//go:noescape
func streamF32NEON(chain *step, steps, n, block int, stash *byte)

//go:noescape
func blendU8NEON(chain *step, steps, n, block int, stash *byte)

//go:noescape
func streamU8NEON(chain *step, steps, n, block int, stash *byte)

//go:noescape
func blendBF16NEON(chain *step, steps, n, block int, stash *byte)

//go:noescape
func streamBF16NEON(chain *step, steps, n, block int, stash *byte)

//go:noescape
func blendF16NEON(chain *step, steps, n, block int, stash *byte)

//go:noescape
func streamF16NEON(chain *step, steps, n, block int, stash *byte)

//go:noescape
func blendU8F32NEON(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8F32NEON(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8BF16NEON(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8BF16NEON(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8F16NEON(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8F16NEON(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x2F32NEON(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x2F32NEON(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x2BF16NEON(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x2BF16NEON(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x2F16NEON(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x2F16NEON(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x3F32NEON(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x3F32NEON(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x3BF16NEON(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x3BF16NEON(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x3F16NEON(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x3F16NEON(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x4F32NEON(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x4F32NEON(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x4BF16NEON(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x4BF16NEON(chain *step, steps, n, block int, table *float32)

//go:noescape
func blendU8x4F16NEON(chain *step, steps, n, block int, table *float32)

//go:noescape
func streamU8x4F16NEON(chain *step, steps, n, block int, table *float32)
