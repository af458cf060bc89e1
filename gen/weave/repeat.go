package weave

import (
	"fmt"

	"github.com/mixblend/blend/gen/kernel"
)

// A Repeater is a Machine that makes masks of pixels masks of bytes, looks for opaque pixels, and puts bytes of pixels together.
type Repeater interface {
	Plain
	// Picks returns what Repeat picks the bytes of one of its results by.
	Picks(times, result int) kernel.Vec
	// Repeat sets as many vectors from dst on as there are picks to the bytes of the vector at src, each as many times.
	Repeat(dst, src Scalar, picks []kernel.Vec)
	And(d, a, b kernel.Vec)
	StorePlain(v kernel.Vec, p Scalar)
	// Load16 loads 16 bytes, by which Pick sets 16 bytes at dst to some of those at src.
	Load16(p Scalar) kernel.Vec
	Pick(dst, src Scalar, picks kernel.Vec)
}

// Repeats weaves the functions that set n bytes, a multiple of a vector, 2 to 4 times.
func Repeats(m Repeater) {
	for times := 2; times <= 4; times++ {
		repeat(m, times)
	}
}

// commonBlock is that of internal/pixels.
const commonBlock = 128

// Common weaves the function that sets a vector to the bits which all vectors of a and of b have, n bytes each, a multiple of
// commonBlock.
func Common(m Repeater) {
	m.Begin("common", nil, false)
	dst, a, b, n := m.Scalar(), m.Scalar(), m.Scalar(), m.Scalar()
	m.Argument(dst, "dst")
	m.Argument(a, "a")
	m.Argument(b, "b")
	m.Argument(n, "n")
	all, x := make([]kernel.Vec, 2), make([]kernel.Vec, 2) // pairs are what every machine loads
	for i := range all {
		all[i], x[i] = m.Fill(255), m.Temp()
	}
	m.Label("block")
	for i := 0; i < commonBlock/m.Set().Width; i += len(x) {
		for _, p := range []Scalar{a, b} {
			m.LoadPlain(x, p, i)
			for j := range all {
				m.And(all[j], all[j], x[j])
			}
		}
	}
	m.Add(a, a, commonBlock)
	m.Add(b, b, commonBlock)
	m.Sub(n, n, commonBlock, Jump{NotZero, "block"})
	m.And(all[0], all[0], all[1])
	m.StorePlain(all[0], dst)
	m.End()
	m.FreeScalar(dst, a, b, n)
	for i := range all {
		m.Free(all[i])
		m.Free(x[i])
	}
}

// Pack weaves the function that sets n times 16 bytes, out bytes further each time, to bytes of the 16 that come in.
func Pack(m Repeater) {
	m.Begin("pack", nil, false)
	dst, src, picks, n, in, out := m.Scalar(), m.Scalar(), m.Scalar(), m.Scalar(), m.Scalar(), m.Scalar()
	m.Argument(dst, "dst")
	m.Argument(src, "src")
	m.Argument(picks, "picks")
	m.Argument(n, "n")
	m.Argument(in, "in")
	m.Argument(out, "out")
	v := m.Load16(picks)
	m.Label("block")
	m.Pick(dst, src, v)
	m.Add(src, src, in)
	m.Add(dst, dst, out)
	m.Sub(n, n, 1, Jump{NotZero, "block"})
	m.End()
	m.FreeScalar(dst, src, picks, n, in, out)
	m.Free(v)
}

// repeatAhead is how far ahead a mask is fetched, so that the next ones come while pixels are mixed: twice what package fade repeats at
// a time.
const repeatAhead = 2 << 10

func repeat(m Repeater, times int) {
	m.Begin(fmt.Sprintf("repeat%d", times), nil, false)
	dst, src, n := m.Scalar(), m.Scalar(), m.Scalar()
	m.Argument(dst, "dst")
	m.Argument(src, "src")
	m.Argument(n, "n")
	picks := make([]kernel.Vec, times)
	for i := range picks {
		picks[i] = m.Picks(times, i)
	}
	width := m.Set().Width
	m.Label("block")
	m.Prefetch(src, repeatAhead)
	m.Repeat(dst, src, picks)
	m.Add(src, src, width)
	m.Add(dst, dst, width*times)
	m.Sub(n, n, width, Jump{NotZero, "block"})
	m.End()
	m.FreeScalar(dst, src, n)
	for _, p := range picks {
		m.Free(p)
	}
}
