package shards

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	xdraw "golang.org/x/image/draw"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/examples/feed"
	"github.com/mixblend/blend/internal/shared/pictures"
	"github.com/mixblend/blend/mixup"
)

var photos = flag.String("photos", "", "glob of PNG and JPEG files: benchmarks read crops of them, 256 to 512 pixels wide and high")

// crops writes 2048 JPEG files of photos, or of patterns if there are none, to shards, and returns them.
func crops(b *testing.B) *Set {
	const n, size = 2048, 256
	var from []image.Image
	if *photos == "" {
		from = append(from, picture(1, 900, 700), picture(2, 800, 800))
	}
	names, err := filepath.Glob(*photos)
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range names {
		m, err := pictures.Decode(b.Context(), name)
		if err != nil {
			b.Fatal(err)
		}
		if s := m.Bounds().Size(); min(s.X, s.Y) < 512 { // larger, so that crops differ
			by := 640 / float64(min(s.X, s.Y))
			big := image.NewRGBA(image.Rect(0, 0, int(by*float64(s.X)), int(by*float64(s.Y))))
			xdraw.CatmullRom.Scale(big, big.Rect, m, m.Bounds(), xdraw.Src, nil)
			m = big
		}
		from = append(from, m)
	}
	dir := b.TempDir()
	x := NewIndex(nil)
	bytesAll := 0
	for first := 0; first < n; first += size {
		var members []member
		for i := first; i < first+size; i++ {
			rng := rand.New(rand.NewPCG(5, uint64(i)))
			class := rng.IntN(len(from))
			m := from[class]
			r := m.Bounds()
			s := image.Pt(256+rng.IntN(257), 256+rng.IntN(257))
			at := r.Min.Add(image.Pt(rng.IntN(r.Dx()-s.X+1), rng.IntN(r.Dy()-s.Y+1)))
			crop := image.NewRGBA(image.Rectangle{image.Point{}, s})
			xdraw.Draw(crop, crop.Rect, m, at, xdraw.Src)
			var file bytes.Buffer
			if err := jpeg.Encode(&file, crop, &jpeg.Options{Quality: 90}); err != nil {
				b.Fatal(err)
			}
			bytesAll += file.Len()
			members = append(members, member{fmt.Sprintf("%05d.jpg", i), file.Bytes()}, member{fmt.Sprintf("%05d.cls", i), fmt.Append(nil, class)})
		}
		name := filepath.Join(dir, fmt.Sprintf("%04d.tar", first/size))
		if err := os.WriteFile(name, tarOf(b, members...), 0o600); err != nil {
			b.Fatal(err)
		}
		x.Shards = append(x.Shards, Shard{name, size})
	}
	b.Logf("%d JPEG files of %d photos, %.0f KB in the mean", n, len(from), float64(bytesAll)/n/1000)
	writeJSON(b, filepath.Join(dir, "x.json"), x)
	return openSet(b, new(Store), false, filepath.Join(dir, "x.json"))
}

// nowhere is a Memory without images: nothing is mixed, normalized or labelled.
type nowhere struct{}

func (nowhere) Write(func(images, labels []float32) error) error { return nil }

const (
	side  = 224
	batch = 64
)

var imagenet = Options{Side: side, Classes: 1000, Random: true, Shuffle: 500}

// BenchmarkLoader reads three loaders in turn, some batches each: one that mixes, one that only normalizes, and one that does neither.
// It says what the former two add to the time of the last, and where the time of the first went. Run it with -benchtime 20x.
func BenchmarkLoader(b *testing.B) {
	set := crops(b)
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			type loader struct {
				f     *feed.Feed[Sample]
				times []float64
			}
			var format Format
			newLoader := func(mix mixup.Config, memory func() (feed.Memory, error)) *loader {
				var err error
				if format, err = set.Format(imagenet); err != nil {
					b.Fatal(err)
				}
				f, err := feed.Start(b.Context(), format, feed.Config{
					Batch: batch, DropLast: true, Epochs: math.MaxInt32, Seed: 1, Workers: workers, Ahead: 1, Mix: mix, Smoothing: 0.1, Memory: memory,
				})
				if err != nil {
					b.Fatal(err)
				}
				return &loader{f: f}
			}
			all := []*loader{
				newLoader(mixup.Config{}, func() (feed.Memory, error) { return nowhere{}, nil }),
				newLoader(mixup.Config{}, nil),
				newLoader(mixup.Config{Alpha: 0.2, CutMixAlpha: 1}, nil),
			}
			mixed := all[2]
			for _, l := range all { // buffers are touched for the first time, once each
				for range 2 * (workers + 1) {
					(<-l.f.C()).Release()
				}
			}
			s0, stages0 := mixed.f.Stats(), format.Stages()
			order := []int{0, 1, 2}
			var waited, passed time.Duration
			for b.Loop() {
				rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
				for _, k := range order {
					l := all[k]
					for range workers + 1 {
						(<-l.f.C()).Release() // what was ready
					}
					begin := time.Now()
					for range 2 * workers {
						at := time.Now()
						x := <-l.f.C()
						if l == mixed {
							waited += time.Since(at)
						}
						x.Release()
					}
					spent := time.Since(begin)
					if l == mixed {
						passed += spent
					}
					l.times = append(l.times, spent.Seconds()/float64(2*workers*batch))
					// The others' rounds begin when this one has made all that it can make ahead.
					for s := l.f.Stats(); ; {
						time.Sleep(20 * time.Millisecond)
						if now := l.f.Stats(); now.Batches == s.Batches && now.Read == s.Read {
							break
						} else {
							s = now
						}
					}
				}
			}
			ratio := func(k int) float64 {
				r := make([]float64, len(mixed.times))
				for i := range r {
					r[i] = all[k].times[i] / all[0].times[i]
				}
				return median(r)
			}
			s, stages := mixed.f.Stats(), format.Stages()
			perImage := func(d time.Duration) float64 { return d.Seconds() * 1e6 / float64(s.Rows-s0.Rows) }
			mix, read := s.Mix-s0.Mix, s.Read-s0.Read
			b.ReportMetric(1/median(mixed.times), "images/s")
			b.ReportMetric(1/median(all[0].times), "images/s-neither")
			b.ReportMetric(ratio(1), "normalized/neither")
			b.ReportMetric(ratio(2), "mixed/neither")
			b.ReportMetric(perImage(stages.Read-stages0.Read), "µs-read")
			b.ReportMetric(perImage(stages.Decode-stages0.Decode), "µs-decode")
			b.ReportMetric(perImage(stages.View-stages0.View), "µs-crop")
			b.ReportMetric(perImage(mix), "µs-mix")
			b.ReportMetric(100*mix.Seconds()/(mix+read).Seconds(), "%-mix")
			b.ReportMetric(100*waited.Seconds()/passed.Seconds(), "%-waited")
			b.ReportMetric(0, "ns/op")
			for _, l := range all {
				l.f.Stop()
			}
		})
	}
}

func median(s []float64) float64 {
	s = slices.Sorted(slices.Values(s))
	return s[len(s)/2]
}

// BenchmarkPass compares the last pass of a batch, draws, mix, normalization and labels, as a worker makes it, with the kernel's call
// alone, in turn, on memory that neither has seen for a while.
func BenchmarkPass(b *testing.B) {
	format, err := openSet(b, new(Store), false, write(b, 64)...).Format(imagenet)
	if err != nil {
		b.Fatal(err)
	}
	norm := format.Shape().Norm
	s, err := mixup.New(mixup.Config{Seed: 1, Alpha: 0.2, Height: side, Width: side, Layout: mixup.HWC})
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	const buffers = 4
	var x [buffers][]byte
	var dst [buffers][]float32
	for i := range buffers {
		x[i], dst[i] = make([]byte, batch*side*side*pixelBytes), make([]float32, batch*3*side*side)
		for j := range x[i] {
			x[i][j] = byte(rng.Uint32())
		}
	}
	labels, class := make([]float32, batch*1000), make([]int, batch)
	var plan blend.Plan
	var whole mixup.Batch
	var times [2][]float64
	step := 0
	for b.Loop() {
		for _, k := range rng.Perm(2) {
			step++
			i := step % buffers
			if err := s.At(&whole, batch, 0, step); err != nil {
				b.Fatal(err)
			}
			index, lambda := make([]int, batch), make([]float64, batch)
			for r := range batch {
				index[r], lambda[r], class[r] = whole.Index(r), whole.Lambda(r), r
			}
			if err := plan.Reset(index, lambda...); err != nil {
				b.Fatal(err)
			}
			begin := time.Now()
			if k == 0 {
				err = plan.NormalizeFloat32(dst[i], x[i], norm)
			} else {
				if err = s.At(&whole, batch, 0, step); err == nil {
					err = whole.NormalizeFloat32(dst[i], x[i], norm)
				}
				if err == nil {
					err = mixup.OneHot(&whole, labels, class, 1000, 0.1)
				}
			}
			times[k] = append(times[k], time.Since(begin).Seconds())
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(1e6*median(times[0])/batch, "µs-kernel")
	b.ReportMetric(1e6*median(times[1])/batch, "µs-pass")
	b.ReportMetric(median(times[1])/median(times[0]), "pass/kernel")
	b.ReportMetric(0, "ns/op")
}

// The tenth epoch needs no more memory than the second.
func TestMemoryIsFlat(t *testing.T) {
	set := openSet(t, new(Store), false, write(t, 60, 60)...)
	f := start(t, set, Options{Side: 32, Random: true, Shuffle: 30}, feed.Config{Batch: 16, Epochs: 10, Mix: mixup.Config{Alpha: 1, CutMixAlpha: 1}})
	var heap []float64
	for b, err := range f.All() {
		if err != nil {
			t.Fatal(err)
		}
		if b.Step == 7 {
			var m runtime.MemStats
			runtime.GC()
			runtime.GC() // which empties pools
			runtime.ReadMemStats(&m)
			heap = append(heap, float64(m.HeapAlloc)/(1<<20))
		}
	}
	if len(heap) != 10 || heap[9] > 1.2*heap[1]+1 {
		t.Errorf("MiB after each epoch: %.2f", heap)
	}
}
