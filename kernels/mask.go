package kernels

// A mask has a byte m an element: m/255 is the share of a, and the rest is that of b.

// MaskU8 mixes one element by a byte of a mask: (m·a + (255−m)·b) / 255, exact, rounded to nearest;
// ties cannot occur because 255 is odd. m = 255 gives a, and 0 gives b. These are the bits of
// Image.composite in Pillow.
func MaskU8(a, b, m uint8) uint8 {
	v := uint32(m)*uint32(a) + uint32(255-m)*uint32(b)
	return uint8((v + 128) * 257 >> 16)
}

// MaskF32 mixes one element by a byte of a mask: l·a + n·b with l = m/255 and n = (255−m)/255, each
// rounded to float32 once; products and sum as in [MixF32]. m = 255 gives the bits of a, and m = 0
// those of b, whatever the other is: NaN, infinity or −0.
func MaskF32(a, b float32, m uint8) float32 {
	switch m {
	case 0:
		return b
	case 255:
		return a
	}
	return MixF32(a, b, maskWeights[m], maskWeights[255-m])
}

// MaskBF16 is [MaskF32] of two bfloat16, rounded to bfloat16 half to even. m = 255 gives the bits
// of a, and 0 those of b.
func MaskBF16(a, b uint16, m uint8) uint16 {
	switch m {
	case 0:
		return b
	case 255:
		return a
	}
	return RoundBF16(MixF32(FromBF16(a), FromBF16(b), maskWeights[m], maskWeights[255-m]))
}

// MaskF16 is [MaskF32] of two binary16, rounded to binary16 half to even. m = 255 gives the bits of
// a, and 0 those of b.
func MaskF16(a, b uint16, m uint8) uint16 {
	switch m {
	case 0:
		return b
	case 255:
		return a
	}
	return RoundF16(MixF32(FromF16(a), FromF16(b), maskWeights[m], maskWeights[255-m]))
}

// maskWeights has m/255 for every m. That of 255−m is 1−m/255, rounded.
var maskWeights = func() (w [256]float32) {
	for m := range w {
		w[m] = float32(m) / 255
	}
	return w
}()

// BlendMaskU8 sets dst[i] = MaskU8(a[i], b[i], mask[i]) for every i < len(dst). a, b and mask must
// be at least as long as dst; dst must be a, be b, or overlap neither, and must not overlap mask.
func BlendMaskU8(dst, a, b, mask []uint8) {
	a, b, mask = a[:len(dst)], b[:len(dst)], mask[:len(dst)]
	for i := range dst {
		dst[i] = MaskU8(a[i], b[i], mask[i])
	}
}

// BlendMaskF32 sets dst[i] = MaskF32(a[i], b[i], mask[i]) for every i < len(dst). a, b and mask
// must be at least as long as dst; dst must be a, be b, or overlap neither, and must not overlap
// mask.
func BlendMaskF32(dst, a, b []float32, mask []uint8) {
	a, b, mask = a[:len(dst)], b[:len(dst)], mask[:len(dst)]
	for i := range dst {
		dst[i] = MaskF32(a[i], b[i], mask[i])
	}
}

// BlendMaskBF16 sets dst[i] = MaskBF16(a[i], b[i], mask[i]) for every i < len(dst). a, b and mask
// must be at least as long as dst; dst must be a, be b, or overlap neither, and must not overlap
// mask.
func BlendMaskBF16(dst, a, b []uint16, mask []uint8) {
	a, b, mask = a[:len(dst)], b[:len(dst)], mask[:len(dst)]
	for i := range dst {
		dst[i] = MaskBF16(a[i], b[i], mask[i])
	}
}

// BlendMaskF16 sets dst[i] = MaskF16(a[i], b[i], mask[i]) for every i < len(dst). a, b and mask
// must be at least as long as dst; dst must be a, be b, or overlap neither, and must not overlap
// mask.
func BlendMaskF16(dst, a, b []uint16, mask []uint8) {
	a, b, mask = a[:len(dst)], b[:len(dst)], mask[:len(dst)]
	for i := range dst {
		dst[i] = MaskF16(a[i], b[i], mask[i])
	}
}
