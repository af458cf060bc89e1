// Command gen writes the kernels of package blend: their assembly, its declarations, and the dispatch between them. It also writes
// the copies that they are measured against.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/mixblend/blend/gen/neon"
	"github.com/mixblend/blend/gen/x86"
)

func main() {
	if len(os.Args) != 2 { // avo has taken the flags
		fmt.Fprintln(os.Stderr, "usage: gen FOLDER")
		os.Exit(2)
	}
	dir := os.Args[1]
	// In this order: the declarations of kernels are in what comes first.
	files := []struct {
		name string
		text func() ([]byte, error)
	}{
		{"dispatch.go", dispatch("kernels", "")},
		{"dispatch_amd64.go", dispatch("assembly", "amd64")},
		{"dispatch_arm64.go", dispatch("assembly", "arm64")},
		{"dispatch_noasm.go", dispatch("noasm", "")},
		{"blend_amd64.s", x86.File},
		{"blend_arm64.s", func() ([]byte, error) { return neon.File(dir) }},

		{"internal/roof/roof_amd64.s", x86.Roof},
		{"internal/roof/roof_arm64.s", func() ([]byte, error) { return neon.Roof(dir) }},
	}
	for _, f := range files {
		text, err := f.text()
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, f.name), text, 0o644)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "gen: %s: %v\n", f.name, err)
			os.Exit(1)
		}
	}
}
