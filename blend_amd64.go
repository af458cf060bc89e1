//go:build !purego

package blend

// fence orders the streamed stores before whatever follows.
func fence()
