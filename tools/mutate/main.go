// Command mutate puts faults into the kernels, what generates them, the walk and what is around them, one at a time, and runs the
// quick tests of the packages concerned on each. It prints a table of which test caught which fault, and fails if one survives for
// which no reason is given, if one does not build, or if a kernel has none.
//
//	go -C tools run ./mutate [-run REGEXP] [-tests REGEXP] [-verify]
//
// It works on a copy of the repository. arm64 and riscv64 run under qemu where the machine is another.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/mixblend/blend/gen/kernel"
)

// timeout is for the tests of one mutant, some of which loop forever: many times what they take without a fault.
var timeout = 30 * time.Minute

var (
	only   = flag.String("run", "", "only the faults whose line of the table matches `REGEXP`")
	tests  = flag.String("tests", "", "run only the tests that match `REGEXP`: under an emulator all of them take minutes a fault")
	verify = flag.Bool("verify", true, "say whether mixup verify -quick finds them too")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	match, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := copyTree(tmp, ".."); err != nil { // go -C tools run
		return err
	}
	var chosen []fault
	for _, f := range slices.Concat(faults, rooms) {
		if match.MatchString(f.line()) {
			chosen = append(chosen, f)
		}
	}
	if len(chosen) == 0 {
		return fmt.Errorf("-run %s selects no fault", *only)
	}
	// What fails without a fault would catch everything.
	tested := map[string]bool{}
	var slowest time.Duration
	for _, f := range chosen {
		what := fmt.Sprint(f.arch(), " ", f.packages())
		if tested[what] {
			continue
		}
		tested[what] = true
		begin := time.Now()
		if how := test(ctx, tmp, f.arch(), *tests, f.packages()); how != survived {
			return fmt.Errorf("without any fault, on %s: %s", what, how)
		}
		slowest = max(slowest, time.Since(begin))
	}
	timeout = 5*slowest + time.Minute
	fmt.Println("| | fault | in | caught by | `verify -quick` |")
	fmt.Println("|---|---|---|---|---|")
	begin := time.Now()
	var bad []string
	var found []fault
	caught, unseen := 0, 0
	for i, f := range chosen {
		how, proof, err := f.try(ctx, tmp)
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
		switch {
		case err != nil:
			how = "invalid: " + err.Error()
			bad = append(bad, fmt.Sprintf("%d: %s", i, how))
		case how != survived:
			caught++
			found = append(found, f)
		case f.reason != "":
			how = "nothing: " + f.reason
			unseen++
		default:
			bad = append(bad, fmt.Sprintf("%d: %s %s: survived", i, f.impl, f.what))
		}
		fmt.Println(f.line(), how, "|", proof, "|")
	}
	if *only == "" {
		var names []string
		for _, k := range kernel.All {
			names = append(names, k.Name)
		}
		left, err := spared(found, names, func(file string) (string, error) {
			text, err := os.ReadFile(filepath.Join(tmp, file))
			return string(text), err
		})
		if err != nil {
			return err
		}
		for _, name := range left {
			bad = append(bad, "kernel "+name+" has no fault that is caught: give it one in faults.go")
		}
	}
	fmt.Printf("\n%d caught, %d that no test can catch, %d survived or invalid, %.0f s\n", caught, unseen, len(bad), time.Since(begin).Seconds())
	if len(bad) > 0 {
		return errors.New(strings.Join(bad, "\n        "))
	}
	return nil
}

// copyTree copies a repository without its history.
func copyTree(to, from string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == ".git" {
			continue
		}
		src, dst := filepath.Join(from, e.Name()), filepath.Join(to, e.Name())
		if e.IsDir() {
			err = os.CopyFS(dst, os.DirFS(src))
		} else {
			var b []byte
			if b, err = os.ReadFile(src); err == nil {
				err = os.WriteFile(dst, b, 0o644)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// try puts the fault into the copy, runs the tests, and takes it out again.
func (f *fault) try(ctx context.Context, dir string) (how, proof string, err error) {
	name := filepath.Join(dir, f.file)
	text, err := os.ReadFile(name)
	if err != nil {
		return "", "", err
	}
	changed, err := f.apply(string(text))
	if err != nil {
		return "", "", err
	}
	if err := os.WriteFile(name, []byte(changed), 0o644); err != nil {
		return "", "", err
	}
	defer func() {
		err = errors.Join(err, os.WriteFile(name, text, 0o644))
		if f.generates() {
			_, failed := generate(ctx, dir)
			err = errors.Join(err, failed)
		}
	}()
	if f.generates() {
		if out, err := generate(ctx, dir); err != nil {
			if !strings.HasPrefix(out, "gen: ") {
				return "", "", fmt.Errorf("does not generate: %s", strings.ReplaceAll(lastLine(out), "|", "/"))
			}
			return "the generator: " + strings.ReplaceAll(strings.TrimPrefix(strings.Split(out, "\n")[0], "gen: "), "|", "/"), "–", nil
		}
	}
	if strings.HasSuffix(f.file, "_amd64.s") && runtime.GOARCH != "amd64" {
		return "", "", errors.New("this machine is not amd64")
	}
	how = survived
	if f.first() != "" && *tests == "" {
		how = test(ctx, dir, f.arch(), f.first(), f.packages()[:1])
	}
	if how == survived {
		how = test(ctx, dir, f.arch(), *tests, f.packages())
	}
	if how == broken {
		return "", "", errors.New(broken)
	}
	if proof = "–"; *verify && f.proved() {
		if proof, err = quickProof(ctx, dir, f.arch(), f.impl); err != nil {
			return "", "", err
		}
	}
	return how, proof, nil
}

// generate writes what is generated anew, on this machine.
func generate(ctx context.Context, dir string) (string, error) {
	return command(ctx, filepath.Join(dir, "gen"), runtime.GOARCH, "go", "run", ".", "..")
}

// quickProof says whether mixup verify -quick finds a fault.
func quickProof(ctx context.Context, dir, arch, impl string) (string, error) {
	program := filepath.Join(dir, "program")
	if out, err := command(ctx, dir, arch, "go", "build", "-o", program, "./cmd/mixup"); err != nil {
		return "", fmt.Errorf("mixup does not build: %s", lastLine(out))
	}
	args := []string{program, "verify", "-quick"}
	if slices.Contains([]string{"avx512", "avx2", "neon", "rvv", "generic"}, impl) {
		args = append(args, "-impl", impl)
	}
	if arch != runtime.GOARCH {
		args = append(strings.Fields(emulators[arch]), args...)
	}
	begin := time.Now()
	if _, err := command(ctx, dir, arch, args...); err == nil {
		return "does not", nil
	}
	if time.Since(begin) > timeout {
		return "hangs", nil
	}
	return "finds it", nil
}

const (
	survived = "**survived**"
	broken   = "does not build"
)

var (
	failed  = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)
	running = regexp.MustCompile(`(?m)^=== RUN\s+(\S+)`)
)

// test runs the quick tests of packages, or only those that match, and says which failed first.
func test(ctx context.Context, dir, arch, match string, packages []string) string {
	args := []string{"go", "test"}
	if arch != runtime.GOARCH {
		args = append(args, "-exec="+emulators[arch])
	}
	args = append(args, "-count=1", "-p=1", "-short", "-failfast", "-v", "-vet=off", fmt.Sprintf("-timeout=%v", timeout), "-run="+match)
	args = append(args, packages...)
	out, err := command(ctx, dir, arch, args...)
	switch {
	case err == nil:
		return survived
	case strings.Contains(out, "[build failed]"), strings.Contains(out, "[setup failed]"):
		return broken
	}
	if i := strings.Index(out, "\nFAIL\t"); i >= 0 {
		out = out[:i] // the package that failed
	}
	// The first that says it has failed; or, after a crash, the last that had begun.
	how := ""
	if m := failed.FindAllStringSubmatch(out, -1); m != nil {
		how = m[0][1] // the innermost is last, but a parent says it first
		for _, sub := range m[1:] {
			if strings.HasPrefix(sub[1], how+"/") {
				how = sub[1]
			}
		}
		return "`" + how + "`"
	}
	if m := running.FindAllStringSubmatch(out, -1); m != nil {
		how = "`" + m[len(m)-1][1] + "`"
	}
	switch {
	case strings.Contains(out, "panic: test timed out"):
		return how + ", which hangs"
	case strings.Contains(out, "SIGSEGV"), strings.Contains(out, "SIGBUS"), strings.Contains(out, "unexpected fault"), strings.Contains(out, "segmentation"):
		return how + ", which crashes"
	}
	return how + ", which ends: " + strings.ReplaceAll(lastLine(out), "|", "/")
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

// emulators by architecture. Vectors are longer than a table's period there, so that a turn of more would be seen.
var emulators = map[string]string{
	"arm64":   "qemu-aarch64-static",
	"riscv64": "qemu-riscv64-static -cpu rv64,v=true,vlen=512,rvv_ta_all_1s=true,rvv_ma_all_1s=true",
}

// emulated is the implementation that an emulator has to have, or its faults would survive.
var emulated = map[string]string{"arm64": "neon", "riscv64": "rvv"}

func command(ctx context.Context, dir, arch string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout+time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOARCH="+arch, "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false", "GOWORK=")
	if arch != runtime.GOARCH {
		cmd.Env = append(cmd.Env, "BLEND_EMULATED=1", "BLEND_EXPECT="+emulated[arch])
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}
