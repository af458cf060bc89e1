package mixup

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/kernels"
)

func masksOf(t testing.TB, index []int, layout Layout, height, width int, masks ...[]uint8) *Masks {
	t.Helper()
	m, err := NewMasks(index, layout, height, width, masks...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// randomMask has runs of 0, of 255 and of anything.
func randomMask(r *rand.Rand, size int) []uint8 {
	mask := make([]uint8, size)
	for i := 0; i < size; {
		kind := r.IntN(3)
		for end := min(size, i+1+r.IntN(1+size/2)); i < end; i++ {
			mask[i] = [...]uint8{0, 255, uint8(r.Uint32())}[kind]
		}
	}
	return mask
}

func randomMasks(r *rand.Rand, rows, size int) [][]uint8 {
	masks := [][]uint8{randomMask(r, size)}
	if r.IntN(2) == 0 {
		for len(masks) < rows {
			masks = append(masks, randomMask(r, size))
		}
	}
	return masks
}

// Masks of any kind, and an index of any kind; what a Masks held before does not show.
func TestMasks(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 7))
	m := new(Masks)
	trials := 200
	if testing.Short() {
		trials = 60
	}
	for range trials {
		n := 1 + r.IntN(9)
		g := geometry{[]Layout{CHW, HWC}[r.IntN(2)], 1 + r.IntN(5), 1 + r.IntN(9), 1 + r.IntN(9)}
		index, masks := r.Perm(n), randomMasks(r, n, g.height*g.width)
		if err := m.Reset(index, g.layout, g.height, g.width, masks...); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			mask, sum := masks[min(i, len(masks)-1)], int64(0)
			for _, v := range mask {
				sum += int64(v)
			}
			lambda, _ := big.NewRat(sum, int64(255*len(mask))).Float64()
			if m.Lambda(i) != lambda || m.Index(i) != index[i] {
				t.Fatalf("row %d: lambda %v, index %d; want %v, %d", i, m.Lambda(i), m.Index(i), lambda, index[i])
			}
		}
		for i, mask := range masks {
			was := slices.Clone(mask)
			clear(mask)
			if !slices.Equal(m.cut.Masks[i], was) {
				t.Fatal("a mask was not copied")
			}
		}
		m.Workers, m.Store = r.IntN(4), blend.StoreMode(r.IntN(3))
		checkMixer(t, r, m, g)
	}
}

// Planes and rows of several pieces, tiles and calls, of sizes that leave lines and pieces across the end of a plane, and many short
// rows that several workers share.
func TestMasksLarge(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 9))
	for _, test := range []struct {
		g             geometry
		rows, workers int
	}{
		{geometry{CHW, 3, 64, 64}, 13, 1},
		{geometry{CHW, 3, 61, 67}, 7, 1},
		{geometry{CHW, 4, 33, 41}, 9, 2},
		{geometry{CHW, 2, 9, 11}, 40, 1},
		{geometry{HWC, 3, 64, 64}, 13, 1},
		{geometry{HWC, 3, 61, 67}, 7, 1},
		{geometry{HWC, 4, 50, 61}, 8, 2},
		{geometry{HWC, 5, 31, 37}, 6, 1},
		{geometry{HWC, 1, 131, 137}, 5, 1},
		{geometry{HWC, 2, 211, 223}, 5, 3},
		{geometry{CHW, 3, 320, 331}, 4, 1},
		{geometry{CHW, 3, 700, 801}, 5, 2}, // workers share what is 4 MiB or more
		{geometry{HWC, 3, 700, 801}, 5, 2},
		{geometry{HWC, 3, 16, 16}, 9000, 2},
		{geometry{CHW, 3, 15, 15}, 9000, 2},
	} {
		for masks := 1; masks <= test.rows; masks += test.rows - 1 {
			if test.g.size()*test.rows > 1<<20 && (raceDetector || testing.Short()) {
				continue
			}
			var all [][]uint8
			for range masks {
				all = append(all, randomMask(r, test.g.height*test.g.width))
			}
			m := masksOf(t, r.Perm(test.rows), test.g.layout, test.g.height, test.g.width, all...)
			m.Workers, m.Store = test.workers, blend.StoreMode(r.IntN(3))
			checkMixer(t, r, m, test.g)
		}
	}
}

// Slices that begin anywhere, and rows that begin at another byte each: streamed rows are taken apart where lines end.
func TestMasksOfSubslices(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 9))
	for trial := range 60 {
		g := geometry{[]Layout{CHW, HWC}[trial%2], 1 + r.IntN(4), 40 + r.IntN(60), 40 + r.IntN(60)}
		n := 2 + r.IntN(7)
		m := masksOf(t, r.Perm(n), g.layout, g.height, g.width, randomMasks(r, n, g.height*g.width)...)
		m.Store = blend.StoreMode(trial / 2 % 3)
		checkSubslices(t, r, m, g, func(i int) uint8 { return uint8(i * 31) }, howUint8, m.Uint8Rows)
		checkSubslices(t, r, m, g, func(i int) float32 { return float32(i%1009) - 500.25 }, howFloat32, m.Float32Rows)
	}
}

func checkSubslices[T comparable](t *testing.T, r *rand.Rand, m *Masks, g geometry, value func(i int) T, how how[T], rows func(dst, x [][]T) error) {
	t.Helper()
	n, size := m.Len(), g.size()
	flat := make([]T, n*size)
	for i := range flat {
		flat[i] = value(i + i/size*5)
	}
	want := reference(m, g, flat, how)
	var x, dst, around [][]T
	for i := range n {
		before, room := r.IntN(70), make([]T, size+70)
		x = append(x, append(make([]T, before), flat[i*size:][:size]...)[before:])
		before = r.IntN(70)
		around, dst = append(around, room), append(dst, room[before:][:size:size])
	}
	if err := rows(dst, x); err != nil {
		t.Fatal(err)
	}
	var zero T
	for i := range n {
		if got, want := dst[i], want[i*size:][:size]; !slices.Equal(got, want) {
			t.Fatalf("%T, %v, %v: row %d of %d differs", zero, g, m.Store, i, n)
		}
		if !slices.Equal(x[i], flat[i*size:][:size]) {
			t.Fatalf("row %d of x was written", i)
		}
		clear(dst[i])
		if slices.ContainsFunc(around[i], func(v T) bool { return v != zero }) {
			t.Fatalf("%T, %v, %v: written outside row %d", zero, g, m.Store, i)
		}
	}
}

// Where a mask has 255 a pixel keeps its bits, and where it has 0 it takes those of the partner, whatever the other holds: the
// payload of a NaN too, and whether it is a signalling one.
func TestMasksKeepBits(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for _, g := range []geometry{{CHW, 3, 40, 50}, {HWC, 3, 40, 50}, {HWC, 5, 3, 7}, {CHW, 2, 3, 3}} {
		mask := randomMask(r, g.height*g.width)
		for i := range mask {
			mask[i] = mask[i] >> 7 * 255
		}
		index := []int{1, 2, 0, 4, 3}
		m := masksOf(t, index, g.layout, g.height, g.width, mask)
		checkKeptByMask(t, m, g, float32Bits, m.Float32)
		checkKeptByMask(t, m, g, func(i int) bfloat16 { return bfloat16(float32Bits16(i)) },
			func(dst, x []bfloat16) error { return MixBFloat16(m, dst, x) })
		checkKeptByMask(t, m, g, func(i int) float16 { return float16(halfBits[i%len(halfBits)]) },
			func(dst, x []float16) error { return MixFloat16(m, dst, x) })
	}
}

func checkKeptByMask[T any](t *testing.T, m *Masks, g geometry, value func(i int) T, call func(dst, x []T) error) {
	t.Helper()
	x := make([]T, m.Len()*g.size())
	for i := range x {
		x[i] = value(i + i/g.size()*5)
	}
	var want []T
	for i := range m.Len() {
		own, partner := x[i*g.size():][:g.size()], x[m.Index(i)*g.size():][:g.size()]
		for e, v := range maskOf(m, i, g) {
			if v == 0 {
				want = append(want, partner[e])
			} else {
				want = append(want, own[e])
			}
		}
	}
	for _, dst := range [][]T{make([]T, len(x)), x} {
		if err := call(dst, x); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(memory(dst), memory(want)) {
			t.Fatalf("%T, %v: bits of what is taken whole have changed", x[0], g)
		}
	}
}

func TestMasksErrors(t *testing.T) {
	mask, long := make([]uint8, 6), make([]uint8, 7)
	for _, bad := range []struct {
		index         []int
		layout        Layout
		height, width int
		masks         [][]uint8
		kind          error
		names         []string
	}{
		{[]int{0, 1}, 0, 2, 3, [][]uint8{mask}, ErrConfig, []string{"Layout", "none"}},
		{[]int{0, 1}, 3, 2, 3, [][]uint8{mask}, ErrConfig, []string{"Layout(3)"}},
		{[]int{0, 1}, HWC, 0, 3, [][]uint8{mask}, ErrConfig, []string{"Height = 0"}},
		{[]int{0, 1}, HWC, 2, -3, [][]uint8{mask}, ErrConfig, []string{"Width = -3", "Height = 2"}},
		{[]int{0, 1}, HWC, math.MaxInt, 2, [][]uint8{mask}, ErrConfig, []string{"Width = 2"}},
		{[]int{0, 1}, HWC, 2, 3, nil, blend.ErrShape, []string{"2 rows", "0 masks"}},
		{[]int{0, 1, 2}, HWC, 2, 3, [][]uint8{mask, mask}, blend.ErrShape, []string{"3 rows", "2 masks"}},
		{nil, HWC, 2, 3, [][]uint8{mask, mask}, blend.ErrShape, []string{"0 rows", "2 masks"}},
		{[]int{0, 1}, HWC, 2, 3, [][]uint8{mask, mask[:5]}, blend.ErrShape, []string{"mask 1", "5 bytes", "2 × 3"}},
		{[]int{0, 1}, HWC, 2, 3, [][]uint8{long}, blend.ErrShape, []string{"mask 0", "7 bytes"}},
		{[]int{0, 1}, HWC, 2, 3, [][]uint8{nil}, blend.ErrShape, []string{"0 bytes"}},
		{[]int{0, 2}, CHW, 2, 3, [][]uint8{mask}, blend.ErrIndex, []string{"index[1] = 2", "2 rows"}},
		{[]int{-1, 0}, CHW, 2, 3, [][]uint8{mask, mask}, blend.ErrIndex, []string{"-1"}},
	} {
		m, err := NewMasks(bad.index, bad.layout, bad.height, bad.width, bad.masks...)
		checkError(t, err, bad.kind, bad.names...)
		if m != nil {
			t.Errorf("a Masks in spite of %v", err)
		}
		// After an error a Masks is what it was.
		was := []uint8{255, 51, 0, 102, 255, 0}
		m = masksOf(t, []int{1, 0}, HWC, 2, 3, was)
		x := counting[uint8](12)
		want := reference(m, geometry{HWC, 1, 2, 3}, x, howUint8)
		checkError(t, m.Reset(bad.index, bad.layout, bad.height, bad.width, bad.masks...), bad.kind)
		got := make([]uint8, len(x))
		if err := m.Uint8(got, x); err != nil || !slices.Equal(got, want) {
			t.Errorf("after %v it mixes otherwise: %v", bad.kind, err)
		}
		if m.Len() != 2 || m.Index(0) != 1 || m.Lambda(1) != 663.0/(255*6) {
			t.Errorf("after %v: %d rows, index %d, λ = %v", bad.kind, m.Len(), m.Index(0), m.Lambda(1))
		}
	}
	for _, none := range [][][]uint8{nil, {mask}} {
		if m, err := NewMasks(nil, CHW, 2, 3, none...); err != nil || m.Len() != 0 {
			t.Errorf("no rows and %d masks: %v", len(none), err)
		}
	}
	m := masksOf(t, []int{1, 1}, CHW, 2, 3, mask)
	x := make([]uint8, 12)
	checkError(t, m.Uint8(x, x), blend.ErrIndex, "partner of row 0 and of row 1")
	if err := m.Uint8(make([]uint8, 12), x); err != nil {
		t.Errorf("a partner of two, out of place: %v", err)
	}
	n := pairOfChannels(t, HWC)
	checkError(t, m.NormalizeFloat32(make([]float32, 24), make([]uint8, 24), n), blend.ErrNormalization, "HWC", "CHW")
	n = pairOfChannels(t, CHW)
	checkError(t, m.NormalizeFloat32(make([]float32, 48), make([]uint8, 48), n), blend.ErrShape, "2 rows of 2 × 3 pixels of 2 bytes are 24 elements, x has 48")
	for _, f := range []func(){func() { m.Index(2) }, func() { m.Lambda(-1) }, func() { m.Lambda(2) }} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic for a row that there is not")
				}
			}()
			f()
		}()
	}
	// 2³¹ bytes, or 2⁶³, of one mask many times over.
	if math.MaxInt == math.MaxInt32 && !testing.Short() {
		big, many := make([]uint8, 1<<20), make([][]uint8, 1<<11)
		for i := range many {
			many[i] = big
		}
		_, err := NewMasks(make([]int, len(many)), CHW, 1<<10, 1<<10, many...)
		checkError(t, err, blend.ErrShape, "2048 masks", "1024 × 1024")
	}
}

// The sum of bytes, at every length over some blocks, and of the largest ones.
func TestSum(t *testing.T) {
	x := make([]uint8, 5000)
	for i := range x {
		x[i] = 255
	}
	for n := range x {
		if got := sum(x[:n]); got != uint64(255*n) {
			t.Fatalf("%d times 255 is %d", n, got)
		}
	}
	want := uint64(0)
	for i := range x {
		x[i] = uint8(i * 89)
		want += uint64(x[i])
	}
	if got := sum(x); got != want {
		t.Fatalf("%d, want %d", got, want)
	}
}

// Labels have the share of a mask.
func TestLabelsOfMasks(t *testing.T) {
	m := masksOf(t, []int{1, 0}, CHW, 1, 5, []uint8{255, 255, 0, 51, 0}, []uint8{255, 255, 255, 255, 255})
	if m.Lambda(0) != 0.44 || m.Lambda(1) != 1 {
		t.Fatal(m.Lambda(0), m.Lambda(1))
	}
	labels := make([]float32, 4)
	if err := OneHot(m, labels, []int{0, 1}, 2, 0); err != nil {
		t.Fatal(err)
	}
	l, n := kernels.WeightsF32(0.44)
	if want := []float32{l, n, 0, 1}; !slices.Equal(labels, want) {
		t.Errorf("labels %v, want %v", labels, want)
	}
	soft := []float32{1, 0, 0, 1}
	if err := SoftLabels(m, soft, soft, 0); err != nil || !slices.Equal(soft, labels) {
		t.Errorf("soft labels %v, %v, want %v", soft, err, labels)
	}
}

// Calls that repeat do not allocate.
func TestMasksDoNotAllocate(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector lets pools drop what they hold")
	}
	const n, height, width = 8, 30, 31
	r := rand.New(rand.NewPCG(1, 1))
	index, masks := r.Perm(n), [][]uint8{}
	for range n {
		masks = append(masks, randomMask(r, height*width))
	}
	for _, layout := range []Layout{CHW, HWC} {
		m := new(Masks)
		u, f := make([]uint8, n*height*width*2), make([]float32, n*height*width*2)
		norm := pairOfChannels(t, layout)
		all := func() {
			for _, err := range []error{
				m.Reset(index, layout, height, width, masks...), m.Uint8(u, u), m.Float32(f, f), m.NormalizeFloat32(f, u, norm),
				m.Reset(index, layout, height, width, masks[0]), m.Uint8(u, u), m.Float32(f, f), m.NormalizeFloat32(f, u, norm),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		all()
		if got := testing.AllocsPerRun(20, all); got >= 1 {
			t.Errorf("%v: %v allocations", layout, got)
		}
	}
}

// FuzzMasks cuts an index and masks from data. What is wrong with them must be an error.
func FuzzMasks(f *testing.F) {
	f.Add([]byte{1, 2, 0, 0, 255, 3, 3, 1, 1, 2, 2, 0, 1, 3, 2}, uint8(3), uint8(3), uint8(3), uint8(2), uint8(3), uint64(1))
	f.Add([]byte{1, 0, 255, 0, 128, 127}, uint8(2), uint8(2), uint8(2), uint8(3), uint8(4), uint64(2))
	f.Add([]byte{}, uint8(0), uint8(1), uint8(1), uint8(1), uint8(2), uint64(3))
	f.Add([]byte{0, 9}, uint8(1), uint8(70), uint8(69), uint8(3), uint8(12), uint64(4))
	f.Add([]byte("0000000"), uint8(6), uint8(103), uint8(156), uint8(93), uint8(162), uint64(36)) // NaN of another payload
	f.Fuzz(func(t *testing.T, data []byte, n, height, width, channels, mode uint8, seed uint64) {
		n, height, width, channels = n%12, height%80, width%80, channels%5
		next := func() (v uint8) {
			if len(data) > 0 {
				v = data[0]
				data = data[1:]
			}
			return v
		}
		index := make([]int, n)
		for i := range index {
			index[i] = int(int8(next()))
			if mode&1 == 0 {
				index[i] = (index[i] + 128) % int(n)
			}
		}
		masks := make([][]uint8, 1)
		if mode&2 != 0 {
			masks = make([][]uint8, n)
		}
		short := mode>>5 == 1
		for i := range masks {
			masks[i] = make([]uint8, int(height)*int(width))
			for p := range masks[i] {
				masks[i][p] = next()
			}
			if short && i == len(masks)-1 && len(masks[i]) > 0 {
				masks[i] = masks[i][1:]
			}
		}
		g := geometry{[]Layout{CHW, HWC}[mode>>2&1], int(channels), int(height), int(width)}
		m, err := NewMasks(index, g.layout, g.height, g.width, masks...)
		outside := slices.ContainsFunc(index, func(q int) bool { return q < 0 || q >= len(index) })
		switch {
		case height == 0 || width == 0:
			checkError(t, err, ErrConfig)
			return
		case short && len(masks) > 0:
			checkError(t, err, blend.ErrShape)
			return
		case outside:
			checkError(t, err, blend.ErrIndex)
			return
		case err != nil:
			t.Fatal(err)
		}
		m.Workers, m.Store = int(mode>>3&3), blend.StoreMode(seed%3)
		if n == 0 || channels == 0 {
			return
		}
		r := rand.New(rand.NewPCG(seed, uint64(n)))
		sorted := slices.Clone(index)
		slices.Sort(sorted)
		if len(slices.Compact(sorted)) == len(index) {
			checkMixer(t, r, m, g)
			return
		}
		x := counting[uint16](len(index) * g.size())
		want := reference(m, g, x, how[uint16]{mask: mask16[uint16](kernels.BlendMaskF16)})
		dst := make([]uint16, len(x))
		if err := MixFloat16(m, dst, x); err != nil {
			t.Fatal(err)
		}
		for i := range dst {
			if bitsOf(float16(dst[i]), true) != bitsOf(float16(want[i]), true) {
				t.Fatalf("element %d is %#x, want %#x", i, dst[i], want[i])
			}
		}
		checkError(t, MixFloat16(m, x, x), blend.ErrIndex)
	})
}
