package arm64_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mixblend/blend/asm"
	. "github.com/mixblend/blend/asm/arm64"
)

var update = flag.Bool("update", false, "rewrite the golden file")

func newFile() *File {
	return NewFile(asm.Config{
		Command:    "go run ./gen",
		Constraint: "arm64 && !noasm",
		Stubs:      []string{"../testdata/stubs.go"},
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
		{"leak row", func(f *Func) { f.Free(f.V()); f.Vs(2) }, "not freed: V0 (arm64_test.go:"},
		{"leak general", func(f *Func) { f.R() }, "not freed: R0 (arm64_test.go:"},
		{"leak vector", func(f *Func) { f.Free(f.V(), f.R()); f.V(); f.V() }, "not freed: V0 (arm64_test.go:"},
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
		{"write R29", func(f *Func) { f.LSR(Imm(1), R1, R29) }, "R29: reserved"},
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
		{"LSR", func(f *Func) { f.LSR(Imm(0), R1, R1) }, "shift 0"},
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
		{"VUSHLL", func(f *Func) { f.VUSHLL(16, V1.H4(), V1.S4()) }, "shift 16"},
		{"VUSHLL2 low", func(f *Func) { f.VUSHLL2(0, V1.H4(), V1.S4()) }, "arrangement"},
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

		{"local outside", func(f *Func) { f.FMOVQ(f.Local("x", 16).At(16), V1) }, "outside the local"},
		{"local before", func(f *Func) { f.FMOVQ(f.Local("x", 16).At(-16), V1) }, "outside the local"},
		{"local unaligned", func(f *Func) { f.MOVD(f.Local("x", 16).At(4), R1) }, "not aligned"},
		{"zero local", func(f *Func) { f.MOVD(R1, Local{}.At(0)) }, "outside the local"},
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
			for _, want := range []string{tt.want, "arm64_test.go:", "walk: "} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
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
	for _, name := range []string{"Free", "LoadParam", "Local", "R", "StoreResult", "V", "Vs"} {
		used[name] = true
	}
	neutral := reflect.TypeFor[*asm.Func]()
	methods := reflect.TypeFor[*Func]()
	for i := range methods.NumMethod() {
		name := methods.Method(i).Name
		if _, ok := neutral.MethodByName(name); !ok && !used[name] {
			t.Errorf("%s is not tested", name)
		}
	}
}
