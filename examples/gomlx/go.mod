module github.com/mixblend/blend/examples/gomlx

go 1.24.3

replace (
	github.com/mixblend/blend => ../..
	github.com/mixblend/blend/examples/cifar => ../cifar
	github.com/mixblend/blend/internal/shared => ../../internal/shared
)

require (
	github.com/gomlx/gomlx v0.26.0
	github.com/mixblend/blend v0.0.0
	github.com/mixblend/blend/examples/cifar v0.0.0
)

require (
	github.com/dustin/go-humanize v1.0.1 // indirect
	github.com/go-logr/logr v1.4.3 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/klauspost/cpuid/v2 v2.3.0 // indirect
	github.com/mixblend/blend/internal/shared v0.0.0 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	github.com/x448/float16 v0.8.4 // indirect
	golang.org/x/exp v0.0.0-20250819193227-8b4c13bb791b // indirect
	golang.org/x/image v0.36.0 // indirect
	golang.org/x/sys v0.39.0 // indirect
	k8s.io/klog/v2 v2.130.1 // indirect
)
