package neon

import (
	"fmt"
	"path/filepath"

	"github.com/mixblend/blend/asm/arm64"
)

// Repeat returns the text of repeat_arm64.s, for the package in dir. It makes masks of pixels masks of bytes: 16 bytes at a time
// become so many times 16.
func Repeat(dir string) ([]byte, error) {
	file := open(dir, filepath.Join("internal", "pixels", "repeat_arm64.go"))
	for times := 2; times <= 4; times++ {
		f := file.Func(fmt.Sprintf("repeat%d", times))
		dst, src, n, p := f.R(), f.R(), f.R(), f.R()
		f.LoadParam("dst", dst)
		f.LoadParam("src", src)
		f.LoadParam("n", n)
		picks := f.Vs(times)
		for v, pick := range picks {
			table := make([]byte, width)
			for i := range table {
				table[i] = byte((width*v + i) / times)
			}
			f.MOVD(file.Data(fmt.Sprintf("repeat%dx%d", times, v), table), p)
			f.FMOVQ(p.At(0), pick)
		}
		x, d := f.V(), f.Vs(times)
		f.Label("block")
		f.FMOVQ(src.At(0), x)
		for v := range d {
			f.VTBL(picks[v].B16(), []arm64.View{x.B16()}, d[v].B16())
		}
		for v := range d {
			f.FMOVQ(d[v], dst.At(width*v))
		}
		f.ADD(arm64.Imm(width), src, src)
		f.ADD(arm64.Imm(width*times), dst, dst)
		f.SUB(arm64.Imm(width), n, n)
		f.CBNZ(n, "block")
		f.RET()
		f.Free(dst, src, n, p, x)
		for v := range d {
			f.Free(d[v], picks[v])
		}
	}
	return file.Bytes()
}
