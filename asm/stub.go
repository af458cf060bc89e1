package asm

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
)

// stubs is the package that declares the functions.
type stubs struct {
	fset  *token.FileSet
	pkg   *types.Package
	decls map[string]*ast.FuncDecl
	specs map[string]ast.Expr // types
	sizes types.Sizes
}

// noImports resolves no import but unsafe; what depends on others stays
// invalid and is refused when it is used.
type noImports struct{}

func (noImports) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	return nil, errors.New("not imported")
}

func parseStubs(goarch string, paths []string) (*stubs, error) {
	s := &stubs{fset: token.NewFileSet(), decls: map[string]*ast.FuncDecl{}, specs: map[string]ast.Expr{}, sizes: types.SizesFor("gc", goarch)}
	if len(paths) == 0 {
		return s, errors.New("no Go files given")
	}
	var files []*ast.File
	for _, path := range paths {
		file, err := parser.ParseFile(s.fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return s, err
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					s.decls[d.Name.Name] = d
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if spec, ok := spec.(*ast.TypeSpec); ok {
						s.specs[spec.Name.Name] = spec.Type
					}
				}
			}
		}
		files = append(files, file)
	}
	conf := types.Config{
		Sizes:            s.sizes,
		Importer:         noImports{},
		IgnoreFuncBodies: true,
		Error:            func(error) {},
	}
	// The files need not be the whole package, so they need not type-check.
	s.pkg, _ = conf.Check(files[0].Name.Name, s.fset, files, nil)
	return s, nil
}

// A signature is the frame layout of a declared function.
type signature struct {
	decl string
	args int
	vars map[string]param
}

// A param is a parameter or a result.
type param struct {
	typ    types.Type
	off    int
	result bool
}

func (s *stubs) signature(name string) (*signature, error) {
	empty := &signature{vars: map[string]param{}}
	decl := s.decls[name]
	if decl == nil || s.pkg == nil {
		return empty, errors.New("not declared")
	}
	if decl.Body != nil {
		return empty, errors.New("declared with a body")
	}
	fn, ok := s.pkg.Scope().Lookup(name).(*types.Func)
	if !ok {
		return empty, errors.New("not a function")
	}
	sig := fn.Type().(*types.Signature)
	if sig.TypeParams() != nil {
		return empty, errors.New("generic")
	}
	local := func(p *types.Package) string {
		if p == s.pkg {
			return ""
		}
		return p.Name()
	}
	out := &signature{decl: types.ObjectString(fn, local), vars: map[string]param{}}
	off := int64(0)
	align := func(n int64) { off = (off + n - 1) / n * n }
	place := func(tuple *types.Tuple, fields *ast.FieldList, unnamed string, result bool) error {
		for i := range tuple.Len() {
			v := tuple.At(i)
			if !valid(v.Type()) {
				return fmt.Errorf("parameter %s: %w", v.Name(), s.unknown(fields, i))
			}
			align(s.sizes.Alignof(v.Type()))
			name := v.Name()
			if name == "" {
				// vet expects these names.
				name = unnamed
				if i > 0 {
					name += fmt.Sprint(i)
				}
			}
			out.vars[name] = param{v.Type(), int(off), result}
			off += s.sizes.Sizeof(v.Type())
		}
		return nil
	}
	if err := place(sig.Params(), decl.Type.Params, "arg", false); err != nil {
		return empty, err
	}
	if sig.Results().Len() > 0 {
		align(s.sizes.Alignof(types.Typ[types.Uintptr]))
		if err := place(sig.Results(), decl.Type.Results, "ret", true); err != nil {
			return empty, err
		}
	}
	out.args = int(off)
	return out, nil
}

// valid reports whether the size of t is known.
func valid(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return t.Kind() != types.Invalid
	case *types.Array:
		return valid(t.Elem())
	case *types.Struct:
		for i := range t.NumFields() {
			if !valid(t.Field(i).Type()) {
				return false
			}
		}
	}
	return true
}

// unknown says why the size of parameter i is not known.
func (s *stubs) unknown(fields *ast.FieldList, i int) error {
	for _, f := range fields.List {
		if i -= max(len(f.Names), 1); i < 0 {
			return s.reason(f.Type)
		}
	}
	return s.reason(nil)
}

// reason names the type that the files given do not declare, in a type whose size is not known.
func (s *stubs) reason(typ ast.Expr) error {
	seen := map[string]bool{}
	var find func(ast.Expr) string
	find = func(typ ast.Expr) string {
		switch t := typ.(type) {
		case *ast.SelectorExpr:
			if pkg, ok := t.X.(*ast.Ident); ok && pkg.Name != "unsafe" {
				return pkg.Name + "." + t.Sel.Name
			}
		case *ast.Ident:
			if spec := s.specs[t.Name]; spec != nil && !seen[t.Name] {
				seen[t.Name] = true
				return find(spec)
			} else if spec == nil && types.Universe.Lookup(t.Name) == nil {
				return t.Name
			}
		case *ast.ParenExpr:
			return find(t.X)
		case *ast.ArrayType:
			if t.Len != nil {
				return find(t.Elt)
			}
		case *ast.StructType:
			for _, f := range t.Fields.List {
				if name := find(f.Type); name != "" {
					return name
				}
			}
		}
		return ""
	}
	if name := find(typ); name != "" {
		return fmt.Errorf("%s is not known from the files given", name)
	}
	return errors.New("its size is not known from the files given")
}

// component splits a name such as xs_len into a parameter and a part of it,
// and returns the type and the offset.
func (f *Func) component(name string) (types.Type, int, bool) {
	uintptrType := types.Typ[types.Uintptr]
	for _, part := range []struct {
		suffix string
		off    int
	}{{"_base", 0}, {"_len", 8}, {"_cap", 16}} {
		n := len(name) - len(part.suffix)
		if n <= 0 || name[n:] != part.suffix {
			continue
		}
		p, ok := f.sig.vars[name[:n]]
		if !ok {
			continue
		}
		_, slice := p.typ.Underlying().(*types.Slice)
		basic, _ := p.typ.Underlying().(*types.Basic)
		str := basic != nil && basic.Kind() == types.String
		if slice || str && part.suffix != "_cap" {
			return uintptrType, p.off + part.off, p.result
		}
	}
	p, ok := f.sig.vars[name]
	if !ok {
		f.Fail("no parameter %s", name)
		return types.Typ[types.Invalid], 0, false
	}
	return p.typ, p.off, p.result
}

// move returns the load and the place of a parameter, or the store and the
// place of a result.
func (f *Func) move(name string, result bool) (op, place string) {
	typ, off, isResult := f.component(name)
	if isResult != result {
		f.Fail("%s: not a parameter, or not a result", name)
	}
	unsigned := 1
	switch t := typ.Underlying().(type) {
	case *types.Pointer:
	case *types.Basic:
		if t.Info()&(types.IsInteger|types.IsBoolean) == 0 && t.Kind() != types.UnsafePointer {
			f.Fail("%s: does not fit a general register", name)
		}
		if t.Info()&(types.IsInteger|types.IsUnsigned) == types.IsInteger {
			unsigned = 0
		}
	default:
		f.Fail("%s: does not fit a general register", name)
	}
	if !valid(typ) {
		return "", ""
	}
	return f.file.arch.Moves[f.file.pkg.sizes.Sizeof(typ)][unsigned], fmt.Sprintf("%s+%d(FP)", name, off)
}

// Param returns the load and the place of a parameter: an integer, a bool, a
// pointer, or a component of a slice or string such as xs_base or xs_len.
func (f *Func) Param(name string) (load, place string) { return f.move(name, false) }

// Result returns the store and the place of a result, named ret if the
// declaration does not name it.
func (f *Func) Result(name string) (store, place string) { return f.move(name, true) }

// Offset returns the byte offset that path reaches from what the pointer or
// slice param points to. A string in path selects a field, an int an element
// of an array. A field may follow an array: it is that of element 0.
// For steps *[64]step:
//
//	f.Offset("steps", "p", 2)    // of p[2] in a step
//	f.Offset("steps", 3, "dst")  // of dst in steps[3]
func (f *Func) Offset(param string, path ...any) int {
	off, _ := f.walk(param, path)
	return off
}

// ElemSize returns the size of an element of the array that path reaches from
// what param points to, or of the value itself if it is not an array.
func (f *Func) ElemSize(param string, path ...any) int {
	_, typ := f.walk(param, path)
	if a, ok := typ.Underlying().(*types.Array); ok {
		typ = a.Elem()
	}
	return int(f.file.pkg.sizes.Sizeof(typ))
}

func (f *Func) walk(param string, path []any) (int, types.Type) {
	bad := func(format string, args ...any) (int, types.Type) {
		f.Fail("offset in %s: %w", param, fmt.Errorf(format, args...))
		return 0, types.Typ[types.Uint8]
	}
	p, ok := f.sig.vars[param]
	if !ok {
		return bad("no such parameter")
	}
	var typ types.Type
	switch t := p.typ.Underlying().(type) {
	case *types.Pointer:
		typ = t.Elem()
	case *types.Slice:
		const unbounded = -1
		typ = types.NewArray(t.Elem(), unbounded)
	default:
		return bad("%v is not a pointer or slice", p.typ)
	}
	if !valid(typ) {
		name := ""
		if named, ok := typ.(*types.Named); ok {
			name = named.Obj().Name()
		}
		return bad("%v: %w", typ, f.file.pkg.reason(f.file.pkg.specs[name]))
	}
	off := int64(0)
	for _, step := range path {
		array, _ := typ.Underlying().(*types.Array)
		switch step := step.(type) {
		case int:
			if array == nil {
				return bad("%v is not an array", typ)
			}
			if n := array.Len(); step < 0 || n >= 0 && int64(step) >= n {
				return bad("index %d outside %v", step, typ)
			}
			typ = array.Elem()
			off += int64(step) * f.file.pkg.sizes.Sizeof(typ)
		case string:
			if array != nil {
				typ = array.Elem()
			}
			fields, _ := typ.Underlying().(*types.Struct)
			if fields == nil {
				return bad("%v is not a struct", typ)
			}
			var vars []*types.Var
			i := -1
			for j := range fields.NumFields() {
				vars = append(vars, fields.Field(j))
				if fields.Field(j).Name() == step {
					i = j
				}
			}
			if i < 0 {
				return bad("%v has no field %s", typ, step)
			}
			off += f.file.pkg.sizes.Offsetsof(vars)[i]
			typ = vars[i].Type()
		default:
			return bad("path element %v is neither a field nor an index", step)
		}
	}
	return int(off), typ
}
