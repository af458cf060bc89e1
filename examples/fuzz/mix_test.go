package fuzz

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/mixblend/blend/kernels"
)

// lengths are those at which vectors of 16 to 64 bytes, and blocks of them, end.
var lengths = []int{0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513}

// data is some bytes: with every value, and of no short period.
func data(n int) []byte {
	s := make([]byte, n)
	for i := range s {
		s[i] = byte(i*i>>3 + 37*i)
	}
	return s
}

func FuzzUint8(f *testing.F) {
	for i, n := range lengths {
		f.Add(data(2*n), uint16(i*kernels.One/(len(lengths)-1))) // from λ = 0 to λ = 1
		f.Add(data(2*n), uint16(i*77%257*128))                   // where ties occur
	}
	f.Fuzz(func(t *testing.T, data []byte, weight uint16) {
		w := int(weight) % (kernels.One + 1)
		n := len(data) / 2
		a, b := data[:n], data[n:2*n]
		got, want := make([]uint8, n+1), make([]uint8, n+1)
		got[n], want[n] = 77, 77 // must stay
		Uint8(got[:n], a, b, float64(w)/kernels.One)
		kernels.BlendU8(want[:n], a, b, w)
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("λ = %d/%d, element %d of %d: got %d, want %d", w, kernels.One, i, n, got[i], want[i])
			}
		}
	})
}

func FuzzFloat32(f *testing.F) {
	for i, n := range lengths {
		f.Add(data(8*n), float64(i)/float64(len(lengths)-1))
	}
	f.Fuzz(func(t *testing.T, data []byte, lambda float64) {
		if !(lambda >= 0 && lambda <= 1) {
			return
		}
		n := len(data) / 8
		a, b := floats(data[:4*n]), floats(data[4*n:8*n])
		got, want := make([]float32, n+1), make([]float32, n+1)
		got[n], want[n] = 77, 77 // must stay
		Float32(got[:n], a, b, lambda)
		l, m := kernels.WeightsF32(lambda)
		kernels.BlendF32(want[:n], a, b, l, m)
		for i := range want {
			g, w := math.Float32bits(got[i]), math.Float32bits(want[i])
			if g != w && !(got[i] != got[i] && want[i] != want[i]) { // one NaN is as good as another
				t.Fatalf("λ = %v, element %d of %d: got %#08x, want %#08x", lambda, i, n, g, w)
			}
		}
	})
}

// floats looks at bytes as float32, whatever bits they are.
func floats(data []byte) []float32 {
	s := make([]float32, len(data)/4)
	for i := range s {
		s[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return s
}
