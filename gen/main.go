// Command gen writes the kernels of package blend: their assembly, its declarations, and the dispatch between them. It also writes
// the copies that they are measured against.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/mixblend/blend/gen/kernel"
	"github.com/mixblend/blend/gen/neon"
	"github.com/mixblend/blend/gen/rvv"
	"github.com/mixblend/blend/gen/x86"
)

func main() {
	if len(os.Args) != 2 { // avo has taken the flags
		fmt.Fprintln(os.Stderr, "usage: gen FOLDER")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

type file struct {
	name string
	text func() ([]byte, error)
}

// write writes every file into dir, unless a kernel is wrong.
func write(dir string) error {
	if err := kernel.CheckAll(kernel.All); err != nil {
		return err
	}
	// In this order: the declarations of kernels are in what comes first.
	files := []file{
		{"kernel_list.go", dispatch("list", "")},
		{"generic_step.go", dispatch("generic", "")},
		{"dispatch.go", dispatch("dispatch", "")},
		{"dispatch_noasm.go", dispatch("noasm", "")},
		{"internal/impl/kernels.go", dispatch("names", "")},
	}
	for _, arch := range architectures() {
		files = append(files, file{"dispatch_" + arch + ".go", dispatch("assembly", arch)})
	}
	files = append(files,
		file{"blend_amd64.s", x86.File},
		file{"blend_arm64.s", func() ([]byte, error) { return neon.File(dir) }},
		file{"blend_riscv64.s", func() ([]byte, error) { return rvv.File(dir) }},
		file{"internal/pixels/repeat_amd64.s", x86.Repeat},
		file{"internal/pixels/repeat_arm64.s", func() ([]byte, error) { return neon.Repeat(dir) }},
		file{"internal/roof/roof_amd64.s", x86.Roof},
		file{"internal/roof/roof_arm64.s", func() ([]byte, error) { return neon.Roof(dir) }},
	)
	for _, f := range files {
		text, err := f.text()
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, f.name), text, 0o644)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return nil
}
