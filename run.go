package blend

const (
	// Assembly cannot be preempted, so a call moves about this much, for about 5 µs from memory: 13 KiB of each row of a chain of six.
	callBytes = 96 << 10
	pairCall  = callBytes / 2
)

// run runs n columns of a chain on the implementation in use.
func (k kernel) run(chain []step, n int, h how) {
	if h.planes != nil {
		racePlanes(chain, n*k.in(), n*k.out(), h.planes.stride)
		k.dispatchPlanes(&chain[0], len(chain), n, h)
		return
	}
	raceChain(chain, k.span(n), n*k.out(), n)
	k.dispatch(&chain[0], len(chain), n, h)
}

// runLong is run for any number of columns, in calls short enough. It advances the chain from call to call, and returns how many
// columns it has been advanced by: not past the last ones, since a pointer past a row may point to what is no row.
func (k kernel) runLong(chain []step, n int, h how) (advanced int) {
	most := k.callColumns(min(len(chain), chainRows)) // longer chains are in caches, where more bytes take as long, or of short rows
	if h.planes != nil {
		most = h.planes.call
	}
	for n-advanced > most {
		k.run(chain, most, h)
		k.advance(chain, most)
		advanced += most
	}
	k.run(chain, n-advanced, h)
	return advanced
}

// callColumns is how many columns of so many steps a call takes at most.
func (k kernel) callColumns(steps int) int {
	const unit = 4 * tablePeriod // so that lines and tables begin anew, and bits with a byte
	return callBytes / (steps + 1) / max(k.in(), k.out()) / unit * unit
}

// copyLong is copy in calls short enough: it cannot be preempted either.
func copyLong(dst, src []byte) {
	const most = callBytes / 4
	for len(src) > most {
		copyPiece(dst, src[:most])
		dst, src = dst[most:], src[most:]
	}
	copyPiece(dst, src)
}

// copyPiece is where a goroutine can be stopped, being a call.
//
//go:noinline
func copyPiece(dst, src []byte) { copy(dst, src) }
