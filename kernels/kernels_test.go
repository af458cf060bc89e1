package kernels

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

// exactU8 is the contract of MixU8 spelled out: the quotient and remainder of integers, and the tie looked at by itself.
func exactU8(a, b, w int) int {
	v := w*a + (32768-w)*b
	q, r := v/32768, v%32768
	if r > 16384 || r == 16384 && q%2 == 1 {
		q++
	}
	return q
}

// Every weight, or, if short, every weight at which ties can occur and some others; every pair of bytes.
func TestU8IsExact(t *testing.T) {
	x, y := allPairs()
	check := func(w int, d []uint8) error {
		BlendU8(d, x, y, w)
		for i := range d {
			if want := exactU8(int(x[i]), int(y[i]), w); int(d[i]) != want || int(MixU8(x[i], y[i], w)) != want {
				return fmt.Errorf("a=%d b=%d w=%d: BlendU8 %d, MixU8 %d, want %d", x[i], y[i], w, d[i], MixU8(x[i], y[i], w), want)
			}
		}
		return nil
	}
	var next atomic.Int32
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Add(1)
		go func() {
			defer wait.Done()
			d := make([]uint8, len(x))
			for w := int(next.Add(1)) - 1; w <= One; w = int(next.Add(1)) - 1 {
				if testing.Short() && w%128 != 0 && w%251 != 0 {
					continue
				}
				if err := check(w, d); err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	wait.Wait()
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
			for _, inPlace := range []int{0, 1} {
				in := [][]uint8{slices.Clone(a), slices.Clone(b)}
				BlendU8(in[inPlace], in[0], in[1], w)
				if !slices.Equal(in[inPlace], d[:n]) {
					t.Fatalf("n=%d w=%d: in place of operand %d %d, out of place %d", n, w, inPlace, in[inPlace], d[:n])
				}
			}
			for i := range n {
				if d[i] != MixU8(a[i], b[i], w) || math.Float32bits(fd[i]) != math.Float32bits(MixF32(fa[i], fb[i], l, m)) {
					t.Fatalf("n=%d w=%d i=%d", n, w, i)
				}
			}
			if d[n] != 77 || fd[n] != 77 {
				t.Fatalf("n=%d: written past the end", n)
			}
		}
	}
}

// exactF32 is the contract of MixF32 in arithmetic of any precision: the exact product rounded, twice, and the exact sum rounded.
func exactF32(a, b, l, m float32) float32 {
	p, q := exactly((*big.Float).Mul, l, a), exactly((*big.Float).Mul, m, b)
	return exactly((*big.Float).Add, p, q)
}

// exactly rounds the exact value of an operation once.
func exactly(op func(z, x, y *big.Float) *big.Float, x, y float32) (r float32) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case big.ErrNaN: // 0·∞, or ∞ − ∞
			r = float32(math.NaN())
		default:
			panic(e)
		}
	}()
	if x != x || y != y {
		return float32(math.NaN())
	}
	// The sum of any two float32 has fewer than 300 bits.
	z := op(new(big.Float).SetPrec(300), big.NewFloat(float64(x)), big.NewFloat(float64(y)))
	if z.Acc() != big.Exact {
		panic("300 bits are not enough")
	}
	r, _ = z.Float32()
	return r
}

// special has the ends of every class of float32, and what rounds and cancels near them.
var special = []float32{
	0, 1, math.SmallestNonzeroFloat32, math.Float32frombits(0x007fffff), math.Float32frombits(0x00800000), math.Float32frombits(0x00800001),
	0.1, 255, math.Nextafter32(1, 2), math.Nextafter32(1, 0), 1 << 24, 1e-38, math.MaxFloat32, math.MaxFloat32 / 2,
	math.Float32frombits(0x7f000001), float32(math.Inf(1)), float32(math.NaN()),
}

func TestF32IsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	var values []float32
	for _, v := range special {
		values = append(values, v, -v)
	}
	var a, b []float32
	for _, x := range values {
		for _, y := range values {
			a, b = append(a, x), append(b, y)
		}
	}
	for range 1000 {
		x := math.Float32frombits(rng.Uint32())
		near := math.Float32frombits(math.Float32bits(x) ^ (1<<31 | rng.Uint32N(4))) // cancels
		a, b = append(a, x, x, x), append(b, math.Float32frombits(rng.Uint32()), near, float32(rng.NormFloat64()))
	}
	lambdas := []float64{0, 1, 0.5, 0.3, 1.0 / 32768, 77.0 / 256, 1e-8, 0.9999999, 1e-300, math.Nextafter(1, 0)}
	for range 20 {
		lambdas = append(lambdas, rng.Float64())
	}
	d := make([]float32, len(a))
	for _, lambda := range lambdas {
		l, m := WeightsF32(lambda)
		BlendF32(d, a, b, l, m)
		for i := range d {
			each, want := MixF32(a[i], b[i], l, m), exactF32(a[i], b[i], l, m)
			if !sameF32(d[i], want) || !sameF32(each, want) {
				t.Fatalf("lambda %v, a %s, b %s: BlendF32 %s, MixF32 %s, want %s", lambda, show(a[i]), show(b[i]), show(d[i]), show(each), show(want))
			}
		}
	}
}

// WeightsF32 rounds 1−λ to float64, and then to float32, as PyTorch and NumPy do.
func TestWeightsF32(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	once := 0 // λ for which rounding 1−λ to float32 at once gives something else
	for i := range 100000 {
		lambda := rng.Float64()
		if i%2 == 1 { // 1−λ is next to a tie of float32, but not of float64
			lambda = float64(2*rng.IntN(1<<21)+1)*0x1p-25 + float64(1-2*rng.IntN(2))*0x1p-56
		}
		exact := new(big.Float).SetPrec(300).Sub(big.NewFloat(1), big.NewFloat(lambda))
		f64, _ := exact.Float64()
		wantM, _ := big.NewFloat(f64).Float32()
		wantL, _ := big.NewFloat(lambda).Float32()
		if l, m := WeightsF32(lambda); l != wantL || m != wantM {
			t.Fatalf("lambda %v: %s, %s, want %s, %s", lambda, show(l), show(m), show(wantL), show(wantM))
		}
		if direct, _ := exact.Float32(); direct != wantM {
			once++
		}
	}
	if once == 0 {
		t.Error("no lambda tells two roundings from one")
	}
}

// A fused multiply-add would be another result.
func TestF32NeverFuses(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	fused := 0
	for range 100000 {
		l, m := WeightsF32(rng.Float64())
		a, b := rng.Float32(), -rng.Float32()
		p, q := float32(float64(l)*float64(a)), float32(float64(m)*float64(b)) // exact in float64, then rounded
		if got := MixF32(a, b, l, m); got != p+q {
			t.Fatalf("MixF32(%v, %v, %v, %v) = %v, want %v", a, b, l, m, got, p+q)
		}
		if float32(math.FMA(float64(l), float64(a), float64(q))) != p+q {
			fused++
		}
	}
	if fused == 0 {
		t.Fatal("no input tells a fused multiply-add from two roundings")
	}
}

func ExampleMixU8() {
	// λ = ½: 127.5 and 0.5 are ties, which go to the even neighbour.
	fmt.Println(MixU8(255, 0, One/2), MixU8(1, 0, One/2), MixU8(3, 0, One/2))
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
		for range b.N {
			plain(d, x, y, .3, .7)
		}
	})
	for name, w := range map[string]int{"even": 77 * 128, "near": 9831} {
		b.Run("body="+name, func(b *testing.B) {
			b.SetBytes(4096)
			for range b.N {
				BlendU8(d, x, y, w)
			}
		})
	}
}
