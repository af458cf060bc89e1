package blend

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"unsafe"

	"github.com/mixblend/blend/kernels"
)

func TestPair(t *testing.T) {
	forEach(t, func(t *testing.T) {
		forTypes(t, types, mixTests.testPair)
	})
}

// Every length, with each operand's alignment swept alone and the others' drawn at random, in place and out of place.
func (c calls[T]) testPair(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, uint64(c.perBlock)))
	for n := range 4*64 + 2 + c.perBlock {
		for trial := range 12 {
			offsets := [3]int{rng.IntN(64), rng.IntN(64), rng.IntN(64)}
			offsets[trial%3] = (n*7 + trial*5) % 64
			lambda := lambdas[(n+trial)%len(lambdas)]
			if trial > 8 {
				lambda = rng.Float64()
			}
			a, b, d := newRoom[T](rng, n, offsets[0]), newRoom[T](rng, n, offsets[1]), newRoom[T](rng, n, offsets[2])
			want := make([]T, n)
			for i := range want {
				want[i] = c.want(a.row[i], b.row[i], lambda)
			}
			how := "out of place"
			switch trial % 4 {
			case 1:
				d, how = a, "into a"
			case 2:
				d, how = b, "into b"
			case 3:
				b, how = a, "a with itself"
				for i := range want {
					want[i] = c.want(a.row[i], a.row[i], lambda)
				}
			}
			what := fmt.Sprintf("n=%d offsets=%v lambda=%v %s", n, offsets, lambda, how)
			if err := c.pair(d.row, a.row, b.row, lambda); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			for i := range want {
				if !same(d.row[i], want[i]) {
					t.Fatalf("%s: element %d is %v, want %v", what, i, d.row[i], want[i])
				}
			}
			for _, r := range []room[T]{a, b, d} {
				if r.slackChanged() {
					t.Fatalf("%s: an element outside the row has changed", what)
				}
			}
		}
	}
}

// Short rows of one slice, at every distance from one another: what overlaps in part is an error, what touches is not.
func TestShortOverlap(t *testing.T) {
	forEach(t, func(t *testing.T) {
		forTypes(t, types, mixTests.testShortOverlap)
	})
}

func (c calls[T]) testShortOverlap(t *testing.T) {
	const most, base = 19, 24
	rng := rand.New(rand.NewPCG(5, 5))
	was, far := make([]T, 3*base), make([]T, most)
	fill(rng, was)
	fill(rng, far)
	for n := range most + 1 {
		for distance := -n - 2; distance <= n+2; distance++ {
			for _, operand := range []string{"a", "b"} {
				s := slices.Clone(was)
				d, x := s[base:base+n], s[base+distance:base+distance+n]
				a, b := x, far[:n]
				if operand == "b" {
					a, b = b, a
				}
				want := slices.Clone(was)
				partly := distance != 0 && distance > -n && distance < n
				if !partly {
					for i := range n {
						want[base+i] = c.want(a[i], b[i], 0.3)
					}
				}
				err := c.pair(d, a, b, 0.3)
				if (err != nil) != partly || partly && !errors.Is(err, ErrOverlap) {
					t.Fatalf("n=%d, %s %d elements from dst: error %v", n, operand, distance, err)
				}
				if !equal(s, want) {
					t.Fatalf("n=%d, %s %d elements from dst: %v, want %v", n, operand, distance, s, want)
				}
			}
		}
	}
}

// A large pair streams out of place whatever of dst is aligned to a line, by the rule of StoreAuto.
func TestWhatStreamsPair(t *testing.T) {
	withCaches(t, 1<<20)
	forTypes(t, types, mixTests.testWhatStreamsPair)
}

func (c calls[T]) testWhatStreamsPair(t *testing.T) {
	n := int(lastLevelBytes)/2/(3*c.size) + 1 // as many as touch more than half of the last-level cache
	for _, test := range []struct {
		name    string
		n, skip int
		inPlace int // 1: dst is a, 2: dst is b
		streams bool
	}{
		{"up to half of the cache", n - 1, 0, 0, false},
		{"more than half of it", n, 0, 0, true},
		{"more, not aligned", n, 1, 0, true},
		{"in place", n, 0, 1, false},
		{"in place of b", n, 0, 2, false},
	} {
		x := [3][]T{aligned[T](n + cacheLine)[test.skip:][:test.n], aligned[T](test.n), aligned[T](test.n)}
		if test.inPlace > 0 {
			x[test.inPlace] = x[0]
		}
		streamed, all, end := 0, 0, uintptr(unsafe.Pointer(&x[0][0]))
		var err error
		observed(t, func(_ kernel, dst uintptr, _, _, n int, stream bool) {
			if dst != end {
				t.Errorf("%s: %d columns from byte %d on, done are %d", test.name, n, dst, end)
			}
			all, end = all+n, end+uintptr(n*c.size)
			if stream {
				streamed += n
			}
			if line := n * c.size % cacheLine; stream && (dst%cacheLine != 0 || line != 0) {
				t.Errorf("%s: %d columns streamed from %d bytes past a line on", test.name, n, dst%cacheLine)
			}
		}, func() { err = c.pair(x[0], x[1], x[2], 0.3) })
		if err != nil || all != test.n {
			t.Fatalf("%s: %d of %d columns, %v", test.name, all, test.n, err)
		}
		if test.streams != (streamed > 0) || streamed > 0 && streamed < test.n-2*cacheLine {
			t.Errorf("%s: %d of %d columns are streamed", test.name, streamed, test.n)
		}
	}
}

// Pairs that are long enough to stream where the cache is small, at all alignments of dst; those of half an element too.
func TestLargePair(t *testing.T) {
	withCaches(t, 1<<10)
	forEach(t, func(t *testing.T) {
		forTypes(t, types, mixTests.testLargePair)
	})
}

func (c calls[T]) testLargePair(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for offset := range cacheLine {
		n := pairCall/c.size + 1 + rng.IntN(300)
		a, b := newRoom[T](rng, n, offset*7%cacheLine), newRoom[T](rng, n, rng.IntN(cacheLine))
		all := make([]byte, n*c.size+2*cacheLine)
		for i := range all {
			all[i] = byte(i)
		}
		begin := int(-uintptr(unsafe.Pointer(&all[0]))%cacheLine) + offset
		if runtime.GOARCH == "arm" { // it does not store to other addresses
			begin -= begin % c.size
		}
		d := slice[T](unsafe.Pointer(&all[begin]), n)
		lambda := lambdas[offset%len(lambdas)]
		if err := c.pair(d, a.row, b.row, lambda); err != nil {
			t.Fatal(err)
		}
		for i, got := range d {
			if want := c.want(a.row[i], b.row[i], lambda); !same(got, want) {
				t.Fatalf("n=%d, %d bytes past a line: element %d is %v, want %v", n, offset, i, got, want)
			}
		}
		for i, got := range all {
			if (i < begin || i >= begin+n*c.size) && got != byte(i) {
				t.Fatalf("n=%d, %d bytes past a line: byte %d of the slack has changed", n, offset, i-begin)
			}
		}
		if a.slackChanged() || b.slackChanged() {
			t.Fatal("an element outside the operands has changed")
		}
	}
}

func TestQuantize(t *testing.T) {
	for _, test := range []struct{ lambda, want float64 }{
		{0, 0}, {1, 1}, {0.5, 0.5}, {1.0 / 32768, 1.0 / 32768}, {0.5 / 32768, 0}, {1.5 / 32768, 2.0 / 32768}, {2.5 / 32768, 2.0 / 32768},
		{0.3, 9830.0 / 32768}, {0.99999, 1}, {math.SmallestNonzeroFloat64, 0},
	} {
		if got := Quantize(test.lambda); got != test.want {
			t.Errorf("Quantize(%v) = %v, want %v", test.lambda, got, test.want)
		}
	}
	for _, lambda := range []float64{-1e-300, 1.0000001, math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got := Quantize(lambda); !math.IsNaN(got) {
			t.Errorf("Quantize(%v) = %v, want NaN", lambda, got)
		}
	}
}

// All (a, b) at every w that is a multiple of 128, and at thousands of others, through the whole vectors and their tail.
func TestExhaustiveU8(t *testing.T) {
	step := 7 // 4681 others
	if testing.Short() {
		step = 131
	}
	const n = 65536
	a, b := make([]uint8, n), make([]uint8, n)
	for i := range a {
		a[i], b[i] = uint8(i>>8), uint8(i)
	}
	want, got := make([]uint8, n), make([]uint8, n)
	forEach(t, func(t *testing.T) {
		for w := range kernels.One + 1 {
			if w%128 != 0 && w%step != 0 {
				continue
			}
			kernels.BlendU8(want, a, b, w)
			if err := Uint8(got, a, b, float64(w)/kernels.One); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				for i := range got {
					if got[i] != want[i] {
						t.Fatalf("a=%d b=%d w=%d: %d, want %d", a[i], b[i], w, got[i], want[i])
					}
				}
			}
		}
	})
}
