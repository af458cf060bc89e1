package blend

import (
	"errors"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mixblend/blend/internal/impl"
	"github.com/mixblend/blend/internal/pixels"
	"github.com/mixblend/blend/kernels"
)

// pixelFormats are Normalizations of pixels that have other bytes than the results have channels, or have them in another order.
var pixelFormats = []struct {
	name                 string
	channels, pixelBytes int
	order                []int
}{
	{"RGBA", 3, 4, nil},
	{"BGRA", 3, 4, []int{2, 1, 0}},
	{"ARGB", 3, 4, []int{1, 2, 3}},
	{"BGR", 3, 0, []int{2, 1, 0}},
	{"gray as RGB", 3, 1, []int{0, 0, 0}},
	{"gray and alpha as RGB", 3, 2, []int{0, 0, 0}},
	{"gray and alpha", 1, 2, nil},
	{"green of RGB", 1, 3, []int{1}},
	{"alpha of RGBA", 1, 4, []int{3}},
	{"BGRA as RGBA", 4, 4, []int{2, 1, 0, 3}},
	{"RGB as RGBA", 4, 3, []int{0, 1, 2, 2}},
	{"RGBA as it is", 4, 4, []int{0, 1, 2, 3}},
	{"UV exchanged", 2, 2, []int{1, 0}},
	{"two of four", 2, 4, []int{3, 0}},
	{"gray as two", 2, 1, []int{0, 0}},
	{"gray", 1, 1, []int{0}},
}

func randomFormat(rng *rand.Rand, i int) (n *Normalization, name string) {
	f := pixelFormats[i%len(pixelFormats)]
	n = randomNormalization(rng, f.channels, [2]Layout{HWC, []Layout{CHW, HWC}[rng.IntN(2)]})
	n.PixelBytes, n.Order = f.pixelBytes, f.order
	return n, fmt.Sprintf("%s to %v", f.name, n.To)
}

// wantPixels is what a batch of so many pixels a row becomes, written pixel by pixel. A row whose box has pixels is cut, and not blended;
// where there are masks, all rows are mixed by them.
func wantPixels[T element](c normalizers[T], n *Normalization, x [][]uint8, index []int, weight func(i int) int, pixelCount int, cut *pixels.Cut) [][]T {
	channels, size := len(n.Scale), n.PixelBytes
	if size == 0 {
		size = channels
	}
	want := make([][]T, len(x))
	for i := range x {
		want[i] = make([]T, pixelCount*channels)
		for q := range pixelCount {
			for channel := range channels {
				from := q*size + channel
				if len(n.Order) > 0 {
					from = q*size + n.Order[channel]
				}
				if n.From == CHW {
					from = channel*pixelCount + q
				}
				to := q*channels + channel
				if n.To == CHW {
					to = channel*pixelCount + q
				}
				own, partner, w := x[i][from], x[index[i]][from], weight(i)
				if len(cut.Masks) != 0 {
					own = kernels.MaskU8(own, partner, cut.Mask(i)[q])
					partner, w = own, kernels.One
				} else if box := cut.Box(i); !box.Empty() {
					if image.Pt(q%cut.Width, q/cut.Width).In(box) {
						own = partner
					}
					partner, w = own, kernels.One
				}
				want[i][to] = c.round(kernels.Normalize(own, partner, w, n.Scale[channel], n.Bias[channel]))
			}
		}
	}
	return want
}

func TestPixels(t *testing.T) {
	forEach(t, func(t *testing.T) {
		forTypes(t, normalizedTypes, normalizeTests.testPixels)
	})
}

// Every format, and planes, at every number of pixels over some blocks, and images that take tiles, workers and streaming; with boxes
// and masks too.
func (c normalizers[T]) testPixels(t *testing.T) {
	shareSmallCalls(t)
	rng := rand.New(rand.NewPCG(9, 9))
	trial := 0
	stride := 1
	if raceDetector {
		stride = 9 // it sees every element that is compared
	}
	for height := 1; height <= 100; height += stride {
		for range len(pixelFormats) {
			checkPixels(t, c, rng, trial, 1+rng.IntN(9), height, 1+rng.IntN(2))
			trial++
		}
	}
	for _, size := range []image.Point{{32, 32}, {33, 33}, {48, 64}, {61, 299}, {128, 128}} {
		for range 2 * len(pixelFormats) {
			trial++
			if !testing.Short() || rng.IntN(4*stride) == 0 {
				checkPixels(t, c, rng, trial, 2+rng.IntN(9), size.Y, size.X)
			}
		}
	}
}

func checkPixels[T element](t *testing.T, c normalizers[T], rng *rand.Rand, trial, rows, height, width int) {
	t.Helper()
	n, what := randomFormat(rng, trial)
	if rng.IntN(8) == 0 {
		n, what = randomNormalization(rng, 1+rng.IntN(maxChannels), [2]Layout{CHW, CHW}), "planes"
	}
	pixelCount := height * width
	index := indexes[rng.IntN(len(indexes))].make(rng, rows)
	p, err := NewPlan(index, drawLambdas(rng, rows)...)
	if err != nil {
		t.Fatal(err)
	}
	p.Store, p.Workers = StoreMode(rng.IntN(3)), 1+rng.IntN(4)
	cut := &pixels.Cut{Height: height, Width: width, Layout: int(n.From)}
	switch trial % 3 {
	case 0:
		for range rows {
			b := image.Rect(rng.IntN(width+1), rng.IntN(height+1), rng.IntN(width+1), rng.IntN(height+1))
			if rng.IntN(3) == 0 {
				b = image.Rectangle{}
			}
			cut.Boxes = append(cut.Boxes, b)
		}
	case 1:
		for range []int{1, rows}[rng.IntN(2)] {
			mask := make([]byte, pixelCount)
			fill(rng, mask)
			cut.Masks = append(cut.Masks, mask)
		}
	}
	size, flat := n.pixelBytes(), rng.IntN(2) == 0
	what = fmt.Sprintf("%s, %d rows of %d × %d, index %v, flat %v, %v, %d workers, boxes %v, %d masks",
		what, rows, height, width, index, flat, p.Store, p.Workers, cut.Boxes, len(cut.Masks))

	var xRooms []room[uint8]
	var dstRooms []room[T]
	var x, before [][]uint8
	var dst [][]T
	parts := rows
	if flat {
		parts = 1
	}
	for range parts {
		xRooms = append(xRooms, newRoom[uint8](rng, rows/parts*pixelCount*size, rng.IntN(64)))
		dstRooms = append(dstRooms, newRoom[T](rng, rows/parts*pixelCount*len(n.Scale), rng.IntN(4)*rng.IntN(16)))
	}
	for i, r := range xRooms {
		xs, _ := Rows(r.row, rows/parts)
		ds, _ := Rows(dstRooms[i].row, rows/parts)
		x, dst = append(x, xs...), append(dst, ds...)
	}
	for _, r := range x {
		before = append(before, slices.Clone(r))
	}
	switch {
	case cut.Boxes != nil || cut.Masks != nil:
		call := pixels.Call{Plan: p, Workers: p.Workers, Store: int(p.Store), Cut: cut}
		if flat {
			err = pixels.Normalize(call, c.format, pixels.Flat(dstRooms[0].row), pixels.Flat(xRooms[0].row), n)
		} else {
			err = pixels.Normalize(call, c.format, pixels.Each(dst), pixels.Each(x), n)
		}
	case flat:
		err = c.flat(p, dstRooms[0].row, xRooms[0].row, n)
	default:
		err = c.rows(p, dst, x, n)
	}
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	weight := func(i int) int { return kernels.WeightU8(p.Lambda(i)) }
	want := wantPixels(c, n, before, index, weight, pixelCount, cut)
	for i := range dst {
		for j := range dst[i] {
			if !same(dst[i][j], want[i][j]) {
				t.Fatalf("%s: element %d of row %d is %v, want %v", what, j, i, dst[i][j], want[i][j])
			}
		}
		if !slices.Equal(x[i], before[i]) {
			t.Fatalf("%s: the input has changed", what)
		}
	}
	for i := range xRooms {
		if xRooms[i].slackChanged() || dstRooms[i].slackChanged() {
			t.Fatalf("%s: an element outside the rows has changed", what)
		}
	}
}

// Boxes in images of more pixels than are taken apart at a time, which go on where they were.
func TestBoxesInManyPixels(t *testing.T) {
	forEach(t, func(t *testing.T) {
		forTypes(t, normalizedTypes, normalizeTests.testBoxesInManyPixels)
	})
}

func (c normalizers[T]) testBoxesInManyPixels(t *testing.T) {
	const rows, height, width = 3, 97, 131
	rng := rand.New(rand.NewPCG(11, 11))
	n := randomNormalization(rng, 3, [2]Layout{HWC, CHW})
	x, dst := make([]uint8, rows*height*width*3), make([]T, rows*height*width*3)
	fill(rng, x)
	xs, _ := Rows(x, rows)
	dsts, _ := Rows(dst, rows)
	index := []int{1, 2, 0}
	p, err := NewPlan(index, 0.3)
	if err != nil {
		t.Fatal(err)
	}
	upper, lower := image.Rect(3, 5, 70, 40), image.Rect(50, 33, 127, 90)
	for _, boxes := range [][]image.Rectangle{{lower}, {upper, lower, {}}} {
		cut := &pixels.Cut{Height: height, Width: width, Layout: int(HWC), Boxes: boxes}
		err := pixels.Normalize(pixels.Call{Plan: p, Cut: cut}, c.format, pixels.Flat(dst), pixels.Flat(x), n)
		if err != nil {
			t.Fatal(err)
		}
		want := wantPixels(c, n, xs, index, func(int) int { return kernels.WeightU8(0.3) }, height*width, cut)
		for i := range want {
			for j := range want[i] {
				if !same(dsts[i][j], want[i][j]) {
					t.Fatalf("boxes %v: element %d of row %d is %v, want %v", boxes, j, i, dsts[i][j], want[i][j])
				}
			}
		}
	}
}

// Two batches are mixed as one that holds both.
func TestCrossPixels(t *testing.T) {
	forEach(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(10, 10))
		for trial := range 4 * len(pixelFormats) {
			n, what := randomFormat(rng, trial)
			rows, pool, count := 1+rng.IntN(9), 1+rng.IntN(9), 1+rng.IntN(3000)
			both := make([]uint8, (rows+pool)*count*n.pixelBytes())
			fill(rng, both)
			x, y := both[:rows*count*n.pixelBytes()], both[rows*count*n.pixelBytes():]
			index := generate(rows, func(int) int { return rng.IntN(pool) })
			one := generate(rows+pool, func(i int) int { return i })
			for i, q := range index {
				one[i] = rows + q
			}
			lambda := lambdas[trial%len(lambdas)]
			p, err := NewPlan(one, lambda)
			if err != nil {
				t.Fatal(err)
			}
			c, err := NewCross(index, pool, lambda)
			if err != nil {
				t.Fatal(err)
			}
			c.Store = StoreMode(rng.IntN(3))
			want, got := make([]float32, (rows+pool)*count*len(n.Scale)), make([]float32, rows*count*len(n.Scale))
			if err := p.NormalizeFloat32(want, both, n); err != nil {
				t.Fatal(err)
			}
			if err := c.NormalizeFloat32(got, x, y, n); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if !slices.EqualFunc(got, want[:len(got)], same[float32]) {
				t.Fatalf("%s, %d rows of %d pixels with %d, index %v, λ = %v: not what one batch gives", what, rows, count, pool, index, lambda)
			}
		}
	})
}

func TestPixelErrors(t *testing.T) {
	p, _ := NewPlan([]int{1, 0}, 0.5)
	x, dst := counting[uint8](48), counting[float32](48)
	of := func(channels, pixelBytes int, from, to Layout, order ...int) *Normalization {
		return &Normalization{Scale: []float32{1, 1, 1, 1}[:channels], Bias: make([]float32, channels), From: from, To: to,
			PixelBytes: pixelBytes, Order: order}
	}
	for _, test := range []struct {
		name    string
		dst, xs int
		n       *Normalization
		kind    error
		names   []string
	}{
		{"negative", 24, 32, of(3, -1, HWC, CHW), ErrNormalization, []string{"PixelBytes = -1"}},
		{"too many bytes", 24, 40, of(3, 5, HWC, CHW), ErrNormalization, []string{"PixelBytes = 5", "1 to 4"}},
		{"huge", 24, 40, of(3, math.MaxInt, HWC, CHW), ErrNormalization, []string{"PixelBytes"}},
		{"too few bytes", 24, 16, of(3, 2, HWC, CHW), ErrNormalization, []string{"PixelBytes = 2", "3 channels", "no Order"}},
		{"short Order", 24, 32, of(3, 4, HWC, CHW, 0, 1), ErrNormalization, []string{"Order = [0 1]", "3 channels"}},
		{"long Order", 24, 32, of(3, 4, HWC, CHW, 0, 1, 2, 3), ErrNormalization, []string{"Order = [0 1 2 3]", "3 channels"}},
		{"Order too great", 24, 32, of(3, 4, HWC, CHW, 0, 1, 4), ErrNormalization, []string{"Order = [0 1 4]", "0 to 3"}},
		{"Order negative", 24, 24, of(3, 0, HWC, CHW, 0, -1, 2), ErrNormalization, []string{"Order = [0 -1 2]", "0 to 2"}},
		{"Order of one byte", 24, 24, of(1, 0, HWC, CHW, 1), ErrNormalization, []string{"Order = [1]"}},
		{"PixelBytes of planes", 24, 24, of(3, 3, CHW, CHW), ErrNormalization, []string{"PixelBytes = 3", "HWC", "From is CHW"}},
		{"Order of planes", 24, 24, of(3, 0, CHW, CHW, 2, 1, 0), ErrNormalization, []string{"Order = [2 1 0]", "HWC", "From is CHW"}},
		{"one of four without layouts", 8, 32, of(1, 4, 0, 0), ErrNormalization, []string{"none"}},
		{"one of four to no layout", 8, 32, of(1, 4, HWC, 0), ErrNormalization, []string{"none"}},
		{"one of four of planes", 8, 32, of(1, 4, CHW, CHW), ErrNormalization, []string{"PixelBytes = 4", "From is CHW"}},
		{"gray as RGB without layouts", 24, 8, of(3, 1, 0, CHW, 0, 0, 0), ErrNormalization, []string{"none"}},
		{"dst as long as x", 32, 32, of(3, 4, HWC, CHW), ErrShape, []string{"2 rows, dst has 32 elements, x 32", "3 channels", "4 bytes", "want a multiple of 6 in dst, 24 for this x"}},
		{"dst short", 21, 32, of(3, 4, HWC, CHW), ErrShape, []string{"dst has 21 elements, x 32"}},
		{"dst empty", 0, 32, of(3, 4, HWC, CHW), ErrShape, []string{"2 rows, dst has 0 elements, x 32", "want 24 in dst for this x, or 0 in x for this dst"}},
		{"x empty", 24, 0, of(3, 4, HWC, CHW), ErrShape, []string{"2 rows", "want 0 in dst for this x, or 32 in x for this dst"}},
		{"x ends in a pixel", 24, 34, of(3, 4, HWC, CHW), ErrShape, []string{"2 rows, dst has 24 elements, x 34", "want a multiple of 8 in x, 32 for this dst"}},
		{"both end in a pixel", 22, 30, of(3, 4, HWC, CHW), ErrShape, []string{"2 rows, dst has 22 elements, x 30", "want a multiple of 8 in x and of 6 in dst"}},
		{"pixels that two rows do not share", 9, 12, of(3, 4, HWC, CHW), ErrShape, []string{"2 rows", "dst has 9 elements, x 12"}},
		{"gray", 24, 24, of(3, 1, HWC, CHW, 0, 0, 0), ErrShape, []string{"2 rows, dst has 24 elements, x 24", "1 bytes", "want 72 in dst for this x, or 8 in x for this dst"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			untouched(t, dst, func() {
				checkError(t, p.NormalizeFloat32(dst[:test.dst], x[:test.xs], test.n), test.kind, test.names...)
				checkError(t, test.n.ConvertFloat32(dst[:test.dst], x[:test.xs], 2), test.kind, test.names...)
				if test.dst%2 == 0 && test.xs%2 == 0 {
					dsts, _ := Rows(dst[:test.dst], 2)
					xs, _ := Rows(x[:test.xs], 2)
					checkError(t, p.NormalizeFloat32Rows(dsts, xs, test.n), test.kind)
				}
			})
		})
	}
	rgba := of(3, 4, HWC, CHW)
	for _, bad := range [][2][]int{{{12, 12}, {16, 12}}, {{12, 9}, {16, 16}}, {{12, 16}, {16, 16}}, {{11, 11}, {15, 15}}, {{16, 16}, {16, 16}}} {
		dsts, xs := [][]float32{dst[:bad[0][0]], dst[16:][:bad[0][1]]}, [][]uint8{x[:bad[1][0]], x[16:][:bad[1][1]]}
		untouched(t, dst, func() { checkError(t, p.NormalizeFloat32Rows(dsts, xs, rgba), ErrShape, "3 channels and 4 bytes") })
	}
	// Results that begin at the last byte of x, or end at its first.
	memory := counting[bf16](64)
	bytes := slice[uint8](ptr(memory), 128)
	for _, at := range []int{0, 31, 32} {
		untouched(t, memory, func() { checkError(t, NormalizeBFloat16(p, memory[16:40], bytes[at+1:][:32], rgba), ErrOverlap) })
	}
	if err := NormalizeBFloat16(p, memory[16:40], bytes[:32], rgba); err != nil {
		t.Error(err)
	}
	if err := NormalizeBFloat16(p, memory[16:40], bytes[80:112], rgba); err != nil {
		t.Error(err)
	}
	checkError(t, NormalizeBFloat16(p, memory[16:40], bytes[79:111], rgba), ErrOverlap)
}

// Lengths whose products overflow an int are told apart.
func TestAlike(t *testing.T) {
	const most = math.MaxInt
	for _, test := range []struct {
		dst, x, perDst, perX int
		want                 bool
	}{
		{0, 0, 3, 4, true}, {3, 4, 3, 4, true}, {3, 8, 3, 4, false}, {4, 4, 3, 4, false}, {3, 5, 3, 4, false},
		{most, most, 1, 1, true}, {most, most - 1, 1, 1, false},
		{most / 4 * 4, most / 4, 4, 1, true}, {0, 1 << (intBits - 2), 4, 1, false}, {4, 1<<(intBits-2) + 1, 4, 1, false},
	} {
		if got := alike(test.dst, test.x, test.perDst, test.perX); got != test.want {
			t.Errorf("%d elements of %d and %d of %d: %v", test.dst, test.perDst, test.x, test.perX, got)
		}
	}
}

const intBits = 32 << (math.MaxInt >> 62 & 1) // in an int

// What shape says in FuzzPixels, but for the channels, less 1, in its lowest two bits, and the bytes of a pixel in the next three.
const (
	shapeHWC      = 1 << 5 // the results' layout
	shapeEach     = 1 << 6 // one slice a row
	shapeNoOrder  = 1 << 7
	orderBits     = 3 // of order for a channel, less 1: −1 and what a pixel has not must be an error
	orderBitsMask = 1<<orderBits - 1
)

// FuzzPixels makes model input of rows of pixels cut from data, of up to 7 bytes, of which the channels are any.
func FuzzPixels(f *testing.F) {
	shareAllCalls(f)
	rng := rand.New(rand.NewPCG(14, 14))
	for i, n := range append([]int{47, 48, 49, 95, 96, 97}, boundaries...) {
		for j, p := range pixelFormats {
			trial := i + 5*j
			shape := uint8(p.channels-1) | uint8(p.pixelBytes)<<2 | uint8(trial%2)*shapeHWC | uint8(trial/2%2)*shapeEach
			order := uint16(0)
			for c, b := range p.order {
				order |= uint16(b+1) << (orderBits * c)
			}
			if p.order == nil {
				shape |= shapeNoOrder
			}
			data := make([]byte, n*(1+trial%4)*max(p.pixelBytes, 1))
			fill(rng, data)
			f.Add(data, uint8(1+trial%4), shape, order, lambdas[trial%len(lambdas)], lambdas[3*trial%len(lambdas)], uint8(3*trial),
				uint8(modePerm|modeEach|trial%2*modeWorkers|trial%3<<3))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, rows, shape uint8, order uint16, lambda0, lambda1 float64, offset, mode uint8) {
		p := planOf(t, data, rows, lambda0, lambda1, mode)
		if p == nil {
			return
		}
		channels := int(shape&3) + 1
		n := &Normalization{From: HWC, To: CHW, PixelBytes: int(shape >> 2 & 7)}
		if shape&shapeHWC != 0 {
			n.To = HWC
		}
		for c := range channels {
			n.Scale, n.Bias = append(n.Scale, 0.25*float32(c+1)), append(n.Bias, float32(c)-1)
			if shape&shapeNoOrder == 0 {
				n.Order = append(n.Order, int(order>>(orderBits*c)&orderBitsMask)-1)
			}
		}
		size := n.PixelBytes
		if size == 0 {
			size = channels
		}
		data = wholeRows(data, p.Len(), size)
		kind := error(nil)
		if n.PixelBytes > maxChannels || n.Order == nil && size < channels || n.Order != nil && (slices.Min(n.Order) < 0 || slices.Max(n.Order) >= size) {
			kind = ErrNormalization
		}
		fuzzPixels(t, normF32, p, data, n, kind, size, int(offset%64), shape&shapeEach != 0)
		fuzzPixels(t, normBF, p, data, n, kind, size, int(offset%64), shape&shapeEach != 0)
		fuzzPixels(t, normF16, p, data, n, kind, size, int(offset%64), shape&shapeEach != 0)
	})
}

func fuzzPixels[T element](t *testing.T, c normalizers[T], p *Plan, data []uint8, n *Normalization, kind error, size, offset int, each bool) {
	rows, channels := p.Len(), len(n.Scale)
	count := len(data) / max(rows*size, 1)
	index := make([]int, rows)
	for i := range index {
		index[i] = p.Index(i)
	}
	x, _ := Rows(data, rows)
	after := make([]T, rows*count*channels)
	if kind == nil {
		after = slices.Concat(wantPixels(c, n, x, index, func(i int) int { return kernels.WeightU8(p.Lambda(i)) }, count, new(pixels.Cut))...)
	}
	parts := 1
	if each {
		parts = rows
	}
	defer impl.All[0].Use()
	for _, im := range impl.All {
		im.Use()
		from, to := newField(data, parts, offset), newField(make([]T, rows*count*channels), parts, offset/3)
		var err error
		if each {
			err = c.rows(p, to.rows, from.rows, n)
		} else {
			err = c.flat(p, to.rows[0], from.rows[0], n)
		}
		what := func() string {
			return fmt.Sprintf("%s: %d rows of %d pixels, each %v, %+v", im.Name, rows, count, each, *n)
		}
		if !errors.Is(err, kind) {
			t.Fatalf("%s: %v, want %v", what(), err, kind)
		}
		if !to.holds(after) {
			t.Fatalf("%s: got %v, want %v", what(), slices.Concat(to.rows...), after)
		}
		if !from.holds(data) {
			t.Fatalf("%s: the input, or an element outside, has changed", what())
		}
	}
}
