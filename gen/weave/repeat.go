package weave

import (
	"fmt"

	"github.com/mixblend/blend/gen/kernel"
)

// A Repeater is a Machine that makes masks of pixels masks of bytes.
type Repeater interface {
	Machine
	// Picks returns what Repeat picks the bytes of one of its results by.
	Picks(times, result int) kernel.Vec
	// Repeat sets as many vectors from dst on as there are picks to the bytes of the vector at src, each as many times.
	Repeat(dst, src Scalar, picks []kernel.Vec)
}

// Repeats weaves the functions that set n bytes, a multiple of a vector, 2 to 4 times.
func Repeats(m Repeater) {
	for times := 2; times <= 4; times++ {
		repeat(m, times)
	}
}

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
