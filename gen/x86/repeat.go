package x86

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"

	"github.com/mixblend/blend/gen/kernel"
	"github.com/mixblend/blend/gen/weave"
)

// Repeat returns the text of repeat_amd64.s.
func Repeat() ([]byte, error) {
	c := context("github.com/mixblend/blend/internal/pixels")
	m := newAVX2(c, nil)
	weave.Repeats(m)
	weave.Common(m)
	weave.Pack(m)
	return print(c, "pixels")
}

// picked is the first of the 16 bytes that one of the results is made of.
func picked(times, result int) int { return min(32*result/times, 16) }

func (m *avx2) Picks(times, result int) kernel.Vec {
	table := ofBytes(m.Context, fmt.Sprintf("repeat%dx%d", times, result), 32, func(i int) byte {
		return byte((32*result+i)/times - picked(times, result))
	})
	v := m.Temp()
	m.VMOVDQU(table, register(v))
	return v
}

func (m *avx2) Repeat(dst, src weave.Scalar, picks []kernel.Vec) {
	for i, p := range picks {
		y := m.YMM()
		m.VBROADCASTI128(operand.Mem{Base: gp(src), Disp: picked(len(picks), i)}, y)
		m.VPSHUFB(register(p), y, y)
		m.VMOVDQU(y, operand.Mem{Base: gp(dst), Disp: 32 * i})
	}
}

func (m *avx2) StorePlain(v kernel.Vec, p weave.Scalar) { m.VMOVDQU(op(v), operand.Mem{Base: gp(p)}) }

func (m *avx2) Load16(p weave.Scalar) kernel.Vec {
	x := m.XMM()
	m.VMOVDQU(operand.Mem{Base: gp(p)}, x)
	return kernel.Vec{Reg: x}
}

func (m *avx2) Pick(dst, src weave.Scalar, picks kernel.Vec) {
	x := register(m.Load16(src))
	m.VPSHUFB(register(picks), x, x)
	m.VMOVDQU(x, operand.Mem{Base: gp(dst)})
}
