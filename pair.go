package blend

import (
	"math"
	"unsafe"
)

// mixLarge mixes n columns of a pair, in calls that are short enough. Results out of place are streamed where StoreAuto would stream them.
func (k kernel) mixLarge(s *step, n int) {
	touched := uint64(n) * uint64(2*k.in()+k.out())
	if s.mask != nil {
		touched += uint64(n)
	}
	inPlace := s.dst == s.own || s.dst == s.partner
	if pair := unsafe.Slice(s, 1); touched <= lastLevelBytes/2 || inPlace || uintptr(s.dst)%uintptr(k.out()) != 0 {
		k.runLong(pair, n, wholeRow)
	} else {
		t := traversal{kernel: k, out: k.out()}
		t.stagger(nil, pair, n, how{block: math.MaxInt, stream: true})
		fence()
	}
}
