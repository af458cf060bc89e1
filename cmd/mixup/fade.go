package main

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"io"
	"path/filepath"
	"strings"

	"github.com/soniakeys/quant"
	"github.com/soniakeys/quant/median"
	"github.com/urfave/cli/v3"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/fade"
	"github.com/mixblend/blend/internal/shared/files"
	"github.com/mixblend/blend/internal/shared/pictures"
)

const (
	maxFrames = 1000
	fadeSide  = 480 // of the longer side, unless -size says more
	endDelay  = 100 // of the first and the last frame, in hundredths of a second
)

var easings = map[string]func(float64) float64{
	"none": nil, "in": fade.EaseIn, "out": fade.EaseOut, "in-out": fade.EaseInOut,
}

func fadeCommand() *cli.Command {
	return &cli.Command{
		Name:      "fade",
		Usage:     "cross-fade two pictures in an animated GIF",
		UsageText: "mixup fade [-frames N] [-fps N] [-ease HOW] [-size WxH] [-out fade.gif] [FROM TO]",
		Description: "Scales two PNG or JPEG files to one size, and mixes a frame for each step from the first\n" +
			"to the second. Without files it draws pictures of its own.",
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "frames", Value: 24, Usage: "`N` frames, 2 to 1000, the two pictures included"},
			&cli.IntFlag{Name: "fps", Value: 20, Usage: "`N` frames a second, 1 to 50; each picture is held for a second"},
			&cli.StringFlag{Name: "ease", Value: "in-out", Usage: "easing `HOW`: in (begins slowly), out (ends slowly), in-out or none"},
			&cli.StringFlag{Name: "size", Usage: "scale and crop pictures to `WxH` pixels", DefaultText: "the first one's, up to 480"},
			&cli.StringFlag{Name: "out", Value: "fade.gif", Usage: "write to `FILE`, .gif"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			job := fadeJob{
				frames: cmd.Int("frames"), fps: cmd.Int("fps"), ease: cmd.String("ease"),
				out: cmd.String("out"), files: cmd.Args().Slice(),
			}
			if cmd.IsSet("size") {
				var err error
				if job.w, job.h, err = parseSize(cmd.String("size")); err != nil {
					return err
				}
			}
			summary, err := job.run(ctx)
			if err == nil {
				_, err = fmt.Fprintln(cmd.Root().Writer, summary)
			}
			return err
		},
	}
}

// A fadeJob is the command line of mixup fade.
type fadeJob struct {
	frames, fps int
	ease        string
	w, h        int // 0: as the first picture
	out         string
	files       []string
}

// run writes the animation, and returns what to say about it.
func (j *fadeJob) run(ctx context.Context) (string, error) {
	if err := j.check(ctx); err != nil {
		return "", err
	}
	out, err := files.NewOutput(j.out, j.files...)
	if err != nil {
		return "", err
	}
	from, to, err := j.load(ctx)
	if err != nil {
		return "", err
	}
	animation, err := j.mix(ctx, from, to)
	if err != nil {
		return "", err
	}
	if err := out.Write(ctx, func(w io.Writer) error { return gif.EncodeAll(w, animation) }); err != nil {
		return "", err
	}
	return fmt.Sprintf("faded in %d frames of %d×%d, with the %s implementation\nwrote %s",
		j.frames, from.Rect.Dx(), from.Rect.Dy(), blend.Implementation(), j.out), nil
}

// check finds what is wrong with the command line.
func (j *fadeJob) check(ctx context.Context) error {
	if j.frames < 2 || j.frames > maxFrames {
		return usagef("-frames %d is not from 2 to %d", j.frames, maxFrames)
	}
	if j.fps < 1 || j.fps > 50 {
		return usagef("-fps %d is not from 1 to 50", j.fps)
	}
	if _, ok := easings[j.ease]; !ok {
		return usagef("-ease %q is none of in, out, in-out and none", j.ease)
	}
	if strings.ToLower(filepath.Ext(j.out)) != ".gif" {
		return usagef("-out %q does not end in .gif", j.out)
	}
	switch n := len(j.files); n {
	case 0, 2:
		return nil
	case 1:
		return wrongNumber(ctx, j.files, "only one picture, %s: a fade is from one to another", j.files[0])
	default:
		return wrongNumber(ctx, j.files, "%d pictures: a fade is from one to another", n)
	}
}

// load returns the two pictures at one size. It holds one decoded picture at a time.
func (j *fadeJob) load(ctx context.Context) (from, to *image.RGBA, err error) {
	if from, err = j.picture(ctx, 0); err != nil {
		return nil, nil, err
	}
	to, err = j.picture(ctx, 1)
	return from, to, err
}

// picture returns picture i, scaled. The first one sets the size, unless the command line does.
func (j *fadeJob) picture(ctx context.Context, i int) (*image.RGBA, error) {
	var decoded image.Image
	if len(j.files) > 0 {
		var err error
		if decoded, err = pictures.Decode(ctx, j.files[i]); err != nil {
			return nil, err
		}
	}
	if j.w == 0 {
		j.w, j.h = fadeSide, fadeSide
		if decoded != nil {
			size := decoded.Bounds().Size()
			longer := max(size.X, size.Y, fadeSide)
			j.w, j.h = max(1, size.X*fadeSide/longer), max(1, size.Y*fadeSide/longer)
		}
	}
	if int64(j.w)*int64(j.h)*int64(j.frames) > maxPixels {
		return nil, fmt.Errorf("%d frames of %d×%d would have more than %d pixels", j.frames, j.w, j.h, maxPixels)
	}
	scaled := image.NewRGBA(image.Rect(0, 0, j.w, j.h))
	if decoded == nil {
		samples[i].draw(ctx, scaled.Pix, j.w, j.h)
		return scaled, ctx.Err()
	}
	return scaled, pictures.Scale(ctx, scaled, decoded, pictures.Crop(decoded.Bounds(), j.w, j.h))
}

// mix returns the animation, each frame in colors of its own.
func (j *fadeJob) mix(ctx context.Context, from, to *image.RGBA) (*gif.GIF, error) {
	frame := image.NewRGBA(from.Rect)
	animation := new(gif.GIF)
	var err error
	fade.Transition(j.frames, easings[j.ease])(func(lambda float64) bool {
		var few *image.Paletted
		few, err = await(ctx, func() (*image.Paletted, error) {
			if err := fade.Images(frame, to, from, lambda); err != nil {
				return nil, err
			}
			few := image.NewPaletted(frame.Rect, median.Quantizer(256).Quantize(make(color.Palette, 0, 256), frame))
			quant.Sierra24A{}.Draw(few, few.Rect, frame, image.Point{})
			return few, nil
		})
		if err != nil {
			return false
		}
		animation.Image = append(animation.Image, few)
		animation.Delay = append(animation.Delay, (100+j.fps/2)/j.fps)
		return true
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	animation.Delay[0], animation.Delay[j.frames-1] = endDelay, endDelay
	return animation, nil
}
