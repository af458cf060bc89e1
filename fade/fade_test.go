package fade_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"math/big"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/fade"
	"github.com/mixblend/blend/internal/pixels"
)

// A format is a type of images, and how a test gets at the numbers of a pixel: by package image's
// own accessors.
type format struct {
	name   string
	new    func(r image.Rectangle) image.Image
	sub    func(m image.Image, r image.Rectangle) image.Image
	top    uint32                                          // the largest number
	weigh  bool                                            // colors by alpha, the last number
	get    func(m image.Image, x, y int) []uint32          // the numbers of a pixel
	set    func(m image.Image, x, y int, numbers []uint32) // which are ignored beyond those that there are
	memory func(m image.Image) [][]uint8
}

func one[T interface {
	image.Image
	SubImage(r image.Rectangle) image.Image
}](name string, top uint32, weigh bool, make func(image.Rectangle) T, pix func(T) *[]uint8, get func(T, int, int) []uint32, set func(T, int, int, []uint32)) format {
	return format{
		name: name, top: top, weigh: weigh,
		new:    func(r image.Rectangle) image.Image { return make(r) },
		sub:    func(m image.Image, r image.Rectangle) image.Image { return m.(T).SubImage(r) },
		get:    func(m image.Image, x, y int) []uint32 { return get(m.(T), x, y) },
		set:    func(m image.Image, x, y int, n []uint32) { set(m.(T), x, y, n) },
		memory: func(m image.Image) [][]uint8 { return [][]uint8{*pix(m.(T))} },
	}
}

var ratios = []image.YCbCrSubsampleRatio{
	image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
	image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
}

func formats() []format {
	u8 := func(n []uint32) (c [4]uint8) {
		for i := range min(len(n), 4) {
			c[i] = uint8(n[i])
		}
		return c
	}
	u16 := func(n []uint32) (c [4]uint16) {
		for i := range min(len(n), 4) {
			c[i] = uint16(n[i])
		}
		return c
	}
	all := []format{
		one("RGBA", 255, false, image.NewRGBA, func(m *image.RGBA) *[]uint8 { return &m.Pix },
			func(m *image.RGBA, x, y int) []uint32 {
				c := m.RGBAAt(x, y)
				return []uint32{uint32(c.R), uint32(c.G), uint32(c.B), uint32(c.A)}
			},
			func(m *image.RGBA, x, y int, n []uint32) {
				c := u8(n)
				m.SetRGBA(x, y, color.RGBA{c[0], c[1], c[2], c[3]})
			}),
		one("NRGBA", 255, true, image.NewNRGBA, func(m *image.NRGBA) *[]uint8 { return &m.Pix },
			func(m *image.NRGBA, x, y int) []uint32 {
				c := m.NRGBAAt(x, y)
				return []uint32{uint32(c.R), uint32(c.G), uint32(c.B), uint32(c.A)}
			},
			func(m *image.NRGBA, x, y int, n []uint32) {
				c := u8(n)
				m.SetNRGBA(x, y, color.NRGBA{c[0], c[1], c[2], c[3]})
			}),
		one("Gray", 255, false, image.NewGray, func(m *image.Gray) *[]uint8 { return &m.Pix },
			func(m *image.Gray, x, y int) []uint32 { return []uint32{uint32(m.GrayAt(x, y).Y)} },
			func(m *image.Gray, x, y int, n []uint32) { m.SetGray(x, y, color.Gray{u8(n)[0]}) }),
		one("Alpha", 255, false, image.NewAlpha, func(m *image.Alpha) *[]uint8 { return &m.Pix },
			func(m *image.Alpha, x, y int) []uint32 { return []uint32{uint32(m.AlphaAt(x, y).A)} },
			func(m *image.Alpha, x, y int, n []uint32) { m.SetAlpha(x, y, color.Alpha{u8(n)[0]}) }),
		one("CMYK", 255, false, image.NewCMYK, func(m *image.CMYK) *[]uint8 { return &m.Pix },
			func(m *image.CMYK, x, y int) []uint32 {
				c := m.CMYKAt(x, y)
				return []uint32{uint32(c.C), uint32(c.M), uint32(c.Y), uint32(c.K)}
			},
			func(m *image.CMYK, x, y int, n []uint32) {
				c := u8(n)
				m.SetCMYK(x, y, color.CMYK{c[0], c[1], c[2], c[3]})
			}),
		one("RGBA64", 65535, false, image.NewRGBA64, func(m *image.RGBA64) *[]uint8 { return &m.Pix },
			func(m *image.RGBA64, x, y int) []uint32 {
				c := m.RGBA64At(x, y)
				return []uint32{uint32(c.R), uint32(c.G), uint32(c.B), uint32(c.A)}
			},
			func(m *image.RGBA64, x, y int, n []uint32) {
				c := u16(n)
				m.SetRGBA64(x, y, color.RGBA64{c[0], c[1], c[2], c[3]})
			}),
		one("NRGBA64", 65535, true, image.NewNRGBA64, func(m *image.NRGBA64) *[]uint8 { return &m.Pix },
			func(m *image.NRGBA64, x, y int) []uint32 {
				c := m.NRGBA64At(x, y)
				return []uint32{uint32(c.R), uint32(c.G), uint32(c.B), uint32(c.A)}
			},
			func(m *image.NRGBA64, x, y int, n []uint32) {
				c := u16(n)
				m.SetNRGBA64(x, y, color.NRGBA64{c[0], c[1], c[2], c[3]})
			}),
		one("Gray16", 65535, false, image.NewGray16, func(m *image.Gray16) *[]uint8 { return &m.Pix },
			func(m *image.Gray16, x, y int) []uint32 { return []uint32{uint32(m.Gray16At(x, y).Y)} },
			func(m *image.Gray16, x, y int, n []uint32) { m.SetGray16(x, y, color.Gray16{u16(n)[0]}) }),
		one("Alpha16", 65535, false, image.NewAlpha16, func(m *image.Alpha16) *[]uint8 { return &m.Pix },
			func(m *image.Alpha16, x, y int) []uint32 { return []uint32{uint32(m.Alpha16At(x, y).A)} },
			func(m *image.Alpha16, x, y int, n []uint32) { m.SetAlpha16(x, y, color.Alpha16{u16(n)[0]}) }),
	}
	for _, r := range ratios {
		f := one("YCbCr "+strings.TrimPrefix(r.String(), "YCbCrSubsampleRatio"), 255, false,
			func(rect image.Rectangle) *image.YCbCr { return image.NewYCbCr(rect, r) }, nil,
			func(m *image.YCbCr, x, y int) []uint32 {
				c := m.YCbCrAt(x, y)
				return []uint32{uint32(c.Y), uint32(c.Cb), uint32(c.Cr)}
			},
			func(m *image.YCbCr, x, y int, n []uint32) {
				c := u8(n)
				m.Y[m.YOffset(x, y)], m.Cb[m.COffset(x, y)], m.Cr[m.COffset(x, y)] = c[0], c[1], c[2]
			})
		f.memory = func(m image.Image) [][]uint8 { y := m.(*image.YCbCr); return [][]uint8{y.Y, y.Cb, y.Cr} }
		all = append(all, f)
	}
	return all
}

// An oracle mixes two pixels with integers of any size.
type oracle struct{ x, y, d, f, q, r big.Int }

var bigOne = big.NewInt(1)

// product sets z to the product of factors.
func (o *oracle) product(z *big.Int, factors ...uint32) {
	z.SetUint64(1)
	for _, v := range factors {
		z.Mul(z, o.f.SetUint64(uint64(v)))
	}
}

// ratio returns (x + y)/d, rounded half to even.
func (o *oracle) ratio() uint32 {
	o.q.QuoRem(o.x.Add(&o.x, &o.y), &o.d, &o.r)
	o.r.Lsh(&o.r, 1)
	if c := o.r.Cmp(&o.d); c > 0 || c == 0 && o.q.Bit(0) == 1 {
		o.q.Add(&o.q, bigOne)
	}
	return uint32(o.q.Uint64())
}

// mix returns the mix of two pixels whose shares are w and v, w + v in all.
func (o *oracle) mix(f format, a, b []uint32, w, v uint32) []uint32 {
	mixed := make([]uint32, len(a))
	o.d.SetUint64(uint64(w) + uint64(v))
	for i := range mixed {
		if !f.weigh || i == 3 {
			o.product(&o.x, w, a[i])
			o.product(&o.y, v, b[i])
			mixed[i] = o.ratio()
		}
	}
	if !f.weigh {
		return mixed
	}
	o.product(&o.x, w, a[3])
	o.product(&o.y, v, b[3])
	if o.d.Add(&o.x, &o.y); o.d.Sign() == 0 {
		return []uint32{0, 0, 0, 0}
	}
	for i := range 3 {
		o.product(&o.x, w, a[3], a[i])
		o.product(&o.y, v, b[3], b[i])
		mixed[i] = o.ratio()
	}
	return mixed
}

// weights returns n shares of 1<<15: those where rounding differs, then any.
func weights(n int) []uint32 {
	all := []uint32{0, 1 << 15, 1 << 14, 1, 1<<15 - 1, 9830, 128, 77 * 128, 1<<15 - 128, 255 * 128, 1<<14 + 1, 1<<14 - 128, 64, 192, 4096, 3}
	rng := rand.New(rand.NewSource(1))
	for len(all) < n {
		all = append(all, uint32(rng.Intn(1<<15+1)))
	}
	return all[:n]
}

// pairs fills two images of 256 × 256 pixels so that each number of a pixel goes through every pair
// of bytes. Numbers of 16 bits have any low byte.
func pairs(f format, rng *rand.Rand) (a, b image.Image) {
	r := image.Rect(0, 0, 256, 256)
	if strings.HasPrefix(f.name, "YCbCr") {
		r = image.Rect(0, 0, 4*256, 2*256) // as many chroma samples at least
	}
	a, b = f.new(r), f.new(r)
	x, y := make([]uint32, 4), make([]uint32, 4)
	for i := range 256 * 256 {
		for k, odd := range []int{1, 40503, 12345, 60001} {
			p := uint32((i+k*1000)*odd) & 0xffff
			x[k], y[k] = p>>8, p&255
			if f.top > 255 {
				x[k], y[k] = x[k]<<8|uint32(rng.Intn(256)), y[k]<<8|uint32(rng.Intn(256))
			}
		}
		px, py := i%256, i/256
		if r.Dx() == 256 {
			f.set(a, px, py, x)
			f.set(b, px, py, y)
			continue
		}
		for dy := range 2 {
			for dx := range 4 {
				f.set(a, 4*px+dx, 2*py+dy, x)
				f.set(b, 4*px+dx, 2*py+dy, y)
			}
		}
	}
	return a, b
}

// Every pair of bytes, for each type, is mixed as exact arithmetic says.
func TestEveryPair(t *testing.T) {
	lambdas := 64
	if testing.Short() {
		lambdas = 2
	}
	for _, f := range formats() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			a, b := pairs(f, rand.New(rand.NewSource(1)))
			r := a.Bounds()
			dst := f.new(r)
			step := image.Pt(r.Dx()/256, r.Dy()/256)
			var o oracle
			known := make([]int, 1<<16) // the mix of each pair of bytes, or −1
			for _, w := range weights(lambdas) {
				for i := range known {
					known[i] = -1
				}
				if err := fade.Images(dst, a, b, float64(w)/(1<<15)); err != nil {
					t.Fatal(err)
				}
				for y := 0; y < r.Dy(); y += step.Y {
					for x := 0; x < r.Dx(); x += step.X {
						got, p, q := f.get(dst, x, y), f.get(a, x, y), f.get(b, x, y)
						want := make([]uint32, len(p))
						if f.weigh || f.top > 255 {
							want = o.mix(f, p, q, w, 1<<15-w)
						} else {
							for k := range want {
								v := &known[p[k]<<8|q[k]]
								if *v < 0 {
									*v = int(o.mix(f, p[k:k+1], q[k:k+1], w, 1<<15-w)[0])
								}
								want[k] = uint32(*v)
							}
						}
						for k := range want {
							if got[k] != want[k] {
								t.Fatalf("w %d: %v and %v at %d, %d: %v, want %v", w, p, q, x, y, got, want)
							}
						}
					}
				}
			}
		})
	}
}

// Every byte of the mask, with every pair of bytes for most of it.
func TestEveryMask(t *testing.T) {
	for _, f := range formats()[:5] {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			a, b := pairs(f, rand.New(rand.NewSource(1)))
			r := a.Bounds()
			dst, mask := f.new(r), image.NewAlpha(r)
			var o oracle
			rounds := 16
			if testing.Short() {
				rounds = 1
			}
			for round := range rounds {
				for i := range mask.Pix {
					mask.Pix[i] = uint8((i + i/256*7) * (2*round + 1))
				}
				if err := fade.Mask(dst, a, b, mask); err != nil {
					t.Fatal(err)
				}
				for y := range r.Dy() {
					for x := range r.Dx() {
						m := uint32(mask.AlphaAt(x, y).A)
						got, p, q := f.get(dst, x, y), f.get(a, x, y), f.get(b, x, y)
						if want := o.mix(f, p, q, m, 255-m); !slices.Equal(got, want) {
							t.Fatalf("mask %d: %v and %v at %d, %d: %v, want %v", m, p, q, x, y, got, want)
						}
					}
				}
			}
		})
	}
}

// random returns a sub-image of a larger image, both full of random numbers, and that image.
func random(f format, size image.Point, rng *rand.Rand) (sub, whole image.Image) {
	at := image.Pt(4*rng.Intn(3), 2*rng.Intn(3))
	r := image.Rectangle{at, at.Add(size)}
	outer := image.Rect(0, 0, r.Max.X+4*rng.Intn(3), r.Max.Y+2*rng.Intn(3))
	if !strings.HasPrefix(f.name, "YCbCr") {
		shift := image.Pt(rng.Intn(9)-4, rng.Intn(9)-4)
		r, outer = r.Add(shift), outer.Add(shift)
	}
	whole = f.new(outer)
	for _, pix := range f.memory(whole) {
		rng.Read(pix)
	}
	// Runs of opaque and of transparent pixels.
	if f.weigh {
		for y := outer.Min.Y; y < outer.Max.Y; y++ {
			for x := outer.Min.X; x < outer.Max.X; x++ {
				n := f.get(whole, x, y)
				switch (x + y/3*17) / 40 % 3 {
				case 0:
					n[3] = f.top
				case 1:
					n[3] = n[3] & 1 * f.top
				}
				f.set(whole, x, y, n)
			}
		}
	}
	return f.sub(whole, r), whole
}

func clone(f format, m image.Image) [][]uint8 {
	var all [][]uint8
	for _, pix := range f.memory(m) {
		all = append(all, bytes.Clone(pix))
	}
	return all
}

// eachStore runs a test with results that are cached, and that are streamed where that is possible.
func eachStore(t *testing.T, test func(t *testing.T)) {
	before := pixels.Streams
	defer func() { pixels.Streams = before }()
	for _, stream := range []bool{false, true} {
		pixels.Streams = func(uint64) bool { return stream }
		t.Run(fmt.Sprintf("stream=%v", stream), test)
	}
}

// Sub-images, in place and out of place, by several goroutines and by one: dst is the mix, and
// nothing else changes.
func TestSubImages(t *testing.T) { eachStore(t, testSubImages) }

func testSubImages(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	sizes := []image.Point{{1, 1}, {3, 1}, {1, 5}, {2, 2}, {7, 5}, {33, 9}, {130, 4}, {0, 0}, {257, 3}}
	for _, f := range formats() {
		for _, size := range sizes {
			for place := range 4 {
				a, wholeA := random(f, size, rng)
				b, wholeB := random(f, size, rng)
				dst, whole := random(f, size, rng)
				size := size
				if strings.HasPrefix(f.name, "YCbCr") && f.name != "YCbCr 444" { // dst has to end where chroma ends
					size = image.Pt((size.X+3)/4*4, (size.Y+1)/2*2)
					a, wholeA = random(f, size, rng)
					b, wholeB = random(f, size, rng)
					dst, whole = random(f, size, rng)
				}
				switch place {
				case 1:
					dst, whole = a, wholeA
				case 2:
					dst, whole = b, wholeB
				case 3:
					dst, whole, b, wholeB = a, wholeA, a, wholeA
				}
				lambda := rng.Float64()
				w := uint32(math.RoundToEven(lambda * (1 << 15)))
				beforeA, beforeB := clone(f, wholeA), clone(f, wholeB)
				var o oracle
				want := f.new(whole.Bounds())
				for i, pix := range f.memory(whole) {
					copy(f.memory(want)[i], pix)
				}
				da, db := a.Bounds().Min.Sub(dst.Bounds().Min), b.Bounds().Min.Sub(dst.Bounds().Min)
				each := func(do func(x, y int)) {
					for y := dst.Bounds().Min.Y; y < dst.Bounds().Max.Y; y++ {
						for x := dst.Bounds().Min.X; x < dst.Bounds().Max.X; x++ {
							do(x, y)
						}
					}
				}
				each(func(x, y int) {
					f.set(want, x, y, o.mix(f, f.get(a, x+da.X, y+da.Y), f.get(b, x+db.X, y+db.Y), w, 1<<15-w))
				})
				if err := fade.Images(dst, a, b, lambda, fade.Workers(place)); err != nil {
					t.Fatalf("%s %v: %v", f.name, size, err)
				}
				for i, pix := range f.memory(whole) {
					if !bytes.Equal(pix, f.memory(want)[i]) {
						t.Fatalf("%s, %v of %v, place %d, λ = %v: plane %d differs", f.name, dst.Bounds(), whole.Bounds(), place, lambda, i)
					}
				}
				for i := range beforeA {
					if place != 1 && place != 3 && !bytes.Equal(beforeA[i], f.memory(wholeA)[i]) || place != 2 && place != 3 && !bytes.Equal(beforeB[i], f.memory(wholeB)[i]) {
						t.Fatalf("%s: an input has changed", f.name)
					}
				}
			}
		}
	}
}

// The same by a mask. Bytes before the first pixel move dst to every place in a line.
func TestMaskSubImages(t *testing.T) { eachStore(t, testMaskSubImages) }

func testMaskSubImages(t *testing.T) {
	rng := rand.New(rand.NewSource(4))
	for _, f := range formats()[:5] {
		for _, size := range []image.Point{{1, 1}, {3, 2}, {40, 3}, {257, 2}, {2100, 2}} {
			for place := range 3 {
				a, wholeA := random(f, size, rng)
				b, wholeB := random(f, size, rng)
				dst, whole := random(f, size, rng)
				m, wholeMask := random(formats()[3], size, rng)
				switch place {
				case 1:
					dst, whole = a, wholeA
				case 2:
					dst, whole = b, wholeB
				}
				want := replaced(whole, clone(f, whole))
				var o oracle
				at := dst.Bounds().Min
				for y := range size.Y {
					for x := range size.X {
						p := image.Pt(x, y)
						pa, pb, pm, pd := p.Add(a.Bounds().Min), p.Add(b.Bounds().Min), p.Add(m.Bounds().Min), p.Add(at)
						w := uint32(m.(*image.Alpha).AlphaAt(pm.X, pm.Y).A)
						f.set(want, pd.X, pd.Y, o.mix(f, f.get(a, pa.X, pa.Y), f.get(b, pb.X, pb.Y), w, 255-w))
					}
				}
				beforeA, beforeB, beforeMask := clone(f, wholeA), clone(f, wholeB), clone(formats()[3], wholeMask)
				if err := fade.Mask(dst, a, b, m.(*image.Alpha)); err != nil {
					t.Fatalf("%s %v: %v", f.name, size, err)
				}
				if !bytes.Equal(f.memory(whole)[0], f.memory(want)[0]) {
					t.Fatalf("%s, %v of %v, place %d: differs", f.name, dst.Bounds(), whole.Bounds(), place)
				}
				if place != 1 && !bytes.Equal(beforeA[0], f.memory(wholeA)[0]) || place != 2 && !bytes.Equal(beforeB[0], f.memory(wholeB)[0]) ||
					!bytes.Equal(beforeMask[0], formats()[3].memory(wholeMask)[0]) {
					t.Fatalf("%s: an input has changed", f.name)
				}
			}
		}
	}
}

// Rows at every place in a line: of bytes that no image of package image has, but that anybody may make.
func TestEveryAlignment(t *testing.T) { eachStore(t, testEveryAlignment) }

func testEveryAlignment(t *testing.T) {
	const width, height = 75, 3
	const stride = 4*width + 21
	rng := rand.New(rand.NewSource(5))
	at := func(skip int) (m *image.RGBA, all []uint8) {
		all = make([]uint8, skip+height*stride+64)
		rng.Read(all)
		return &image.RGBA{Pix: all[skip:], Stride: stride, Rect: image.Rect(0, 0, width, height)}, all
	}
	mask := image.NewAlpha(image.Rect(0, 0, width, height))
	rng.Read(mask.Pix)
	for skip := range 64 {
		a, _ := at(rng.Intn(64))
		b, _ := at(rng.Intn(64))
		for _, masked := range []bool{false, true} {
			dst, all := at(skip)
			want := bytes.Clone(all)
			for y := range height {
				for x := range 4 * width {
					i := y*stride + x
					own, partner, w, one := uint64(a.Pix[i]), uint64(b.Pix[i]), uint64(3), uint64(8)
					if masked {
						w, one = uint64(mask.Pix[y*width+x/4]), 255
					}
					sum := w*own + (one-w)*partner
					v := sum / one
					if rest := 2 * (sum % one); rest > one || rest == one && v%2 == 1 {
						v++
					}
					want[skip+i] = uint8(v)
				}
			}
			var err error
			if masked {
				err = fade.Mask(dst, a, b, mask)
			} else {
				err = fade.Images(dst, a, b, 0.375)
			}
			if err != nil || !bytes.Equal(all, want) {
				t.Fatalf("%d bytes on, masked %v: differs, %v", skip, masked, err)
			}
		}
	}
}

// Several goroutines make the same image, and a mask is taken by its own rectangle.
func TestWorkersAndMask(t *testing.T) {
	rng := rand.New(rand.NewSource(2))
	for _, f := range formats() {
		size := image.Pt(1500, 1002)
		a, _ := random(f, size.Add(image.Pt(0, 2)), rng)
		b, _ := random(f, size.Add(image.Pt(0, 2)), rng)
		a, b = f.sub(a, a.Bounds().Intersect(image.Rectangle{a.Bounds().Min, a.Bounds().Min.Add(size)})),
			f.sub(b, b.Bounds().Intersect(image.Rectangle{b.Bounds().Min, b.Bounds().Min.Add(size)}))
		var results [][][]uint8
		for _, workers := range []int{1, 3, 1000} {
			dst := f.new(image.Rectangle{Max: size})
			if err := fade.Images(dst, a, b, 0.3, fade.Workers(workers)); err != nil {
				t.Fatal(err)
			}
			results = append(results, f.memory(dst))
			for i, pix := range f.memory(dst) {
				if !bytes.Equal(pix, results[0][i]) {
					t.Errorf("%s: %d workers, plane %d differs", f.name, workers, i)
				}
			}
		}
		if f.top > 255 || strings.HasPrefix(f.name, "YCbCr") {
			continue
		}
		m, _ := random(formats()[3], size, rng)
		mask := m.(*image.Alpha)
		var o oracle
		for _, workers := range []int{1, 3} {
			dst := f.new(image.Rectangle{Max: size})
			if err := fade.Mask(dst, a, b, mask, fade.Workers(workers)); err != nil {
				t.Fatal(err)
			}
			for range 20000 {
				p := image.Pt(rng.Intn(size.X), rng.Intn(size.Y))
				at := p.Add(mask.Rect.Min)
				w := uint32(mask.AlphaAt(at.X, at.Y).A)
				pa, pb := p.Add(a.Bounds().Min), p.Add(b.Bounds().Min)
				want := o.mix(f, f.get(a, pa.X, pa.Y), f.get(b, pb.X, pb.Y), w, 255-w)
				if got := f.get(dst, p.X, p.Y); !slices.Equal(got, want) {
					t.Fatalf("%s, %d workers: %v is %v, want %v", f.name, workers, p, got, want)
				}
			}
		}
	}
}

// Parts of one image that have no pixel in common may be mixed, though their rows lie in turn.
func TestPartsOfOneImage(t *testing.T) {
	atlas := image.NewRGBA(image.Rect(0, 0, 30, 9))
	rand.New(rand.NewSource(1)).Read(atlas.Pix)
	part := func(x, y int) *image.RGBA { return atlas.SubImage(image.Rect(x, y, x+10, y+5)).(*image.RGBA) }
	want := image.NewRGBA(image.Rect(0, 0, 10, 5))
	if err := fade.Images(want, part(0, 1), part(20, 2), 0.25); err != nil {
		t.Fatal(err)
	}
	if err := fade.Images(part(10, 3), part(0, 1), part(20, 2), 0.25); err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		if got := atlas.RGBAAt(10+i%10, 3+i/10); got != want.RGBAAt(i%10, i/10) {
			t.Fatalf("pixel %d is %v, want %v", i, got, want.RGBAAt(i%10, i/10))
		}
	}
	for _, at := range []image.Point{{9, 3}, {11, 3}, {19, 3}, {10, 2}, {10, 4}, {10, 0}} {
		before := bytes.Clone(atlas.Pix)
		if err := fade.Images(part(at.X, at.Y), part(20, 4), part(10, 3), 0.5); !errors.Is(err, blend.ErrOverlap) {
			t.Errorf("at %v: %v", at, err)
		}
		if !bytes.Equal(before, atlas.Pix) {
			t.Errorf("at %v: written", at)
		}
	}
}

func TestErrors(t *testing.T) {
	r := image.Rect(0, 0, 6, 4)
	rgba := func(r image.Rectangle) *image.RGBA {
		m := image.NewRGBA(r)
		for i := range m.Pix {
			m.Pix[i] = 7
		}
		return m
	}
	good := rgba(r)
	yuv := func(r image.Rectangle, ratio image.YCbCrSubsampleRatio) *image.YCbCr { return image.NewYCbCr(r, ratio) }
	part := func(m *image.YCbCr, x0, y0, x1, y1 int) image.Image { return m.SubImage(image.Rect(x0, y0, x1, y1)) }
	const s420, s422 = image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio422
	short := rgba(r)
	short.Pix = short.Pix[:len(short.Pix)-1]
	narrow := rgba(r)
	narrow.Stride = 23
	back := rgba(r)
	back.Stride = -24
	vast := &image.RGBA{Pix: make([]uint8, 64), Stride: 4, Rect: image.Rect(math.MinInt, 0, math.MaxInt, 2)}
	wide := &image.RGBA{Pix: make([]uint8, 64), Stride: 4, Rect: image.Rect(0, 0, math.MaxInt/2, 1)}
	tall := &image.RGBA{Pix: make([]uint8, 64), Stride: 4, Rect: image.Rect(0, 0, 1, math.MaxInt)}
	odd := yuv(image.Rect(0, 0, 9, 9), s420)
	strange := yuv(r, s420)
	strange.SubsampleRatio = 77
	noCr := yuv(r, s420)
	noCr.Cr = nil
	tangled := yuv(r, s420)
	tangled.Cb = tangled.Y[:6]
	crossed := yuv(r, s420)
	crossed.Y = good.Pix[:24]
	lent := yuv(r, s420)
	lent.Cr = good.Pix[20:26]
	for name, test := range map[string]struct {
		dst, a, b image.Image
		lambda    float64
		err       error
		text      string
	}{
		"λ above":           {good, rgba(r), rgba(r), 1.5, blend.ErrLambda, "1.5"},
		"λ below":           {good, rgba(r), rgba(r), -1e-9, blend.ErrLambda, "-1e-09"},
		"λ is none":         {good, rgba(r), rgba(r), math.NaN(), blend.ErrLambda, "NaN"},
		"no image":          {good, nil, rgba(r), 0.5, fade.ErrType, "a is <nil>"},
		"nil":               {good, rgba(r), (*image.RGBA)(nil), 0.5, fade.ErrType, "b is a nil *image.RGBA"},
		"nil YCbCr":         {(*image.YCbCr)(nil), rgba(r), rgba(r), 0.5, fade.ErrType, "dst is a nil *image.YCbCr"},
		"palette":           {image.NewPaletted(r, nil), rgba(r), rgba(r), 0.5, fade.ErrType, "dst is *image.Paletted, which is not mixed: draw it into an *image.RGBA"},
		"palette of b":      {rgba(r), rgba(r), image.NewPaletted(r, nil), 0.5, fade.ErrType, "b is *image.Paletted, which is not mixed"},
		"uniform":           {good, rgba(r), image.NewUniform(color.Black), 0.5, fade.ErrType, "b is *image.Uniform"},
		"types":             {good, image.NewNRGBA(r), rgba(r), 0.5, fade.ErrType, "dst is *image.RGBA, a is *image.NRGBA"},
		"types of one kind": {image.NewGray(r), image.NewGray(r), image.NewAlpha(r), 0.5, fade.ErrType, "b is *image.Alpha"},
		"subsampling":       {yuv(r, s420), yuv(r, s422), yuv(r, s420), 0.5, fade.ErrType, "dst is *image.YCbCr YCbCrSubsampleRatio420, a is *image.YCbCr YCbCrSubsampleRatio422"},
		"no subsampling":    {strange, yuv(r, s420), yuv(r, s420), 0.5, fade.ErrType, "Unknown"},
		"width":             {good, rgba(image.Rect(0, 0, 5, 4)), rgba(r), 0.5, fade.ErrSize, "dst has 6×4 pixels, a 5×4"},
		"height":            {good, rgba(r), rgba(image.Rect(1, 1, 7, 6)), 0.5, fade.ErrSize, "dst has 6×4 pixels, b 6×5"},
		"empty":             {good, rgba(r), rgba(image.Rect(1, 1, 1, 6)), 0.5, fade.ErrSize, "b 0×5"},
		"short":             {good, short, rgba(r), 0.5, fade.ErrSize, "a has 95 bytes at a stride of 24 for 6×4 pixels of 4"},
		"narrow stride":     {good, rgba(r), narrow, 0.5, fade.ErrSize, "stride of 23"},
		"negative stride":   {back, rgba(r), rgba(r), 0.5, fade.ErrSize, "stride of -24"},
		"vast":              {vast, rgba(r), rgba(r), 0.5, fade.ErrSize, "too large"},
		"wide":              {wide, rgba(r), rgba(r), 0.5, fade.ErrSize, "64 bytes"},
		"tall":              {tall, rgba(r), rgba(r), 0.5, fade.ErrSize, "64 bytes"},
		"no chroma":         {yuv(r, s420), yuv(r, s420), noCr, 0.5, fade.ErrSize, "b has 0 bytes at a stride of 3 for 3×2"},
		"in an odd column":  {part(odd, 1, 0, 5, 4), yuv(image.Rect(0, 0, 4, 4), s420), yuv(image.Rect(0, 0, 4, 4), s420), 0.5, fade.ErrChroma, "(1,0)-(5,4) of dst does not begin"},
		"in an odd row":     {yuv(image.Rect(0, 0, 4, 4), s420), part(odd, 0, 1, 4, 5), yuv(image.Rect(0, 0, 4, 4), s420), 0.5, fade.ErrChroma, "of a does not begin at multiples of 2×2"},
		"at odd columns":    {yuv(image.Rect(0, 0, 4, 4), s422), yuv(image.Rect(0, 0, 4, 4), s422), yuv(image.Rect(3, 0, 7, 4), s422), 0.5, fade.ErrChroma, "of b"},
		"negative":          {yuv(image.Rect(-2, 0, 2, 4), s422), yuv(image.Rect(-2, 0, 2, 4), s422), yuv(image.Rect(-2, 0, 2, 4), s422), 0.5, fade.ErrChroma, "(-2,0)"},
		"to an odd column":  {part(odd, 0, 0, 5, 4), yuv(image.Rect(0, 0, 5, 4), s420), yuv(image.Rect(0, 0, 5, 4), s420), 0.5, fade.ErrChroma, "of dst does not end at multiples of 2×2"},
		"to an odd row":     {part(odd, 0, 0, 9, 5), yuv(image.Rect(0, 0, 9, 5), s420), yuv(image.Rect(0, 0, 9, 5), s420), 0.5, fade.ErrChroma, "(0,0)-(9,5)"},
		"planes":            {tangled, yuv(r, s420), yuv(r, s420), 0.5, blend.ErrOverlap, "planes 0 and 1 of dst"},
		"plane of another":  {crossed, lent, yuv(r, s420), 0.5, blend.ErrOverlap, "dst (0,0)-(6,4) and a (0,0)-(6,4) share pixels"},
	} {
		keep := bytes.Clone(good.Pix)
		err := fade.Images(test.dst, test.a, test.b, test.lambda)
		if !errors.Is(err, test.err) || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: %v, want %q", name, err, test.text)
		}
		if !bytes.Equal(keep, good.Pix) {
			t.Errorf("%s: something was written", name)
		}
	}

	mask := image.NewAlpha(r)
	gray := image.NewAlpha(image.Rect(0, 0, 6, 8))
	top, bottom := gray.SubImage(r).(*image.Alpha), gray.SubImage(image.Rect(0, 3, 6, 7)).(*image.Alpha)
	for name, test := range map[string]struct {
		dst, a, b image.Image
		mask      *image.Alpha
		err       error
		text      string
	}{
		"16 bits": {image.NewGray16(r), image.NewGray16(r), image.NewGray16(r), mask, fade.ErrType, "dst is *image.Gray16, which no mask mixes"},
		"YCbCr":   {yuv(r, s420), yuv(r, s420), yuv(r, s420), mask, fade.ErrType, "YCbCr"},
		"nil":     {good, rgba(r), rgba(r), nil, fade.ErrType, "mask is a nil *image.Alpha"},
		"size":    {good, rgba(r), rgba(r), image.NewAlpha(image.Rect(0, 0, 6, 5)), fade.ErrSize, "dst has 6×4 pixels, mask 6×5"},
		"itself":  {mask, image.NewAlpha(r), image.NewAlpha(r), mask, blend.ErrOverlap, "mask (0,0)-(6,4)"},
		"partly":  {top, image.NewAlpha(r), image.NewAlpha(r), bottom, blend.ErrOverlap, "dst (0,0)-(6,4) and mask (0,3)-(6,7) share pixels"},
		"types":   {good, image.NewCMYK(r), rgba(r), mask, fade.ErrType, "CMYK"},
	} {
		keep := bytes.Clone(good.Pix)
		err := fade.Mask(test.dst, test.a, test.b, test.mask)
		if !errors.Is(err, test.err) || !strings.Contains(err.Error(), test.text) {
			t.Errorf("mask: %s: %v, want %q", name, err, test.text)
		}
		if !bytes.Equal(keep, good.Pix) {
			t.Errorf("mask: %s: something was written", name)
		}
	}
}

// What shares chroma with nothing is fine: whole images of odd sizes, also at an offset, and parts
// of others as a and b.
func TestOddYCbCr(t *testing.T) {
	rng := rand.New(rand.NewSource(3))
	for _, f := range formats()[9:] {
		for _, size := range []image.Point{{5, 4}, {4, 5}, {7, 7}, {1, 1}} {
			at := image.Pt(4*rng.Intn(2), 2*rng.Intn(2))
			dst := f.new(image.Rectangle{at, at.Add(size)})
			a, _ := random(f, size, rng)
			b, _ := random(f, size, rng)
			if err := fade.Images(dst, a, b, 0.375); err != nil {
				t.Errorf("%s %v: %v", f.name, size, err)
				continue
			}
			var o oracle
			for y := range size.Y {
				for x := range size.X {
					p, q := a.Bounds().Min, b.Bounds().Min
					want := o.mix(f, f.get(a, p.X+x, p.Y+y), f.get(b, q.X+x, q.Y+y), 3<<12, 5<<12)
					if got := f.get(dst, at.X+x, at.Y+y); !slices.Equal(got, want) {
						t.Fatalf("%s %v: %d, %d: %v, want %v", f.name, size, x, y, got, want)
					}
				}
			}
		}
	}
}

func TestTransition(t *testing.T) {
	for _, ease := range []func(float64) float64{nil, fade.EaseIn, fade.EaseOut, fade.EaseInOut} {
		var got []float64
		fade.Transition(9, ease)(func(l float64) bool { got = append(got, l); return true })
		if len(got) != 9 || got[0] != 0 || got[8] != 1 {
			t.Errorf("%v", got)
		}
		for i := 1; i < len(got); i++ {
			if got[i] <= got[i-1] {
				t.Errorf("%v", got)
			}
		}
	}
	// It stops when it is asked to, stays in [0, 1], and may be used again.
	over := fade.Transition(5, func(t float64) float64 { return 3*t - 1 })
	for range 2 {
		var got []float64
		over(func(l float64) bool { got = append(got, l); return len(got) < 4 })
		if fmt.Sprint(got) != "[0 0 0.5 1]" {
			t.Errorf("%v", got)
		}
	}
	for n, want := range map[int]string{-1: "[]", 0: "[]", 1: "[1]", 2: "[0 1]"} {
		got := []float64{}
		fade.Transition(n, nil)(func(l float64) bool { got = append(got, l); return true })
		if fmt.Sprint(got) != want {
			t.Errorf("%d frames: %v", n, got)
		}
	}
}

// A call allocates nothing.
func TestAllocations(t *testing.T) {
	for _, f := range formats() {
		rng := rand.New(rand.NewSource(3))
		size := image.Pt(64, 32)
		a, _ := random(f, size, rng)
		b, _ := random(f, size, rng)
		dst := f.new(image.Rectangle{Max: size})
		if n := testing.AllocsPerRun(10, func() {
			if err := fade.Images(dst, a, b, 0.3); err != nil {
				t.Error(err)
			}
		}); n > 0 {
			t.Errorf("%s: %v allocations", f.name, n)
		}
	}
	r := image.Rect(0, 0, 64, 32)
	dst, mask := image.NewNRGBA(r), image.NewAlpha(r)
	if n := testing.AllocsPerRun(10, func() {
		if err := fade.Mask(dst, dst, dst, mask); err != nil {
			t.Error(err)
		}
	}); n > 0 {
		t.Errorf("mask: %v allocations", n)
	}
}

// Whatever the types, rectangles and strides, it is the exact mix or an error; nothing else is
// written, and nothing panics.
func FuzzImages(f *testing.F) {
	all := formats()
	for i := range all {
		f.Add(uint8(i), uint8(i), 0, 0, 6, 4, 24, 0, 0, 6, 4, 24, int64(i), 0.3)
		f.Add(uint8(i), uint8(i), 4, 2, 9, 7, 40, 1, -3, 6, 2, 48, int64(i), 0.5)
	}
	f.Fuzz(func(t *testing.T, dstFormat, format uint8, x0, y0, x1, y1, stride, u0, v0, u1, v1, stride2 int, seed int64, lambda float64) {
		rng := rand.New(rand.NewSource(seed))
		fd, fs := all[int(dstFormat)%len(all)], all[int(format)%len(all)]
		r, other := image.Rectangle{image.Pt(x0, y0), image.Pt(x1, y1)}, image.Rectangle{image.Pt(u0, v0), image.Pt(u1, v1)}
		dst, a, b := malformed(fd, r, stride, rng), malformed(fs, other, stride2, rng), malformed(fs, r, stride, rng)
		if seed%3 == 0 {
			b = dst
		}
		before := clone(fd, dst)
		keepA, keepB := clone(fs, a), before
		if b != dst {
			keepB = clone(fs, b)
		}
		err := fade.Images(dst, a, b, lambda)
		if err != nil {
			for i, pix := range fd.memory(dst) {
				if !bytes.Equal(pix, before[i]) {
					t.Fatalf("%v, and dst was written", err)
				}
			}
			return
		}
		// The rectangles fit, or there would be an error.
		oldA, oldB, want := replaced(a, keepA), replaced(b, keepB), replaced(dst, before)
		w := uint32(math.RoundToEven(lambda * (1 << 15)))
		var o oracle
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				p, q := a.Bounds().Min.Sub(r.Min), b.Bounds().Min.Sub(r.Min)
				fd.set(want, x, y, o.mix(fd, fd.get(oldA, x+p.X, y+p.Y), fd.get(oldB, x+q.X, y+q.Y), w, 1<<15-w))
			}
		}
		for i, pix := range fd.memory(dst) {
			if !bytes.Equal(pix, fd.memory(want)[i]) {
				t.Fatalf("%s: plane %d differs", fd.name, i)
			}
		}
	})
}

// malformed makes an image whose rectangle and stride need not fit its memory.
func malformed(f format, r image.Rectangle, stride int, rng *rand.Rand) image.Image {
	m := f.new(image.Rect(0, 0, 4, 4))
	pix := func() []uint8 { p := make([]uint8, rng.Intn(700)); rng.Read(p); return p }
	switch m := m.(type) {
	case *image.RGBA:
		m.Pix, m.Stride, m.Rect = pix(), stride, r
	case *image.NRGBA:
		m.Pix, m.Stride, m.Rect = pix(), stride, r
	case *image.Gray:
		m.Pix, m.Stride, m.Rect = pix(), stride, r
	case *image.Alpha:
		m.Pix, m.Stride, m.Rect = pix(), stride, r
	case *image.CMYK:
		m.Pix, m.Stride, m.Rect = pix(), stride, r
	case *image.RGBA64:
		m.Pix, m.Stride, m.Rect = pix(), stride, r
	case *image.NRGBA64:
		m.Pix, m.Stride, m.Rect = pix(), stride, r
	case *image.Gray16:
		m.Pix, m.Stride, m.Rect = pix(), stride, r
	case *image.Alpha16:
		m.Pix, m.Stride, m.Rect = pix(), stride, r
	case *image.YCbCr:
		m.Y, m.Cb, m.Cr, m.YStride, m.CStride, m.Rect = pix(), pix(), pix(), stride, stride/(1+rng.Intn(2)), r
	}
	return m
}

// replaced returns the image with other memory.
func replaced(m image.Image, pix [][]uint8) image.Image {
	switch m := m.(type) {
	case *image.RGBA:
		n := *m
		n.Pix = bytes.Clone(pix[0])
		return &n
	case *image.NRGBA:
		n := *m
		n.Pix = bytes.Clone(pix[0])
		return &n
	case *image.Gray:
		n := *m
		n.Pix = bytes.Clone(pix[0])
		return &n
	case *image.Alpha:
		n := *m
		n.Pix = bytes.Clone(pix[0])
		return &n
	case *image.CMYK:
		n := *m
		n.Pix = bytes.Clone(pix[0])
		return &n
	case *image.RGBA64:
		n := *m
		n.Pix = bytes.Clone(pix[0])
		return &n
	case *image.NRGBA64:
		n := *m
		n.Pix = bytes.Clone(pix[0])
		return &n
	case *image.Gray16:
		n := *m
		n.Pix = bytes.Clone(pix[0])
		return &n
	case *image.Alpha16:
		n := *m
		n.Pix = bytes.Clone(pix[0])
		return &n
	}
	n := *m.(*image.YCbCr)
	n.Y, n.Cb, n.Cr = bytes.Clone(pix[0]), bytes.Clone(pix[1]), bytes.Clone(pix[2])
	return &n
}
