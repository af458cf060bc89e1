package neon

import (
	"path/filepath"

	"github.com/mixblend/blend/asm"
)

const roofBlock = 128 // bytes that a copy takes at a time

// Roof returns the text of roof_arm64.s: a copy that asks for stores past the caches.
func Roof(dir string) ([]byte, error) {
	file := asm.NewFile(asm.Config{
		Command:    "go generate",
		Constraint: "!purego",
		Stubs:      []string{filepath.Join(dir, "internal", "roof", "roof_arm64.go")},
	})
	f := file.Func("copyNEON")
	dst, src, n := f.R(), f.R(), f.R()
	f.LoadParam("dst", dst)
	f.LoadParam("src", src)
	f.LoadParam("n", n)
	f.Label("block")
	for i := 0; i < roofBlock; i += 2 * width {
		a, b := f.V(), f.V()
		f.FLDPQ(src.At(i), a, b)
		f.STNPQ(a, b, dst.At(i))
		f.Free(a, b)
	}
	f.ADD(asm.Imm(roofBlock), src, src)
	f.ADD(asm.Imm(roofBlock), dst, dst)
	f.SUB(asm.Imm(roofBlock), n, n)
	f.CBNZ(n, "block")
	f.RET()
	f.Free(dst, src, n)
	return file.Bytes()
}
