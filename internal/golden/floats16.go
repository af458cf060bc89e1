package golden

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
)

//go:embed floats16.json.gz
var floats16Data []byte

// Floats16 is what floats16.py recorded.
type Floats16 struct{ BFloat16, Float16 []Mix16 }

// A Mix16 is the mix of all 16-bit patterns at Lambda: SHA-256 in hexadecimal of the results, each NaN being 0x7fff.
type Mix16 struct {
	Lambda float64
	SHA256 string
}

// Partner16 returns what the bit pattern i is mixed with.
func Partner16(i uint16) uint16 { return 40503*i + 12345 }

// LoadFloats16 returns it.
func LoadFloats16() (*Floats16, error) {
	z, err := gzip.NewReader(bytes.NewReader(floats16Data))
	if err != nil {
		return nil, err
	}
	f := new(Floats16)
	return f, json.NewDecoder(z).Decode(f)
}
