module github.com/mixblend/blend/examples/cifar

go 1.24.0

replace (
	github.com/mixblend/blend => ../..
	github.com/mixblend/blend/examples/feed => ../feed
	github.com/mixblend/blend/internal/shared => ../../internal/shared
)

require (
	github.com/mixblend/blend v0.0.0
	github.com/mixblend/blend/examples/feed v0.0.0
	github.com/mixblend/blend/internal/shared v0.0.0
	github.com/urfave/cli/v3 v3.14.0
	golang.org/x/exp v0.0.0-20250819193227-8b4c13bb791b
)

require (
	github.com/VividCortex/ewma v1.2.0 // indirect
	github.com/acarl005/stripansi v0.0.0-20180116102854-5a71ef0e047d // indirect
	github.com/klauspost/cpuid/v2 v2.3.0 // indirect
	github.com/mattn/go-runewidth v0.0.16 // indirect
	github.com/rivo/uniseg v0.4.7 // indirect
	github.com/vbauerster/mpb/v8 v8.9.3 // indirect
	golang.org/x/image v0.36.0 // indirect
	golang.org/x/sys v0.30.0 // indirect
	golang.org/x/term v0.28.0 // indirect
)
