package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"

	bild "github.com/anthonynsimon/bild/blend"
	"github.com/disintegration/imaging"
	"github.com/urfave/cli/v3"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/cmd/bench"
	"github.com/mixblend/blend/fade"
)

// fullHD is what most videos are.
var fullHD = image.Pt(1920, 1080)

// A fader mixes two pictures.
type fader struct {
	name   string
	kind   bench.Kind
	mix    func() error
	result func() []uint8
}

// A fading is one way to mix pictures, and those who can.
type fading struct {
	name   string
	place  string
	bytes  int    // of a picture
	reset  func() // before what is looked at, not before what is timed
	faders []fader
}

func fadeCommand() *cli.Command {
	return &cli.Command{
		Name:            "fade",
		Usage:           "measure cross-fades of pictures of 1920 × 1080, by package fade and by others",
		UsageText:       "peers fade [-quick]",
		HideHelpCommand: true,
		Flags:           []cli.Flag{&cli.BoolFlag{Name: "quick", Usage: "few rounds only"}},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			if cmd.Args().Present() {
				return fmt.Errorf("it takes no arguments, but there is %q", cmd.Args().First())
			}
			o := bench.DefaultOptions(cmd.Bool("quick"))
			o.Passes, o.Rounds, o.Seconds = 1, 21, 10
			if cmd.Bool("quick") {
				o.Rounds, o.Seconds = 5, 1
			}
			return measureFades(ctx, cmd.Root().Writer, fullHD, o)
		},
	}
}

// measureFades holds a contest for each way to mix pictures, from caches and from memory.
func measureFades(ctx context.Context, stdout io.Writer, size image.Point, o bench.Options) error {
	r := bench.NewResult(o)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // imaging and bild take a goroutine a core
	r.Software = bench.Software("github.com/anthonynsimon/bild", "github.com/disintegration/imaging")
	fmt.Fprintf(stdout, "%simaging %s, bild %s, %s; pictures of %d × %d, one goroutine, λ = %v\n\n%s", r.Machine,
		r.Software["github.com/disintegration/imaging"], r.Software["github.com/anthonynsimon/bild"], r.Software["go"],
		size.X, size.Y, blend.Quantize(o.Lambda), bench.Legend)
	for _, f := range fadings(size, o.Lambda) {
		for _, cold := range []bool{false, true} {
			c := bench.Case{Type: bench.Uint8, Place: f.place, Workers: 1, Rows: size.Y, Columns: f.bytes / size.Y, WorkingSet: 3 * f.bytes, Cold: cold}
			if f.place == bench.InPlace {
				c.WorkingSet = 2 * f.bytes
			}
			contest, err := holdFade(ctx, r.Machine.Caches, c, f, o)
			if err != nil {
				return fmt.Errorf("%s: %w", f.name, err)
			}
			fmt.Fprintf(stdout, "\n%s", f.name)
			if err := bench.NewTable(stdout).Add(contest); err != nil {
				return err
			}
		}
	}
	return nil
}

func holdFade(ctx context.Context, caches bench.Caches, c bench.Case, f fading, o bench.Options) (bench.Contest, error) {
	memory := bench.NewMemory([]bench.Case{c}, caches)
	from, to := bench.Lines(f.bytes), bench.Lines(f.bytes)
	contestants := []bench.Contestant{memory.Local(c, bench.Copy, bench.Limit, func() error { copy(to, from); return nil })}
	differs := map[string]float64{}
	var want []uint8 // what the first makes
	for _, p := range f.faders {
		f.reset()
		if err := p.mix(); err != nil {
			return bench.Contest{}, err
		}
		if want == nil {
			want = bytes.Clone(p.result())
		}
		var err error
		if differs[p.name], err = unlike(p.result(), want); err != nil {
			return bench.Contest{}, fmt.Errorf("%s: %w", p.name, err)
		}
		contestants = append(contestants, memory.Local(c, p.name, p.kind, p.mix))
	}
	s := bench.Series{Case: c}
	if err := s.Hold(ctx, contestants, o); err != nil {
		return bench.Contest{}, err
	}
	contest := s.Contest(o)
	for i := range contest.Entries {
		contest.Entries[i].Differs = differs[contest.Entries[i].Name]
	}
	return contest, nil
}

// unlike returns the share of bytes that are not the same. One that is further away than rounding, and
// alpha of eight bits, may take it is an error.
func unlike(got, want []uint8) (float64, error) {
	n := 0
	for i, v := range want {
		d := int(got[i]) - int(v)
		if d != 0 {
			n++
		}
		if d < -3 || d > 3 {
			return 0, fmt.Errorf("it is no such mix: byte %d is %d, expected %d", i, got[i], v)
		}
	}
	return float64(n) / float64(len(want)), nil
}

// fadings returns the ways to mix pictures of a size, each with pictures that are opaque.
func fadings(size image.Point, lambda float64) []fading {
	r := image.Rectangle{Max: size}
	rng := rand.New(rand.NewPCG(1, 2))
	fill := func(pix []uint8, pixel int) []uint8 {
		for i := range pix {
			pix[i] = uint8(rng.Uint32())
			if pixel == 4 && i%4 == 3 {
				pix[i] = 255
			}
		}
		return pix
	}
	a, b, dst := image.NewRGBA(r), image.NewRGBA(r), image.NewRGBA(r)
	fill(a.Pix, 4)
	fill(b.Pix, 4)
	na, nb := &image.NRGBA{Pix: a.Pix, Stride: a.Stride, Rect: r}, &image.NRGBA{Pix: b.Pix, Stride: b.Stride, Rect: r}
	ndst := image.NewNRGBA(r)
	pix := func(m *image.RGBA) func() []uint8 { return func() []uint8 { return m.Pix } }
	uniform := image.NewUniform(color.Alpha16{uint16(lambda*65535 + 0.5)})
	mask := image.NewAlpha(r)
	fill(mask.Pix, 1)
	over := func(m image.Image) func() error {
		return func() error {
			draw.Draw(dst, r, b, image.Point{}, draw.Src)
			draw.DrawMask(dst, r, a, image.Point{}, m, image.Point{}, draw.Over)
			return nil
		}
	}
	var overlaid *image.NRGBA
	var blended *image.RGBA

	const s420 = image.YCbCrSubsampleRatio420
	ya, yb, ydst := image.NewYCbCr(r, s420), image.NewYCbCr(r, s420), image.NewYCbCr(r, s420)
	planes := func(m *image.YCbCr) [][]uint8 { return [][]uint8{m.Y, m.Cb, m.Cr} }
	size420 := 0
	for i, p := range planes(ya) {
		size420 += len(fill(p, 1))
		fill(planes(yb)[i], 1)
	}
	joined := func() []uint8 { return slices.Concat(planes(ydst)...) }

	return []fading{
		{"RGBA", bench.OutOfPlace, len(a.Pix), func() {}, []fader{
			{"fade.Images", bench.Blend, func() error { return fade.Images(dst, a, b, lambda) }, pix(dst)},
			{"blend.Uint8", bench.Blend, func() error { return blend.Uint8(dst.Pix, a.Pix, b.Pix, lambda) }, pix(dst)},
			{"fade.Images, NRGBA", bench.Blend, func() error { return fade.Images(ndst, na, nb, lambda) }, func() []uint8 { return ndst.Pix }},
			{"image/draw", bench.Peer, over(uniform), pix(dst)},
			{"imaging", bench.Peer, func() error { overlaid = imaging.Overlay(nb, na, image.Point{}, lambda); return nil }, func() []uint8 { return overlaid.Pix }},
			{"bild", bench.Peer, func() error { blended = bild.Opacity(b, a, lambda); return nil }, func() []uint8 { return blended.Pix }},
		}},
		{"RGBA", bench.InPlace, len(a.Pix), func() { copy(dst.Pix, b.Pix) }, []fader{
			{"fade.Images", bench.Blend, func() error { return fade.Images(dst, a, dst, lambda) }, pix(dst)},
			{"blend.Uint8", bench.Blend, func() error { return blend.Uint8(dst.Pix, a.Pix, dst.Pix, lambda) }, pix(dst)},
			{"image/draw", bench.Peer, func() error {
				draw.DrawMask(dst, r, a, image.Point{}, uniform, image.Point{}, draw.Over)
				return nil
			}, pix(dst)},
		}},
		{"RGBA by a mask", bench.OutOfPlace, len(a.Pix), func() {}, []fader{
			{"fade.Mask", bench.Blend, func() error { return fade.Mask(dst, a, b, mask) }, pix(dst)},
			{"image/draw", bench.Peer, over(mask), pix(dst)},
		}},
		{"YCbCr 4:2:0", bench.OutOfPlace, size420, func() {}, []fader{
			{"fade.Images", bench.Blend, func() error { return fade.Images(ydst, ya, yb, lambda) }, joined},
			{"blend.Uint8", bench.Blend, func() error {
				for i, p := range planes(ydst) {
					if err := blend.Uint8(p, planes(ya)[i], planes(yb)[i], lambda); err != nil {
						return err
					}
				}
				return nil
			}, joined},
		}},
	}
}
