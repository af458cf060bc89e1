package blend

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/mixblend/blend/internal/impl"
)

// forEach runs a test on every implementation that this machine has.
func forEach(t *testing.T, test func(t *testing.T)) {
	defer impl.All[0].Use()
	for _, im := range impl.All {
		im.Use()
		if got := Implementation(); got != im.Name {
			t.Fatalf("%s in use where %s should be", got, im.Name)
		}
		t.Run(im.Name, test)
	}
}

// special holds a value of every class of float32.
var special = []float32{
	0, float32(math.Copysign(0, -1)), math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32,
	math.Float32frombits(0x007fffff), math.Float32frombits(0x00800000), -math.Float32frombits(0x00800001),
	1, -1, math.Nextafter32(1, 2), 255, 1e-20, -1e20, math.MaxFloat32, -math.MaxFloat32,
	float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), math.Float32frombits(0xffc12345),
}

// fill sets s at random: bytes uniformly, floats to ordinary values with every class of special one among them.
func fill[T element](rng *rand.Rand, s []T) {
	for i := range s {
		switch p := any(&s[i]).(type) {
		case *uint8:
			*p = uint8(rng.Uint32())
		case *bf16:
			*p = bf16(rng.Uint32()) // one in 256 is not finite
		case *f16:
			*p = f16(rng.Uint32())
		case *float32:
			switch rng.IntN(4) {
			case 0:
				*p = special[rng.IntN(len(special))]
			case 1:
				*p = math.Float32frombits(rng.Uint32())
			default:
				*p = float32(rng.NormFloat64())
			}
		}
	}
}

// same compares bits, except that one NaN is as good as another.
func same[T element](a, b T) bool {
	if a != a {
		return b != b
	}
	switch x := any(a).(type) {
	case float32:
		return math.Float32bits(x) == math.Float32bits(any(b).(float32))
	case bf16:
		if x&0x7fff > 0x7f80 {
			return any(b).(bf16)&0x7fff > 0x7f80
		}
	case f16:
		if x&0x7fff > 0x7c00 {
			return any(b).(f16)&0x7fff > 0x7c00
		}
	}
	return a == b
}

// lambdas holds values for every variant of every kernel, and awkward ones.
var lambdas = []float64{
	0, 1, 0.5, 0.25, 0.75, 1.0 / 256, 255.0 / 256, 77.0 / 256, 0.3, 0.7, 1.0 / 32768, 32767.0 / 32768, 16383.0 / 32768,
	16385.0 / 32768, 0.9999999, 0.7310585786300049, 1e-8, 0.1, 2.0 / 3,
}

// aligned returns a slice that begins at a cache line.
func aligned[T any](n int) []T {
	s := make([]T, n+64)
	for uintptr(unsafe.Pointer(&s[0]))%64 != 0 {
		s = s[1:]
	}
	return s[:n:n]
}

// shareSmallCalls makes workers share calls that are too small to gain from it.
func shareSmallCalls(t *testing.T) {
	before := workerBytes
	workerBytes = 64 << 10
	t.Cleanup(func() { workerBytes = before })
}

func ptr[T any](s []T) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(s)) }

// room is a row with slack on both sides, some elements past a cache line.
type room[T element] struct{ head, row, tail, was []T }

const slack = 128

func newRoom[T element](rng *rand.Rand, n, offset int) room[T] {
	all := aligned[T](n + 2*slack + offset)
	fill(rng, all)
	begin, end := slack+offset, slack+offset+n
	return room[T]{all[:begin], all[begin:end:end], all[end:], slices.Concat(all[:begin], all[end:])}
}

// slackChanged reports whether anything outside the row has changed.
func (r room[T]) slackChanged() bool {
	return !slices.EqualFunc(slices.Concat(r.head, r.tail), r.was, same[T])
}

// The shapes that an index map can have, on n rows.
var indexes = []struct {
	name        string
	permutation bool
	make        func(rng *rand.Rand, n int) []int
}{
	{"roll by one", true, func(_ *rand.Rand, n int) []int { return generate(n, func(i int) int { return (i + 1) % n }) }},
	{"random", true, func(rng *rand.Rand, n int) []int { return rng.Perm(n) }},
	{"reversal", true, func(_ *rand.Rand, n int) []int { return generate(n, func(i int) int { return n - 1 - i }) }},
	{"identity", true, func(_ *rand.Rand, n int) []int { return generate(n, func(i int) int { return i }) }},
	{"cycles of three", true, func(_ *rand.Rand, n int) []int {
		return generate(n, func(i int) int {
			begin := i / 3 * 3
			return begin + (i-begin+1)%min(3, n-begin)
		})
	}},
	{"all with one", false, func(_ *rand.Rand, n int) []int { return generate(n, func(i int) int { return n / 2 }) }},
	{"random map", false, func(rng *rand.Rand, n int) []int { return generate(n, func(int) int { return rng.IntN(n) }) }},
}

func generate(n int, f func(i int) int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = f(i)
	}
	return s
}

// drawLambdas gives one λ, or one a row.
func drawLambdas(rng *rand.Rand, rows int) []float64 {
	if rng.IntN(2) == 0 {
		return []float64{lambdas[rng.IntN(len(lambdas))]}
	}
	l := make([]float64, rows)
	for i := range l {
		l[i] = lambdas[rng.IntN(len(lambdas))]
	}
	return l
}

// checkError wants err to be kind and to name every value.
func checkError(t *testing.T, err, kind error, names ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("error %v, want %v", err, kind)
	}
	for _, other := range []error{ErrLambda, ErrShape, ErrIndex, ErrOverlap, ErrNormalization} {
		if other != kind && errors.Is(err, other) {
			t.Errorf("error %v is %v as well", err, other)
		}
	}
	for _, name := range names {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("error %q does not name %s", err, name)
		}
	}
}

// untouched runs f and wants every element of x to be what it was.
func untouched[T element](t *testing.T, x []T, f func()) {
	t.Helper()
	was := slices.Clone(x)
	f()
	if !slices.EqualFunc(x, was, same[T]) {
		t.Error("written in spite of the error")
	}
}

func counting[T element](n int) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = T(i % 251)
	}
	return s
}

func text(n int) string { return fmt.Sprintf(" %d ", n) }

// A field is rows, each some elements past a cache line, with slack around them.
type field[T element] struct{ rows, slack [][]T }

// slackValue is what slack holds.
const slackValue = 77

// newField copies rows that lie end to end to places of their own; one row is a contiguous batch.
func newField[T element](s []T, rows, offset int) field[T] {
	cols := len(s) / max(rows, 1)
	stride := (cols+slack+63)/64*64 + offset%2*13 // odd: each row at an alignment of its own
	all := aligned[T](slack + offset + rows*stride)
	all[0] = slackValue
	for n := 1; n < len(all); n *= 2 {
		copy(all[n:], all[:n])
	}
	f := field[T]{slack: [][]T{all[:slack+offset]}}
	for i := range rows {
		place := all[slack+offset+i*stride:][:stride]
		copy(place, s[i*cols:(i+1)*cols])
		f.rows, f.slack = append(f.rows, place[:cols]), append(f.slack, place[cols:])
	}
	return f
}

// shifted returns the rows one element on.
func (f field[T]) shifted() [][]T {
	rows := make([][]T, len(f.rows))
	for i, r := range f.rows {
		rows[i] = r[:len(r)+1][1:]
	}
	return rows
}

// holds reports whether the rows are s, and the slack is what it was.
func (f field[T]) holds(s []T) bool {
	for _, t := range f.slack {
		if t[0] != slackValue || !equal(t[1:], t[:len(t)-1]) {
			return false
		}
	}
	for _, r := range f.rows {
		if !equal(r, s[:len(r)]) {
			return false
		}
		s = s[len(r):]
	}
	return true
}

func equal[T element](a, b []T) bool {
	raw := func(s []T) []byte { return slice[byte](ptr(s), len(s)*int(unsafe.Sizeof(*new(T)))) }
	return bytes.Equal(raw(a), raw(b)) || slices.EqualFunc(a, b, same[T])
}

// observed makes f run on plain Go, and the traversal tell of every step of a kernel's. Several goroutines may tell at once.
func observed(t *testing.T, tell func(k kernel, dst uintptr, step, steps, n int, stream bool), f func()) {
	t.Helper()
	useGeneric()
	observe = tell
	defer func() {
		observe = nil
		impl.All[0].Use()
	}()
	f()
}

// withCaches makes the traversal take the last-level cache for so large.
func withCaches(t *testing.T, last uint64) {
	before := lastLevelBytes
	lastLevelBytes = last
	t.Cleanup(func() { lastLevelBytes = before })
}

func randomNormalization(rng *rand.Rand, channels int, layouts [2]Layout) *Normalization {
	n := &Normalization{From: layouts[0], To: layouts[1]}
	for range channels {
		n.Scale = append(n.Scale, float32(rng.NormFloat64()))
		n.Bias = append(n.Bias, float32(rng.NormFloat64()*math.Pow(10, 6*rng.Float64()-4)))
	}
	return n
}

func cloneAll[T any](rows [][]T) [][]T {
	c := make([][]T, len(rows))
	for i := range rows {
		c[i] = slices.Clone(rows[i])
	}
	return c
}
