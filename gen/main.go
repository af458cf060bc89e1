// Command gen writes the assembly of package blend, and of the copies that it is measured against.
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
	files := map[string]func() ([]byte, error){
		"blend_amd64.s": x86.File,
		"blend_arm64.s": func() ([]byte, error) { return neon.File(dir) },

		"internal/roof/roof_amd64.s": x86.Roof,
		"internal/roof/roof_arm64.s": func() ([]byte, error) { return neon.Roof(dir) },
	}
	for name, file := range files {
		text, err := file()
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o644)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "gen: %s: %v\n", name, err)
			os.Exit(1)
		}
	}
}
