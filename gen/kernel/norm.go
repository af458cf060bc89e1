package kernel

// From bytes to model input. With λ = w/2¹⁵ the mix is exact in float32.

var normU8F32 = norm(F32)
var normU8BF16 = norm(BF16)
var normU8F16 = norm(F16)

func norm(out Format) Kernel {
	return Kernel{
		Name:     "U8" + out.Name,
		Doc:      "dst = (l*own + m*partner)*scale + bias, product and sum rounded, then rounded to the format",
		In:       U8,
		Out:      out,
		Lane:     FloatLane,
		Table:    true,
		Variants: blendFloats,
	}
}
