package kernel

var blendF32 = Kernel{
	Name:      "F32",
	Doc:       "dst = l*own + m*partner, each product and the sum rounded",
	Go:        "BlendF32",
	In:        F32,
	Out:       F32,
	Lane:      FloatLane,
	ReadsOnce: true,
	Variants:  blendFloats,
}

var blendBF16 = Kernel{
	Name:     "BF16",
	Doc:      "dst = l*own + m*partner in float32, rounded to bfloat16",
	Go:       "BlendBF16",
	In:       BF16,
	Out:      BF16,
	Lane:     FloatLane,
	Variants: blendFloats,
}

var blendF16 = Kernel{
	Name:     "F16",
	Doc:      "dst = l*own + m*partner in float32, rounded to float16",
	Go:       "BlendF16",
	In:       F16,
	Out:      F16,
	Lane:     FloatLane,
	Variants: blendFloats,
}

var blendFloats = []Variant{{
	Factors: []int{0, 1},
	Body: func(s Speaker, r, own, partner Reg, c []Reg) {
		t := s.Temp()
		defer s.Free(t)
		s.MulF32(r, own, c[0])
		s.MulF32(t, partner, c[1])
		s.AddF32(r, r, t)
	},
}}
