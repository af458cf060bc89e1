package blend

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/mixblend/blend/internal/pixels"
)

func TestPlan(t *testing.T) {
	forEach(t, func(t *testing.T) {
		forTypes(t, types, mixTests.testPlan)
	})
}

// Every length and every length of a chain, each row at an alignment of its own.
func (c calls[T]) testPlan(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, uint64(c.perBlock)))
	for n := range 4*64 + 2 {
		for rows := 1; rows <= 9; rows++ {
			if testing.Short() && (n+rows)%3 != 0 {
				continue
			}
			index := indexes[(n+rows)%len(indexes)]
			checkPlan(t, c, rng, planCase{rows: rows, n: n, index: index.name, partners: index.make(rng, rows),
				inPlace: index.permutation && (n+rows)%2 == 0, store: StoreMode(rng.IntN(3)), sweep: rng.IntN(rows), offset: n % 64})
		}
	}
	// Cycles that one call does not hold, and short ones that share a call with them.
	for rows := 1; rows <= 200; rows += 1 + rows/3 {
		for _, index := range indexes {
			for _, n := range []int{1, 10, 33, 64, 300} {
				for _, inPlace := range []bool{false, index.permutation} {
					checkPlan(t, c, rng, planCase{rows: rows, n: n, index: index.name, partners: index.make(rng, rows), inPlace: inPlace})
				}
			}
		}
	}
}

// Few short rows end to end take a way of their own, up to smallBytes in all.
func TestSmallPlan(t *testing.T) {
	forEach(t, func(t *testing.T) {
		forTypes(t, types, mixTests.testSmallPlan)
	})
}

func (c calls[T]) testSmallPlan(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 3))
	for rows := 1; rows <= chainRows+1; rows++ {
		most := smallBytes / c.size / rows
		for _, n := range []int{1, 2, 7, 8, 31, 32, 33, 100, most - 1, most, most + 1} {
			for _, index := range indexes {
				for range 3 {
					for _, inPlace := range []bool{false, index.permutation} {
						checkPlan(t, c, rng, planCase{rows: rows, n: n, index: index.name, partners: index.make(rng, rows), inPlace: inPlace,
							flat: true, store: StoreMode(rng.IntN(3)), offset: rng.IntN(64)})
					}
				}
			}
		}
	}
}

type planCase struct {
	rows, n       int
	index         string
	partners      []int
	inPlace, flat bool
	store         StoreMode
	workers       int
	sweep, offset int // this row at this offset from a cache line, the others at random
}

func checkPlan[T element](t *testing.T, c calls[T], rng *rand.Rand, pc planCase) {
	t.Helper()
	l := drawLambdas(rng, pc.rows)
	p, err := NewPlan(pc.partners, l...)
	if err != nil {
		t.Fatal(err)
	}
	p.Store, p.Workers = pc.store, pc.workers
	what := fmt.Sprintf("%d rows of %d, %s, in place %v, flat %v, store %d, %d workers, lambda %v",
		pc.rows, pc.n, pc.index, pc.inPlace, pc.flat, pc.store, pc.workers, l[0])

	var rooms, dstRooms []room[T]
	var x, dst [][]T
	if pc.flat {
		rooms = []room[T]{newRoom[T](rng, pc.rows*pc.n, pc.offset)}
		dstRooms = []room[T]{newRoom[T](rng, pc.rows*pc.n, pc.offset)}
		x, _ = Rows(rooms[0].row, pc.rows)
		dst, _ = Rows(dstRooms[0].row, pc.rows)
	} else {
		for i := range pc.rows {
			offsets := [2]int{rng.IntN(64), rng.IntN(64)}
			if i == pc.sweep {
				offsets = [2]int{pc.offset, pc.offset}
			}
			rooms = append(rooms, newRoom[T](rng, pc.n, offsets[0]))
			dstRooms = append(dstRooms, newRoom[T](rng, pc.n, offsets[1]))
			x, dst = append(x, rooms[i].row), append(dst, dstRooms[i].row)
		}
	}
	want := make([][]T, pc.rows)
	for i := range want {
		want[i] = make([]T, pc.n)
		for j := range want[i] {
			want[i][j] = c.want(x[i][j], x[p.Index(i)][j], p.Lambda(i))
		}
	}
	before := make([][]T, pc.rows)
	for i := range before {
		before[i] = slices.Clone(x[i])
	}
	if pc.inPlace {
		dst, dstRooms = x, rooms
	}
	if pc.flat {
		err = c.flat(p, dstRooms[0].row, rooms[0].row)
	} else {
		err = c.rows(p, dst, x)
	}
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	for i := range want {
		for j := range want[i] {
			if !same(dst[i][j], want[i][j]) {
				t.Fatalf("%s: row %d element %d is %v, want %v", what, i, j, dst[i][j], want[i][j])
			}
			if !pc.inPlace && !same(x[i][j], before[i][j]) {
				t.Fatalf("%s: row %d element %d of the input has changed", what, i, j)
			}
		}
	}
	for _, r := range slices.Concat(rooms, dstRooms) {
		if r.slackChanged() {
			t.Fatalf("%s: an element outside the rows has changed", what)
		}
	}
}

// Tiles, peeling, streaming, and workers that share a call by columns and by rows.
func TestPlanTraversal(t *testing.T) {
	shareSmallCalls(t)
	forEach(t, func(t *testing.T) {
		forTypes(t, oneOfEachSize, mixTests.testTraversal)
	})
}

func (c calls[T]) testTraversal(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, uint64(c.perBlock)))
	trial, every := 0, 5 // of the trials, which of a short run
	if raceDetector || os.Getenv("BLEND_EMULATED") != "" {
		every = 11
	}
	for _, size := range []struct{ rows, n int }{{11, 70000}, {11, 65536}, {300, 3072}, {300, 3001}, {3000, 784}, {17, 40003}} {
		for _, index := range indexes {
			for _, store := range []StoreMode{StoreAuto, StoreCached, StoreStream} {
				for _, inPlace := range []bool{false, true} {
					if inPlace && !index.permutation {
						continue
					}
					trial++
					if testing.Short() && trial%every != 0 {
						continue
					}
					checkPlan(t, c, rng, planCase{rows: size.rows, n: size.n, index: index.name, partners: index.make(rng, size.rows),
						inPlace: inPlace, flat: trial%3 != 0, store: store, workers: 1 + trial%8, offset: trial % 3 * 16})
				}
			}
		}
	}
}

// What a Plan has found out about one index is forgotten when it gets another.
func TestResetForgets(t *testing.T) {
	p, err := NewPlan([]int{1, 1, 0, 3}, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	x := []uint8{0, 10, 20, 30}
	checkError(t, p.Uint8(x, x), ErrIndex, "row 1", "row 0")
	for _, index := range [][]int{{1, 0, 3, 2}, {0}, {1, 2, 3, 0}} {
		if err := p.Reset(index, 0.5); err != nil {
			t.Fatal(err)
		}
		n := len(index)
		before := slices.Clone(x[:n])
		if err := p.Uint8(x[:n], x[:n]); err != nil {
			t.Errorf("%v in place, after an index that is no permutation: %v", index, err)
		}
		for i, q := range index {
			if want := u8.want(before[i], before[q], 0.5); x[i] != want {
				t.Errorf("%v: row %d is %d, want %d", index, i, x[i], want)
			}
		}
	}
	if err := p.Reset([]int{0, 2, 2}, 0.5); err != nil {
		t.Fatal(err)
	}
	checkError(t, p.Uint8(x[:3], x[:3]), ErrIndex, "row 2", "row 1")
}

func TestRows(t *testing.T) {
	x := counting[uint8](12)
	rows, err := Rows(x, 3)
	if err != nil || len(rows) != 3 || &rows[1][0] != &x[4] || len(rows[2]) != 4 || cap(rows[0]) != 4 {
		t.Error(rows, err)
	}
	for _, bad := range []struct{ n, rows int }{{12, 5}, {12, -1}, {12, 0}, {1, 2}} {
		_, err := Rows(x[:bad.n], bad.rows)
		checkError(t, err, ErrShape, fmt.Sprint(bad.n, " elements"), fmt.Sprint(bad.rows, " rows"))
	}
	for _, n := range []int{math.MaxInt, math.MaxInt - 1, pixels.MaxRows + 1} {
		_, err := Rows(x[:0], n)
		checkError(t, err, ErrShape, "0 elements", fmt.Sprint(n, " rows"))
		_, err = Rows(make([]struct{}, n), n) // which are of no size
		checkError(t, err, ErrShape, fmt.Sprint(n, " elements"), fmt.Sprint(n, " rows"))
	}
	if math.MaxInt == math.MaxInt32 { // elsewhere they take 16 GiB
		checkError(t, new(Plan).Reset(make([]int, pixels.MaxRows+1), 0.5), ErrShape, fmt.Sprint(pixels.MaxRows+1, " rows"))
	}
	for _, n := range []int{0, 4} {
		if rows, err := Rows(x[:0], n); err != nil || len(rows) != n {
			t.Error(rows, err)
		}
	}
}

func TestPlanAccess(t *testing.T) {
	index := []int{2, 0, 1}
	p, err := NewPlan(index, 0.3)
	if err != nil {
		t.Fatal(err)
	}
	index[0] = 1
	if p.Len() != 3 || p.Index(0) != 2 || p.Lambda(2) != 0.3 {
		t.Error(p.Len(), p.Index(0), p.Lambda(2))
	}
	if err := p.Reset([]int{0}, 1); err != nil || p.Len() != 1 || p.Lambda(0) != 1 {
		t.Error(p, err)
	}
	for _, i := range []int{-1, 1} {
		for name, f := range map[string]func(){"Index": func() { p.Index(i) }, "Lambda": func() { p.Lambda(i) }} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s(%d) does not panic", name, i)
					}
				}()
				f()
			}()
		}
	}
	for _, p := range []*Plan{nil, new(Plan)} {
		if p.Len() != 0 {
			t.Error(p.Len())
		}
	}
	var zero Plan
	if err := zero.Reset([]int{1, 0}, 0.5); err != nil || zero.Len() != 2 {
		t.Error(err)
	}
	if p, err := NewPlan(nil); err != nil || p.Len() != 0 || p.Reset(nil, 0.5) != nil {
		t.Error(p, err)
	}
}
