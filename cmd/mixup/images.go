package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/examples/masks"
	"github.com/mixblend/blend/internal/shared/files"
	"github.com/mixblend/blend/mixup"
	"github.com/urfave/cli/v3"
)

const (
	minAlpha, maxAlpha = 1e-3, 1e3
	defaultSeed        = 64 // of the first few hundred, one whose λ are well spread for the samples
	maxSide            = 2048
	maxPixels          = 100_000_000 // of the sheet
)

func imagesCommand() *cli.Command {
	return &cli.Command{
		Name:      "images",
		Usage:     "mix pictures, and show the originals above the mixes",
		UsageText: "mixup images [-how mixup|cutmix|mask] [-alpha A] [-lambda L] [-seed S] [-size WxH] [-out mixed.png] [FILES…]",
		Description: "Scales PNG and JPEG files to one size, mixes each with another as one batch of bytes,\n" +
			"and writes one sheet of all. Without files it draws pictures of its own.\n" +
			"Masks are in turn low-frequency noise, a grid and a soft square.\n" +
			"The seed is fixed unless given, so the same command writes the same sheet.",
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "how", Value: byMixup, Usage: "`HOW` two pictures become one: mixup, cutmix or mask"},
			&cli.FloatFlag{Name: "alpha", Value: 1, Usage: "draw each λ from Beta(`A`, A), 0.001 to 1000"},
			&cli.FloatFlag{Name: "lambda", Usage: "one λ for all pictures, `L` from 0 to 1, instead of -alpha", HideDefault: true},
			&cli.Uint64Flag{Name: "seed", Value: defaultSeed, Usage: "`S` decides the partners and each λ"},
			&cli.StringFlag{Name: "size", Value: "224x224", Usage: "scale and crop pictures to `WxH` pixels"},
			&cli.StringFlag{Name: "out", Value: "mixed.png", Usage: "write the sheet to `FILE`, .png, .jpg or .jpeg"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			job := imagesJob{
				how:   cmd.String("how"),
				alpha: cmd.Float("alpha"),
				seed:  cmd.Uint64("seed"),
				out:   cmd.String("out"),
				files: cmd.Args().Slice(),
			}
			if cmd.IsSet("lambda") {
				if cmd.IsSet("alpha") {
					return usagef("-alpha and -lambda exclude each other")
				}
				l := cmd.Float("lambda")
				job.lambda = &l
			}
			var err error
			if job.w, job.h, err = parseSize(cmd.String("size")); err != nil {
				return err
			}
			summary, err := job.run(ctx)
			if err == nil {
				_, err = fmt.Fprintln(cmd.Root().Writer, summary)
			}
			return err
		},
	}
}

// An imagesJob is the command line of mixup images.
type imagesJob struct {
	how    string // byMixup, byCutMix or byMask
	alpha  float64
	lambda *float64 // if not nil, the one λ
	seed   uint64
	w, h   int
	out    string
	files  []string
}

// run writes the sheet, and returns what to say about it.
func (j *imagesJob) run(ctx context.Context) (string, error) {
	if err := j.check(); err != nil {
		return "", err
	}
	out, err := files.NewOutput(j.out, j.files...)
	if err != nil {
		return "", err
	}
	n := len(j.files)
	switch n {
	case 0:
		n = len(samples)
	case 1:
		return "", wrongNumber(ctx, j.files, "only one picture, %s: mixing needs at least two", j.files[0])
	}
	lay := newLayout(n, j.w, j.h)
	if size := lay.size(); int64(size.X)*int64(size.Y) > maxPixels {
		return "", fmt.Errorf("the sheet of %d pictures of %d×%d would have %d×%d pixels, more than %d",
			n, j.w, j.h, size.X, size.Y, maxPixels)
	}

	names, x, err := j.load(ctx, n)
	if err != nil {
		return "", err
	}
	m, err := await(ctx, func() (mixer, error) { return j.mix(n) })
	if err != nil {
		return "", err
	}
	mixed := make([]uint8, len(x))
	if err := m.Uint8(mixed, x); err != nil {
		return "", err
	}

	s := sheet{layout: lay, names: names, shares: m, title: j.how, formula: formulas[j.how], subtitle: j.distribution()}
	img, err := await(ctx, func() (image.Image, error) { return s.draw(x, mixed) })
	if err != nil {
		return "", err
	}
	if err := out.Write(ctx, func(w io.Writer) error { return encoder(j.out)(w, img) }); err != nil {
		return "", err
	}
	return fmt.Sprintf("mixed %d pictures of %d×%d by %s, %s, with the %s implementation\nwrote %s",
		n, j.w, j.h, j.how, j.distribution(), blend.Implementation(), j.out), nil
}

// check finds what is wrong with the flags. Comparisons are written so that NaN fails them.
func (j *imagesJob) check() error {
	if formulas[j.how] == "" {
		return usagef("-how %q is none of %s, %s and %s", j.how, byMixup, byCutMix, byMask)
	}
	if !(j.alpha >= minAlpha && j.alpha <= maxAlpha) {
		return usagef("-alpha %v is not in [%v, %v]", j.alpha, minAlpha, maxAlpha)
	}
	if j.lambda != nil && !(*j.lambda >= 0 && *j.lambda <= 1) {
		return usagef("-lambda %v is not in [0, 1]", *j.lambda)
	}
	if encoder(j.out) == nil {
		return usagef("-out %q does not end in .png, .jpg or .jpeg", j.out)
	}
	return nil
}

// load returns the pictures as one batch of n rows, each [H, W, 4]: opaque RGBA, as it is decoded.
func (j *imagesJob) load(ctx context.Context, n int) (names []string, x []uint8, err error) {
	x = make([]uint8, n*j.h*j.w*4)
	rows, err := blend.Rows(x, n)
	if err != nil {
		return nil, nil, err
	}
	for i, row := range rows {
		if len(j.files) == 0 {
			samples[i].draw(ctx, row, j.w, j.h)
			names = append(names, samples[i].name)
			continue
		}
		if err := loadPicture(ctx, row, j.files[i], j.w, j.h); err != nil {
			return nil, nil, err
		}
		base := filepath.Base(j.files[i])
		names = append(names, strings.TrimSuffix(base, filepath.Ext(base)))
	}
	return names, x, ctx.Err()
}

// How two pictures become one.
const (
	byMixup  = "mixup"
	byCutMix = "cutmix"
	byMask   = "mask"
)

var formulas = map[string]string{
	byMixup:  "x ← λx + (1 − λ)x[partner]",
	byCutMix: "x ← x, and x[partner] in a box",
	byMask:   "x ← mx + (1 − m)x[partner], m in each pixel",
}

// A mixer is what -how says.
type mixer interface {
	mixup.Shares
	Uint8(dst, x []uint8) error
}

// mix draws partners, then λ, so that neither -alpha nor -how changes who is mixed with whom, and -how no λ; then boxes or masks.
func (j *imagesJob) mix(n int) (mixer, error) {
	rng := rand.New(rand.NewPCG(j.seed, 0))
	index := partners(rng, n)
	lambda := make([]float64, n)
	for i := range lambda {
		if j.lambda != nil {
			lambda[i] = blend.Quantize(*j.lambda)
		} else {
			lambda[i] = blend.Quantize(symmetricBeta(rng, j.alpha))
		}
	}
	switch j.how {
	case byCutMix:
		boxes := make([]image.Rectangle, n)
		for i := range boxes {
			var err error
			if boxes[i], err = mixup.Box(j.h, j.w, lambda[i], rng.IntN(j.h), rng.IntN(j.w)); err != nil {
				return nil, err
			}
		}
		return mixup.NewCutMix(index, mixup.HWC, j.h, j.w, boxes...)
	case byMask:
		all := make([][]uint8, n)
		for i := range all {
			switch i % 3 {
			case 0:
				all[i] = masks.Noise(rng, j.h, j.w, lambda[i])
			case 1:
				all[i] = masks.Grid(rng, j.h, j.w, 4, lambda[i])
			case 2:
				all[i] = masks.Square(rng, j.h, j.w, lambda[i], 0.3)
			}
		}
		return mixup.NewMasks(index, mixup.HWC, j.h, j.w, all...)
	}
	return blend.NewPlan(index, lambda...)
}

// distribution says where λ comes from.
func (j *imagesJob) distribution() string {
	if j.lambda != nil {
		return fmt.Sprintf("λ = %v, seed %d", *j.lambda, j.seed)
	}
	return fmt.Sprintf("λ ~ Beta(%v, %[1]v), seed %d", j.alpha, j.seed)
}

// partners returns a random cyclic permutation of 0 to n−1 (Sattolo's algorithm): none is its own partner.
func partners(rng *rand.Rand, n int) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	for i := n - 1; i > 0; i-- {
		k := rng.IntN(i)
		p[i], p[k] = p[k], p[i]
	}
	return p
}

// symmetricBeta draws from Beta(alpha, alpha). If T has Student's t distribution with 2α degrees of freedom, then
// (1 + T/√(2α+T²))/2 has that of Beta(α, α); T is drawn as by Bailey (1994), "Polar generation of random variates with the
// t-distribution". The quotient of two gamma variates would be 0/0 for small α.
func symmetricBeta(rng *rand.Rand, alpha float64) float64 {
	r := math.Sqrt(math.Expm1(-math.Log(rng.Float64()) / alpha)) // may be +Inf
	t := r * math.Cos(2*math.Pi*rng.Float64())                   // T/√(2α); a cosine is never quite 0
	return (1 + math.Sin(math.Atan(t))) / 2                      // sin(atan t) = t/√(1+t²), for infinite t too
}

func parseSize(s string) (w, h int, err error) {
	ws, hs, _ := strings.Cut(s, "x")
	w, errW := strconv.Atoi(ws)
	h, errH := strconv.Atoi(hs)
	if errors.Join(errW, errH) != nil || w < 1 || h < 1 || w > maxSide || h > maxSide {
		return 0, 0, usagef("-size %q is not WxH with sides of 1 to %d", s, maxSide)
	}
	return w, h, nil
}
