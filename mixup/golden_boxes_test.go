package mixup

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"testing"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/internal/impl"
)

//go:embed testdata/boxes.json.gz
var goldenBoxes []byte

// halves is 16-bit floats in little-endian order, in base64.
type halves []uint16

func (h *halves) UnmarshalJSON(s []byte) error {
	var b []byte
	if err := json.Unmarshal(s, &b); err != nil {
		return err
	}
	for ; len(b) >= 2; b = b[2:] {
		*h = append(*h, binary.LittleEndian.Uint16(b))
	}
	return nil
}

// as is the same bits as another type.
func as[T ~uint16](h halves) []T {
	x := make([]T, len(h))
	for i, v := range h {
		x[i] = T(v)
	}
	return x
}

// Batches in which NumPy has put boxes of the partners: pixels as they are and normalized, and shares, in both layouts, in place and out
// of place, on every implementation.
func TestNumPyBoxes(t *testing.T) {
	defer impl.All[0].Use()
	z, err := gzip.NewReader(bytes.NewReader(goldenBoxes))
	if err != nil {
		t.Fatal(err)
	}
	var set struct {
		Rows, Channels, Height, Width int
		Index                         []int
		Scale, Bias                   floats
		Uint8                         []byte
		Float32                       floats
		Uint16                        halves
		Sets                          []struct {
			Boxes      [][4]int
			Lambda     []hexFloat
			Uint8      []byte
			Float32    floats
			Uint16     halves
			Normalized floats
			BFloat16   halves
			Float16    halves
		}
	}
	if err := json.NewDecoder(z).Decode(&set); err != nil {
		t.Fatal(err)
	}
	g := geometry{CHW, set.Channels, set.Height, set.Width}
	if len(set.Sets) != 4 || len(set.Uint8) != set.Rows*g.size() || len(set.Uint16) != len(set.Uint8) {
		t.Fatalf("%d sets of %d bytes", len(set.Sets), len(set.Uint8))
	}
	for _, im := range impl.All {
		im.Use()
		for i, s := range set.Sets {
			var boxes []image.Rectangle
			for _, b := range s.Boxes {
				boxes = append(boxes, image.Rect(b[0], b[1], b[2], b[3]))
			}
			for _, layout := range []Layout{CHW, HWC} {
				t.Run(fmt.Sprintf("%s, %d boxes, set %d, %v", im.Name, len(boxes), i, layout), func(t *testing.T) {
					c, err := NewCutMix(set.Index, layout, set.Height, set.Width, boxes...)
					if err != nil {
						t.Fatal(err)
					}
					for row := range set.Rows {
						if want := float64(s.Lambda[min(row, len(s.Lambda)-1)]); c.Lambda(row) != want {
							t.Errorf("row %d: λ = %v, want %v", row, c.Lambda(row), want)
						}
					}
					u := inLayout(g, layout, set.Uint8)
					checkCall(t, "Uint8", c, u, inLayout(g, layout, s.Uint8), c.Uint8, c.Uint8Rows)
					checkCall(t, "Float32", c, inLayout(g, layout, set.Float32), inLayout(g, layout, s.Float32), c.Float32, c.Float32Rows)
					checkCall(t, "BFloat16", c, as[bfloat16](inLayout(g, layout, set.Uint16)), as[bfloat16](inLayout(g, layout, s.Uint16)),
						func(dst, x []bfloat16) error { return MixBFloat16(c, dst, x) },
						func(dst, x [][]bfloat16) error { return MixBFloat16Rows(c, dst, x) })
					checkCall(t, "Float16", c, as[float16](inLayout(g, layout, set.Uint16)), as[float16](inLayout(g, layout, s.Uint16)),
						func(dst, x []float16) error { return MixFloat16(c, dst, x) },
						func(dst, x [][]float16) error { return MixFloat16Rows(c, dst, x) })
					for _, to := range []Layout{CHW, HWC} {
						if layout == CHW && to == HWC {
							continue // there is no such conversion
						}
						n := &blend.Normalization{Scale: set.Scale, Bias: set.Bias, From: layout, To: to}
						checkCall(t, fmt.Sprint("NormalizeFloat32 to ", to), c, u, inLayout(g, to, s.Normalized),
							func(dst []float32, x []uint8) error { return c.NormalizeFloat32(dst, x, n) },
							func(dst [][]float32, x [][]uint8) error { return c.NormalizeFloat32Rows(dst, x, n) })
						checkCall(t, fmt.Sprint("NormalizeBFloat16 to ", to), c, u, as[bfloat16](inLayout(g, to, s.BFloat16)),
							func(dst []bfloat16, x []uint8) error { return NormalizeBFloat16(c, dst, x, n) },
							func(dst [][]bfloat16, x [][]uint8) error { return NormalizeBFloat16Rows(c, dst, x, n) })
						checkCall(t, fmt.Sprint("NormalizeFloat16 to ", to), c, u, as[float16](inLayout(g, to, s.Float16)),
							func(dst []float16, x []uint8) error { return NormalizeFloat16(c, dst, x, n) },
							func(dst [][]float16, x [][]uint8) error { return NormalizeFloat16Rows(c, dst, x, n) })
					}
				})
			}
		}
	}
}
