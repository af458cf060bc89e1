// Package golden holds results of PyTorch and NumPy, for the tests of several packages. golden.py computes them.
package golden

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

//go:embed golden.json.gz
var data []byte

// A Set is what golden.py recorded.
type Set struct {
	Versions map[string]string
	X        [][]float32
	Float32  []Float32
	Uint8    []Uint8
}

// Float32 is lam * x + (1 - lam) * x[index] in float32, for x of the Set.
type Float32 struct {
	Lambda float64
	Index  []int
	Want   [][]float32
}

// Uint8 is rint(lam * a + (1 - lam) * b) at lam = Lambda = W/2¹⁵: the SHA-256 of the results for all a<<8 | b in order, in
// hexadecimal, and some (a, b, result) at ties and near them, to read.
type Uint8 struct {
	W      int
	Lambda float64
	SHA256 string
	Spots  [][3]uint8
}

// Load returns the set.
func Load() (*Set, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	var raw struct {
		Versions map[string]string
		X        []byte
		Rows     int
		Float32  []struct {
			Lambda string
			Index  []int
			Want   []byte
		}
		Uint8 []struct {
			W      int
			Lambda string
			SHA256 string
			Spots  [][3]uint8
		}
	}
	if err := json.NewDecoder(z).Decode(&raw); err != nil {
		return nil, err
	}
	set := &Set{Versions: raw.Versions}
	if set.X, err = rows(raw.X, raw.Rows); err != nil {
		return nil, err
	}
	for _, c := range raw.Float32 {
		lambda, err := strconv.ParseFloat(c.Lambda, 64)
		if err != nil {
			return nil, err
		}
		want, err := rows(c.Want, raw.Rows)
		if err != nil {
			return nil, err
		}
		set.Float32 = append(set.Float32, Float32{lambda, c.Index, want})
	}
	for _, c := range raw.Uint8 {
		lambda, err := strconv.ParseFloat(c.Lambda, 64)
		if err != nil {
			return nil, err
		}
		set.Uint8 = append(set.Uint8, Uint8{c.W, lambda, c.SHA256, c.Spots})
	}
	return set, nil
}

func rows(b []byte, n int) ([][]float32, error) {
	if n <= 0 || len(b) == 0 || len(b)%(4*n) != 0 {
		return nil, fmt.Errorf("golden: %d bytes in %d rows", len(b), n)
	}
	cols := len(b) / 4 / n
	x := make([][]float32, n)
	for i := range x {
		x[i] = make([]float32, cols)
		for j := range x[i] {
			x[i][j] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*(i*cols+j):]))
		}
	}
	return x, nil
}
