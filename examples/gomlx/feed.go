package main

import (
	"errors"
	"iter"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/mixblend/blend/examples/cifar/loader"
	"github.com/mixblend/blend/examples/feed"
)

// A pair of tensors is a feed's Memory: batches are mixed straight into them. The trainer finalizes what it was given, which returns
// its memory to the backend, so that each batch gets a new pair, of memory that goes round there.
type pair struct {
	backend        compute.Backend
	rows           int
	images, labels *tensors.Tensor
}

// Write lends fill the tensors' own memory, under their locks.
func (p *pair) Write(fill func(images, labels []float32) error) (err error) {
	if !p.images.Ok() {
		p.images, err = tensors.FromShapeForBackend(p.backend, 0, shapes.Make(dtypes.Float32, p.rows, loader.Channels, loader.Side, loader.Side))
		if err != nil {
			return err
		}
	}
	if !p.labels.Ok() {
		if p.labels, err = tensors.FromShapeForBackend(p.backend, 0, shapes.Make(dtypes.Float32, p.rows, loader.Classes)); err != nil {
			return err
		}
	}
	var inner, full error
	err = tensors.MutableFlatData(p.images, func(images []float32) {
		inner = tensors.MutableFlatData(p.labels, func(labels []float32) { full = fill(images, labels) })
	})
	return errors.Join(err, inner, full)
}

// A dataset is a [train.Dataset] of the batches of a feed, which begins anew with each Iter.
type dataset struct {
	name  string
	start func() (*feed.Feed[int], error)
}

func (d *dataset) Name() string { return d.name }

func (d *dataset) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		f, err := d.start()
		if err != nil {
			yield(train.Batch{}, err)
			return
		}
		for b, err := range f.All() {
			if err != nil {
				yield(train.Batch{}, err)
				return
			}
			p := b.Memory.(*pair)
			if !yield(train.Batch{Inputs: []*tensors.Tensor{p.images}, Labels: []*tensors.Tensor{p.labels}}, nil) {
				return
			}
		}
	}
}
