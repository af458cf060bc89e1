package asm_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mixblend/blend/asm"
	. "github.com/mixblend/blend/asm/arm64"
)

// These are tests of what serves every architecture, on one of them.

func newFile() *File {
	return NewFile(asm.Config{Command: "go run ./gen", Constraint: "arm64", Stubs: []string{"testdata/stubs.go"}})
}

func TestFuncErrors(t *testing.T) {
	tests := []struct {
		name string
		fn   func(f *Func)
		want string
	}{
		{"undefined label", func(f *Func) { f.B("nowhere") }, "label nowhere: not defined, jump at asm_test.go:"},
		{"label twice", func(f *Func) { f.Label("l"); f.Label("l") }, "label l: defined twice"},
		{"bad label", func(f *Func) { f.Label("a b") }, "not an identifier"},
		{"multi-line comment", func(f *Func) { f.Comment("a\nRET") }, "more than one line"},
		{"multi-line note", func(f *Func) { f.RET(); f.Note("a\nRET") }, "more than one line"},
		{"note alone", func(f *Func) { f.Note("x") }, "note without"},
		{"local size", func(f *Func) { f.Local("x", 24) }, "multiple of 16"},
		{"local name", func(f *Func) { f.Local("", 16) }, "bad name"},
		{"no parameter", func(f *Func) { f.LoadParam("m", R1) }, "no parameter m"},
		{"not a result", func(f *Func) { f.StoreResult(R1, "n") }, "not a result"},
		{"component of int", func(f *Func) { f.LoadParam("n_len", R1) }, "no parameter n_len"},
		{"offset of int", func(f *Func) { f.Offset("n", "x") }, "not a pointer"},
		{"offset of nothing", func(f *Func) { f.ElemSize("m") }, "no such parameter"},
		{"no field", func(f *Func) { f.Offset("steps", "x") }, "no field x"},
		{"not a struct", func(f *Func) { f.Offset("steps", "p", "x") }, "not a struct"},
		{"not an array", func(f *Func) { f.Offset("steps", "dst", 1) }, "not an array"},
		{"index", func(f *Func) { f.Offset("steps", "p", 4) }, "index 4"},
		{"negative index", func(f *Func) { f.Offset("steps", -1) }, "index -1"},
		{"path", func(f *Func) { f.Offset("steps", 1.5) }, "neither"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := newFile()
			f := file.Func("walk")
			tt.fn(f)
			f.RET()
			text, err := file.Bytes()
			if err == nil || text != nil {
				t.Fatalf("no error, or text:\n%s", text)
			}
			for _, want := range []string{tt.want, "asm_test.go:", "walk: "} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
			}
		})
	}
}

func TestFileErrors(t *testing.T) {
	tests := []struct {
		name string
		fn   func() *File
		want string
	}{
		{"no stubs", func() *File { return NewFile(asm.Config{}) }, "no Go files"},
		{"missing stubs", func() *File { return NewFile(asm.Config{Stubs: []string{"none.go"}}) }, "none.go"},
		{"path", func() *File { return NewFile(asm.Config{Command: "go run /tmp/x"}) }, "absolute path"},
		{"lines", func() *File { return NewFile(asm.Config{Command: "a\nb"}) }, "more than one line"},
		{"constraint", func() *File { return NewFile(asm.Config{Constraint: "arm64 &&"}) }, "constraint"},
		{"undeclared", func() *File { f := newFile(); f.Func("nope").RET(); return f }, "nope: not declared"},
		{"after no stubs", func() *File { f := NewFile(asm.Config{}); f.Func("walk").RET(); return f }, "no Go files"},
		{"body", func() *File { f := newFile(); f.Func("bodied").RET(); return f }, "with a body"},
		{"generic", func() *File { f := newFile(); f.Func("generic").RET(); return f }, "generic"},
		{"imported", func() *File { f := newFile(); f.Func("imported").RET(); return f }, "missing.Type is not known"},
		{"a struct of an imported type", func() *File { f := newFile(); f.Func("contained").RET(); return f }, "contained: parameter u: missing.Type is not known"},
		{"endless", func() *File { f := newFile(); f.Func("endless").RET(); return f }, "not known"},
		{"float", func() *File { f := newFile(); f.Func("slices").LoadParam("f", R0); return f }, "general register"},
		{"slice", func() *File { f := newFile(); f.Func("slices").LoadParam("steps", R0); return f }, "general register"},
		{"unknown", func() *File { f := newFile(); f.Func("slices").Offset("u", "m"); return f }, "missing.Type is not known"},
		{"twice", func() *File { f := newFile(); f.Func("none").RET(); f.Func("none").RET(); return f }, "defined twice"},
		{"no RET", func() *File { f := newFile(); f.Func("none").VMOVI(0, V0.B16()); return f }, "does not end"},
		{"label last", func() *File { f := newFile(); g := f.Func("none"); g.RET(); g.Label("l"); return f }, "does not end"},
		{"ended", func() *File {
			file := newFile()
			f := file.Func("none")
			f.RET()
			file.Func("walk").RET()
			f.RET()
			return file
		}, "none: used after its end"},
		{"data twice", func() *File { f := newFile(); f.Data("d", []byte{1}); f.Data("d", []byte{1}); return f }, "defined twice"},
		{"data empty", func() *File { f := newFile(); f.Data("d", nil); return f }, "empty table"},
		{"first wins", func() *File {
			file := newFile()
			f := file.Func("none")
			f.LSR(Imm(0), R1, R1)
			f.MOVD(Imm(1), R18)
			return file
		}, "none: LSR: shift 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			n, err := tt.fn().WriteTo(&b)
			if n != 0 || b.Len() != 0 {
				t.Errorf("wrote %q", b.String())
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v lacks %q", err, tt.want)
			}
		})
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write(p []byte) (int, error) { return len(p) / 2, w.err }

func TestWriteError(t *testing.T) {
	full := errors.New("disk full")
	file := newFile()
	file.Func("none").RET()
	if n, err := file.WriteTo(failingWriter{full}); !errors.Is(err, full) || n == 0 {
		t.Errorf("got %d, %v", n, err)
	}
	if _, err := file.Bytes(); !errors.Is(err, full) {
		t.Errorf("not kept: %v", err)
	}
	file = newFile()
	file.Func("none").RET()
	if _, err := file.WriteTo(failingWriter{}); err == nil {
		t.Error("short write accepted")
	}
}

func TestOffsets(t *testing.T) {
	file := newFile()
	walk := file.Func("walk")
	check := func(what string, got, want int) {
		t.Helper()
		if got != want {
			t.Errorf("%s: got %d, want %d", what, got, want)
		}
	}
	check("steps", walk.Offset("steps"), 0)
	check("dst", walk.Offset("steps", "dst"), 0)
	check("partner", walk.Offset("steps", "partner"), 16)
	check("p[2]", walk.Offset("steps", "p", 2), 32)
	check("steps[3].own", walk.Offset("steps", 3, "own"), 128)
	check("step", walk.ElemSize("steps"), 40)
	check("p element", walk.ElemSize("steps", "p"), 4)
	check("dst size", walk.ElemSize("steps", "dst"), 8)
	walk.RET()

	mixed := file.Func("mixed")
	check("count", mixed.Offset("h", "count"), 8)
	check("h.steps[1].p[3]", mixed.Offset("h", "steps", 1, "p", 3), 16+40+24+12)
	check("h.steps.own", mixed.Offset("h", "steps", "own"), 24)
	check("grid", mixed.Offset("h", "grid", 1, 2), 16+320+6+4)
	check("header", mixed.ElemSize("h"), 352)
	check("xs", mixed.Offset("xs", 1000), 4000)
	check("xs element", mixed.ElemSize("xs"), 4)
	mixed.RET()

	slices := file.Func("slices")
	check("steps[100].own", slices.Offset("steps", 100, "own"), 4008)
	check("step", slices.ElemSize("steps"), 40)
	slices.RET()
	if _, err := file.Bytes(); err != nil {
		t.Error(err)
	}
}

func TestInterleave(t *testing.T) {
	file := newFile()
	f := file.Func("none")
	a, b := f.V(), f.V()
	f.VMOVI(9, a.B16())
	part := func(v Vec, n Imm, more bool) func() {
		return func() {
			f.VMOVI(n, v.B16())
			f.Join()
			f.VMOVI(n+1, v.B16())
			f.VMOVI(n+2, v.B16())
			if more {
				f.VMOVI(n+3, v.B16())
			}
		}
	}
	f.Interleave(part(a, 10, false), part(b, 20, true))
	f.RET()
	f.Free(a, b)
	text, err := file.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, field := range strings.Fields(string(text)) {
		if n, ok := strings.CutPrefix(field, "$"); ok && strings.HasSuffix(n, ",") {
			got = append(got, strings.TrimSuffix(n, ","))
		}
	}
	if want := []string{"9", "10", "11", "20", "21", "12", "22", "23"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
