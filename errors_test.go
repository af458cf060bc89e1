package blend

import (
	"math"
	"testing"
)

func TestPairErrors(t *testing.T) {
	forTypes(t, types, mixTests.testPairErrors)
}

func (c calls[T]) testPairErrors(t *testing.T) {
	size := c.size
	s := counting[T](1000)
	for _, test := range []struct {
		name      string
		dst, a, b []T
		lambda    float64
		kind      error
		names     []string
	}{
		{"lambda below 0", s[:10], s[100:110], s[200:210], -1e-9, ErrLambda, []string{"-1e-09"}},
		{"lambda above 1", s[:10], s[100:110], s[200:210], 1.5, ErrLambda, []string{"1.5"}},
		{"lambda NaN", s[:10], s[100:110], s[200:210], math.NaN(), ErrLambda, []string{"NaN"}},
		{"lambda infinite", nil, nil, nil, math.Inf(1), ErrLambda, []string{"+Inf"}},
		{"short a", s[:10], s[100:109], s[200:210], 0.5, ErrShape, []string{"10", "9"}},
		{"long b", s[:10], s[100:110], s[200:211], 0.5, ErrShape, []string{"10", "11"}},
		{"no dst", nil, s[100:110], s[200:210], 0.5, ErrShape, []string{"0", "10"}},
		{"dst into a", s[101:111], s[100:110], s[200:210], 0.5, ErrOverlap, []string{"dst and a", text(10 * size), text(size)}},
		{"a into dst", s[100:110], s[109:119], s[200:210], 0.5, ErrOverlap, []string{"dst and a", text(9 * size)}},
		{"dst into b", s[201:211], s[100:110], s[200:210], 0.5, ErrOverlap, []string{"dst and b", text(size)}},
		{"dst is a, and into b", s[100:110], s[100:110], s[105:115], 0.5, ErrOverlap, []string{"dst and b", text(5 * size)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			untouched(t, s, func() { checkError(t, c.pair(test.dst, test.a, test.b, test.lambda), test.kind, test.names...) })
		})
	}
	for _, fine := range []struct{ dst, a, b []T }{
		{nil, nil, nil}, {s[:0], s[:0], s[:0]}, {s[:0], s[5:5], nil},
		{s[10:20], s[0:10], s[20:30]}, {s[10:20], s[10:20], s[20:30]}, {s[10:20], s[20:30], s[25:35]}, {s[10:20], s[10:20], s[10:20]},
	} {
		if err := c.pair(fine.dst, fine.a, fine.b, 0.5); err != nil {
			t.Error(err)
		}
	}
}

func TestPlanErrors(t *testing.T) {
	nan := math.NaN()
	for _, test := range []struct {
		name   string
		index  []int
		lambda []float64
		kind   error
		names  []string
	}{
		{"no lambda", []int{1, 0}, nil, ErrShape, []string{"2 rows", "0 lambdas"}},
		{"too many lambdas", []int{1, 0}, []float64{0, 1, 0}, ErrShape, []string{"2 rows", "3 lambdas"}},
		{"two lambdas, no rows", nil, []float64{0, 1}, ErrShape, []string{"0 rows", "2 lambdas"}},
		{"lambda above 1", []int{1, 0}, []float64{0, 1.25}, ErrLambda, []string{"lambda[1]", "1.25"}},
		{"lambda NaN", []int{1, 0}, []float64{nan}, ErrLambda, []string{"lambda[0]", "NaN"}},
		{"lambda NaN, no rows", nil, []float64{nan}, ErrLambda, []string{"NaN"}},
		{"index too great", []int{1, 2}, []float64{0.5}, ErrIndex, []string{"index[1] = 2", "2 rows"}},
		{"index negative", []int{1, 0, -1}, []float64{0.5}, ErrIndex, []string{"index[2] = -1", "3 rows"}},
		{"index huge", []int{math.MaxInt}, []float64{0.5}, ErrIndex, []string{"index[0]"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := NewPlan(test.index, test.lambda...)
			checkError(t, err, test.kind, test.names...)
			if p != nil {
				t.Error("a Plan beside an error")
			}
			// Reset fails likewise, and leaves the Plan as it was.
			p, _ = NewPlan([]int{1, 2, 0}, 0.25, 0.5, 0.75)
			checkError(t, p.Reset(test.index, test.lambda...), test.kind)
			if p.Len() != 3 || p.Index(1) != 2 || p.Lambda(2) != 0.75 {
				t.Error("a failed Reset has changed the Plan")
			}
			x := []float32{1, 2, 3}
			if err := p.Float32(x, x); err != nil || x[0] != 1.75 || x[1] != 2.5 || x[2] != 2.5 {
				t.Error("a failed Reset has changed the Plan", x, err)
			}
		})
	}
}

func TestFlatErrors(t *testing.T) {
	forTypes(t, types, mixTests.testFlatErrors)
}

func (c calls[T]) testFlatErrors(t *testing.T) {
	size := c.size
	swap, _ := NewPlan([]int{1, 0}, 0.5)
	twice, _ := NewPlan([]int{2, 0, 2, 1}, 0.5)
	s := counting[T](1000)
	for _, test := range []struct {
		name   string
		p      *Plan
		dst, x []T
		kind   error
		names  []string
	}{
		{"dst short", swap, s[:10], s[100:112], ErrShape, []string{"2 rows, dst has 10 elements, x 12: want one length, a multiple of 2"}},
		{"odd", swap, s[:11], s[100:111], ErrShape, []string{"2 rows, dst has 11 elements, x 11: want one length, a multiple of 2"}},
		{"no rows", new(Plan), s[:2], s[100:102], ErrShape, []string{"0 rows", "2", "never filled by Reset, At or Next"}},
		{"no Plan", nil, s[:2], s[100:102], ErrShape, []string{"0 rows", "2", "never filled by Reset, At or Next"}},
		{"partly in place", swap, s[101:111], s[100:110], ErrOverlap, []string{text(10 * size), text(size)}},
		{"by its last element", swap, s[109:119], s[100:110], ErrOverlap, []string{text(9 * size)}},
		{"no permutation, in place", twice, s[:12], s[:12], ErrIndex, []string{"row 2", "row 0"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			untouched(t, s, func() { checkError(t, c.flat(test.p, test.dst, test.x), test.kind, test.names...) })
		})
	}
	for _, fine := range []struct {
		p      *Plan
		dst, x []T
	}{
		{nil, nil, nil}, {new(Plan), nil, s[:0]}, {swap, nil, nil}, {swap, s[:0], s[:0]}, {twice, s[:12], s[12:24]}, {swap, s[:10], s[:10]}, {twice, s[:0], s[:0]},
	} {
		if err := c.flat(fine.p, fine.dst, fine.x); err != nil {
			t.Error(err)
		}
	}
}

func TestRowsErrors(t *testing.T) {
	forTypes(t, types, mixTests.testRowsErrors)
}

func (c calls[T]) testRowsErrors(t *testing.T) {
	size := c.size
	p, _ := NewPlan([]int{1, 2, 0}, 0.5)
	twice, _ := NewPlan([]int{1, 1, 0}, 0.5)
	s := counting[T](1000)
	at := func(starts ...int) [][]T {
		var rows [][]T
		for _, i := range starts {
			rows = append(rows, s[i:i+10])
		}
		return rows
	}
	for _, test := range []struct {
		name   string
		p      *Plan
		dst, x [][]T
		kind   error
		names  []string
	}{
		{"dst has too few", p, at(0, 10), at(100, 110, 120), ErrShape, []string{"3 rows", "dst has 2", "x 3"}},
		{"x has too many", p, at(0, 10, 20), at(100, 110, 120, 130), ErrShape, []string{"3 rows", "dst has 3", "x 4"}},
		{"no rows", new(Plan), at(0), at(100), ErrShape, []string{"0 rows", "dst has 1", "never filled by Reset, At or Next"}},
		{"x ragged", p, at(0, 10, 20), [][]T{s[100:110], s[110:119], s[120:130]}, ErrShape, []string{"row 1", "9", "10"}},
		{"dst ragged", p, [][]T{s[0:10], s[10:20], s[20:31]}, at(100, 110, 120), ErrShape, []string{"row 2", "11", "10"}},
		{"dst empty", p, [][]T{nil, s[10:20], s[20:30]}, at(100, 110, 120), ErrShape, []string{"row 0", "0", "10"}},
		{"dst rows overlap", p, at(50, 0, 9), at(100, 110, 120), ErrOverlap, []string{"rows 1 and 2 of dst", text(9 * size)}},
		{"dst rows are the same", p, at(50, 0, 50), at(100, 110, 120), ErrOverlap, []string{"rows 0 and 2 of dst", " 0 "}},
		{"dst row in another x row", p, at(0, 125, 30), at(100, 110, 120), ErrOverlap, []string{"row 1 of dst", "row 2 of x", text(5 * size)}},
		{"dst row before an x row", p, at(0, 30, 91), at(100, 110, 120), ErrOverlap, []string{"row 2 of dst", "row 0 of x", text(9 * size)}},
		{"one row in place, the others not", p, at(0, 110, 30), at(100, 110, 120), ErrOverlap, []string{"row 1 of dst", "row 1 of x"}},
		{"in place, but permuted", p, at(110, 120, 100), at(100, 110, 120), ErrOverlap, []string{"of dst", "of x"}},
		{"in place, with a row twice", p, at(100, 110, 100), at(100, 110, 100), ErrOverlap, []string{"rows 0 and 2 of dst"}},
		{"no permutation, in place", twice, at(100, 110, 120), at(100, 110, 120), ErrIndex, []string{"row 1", "row 0"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			untouched(t, s, func() { checkError(t, c.rows(test.p, test.dst, test.x), test.kind, test.names...) })
		})
	}
	for _, fine := range []struct {
		p      *Plan
		dst, x [][]T
	}{
		{nil, nil, nil}, {new(Plan), nil, [][]T{}},
		{p, [][]T{nil, nil, nil}, [][]T{nil, nil, nil}}, {p, [][]T{s[:0], s[:0], s[:0]}, [][]T{s[:0], nil, s[5:5]}},
		{p, at(0, 10, 20), at(100, 105, 100)}, // rows of x may repeat and overlap
		{p, at(20, 0, 10), at(120, 100, 110)}, {p, at(120, 100, 110), at(120, 100, 110)}, {twice, at(0, 10, 20), at(30, 50, 40)},
	} {
		if err := c.rows(fine.p, fine.dst, fine.x); err != nil {
			t.Error(err)
		}
	}
}
