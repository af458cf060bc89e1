//go:build !purego && (amd64 || arm64)

package blend

import "github.com/klauspost/cpuid/v2"

// hasFeature says whether the CPU has a feature and the operating system supports it.
func hasFeature(name string) bool { return cpuid.CPU.Has(cpuid.ParseFeature(name)) }

// lastLevelCache returns the size of the last-level cache in bytes, 0 where it is not known.
func lastLevelCache() int { return max(cpuid.CPU.Cache.L3, 0) }
