package fade_test

import (
	"fmt"
	"image"
	"os"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"

	"github.com/mixblend/blend/fade"
)

// Memory that cannot be read makes a call panic where the program has asked for that, whichever goroutine
// reads it, and not before all of them have ended.
func TestPanicOnFault(t *testing.T) {
	const width, height = 1024, 1024
	const size = 4 * width * height
	memory, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(memory)
	r := image.Rect(0, 0, width, height)
	a := &image.RGBA{Pix: memory, Stride: 4 * width, Rect: r}
	dst := image.NewRGBA(r)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	page := os.Getpagesize()
	for _, hole := range []int{0, size / 2, size - page} {
		if err := syscall.Mprotect(memory[hole:hole+page], syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
		for _, workers := range []int{1, 4} {
			func() {
				defer func() {
					p := recover()
					_, ok := p.(interface{ Addr() uintptr })
					if os.Getenv("BLEND_EMULATED") != "" { // emulators may say nothing of the place
						ok = ok || strings.Contains(fmt.Sprint(p), "invalid memory address")
					}
					if !ok {
						t.Errorf("%d workers: %v where byte %d cannot be read", workers, p, hole)
					}
				}()
				t.Error(fade.Images(dst, a, dst, 0.3, fade.Workers(workers)))
			}()
		}
		if err := syscall.Mprotect(memory, syscall.PROT_READ|syscall.PROT_WRITE); err != nil {
			t.Fatal(err)
		}
	}
}
