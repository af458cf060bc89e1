package arm64

import (
	"reflect"
	"strings"
	"testing"

	"github.com/mixblend/blend/asm"
)

func TestPack(t *testing.T) {
	if w, err := pack(1, field{"x", 31, 5, 5}, field{"y", 0, 10, 2}); err != nil || w != 0x3e1 {
		t.Errorf("%#x, %v", w, err)
	}
	for _, val := range []int{-1, 32} {
		if _, err := pack(0, field{"x", val, 5, 5}); err == nil {
			t.Errorf("%d fits 5 bits", val)
		}
	}
}

// TestEncoders gives the encoders what the methods of Func refuse before them.
func TestEncoders(t *testing.T) {
	for _, e := range encs {
		a := e.arrs[0]
		d, n, m := View{V1, e.dst(a)}, View{V2, a}, View{V3, a}
		if _, err := e.word(d, n, m, 1); err != nil {
			t.Errorf("%s: %v", e.name, err)
		}
		bad := Vec(32)
		if _, err := e.word(View{bad, d.Arr}, n, m, 1); err == nil {
			t.Errorf("%s: destination 32 accepted", e.name)
		}
		if _, err := e.word(d, View{bad, a}, m, 1); err == nil {
			t.Errorf("%s: source 32 accepted", e.name)
		}
		if e.form == three || e.form == long {
			if _, err := e.word(d, n, View{bad, a}, 1); err == nil {
				t.Errorf("%s: second source 32 accepted", e.name)
			}
		}
	}
	for _, m := range []Reg{RSP, Reg(50)} {
		if _, err := ldrQ.index(V0, R1, m); err == nil {
			t.Errorf("index %v accepted", m)
		}
	}
	for _, n := range []Reg{ZR, Reg(50)} {
		if _, err := strQ.index(V0, n, R1); err == nil {
			t.Errorf("base %v accepted", n)
		}
		if _, err := stnpQ.pair(V0, V1, n, 0); err == nil {
			t.Errorf("base %v accepted", n)
		}
	}
	for _, off := range []int{-1040, 8, 1024} {
		if _, err := stnpQ.pair(V0, V1, R1, off); err == nil {
			t.Errorf("offset %d accepted", off)
		}
	}
}

// emitted returns the first instruction of what call emits: its operator, its
// operands, and the GNU text of a WORD.
func emitted(call func(f *Func)) (op, args, gnu string, err error) {
	file := NewFile(asm.Config{Stubs: []string{"../testdata/stubs.go"}})
	f := file.Func("walk")
	f.Label("l")
	call(f)
	f.RET()
	text, err := file.Bytes()
	if err != nil {
		return "", "", "", err
	}
	_, code, _ := strings.Cut(string(text), "\nl:\n")
	code, _, _ = strings.Cut(code, "\n")
	code, gnu, _ = strings.Cut(code, " // ")
	op, args, _ = strings.Cut(strings.TrimSpace(code), " ")
	return op, strings.TrimSpace(args), gnu, nil
}

// TestNames checks that each method prints the instruction it is named after,
// with its operands in order.
func TestNames(t *testing.T) {
	for _, e := range encs {
		a := e.arrs[0]
		m, n, d := View{V1, a}, View{V2, a}, View{V3, e.dst(a)}
		want := e.name + " " + d.gnu() + ", " + n.gnu()
		name := "V" + strings.ToUpper(e.name)
		var args []any
		switch e.form {
		case three, long:
			args = []any{m, n, d}
			want += ", " + m.gnu()
		case two, narrow, widen:
			args = []any{n, d}
		case shift:
			args = []any{Imm(3), n, d}
			want += ", #3"
		case element:
			name += "Lane"
			args = []any{Imm(3), V1, n, d}
			want += ", v1." + strings.ToLower(a.String()[:1]) + "[3]"
		}
		var in []reflect.Value
		for _, arg := range args {
			in = append(in, reflect.ValueOf(arg))
		}
		_, _, gnu, err := emitted(func(f *Func) { reflect.ValueOf(f).MethodByName(name).Call(in) })
		if err != nil || gnu != want {
			t.Errorf("got %s, want %s, %v", gnu, want, err)
		}
	}

	n := 0
	methods := reflect.TypeFor[*Func]()
	for i := range methods.NumMethod() {
		name := methods.Method(i).Name
		if _, neutral := reflect.TypeFor[*asm.Func]().MethodByName(name); neutral {
			continue
		}
		var want string
		op, args, _, err := emitted(func(f *Func) {
			switch call := reflect.ValueOf(f).Method(i).Interface().(type) {
			case func(m, n, d View):
				call(V1.B16(), V2.B16(), V3.B16())
				want = "V1.B16, V2.B16, V3.B16"
			case func(label string):
				call("l")
				want = "l"
			}
		})
		if want == "" || err != nil || op == "WORD" { // an error: a WORD without that arrangement
			continue
		}
		n++
		if op != name || args != want {
			t.Errorf("%s prints %s %s", name, op, args)
		}
	}
	if n < 20 {
		t.Errorf("only %d methods looked at", n)
	}
}

func TestBitmask(t *testing.T) {
	for _, x := range []uint64{1, 0xff, 1 << 63, 1<<63 | 1, ^uint64(1), 0xaaaaaaaaaaaaaaaa, 0x0ff00ff00ff00ff0} {
		if !bitmask(x) {
			t.Errorf("%#x refused", x)
		}
	}
	for _, x := range []uint64{0, ^uint64(0), 5, 0x5555555555555557, 0x00ff00ff00ff00fe, 0x0101010101010103} {
		if bitmask(x) {
			t.Errorf("%#x accepted", x)
		}
	}
}
