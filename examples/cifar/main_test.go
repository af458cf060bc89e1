package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The test binary is the program when this is set.
const asProgram = "CIFAR_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// cifar runs the program.
func cifar(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(t.Context(), append([]string{"cifar"}, args...), &out, &err)
	return status, out.String(), err.String()
}

var progressLines = regexp.MustCompile(`(?m)^\d+ of \d+ images, \d+ images/s\n`)

func TestWithoutArguments(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	status, out, stderr := cifar(t)
	// A slow machine says now and then how far it is.
	if said := progressLines.ReplaceAllString(stderr, ""); status != 0 || said != "" || !regexp.MustCompile(`(?m)^1000000 images in [0-9.]+ s, [1-9][0-9]* images/s, by \w+$`).MatchString(out) {
		t.Errorf("status %d, %q, %q", status, out, stderr)
	}
	if left, err := os.ReadDir(os.TempDir()); len(left) > 0 || err != nil {
		t.Errorf("%v is left, %v", left, err)
	}
}

func TestWriteAndLoad(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "data.bin")
	if status, _, stderr := cifar(t, "write", "-out", name, "-n", "30"); status != 0 {
		t.Fatal(stderr)
	}
	if status, out, stderr := cifar(t, "load", "-batch", "8", "-epochs", "3", "-alpha", "0", "-records", "30", name, name); status != 0 || !strings.HasPrefix(out, "180 images") {
		t.Errorf("status %d, %q, %q", status, out, stderr)
	}
	picture, same := filepath.Join(dir, "a.png"), filepath.Join(dir, "b.png")
	if err := os.WriteFile(picture, []byte("a picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(picture, same); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args  []string
		names []string
	}{
		{[]string{"load", "-records", "31", name}, []string{"truncated", name, "92190", "95263"}},
		{[]string{"load", "-records", "29", name}, []string{"oversized", name, "92190", "89117"}},
		{[]string{"load", "-batch", "-1", name}, []string{"Batch = -1"}},
		{[]string{"load", "-batch", "1000000000000", name}, []string{"Batch = 1000000000000", "1 to 30"}},
		{[]string{"load", "-batch", "8", "-workers", "1000000000000", name}, []string{"Workers = 1000000000000", "to 1024"}},
		{[]string{"load", "-alpha", "-1", "-batch", "8", name}, []string{"Alpha = -1"}},
		{[]string{"load", filepath.Join(dir, "missing")}, []string{"missing"}},
		{[]string{"load", "-batch", "8", "-epochs", fmt.Sprint(math.MaxInt), name}, []string{"-epochs " + fmt.Sprint(math.MaxInt), "30 images"}},
		{[]string{"write", "-out", name, picture, name}, []string{"output " + name, "input " + name}},
		{[]string{"write", "-out", same, picture}, []string{"output " + same, "input " + picture}},
		{[]string{"write", "-out", os.DevNull}, []string{os.DevNull, "not a regular file"}},
		{[]string{"load", "-nonsense"}, []string{"nonsense"}},
		{[]string{"write", "-n", "5"}, []string{"out"}},
		{[]string{"write", "-out", filepath.Join(dir, "x"), "-n", "0"}, []string{"0 records"}},
		{[]string{"write", "-out", filepath.Join(dir, "x"), name}, []string{name, "neither PNG nor JPEG"}},
	} {
		status, _, stderr := cifar(t, test.args...)
		if status != 1 || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: status %d, %q", test.args, status, stderr)
		}
		for _, name := range test.names {
			if !strings.Contains(stderr, name) {
				t.Errorf("%v: %q does not name %q", test.args, stderr, name)
			}
		}
	}
	if now, err := os.ReadFile(picture); err != nil || string(now) != "a picture" {
		t.Errorf("an input is %q now, %v", now, err)
	}
	if left, err := os.ReadDir(dir); len(left) != 3 || err != nil {
		t.Errorf("%v is left, %v", left, err)
	}
}

// An interrupt must end a program that would run for hours, and leave nothing behind.
func TestInterrupt(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cmd := exec.Command(self, "load", "-epochs", strconv.Itoa(math.MaxInt/10000))
	var out, stderr bytes.Buffer
	cmd.Env = append(os.Environ(), asProgram+"=1", "TMPDIR="+dir)
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	// It reads once it has its file.
	for files := []string(nil); len(files) == 0; files, _ = filepath.Glob(filepath.Join(dir, "cifar-*", "patterns.bin")) {
		select {
		case err := <-ended:
			t.Fatalf("it has ended, %v: %q, %q", err, out.String(), stderr.String())
		case <-time.After(time.Millisecond):
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		cmd.Process.Kill()
		<-ended
		t.Skip(err)
	}
	err = <-ended
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.HasSuffix(stderr.String(), "cifar: interrupted\n") {
		t.Errorf("%v, %q, %q", err, out.String(), stderr.String())
	}
	if left, err := os.ReadDir(dir); len(left) > 0 || err != nil {
		t.Errorf("%v is left, %v", left, err)
	}
}
