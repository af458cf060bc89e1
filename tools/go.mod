module github.com/mixblend/blend/tools

go 1.24.0

replace (
	github.com/mixblend/blend => ../
	github.com/mixblend/blend/asm => ../asm
	github.com/mixblend/blend/gen => ../gen
)

require (
	github.com/mixblend/blend/asm v0.0.0
	github.com/mixblend/blend/gen v0.0.0
	golang.org/x/arch v0.24.0
	golang.org/x/exp v0.0.0-20250819193227-8b4c13bb791b
	golang.org/x/tools v0.38.0
)

require (
	golang.org/x/mod v0.29.0 // indirect
	golang.org/x/sync v0.17.0 // indirect
)
