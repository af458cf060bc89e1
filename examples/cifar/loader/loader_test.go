package loader

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mixblend/blend/examples/feed"
	"github.com/mixblend/blend/mixup"
)

var pictureFiles = flag.String("pictures", "", "glob of PNG and JPEG files, one a class, to test with as well as with patterns")

// dataset is a file with its records.
type dataset struct {
	*Data
	name    string
	records []Record
	number  map[string]int // of an image
}

func write(t testing.TB, n int, source Source) *dataset {
	t.Helper()
	d := &dataset{name: filepath.Join(t.TempDir(), "data.bin"), number: map[string]int{}}
	if err := WriteFile(t.Context(), d.name, n, source); err != nil {
		t.Fatal(err)
	}
	d.open(t)
	return d
}

// open reads the file by means of its own.
func (d *dataset) open(t testing.TB) {
	t.Helper()
	raw, err := os.ReadFile(d.name)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; len(raw) > 0; i++ {
		d.records = append(d.records, Record(raw[:RecordBytes]))
		d.number[string(raw[1:RecordBytes])] = i
		raw = raw[RecordBytes:]
	}
	if d.Data, err = Open(len(d.records), d.name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
}

// sources runs a test on patterns, and on pictures if there are such.
func sources(t *testing.T, n int, test func(t *testing.T, d *dataset)) {
	t.Run("patterns", func(t *testing.T) { test(t, write(t, n, Patterns(1))) })
	if *pictureFiles == "" {
		return
	}
	t.Run("pictures", func(t *testing.T) {
		names, err := filepath.Glob(*pictureFiles)
		if err != nil {
			t.Fatal(err)
		}
		source, err := Pictures(t.Context(), 1, names...)
		if err != nil {
			t.Fatal(err)
		}
		test(t, write(t, n, source))
	})
}

func start(t testing.TB, d *Data, a Augment, c feed.Config) *feed.Feed[int] {
	t.Helper()
	format, err := d.Format(a)
	if err != nil {
		t.Fatal(err)
	}
	f, err := feed.Start(t.Context(), format, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Stop() })
	return f
}

func TestOrder(t *testing.T) {
	const n, size, epochs = 203, 32, 3
	sources(t, n, func(t *testing.T, d *dataset) {
		for _, workers := range []int{1, 2, 5} {
			for _, drop := range []bool{false, true} {
				l := start(t, d.Data, Augment{Pad: 4, Flip: true}, feed.Config{
					Batch: size, Epochs: epochs, DropLast: drop, Workers: workers, Mix: mixup.Config{Alpha: 1},
				})
				steps := (n + size - 1) / size
				if drop {
					steps = n / size
				}
				at := 0
				orders, lambdas := make([][]int, epochs), make([][]float64, epochs)
				for b := range l.C() {
					epoch, step := at/steps, at%steps
					if b.Epoch != epoch || b.Step != step {
						t.Fatalf("epoch %d, step %d came where epoch %d, step %d belongs", b.Epoch, b.Step, epoch, step)
					}
					rows := min(size, n-step*size)
					if len(b.Samples) != rows || len(b.Classes) != rows || len(b.Images) != rows*ImageBytes || len(b.Labels) != rows*Classes || b.Mix().Len() != rows {
						t.Fatalf("step %d: %d samples, %d classes, %d elements, %d labels, a plan of %d rows: want those of %d images",
							step, len(b.Samples), len(b.Classes), len(b.Images), len(b.Labels), b.Mix().Len(), rows)
					}
					orders[epoch] = append(orders[epoch], b.Samples...)
					lambdas[epoch] = append(lambdas[epoch], b.Mix().Lambda(0))
					at++
					b.Release()
				}
				if err := l.Stop(); err != nil || at != epochs*steps {
					t.Fatalf("%d batches, want %d; %v", at, epochs*steps, err)
				}
				for epoch, order := range orders {
					if epoch > 0 && slices.Equal(order, orders[epoch-1]) {
						t.Errorf("epochs %d and %d have one order", epoch-1, epoch)
					}
					if epoch > 0 && slices.Equal(lambdas[epoch], lambdas[epoch-1]) {
						t.Errorf("epochs %d and %d are mixed alike", epoch-1, epoch)
					}
					seen := make(map[int]bool)
					for _, s := range order {
						if s < 0 || s >= n || seen[s] {
							t.Errorf("epoch %d has sample %d twice, or there is none", epoch, s)
						}
						seen[s] = true
					}
					if want := min(n, steps*size); len(seen) != want {
						t.Errorf("epoch %d has %d samples, want %d", epoch, len(seen), want)
					}
				}
			}
		}
	})
}

// unmix solves row = λ·own + (1−λ)·partner, for all rows of a batch together, for the own ones. It is of no use where the pivots come
// near 0.
func unmix(b *feed.Batch[int], mixed []float32) (own [][]float64, ok bool) {
	n := len(b.Samples)
	cols := len(mixed) / n
	weights := make([][]float64, n)
	for i := range n {
		weights[i] = make([]float64, n)
		weights[i][i] += b.Mix().Lambda(i)
		weights[i][b.Mix().Index(i)] += 1 - b.Mix().Lambda(i)
		row := make([]float64, cols)
		for j, v := range mixed[i*cols : (i+1)*cols] {
			row[j] = float64(v)
		}
		own = append(own, row)
	}
	add := func(dst, src []float64, by float64) {
		for j, v := range src {
			dst[j] += by * v
		}
	}
	for i := range n {
		pivot := i
		for k := i + 1; k < n; k++ {
			if math.Abs(weights[k][i]) > math.Abs(weights[pivot][i]) {
				pivot = k
			}
		}
		weights[i], weights[pivot], own[i], own[pivot] = weights[pivot], weights[i], own[pivot], own[i]
		p := weights[i][i]
		if math.Abs(p) < 0.05 {
			return nil, false
		}
		for k := range n {
			if f := weights[k][i] / p; k != i && f != 0 {
				add(weights[k], weights[i], -f)
				add(own[k], own[i], -f)
			}
		}
		for j := range own[i] {
			own[i][j] /= p
		}
		for j := range weights[i] {
			weights[i][j] /= p
		}
	}
	return own, true
}

// pixels undoes the normalization, or fails where the result is no byte.
func pixels(row []float64) (string, error) {
	p := make([]byte, len(row))
	for i, v := range row {
		c := i / (Side * Side)
		v = 255 * (v*Std[c] + Mean[c])
		if r := math.Round(v); r < 0 || r > 255 || math.Abs(v-r) > 0.05 {
			return "", fmt.Errorf("element %d is %v", i, v)
		}
		p[i] = byte(math.Round(v))
	}
	return string(p), nil
}

// A batch that is un-mixed again must have images of the file, and the label of each must be its own.
func TestLabelsBelongToPixels(t *testing.T) {
	const n, size, epochs = 200, 24, 2
	configs := map[string]mixup.Config{
		"none":        {},
		"permutation": {Alpha: 1},
		"rows":        {Alpha: 1, Scope: mixup.PerRow},
		"pairs":       {Alpha: 0.4, Scope: mixup.PerPair, Pairing: mixup.Reversal},
		"roll":        {Alpha: 0.4, Pairing: mixup.Roll, Fold: true},
	}
	sources(t, n, func(t *testing.T, d *dataset) {
		for name, mix := range configs {
			t.Run(name, func(t *testing.T) {
				l := start(t, d.Data, Augment{}, feed.Config{Batch: size, Epochs: epochs, Seed: 5, Workers: 3, Mix: mix})
				seen, mixed := make(map[int]int), 0
				for b := range l.C() {
					checkUnmixed(t, b, func(image string) (record int, err error) {
						record, ok := d.number[image]
						if !ok {
							err = errors.New("no such image in the file")
						}
						return record, err
					}, d.records, seen)
					for i := range b.Samples {
						if b.Mix().Lambda(i) < 1 && b.Mix().Index(i) != i {
							mixed++
						}
					}
					b.Release()
				}
				if err := l.Stop(); err != nil {
					t.Fatal(err)
				}
				if len(seen) < n/2 {
					t.Errorf("%d records of %d were found again", len(seen), n)
				}
				if (mixed > 0) != (mix.Alpha > 0) {
					t.Errorf("%d rows are mixed with others", mixed)
				}
			})
		}
	})
}

// Each pixel of a batch with boxes is of the row's own record or, in its box, of its partner's, and the label weighs the two.
func TestCutMix(t *testing.T) {
	const n, size = 60, 16
	sources(t, n, func(t *testing.T, d *dataset) {
		l := start(t, d.Data, Augment{}, feed.Config{Batch: size, Epochs: 2, Seed: 5, Workers: 3, Mix: mixup.Config{CutMixAlpha: 1, Scope: mixup.PerRow}})
		cut := 0
		for b := range l.C() {
			for i, sample := range b.Samples {
				partner := b.Samples[b.Mix().Index(i)]
				for j, v := range b.Images[i*ImageBytes:][:ImageBytes] {
					from := sample
					if x, y := j%Side, j/Side%Side; image.Pt(x, y).In(b.Mix().Box(i)) {
						from = partner
						cut++
					}
					c := j / (Side * Side)
					if want := (float64(d.records[from].Pixels()[j])/255 - Mean[c]) / Std[c]; math.Abs(float64(v)-want) > 1e-5 {
						t.Fatalf("step %d, row %d, element %d is %v, want %v", b.Step, i, j, v, want)
					}
				}
				want := make([]float64, Classes)
				want[d.records[sample].Class()] += b.Mix().Lambda(i)
				want[d.records[partner].Class()] += 1 - b.Mix().Lambda(i)
				for j, v := range b.Labels[i*Classes:][:Classes] {
					if math.Abs(float64(v)-want[j]) > 1e-6 {
						t.Fatalf("step %d, row %d: class %d has %v, want %v", b.Step, i, j, v, want[j])
					}
				}
			}
			b.Release()
		}
		if cut == 0 {
			t.Error("nothing was cut")
		}
	})
}

func checkUnmixed(t *testing.T, b *feed.Batch[int], find func(image string) (record int, err error), records []Record, seen map[int]int) {
	t.Helper()
	images, ok := unmix(b, b.Images)
	if !ok {
		return
	}
	labels, _ := unmix(b, b.Labels)
	for i := range images {
		image, err := pixels(images[i])
		if err != nil {
			t.Fatalf("epoch %d, step %d, row %d: %v", b.Epoch, b.Step, i, err)
		}
		record, err := find(image)
		if err != nil {
			t.Fatalf("epoch %d, step %d, row %d: %v", b.Epoch, b.Step, i, err)
		}
		seen[record]++
		class := records[record].Class()
		for c, v := range labels[i] {
			want := 0.0
			if c == int(class) {
				want = 1
			}
			if math.Abs(v-want) > 1e-4 {
				t.Fatalf("epoch %d, step %d, row %d: record %d is of class %d, but its label un-mixed is %v", b.Epoch, b.Step, i, record, class, labels[i])
			}
		}
		if b.Samples[i] != record || b.Classes[i] != int(class) {
			t.Fatalf("epoch %d, step %d, row %d is record %d of class %d, but is said to be %d of %d", b.Epoch, b.Step, i, record, class, b.Samples[i], b.Classes[i])
		}
	}
}

// The same with crops and flips: an un-mixed image must be one of those that can be cropped from the record.
func TestCropsAreOfTheirRecords(t *testing.T) {
	const n, size, pad = 72, 24, 2
	sources(t, n, func(t *testing.T, d *dataset) {
		type cropped struct {
			record int
			v      view
		}
		all := map[string]cropped{}
		for i := range d.records {
			for dx := -pad; dx <= pad; dx++ {
				for dy := -pad; dy <= pad; dy++ {
					for _, flip := range []bool{false, true} {
						all[string(plainCrop(d.records[i].Pixels(), dx, dy, flip))] = cropped{i, view{dx, dy, flip}}
					}
				}
			}
		}
		l := start(t, d.Data, Augment{Pad: pad, Flip: true}, feed.Config{Batch: size, Epochs: 12, Seed: 3, Workers: 2, Mix: mixup.Config{Alpha: 1}})
		views, seen := map[view]int{}, map[int]int{}
		for b := range l.C() {
			checkUnmixed(t, b, func(image string) (int, error) {
				c, ok := all[image]
				if !ok {
					return 0, errors.New("no such crop of the file")
				}
				views[c.v]++
				return c.record, nil
			}, d.records, seen)
			b.Release()
		}
		if err := l.Stop(); err != nil {
			t.Fatal(err)
		}
		if want := (2*pad + 1) * (2*pad + 1) * 2; len(views) != want || len(seen) != n {
			t.Errorf("%d views of %d, of %d records of %d", len(views), want, len(seen), n)
		}
	})
}

// plainCrop is a crop of a padded image, pixel by pixel.
func plainCrop(src []byte, dx, dy int, flip bool) []byte {
	dst := make([]byte, ImageBytes)
	for i := range dst {
		c, y, x := i/(Side*Side), i/Side%Side, i%Side
		if flip {
			x = Side - 1 - x
		}
		if x, y := x+dx, y+dy; x >= 0 && x < Side && y >= 0 && y < Side {
			dst[i] = src[(c*Side+y)*Side+x]
		}
	}
	return dst
}

func TestCrop(t *testing.T) {
	var r Record
	for i := range r {
		r[i] = byte(i*i>>4 + 17*i)
	}
	dst := make([]byte, ImageBytes)
	for _, dx := range []int{-Side, -7, -1, 0, 1, 4, Side - 1, Side} {
		for _, dy := range []int{-Side, -4, 0, 1, 9, Side} {
			for _, flip := range []bool{false, true} {
				for i := range dst {
					dst[i] = 99
				}
				crop(dst, r.Pixels(), dx, dy, flip)
				if !bytes.Equal(dst, plainCrop(r.Pixels(), dx, dy, flip)) {
					t.Errorf("dx %d, dy %d, flip %v", dx, dy, flip)
				}
			}
		}
	}
}

// Every view must come up about as often as any other.
func TestViewsAreUniform(t *testing.T) {
	const samples, epochs = 10000, 5
	a := Augment{Pad: 4, Flip: true}
	count, again := map[view]int{}, 0
	for sample := range samples {
		for epoch := range epochs {
			v := a.view(7, epoch, sample)
			count[v]++
			if epoch > 0 && v == a.view(7, epoch-1, sample) {
				again++
			}
		}
	}
	const views = 9 * 9 * 2
	mean := float64(samples*epochs) / views
	square := 0.0
	for _, n := range count {
		square += (float64(n) - mean) * (float64(n) - mean) / mean
	}
	if len(count) != views || square > views+5*math.Sqrt(2*views) {
		t.Errorf("%d views, χ² = %.0f with %d degrees of freedom", len(count), square, views-1)
	}
	if mean := float64(samples*(epochs-1)) / views; math.Abs(float64(again)-mean) > 5*math.Sqrt(mean) {
		t.Errorf("%d samples looked the same in the next epoch, want about %.0f", again, mean)
	}
}

// digests are what a loader delivers, a hash a batch.
func digests(t *testing.T, d *Data, c feed.Config) (all [][32]byte) {
	t.Helper()
	for b, err := range start(t, d, Augment{Pad: 4, Flip: true}, c).All() {
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		fmt.Fprintln(h, b.Epoch, b.Step, b.Samples, b.Classes)
		for _, v := range [][]float32{b.Images, b.Labels} {
			if err := binary.Write(h, binary.LittleEndian, v); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, [32]byte(h.Sum(nil)))
	}
	return all
}

func TestSameFromTheSameSeed(t *testing.T) {
	sources(t, 333, func(t *testing.T, d *dataset) {
		config := feed.Config{Batch: 16, Epochs: 3, Seed: 11, Mix: mixup.Config{Alpha: 1}, Smoothing: 0.1, Workers: 1, Ahead: 1}
		want := digests(t, d.Data, config)
		if len(want) != 3*21 {
			t.Fatalf("%d batches", len(want))
		}
		for _, workers := range []int{2, 5} {
			c := config
			c.Workers, c.Ahead = workers, 3
			if !slices.Equal(digests(t, d.Data, c), want) {
				t.Errorf("%d workers deliver something else", workers)
			}
		}
		later := config
		later.Epoch, later.Step, later.Epochs, later.Workers = 1, 13, 2, 2
		if !slices.Equal(digests(t, d.Data, later), want[21+13:]) {
			t.Error("from epoch 1, step 13 on it is something else")
		}
	})
}

// The seed decides order, views and mixes, each of them.
func TestSeedDecidesAll(t *testing.T) {
	d := write(t, 64, Patterns(1))
	type draws struct{ samples, lambdas, views string }
	of := func(seed uint64) draws {
		a := Augment{Pad: 4, Flip: true}
		l := start(t, d.Data, a, feed.Config{Batch: 8, Epochs: 1, Seed: seed, Mix: mixup.Config{Alpha: 1, Seed: 99}})
		var samples, lambdas, views []any
		for b := range l.C() {
			samples, lambdas = append(samples, slices.Clone(b.Samples)), append(lambdas, b.Mix().Lambda(0))
			b.Release()
		}
		for i := range d.Len() {
			views = append(views, a.view(seed, 0, i))
		}
		return draws{fmt.Sprint(samples), fmt.Sprint(lambdas), fmt.Sprint(views)}
	}
	a, b := of(1), of(2)
	if a.samples == b.samples || a.lambdas == b.lambdas || a.views == b.views {
		t.Errorf("from two seeds, order differs: %v, mixes: %v, views: %v", a.samples != b.samples, a.lambdas != b.lambdas, a.views != b.views)
	}
}
