//go:build !purego

package pixels

import "github.com/klauspost/cpuid/v2"

func implementations() []bool {
	if cpuid.CPU.Supports(cpuid.AVX2) {
		return []bool{true, false}
	}
	return []bool{false}
}
