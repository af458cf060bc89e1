package x86

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"

	"github.com/mixblend/blend/gen/kernel"
)

// pixelMasks are how the bytes of a mask of interleaved pixels are picked, for each of the vectors after which it begins anew.
type pixelMasks struct {
	rest   operand.Mem                  // turns a copy of the bytes into the rest of each
	lo, hi [kernel.Channels]operand.Mem // of shares
	floats [kernel.Channels]operand.Mem // a byte in each 32-bit lane
}

// pixelBase is where the bytes are loaded from that vector i of so many bytes takes, of as many as are at its period; lane is a half of an
// AVX2 vector. Those that are loaded end with the period's, or before.
func pixelBase(width, i, lane int) int {
	switch {
	case width == 64:
		return min(64*i/kernel.Channels, 64-32)
	case lane == 0:
		return 32 * i / kernel.Channels
	}
	return (32*i+31)/kernel.Channels - 7
}

func newPixelMasks(c *build.Context, width int) (p pixelMasks) {
	copies := 16 / 2 // bytes of a lane, of which the other half is the rest
	if width == 64 {
		copies = 64 / 2
	}
	p.rest = ofBytes(c, fmt.Sprintf("pixelRest%d", width), width, func(j int) byte { return byte(-(j / copies % 2)) })
	for i := range p.lo {
		pick := func(half int) func(j int) byte {
			return func(j int) byte {
				lane, word := j/16, j%16/2
				column := width*i + 16*lane + 8*half + word
				return byte(column/kernel.Channels - pixelBase(width, i, lane) + j%2*copies)
			}
		}
		p.lo[i] = ofBytes(c, fmt.Sprintf("pixelLo%dx%d", width, i), width, pick(0))
		p.hi[i] = ofBytes(c, fmt.Sprintf("pixelHi%dx%d", width, i), width, pick(1))
		lanes := width / kernel.FloatLane
		p.floats[i] = global(c, fmt.Sprintf("pixelFloats%dx%d", width, i), lanes, func(j int) operand.Constant {
			return operand.U32(0x8080_8000 | uint32(lanes*i+j)/kernel.Channels)
		})
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
