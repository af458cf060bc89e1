// Package masks draws masks for [mixup.NewMasks]: a byte per pixel, the image's own share in units
// of 1/255. λ is the share that the image keeps; its partner gets the rest.
//
//	rng := rand.New(rand.NewPCG(seed, step))
//	m, err := mixup.NewMasks(index, mixup.HWC, 224, 224, masks.Noise(rng, 224, 224, λ))
//
// A mask keeps λ only approximately. Labels need the exact share, which Lambda of the *mixup.Masks
// returns.
//
// It is an example: copy it.
package masks

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Grid divides an image into cells × cells and gives the partner 1−λ of them, rounded to a whole
// number, as GridMix does (Baek et al., 2021).
func Grid(rng *rand.Rand, height, width, cells int, lambda float64) []uint8 {
	own := make([]uint8, cells*cells)
	for _, c := range rng.Perm(len(own))[:int(math.Round(lambda*float64(len(own))))] {
		own[c] = 255
	}
	mask := make([]uint8, height*width)
	for i := range mask {
		y, x := i/width, i%width
		mask[i] = own[y*cells/height*cells+x*cells/width]
	}
	return mask
}

// Square gives the partner a square with soft edges, as SmoothMix does (Lee et al., 2020): of 1−λ of
// the image at half of its height, about a random centre, and clipped to the image. softness is the
// width of the edge as a share of the image's, 0 for the hard edge of CutMix.
func Square(rng *rand.Rand, height, width int, lambda, softness float64) []uint8 {
	side := math.Sqrt(1 - lambda)
	cy, cx := rng.Float64(), rng.Float64()
	mask := make([]uint8, height*width)
	for i := range mask {
		y, x := (float64(i/width)+0.5)/float64(height), (float64(i%width)+0.5)/float64(width)
		outside := max(math.Abs(y-cy), math.Abs(x-cx)) - side/2 // of the square; negative inside
		mask[i] = uint8(math.Round(255 * step(outside, softness)))
	}
	return mask
}

// step rises smoothly from 0 to 1 about 0, over so much.
func step(x, over float64) float64 {
	switch {
	case x >= over/2:
		return 1
	case x <= -over/2:
		return 0
	}
	return (1 + math.Sin(math.Pi*x/over)) / 2
}

// Noise keeps the λ of all pixels where a random field is highest, as FMix does (Harris et al., 2020).
// The field is of low frequencies: each has a random amplitude, and the lower it is the larger.
func Noise(rng *rand.Rand, height, width int, lambda float64) []uint8 {
	field := field(rng, height, width)
	order := make([]int, len(field))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, k int) int {
		if field[i] > field[k] {
			return -1
		}
		return 1
	})
	mask := make([]uint8, len(field))
	for _, i := range order[:int(math.Round(lambda*float64(len(order))))] {
		mask[i] = 255
	}
	return mask
}

const (
	frequencies = 16 // a side: what is above them would not show
	decay       = 3  // of amplitudes: a power of the frequency, FMix's default
)

// field is the real part of an inverse Fourier transform, taken along lines first, then along columns.
func field(rng *rand.Rand, height, width int) []float64 {
	lines := make([][]complex128, 2*frequencies) // one a vertical frequency, −frequencies…frequencies−1
	across := waves(width)
	for v := range lines {
		lines[v] = make([]complex128, width)
		for u := range frequencies { // those below 0 add nothing to a real part
			f := math.Hypot(float64(v-frequencies), float64(u))
			if f == 0 {
				continue
			}
			amplitude := complex(rng.NormFloat64(), rng.NormFloat64()) * complex(math.Pow(f, -decay), 0)
			for x := range lines[v] {
				lines[v][x] += amplitude * across[u*x%width]
			}
		}
	}
	down := waves(height)
	field := make([]float64, height*width)
	for y := range height {
		line := field[y*width:][:width]
		for v := range lines {
			w := down[((v-frequencies)*y%height+height)%height]
			for x, a := range lines[v] {
				line[x] += real(a)*real(w) - imag(a)*imag(w)
			}
		}
	}
	return field
}

// waves returns one turn in n steps.
func waves(n int) []complex128 {
	w := make([]complex128, n)
	for i := range w {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		w[i] = complex(cos, sin)
	}
	return w
}
