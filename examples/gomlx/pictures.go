package main

import (
	"errors"
	"image"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/examples/flat"
)

// toTensor makes a tensor of decoded pictures of one size, [N, 3, height, width], normalized into the
// tensor's own memory.
func toTensor(pictures []image.Image, n *blend.Normalization) (*tensors.Tensor, error) {
	var size image.Point
	if len(pictures) > 0 {
		size = pictures[0].Bounds().Size()
	}
	t := tensors.FromShape(shapes.Make(dtypes.Float32, len(pictures), 3, size.Y, size.X))
	return t, fillTensor(t, pictures, n)
}

// fillTensor does so with a tensor that is there, as a loop does that has one for all of its batches.
func fillTensor(t *tensors.Tensor, pictures []image.Image, n *blend.Normalization) error {
	var inner error
	err := tensors.MutableFlatData(t, func(data []float32) { inner = flat.NCHW(data, pictures, n) })
	return errors.Join(err, inner)
}
