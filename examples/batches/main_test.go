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

// README.md shows the program as it is, in fewer than 40 lines.
func TestReadme(t *testing.T) {
	program, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "```go\n"+string(program)+"```\n") {
		t.Error("README.md has another program than main.go")
	}
	if n := strings.Count(string(program), "\n"); n >= 40 {
		t.Errorf("the program has %d lines", n)
	}
}

// Gray JPEG files, each of its own brightness, say what has been made of them: the number of rows, the share, the first
// element and the first label of each batch.
func TestProgram(t *testing.T) {
	dir := t.TempDir()
	var files, here []string
	for i := range 70 {
		files = append(files, write(t, dir, i%10, i))
		here = append(here, filepath.Join(dir, files[i]))
	}
	if out, err := batches(t, t.TempDir(), here...); err != nil {
		t.Errorf("in another folder: %v: %s", err, out)
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
		_, line, _ := strings.Cut(lines[i], " ") // the date
		_, line, _ = strings.Cut(line, " ")      // the time
		line = strings.NewReplacer("[", "", "]", "").Replace(line)
		var n int
		var lambda, first float64
		label := make([]float64, 10)
		values := []any{&n, &lambda, &first}
		for c := range label {
			values = append(values, &label[c])
		}
		if _, err := fmt.Sscan(line, values...); err != nil || n != rows || !(lambda >= 0 && lambda <= 1) {
			t.Fatalf("%q: %v", lines[i], err)
		}
		// The first row is picture 64·i, of brightness 3 · 64·i, or it takes its partner's brightness there.
		gray := 255 * (first*0.229 + 0.485)
		if own := 3 * float64(i*64); gray < -0.01 || gray > 255 || lambda == 1 && math.Abs(gray-own) > 0.6 {
			t.Errorf("%q: the first pixel was %v", lines[i], gray)
		}
		sum := 0.0
		for _, v := range label {
			sum += v
		}
		if own := label[i*64%10]; math.Abs(sum-1) > 1e-5 || own < 0.01+0.9*lambda-1e-5 {
			t.Errorf("%q: labels sum to %v, and the own one is %v", lines[i], sum, own)
		}
	}

	if err := os.MkdirAll(filepath.Join(dir, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, files[0]), filepath.Join(dir, "x", "a.jpg")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "0", "no.jpg"), []byte("no JPEG"), 0o600); err != nil {
		t.Fatal(err)
	}
	for bad, want := range map[string]string{
		"x/a.jpg":       "class[0] = 72", // 'x' - '0'
		"0/missing.jpg": "0/missing.jpg",
		"0/no.jpg":      "0/no.jpg: invalid JPEG",
	} {
		out, err := batches(t, dir, bad)
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(out, want) || strings.Contains(out, "panic") {
			t.Errorf("%s: %v, %s, want %q", bad, err, out, want)
		}
	}
}

// write makes a gray picture in the folder of a class, and returns its name.
func write(t *testing.T, dir string, class, i int) string {
	t.Helper()
	name := fmt.Sprintf("%d/%d.jpg", class, i)
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
	return name
}
