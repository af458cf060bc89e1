//go:build race

package blend

import (
	"runtime"
	"unsafe"
)

// raceChain tells the race detector what the assembly reads and writes: so many bytes of every row.
func raceChain(chain []step, read, written int) {
	for i := range chain {
		raceStep(&chain[i], read, written)
	}
}

func raceStep(s *step, read, written int) {
	for _, p := range [...]unsafe.Pointer{s.own, s.partner} {
		if p != nil {
			runtime.RaceReadRange(p, read)
		}
	}
	runtime.RaceWriteRange(s.dst, written)
}
