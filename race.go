//go:build race

package blend

import (
	"runtime"
	"unsafe"
)

// raceChain tells the race detector what the assembly reads and writes: so many bytes of every row, and of every mask.
func raceChain(chain []step, read, written, masked int) {
	for i := range chain {
		raceStep(&chain[i], read, written)
		if chain[i].mask != nil {
			runtime.RaceReadRange(chain[i].mask, masked)
		}
	}
}

func raceStep(s *step, read, written int) { racePair(s.dst, s.own, s.partner, read, written) }

func racePair(dst, own, partner unsafe.Pointer, read, written int) {
	for _, p := range [...]unsafe.Pointer{own, partner} {
		if p != nil {
			runtime.RaceReadRange(p, read)
		}
	}
	runtime.RaceWriteRange(dst, written)
}
