// Package rvv speaks the kernels' words for RISC-V's vectors, through package riscv64. How long a vector is the CPU says.
package rvv

import (
	"path/filepath"

	"github.com/mixblend/blend/asm"
	"github.com/mixblend/blend/asm/riscv64"

	"github.com/mixblend/blend/gen/weave"
)

// File returns the text of blend_riscv64.s, for the package in dir.
func File(dir string) ([]byte, error) {
	var stubs []string
	for _, name := range []string{"dispatch_riscv64.go", "blend_riscv64.go", "step.go", "params.go"} {
		stubs = append(stubs, filepath.Join(dir, name))
	}
	file := riscv64.NewFile(asm.Config{Command: "go generate", Constraint: "!purego && " + RVV.Since, Stubs: stubs})
	weave.Kernels(&machine{file: file})
	vectors(file)
	return file.Bytes()
}

// vectors asks a CPU that has vectors whether they are those of version 1.0, which alone knows this type: to what came before it is
// none.
func vectors(file *riscv64.File) {
	f := file.Func("vtype")
	x := f.X()
	f.VSETVLI(riscv64.X0, riscv64.Type{Bits: 8, Group: 1}, x)
	f.VTYPE(x)
	f.StoreResult(x, "ret")
	f.RET()
	f.Free(x)
}
