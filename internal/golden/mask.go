package golden

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
)

//go:embed mask.json.gz
var maskData []byte

// Mask is what mask.py recorded: for every byte m of a mask, SHA-256 in hexadecimal.
type Mask struct {
	// Uint8 is over all pairs a<<8 | b of bytes.
	Uint8 []string
	// Float32 is over rows 0, 2 and 4 of X of the Set as a, and rows 1, 3 and 5 as b.
	Float32 []string
	// BFloat16 and Float16 are over all bit patterns as a, and a·40503 + 12345 as b.
	BFloat16, Float16 []string
}

// LoadMask returns it.
func LoadMask() (*Mask, error) {
	z, err := gzip.NewReader(bytes.NewReader(maskData))
	if err != nil {
		return nil, err
	}
	m := new(Mask)
	return m, json.NewDecoder(z).Decode(m)
}
