//go:build !race

package loader

const race = false
