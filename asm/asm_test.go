package asm_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	. "github.com/mixblend/blend/asm"
)

var update = flag.Bool("update", false, "rewrite the golden file")

func newFile() *File {
	return NewFile(Config{
		Command:    "go run ./gen",
		Constraint: "arm64 && !noasm",
		Stubs:      []string{"testdata/stubs.go"},
	})
}

// chain emits a loop over steps that multiplies and adds four floats each.
func chain(file *File) {
	table := file.Data("ones", []byte{0, 0, 128, 63, 0, 0, 128, 63, 1, 2, 3})
	f := file.Func("walk")
	step, n, addr := f.R(), f.R(), f.R()
	f.LoadParam("steps", step)
	f.LoadParam("n", n)
	f.CBZ(n, "done")
	one := f.V()
	f.MOVD(table, addr)
	f.VLD1R(addr.At(0), one.S4())
	stash := f.Local("stash", 32)

	f.Label("loop")
	f.Comment("One step: dst = own*p + partner.")
	own, partner, w := f.V(), f.V(), f.V()
	f.MOVD(step.At(f.Offset("steps", "own")), addr)
	f.FMOVQ(addr.At(0), own)
	f.MOVD(step.At(f.Offset("steps", "partner")), addr)
	f.FMOVQ(addr.At(0), partner)
	f.ADD(Imm(f.Offset("steps", "p")), step, addr)
	f.VLD1R(addr.At(0), w.S4())
	f.Note("p[0]")
	f.VFMUL(w.S4(), own.S4(), own.S4())
	f.VFADD(partner.S4(), own.S4(), own.S4())
	f.Note("own += partner")
	f.FMOVQ(own, stash.At(16))
	f.MOVD(step.At(f.Offset("steps", "dst")), addr)
	f.FMOVQ(own, addr.At(0))
	f.Free(own, partner, w)
	f.Blank()
	f.ADD(Imm(f.ElemSize("steps")), step, step)
	f.SUBS(Imm(1), n, n)
	f.BNE("loop")

	f.Label("done")
	f.RET()
	f.Free(step, n, addr, one)
}

func TestGolden(t *testing.T) {
	file := newFile()
	chain(file)
	got, err := file.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "walk.s.golden")
	if *update {
		if err := os.WriteFile(golden, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestErrors(t *testing.T) {
	tests := []struct {
		name string
		fn   func(f *Func)
		want string
	}{
		{"exhausted general", func(f *Func) {
			for range 27 {
				f.R()
			}
		}, "out of registers: all 26"},
		{"exhausted vector", func(f *Func) {
			for range 33 {
				f.V()
			}
		}, "out of registers: all 32"},
		{"no row of vectors", func(f *Func) {
			f.Vs(4)
			for i := range 14 {
				f.VMOVI(1, Vec(5+2*i).B16())
			}
			f.Vs(2)
		}, "no 2 in a row, 4 are in use"},
		{"row of five", func(f *Func) { f.Vs(5) }, "5 of them"},
		{"leak row", func(f *Func) { f.Free(f.V()); f.Vs(2) }, "not freed: V0 (asm_test.go:"},
		{"leak general", func(f *Func) { f.R() }, "not freed: R0 (asm_test.go:"},
		{"leak vector", func(f *Func) { f.Free(f.V(), f.R()); f.V(); f.V() }, "not freed: V0 (asm_test.go:"},
		{"double free", func(f *Func) { r := f.R(); f.Free(r, r) }, "not allocated"},
		{"double free vector", func(f *Func) { v := f.V(); f.Free(v); f.Free(v) }, "not allocated"},
		{"free of reserved", func(f *Func) { f.Free(RSP) }, "not allocated"},
		{"free of immediate", func(f *Func) { f.Free(Imm(1)) }, "not a register"},
		{"free of nil", func(f *Func) { f.Free(nil) }, "not a register"},
		{"use after free", func(f *Func) { r := f.R(); f.Free(r); f.MOVD(Imm(1), r) }, "used after being freed"},
		{"vector after free", func(f *Func) { v := f.V(); f.Free(v); f.VMOVI(1, v.B16()) }, "used after being freed"},

		{"write R18", func(f *Func) { f.MOVD(Imm(1), R18) }, "R18_PLATFORM: reserved"},
		{"write R27", func(f *Func) { f.ADD(Imm(1), R1, R27) }, "R27: reserved"},
		{"write g", func(f *Func) { f.LoadParam("n", R28) }, "g: reserved"},
		{"write R29", func(f *Func) { f.LSR(1, R1, R29) }, "R29: reserved"},
		{"write R30", func(f *Func) { f.AND(Imm(1), R1, R30) }, "R30: reserved"},
		{"write RSP", func(f *Func) { f.SUB(Imm(16), RSP, RSP) }, "RSP: reserved"},
		{"write ZR", func(f *Func) { f.MOVWU(R1.At(0), ZR) }, "ZR: reserved"},
		{"no such general", func(f *Func) { f.MOVD(Reg(40), R1) }, "not a general"},
		{"no such vector", func(f *Func) { f.VADD(V1.B16(), Vec(32).B16(), V1.B16()) }, "not a vector"},
		{"no such vector WORD", func(f *Func) { f.VFMUL(V1.S4(), Vec(32).S4(), V1.S4()) }, "not a vector"},
		{"base ZR", func(f *Func) { f.FMOVQ(ZR.Index(R1), V1) }, "ZR: not allowed"},
		{"index RSP", func(f *Func) { f.FMOVQ(R1.Index(RSP), V1) }, "RSP: not a general"},

		{"MOVD memory to memory", func(f *Func) { f.MOVD(R1.At(0), R2.At(0)) }, "invalid operands"},
		{"MOVD vector", func(f *Func) { f.MOVD(V1, R2) }, "invalid operands"},
		{"MOVD nil", func(f *Func) { f.MOVD(nil, nil) }, "invalid operands"},
		{"MOVD empty address", func(f *Func) { f.MOVD(Addr{}, R1) }, "invalid operands"},
		{"MOVD offset", func(f *Func) { f.MOVD(R1.At(32768), R2) }, "offset 32768"},
		{"MOVD unscaled", func(f *Func) { f.MOVD(R1.At(260), R2) }, "offset 260"},
		{"MOVWU offset", func(f *Func) { f.MOVWU(R1.At(-257), R2) }, "offset -257"},
		{"FMOVQ offset", func(f *Func) { f.FMOVQ(R1.At(65536), V2) }, "offset 65536"},
		{"FMOVQ general", func(f *Func) { f.FMOVQ(R1, V2) }, "invalid operands"},
		{"FLDPQ offset", func(f *Func) { f.FLDPQ(R1.At(1024), V2, V3) }, "offset 1024"},
		{"FLDPQ twice", func(f *Func) { f.FLDPQ(R1.At(0), V2, V2) }, "twice"},
		{"FSTPQ offset", func(f *Func) { f.FSTPQ(V2, V3, R1.At(8)) }, "offset 8"},
		{"STNPD offset", func(f *Func) { f.STNPD(V2, V3, R1.At(508)) }, "offset 508"},
		{"STNPQ offset", func(f *Func) { f.STNPQ(V2, V3, R1.At(-1040)) }, "offset -1040"},
		{"STNPQ index", func(f *Func) { f.STNPQ(V2, V3, R1.Index(R2)) }, "invalid operands"},
		{"PRFM offset", func(f *Func) { f.PRFM(R1.At(4), PLDL1KEEP) }, "offset 4"},
		{"PRFM hint", func(f *Func) { f.PRFM(R1.At(8), "PLD") }, "unknown hint"},
		{"ADD immediate", func(f *Func) { f.ADD(Imm(4097), R1, R1) }, "immediate 4097"},
		{"SUB immediate", func(f *Func) { f.SUB(Imm(-1), R1, R1) }, "immediate -1"},
		{"CMP immediate", func(f *Func) { f.CMP(Imm(1<<24), R1) }, "immediate 16777216"},
		{"CMP memory", func(f *Func) { f.CMP(R2.At(0), R1) }, "invalid operands"},
		{"AND immediate", func(f *Func) { f.AND(Imm(5), R1, R1) }, "not a bit mask"},
		{"AND zero", func(f *Func) { f.AND(Imm(0), R1, R1) }, "not a bit mask"},
		{"AND ones", func(f *Func) { f.AND(Imm(-1), R1, R1) }, "not a bit mask"},
		{"LSL", func(f *Func) { f.LSL(64, R1, R1) }, "shift 64"},
		{"LSR", func(f *Func) { f.LSR(0, R1, R1) }, "shift 0"},
		{"TBZ", func(f *Func) { f.Label("l"); f.TBZ(64, R1, "l") }, "bit 64"},
		{"VMOVI", func(f *Func) { f.VMOVI(256, V1.B16()) }, "immediate 256"},
		{"VSHL", func(f *Func) { f.VSHL(8, V1.B16(), V1.B16()) }, "shift 8"},
		{"VUSHR", func(f *Func) { f.VUSHR(17, V1.H8(), V1.H8()) }, "shift 17"},
		{"VSSHR", func(f *Func) { f.VSSHR(0, V1.H8(), V1.H8()) }, "shift 0"},
		{"VURSHR", func(f *Func) { f.VURSHR(0, V1.H8(), V1.H8()) }, "shift 0"},
		{"lane", func(f *Func) { f.VFMULLane(4, V1, V1.S4(), V1.S4()) }, "lane 4"},
		{"lane of V16", func(f *Func) { f.VSQRDMULHLane(0, V16, V1.H8(), V1.H8()) }, "Rm: 16"},
		{"MOVBU offset", func(f *Func) { f.MOVBU(R1.At(4096), R2) }, "offset 4096"},
		{"FMOVS offset", func(f *Func) { f.FMOVS(R1.At(16384), V1) }, "offset 16384"},
		{"VSSHR high", func(f *Func) { f.VSSHR(33, V1.S4(), V1.S4()) }, "shift 33"},
		{"VADD mixed", func(f *Func) { f.VADD(V1.H8(), V1.S4(), V1.S4()) }, "arrangement"},
		{"VAND H8", func(f *Func) { f.VAND(V1.H8(), V1.H8(), V1.H8()) }, "arrangement"},
		{"VUXTL same", func(f *Func) { f.VUXTL(V1.B8(), V1.B8()) }, "arrangement"},
		{"VFMUL D2", func(f *Func) { f.VFMUL(V1.D2(), V1.D2(), V1.D2()) }, "arrangement"},
		{"VFMUL mixed", func(f *Func) { f.VFMUL(V1.B16(), V1.S4(), V1.S4()) }, "arrangement"},
		{"VUMULL high", func(f *Func) { f.VUMULL(V1.B16(), V1.B16(), V1.H8()) }, "arrangement"},
		{"VXTN", func(f *Func) { f.VXTN(V1.H8(), V1.B16()) }, "arrangement"},
		{"unknown arrangement", func(f *Func) { f.VXTN(View{V1, Arr(9)}, V1.B8()) }, "arrangement"},
		{"unknown arrangement, Go", func(f *Func) { f.VSHL(1, View{V1, Arr(99)}, View{V1, Arr(99)}) }, "arrangement"},
		{"VLD1 gap", func(f *Func) { f.VLD1(R1.At(0), V1.S4(), V3.S4()) }, "consecutive"},
		{"VLD1 empty", func(f *Func) { f.VLD1(R1.At(0)) }, "0 registers"},
		{"VTBL gap", func(f *Func) { f.VTBL(V1.B16(), []View{V2.B16(), V4.B16()}, V1.B16()) }, "consecutive"},
		{"VTBL arrangement", func(f *Func) { f.VTBL(V1.B8(), []View{V2.B16()}, V1.B16()) }, "arrangement"},
		{"VTBL table", func(f *Func) { f.VTBL(V1.B8(), []View{V2.B8()}, V1.B8()) }, "of 16 bytes"},
		{"VST1 offset", func(f *Func) { f.VST1([]View{V1.S4()}, R1.At(16)) }, "base register alone"},

		{"undefined label", func(f *Func) { f.B("nowhere") }, "label nowhere: not defined, jump at asm_test.go:"},
		{"label twice", func(f *Func) { f.Label("l"); f.Label("l") }, "label l: defined twice"},
		{"bad label", func(f *Func) { f.Label("a b") }, "not an identifier"},
		{"multi-line comment", func(f *Func) { f.Comment("a\nRET") }, "more than one line"},
		{"multi-line note", func(f *Func) { f.RET(); f.Note("a\nRET") }, "more than one line"},
		{"note alone", func(f *Func) { f.Note("x") }, "note without"},

		{"local size", func(f *Func) { f.Local("x", 24) }, "multiple of 16"},
		{"local name", func(f *Func) { f.Local("", 16) }, "bad name"},
		{"local outside", func(f *Func) { f.FMOVQ(f.Local("x", 16).At(16), V1) }, "outside the local"},
		{"local before", func(f *Func) { f.FMOVQ(f.Local("x", 16).At(-16), V1) }, "outside the local"},
		{"local unaligned", func(f *Func) { f.MOVD(f.Local("x", 16).At(4), R1) }, "not aligned"},
		{"zero local", func(f *Func) { f.MOVD(R1, Local{}.At(0)) }, "outside the local"},

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
		{"no stubs", func() *File { return NewFile(Config{}) }, "no Go files"},
		{"missing stubs", func() *File { return NewFile(Config{Stubs: []string{"none.go"}}) }, "none.go"},
		{"path", func() *File { return NewFile(Config{Command: "go run /tmp/x"}) }, "absolute path"},
		{"lines", func() *File { return NewFile(Config{Command: "a\nb"}) }, "more than one line"},
		{"constraint", func() *File { return NewFile(Config{Constraint: "arm64 &&"}) }, "constraint"},
		{"undeclared", func() *File { f := newFile(); f.Func("nope").RET(); return f }, "nope: not declared"},
		{"after no stubs", func() *File { f := NewFile(Config{}); f.Func("walk").RET(); return f }, "no Go files"},
		{"body", func() *File { f := newFile(); f.Func("bodied").RET(); return f }, "with a body"},
		{"generic", func() *File { f := newFile(); f.Func("generic").RET(); return f }, "generic"},
		{"imported", func() *File { f := newFile(); f.Func("imported").RET(); return f }, "not known"},
		{"endless", func() *File { f := newFile(); f.Func("endless").RET(); return f }, "not known"},
		{"float", func() *File { f := newFile(); f.Func("slices").LoadParam("f", R0); return f }, "general register"},
		{"slice", func() *File { f := newFile(); f.Func("slices").LoadParam("steps", R0); return f }, "general register"},
		{"unknown", func() *File { f := newFile(); f.Func("slices").Offset("u", "m"); return f }, "not known"},
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
			f.LSR(0, R1, R1)
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

func TestAllocation(t *testing.T) {
	file := newFile()
	f := file.Func("walk")
	f.LoadParam("n", R1)
	f.VMOVI(0, V0.B16())
	r, v := f.R(), f.V()
	if r != R0 || v != V1 {
		t.Errorf("got %v, %v", r, v)
	}
	if r := f.R(); r != R2 {
		t.Errorf("got %v though R1 was named", r)
	}
	f.Free(r, v, R2)
	if r := f.R(); r != R0 {
		t.Errorf("freed R0 not reused: %v", r)
	}
	seen := map[Reg]bool{R0: true}
	for range 24 {
		seen[f.R()] = true
	}
	for _, r := range []Reg{R1, R18, R27, R28, R29, R30, ZR, RSP} {
		if seen[r] {
			t.Errorf("%v handed out", r)
		}
	}
	if len(seen) != 25 {
		t.Errorf("%d registers", len(seen))
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write(p []byte) (int, error) { return len(p) / 2, w.err }

func TestWriteError(t *testing.T) {
	full := errors.New("disk full")
	file := newFile()
	chain(file)
	if n, err := file.WriteTo(failingWriter{full}); !errors.Is(err, full) || n == 0 {
		t.Errorf("got %d, %v", n, err)
	}
	if _, err := file.Bytes(); !errors.Is(err, full) {
		t.Errorf("not kept: %v", err)
	}
	file = newFile()
	chain(file)
	if _, err := file.WriteTo(failingWriter{}); err == nil {
		t.Error("short write accepted")
	}
}

// signatures emits functions that use every kind of parameter and result.
func signatures(file *File) {
	f := file.Func("mixed")
	for _, name := range []string{"a", "b", "c", "xs_base", "xs_len", "xs_cap", "s_base", "s_len", "h", "p"} {
		f.LoadParam(name, R0)
	}
	f.StoreResult(R0, "sum")
	f.StoreResult(R0, "ok")
	f.RET()
	f = file.Func("unnamed")
	f.LoadParam("arg", R0)
	f.LoadParam("arg1", R1)
	f.StoreResult(R0, "ret")
	f.RET()
	file.Func("none").RET()
}

func TestSignatures(t *testing.T) {
	file := newFile()
	signatures(file)
	text, err := file.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(strings.Fields(string(text)), " ")
	for _, want := range []string{
		"// func mixed(a uint8, b int32, c bool, xs []float32, s string, h *header, p uintptr) (sum int64, ok bool)",
		"TEXT ·mixed(SB), NOSPLIT, $0-81",
		"MOVBU a+0(FP), R0 MOVW b+4(FP), R0 MOVBU c+8(FP), R0",
		"MOVD xs_base+16(FP), R0 MOVD xs_len+24(FP), R0 MOVD xs_cap+32(FP), R0",
		"MOVD s_base+40(FP), R0 MOVD s_len+48(FP), R0 MOVD h+56(FP), R0 MOVD p+64(FP), R0",
		"MOVD R0, sum+72(FP) MOVBU R0, ok+80(FP)",
		"TEXT ·unnamed(SB), NOSPLIT, $0-18",
		"MOVH arg+0(FP), R0 MOVD arg1+8(FP), R1 MOVHU R0, ret+16(FP)",
		"// func none() TEXT ·none(SB), NOSPLIT, $0-0",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
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

// TestCoverage checks that everything uses every instruction there is.
func TestCoverage(t *testing.T) {
	file := newFile()
	everything(file)
	text, err := file.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(string(text))
	used := map[string]bool{"STNPQ": strings.Contains(string(text), "// stnp q"), "STNPD": strings.Contains(string(text), "// stnp d")}
	for i, w := range words {
		used[w] = true
		if w == "//" {
			name := "V" + strings.ToUpper(words[i+1])
			if last := slices.Index(words[i:], "WORD"); last > 4 && strings.HasSuffix(words[i+4], "]") {
				name += "Lane"
			}
			used[name] = true
		}
	}
	other := strings.Fields("Blank Comment ElemSize Free Interleave Join Label LoadParam Local Note Offset R StoreResult V Vs")
	for _, name := range other {
		used[name] = true
	}
	methods := reflect.TypeFor[*Func]()
	for i := range methods.NumMethod() {
		if name := methods.Method(i).Name; !used[name] {
			t.Errorf("%s is not tested", name)
		}
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
