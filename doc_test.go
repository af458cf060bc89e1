package blend

import (
	"go/ast"
	"go/build"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"testing"
)

// Whoever reads pkg.go.dev finds every function and method called, and what comes out.
func TestExamples(t *testing.T) {
	for dir, least := range map[string]int{".": 15, "mixup": 15, "kernels": 15, "fade": 7} {
		p, err := build.ImportDir(dir, 0)
		if err != nil {
			t.Fatal(err)
		}
		fset := token.NewFileSet()
		var files []*ast.File
		for _, name := range slices.Concat(p.GoFiles, p.XTestGoFiles) {
			f, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		d, err := doc.NewFromFiles(fset, files, p.Name)
		if err != nil {
			t.Fatal(err)
		}
		check := func(name string, examples []*doc.Example) {
			if !slices.ContainsFunc(examples, func(e *doc.Example) bool { return e.Output != "" }) {
				t.Errorf("package %s: %s has no Example with output", p.Name, name)
			}
		}
		functions := 0
		for _, f := range d.Funcs {
			check(f.Name, f.Examples)
			functions++
		}
		for _, typ := range d.Types {
			for _, f := range typ.Funcs {
				check(f.Name, f.Examples)
			}
			for _, f := range typ.Methods {
				check(typ.Name+"."+f.Name, f.Examples)
			}
			functions += len(typ.Funcs) + len(typ.Methods)
		}
		if functions < least {
			t.Errorf("package %s: only %d functions and methods found", p.Name, functions)
		}
	}
}
