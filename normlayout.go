package blend

import (
	"sync"

	"github.com/mixblend/blend/kernels"
)

// A normLayout is a Normalization, laid out for the kernels.
type normLayout struct {
	channels int
	from, to Layout
	bytes    int              // of a pixel in x
	order    [maxChannels]int // which of them each channel is
	scale    [maxChannels]float32
	bias     [maxChannels]float32
	tables   [maxChannels]scaleAndBias // one a channel of planes, else one for all; not filled where all rows become planes at once
	atOnce   planes
}

// planes are what the kernels take that make several planes at once.
type planes struct {
	stride      int                  // bytes from a result to that of the same pixel in the next plane
	first       [planesAtOnce]uint32 // the byte of the first pixel that each plane takes, twice 16 bits
	scale, bias [planesAtOnce]float32
	block       int // pixels that each step takes at a time, and
	call        int // that a call takes at most: multiples of planePixels
}

// planes sets and returns what they take where planes are so many bytes long.
func (m *normLayout) planes(stride, block, call int) *planes {
	p := &m.atOnce
	p.stride, p.block, p.call = stride, block, call
	for c := range p.first {
		p.first[c] = uint32(m.order[c]) * (1<<16 | 1)
		p.scale[c], p.bias[c] = m.scale[c]/kernels.One, m.bias[c]
	}
	return p
}

var inOrder = [maxChannels]int{0, 1, 2, 3}

var normLayouts = sync.Pool{New: func() any { return new(normLayout) }}

func (m *normLayout) set(n *Normalization) {
	m.channels, m.bytes, m.from, m.to = len(n.Scale), n.pixelBytes(), n.From, n.To
	if m.channels == 1 {
		m.to = CHW // there is no other
		if m.bytes == 1 {
			m.from = CHW
		}
	}
	m.order = inOrder
	copy(m.order[:], n.Order)
	copy(m.scale[:], n.Scale)
	copy(m.bias[:], n.Bias)
}

// fill fills the tables.
func (m *normLayout) fill() {
	if m.interleaved() {
		m.tables[0].set(m.scale[:m.channels], m.bias[:m.channels])
		return
	}
	for c := range m.channels {
		m.tables[c].set(m.scale[c:c+1], m.bias[c:c+1])
	}
}

// deinterleaves is whether a row of pixels becomes a plane a channel.
func (m *normLayout) deinterleaves() bool { return m != nil && m.from != m.to }

// packs is whether neighbouring columns belong to several channels, but not the bytes that they come from.
func (m *normLayout) packs() bool {
	return m.interleaved() && (m.bytes != m.channels || m.order != inOrder)
}

// planeCount is how many a row of pixels becomes, 1 if it stays as it is.
func (m *normLayout) planeCount() int {
	if !m.deinterleaves() {
		return 1
	}
	return m.channels
}

// interleaved is whether neighbouring columns belong to several channels.
func (m *normLayout) interleaved() bool { return m != nil && m.from == HWC && m.to == HWC }

// planeEnd returns where the columns end that have their table in common with column c, of so many in a row.
func (m *normLayout) planeEnd(c, cols int) int {
	if m == nil || m.from == HWC {
		return cols
	}
	plane := cols / m.channels
	return (c/plane + 1) * plane
}

// tableAt returns what the kernels look up at column c.
func (m *normLayout) tableAt(c, cols int) *float32 {
	if m.from == HWC {
		return m.tables[0].at(c)
	}
	return m.tables[c/(cols/m.channels)].at(0)
}
