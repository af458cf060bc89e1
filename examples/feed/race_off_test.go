//go:build !race

package feed

const race = false
