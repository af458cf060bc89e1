package kernel

// From bytes to model input. With λ = w/2¹⁵ the mix is exact in integers and in float32, and so is its product with 2⁻¹⁵, which the
// table's scales hold: so that factor costs nothing.

func norm(in, out Format) *Kernel {
	return &Kernel{
		Name:   in.Name + out.Name,
		Doc:    "dst = (w*own + (1<<15-w)*partner) * scale + bias, product and sum rounded, then rounded to the format",
		Go:     "Normalize" + out.Name,
		Takes:  Tables,
		In:     in,
		Out:    out,
		Lane:   FloatLane,
		Planes: in.Size >= PlanesAtOnce,
		Variants: []Variant{
			{Name: "blendedInput", Weights: true, Body: func(s Words, r Vec, in Operands) {
				s.MixU8(r, in.Own, in.Partner, in.Weights)
				s.MulF32(r, r, in.Scale)
				s.AddF32(r, r, in.Bias)
			}},
			{Name: "maskedInput", Doc: "by a mask, rounded to bytes first", Mask: true, Body: func(s Words, r Vec, in Operands) {
				s.MaskMixU8(r, in.Own, in.Partner, in.Mask)
				s.MulF32(r, r, in.Scale)
				s.AddF32(r, r, in.Bias)
			}},
			{Name: "selectedInput", Doc: "by a mask of bits", Mask: true, Select: true, Body: func(s Words, r Vec, in Operands) {
				s.SelectMixU8(r, in.Own, in.Partner, in.Mask)
				s.MulF32(r, r, in.Scale)
				s.AddF32(r, r, in.Bias)
			}},
		},
	}
}

// OfPixels returns the kernels that are k for a channel of 1, 2 … interleaved pixels; nothing if k is not one for bytes that lie
// together.
func OfPixels(k *Kernel) []*Kernel {
	if !k.Table() || k.In != U8 {
		return nil
	}
	all := []*Kernel{k}
	for channels := 2; ; channels++ {
		i := len(all)
		for _, p := range All {
			if p.Table() && p.In == Pixels(channels) && p.Out == k.Out {
				all = append(all, p)
			}
		}
		if len(all) == i {
			return all
		}
	}
}
