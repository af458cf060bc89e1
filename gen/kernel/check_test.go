package kernel

import (
	"reflect"
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	if err := CheckAll(All); err != nil {
		t.Error(err)
	}
	for _, k := range All {
		for i := range k.Variants {
			v := &k.Variants[i]
			if want := k.Takes != Bytes || v.Mask; k.ReadsOnce(v) != want {
				t.Errorf("%s, %s: ReadsOnce is %v", k.Name, v.Name, !want)
			}
		}
	}
	twice := blendU8
	twice.Name, twice.Variants = "Twice", blendU8.Variants[1:] // of the same kind, and other numbers
	for _, all := range [][]*Kernel{{&blendF32, &blendF32}, {&blendU8, &twice}} {
		if err := CheckAll(all); err == nil || !strings.Contains(err.Error(), " of that name") {
			t.Errorf("two of one name: %v", err)
		}
	}
}

// a kernel of each kind, and a body for it that is right.
var (
	floats  = Kernel{Name: "Float", Go: "Float", Takes: Floats, In: F32, Out: F32, Lane: FloatLane}
	bytes   = Kernel{Name: "Byte", Go: "Byte", Takes: Bytes, In: U8, Out: U8, Lane: ByteLane, Consts: []byte{7}}
	masks   = Kernel{Name: "Mask", Go: "Mask", Takes: Bytes, In: U8, Out: U8, Lane: ByteLane}
	selects = Kernel{Name: "Select", Go: "Select", Takes: Tables, In: U8, Out: F32, Lane: FloatLane}
	tables  = Kernel{Name: "Table", Go: "Table", Takes: Tables, In: U8, Out: F32, Lane: FloatLane}
)

// A body that misuses a word fails, and the message names the kernel, the variant, the word and why.
func TestMisuse(t *testing.T) {
	type body = func(s Words, r Vec, in Operands)
	tests := []struct {
		word   string
		kernel Kernel
		body   body
		want   string
	}{
		{"Temp", floats, func(s Words, r Vec, in Operands) { s.ScaleF32(r, in.Own, in.Factors[0]); s.Temp() }, "a Temp is not freed"},
		{"Temp", floats, func(s Words, r Vec, in Operands) { t := s.Temp(); s.AddF32(r, in.Own, t) }, "AddF32 reads a Temp, which is not set"},
		{"Free", floats, func(s Words, r Vec, in Operands) { s.Free(r) }, "Free: r is no Temp"},
		{"Free", floats, func(s Words, r Vec, in Operands) { t := s.Temp(); s.Free(t); s.Free(t) }, "Free: a Temp that has been freed"},
		{"Free", floats, func(s Words, r Vec, in Operands) { t := s.Temp(); s.Free(t); s.AddF32(t, in.Own, in.Own) }, "AddF32: a Temp that has been freed"},
		{"ScaleF32", floats, func(s Words, r Vec, in Operands) { s.ScaleF32(in.Partner, in.Own, in.Factors[0]) }, "ScaleF32 writes partner"},
		{"ScaleF32", floats, func(s Words, r Vec, in Operands) { s.ScaleF32(r, r, in.Factors[0]) }, "ScaleF32 reads r, which is not set"},
		{"ScaleF32", floats, func(s Words, r Vec, in Operands) { s.ScaleF32(r, in.Own, Factor{}) }, "ScaleF32: an operand is none that the body was given"},
		{"ScaleF32", floats, func(s Words, r Vec, in Operands) { s.ScaleF32(r, in.Own, in.Factors[2]) }, "the body: runtime error: index out of range [2]"},
		{"ScaleF32", bytes, func(s Words, r Vec, in Operands) { s.ScaleF32(r, in.Own, in.Factors[0]) }, "ScaleF32 reads own, which holds bytes, not float32"},
		{"MulF32", floats, func(s Words, r Vec, in Operands) { s.MulF32(in.Own, in.Own, in.Partner) }, "MulF32 writes own"},
		{"MulF32", tables, func(s Words, r Vec, in Operands) { s.MulF32(r, in.Own, in.Scale) }, "MulF32 reads own, which holds bytes as they lie, not float32"},
		{"AddF32", bytes, func(s Words, r Vec, in Operands) { s.AddF32(r, in.Own, in.Partner) }, "AddF32 reads own, which holds bytes, not float32"},
		{"AddF32", tables, func(s Words, r Vec, in Operands) { s.AddF32(r, in.Scale, Vec{}) }, "AddF32: an operand is none that the body was given"},
		{"MixU8", floats, func(s Words, r Vec, in Operands) { s.MixU8(r, in.Own, in.Partner, in.Weights) }, "MixU8 reads own, which holds float32, not bytes as they lie"},
		{"SubF32", bytes, func(s Words, r Vec, in Operands) { s.SubF32(r, in.Own, in.Partner) }, "SubF32 reads own, which holds bytes, not float32"},
		{"MixU8", tables, func(s Words, r Vec, in Operands) { s.MixU8(r, in.Partner, in.Own, in.Weights) }, "MixU8 takes own, and then partner"},
		{"MixU8", tables, func(s Words, r Vec, in Operands) { s.MixU8(r, in.Own, in.Partner, Weights{}) }, "MixU8: an operand is none that the body was given"},
		{"MaskU8", bytes, func(s Words, r Vec, in Operands) { s.MaskU8(r, in.Own, in.Partner, Vec{}) }, "MaskU8: an operand is none that the body was given"},
		{"MaskU8", masks, func(s Words, r Vec, in Operands) { s.MaskU8(in.Own, in.Own, in.Partner, in.Mask) }, "MaskU8: d may be no operand, and is own"},
		{"MaskU8", masks, func(s Words, r Vec, in Operands) { s.MaskU8(r, in.Own, in.Partner, in.Own) }, "Mask[0] is never read"},
		{"SelectU8", masks, func(s Words, r Vec, in Operands) { s.SelectU8(in.Mask, in.Own, in.Partner, in.Mask) }, "SelectU8 reads Mask[0], which holds bytes, not bits"},
		{"MaskMixU8", masks, func(s Words, r Vec, in Operands) { s.MaskMixU8(r, in.Own, in.Partner, in.Mask) }, "MaskMixU8 reads own, which holds bytes, not bytes as they lie"},
		{"SelectMixU8", selects, func(s Words, r Vec, in Operands) { s.SelectMixU8(r, in.Own, in.Own, in.Mask) }, "partner is never read"},
		{"SelectMixU8", selects, func(s Words, r Vec, in Operands) { s.SelectMixU8(r, in.Own, in.Partner, in.Own) }, "SelectMixU8 reads own, which holds bytes as they lie, not bits"},
		{"LerpU8", bytes, func(s Words, r Vec, in Operands) { s.LerpU8(in.Own, in.Own, in.Partner, in.Factors[0]) }, "LerpU8: d may be no operand, and is own"},
		{"LerpU8", floats, func(s Words, r Vec, in Operands) { s.LerpU8(r, in.Own, in.Partner, in.Factors[0]) }, "LerpU8 reads own, which holds float32, not bytes"},
		{"LerpEvenU8", bytes, func(s Words, r Vec, in Operands) {
			s.LerpEvenU8(r, in.Own, in.Partner, in.Factors[0], in.Params[0], in.Params[0])
			s.AvgEvenU8(r, in.Own, in.Partner, in.Consts[0])
		}, "AvgEvenU8 reads partner, which is not set"},
		{"LerpEvenU8", bytes, func(s Words, r Vec, in Operands) {
			s.LerpEvenU8(r, in.Own, in.Consts[0], in.Factors[0], in.Params[0], in.Params[0])
		}, "LerpEvenU8: other is lost, and is Consts[0]"},
		{"AvgEvenU8", floats, func(s Words, r Vec, in Operands) { s.AvgEvenU8(r, in.Own, in.Partner, in.Own) }, "AvgEvenU8 reads own, which holds float32, not bytes"},
		{"AvgEvenU8", bytes, func(s Words, r Vec, in Operands) {
			s.AvgEvenU8(in.Consts[0], in.Own, in.Partner, in.Params[0])
		}, "AvgEvenU8 writes Consts[0]"},
		{"AvgEvenU8", bytes, func(s Words, r Vec, in Operands) {
			s.LerpU8(r, in.Own, in.Partner, in.Factors[0])
			s.AvgEvenU8(r, r, in.Partner, in.Consts[0])
		}, "AvgEvenU8: d may be no operand, and is r"},
		{"RoundBF16", floats, func(s Words, r Vec, in Operands) { s.RoundBF16(r) }, "a body does not"},

		{"", floats, func(s Words, r Vec, in Operands) { s.ScaleF32(r, in.Own, in.Factors[0]) }, "partner is never read"},
		{"", floats, func(s Words, r Vec, in Operands) { s.AddF32(r, in.Own, in.Partner) }, "Factors[0] is never read"},
		{"", tables, func(s Words, r Vec, in Operands) {
			s.MixU8(r, in.Own, in.Partner, in.Weights)
			s.MulF32(r, r, in.Scale)
		}, "Bias[0] is never read"},
		{"", floats, func(s Words, r Vec, in Operands) {
			t := s.Temp()
			s.ScaleF32(t, in.Own, in.Factors[0])
			s.AddF32(t, t, in.Partner)
			s.Free(t)
		}, "r holds nothing in the end, not float32"},
		{"", floats, nil, "no body"},
	}
	seen := map[string]bool{}
	for _, test := range tests {
		seen[test.word] = true
		k := test.kernel
		v := Variant{Name: "odd", Body: test.body, Factors: []int{0}}
		if k.Takes == Tables {
			v.Factors, v.Weights = nil, true
		}
		if k.Takes == Bytes {
			v.Params = []int{1}
		}
		if k.Name == masks.Name {
			v.Factors, v.Params, v.Mask = nil, nil, true
		}
		if k.Name == selects.Name {
			v.Factors, v.Weights, v.Mask, v.Select = nil, false, true, true
		}
		k.Variants = []Variant{v}
		err := k.Check()
		if err == nil || !strings.HasPrefix(err.Error(), "kernel "+k.Name+": variant odd: ") || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", test.word, err, test.want)
		}
	}
	words := reflect.TypeFor[Words]()
	for i := range words.NumMethod() {
		if name := words.Method(i).Name; !seen[name] {
			t.Errorf("%s is misused nowhere", name)
		}
	}
}

// What a kernel declares has to fit together.
func TestDeclarations(t *testing.T) {
	for _, test := range []struct {
		change func(k *Kernel)
		want   string
	}{
		{func(k *Kernel) { k.Name = "a b" }, "the name is no identifier"},
		{func(k *Kernel) { k.Go = "blendF32" }, `Go is "blendF32"`},
		{func(k *Kernel) { k.Takes = nil }, "Takes is not set"},
		{func(k *Kernel) { k.Takes = Tables }, "F32 become float32 lanes by MixU8"},
		{func(k *Kernel) { k.Lane = 2 }, "Lane is 2"},
		{func(k *Kernel) { k.Lane = ByteLane }, "from F32 to F32 in lanes of bytes"},
		{func(k *Kernel) { k.Out = U8 }, "float32 lanes, and results are U8"},
		{func(k *Kernel) { k.In = U8 }, "U8 become float32 lanes by MixU8"},
		{func(k *Kernel) { k.Out = BF16 }, "Short is 8"},
		{func(k *Kernel) { k.Planes = true }, "Planes of F32, which are no pixels of 3 bytes"},
		{func(k *Kernel) { k.Variants = nil }, "0 variants"},
		{func(k *Kernel) { k.Variants[0].Name = "" }, `variant 0 has the name ""`},
		{func(k *Kernel) { k.Variants[0].Factors = []int{3} }, "param 3 is none of [c0 c1 c2]"},
		{func(k *Kernel) { k.Variants[0].Weights = true }, "Weights are for MixU8"},
		{func(k *Kernel) { k.Variants[0].Mask, k.Variants[0].Select = false, true }, "the field Select is for a Mask"},
		{func(k *Kernel) { k.Variants[2].Select = true }, "maskedFloatPixels3: Channels are of masks of shares"},
		{func(k *Kernel) { k.Variants[2].Channels = 5 }, "maskedFloatPixels3: 48 columns have no whole pixels of 5"},
		{func(k *Kernel) { k.Variants[2].Channels = -3 }, "maskedFloatPixels3: 48 columns have no whole pixels of -3"},
		{func(k *Kernel) { k.Variants[0].Channels = 3 }, "blendedFloats: those of interleaved pixels come last"},
	} {
		k := blendF32
		k.Variants = append([]Variant(nil), k.Variants...)
		test.change(&k)
		if err := k.Check(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
}
