//go:build !purego

package roof

import "testing"

// each runs a test with all that this CPU has, then without AVX-512, then without AVX.
func each(t *testing.T, test func(t *testing.T)) {
	defer func(avx, avx512 bool) { hasAVX, hasAVX512 = avx, avx512 }(hasAVX, hasAVX512)
	if hasAVX512 {
		t.Run("avx512", test)
		hasAVX512 = false
	}
	if hasAVX {
		t.Run("avx", test)
		hasAVX = false
	}
	t.Run("generic", test)
}
