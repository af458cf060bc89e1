package pictures

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"testing"
)

// A cancelling reader interrupts when somebody reads past a place, and counts what is read after that.
type cancelling struct {
	io.ReaderAt
	past   int64
	cancel func()
	after  int
}

func (c *cancelling) ReadAt(p []byte, off int64) (int, error) {
	if c.past < 0 {
		c.after++
	} else if off > c.past && len(p) >= 1024 { // not what looks for the header
		c.cancel()
		c.past = -1
	}
	return c.ReaderAt.ReadAt(p, off)
}

// An interrupt ends a decoder where it reads.
func TestDecodeInterrupted(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 1000, 1000))
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] = uint8(rng.Uint32())
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := &cancelling{ReaderAt: bytes.NewReader(b.Bytes()), past: 300_000, cancel: cancel}
	if _, err := decode(ctx, r); !errors.Is(err, context.Canceled) || r.past >= 0 || r.after > 1 {
		t.Errorf("%v, and it has read %d times more", err, r.after)
	}
}
