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

// split takes the first pixels of so many channels apart, to planes that are stride bytes apart, and returns how many it took.
func split(dst, src *byte, n, stride, channels int) int {
	n &^= 15
	switch {
	case n == 0 || !useNEON:
		return 0
	case channels == 3:
		split3NEON(dst, src, n, stride)
	case channels == 4:
		split4NEON(dst, src, n, stride)
	default:
		return 0
	}
	return n
}

// n is a multiple of 16, and not 0.

//go:noescape
func split3NEON(dst, src *byte, n, stride int)

//go:noescape
func split4NEON(dst, src *byte, n, stride int)

// fence has nothing to do: STNP is ordered as any store.
func fence() {}
