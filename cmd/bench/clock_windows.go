package bench

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// Go's own clock ticks every half millisecond here.
var (
	kernel32  = windows.NewLazySystemDLL("kernel32.dll")
	counter   = kernel32.NewProc("QueryPerformanceCounter")
	frequency = func() float64 {
		var f int64
		kernel32.NewProc("QueryPerformanceFrequency").Call(uintptr(unsafe.Pointer(&f)))
		return float64(f)
	}()
)

// clock returns the seconds since some time.
func clock() float64 {
	var c int64
	counter.Call(uintptr(unsafe.Pointer(&c)))
	return float64(c) / frequency
}
