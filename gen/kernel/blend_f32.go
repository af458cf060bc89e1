package kernel

var blendF32 = Kernel{
	Name:     "F32",
	Doc:      "dst = l*own + m*partner, each product and the sum rounded",
	Go:       "BlendF32",
	Takes:    Floats,
	In:       F32,
	Out:      F32,
	Lane:     FloatLane,
	Variants: blendFloats,
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

var blendFloats = []Variant{{
	Factors: []int{0, 1},
	Body: func(s Words, r Vec, in Operands) {
		t := s.Temp()
		defer s.Free(t)
		s.ScaleF32(r, in.Own, in.Factors[0])
		s.ScaleF32(t, in.Partner, in.Factors[1])
		s.AddF32(r, r, t)
	},
}}
