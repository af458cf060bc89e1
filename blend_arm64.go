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

// fence has nothing to do: STNP is ordered as any store.
func fence() {}
