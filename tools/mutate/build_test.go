package main

import (
	"errors"
	"go/parser"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/tools/go/packages"
)

// Every fault in Go passes the type checker, or it would be caught by no test.
func TestFaultsBuild(t *testing.T) {
	loaded := map[string]*packages.Package{}
	for _, f := range slices.Concat(faults, rooms) {
		if filepath.Ext(f.file) != ".go" {
			continue
		}
		key := f.arch() + " " + path.Dir(f.file)
		p := loaded[key]
		if p == nil {
			p = load(t, f.arch(), path.Dir(f.file))
			loaded[key] = p
		}
		if err := f.check(p); err != nil {
			t.Errorf("%s, %s: %v", f.impl, f.what, err)
		}
	}
}

func load(t *testing.T, arch, dir string) *packages.Package {
	t.Helper()
	found, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedTypes | packages.NeedTypesSizes | packages.NeedSyntax,
		Dir:  filepath.Join("../..", dir),
		Env:  append(os.Environ(), "GOARCH="+arch, "CGO_ENABLED=0"),
	}, ".")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || len(found[0].Errors) > 0 {
		t.Fatalf("%s: %v", dir, found[0].Errors)
	}
	return found[0]
}

// check type-checks a package with the fault in it.
func (f *fault) check(p *packages.Package) error {
	name, err := filepath.Abs(filepath.Join("../..", f.file))
	if err != nil {
		return err
	}
	i := slices.Index(p.CompiledGoFiles, name)
	if i < 0 {
		return errors.New("is in no file of the package")
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	changed, err := f.apply(string(text))
	if err != nil {
		return err
	}
	files := slices.Clone(p.Syntax)
	if files[i], err = parser.ParseFile(p.Fset, name, changed, parser.SkipObjectResolution); err != nil {
		return err
	}
	config := types.Config{Importer: imports(p.Imports), Sizes: p.TypesSizes}
	_, err = config.Check(p.PkgPath, p.Fset, files, nil)
	return err
}

// imports has the types of packages that one imports.
type imports map[string]*packages.Package

func (m imports) Import(name string) (*types.Package, error) {
	if name == "unsafe" {
		return types.Unsafe, nil
	}
	if p := m[name]; p != nil && p.Types != nil {
		return p.Types, nil
	}
	return nil, errors.New("not loaded")
}
