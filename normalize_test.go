package blend

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/mixblend/blend/kernels"
)

func TestNormalize(t *testing.T) {
	forEach(t, func(t *testing.T) {
		forTypes(t, normalizedTypes, normalizeTests.testNormalize)
	})
}

// Every number of pixels over some blocks, with all layouts and all shapes of index, and larger images that take tiles, workers,
// streaming and peeling.
func (c normalizers[T]) testNormalize(t *testing.T) {
	shareSmallCalls(t)
	rng := rand.New(rand.NewPCG(7, 7))
	trial := 0
	check := func(rows, pixels, channels int) {
		trial++
		index := indexes[trial%len(indexes)]
		valid := layouts[:3]
		if channels == 1 {
			valid = layouts[:]
		}
		checkNormalize(t, c, rng, normalizeCase{
			planCase: planCase{rows: rows, n: pixels * channels, index: index.name, partners: index.make(rng, rows),
				flat: rng.IntN(2) == 0, store: StoreMode(rng.IntN(3)), workers: 1 + rng.IntN(4), offset: rng.IntN(64)},
			channels: channels, layouts: valid[trial/len(indexes)%len(valid)],
		})
	}
	for pixels := range 200 {
		for channels := 1; channels <= maxChannels; channels++ {
			check(1+rng.IntN(9), pixels, channels)
		}
	}
	for _, pixels := range []int{32 * 32, 33 * 33, 75 * 75, 96 * 96, 299 * 61, 128 * 128} {
		for range 20 {
			if testing.Short() && rng.IntN(4) != 0 {
				continue
			}
			check(3+rng.IntN(12), pixels, 1+rng.IntN(maxChannels))
		}
	}
}

type normalizeCase struct {
	planCase
	channels int
	layouts  [2]Layout
}

func checkNormalize[T element](t *testing.T, c normalizers[T], rng *rand.Rand, nc normalizeCase) {
	t.Helper()
	l := drawLambdas(rng, nc.rows)
	p, err := NewPlan(nc.partners, l...)
	if err != nil {
		t.Fatal(err)
	}
	p.Store, p.Workers = nc.store, nc.workers
	n := randomNormalization(rng, nc.channels, nc.layouts)
	what := fmt.Sprintf("%d rows of %d, %d channels, %v to %v, %s, flat %v, store %d, %d workers, offset %d",
		nc.rows, nc.n, nc.channels, n.From, n.To, nc.index, nc.flat, nc.store, nc.workers, nc.offset)

	var rooms []room[uint8]
	var dstRooms []room[T]
	var x [][]uint8
	var dst [][]T
	var before [][]uint8
	if nc.flat {
		rooms = []room[uint8]{newRoom[uint8](rng, nc.rows*nc.n, rng.IntN(64))}
		dstRooms = []room[T]{newRoom[T](rng, nc.rows*nc.n, nc.offset)}
		x, _ = Rows(rooms[0].row, nc.rows)
		dst, _ = Rows(dstRooms[0].row, nc.rows)
		before = [][]uint8{slices.Clone(rooms[0].row)}
		err = c.flat(p, dstRooms[0].row, rooms[0].row, n)
	} else {
		for range nc.rows {
			rooms = append(rooms, newRoom[uint8](rng, nc.n, rng.IntN(64)))
			dstRooms = append(dstRooms, newRoom[T](rng, nc.n, rng.IntN(64)))
			x, dst = append(x, rooms[len(rooms)-1].row), append(dst, dstRooms[len(rooms)-1].row)
			before = append(before, slices.Clone(rooms[len(rooms)-1].row))
		}
		err = c.rows(p, dst, x, n)
	}
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	for i := range dst {
		w := kernels.WeightU8(p.Lambda(i))
		for pixel := range nc.n / nc.channels {
			for channel := range nc.channels {
				place := func(l Layout) int {
					if l == CHW {
						return channel*(nc.n/nc.channels) + pixel
					}
					return pixel*nc.channels + channel
				}
				from, to := place(n.From), place(n.To)
				want := c.round(kernels.Normalize(x[i][from], x[p.Index(i)][from], w, n.Scale[channel], n.Bias[channel]))
				if !same(dst[i][to], want) {
					t.Fatalf("%s: row %d pixel %d channel %d is %v, want %v", what, i, pixel, channel, dst[i][to], want)
				}
			}
		}
	}
	for i, r := range rooms {
		if r.slackChanged() || !slices.Equal(r.row, before[i]) {
			t.Fatalf("%s: the input has changed, or what is beside it", what)
		}
	}
	for _, r := range dstRooms {
		if r.slackChanged() {
			t.Fatalf("%s: an element outside the rows has changed", what)
		}
	}
}

// Without mixing: the bits of a Plan with λ = 1, for one batch size after another.
func TestConvert(t *testing.T) {
	forEach(t, func(t *testing.T) {
		forTypes(t, normalizedTypes, normalizeTests.testConvert)
	})
}

func (c normalizers[T]) testConvert(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for trial := range 60 {
		rows, channels := rng.IntN(40), 1+trial%maxChannels
		cols := channels * []int{0, 1, 7, 48, 100, 3001}[rng.IntN(6)]
		n := randomNormalization(rng, channels, layouts[trial/maxChannels%3])
		x, dst := newRoom[uint8](rng, rows*cols, rng.IntN(64)), newRoom[T](rng, rows*cols, rng.IntN(64))
		before := slices.Clone(x.row)
		p, err := NewPlan(rng.Perm(rows), 1)
		if err != nil {
			t.Fatal(err)
		}
		want := make([]T, rows*cols)
		if err := c.flat(p, want, x.row, n); err != nil {
			t.Fatal(err)
		}
		xs, err := Rows(x.row, rows)
		if err != nil {
			t.Fatal(err)
		}
		dsts, _ := Rows(dst.row, rows)
		for _, convert := range []func() error{
			func() error { return c.convert(n, dst.row, x.row, rows) },
			func() error { return c.convertRows(n, dsts, xs) },
		} {
			fill(rng, dst.row)
			if err := convert(); err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(dst.row, want, same[T]) || dst.slackChanged() {
				t.Fatalf("%d rows of %d, %d channels, %v to %v: not what λ = 1 makes", rows, cols, channels, n.From, n.To)
			}
		}
		if x.slackChanged() || !slices.Equal(x.row, before) {
			t.Fatal("the input has changed, or what is beside it")
		}
	}
}

func TestConvertErrors(t *testing.T) {
	n := &Normalization{Scale: []float32{1, 1, 1}, Bias: []float32{0, 0, 0}, From: CHW, To: CHW}
	rgba := &Normalization{Scale: []float32{1, 1, 1}, Bias: []float32{0, 0, 0}, From: HWC, To: CHW, PixelBytes: 4}
	x, dst := counting[uint8](24), counting[float32](24)
	memory := counting[bf16](64)
	for _, test := range []struct {
		name  string
		err   func() error
		kind  error
		names []string
	}{
		{"nil", func() error { return (*Normalization)(nil).ConvertFloat32(dst, x, 2) }, ErrNormalization, []string{"nil"}},
		{"nil, no rows", func() error { return (*Normalization)(nil).ConvertFloat32(nil, nil, 2) }, ErrNormalization, []string{"nil"}},
		{"lengths", func() error { return n.ConvertFloat32(dst[:21], x, 2) }, ErrShape, []string{"21", "24"}},
		{"rows", func() error { return n.ConvertFloat32(dst, x, 5) }, ErrShape, []string{"5 rows", "24"}},
		{"negative", func() error { return n.ConvertFloat32(nil, nil, -1) }, ErrShape, []string{"-1 rows"}},
		{"no rows", func() error { return n.ConvertFloat32(dst, x, 0) }, ErrShape, []string{"0 rows", "24"}},
		{"too many rows", func() error { return n.ConvertFloat32(dst, x, math.MaxInt) }, ErrShape, []string{"24"}},
		{"too many rows of nothing", func() error { return n.ConvertFloat32(dst, nil, math.MaxInt) }, ErrShape, []string{"dst has 24"}},
		{"pixels", func() error { return n.ConvertFloat32(dst[:22], x[:22], 2) }, ErrShape, []string{"2 rows", "22", "3 channels", "want a multiple of 6 in x and of 6 in dst"}},
		{"PixelBytes forgotten", func() error { return n.ConvertFloat32(dst[:12], x[:16], 2) }, ErrShape,
			[]string{"2 rows", "dst has 12", "x 16", "3 channels and 3 bytes", "PixelBytes", "want a multiple of 6 in x, 12 for this dst (RGBA has PixelBytes 4)"}},
		{"PixelBytes forgotten, whole pixels", func() error { return n.ConvertFloat32(dst[:18], x, 2) }, ErrShape,
			[]string{"2 rows", "dst has 18", "x 24", "3 channels and 3 bytes", "PixelBytes", "want 24 in dst for this x, or 18 in x for this dst (RGBA has PixelBytes 4)"}},
		{"other bytes than channels", func() error { return rgba.ConvertFloat32(dst, x, 2) }, ErrShape,
			[]string{"2 rows", "dst has 24", "x 24", "3 channels and 4 bytes", "want 18 in dst for this x, or 32 in x for this dst"}},
		{"ragged", func() error {
			return n.ConvertFloat32Rows([][]float32{dst[:12], dst[12:]}, [][]uint8{x[:12], x[12:21]})
		},
			ErrShape, []string{"12", "9"}},
		{"rows of dst", func() error { return n.ConvertFloat32Rows([][]float32{dst[:12]}, [][]uint8{x[:12], x[12:]}) }, ErrShape, []string{"dst has 1"}},
		{"overlap", func() error { return ConvertBFloat16(n, memory[:24], slice[uint8](ptr(memory[4:]), 24), 2) }, ErrOverlap, nil},
		{"overlap of rows", func() error {
			return ConvertFloat16Rows(n, [][]bf16{memory[:12]}, [][]uint8{slice[uint8](ptr(memory[4:]), 12)})
		},
			ErrOverlap, []string{"row 0"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			untouched(t, dst, func() { untouched(t, memory, func() { checkError(t, test.err(), test.kind, test.names...) }) })
		})
	}
	for _, rows := range []int{0, 1, 3, math.MaxInt} {
		if err := n.ConvertFloat32(nil, nil, rows); err != nil {
			t.Errorf("%d rows of nothing: %v", rows, err)
		}
	}
	if err := n.ConvertFloat32Rows(nil, nil); err != nil {
		t.Error(err)
	}
	for _, err := range []error{n.ConvertFloat32(dst, x, 0), n.ConvertFloat32Rows([][]float32{dst[:12]}, nil)} {
		checkError(t, err, ErrShape, "0 rows", "dst has")
		if strings.Contains(err.Error(), "filled") {
			t.Errorf("nothing that could be filled: %v", err)
		}
	}
}

// All pairs of bytes at weights of every kind, three channels, every type of result.
func TestNormalizeAllBytes(t *testing.T) {
	forEach(t, func(t *testing.T) {
		x := make([]uint8, 2*3*65536) // a row of own bytes, and one of partners
		for i := range 65536 {
			for channel := range 3 {
				x[channel*65536+i], x[(3+channel)*65536+i] = uint8(i>>8), uint8(i)
			}
		}
		norm, err := NewNormalization([]float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225}, CHW, CHW)
		if err != nil {
			t.Fatal(err)
		}
		f, b, h := make([]float32, len(x)), make([]bf16, len(x)), make([]f16, len(x))
		step := 128 - 1 // 259 weights
		if testing.Short() {
			step = 2500
		}
		for w := 0; w <= kernels.One; w += step {
			p, err := NewPlan([]int{1, 1}, float64(w)/kernels.One)
			if err != nil {
				t.Fatal(err)
			}
			for _, err := range []error{p.NormalizeFloat32(f, x, norm), NormalizeBFloat16(p, b, x, norm), NormalizeFloat16(p, h, x, norm)} {
				if err != nil {
					t.Fatal(err)
				}
			}
			for i := range 3 * 65536 {
				want := kernels.Normalize(x[i], x[3*65536+i], w, norm.Scale[i>>16], norm.Bias[i>>16])
				if f[i] != want || uint16(b[i]) != kernels.RoundBF16(want) || uint16(h[i]) != kernels.RoundF16(want) {
					t.Fatalf("w=%d, bytes %d and %d, channel %d: %v, %#04x, %#04x, want %v", w, x[i], x[3*65536+i], i>>16, f[i], b[i], h[i], want)
				}
			}
		}
	})
}

func TestNewNormalization(t *testing.T) {
	n, err := NewNormalization([]float64{0.5, 0}, []float64{0.25, 2}, HWC, CHW)
	if err != nil {
		t.Fatal(err)
	}
	if want := []float32{1 / (255 * 0.25), 1 / 510.0}; !slices.Equal(n.Scale, want) || !slices.Equal(n.Bias, []float32{-2, 0}) || n.From != HWC || n.To != CHW {
		t.Errorf("%+v", *n)
	}
	nan, inf := math.NaN(), math.Inf(1)
	for _, bad := range [][2][]float64{{nil, nil}, {{0}, {1, 1}}, {{0, 0, 0, 0, 0}, {1, 1, 1, 1, 1}}, {{0}, {0}}, {{nan}, {1}}, {{0}, {nan}}, {{inf}, {1}}, {{0}, {inf}}, {{0}, {1e-60}}, {{0}, {1e40}}} {
		n, err := NewNormalization(bad[0], bad[1], CHW, CHW)
		checkError(t, err, ErrNormalization)
		if n != nil {
			t.Error("a Normalization beside an error")
		}
	}
	for i, l := range layouts {
		_, err := NewNormalization([]float64{0, 0}, []float64{1, 1}, l[0], l[1])
		if i < 3 {
			checkError(t, err, nil)
		} else {
			checkError(t, err, ErrNormalization, "2 channels", l[0].String(), l[1].String())
		}
		if _, err := NewNormalization([]float64{0}, []float64{1}, l[0], l[1]); err != nil {
			t.Errorf("one channel, %v to %v: %v", l[0], l[1], err)
		}
	}
	// Those of pixels in 0…255, and the most that those of pixels in 0…1 may be.
	for _, bad := range [][2]float64{{123.675, 0.229}, {0.485, 58.395}, {127.5, 127.5}, {2.01, 1}, {-2.01, 1}, {0, -2.01}} {
		_, err := NewNormalization([]float64{0, bad[0]}, []float64{1, bad[1]}, CHW, CHW)
		checkError(t, err, ErrNormalization, fmt.Sprintf("mean[1] = %v, std[1] = %v", bad[0], bad[1]), "255")
	}
	if _, err := NewNormalization([]float64{2, -2}, []float64{2, -2}, CHW, CHW); err != nil {
		t.Error(err)
	}
}

func TestNormalizeErrors(t *testing.T) {
	p, _ := NewPlan([]int{1, 0}, 0.5)
	good := &Normalization{Scale: []float32{1, 1, 1}, Bias: []float32{0, 0, 0}, From: CHW, To: CHW}
	// but returns good with a change.
	but := func(change func(*Normalization)) *Normalization { n := *good; change(&n); return &n }
	x, dst := counting[uint8](24), counting[float32](24)
	views, dstViews := [][]uint8{x[:12], x[12:]}, [][]float32{dst[:12], dst[12:]}
	memory := counting[bf16](64)
	byteAt := func(i, n int) []uint8 { return slice[uint8](unsafe.Add(ptr(memory), i), n) }
	for _, test := range []struct {
		name  string
		call  func() error
		kind  error
		names []string
	}{
		{"lengths", func() error { return p.NormalizeFloat32(dst[:23], x, good) }, ErrShape, []string{"23", "24"}},
		{"rows", func() error { return p.NormalizeFloat32(dst[:21], x[:21], good) }, ErrShape, []string{"21"}},
		{"channels", func() error { return p.NormalizeFloat32(dst[:22], x[:22], good) }, ErrShape, []string{"2 rows", "22", "3 channels", "want a multiple of 6 in x and of 6 in dst"}},
		{"nil", func() error { return p.NormalizeFloat32(dst, x, nil) }, ErrNormalization, []string{"nil"}},
		{"no channels", func() error { return p.NormalizeFloat32(dst, x, &Normalization{}) }, ErrNormalization, []string{"0 scales"}},
		{"five channels", func() error {
			return p.NormalizeFloat32(dst, x, but(func(n *Normalization) { n.Scale, n.Bias = make([]float32, 5), make([]float32, 5) }))
		}, ErrNormalization, []string{"5 scales"}},
		{"biases", func() error {
			return p.NormalizeFloat32(dst, x, but(func(n *Normalization) { n.Bias = n.Bias[:2] }))
		}, ErrNormalization, []string{"3 scales", "2 biases"}},
		{"tiny scale", func() error {
			return p.NormalizeFloat32(dst, x, but(func(n *Normalization) { n.Scale = []float32{1, 1e-40, 1} }))
		}, ErrNormalization, []string{"1e-40"}},
		{"infinite scale", func() error {
			return p.NormalizeFloat32(dst, x, but(func(n *Normalization) { n.Scale = []float32{1, 1, float32(math.Inf(1))} }))
		}, ErrNormalization, []string{"+Inf"}},
		{"bias that is no number", func() error {
			return p.NormalizeFloat32(dst, x, but(func(n *Normalization) { n.Bias = []float32{0, 0, float32(math.NaN())} }))
		}, ErrNormalization, []string{"NaN"}},
		{"to HWC", func() error {
			return p.NormalizeFloat32(dst, x, but(func(n *Normalization) { n.To = HWC }))
		}, ErrNormalization, []string{"CHW", "HWC"}},
		{"no layouts", func() error {
			return p.NormalizeFloat32(dst, x, but(func(n *Normalization) { n.From, n.To = 0, 0 }))
		}, ErrNormalization, []string{"3 channels", "layout none to none, want CHW to CHW, or HWC, as decoders have it"}},
		{"layout", func() error {
			return p.NormalizeFloat32(dst, x, but(func(n *Normalization) { n.From, n.To = 7, 7 }))
		}, ErrNormalization, []string{"Layout(7)"}},
		{"no rows", func() error {
			return new(Plan).NormalizeFloat32(nil, nil, but(func(n *Normalization) { n.From, n.To = 0, 0 }))
		}, ErrNormalization, []string{"none"}},
		{"row lengths", func() error { return p.NormalizeFloat32Rows(dstViews, [][]uint8{x[:12], x[12:23]}, good) }, ErrShape, []string{"12", "11"}},
		{"row count", func() error { return p.NormalizeFloat32Rows(dstViews[:1], views, good) }, ErrShape, []string{"2 rows", "dst has 1"}},
		{"rows of dst", func() error { return p.NormalizeFloat32Rows([][]float32{dst[:12], dst[6:18]}, views, good) }, ErrOverlap, []string{"24 bytes apart"}},
		{"bytes of dst", func() error { return NormalizeBFloat16(p, memory[:24], slice[uint8](ptr(memory[4:]), 24), good) }, ErrOverlap, []string{"dst and x have 48 and 24 bytes and begin 8 bytes apart (nothing is normalized in place)"}},
		{"last byte of dst", func() error { return NormalizeBFloat16(p, memory[:24], byteAt(47, 24), good) }, ErrOverlap, nil},
		{"first byte of dst", func() error { return NormalizeBFloat16(p, memory[12:36], byteAt(1, 24), good) }, ErrOverlap, nil},
		{"last byte of a row of dst", func() error {
			return NormalizeBFloat16Rows(p, [][]bf16{memory[:12], memory[12:24]}, [][]uint8{x[:12], byteAt(47, 12)}, good)
		}, ErrOverlap, []string{"row 1 of dst", "row 1 of x"}},
		{"first byte of a row of dst", func() error {
			return NormalizeBFloat16Rows(p, [][]bf16{memory[12:24], memory[24:36]}, [][]uint8{x[:12], byteAt(13, 12)}, good)
		}, ErrOverlap, []string{"row 0 of dst", "row 1 of x"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			untouched(t, dst, func() { untouched(t, memory, func() { checkError(t, test.call(), test.kind, test.names...) }) })
		})
	}
	// Neighbours do not overlap.
	if err := NormalizeBFloat16(p, memory[12:36], byteAt(0, 24), good); err != nil {
		t.Error(err)
	}
	if err := NormalizeBFloat16(p, memory[:24], byteAt(48, 24), good); err != nil {
		t.Error(err)
	}
	if err := NormalizeBFloat16Rows(p, [][]bf16{memory[6:18], memory[24:36]}, [][]uint8{byteAt(0, 12), byteAt(36, 12)}, good); err != nil {
		t.Error(err)
	}
	// What is empty is fine.
	var empty Plan
	if err := empty.NormalizeFloat32(nil, nil, good); err != nil {
		t.Error(err)
	}
	if err := p.NormalizeFloat32(nil, nil, good); err != nil {
		t.Error(err)
	}
}

// Rounding to 16 bits, over all finite float32 with BLEND_EXHAUSTIVE=1, which takes minutes, else over a sample: the biases of a period
// of columns, to which a mix of zeros adds nothing.
func TestRound16Bits(t *testing.T) {
	stride := uint64(4999)
	if os.Getenv("BLEND_EXHAUSTIVE") != "" {
		stride = 1
	} else if testing.Short() {
		stride = 99991
	}
	forEach(t, func(t *testing.T) {
		var x [tablePeriod]uint8
		var dst [2][tablePeriod]uint16
		var values scaleAndBias
		for i := range values.unit {
			values.unit[i], values.scale[i] = -1, -1 // −0 plus a zero is that zero
		}
		var s step
		s.params = paramsNormalize(0.5)
		for v := uint64(0); v < 1<<32; {
			for i := 0; i < tablePeriod && v < 1<<32; v += stride {
				f := math.Float32frombits(uint32(v))
				if !finite(f) {
					continue
				}
				for j := i; j < len(values.bias); j += tablePeriod {
					values.bias[j] = f
				}
				i++
			}
			for i, k := range []kernel{kernelU8BF16, kernelU8F16} {
				s.own, s.partner, s.dst = ptr(x[:]), ptr(x[:]), ptr(dst[i][:])
				steps := [1]step{s}
				k.run(steps[:], tablePeriod, how{block: tablePeriod, table: values.at(0)})
			}
			for i, f := range values.bias[:tablePeriod] {
				if dst[0][i] != kernels.RoundBF16(f) || dst[1][i] != kernels.RoundF16(f) {
					t.Fatalf("%v (%#08x) becomes %#04x and %#04x, want %#04x and %#04x", f, math.Float32bits(f), dst[0][i], dst[1][i], kernels.RoundBF16(f), kernels.RoundF16(f))
				}
			}
		}
	})
}

// Every two bytes, selected by either bit, become what the one that is taken becomes at λ = 1, with scales at the ends of float32 as well.
func TestSelectedInput(t *testing.T) {
	const n = 1 << 16
	half := paramsNormalize(0.5)
	forEach(t, func(t *testing.T) {
		for i := range traits {
			k := kernel(i)
			if !k.normalizes() {
				continue
			}
			own, partner, bits := make([]uint8, n*k.in()), make([]uint8, n*k.in()), make([]uint8, n/8+bitsSlack)
			taken, got, want := make([]uint8, n), make([]uint8, n*k.out()), make([]uint8, n*k.out())
			for c := range n {
				own[c*k.in()], partner[c*k.in()] = uint8(c), uint8(c>>8)
			}
			for _, scale := range []float32{0.017, -1, 0, minScale, math.MaxFloat32} {
				bias := []float32{-2.1, float32(math.Copysign(0, -1))}[i%2]
				var tab scaleAndBias
				tab.set([]float32{scale}, []float32{bias})
				for _, flip := range []uint8{0, 255} {
					for i := range bits {
						bits[i] = uint8(i*0x6d+i>>5) ^ flip
					}
					for c := range taken {
						taken[c] = uint8(c >> 8)
						if bits[c/8]>>(c%8)&1 != 0 {
							taken[c] = uint8(c)
						}
					}
					s := step{dst: ptr(got), own: ptr(own), partner: ptr(partner), mask: ptr(bits), params: k.selectParams()}
					k.runLong([]step{s}, n, how{block: 4 * tablePeriod, table: tab.at(0)})
					k.mixStep(ptr(want), ptr(taken), ptr(taken), n, &half, tab.at(0))
					for c := range taken {
						if at := c * k.out(); !bytes.Equal(got[at:at+k.out()], want[at:at+k.out()]) {
							t.Fatalf("kernel %d, scale %g, bias %g: %d or %d, taken %d: %x, want %x",
								k, scale, bias, uint8(c), c>>8, taken[c], got[at:at+k.out()], want[at:at+k.out()])
						}
					}
				}
			}
		}
	})
}
