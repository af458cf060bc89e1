package mixup

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"testing"
)

//go:embed testdata/masks.json.gz
var goldenMasks []byte

// Batches that NumPy mixed by masks, and Pillow the same: pixels and shares, in both layouts, in place and out of place.
func TestNumPyMasks(t *testing.T) {
	z, err := gzip.NewReader(bytes.NewReader(goldenMasks))
	if err != nil {
		t.Fatal(err)
	}
	var set struct {
		Rows, Channels, Height, Width int
		Index                         []int
		Uint8                         []byte
		Float32                       floats
		Sets                          []struct {
			Masks   []byte
			Lambda  []hexFloat
			Uint8   []byte
			Float32 floats
		}
	}
	if err := json.NewDecoder(z).Decode(&set); err != nil {
		t.Fatal(err)
	}
	g := geometry{CHW, set.Channels, set.Height, set.Width}
	if len(set.Sets) != 4 || len(set.Uint8) != set.Rows*g.size() {
		t.Fatalf("%d sets of %d bytes", len(set.Sets), len(set.Uint8))
	}
	for i, s := range set.Sets {
		var masks [][]uint8
		for rest := s.Masks; len(rest) > 0; rest = rest[set.Height*set.Width:] {
			masks = append(masks, rest[:set.Height*set.Width])
		}
		for _, layout := range []Layout{CHW, HWC} {
			t.Run(fmt.Sprintf("%d masks, set %d, %v", len(masks), i, layout), func(t *testing.T) {
				m := masksOf(t, set.Index, layout, set.Height, set.Width, masks...)
				for row := range set.Rows {
					if want := float64(s.Lambda[min(row, len(s.Lambda)-1)]); m.Lambda(row) != want {
						t.Errorf("row %d: λ = %v, want %v", row, m.Lambda(row), want)
					}
				}
				u := inLayout(g, layout, set.Uint8)
				checkCall(t, "Uint8", m, u, inLayout(g, layout, s.Uint8), m.Uint8, m.Uint8Rows)
				f := inLayout(g, layout, set.Float32)
				checkCall(t, "Float32", m, f, inLayout(g, layout, s.Float32), m.Float32, m.Float32Rows)
			})
		}
	}
}

// inLayout is a batch of CHW in another layout.
func inLayout[T any](g geometry, layout Layout, x []T) []T {
	y := make([]T, len(x))
	for e := range x {
		row, in := e/g.size(), e%g.size()
		c, pixel := in/(g.height*g.width), in%(g.height*g.width)
		y[row*g.size()+g.at(layout, c, pixel/g.width, pixel%g.width)] = x[e]
	}
	return y
}
