package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Every fault still has its place in the text.
func TestFaults(t *testing.T) {
	seen := map[string]bool{}
	places := map[string]int{}
	for _, f := range slices.Concat(faults, rooms) {
		text, err := os.ReadFile(filepath.Join("../..", f.file))
		if err != nil {
			t.Fatal(err)
		}
		changed, err := f.apply(string(text))
		if err != nil {
			t.Errorf("%s, %s: %v", f.impl, f.what, err)
		}
		if seen[changed] {
			t.Errorf("%s, %s: is another fault over again", f.impl, f.what)
		}
		seen[changed] = true
		places[f.impl]++
	}
	for _, impl := range []string{"avx512", "avx2", "neon", "generic", "Go", "plan", "walk", "mixup", "verify", "shared", "bench", "peers", "loader"} {
		if places[impl] < 4 {
			t.Errorf("%s has %d faults", impl, places[impl])
		}
	}
}
