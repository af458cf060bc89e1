package kernels

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"os"
	"testing"

	"github.com/mixblend/blend/internal/golden"
)

func loadNormalize(t *testing.T) *golden.Normalize {
	t.Helper()
	set, err := golden.LoadNormalize()
	if err != nil {
		t.Fatal(err)
	}
	if len(set.ByWeight) < 256 || len(set.BFloat16) != 256 || len(set.Float16) != 256 {
		t.Fatalf("%d weights, %d and %d conversions", len(set.ByWeight), len(set.BFloat16), len(set.Float16))
	}
	return set
}

// All pairs of bytes, the constants of three channels, at hundreds of weights, as PyTorch has them.
func TestGoldenNormalize(t *testing.T) {
	var a, b [65536]uint8
	for i := range a {
		a[i], b[i] = uint8(i>>8), uint8(i)
	}
	f, h := make([]float32, 65536), make([]uint16, 65536)
	mean, std := []float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225}
	for w, want := range loadNormalize(t).ByWeight {
		if testing.Short() && w%16 != 0 {
			continue
		}
		sum := sha256.New()
		var bytes []byte
		channels := func(run func(scale, bias []float32)) {
			for c := range mean {
				run([]float32{float32(1 / (255 * std[c]))}, []float32{float32(-mean[c] / std[c])})
				sum.Write(bytes)
				bytes = bytes[:0]
			}
		}
		channels(func(scale, bias []float32) {
			NormalizeF32(f, a[:], b[:], w, scale, bias)
			for i, v := range f {
				if v != Normalize(a[i], b[i], w, scale[0], bias[0]) {
					t.Fatalf("w=%d: NormalizeF32 and Normalize differ at %d, %d", w, a[i], b[i])
				}
				bytes = binary.LittleEndian.AppendUint32(bytes, math.Float32bits(v))
			}
		})
		for _, normalize := range []func([]uint16, []uint8, []uint8, int, []float32, []float32){NormalizeBF16, NormalizeF16} {
			channels(func(scale, bias []float32) {
				normalize(h, a[:], b[:], w, scale, bias)
				for _, v := range h {
					bytes = binary.LittleEndian.AppendUint16(bytes, v)
				}
			})
		}
		if got := hex.EncodeToString(sum.Sum(nil)); got != want {
			t.Errorf("w=%d: not what PyTorch computes", w)
		}
	}
}

// Conversions of float32 bit patterns, as PyTorch makes them: all with BLEND_EXHAUSTIVE=1, which takes a minute or so, else a few in
// every stretch of 1/16.
func TestGolden16Bits(t *testing.T) {
	set := loadNormalize(t)
	every := 16
	if testing.Short() {
		every = 85
	}
	if os.Getenv("BLEND_EXHAUSTIVE") != "" {
		every = 1
	}
	for chunk := 0; chunk < 256; chunk += every {
		chunk := chunk + (chunk/every)%every
		if chunk > 255 {
			break
		}
		t.Run("", func(t *testing.T) {
			t.Parallel()
			bf, f := make([]byte, 0, 2<<24), make([]byte, 0, 2<<24)
			for i := range uint32(1 << 24) {
				v := math.Float32frombits(uint32(chunk)<<24 | i)
				x, y := RoundBF16(v), RoundF16(v)
				if v != v {
					if x&0x7fff <= 0x7f80 || y&0x7fff <= 0x7c00 {
						t.Fatalf("NaN %#08x becomes %#04x and %#04x", math.Float32bits(v), x, y)
					}
					x, y = 0x7fff, 0x7fff
				}
				bf, f = binary.LittleEndian.AppendUint16(bf, x), binary.LittleEndian.AppendUint16(f, y)
			}
			for _, c := range []struct {
				name, want string
				got        []byte
			}{{"bfloat16", set.BFloat16[chunk], bf}, {"float16", set.Float16[chunk], f}} {
				if sum := sha256.Sum256(c.got); hex.EncodeToString(sum[:]) != c.want {
					t.Errorf("%s of %#02x……: not what PyTorch converts to", c.name, chunk)
				}
			}
		})
	}
}

// What 16 bits hold comes back as it was.
func TestRoundTrip16Bits(t *testing.T) {
	for h := range uint32(1 << 16) {
		if f := FromBF16(uint16(h)); f == f && RoundBF16(f) != uint16(h) {
			t.Fatalf("bfloat16 %#04x is %v, which rounds to %#04x", h, f, RoundBF16(f))
		}
		if f := FromF16(uint16(h)); f == f && RoundF16(f) != uint16(h) {
			t.Fatalf("float16 %#04x is %v, which rounds to %#04x", h, f, RoundF16(f))
		}
	}
}
