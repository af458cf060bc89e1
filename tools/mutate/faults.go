package main

import (
	"fmt"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// A fault is a change of one place in a text. One in gen is in what is generated then.
type fault struct {
	impl string // what it spoils: an implementation, x86 for both of its, gen for what is generated, Go for all, or a room where nothing is computed
	what string
	file string
	in   string // function, with its receiver where the file has another of that name; all of the file if empty
	find string // a regular expression; what it finds first is the place
	put  string // what stands there then
	// flip, if not 0, is which bits of the word that find's first group holds are changed instead.
	flip uint32
	// reason, if not empty, is why no test can catch the fault.
	reason string
}

const (
	amd64 = "blend_amd64.s"
	arm64 = "blend_arm64.s"
	riscv = "blend_riscv64.s"
)

// generates says whether the fault is in the generator.
func (f *fault) generates() bool { return strings.HasPrefix(f.file, "gen/") }

// spoils returns the functions of assembly that a fault in it is in, or that look up the data that it changes.
func (f *fault) spoils(text string) []string {
	if f.in != "" {
		return []string{f.in}
	}
	data := regexp.MustCompile(`DATA (\w+<>)`).FindStringSubmatch(f.find)
	if data == nil {
		return nil
	}
	var all []string
	for _, body := range strings.Split(text, "\nTEXT ·")[1:] {
		if strings.Contains(body, data[1]) {
			all = append(all, body[:strings.IndexByte(body, '(')])
		}
	}
	return all
}

// spared returns the kernels of a table in whose assembly there is none of the faults; text holds the files.
func spared(faults []fault, names []string, text func(file string) (string, error)) ([]string, error) {
	spoilt := map[string]bool{}
	for _, f := range faults {
		if !strings.HasSuffix(f.file, ".s") {
			continue
		}
		s, err := text(f.file)
		if err != nil {
			return nil, err
		}
		for _, function := range f.spoils(s) {
			name := strings.TrimPrefix(strings.TrimPrefix(function, "blend"), "stream")
			for _, set := range []string{"AVX512", "AVX2", "NEON", "RVV"} {
				name = strings.TrimSuffix(name, set)
			}
			spoilt[name] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return spoilt[name] }), nil
}

func (f *fault) place() string {
	if f.in == "" {
		return f.file
	}
	return f.in[strings.LastIndexByte(f.in, ' ')+1:]
}

// line is what the table says of the fault itself.
func (f *fault) line() string { return fmt.Sprintf("| %s | %s | `%s` |", f.impl, f.what, f.place()) }

// packages are those whose tests have to find it.
func (f *fault) packages() []string {
	switch dir := path.Dir(f.file); {
	case f.impl == "mixup":
		return []string{"./mixup"}
	case dir == "mixup", dir == "internal/roof", dir == "cmd/mixup", dir == "peers":
		return []string{"./" + dir}
	case dir == "internal/pixels":
		return []string{"./internal/pixels"}
	case dir == "fade":
		return []string{"./fade"}
	case dir == "internal/overlap":
		return []string{".", "./internal/overlap", "./fade"}
	case strings.HasPrefix(dir, "internal/shared"):
		return []string{"./internal/shared/..."}
	case dir == "cmd/bench":
		return []string{"./cmd/bench", "./peers"}
	case dir == "examples/feed":
		return []string{"./examples/feed"}
	case strings.HasPrefix(dir, "examples/cifar"):
		return []string{"./examples/cifar/..."}
	}
	return []string{".", "./kernels"}
}

// first are the tests that are most likely to find it, as a regular expression: where they do, the others need not run.
func (f *fault) first() string {
	switch f.impl {
	case "mixup":
		return "^Test(.*Errors|Reset.*|Next.*|Draws|Workers.*|Sources.*|Fold|Pairings|Golden.*|Boxes.*|Lambda.*|Tosses|Timm.*|HugeBoxes)$"
	case "plan", "traversal":
		return "^Test(.*Errors|Rows|Reset.*|PlanAccess|What.*|Workers.*|Columns.*|Calls.*|Copies.*|Paste.*|Nothing.*|Misaligned.*|KernelsStream|Fault.*|Mapped.*)$"
	}
	return ""
}

// arch is the architecture that it is in, this machine's if it is in all.
func (f *fault) arch() string {
	if strings.HasSuffix(f.file, "_arm64.s") || strings.HasPrefix(f.file, "gen/neon/") {
		return "arm64"
	}
	if strings.HasSuffix(f.file, "_riscv64.s") || strings.HasPrefix(f.file, "gen/rvv/") {
		return "riscv64"
	}
	return runtime.GOARCH
}

// proved reports whether it spoils results, which mixup verify looks at.
func (f *fault) proved() bool {
	return slices.Contains([]string{"avx512", "avx2", "neon", "rvv", "generic", "x86", "Go", "gen"}, f.impl)
}

// apply returns the text with the fault in it.
func (f *fault) apply(text string) (string, error) {
	begin, end := 0, len(text)
	if f.in != "" {
		head := regexp.MustCompile(`(?m)^(TEXT ·|func (\([^)]*\) )?)` + regexp.QuoteMeta(f.in) + `(\[[^]]*\])?\(`)
		at := head.FindStringIndex(text)
		if at == nil {
			return "", fmt.Errorf("%s has no %s", f.file, f.in)
		}
		begin = at[0]
		if next := regexp.MustCompile(`(?m)^(TEXT|func|// func) `).FindStringIndex(text[at[1]:]); next != nil {
			end = at[1] + next[0]
		}
	}
	find := regexp.MustCompile("(?m)" + f.find)
	at := find.FindStringSubmatchIndex(text[begin:end])
	if at == nil {
		return "", fmt.Errorf("%s has no %s", f.place(), f.find)
	}
	put := string(find.ExpandString(nil, f.put, text[begin:end], at))
	if f.flip != 0 {
		word, err := strconv.ParseUint(text[begin+at[2]:begin+at[3]], 16, 32)
		if err != nil {
			return "", err
		}
		put = strings.Replace(text[begin+at[0]:begin+at[1]], text[begin+at[2]:begin+at[3]], fmt.Sprintf("%08x", uint32(word)^f.flip), 1)
	}
	changed := text[:begin+at[0]] + put + text[begin+at[1]:]
	if changed == text {
		return "", fmt.Errorf("%s: nothing changes", f.place())
	}
	return changed, nil
}

// The kernels' loops have labels: many takes several vectors at a time, one a single one; stash keeps a row for the chain's end, and
// mixed is where a step ends. A comment begins the last columns. In blocks, $1 puts back what stands before the place.
const (
	many = `((?s)many\d+:.*?)`
	one  = `((?s)one\d+:.*?)`
	tail = `((?s)// The last columns.*?)`
)

var faults = []fault{
	{impl: "avx512", what: "float32: own row times the partner's factor", file: amd64, in: "blendF32AVX512",
		find: many + `VMULPS(\s+)\((\w+)\), Z1, Z3`, put: `${1}VMULPS${2}(${3}), Z2, Z3`},
	{impl: "avx512", what: "float32: difference for sum, single vectors only", file: amd64, in: "blendF32AVX512",
		find: one + `VADDPS`, put: `${1}VSUBPS`},
	{impl: "avx512", what: "float32: fused multiply-add", file: amd64, in: "blendF32AVX512",
		find: one + `VMULPS\s+\((\w+)\), Z2, Z4\s+VADDPS\s+Z4, Z3, Z3`, put: `${1}VFMADD231PS (${2}), Z2, Z3`},
	{impl: "avx512", what: "float32: last element of the tail lost", file: amd64, in: "blendF32AVX512",
		find: tail + `(NOTQ\s+(\w+))`, put: "${1}${2}\n\tSHRQ  $$1, ${3}"},
	{impl: "avx512", what: "float32: tail one element too long", file: amd64, in: "blendF32AVX512",
		find: tail + `(SHLQ\s+CL, (\w+))`, put: "${1}${2}\n\tSHLQ  $$1, ${3}"},
	{impl: "avx512", what: "float32: tail loads a whole vector", file: amd64, in: "blendF32AVX512",
		find: tail + `carried((?s).*?)VMOVDQU32.Z(\s+)\((\w+)\), K1, Z3`, put: `${1}carried${2}VMOVDQU32${3}(${4}), Z3`},
	{impl: "avx512", what: "float32: tail stores a whole vector", file: amd64, in: "blendF32AVX512",
		find: tail + `VMOVDQU32(\s+)Z1, K1, \((\w+)\)`, put: `${1}VMOVDQU32${2}Z1, (${3})`},
	{impl: "avx512", what: "float32: what closes a cycle is not kept for the tail", file: amd64, in: "blendF32AVX512",
		find: tail + `\tVMOVDQU64\s+Z1, \(\w+\)\n`, put: `${1}`},
	{impl: "avx512", what: "float32, streamed: a vector stored one vector too far", file: amd64, in: "streamF32AVX512",
		find: many + `VMOVNTDQ(\s+)Z3, 192\((\w+)\)`, put: `${1}VMOVNTDQ${2}Z3, 256(${3})`},
	{impl: "avx512", what: "uint8: difference the wrong way round", file: amd64, in: "blendU8AVX512",
		find: `nearPartner((?s).*?)VPUNPCKLBW (Z\d+), (Z\d+), `, put: `nearPartner${1}VPUNPCKLBW ${3}, ${2}, `},
	{impl: "avx512", what: "uint8: product not rounded", file: amd64, in: "blendU8AVX512",
		find: one + `VPMULHRSW`, put: `${1}VPMULHW`},
	{impl: "avx512", what: "uint8: ties of ½ not to even", file: amd64, in: "blendU8AVX512",
		find: one + `VPANDND\s+Z\d+, Z\d+, Z\d+\n`, put: `${1}`},
	{impl: "avx512", what: "uint8: ties found where there are none", file: amd64, in: "blendU8AVX512",
		find: `VPTERNLOGD(\s+)\$0x96`, put: `VPTERNLOGD${1}$$0x69`},
	{impl: "avx512", what: "uint8: ties of one in eight lanes not to even", file: amd64,
		find: `(DATA even<>\+24\(SB\)/8, \$)0x0002040810204080`, put: `${1}0x0102040810204080`},
	{impl: "avx512", what: "uint8: last element of the tail lost", file: amd64, in: "blendU8AVX512",
		find: tail + `(NOTQ\s+(\w+))`, put: "${1}${2}\n\tSHRQ  $$1, ${3}"},
	{impl: "avx512", what: "uint8: the next step's own row is not the partner", file: amd64, in: "blendU8AVX512",
		find: `(\nnext\d+:(?s:.*?))MOVQ\s+\w+, \w+\n`, put: `${1}`},
	{impl: "avx512", what: "uint8, streamed: tail one element too long", file: amd64, in: "streamU8AVX512",
		find: tail + `(SHLQ\s+CL, (\w+))`, put: "${1}${2}\n\tSHLQ  $$1, ${3}"},
	{impl: "avx512", what: "streamed stores not fenced", file: amd64, in: "fence", find: `SFENCE\n`, put: ``,
		reason: "a missing SFENCE shows in another thread only, and only within the nanoseconds until the stores drain"},

	{impl: "x86", what: "float32, short pairs: the last vector begins an element late", file: amd64, in: "shortF32",
		find: `LEAQ (\s+)36\(CX\)\(BX\*4\)`, put: `LEAQ${1}40(CX)(BX*4)`},
	{impl: "x86", what: "float32, short pairs: of more, the last vectors begin an element late", file: amd64, in: "shortF32",
		find: `LEAQ (\s+)4\(CX\)\(BX\*4\)`, put: `LEAQ${1}8(CX)(BX*4)`},
	{impl: "x86", what: "float32, short pairs: stored before all is loaded", file: amd64, in: "shortF32",
		find: `(LEAQ\s+36\(CX\)\(BX\*4\), CX\n(?s:.*?))\tVMOVDQU\s+Y2, \(AX\)\n`, put: "\tVMOVDQU      Y2, (AX)\n${1}"},
	{impl: "avx2", what: "float32: factors exchanged", file: amd64, in: "blendF32AVX2",
		find: one + `VMULPS(\s+)\((\w+)\), Y2, Y4`, put: `${1}VMULPS${2}(${3}), Y1, Y4`},
	{impl: "avx2", what: "float32: difference for sum", file: amd64, in: "streamF32AVX2",
		find: many + `VADDPS`, put: `${1}VSUBPS`},
	{impl: "avx2", what: "float32: first element of the tail lost", file: amd64, in: "blendF32AVX2",
		find: tail + `VMOVDQU (\(\w+\)\(\w+\*\d\))`, put: `${1}VMOVDQU -4${2}`},
	{impl: "avx2", what: "float32: tail begins an element early", file: amd64, in: "blendF32AVX2",
		find: tail + `VMOVDQU (\(\w+\)\(\w+\*\d\))`, put: `${1}VMOVDQU 4${2}`},
	{impl: "avx2", what: "float32: tail loads and stores too far", file: amd64, in: "blendF32AVX2",
		find: tail + `(LEAQ\s+-\d+\(BX\).*)`, put: "${1}${2}\n\tINCQ BX"},
	{impl: "avx2", what: "float32: a load becomes one past the end", file: amd64, in: "blendF32AVX2",
		find: one + `VMULPS(\s+)\((\w+)\), Y2, `, put: `${1}VMULPS${2}32(${3}), Y2, `},
	{impl: "avx2", what: "float32: vectors taken past the end", file: amd64, in: "blendF32AVX2",
		find: `(LEAQ\s+-\d+\(\w+\), (\w+))`, put: "${1}\n\tADDQ $$32, ${2}"},
	{impl: "x86", what: "uint8: difference the wrong way round, in two lanes", file: amd64,
		find: `(DATA signs<>\+8\(SB\)/8, \$)0xff01ff01ff01ff01`, put: `${1}0xff01ff0101ffff01`},
	{impl: "avx2", what: "uint8: product not rounded", file: amd64, in: "streamU8AVX2",
		find: `evenOwn((?s).*?)VPMULHRSW`, put: `evenOwn${1}VPMULHW`},
	{impl: "avx2", what: "uint8: rounding to even takes off another bit", file: amd64,
		find: `(DATA bytes254<>\+0\(SB\)/8, \$)0xfefefefefefefefe`, put: `${1}0xfefefefefefefdfe`},
	{impl: "avx2", what: "uint8: negative products become 0", file: amd64, in: "blendU8AVX2",
		find: many + `VPACKSSWB`, put: `${1}VPACKUSWB`},
	{impl: "avx2", what: "uint8: base taken off instead of added", file: amd64, in: "blendU8AVX2",
		find: `(nearOwn\d+:(?s:.*?))VPADDB`, put: `${1}VPSUBB`},
	{impl: "avx2", what: "uint8: sum for average", file: amd64, in: "blendU8AVX2",
		find: one + `VPAVGB`, put: `${1}VPADDUSB`},
	{impl: "avx2", what: "uint8, streamed: a vector stored one vector too far", file: amd64, in: "streamU8AVX2",
		find: many + `VMOVNTDQ(\s+Y\d+), 224\((\w+)\)`, put: `${1}VMOVNTDQ${2}, 256(${3})`},

	{impl: "neon", what: "float32, short pairs: difference for sum", file: arm64, in: "shortF32",
		find: `WORD\s+\$0x([0-9a-f]{8})\s+// fadd`, flip: 0x00800000},
	{impl: "neon", what: "float32, short pairs: the last vectors stored an element early", file: arm64, in: "shortF32",
		find: `(?s)(FSTPQ.*)ADD  ( \$)36, R0, R0`, put: `${1}ADD  ${2}32, R0, R0`},
	{impl: "neon", what: "float32: own row times another factor", file: arm64, in: "blendF32NEON",
		find: `(?:many\d+:(?s:.*?))WORD\s+\$0x([0-9a-f]{8})\s+// fmul`, flip: 0x00010000},
	{impl: "neon", what: "float32: difference for sum, single vectors only", file: arm64, in: "blendF32NEON",
		find: `(?:one\d+:(?s:.*?))WORD\s+\$0x([0-9a-f]{8})\s+// fadd`, flip: 0x00800000},
	{impl: "neon", what: "float32: first element of the tail lost", file: arm64, in: "blendF32NEON",
		find: tail + `(MOVD\s+\$tail<>\(SB\), (R\d+))`, put: "${1}${2}\n\tSUB   $$4, ${3}, ${3}"},
	{impl: "neon", what: "float32: the tail's vector is stored whole", file: arm64, in: "blendF32NEON",
		find: tail + `VBIF .*\n`, put: `${1}`},
	{impl: "neon", what: "float32: a load becomes one past the end", file: arm64, in: "blendF32NEON",
		find: one + `FMOVQ\s+\(R8\), `, put: `${1}FMOVQ 16(R8), `},
	{impl: "neon", what: "float32: two vectors stored half a vector too far", file: arm64, in: "blendF32NEON",
		find: many + `FSTPQ\s+(\(F\d+, F\d+\)), 96\((R\d+)\)`, put: `${1}FSTPQ ${2}, 112(${3})`},
	{impl: "neon", what: "float32, streamed: two vectors stored a vector too far", file: arm64, in: "streamF32NEON",
		find: `WORD\s+\$0x([0-9a-f]{8})\s+// stnp q\d+, q\d+, \[x\d+, #96\]`, flip: 0x00008000},
	{impl: "neon", what: "float32: a row that closes a cycle is not kept", file: arm64, in: "blendF32NEON",
		find: `CBZ(\s+)R\d+, carried`, put: `B${1}carried`},
	{impl: "neon", what: "uint8: product not rounded", file: arm64, in: "blendU8NEON",
		find: `WORD\s+\$0x([0-9a-f]{8})\s+// sqrdmulh`, flip: 0x00001000},
	{impl: "neon", what: "uint8: high halves in place of low ones", file: arm64, in: "blendU8NEON",
		find: many + `VUZP1`, put: `${1}VUZP2`},
	{impl: "neon", what: "uint8: average of ½ rounded down", file: arm64, in: "streamU8NEON",
		find: `WORD\s+\$0x([0-9a-f]{8})\s+// urhadd`, flip: 0x00001000},
	{impl: "neon", what: "uint8: and for and not", file: arm64, in: "blendU8NEON",
		find: `WORD\s+\$0x([0-9a-f]{8})\s+// bic`, flip: 0x00400000},
	{impl: "neon", what: "uint8: wrong bit looked at for ties of ½", file: arm64, in: "blendU8NEON",
		find: `VMOVI(\s+)\$1, `, put: `VMOVI${1}$$2, `},
	{impl: "neon", what: "uint8: rounding to even takes off another bit", file: arm64, in: "blendU8NEON",
		find: `VMOVI(\s+)\$254, `, put: `VMOVI${1}$$253, `},
	{impl: "neon", what: "uint8: first element of the tail lost", file: arm64, in: "streamU8NEON",
		find: tail + `(MOVD\s+\$tail<>\(SB\), (R\d+))`, put: "${1}${2}\n\tSUB   $$1, ${3}, ${3}"},

	{impl: "rvv", what: "float32: own row times the partner's factor", file: riscv, in: "blendF32RVV",
		find: one + `VFMULVF(\s+)F0`, put: `${1}VFMULVF${2}F1`},
	{impl: "rvv", what: "float32: difference for sum", file: riscv, in: "blendF32RVV",
		find: one + `VFADDVV`, put: `${1}VFSUBVV`},
	{impl: "rvv", what: "float32: a turn of one column more than are left", file: riscv, in: "blendF32RVV",
		find: one + `VSETVLI(\s+)(X\d+),`, put: "${1}ADD $$1, ${3}, ${3}\n\tVSETVLI${2}${3},"},
	{impl: "rvv", what: "float32: a row that closes a cycle is not kept", file: riscv, in: "blendF32RVV",
		find: `BEQZ(\s+)X\d+, carried`, put: `JMP${1}carried`},
	{impl: "rvv", what: "float32 by a mask: own row's bits not kept", file: riscv, in: "blendF32RVV",
		find: `VMSEQVI(\s+)\$-1`, put: `VMSEQVI${1}$$-2`},
	{impl: "rvv", what: "uint8: rounded down", file: riscv, in: "blendU8RVV",
		find: `CSRRWI(\s+)\$1`, put: `CSRRWI${1}$$2`},
	{impl: "rvv", what: "uint8: ties rounded up", file: riscv, in: "blendU8RVV",
		find: `CSRRWI(\s+)\$1`, put: `CSRRWI${1}$$0`},
	{impl: "rvv", what: "uint8: difference the wrong way round", file: riscv, in: "blendU8RVV",
		find: `nearOwn((?s).*?)VWSUBUVV(\s+)(V\d+), (V\d+)`, put: `nearOwn${1}VWSUBUVV${2}${4}, ${3}`},
	{impl: "rvv", what: "uint8: half of the products left as they are", file: riscv, in: "blendU8RVV",
		find: `nearPartner((?s).*?)E16, M8`, put: `nearPartner${1}E16, M4`},
	{impl: "rvv", what: "uint8 by a mask: rounding constant off by one", file: riscv, in: "blendU8RVV",
		find: `MOV(\s+)\$127`, put: `MOV${1}$$126`},
	{impl: "rvv", what: "bfloat16: not rounded", file: riscv, in: "blendBF16RVV",
		find: one + `VNCLIPUWI`, put: `${1}VNSRLWI`},
	{impl: "rvv", what: "float16: whatever is not 0 is infinite", file: riscv, in: "blendF16RVV",
		find: one + `VMSGTUVX`, put: `${1}VMSGTUVX X0, V16, V0 // `},
	{impl: "rvv", what: "float16: the least normal numbers rounded too finely", file: riscv, in: "blendF16RVV",
		find: `\$947912704`, put: `$$939524096`},
	{impl: "rvv", what: "float16: signs lost", file: riscv, in: "blendF16RVV",
		find: one + `VNSRLWI(\s+)\$31`, put: `${1}VNSRLWI${2}$$30`},
	{impl: "rvv", what: "bytes to float32: more columns than a period", file: riscv, in: "blendU8F32RVV",
		find: `MOV(\s+)\$48,`, put: `MOV${1}$$96,`},
	{impl: "rvv", what: "bytes to bfloat16: the table goes back by a column too few", file: riscv, in: "blendU8BF16RVV",
		find: `(BLTZ\s+X\d+, within\d+\n\s+ADD\s+\$)-192`, put: `${1}-188`},
	{impl: "rvv", what: "pixels of three channels: two bytes apart", file: riscv, in: "blendU8x3F32RVV",
		find: `MOV(\s+)\$3,`, put: `MOV${1}$$2,`},
	{impl: "rvv", what: "pixels of four channels to float16: scale for bias", file: riscv, in: "blendU8x4F16RVV",
		find: `768\(`, put: `(`},

	{impl: "generic", what: "uint8: rounding constant off by one, no ties", file: "kernels/kernels.go", in: "near2",
		find: `One/2\*lane`, put: `(One/2+1)*lane`},
	{impl: "generic", what: "uint8: rounding constant off by one, ties", file: "kernels/kernels.go", in: "even4",
		find: `127\*lane`, put: `126*lane`},
	{impl: "generic", what: "uint8 by a mask: rounding constant off by one", file: "kernels/mask.go", in: "MaskU8",
		find: `v \+ 128`, put: `v + 127`},
	{impl: "generic", what: "float32 by a mask: 1-m/255 taken in float32", file: "kernels/mask.go", in: "MaskF32",
		find: `maskWeights\[255-m\]`, put: `1-maskWeights[m]`},
	{impl: "generic", what: "uint8: last elements of a row lost", file: "kernels/kernels.go", in: "BlendU8",
		find: `dst\[last:\], near4`, put: `dst[last&^7:], near4`},
	{impl: "generic", what: "uint8: last elements loaded after others have been replaced", file: "kernels/kernels.go", in: "BlendU8",
		find: `dst\[last:\], even4\(lastX, lastY, k\)`, put: `dst[last:], even4(binary.NativeEndian.Uint64(a[last:]), lastY, k)`},
	{impl: "generic", what: "float32: fused multiply-add", file: "kernels/kernels.go", in: "BlendF32",
		find: `float32\(l\*a\[i\]\) \+ float32\(m\*b\[i\]\)`, put: `float32(float64(l)*float64(a[i]) + float64(m*b[i]))`},
	{impl: "avx512", what: "bytes to float32: bias of the next column", file: amd64, in: "blendU8F32AVX512",
		find: one + `VADDPS(\s+)768\(`, put: `${1}VADDPS${2}772(`},
	{impl: "avx512", what: "bytes to float32: a period of the table is an element off", file: amd64, in: "streamU8F32AVX512",
		find: `VMOVDQU64(\s+)64\((R\d+|[A-D]X|[SD]I)\)`, put: `VMOVDQU64${1}68(${2})`},
	{impl: "avx512", what: "bytes to bfloat16: ties not to even", file: amd64, in: "blendU8BF16AVX512",
		find: many + `VPTESTMD`, put: `${1}VPTESTNMD`},
	{impl: "avx512", what: "float16: rounded towards zero", file: amd64, in: "blendF16AVX512",
		find: many + `VCVTPS2PH(\s+)\$0x00`, put: `${1}VCVTPS2PH${2}$$0x03`},
	{impl: "avx512", what: "bytes to float32: tail takes an element too much", file: amd64, in: "blendU8F32AVX512",
		find: tail + `(SHLQ\s+CL, (\w+))`, put: "${1}${2}\n\tSHLQ  $$1, ${3}"},
	{impl: "avx2", what: "bytes to float16: own for partner", file: amd64, in: "blendU8F16AVX2",
		find: many + `VPUNPCKLBW(\s+)(X\d+), (X\d+), (X\d+)`, put: `${1}VPUNPCKLBW${2}${4}, ${3}, ${5}`},
	{impl: "avx512", what: "pixels of three channels: the last one's neighbour", file: amd64,
		find: `(DATA spread3<>\+60\(SB\)/4, \$0x00)6d`, put: `${1}6c`},
	{impl: "avx512", what: "pixels of three channels: a byte read past the last", file: amd64, in: "blendU8x3F32AVX512",
		find: `0x00003fffffffffff`, put: `0x00007fffffffffff`},
	{impl: "avx512", what: "pixels of four channels: a whole vector read for its last columns", file: amd64, in: "blendU8x4BF16AVX512",
		find: many + `VMOVDQU8\.Z(\s+)320\((\w+)\), K\d, (Z\d+)`, put: `${1}VMOVDQU64${2}320(${3}), ${4}`},
	{impl: "avx512", what: "planes at once: the third goes where the second is", file: amd64, in: "blendPlanesU8x3F32AVX512",
		find: many + `\((\w+)\)\((\w+)\*2\)`, put: `${1}(${2})(${3}*1)`},
	{impl: "avx512", what: "planes at once: pixels of the second vector from a byte too far", file: amd64, in: "streamPlanesU8x3BF16AVX512",
		find: many + `VMOVDQU64(\s+)48\(`, put: `${1}VMOVDQU64${2}49(`},
	{impl: "avx512", what: "planes at once: a whole vector read for the last pixels", file: amd64, in: "blendPlanesU8x4F16AVX512",
		find: tail + `VMOVDQU8\.Z(\s+)\((\w+)\), K\d, (Z\d+)`, put: `${1}VMOVDQU64${2}(${3}), ${4}`},
	{impl: "avx512", what: "planes at once: the second plane's bias for the first", file: amd64, in: "blendPlanesU8x4F32AVX512",
		find: `VBROADCASTSS(\s+)32\(`, put: `VBROADCASTSS${1}36(`},
	{impl: "avx2", what: "planes at once: the second plane has the first one's bytes", file: amd64, in: "blendPlanesU8x3F16AVX2",
		find: many + `VPSRLW(\s+)\$0x08`, put: `${1}VPSRLW${2}$$0x00`},
	{impl: "avx2", what: "planes at once: the last pixels go to the first plane alone", file: amd64, in: "streamPlanesU8x4F32AVX2",
		find: tail + `\((\w+)\)\((\w+)\*1\)`, put: `${1}(${2})`},
	{impl: "avx2", what: "planes at once: the upper half's pixels from behind the last", file: amd64, in: "blendPlanesU8x3BF16AVX2",
		find: tail + `VINSERTI128(\s+)\$0x01, 8\(`, put: `${1}VINSERTI128${2}$$0x01, 12(`},
	{impl: "Go", what: "planes at once: few pixels, all of the first byte", file: "generic_amd64.go", in: "runGenericPlanes",
		find: `p\.first\[c\]`, put: `p.first[0]`},
	{impl: "Go", what: "planes at once: a plane is of the byte of its own number", file: "normlayout.go", in: "planes",
		find: `m\.order\[c\]`, put: `c`},
	{impl: "Go", what: "planes at once: rows that are cut are blended", file: "deinterleave.go", in: "deinterleave",
		find: ` && chain\[0\]\.mask == nil`, put: ``},
	{impl: "Go", what: "planes at once: cut rows go with the blended one before", file: "boxes.go", in: "mixBoxes",
		find: `!= blends`, put: `!= blends && false`},
	{impl: "avx2", what: "pixels of three channels: the wrong byte of one", file: amd64,
		find: `(DATA own3<>\+8\(SB\)/4, \$)0x80808006`, put: `${1}0x80808007`},
	{impl: "neon", what: "pixels of three channels: the wrong byte of one", file: arm64,
		find: `(DATA pixels3x8<>\+8\(SB\)/8, \$)0xff1f`, put: `${1}0xff1e`},
	{impl: "neon", what: "pixels of four channels: a load too early", file: arm64, in: "streamU8x4BF16NEON",
		find: one + `FMOVD(\s+)5\(`, put: `${1}FMOVD${2}4(`},
	{impl: "avx512", what: "pixels of four channels: the tail reads a pixel too much", file: amd64, in: "blendU8x4F32AVX512",
		find: tail + `(IMUL3Q\s+\$0x04, (\w+), \w+)`, put: "${1}INCQ ${3}\n\t${2}"},
	{impl: "avx2", what: "pixels of two channels: partner for own", file: amd64,
		find: `(DATA partner2<>\+12\(SB\)/4, \$)0x80068080`, put: `${1}0x80048080`},
	{impl: "avx2", what: "bytes to bfloat16: two vectors stored in the wrong order", file: amd64, in: "streamU8BF16AVX2",
		find: many + `VPERMQ(\s+)\$0xd8`, put: `${1}VPERMQ${2}$$0x72`},
	{impl: "avx512", what: "bytes to float16: the second of two vectors for the first", file: amd64, in: "blendU8F16AVX512",
		find: many + `VINSERTI64X4(\s+)\$0x01`, put: `${1}VINSERTI64X4${2}$$0x00`},
	{impl: "Go", what: "pixels: the partner's first for all", file: "generic.go", in: "mixPixels",
		find: `gather\(b\[:m\], unsafe\.Add\(partner, c\*k\.in\(\)\)\)`, put: `gather(b[:m], partner)`},
	{impl: "Go", what: "pixels: a piece of a plane goes where the first went", file: "deinterleave.go", in: "deinterleave",
		find: `channel\*t\.cols\+done`, put: `channel*t.cols`},
	{impl: "Go", what: "pixels: the table of another channel", file: "deinterleave.go", in: "deinterleave",
		find: `tables\[channel\]`, put: `tables[0]`},
	{impl: "neon", what: "bytes to float32: sum for product with the scale", file: arm64, in: "blendU8F32NEON",
		find: `(?:many\d+:(?s:.*?))WORD\s+\$0x([0-9a-f]{8})\s+// fmul`, flip: 0x20000800},
	{impl: "avx2", what: "pixels of four channels to float16: the partner's bytes for both", file: amd64, in: "blendU8x4F16AVX2",
		find: one + `VPSHUFB(\s+)(Y\d+), (Y\d+), (Y\d+)\n(\s+)VPSHUFB(\s+)(Y\d+)`, put: "${1}VPSHUFB${2}${8}, ${4}, ${5}\n${6}VPSHUFB${7}${8}"},
	{impl: "avx512", what: "bytes to bfloat16: rounding constant off by one", file: amd64, in: "blendU8BF16AVX512",
		find: `MOVL(\s+)\$0x00007fff`, put: `MOVL${1}$$0x00007ffe`},
	{impl: "avx512", what: "bytes to float32: one lane takes its neighbour's own byte", file: amd64,
		find: `(DATA spread1<>\+28\(SB\)/4, \$)0x00470007`, put: `${1}0x00470006`},
	{impl: "avx2", what: "bytes to float32: scales of the next vector", file: amd64, in: "blendU8F32AVX2",
		find: many + `VMULPS(\s+)32\((\w+)\)`, put: `${1}VMULPS${2}64(${3})`},
	{impl: "avx2", what: "bytes to float32: the last columns look up a column too far", file: amd64, in: "blendU8F32AVX2",
		find: tail + `LEAQ(\s+)-32\(`, put: `${1}LEAQ${2}-28(`},
	{impl: "avx2", what: "bytes to bfloat16, streamed: rounding constant off by one", file: amd64, in: "streamU8BF16AVX2",
		find: `MOVL(\s+)\$0x00007fff`, put: `MOVL${1}$$0x00007ffe`},
	{impl: "avx2", what: "bfloat16: even columns for odd ones", file: amd64, in: "blendBF16AVX2",
		find: `VPBLENDW \$0xaa`, put: `VPBLENDW $$0x55`},
	{impl: "avx512", what: "bfloat16: odd columns lost", file: amd64, in: "streamBF16AVX512",
		find: `VPTERNLOGD\s+\$0xf8`, put: `VPTERNLOGD $$0xf0`},
	{impl: "x86", what: "bfloat16: a bit of the even column left in the odd one", file: amd64,
		find: `(DATA upper<>\+8\(SB\)/8, \$)0xffff0000ffff0000`, put: `${1}0xffff0000ffff8000`},
	{impl: "avx2", what: "bfloat16: rounding constant off by one", file: amd64, in: "blendBF16AVX2",
		find: `MOVL(\s+)\$0x00007fff`, put: `MOVL${1}$$0x00008000`},
	{impl: "avx2", what: "bytes to float16: rounded up", file: amd64, in: "streamU8F16AVX2",
		find: one + `VCVTPS2PH(\s+)\$0x00`, put: `${1}VCVTPS2PH${2}$$0x02`},
	{impl: "neon", what: "bytes to float32: biases of half a vector on", file: arm64, in: "blendU8F32NEON",
		find: many + `FLDPQ(\s+)768\(`, put: `${1}FLDPQ${2}784(`},
	{impl: "neon", what: "bytes to float32: the last columns look up a column too far", file: arm64, in: "streamU8F32NEON",
		find: tail + `SUB(\s+)\$16, (R\d+), (R\d+)`, put: `${1}SUB${2}$$12, ${3}, ${4}`},
	{impl: "neon", what: "bytes to bfloat16: rounding constant off by one", file: arm64, in: "blendU8BF16NEON",
		find: `MOVD(\s+)\$32767, `, put: `MOVD${1}$$32766, `},
	{impl: "generic", what: "bfloat16: rounding constant off by one", file: "kernels/floats16.go", in: "RoundBF16",
		find: `0x7fff`, put: `0x7ffe`},
	{impl: "generic", what: "bytes to float32: fused multiply-add", file: "kernels/normalize.go", in: "NormalizeF32",
		find: `float32\(mix\(a\[i\], b\[i\], w\)\*scale\[c\]\) \+ bias\[c\]`,
		put:  `float32(float64(mix(a[i], b[i], w))*float64(scale[c]) + float64(bias[c]))`},
	{impl: "generic", what: "bytes to float16: bias of the next channel", file: "kernels/normalize.go", in: "NormalizeF16",
		find: `bias\[c\]\)`, put: `bias[(c+1)%len(bias)])`},
	{impl: "Go", what: "bytes to floats: the table's period is a column short", file: "scale.go", in: "at",
		find: `column%tablePeriod`, put: `column%(tablePeriod-1)`},
	{impl: "Go", what: "bytes to floats: a plane's table is used for a column of the next", file: "normlayout.go", in: "planeEnd",
		find: `\(c/plane \+ 1\) \* plane`, put: `min((c/plane+1)*plane+1, cols)`},
	{impl: "Go", what: "pixels: a channel is the byte of its own number", file: "deinterleave.go", in: "deinterleave",
		find: `t\.layout\.order\[channel\]`, put: `channel`},
	{impl: "Go", what: "pixels: as many bytes as channels", file: "batch.go", in: "normalize",
		find: `k\.ofPixels\(bytes\)`, put: `k.ofPixels(channels)`},
	{impl: "Go", what: "pixels: lengths that are no whole pixels allowed", file: "check.go", in: "alike",
		find: `x%perX == 0 && `, put: ``},
	{impl: "Go", what: "packed pixels: the partner is the row itself", file: "pack.go", in: "pack",
		find: `mixed\[0\]\.partner = .*`, put: ``},
	{impl: "Go", what: "packed pixels: the next row is not the partner", file: "pack.go", in: "pack",
		find: `own, partner = partner, own`, put: `own, partner = own, partner`},
	{impl: "Go", what: "packed pixels: streamed where nothing is aligned", file: "traversal.go", in: "samePhase",
		find: `phase != 0 && t\.layout\.packs\(\)`, put: `phase != 0 && t.layout.packs() && t.dst.each != nil`},
	{impl: "Go", what: "packed pixels: the first channel for all", file: "internal/pixels/repeat.go", in: "Pack",
		find: `order\[i%channels\]\)`, put: `order[0])`},
	{impl: "Go", what: "packed pixels: the bits of bytes that lie together", file: "pack.go", in: "pack",
		find: `repeatBits\((.*), t\.layout\.channels\)`, put: `repeatBits(${1}, 1)`},
	{impl: "Go", what: "packed pixels: the bits of the first ones for all", file: "pack.go", in: "pack",
		find: `s\.maskAt\(done\)`, put: `s.mask`},
	{impl: "Go", what: "bytes to floats: λ = 1 is ½", file: "step.go", in: "mixWithSelf",
		find: `case kernels\.One:`, put: `case kernels.One + 1:`},
	{impl: "Go", what: "few float32: rows that begin after dst may overlap it", file: "blend.go", in: "near",
		find: `\+most <= 2\*most`, put: ` <= most`},
	{impl: "Go", what: "few float32: the seventh lost", file: "blend.go", in: "Float32",
		find: `n%2 != 0`, put: `n%2 != 0 && n != 7`},
	{impl: "Go", what: "pairs of 16-bit floats: an overlap with b by its last bytes allowed", file: "blend.go",
		find: `Partly\(d, y, 2\*n\)`, put: `Partly(d, y, n)`},
	{impl: "Go", what: "pairs by a mask: an overlap with the mask by its last byte allowed", file: "mask.go", in: "maskPair",
		find: `overlap\.Any\(d, size\*n, m, n\)`, put: `overlap.Any(d, size*n, m, n-1)`},
	{impl: "Go", what: "pairs by a mask: a mask too long allowed", file: "mask.go", in: "maskPair",
		find: `len\(mask\) != n`, put: `len(mask) < n`},
	{impl: "Go", what: "floats by a mask: 1/255 without its low part", file: "params.go", in: "paramsMask",
		find: `1\.0/255 - high`, put: `0`},
	{impl: "Go", what: "1−λ taken in float32", file: "kernels/kernels.go", in: "WeightsF32",
		find: `float32\(1 - lambda\)`, put: `1 - float32(lambda)`},
	{impl: "Go", what: "ties looked for one bit too low", file: "params.go", in: "paramsU8",
		find: `tie := uint32\(128\)`, put: `tie := uint32(64)`},
	{impl: "Go", what: "alignment peel one element short", file: "traversal.go", in: "misaligned",
		find: `return (skip / [\w.]+)`, put: `return max(${1}-1, 0)`},
	{impl: "Go", what: "rows out of phase: the last column lost", file: "stagger.go", in: "stagger",
		find: `rest := n - heads\[i\] - body`, put: `rest := n - heads[i] - body - 1`},
	{impl: "Go", what: "two batches: a row later of the pool", file: "chain.go", in: "nextChain",
		find: `t\.y\.at\(int32\(t\.index\[order\[i-1\]\]\), offset\)`, put: `t.y.at(int32((t.index[order[i-1]]+1)%t.pool), offset)`},
	{impl: "Go", what: "two batches: results in the pool allowed", file: "check.go", in: "check",
		find: `err = c\.apartFromPool`, put: `_ = c.apartFromPool`},
	{impl: "Go", what: "in place: a chain's first row never closes its cycle", file: "chain.go", in: "nextChain",
		find: `case head >= begin`, put: `case head > begin`},
	{impl: "Go", what: "in place: a line of what is kept aside lost", file: "run.go", in: "copyLong",
		find: `(\}\n)(\s*copyPiece\(dst, src\)\n)\}`, put: `${1}	copyPiece(dst, src[:max(len(src)-64, 0)])` + "\n}"},
	{impl: "Go", what: "workers: one more column than is theirs", file: "workers.go",
		find: `c1: columnBound\(t\.cols, i\+1, n, workers\)`, put: `c1: min(t.cols, columnBound(t.cols, i+1, n, workers)+1)`},
	{impl: "Go", what: "long calls: the chain goes on an element early", file: "run.go", in: "runLong",
		find: `k\.advance\(chain, most\)`, put: `k.advance(chain, most-1)`},
	{impl: "Go", what: "bytes that begin at the last of the results' allowed", file: "internal/overlap/overlap.go", in: "Any",
		find: `< uintptr\(na\)`, put: `+1 < uintptr(na)`},
	{impl: "Go", what: "rows of bytes that end at the first of the results' allowed", file: "internal/overlap/overlap.go", in: "Apart",
		find: `d\.start-s\.start < xSize`, put: `d.start-s.start+1 < xSize`},
	{impl: "Go", what: "overlap by one byte allowed", file: "internal/overlap/overlap.go", in: "Partly",
		find: `-d < uintptr\(size\)`, put: `-d < uintptr(size)-1`},

	{impl: "gen", what: "weaver: the next step's own row is not the partner", file: "gen/weave/weave.go", in: "steps",
		find: `\tw\.Copy\(w\.own, w\.partner\)\n`, put: ``},
	{impl: "gen", what: "weaver: the partner is not put back after a block", file: "gen/weave/weave.go", in: "mixBlock",
		find: `\tw\.Back\(w\.partner, w\.columns, w\.In\.Size\)\n`, put: ``},
	{impl: "gen", what: "weaver: columns are lost where the next row is prefetched", file: "gen/weave/weave.go", in: "mixAhead",
		find: `w\.Add\(n, n, far/w\.In\.Size\)`, put: `w.Add(n, n, far/w.In.Size-columns)`},
	{impl: "gen", what: "weaver: what is prefetched is mixed too often", file: "gen/weave/weave.go", in: "mixAhead",
		find: `\tw\.Clear\(ahead\)\n`, put: ``},
	{impl: "gen", what: "weaver: a block too few are left", file: "gen/weave/weave.go", in: "function",
		find: `w\.Sub\(left, left, w\.columns, `, put: `w.Sub(left, left, w.offset, `},
	{impl: "gen", what: "weaver: what is kept goes where the vector before went", file: "gen/weave/weave.go", in: "stashBlock",
		find: `\tw\.advance\(to, step, w\.In\.Size\)\n`, put: ``},
	{impl: "gen", what: "weaver: a mask stays where it is", file: "gen/weave/weave.go", in: "turn",
		find: `case w\.mask\.Reg != nil`, put: `case false`},
	{impl: "gen", what: "weaver: bits stay where they are", file: "gen/weave/weave.go", in: "turn",
		find: `\t\tw\.AddBits\(w\.mask, .*\n`, put: ``},
	{impl: "gen", what: "AVX2: the last columns' bits from a whole byte on", file: "gen/x86/avx2.go", in: "(m *avx2) LoadBits",
		find: `\t\tm\.SHRQ\(reg\.CL, bits\)\n`, put: ``},
	{impl: "gen", what: "NEON: the second vector's bits are the first's", file: "gen/neon/machine.go", in: "(m *machine) LoadBits",
		find: `m\.repeat\[j\]`, put: `m.repeat[0]`},
	{impl: "gen", what: "AVX: masks are divided by 256", file: "gen/x86/base.go", in: "(m *base) MaskU8",
		find: `&c\.words257, m\.words257`, put: `&c.words32768, m.words32768`},
	{impl: "gen", what: "NEON: the partner selected for own", file: "gen/neon/words.go", in: "(m *machine) SelectU8",
		find: `m\.VBSL\(b16\(partner\), b16\(own\)`, put: `m.VBSL(b16(own), b16(partner)`},
	{impl: "gen", what: "AVX: masked input is not rounded", file: "gen/x86/base.go", in: "(m *base) maskMix",
		find: `\tm\.VPADDD\(op\(m\.byMask\.lanes128\), x, x\)\n`, put: ``},
	{impl: "gen", what: "AVX-512: input selected from the partner for own", file: "gen/x86/avx512.go", in: "(m *avx512) SelectMixU8",
		find: `op\(m\.fromOwn\), op\(m\.fromPartner\)`, put: `op(m.fromPartner), op(m.fromOwn)`},
	{impl: "gen", what: "AVX-512: selected input is not in units of 2¹⁵", file: "gen/x86/base.go",
		find: `units = 0x5280_0000`, put: `units = 0x5200_0000`},
	{impl: "gen", what: "AVX2: input selected by the eighth column's bit", file: "gen/x86/avx2.go", in: "(m *avx2) LoadBits",
		find: `\t\tm\.VPSLLVD\(m\.data\.highest, v, v\)\n`, put: "\t\tm.VPSLLD(operand.U8(24), v, v)\n"},
	{impl: "gen", what: "NEON: input selected by the bits of a whole byte", file: "gen/neon/machine.go", in: "(m *machine) loadFloatBits",
		find: `\t\tm\.LSR\(shift, bits, bits\)\n`, put: ``},
	{impl: "gen", what: "NEON: bits go on by a byte for a vector of floats", file: "gen/neon/machine.go", in: "(m *machine) AddBits",
		find: `m\.ADD\(arm64\.Imm\(n\)`, put: `m.ADD(arm64.Imm((n+7)&^7)`},
	{impl: "gen", what: "rvv: input selected from the partner for own", file: "gen/rvv/words.go", in: "(m *machine) SelectMixU8",
		find: `m\.VMERGEVVM\(t, part\(vec\(partner\), 2\), t\)`, put: `m.VMERGEVVM(part(vec(partner), 2), t, t)`},
	{impl: "gen", what: "NEON: masked bytes are not rounded", file: "gen/neon/words.go", in: "(m *machine) MaskU8",
		find: `m\.VURSHR\(8, h8\(v\), h8\(v\)\)`, put: `m.VUSHR(8, h8(v), h8(v))`},
	{impl: "gen", what: "body: the rest of a mask is a little too much", file: "gen/kernel/blend_f32.go", in: "maskFloats",
		find: `\ts\.SubF32\(rest, rest, t\)\n`, put: ``},
	{impl: "gen", what: "AVX-512: floats that a mask takes whole are multiplied", file: "gen/x86/avx512.go", in: "(m *avx512) StoreMasked",
		find: `\tmerge\(m\.at\(own, .*\n`, put: ``},
	{impl: "gen", what: "AVX-512: whole floats past the last are read", file: "gen/x86/avx512.go", in: "(m *avx512) StoreMasked",
		find: `(m\.VPTESTNMD\(.*), m\.mask, none\)`, put: `${1}, none)`},
	{impl: "gen", what: "AVX2: masks of 254 take a row whole", file: "gen/x86/avx2.go", in: "(m *avx2) StoreMasked",
		find: `m\.VPCMPEQW\(m\.data\.ones, wide, wide\)`, put: `m.VPSRAW(operand.U8(7), wide, wide)`},
	{impl: "gen", what: "NEON: the partner shows where a mask takes none of it", file: "gen/neon/machine.go", in: "(m *machine) StoreMasked",
		find: `\{own, 255\}`, put: `{own, 254}`},
	{impl: "gen", what: "weaver: results advance by the size of inputs", file: "gen/weave/weave.go", in: "turn",
		find: `w\.advance\(w\.dst, columns, w\.Out\.Size\)`, put: `w.advance(w.dst, columns, w.In.Size)`},
	{impl: "gen", what: "weaver: the table does not begin anew with a block", file: "gen/weave/weave.go", in: "mixBlock",
		find: `w\.Argument\(w\.table, "table"\)`, put: `w.Comment("as it was")`},
	{impl: "gen", what: "weaver: single vectors take the scales of the first", file: "gen/weave/weave.go", in: "mixBlock",
		find: `\t\tw\.advance\(w\.table, step, 4\)\n`, put: ``},
	{impl: "gen", what: "weaver: the last columns go through the first step only", file: "gen/weave/weave.go", in: "steps",
		find: `w\.JumpIfEqual\(w\.step, w\.end, finish\)`, put: `w.Jump(finish)`},
	{impl: "gen", what: "weaver: two variants exchanged", file: "gen/weave/weave.go", in: "variants",
		find: `w\.Choose\(variant, i\+1, `, put: `w.Choose(variant, i+2, `},
	{impl: "gen", what: "weaver: 16-bit results not rounded", file: "gen/weave/weave.go", in: "store",
		find: `\t\tw\.Out\.Round\(w\.Machine, r\)\n`, put: "\t\t_ = r\n"},
	{impl: "gen", what: "weaver: stores one vector on", file: "gen/weave/weave.go", in: "mix",
		find: `w\.store\(v, mixed, masks, i\+g-len\(mixed\)\)`, put: `w.store(v, mixed, masks, i+g-len(mixed)+1)`},
	{impl: "gen", what: "word: difference the wrong way round", file: "gen/kernel/words.go", in: "LerpHalves",
		find: `s\.SubWide\(d, t, other, base\)`, put: `s.SubWide(d, t, base, other)`},
	{impl: "gen", what: "word: ties found where there are none", file: "gen/kernel/words.go", in: "LerpEvenHalves",
		find: `\ts\.Xor\(other, other, tie\)\n`, put: ``},
	{impl: "gen", what: "word: bfloat16 rounded half up", file: "gen/kernel/words.go", in: "RoundHigh",
		find: `\ts\.And\(t, t, lsb\)\n`, put: ``},
	{impl: "gen", what: "body: bias before scale", file: "gen/kernel/norm.go", in: "norm",
		find: `s\.MulF32\(r, r, in\.Scale\)\n(\s*)s\.AddF32\(r, r, in\.Bias\)`, put: "s.AddF32(r, r, in.Bias)\n${1}s.MulF32(r, r, in.Scale)"},
	{impl: "gen", what: "body: a factor for a vector", file: "gen/kernel/blend_f32.go",
		find: `s\.ScaleF32\(t, in\.Partner, in\.Factors\[1\]\)`, put: `s.MulF32(t, in.Partner, in.Own)`},
	{impl: "gen", what: "x86: blocks as long as the row", file: "gen/x86/base.go", in: "Min",
		find: `m\.CMOVQLT`, put: `m.CMOVQGT`},
	{impl: "gen", what: "x86: a row for the one kept", file: "gen/x86/base.go", in: "Or",
		find: `m\.CMOVQEQ`, put: `m.CMOVQNE`},
	{impl: "gen", what: "x86: biases of the next column", file: "gen/x86/base.go", in: "look",
		find: `kernel\.TableBias`, put: `kernel.TableBias + 4`},
	{impl: "gen", what: "avx2: the tail is blended an element early", file: "gen/x86/avx2.go", in: "Tail",
		find: `Disp: m\.set\.Width - bytes`, put: `Disp: m.set.Width - bytes + m.kernel.Out.Size`},
	{impl: "gen", what: "avx512: a whole vector of the last columns is read", file: "gen/x86/avx512.go", in: "masked",
		find: `masked\(from, m\.mask, to\)`, put: `plain(from, to)`},
	{impl: "gen", what: "neon: the upper half of pixels takes the weights of the lower's partner", file: "gen/neon/words.go", in: "MixU8",
		find: `m\.VUMULL2\(l\.H8`, put: `m.VUMULL2(r.H8`},
	{impl: "gen", what: "neon: the last columns' old values lost", file: "gen/neon/machine.go", in: "store",
		find: `m\.VBIF\(`, put: `m.VBIT(`},
	{impl: "gen", what: "rvv: what a mask leaves out may change", file: "gen/rvv/machine.go", in: "(m *machine) of",
		find: `Undisturbed: m\.leavesOut\(\)`, put: `Undisturbed: false`},
	{impl: "gen", what: "rvv: one turn's columns in bytes are the next's", file: "gen/rvv/machine.go", in: "(m *machine) Label",
		find: `\tclear\(m\.fresh\)\n`, put: ``},
	{impl: "gen", what: "rvv: elements stay as wide as they were", file: "gen/rvv/words.go", in: "(m *machine) LerpU8",
		find: `\t\tm\.take\(16\)\n`, put: ``},
	{impl: "gen", what: "neon: the shorter of two blocks is not taken", file: "gen/neon/machine.go", in: "Min",
		find: `m\.BLE\(`, put: `m.BGE(`},
}
