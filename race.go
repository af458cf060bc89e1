//go:build race

package blend

import (
	"runtime"
	"unsafe"
)

// raceChain tells the race detector what the assembly reads and writes: so many bytes of every row, and the masks of n columns.
func raceChain(chain []step, read, written, n int) {
	for i := range chain {
		raceStep(&chain[i], read, written)
		if mask := chain[i].mask; mask != nil {
			runtime.RaceReadRange(mask, chain[i].maskSpan(n))
		}
	}
}

// racePlanes does so for results in several planes.
func racePlanes(chain []step, read, written, stride int) {
	for i := range chain {
		raceStep(&chain[i], read, written)
		for c := 1; c < planesAtOnce; c++ {
			runtime.RaceWriteRange(unsafe.Add(chain[i].dst, c*stride), written)
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
