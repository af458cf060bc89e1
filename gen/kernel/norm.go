package kernel

// From bytes to model input. With λ = w/2¹⁵ the mix is exact in integers and in float32, and so is its product with 2⁻¹⁵, which the
// table's scales hold: so that factor costs nothing.

func norm(in, out Format) *Kernel {
	return &Kernel{
		Name:  in.Name + out.Name,
		Doc:   "dst = (w*own + (1<<15-w)*partner) * scale + bias, product and sum rounded, then rounded to the format",
		Go:    "Normalize" + out.Name,
		In:    in,
		Out:   out,
		Lane:  FloatLane,
		Table: true,
		Variants: []Variant{{
			Params: []int{0, 1, 2},
			Body:   func(s Speaker, r, own, partner Reg, c []Reg) { s.MixU8(r, own, partner, c) },
		}},
	}
}
