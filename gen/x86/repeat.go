package x86

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Repeat returns the text of repeat_amd64.s, which makes masks of pixels masks of bytes: 32 bytes at a time become so many times 32.
func Repeat() ([]byte, error) {
	c := context("github.com/mixblend/blend/internal/pixels")
	for times := 2; times <= 4; times++ {
		first := make([]int, times) // of the 16 bytes that a vector is made of
		tables := make([]operand.Mem, times)
		for v := range tables {
			first[v] = min(32*v/times, 16)
			tables[v] = global(c, fmt.Sprintf("repeat%dx%d", times, v), 32, func(i int) operand.Constant {
				return operand.U8((32*v+i)/times - first[v])
			})
		}
		c.Implement(fmt.Sprintf("repeat%d", times))
		c.Attributes(attr.NOSPLIT)
		dst, src, n := c.GP64(), c.GP64(), c.GP64()
		c.Load(c.Param("dst"), dst)
		c.Load(c.Param("src"), src)
		c.Load(c.Param("n"), n)
		shuffles := make([]reg.VecVirtual, times)
		for v := range shuffles {
			shuffles[v] = c.YMM()
			c.VMOVDQU(tables[v], shuffles[v])
		}
		c.Label("block")
		for v := range shuffles {
			y := c.YMM()
			c.VBROADCASTI128(operand.Mem{Base: src, Disp: first[v]}, y)
			c.VPSHUFB(shuffles[v], y, y)
			c.VMOVDQU(y, operand.Mem{Base: dst, Disp: 32 * v})
		}
		c.ADDQ(operand.Imm(32), src)
		c.ADDQ(operand.U32(32*times), dst)
		c.SUBQ(operand.Imm(32), n)
		c.JNZ(operand.LabelRef("block"))
		c.VZEROUPPER()
		c.RET()
	}
	return print(c, "pixels")
}
