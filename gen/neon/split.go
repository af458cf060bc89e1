package neon

import (
	"fmt"

	"github.com/mixblend/blend/asm"
)

// split makes split3NEON and split4NEON, which take interleaved pixels apart, 16 at a time.
func split(file *asm.File) {
	for _, channels := range []int{3, 4} {
		f := file.Func(fmt.Sprintf("split%dNEON", channels))
		dst, src, n, stride, p := f.R(), f.R(), f.R(), f.R(), f.R()
		f.LoadParam("dst", dst)
		f.LoadParam("src", src)
		f.LoadParam("n", n)
		f.LoadParam("stride", stride)
		f.Label("pixels")
		v := []asm.View{asm.V0.B16(), asm.V1.B16(), asm.V2.B16(), asm.V3.B16()}[:channels]
		if channels == 3 {
			f.VLD3(src.At(0), v...)
		} else {
			f.VLD4(src.At(0), v...)
		}
		f.ADD(asm.Imm(16*channels), src, src)
		f.MOVD(dst, p)
		for i, x := range v {
			if i > 0 {
				f.ADD(stride, p, p)
			}
			f.FMOVQ(x.Vec, p.At(0))
		}
		f.ADD(asm.Imm(16), dst, dst)
		f.SUB(asm.Imm(16), n, n)
		f.CBNZ(n, "pixels")
		f.RET()
		f.Free(dst, src, n, stride, p)
	}
}
