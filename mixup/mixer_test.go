package mixup

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"unsafe"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/kernels"
)

// 16-bit floats, as users have them: types of their own.
type (
	bfloat16 uint16
	float16  uint16
)

// A mixer has every call for pixels that is a method.
type mixer interface {
	Mixer
	Float32(dst, x []float32) error
	Float32Rows(dst, x [][]float32) error
	Uint8(dst, x []uint8) error
	Uint8Rows(dst, x [][]uint8) error
	NormalizeFloat32(dst []float32, x []uint8, n *blend.Normalization) error
	NormalizeFloat32Rows(dst [][]float32, x [][]uint8, n *blend.Normalization) error
}

// geometry is that of a test's rows.
type geometry struct {
	layout                  Layout
	channels, height, width int
}

func (g geometry) size() int { return g.channels * g.height * g.width }

// at is the place of a pixel's channel in a row of a layout.
func (g geometry) at(layout Layout, c, y, x int) int {
	if layout == HWC {
		return (y*g.width+x)*g.channels + c
	}
	return (c*g.height+y)*g.width + x
}

// each calls f for every channel of every pixel of a box.
func (g geometry) each(box image.Rectangle, f func(c, y, x int)) {
	for c := range g.channels {
		for y := box.Min.Y; y < box.Max.Y; y++ {
			for x := box.Min.X; x < box.Max.X; x++ {
				f(c, y, x)
			}
		}
	}
}

// boxOf is what row i takes from its partner, the zero Rectangle where there are no boxes.
func boxOf(s Shares, i int) image.Rectangle {
	if b, ok := s.(interface{ Box(i int) image.Rectangle }); ok {
		return b.Box(i)
	}
	return image.Rectangle{}
}

// maskOf is the mask of row i, a byte an element of a row of g, nil where there are no masks.
func maskOf(s Shares, i int, g geometry) []uint8 {
	m, ok := s.(*Masks)
	if !ok {
		return nil
	}
	mask := make([]uint8, g.size())
	g.each(image.Rect(0, 0, g.width, g.height), func(c, y, x int) {
		mask[g.at(g.layout, c, y, x)] = m.cut.Masks[min(i, len(m.cut.Masks)-1)][y*g.width+x]
	})
	return mask
}

// cutRow is a row with a box of its partner, pixel by pixel.
func cutRow[T any](g geometry, own, partner []T, box image.Rectangle) []T {
	row := slices.Clone(own)
	g.each(box, func(c, y, x int) { row[g.at(g.layout, c, y, x)] = partner[g.at(g.layout, c, y, x)] })
	return row
}

// how is how elements are mixed: by a λ, and by masks. Without blend, blended rows are copied.
type how[T any] struct {
	blend func(dst, own, partner []T, lambda float64)
	mask  func(dst, own, partner []T, mask []uint8)
}

// reference mixes row by row what it is given, from Index, Lambda, Box and masks alone.
func reference[T any](s Shares, g geometry, x []T, how how[T]) []T {
	want := make([]T, 0, len(x))
	for i := range s.Len() {
		own, partner := x[i*g.size():][:g.size()], x[s.Index(i)*g.size():][:g.size()]
		row := slices.Clone(own)
		if mask := maskOf(s, i, g); mask != nil {
			how.mask(row, own, partner, mask)
		} else if box := boxOf(s, i); !box.Empty() {
			row = cutRow(g, own, partner, box)
		} else if l := s.Lambda(i); l != 1 && how.blend != nil {
			how.blend(row, own, partner, l)
		}
		want = append(want, row...)
	}
	return want
}

// normalized is what becomes of bytes, a channel at a time.
func normalized[T any](s Shares, g geometry, x []uint8, n *blend.Normalization,
	out func(dst []T, own, partner []uint8, w int, scale, bias []float32)) []T {
	results := g // of a row
	results.channels = len(n.Scale)
	want := make([]T, s.Len()*results.size())
	plane := make([]T, g.height*g.width)
	a, b := make([]uint8, len(plane)), make([]uint8, len(plane))
	for i := range s.Len() {
		own, partner, dst := x[i*g.size():][:g.size()], x[s.Index(i)*g.size():][:g.size()], want[i*results.size():][:results.size()]
		w := kernels.WeightU8(s.Lambda(i))
		if mask := maskOf(s, i, g); mask != nil { // bytes first
			mixed := make([]uint8, len(own))
			kernels.BlendMaskU8(mixed, own, partner, mask)
			own, w = mixed, kernels.One
		} else if box := boxOf(s, i); !box.Empty() {
			own, w = cutRow(g, own, partner, box), kernels.One
		}
		for c := range results.channels {
			byte := c
			if n.Order != nil {
				byte = n.Order[c]
			}
			for p := range plane {
				from := g.at(n.From, byte, p/g.width, p%g.width)
				a[p], b[p] = own[from], partner[from]
			}
			out(plane, a, b, w, n.Scale[c:c+1], n.Bias[c:c+1])
			for p, v := range plane {
				dst[results.at(n.To, c, p/g.width, p%g.width)] = v
			}
		}
	}
	return want
}

func asUint16[T ~uint16](x []T) []uint16 {
	y := make([]uint16, len(x))
	for i, v := range x {
		y[i] = uint16(v)
	}
	return y
}

// blend16 is a kernel of package kernels on a type of ~uint16.
func blend16[T ~uint16](kernel func(dst, a, b []uint16, l, m float32)) func(dst, own, partner []T, lambda float64) {
	return func(dst, own, partner []T, lambda float64) {
		l, m := kernels.WeightsF32(lambda)
		d := make([]uint16, len(dst))
		kernel(d, asUint16(own), asUint16(partner), l, m)
		for i, v := range d {
			dst[i] = T(v)
		}
	}
}

// mask16 is likewise one that mixes by a mask.
func mask16[T ~uint16](kernel func(dst, a, b []uint16, mask []uint8)) func(dst, own, partner []T, mask []uint8) {
	return func(dst, own, partner []T, mask []uint8) {
		d := make([]uint16, len(dst))
		kernel(d, asUint16(own), asUint16(partner), mask)
		for i, v := range d {
			dst[i] = T(v)
		}
	}
}

var (
	howFloat32  = how[float32]{blendFloat32, kernels.BlendMaskF32}
	howUint8    = how[uint8]{blendUint8, kernels.BlendMaskU8}
	howBFloat16 = how[bfloat16]{blend16[bfloat16](kernels.BlendBF16), mask16[bfloat16](kernels.BlendMaskBF16)}
	howFloat16  = how[float16]{blend16[float16](kernels.BlendF16), mask16[float16](kernels.BlendMaskF16)}
)

func blendFloat32(dst, own, partner []float32, lambda float64) {
	l, m := kernels.WeightsF32(lambda)
	kernels.BlendF32(dst, own, partner, l, m)
}

func blendUint8(dst, own, partner []uint8, lambda float64) {
	kernels.BlendU8(dst, own, partner, kernels.WeightU8(lambda))
}

// bitsOf is the bits of an element; where a NaN may be any, all are one.
func bitsOf[T any](v T, anyNaN bool) uint32 {
	switch v := any(v).(type) {
	case float32:
		if anyNaN && v != v {
			return math.MaxUint32
		}
		return math.Float32bits(v)
	case bfloat16:
		if anyNaN && v&0x7fff > 0x7f80 {
			return math.MaxUint32
		}
		return uint32(v)
	case float16:
		if anyNaN && v&0x7fff > 0x7c00 {
			return math.MaxUint32
		}
		return uint32(v)
	case uint8:
		return uint32(v)
	}
	panic("no such element")
}

// checkCall runs both forms of a call, in place too where S is D, with slack around dst, which must stay. What takes nothing of one
// of the two rows is compared to the bit.
func checkCall[D, S any](t *testing.T, name string, s Shares, x []S, want []D, flat func(dst []D, x []S) error, rows func(dst [][]D, x [][]S) error) {
	t.Helper()
	const slack = 70
	_, same := any(want).([]S)
	n := s.Len()
	for _, inPlace := range []bool{false, true} {
		if inPlace && !same {
			continue
		}
		for _, each := range []bool{false, true} {
			around := make([]D, len(want)+2*slack)
			dst := around[slack : slack+len(want)]
			src := slices.Clone(x)
			if inPlace {
				src = any(dst).([]S)
				copy(src, x)
			}
			var err error
			if each {
				d, _ := blend.Rows(dst, n)
				r, _ := blend.Rows(src, n)
				err = rows(d, r)
			} else {
				err = flat(dst, src)
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			cols := len(want) / n
			for row := range n {
				got, want := dst[row*cols:][:cols], want[row*cols:][:cols]
				if bytes.Equal(memory(got), memory(want)) {
					continue
				}
				blended := boxOf(s, row).Empty() && s.Lambda(row) != 1
				for i := range want {
					if m, ok := s.(*Masks); ok {
						share := m.share(row, i, cols)
						blended = share != 0 && share != 255
					}
					if bitsOf(got[i], blended) != bitsOf(want[i], blended) {
						t.Fatalf("%s, in place %v, one slice a row %v: row %d of %d (partner %d, lambda %v, box %v), element %d: got %v, want %v",
							name, inPlace, each, row, n, s.Index(row), s.Lambda(row), boxOf(s, row), i, got[i], want[i])
					}
				}
			}
			zeros := make([]D, slack)
			if !bytes.Equal(memory(around[:slack]), memory(zeros)) || !bytes.Equal(memory(around[slack+len(want):]), memory(zeros)) {
				t.Fatalf("%s: written outside dst", name)
			}
			if !inPlace && !bytes.Equal(memory(src), memory(x)) {
				t.Fatalf("%s: the input was written", name)
			}
		}
	}
}

// share is what the mask of a row has for an element of so many.
func (m *Masks) share(row, element, cols int) uint8 {
	pixels := m.cut.Height * m.cut.Width
	pixel := element % pixels
	if Layout(m.cut.Layout) == HWC {
		pixel = element / (cols / pixels)
	}
	return m.cut.Masks[min(row, len(m.cut.Masks)-1)][pixel]
}

// memory is the bytes of a slice.
func memory[T any](x []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x)*int(unsafe.Sizeof(*new(T))))
}

// checkMixer compares every call of a mixer with the reference.
func checkMixer(t *testing.T, r *rand.Rand, m mixer, g geometry) {
	t.Helper()
	n := m.Len()
	u8, f32 := make([]uint8, n*g.size()), make([]float32, n*g.size())
	bf, f := make([]bfloat16, len(u8)), make([]float16, len(u8))
	for i := range u8 {
		v := r.Uint32()
		u8[i], bf[i], f[i], f32[i] = uint8(v), bfloat16(v), float16(v>>8), math.Float32frombits(v)
		if v&3 != 0 {
			f32[i] = r.Float32() - 0.5
		}
	}
	checkCall(t, "Uint8", m, u8, reference(m, g, u8, howUint8), m.Uint8, m.Uint8Rows)
	checkCall(t, "Float32", m, f32, reference(m, g, f32, howFloat32), m.Float32, m.Float32Rows)
	checkCall(t, "MixBFloat16", m, bf, reference(m, g, bf, howBFloat16),
		func(dst, x []bfloat16) error { return MixBFloat16(m, dst, x) },
		func(dst, x [][]bfloat16) error { return MixBFloat16Rows(m, dst, x) })
	checkCall(t, "MixFloat16", m, f, reference(m, g, f, howFloat16),
		func(dst, x []float16) error { return MixFloat16(m, dst, x) },
		func(dst, x [][]float16) error { return MixFloat16Rows(m, dst, x) })
	if b, ok := m.(Boxes); ok {
		checkPixelShares(t, b, g)
		// Paste copies what is not cut. float32 stands for every size of element: TestPaste has the others.
		checkCall(t, "Paste", kept{b}, f32, reference(b, g, f32, how[float32]{}),
			func(dst, x []float32) error { return Paste(b, dst, x) },
			func(dst, x [][]float32) error { return PasteRows(b, dst, x) })
	}
	if g.channels < 1 || g.channels > 4 {
		return // no Normalization has so many
	}
	for _, to := range []Layout{g.layout, CHW} {
		norm := &blend.Normalization{From: g.layout, To: to}
		channels := g.channels
		if g.layout == HWC && channels == 4 { // as BGRA
			norm.PixelBytes, norm.Order, channels = 4, []int{2, 1, 0}, 3
		}
		for c := range channels {
			norm.Scale, norm.Bias = append(norm.Scale, 0.01+float32(c)/64), append(norm.Bias, float32(c)-1.7)
		}
		name := fmt.Sprintf("%v to %v", g.layout, to)
		checkCall(t, "NormalizeFloat32 "+name, m, u8, normalized(m, g, u8, norm, kernels.NormalizeF32),
			func(dst []float32, x []uint8) error { return m.NormalizeFloat32(dst, x, norm) },
			func(dst [][]float32, x [][]uint8) error { return m.NormalizeFloat32Rows(dst, x, norm) })
		checkCall(t, "NormalizeBFloat16 "+name, m, u8, typed[bfloat16](normalized(m, g, u8, norm, kernels.NormalizeBF16)),
			func(dst []bfloat16, x []uint8) error { return NormalizeBFloat16(m, dst, x, norm) },
			func(dst [][]bfloat16, x [][]uint8) error { return NormalizeBFloat16Rows(m, dst, x, norm) })
		checkCall(t, "NormalizeFloat16 "+name, m, u8, typed[float16](normalized(m, g, u8, norm, kernels.NormalizeF16)),
			func(dst []float16, x []uint8) error { return NormalizeFloat16(m, dst, x, norm) },
			func(dst [][]float16, x [][]uint8) error { return NormalizeFloat16Rows(m, dst, x, norm) })
	}
}

// checkPixelShares counts whose pixels stand in rows that are not blended: labels have the same share of each.
func checkPixelShares(t *testing.T, m Boxes, g geometry) {
	t.Helper()
	n, pixels := m.Len(), g.height*g.width
	if pixels == 0 || g.channels == 0 {
		return
	}
	rows, pasted := make([]int32, n*pixels), make([]int32, n*pixels)
	class, labels := make([]int, n), make([]float32, n*n)
	for i := range rows {
		rows[i] = int32(i / pixels)
	}
	for i := range class {
		class[i] = i
	}
	if err := Paste(m, pasted, rows); err != nil {
		t.Fatal(err)
	}
	if err := OneHot(m, labels, class, n, 0); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if m.Box(i).Empty() && m.Lambda(i) != 1 {
			continue
		}
		var count [2]int // of its own, and of its partner's
		for _, v := range pasted[i*pixels:][:pixels] {
			switch int(v) {
			case i:
				count[0]++
			case m.Index(i):
				count[1]++
			default:
				t.Fatalf("row %d, whose partner is row %d, has pixels of row %d", i, m.Index(i), v)
			}
		}
		own, partner := float64(labels[i*n+i]), float64(labels[i*n+m.Index(i)])
		if m.Index(i) == i {
			partner = 0
		}
		const float32Rounding = 0x1p-24
		if math.Abs(own-float64(count[0])/float64(pixels)) > float32Rounding || math.Abs(partner-float64(count[1])/float64(pixels)) > float32Rounding {
			t.Fatalf("row %d: labels have %v of its own and %v of its partner, the pixels %d and %d of %d", i, own, partner, count[0], count[1], pixels)
		}
	}
}

func typed[T ~uint16](x []uint16) []T {
	y := make([]T, len(x))
	for i, v := range x {
		y[i] = T(v)
	}
	return y
}

// kept is a mixer none of whose rows are blended: Paste compares to the bit.
type kept struct{ Boxes }

func (kept) Lambda(int) float64 { return 1 }

// Every call, for every way to draw: rows that are blended, cut and kept stand in one batch, along cycles of any length.
func TestEveryCall(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	kinds := map[string]bool{}
	b := Batch{Workers: 2}
	step := 0
	for _, layout := range []Layout{CHW, HWC} {
		for _, mix := range []Config{{}, {Alpha: 1}, {CutMixAlpha: 1}, {Alpha: 1, CutMixAlpha: 1}} {
			for _, pairing := range []Pairing{Permutation, Derangement, Reversal, Roll} {
				for _, scope := range []Scope{PerBatch, PerPair, PerRow} {
					for _, skip := range []float64{0, 0.3} {
						if scope == PerPair && pairing != Reversal || testing.Short() && step%3 != 0 {
							step++
							continue
						}
						g := geometry{layout, 1 + r.IntN(4), 1 + r.IntN(9), 1 + r.IntN(9)}
						c := mix
						c.Layout, c.Height, c.Width, c.Pairing, c.Scope, c.SkipProb = layout, g.height, g.width, pairing, scope, skip
						s := sampler(t, c)
						for range 3 {
							step++
							draw(t, s, &b, 1+step%13, 1, step)
							b.Store = blend.StoreMode(step % 3)
							checkMixer(t, r, &b, g)
							kinds[kindsOf(&b)] = true
						}
					}
				}
			}
		}
	}
	for _, want := range []string{"blended", "cut", "kept", "blended cut", "cut kept", "blended kept", "blended cut kept"} {
		if !kinds[want] && !testing.Short() {
			t.Errorf("no batch was %q: %v", want, kinds)
		}
	}
}

// kindsOf names the kinds of rows in a batch.
func kindsOf(b Boxes) string {
	var blended, cut, kept string
	for i := range b.Len() {
		switch {
		case !b.Box(i).Empty():
			cut = " cut"
		case b.Lambda(i) == 1:
			kept = " kept"
		default:
			blended = " blended"
		}
	}
	if s := blended + cut + kept; s != "" {
		return s[1:]
	}
	return ""
}

// Rows of several tiles and calls, and many short rows that several workers share.
func TestEveryCallLarge(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for i, test := range []struct {
		g       geometry
		rows    int
		workers int
	}{
		{geometry{HWC, 3, 83, 79}, 7, 1}, // several pieces
		{geometry{CHW, 2, 83, 79}, 5, 1},
		{geometry{HWC, 3, 331, 299}, 9, 1}, // out of phase
		{geometry{CHW, 3, 64, 80}, 13, 1},
		{geometry{HWC, 3, 600, 600}, 9, 2},  // columns are shared
		{geometry{CHW, 1, 96, 96}, 1500, 4}, // rows are shared
	} {
		if i > 1 && testing.Short() {
			break // the rest takes seconds
		}
		s := sampler(t, Config{Alpha: 1, CutMixAlpha: 1, SkipProb: 0.2, Scope: PerRow,
			Height: test.g.height, Width: test.g.width, Layout: test.g.layout})
		for _, store := range []blend.StoreMode{blend.StoreAuto, blend.StoreStream} {
			b := Batch{Workers: test.workers, Store: store}
			draw(t, s, &b, test.rows, 0, int(store))
			checkMixer(t, r, &b, test.g)
		}
	}
}

func randomBox(r *rand.Rand, height, width int) image.Rectangle {
	y, x := r.IntN(height+1), r.IntN(width+1)
	return image.Rect(x, y, r.IntN(width+1), r.IntN(height+1))
}

// A CutMix of any boxes, and an index of any kind.
func TestCutMix(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	c := new(CutMix) // one for all, so that what it held before shows
	for range 150 {
		n := 1 + r.IntN(9)
		g := geometry{[]Layout{CHW, HWC}[r.IntN(2)], 1 + r.IntN(4), 1 + r.IntN(7), 1 + r.IntN(7)}
		index := r.Perm(n)
		boxes := []image.Rectangle{randomBox(r, g.height, g.width)}
		if r.IntN(2) == 0 {
			for len(boxes) < n {
				boxes = append(boxes, randomBox(r, g.height, g.width))
			}
		}
		if r.IntN(4) == 0 {
			boxes[0] = image.Rect(0, 0, g.width, g.height)
		}
		if err := c.Reset(index, g.layout, g.height, g.width, boxes...); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			b := boxes[min(i, len(boxes)-1)]
			lambda := 1 - float64(b.Dx()*b.Dy())/float64(g.height*g.width)
			if len(boxes) > 1 {
				lambda = float64(float32(lambda))
			}
			if c.Lambda(i) != lambda || c.Index(i) != index[i] || c.Box(i) != b {
				t.Fatalf("row %d: lambda %v, index %d, box %v; want %v, %d, %v", i, c.Lambda(i), c.Index(i), c.Box(i), lambda, index[i], b)
			}
		}
		checkMixer(t, r, c, g)
	}
}

func counting[T Element](n int) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = T(i*7 + i/100)
	}
	return s
}

func TestPaste(t *testing.T) {
	t.Run("uint8", testPaste[uint8])
	t.Run("uint16", testPaste[uint16])
	t.Run("int32", testPaste[int32])
	t.Run("float64", testPaste[float64])
	type half uint16
	t.Run("half", testPaste[half])
}

// Elements of every size, and partners that repeat.
func testPaste[T Element](t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		n := 2 + r.IntN(8)
		g := geometry{[]Layout{CHW, HWC}[r.IntN(2)], 1 + r.IntN(4), 1 + r.IntN(7), 1 + r.IntN(7)}
		index := r.Perm(n)
		permutation := r.IntN(4) > 0
		if !permutation {
			index[0] = index[1]
		}
		var boxes []image.Rectangle
		for range n {
			boxes = append(boxes, randomBox(r, g.height, g.width))
		}
		c, err := NewCutMix(index, g.layout, g.height, g.width, boxes...)
		if err != nil {
			t.Fatal(err)
		}
		x := counting[T](n * g.size())
		want := reference(c, g, x, how[T]{})
		dst := make([]T, len(x))
		if err := Paste(c, dst, x); err != nil || !slices.Equal(dst, want) {
			t.Fatalf("%v, got %v, want %v", err, dst, want)
		}
		dst = slices.Clone(x)
		err = Paste(c, dst, dst)
		if !permutation {
			checkError(t, err, blend.ErrIndex, "partner of row 0 and of row 1")
			want = x
		} else if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(dst, want) {
			t.Fatalf("in place: got %v, want %v", dst, want)
		}
	}
}

// Labels of a batch with boxes weigh what is really in the pixels.
func TestLambdaIsTheShareOfPixels(t *testing.T) {
	const n, height, width = 9, 8, 4 // a power of two, so that shares are exact
	var b Batch
	for step := range 50 {
		for _, scope := range []Scope{PerBatch, PerRow} {
			s := sampler(t, Config{Scope: scope, Pairing: Derangement, CutMixAlpha: 1, Height: height, Width: width, Layout: HWC})
			draw(t, s, &b, n, 0, step)
			x := make([]uint16, n*height*width)
			for i := range x {
				x[i] = uint16(i / (height * width))
			}
			if err := Paste(&b, x, x); err != nil {
				t.Fatal(err)
			}
			for i := range n {
				own := 0
				for _, v := range x[i*height*width:][:height*width] {
					switch int(v) {
					case i:
						own++
					case b.Index(i):
					default:
						t.Fatalf("row %d has a pixel of row %d", i, v)
					}
				}
				if got := b.Lambda(i); got != float64(own)/(height*width) {
					t.Fatalf("row %d: lambda %v, but %d of %d pixels are its own", i, got, own, height*width)
				}
			}
		}
	}
}

// The input of a call that is not in place is only read, also by several calls at once.
func TestConcurrentCalls(t *testing.T) {
	c, err := NewCutMix([]int{1, 2, 0}, HWC, 4, 4, image.Rect(1, 1, 3, 3), image.Rect(0, 0, 4, 4), image.Rect(2, 0, 3, 4))
	if err != nil {
		t.Fatal(err)
	}
	x := counting[uint8](3 * 48)
	want := make([]uint8, len(x))
	if err := Paste(c, want, x); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 100 {
				y, z := slices.Clone(x), make([]uint8, len(x))
				if err := c.Uint8(y, y); err != nil || !slices.Equal(y, want) {
					t.Errorf("%v, %v", y, err)
				}
				if err := c.Uint8(z, x); err != nil || !slices.Equal(z, want) {
					t.Errorf("%v, %v", z, err)
				}
			}
		}()
	}
	wg.Wait()
}
