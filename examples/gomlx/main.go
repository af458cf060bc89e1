// Command gomlx trains a network with GoMLX (github.com/gomlx/gomlx) on images of which many have a wrong label, without mixup and with
// it, and plots the error on images that it has not seen: the experiment of section 3.4 of the mixup paper, memorization of
// corrupted labels, on generated patterns.
//
//	gomlx [-quick] [-noise P] [-alpha A] [-epochs N] [-seeds S,…] [-plot FILE.svg] [TRAIN.bin TEST.bin]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	_ "github.com/gomlx/compute/gobackend" // plain Go: needs nothing to be installed
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/ml/train/metric"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/mixblend/blend/examples/cifar/loader"
	"github.com/mixblend/blend/examples/feed"
	"github.com/mixblend/blend/internal/shared/files"
	"github.com/mixblend/blend/mixup"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	os.Exit(run(ctx, os.Args, os.Stdout, os.Stderr))
}

// run returns the exit status: 0, 1 if the work failed, 2 if the command line is wrong.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	j := job{stdout: stdout, images: 1000, tests: 1000, width: 64}
	seeds := "1,2,3"
	quick := false
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&quick, "quick", false, "fewer images, a smaller network, one seed, fewer epochs: see the two part, and no more")
	flags.Float64Var(&j.noise, "noise", 0.5, "give so great a share of the images a class at random")
	flags.Float64Var(&j.alpha, "alpha", 8, "mix by λ ~ Beta(A, A): large, since labels are not to be believed")
	flags.IntVar(&j.batch, "batch", 50, "images a batch")
	flags.IntVar(&j.epochs, "epochs", 60, "of training")
	flags.StringVar(&seeds, "seeds", seeds, "each decides patterns, wrong labels, order, mixes and weights of a training")
	flags.StringVar(&j.plot, "plot", "", "write a plot to this .svg or .png")
	if err := flags.Parse(args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if quick {
		j.images, j.tests, j.width = 400, 500, 32
		if !given["epochs"] {
			j.epochs = 80
		}
		if !given["seeds"] {
			seeds = "1"
		}
	}
	j.files = flags.Args()
	err := j.setSeeds(seeds)
	if err == nil {
		err = j.run(ctx)
	}
	if err == nil {
		return 0
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	fmt.Fprintln(stderr, "gomlx:", err)
	return 1
}

// A job is the command line.
type job struct {
	noise, alpha  float64
	batch, epochs int
	seeds         []uint64
	plot          string
	files         []string // one to train with and one to test with, or none for patterns

	images, tests int // patterns to make
	width         int // of the network
	stdout        io.Writer
}

func (j *job) setSeeds(list string) error {
	for field := range strings.SplitSeq(list, ",") {
		seed, err := strconv.ParseUint(strings.TrimSpace(field), 10, 64)
		if err != nil {
			return fmt.Errorf("-seeds %q: %q is not a number", list, field)
		}
		j.seeds = append(j.seeds, seed)
	}
	return nil
}

func (j *job) check() error {
	switch {
	case len(j.files) != 0 && len(j.files) != 2:
		return fmt.Errorf("%d files, want one to train with and one to test with, or none", len(j.files))
	case j.epochs < 1:
		return fmt.Errorf("-epochs %d, want 1 or more", j.epochs)
	case j.batch < 1:
		return fmt.Errorf("-batch %d, want 1 or more", j.batch)
	case !(j.noise >= 0 && j.noise <= 1):
		return fmt.Errorf("-noise %v, want a share", j.noise)
	case j.plot != "" && plotFormat(j.plot) == "":
		return fmt.Errorf("-plot %s, want a name that ends with .svg or .png", j.plot)
	}
	if j.plot == "" {
		return nil
	}
	_, err := files.NewOutput(j.plot, j.files...)
	return err
}

func (j *job) run(ctx context.Context) error {
	if err := j.check(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "gomlx-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	backend, err := compute.NewWithConfig("go")
	if err != nil {
		return err
	}
	defer backend.Finalize()
	begin := time.Now()
	results := map[float64][]result{}
	alphas := []float64{0, j.alpha}
	for _, seed := range j.seeds {
		for _, alpha := range alphas {
			r, err := j.train(ctx, backend, dir, seed, alpha)
			if err != nil {
				return err
			}
			results[alpha] = append(results[alpha], r)
		}
	}
	fmt.Fprintf(j.stdout, "\n%d trainings in %.0f s. Error on images not seen, %%:\n", len(alphas)*len(j.seeds), time.Since(begin).Seconds())
	for _, alpha := range alphas {
		fmt.Fprintf(j.stdout, "%-18s", name(alpha))
		for i, r := range results[alpha] {
			fmt.Fprintf(j.stdout, "  seed %d: last %.1f, best %.1f", j.seeds[i], 100*r.last(), 100*slices.Min(r.test))
		}
		fmt.Fprintln(j.stdout)
	}
	if j.plot == "" {
		return nil
	}
	out, err := files.NewOutput(j.plot, j.files...)
	if err != nil {
		return err
	}
	return out.Write(ctx, func(w io.Writer) error { return j.draw(w, alphas, results) })
}

func name(alpha float64) string {
	if alpha == 0 {
		return "without mixup"
	}
	return fmt.Sprintf("mixup, α = %v", alpha)
}

// data makes or reads what a seed trains and is tested with, and wrong labels in the former.
func (j *job) data(ctx context.Context, dir string, seed uint64) (wrong, right, test *loader.Data, err error) {
	names := []string{filepath.Join(dir, "wrong.bin"), filepath.Join(dir, "right.bin"), filepath.Join(dir, "test.bin")}
	if len(j.files) == 0 {
		if err := loader.WriteFile(ctx, names[1], j.images, loader.Patterns(2*seed)); err != nil {
			return nil, nil, nil, err
		}
		if err := loader.WriteFile(ctx, names[2], j.tests, loader.Patterns(2*seed+1)); err != nil {
			return nil, nil, nil, err
		}
	} else {
		names[1], names[2] = j.files[0], j.files[1]
	}
	var data [3]*loader.Data
	for _, i := range []int{1, 2, 0} {
		if i == 0 {
			source := loader.Corrupted(data[1].Read, j.noise, seed)
			err = loader.WriteFile(ctx, names[0], data[1].Len(), source, names[1], names[2])
		}
		if err == nil {
			data[i], err = loader.Open(0, names[i])
		}
		if err != nil {
			for _, d := range data {
				if d != nil {
					d.Close()
				}
			}
			return nil, nil, nil, err
		}
	}
	return data[0], data[1], data[2], nil
}

// A result is how a training went.
type result struct {
	losses []float64 // the mean of each epoch, on the batches as they were mixed
	epochs []int     // after which it was tested
	test   []float64 // error on images not seen, each time
	fits   float64   // the share of the images, trained with, that have the label they were given, wrong or not
	right  float64   // and of those that have the one that is right
}

func (r *result) last() float64 { return r.test[len(r.test)-1] }

// train trains a new network, and tests it every few epochs.
func (j *job) train(ctx context.Context, backend compute.Backend, dir string, seed uint64, alpha float64) (r result, err error) {
	wrong, right, test, err := j.data(ctx, dir, seed)
	if err != nil {
		return r, err
	}
	defer wrong.Close()
	defer right.Close()
	defer test.Close()
	// Every batch has as many rows as the others, or GoMLX would compile a program for each size.
	of := func(name string, data *loader.Data, a loader.Augment, c feed.Config) *dataset {
		c.Batch, c.DropLast, c.Workers = j.batch, true, 1
		c.Memory = func() (feed.Memory, error) { return &pair{backend: backend, rows: j.batch}, nil }
		return &dataset{name, func() (*feed.Feed[int], error) {
			format, err := data.Format(a)
			if err != nil {
				return nil, err
			}
			return feed.Start(ctx, format, c)
		}}
	}
	store := model.NewStore()
	store.RootScope().SetParam(model.ParamInitialSeed, int64(seed))
	// The labels are distributions, mixed as the images are, so that the loss is the ordinary one.
	trainer := train.NewTrainer(backend, store, j.network, loss.CategoricalCrossEntropyLogits,
		optimizer.Adam().LearningRate(0.003).Done(), nil, []metric.Interface{accuracy()})
	share := func(d *dataset) (float64, error) { // of images whose likeliest class is that of the label
		values, err := trainer.Eval(d)
		if err != nil {
			return 0, err
		}
		return float64(tensors.ToScalar[float32](values[1])), nil
	}

	loop := train.NewLoop(trainer)
	var losses []float64
	loop.OnStep("loss", 0, func(_ *train.Loop, values []*tensors.Tensor) error {
		losses = append(losses, float64(tensors.ToScalar[float32](values[0])))
		return ctx.Err()
	})
	begin := time.Now()
	steps := wrong.Len() / j.batch
	every := max(1, j.epochs/20)
	for epoch := 0; epoch < j.epochs; epoch += every {
		n := min(every, j.epochs-epoch)
		d := of("train", wrong, loader.Augment{}, feed.Config{Epoch: epoch, Epochs: n, Seed: seed, Mix: mixup.Config{Alpha: alpha}})
		if _, err := loop.RunSteps(d, n*steps); err != nil {
			return r, err
		}
		for k := range n {
			r.losses = append(r.losses, mean(losses[k*steps:(k+1)*steps]))
		}
		losses = losses[:0]
		a, err := share(of("test", test, loader.Augment{}, feed.Config{Epochs: 1}))
		if err != nil {
			return r, err
		}
		r.epochs, r.test = append(r.epochs, epoch+n), append(r.test, 1-a)
		fmt.Fprintf(j.stdout, "seed %d, %s: epoch %d, loss %.3f, error on images not seen %.1f %%, %.0f s\n",
			seed, name(alpha), epoch+n, r.losses[len(r.losses)-1], 100*r.last(), time.Since(begin).Seconds())
	}
	if r.fits, err = share(of("wrong", wrong, loader.Augment{}, feed.Config{Epochs: 1})); err != nil {
		return r, err
	}
	if r.right, err = share(of("right", right, loader.Augment{}, feed.Config{Epochs: 1})); err != nil {
		return r, err
	}
	fmt.Fprintf(j.stdout, "seed %d, %s: of the images trained with, %.1f %% have the label they were given, %.1f %% the right one\n",
		seed, name(alpha), 100*r.fits, 100*r.right)
	return r, nil
}

func mean(s []float64) (m float64) {
	for _, v := range s {
		m += v / float64(len(s))
	}
	return m
}

// network sees squares of 4 × 4 pixels: the same two layers for each square, the mean over all, and layers enough to learn a thousand
// labels by heart.
func (j *job) network(scope *model.Scope, x *graph.Node) *graph.Node {
	const side = 4
	const across = loader.Side / side
	n := x.Shape().Dimensions[0]
	x = graph.Reshape(x, n, loader.Channels, across, side, across, side) // as CIFAR-10 has them, channels first
	x = graph.TransposeAllAxes(x, 0, 2, 4, 1, 3, 5)
	x = graph.Reshape(x, n, across*across, loader.Channels*side*side)
	x = activation.Relu(layers.DenseWithBias(scope.In("squares"), x, j.width))
	x = activation.Relu(layers.DenseWithBias(scope.In("features"), x, j.width))
	x = graph.ReduceMean(x, 1)
	x = activation.Relu(layers.DenseWithBias(scope.In("hidden"), x, 4*j.width))
	x = activation.Relu(layers.DenseWithBias(scope.In("memory"), x, 4*j.width))
	return layers.DenseWithBias(scope.In("classes"), x, loader.Classes)
}

// accuracy is the share of images whose likeliest class is that of the label.
func accuracy() metric.Interface {
	return metric.NewMeanMetric("accuracy", "acc", metric.AccuracyMetricType, func(_ *model.Scope, labels, logits []*graph.Node) *graph.Node {
		right := graph.Equal(graph.ArgMax(labels[0], -1), graph.ArgMax(logits[0], -1))
		return graph.ReduceAllMean(graph.ConvertDType(right, dtypes.Float32))
	}, nil)
}
