package blend

import (
	"encoding/binary"
	"unsafe"

	"github.com/mixblend/blend/internal/pixels"
)

// packBlock pixels are packed at a time: few enough for the first-level cache, and so many that lines and tables begin anew.
const packBlock = 4 * tablePeriod * 4

// packed is room for them.
type packed [packBlock * maxChannels]uint8

// pack goes along the columns of a chain whose pixels have other bytes than the results have channels, or have them in another order:
// some at a time, it puts those that are channels together, for the kernel of bytes that lie together.
func (t *traversal) pack(chain []step, n int, h how) {
	var room [3]packed
	own, partner, mask := &room[0], &room[1], &room[2]
	order := t.layout.order[:t.layout.channels]
	h.table = t.layout.tables[0].at(0)
	h.block *= t.layout.channels
	for done := 0; done < n; done += packBlock {
		m := min(n-done, packBlock)
		at := func(row unsafe.Pointer) []uint8 { return slice[uint8](unsafe.Add(row, done*t.in), m*t.in) }
		var row unsafe.Pointer // that own holds
		for _, s := range chain {
			if row != s.own {
				pixels.Pack(own[:], at(s.own), t.layout.bytes, order)
			}
			row = s.partner
			mixed := [1]step{{dst: unsafe.Add(s.dst, done*t.out), own: unsafe.Pointer(own), partner: unsafe.Pointer(own), params: s.params}}
			if s.partner != s.own {
				pixels.Pack(partner[:], at(s.partner), t.layout.bytes, order)
				mixed[0].partner = unsafe.Pointer(partner)
				own, partner = partner, own // the next own row mostly is this partner
			}
			switch {
			case s.selects():
				repeatBits(mask[:], slice[uint8](s.maskAt(done), bitsBytes(m)), t.layout.channels)
				mixed[0].mask = unsafe.Pointer(mask)
			case s.mask != nil: // a byte a pixel
				pixels.Repeat(mask[:m*t.layout.channels], slice[uint8](s.maskAt(done), m), t.layout.channels, 0)
				mixed[0].mask = unsafe.Pointer(mask)
			}
			t.kernel.run(mixed[:], m*t.layout.channels, h)
		}
	}
}

// repeatedBits are bytes whose bits are there 1, 2 … times.
var repeatedBits [maxChannels + 1][256]uint32

func init() {
	for times := range repeatedBits {
		for b := range repeatedBits[times] {
			for i := range 8 {
				if b>>i&1 != 0 {
					repeatedBits[times][b] |= (1<<times - 1) << (i * times)
				}
			}
		}
	}
}

// repeatBits sets dst to bits, each so many times. What follows them may change.
func repeatBits(dst, bits []byte, times int) {
	for i, b := range bits {
		binary.LittleEndian.PutUint32(dst[i*times:], repeatedBits[times][b])
	}
}
