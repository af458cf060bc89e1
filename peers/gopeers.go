package main

import (
	"image"

	"github.com/viterin/vek/vek32"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/cmd/bench"
)

// A peer mixes a batch into dst, which is x in place.
type peer struct {
	name string
	mix  func(dst, x []byte)
}

// block is how many numbers go through several calls before the next do: what lies between stays in the first-level cache.
const block = 2048

// goPeers returns what does a task in Go. All go row by row, in one goroutine.
func goPeers(t *task) []peer {
	if t.Workers > 1 {
		return nil
	}
	c, l, m := t.Case, float32(t.lambda), float32(1-t.lambda)
	switch c.Work {
	case bench.Normalize:
		return []peer{rows(c, "plain loop", func(dst, a, b []byte) { plainNormalize(bench.Floats(dst), a, b, l, m, t.norm) })}
	case bench.CutMix:
		return []peer{rows(c, "plain loop", func(dst, a, b []byte) { plainCut(dst, a, b, t.side, t.box) })}
	case bench.Masks:
		return []peer{rows(c, "plain loop", func(dst, a, b []byte) { plainMask(dst, a, b, t.mask) })}
	}
	if c.Type == bench.Uint8 {
		peers := []peer{rows(c, "plain loop", func(dst, a, b []uint8) { plainUint8(dst, a, b, l, m) })}
		if simdUint8 != nil {
			peers = append(peers, rows(c, "archsimd", func(dst, a, b []uint8) { simdUint8(dst, a, b, l, m) }))
		}
		return peers
	}
	temp := make([]float32, block)
	peers := []peer{
		rows(c, "plain loop", floats(func(dst, a, b []float32) { plainFloat32(dst, a, b, l, m) })),
		rows(c, "vek32", floats(blocks(func(dst, a, b []float32) {
			t := vek32.MulNumber_Into(temp[:len(b)], b, m)
			if &dst[0] == &a[0] {
				vek32.MulNumber_Inplace(dst, l)
			} else {
				vek32.MulNumber_Into(dst, a, l)
			}
			vek32.Add_Inplace(dst, t)
		}))),
		rows(c, "gonum blas32", floats(blocks(func(dst, a, b []float32) {
			if &dst[0] != &a[0] {
				copy(dst, a)
			}
			blas32.Scal(l, vector(dst))
			blas32.Axpy(m, vector(b), vector(dst))
		}))),
	}
	if simdFloat32 != nil {
		peers = append(peers, rows(c, "archsimd", floats(func(dst, a, b []float32) { simdFloat32(dst, a, b, l, m) })))
	}
	return peers
}

// Of package simd/archsimd, where the toolchain and the CPU have it.
var (
	simdFloat32 func(dst, a, b []float32, l, m float32)
	simdUint8   func(dst, a, b []uint8, l, m float32)
)

func plainFloat32(dst, a, b []float32, l, m float32) {
	a, b = a[:len(dst)], b[:len(dst)] // so that indices are checked once
	for i := range dst {
		dst[i] = float32(l*a[i]) + float32(m*b[i])
	}
}

func plainUint8(dst, a, b []uint8, l, m float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = uint8(float32(l*float32(a[i])) + float32(m*float32(b[i])) + .5)
	}
}

// plainNormalize mixes packed pixels to normalized planes, without rounding to bytes between.
func plainNormalize(dst []float32, a, b []uint8, l, m float32, n *blend.Normalization) {
	plane := len(a) / 3
	for c := range 3 {
		d, a, b := dst[c*plane:][:plane], a[c:], b[c:]
		l, m, bias := l*n.Scale[c], m*n.Scale[c], n.Bias[c]
		for i := range d {
			d[i] = l*float32(a[3*i]) + m*float32(b[3*i]) + bias
		}
	}
}

// plainCut copies a, and the box of b over it.
func plainCut(dst, a, b []uint8, side int, box image.Rectangle) {
	if &dst[0] != &a[0] {
		copy(dst, a)
	}
	for plane := 0; plane < len(dst); plane += side * side {
		for y := box.Min.Y; y < box.Max.Y; y++ {
			from, to := plane+y*side+box.Min.X, plane+y*side+box.Max.X
			copy(dst[from:to], b[from:to])
		}
	}
}

// plainMask mixes by a mask, one for all planes. Its sum over 255, rounded, is exact in integers.
func plainMask(dst, a, b, mask []uint8) {
	for len(dst) > 0 {
		d, a0, b0 := dst[:len(mask)], a[:len(mask)], b[:len(mask)]
		for i, m := range mask {
			t := uint(m)*uint(a0[i]) + uint(255-m)*uint(b0[i]) + 128
			d[i] = uint8((t + t>>8) >> 8)
		}
		dst, a, b = dst[len(mask):], a[len(mask):], b[len(mask):]
	}
}

func vector(s []float32) blas32.Vector { return blas32.Vector{N: len(s), Inc: 1, Data: s} }

func floats(pair func(dst, a, b []float32)) func(dst, a, b []byte) {
	return func(dst, a, b []byte) { pair(bench.Floats(dst), bench.Floats(a), bench.Floats(b)) }
}

func blocks(pair func(dst, a, b []float32)) func(dst, a, b []float32) {
	return func(dst, a, b []float32) {
		for i := 0; i < len(dst); i += block {
			j := min(i+block, len(dst))
			pair(dst[i:j], a[i:j], b[i:j])
		}
	}
}

// rows mixes a batch by what mixes two rows. In place it follows the index, a cycle, so that one row is kept aside, not all.
func rows(c bench.Case, name string, pair func(dst, a, b []byte)) peer {
	index, n := c.Index(), c.Columns*c.Size()
	row := func(s []byte, i int) []byte { n := len(s) / len(index); return s[i*n : (i+1)*n] }
	if c.Place == bench.OutOfPlace {
		return peer{name, func(dst, x []byte) {
			for i, q := range index {
				pair(row(dst, i), row(x, i), row(x, q))
			}
		}}
	}
	first := bench.Lines(n)
	return peer{name, func(_, x []byte) {
		copy(first, row(x, 0))
		i := 0
		for ; index[i] != 0; i = index[i] {
			pair(row(x, i), row(x, i), row(x, index[i]))
		}
		pair(row(x, i), row(x, i), first)
	}}
}
