package kernel

var blendF32 = Kernel{
	Name:  "F32",
	Doc:   "dst = l*own + m*partner, each product and the sum rounded",
	Go:    "BlendF32",
	Takes: Floats,
	In:    F32,
	Out:   F32,
	Lane:  FloatLane,
	Variants: append(blendFloats[:len(blendFloats):len(blendFloats)],
		Variant{Name: "maskedFloatPixels3", Doc: "by a mask of interleaved pixels", Params: []int{0, 1, 2}, Mask: true, Channels: 3, Body: maskFloats},
		Variant{Name: "maskedFloatPixels4", Params: []int{0, 1, 2}, Mask: true, Channels: 4, Body: maskFloats},
	),
	Short: 8,
}

var blendBF16 = Kernel{
	Name:     "BF16",
	Doc:      "dst = l*own + m*partner in float32, rounded to bfloat16",
	Go:       "BlendBF16",
	Takes:    Floats,
	In:       BF16,
	Out:      BF16,
	Lane:     FloatLane,
	Variants: blendFloats,
}

var blendF16 = Kernel{
	Name:     "F16",
	Doc:      "dst = l*own + m*partner in float32, rounded to float16",
	Go:       "BlendF16",
	Takes:    Floats,
	In:       F16,
	Out:      F16,
	Lane:     FloatLane,
	Variants: blendFloats,
}

var blendFloats = []Variant{
	{Name: "maskedFloats", Doc: "by a mask", Params: []int{0, 1, 2}, Mask: true, Body: maskFloats},
	{Name: "blendedFloats", Factors: []int{0, 1}, Body: func(s Words, r Vec, in Operands) {
		t := s.Temp()
		defer s.Free(t)
		s.ScaleF32(r, in.Own, in.Factors[0])
		s.ScaleF32(t, in.Partner, in.Factors[1])
		s.AddF32(r, r, t)
	}},
}

// maskFloats makes both shares of a mask, each rounded once: m/255 is m·high + m·low, and the rest (1 − m·high) − m·low, where
// m·high and 1 − m·high are exact.
func maskFloats(s Words, r Vec, in Operands) {
	high, low, one := in.Params[0], in.Params[1], in.Params[2]
	rest, t := s.Temp(), s.Temp()
	defer s.Free(rest)
	defer s.Free(t)
	s.MulF32(r, in.Mask, high)
	s.MulF32(t, in.Mask, low)
	s.SubF32(rest, one, r)
	s.AddF32(r, r, t)
	s.SubF32(rest, rest, t)
	s.MulF32(r, r, in.Own)
	s.MulF32(rest, rest, in.Partner)
	s.AddF32(r, r, rest)
}
