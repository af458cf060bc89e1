// Command cifar reads CIFAR-10 as a training loop does, in mixed batches, and says how many images a second that is.
//
//	cifar load [-alpha A] [-cutmix A] [-batch N] [-epochs N] [-seed S] [-rank N -world N] [-workers N] [FILES…]
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

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/examples/cifar/loader"
	"github.com/mixblend/blend/examples/feed"
	"github.com/mixblend/blend/examples/feed/progress"
	"github.com/mixblend/blend/examples/feed/rank"
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
				&cli.FloatFlag{Name: "cutmix", Usage: "CutMix by λ ~ Beta(`A`, A), 0 for none; with mixup too, one of the two is drawn for each mix"},
				&cli.IntFlag{Name: "batch", Value: 256, Usage: "`N` images a batch"},
				&cli.IntFlag{Name: "epochs", Value: 100, Usage: "read all images `N` times"},
				&cli.IntFlag{Name: "records", Usage: "each file must have `N` records; 0: any number (CIFAR-10's have 10000)"},
				&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "`S` decides order, crops, flips and mixes"},
				&cli.IntFlag{Name: "rank", Value: -1, Usage: "this is process `N` of several; −1: as torchrun, mpirun, Slurm or Kubernetes say"},
				&cli.IntFlag{Name: "world", Value: -1, Usage: "of `N` processes"},
				&cli.IntFlag{Name: "workers", Usage: "`N` goroutines make batches; 0: as many as there are CPUs"},
			},
			OnUsageError: asIs,
			Action:       load,
		}, {
			Name:      "write",
			Usage:     "write a file in the same format: crops of up to ten pictures, one class per picture, or generated patterns",
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
	if _, err := files.NewOutput(out, pictures...); err != nil { // before any work
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
	r, err := rank.Of(cmd.Int("rank"), cmd.Int("world"), os.Getenv)
	if err != nil {
		return err
	}
	config := feed.Config{
		Batch: cmd.Int("batch"), Epochs: cmd.Int("epochs"), Seed: cmd.Uint64("seed"), Workers: cmd.Int("workers"),
		Rank: r, Mix: mixup.Config{Alpha: cmd.Float("alpha"), CutMixAlpha: cmd.Float("cutmix")},
	}
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
	format, err := data.Format(loader.Augment{Pad: 4, Flip: true})
	if err != nil {
		return err
	}
	f, err := feed.Start(ctx, format, config)
	if err != nil {
		return err
	}
	defer f.Stop() // before Close

	begin := time.Now()
	from, to := r.Span(data.Len())
	p := progress.New(stderr, "", (to-from)*config.Epochs)
	images := 0
	for b := range f.C() {
		// A training loop has its step here, with b.Images and b.Labels.
		images += len(b.Samples)
		p.Add(len(b.Samples))
		b.Release()
	}
	spent := time.Since(begin)
	p.End()
	if err := f.Stop(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%d images in %.2f s, %.0f images/s, by %s\n",
		images, spent.Seconds(), float64(images)/spent.Seconds(), blend.Implementation())
	return err
}
