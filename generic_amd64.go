//go:build !purego

package blend

import (
	"unsafe"

	"github.com/mixblend/blend/kernels"
)

// runGenericPlanes is runGeneric for pixels that become several planes: fewer of them than a vector of AVX2 takes.
func runGenericPlanes(k kernel, begin *step, steps, n int, h how) {
	var tables [planesAtOnce]scaleAndBias
	p := h.planes
	for c := range tables {
		tables[c].set([]float32{p.scale[c] * kernels.One}, p.bias[c:c+1])
	}
	for _, s := range unsafe.Slice(begin, steps) {
		for c := range tables {
			first := p.first[c] & 255
			k.mixPixels(unsafe.Add(s.dst, c*p.stride), unsafe.Add(s.own, first), unsafe.Add(s.partner, first), n, &s.params, tables[c].at(0))
		}
	}
}
