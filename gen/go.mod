module github.com/mixblend/blend/gen

go 1.24.0

replace (
	github.com/mixblend/blend => ../
	github.com/mixblend/blend/asm => ../asm
)

require (
	github.com/mixblend/blend v0.0.0
	github.com/mixblend/blend/asm v0.0.0
	github.com/mmcloughlin/avo v0.6.0
)

require (
	github.com/klauspost/cpuid/v2 v2.3.0 // indirect
	golang.org/x/mod v0.29.0 // indirect
	golang.org/x/sync v0.17.0 // indirect
	golang.org/x/sys v0.37.0 // indirect
	golang.org/x/tools v0.38.0 // indirect
)
