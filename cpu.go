//go:build !purego && (amd64 || arm64)

package blend

import (
	"slices"

	"github.com/klauspost/cpuid/v2"

	"github.com/mixblend/blend/internal/impl"
)

// detect returns those of the architecture's implementations whose every feature the CPU has and the operating system
// supports.
func detect() []impl.Implementation {
	return slices.DeleteFunc(slices.Clone(assembly), func(im impl.Implementation) bool {
		return slices.ContainsFunc(im.Requires, func(name string) bool { return !cpuid.CPU.Has(cpuid.ParseFeature(name)) })
	})
}

// lastLevelCache returns the size of the last-level cache in bytes, 0 where it is not known.
func lastLevelCache() int { return max(cpuid.CPU.Cache.L3, 0) }
