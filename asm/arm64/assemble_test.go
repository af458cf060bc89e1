package arm64_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	. "github.com/mixblend/blend/asm/arm64"
)

// everything emits every instruction, with every arrangement it takes.
func everything(file *File) {
	table := file.Data("table", []byte("0123456789abcdef"))
	f := file.Func("walk")
	local := f.Local("local", 32)
	f.Local("other", 16)

	f.Comment("General registers.")
	for _, op := range []Operand{R1, ZR, RSP, Imm(0), Imm(-1), Imm(0x123456789abcdef0), table, local.Addr(),
		R2.At(0), R2.At(32760), R2.At(-256), R2.At(255), R2.Index(R3), RSP.At(8), local.At(8)} {
		f.MOVD(op, R26)
	}
	for _, m := range []Mem{R2.At(0), R2.At(32760), R2.At(-256), R2.Index(R3), local.At(24)} {
		f.MOVD(R30, m)
	}
	for _, m := range []Mem{R2.At(0), R2.At(16380), R2.At(-255), R2.Index(R3), local.At(4)} {
		f.MOVWU(m, R17)
	}
	for _, m := range []Mem{R2.At(0), R2.At(4095), R2.At(-255), R2.Index(R3), local.At(5)} {
		f.MOVBU(m, R17)
	}
	for _, s := range []Operand{R1, Imm(0), Imm(4095), Imm(4096), Imm(0xfff000)} {
		f.ADD(s, R2, R3)
		f.SUB(s, R2, R3)
		f.SUBS(s, R2, R3)
		f.CMP(s, R2)
	}
	f.ADD(Imm(16), RSP, R3)
	f.CMP(Imm(16), RSP)
	for _, s := range []Operand{R1, Imm(1), Imm(255), Imm(-16), Imm(0x5555555555555555), Imm(0x00ff00ff00ff00ff), Imm(-0x7fffffffffffffff)} {
		f.AND(s, R2, R3)
	}
	f.MUL(R1, R2, R3)
	f.LSL(1, R2, R3)
	f.LSL(63, R2, R3)
	f.LSR(Imm(1), R2, R3)
	f.LSR(Imm(63), R2, R3)
	f.LSR(R1, R2, R3)
	f.PRFM(R2.At(0), PLDL1KEEP)
	f.PRFM(RSP.At(32760), PLDL1STRM)

	f.Label("branches")
	for _, b := range []func(string){f.B, f.BEQ, f.BNE, f.BLT, f.BLE, f.BGT, f.BGE, f.BLO, f.BLS, f.BHI, f.BHS} {
		b("branches")
	}
	f.CBZ(R1, "end")
	f.CBNZ(R1, "end")
	f.TBZ(0, R1, "end")
	f.TBNZ(63, R1, "end")

	f.Comment("Vector memory.")
	for _, m := range []Mem{R2.At(0), R2.At(65520), R2.At(-256), R2.At(255), R2.Index(R3), RSP.Index(R3), local.At(16)} {
		f.FMOVQ(m, V31)
		f.FMOVQ(V31, m)
	}
	for _, m := range []Mem{R2.At(0), R2.At(16380), R2.At(-256), local.At(4)} {
		f.FMOVS(m, V31)
		f.FMOVS(V31, m)
	}
	for _, m := range []Mem{R2.At(0), R2.At(32760), R2.At(-256), local.At(8)} {
		f.FMOVD(m, V31)
		f.FMOVD(V31, m)
	}
	for _, m := range []Mem{R2.At(-1024), R2.At(0), RSP.At(1008)} {
		f.FLDPQ(m, V31, V0)
		f.FSTPQ(V31, V0, m)
		f.STNPQ(V31, V0, m)
	}
	for _, m := range []Mem{R2.At(-512), R2.At(0), RSP.At(504)} {
		f.STNPD(V31, V0, m)
	}
	views := []func(Vec) View{Vec.B8, Vec.B16, Vec.H4, Vec.H8, Vec.S2, Vec.S4, Vec.D2}
	for _, view := range views {
		regs := []View{view(V30), view(V31), view(V0), view(V1)}
		for n := 1; n <= 4; n++ {
			f.VLD1(R2.At(0), regs[:n]...)
			f.VST1(regs[:n], RSP.At(0))
		}
		f.VLD1R(R2.At(0), view(V1))
	}

	f.Comment("Vectors, in Go's mnemonics.")
	for i, view := range views {
		m, n, d := view(V0), view(V15), view(V31)
		f.VDUP(R1, d)
		for _, op := range []func(m, n, d View){f.VADD, f.VSUB, f.VCMEQ, f.VCMTST, f.VUZP1, f.VUZP2, f.VZIP1, f.VZIP2, f.VTRN1, f.VTRN2} {
			op(m, n, d)
		}
		lane := Imm(8 << (i / 2))
		f.VSHL(0, n, d)
		f.VSHL(lane-1, n, d)
		f.VUSHR(1, n, d)
		f.VUSHR(lane, n, d)
	}
	for _, view := range views[:2] {
		m, n, d := view(V0), view(V15), view(V31)
		table := []View{V30.B16(), V31.B16(), V0.B16(), V1.B16()}
		for n := 1; n <= 4; n++ {
			f.VTBL(m, table[:n], d)
		}
		f.VMOVI(0, d)
		f.VMOVI(255, d)
		f.VMOV(n, d)
		for _, op := range []func(m, n, d View){f.VAND, f.VORR, f.VEOR, f.VBSL, f.VBIT, f.VBIF} {
			op(m, n, d)
		}
	}
	wide := []func(Vec) View{Vec.H8, Vec.S4, Vec.D2}
	for i, view := range wide {
		low, high := views[2*i], views[2*i+1]
		f.VUXTL(low(V15), view(V31))
		f.VUXTL2(high(V15), view(V31))
		for _, s := range []Imm{0, 8<<i - 1} {
			f.VUSHLL(s, low(V15), view(V31))
			f.VUSHLL2(s, high(V15), view(V31))
		}

		for _, op := range []func(m, n, d View){f.VUADDL, f.VUSUBL, f.VUMULL, f.VUMLAL} {
			op(low(V0), low(V15), view(V31))
		}
		for _, op := range []func(m, n, d View){f.VUADDL2, f.VUSUBL2, f.VUMULL2, f.VUMLAL2} {
			op(high(V0), high(V15), view(V31))
		}
		f.VXTN(view(V15), low(V31))
		f.VXTN2(view(V15), high(V31))
	}

	f.Comment("Vectors, as WORD.")
	for _, op := range []func(m, n, d View){f.VFADD, f.VFSUB, f.VFMUL, f.VSQRDMULH, f.VUQADD, f.VURHADD, f.VMUL, f.VCMHI, f.VCMHS} {
		op(V0.S4(), V15.S4(), V31.S4())
	}
	f.VBIC(V0.B16(), V15.B16(), V31.B16())
	for _, op := range []func(n, d View){f.VSCVTF, f.VUCVTF, f.VFCVTNS} {
		op(V15.S4(), V31.S4())
	}
	f.VFCVTL(V15.H4(), V31.S4())
	f.VFCVTL2(V15.H8(), V31.S4())
	f.VFCVTN(V15.S4(), V31.H4())
	f.VFCVTN2(V15.S4(), V31.H8())
	f.VSSHR(7, V15.H8(), V31.H8())
	f.VURSHR(8, V14.H8(), V30.H8())
	f.VURSHR(8, V13.S4(), V2.S4())
	f.VFMULLane(3, V31, V15.S4(), V30.S4())
	f.VSQRDMULHLane(7, V14, V15.H8(), V31.H8())
	f.VSQRDMULHLane(2, V30, V15.S4(), V31.S4())
	f.Label("end")
	f.RET()
}

// run runs a command and returns what it prints.
func run(t *testing.T, dir string, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// assemble writes file to dir/x.s and assembles it to dir/x.o.
func assemble(t *testing.T, dir string, file *File) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("the go command is not installed")
	}
	var b bytes.Buffer
	if _, err := file.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "x.s"), b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	goroot := strings.TrimSpace(run(t, dir, "go", "env", "GOROOT"))
	run(t, dir, "go", "tool", "asm", "-p", "stubs", "-I", filepath.Join(goroot, "pkg", "include"), "-o", "x.o", "x.s")
}

// TestGoAssembler assembles everything. The assembler's temporary must not
// turn up: it would mean that an immediate or offset we let pass needs more
// than one instruction.
func TestGoAssembler(t *testing.T) {
	dir := t.TempDir()
	file := newFile()
	everything(file)
	signatures(file)
	assemble(t, dir, file)
	if dump := run(t, dir, "go", "tool", "objdump", "x.o"); strings.Contains(dump, "R27") {
		t.Errorf("R27 used:\n%s", dump)
	}
}

// TestFrame checks where the assembler puts a local: 16 bytes above RSP is the
// lowest place the link register leaves that is 16-byte aligned.
func TestFrame(t *testing.T) {
	for _, size := range []int{16, 32, 48, 256} {
		dir := t.TempDir()
		file := newFile()
		f := file.Func("walk")
		local := f.Local("local", size)
		f.MOVD(local.Addr(), R0)
		f.FMOVQ(V0, local.At(0))
		f.RET()
		assemble(t, dir, file)
		dump := run(t, dir, "go", "tool", "objdump", "x.o")
		for _, want := range []string{"ADD $16, RSP, R0", "FMOVQ F0, 16(RSP)"} {
			if !strings.Contains(dump, want) {
				t.Errorf("local of %d bytes: no %q in\n%s", size, want, dump)
			}
		}
	}
}

// TestVet runs vet's comparison of assembly with Go declarations.
func TestVet(t *testing.T) {
	dir := t.TempDir()
	file := newFile()
	chain(file)
	signatures(file)
	assemble(t, dir, file)
	stubs, err := os.ReadFile("../testdata/stubs.go")
	if err != nil {
		t.Fatal(err)
	}
	// vet wants a package that type-checks.
	drop := []string{"missing", "unknown", "loop", "generic"}
	var kept []string
	for _, line := range strings.Split(string(stubs), "\n") {
		keep := true
		for _, d := range drop {
			keep = keep && !strings.Contains(line, d)
		}
		if keep {
			kept = append(kept, line)
		}
	}
	for name, text := range map[string]string{
		"stubs.go": strings.Join(kept, "\n"),
		"go.mod":   "module stubs\n\ngo 1.22\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	run(t, dir, "go", "vet", "-asmdecl", ".")
}

// TestSecondAssembler compares every encoder with the GNU assembler.
func TestSecondAssembler(t *testing.T) {
	as := "aarch64-linux-gnu-as"
	if runtime.GOARCH == "arm64" && runtime.GOOS == "linux" {
		as = "as"
	}
	if _, err := exec.LookPath(as); err != nil {
		t.Skipf("the second assembler, %s, is not installed: encoders not compared with it", as)
	}
	words, err := Encodings()
	if err != nil {
		t.Fatal(err)
	}
	var src strings.Builder
	for _, w := range words {
		src.WriteString(w.Text + "\n")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.s"), []byte(src.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	run(t, dir, as, "-o", "x.o", "x.s")
	obj, err := elf.Open(filepath.Join(dir, "x.o"))
	if err != nil {
		t.Fatal(err)
	}
	defer obj.Close()
	text, err := obj.Section(".text").Data()
	if err != nil {
		t.Fatal(err)
	}
	if len(text) != 4*len(words) {
		t.Fatalf("%d bytes for %d words", len(text), len(words))
	}
	for i, w := range words {
		if got := binary.LittleEndian.Uint32(text[4*i:]); got != w.Bits {
			t.Errorf("%s: %#08x, the second assembler says %#08x", w.Text, w.Bits, got)
		}
	}
}
