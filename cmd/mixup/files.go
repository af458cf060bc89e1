package main

import (
	"context"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"path/filepath"
	"strings"

	"github.com/mixblend/blend/internal/shared/pictures"
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

// loadPicture decodes a file and scales its middle into row, [h, w, 4], opaque RGBA on white.
func loadPicture(ctx context.Context, row []uint8, name string, w, h int) error {
	src, err := pictures.Decode(ctx, name)
	if err != nil {
		return err
	}
	dst := &image.RGBA{Pix: row, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
	return pictures.Scale(ctx, dst, src, pictures.Crop(src.Bounds(), w, h))
}

// wrongNumber returns an error for files that are too few or too many. What is wrong with one of them
// comes first: a pattern that matches nothing is one file that is missing.
func wrongNumber(ctx context.Context, names []string, format string, args ...any) error {
	if err := pictures.Check(ctx, names...); err != nil {
		return err
	}
	return usagef(format, args...)
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
