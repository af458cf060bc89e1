package shards

import (
	"archive/tar"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mixblend/blend/examples/feed"
	"github.com/mixblend/blend/internal/shared/files"
)

// A Picture is a PNG or JPEG file, and its class.
type Picture struct {
	Name  string
	Class int
}

// Folder returns the pictures of a folder with one subfolder per class, and the names of the classes: the layout of
// torchvision's ImageFolder. Other files are left out.
func Folder(name string) (all []Picture, classes []string, err error) {
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil, nil, err
	}
	for _, class := range entries { // by name
		if !class.IsDir() {
			continue
		}
		classes = append(classes, class.Name())
		err := filepath.WalkDir(filepath.Join(name, class.Name()), func(path string, d os.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && isPicture(path) {
				all = append(all, Picture{path, len(classes) - 1})
			}
			return err
		})
		if err != nil {
			return nil, nil, err
		}
	}
	if len(all) == 0 {
		return nil, nil, fmt.Errorf("shards: %s has no folder with a .jpg, .jpeg or .png in it", name)
	}
	return all, classes, nil
}

func isPicture(name string) bool {
	return slices.Contains([]string{".jpg", ".jpeg", ".png"}, strings.ToLower(filepath.Ext(name)))
}

// Write writes pictures, in an order given by seed, to shards of size samples in the folder dir, which it creates if
// necessary: name-000000.tar, … and their index, name-index.json, which it returns. Files are copied as they are.
func Write(ctx context.Context, dir, name string, size int, seed uint64, all []Picture) (*Index, error) {
	if size < 1 || len(all) < 1 {
		return nil, fmt.Errorf("shards: %d pictures in shards of %d, want 1 or more", len(all), size)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	all = slices.Clone(all)
	feed.Shuffle(feed.Rand(seed), all)
	x := NewIndex(nil)
	for part := range slices.Chunk(all, size) {
		shard := Shard{fmt.Sprintf("%s-%06d.tar", name, len(x.Shards)), len(part)}
		out, err := files.NewOutput(filepath.Join(dir, shard.URL))
		if err != nil {
			return nil, err
		}
		first := len(x.Shards) * size
		if err := out.Write(ctx, func(w io.Writer) error { return writeShard(w, first, part) }); err != nil {
			return nil, err
		}
		x.Shards = append(x.Shards, shard)
	}
	out, err := files.NewOutput(filepath.Join(dir, name+"-index.json"))
	if err != nil {
		return nil, err
	}
	return x, out.Write(ctx, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(x)
	})
}

func writeShard(w io.Writer, first int, all []Picture) error {
	t := tar.NewWriter(w)
	add := func(name string, content []byte) error {
		if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(content)), Mode: 0o644}); err != nil {
			return err
		}
		_, err := t.Write(content)
		return err
	}
	for i, p := range all {
		content, err := os.ReadFile(p.Name)
		if err != nil {
			return err
		}
		ext := ""
		switch {
		case strings.HasPrefix(string(content), "\xff\xd8\xff"):
			ext = "jpg"
		case strings.HasPrefix(string(content), "\x89PNG\r\n\x1a\n"):
			ext = "png"
		default:
			return fmt.Errorf("%s: neither PNG nor JPEG", p.Name)
		}
		key := fmt.Sprintf("%08d", first+i)
		if err := add(key+"."+ext, content); err != nil {
			return err
		}
		if err := add(key+".cls", fmt.Append(nil, p.Class)); err != nil {
			return err
		}
	}
	return t.Close()
}
