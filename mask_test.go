package blend

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/mixblend/blend/internal/impl"
	"github.com/mixblend/blend/kernels"
)

// fillMask sets bytes of a mask at random, with many whole shares.
func fillMask(rng *rand.Rand, mask []uint8) {
	for i := range mask {
		mask[i] = uint8(max(0, min(255, rng.IntN(400)-72)))
	}
}

// sameMasked compares bits, but of NaNs that m has made.
func sameMasked[T element](got, want T, m uint8) bool {
	raw := func(v *T) []byte { return slice[byte](unsafe.Pointer(v), int(unsafe.Sizeof(*v))) }
	return bytes.Equal(raw(&got), raw(&want)) || m != 0 && m != 255 && same(got, want)
}

func TestMaskPair(t *testing.T) {
	forEach(t, func(t *testing.T) {
		forTypes(t, maskTypes, maskTests.testMaskPair)
	})
}

// Every length, with each operand's alignment swept alone and the others' drawn at random, in place and out of place.
func (c maskCalls[T]) testMaskPair(t *testing.T) {
	rng := rand.New(rand.NewPCG(18, uint64(c.perBlock)))
	for n := range 4*64 + 2 + c.perBlock {
		for trial := range 12 {
			offsets := [4]int{rng.IntN(64), rng.IntN(64), rng.IntN(64), rng.IntN(64)}
			offsets[trial%4] = (n*7 + trial*5) % 64
			a, b, d := newRoom[T](rng, n, offsets[0]), newRoom[T](rng, n, offsets[1]), newRoom[T](rng, n, offsets[2])
			mask := aligned[uint8](n + offsets[3])[offsets[3]:]
			fillMask(rng, mask)
			how := "out of place"
			switch trial / 4 {
			case 1:
				d, how = a, "into a"
			case 2:
				d, how = b, "into b"
			}
			maskBefore, want := bytes.Clone(mask), make([]T, n)
			for i := range want {
				want[i] = c.wantMask(a.row[i], b.row[i], mask[i])
			}
			what := fmt.Sprintf("n=%d offsets=%v %s", n, offsets, how)
			if err := c.mix(d.row, a.row, b.row, mask); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			for i := range want {
				if !sameMasked(d.row[i], want[i], mask[i]) {
					t.Fatalf("%s: element %d by %d is %v, want %v", what, i, mask[i], d.row[i], want[i])
				}
			}
			for _, r := range []room[T]{a, b, d} {
				if r.slackChanged() {
					t.Fatalf("%s: an element outside the row has changed", what)
				}
			}
			if !bytes.Equal(mask, maskBefore) {
				t.Fatalf("%s: the mask has changed", what)
			}
		}
	}
}

// Inputs may be the mask itself, and calls longer than what a kernel takes at once.
func TestMaskPairLong(t *testing.T) {
	forEach(t, func(t *testing.T) {
		n := 3*callBytes + 77
		a, b, d := make([]uint8, n), make([]uint8, n), make([]uint8, n)
		rng := rand.New(rand.NewPCG(18, 2))
		fillMask(rng, a)
		fillMask(rng, b)
		if err := Uint8Mask(d, a, b, a); err != nil {
			t.Fatal(err)
		}
		for i := range d {
			if want := kernels.MaskU8(a[i], b[i], a[i]); d[i] != want {
				t.Fatalf("element %d: %d, want %d", i, d[i], want)
			}
		}
		f, g, mask := make([]float32, n), make([]float32, n), b
		for i := range f {
			f[i], g[i] = float32(rng.NormFloat64()), special[i%len(special)]
		}
		want := make([]float32, n)
		kernels.BlendMaskF32(want, f, g, mask)
		if err := Float32Mask(g, f, g, mask); err != nil {
			t.Fatal(err)
		}
		for i := range g {
			if !sameMasked(g[i], want[i], mask[i]) {
				t.Fatalf("element %d by %d: %v, want %v", i, mask[i], g[i], want[i])
			}
		}
	})
}

// Long pairs by a mask, which stream where the cache is small, at every alignment of dst.
func TestLargeMaskPair(t *testing.T) {
	withCaches(t, 1<<10)
	rng := rand.New(rand.NewPCG(5, 6))
	forEach(t, func(t *testing.T) {
		for offset := range cacheLine {
			n := pairCall + 1 + rng.IntN(300)
			room := make([]uint8, n+2*cacheLine)
			a, b, mask := make([]uint8, n), make([]uint8, n), make([]uint8, n)
			for i := range a {
				a[i], b[i], mask[i] = uint8(rng.Uint32()), uint8(rng.Uint32()), uint8(rng.Uint32())
			}
			dst := room[offset:][:n]
			if err := Uint8Mask(dst, a, b, mask); err != nil {
				t.Fatal(err)
			}
			for i, got := range dst {
				if want := kernels.MaskU8(a[i], b[i], mask[i]); got != want {
					t.Fatalf("n=%d, from byte %d on: element %d is %d, want %d", n, offset, i, got, want)
				}
			}
			for i, got := range room {
				if got != 0 && (i < offset || i >= offset+n) {
					t.Fatalf("n=%d, from byte %d on: byte %d of the slack has changed", n, offset, i-offset)
				}
			}
		}
	})
}

func TestMaskPairErrors(t *testing.T) {
	forTypes(t, maskTypes, maskTests.testMaskPairErrors)
}

func (c maskCalls[T]) testMaskPairErrors(t *testing.T) {
	s := counting[T](1000)
	raw := slice[uint8](ptr(s), 1000*c.size) // a mask that lies among elements
	mask := make([]uint8, 20)
	at := func(i int) []uint8 { return raw[i*c.size:][:10] }
	for _, test := range []struct {
		name      string
		dst, a, b []T
		mask      []uint8
		kind      error
		names     []string
	}{
		{"short a", s[:10], s[100:109], s[200:210], mask[:10], ErrShape, []string{"dst has 10", "a 9"}},
		{"long b", s[:10], s[100:110], s[200:211], mask[:10], ErrShape, []string{"dst has 10", "b 11"}},
		{"short mask", s[:10], s[100:110], s[200:210], mask[:9], ErrShape, []string{"dst has 10", "mask 9"}},
		{"long mask", s[:10], s[100:110], s[200:210], mask[:11], ErrShape, []string{"mask 11"}},
		{"no mask", s[:10], s[100:110], s[200:210], nil, ErrShape, []string{"mask 0"}},
		{"mask alone", nil, nil, nil, mask, ErrShape, []string{"dst has 0", "mask 20"}},
		{"dst into a", s[101:111], s[100:110], s[200:210], mask[:10], ErrOverlap, []string{"dst and a", text(10 * c.size), text(c.size)}},
		{"dst into b", s[201:211], s[100:110], s[200:210], mask[:10], ErrOverlap, []string{"dst and b", text(c.size)}},
		{"dst is mask", s[:10], s[100:110], s[200:210], at(0), ErrOverlap, []string{"dst and mask have", "and 10 bytes and begin at the same byte"}},
		{"mask into dst", s[100:110], s[200:210], s[300:310], raw[110*c.size-1:][:10], ErrOverlap, []string{"and mask have", "and 10 bytes", text(10*c.size - 1)}},
		{"dst into mask", s[100:110], s[100:110], s[300:310], raw[100*c.size-9:][:10], ErrOverlap, []string{"and mask have", "and 10 bytes", text(9)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			untouched(t, s, func() { checkError(t, c.mix(test.dst, test.a, test.b, test.mask), test.kind, test.names...) })
		})
	}
	for _, fine := range []struct {
		dst, a, b []T
		mask      []uint8
	}{
		{nil, nil, nil, nil}, {s[:0], s[:0], s[:0], mask[:0]}, {s[:0], s[5:5], nil, at(0)[:0]},
		{s[100:110], s[100:110], s[110:120], raw[110*c.size:][:10]}, {s[100:110], s[200:210], s[100:110], raw[100*c.size-10:][:10]},
		{s[100:110], s[200:210], s[300:310], at(200)}, {s[100:110], s[100:110], s[100:110], mask[:10]},
	} {
		if err := c.mix(fine.dst, fine.a, fine.b, fine.mask); err != nil {
			t.Error(err)
		}
	}
}

// FuzzMask mixes pairs of rows cut from data by a mask cut from it too, on every implementation: alias 0 out of place, 1 into a, 2 into b, 3 a
// little past a, and 4 into the mask, both of which must be errors.
func FuzzMask(f *testing.F) {
	rng := rand.New(rand.NewPCG(18, 18))
	for i, n := range boundaries {
		for alias := range 5 {
			data := make([]byte, 3*n*4)
			fill(rng, data)
			if i%2 == 0 {
				fillMask(rng, data)
			}
			f.Add(data, uint16(n), uint8(i*alias), uint8(3*i), uint8(5*i), uint8(alias))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, n uint16, offsetA, offsetD, offsetM, alias uint8) {
		fuzzMask(t, u8Mask, data, data, int(n), int(offsetA%64), int(offsetD%64), int(offsetM%64), int(alias%5))
		fuzzMask(t, f32Mask, floats(data), data, int(n), int(offsetA%64), int(offsetD%64), int(offsetM%64), int(alias%5))
	})
}

func fuzzMask[T element](t *testing.T, c maskCalls[T], data []T, bits []byte, n, offsetA, offsetD, offsetM, alias int) {
	n = min(n, len(data)/2)
	if alias == 3 && n < 2 || alias == 4 && n < 1 {
		alias = 0
	}
	a, b, m, want := data[:n], data[len(data)-n:], bits[len(bits)/2-n/2:][:n], make([]T, n)
	for i := range want {
		want[i] = c.wantMask(a[i], b[i], m[i])
	}
	defer impl.All[0].Use()
	for _, im := range impl.All {
		im.Use()
		x, y, z, mask := newField(a, 1, offsetA), newField(b, 1, offsetD/2), newField(make([]T, n), 1, offsetD), newField(m, 1, offsetM)
		dst := [...][]T{z.rows[0], x.rows[0], y.rows[0], x.shifted()[0], z.rows[0]}[alias]
		by := mask.rows[0]
		if alias == 4 {
			by = slice[uint8](unsafe.Add(ptr(dst), offsetM%(n*c.size)), n)
		}
		err := c.mix(dst, x.rows[0], y.rows[0], by)
		if bad := alias >= 3; bad != (err != nil) {
			t.Fatalf("%s: n=%d alias=%d: %v", im.Name, n, alias, err)
		}
		after := [...][]T{make([]T, n), a, b}
		if err == nil {
			after[alias] = want
			for i := range dst {
				if !sameMasked(dst[i], want[i], m[i]) {
					t.Fatalf("%s: n=%d alias=%d: element %d by %d is %v, want %v", im.Name, n, alias, i, m[i], dst[i], want[i])
				}
			}
		}
		if !z.holds(after[0]) || !x.holds(after[1]) || !y.holds(after[2]) || !mask.holds(m) {
			t.Fatalf("%s: n=%d alias=%d: an input, or an element outside, has changed", im.Name, n, alias)
		}
	}
}
