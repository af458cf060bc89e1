package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// exactU8 is the contract of U8 spelled out: the quotient and remainder of integers, and the tie looked at by itself.
func exactU8(a, b, w int) int {
	v := w*a + (32768-w)*b
	q, r := v/32768, v%32768
	if r > 16384 || r == 16384 && q%2 == 1 {
		q++
	}
	return q
}

func TestU8IsExact(t *testing.T) {
	var x, y, d [65536]uint8
	for i := range x {
		x[i], y[i] = uint8(i>>8), uint8(i)
	}
	step := 1
	if testing.Short() {
		step = 251
	}
	for w := 0; w <= One; w += step {
		BlendU8(d[:], x[:], y[:], w)
		// The slices are held against the exact value on a part of the grid, U8 itself on a sparser one.
		if w%128 != 0 && w%37 != 0 {
			continue
		}
		for i := range d {
			a, b := int(x[i]), int(y[i])
			want := exactU8(a, b, w)
			if int(d[i]) != want || int(U8(x[i], y[i], w)) != want {
				t.Fatalf("a=%d b=%d w=%d: BlendU8 %d, U8 %d, want %d", a, b, w, d[i], U8(x[i], y[i], w), want)
			}
		}
	}
}

func TestWeightU8(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	check := func(lambda float64) {
		if got, want := WeightU8(lambda), int(math.RoundToEven(lambda*One)); got != want {
			t.Fatalf("WeightU8(%v) = %d, want %d", lambda, got, want)
		}
	}
	for i := range 2*One + 1 { // every weight, and every tie between two
		lambda := float64(i) / (2 * One)
		check(lambda)
		check(max(0, math.Nextafter(lambda, -1)))
		check(min(1, math.Nextafter(lambda, 2)))
	}
	for range 100000 {
		check(rng.Float64())
	}
	check(math.SmallestNonzeroFloat64)
}

func TestLengths(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := 0; n < 40; n++ {
		a, b := make([]uint8, n), make([]uint8, n)
		fa, fb := make([]float32, n), make([]float32, n)
		for i := range a {
			a[i], b[i] = uint8(rng.Uint32()), uint8(rng.Uint32())
			fa[i], fb[i] = rng.Float32(), rng.Float32()
		}
		for _, w := range []int{0, 1, 128, 9831, 16384, 32767, 32768} {
			l, m := WeightsF32(float64(w) / One)
			d, fd := make([]uint8, n+1), make([]float32, n+1)
			d[n], fd[n] = 77, 77
			BlendU8(d[:n], a, b, w)
			BlendF32(fd[:n], fa, fb, l, m)
			for i := range n {
				if d[i] != U8(a[i], b[i], w) || math.Float32bits(fd[i]) != math.Float32bits(F32(fa[i], fb[i], l, m)) {
					t.Fatalf("n=%d w=%d i=%d", n, w, i)
				}
			}
			if d[n] != 77 || fd[n] != 77 {
				t.Fatalf("n=%d: written past the end", n)
			}
		}
	}
}

// F32 on float64 intermediates: a product of two float32 is exact in float64, so that rounding it is the rounded product.
func TestF32NeverFuses(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	fused := 0
	for range 100000 {
		l, m := WeightsF32(rng.Float64())
		a, b := rng.Float32(), -rng.Float32()
		p, q := float32(float64(l)*float64(a)), float32(float64(m)*float64(b))
		if got := F32(a, b, l, m); got != p+q {
			t.Fatalf("F32(%v, %v, %v, %v) = %v, want %v", a, b, l, m, got, p+q)
		}
		if float32(math.FMA(float64(l), float64(a), float64(q))) != p+q {
			fused++
		}
	}
	if fused == 0 {
		t.Fatal("no input tells a fused multiply-add from two roundings")
	}
}

func ExampleU8() {
	// λ = ½: 127.5 and 0.5 are ties, which go to the even neighbour.
	fmt.Println(U8(255, 0, One/2), U8(1, 0, One/2), U8(3, 0, One/2))
	// Output: 128 0 2
}

func ExampleBlendF32() {
	dst := make([]float32, 2)
	l, m := WeightsF32(0.75)
	BlendF32(dst, []float32{4, 8}, []float32{0, 4}, l, m)
	fmt.Println(dst)
	// Output: [3 7]
}

func ExampleBlendU8() {
	dst := make([]uint8, 3)
	BlendU8(dst, []uint8{200, 100, 0}, []uint8{0, 100, 200}, WeightU8(0.25))
	fmt.Println(dst)
	// Output: [50 100 150]
}

func BenchmarkBlendU8(b *testing.B) {
	x, y, d := make([]uint8, 4096), make([]uint8, 4096), make([]uint8, 4096)
	for i := range x {
		x[i], y[i] = uint8(i*7), uint8(i*13)
	}
	plain := func(d, a, b []uint8, l, m float32) {
		for i := range d {
			d[i] = byte(float32(l*float32(a[i])) + float32(m*float32(b[i])) + .5)
		}
	}
	b.Run("body=plain", func(b *testing.B) {
		b.SetBytes(4096)
		for b.Loop() {
			plain(d, x, y, .3, .7)
		}
	})
	for name, w := range map[string]int{"even": 77 * 128, "near": 9831} {
		b.Run("body="+name, func(b *testing.B) {
			b.SetBytes(4096)
			for b.Loop() {
				BlendU8(d, x, y, w)
			}
		})
	}
}
