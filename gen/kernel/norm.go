package kernel

// From bytes to model input. With λ = w/2¹⁵ the mix is exact in integers and in float32, and so is its product with 2⁻¹⁵, which the
// table's scales hold: so that factor costs nothing.

var normU8F32 = norm(F32)
var normU8BF16 = norm(BF16)
var normU8F16 = norm(F16)

func norm(out Format) Kernel {
	return Kernel{
		Name:  "U8" + out.Name,
		Doc:   "dst = (w*own + (1<<15-w)*partner) * scale + bias, product and sum rounded, then rounded to the format",
		Go:    "Normalize" + out.Name,
		In:    U8,
		Out:   out,
		Lane:  FloatLane,
		Table: true,
		Variants: []Variant{{
			Params: []int{0, 1, 2},
			Body:   func(s Speaker, r, own, partner Reg, c []Reg) { s.MixU8(r, own, partner, c) },
		}},
	}
}
