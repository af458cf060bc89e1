package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
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

func TestWithoutArguments(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	status, out, stderr := cifar(t)
	if status != 0 || stderr != "" || !regexp.MustCompile(`(?m)^1000000 images in [0-9.]+ s, [1-9][0-9]* images/s, by \w+$`).MatchString(out) {
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
		{[]string{"load", "-nonsense"}, []string{"nonsense"}},
		{[]string{"write", "-n", "5"}, []string{"out"}},
		{[]string{"write", "-out", filepath.Join(dir, "x"), "-n", "0"}, []string{"0 records"}},
		{[]string{"write", "-out", filepath.Join(dir, "x"), name}, []string{name, "unknown format"}},
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
	if left, err := os.ReadDir(dir); len(left) != 1 || err != nil {
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
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "load", "-epochs", "100000000")
	var out, stderr bytes.Buffer
	cmd.Env = append(os.Environ(), asProgram+"=1", "TMPDIR="+dir)
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(700 * time.Millisecond)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		cmd.Process.Signal(syscall.SIGKILL)
		cmd.Wait()
		t.Skip(err)
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.HasSuffix(stderr.String(), "cifar: interrupted\n") {
		t.Errorf("%v, %q, %q", err, out.String(), stderr.String())
	}
	if left, err := os.ReadDir(dir); len(left) > 0 || err != nil {
		t.Errorf("%v is left, %v", left, err)
	}
}
