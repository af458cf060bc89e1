package main

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const asProgram = "BATCHES_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// batches runs the program in a folder.
func batches(t *testing.T, dir string, files ...string) (string, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, files...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), asProgram+"=1")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Gray JPEG files, each of its own brightness, say what has been made of them: the first element and label of each batch.
func TestProgram(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for i := range 70 {
		name := fmt.Sprintf("%d/%d.jpg", i*10, i)
		files = append(files, name)
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		m := image.NewGray(image.Rect(0, 0, 224, 224))
		for p := range m.Pix {
			m.Pix[p] = uint8(3 * i)
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 100}); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := batches(t, dir, files...)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 2 {
		t.Fatalf("%q", out)
	}
	for i, rows := range []int{64, 6} {
		var n int
		var lambda, first, label float64
		if _, err := fmt.Sscan(lines[i], &n, &lambda, &first, &label); err != nil || n != rows || !(lambda >= 0 && lambda <= 1) {
			t.Errorf("%q: %v", lines[i], err)
		}
		// The first row is of class 0 and black, or its partner's where there is a box.
		gray := 255 * (first*0.229 + 0.485)
		if own := 3 * float64(i*64); gray < -0.01 || gray > 255 || lambda == 1 && math.Abs(gray-own) > 0.6 {
			t.Errorf("%q: the first pixel was %v", lines[i], gray)
		}
		want := 0.1 / 1000
		if i == 0 {
			want += 0.9 * lambda
		}
		if math.Abs(label-want) > 1e-3 && lambda < 1 || lambda == 1 && math.Abs(label-want) > 1e-6 {
			t.Errorf("%q: the label of class 0 is %v, want %v", lines[i], label, want)
		}
	}

	for _, bad := range []string{"x/a.jpg", "0/missing.jpg"} {
		out, err := batches(t, dir, bad)
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || !strings.Contains(out, "panic") {
			t.Errorf("%s: %v, %s", bad, err, out)
		}
	}
}
