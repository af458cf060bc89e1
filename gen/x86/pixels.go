package x86

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"

	"github.com/mixblend/blend/gen/kernel"
)

// A turn is the least number of vectors for which a mask of interleaved pixels has whole bytes, and how many bytes that are.
type turn struct{ vectors, bytes int }

// turnOf is for vectors of so many lanes, a power of two.
func turnOf(lanes, channels int) turn {
	n := channels / min(channels&-channels, lanes)
	return turn{n, n * lanes / channels}
}

// pixelPicks are how the bytes of a mask of interleaved pixels are picked, for each vector of a turn.
type pixelPicks struct {
	lo, hi []operand.Mem // of shares
	floats []operand.Mem // a byte in each 32-bit lane
}

// pixelBase is where the bytes are loaded from that vector i of a turn takes, of so many bytes itself; lane is a half of an AVX2 vector.
// Those that are loaded end with the turn's, or before.
func pixelBase(width, channels, i, lane int) int {
	first := width * i / channels
	switch {
	case width == 64:
		return min(first, max(turnOf(width, channels).bytes-32, 0))
	case lane == 0:
		return first
	}
	return (width*i+31)/channels - 7
}

// addPixels adds the picks for every number of channels that a kernel takes.
func (d *data) addPixels(c *build.Context) {
	d.pixels, d.pixelRest = map[[2]int]pixelPicks{}, map[int]operand.Mem{}
	for _, width := range []int{64, 32} {
		d.pixelRest[width] = ofBytes(c, fmt.Sprintf("pixelRest%d", width), width, func(j int) byte { return byte(-(j / pixelCopy(width) % 2)) })
		for _, k := range kernel.All {
			for _, v := range k.Variants {
				if _, ok := d.pixels[[2]int{width, v.Channels}]; v.Channels != 0 && !ok {
					d.pixels[[2]int{width, v.Channels}] = newPixelPicks(c, width, v.Channels)
				}
			}
		}
	}
}

// pixelCopy is how many bytes behind a byte that is loaded its copy is, of which pixelRest makes the rest: half a vector, or half a lane.
func pixelCopy(width int) int {
	if width == 64 {
		return 64 / 2
	}
	return 16 / 2
}

func newPixelPicks(c *build.Context, width, channels int) (p pixelPicks) {
	name := func(kind string, i int) string { return fmt.Sprintf("pixel%s%dx%dx%d", kind, width, channels, i) }
	for i := range turnOf(width, channels).vectors {
		pick := func(half int) func(j int) byte {
			return func(j int) byte {
				lane, word := j/16, j%16/2
				column := width*i + 16*lane + 8*half + word
				return byte(column/channels - pixelBase(width, channels, i, lane) + j%2*pixelCopy(width))
			}
		}
		p.lo = append(p.lo, ofBytes(c, name("Lo", i), width, pick(0)))
		p.hi = append(p.hi, ofBytes(c, name("Hi", i), width, pick(1)))
	}
	lanes := width / kernel.FloatLane
	for i := range turnOf(lanes, channels).vectors {
		p.floats = append(p.floats, global(c, name("Floats", i), lanes, func(j int) operand.Constant {
			return operand.U32(0x8080_8000 | uint32(lanes*i+j)/uint32(channels))
		}))
	}
	return p
}

// ofBytes is global for n bytes, a multiple of 8.
func ofBytes(c *build.Context, name string, n int, value func(i int) byte) operand.Mem {
	return global(c, name, n/8, func(i int) operand.Constant {
		var word uint64
		for j := range 8 {
			word |= uint64(value(8*i+j)) << (8 * j)
		}
		return operand.U64(word)
	})
}
