//go:build race

package feed

const race = true
