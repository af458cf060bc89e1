package blend

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"unsafe"

	"github.com/mixblend/blend/internal/impl"
)

// Every length, chains of all lengths, pools that are smaller and larger than the batch, each row at an alignment of its own.
func TestCross(t *testing.T) {
	shareSmallCalls(t)
	forEach(t, func(t *testing.T) {
		forTypes(t, crossTypes, crossTests.testCross)
	})
}

func (c crossCalls[In, Out]) testCross(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	sized := func(rows, pixels, channels int) {
		cc := crossCase{rows: rows, pool: 1 + rng.IntN(2*rows), pixels: pixels, channels: channels, layouts: layouts[rng.IntN(3)], flat: rng.IntN(2) == 0, inPlace: rng.IntN(2) == 0,
			store: StoreMode(rng.IntN(3)), workers: 1 + rng.IntN(4), offset: rng.IntN(64)}
		checkCross(t, c, rng, cc)
	}
	for pixels := range 4*64 + 2 {
		sized(1+rng.IntN(9), pixels, 1+rng.IntN(maxChannels))
	}
	// Tiles, peeling, streaming, and workers that share a call by columns and by rows.
	for i, s := range [][2]int{{2, 600000}, {7, 65536}, {60, 3072}, {60, 3001}, {300, 784}, {5, 40003}, {40, 10}, {700, 10}} {
		for range 4 {
			if testing.Short() && rng.IntN(1+5/(1+i)) != 0 {
				continue
			}
			channels := 1 + rng.IntN(maxChannels)
			sized(s[0], s[1]/channels, channels)
		}
	}
}

type crossCase struct {
	rows, pool       int
	pixels, channels int
	layouts          [2]Layout
	flat, inPlace    bool
	store            StoreMode
	workers, offset  int
}

// crossRooms makes rows, end to end or each at an alignment of its own, and what is end to end.
func crossRooms[T element](rng *rand.Rand, rows, cols int, flat bool, offset int) (rooms []room[T], each [][]T) {
	if flat {
		r := newRoom[T](rng, rows*cols, offset)
		each, _ = Rows(r.row, rows)
		return []room[T]{r}, each
	}
	for range rows {
		r := newRoom[T](rng, cols, rng.IntN(64))
		rooms, each = append(rooms, r), append(each, r.row)
	}
	return rooms, each
}

func checkCross[In, Out element](t *testing.T, c crossCalls[In, Out], rng *rand.Rand, cc crossCase) {
	t.Helper()
	index, l := generate(cc.rows, func(int) int { return rng.IntN(cc.pool) }), drawLambdas(rng, cc.rows)
	m, err := NewCross(index, cc.pool, l...)
	if err != nil {
		t.Fatal(err)
	}
	m.Store, m.Workers = cc.store, cc.workers
	cols := cc.pixels * cc.channels
	n := randomNormalization(rng, cc.channels, cc.layouts)
	rooms, x := crossRooms[In](rng, cc.rows, cols, cc.flat, cc.offset)
	pools, y := crossRooms[In](rng, cc.pool, cols, cc.flat, rng.IntN(64))
	dstRooms, dst := crossRooms[Out](rng, cc.rows, cols, cc.flat, rng.IntN(64))
	_, mixes := any(x).([][]Out) // the type stays what it is
	if mixes {
		n.From, n.To = CHW, CHW
		if cc.inPlace {
			dst, dstRooms = any(x).([][]Out), any(rooms).([]room[Out])
		}
	}
	what := fmt.Sprintf("%+v, index %v, lambda %v", cc, index, l)
	want := make([][]Out, cc.rows)
	for i := range want {
		want[i] = make([]Out, cols)
		lambda := l[0]
		if len(l) > 1 {
			lambda = l[i]
		}
		for pixel := range cc.pixels {
			for channel := range cc.channels {
				place := func(l Layout) int {
					if l == CHW {
						return channel*cc.pixels + pixel
					}
					return pixel*cc.channels + channel
				}
				from := place(n.From)
				want[i][place(n.To)] = c.want(x[i][from], y[index[i]][from], lambda, n.Scale[channel], n.Bias[channel])
			}
		}
	}
	xBefore, yBefore := cloneAll(x), cloneAll(y)
	if cc.flat {
		err = c.flat(m, dstRooms[0].row, rooms[0].row, pools[0].row, n)
	} else {
		err = c.rows(m, dst, x, y, n)
	}
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	for i := range want {
		for j := range want[i] {
			if !same(dst[i][j], want[i][j]) {
				t.Fatalf("%s: row %d element %d is %v, want %v", what, i, j, dst[i][j], want[i][j])
			}
		}
	}
	for i := range y {
		if !equal(y[i], yBefore[i]) {
			t.Fatalf("%s: row %d of y has changed", what, i)
		}
	}
	for i := range x {
		if !(mixes && cc.inPlace) && !equal(x[i], xBefore[i]) {
			t.Fatalf("%s: row %d of x has changed", what, i)
		}
	}
	for _, r := range slices.Concat(rooms, pools) {
		if r.slackChanged() {
			t.Fatalf("%s: an element outside the rows has changed", what)
		}
	}
	for _, r := range dstRooms {
		if r.slackChanged() {
			t.Fatalf("%s: an element outside the rows of dst has changed", what)
		}
	}
}

// Out of place y may be x, or overlap it: both are only read. Then a Cross is a Plan.
func TestCrossWithItself(t *testing.T) {
	const rows, n = 9, 1000
	rng := rand.New(rand.NewPCG(33, 34))
	x, got, want := make([]float32, (rows+1)*n), make([]float32, rows*n), make([]float32, rows*n)
	fill(rng, x)
	index := generate(rows, func(int) int { return rng.IntN(rows) })
	c, err := NewCross(index, rows, 0.3)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPlan(index, 0.3)
	if err != nil {
		t.Fatal(err)
	}
	forEach(t, func(t *testing.T) {
		if err := errors.Join(c.Float32(got, x[:rows*n], x[:rows*n]), p.Float32(want, x[:rows*n])); err != nil {
			t.Fatal(err)
		}
		if !equal(got, want) {
			t.Error("a Cross of a batch with itself is not the Plan")
		}
		if err := c.Float32(got, x[:rows*n], x[n:]); err != nil {
			t.Fatal(err)
		}
		for i, q := range index {
			for j := range n {
				if w := f32.want(x[i*n+j], x[(q+1)*n+j], 0.3); !same(got[i*n+j], w) {
					t.Fatalf("row %d element %d is %v, want %v", i, j, got[i*n+j], w)
				}
			}
		}
	})
}

func TestCrossErrors(t *testing.T) {
	nan := math.NaN()
	for _, test := range []struct {
		name   string
		index  []int
		pool   int
		lambda []float64
		kind   error
		names  []string
	}{
		{"no lambda", []int{1, 0}, 2, nil, ErrShape, []string{"2 rows", "0 lambdas"}},
		{"too many lambdas", []int{1, 0}, 2, []float64{0, 1, 0}, ErrShape, []string{"2 rows", "3 lambdas"}},
		{"two lambdas, no rows", nil, 2, []float64{0, 1}, ErrShape, []string{"0 rows", "2 lambdas"}},
		{"lambda above 1", []int{1, 0}, 2, []float64{0, 1.25}, ErrLambda, []string{"lambda[1]", "1.25"}},
		{"lambda NaN", []int{1, 0}, 2, []float64{nan}, ErrLambda, []string{"lambda[0]", "NaN"}},
		{"index too great", []int{1, 3}, 3, []float64{0.5}, ErrIndex, []string{"index[1] = 3", "3 rows"}},
		{"index within x, not the pool", []int{0, 1}, 1, []float64{0.5}, ErrIndex, []string{"index[1] = 1", "1 rows"}},
		{"index negative", []int{1, 0, -1}, 9, []float64{0.5}, ErrIndex, []string{"index[2] = -1", "9 rows"}},
		{"no pool", []int{0}, 0, []float64{0.5}, ErrIndex, []string{"index[0] = 0", "0 rows"}},
		{"negative pool", nil, -1, nil, ErrShape, []string{"-1 rows"}},
		{"least pool", []int{0}, math.MinInt, []float64{0.5}, ErrShape, []string{fmt.Sprint(math.MinInt)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := NewCross(test.index, test.pool, test.lambda...)
			checkError(t, err, test.kind, test.names...)
			if c != nil {
				t.Error("a Cross beside an error")
			}
			// Reset fails likewise, and leaves the Cross as it was.
			c, _ = NewCross([]int{0, 0, 1}, 2, 0.25, 0.5, 0.75)
			checkError(t, c.Reset(test.index, test.pool, test.lambda...), test.kind)
			x := []float32{1, 2, 3}
			if err := c.Float32(x, x, []float32{5, 11}); err != nil || !slices.Equal(x, []float32{4, 3.5, 5}) {
				t.Error("a failed Reset has changed the Cross", x, err)
			}
		})
	}
	if uint64(math.MaxInt) > math.MaxInt32 {
		_, err := NewCross(nil, math.MaxInt)
		checkError(t, err, ErrShape, fmt.Sprint(math.MaxInt))
	}
	forTypes(t, oneOfEachSize, mixTests.testCrossErrors)
}

func (of calls[T]) testCrossErrors(t *testing.T) {
	c, size := mixesCross(of), of.size
	two, _ := NewCross([]int{2, 2}, 3, 0.5)
	none, _ := NewCross(nil, 3, 0.5)
	s := counting[T](1000)
	for _, test := range []struct {
		name      string
		c         *Cross
		dst, x, y []T
		kind      error
		names     []string
	}{
		{"dst short", two, s[:8], s[100:110], s[200:215], ErrShape, []string{"2 rows", "8", "10"}},
		{"odd", two, s[:11], s[100:111], s[200:215], ErrShape, []string{"2 rows", "11"}},
		{"y short", two, s[:10], s[100:110], s[200:212], ErrShape, []string{"3 rows", "12 elements", "2 rows of 5"}},
		{"y has as many as x", two, s[:10], s[100:110], s[200:210], ErrShape, []string{"3 rows", "10 elements"}},
		{"y empty", two, s[:10], s[100:110], nil, ErrShape, []string{"3 rows", "y has 0 elements"}},
		{"rows in y only", two, nil, nil, s[200:203], ErrShape, []string{"3 rows", "y has 3 elements"}},
		{"no rows, y not whole", none, nil, nil, s[200:204], ErrShape, []string{"3 rows", "y has 4 elements"}},
		{"no rows", none, s[:2], s[100:102], s[200:203], ErrShape, []string{"0 rows", "2"}},
		{"no Cross", nil, s[:2], s[100:102], nil, ErrShape, []string{"0 rows", "2", "never filled by Reset, At or Next"}},
		{"no pool", nil, nil, nil, s[:1], ErrShape, []string{"0 rows", "1 elements"}},
		{"partly in place", two, s[101:111], s[100:110], s[200:215], ErrOverlap, []string{"dst and x", text(10 * size), text(size)}},
		{"dst is y", two, s[200:210], s[100:110], s[200:215], ErrOverlap, []string{"dst and y", text(10 * size), text(15 * size), "begin at the same byte"}},
		{"dst is the end of y", two, s[214:224], s[100:110], s[200:215], ErrOverlap, []string{"dst and y", text(14 * size)}},
		{"y begins in dst", two, s[191:201], s[100:110], s[200:215], ErrOverlap, []string{"dst and y", text(9 * size)}},
		{"in place, into y", two, s[100:110], s[100:110], s[95:110], ErrOverlap, []string{"dst and y", text(5 * size)}},
		{"dst in y, in a row that nobody takes", two, s[200:210], s[100:110], s[200:215], ErrOverlap, []string{"dst and y"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			untouched(t, s, func() { checkError(t, c.flat(test.c, test.dst, test.x, test.y, nil), test.kind, test.names...) })
		})
	}
	for i, fine := range []struct {
		c         *Cross
		dst, x, y []T
	}{
		{nil, nil, nil, nil}, {new(Cross), nil, s[:0], s[:0]}, {two, nil, nil, nil}, {two, s[:0], s[:0], s[5:5]}, {none, nil, nil, s[:9]}, {none, nil, nil, nil},
		{two, s[:10], s[10:20], s[20:35]}, {two, s[:10], s[:10], s[10:25]}, {two, s[25:35], s[:10], s[10:25]}, {two, s[:10], s[10:20], s[12:27]},
	} {
		if err := c.flat(fine.c, fine.dst, fine.x, fine.y, nil); err != nil {
			t.Error(i, err)
		}
	}

	at := func(starts ...int) [][]T {
		var rows [][]T
		for _, i := range starts {
			rows = append(rows, s[i:i+10])
		}
		return rows
	}
	y := at(200, 210, 220)
	for _, test := range []struct {
		name      string
		c         *Cross
		dst, x, y [][]T
		kind      error
		names     []string
	}{
		{"dst has too few", two, at(0), at(100, 110), y, ErrShape, []string{"2 rows", "dst has 1", "x 2"}},
		{"y has too few", two, at(0, 10), at(100, 110), y[:2], ErrShape, []string{"3 rows", "y has 2"}},
		{"y has too many", two, at(0, 10), at(100, 110), at(200, 210, 220, 230), ErrShape, []string{"3 rows", "y has 4"}},
		{"no rows, y has too few", none, nil, nil, y[:2], ErrShape, []string{"3 rows", "y has 2"}},
		{"no Cross", nil, at(0), at(100), nil, ErrShape, []string{"0 rows", "dst has 1", "never filled by Reset, At or Next"}},
		{"x ragged", two, at(0, 10), [][]T{s[100:110], s[110:119]}, y, ErrShape, []string{"row 1", "9", "10"}},
		{"y ragged", two, at(0, 10), at(100, 110), [][]T{s[200:210], s[210:219], s[220:230]}, ErrShape, []string{"row 1 of y", "9", "10"}},
		{"y of another length", two, [][]T{s[:9], s[10:19]}, [][]T{s[100:109], s[110:119]}, y, ErrShape, []string{"row 0 of y", "9", "10"}},
		{"no rows, y ragged", none, nil, nil, [][]T{s[200:210], s[210:220], s[220:229]}, ErrShape, []string{"row 2 of y", "9", "10"}},
		{"dst rows overlap", two, at(50, 59), at(100, 110), y, ErrOverlap, []string{"rows 0 and 1 of dst", text(9 * size)}},
		{"dst row in another x row", two, at(0, 105), at(100, 110), y, ErrOverlap, []string{"row 1 of dst", "row 0 of x", text(5 * size)}},
		{"one row in place, the other not", two, at(100, 0), at(100, 110), y, ErrOverlap, []string{"row 0 of dst", "row 0 of x"}},
		{"dst row in y", two, at(0, 215), at(100, 110), y, ErrOverlap, []string{"row 1 of dst", "row 1 of y", text(5 * size)}},
		{"dst row is a row of y", two, at(0, 220), at(100, 110), y, ErrOverlap, []string{"row 1 of dst", "row 2 of y", " 0 "}},
		{"dst row before one of y", two, at(191, 0), at(100, 110), y, ErrOverlap, []string{"row 0 of dst", "row 0 of y", text(9 * size)}},
		{"in place, and x has a row of y", two, at(100, 210), at(100, 210), y, ErrOverlap, []string{"row 1 of dst", "row 1 of y"}},
		{"in place, with a row twice", two, at(100, 100), at(100, 100), y, ErrOverlap, []string{"rows 0 and 1 of dst"}},
	} {
		t.Run("rows: "+test.name, func(t *testing.T) {
			untouched(t, s, func() { checkError(t, c.rows(test.c, test.dst, test.x, test.y, nil), test.kind, test.names...) })
		})
	}
	for i, fine := range []struct {
		c         *Cross
		dst, x, y [][]T
	}{
		{nil, nil, nil, nil}, {new(Cross), nil, [][]T{}, nil}, {none, nil, nil, y}, {two, [][]T{nil, nil}, [][]T{s[:0], nil}, [][]T{nil, nil, s[5:5]}},
		{two, at(0, 10), at(100, 105), at(107, 210, 210)}, // rows of x and y may repeat and overlap
		{two, at(100, 110), at(100, 110), y},
	} {
		if err := c.rows(fine.c, fine.dst, fine.x, fine.y, nil); err != nil {
			t.Error(i, err)
		}
	}
}

func TestCrossNormalizeErrors(t *testing.T) {
	c, _ := NewCross([]int{1, 1}, 2, 0.5)
	n := &Normalization{Scale: []float32{1}, Bias: []float32{0}}
	f := counting[float32](1000)
	all := slice[uint8](ptr(f), 4*len(f))
	x, y := make([]uint8, 20), make([]uint8, 20)
	for _, test := range []struct {
		name string
		dst  []float32
		x, y []uint8
		n    *Normalization
		kind error
	}{
		{"no Normalization", f[:20], x, y, nil, ErrNormalization},
		{"y short", f[:20], x, y[:18], n, ErrShape},
		{"dst short", f[:18], x, y, n, ErrShape},
		{"two channels, odd", f[:18], x[:18], y[:18], &Normalization{Scale: []float32{1, 2}, Bias: []float32{0, 0}, From: CHW, To: CHW}, ErrShape},
		{"x in dst", f[:20], all[79:99], y, n, ErrOverlap},
		{"y in dst", f[:20], x, all[79:99], n, ErrOverlap},
		{"dst begins in y", f[10:30], x, all[21:41], n, ErrOverlap},
	} {
		t.Run(test.name, func(t *testing.T) {
			untouched(t, f, func() {
				checkError(t, c.NormalizeFloat32(test.dst, test.x, test.y, test.n), test.kind)
				views := func(s []uint8) [][]uint8 { r, _ := Rows(s, 2); return r }
				d, _ := Rows(test.dst, 2)
				checkError(t, c.NormalizeFloat32Rows(d, views(test.x), views(test.y), test.n), test.kind)
			})
		})
	}
	for _, y := range [][]uint8{all[80:100], x} { // right behind dst, and x itself
		if err := c.NormalizeFloat32(f[:20], x, y, n); err != nil {
			t.Error(err)
		}
	}
}

// Labels of x's classes would be wrong for partners from another batch: see Shares of package mixup.
func TestCrossIsNotShares(t *testing.T) {
	if _, ok := any(new(Cross)).(interface {
		Len() int
		Index(i int) int
		Lambda(i int) float64
	}); ok {
		t.Error("a Cross has Len, Index and Lambda")
	}
}

// Many goroutines may use one Cross, each call with workers of its own.
func TestCrossConcurrentUse(t *testing.T) {
	shareSmallCalls(t)
	const rows, pool, n = 64, 5, 9000
	x, y := make([]float32, rows*n), make([]float32, pool*n)
	rng := rand.New(rand.NewPCG(35, 36))
	fill(rng, x)
	fill(rng, y)
	c, err := NewCross(generate(rows, func(i int) int { return i % pool }), pool, 0.3)
	if err != nil {
		t.Fatal(err)
	}
	c.Workers = 3
	want := make([]float32, len(x))
	if err := c.Float32(want, x, y); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for i := range 6 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			dst, src := make([]float32, len(x)), x
			if i%2 == 1 {
				src = dst
				copy(dst, x)
			}
			if err := c.Float32(dst, src, y); err != nil {
				t.Error(err)
			}
			if !equal(dst, want) {
				t.Error("differs from what one goroutine computes")
			}
		}()
	}
	wait.Wait()
}

// FuzzCross mixes rows cut from data with a pool cut from it too, by an index that is cut from it as well; mode says what it says in
// FuzzPlan, but that modePerm makes y overlap dst, which must be an error. layout is that of FuzzNormalize.
func FuzzCross(f *testing.F) {
	shareAllCalls(f)
	rng := rand.New(rand.NewPCG(14, 14))
	for i, n := range boundaries {
		for j, mode := range []uint8{0, modeMap, modeMap | modeEach | modeInside, modeMap | modeWorkers | modeInside, modeMap | modePartly, modeMap | modePerm} {
			rows, pool := 1+(i+j)%9, 1+(3*i+j)%7
			data := make([]byte, (rows+pool)*n*(1+j%2*3)) // n bytes a row, or n floats
			fill(rng, data)
			f.Add(data, uint8(rows), uint8(pool), uint8(i+j), lambdas[(i+j)%len(lambdas)], lambdas[(i+3*j)%len(lambdas)], uint8(i%2*j), mode|uint8(i%3<<3))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, rows, pool, layout uint8, lambda0, lambda1 float64, offset, mode uint8) {
		index := make([]int, min(int(rows), len(data)))
		for i := range index {
			index[i] = int(int8(data[i]))
			if mode&modeMap != 0 && pool > 0 {
				index[i] = int(data[i]) % int(pool)
			}
		}
		l := []float64{lambda0}
		if mode&modeEach != 0 {
			l = generateLambdas(len(index), lambda0, lambda1)
		}
		c, err := NewCross(index, int(pool), l...)
		valid := !slices.ContainsFunc(index, func(q int) bool { return q < 0 || q >= int(pool) }) &&
			!slices.ContainsFunc(l, func(l float64) bool { return !inRange(l) })
		if valid != (err == nil) {
			t.Fatalf("index %v, pool %d, lambda %v: %v", index, pool, l, err)
		}
		if err != nil {
			return
		}
		c.Store = StoreMode(mode >> 3 & modeStore)
		if mode&modeWorkers != 0 {
			c.Workers = 3
		}
		if len(l) == 1 {
			l = generateLambdas(len(index), lambda0, lambda0)
		}
		z := fuzzedCross{c, index, l, int(pool), int(offset % 64), mode, nil}
		fuzzCross(t, crossU8, z, data)
		fuzzCross(t, crossF32, z, floats(data))
		z.n = randomNormalization(rand.New(rand.NewPCG(uint64(offset), 1)), 1+int(layout>>2)%maxChannels, layouts[layout%3])
		fuzzCross(t, crossNormF32, z, data)
		fuzzCross(t, crossNormBF, z, data)
	})
}

func generateLambdas(n int, lambda0, lambda1 float64) []float64 {
	l := make([]float64, n)
	for i := range l {
		l[i] = [...]float64{lambda0, lambda1}[i%2]
	}
	return l
}

// fuzzedCross is a Cross, and what it was made of.
type fuzzedCross struct {
	c            *Cross
	index        []int
	lambda       []float64 // one a row
	pool, offset int
	mode         uint8
	n            *Normalization
}

func fuzzCross[In, Out element](t *testing.T, calls crossCalls[In, Out], z fuzzedCross, data []In) {
	rows, channels := len(z.index), 1
	if z.n != nil {
		channels = len(z.n.Scale)
	}
	cols := 0
	if rows > 0 {
		cols = len(data) / (rows + z.pool) / channels * channels
	}
	a, b := data[:rows*cols], data[rows*cols:][:z.pool*cols]
	want := make([]Out, len(a))
	for i := range want {
		row, col := i/cols, i%cols
		from, scale, bias := col, float32(0), float32(0)
		if z.n != nil {
			channel := col / (cols / channels)
			if z.n.To == HWC {
				channel = col % channels
			} else if z.n.From == HWC {
				from = col%(cols/channels)*channels + channel
			}
			scale, bias = z.n.Scale[channel], z.n.Bias[channel]
		}
		want[i] = calls.want(a[row*cols+from], b[z.index[row]*cols+from], z.lambda[row], scale, bias)
	}
	_, mixes := any(a).([]Out)
	inPlace := mixes && z.mode&modeInside != 0
	defer impl.All[0].Use()
	for _, im := range impl.All {
		im.Use()
		for _, each := range []bool{false, true} {
			parts, pools := 1, 1
			if each {
				parts, pools = rows, z.pool
			}
			x, y, dst := newField(a, parts, z.offset), newField(b, pools, z.offset/2), newField(make([]Out, len(a)), parts, z.offset/3)
			to, from, partners := dst.rows, x.rows, y.rows
			if inPlace {
				to = any(x.rows).([][]Out)
			}
			bad := false
			switch {
			case len(a) == 0:
			case z.mode&modePartly != 0 && !inPlace && (!mixes || len(x.rows[0]) > 1):
				bad = true
				if from = slices.Clone(from); mixes {
					from[0] = any(dst.shifted()).([][]In)[0]
				} else {
					from[0] = slice[In](unsafe.Add(ptr(to[0]), z.offset%(len(to[0])+1)), len(x.rows[0]))
				}
			case z.mode&modePerm != 0 && len(y.rows[0]) <= len(to[0])+slack:
				bad = true
				partners = slices.Clone(partners)
				partners[0] = slice[In](ptr(to[0]), len(y.rows[0]))
			}
			how, err := "rows", error(nil)
			if each {
				err = calls.rows(z.c, to, from, partners, z.n)
			} else {
				how, err = "flat", calls.flat(z.c, to[0], from[0], partners[0], z.n)
			}
			what := func() string {
				return fmt.Sprintf("%s, %s, %s: %d rows of %d, pool %d, mode %#x", calls.name, im.Name, how, rows, cols, z.pool, z.mode)
			}
			if bad != (err != nil) || bad && !errors.Is(err, ErrOverlap) {
				t.Fatalf("%s: %v", what(), err)
			}
			if err == nil && !equal(slices.Concat(to...), want) {
				t.Fatalf("%s: got %v, want %v", what(), slices.Concat(to...), want)
			}
			afterX, afterDst := a, make([]Out, len(a))
			if err == nil && inPlace {
				afterX = any(want).([]In)
			} else if err == nil {
				afterDst = want
			}
			if !x.holds(afterX) || !y.holds(b) || !dst.holds(afterDst) {
				t.Fatalf("%s: an input, or an element outside, has changed", what())
			}
		}
	}
}
