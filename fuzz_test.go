package blend

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mixblend/blend/internal/impl"
)

// Where vectors and blocks of them end.
var boundaries = []int{0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 513, 1025}

// FuzzPair mixes pairs of rows cut from data on every implementation: alias 0 apart, 1 into a, 2 into b, 3 a little past a, which
// must be an error.
func FuzzPair(f *testing.F) {
	rng := rand.New(rand.NewPCG(11, 11))
	for i, n := range boundaries {
		for alias := range 4 {
			data := make([]byte, 2*n*4) // as many floats as that
			fill(rng, data)
			f.Add(data, uint16(n), lambdas[(i+5*alias)%len(lambdas)], uint8(i*alias), uint8(3*i), uint8(alias))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, n uint16, lambda float64, offsetA, offsetD, alias uint8) {
		fuzzPair(t, u8, data, int(n), lambda, int(offsetA%64), int(offsetD%64), int(alias%4))
		fuzzPair(t, f32, floats(data), int(n), lambda, int(offsetA%64), int(offsetD%64), int(alias%4))
	})
}

// floats looks at bytes as float32, whatever bits they are.
func floats(data []byte) []float32 {
	s := make([]float32, len(data)/4)
	for i := range s {
		s[i] = math.Float32frombits(uint32(data[4*i]) | uint32(data[4*i+1])<<8 | uint32(data[4*i+2])<<16 | uint32(data[4*i+3])<<24)
	}
	return s
}

func fuzzPair[T element](t *testing.T, c calls[T], data []T, n int, lambda float64, offsetA, offsetD, alias int) {
	n = min(n, len(data)/2)
	defer impl.All[0].Use()
	for _, im := range impl.All {
		im.Use()
		whole := place(data[:n+min(n, 1)], offsetA) // a, and an element past it
		a, b, dst := whole[:n], place(data[len(data)-n:], offsetD/2), place(make([]T, n), offsetD)
		before, want := slices.Clone(whole), make([]T, n)
		if inRange(lambda) {
			for i := range want {
				want[i] = c.want(a[i], b[i], lambda)
			}
		}
		if alias > 0 {
			dst = [...][]T{a, b, whole[min(n, 1):]}[alias-1]
		}
		err := c.pair(dst, a, b, lambda)
		if bad := !inRange(lambda) || alias == 3 && n > 1; bad != (err != nil) {
			t.Fatalf("%s: n=%d lambda=%v alias=%d: %v", im.Name, n, lambda, alias, err)
		}
		if err == nil && !slices.EqualFunc(dst, want, same[T]) {
			t.Fatalf("%s: n=%d lambda=%v alias=%d: got %v, want %v", im.Name, n, lambda, alias, dst, want)
		}
		if (err != nil || alias == 0 || alias == 2) && !slices.EqualFunc(whole, before, same[T]) {
			t.Fatalf("%s: n=%d lambda=%v alias=%d: the input has changed", im.Name, n, lambda, alias)
		}
	}
}

// place copies s to an offset from a cache line.
func place[T element](s []T, offset int) []T {
	p := aligned[T](len(s) + offset)[offset:]
	copy(p, s)
	return p
}

// What mode says in FuzzPlan, but for Store in between.
const (
	modeMap     = 1 << 0 // any index within the rows
	modePerm    = 1 << 1 // a permutation
	modeEach    = 1 << 2 // one λ a row
	modeStore   = 3      // this times 8
	modeInside  = 1 << 5 // in place
	modePartly  = 1 << 6 // dst overlaps x, which must be an error
	modeWorkers = 1 << 7
)

// FuzzPlan mixes rows cut from data by an index that is cut from data too. Any index will do, and what is wrong with it
// must be an error.
func FuzzPlan(f *testing.F) {
	before := workerBytes
	workerBytes = 64
	f.Cleanup(func() { workerBytes = before })
	rng := rand.New(rand.NewPCG(12, 12))
	for i, n := range boundaries {
		for j, mode := range []uint8{0, modeMap, modePerm, modePerm | modeEach | modeInside, modePerm | modeWorkers | modeInside, modePerm | modePartly} {
			rows := 1 + (i+j)%9
			data := make([]byte, rows*n*(1+j%2*3)) // n bytes a row, or n floats
			fill(rng, data)
			store := uint8(i % 3 << 3)
			f.Add(data, uint8(rows), lambdas[(i+j)%len(lambdas)], lambdas[(i+3*j)%len(lambdas)], uint8(i%2*j), mode|store)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, rows uint8, lambda0, lambda1 float64, offset, mode uint8) {
		rows = min(rows, uint8(len(data)))
		index := make([]int, rows)
		for i := range index {
			index[i] = int(int8(data[i]))
			if mode&modeMap != 0 && rows > 0 {
				index[i] = int(data[i]) % int(rows)
			}
		}
		if mode&modePerm != 0 { // the permutation that sorts the data
			for i := range index {
				index[i] = i
			}
			slices.SortStableFunc(index, func(a, b int) int { return int(data[a]) - int(data[b]) })
		}
		lambda := []float64{lambda0}
		if mode&modeEach != 0 {
			lambda = make([]float64, rows)
			for i := range lambda {
				lambda[i] = [...]float64{lambda0, lambda1}[i%2]
			}
		}
		p, err := NewPlan(index, lambda...)
		valid := !slices.ContainsFunc(index, func(q int) bool { return q < 0 || q >= int(rows) }) &&
			!slices.ContainsFunc(lambda, func(l float64) bool { return !inRange(l) })
		if valid != (err == nil) {
			t.Fatalf("index %v, lambda %v: %v", index, lambda, err)
		}
		if err != nil {
			return
		}
		p.Store = StoreMode(mode >> 3 & modeStore)
		if mode&modeWorkers != 0 {
			p.Workers = 3
		}
		fuzzPlan(t, u8, p, data, int(offset%64), mode)
		fuzzPlan(t, f32, p, floats(data), int(offset%64), mode)
	})
}

func fuzzPlan[T element](t *testing.T, c calls[T], p *Plan, data []T, offset int, mode uint8) {
	rows, inPlace := p.Len(), mode&modeInside != 0
	if rows > 0 {
		data = data[:len(data)/rows*rows]
	} else {
		data = nil
	}
	uses := make([]int, rows)
	for i := range rows {
		uses[p.Index(i)]++
	}
	shared := slices.ContainsFunc(uses, func(n int) bool { return n > 1 })
	want := make([]T, len(data))
	for i := range want {
		cols := len(data) / rows
		row, col := i/cols, i%cols
		want[i] = c.want(data[i], data[p.Index(row)*cols+col], p.Lambda(row))
	}
	defer impl.All[0].Use()
	for _, im := range impl.All {
		im.Use()
		whole := place(append(slices.Clip(data), make([]T, 1)...), offset) // x, and an element past it
		x, dst := whole[:len(data)], place(make([]T, len(data)), offset/3)
		before := slices.Clone(whole)
		if inPlace {
			dst = x
		} else if mode&modePartly != 0 {
			dst = whole[1:]
		}
		err := c.flat(p, dst, x)
		partly := !inPlace && mode&modePartly != 0 && len(data) > 1
		if bad := inPlace && shared && len(data) > 0 || partly; bad != (err != nil) {
			t.Fatalf("%s: %v", im.Name, err)
		}
		if err == nil && !slices.EqualFunc(dst, want, same[T]) {
			t.Fatalf("%s: %d rows, mode %#x: got %v, want %v", im.Name, rows, mode, dst, want)
		}
		if (err != nil || !inPlace && mode&modePartly == 0) && !slices.EqualFunc(whole, before, same[T]) {
			t.Fatalf("%s: %d rows, mode %#x: the input has changed", im.Name, rows, mode)
		}
	}
	// The same batch as one slice a row.
	xs, err := Rows(place(data, offset), rows)
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]T, len(data))
	ds, _ := Rows(dst, rows)
	if err := c.rows(p, ds, xs); err != nil || !slices.EqualFunc(dst, want, same[T]) {
		t.Fatalf("rows: %v: got %v, want %v", err, dst, want)
	}
}
