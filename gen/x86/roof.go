package x86

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/mixblend/blend/gen/kernel"
)

const (
	roofBlock = 512  // bytes that a copy takes at a time
	roofAhead = 1024 // how far it prefetches
)

// Roof returns the text of roof_amd64.s: copies past the caches.
func Roof() ([]byte, error) {
	c := build.NewContext()
	c.Package("github.com/mixblend/blend/internal/roof")
	c.ConstraintExpr("!purego")
	for _, isa := range []ISA{AVX512, AVX2} {
		s := &speaker{Context: c, ISA: isa}
		name := "copyAVX512"
		if !isa.wide() {
			name = "copyAVX"
		}
		c.Implement(name)
		c.Attributes(attr.NOSPLIT)
		dst, src, n := c.GP64(), c.GP64(), c.GP64()
		c.Load(c.Param("dst"), dst)
		c.Load(c.Param("src"), src)
		c.Load(c.Param("n"), n)
		at := func(base reg.Register, i int) operand.Mem { return operand.Mem{Base: base, Disp: i * isa.Width} }
		c.Label("block")
		vs := make([]kernel.Reg, roofBlock/isa.Width)
		for i := 0; i < roofBlock; i += 64 {
			c.PREFETCHNTA(operand.Mem{Base: src, Disp: roofAhead + i})
		}
		for i := range vs {
			vs[i] = s.vec()
			s.move(at(src, i), vs[i])
		}
		for i := range vs {
			c.VMOVNTDQ(op(vs[i]), at(dst, i))
		}
		c.ADDQ(operand.U32(roofBlock), src)
		c.ADDQ(operand.U32(roofBlock), dst)
		c.SUBQ(operand.U32(roofBlock), n)
		c.JNE(operand.LabelRef("block"))
		c.SFENCE()
		c.VZEROUPPER()
		c.RET()
	}
	return print(c, "roof")
}
