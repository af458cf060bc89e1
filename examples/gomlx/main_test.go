package main

import (
	"bytes"
	"context"
	"errors"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/mixblend/blend/examples/cifar/loader"
	"github.com/mixblend/blend/examples/feed"
	"github.com/mixblend/blend/mixup"
)

func newBackend(t *testing.T) compute.Backend {
	t.Helper()
	backend, err := compute.NewWithConfig("go")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(backend.Finalize)
	return backend
}

func write(t *testing.T, n int, seed uint64) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "data.bin")
	if err := loader.WriteFile(t.Context(), name, n, loader.Patterns(seed)); err != nil {
		t.Fatal(err)
	}
	return name
}

// set is a dataset of n patterns.
func set(t *testing.T, backend compute.Backend, n int, c feed.Config) *dataset {
	t.Helper()
	d, err := loader.Open(n, write(t, n, 1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	c.DropLast = true
	if backend != nil {
		c.Memory = func() (feed.Memory, error) { return &pair{backend: backend, rows: c.Batch}, nil }
	}
	return &dataset{"test", func() (*feed.Feed[int], error) {
		format, err := d.Format(loader.Augment{Pad: 4, Flip: true})
		if err != nil {
			return nil, err
		}
		return feed.Start(t.Context(), format, c)
	}}
}

func goroutines(t *testing.T, before int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// The loss must fall, on mixed batches too; without wrong labels what has been learned must hold for other images, and with them a
// network that is not mixed learns them by heart, and one that is does not.
func TestTrain(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a while")
	}
	backend := newBackend(t)
	j := &job{batch: 32, images: 320, tests: 160, width: 24, stdout: io.Discard}
	before := runtime.NumGoroutine()
	for _, noise := range []float64{0, 0.5} {
		j.noise, j.epochs = noise, 15
		if noise > 0 {
			j.epochs = 90
		}
		var all []result
		for _, alpha := range []float64{0, 8} {
			r, err := j.train(t.Context(), backend, t.TempDir(), 1, alpha)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("noise %v, α %v: loss %.3f … %.3f, error %.3f, fits %.3f, right %.3f",
				noise, alpha, r.losses[0], r.losses[len(r.losses)-1], r.last(), r.fits, r.right)
			if len(r.losses) != j.epochs || len(r.test) != len(r.epochs) || r.epochs[len(r.epochs)-1] != j.epochs {
				t.Errorf("%d losses, tested after %v", len(r.losses), r.epochs)
			}
			if !(r.losses[len(r.losses)-1] < 0.97*r.losses[0]) {
				t.Errorf("noise %v, α %v: the loss went from %v to %v", noise, alpha, r.losses[0], r.losses[len(r.losses)-1])
			}
			all = append(all, r)
		}
		plain, mixed := all[0], all[1]
		if noise == 0 && !(plain.last() < 0.6 && mixed.last() < 0.7) {
			t.Errorf("errors of %v and %v without wrong labels", plain.last(), mixed.last())
		}
		if noise > 0 && !(plain.fits > mixed.fits+0.2 && plain.last() > mixed.last()+0.05) {
			t.Errorf("%v of the labels are learned by heart, and %v with mixup; errors %v and %v", plain.fits, mixed.fits, plain.last(), mixed.last())
		}
	}
	goroutines(t, before)
}

// What GoMLX computes with must be what a feed of slices delivers, in the backend's own memory, which goes round.
func TestTensorsAreTheFeedsMemory(t *testing.T) {
	backend := newBackend(t)
	before := runtime.NumGoroutine()
	config := feed.Config{Batch: 16, Epochs: 30, Workers: 2, Mix: mixup.Config{Alpha: 1}}
	slicesOnly, err := set(t, nil, 100, config).start()
	if err != nil {
		t.Fatal(err)
	}
	defer slicesOnly.Stop()
	d := set(t, backend, 100, config)
	// On the way through a program a tensor that is not shared is copied.
	negate, err := graph.NewExec(backend, func(x, y *graph.Node) (*graph.Node, *graph.Node) { return graph.Neg(x), graph.Neg(y) })
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // from the beginning, each time
		steps, rest := 0, 0
		addresses := map[*float32]bool{}
		for b, err := range d.Iter() {
			if err != nil {
				t.Fatal(err)
			}
			if steps == 6 { // and leave it
				rest++
				break
			}
			want := <-slicesOnly.C()
			inputs := []*tensors.Tensor{b.Inputs[0], b.Labels[0]}
			if len(b.Inputs) != 1 || len(b.Labels) != 1 || !inputs[0].IsShared() || !inputs[1].IsShared() {
				t.Fatal("tensors that are not the backend's")
			}
			results, err := negate.Call(inputs[0], inputs[1])
			if err != nil {
				t.Fatal(err)
			}
			for i, w := range [][]float32{want.Images, want.Labels} {
				if err := tensors.ConstFlatData(results[i], func(got []float32) {
					if !slices.EqualFunc(got, w, func(g, w float32) bool { return g == -w }) {
						t.Errorf("step %d: tensor %d differs from the slices", steps, i)
					}
				}); err != nil {
					t.Fatal(err)
				}
				if err := tensors.ConstFlatData(inputs[i], func(flat []float32) { addresses[&flat[0]] = true }); err != nil {
					t.Fatal(err)
				}
			}
			if err := b.Finalize(); err != nil { // as the trainer does
				t.Fatal(err)
			}
			steps++
			want.Release()
		}
		if rest != 1 || len(addresses) > 2*(2+2+2) {
			t.Errorf("%d steps, %d places in memory", steps, len(addresses))
		}
		slicesOnly.Stop()
		if slicesOnly, err = set(t, nil, 100, config).start(); err != nil {
			t.Fatal(err)
		}
	}
	slicesOnly.Stop()
	goroutines(t, before)
}

func TestDatasetErrors(t *testing.T) {
	failed := errors.New("no feed")
	d := &dataset{start: func() (*feed.Feed[int], error) { return nil, failed }}
	n := 0
	for _, err := range d.Iter() {
		if n++; err != failed {
			t.Error(err)
		}
	}
	d = set(t, newBackend(t), 40, feed.Config{Batch: 8, Epochs: 1000})
	good := d.start
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	d.start = func() (*feed.Feed[int], error) {
		f, err := good()
		context.AfterFunc(ctx, func() { f.Stop() })
		return f, err
	}
	batches := 0
	for _, err := range d.Iter() {
		if err != nil {
			t.Fatal(err)
		}
		if batches++; batches == 3 {
			cancel(failed)
		}
	}
	if n != 1 || batches < 3 || batches > 10 {
		t.Errorf("%d errors, %d batches", n, batches)
	}
}

func TestCommandLine(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	name := write(t, 20, 1)
	svg, picture := filepath.Join(t.TempDir(), "x.svg"), filepath.Join(t.TempDir(), "x.png")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		ctx    context.Context
		args   []string
		status int
		want   string
	}{
		{t.Context(), []string{"-nonsense"}, 2, "nonsense"},
		{t.Context(), []string{name}, 1, "1 files"},
		{t.Context(), []string{"-epochs", "0"}, 1, "-epochs 0"},
		{t.Context(), []string{"-batch", "0"}, 1, "-batch 0"},
		{t.Context(), []string{"-noise", "2"}, 1, "-noise 2"},
		{t.Context(), []string{"-noise", "NaN"}, 1, "-noise NaN"},
		{t.Context(), []string{"-seeds", "1,x"}, 1, `"x" is not a number`},
		{t.Context(), []string{"-plot", "x.pdf"}, 1, "-plot x.pdf"},
		{t.Context(), []string{"-plot", filepath.Join(t.TempDir(), "missing", "x.svg")}, 1, "output"},
		{t.Context(), []string{"-batch", "21", "-epochs", "1", name, name}, 1, "Batch = 21, want 1 to 20, for 20 samples"},
		{t.Context(), []string{"-alpha", "-1", "-batch", "4", "-epochs", "1", "-seeds", "1", name, name}, 1, "Alpha = -1"},
		{t.Context(), []string{name, "missing"}, 1, "missing"},
		{cancelled, []string{name, name}, 1, "interrupted"},
		{cancelled, nil, 1, "interrupted"},
		{t.Context(), []string{"-batch", "8", "-epochs", "2", "-seeds", "3, 4", "-plot", svg, name, name}, 0, "mixup, α = 8        seed 3: last "},
		{t.Context(), []string{"-batch", "8", "-epochs", "2", "-seeds", "3", "-plot", picture, name, name}, 0, "best"},
	} {
		var stdout, stderr bytes.Buffer
		status := run(test.ctx, append([]string{"gomlx"}, test.args...), &stdout, &stderr)
		if out := stdout.String() + stderr.String(); status != test.status || !strings.Contains(out, test.want) {
			t.Errorf("%v: status %d, %q", test.args, status, out)
		}
	}
	if left, err := os.ReadDir(os.TempDir()); len(left) > 0 || err != nil {
		t.Errorf("%v is left, %v", left, err)
	}
	if raw, err := os.ReadFile(svg); err != nil || !bytes.Contains(raw, []byte("<svg")) || !bytes.Contains(raw, []byte("seeds 3 4")) {
		t.Errorf("the plot is %.100q, %v", raw, err)
	}
	f, err := os.Open(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if m, err := png.Decode(f); err != nil || m.Bounds().Empty() {
		t.Errorf("the picture: %v", err)
	}
}

// Half of the labels are drawn anew, and pixels stay.
func TestCorrupted(t *testing.T) {
	d, err := loader.Open(0, write(t, 500, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var a, b loader.Record
	for share, most := range map[float64][2]float64{0: {0, 0}, 0.5: {0.39, 0.51}, 1: {0.85, 0.95}} {
		wrong := 0.0
		for i := range d.Len() {
			if err := errors.Join(d.Read(&a, i), loader.Corrupted(d.Read, share, 1)(t.Context(), &b, i)); err != nil {
				t.Fatal(err)
			}
			if a.Class() != b.Class() {
				wrong++
			}
			if !bytes.Equal(a.Pixels(), b.Pixels()) || b.Class() >= loader.Classes {
				t.Fatalf("record %d, class %d", i, b.Class())
			}
		}
		if wrong /= float64(d.Len()); wrong < most[0] || wrong > most[1] || math.IsNaN(wrong) {
			t.Errorf("%v of the labels are wrong, want about %v", wrong, share*0.9)
		}
	}
}
