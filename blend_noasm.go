//go:build purego || !(amd64 || arm64)

package blend

import "github.com/mixblend/blend/internal/impl"

func detect() []impl.Implementation { return nil }

func current() string { return generic }

func mixF32(chain *step, steps, n int, h how) { mixGeneric(kernelF32, chain, steps, n, h) }

func mixU8(chain *step, steps, n int, h how) { mixGeneric(kernelU8, chain, steps, n, h) }

func mixBF16(chain *step, steps, n int, h how) { mixGeneric(kernelBF16, chain, steps, n, h) }

func mixF16(chain *step, steps, n int, h how) { mixGeneric(kernelF16, chain, steps, n, h) }

func mixU8F32(chain *step, steps, n int, h how) { mixGeneric(kernelU8F32, chain, steps, n, h) }

func mixU8BF16(chain *step, steps, n int, h how) { mixGeneric(kernelU8BF16, chain, steps, n, h) }

func mixU8F16(chain *step, steps, n int, h how) { mixGeneric(kernelU8F16, chain, steps, n, h) }

func mixU8x2F32(chain *step, steps, n int, h how) { mixGeneric(kernelU8x2F32, chain, steps, n, h) }

func mixU8x2BF16(chain *step, steps, n int, h how) { mixGeneric(kernelU8x2BF16, chain, steps, n, h) }

func mixU8x2F16(chain *step, steps, n int, h how) { mixGeneric(kernelU8x2F16, chain, steps, n, h) }

func mixU8x3F32(chain *step, steps, n int, h how) { mixGeneric(kernelU8x3F32, chain, steps, n, h) }

func mixU8x3BF16(chain *step, steps, n int, h how) { mixGeneric(kernelU8x3BF16, chain, steps, n, h) }

func mixU8x3F16(chain *step, steps, n int, h how) { mixGeneric(kernelU8x3F16, chain, steps, n, h) }

func mixU8x4F32(chain *step, steps, n int, h how) { mixGeneric(kernelU8x4F32, chain, steps, n, h) }

func mixU8x4BF16(chain *step, steps, n int, h how) { mixGeneric(kernelU8x4BF16, chain, steps, n, h) }

func mixU8x4F16(chain *step, steps, n int, h how) { mixGeneric(kernelU8x4F16, chain, steps, n, h) }

func fence() {}

func useGeneric() {}

func lastLevelCache() int { return 0 }
