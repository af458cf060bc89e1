package fade

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/mixblend/blend/internal/pixels"
	"github.com/mixblend/blend/kernels"
)

// row sets dst to the mix of two rows of its length.
func (j *job) row(dst, a, b, mask []uint8, stream bool) {
	switch j.images[0].kind {
	case bytes8:
		j.bytes(dst, a, b, mask, stream)
	case nrgba8:
		j.rowNRGBA(dst, a, b, mask, stream)
	case words16:
		j.weights.words(dst, a, b)
	case nrgba16:
		j.weights.rowNRGBA64(dst, a, b)
	}
}

// bytes mixes each byte by itself.
func (j *job) bytes(dst, a, b, mask []uint8, stream bool) {
	if j.masked {
		pixels.MaskPair(dst, a, b, mask, j.images[0].pixel, stream)
	} else {
		pixels.Pair(dst, a, b, j.lambda, stream)
	}
}

const (
	// chunk is how many bytes are looked through before they are mixed: few enough to be in the
	// first-level cache then, and a page: of 11·384, images took 1.2 times as long.
	chunk = 4 << 10
	// call is how many bytes are worth a call of assembly.
	call = 64
)

// rowNRGBA mixes runs of opaque pixels as bytes, the others one by one.
func (j *job) rowNRGBA(dst, a, b, mask []uint8, stream bool) {
	most := chunk - int(uintptr(unsafe.Pointer(unsafe.SliceData(dst)))%pixels.CacheLine)&^3 // so that the next begins a line
	for len(dst) > 0 {
		n, ok := opaque(a[:min(len(a), most)], b)
		if ok {
			j.bytes(dst[:n], a[:n], b[:n], mask, stream)
		} else {
			w := j.weights
			for i := 0; i < n; i += 4 {
				if j.masked {
					m := uint64(mask[i/4])
					w = weights{m, 255 - m, 255}
				}
				w.nrgba((*[4]uint8)(dst[i:]), (*[4]uint8)(a[i:]), (*[4]uint8)(b[i:]))
			}
		}
		dst, a, b = dst[n:], a[n:], b[n:]
		if j.masked {
			mask = mask[n/4:]
		}
		most = chunk
	}
}

// opaque returns how many bytes, of whole pixels of 8 bits, either are opaque in a and in b and
// worth a call, or are to be mixed one by one. b is not shorter than a.
func opaque(a, b []uint8) (n int, ok bool) {
	all := len(a)
	n = opaqueBytes(a, b)
	if least := min(all, call); n < least {
		return least, false
	}
	return n, true
}

// opaqueBytes returns how many bytes from the first are of pixels that are opaque in a and in b.
func opaqueBytes(a, b []uint8) int {
	n := len(a)
	b = b[:n]
	i := pixels.Opaque(a, b)
	const alphas = 255<<56 | 255<<24
	for ; i <= n-32; i += 32 {
		x, y := a[i:i+32:i+32], b[i:i+32:i+32]
		v := binary.LittleEndian.Uint64(x) & binary.LittleEndian.Uint64(x[8:]) & binary.LittleEndian.Uint64(x[16:]) & binary.LittleEndian.Uint64(x[24:])
		w := binary.LittleEndian.Uint64(y) & binary.LittleEndian.Uint64(y[8:]) & binary.LittleEndian.Uint64(y[16:]) & binary.LittleEndian.Uint64(y[24:])
		if v&w&alphas != alphas {
			break
		}
	}
	for i < n && a[i+3]&b[i+3] == 255 {
		i += 4
	}
	return i
}

// weights are the shares of two pixels, of one in all.
type weights struct{ own, partner, one uint64 }

func lambdaWeights(lambda float64) weights {
	w := uint64(kernels.WeightU8(lambda))
	return weights{w, kernels.One - w, kernels.One}
}

// round returns v/d, rounded half to even, for v/d < 2¹⁶ and d < 2³². Unless v/d lies half-way
// between two integers it is 1/2d or more away from there, and the float64 quotient is nearer to it
// than that.
func round(v, d uint64) uint64 {
	const integer = 3 << 51 // above 2⁵² a float64 has no fraction, so that the sum is rounded to one
	return math.Float64bits(float64(v)/float64(d)+integer) & 0xffff
}

// nrgba mixes a pixel. In place it reads all before it writes.
func (w weights) nrgba(dst, a, b *[4]uint8) {
	x, y := w.own*uint64(a[3]), w.partner*uint64(b[3])
	alpha := x + y
	if alpha == 0 {
		*dst = [4]uint8{}
		return
	}
	*dst = [4]uint8{
		uint8(round(x*uint64(a[0])+y*uint64(b[0]), alpha)),
		uint8(round(x*uint64(a[1])+y*uint64(b[1]), alpha)),
		uint8(round(x*uint64(a[2])+y*uint64(b[2]), alpha)),
		uint8(round(alpha, w.one)),
	}
}

// words mixes numbers of 16 bits by λ, four at a time: two lanes of 32 bits hold a sum, which is
// 65535·One at most.
func (w weights) words(dst, a, b []uint8) {
	a, b = a[:len(dst)], b[:len(dst)]
	i := 0
	for ; i <= len(dst)-8; i += 8 {
		x, y := binary.BigEndian.Uint64(a[i:i+8]), binary.BigEndian.Uint64(b[i:i+8])
		binary.BigEndian.PutUint64(dst[i:i+8], w.four(x, y))
	}
	for ; i < len(dst); i += 2 {
		x, y := uint64(binary.BigEndian.Uint16(a[i:])), uint64(binary.BigEndian.Uint16(b[i:]))
		binary.BigEndian.PutUint16(dst[i:], uint16(w.two(x, y)))
	}
}

func (w weights) four(x, y uint64) uint64 { return w.two(x, y) | w.two(x>>16, y>>16)<<16 }

func (w weights) two(x, y uint64) uint64 {
	const lane = 1<<32 | 1
	v := w.own*(x&(0xffff*lane)) + w.partner*(y&(0xffff*lane))
	return (v + (kernels.One/2-1)*lane + v>>15&lane) >> 15 & (0xffff * lane)
}

// rowNRGBA64 mixes pixels one by one.
func (w weights) rowNRGBA64(dst, a, b []uint8) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := 0; i <= len(dst)-8; i += 8 {
		x, y := binary.BigEndian.Uint64(a[i:i+8]), binary.BigEndian.Uint64(b[i:i+8])
		r := w.four(x, y)
		if p, q := w.own*(x&0xffff), w.partner*(y&0xffff); p+q == 0 {
			r = 0
		} else if x&y&0xffff != 0xffff {
			r &= 0xffff
			for shift := 16; shift < 64; shift += 16 {
				r |= round(p*(x>>shift&0xffff)+q*(y>>shift&0xffff), p+q) << shift
			}
		}
		binary.BigEndian.PutUint64(dst[i:i+8], r)
	}
}
