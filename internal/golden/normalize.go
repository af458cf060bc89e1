package golden

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
)

//go:embed normalize.json.gz
var normalizeData []byte

// Normalize is what normalize.py recorded: SHA-256 in hexadecimal.
type Normalize struct {
	// ByWeight has, for a weight w, the hash of float32, bfloat16 and float16 results over all pairs a<<8 | b of bytes and three
	// channels.
	ByWeight map[int]string `json:"normalize"`
	// BFloat16 and Float16 have a hash for every 1<<24 bit patterns of float32, converted, each NaN being 0x7fff.
	BFloat16, Float16 []string
}

// LoadNormalize returns it.
func LoadNormalize() (*Normalize, error) {
	z, err := gzip.NewReader(bytes.NewReader(normalizeData))
	if err != nil {
		return nil, err
	}
	n := new(Normalize)
	return n, json.NewDecoder(z).Decode(n)
}
