package kernel

// The greater share is the base, so that the rounded product fits a signed byte: package blend's params say how.
var blendU8 = Kernel{
	Name:   "U8",
	Doc:    "dst = (w*own + (1<<15-w)*partner) / 1<<15, rounded half to even",
	Go:     "BlendU8",
	In:     U8,
	Out:    U8,
	Lane:   ByteLane,
	Consts: []byte{1},
	Variants: []Variant{
		{"nearPartner", []int{0}, nil, func(s Speaker, r, own, partner Reg, c []Reg) { near(s, r, partner, own, c[0]) }},
		{"nearOwn", []int{0}, nil, func(s Speaker, r, own, partner Reg, c []Reg) { near(s, r, own, partner, c[0]) }},
		{"evenPartner", []int{0}, []int{1, 2}, func(s Speaker, r, own, partner Reg, c []Reg) { even(s, r, partner, own, own, partner, c) }},
		{"evenOwn", []int{0}, []int{1, 2}, func(s Speaker, r, own, partner Reg, c []Reg) { even(s, r, own, partner, own, partner, c) }},
		{"half", nil, nil, half},
	},
}

// near is base + (other−base)·weight, half up.
func near(s Speaker, r, base, other, weight Reg) {
	t := s.Temp()
	defer s.Free(t)
	s.SubWide(r, t, other, base)
	s.MulRound16(r, r, weight)
	s.MulRound16(t, t, weight)
	s.Narrow(r, r, t)
	s.AddU8(r, r, base)
}

// even is near, and then takes the lowest bit off ties.
func even(s Speaker, r, base, other, own, partner Reg, c []Reg) {
	weight, mask, tie := c[0], c[1], c[2]
	near(s, r, base, other, weight)
	s.ClearTies(r, own, partner, tie, mask)
}

// half is (own+partner+1)/2 without the lowest bit of a tie, which is where own and partner differ in theirs.
func half(s Speaker, r, own, partner Reg, c []Reg) {
	one := c[0]
	t := s.Temp()
	defer s.Free(t)
	s.Xor(t, own, partner)
	s.And(t, t, one)
	s.AvgU8(r, own, partner)
	s.AndNot(r, r, t)
}
