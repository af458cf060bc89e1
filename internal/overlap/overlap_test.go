package overlap

import (
	"math/rand"
	"testing"
	"unsafe"
)

// Rectangles are held against a count of the bytes of each.
func TestRectangles(t *testing.T) {
	memory := make([]byte, 120)
	rng := rand.New(rand.NewSource(1))
	shared := 0
	for range 200000 {
		type rectangle struct{ at, width, height, stride int }
		random := func() rectangle {
			r := rectangle{rng.Intn(60), rng.Intn(12), rng.Intn(5), 0}
			r.stride = max(1, r.width) + rng.Intn(12)
			r.height = min(r.height, (len(memory)-r.at-r.width)/r.stride+1)
			return r
		}
		a, b := random(), random()
		if rng.Intn(2) == 0 {
			b.stride = max(a.stride, b.width)
			b.height = min(b.height, (len(memory)-b.at-b.width)/b.stride+1)
		}
		clear(memory)
		want := false
		for i, r := range []rectangle{a, b} {
			for y := range r.height {
				for x := range r.width {
					p := &memory[r.at+y*r.stride+x]
					want = want || i == 1 && *p == 1
					*p = byte(i + 1)
				}
			}
		}
		got := Rectangles(unsafe.Pointer(&memory[a.at]), a.width, a.height, a.stride, unsafe.Pointer(&memory[b.at]), b.width, b.height, b.stride)
		if got != want {
			t.Fatalf("%+v and %+v: %v, want %v", a, b, got, want)
		}
		if want {
			shared++
		}
	}
	if shared < 10000 {
		t.Errorf("only %d shared a byte", shared)
	}
}
