package main

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"slices"
	"strings"

	"golang.org/x/exp/apidiff"
	"golang.org/x/tools/go/packages"
)

// loaded is a package as it is now, and what it imports.
type loaded struct {
	*types.Package
	imports map[string]*packages.Package
}

// load returns the packages of a module that others may import.
func load(dir, arch string) ([]loaded, error) {
	all, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedImports | packages.NeedDeps | packages.NeedTypes,
		Dir:  dir,
		Env:  append(os.Environ(), "GOWORK=off", "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0"),
	}, "./...")
	if err != nil {
		return nil, err
	}
	var public []loaded
	for _, p := range all {
		if len(p.Errors) > 0 {
			return nil, p.Errors[0]
		}
		if p.Name != "main" && !strings.Contains(p.PkgPath, "/internal/") && !strings.Contains(p.PkgPath, "/examples/") {
			public = append(public, loaded{p.Types, p.Imports})
		}
	}
	return public, nil
}

func texts(packages []loaded) (map[string][]byte, error) {
	texts := map[string][]byte{}
	for _, p := range packages {
		text, err := text(p.Package)
		if err != nil {
			return nil, err
		}
		texts[p.Path()] = text
	}
	return texts, nil
}

// text returns what a package exports, as Go without the bodies of functions.
func text(p *types.Package) ([]byte, error) {
	imports := map[string]bool{}
	w := writer{qualify: func(other *types.Package) string {
		if other == p {
			return ""
		}
		imports[other.Path()] = true
		return other.Name()
	}}
	for _, name := range p.Scope().Names() {
		if token.IsExported(name) {
			w.declare(p.Scope().Lookup(name))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "// What package %s exports. A field _ stands for those that are not exported.\n\npackage %s\n\n", p.Name(), p.Name())
	for _, path := range sorted(imports) {
		fmt.Fprintf(&b, "import %q\n", path)
	}
	for _, part := range []*strings.Builder{&w.values, &w.functions, &w.types} {
		b.WriteString("\n" + part.String())
	}
	text, err := format.Source([]byte(b.String()))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Path(), err)
	}
	return text, nil
}

// A writer sorts declarations by kind.
type writer struct {
	values, functions, types strings.Builder
	qualify                  types.Qualifier
}

func (w *writer) declare(o types.Object) {
	switch o := o.(type) {
	case *types.Const:
		typ := ""
		if t, ok := o.Type().(*types.Basic); !ok || t.Info()&types.IsUntyped == 0 {
			typ = types.TypeString(o.Type(), w.qualify)
		}
		fmt.Fprintf(&w.values, "const %s %s = %s\n", o.Name(), typ, o.Val().ExactString())
	case *types.Var:
		fmt.Fprintln(&w.values, types.ObjectString(o, w.qualify))
	case *types.Func:
		fmt.Fprintln(&w.functions, types.ObjectString(o, w.qualify))
	case *types.TypeName:
		w.declareType(o)
	}
}

func (w *writer) declareType(o *types.TypeName) {
	named, ok := o.Type().(*types.Named)
	if !ok || o.IsAlias() {
		fmt.Fprintf(&w.types, "\n%s\n", types.ObjectString(o, w.qualify))
		return
	}
	underlying := named.Underlying()
	if s, ok := underlying.(*types.Struct); ok {
		underlying = exported(s)
	}
	fmt.Fprintf(&w.types, "\ntype %s %s\n", types.TypeString(named, w.qualify), types.TypeString(underlying, w.qualify))
	methods := slices.SortedFunc(named.Methods(), func(a, b *types.Func) int { return strings.Compare(a.Name(), b.Name()) })
	for _, m := range methods {
		if m.Exported() {
			s := m.Signature()
			fmt.Fprintf(&w.types, "func (%s) %s%s\n", types.TypeString(s.Recv().Type(), w.qualify), m.Name(),
				strings.TrimPrefix(types.TypeString(s, w.qualify), "func"))
		}
	}
}

// exported returns a struct with one field in place of all that are not exported, which tells whether it can be compared.
func exported(s *types.Struct) types.Type {
	var fields []*types.Var
	for f := range s.Fields() {
		if f.Exported() {
			fields = append(fields, f)
		}
	}
	if len(fields) < s.NumFields() {
		var other types.Type = types.NewStruct(nil, nil)
		if !types.Comparable(s) {
			other = types.NewSlice(other)
		}
		fields = append(fields, types.NewField(token.NoPos, nil, "_", other, false))
	}
	return types.NewStruct(fields, nil)
}

// A change is one that apidiff finds.
type change struct {
	path string
	apidiff.Change
}

func (c change) String() string {
	how := "incompatible"
	if c.Compatible {
		how = "compatible"
	}
	return fmt.Sprintf("%s: %s: %s", c.path, how, c.Message)
}

// compare says how packages differ from their texts.
func compare(old map[string][]byte, now []loaded) ([]change, error) {
	var changes []change
	known := map[string]*types.Package{}
	for _, p := range now {
		known[p.Path()] = p.Package
		for path, imported := range p.imports {
			if known[path] == nil {
				known[path] = imported.Types
			}
		}
	}
	for _, p := range now {
		text, ok := old[p.Path()]
		if !ok {
			changes = append(changes, change{p.Path(), apidiff.Change{Message: "package added", Compatible: true}})
			continue
		}
		before, err := check(p.Path(), text, known)
		if err != nil {
			return nil, err
		}
		for _, c := range apidiff.Changes(before, p.Package).Changes {
			changes = append(changes, change{p.Path(), c})
		}
	}
	for _, path := range sorted(old) {
		if known[path] == nil {
			changes = append(changes, change{path, apidiff.Change{Message: "package removed"}})
		}
	}
	return changes, nil
}

type importer map[string]*types.Package

func (i importer) Import(path string) (*types.Package, error) {
	if p := i[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("no package %s", path)
}

// check returns the package that a text describes.
func check(path string, text []byte, known importer) (*types.Package, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path, text, 0)
	if err != nil {
		return nil, err
	}
	for _, d := range f.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			f.Body = new(ast.BlockStmt) // which go/types wants of generic functions
		}
	}
	c := types.Config{Importer: known, IgnoreFuncBodies: true}
	return c.Check(path, fset, []*ast.File{f}, nil)
}
