//go:build !purego && go1.26

package blend

// fence has nothing to do: Go's assembler has no streaming stores.
func fence() {}

func lastLevelCache() int { return 0 }

// vtype returns what vsetvli makes of a type that only version 1.0 of the vectors knows: less than 0 where they are older. The CPU
// must have some.
func vtype() int
