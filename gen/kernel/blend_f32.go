package kernel

var blendF32 = Kernel{
	Name:      "F32",
	Doc:       "dst = l*own + m*partner, each product and the sum rounded",
	Size:      4,
	ReadsOnce: true,
	Variants: []Variant{{
		Factors: []int{0, 1},
		Body: func(s Speaker, r, own, partner Reg, c []Reg) {
			t := s.Temp()
			defer s.Free(t)
			s.MulF32(r, own, c[0])
			s.MulF32(t, partner, c[1])
			s.AddF32(r, r, t)
		},
	}},
}
