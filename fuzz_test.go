package blend

import (
	"math"
	"slices"
	"testing"

	"github.com/mixblend/blend/internal/impl"
)

// Where vectors and blocks of them end.
var boundaries = []int{0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 513, 1025}

// FuzzPair mixes pairs of rows cut from data on every implementation: alias 0 apart, 1 into a, 2 into b.
func FuzzPair(f *testing.F) {
	for i, n := range boundaries {
		f.Add(slices.Repeat([]byte{0, 255, 7, 128, 127, 64}, 2*n/6+1), uint16(n), lambdas[i%len(lambdas)], uint8(i), uint8(3*i), uint8(i%3))
	}
	f.Fuzz(func(t *testing.T, data []byte, n uint16, lambda float64, offsetA, offsetD, alias uint8) {
		fuzzPair(t, u8, data, int(n), lambda, int(offsetA%64), int(offsetD%64), int(alias%3))
		fuzzPair(t, f32, floats(data), int(n), lambda, int(offsetA%64), int(offsetD%64), int(alias%3))
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
		a, b, dst := place(data[:n], offsetA), place(data[len(data)-n:], offsetD/2), place(make([]T, n), offsetD)
		want := make([]T, n)
		if inRange(lambda) {
			for i := range want {
				want[i] = c.want(a[i], b[i], lambda)
			}
		}
		if alias > 0 {
			dst = [...][]T{a, b}[alias-1]
		}
		err := c.pair(dst, a, b, lambda)
		if inRange(lambda) != (err == nil) {
			t.Fatalf("%s: lambda %v: %v", im.Name, lambda, err)
		}
		if err == nil && !slices.EqualFunc(dst, want, same[T]) {
			t.Fatalf("%s: n=%d lambda=%v alias=%d: got %v, want %v", im.Name, n, lambda, alias, dst, want)
		}
	}
}

// place copies s to an offset from a cache line.
func place[T element](s []T, offset int) []T {
	p := aligned[T](len(s) + offset)[offset:]
	copy(p, s)
	return p
}

// FuzzPlan mixes rows cut from data by an index that is cut from data too. Any index will do, and what is wrong with it
// must be an error.
func FuzzPlan(f *testing.F) {
	for i, n := range boundaries {
		f.Add(slices.Repeat([]byte{1, 255, 3, 128, 2, 64, 0}, 3*n/7+3), uint8(3+i%7), 0.3, lambdas[i%len(lambdas)], uint8(i), uint8(i))
	}
	f.Fuzz(func(t *testing.T, data []byte, rows uint8, lambda0, lambda1 float64, offset, mode uint8) {
		rows = min(rows, uint8(len(data)))
		index := make([]int, rows)
		for i := range index {
			index[i] = int(int8(data[i]))
			if mode&1 != 0 && rows > 0 {
				index[i] = int(data[i]) % int(rows)
			}
		}
		if mode&2 != 0 { // the permutation that sorts the data
			for i := range index {
				index[i] = i
			}
			slices.SortStableFunc(index, func(a, b int) int { return int(data[a]) - int(data[b]) })
		}
		lambda := []float64{lambda0}
		if mode&4 != 0 {
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
		p.Store = StoreMode(mode >> 3 & 3)
		fuzzPlan(t, u8, p, data, int(offset%64), mode&32 != 0)
		fuzzPlan(t, f32, p, floats(data), int(offset%64), mode&32 != 0)
	})
}

func fuzzPlan[T element](t *testing.T, c calls[T], p *Plan, data []T, offset int, inPlace bool) {
	rows := p.Len()
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
		x, dst := place(data, offset), place(make([]T, len(data)), offset/3)
		if inPlace {
			dst = x
		}
		err := c.flat(p, dst, x)
		if bad := inPlace && shared && len(data) > 0; bad != (err != nil) {
			t.Fatalf("%s: %v", im.Name, err)
		}
		if err == nil && !slices.EqualFunc(dst, want, same[T]) {
			t.Fatalf("%s: %d rows, in place %v: got %v, want %v", im.Name, rows, inPlace, dst, want)
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
