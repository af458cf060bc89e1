// Command gomlx trains a small model with GoMLX (github.com/gomlx/gomlx) on batches from the loader of ../cifar, without mixup and
// with it.
//
//	gomlx [-alpha A] [-batch N] [-steps N] [-seed S] [TRAIN.bin TEST.bin]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gomlx/gomlx/backends"
	_ "github.com/gomlx/gomlx/backends/simplego" // plain Go: needs nothing to be installed
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	ml "github.com/gomlx/gomlx/pkg/ml/context"
	"github.com/gomlx/gomlx/pkg/ml/layers"
	"github.com/gomlx/gomlx/pkg/ml/layers/activations"
	"github.com/gomlx/gomlx/pkg/ml/train"
	"github.com/gomlx/gomlx/pkg/ml/train/losses"
	"github.com/gomlx/gomlx/pkg/ml/train/metrics"
	"github.com/gomlx/gomlx/pkg/ml/train/optimizers"

	"github.com/mixblend/blend/examples/cifar/loader"
	"github.com/mixblend/blend/mixup"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	os.Exit(run(ctx, os.Args, os.Stdout, os.Stderr))
}

// run returns the exit status: 0, 1 if the work failed, 2 if the command line is wrong.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	j := job{stdout: stdout}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Float64Var(&j.alpha, "alpha", 1, "mix by λ ~ Beta(A, A)")
	flags.IntVar(&j.batch, "batch", 64, "images a batch")
	flags.IntVar(&j.steps, "steps", 200, "of training")
	flags.Uint64Var(&j.seed, "seed", 1, "decides order, crops, flips, mixes and weights")
	if err := flags.Parse(args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	j.files = flags.Args()
	err := j.run(ctx)
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
	alpha        float64
	batch, steps int
	seed         uint64
	files        []string // one to train with and one to test with, or none for patterns
	stdout       io.Writer
}

func (j *job) run(ctx context.Context) error {
	switch {
	case len(j.files) != 0 && len(j.files) != 2:
		return fmt.Errorf("%d files, want one to train with and one to test with, or none", len(j.files))
	case j.steps < 1:
		return fmt.Errorf("-steps %d, want 1 or more", j.steps)
	case j.batch < 1:
		return fmt.Errorf("-batch %d, want 1 or more", j.batch)
	}
	if len(j.files) == 0 {
		dir, err := os.MkdirTemp("", "gomlx-*")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		j.files = []string{filepath.Join(dir, "train.bin"), filepath.Join(dir, "test.bin")}
		for i, n := range []int{2000, 1000} {
			if err := loader.WriteFile(ctx, j.files[i], n, loader.Patterns(j.seed+uint64(i))); err != nil {
				return err
			}
		}
	}
	var data [2]*loader.Data
	for i, name := range j.files {
		d, err := loader.Open(0, name)
		if err != nil {
			return err
		}
		defer d.Close()
		data[i] = d
	}
	backend, err := backends.NewWithConfig("go")
	if err != nil {
		return err
	}
	defer backend.Finalize()
	fmt.Fprintf(j.stdout, "%s: %d images to train with, %d to test with\n", backend.Description(), data[0].Len(), data[1].Len())
	for _, mix := range []mixup.Config{{}, {Alpha: j.alpha}} {
		if _, err := j.train(ctx, backend, data[0], data[1], mix); err != nil {
			return err
		}
	}
	return nil
}

// A result is how a training went.
type result struct {
	losses   []float64 // of each step, on the batch as it was mixed
	test     float64   // loss
	accuracy float64
}

// train trains a new model, and tests it.
func (j *job) train(ctx context.Context, backend backends.Backend, learn, test *loader.Data, mix mixup.Config) (r result, err error) {
	name := "without mixup"
	if mix != (mixup.Config{}) {
		name = fmt.Sprintf("with mixup, α = %v", mix.Alpha)
	}
	memory := func() (loader.Memory, error) { return newPair(backend, j.batch) }
	// Every batch has as many rows as the others, or GoMLX would compile a program for each size.
	seen := &feed{name: name, start: func() (*loader.Loader, error) {
		return loader.Start(ctx, learn, loader.Config{
			Batch: j.batch, DropLast: true, Epochs: math.MaxInt32, Seed: j.seed, Pad: 2, Mix: mix, Workers: 1, Memory: memory,
		})
	}}
	defer seen.Close()
	unseen := &feed{name: "test", start: func() (*loader.Loader, error) {
		return loader.Start(ctx, test, loader.Config{Batch: j.batch, DropLast: true, Epochs: 1, Workers: 1, Memory: memory})
	}}
	defer unseen.Close()

	weights := ml.New()
	if err := weights.SetRNGStateFromSeed(int64(j.seed)); err != nil {
		return r, err
	}
	// The labels are distributions, mixed as the images are, so that the loss is the ordinary one.
	trainer := train.NewTrainer(backend, weights, model, losses.CategoricalCrossEntropyLogits,
		optimizers.Adam().LearningRate(0.003).Done(), nil, []metrics.Interface{accuracy()})
	loop := train.NewLoop(trainer)
	begin := time.Now()
	loop.OnStep("loss", 0, func(_ *train.Loop, values []*tensors.Tensor) error {
		r.losses = append(r.losses, float64(tensors.ToScalar[float32](values[0])))
		if n := len(r.losses); n%50 == 0 {
			fmt.Fprintf(j.stdout, "%s: step %d, loss of the last 50 steps %.3f, %.0f images/s\n",
				name, n, mean(r.losses[n-50:]), float64(n*j.batch)/time.Since(begin).Seconds())
		}
		return ctx.Err()
	})
	if _, err := loop.RunSteps(seen, j.steps); err != nil {
		return r, err
	}
	values, err := trainer.Eval(unseen)
	if err != nil {
		return r, err
	}
	r.test, r.accuracy = float64(tensors.ToScalar[float32](values[1])), float64(tensors.ToScalar[float32](values[2]))
	fmt.Fprintf(j.stdout, "%s: on images that it has not seen, loss %.3f, %.1f %% right\n", name, r.test, 100*r.accuracy)
	return r, nil
}

func mean(s []float64) (m float64) {
	for _, v := range s {
		m += v / float64(len(s))
	}
	return m
}

// model is a small network on squares of 4 × 4 pixels: the same two layers for each square, the mean over all, and a linear layer. The
// first is a convolution whose windows do not overlap: of others simplego has no gradient.
func model(ctx *ml.Context, _ any, inputs []*graph.Node) []*graph.Node {
	const side = 4
	const across = loader.Side / side
	x := inputs[0]
	n := x.Shape().Dimensions[0]
	x = graph.Reshape(x, n, loader.Channels, across, side, across, side) // as CIFAR-10 has them, channels first
	x = graph.TransposeAllAxes(x, 0, 2, 4, 1, 3, 5)
	x = graph.Reshape(x, n, across*across, loader.Channels*side*side)
	x = activations.Relu(layers.DenseWithBias(ctx.In("squares"), x, 32))
	x = activations.Relu(layers.DenseWithBias(ctx.In("features"), x, 32))
	x = graph.ReduceMean(x, 1)
	return []*graph.Node{layers.DenseWithBias(ctx.In("classes"), x, loader.Classes)}
}

// accuracy is the share of images whose likeliest class is that of the label.
func accuracy() metrics.Interface {
	return metrics.NewMeanMetric("accuracy", "acc", metrics.AccuracyMetricType, func(_ *ml.Context, labels, logits []*graph.Node) *graph.Node {
		right := graph.Equal(graph.ArgMax(labels[0], -1), graph.ArgMax(logits[0], -1))
		return graph.ReduceAllMean(graph.ConvertDType(right, dtypes.Float32))
	}, nil)
}
