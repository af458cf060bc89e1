// Package pictures decodes PNG and JPEG files, as they are meant to be seen, and scales them,
// within a limit of memory and until a context is done.
package pictures

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"

	"github.com/mixblend/blend/internal/shared/files"
)

// MaxBytes is how much memory a picture may need to be decoded.
const MaxBytes = 512 << 20

// Decode decodes a file, whatever its name, and turns it as its EXIF orientation says. What it
// allocates is estimated, not less than it is, before anything is decoded; more than [MaxBytes] is
// refused. Errors begin with the name.
func Decode(ctx context.Context, name string) (image.Image, error) {
	m, err := decodeFile(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", files.Shown(name), files.Reason(err))
	}
	return m, nil
}

// Check returns an error for the first of files whose header is not that of a picture, as [Decode]
// would, and decodes none.
func Check(ctx context.Context, names ...string) error {
	for _, name := range names {
		if err := checkFile(ctx, name); err != nil {
			return fmt.Errorf("%s: %w", files.Shown(name), files.Reason(err))
		}
	}
	return nil
}

func checkFile(ctx context.Context, name string) error {
	f, err := files.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = inspect(ctx, f)
	return plain(err)
}

func decodeFile(ctx context.Context, name string) (image.Image, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return decode(ctx, f)
}

// DecodeAt is [Decode] for a file that lies in r.
func DecodeAt(ctx context.Context, r io.ReaderAt) (image.Image, error) {
	return decode(ctx, r)
}

// decode returns the picture of a file that lies in r.
func decode(ctx context.Context, r io.ReaderAt) (image.Image, error) {
	h, err := inspect(ctx, r)
	if err != nil {
		return nil, plain(err)
	}
	if need := h.bytes(); need > MaxBytes {
		return nil, fmt.Errorf("%d×%d pixels take up to %.0f bytes to decode, more than %d", h.width, h.height, need, MaxBytes)
	}
	if h.bytes() > MaxBytes/8 {
		runtime.GC() // or the picture before, if there was one, may be in memory as well
	}
	all := bufio.NewReader(reader{ctx, io.NewSectionReader(r, 0, 1<<62)})
	var m image.Image
	if h.format == formatPNG {
		m, err = png.Decode(all)
	} else {
		m, err = jpeg.Decode(all)
	}
	if err != nil {
		return nil, plain(err)
	}
	if size := m.Bounds().Size(); size != image.Pt(h.width, h.height) {
		return nil, fmt.Errorf("it has %d×%d pixels, and its header said %d×%d", size.X, size.Y, h.width, h.height)
	}
	return turn(ctx, m, h.orientation)
}

// plain says truncated where a decoder speaks of EOF.
func plain(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("truncated")
	}
	return err
}

// A reader stops when ctx is done.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
