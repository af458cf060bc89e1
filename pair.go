package blend

import (
	"math"
	"unsafe"
)

// mixLarge mixes n columns of a pair, and streams the results where StoreAuto would.
func (k kernel) mixLarge(s *step, n int) {
	touched := uint64(n) * uint64(2*k.in()+k.out())
	if s.mask != nil {
		touched += uint64(n)
	}
	stream := streams(touched) && s.dst != s.own && s.dst != s.partner
	k.mixPair(s, n, stream)
	if stream {
		fence()
	}
}

// streams reports whether StoreAuto streams results out of place that make, with what is read, so many bytes.
func streams(touched uint64) bool { return touched > lastLevelBytes/2 }

// mixPair mixes n columns of a pair, in calls short enough. If it streams, a fence is to follow.
func (k kernel) mixPair(s *step, n int, stream bool) {
	pair := unsafe.Slice(s, 1)
	h := how{block: math.MaxInt, stream: true}
	switch at := uintptr(s.dst); {
	case stream && at%cacheLine == 0 && n*k.out()%cacheLine == 0: // without a traversal, which takes as long as some hundred columns
		k.runLong(pair, n, h)
	case stream && at%uintptr(k.out()) == 0:
		t := traversal{kernel: k, out: k.out()}
		t.stagger(nil, pair, n, h)
	default:
		k.runLong(pair, n, wholeRow)
	}
}
