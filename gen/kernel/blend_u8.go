package kernel

// The greater share is the base, so that the rounded product fits a signed byte: package blend's params say how.
var blendU8 = Kernel{
	Name:   "U8",
	Doc:    "dst = (w*own + (1<<15-w)*partner) / 1<<15, rounded half to even",
	Go:     "BlendU8",
	Takes:  Bytes,
	In:     U8,
	Out:    U8,
	Lane:   ByteLane,
	Consts: []byte{1},
	Variants: []Variant{
		{Name: "nearPartner", Doc: "base is the partner; no tie can occur", Factors: []int{0}, Body: func(s Words, r Vec, in Operands) {
			s.LerpU8(r, in.Partner, in.Own, in.Factors[0])
		}},
		{Name: "nearOwn", Doc: "base is the row itself", Factors: []int{0}, Body: func(s Words, r Vec, in Operands) {
			s.LerpU8(r, in.Own, in.Partner, in.Factors[0])
		}},
		{Name: "evenPartner", Doc: "as above, and ties to even", Factors: []int{0}, Params: []int{1, 2}, Body: func(s Words, r Vec, in Operands) {
			s.LerpEvenU8(r, in.Partner, in.Own, in.Factors[0], in.Params[0], in.Params[1])
		}},
		{Name: "evenOwn", Factors: []int{0}, Params: []int{1, 2}, Body: func(s Words, r Vec, in Operands) {
			s.LerpEvenU8(r, in.Own, in.Partner, in.Factors[0], in.Params[0], in.Params[1])
		}},
		{Name: "half", Doc: "λ = ½: the average, ties to even", Body: func(s Words, r Vec, in Operands) {
			s.AvgEvenU8(r, in.Own, in.Partner, in.Consts[0])
		}},
		{Name: "selectedBytes", Doc: "by a mask of bits", Mask: true, Select: true, Body: func(s Words, r Vec, in Operands) {
			s.SelectU8(r, in.Own, in.Partner, in.Mask)
		}},
		{Name: "maskedBytes", Doc: "by a mask", Mask: true, Body: maskBytes},
		{Name: "maskedPixels3", Doc: "by a mask of interleaved pixels", Mask: true, Channels: 3, Body: maskBytes},
		{Name: "maskedPixels4", Mask: true, Channels: 4, Body: maskBytes},
	},
}

func maskBytes(s Words, r Vec, in Operands) { s.MaskU8(r, in.Own, in.Partner, in.Mask) }
