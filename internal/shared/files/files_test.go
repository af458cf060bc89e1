package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func write(t *testing.T, name, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func list(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func save(ctx context.Context, name, text string, inputs ...string) error {
	o, err := NewOutput(name, inputs...)
	if err != nil {
		return err
	}
	return o.Write(ctx, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
}

func symlink(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Skip(err)
	}
}

// A new file has the mode that the umask leaves, one that is replaced keeps its own.
func TestModes(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "old", "old", 0o640)
	write(t, "private", "old", 0o600)
	for name, want := range map[string]fs.FileMode{"old": 0o640, "private": 0o600, "new": 0o666} {
		if err := save(t.Context(), name, "text"); err != nil || read(t, name) != "text" {
			t.Fatal(name, err)
		}
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if name == "new" { // as the system makes it
			f, err := os.Create("other")
			if err != nil {
				t.Fatal(err)
			}
			other, err := f.Stat()
			if err != nil {
				t.Fatal(err)
			}
			f.Close()
			want = other.Mode()
		}
		if runtime.GOOS != "windows" && info.Mode() != want {
			t.Errorf("%s: mode %v, want %v", name, info.Mode(), want)
		}
	}
}

// Symbolic links lead to the file that is written, and stay.
func TestLinks(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("a/b", 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, "a/b/file", "old", 0o600)
	symlink(t, "b/file", "a/second")
	symlink(t, "a/second", "first")
	symlink(t, "a/b/nothing yet", "dangling")
	symlink(t, "a", "folder")
	for name, target := range map[string]string{"first": "a/b/file", "dangling": "a/b/nothing yet", "folder/b/third": "a/b/third"} {
		if err := save(t.Context(), name, "new"); err != nil {
			t.Error(err)
		}
		info, err := os.Lstat(name)
		if err != nil || (info.Mode()&fs.ModeSymlink != 0) != !strings.Contains(name, "/") {
			t.Errorf("%s: %v, %v", name, info, err)
		}
		if got := read(t, target); got != "new" {
			t.Errorf("%s has %q", target, got)
		}
	}
	if files, err := os.ReadDir("a/b"); err != nil || len(files) != 3 {
		t.Errorf("%v, %v", files, err)
	}
	symlink(t, "loop", "loop")
	if err := save(t.Context(), "loop", "new"); err == nil || err.Error() != "output loop: too many symbolic links" {
		t.Error(err)
	}
}

// What cannot be written is refused before any work is done, and nothing is changed.
func TestRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "in", "input", 0o600)
	write(t, "other", "input", 0o600)
	write(t, "read-only", "input", 0o400)
	if err := os.Mkdir("folder", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Link("in", "hard"); err != nil {
		t.Skip(err)
	}
	symlink(t, "in", "soft")
	symlink(t, "missing/x", "astray")
	before := list(t)
	for name, want := range map[string]string{
		"in":             "output in: is the input in",
		"./folder/../in": "output ./folder/../in: is the input in",
		"hard":           "output hard: is the input in",
		"soft":           "output soft: is the input in",
		"folder":         "output folder: is a directory",
		"missing/x":      "output missing/x: no such file or directory",
		"astray":         "output astray: no such file or directory",
		"in/x":           "output in/x: not a directory",
		"":               "output \"\": no such file or directory",
		os.DevNull:       "output " + os.DevNull + ": is not a regular file",
		"read-only":      "output read-only: permission denied",
	} {
		if name == "read-only" {
			if f, err := os.OpenFile(name, os.O_WRONLY, 0); err == nil {
				f.Close() // this user may write every file
				continue
			}
		}
		_, err := NewOutput(name, "other", "no such input", "in")
		if err == nil || runtime.GOOS != "windows" && err.Error() != want {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
	// Nor is it written where it has become an input since.
	o, err := NewOutput("new", "in")
	if err != nil {
		t.Fatal(err)
	}
	text := func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }
	if err := os.Link("in", "new"); err != nil {
		t.Fatal(err)
	}
	if err := o.Write(t.Context(), text); err == nil || err.Error() != "output new: is the input in" {
		t.Error(err)
	}
	os.Remove("new")
	if err := o.Write(t.Context(), func(w io.Writer) error { os.Link("in", "new"); return text(w) }); err == nil || err.Error() != "output new: is the input in" {
		t.Error(err)
	}
	os.Remove("new")
	if got := read(t, "in"); got != "input" || !slices.Equal(list(t), before) {
		t.Errorf("%q; files %v, were %v", got, list(t), before)
	}
}

// After a failure, a panic or an interrupt there is what there was.
func TestFailures(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "old", "old", 0o600)
	failed := errors.New("it failed")
	ctx, cancel := context.WithCancel(t.Context())
	for _, test := range []struct {
		ctx   context.Context
		write func(w io.Writer) error
		want  error
	}{
		{t.Context(), func(w io.Writer) error { io.WriteString(w, "new"); return failed }, failed},
		{t.Context(), func(w io.Writer) error {
			w.(writer).w.(*os.File).Close()
			_, err := io.WriteString(w, "new")
			return fmt.Errorf("to write: %v, %w", err, err) // as text, too
		}, fs.ErrClosed},
		{ctx, func(w io.Writer) error { cancel(); _, err := io.WriteString(w, "new"); return err }, context.Canceled},
		{ctx, func(w io.Writer) error { return nil }, context.Canceled},
		{t.Context(), func(w io.Writer) error { panic("at once") }, nil},
	} {
		for _, name := range []string{"old", "new"} {
			func() {
				defer func() { recover() }()
				o, err := NewOutput(name)
				if err != nil {
					t.Fatal(err)
				}
				err = o.Write(test.ctx, test.write)
				if !errors.Is(err, test.want) || !strings.HasPrefix(err.Error(), "output "+name+": ") || strings.Contains(err.Error(), ".unfinished") {
					t.Errorf("%v, want %v", err, test.want)
				}
			}()
			if files := list(t); !slices.Equal(files, []string{"old"}) || read(t, "old") != "old" {
				t.Errorf("%v", files)
			}
		}
	}
}

// What is written may come from files, whose names are the user's.
func TestFailureNamesAnInput(t *testing.T) {
	o, err := NewOutput(filepath.Join(t.TempDir(), "new"))
	if err != nil {
		t.Fatal(err)
	}
	err = o.Write(t.Context(), func(io.Writer) error { _, err := os.ReadFile("missing.png"); return err })
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "missing.png") {
		t.Error(err)
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir); err == nil || err.Error() != "is a directory" {
		t.Error(err)
	}
	if _, err := Open(filepath.Join(dir, "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, err := Open(os.DevNull); runtime.GOOS != "windows" && (err == nil || err.Error() != "is not a regular file") {
		t.Error(err)
	}
	name := filepath.Join(dir, "file")
	write(t, name, "text", 0o600)
	f, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}
