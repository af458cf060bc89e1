package x86

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// split makes split3AVX2 and split4AVX2, which take interleaved pixels apart, 32 at a time. Both halves of a vector do the
// same: one has 16 pixels, the other the next 16.
func split(c *build.Context) {
	for _, channels := range []int{3, 4} {
		planes := planes3
		if channels == 4 {
			planes = planes4
		}
		prepare, take := planes(c)
		c.Implement(fmt.Sprintf("split%dAVX2", channels))
		c.Attributes(attr.NOSPLIT)
		src, n, stride := c.GP64(), c.GP64(), c.GP64()
		dst := c.Load(c.Param("dst"), c.GP64())
		c.Load(c.Param("src"), src)
		c.Load(c.Param("n"), n)
		c.Load(c.Param("stride"), stride)
		prepare()
		c.Label("pixels")
		in := make([]reg.VecVirtual, channels)
		for i := range in {
			in[i] = c.YMM()
			c.VMOVDQU(operand.Mem{Base: src, Disp: 16 * i}, in[i].AsX())
			c.VINSERTI128(operand.U8(1), operand.Mem{Base: src, Disp: 16 * (channels + i)}, in[i], in[i])
		}
		p := c.GP64()
		c.MOVQ(dst, p)
		for i, v := range take(in) {
			if i > 0 {
				c.ADDQ(stride, p)
			}
			c.VMOVDQU(v, operand.Mem{Base: p})
		}
		c.ADDQ(operand.U32(32*channels), src)
		c.ADDQ(operand.U8(32), dst)
		c.SUBQ(operand.U8(32), n)
		c.JNE(operand.LabelRef("pixels"))
		c.VZEROUPPER()
		c.RET()
	}
}

// planes3 blends the three registers, in which a channel's bytes have places of their own, and shuffles.
func planes3(c *build.Context) (prepare func(), take func(in []reg.VecVirtual) []reg.VecVirtual) {
	var masks, shuffles [3]operand.Mem
	for i := range 3 {
		masks[i] = halves(c, fmt.Sprintf("third%d", i), func(j int) byte {
			if j%3 == i {
				return 255
			}
			return 0
		})
		shuffles[i] = halves(c, fmt.Sprintf("channel%d", i), func(j int) byte { return byte((3*j + i) % 16) })
	}
	var m, s [3]reg.VecVirtual
	prepare = func() {
		for i := range 3 {
			m[i], s[i] = c.YMM(), c.YMM()
			c.VMOVDQU(masks[i], m[i])
			c.VMOVDQU(shuffles[i], s[i])
		}
	}
	take = func(in []reg.VecVirtual) []reg.VecVirtual {
		out := make([]reg.VecVirtual, 3)
		for i := range out {
			// Byte j of register r belongs to channel (16r + j) mod 3 = (r + j) mod 3.
			out[i] = c.YMM()
			c.VPBLENDVB(m[(i+2)%3], in[1], in[0], out[i])
			c.VPBLENDVB(m[(i+1)%3], in[2], out[i], out[i])
			c.VPSHUFB(s[i], out[i], out[i])
		}
		return out
	}
	return prepare, take
}

// planes4 puts the four pixels of a register in order of channels, and transposes.
func planes4(c *build.Context) (prepare func(), take func(in []reg.VecVirtual) []reg.VecVirtual) {
	order := halves(c, "channels", func(j int) byte { return byte(4*(j%4) + j/4) })
	var s reg.VecVirtual
	prepare = func() {
		s = c.YMM()
		c.VMOVDQU(order, s)
	}
	take = func(in []reg.VecVirtual) []reg.VecVirtual {
		for _, v := range in {
			c.VPSHUFB(s, v, v)
		}
		pair := func(unpack func(...operand.Op), a, b reg.VecVirtual) reg.VecVirtual {
			r := c.YMM()
			unpack(b, a, r)
			return r
		}
		low := func(ops ...operand.Op) { c.VPUNPCKLDQ(ops[0], ops[1], ops[2]) }
		high := func(ops ...operand.Op) { c.VPUNPCKHDQ(ops[0], ops[1], ops[2]) }
		lowQ := func(ops ...operand.Op) { c.VPUNPCKLQDQ(ops[0], ops[1], ops[2]) }
		highQ := func(ops ...operand.Op) { c.VPUNPCKHQDQ(ops[0], ops[1], ops[2]) }
		a, b := pair(low, in[0], in[1]), pair(low, in[2], in[3])
		x, y := pair(high, in[0], in[1]), pair(high, in[2], in[3])
		return []reg.VecVirtual{pair(lowQ, a, b), pair(highQ, a, b), pair(lowQ, x, y), pair(highQ, x, y)}
	}
	return prepare, take
}

// halves is a constant of 32 bytes of which both halves are what f gives.
func halves(c *build.Context, name string, f func(j int) byte) operand.Mem {
	m := c.StaticGlobal(name)
	c.DataAttributes(attr.RODATA | attr.NOPTR)
	for j := range 32 {
		c.AppendDatum(operand.U8(f(j % 16)))
	}
	return m
}
