package main

import (
	"errors"
	"io"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/mixblend/blend/examples/cifar/loader"
)

// A pair of tensors is a loader's Memory: batches are mixed straight into them.
type pair struct{ images, labels *tensors.Tensor }

func newPair(backend backends.Backend, rows int) (*pair, error) {
	p := &pair{
		images: tensors.FromShape(shapes.Make(dtypes.Float32, rows, loader.Channels, loader.Side, loader.Side)),
		labels: tensors.FromShape(shapes.Make(dtypes.Float32, rows, loader.Classes)),
	}
	if !backend.HasSharedBuffers() {
		return p, nil // each step copies them to the device
	}
	return p, errors.Join(p.images.MaterializeOnDevice(backend, true, 0), p.labels.MaterializeOnDevice(backend, true, 0))
}

// Write lends fill the tensors' own memory, under their locks.
func (p *pair) Write(fill func(images, labels []float32) error) error {
	var inner, full error
	err := tensors.MutableFlatData(p.images, func(images []float32) {
		inner = tensors.MutableFlatData(p.labels, func(labels []float32) { full = fill(images, labels) })
	})
	return errors.Join(err, inner, full)
}

// feed is a train.Dataset: what loaders deliver, each the tensors of a batch. The trainer has them until it asks for the next.
type feed struct {
	name  string
	start func() (*loader.Loader, error)
	l     *loader.Loader
	batch *loader.Batch // that the trainer has
}

func (f *feed) Name() string { return f.name }

// IsOwnershipTransferred keeps the trainer from freeing tensors that are to be used again.
func (f *feed) IsOwnershipTransferred() bool { return false }

func (f *feed) Yield() (spec any, inputs, labels []*tensors.Tensor, err error) {
	f.release()
	if f.l == nil {
		if f.l, err = f.start(); err != nil {
			return nil, nil, nil, err
		}
	}
	b, ok := <-f.l.C()
	if !ok {
		if err := f.l.Stop(); err != nil {
			return nil, nil, nil, err
		}
		return nil, nil, nil, io.EOF
	}
	f.batch = b
	p := b.Memory.(*pair)
	return nil, []*tensors.Tensor{p.images}, []*tensors.Tensor{p.labels}, nil
}

// Reset goes back to the first batch.
func (f *feed) Reset() { f.Close() }

// Close stops the loader, which has to happen before its data is closed.
func (f *feed) Close() {
	f.release()
	if f.l != nil {
		f.l.Stop() // what it says has been said by Yield, or is of no interest any more
		f.l = nil
	}
}

func (f *feed) release() {
	if f.batch != nil {
		f.batch.Release()
		f.batch = nil
	}
}
