package blend

import (
	"encoding/binary"
	"unsafe"
)

// stagger streams a chain whose rows are not aligned to a line in the same columns. Every step begins where its own dst is, at other
// columns than its neighbours, and so has an own row of its own, which mostly is in the first-level cache anyway.
func (t *traversal) stagger(sh *shard, chain []step, n int, h how) {
	k := t.kernel
	plain := h
	plain.stream = false
	var heads [maxSteps]int
	var masks [maxSteps]unsafe.Pointer
	longest := 0
	for i := range chain {
		heads[i] = t.misaligned(chain[i].dst)
		masks[i] = chain[i].mask
		longest = max(longest, heads[i])
	}
	line := cacheLine / t.out
	body := max(n-longest, 0) / line * line
	if body == 0 {
		k.run(chain, n, plain)
		return
	}
	for i := range chain {
		if heads[i] > 0 {
			k.run(chain[i:i+1], heads[i], plain)
			k.advance(chain[i:i+1], heads[i])
		}
	}
	// run takes n columns of steps begin…end, which are done columns behind their heads.
	run := func(begin, end, done, n int, h how) {
		free := []byte(nil)
		for i := begin; i < end; i++ {
			if s := &chain[i]; s.selects() {
				room := bitsBytes(n) + bitsSlack
				if free == nil {
					free = grown(&takeScratch(&sh.scratch).bits, len(chain)*room)
				}
				bits := free[:room]
				shiftBits(bits, masks[i], heads[i]+done, n)
				s.mask = unsafe.Pointer(&bits[0])
				free = free[room:]
			}
		}
		k.run(chain[begin:end], n, h)
	}
	done, most := 0, k.callColumns(len(chain))
	for ; body-done > most; done += most {
		run(0, len(chain), done, most, h)
		k.advance(chain, most)
	}
	run(0, len(chain), done, body-done, h)
	for i := range chain {
		if rest := n - heads[i] - body; rest > 0 {
			k.advance(chain[i:i+1], body-done)
			run(i, i+1, body, rest, plain)
		}
	}
}

// shiftBits sets dst to n bits of a mask, from bit begin on.
func shiftBits(dst []byte, mask unsafe.Pointer, begin, n int) {
	src := slice[byte](unsafe.Add(mask, begin/8), bitsBytes(begin%8+n)+bitsSlack)
	shift := begin % 8
	for i := 0; i < bitsBytes(n); i += 8 {
		v := binary.LittleEndian.Uint64(src[i:])>>shift | uint64(src[i+8])<<(64-shift)
		binary.LittleEndian.PutUint64(dst[i:], v)
	}
}
