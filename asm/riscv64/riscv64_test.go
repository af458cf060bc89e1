package riscv64_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/mixblend/blend/asm"
	. "github.com/mixblend/blend/asm/riscv64"
)

func newFile() *File {
	return NewFile(asm.Config{Command: "go run ./gen", Constraint: "riscv64", Stubs: []string{"../testdata/stubs.go"}})
}

var (
	bytes8  = Type{Bits: 8, Group: 2}
	bytes16 = Type{Bits: 16, Group: 4}
	words   = Type{Bits: 32, Group: 4, Undisturbed: true}
)

// hasVectors is whether Go's assembler has them.
var hasVectors bool

// everything emits every instruction.
func everything(file *File) {
	f := file.Func("walk")
	f.Comment("General registers.")
	for _, s := range []Operand{X0, Reg(5), Imm(0), Imm(-2048), Imm(2047), Reg(6).At(0), Reg(6).At(-2048), Reg(6).At(2047)} {
		f.MOV(s, 7)
	}
	f.MOVBU(Reg(6).At(1), 7)
	f.MOVHU(Reg(6).At(2), 7)
	f.MOVF(Reg(6).At(4), 8)
	f.FMVWX(5, 31)
	for _, s := range []Operand{Reg(5), Imm(-2048), Imm(2047)} {
		f.ADD(s, 6, 7)
	}
	f.SUB(5, 6, 7)
	f.MUL(5, 6, 7)
	f.AND(Reg(5), 6, 7)
	f.AND(Imm(-8), 6, 7)
	f.SLL(1, 6, 7)
	f.SRL(63, 6, 7)

	f.Label("branches")
	f.BEQ(5, 6, "branches")
	f.BLT(5, 6, "branches")
	f.BLTU(5, 6, "end")
	f.BEQZ(5, "end")
	f.BNEZ(5, "end")
	f.BLTZ(5, "end")
	f.BGEZ(5, "end")
	f.JMP("end")

	f.Comment("Bytes.")
	f.VXRM(HalfUp)
	f.VXRM(HalfEven)
	f.VSETVLI(5, bytes8, 6)
	f.VTYPE(7)
	f.VLE8V(Reg(6).At(0), 2)
	f.VLSE8V(Reg(6).At(0), 7, 2)
	f.VSE8V(2, Reg(6).At(0))
	f.VLE16V(Reg(6).At(0), 4)
	f.VLE32V(Reg(6).At(0), 8)
	f.VWSUBUVV(2, 4, 8)
	f.VWMULUVV(2, 4, 8)
	f.VWMULUVX(5, 10, 8) // in the upper half of the destination
	f.VWMACCUVV(2, 4, 8)
	f.VWMACCUVX(2, 5, 8)
	f.VNCVTXXW(8, 8) // in the lower half of the source
	f.VNSRLWI(31, 8, 2)
	f.VNCLIPUWI(0, 8, 2)

	f.Comment("Integers.")
	f.VSETVLI(X0, bytes16, X0)
	f.VLE8V(Reg(6).At(0), 2)
	f.VSE16V(4, Reg(6).At(0))
	f.VADDVV(4, 8, 12)
	f.VADDVX(5, 8, 12)
	f.VSUBVV(4, 8, 12)
	f.VAADDUVV(4, 8, 12)
	f.VSMULVX(5, 8, 12)
	f.VMULVV(4, 8, 12)
	f.VMULHUVX(5, 8, 12)
	f.VMACCVX(8, 5, 12)
	f.VANDVX(5, 8, 12)
	f.VORVV(4, 8, 12)
	f.VNOTV(8, 12)
	f.VMAXUVX(5, 8, 12)
	f.VMSGTUVX(5, 8, V0)
	f.VMSEQVI(-16, 8, V0)
	f.VMSEQVI(15, 8, V0)
	f.VSLLVI(31, 8, 12)
	f.VSRLVI(0, 8, 12)
	f.VZEXTVF2(14, 12) // in the upper half
	f.VSEXTVF2(2, 12)

	f.Comment("Floating point, and masks.")
	f.VSETVLI(X0, Type{Bits: 32, Group: 8, Undisturbed: true}, X0)
	f.VSETVLI(5, words, X0)
	f.VSE32V(4, Reg(6).At(0))
	f.VZEXTVF4(15, 12)
	f.VFMULVV(4, 8, 12)
	f.VFMULVF(1, 8, 12)
	f.VFADDVV(4, 8, 12)
	f.VFADDVF(1, 8, 12)
	f.VFSUBVV(4, 8, 12)
	f.VFRSUBVF(1, 8, 12)
	f.VFMINVF(1, 8, 12)
	f.VFABSV(8, 12)
	f.VFSGNJVV(4, 8, 12)
	f.VFCVTFXUV(8, 12)
	f.VMFNEVV(4, 8, V0)
	f.VORVXMask(5, 8, 12)
	f.VMERGEVVM(4, 8, 12)
	f.VLMV(Reg(6).At(0), V0)
	f.VLE16VMask(Reg(6).At(0), 12)
	f.VLE32VMask(Reg(6).At(0), 12)
	f.Label("end")
	f.RET()
}

func TestErrors(t *testing.T) {
	x := Reg(6).At(0)
	tests := []struct {
		name string
		fn   func(f *Func)
		want string
	}{
		{"exhausted general", func(f *Func) {
			for range 26 {
				f.X()
			}
		}, "out of registers: all 25"},
		{"exhausted groups", func(f *Func) { f.V(8); f.V(8); f.V(8); f.V(1); f.V(8) }, "no group of 8, 25 are in use"},
		{"group of three", func(f *Func) { f.V(3) }, "a group of 3"},
		{"leak general", func(f *Func) { f.X() }, "not freed: X5 (riscv64_test.go:"},
		{"leak group", func(f *Func) { f.FreeV(f.V(2), 1) }, "not freed: V1 (riscv64_test.go:"},
		{"leak float", func(f *Func) { f.F() }, "not freed: F0 (riscv64_test.go:"},
		{"double free", func(f *Func) { r := f.F(); f.Free(r, r) }, "not allocated"},
		{"free of immediate", func(f *Func) { f.Free(Imm(1)) }, "not a register"},
		{"use after free", func(f *Func) { r := f.X(); f.Free(r); f.MOV(Imm(1), r) }, "used after being freed"},
		{"float after free", func(f *Func) { r := f.F(); f.Free(r); f.FMVWX(5, r) }, "used after being freed"},
		{"vector after free", func(f *Func) {
			v := f.V(2)
			f.FreeV(v, 2)
			f.VSETVLI(5, bytes8, 6)
			f.VLE8V(x, v)
		}, "used after being freed"},

		{"write zero", func(f *Func) { f.MOV(Imm(1), X0) }, "X0: reserved"},
		{"write link", func(f *Func) { f.ADD(Imm(1), 5, X1) }, "X1: reserved"},
		{"write SP", func(f *Func) { f.SLL(1, 5, 2) }, "X2: reserved"},
		{"write g", func(f *Func) { f.LoadParam("n", 27) }, "g: reserved"},
		{"write temporary", func(f *Func) { f.VSETVLI(5, bytes8, X31) }, "X31: reserved"},
		{"no such general", func(f *Func) { f.MOV(Reg(32), 5) }, "not a general register"},
		{"no such float", func(f *Func) { f.FMVWX(5, 32) }, "not a floating-point register"},
		{"MOV float", func(f *Func) { f.MOV(Float(1), 5) }, "invalid operand"},
		{"MOV offset", func(f *Func) { f.MOV(Reg(5).At(2048), 5) }, "immediate 2048"},
		{"ADD memory", func(f *Func) { f.ADD(x, 5, 5) }, "invalid operand"},
		{"ADD immediate", func(f *Func) { f.ADD(Imm(-2049), 5, 5) }, "immediate -2049"},
		{"SLL", func(f *Func) { f.SLL(64, 5, 5) }, "shift 64"},
		{"VXRM", func(f *Func) { f.VXRM(4) }, "no mode 4"},

		{"no type", func(f *Func) { f.VADDVV(4, 8, 12) }, "after a label VSETVLI comes first"},
		{"label", func(f *Func) { f.VSETVLI(5, bytes8, 6); f.Label("l"); f.VADDVV(4, 8, 12) }, "after a label VSETVLI comes first"},
		{"type", func(f *Func) { f.VSETVLI(5, Type{Bits: 64, Group: 1}, 6) }, "no type E64, M1"},
		{"group", func(f *Func) { f.VSETVLI(5, Type{Bits: 8, Group: 3}, 6) }, "no type E8, M3"},
		{"other lanes", func(f *Func) { f.VSETVLI(5, bytes8, 6); f.VSETVLI(X0, words, X0) }, "other lanes"},
		{"lanes of nothing", func(f *Func) { f.VSETVLI(X0, words, X0) }, "other lanes"},
		{"unaligned", func(f *Func) { f.VSETVLI(5, bytes8, 6); f.VADDVV(2, 4, 7) }, "VADDVV V7: not the first of a group"},
		{"unaligned source", func(f *Func) { f.VSETVLI(5, bytes8, 6); f.VFCVTFXUV(3, 4) }, "V3: not the first of a group"},
		{"unaligned wide", func(f *Func) { f.VSETVLI(5, bytes8, 6); f.VWMULUVX(5, 2, 6) }, "V6: not the first of a group"},
		{"unaligned memory", func(f *Func) { f.VSETVLI(5, bytes8, 6); f.VLE32V(x, 4) }, "V4: not the first of a group"},
		{"too wide", func(f *Func) { f.VSETVLI(5, Type{Bits: 8, Group: 8}, 6); f.VWMULUVX(5, 8, 16) }, "not the first of a group"},
		{"less than a register", func(f *Func) { f.VSETVLI(5, Type{Bits: 16, Group: 1}, 6); f.VLE8V(x, 8) }, "not the first of a group"},
		{"no such vector", func(f *Func) { f.VSETVLI(5, bytes8, 6); f.VLE8V(x, 32) }, "not the first of a group"},
		{"offset", func(f *Func) { f.VSETVLI(5, bytes8, 6); f.VLE8V(Reg(6).At(1), 8) }, "offset 1"},

		{"wide overlap", func(f *Func) { f.VSETVLI(5, bytes8, 6); f.VWSUBUVV(2, 8, 8) }, "VWSUBUVV: V8 overlaps V8"},
		{"narrow overlap", func(f *Func) { f.VSETVLI(5, bytes8, 6); f.VNSRLWI(1, 8, 10) }, "VNSRLWI: V8 overlaps V10"},
		{"convert overlap", func(f *Func) { f.VSETVLI(5, bytes8, 6); f.VNCVTXXW(8, 10) }, "VNCVTXXW: V8 overlaps V10"},
		{"extend overlap", func(f *Func) { f.VSETVLI(5, words, 6); f.VZEXTVF4(14, 12) }, "VZEXTVF4: V14 overlaps V12"},
		{"mask overlap", func(f *Func) { f.VSETVLI(5, words, 6); f.VORVXMask(5, 4, 0) }, "VORVX: V0 overlaps"},
		{"masked load overlap", func(f *Func) { f.VSETVLI(5, words, 6); f.VLE32VMask(x, 0) }, "VLE32V: V0 overlaps"},
		{"compare overlap", func(f *Func) { f.VSETVLI(5, words, 6); f.VMSGTUVX(5, 4, 5) }, "V4 overlaps V5"},
		{"mask agnostic", func(f *Func) { f.VSETVLI(5, bytes16, 6); f.VORVXMask(5, 4, 8) }, "what V0 leaves out"},
		{"merge overlap", func(f *Func) { f.VSETVLI(5, words, 6); f.VMERGEVVM(4, 8, 0) }, "VMERGEVVM: V0 overlaps V0"},
		{"mask offset", func(f *Func) { f.VSETVLI(5, words, 6); f.VLMV(Reg(6).At(1), 0) }, "VLMV: offset 1"},
		{"mask after a label", func(f *Func) { f.VSETVLI(5, words, 6); f.Label("a"); f.VLMV(x, 0) }, "VLMV: after a label"},
		{"immediate", func(f *Func) { f.VSETVLI(5, words, 6); f.VSLLVI(32, 4, 8) }, "immediate 32 not in 0..31"},
		{"narrow immediate", func(f *Func) { f.VSETVLI(5, bytes8, 6); f.VNCLIPUWI(-1, 8, 4) }, "immediate -1 not in 0..31"},
		{"signed immediate", func(f *Func) { f.VSETVLI(5, words, 6); f.VMSEQVI(16, 4, 0) }, "immediate 16 not in -16..15"},
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
			for _, want := range []string{tt.want, "riscv64_test.go:", "walk: "} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
			}
		})
	}
}

func TestSignature(t *testing.T) {
	file := newFile()
	f := file.Func("mixed")
	f.LoadParam("a", 5)
	f.LoadParam("b", 5)
	f.LoadParam("xs_len", 5)
	f.StoreResult(X0, "ok")
	f.StoreResult(5, "sum")
	f.VXRM(HalfUp)
	f.RET()
	text, err := file.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(strings.Fields(string(text)), " ")
	for _, want := range []string{
		"// Requires: V TEXT ·mixed(SB), NOSPLIT, $0-81",
		"MOVBU a+0(FP), X5 MOVW b+4(FP), X5 MOV xs_len+24(FP), X5 MOVBU X0, ok+80(FP) MOV X5, sum+72(FP)",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// Go's assembler takes everything, without its temporary, X31, which it would want for an immediate or an offset that does not fit.
func TestGoAssembler(t *testing.T) {
	if !hasVectors {
		t.Skip("Go's assembler has RISC-V's vectors from 1.26 on: instructions not assembled")
	}
	file := newFile()
	everything(file)
	text, err := file.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.s"), text, 0o666); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOARCH=riscv64", "GOOS=linux", "GORISCV64=rva20u64")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	include := strings.TrimSpace(run("env", "GOROOT")) + "/pkg/include"
	listing := run("tool", "asm", "-S", "-p", "stubs", "-I", include, "-o", "x.o", "x.s")
	if !strings.Contains(listing, "VZEXTVF4") || strings.Contains(listing, "X31") {
		t.Errorf("X31 used, or nothing assembled:\n%s", listing)
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
	used := map[string]bool{}
	for _, line := range strings.Split(string(text), "\n") {
		if words := strings.Fields(line); len(words) > 0 {
			used[words[0]] = true
			if strings.Contains(line, ", V0, ") {
				used[words[0]+"Mask"] = true
			}
			for _, register := range []string{"VXRM", "VTYPE"} {
				used[register] = used[register] || strings.Contains(line, register)
			}
		}
	}
	for _, name := range []string{"F", "Free", "FreeV", "Label", "LoadParam", "StoreResult", "V", "X"} {
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
