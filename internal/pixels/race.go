//go:build race

package pixels

import (
	"runtime"
	"unsafe"
)

// raceRead tells the race detector what the assembly reads.
func raceRead(x []byte) { runtime.RaceReadRange(unsafe.Pointer(unsafe.SliceData(x)), len(x)) }
