package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mixblend/blend/gen/kernel"
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
	var names []string
	for _, k := range kernel.All {
		names = append(names, k.Name)
	}
	read := func(file string) (string, error) {
		text, err := os.ReadFile(filepath.Join("../..", file))
		return string(text), err
	}
	if left, err := spared(faults, names, read); err != nil || len(left) > 0 {
		t.Errorf("kernels without a fault: %v, %v", left, err)
	}
	if left, err := spared(nil, names, read); err != nil || !slices.Equal(left, names) {
		t.Errorf("without faults %v are spared, %v", left, err)
	}
	for _, impl := range []string{"avx512", "avx2", "neon", "rvv", "generic", "Go", "gen", "plan", "traversal", "mixup", "verify", "shared", "bench", "peers", "loader"} {
		if places[impl] < 4 {
			t.Errorf("%s has %d faults", impl, places[impl])
		}
	}
}
