package weave

import (
	"slices"

	"github.com/mixblend/blend/gen/kernel"
)

const (
	roofAhead = 1024 // bytes by which reads are prefetched
	roofFill  = 0x5a // what every byte is set to: not zero, see roof.StreamWrite
)

// Roof weaves copying, reading and writing n bytes with streaming stores, which kernels are measured against.
func Roof(m Plain, suffix string) {
	roof(m, "copy"+suffix, true, true)
	roof(m, "read"+suffix, true, false)
	roof(m, "write"+suffix, false, true)
}

func roof(m Plain, name string, reads, writes bool) {
	m.Begin(name, nil, true)
	dst, src, n := m.Scalar(), m.Scalar(), m.Scalar()
	vectors := make([]kernel.Vec, m.Group())
	if writes {
		m.Argument(dst, "dst")
	}
	if reads {
		m.Argument(src, "src")
		for i := range vectors {
			vectors[i] = m.Temp()
		}
	} else {
		vectors = slices.Repeat([]kernel.Vec{m.Fill(roofFill)}, m.Group())
	}
	m.Argument(n, "n")
	m.Label("block")
	if reads {
		for line := 0; line < m.Block(); line += 64 {
			m.Prefetch(src, roofAhead+line)
		}
	}
	for i := 0; i < m.Block()/m.Set().Width; i += m.Group() {
		if reads {
			m.LoadPlain(vectors, src, i)
		}
		if writes {
			m.StoreStream(vectors, dst, i)
		}
	}
	if writes {
		m.Add(dst, dst, m.Block())
	}
	if reads {
		m.Add(src, src, m.Block())
	}
	m.Sub(n, n, m.Block(), Jump{NotZero, "block"})
	m.Fence()
	m.End()
	m.FreeScalar(dst, src, n)
	if !reads {
		vectors = vectors[:1]
	}
	for _, v := range vectors {
		m.Free(v)
	}
}
