//go:build race

package blend

import (
	"runtime"
	"unsafe"
)

// raceChain tells the race detector what the assembly reads and writes: n bytes of every row.
func raceChain(chain []step, n int) {
	for i := range chain {
		raceStep(&chain[i], n)
	}
}

func raceStep(s *step, n int) {
	for _, p := range [...]unsafe.Pointer{s.own, s.partner} {
		if p != nil {
			runtime.RaceReadRange(p, n)
		}
	}
	runtime.RaceWriteRange(s.dst, n)
}
