// Package neon speaks the kernels' words for NEON, through package arm64.
package neon

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/mixblend/blend/asm"
	"github.com/mixblend/blend/asm/arm64"

	"github.com/mixblend/blend/gen/weave"
)

// File returns the text of blend_arm64.s, for the package in dir.
func File(dir string) ([]byte, error) {
	file := open(dir, "dispatch_arm64.go", "blend_arm64.go", "step.go", "params.go")
	m := &machine{file: file, picks: map[int][2]arm64.Addr{}}
	// The vector t bytes in has its last t bytes set.
	m.tails = file.Data("tail", append(make([]byte, width), slices.Repeat([]byte{255}, width)...))
	repeat, bit, bit16 := make([]byte, 2*width), make([]byte, width), make([]byte, width)
	for i := range repeat {
		repeat[i] = byte(i / 8)
		bit[i%width] = 1 << (i % 8)
		bit16[i%width&^1] = 1 << (i % width / 2)
	}
	m.eightTimes, m.eachBit = file.Data("eightTimes", repeat), file.Data("eachBit", bit)
	m.eachBit16 = file.Data("eachBit16", bit16)
	for channels := 2; channels <= 4; channels++ {
		name := fmt.Sprintf("pixels%d", channels)
		m.picks[channels] = [2]arm64.Addr{file.Data(name+"x4", shuffle(4, channels)), file.Data(name+"x8", shuffle(8, channels))}
	}
	weave.Kernels(m)
	weave.Shorts(m)
	return file.Bytes()
}

// Roof returns the text of roof_arm64.s, for the package in dir. What is written has a hint not to stay in the caches.
func Roof(dir string) ([]byte, error) {
	file := open(dir, filepath.Join("internal", "roof", "roof_arm64.go"))
	weave.Roof(&machine{file: file}, "NEON")
	return file.Bytes()
}

func open(dir string, stubs ...string) *arm64.File {
	for i, name := range stubs {
		stubs[i] = filepath.Join(dir, name)
	}
	return arm64.NewFile(asm.Config{Command: "go generate", Constraint: "!purego", Stubs: stubs})
}

// shuffle names the bytes that pick takes.
func shuffle(pixels, channels int) []byte {
	size, second := picked(pixels, channels)
	all := bytes.Repeat([]byte{255}, width)
	for i := range pixels {
		at := i * channels
		if at >= size {
			at += width - second
		}
		all[2*i] = byte(at)
	}
	return all
}
