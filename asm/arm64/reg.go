package arm64

import "fmt"

// Reg is a general register. The allocator hands out none that the function
// has named before; the same goes for Vec.
type Reg uint8

// The general registers. R18 (platform), R27 (assembler temporary), R28 (g),
// R29 (frame pointer), R30 (link) and RSP are reserved: the allocator never
// hands them out and no instruction may write them.
const (
	R0 Reg = iota
	R1
	R2
	R3
	R4
	R5
	R6
	R7
	R8
	R9
	R10
	R11
	R12
	R13
	R14
	R15
	R16
	R17
	R18
	R19
	R20
	R21
	R22
	R23
	R24
	R25
	R26
	R27
	R28
	R29
	R30
	ZR  // reads as zero
	RSP // stack pointer; shares number 31 with ZR
)

// String returns the name the Go assembler uses.
func (r Reg) String() string {
	switch r {
	case R18:
		return "R18_PLATFORM"
	case R28:
		return "g"
	case ZR:
		return "ZR"
	case RSP:
		return "RSP"
	}
	return fmt.Sprintf("R%d", uint8(r))
}

func (r Reg) reserved() bool {
	return r == R18 || r >= R27 && r <= R30 || r == RSP
}

// gnu returns the 64-bit GNU name.
func (r Reg) gnu() string {
	switch r {
	case ZR:
		return "xzr"
	case RSP:
		return "sp"
	}
	return fmt.Sprintf("x%d", uint8(r))
}

// Vec is a vector register. A view such as V3.B16() names an arrangement.
type Vec uint8

// The vector registers.
const (
	V0 Vec = iota
	V1
	V2
	V3
	V4
	V5
	V6
	V7
	V8
	V9
	V10
	V11
	V12
	V13
	V14
	V15
	V16
	V17
	V18
	V19
	V20
	V21
	V22
	V23
	V24
	V25
	V26
	V27
	V28
	V29
	V30
	V31
)

// String returns the name the Go assembler uses in vector instructions.
func (v Vec) String() string { return fmt.Sprintf("V%d", uint8(v)) }

// fp returns the name the Go assembler uses in FMOVQ, FLDPQ and FSTPQ.
func (v Vec) fp() string { return fmt.Sprintf("F%d", uint8(v)) }

// B8 views v as 8 bytes.
func (v Vec) B8() View { return View{v, B8} }

// B16 views v as 16 bytes.
func (v Vec) B16() View { return View{v, B16} }

// H4 views v as 4 halfwords.
func (v Vec) H4() View { return View{v, H4} }

// H8 views v as 8 halfwords.
func (v Vec) H8() View { return View{v, H8} }

// S2 views v as 2 words.
func (v Vec) S2() View { return View{v, S2} }

// S4 views v as 4 words.
func (v Vec) S4() View { return View{v, S4} }

// D2 views v as 2 doublewords.
func (v Vec) D2() View { return View{v, D2} }

// Arr is a vector arrangement.
type Arr uint8

// The arrangements, numbered size<<1 | Q as instructions encode them.
const (
	B8 Arr = iota
	B16
	H4
	H8
	S2
	S4
	D1
	D2
)

var arrNames = [...]string{"B8", "B16", "H4", "H8", "S2", "S4", "D1", "D2"}
var arrGNU = [...]string{"8b", "16b", "4h", "8h", "2s", "4s", "1d", "2d"}

// String returns the Go spelling, such as S4.
func (a Arr) String() string {
	if int(a) < len(arrNames) {
		return arrNames[a]
	}
	return fmt.Sprintf("Arr(%d)", uint8(a))
}

func (a Arr) q() uint32    { return uint32(a) & 1 }
func (a Arr) size() uint32 { return uint32(a) >> 1 }

// lane returns the width of a lane in bits.
func (a Arr) lane() int { return 8 << a.size() }

// View is a vector register under an arrangement.
type View struct {
	Vec Vec
	Arr Arr
}

// String returns the Go spelling, such as V3.S4.
func (v View) String() string { return v.Vec.String() + "." + v.Arr.String() }

func (v View) gnu() string {
	if int(v.Arr) >= len(arrGNU) {
		return v.String()
	}
	return fmt.Sprintf("v%d.%s", uint8(v.Vec), arrGNU[v.Arr])
}

// An Operand is a Reg, Vec, Imm, Mem or Addr; each instruction says which.
type Operand interface {
	fmt.Stringer
	operand()
}

func (Reg) operand()  {}
func (Vec) operand()  {}
func (Imm) operand()  {}
func (Mem) operand()  {}
func (Addr) operand() {}

// Imm is an immediate operand.
type Imm int64

// String returns the Go spelling.
func (i Imm) String() string { return fmt.Sprintf("$%d", int64(i)) }

// Mem is a memory operand: base plus offset, base plus index, or a place in a
// local.
type Mem struct {
	base  Reg
	off   int
	index Reg
	kind  memKind
	sym   string
	room  int // bytes of a local from here to its end
}

type memKind uint8

const (
	memOffset memKind = iota // off(base)
	memIndex                 // (base)(index)
	memSym                   // sym+off(FP) or sym-off(SP)
)

// At returns the memory at r plus off bytes.
func (r Reg) At(off int) Mem { return Mem{base: r, off: off} }

// Index returns the memory at r plus i bytes.
func (r Reg) Index(i Reg) Mem { return Mem{base: r, index: i, kind: memIndex} }

// String returns the Go spelling.
func (m Mem) String() string {
	switch {
	case m.kind == memIndex:
		return fmt.Sprintf("(%v)(%v)", m.base, m.index)
	case m.kind == memSym:
		return m.sym
	case m.off == 0:
		return fmt.Sprintf("(%v)", m.base)
	}
	return fmt.Sprintf("%d(%v)", m.off, m.base)
}

// Addr is the address of a table or a local, a source operand of MOVD.
type Addr struct{ sym string }

// String returns the Go spelling.
func (a Addr) String() string { return "$" + a.sym }
