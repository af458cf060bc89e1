package blend

import (
	"math"
	"math/rand/v2"
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

// An element is what batches are made of.
type element interface{ float32 | uint8 | bf16 | f16 }

// 16-bit floats, as users have them: a type of their own.
type (
	bf16 uint16
	f16  uint16
)

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
