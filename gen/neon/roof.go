package neon

import (
	"path/filepath"

	"github.com/mixblend/blend/asm"
)

const (
	roofBlock = 128  // bytes that a loop takes at a time
	roofFill  = 0x5a // what every byte is set to: not zero, see roof.StreamWrite
)

// Roof returns the text of roof_arm64.s: copying, reading and writing, the latter with a hint to go past the caches.
func Roof(dir string) ([]byte, error) {
	file := asm.NewFile(asm.Config{
		Command:    "go generate",
		Constraint: "!purego",
		Stubs:      []string{filepath.Join(dir, "internal", "roof", "roof_arm64.go")},
	})
	for _, k := range []struct {
		name        string
		reads, puts bool
	}{{"copyNEON", true, true}, {"readNEON", true, false}, {"writeNEON", false, true}} {
		f := file.Func(k.name)
		dst, src, n, a, b := f.R(), f.R(), f.R(), f.V(), f.V()
		if k.puts {
			f.LoadParam("dst", dst)
		}
		if k.reads {
			f.LoadParam("src", src)
		} else {
			f.VMOVI(roofFill, a.B16())
			f.VMOVI(roofFill, b.B16())
		}
		f.LoadParam("n", n)
		f.Label("block")
		for i := 0; i < roofBlock; i += 2 * width {
			if k.reads {
				f.FLDPQ(src.At(i), a, b)
			}
			if k.puts {
				f.STNPQ(a, b, dst.At(i))
			}
		}
		if k.reads {
			f.ADD(asm.Imm(roofBlock), src, src)
		}
		if k.puts {
			f.ADD(asm.Imm(roofBlock), dst, dst)
		}
		f.SUB(asm.Imm(roofBlock), n, n)
		f.CBNZ(n, "block")
		f.RET()
		f.Free(dst, src, n)
		f.Free(a, b)
	}
	return file.Bytes()
}
