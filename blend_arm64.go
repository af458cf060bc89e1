//go:build !purego

package blend

// fence has nothing to do: STNP is ordered as any store.
func fence() {}
