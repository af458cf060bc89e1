package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/mixblend/blend/examples/cifar/loader"
	"github.com/mixblend/blend/mixup"
)

func newBackend(t *testing.T) backends.Backend {
	t.Helper()
	backend, err := backends.NewWithConfig("go")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(backend.Finalize)
	return backend
}

func open(t *testing.T, n int, seed uint64) *loader.Data {
	t.Helper()
	name := filepath.Join(t.TempDir(), "data.bin")
	if err := loader.WriteFile(t.Context(), name, n, loader.Patterns(seed)); err != nil {
		t.Fatal(err)
	}
	d, err := loader.Open(n, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// The loss must fall, on mixed batches too, and what has been learned must hold for other images.
func TestTrain(t *testing.T) {
	backend := newBackend(t)
	learn, test := open(t, 600, 1), open(t, 100, 2)
	j := &job{batch: 32, steps: 90, seed: 1, stdout: io.Discard}
	before := runtime.NumGoroutine()
	first := map[bool]float64{}
	for _, mix := range []mixup.Config{{}, {Alpha: 1}} {
		r, err := j.train(t.Context(), backend, learn, test, mix)
		if err != nil {
			t.Fatal(err)
		}
		begin, end := mean(r.losses[:10]), mean(r.losses[80:])
		t.Logf("mixed: %v, loss %.3f … %.3f, test %.3f, %.0f %% right", mix.Alpha > 0, begin, end, r.test, 100*r.accuracy)
		if !(end < 0.85*begin) || len(r.losses) != 90 {
			t.Errorf("mixed: %v, %d steps, the loss went from %v to %v", mix.Alpha > 0, len(r.losses), begin, end)
		}
		if !(r.test < 0.85*math.Log(loader.Classes)) || !(r.accuracy > 2.0/loader.Classes) || r.accuracy > 1 {
			t.Errorf("mixed: %v, of other images the loss is %v, and %v are right", mix.Alpha > 0, r.test, r.accuracy)
		}
		first[mix.Alpha > 0] = r.losses[0]
	}
	if first[false] == first[true] {
		t.Errorf("the first loss is %v with mixup as without", first[true])
	}
	for end := time.Now().Add(time.Minute); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// What GoMLX computes with must be what a loader of slices delivers, in tensors that are used again and again without a copy.
func TestTensorsAreTheLoadersMemory(t *testing.T) {
	backend := newBackend(t)
	d := open(t, 100, 1)
	config := loader.Config{Batch: 16, DropLast: true, Epochs: 3, Pad: 4, Flip: true, Workers: 2, Mix: mixup.Config{Alpha: 1}}
	slicesOnly, err := loader.Start(t.Context(), d, config)
	if err != nil {
		t.Fatal(err)
	}
	defer slicesOnly.Stop()
	config.Memory = func() (loader.Memory, error) { return newPair(backend, config.Batch) }
	f := &feed{name: "test", start: func() (*loader.Loader, error) { return loader.Start(t.Context(), d, config) }}
	defer f.Close()
	// On the way through a program a tensor that is not shared is copied.
	negate, err := graph.NewExec(backend, func(x, y *graph.Node) (*graph.Node, *graph.Node) { return graph.Neg(x), graph.Neg(y) })
	if err != nil {
		t.Fatal(err)
	}
	address := map[*tensors.Tensor]*float32{}
	steps := 0
	for want := range slicesOnly.C() {
		_, inputs, labels, err := f.Yield()
		if err != nil {
			t.Fatal(err)
		}
		if !inputs[0].IsShared() || !labels[0].IsShared() {
			t.Fatal("tensors that are not the backend's")
		}
		results, err := negate.Exec(inputs[0], labels[0])
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
		}
		for _, tensor := range []*tensors.Tensor{inputs[0], labels[0]} {
			if err := tensors.ConstFlatData(tensor, func(flat []float32) {
				if was := address[tensor]; was != nil && was != &flat[0] {
					t.Errorf("step %d: a tensor has other memory than before", steps)
				}
				address[tensor] = &flat[0]
			}); err != nil {
				t.Fatal(err)
			}
		}
		steps++
		want.Release()
	}
	if buffers := 2 + 2; steps != 3*6 || len(address) > 2*buffers {
		t.Errorf("%d steps, %d tensors", steps, len(address))
	}
	if _, _, _, err := f.Yield(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	f.Reset()
	if _, inputs, _, err := f.Yield(); err != nil || len(inputs) != 1 {
		t.Errorf("from the beginning: %v", err)
	}
}

func TestFeedErrors(t *testing.T) {
	failed := errors.New("no loader")
	f := &feed{start: func() (*loader.Loader, error) { return nil, failed }}
	if _, _, _, err := f.Yield(); err != failed {
		t.Error(err)
	}
	f.Close()
	d := open(t, 40, 1)
	ctx, cancel := context.WithCancelCause(t.Context())
	f = &feed{start: func() (*loader.Loader, error) {
		return loader.Start(ctx, d, loader.Config{Batch: 8, Epochs: 1000, Memory: func() (loader.Memory, error) {
			return newPair(newBackend(t), 8)
		}})
	}}
	defer f.Close()
	if _, _, _, err := f.Yield(); err != nil {
		t.Fatal(err)
	}
	cancel(failed)
	var err error
	for n := 0; err == nil && n < 1000; n++ {
		_, _, _, err = f.Yield()
	}
	if err != failed {
		t.Error(err)
	}
}

func TestCommandLine(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	name := filepath.Join(t.TempDir(), "data.bin")
	if err := loader.WriteFile(t.Context(), name, 20, loader.Patterns(1)); err != nil {
		t.Fatal(err)
	}
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
		{t.Context(), []string{"-steps", "0"}, 1, "-steps 0"},
		{t.Context(), []string{"-batch", "0"}, 1, "-batch 0"},
		{t.Context(), []string{"-batch", "21", name, name}, 1, "Batch = 21, want 1 to 20, the records that there are"},
		{t.Context(), []string{"-alpha", "-1", "-batch", "4", "-steps", "1", name, name}, 1, "Alpha = -1"},
		{t.Context(), []string{name, "missing"}, 1, "missing"},
		{cancelled, []string{name, name}, 1, "interrupted"},
		{cancelled, nil, 1, "interrupted"},
		{t.Context(), []string{"-batch", "8", "-steps", "2", name, name}, 0, "with mixup, α = 1: on images that it has not seen"},
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
}
