package neon

import (
	"fmt"
	"path/filepath"

	"github.com/mixblend/blend/asm/arm64"

	"github.com/mixblend/blend/gen/kernel"
	"github.com/mixblend/blend/gen/weave"
)

// Repeat returns the text of repeat_arm64.s, for the package in dir.
func Repeat(dir string) ([]byte, error) {
	file := open(dir, filepath.Join("internal", "pixels", "repeat_arm64.go"))
	m := &machine{file: file}
	weave.Repeats(m)
	weave.Common(m)
	weave.Pack(m)
	return file.Bytes()
}

func (m *machine) Picks(times, result int) kernel.Vec {
	table := make([]byte, width)
	for i := range table {
		table[i] = byte((width*result + i) / times)
	}
	p, v := m.R(), m.V()
	m.MOVD(m.file.Data(fmt.Sprintf("repeat%dx%d", times, result), table), p)
	m.FMOVQ(p.At(0), v)
	m.Func.Free(p)
	return kernel.Vec{Reg: v}
}

func (m *machine) Repeat(dst, src weave.Scalar, picks []kernel.Vec) {
	x, d := m.V(), m.Vs(len(picks))
	m.FMOVQ(reg(src).At(0), x)
	for i, p := range picks {
		m.VTBL(vec(p).B16(), []arm64.View{x.B16()}, d[i].B16())
	}
	for i := range d {
		m.FMOVQ(d[i], reg(dst).At(width*i))
		m.Func.Free(d[i])
	}
	m.Func.Free(x)
}

func (m *machine) StorePlain(v kernel.Vec, p weave.Scalar) { m.FMOVQ(vec(v), reg(p).At(0)) }

func (m *machine) Load16(p weave.Scalar) kernel.Vec {
	v := m.V()
	m.FMOVQ(reg(p).At(0), v)
	return kernel.Vec{Reg: v}
}

func (m *machine) Pick(dst, src weave.Scalar, picks kernel.Vec) {
	x := m.Load16(src)
	m.VTBL(vec(picks).B16(), []arm64.View{vec(x).B16()}, vec(x).B16())
	m.StorePlain(x, dst)
	m.Free(x)
}
