// Command cifar reads CIFAR-10 as a training loop does, in mixed batches, and says how many images a second that is.
//
//	cifar load [-alpha A] [-cutmix A] [-batch N] [-epochs N] [-seed S] [-workers N] [FILES…]
//	cifar write -out FILE [-n N] [-seed S] [PICTURES…]
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/urfave/cli/v3"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/examples/cifar/loader"
	"github.com/mixblend/blend/internal/shared/files"
	"github.com/mixblend/blend/mixup"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	os.Exit(run(ctx, os.Args, os.Stdout, os.Stderr))
}

// run returns the exit status: 0, or 1 if something went wrong.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	err := app(stdout, stderr).Run(ctx, args)
	if err == nil {
		return 0
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	fmt.Fprintln(stderr, "cifar:", err)
	return 1
}

func app(stdout, stderr io.Writer) *cli.Command {
	asIs := func(_ context.Context, _ *cli.Command, err error, _ bool) error { return err }
	return &cli.Command{
		Name:            "cifar",
		Usage:           "mixed batches of CIFAR-10",
		HideHelpCommand: true,
		Writer:          stdout,
		ErrWriter:       stderr,
		ExitErrHandler:  func(context.Context, *cli.Command, error) {}, // run reports them
		OnUsageError:    asIs,
		DefaultCommand:  "load",
		Commands: []*cli.Command{{
			Name:      "load",
			Usage:     "read binary files of CIFAR-10 (data_batch_1.bin, …), or a generated one",
			ArgsUsage: "[FILES…]",
			Flags: []cli.Flag{
				&cli.FloatFlag{Name: "alpha", Value: 1, Usage: "mixup by λ ~ Beta(`A`, A), 0 for none"},
				&cli.FloatFlag{Name: "cutmix", Usage: "CutMix by λ ~ Beta(`A`, A), 0 for none; with mixup too, they take turns"},
				&cli.IntFlag{Name: "batch", Value: 256, Usage: "`N` images a batch"},
				&cli.IntFlag{Name: "epochs", Value: 100, Usage: "read all images `N` times"},
				&cli.IntFlag{Name: "records", Usage: "each file must have `N` records; 0: any number (CIFAR-10's have 10000)"},
				&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "`S` decides order, crops, flips and mixes"},
				&cli.IntFlag{Name: "workers", Usage: "`N` goroutines make batches; 0: as many as there are CPUs"},
			},
			OnUsageError: asIs,
			Action:       load,
		}, {
			Name:      "write",
			Usage:     "write a file of that format: crops of up to ten pictures, one a class, or patterns",
			ArgsUsage: "[PICTURES…]",
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "out", Required: true, Usage: "write to `FILE`"},
				&cli.IntFlag{Name: "n", Value: 10000, Usage: "`N` records"},
				&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "`S` decides what is cropped or drawn"},
			},
			OnUsageError: asIs,
			Action: func(ctx context.Context, cmd *cli.Command) error {
				return write(ctx, cmd.String("out"), cmd.Int("n"), cmd.Uint64("seed"), cmd.Args().Slice())
			},
		}},
	}
}

func write(ctx context.Context, out string, n int, seed uint64, pictures []string) error {
	if _, err := files.NewOutput(out, pictures...); err != nil { // before pictures are decoded
		return err
	}
	source := loader.Patterns(seed)
	if len(pictures) > 0 {
		var err error
		if source, err = loader.Pictures(ctx, seed, pictures...); err != nil {
			return err
		}
	}
	return loader.WriteFile(ctx, out, n, source, pictures...)
}

func load(ctx context.Context, cmd *cli.Command) error {
	stdout, stderr := cmd.Root().Writer, cmd.Root().ErrWriter
	config := loader.Config{
		Batch: cmd.Int("batch"), Epochs: cmd.Int("epochs"), Seed: cmd.Uint64("seed"), Workers: cmd.Int("workers"), Pad: 4, Flip: true,
	}
	config.Mix = mixup.Config{Alpha: cmd.Float("alpha"), CutMixAlpha: cmd.Float("cutmix")}
	names := cmd.Args().Slice()
	if len(names) == 0 {
		dir, err := os.MkdirTemp("", "cifar-*")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		names = []string{filepath.Join(dir, "patterns.bin")}
		fmt.Fprintln(stdout, "no files: making one of 10000 patterns")
		if err := write(ctx, names[0], 10000, config.Seed, nil); err != nil {
			return err
		}
	}
	data, err := loader.Open(cmd.Int("records"), names...)
	if err != nil {
		return err
	}
	defer data.Close()
	if most := math.MaxInt / data.Len(); config.Epochs > most {
		return fmt.Errorf("-epochs %d is more than %d, as often as %d images can be counted", config.Epochs, most, data.Len())
	}
	l, err := loader.Start(ctx, data, config)
	if err != nil {
		return err
	}
	defer l.Stop() // before Close

	begin := time.Now()
	p := newProgress(stderr, data.Len(), config.Epochs)
	images := 0
	for b := range l.C() {
		// A training loop has its step here, with b.Images and b.Labels.
		images += len(b.Samples)
		p.add(len(b.Samples))
		b.Release()
	}
	spent := time.Since(begin)
	p.end()
	if err := l.Stop(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%d images in %.2f s, %.0f images/s, by %s\n",
		images, spent.Seconds(), float64(images)/spent.Seconds(), blend.Implementation())
	return err
}

// progress is a bar on a terminal, else a line every few seconds.
type progress struct {
	w     io.Writer
	begin time.Time
	next  time.Duration // when to write a line
	done  int
	total int
	bars  *mpb.Progress // nil where w is no terminal
	bar   *mpb.Bar
}

func newProgress(w io.Writer, images, epochs int) *progress {
	p := &progress{w: w, begin: time.Now(), next: 5 * time.Second, total: images * epochs}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bars = mpb.New(mpb.WithOutput(f), mpb.WithWidth(40))
		p.bar = p.bars.AddBar(int64(p.total),
			mpb.PrependDecorators(decor.CountersNoUnit("%d of %d images ")),
			mpb.AppendDecorators(decor.Any(func(s decor.Statistics) string {
				return fmt.Sprintf(" %.0f images/s", float64(s.Current)/time.Since(p.begin).Seconds())
			})))
	}
	return p
}

func (p *progress) add(images int) {
	p.done += images
	if p.bar != nil {
		p.bar.IncrBy(images)
	} else if spent := time.Since(p.begin); spent > p.next {
		p.next += 5 * time.Second
		fmt.Fprintf(p.w, "%d of %d images, %.0f images/s\n", p.done, p.total, float64(p.done)/spent.Seconds())
	}
}

// end takes the bar away.
func (p *progress) end() {
	if p.bar != nil {
		p.bar.Abort(true)
		p.bars.Wait()
	}
}
