package mixup

import (
	"image"
	"slices"
	"sync"
	"testing"

	"github.com/mixblend/blend"
)

// After an error a CutMix is what it was, whichever of its arguments was wrong.
func TestResetOfCutMixIsAllOrNothing(t *testing.T) {
	boxes := []image.Rectangle{image.Rect(1, 0, 4, 2), image.Rect(0, 2, 2, 5)}
	c, err := NewCutMix([]int{1, 0}, HWC, 5, 6, boxes...)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]uint8, 2*5*6*3)
	for i := range x {
		x[i] = uint8(i)
	}
	want := make([]uint8, len(x))
	if err := c.Uint8(want, x); err != nil {
		t.Fatal(err)
	}
	one := image.Rect(0, 0, 1, 1)
	for _, bad := range []struct {
		index         []int
		layout        Layout
		height, width int
		boxes         []image.Rectangle
		kind          error
	}{
		{[]int{1, 2}, CHW, 3, 10, []image.Rectangle{one, one}, blend.ErrIndex},
		{[]int{-1, 0}, CHW, 3, 10, []image.Rectangle{one}, blend.ErrIndex},
		{[]int{0, 1, 0}, CHW, 3, 10, []image.Rectangle{one, one}, blend.ErrShape},
		{[]int{0, 1}, CHW, 3, 10, []image.Rectangle{one, image.Rect(0, 0, 11, 1)}, ErrBox},
		{[]int{0, 1}, CHW, 0, 10, []image.Rectangle{one}, ErrConfig},
	} {
		checkError(t, c.Reset(bad.index, bad.layout, bad.height, bad.width, bad.boxes...), bad.kind)
		dst := make([]uint8, len(x))
		if err := c.Uint8(dst, x); err != nil || !slices.Equal(dst, want) {
			t.Errorf("after %v it mixes otherwise: %v", bad.kind, err)
		}
		for i, b := range boxes {
			if c.Len() != 2 || c.Box(i) != b || c.Index(i) != 1-i || c.Lambda(i) != float64(float32(1-float64(b.Dx()*b.Dy())/30)) {
				t.Errorf("after %v: %d rows, row %d has box %v, partner %d, λ = %v", bad.kind, c.Len(), i, c.Box(i), c.Index(i), c.Lambda(i))
			}
		}
	}
}

// However many ask at once, each gets a step of its own.
func TestNextCountsEveryCall(t *testing.T) {
	const goroutines, calls = 4, 1_000_000
	s := sampler(t, Config{Alpha: 1, Scope: PerRow})
	var wait, ready sync.WaitGroup
	ready.Add(goroutines)
	for range goroutines {
		wait.Add(1)
		go func() {
			defer wait.Done()
			ready.Done()
			ready.Wait() // for all to begin at once
			var b Batch
			for range calls {
				if err := s.Next(&b, 0); err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	wait.Wait()
	var b, want Batch
	if err := s.Next(&b, 4); err != nil {
		t.Fatal(err)
	}
	draw(t, s, &want, 4, 0, goroutines*calls)
	if text(&b) != text(&want) {
		t.Errorf("after %d calls the next step is another", goroutines*calls)
	}
}
