// Package asm emits Go assembler text for arm64.
//
// A program that generates kernels opens a [File] on the Go files that declare
// them, starts each with [File.Func] and calls one method per instruction:
//
//	file := asm.NewFile(asm.Config{
//		Command:    "go generate ./...",
//		Constraint: "arm64",
//		Stubs:      []string{"stubs.go"},
//	})
//	f := file.Func("sum")
//	p := f.R()
//	f.LoadParam("p", p)
//	…
//	f.RET()
//	f.Free(p)
//	out, err := file.Bytes()
//
// Operands come in Go's order, sources first and the destination last.
// Instructions that Go's assembler lacks have the name it would give them and
// are printed as WORD, with their GNU text in a comment.
//
// Frame sizes, parameter offsets and structure offsets come from the Go
// declarations. The first error of any kind is kept, with the function and the
// line of the generator it came from, and returned in place of the text.
package asm
