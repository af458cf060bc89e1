// Package mixup draws λ, partners and boxes for mixup (Zhang et al., 2018,
// https://arxiv.org/abs/1710.09412) and CutMix (Yun et al., 2019,
// https://arxiv.org/abs/1905.04899), and mixes pixels and labels by that draw.
//
// A [Sampler] fills a [Batch]. The methods of the Batch mix pixels; the label functions take it as
// [Shares]:
//
//	s, err := mixup.New(mixup.Config{
//		Seed: 1, Alpha: 0.8, CutMixAlpha: 1, Height: 224, Width: 224, Layout: mixup.HWC,
//	})
//	...
//	var b mixup.Batch
//	err = s.At(&b, len(classes), epoch, step)
//	err = b.NormalizeFloat32(input, images, normalization)   // bytes to model input, in one pass
//	err = mixup.OneHot(&b, labels, classes, 1000, 0.1)       // class ids, smoothed by 0.1
//	err = mixup.SoftLabels(&b, soft, soft, 0)                // or soft and multi-label rows
//	err = mixup.Partners(&b, partners, classes)              // or two labels and two losses: see Loss
//
// # Reproducibility
//
// A draw depends on the configuration, the number of rows and (seed, rank, epoch, step) only, and
// is the same on every CPU. The draws of one (seed, rank, epoch, step) do not change between
// versions.
//
// # Several processes
//
// In data-parallel training each process mixes its own part of the global batch. Set the same Seed
// and a different Rank in each: different ranks draw independently, equal ranks alike. Give each
// process its own files; this package does not split them.
//
// # Errors
//
// Bad input gives an error that wraps [ErrConfig], [ErrClass], [ErrBox] or one of package blend's,
// and names the value; nothing has been written then. Calls that repeat, with no more rows than
// before, do not allocate (pooled scratch memory may be allocated again after a garbage
// collection).
package mixup

import "errors"

// Errors wrap one of these or one of package blend's; test with [errors.Is].
var (
	ErrConfig = errors.New("mixup: bad configuration")
	ErrClass  = errors.New("mixup: no such class")
	ErrBox    = errors.New("mixup: box does not fit the image")
)
