package x86

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/mixblend/blend/gen/kernel"
)

const (
	roofBlock = 512  // bytes that a loop takes at a time
	roofAhead = 1024 // how far it prefetches
	roofFill  = 0x5a // what every byte is set to: not zero, see roof.StreamWrite
)

// Roof returns the text of roof_amd64.s: copying, reading and writing, the latter past the caches.
func Roof() ([]byte, error) {
	c := build.NewContext()
	c.Package("github.com/mixblend/blend/internal/roof")
	c.ConstraintExpr("!purego")
	for _, isa := range []ISA{AVX512, AVX2} {
		s := &speaker{Context: c, ISA: isa}
		vectors := roofBlock / isa.Width
		load := func(src reg.Register) []kernel.Reg {
			vs := make([]kernel.Reg, vectors)
			for i := 0; i < roofBlock; i += 64 {
				c.PREFETCHNTA(operand.Mem{Base: src, Disp: roofAhead + i})
			}
			for i := range vs {
				vs[i] = s.vec()
				s.move(operand.Mem{Base: src, Disp: i * isa.Width}, vs[i])
			}
			return vs
		}
		store := func(vs []kernel.Reg, dst reg.Register) {
			for i, v := range vs {
				c.VMOVNTDQ(op(v), operand.Mem{Base: dst, Disp: i * isa.Width})
			}
		}
		s.loop("copy", []string{"dst", "src"}, func(p []reg.Register) { store(load(p[1]), p[0]) })
		s.loop("read", []string{"src"}, func(p []reg.Register) { load(p[0]) })
		s.loop("write", []string{"dst"}, func(p []reg.Register) {
			v := s.vec()
			s.fill(v, roofFill*0x0101_0101)
			vs := make([]kernel.Reg, vectors)
			for i := range vs {
				vs[i] = v
			}
			store(vs, p[0])
		})
	}
	return print(c, "roof")
}

// loop makes a function that goes through n bytes from each pointer on.
func (s *speaker) loop(verb string, pointers []string, block func(p []reg.Register)) {
	name := verb + "AVX512"
	if !s.wide() {
		name = verb + "AVX"
	}
	s.Implement(name)
	s.Attributes(attr.NOSPLIT)
	var p []reg.Register
	for _, pointer := range pointers {
		p = append(p, s.Load(s.Param(pointer), s.GP64()))
	}
	n := s.Load(s.Param("n"), s.GP64())
	s.Label("block")
	block(p)
	for _, r := range p {
		s.ADDQ(operand.U32(roofBlock), r)
	}
	s.SUBQ(operand.U32(roofBlock), n)
	s.JNE(operand.LabelRef("block"))
	s.SFENCE()
	s.VZEROUPPER()
	s.RET()
}
