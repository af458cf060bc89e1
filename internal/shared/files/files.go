// Package files reads and writes the files of the programs.
package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Open opens a regular file. Opening a pipe, say, would wait for its other end.
func Open(name string) (*os.File, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, notRegular(info)
	}
	return os.Open(name)
}

func notRegular(info fs.FileInfo) error {
	if info.IsDir() {
		return errors.New("is a directory")
	}
	return errors.New("is not a regular file")
}

// An Output is a file to be written.
type Output struct {
	name   string // as the user knows it
	inputs []string
}

// NewOutput refuses, before any work is done, an output that could not be written, or that is one
// of the inputs under whatever name. It creates nothing.
func NewOutput(name string, inputs ...string) (*Output, error) {
	o := &Output{name, inputs}
	if _, _, err := o.target(); err != nil {
		return nil, o.wrap(err)
	}
	return o, nil
}

// Name returns the name of the file as it was given.
func (o *Output) Name() string { return o.name }

// target returns the file that the name stands for, at the end of symbolic links, and its mode if
// there is one already.
func (o *Output) target() (name string, old fs.FileInfo, err error) {
	name = o.name
	for links := 0; ; links++ {
		info, err := os.Lstat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist) && name != "":
			if info, err := os.Stat(filepath.Dir(name)); err != nil || info.IsDir() {
				return name, nil, err
			}
			return name, nil, errors.New("not in a directory")
		case err != nil:
			return name, nil, err
		case info.Mode()&fs.ModeSymlink == 0:
			return name, info, o.check(name, info)
		case links == 100:
			return name, nil, errors.New("too many symbolic links")
		}
		link, err := os.Readlink(name)
		if err != nil {
			return name, nil, err
		}
		if !filepath.IsAbs(link) {
			link = filepath.Join(filepath.Dir(name), link)
		}
		name = link
	}
}

// check refuses to replace a file that is none, is an input, or may not be written.
func (o *Output) check(name string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return notRegular(info)
	}
	for _, input := range o.inputs {
		if in, err := os.Stat(input); err == nil && os.SameFile(info, in) {
			return fmt.Errorf("is the input %s", input)
		}
	}
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

// Write writes all of the file or, after an error or when ctx is done, leaves things as they were:
// it renames a finished file. A new file has the permissions that the umask leaves, one that is
// replaced keeps its own, and symbolic links still lead to it.
func (o *Output) Write(ctx context.Context, write func(io.Writer) error) (err error) {
	defer func() { err = o.wrap(err) }()
	target, old, err := o.target()
	if err != nil {
		return err
	}
	f, err := create(filepath.Dir(target))
	if err != nil {
		return err
	}
	done := false
	defer func() {
		if !done { // write may have panicked, too
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if old != nil {
		if err := f.Chmod(old.Mode().Perm()); err != nil {
			return err
		}
	}
	if err := write(writer{ctx, f}); err != nil {
		return whole{err}
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	// Files may have been moved while it was written.
	if now, _, err := o.target(); err != nil {
		return err
	} else if now != target {
		return fmt.Errorf("was %s, and is %s now", target, now)
	}
	if err := os.Rename(f.Name(), target); err != nil {
		return err
	}
	done = true
	return nil
}

// create makes a file of a name of its own, with the permissions that the umask leaves, which
// os.CreateTemp does not.
func create(dir string) (f *os.File, err error) {
	for range 1000 {
		name := filepath.Join(dir, fmt.Sprintf(".unfinished-%016x", rand.Uint64()))
		if f, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666); !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return f, err
}

// wrap names the output as the user knows it, and no other file.
func (o *Output) wrap(err error) error {
	switch err := err.(type) {
	case nil:
		return nil
	case whole:
		return fmt.Errorf("output %s: %w", Shown(o.name), err.error)
	}
	return fmt.Errorf("output %s: %w", Shown(o.name), Reason(err))
}

// whole is an error of others, which may name files of theirs.
type whole struct{ error }

// Shown returns a file's name as errors show it, quoted where nothing else would be seen.
func Shown(name string) string {
	if name == "" {
		return `""`
	}
	return name
}

// Reason strips an error of the system of the operation and the file name.
func Reason(err error) error {
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

// A writer stops when ctx is done. Its errors do not name the file, which has a name for the time being.
type writer struct {
	ctx context.Context
	w   io.Writer
}

func (w writer) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := w.w.Write(p)
	if err != nil {
		err = Reason(err)
	}
	return n, err
}
