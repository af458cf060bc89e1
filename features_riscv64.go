//go:build !purego && go1.26 && !linux

package blend

// hasFeature knows no way to ask.
func hasFeature(string) bool { return false }
