// Package asm emits Go assembler text, for any architecture: files, functions,
// declarations and registers. The instructions are those of a package beside
// it, such as arm64, whose Func has a method for each:
//
//	file := arm64.NewFile(asm.Config{
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
// Frame sizes, parameter offsets and structure offsets come from the Go
// declarations. The first error of any kind is kept, with the function and the
// line of the generator it came from, and returned in place of the text.
package asm
