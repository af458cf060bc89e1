//go:build purego || !(amd64 || arm64)

package blend

import "github.com/mixblend/blend/internal/impl"

func detect() []impl.Implementation { return nil }

func current() string { return generic }

func fence() {}

func useGeneric() {}

func lastLevelCache() int { return 0 }
