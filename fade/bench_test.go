package fade_test

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math/rand"
	"slices"
	"testing"
	"time"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/fade"
)

var fullHD = image.Rect(0, 0, 1920, 1080)

// The time of a cross-fade of 1920 × 1080 pixels, beside a copy of its bytes and blend.Uint8 on
// them.
func BenchmarkImages(b *testing.B) {
	const lambda = 0.3
	for _, f := range formats() {
		dst, x, y := f.new(fullHD), f.new(fullHD), f.new(fullHD)
		for _, m := range []image.Image{x, y} {
			for _, pix := range f.memory(m) {
				rand.New(rand.NewSource(1)).Read(pix)
			}
			if f.weigh {
				for i := range fullHD.Dx() * fullHD.Dy() {
					n := f.get(m, i%fullHD.Dx(), i/fullHD.Dx())
					n[3] = f.top
					f.set(m, i%fullHD.Dx(), i/fullHD.Dx(), n)
				}
			}
		}
		size := 0
		for _, pix := range f.memory(x) {
			size += len(pix)
		}
		bench := func(how string, do func()) {
			b.Run(fmt.Sprintf("type=%s/how=%s", f.name, how), func(b *testing.B) {
				b.SetBytes(int64(size))
				for range b.N {
					do()
				}
			})
		}
		bench("copy", func() {
			for i, pix := range f.memory(dst) {
				copy(pix, f.memory(x)[i])
			}
		})
		bench("Uint8", func() {
			for i, pix := range f.memory(dst) {
				if err := blend.Uint8(pix, f.memory(x)[i], f.memory(y)[i], lambda); err != nil {
					b.Fatal(err)
				}
			}
		})
		images := func(dst, a, c image.Image, options ...fade.Option) func() {
			return func() {
				if err := fade.Images(dst, a, c, lambda, options...); err != nil {
					b.Fatal(err)
				}
			}
		}
		bench("out", images(dst, x, y))
		bench("in-place", images(dst, dst, y))
		bench("two-workers", images(dst, x, y, fade.Workers(2)))
		if f.top == 255 && len(f.memory(x)) == 1 {
			mask := image.NewAlpha(fullHD)
			rand.New(rand.NewSource(2)).Read(mask.Pix)
			bench("mask", func() {
				if err := fade.Mask(dst, x, y, mask); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

// BenchmarkMaskRatio measures fade.Mask beside what package image has for it: the other picture, drawn over with a mask. It is to be
// read as BenchmarkImagesRatio.
func BenchmarkMaskRatio(b *testing.B) {
	mask := image.NewAlpha(fullHD)
	rand.New(rand.NewSource(2)).Read(mask.Pix)
	for _, f := range formats() {
		if f.name != "RGBA" && f.name != "NRGBA" && f.name != "Gray" {
			continue
		}
		dst, x, y := f.new(fullHD).(draw.Image), f.new(fullHD), f.new(fullHD)
		for _, m := range []image.Image{x, y} {
			for _, pix := range f.memory(m) {
				for i := range pix {
					pix[i] = uint8(i*7) | uint8(i%4/3*255) // opaque
				}
			}
		}
		compete(b, "type="+f.name, 1, []contestant{
			{"copy", func() error {
				for i, pix := range f.memory(dst) {
					copy(pix, f.memory(x)[i])
				}
				return nil
			}},
			{"Mask", func() error { return fade.Mask(dst, x, y, mask) }},
			{"DrawMask", func() error {
				draw.Draw(dst, fullHD, y, image.Point{}, draw.Src)
				draw.DrawMask(dst, fullHD, x, image.Point{}, mask, image.Point{}, draw.Over)
				return nil
			}},
		}, [][2]int{{1, 0}, {2, 1}})
	}
}

type contestant struct {
	name string
	call func() error
}

// compete reports ratios of the times of two contestants each.
// It calls each first, untimed, as often as warm says; if that is 0, other memory goes through the
// caches.
func compete(b *testing.B, name string, warm int, contestants []contestant, ratios [][2]int) {
	b.Run(name, func(b *testing.B) {
		var other []uint64
		if warm == 0 {
			other = make([]uint64, 16<<20) // 128 MiB
			for i := range other {
				other[i] = uint64(i)
			}
		}
		times := make([][]float64, len(contestants))
		for range b.N {
			for _, i := range rand.Perm(len(contestants)) {
				sum := uint64(0)
				for k := 0; k < len(other); k += 8 {
					sum += other[k]
				}
				if sum%8 != 0 {
					b.Fatal(sum)
				}
				var begin time.Time
				for range warm + 1 {
					begin = time.Now()
					if err := contestants[i].call(); err != nil {
						b.Fatal(err)
					}
				}
				times[i] = append(times[i], time.Since(begin).Seconds())
			}
		}
		for _, r := range ratios {
			all := make([]float64, b.N)
			for n := range all {
				all[n] = times[r[0]][n] / times[r[1]][n]
			}
			slices.Sort(all)
			b.ReportMetric(all[b.N/2], contestants[r[0]].name+"/"+contestants[r[1]].name)
		}
		b.ReportMetric(0, "ns/op")
	})
}

// BenchmarkImagesRatio measures what holds on a noisy machine: each round times one call of every
// contestant, in shuffled order, and the metrics are medians over the rounds of each round's ratios of
// times. Run it with -benchtime 200x.
func BenchmarkImagesRatio(b *testing.B) { benchmarkImagesRatio(b, 1) }

// BenchmarkColdImagesRatio is likewise, of images that no cache holds.
func BenchmarkColdImagesRatio(b *testing.B) { benchmarkImagesRatio(b, 0) }

func benchmarkImagesRatio(b *testing.B, warm int) {
	const lambda = 0.3
	for _, f := range formats() {
		if f.name != "RGBA" && f.name != "NRGBA" && f.name != "YCbCr 420" {
			continue
		}
		dst, x, y := f.new(fullHD), f.new(fullHD), f.new(fullHD)
		for _, m := range []image.Image{x, y} {
			for _, pix := range f.memory(m) {
				for i := range pix {
					pix[i] = uint8(i*7) | uint8(i%4/3*255) // opaque
				}
			}
		}
		pixels := func(m image.Image) [][]uint8 { return f.memory(m) }
		contestants := []contestant{
			{"copy", func() error {
				for i, pix := range pixels(dst) {
					copy(pix, pixels(x)[i])
				}
				return nil
			}},
			{"Uint8", func() error {
				for i, pix := range pixels(dst) {
					if err := blend.Uint8(pix, pixels(x)[i], pixels(y)[i], lambda); err != nil {
						return err
					}
				}
				return nil
			}},
			{"Images", func() error { return fade.Images(dst, x, y, lambda) }},
		}
		compete(b, "type="+f.name, warm, contestants, [][2]int{{2, 1}, {1, 0}, {2, 0}})
	}
}

// BenchmarkInPlaceRatio has the two images that a mix in place takes and no other, so that both stay in
// the caches that hold them. It is to be read as BenchmarkImagesRatio.
func BenchmarkInPlaceRatio(b *testing.B) {
	for _, f := range formats() {
		if f.name != "RGBA" && f.name != "NRGBA" && f.name != "YCbCr 420" {
			continue
		}
		dst, y := f.new(fullHD), f.new(fullHD)
		for _, m := range []image.Image{dst, y} {
			for _, pix := range f.memory(m) {
				for i := range pix {
					pix[i] = uint8(i*7) | uint8(i%4/3*255) // opaque
				}
			}
		}
		compete(b, "type="+f.name, 8, []contestant{
			{"copy", func() error {
				for i, pix := range f.memory(dst) {
					copy(pix, f.memory(y)[i])
				}
				return nil
			}},
			{"in-place", func() error { return fade.Images(dst, dst, y, 0.3) }},
		}, [][2]int{{1, 0}})
	}
}

// What package image offers instead: the other picture, drawn over with one alpha, or with a mask.
func BenchmarkDraw(b *testing.B) {
	dst, x, y := image.NewRGBA(fullHD), image.NewRGBA(fullHD), image.NewRGBA(fullHD)
	for _, m := range []*image.RGBA{x, y} {
		for i := range m.Pix {
			m.Pix[i] = uint8(i*7) | uint8(i%4/3*255)
		}
	}
	mask := image.NewAlpha(fullHD)
	rand.New(rand.NewSource(2)).Read(mask.Pix)
	for _, m := range []struct {
		name string
		mask image.Image
	}{{"uniform", image.NewUniform(color.Alpha{77})}, {"mask", mask}} {
		b.Run("mask="+m.name, func(b *testing.B) {
			b.SetBytes(int64(len(dst.Pix)))
			for range b.N {
				draw.Draw(dst, fullHD, y, image.Point{}, draw.Src)
				draw.DrawMask(dst, fullHD, x, image.Point{}, m.mask, image.Point{}, draw.Over)
			}
		})
	}
}
