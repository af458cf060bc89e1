module github.com/mixblend/blend/peers

go 1.24.0

require (
	github.com/anthonynsimon/bild v0.14.0
	github.com/disintegration/imaging v1.6.2
	github.com/mixblend/blend v0.0.0
	github.com/mixblend/blend/cmd v0.0.0
	github.com/mixblend/blend/internal/shared v0.0.0
	github.com/urfave/cli/v3 v3.14.0
	github.com/viterin/vek v0.4.3
	gonum.org/v1/gonum v0.17.0
)

require (
	github.com/chewxy/math32 v1.10.1 // indirect
	github.com/ebitengine/purego v0.9.1 // indirect
	github.com/go-ole/go-ole v1.2.6 // indirect
	github.com/klauspost/cpuid/v2 v2.3.0 // indirect
	github.com/lufia/plan9stats v0.0.0-20211012122336-39d0f177ccd0 // indirect
	github.com/power-devops/perfstat v0.0.0-20240221224432-82ca36839d55 // indirect
	github.com/shirou/gopsutil/v4 v4.26.1 // indirect
	github.com/tklauser/go-sysconf v0.3.16 // indirect
	github.com/tklauser/numcpus v0.11.0 // indirect
	github.com/viterin/partial v1.1.0 // indirect
	github.com/yusufpapurcu/wmi v1.2.4 // indirect
	golang.org/x/exp v0.0.0-20230817173708-d852ddb80c63 // indirect
	golang.org/x/image v0.36.0 // indirect
	golang.org/x/sys v0.40.0 // indirect
)

replace (
	github.com/mixblend/blend => ../
	github.com/mixblend/blend/cmd => ../cmd
	github.com/mixblend/blend/internal/shared => ../internal/shared
)
