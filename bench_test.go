package blend

import (
	"fmt"
	"testing"
	"unsafe"
)

// What one would write without this package.
func plainF32(dst, a, b []float32, l, m float32) {
	for i := range dst {
		dst[i] = float32(l*a[i]) + float32(m*b[i])
	}
}

func plainU8(dst, a, b []uint8, l, m float32) {
	for i := range dst {
		dst[i] = byte(float32(l*float32(a[i])) + float32(m*float32(b[i])) + .5)
	}
}

// lambdasU8 has one λ for each body of the uint8 kernels, and ½, which rounds half of all pairs.
var lambdasU8 = []struct {
	name  string
	value float64
}{{"near", 0.3}, {"ties", 77.0 / 256}, {"half", 0.5}}

// The names of benchmarks are keys and values: benchstat -col /impl puts implementations side by side.

func BenchmarkPair(b *testing.B) {
	for _, n := range []int{10, 2048, 150528} {
		benchPair(b, fmt.Sprintf("type=f32/n=%d", n), f32.pair, plainF32, n, 0.3)
	}
	for _, n := range []int{10, 4096, 150528} {
		for _, l := range lambdasU8 {
			benchPair(b, fmt.Sprintf("type=u8/n=%d/lambda=%s", n, l.name), u8.pair, plainU8, n, l.value)
		}
	}
}

func benchPair[T element](b *testing.B, name string, mix func(dst, a, b []T, lambda float64) error, plain func(dst, a, b []T, l, m float32), n int, lambda float64) {
	b.Run(name, func(b *testing.B) {
		x, y, d := aligned[T](n), aligned[T](n), aligned[T](n)
		fillOrdinary(x, y)
		perImplementation(b, func(b *testing.B) {
			b.SetBytes(int64(n * int(unsafe.Sizeof(d[0]))))
			b.ReportAllocs()
			for range b.N {
				if err := mix(d, x, y, lambda); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("impl=plain", func(b *testing.B) {
			b.SetBytes(int64(n * int(unsafe.Sizeof(d[0]))))
			for range b.N {
				plain(d, x, y, float32(lambda), float32(1-lambda))
			}
		})
	})
}

// BenchmarkRatio measures what holds on a noisy machine: each round times every contestant for 0.2 ms or one call, in shuffled order, and
// the metrics are medians over the rounds of each round's ratios of times. Run it with -benchtime 1000x, BenchmarkBatchRatio with 25x.
func BenchmarkRatio(b *testing.B) {
	for _, lambda := range lambdasU8 {
		for _, n := range []int{1, 4, 8, 10, 15, 16, 24, 31, 32, 64, 4096} {
			d, x, y := aligned[uint8](n), aligned[uint8](n), aligned[uint8](n)
			fillOrdinary(x, y)
			b.Run(fmt.Sprintf("type=u8/n=%d/lambda=%s", n, lambda.name), func(b *testing.B) {
				compete(b, []contestant{{"plain", func() { plainU8(d, x, y, float32(lambda.value), float32(1-lambda.value)) }}},
					[]contestant{{"mix", func() { Uint8(d, x, y, lambda.value) }}})
			})
		}
	}
	for _, n := range []int{2, 4, 7, 8, 10, 12, 16, 17, 24, 32, 2048} {
		d, x, y := aligned[float32](n), aligned[float32](n), aligned[float32](n)
		fillOrdinary(x, y)
		mix := []contestant{{"mix", func() { Float32(d, x, y, 0.3) }}}
		b.Run(fmt.Sprintf("type=f32/n=%d/against=plain", n), func(b *testing.B) {
			compete(b, []contestant{{"plain", func() { plainF32(d, x, y, 0.3, 0.7) }}}, mix)
		})
		b.Run(fmt.Sprintf("type=f32/n=%d/against=copy", n), func(b *testing.B) {
			compete(b, []contestant{{"copy", func() { copy(d, x) }}}, mix)
		})
	}
}

// BenchmarkLargePairRatio holds a pair, out of place, against Go's copy of as many bytes: as it is, with cached stores, and with a reader
// that follows at once, who takes a number of each line. Run it with -benchtime 101x.
func BenchmarkLargePairRatio(b *testing.B) {
	for _, size := range []int{2 << 20, 4 << 20, 1920 * 1080 * 4, 32 << 20} {
		largePairRatio(b, fmt.Sprintf("type=u8/bytes=%d", size), u8, size)
		largePairRatio(b, fmt.Sprintf("type=f32/bytes=%d", size), f32, size/4)
		largePairRatio(b, fmt.Sprintf("type=bf16/bytes=%d", size), bf16s, size/2)
	}
}

func largePairRatio[T element](b *testing.B, name string, c calls[T], n int) {
	d, x, y := aligned[T](n), aligned[T](n), aligned[T](n)
	fillOrdinary(d, x, y)
	cached := func() {
		s := step{dst: ptr(d), own: ptr(x), partner: ptr(y), params: c.kernel.paramsFor(0.3)}
		c.kernel.runLong(unsafe.Slice(&s, 1), n, wholeRow)
	}
	read := func() {
		for i := 0; i < n; i += cacheLine / c.size {
			sink += byte(d[i])
		}
	}
	then := func(next func()) (copied, mixed []contestant) {
		return []contestant{{"copy", func() { copy(d, x); next() }}},
			[]contestant{{"mix", func() { c.pair(d, x, y, 0.3); next() }}, {"cached", func() { cached(); next() }}}
	}
	b.Run(name, func(b *testing.B) {
		copied, mixed := then(func() {})
		compete(b, copied, mixed)
	})
	b.Run(name+"/then=read", func(b *testing.B) {
		copied, mixed := then(read)
		compete(b, copied, mixed)
	})
}
