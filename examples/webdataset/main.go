// Command webdataset reads tar shards of pictures as a training loop does, in mixed batches, and says how many images a second that is.
// It may be one of many ranks: start it by torchrun, mpirun, srun or as an Indexed Job of Kubernetes.
//
//	webdataset load [flags] URL…
//	webdataset write -out DIR [-name NAME] [-size N] [-seed S] FOLDER
//	webdataset index [-out FILE] URL…
//
// A URL is a file, or begins with http://, https://, s3:// or gs://. It may have braces, as train-{000..099}.tar, or be an index.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v3"
	_ "gocloud.dev/blob/gcsblob" // gs://
	_ "gocloud.dev/blob/s3blob"  // s3://

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/examples/feed"
	"github.com/mixblend/blend/examples/feed/progress"
	"github.com/mixblend/blend/examples/feed/rank"
	"github.com/mixblend/blend/examples/webdataset/shards"
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
	fmt.Fprintln(stderr, "webdataset:", err)
	return 1
}

func app(stdout, stderr io.Writer) *cli.Command {
	asIs := func(_ context.Context, _ *cli.Command, err error, _ bool) error { return err }
	return &cli.Command{
		Name:            "webdataset",
		Usage:           "mixed batches from tar shards of pictures",
		HideHelpCommand: true,
		Writer:          stdout,
		ErrWriter:       stderr,
		ExitErrHandler:  func(context.Context, *cli.Command, error) {}, // run reports them
		OnUsageError:    asIs,
		Commands: []*cli.Command{{
			Name:      "load",
			Usage:     "read shards, and make mixed, normalized batches of them",
			ArgsUsage: "URL…",
			Flags: []cli.Flag{
				&cli.IntFlag{Name: "classes", Value: 1000, Usage: "there are `N` classes"},
				&cli.IntFlag{Name: "side", Value: 224, Usage: "scale images to `N` × N pixels"},
				&cli.StringFlag{Name: "label", Value: "label", Usage: "the class is the field `NAME` of a .json, where there is no .cls"},
				&cli.BoolFlag{Name: "validate", Usage: "center crops in the order of the shards; nothing is drawn, nothing is mixed"},
				&cli.FloatFlag{Name: "alpha", Value: 0.2, Usage: "mixup by λ ~ Beta(`A`, A), 0 for none"},
				&cli.FloatFlag{Name: "cutmix", Value: 1, Usage: "CutMix by λ ~ Beta(`A`, A), 0 for none; with mixup too, one of the two is drawn for each mix"},
				&cli.FloatFlag{Name: "smoothing", Value: 0.1, Usage: "label smoothing `S`"},
				&cli.IntFlag{Name: "batch", Value: 64, Usage: "`N` images a batch"},
				&cli.BoolFlag{Name: "drop-last", Usage: "leave out the last batch of an epoch if it is shorter on any rank"},
				&cli.IntFlag{Name: "epochs", Value: 1, Usage: "read all samples `N` times"},
				&cli.IntFlag{Name: "epoch", Usage: "begin with epoch `N`"},
				&cli.IntFlag{Name: "step", Usage: "begin at step `N` of that epoch"},
				&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "`S` decides order, crops, flips and mixes"},
				&cli.IntFlag{Name: "shuffle", Value: 1000, Usage: "draw each sample from a buffer of `N`"},
				&cli.IntFlag{Name: "streams", Value: 4, Usage: "read `N` shards at once"},
				&cli.BoolFlag{Name: "skip-broken", Usage: "leave out broken samples and name them, instead of stopping"},
				&cli.IntFlag{Name: "rank", Value: -1, Usage: "this is process `N` of several; −1: as torchrun, mpirun, Slurm or Kubernetes say"},
				&cli.IntFlag{Name: "world", Value: -1, Usage: "of `N` processes"},
				&cli.IntFlag{Name: "workers", Usage: "`N` goroutines make batches; 0: as many as there are CPUs"},
				&cli.StringFlag{Name: "keys", Usage: "write a line for each sample to `FILE`, with %d for the rank: epoch, step, row, class, λ, key, shard"},
			},
			OnUsageError: asIs,
			Action:       load,
		}, {
			Name:      "write",
			Usage:     "write shards and their index, from a folder of PNG and JPEG files with one subfolder per class",
			ArgsUsage: "FOLDER",
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "out", Required: true, Usage: "write to the folder `DIR`"},
				&cli.StringFlag{Name: "name", Value: "shard", Usage: "shards are `NAME`-000000.tar, …, and their index NAME-index.json"},
				&cli.IntFlag{Name: "size", Value: 1000, Usage: "`N` samples a shard"},
				&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "`S` decides their order"},
			},
			OnUsageError: asIs,
			Action:       write,
		}, {
			Name:      "index",
			Usage:     "write the index of shards, so that load need not count their samples",
			ArgsUsage: "URL…",
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "out", Usage: "write to `FILE`, where shards are named as seen from there, rather than to standard output"},
			},
			OnUsageError: asIs,
			Action:       index,
		}},
	}
}

func write(ctx context.Context, cmd *cli.Command) error {
	if cmd.Args().Len() != 1 {
		return fmt.Errorf("write: %d folders, want one", cmd.Args().Len())
	}
	all, classes, err := shards.Folder(cmd.Args().First())
	if err != nil {
		return err
	}
	x, err := shards.Write(ctx, cmd.String("out"), cmd.String("name"), cmd.Int("size"), cmd.Uint64("seed"), all)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.Root().Writer, "%d pictures of %d classes in %d shards\n", len(all), len(classes), len(x.Shards))
	return err
}

func index(ctx context.Context, cmd *cli.Command) error {
	store := new(shards.Store)
	defer store.Close()
	set, err := shards.Open(ctx, store, false, cmd.Args().Slice()...)
	if err != nil {
		return err
	}
	encode := func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(shards.NewIndex(set.Shards))
	}
	out := cmd.String("out")
	if out == "" {
		return encode(cmd.Root().Writer)
	}
	o, err := files.NewOutput(out, inputs(cmd, set)...)
	if err != nil {
		return err
	}
	for i, s := range set.Shards {
		if !strings.Contains(s.URL, "://") {
			if set.Shards[i].URL, err = relative(filepath.Dir(out), s.URL); err != nil {
				return err
			}
		}
	}
	return o.Write(ctx, encode)
}

// inputs returns the files that are read, some of which may be none of this machine.
func inputs(cmd *cli.Command, set *shards.Set) []string {
	names := cmd.Args().Slice()
	for _, s := range set.Shards {
		names = append(names, s.URL)
	}
	for i, name := range names {
		names[i] = strings.TrimPrefix(name, "file://")
	}
	return names
}

// relative returns a file's name as seen from a folder.
func relative(dir, name string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if name, err = filepath.Abs(name); err != nil {
		return "", err
	}
	return filepath.Rel(dir, name)
}

func load(ctx context.Context, cmd *cli.Command) error {
	stdout, stderr := cmd.Root().Writer, cmd.Root().ErrWriter
	r, err := rank.Of(cmd.Int("rank"), cmd.Int("world"), os.Getenv)
	if err != nil {
		return err
	}
	store := new(shards.Store)
	defer store.Close()
	skip := cmd.Bool("skip-broken")
	set, err := shards.Open(ctx, store, shards.SkipBroken(skip), cmd.Args().Slice()...)
	if err != nil {
		return err
	}
	options := shards.Options{
		Side: cmd.Int("side"), Classes: cmd.Int("classes"), Label: cmd.String("label"),
		Random: true, Shuffle: cmd.Int("shuffle"), Streams: cmd.Int("streams"),
	}
	config := feed.Config{
		Batch: cmd.Int("batch"), DropLast: cmd.Bool("drop-last"), Epoch: cmd.Int("epoch"), Step: cmd.Int("step"), Epochs: cmd.Int("epochs"),
		Seed: cmd.Uint64("seed"), Rank: r, Workers: cmd.Int("workers"), SkipBroken: skip,
		Mix:       mixup.Config{Alpha: cmd.Float("alpha"), CutMixAlpha: cmd.Float("cutmix")},
		Smoothing: cmd.Float("smoothing"),
	}
	if cmd.Bool("validate") {
		options.Random, options.Shuffle = false, 0
		config.Mix, config.Smoothing = mixup.Config{}, 0
	}
	format, err := set.Format(options)
	if err != nil {
		return err
	}
	f, err := feed.Start(ctx, format, config)
	if err != nil {
		return err
	}
	defer f.Stop()
	name := ""
	if r.World > 1 {
		name = r.String() + ": "
	}
	for _, err := range set.Faults {
		fmt.Fprintf(stderr, "%s%v\n", name, err)
	}

	keys, err := newKeys(cmd.String("keys"), r, inputs(cmd, set)...)
	if err != nil {
		return err
	}
	defer keys.Close()
	begin := time.Now()
	from, to := r.Span(set.Len())
	bar := progress.New(stderr, name, (to-from)*config.Epochs-config.Step*config.Batch)
	defer bar.End()
	for b, err := range f.All() {
		if err != nil {
			return err
		}
		// A training loop has its step here, with b.Images and b.Labels.
		bar.Add(len(b.Samples) + len(b.Skipped))
		for _, err := range b.Skipped {
			fmt.Fprintf(stderr, "%sepoch %d, step %d: %v\n", name, b.Epoch, b.Step, err)
		}
		if err := keys.Add(b); err != nil {
			return err
		}
	}
	spent := time.Since(begin)
	bar.End()
	if err := keys.Close(); err != nil {
		return err
	}
	s, stages := f.Stats(), format.Stages()
	seconds := func(d time.Duration) float64 { return d.Seconds() }
	_, err = fmt.Fprintf(stdout, "%s%d images, %d broken, in %d batches: %.2f s, %.0f images/s, by %s\n"+
		"%sseconds of all workers: read %.2f, decode %.2f, crop and scale %.2f, mix and normalize %.2f; the reader waited %.2f\n",
		name, s.Rows, s.Skipped, s.Batches, spent.Seconds(), float64(s.Rows)/spent.Seconds(), blend.Implementation(),
		name, seconds(stages.Read), seconds(stages.Decode), seconds(stages.View), seconds(s.Mix), seconds(spent-s.Reader))
	return err
}

// keys is the file of a rank that says which samples it had.
type keys struct {
	f *os.File
	w *bufio.Writer
}

func newKeys(name string, r rank.Rank, inputs ...string) (*keys, error) {
	if name == "" {
		return &keys{}, nil
	}
	name = strings.ReplaceAll(name, "%d", fmt.Sprint(r.Rank))
	if _, err := files.NewOutput(name, inputs...); err != nil {
		return nil, err
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	return &keys{f, bufio.NewWriter(f)}, nil
}

func (k *keys) Add(b *feed.Batch[shards.Sample]) error {
	if k.f == nil {
		return nil
	}
	for i, s := range b.Samples {
		if _, err := fmt.Fprintf(k.w, "%d %d %d %d %v %s %s\n", b.Epoch, b.Step, i, b.Classes[i], b.Mix().Lambda(i), s.Key, s.Shard); err != nil {
			return err
		}
	}
	return nil
}

func (k *keys) Close() error {
	if k.f == nil {
		return nil
	}
	err := errors.Join(k.w.Flush(), k.f.Close())
	k.f = nil
	return err
}
