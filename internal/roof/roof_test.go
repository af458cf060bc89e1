package roof

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// Every length over some blocks, at every alignment of either side; nothing beside dst is written.
func TestStreamCopy(t *testing.T) { each(t, testStreamCopy) }

func testStreamCopy(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	src, dst := make([]byte, 4096), make([]byte, 4096)
	for n := range 3*block + 2*line {
		for i := range src {
			src[i], dst[i] = byte(rng.Uint32()), byte(rng.Uint32())
		}
		from, to := rng.IntN(2*line), rng.IntN(2*line)
		want := bytes.Clone(dst)
		copy(want[to:to+n], src[from:])
		StreamCopy(dst[to:to+n], src[from:from+n])
		if !bytes.Equal(dst, want) {
			t.Fatalf("%d bytes from %d to %d: wrong", n, from, to)
		}
	}
}

func TestStreamWrite(t *testing.T) { each(t, testStreamWrite) }

func testStreamWrite(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	dst := make([]byte, 4096)
	for n := range 3*block + 2*line {
		for i := range dst {
			dst[i] = byte(rng.Uint32())
		}
		to := rng.IntN(2 * line)
		want := bytes.Clone(dst)
		copy(want[to:], bytes.Repeat([]byte{0x5a}, n))
		StreamWrite(dst[to : to+n])
		if !bytes.Equal(dst, want) {
			t.Fatalf("%d bytes from %d on: wrong", n, to)
		}
		Read(dst[to : to+n])
	}
}
