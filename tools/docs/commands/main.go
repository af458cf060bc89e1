// Command commands runs the commands of the documents in a clone of the repository, as a reader types them, and says how long
// each took. It fails if one does, or if git status is not clean after all of them.
//
//	go -C tools run ./docs/commands [-long] [-run REGEXP]
//
// Commands that install packages or take over a minute are listed in .ci/long: they run with -long, and the others without.
// -run selects those that match.
package main

import (
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mixblend/blend/tools/docs"
)

// elsewhere are commands that are not run here.
var elsewhere = map[string]string{
	".ci/run":                                     "it runs this program",
	".ci/long":                                    "it runs this program",
	"docs/bench/measure.sh NAME PYTHON":           "it replaces the results of a machine, which has to be at rest",
	".ci/release v0.1.0":                          ".ci/long release runs it",
	"go -C tools run ./docs/commands":             "it is this program",
	"go -C examples/gomlx run . -plot labels.svg": ".ci/long labels runs it",
	"python3 tools/mca/rvv.py":                    "it needs llvm-22, which Debian 12 lacks",
	"go -C tools run ./mutate":                    ".ci/long faults runs it, for hours",
	"go -C examples/webdataset test -run '^$' -bench Loader -benchtime 5x ./shards -photos '/path/*.png'": "it needs photos",
}

func main() {
	long := flag.Bool("long", false, "run those that install packages or take over a minute")
	only := flag.String("run", "", "run those that match a regular expression")
	flag.Parse()
	match, err := regexp.Compile(*only)
	if err == nil {
		err = run(*long, match)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "commands:", err)
		os.Exit(1)
	}
}

func run(long bool, match *regexp.Regexp) error {
	root, err := exec.Command("git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "commands")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c := clone{filepath.Join(dir, "blend"), filepath.Join(dir, "user")}
	if out, err := exec.Command("git", "clone", "-q", strings.TrimSpace(string(root)), c.root).CombinedOutput(); err != nil {
		return fmt.Errorf("git clone: %w: %s", err, out)
	}
	if err := c.prepare(); err != nil {
		return err
	}
	_, commands, err := docs.Read(c.root)
	if err != nil {
		return err
	}
	slow, err := listed(filepath.Join(c.root, ".ci", "long"))
	if err != nil {
		return err
	}
	known, failed, n := map[string]bool{}, 0, 0
	begin := time.Now()
	for _, command := range commands {
		if known[command.Text] {
			continue
		}
		known[command.Text] = true
		if why := elsewhere[command.Text]; why != "" {
			fmt.Printf("not run  %s: %s (%s)\n", command.Place, command.Text, why)
			continue
		}
		build := strings.HasPrefix(command.Text, "CGO_ENABLED=0 ") || strings.Contains(command.Text, "go test -c ") // what others run
		if slices.Contains(slow, command.Text) != long && !(build && long) || !match.MatchString(command.Text) {
			continue
		}
		if !long && (strings.Contains(command.Text, " -fuzz ") || strings.Contains(command.Text, " -bench ")) {
			failed++
			fmt.Printf("FAILED: %s: %s takes minutes: list it in .ci/long\n", command.Place, command.Text)
			continue
		}
		n++
		start := time.Now()
		out, err := c.run(command.Text)
		fmt.Printf("%6.1f s %s: %s\n", time.Since(start).Seconds(), command.Place, command.Text)
		if err != nil {
			failed++
			fmt.Printf("FAILED: %v\n%s\n", err, out)
		}
	}
	if n == 0 {
		return fmt.Errorf("-run %s matches no command of those that run (-long: %t)", match, long)
	}
	for _, text := range slow {
		if !known[text] {
			failed++
			fmt.Printf("FAILED: .ci/long lists %q, which no document has\n", text)
		}
	}
	fmt.Printf("%d commands, %.0f s\n", n, time.Since(begin).Seconds())
	if !long && match.String() == "" { // with the go.mod that README.md has made, whose program is there
		build := exec.Command("go", "build", ".")
		build.Dir, build.Env = c.user, append(os.Environ(), "GOWORK=off", "GOFLAGS=")
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("a user's module: %w: %s", err, out)
		}
	}
	if err := c.tidy(); err != nil {
		return err
	}
	if out, err := c.run("git status --porcelain"); err != nil || len(out) > 0 {
		return fmt.Errorf("the clone is not clean: %s %v", out, err)
	}
	if failed > 0 {
		return fmt.Errorf("%d failed", failed)
	}
	return nil
}

// listed returns the lines between COMMANDS and COMMANDS in .ci/long.
func listed(name string) ([]string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	_, list, ok := strings.Cut(string(text), "<<'COMMANDS'\n")
	list, _, end := strings.Cut(list, "\nCOMMANDS\n")
	if !ok || !end {
		return nil, fmt.Errorf("%s has no list of commands", name)
	}
	return strings.Split(list, "\n"), nil
}

// A clone has a module of a user beside it.
type clone struct{ root, user string }

// run runs a command as a shell does, in the clone, or in the user's module if it is about that.
func (c clone) run(text string) ([]byte, error) {
	cmd := exec.Command("bash", "-c", text)
	cmd.Dir = c.root
	if strings.HasPrefix(text, "go mod ") || strings.HasPrefix(text, "go get ") {
		cmd.Dir = c.user
	}
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); !strings.HasPrefix(name, "BLEND_") && name != "GOFLAGS" && name != "GOWORK" && name != "GOTOOLCHAIN" {
			cmd.Env = append(cmd.Env, v)
		}
	}
	return cmd.CombinedOutput()
}

// mine are files of a reader's own, which commands of the documents take. pictures is a folder of more.
var mine = []string{"cat.png", "dog.jpg", "there.json", "here.json"}

const pictures = "examples/webdataset/pictures"

func (c clone) prepare() error {
	files := slices.Clone(mine)
	for i := range 64 { // a batch
		files = append(files, fmt.Sprintf("%s/%s/%d.png", pictures, []string{"cat", "dog"}[i%2], i))
	}
	for i, name := range files {
		path := filepath.Join(c.root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		m := image.NewGray(image.Rect(0, 0, 300, 200))
		m.SetGray(i, i, color.Gray{200})
		switch filepath.Ext(name) {
		case ".png":
			err = png.Encode(f, m)
		case ".jpg":
			err = jpeg.Encode(f, m, nil)
		case ".json":
			var r *os.File
			if r, err = os.Open(filepath.Join(c.root, "docs", "bench", "epyc-zen4.json")); err == nil {
				_, err = io.Copy(f, r)
				r.Close()
			}
		}
		if err2 := f.Close(); err == nil {
			err = err2
		}
		if err != nil {
			return err
		}
	}
	if err := os.Mkdir(c.user, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(c.user, "go.mod"), []byte("module example.com/user\n\ngo 1.22\n"), 0o600); err != nil {
		return err
	}
	program, err := os.ReadFile(filepath.Join(c.root, "examples", "batches", "main.go"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(c.user, "main.go"), program, 0o600)
}

// tidy removes the files of the reader's own.
func (c clone) tidy() error {
	if err := os.RemoveAll(filepath.Join(c.root, pictures)); err != nil {
		return err
	}
	for _, name := range mine {
		if err := os.Remove(filepath.Join(c.root, name)); err != nil {
			return err
		}
	}
	return nil
}
