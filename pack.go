package blend

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// packBlock pixels are packed at a time: few enough for the first-level cache, and so many that lines and tables begin anew.
const packBlock = 4 * tablePeriod * 4

// packed is room for them, and for what a word is longer than a pixel.
type packed [packBlock*maxChannels + 8]uint8

// pack goes along the columns of a chain whose pixels have other bytes than the results have channels, or have them in another order:
// some at a time, it puts those that are channels together, for the kernel of bytes that lie together.
func (t *traversal) pack(chain []step, n int, h how) {
	var room [3]packed
	own, partner, mask := &room[0], &room[1], &room[2]
	h.table = t.layout.tables[0].at(0)
	h.block *= t.layout.channels
	for done := 0; done < n; done += packBlock {
		m := min(n-done, packBlock)
		at := func(row unsafe.Pointer) []uint8 { return slice[uint8](unsafe.Add(row, done*t.in), m*t.in) }
		var row unsafe.Pointer // that own holds
		for _, s := range chain {
			if row != s.own {
				t.layout.packPixels(own, at(s.own))
			}
			row = s.partner
			mixed := [1]step{{dst: unsafe.Add(s.dst, done*t.out), own: unsafe.Pointer(own), partner: unsafe.Pointer(own), params: s.params}}
			if s.partner != s.own {
				t.layout.packPixels(partner, at(s.partner))
				mixed[0].partner = unsafe.Pointer(partner)
				own, partner = partner, own // the next own row mostly is this partner
			}
			if s.mask != nil { // a byte a pixel
				for i, v := range slice[uint8](unsafe.Add(s.mask, done), m) {
					for c := range t.layout.channels {
						mask[i*t.layout.channels+c] = v
					}
				}
				mixed[0].mask = unsafe.Pointer(mask)
			}
			t.kernel.run(mixed[:], m*t.layout.channels, h)
		}
	}
}

// packPixels sets dst to the channels of pixels. What follows them in it may change.
func (m *normLayout) packPixels(dst *packed, x []uint8) {
	o := m.order
	if m.bytes == 4 && m.channels == 3 && o[2]-o[1] == o[1]-o[0] && o[1] != o[0] {
		packWords(dst, x, o[0], o[1] < o[0])
		return
	}
	for c := range m.channels {
		for i, c := m.order[c], c; i < len(x) && c < len(dst); i, c = i+m.bytes, c+m.channels {
			dst[c] = x[i]
		}
	}
}

// packWords sets dst to three neighbouring bytes of pixels of four, from the first up or down, two pixels at a time.
func packWords(dst *packed, x []uint8, first int, down bool) {
	const pixel = 1<<24 - 1
	if down {
		first = 3 - first
	}
	skip := uint(8*first) & 8 // bits
	for i, d := 0, 0; i <= len(x)-8 && d <= len(dst)-8; i, d = i+8, d+6 {
		v := binary.LittleEndian.Uint64(x[i : i+8])
		if down {
			v = bits.RotateLeft64(bits.ReverseBytes64(v), 32)
		}
		v >>= skip
		binary.LittleEndian.PutUint64(dst[d:d+8], v&pixel|v>>8&^pixel)
	}
	if rest := len(x) % 8; rest != 0 {
		v := binary.LittleEndian.Uint32(x[len(x)-4:])
		if down {
			v = bits.ReverseBytes32(v)
		}
		binary.LittleEndian.PutUint32(dst[(len(x)-4)/4*3:], v>>skip)
	}
}
