package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/image/draw"
)

// await returns what f does, or an error as soon as ctx is done: f is left to itself then, since the program is about to end.
func await[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// loadPicture decodes a file and scales it into row, [h, w, 3]. Large ones take seconds.
func loadPicture(ctx context.Context, row []uint8, name string, w, h int) error {
	_, err := await(ctx, func() (struct{}, error) { return struct{}{}, scalePicture(ctx, row, name, w, h) })
	return err
}

func scalePicture(ctx context.Context, row []uint8, name string, w, h int) error {
	src, err := decode(ctx, name)
	if err != nil {
		return fmt.Errorf("%s: %w", name, reason(err))
	}
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(dst, dst.Bounds(), image.White, image.Point{}, draw.Src) // under what is transparent
	draw.CatmullRom.Scale(dst, dst.Bounds(), src, crop(src.Bounds(), w, h), draw.Over, nil)
	for i := 0; i < w*h; i++ {
		copy(row[3*i:3*i+3], dst.Pix[4*i:])
	}
	return nil
}

// crop returns the largest rectangle in the middle of r with the aspect ratio w:h.
func crop(r image.Rectangle, w, h int) image.Rectangle {
	cw, ch := r.Dx(), r.Dy()
	if across, down := int64(cw)*int64(h), int64(ch)*int64(w); across > down {
		cw = max(1, int((down+int64(h)/2)/int64(h)))
	} else {
		ch = max(1, int((across+int64(w)/2)/int64(w)))
	}
	at := r.Min.Add(image.Pt((r.Dx()-cw)/2, (r.Dy()-ch)/2))
	return image.Rectangle{at, at.Add(image.Pt(cw, ch))}
}

// openFile opens a regular file. Opening, say, a pipe would wait for its other end.
func openFile(name string) (*os.File, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, notFile(info)
	}
	return os.Open(name)
}

func decode(ctx context.Context, name string) (image.Image, error) {
	f, err := openFile(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := interruptible{ctx, f}
	c, _, err := image.DecodeConfig(bufio.NewReader(r))
	switch {
	case errors.Is(err, image.ErrFormat):
		return nil, errors.New("neither PNG nor JPEG")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errors.New("truncated")
	case err != nil:
		return nil, err
	case c.Width < 1 || c.Height < 1:
		return nil, fmt.Errorf("no pixels, %d×%d", c.Width, c.Height)
	case int64(c.Width) > maxPixels/int64(c.Height):
		return nil, fmt.Errorf("%d×%d, more than %d pixels", c.Width, c.Height, maxPixels)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	img, _, err := image.Decode(bufio.NewReader(r))
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errors.New("truncated")
	}
	return img, err
}

// encoder returns the function for the extension of name, or nil.
func encoder(name string) func(io.Writer, image.Image) error {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".png":
		return png.Encode
	case ".jpg", ".jpeg":
		return func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, &jpeg.Options{Quality: 92}) }
	}
	return nil
}

// checkOutput refuses an output that is no file, or is an input, before any work is done.
func checkOutput(out string, inputs []string) error {
	info, err := os.Stat(out)
	if err != nil {
		return nil // most likely there is none; if not, save will say so
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("output %s: %w", out, notFile(info))
	}
	for _, name := range inputs {
		if in, err := os.Stat(name); err == nil && os.SameFile(info, in) {
			return fmt.Errorf("output %s is the input %s", out, name)
		}
	}
	return nil
}

// save writes all of the picture or leaves things as they were.
func save(ctx context.Context, out string, img image.Image) error {
	return saveFile(ctx, out, func(w io.Writer) error { return encoder(out)(w, img) })
}

// saveFile writes all of a file or leaves things as they were: it renames a finished one.
func saveFile(ctx context.Context, out string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(out), ".mixup-*")
	if err != nil {
		return fmt.Errorf("output %s: %w", out, reason(err))
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("output %s: %w", out, reason(err))
		}
	}()
	if err := write(interruptible{ctx, f}); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return os.Rename(f.Name(), out)
}

// interruptible makes decoders and encoders stop when ctx is done.
type interruptible struct {
	ctx context.Context
	f   *os.File
}

func (i interruptible) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.f.Read(p)
}

func (i interruptible) Write(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.f.Write(p)
}

func notFile(info fs.FileInfo) error {
	if info.IsDir() {
		return errors.New("is a directory")
	}
	return errors.New("is not a regular file")
}

// reason strips an error of the system of the operation and the file name, which may be that of a temporary file.
func reason(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
