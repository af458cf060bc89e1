// Command api holds the exported API of the root module against the texts in the folder api, and says of each change whether code
// that uses the module still compiles. It fails if there is any.
//
//	go -C tools run ./api       # compare
//	go -C tools run ./api -w    # rewrite the texts, and say the same
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	write := flag.Bool("w", false, "rewrite the texts")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "api: takes no arguments, but there is %q\n", flag.Arg(0))
		os.Exit(2)
	}
	changed, err := run("..", *write, os.Stdout)
	if err == nil && changed && !*write {
		err = errors.New("the API has changed. If that is meant, say so in CHANGELOG.md, run go -C tools run ./api -w, and commit what it writes." +
			"\nAn incompatible change needs a new minor version before 1.0, and a new major version after")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "api:", err)
		os.Exit(1)
	}
}

// run compares the module in a folder with its texts, and says what has changed, symbol by symbol and line by line.
func run(module string, write bool, out io.Writer) (changed bool, err error) {
	packages, err := load(module, "amd64")
	if err != nil {
		return false, err
	}
	texts, err := texts(packages)
	if err != nil {
		return false, err
	}
	for _, arch := range []string{"arm64", "riscv64"} { // the other assembly, and none
		others, err := load(module, arch)
		if err != nil {
			return false, err
		}
		if err := sameTexts(texts, others, arch); err != nil {
			return false, err
		}
	}
	dir := filepath.Join(module, "api")
	old, err := read(dir)
	if err != nil {
		return false, err
	}
	changes, err := compare(old, packages)
	if err != nil {
		return false, err
	}
	for _, c := range changes {
		fmt.Fprintln(out, c)
	}
	for _, path := range sorted(texts) {
		lines := difference(string(old[path]), string(texts[path]))
		if len(lines) == 0 {
			continue
		}
		fmt.Fprintf(out, "%s:\n%s\n", file("api", path), strings.Join(lines, "\n"))
		changed = true
	}
	if changed && len(changes) == 0 {
		fmt.Fprintln(out, "apidiff finds nothing in that: either parameters have other names, or a constraint has changed, at which it does not look")
	}
	changed = changed || len(changes) > 0
	if !write {
		return changed, nil
	}
	if again, err := compare(texts, packages); err != nil || len(again) > 0 {
		return changed, fmt.Errorf("what would be written is not the API: %q, %v", again, err)
	}
	if err := os.RemoveAll(dir); err != nil {
		return changed, err
	}
	for path, text := range texts {
		name := file(dir, path)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return changed, err
		}
		if err := os.WriteFile(name, text, 0o644); err != nil {
			return changed, err
		}
	}
	return changed, nil
}

const root = "github.com/mixblend/blend"

// file is where the text of a package is.
func file(dir, path string) string {
	name := strings.TrimPrefix(strings.TrimPrefix(path, root), "/")
	if name == "" {
		name = filepath.Base(root)
	}
	return filepath.Join(dir, filepath.FromSlash(name)+".txt")
}

// read returns the texts in a folder by package path, none if it is not there.
func read(dir string) (map[string][]byte, error) {
	texts := map[string][]byte{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		path := root
		if rel = strings.TrimSuffix(filepath.ToSlash(rel), ".txt"); rel != filepath.Base(root) {
			path += "/" + rel
		}
		texts[path], err = os.ReadFile(name)
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return texts, nil
	}
	return texts, err
}

func sameTexts(want map[string][]byte, packages []loaded, arch string) error {
	got, err := texts(packages)
	if err != nil {
		return err
	}
	for path, text := range want {
		if !bytes.Equal(got[path], text) {
			return fmt.Errorf("%s has another API on %s", path, arch)
		}
	}
	if len(got) != len(want) {
		return fmt.Errorf("%d packages on %s, not %d", len(got), arch, len(want))
	}
	return nil
}

// difference returns the lines that one text has and the other has not.
func difference(old, now string) []string {
	var lines []string
	only := func(sign, in, without string) {
		has := strings.Split(without, "\n")
		for _, line := range strings.Split(in, "\n") {
			if !slices.Contains(has, line) {
				lines = append(lines, sign+line)
			}
		}
	}
	only("-", old, now)
	only("+", now, old)
	return lines
}

func sorted[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
