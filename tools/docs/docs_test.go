package docs

import (
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"image"
	"image/png"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

func blocks(t *testing.T) []Block {
	t.Helper()
	all, _, err := Read(root)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// goFiles returns the lines of every Go file of the repository that a build or a test compiles.
func goFiles(t *testing.T) map[string][]string {
	t.Helper()
	files := map[string][]string{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata"):
			return filepath.SkipDir
		case filepath.Ext(name) != ".go":
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		lines := strings.Split(string(text), "\n")
		for i := range lines {
			lines[i] = fields(lines[i])
		}
		files[name] = lines
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// fields makes lines comparable that are indented and aligned in different ways.
func fields(line string) string { return strings.Join(strings.Fields(line), " ") }

// Every Go block is a piece of a Go file, word by word, so that it compiles and is tested.
func TestGo(t *testing.T) {
	files := goFiles(t)
	n := 0
	for _, b := range blocks(t) {
		if b.Language != "go" {
			continue
		}
		n++
		var want []string
		for _, line := range b.Lines {
			want = append(want, fields(line))
		}
		found := false
		for _, lines := range files {
			for i := 0; i+len(want) <= len(lines) && !found; i++ {
				found = slices.Equal(lines[i:i+len(want)], want)
			}
		}
		if !found {
			t.Errorf("%s: no Go file has these lines:\n%s", b.place(), strings.Join(b.Lines, "\n"))
		}
	}
	if n < 3 {
		t.Errorf("only %d blocks of Go found", n)
	}
}

// Every command is one that there is, with flags, tests, packages and variables that there are.
func TestCommands(t *testing.T) {
	c := checker{files: goFiles(t), bin: t.TempDir(), programs: map[string]string{}}
	n := 0
	for _, b := range blocks(t) {
		switch b.Language {
		case "go", "":
			continue
		case "sh":
		default:
			t.Errorf("%s: a block of %q, which nothing checks", b.place(), b.Language)
			continue
		}
		for _, line := range b.Lines {
			words, err := split(line)
			if err != nil {
				t.Errorf("%s: %s: %v", b.place(), line, err)
				continue
			}
			if len(words) == 0 {
				continue
			}
			n++
			if err := c.command(words); err != nil {
				t.Errorf("%s: %s: %v", b.place(), line, err)
			}
		}
	}
	if n < 8 {
		t.Errorf("only %d commands found", n)
	}
	// What is wrong is found.
	for _, line := range []string{
		"go run ./cmd/nothing", "go run ./cmd/mixup nothing", "go run ./cmd/mixup verify -fast", "go test ./nothing",
		"go test -run '^TestNothing$' .", "go test -run Test -fuzz '^FuzzPear$' -fuzztime 1m .", "go test -no-such-flag .", "go -C tools run ./mutate -no",
		"BLEND_NOTHING=1 go test .", "make", "go test 'unclosed", ".ci/nothing", "go -C nowhere test .", "go generate ./kernels",
		"go test -run '^$' -bench '^BenchmarkPear$/n=1' . > file", "go vet . > file ./gen", "venv/bin/pip install -r nothing.txt",
	} {
		words, err := split(line)
		if err == nil {
			err = c.command(words)
		}
		if err == nil {
			t.Errorf("%s: nothing is found to be wrong", line)
		}
	}
}

// The first command of README.md, as it is written, in an empty folder; and the one that made its picture.
func TestImages(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "\ngo run ./cmd/mixup images\n") {
		t.Fatal("README.md has another first command")
	}
	c := checker{bin: t.TempDir(), programs: map[string]string{}}
	program, err := c.build(root, "./cmd/mixup")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, args := range [][]string{{"images"}, {"images", "-size", "128x128", "-out", "mixup.png"}} {
		cmd := exec.Command(program, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	if s, err := os.Stat(filepath.Join(dir, "mixed.png")); err != nil || s.Size() < 1000 {
		t.Errorf("mixed.png: %v", err)
	}
	got, want := picture(t, filepath.Join(dir, "mixup.png")), picture(t, filepath.Join(root, "docs", "mixup.png"))
	if got.Bounds() != want.Bounds() {
		t.Fatalf("docs/mixup.png is %v, and the command makes %v", want.Bounds(), got.Bounds())
	}
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			r, g, b, _ := got.At(x, y).RGBA()
			r2, g2, b2, _ := want.At(x, y).RGBA()
			// Scaling and drawing, other than mixing, may round in another way on another CPU.
			if far(r, r2) || far(g, g2) || far(b, b2) {
				t.Fatalf("docs/mixup.png differs at column %d, row %d from what the command makes", x, y)
			}
		}
	}
}

func far(a, b uint32) bool { return max(a, b)-min(a, b) > 3<<8 }

func picture(t *testing.T, name string) image.Image {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// split takes a line apart as a shell does that knows single quotes, comments and an output file only.
func split(line string) (words []string, err error) {
	word, quoted, in := "", false, false
	for _, r := range line {
		switch {
		case r == '\'':
			quoted, in = !quoted, true
		case quoted:
			word += string(r)
		case r == ' ' || r == '\t':
			if in {
				words = append(words, word)
			}
			word, in = "", false
		case r == '#' && !in:
			return words, nil
		case strings.ContainsRune("\"$`\\|&;<(){}*?~", r):
			return nil, fmt.Errorf("%q is not checked", r)
		default:
			word, in = word+string(r), true
		}
	}
	if quoted {
		return nil, errors.New("a quote without end")
	}
	if in {
		words = append(words, word)
	}
	if i := slices.Index(words, ">"); i >= 0 {
		if i != len(words)-2 {
			return nil, errors.New("> takes the last word, and one only")
		}
		words = words[:i]
	}
	return words, nil
}

type checker struct {
	files    map[string][]string
	bin      string
	programs map[string]string
}

var assignment = regexp.MustCompile(`^([A-Z_][A-Z0-9_]*)=`)

func (c *checker) command(words []string) error {
	for ; len(words) > 0; words = words[1:] {
		m := assignment.FindStringSubmatch(words[0])
		if m == nil {
			break
		}
		if err := c.variable(m[1]); err != nil {
			return err
		}
	}
	if len(words) == 0 {
		return nil
	}
	switch name, args := words[0], words[1:]; {
	case name == "go":
		return c.goCommand(args)
	case name == "git", name == "cd":
		return nil
	case strings.HasPrefix(name, "qemu-"): // a program for another CPU
		if len(args) > 1 && args[0] == "-cpu" {
			args = args[2:]
		}
		if len(args) == 0 {
			return errors.New("an emulator of nothing")
		}
		return c.command(args)
	case strings.HasPrefix(name, "./mixup."):
		return c.arguments(root, "./cmd/mixup", args)
	case strings.HasPrefix(name, "./blend."): // what go test -c has made
		f := testFlags()
		return f.Parse(args)
	case name == "python3" && slices.Equal(args, []string{"-m", "venv", "venv"}):
		return nil
	case name == "python3" && len(args) > 0, name == "venv/bin/pip" && len(args) == 3 && args[0] == "install" && args[1] == "-r":
		_, err := os.Stat(filepath.Join(root, args[len(args)-1]))
		return err
	case strings.Contains(name, "/"):
		s, err := os.Stat(filepath.Join(root, name))
		if err == nil && s.Mode()&0o100 == 0 && runtime.GOOS != "windows" { // which has no such bit
			err = errors.New("cannot be run")
		}
		return err
	default:
		return fmt.Errorf("%s is not a command that is checked", name)
	}
}

func (c *checker) variable(name string) error {
	if !strings.HasPrefix(name, "BLEND_") {
		if slices.Contains([]string{"CGO_ENABLED", "GOARCH", "GOOS", "GOAMD64", "GOWORK", "GOFLAGS", "GOEXPERIMENT", "GOTOOLCHAIN"}, name) {
			return nil
		}
		return fmt.Errorf("a variable %s", name)
	}
	for file, lines := range c.files {
		if !strings.HasSuffix(file, "docs_test.go") && slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, `"`+name+`"`) }) {
			return nil
		}
	}
	return fmt.Errorf("nothing reads %s", name)
}

func (c *checker) goCommand(args []string) error {
	dir := root
	if len(args) > 1 && args[0] == "-C" {
		dir, args = filepath.Join(root, args[1]), args[2:]
		if _, err := os.Stat(dir); err != nil {
			return err
		}
	}
	if len(args) == 0 {
		return errors.New("go alone")
	}
	f := flags()
	run, bench, fuzz := f.String("run", "", ""), f.String("bench", "", ""), f.String("fuzz", "", "")
	for _, name := range []string{"fuzztime", "fuzzminimizetime", "benchtime", "count", "tags", "o", "exec", "gcflags", "timeout"} {
		f.String(name, "", "")
	}
	for _, name := range []string{"c", "short", "race", "v"} {
		f.Bool(name, false, "")
	}
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	rest := f.Args()
	switch args[0] {
	case "run":
		if len(rest) == 0 {
			return errors.New("go run alone")
		}
		return c.arguments(dir, rest[0], rest[1:])
	case "build", "vet", "install":
		return packages(dir, rest)
	case "test":
		if err := packages(dir, rest); err != nil {
			return err
		}
		for prefix, pattern := range map[string]string{"Test": *run, "Benchmark": *bench, "Fuzz": *fuzz} {
			if pattern == "" || pattern == "^$" {
				continue
			}
			top, _, _ := strings.Cut(pattern, "/")
			match, err := regexp.Compile(top)
			if err != nil {
				return err
			}
			names, err := functions(dir, rest, prefix)
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(names, match.MatchString) {
				return fmt.Errorf("no %s function matches %s", prefix, pattern)
			}
		}
		return nil
	case "generate":
		for _, p := range rest {
			files, err := filepath.Glob(filepath.Join(dir, p, "*.go"))
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(files, func(name string) bool {
				return slices.ContainsFunc(c.files[name], func(l string) bool { return strings.HasPrefix(l, "//go:generate ") })
			}) {
				return fmt.Errorf("%s has nothing to generate", p)
			}
		}
		return nil
	case "get":
		if len(rest) == 1 && rest[0] == "github.com/mixblend/blend" {
			return nil
		}
	case "mod", "work":
		return nil
	}
	return fmt.Errorf("go %s is not checked", strings.Join(args, " "))
}

func flags() *flag.FlagSet {
	f := flag.NewFlagSet("", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	return f
}

// testFlags are those of a test binary that the documents use.
func testFlags() *flag.FlagSet {
	f := flags()
	f.Bool("test.short", false, "")
	f.Bool("test.v", false, "")
	f.String("test.run", "", "")
	return f
}

// packages fails if one is not there.
func packages(dir string, list []string) error {
	for _, p := range list {
		if _, err := os.Stat(filepath.Join(dir, strings.TrimSuffix(p, "..."))); err != nil {
			return err
		}
	}
	return nil
}

// functions returns the names that begin with a prefix in the tests of packages.
func functions(dir string, list []string, prefix string) ([]string, error) {
	if len(list) == 0 {
		list = []string{"."}
	}
	var names []string
	for _, p := range list {
		if strings.HasSuffix(p, "...") {
			return nil, fmt.Errorf("which test of %s?", p)
		}
		files, err := filepath.Glob(filepath.Join(dir, p, "*_test.go"))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			for _, d := range f.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && strings.HasPrefix(f.Name.Name, prefix) {
					names = append(names, f.Name.Name)
				}
			}
		}
	}
	return names, nil
}

// build returns the program that a package is.
func (c *checker) build(dir, pkg string) (string, error) {
	name := filepath.Join(dir, pkg)
	if c.programs[name] == "" {
		program := filepath.Join(c.bin, filepath.Base(name)+fmt.Sprint(len(c.programs))+".exe")
		cmd := exec.Command("go", "build", "-o", program, pkg)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=") // as whoever types it
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%w: %s", err, out)
		}
		c.programs[name] = program
	}
	return c.programs[name], nil
}

// arguments fails if the help of a program does not know its flags.
func (c *checker) arguments(dir, pkg string, args []string) error {
	if strings.Contains(pkg, "@") {
		return nil // another's
	}
	if err := packages(dir, []string{pkg}); err != nil {
		return err
	}
	program, err := c.build(dir, pkg)
	if err != nil {
		return err
	}
	ask := []string{"-help"}
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		ask = []string{args[0], "-help"}
	}
	out, err := exec.Command(program, ask...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(ask, " "), err, out)
	}
	for _, a := range args {
		if name := strings.TrimLeft(a, "-"); name != a && name != "help" && !regexp.MustCompile(`(?m)^\s+-{1,2}`+regexp.QuoteMeta(name)+`\b`).Match(out) {
			return fmt.Errorf("no flag %s:\n%s", a, out)
		}
	}
	return nil
}

// A command in the text is on one line, or it would not be run.
func TestBroken(t *testing.T) {
	for line, want := range map[string]bool{
		"bytes are in `table.go`, which `python3":     true,
		"`go test -run '^$'":                          true,
		"then `GOWORK=off go test":                    true,
		"tools/mca/ports.py` makes, as `go vet` does": false,
		"`copy` is Go's, and `go test .` runs it":     false,
		"see `kernels` and":                           false,
	} {
		if got := broken.MatchString(line); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}
