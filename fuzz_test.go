package blend

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/mixblend/blend/internal/impl"
	"github.com/mixblend/blend/kernels"
)

// Where vectors and blocks of them end.
var boundaries = []int{0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 513, 1025}

// FuzzPair mixes pairs of rows cut from data on every implementation: alias 0 out of place, 1 into a, 2 into b, 3 a little past a, which
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
		fuzzPair(t, bf16s, halves[bf16](data), int(n), lambda, int(offsetA%64), int(offsetD%64), int(alias%4))
		fuzzPair(t, f16s, halves[f16](data), int(n), lambda, int(offsetA%64), int(offsetD%64), int(alias%4))
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

// halves looks at bytes as 16-bit floats.
func halves[T ~uint16](data []byte) []T {
	s := make([]T, len(data)/2)
	for i := range s {
		s[i] = T(data[2*i]) | T(data[2*i+1])<<8
	}
	return s
}

func fuzzPair[T element](t *testing.T, c calls[T], data []T, n int, lambda float64, offsetA, offsetD, alias int) {
	n = min(n, len(data)/2)
	if alias == 3 && n < 2 {
		alias = 0
	}
	a, b, want := data[:n], data[len(data)-n:], make([]T, n)
	if inRange(lambda) {
		for i := range want {
			want[i] = c.want(a[i], b[i], lambda)
		}
	}
	defer impl.All[0].Use()
	for _, im := range impl.All {
		im.Use()
		x, y, z := newField(a, 1, offsetA), newField(b, 1, offsetD/2), newField(make([]T, n), 1, offsetD)
		dst := [...][]T{z.rows[0], x.rows[0], y.rows[0], x.shifted()[0]}[alias]
		err := c.pair(dst, x.rows[0], y.rows[0], lambda)
		if bad := !inRange(lambda) || alias == 3; bad != (err != nil) {
			t.Fatalf("%s: n=%d lambda=%v alias=%d: %v", im.Name, n, lambda, alias, err)
		}
		if err == nil && !equal(dst, want) {
			t.Fatalf("%s: n=%d lambda=%v alias=%d: got %v, want %v", im.Name, n, lambda, alias, dst, want)
		}
		after := [...][]T{make([]T, n), a, b}
		if err == nil {
			after[alias] = want
		}
		if !z.holds(after[0]) || !x.holds(after[1]) || !y.holds(after[2]) {
			t.Fatalf("%s: n=%d lambda=%v alias=%d: an input, or an element outside, has changed", im.Name, n, lambda, alias)
		}
	}
}

// What mode says in FuzzPlan and FuzzNormalize, but for Store in between.
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
	shareAllCalls(f)
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
		if p := planOf(t, data, rows, lambda0, lambda1, mode); p != nil {
			fuzzPlan(t, u8, p, data, int(offset%64), mode)
			fuzzPlan(t, f32, p, floats(data), int(offset%64), mode)
		}
	})
}

// shareAllCalls makes workers share even the smallest calls.
func shareAllCalls(f *testing.F) {
	before := workerBytes
	workerBytes = 64
	f.Cleanup(func() { workerBytes = before })
}

// planOf makes a Plan of up to as many rows as data has bytes, or returns nil if there must be none.
func planOf(t *testing.T, data []byte, rows uint8, lambda0, lambda1 float64, mode uint8) *Plan {
	index := make([]int, min(int(rows), len(data)))
	for i := range index {
		index[i] = int(int8(data[i]))
		if mode&modeMap != 0 {
			index[i] = int(data[i]) % len(index)
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
		lambda = make([]float64, len(index))
		for i := range lambda {
			lambda[i] = [...]float64{lambda0, lambda1}[i%2]
		}
	}
	p, err := NewPlan(index, lambda...)
	valid := !slices.ContainsFunc(index, func(q int) bool { return q < 0 || q >= len(index) }) &&
		!slices.ContainsFunc(lambda, func(l float64) bool { return !inRange(l) })
	if valid != (err == nil) {
		t.Fatalf("index %v, lambda %v: %v", index, lambda, err)
	}
	if err != nil {
		return nil
	}
	p.Store = StoreMode(mode >> 3 & modeStore)
	if mode&modeWorkers != 0 {
		p.Workers = 3
	}
	return p
}

// wholeRows cuts off what is too much for rows of one length, which is a multiple of something.
func wholeRows[T element](data []T, rows, multiple int) []T {
	if rows == 0 {
		return nil
	}
	return data[:len(data)/(rows*multiple)*rows*multiple]
}

// fuzzPlan mixes a batch end to end, and one slice a row.
func fuzzPlan[T element](t *testing.T, c calls[T], p *Plan, data []T, offset int, mode uint8) {
	rows, inPlace := p.Len(), mode&modeInside != 0
	data = wholeRows(data, rows, 1)
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
		for _, each := range []bool{false, true} {
			parts := 1
			if each {
				parts = rows
			}
			x, dst := newField(data, parts, offset), newField(make([]T, len(data)), parts, offset/3)
			to, partly := dst.rows, !inPlace && mode&modePartly != 0 && len(data)/max(parts, 1) > 1
			if inPlace {
				to = x.rows
			} else if partly {
				to = x.shifted()
			}
			how, mix := "rows", func() error { return c.rows(p, to, x.rows) }
			if !each {
				how, mix = "flat", func() error { return c.flat(p, to[0], x.rows[0]) }
			}
			err := mix()
			if bad := inPlace && shared && len(data) > 0 || partly; bad != (err != nil) {
				t.Fatalf("%s, %s: %v", im.Name, how, err)
			}
			after := [2][]T{data, make([]T, len(data))}
			if err == nil && inPlace {
				after[0] = want
			} else if err == nil {
				after[1] = want
			}
			if err == nil && !equal(slices.Concat(to...), want) {
				t.Fatalf("%s, %s: %d rows, mode %#x: got %v, want %v", im.Name, how, rows, mode, slices.Concat(to...), want)
			}
			if !x.holds(after[0]) || !dst.holds(after[1]) {
				t.Fatalf("%s, %s: %d rows, mode %#x: the input, or an element outside, has changed", im.Name, how, rows, mode)
			}
		}
	}
}

// What shape says in FuzzNormalize, but for the channels, less 1, in its lowest bits, and the layouts in the next three.
const (
	shapeRows   = 1 << 5 // one slice a row
	shapeRagged = 1 << 6 // rows may end within a pixel, which must be an error
)

// layouts are three that must work, and others, which must be an error unless there is one channel.
var layouts = [8][2]Layout{{CHW, CHW}, {HWC, HWC}, {HWC, CHW}, {CHW, HWC}, {}, {HWC, 0}, {0, CHW}, {-1, 3}}

// FuzzNormalize makes model input of rows of bytes cut from data, of any number of channels, in each layout and type of
// result, and mixes rows of 16-bit floats cut from it, in place too. The planes of its seeds end where vectors and periods of a table do.
func FuzzNormalize(f *testing.F) {
	shareAllCalls(f)
	rng := rand.New(rand.NewPCG(13, 13))
	modes := []uint8{modeMap, modePerm, modePerm | modeEach | modeInside, modeMap | modeEach | modeWorkers, modePerm | modePartly}
	for i, pixels := range append([]int{47, 48, 49, 95, 96, 97, 143, 144, 145}, boundaries...) {
		for channels := 1; channels <= maxChannels; channels++ {
			for j := range layouts {
				trial := i + 7*channels + 3*j
				data := make([]byte, (1+trial%4)*pixels*channels)
				fill(rng, data)
				shape := uint8(channels-1) | uint8(j)<<2 | uint8(trial%2)*shapeRows | uint8(trial%16/15)*shapeRagged
				f.Add(data, uint8(1+trial%4), shape, lambdas[trial%len(lambdas)], lambdas[3*trial%len(lambdas)],
					float32(rng.NormFloat64()), float32(100*rng.NormFloat64()), uint8(5*trial), modes[trial%len(modes)]|uint8(trial%3<<3))
			}
		}
	}
	for j := range layouts { // rows that workers share by columns
		for channels := 3; channels <= 4; channels++ {
			data := make([]byte, 2*1031*channels)
			fill(rng, data)
			f.Add(data, uint8(2), uint8(channels-1)|uint8(j)<<2, 0.3, 0.5, float32(0.02), float32(-2), uint8(3*j), uint8(modePerm|modeEach|modeWorkers))
		}
	}
	for i, scale := range append(special, minScale, 1/(255*0.229)) {
		f.Add([]byte{1, 0, 255, 254, 7, 9}, uint8(2), uint8(2), 0.5, 0.5, scale, special[5*i%len(special)], uint8(i), uint8(modeMap))
	}
	f.Fuzz(func(t *testing.T, data []byte, rows, shape uint8, lambda0, lambda1 float64, scale, bias float32, offset, mode uint8) {
		p := planOf(t, data, rows, lambda0, lambda1, mode)
		if p == nil {
			return
		}
		fuzzPlan(t, bf16s, p, halves[bf16](data), int(offset%64), mode)
		fuzzPlan(t, f16s, p, halves[f16](data), int(offset%64), mode)

		channels, layout := int(shape%maxChannels)+1, layouts[shape>>2%8]
		multiple := channels
		if shape&shapeRagged != 0 {
			multiple = 1
		}
		data = wholeRows(data, p.Len(), multiple)
		n := &Normalization{From: layout[0], To: layout[1]}
		for c := range channels {
			n.Scale = append(n.Scale, scale*float32(1+c))
			n.Bias = append(n.Bias, bias-float32(c)*scale)
		}
		want, kind := wantNormalized(p, data, n)
		fuzzNormalize(t, normF32, p, data, n, want, kind, int(offset%64), shape&shapeRows != 0, mode)
		fuzzNormalize(t, normBF, p, data, n, want, kind, int(offset%64), shape&shapeRows != 0, mode)
		fuzzNormalize(t, normF16, p, data, n, want, kind, int(offset%64), shape&shapeRows != 0, mode)
	})
}

// wantNormalized returns what kernels makes of a batch, or what must be the error.
func wantNormalized(p *Plan, x []uint8, n *Normalization) (want []float32, kind error) {
	rows, channels := p.Len(), len(n.Scale)
	cols := len(x) / max(rows, 1)
	for c := range channels {
		s, b := math.Abs(float64(n.Scale[c])), float64(n.Bias[c])
		if !(s == 0 || s >= 0x1p-111 && s <= math.MaxFloat32) || !(math.Abs(b) <= math.MaxFloat32) {
			return nil, ErrNormalization
		}
	}
	if channels > 1 && slices.Index(layouts[:], [2]Layout{n.From, n.To}) >= 3 {
		return nil, ErrNormalization
	}
	if cols%channels != 0 {
		return nil, ErrShape
	}
	want = make([]float32, len(x))
	for i := range want {
		row, col := i/cols, i%cols
		channel, from := col/(cols/channels), col
		if n.To == HWC {
			channel = col % channels
		} else if n.From == HWC {
			from = col%(cols/channels)*channels + channel
		}
		want[i] = kernels.Normalize(x[row*cols+from], x[p.Index(row)*cols+from], kernels.WeightU8(p.Lambda(row)), n.Scale[channel], n.Bias[channel])
	}
	return want, nil
}

func fuzzNormalize[T element](t *testing.T, c normalizers[T], p *Plan, data []uint8, n *Normalization, wantF []float32, kind error, offset int, each bool, mode uint8) {
	parts := 1
	if each {
		parts = p.Len()
	}
	want := make([]T, len(data))
	for i, f := range wantF {
		want[i] = c.round(f)
	}
	partly := mode&modePartly != 0 && len(data) > 0
	if kind == nil && partly {
		kind = ErrOverlap
	}
	defer impl.All[0].Use()
	for _, im := range impl.All {
		im.Use()
		x, dst := newField(data, parts, offset), newField(make([]T, len(data)), parts, offset/3)
		from := x.rows
		if partly { // the bytes lie in the results, which are wider
			from = nil
			for _, r := range dst.rows {
				from = append(from, slice[uint8](unsafe.Add(ptr(r), offset%(len(r)+1)), len(r)))
			}
		}
		err := error(nil)
		if each {
			err = c.rows(p, dst.rows, from, n)
		} else {
			err = c.flat(p, dst.rows[0], from[0], n)
		}
		what := func() string {
			return fmt.Sprintf("%s: %d rows of %d, each %v, mode %#x, %+v", im.Name, p.Len(), len(data)/max(p.Len(), 1), each, mode, *n)
		}
		if !errors.Is(err, kind) {
			t.Fatalf("%s: %v, want %v", what(), err, kind)
		}
		after := make([]T, len(data))
		if err == nil {
			after = want
			if got := slices.Concat(dst.rows...); !equal(got, want) {
				t.Fatalf("%s: got %v, want %v", what(), got, want)
			}
		}
		if !x.holds(data) || !dst.holds(after) {
			t.Fatalf("%s: the input, or an element outside, has changed", what())
		}
	}
}
