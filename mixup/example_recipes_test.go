package mixup_test

import (
	"bytes"
	"fmt"
	"log"
	"math"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/mixup"
)

// The recipe of timm and torchvision: mixup and CutMix by turns, normalized input, and labels that match.
func Example() {
	// Once:
	s, err := mixup.New(mixup.Config{
		Seed: 8, Alpha: 0.8, CutMixAlpha: 1, Pairing: mixup.Derangement,
		Height: 2, Width: 2, Layout: mixup.HWC,
	})
	if err != nil {
		log.Fatal(err)
	}
	mean, std := []float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225} // ImageNet's
	n, err := blend.NewNormalization(mean, std, mixup.HWC, mixup.CHW)
	if err != nil {
		log.Fatal(err)
	}

	// For every batch:
	images := make([]uint8, 3*2*2*3) // three images as decoders have them: height × width × channels
	for i := range images {
		images[i] = uint8(i)
	}
	classes := []int{0, 2, 3}
	input, labels := make([]float32, len(images)), make([]float32, 3*4)
	var b mixup.Batch // to be re-used
	for step := range 2 {
		if err := s.At(&b, len(classes), 0, step); err != nil {
			log.Fatal(err)
		}
		if err := b.NormalizeFloat32(input, images, n); err != nil {
			log.Fatal(err)
		}
		if err := mixup.OneHot(&b, labels, classes, 4, 0); err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%.2f of row 0, the rest of row %d", b.Lambda(0), b.Index(0))
		if box := b.Box(0); !box.Empty() {
			fmt.Print(" in the box ", box)
		}
		fmt.Printf("\n  red %.2f, label %.2f\n", input[:4], labels[:4])
	}
	// Output:
	// 0.42 of row 0, the rest of row 1
	//   red [-2.00 -1.95 -1.90 -1.84], label [0.42 0.00 0.58 0.00]
	// 0.75 of row 0, the rest of row 2 in the box (0,1)-(1,2)
	//   red [-2.12 -2.07 -1.60 -1.96], label [0.75 0.00 0.00 0.25]
}

// CutMix alone is always CutMix: no Alpha is needed. Input in bfloat16 takes half of the memory.
func Example_cutMixToBFloat16() {
	s, err := mixup.New(mixup.Config{
		Seed: 1, CutMixAlpha: 1, Pairing: mixup.Reversal,
		Height: 4, Width: 4, Layout: mixup.HWC,
	})
	if err != nil {
		log.Fatal(err)
	}
	n, err := blend.NewNormalization([]float64{0.5, 0.5, 0.5}, []float64{0.5, 0.5, 0.5}, mixup.HWC, mixup.CHW)
	if err != nil {
		log.Fatal(err)
	}
	images := make([]uint8, 2*48) // a black and a white one
	copy(images[48:], bytes.Repeat([]byte{255}, 48))
	input := make([]uint16, len(images)) // or any type of ~uint16

	var b mixup.Batch
	if err := s.At(&b, 2, 0, 0); err != nil {
		log.Fatal(err)
	}
	if err := mixup.NormalizeBFloat16(&b, input, images, n); err != nil {
		log.Fatal(err)
	}
	fmt.Println(b.Box(0), b.Lambda(0))
	for y := range 4 { // the red planes; −1 is bf80, 1 is 3f80
		fmt.Printf("%x %x\n", input[4*y:4*y+4], input[48+4*y:48+4*y+4])
	}
	// Output:
	// (0,0)-(2,3) 0.625
	// [3f80 3f80 bf80 bf80] [bf80 bf80 3f80 3f80]
	// [3f80 3f80 bf80 bf80] [bf80 bf80 3f80 3f80]
	// [3f80 3f80 bf80 bf80] [bf80 bf80 3f80 3f80]
	// [bf80 bf80 bf80 bf80] [3f80 3f80 3f80 3f80]
}

// Segmentation: the pixels of a box come from the partner, and so do their classes.
func Example_segmentation() {
	s, err := mixup.New(mixup.Config{
		Seed: 1, CutMixAlpha: 1, Pairing: mixup.Reversal,
		Height: 4, Width: 4, Layout: mixup.HWC,
	})
	if err != nil {
		log.Fatal(err)
	}
	images := bytes.Repeat([]byte{10, 20, 30}, 2*16)
	maps := make([]int32, 2*16) // a class a pixel: 1 in row 0, 2 in row 1
	for i := range maps {
		maps[i] = int32(1 + i/16)
	}

	var b mixup.Batch
	if err := s.At(&b, 2, 0, 0); err != nil {
		log.Fatal(err)
	}
	if err := b.Uint8(images, images); err != nil {
		log.Fatal(err)
	}
	if err := mixup.Paste(&b, maps, maps); err != nil {
		log.Fatal(err)
	}
	for y := range 4 {
		fmt.Println(maps[4*y:4*y+4], maps[16+4*y:16+4*y+4])
	}
	// Output:
	// [2 2 1 1] [1 1 2 2]
	// [2 2 1 1] [1 1 2 2]
	// [2 2 1 1] [1 1 2 2]
	// [1 1 1 1] [2 2 2 2]
}

// Several labels a row, smoothed and mixed.
func Example_multiLabel() {
	s, err := mixup.New(mixup.Config{Seed: 5, Alpha: 0.4, Pairing: mixup.Roll})
	if err != nil {
		log.Fatal(err)
	}
	y := []float32{
		1, 1, 0, 0, // two of four labels
		0, 0, 1, 0,
		0, 0, 0, 0, // none
	}
	var b mixup.Batch
	if err := s.At(&b, 3, 0, 0); err != nil {
		log.Fatal(err)
	}
	labels := make([]float32, len(y)) // or y itself
	if err := mixup.SoftLabels(&b, labels, y, 0.1); err != nil {
		log.Fatal(err)
	}
	fmt.Println(b.Lambda(0))
	for i := range 3 {
		fmt.Printf("%.4f\n", labels[4*i:4*i+4])
	}
	// Output:
	// 0.824127197265625
	// [0.7667 0.7667 0.0250 0.0250]
	// [0.1833 0.1833 0.7667 0.0250]
	// [0.0250 0.0250 0.1833 0.0250]
}

// Class ids and two losses, as mixup-cifar10 does it, where a loss takes no soft labels.
func Example_twoLosses() {
	s, err := mixup.New(mixup.Config{Seed: 1, Alpha: 1, Pairing: mixup.Roll})
	if err != nil {
		log.Fatal(err)
	}
	var b mixup.Batch
	if err := s.At(&b, 3, 0, 0); err != nil {
		log.Fatal(err)
	}
	classes, others := []string{"cat", "dog", "owl"}, make([]string, 3)
	if err := mixup.Partners(&b, others, classes); err != nil {
		log.Fatal(err)
	}
	crossEntropy := map[string]float64{"cat": 1, "dog": 2, "owl": 4} // of one row's prediction
	for i := range classes {
		loss := mixup.Loss(b.Lambda(i), crossEntropy[classes[i]], crossEntropy[others[i]])
		fmt.Printf("%.3f of %s and the rest of %s: %.3f\n", b.Lambda(i), classes[i], others[i], loss)
	}
	// Output:
	// 0.109 of cat and the rest of owl: 3.673
	// 0.109 of dog and the rest of cat: 1.109
	// 0.109 of owl and the rest of dog: 2.218
}

// Validation mixes nothing: the Normalization alone makes model input, and needs no Batch.
func Example_validation() {
	mean, std := []float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225} // as in training
	n, err := blend.NewNormalization(mean, std, mixup.HWC, mixup.CHW)
	if err != nil {
		log.Fatal(err)
	}
	images := []uint8{ // two images of two pixels
		255, 0, 0, 0, 255, 0,
		0, 0, 255, 255, 255, 255,
	}
	input := make([]float32, len(images))
	if err := n.ConvertFloat32(input, images, 2); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.2f\n%.2f\n", input[:6], input[6:]) // red, green and blue planes
	// Output:
	// [2.25 -2.12 -2.04 2.43 -1.80 -1.80]
	// [-2.12 2.25 -2.04 2.43 2.64 2.64]
}

// The last batch of an epoch is shorter. Slices of the same buffers hold it, and the Batch takes any number of rows.
func Example_lastBatch() {
	s, err := mixup.New(mixup.Config{Seed: 1, Alpha: 1, Scope: mixup.PerPair, Pairing: mixup.Reversal})
	if err != nil {
		log.Fatal(err)
	}
	const samples, most, size, classes = 7, 4, 2, 10
	x, labels := make([]float32, most*size), make([]float32, most*classes)
	ids := []uint8{3, 1, 4, 1, 5, 9, 2}
	var b mixup.Batch
	for step, done := 0, 0; done < samples; step, done = step+1, done+most {
		n := min(samples-done, most)
		if err := s.At(&b, n, 0, step); err != nil {
			log.Fatal(err)
		}
		if err := b.Float32(x[:n*size], x[:n*size]); err != nil {
			log.Fatal(err)
		}
		if err := mixup.OneHot(&b, labels[:n*classes], ids[done:done+n], classes, 0.1); err != nil {
			log.Fatal(err)
		}
		partners := make([]int, n)
		for i := range partners {
			partners[i] = b.Index(i) // the middle row of an odd batch is its own
		}
		fmt.Println(partners)
	}
	// Output:
	// [3 2 1 0]
	// [2 1 0]
}

// A run that is resumed goes on as if it had not been interrupted: (epoch, step) is all that a checkpoint needs.
func Example_resume() {
	train := func(epoch, step, steps int) {
		s, err := mixup.New(mixup.Config{Seed: 1, Alpha: 1})
		if err != nil {
			log.Fatal(err)
		}
		var b mixup.Batch
		for range steps {
			if err := s.At(&b, 2, epoch, step); err != nil {
				log.Fatal(err)
			}
			fmt.Printf("epoch %d, step %d: %v\n", epoch, step, b.Lambda(0))
			step++
		}
	}
	train(5, 100, 3)
	fmt.Println("interrupted, and resumed")
	train(5, 102, 2)
	// Output:
	// epoch 5, step 100: 0.10638427734375
	// epoch 5, step 101: 0.944671630859375
	// epoch 5, step 102: 0.64129638671875
	// interrupted, and resumed
	// epoch 5, step 102: 0.64129638671875
	// epoch 5, step 103: 0.37713623046875
}

// Data-parallel training: each process mixes its own part of the global batch. Seed and step are one, Rank is its own.
func Example_ranks() {
	const globalBatch, processes = 8, 2
	for rank := range processes { // each in its own process
		s, err := mixup.New(mixup.Config{Seed: 1, Rank: rank, Alpha: 1})
		if err != nil {
			log.Fatal(err)
		}
		var b mixup.Batch
		if err := s.At(&b, globalBatch/processes, 0, 0); err != nil {
			log.Fatal(err)
		}
		fmt.Println("rank", rank, "draws", b.Lambda(0))
	}
	// Output:
	// rank 0 draws 0.29107666015625
	// rank 1 draws 0.46588134765625
}

// MixMatch mixes labelled and unlabelled rows with one another. Fold keeps each nearer to itself, so that the first rows
// still are the labelled ones.
func Example_mixMatch() {
	s, err := mixup.New(mixup.Config{Seed: 1, Alpha: 0.75, Fold: true, Scope: mixup.PerRow})
	if err != nil {
		log.Fatal(err)
	}
	labelled := []float32{1, 1, 1, 2, 2, 2} // two rows
	unlabelled := []float32{30, 30, 30, 40, 40, 40, 50, 50, 50}
	labels := []float32{
		1, 0, // of the labelled rows
		0, 1,
		0.9, 0.1, // and what the model guesses
		0.2, 0.8,
		0.5, 0.5,
	}
	first, err := blend.Rows(labelled, 2)
	if err != nil {
		log.Fatal(err)
	}
	rest, err := blend.Rows(unlabelled, 3)
	if err != nil {
		log.Fatal(err)
	}
	rows := append(first, rest...) // one batch, wherever its rows are

	var b mixup.Batch
	if err := s.At(&b, len(rows), 0, 0); err != nil {
		log.Fatal(err)
	}
	if err := b.Float32Rows(rows, rows); err != nil { // in place
		log.Fatal(err)
	}
	if err := mixup.SoftLabels(&b, labels, labels, 0); err != nil {
		log.Fatal(err)
	}
	for i := range rows {
		fmt.Printf("%.2f with row %d: %.2f %.2f\n", b.Lambda(i), b.Index(i), rows[i], labels[2*i:2*i+2])
	}
	// Output:
	// 0.87 with row 2: [4.79 4.79 4.79] [0.99 0.01]
	// 0.96 with row 3: [3.55 3.55 3.55] [0.01 0.99]
	// 0.93 with row 4: [31.42 31.42 31.42] [0.87 0.13]
	// 0.76 with row 1: [30.79 30.79 30.79] [0.15 0.85]
	// 0.68 with row 0: [34.08 34.08 34.08] [0.66 0.34]
}

// The last epochs train on rows as they are: the zero Config keeps every row.
func Example_switchedOff() {
	const epochs, mixed = 4, 2
	on, err := mixup.New(mixup.Config{Seed: 1, Alpha: 0.8})
	if err != nil {
		log.Fatal(err)
	}
	off := new(mixup.Sampler) // or mixup.New of a Config with the image's Height, Width and Layout
	var b mixup.Batch
	for epoch := range epochs {
		s := on
		if epoch >= mixed {
			s = off
		}
		if err := s.At(&b, 2, epoch, 0); err != nil {
			log.Fatal(err)
		}
		x := []float32{1, float32(math.Inf(1))} // no row meets its partner
		err := b.Float32(x, x)
		fmt.Println(epoch, b.Lambda(0), x, err)
	}
	// Output:
	// 0 0.7952880859375 [+Inf +Inf] <nil>
	// 1 0.45159912109375 [1 +Inf] <nil>
	// 2 1 [1 +Inf] <nil>
	// 3 1 [1 +Inf] <nil>
}
