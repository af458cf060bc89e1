package shards

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/examples/feed"
	"github.com/mixblend/blend/internal/shared/pictures"
)

// ImageNet's mean and standard deviation, of red, green and blue from 0 to 1.
var (
	Mean = []float64{0.485, 0.456, 0.406}
	Std  = []float64{0.229, 0.224, 0.225}
)

// Options select samples, their order and their views. Side and Classes must be set.
type Options struct {
	Side    int // of the square that images are cropped and scaled to
	Classes int
	// Label is the field of a .json that holds the class, "" for "label". A .json that is a number is the class itself,
	// as is a .cls, which is preferred.
	Label string

	// Random is for training: each epoch has another order of shards and samples, a crop by RandomResizedCrop, and a
	// flip half of the time. Otherwise, for validation, nothing is drawn, and the crop is in the middle.
	Random bool
	// Scale and Ratio are those of RandomResizedCrop: the share of the area, and width over height. Zero is torchvision's
	// default: 0.08 to 1, and 3/4 to 4/3.
	Scale, Ratio [2]float64
	// Center is the share of the shorter side that is seen without Random, 0 for 224/256.
	Center float64

	// Shuffle is the size of the buffer from which each sample is drawn. Order depends on it, and on Streams.
	Shuffle int
	// Streams is the number of shards that are open at once if Random is set, 0 for 4. One sample is taken from each in
	// turn.
	Streams int

	Mean, Std []float64 // nil for ImageNet's
}

// A Format is a Set with the Options of its views.
type Format interface {
	feed.Format[Sample]
	Stages() Stages
}

// Format returns the set as a format of package feed.
func (s *Set) Format(o Options) (Format, error) {
	bad := func(field string, value any, want string) error {
		return fmt.Errorf("shards: %s = %v, want %s", field, value, want)
	}
	span := func(s [2]float64, most float64) bool { return s[0] > 0 && s[0] <= s[1] && s[1] <= most }
	o.Scale, o.Ratio, o.Center = or(o.Scale, [2]float64{0.08, 1}), or(o.Ratio, [2]float64{3. / 4, 4. / 3}), or(o.Center, 224./256)
	o.Label, o.Streams = or(o.Label, "label"), or(o.Streams, 4)
	if o.Mean == nil && o.Std == nil {
		o.Mean, o.Std = Mean, Std
	}
	switch {
	case o.Side < 1 || o.Side > 1<<14:
		return nil, bad("Side", o.Side, fmt.Sprintf("1 to %d", 1<<14))
	case o.Classes < 1:
		return nil, bad("Classes", o.Classes, "1 or more")
	case !span(o.Scale, 1):
		return nil, bad("Scale", o.Scale, "two shares, the smaller one first")
	case !span(o.Ratio, 1000) || o.Ratio[0] < 1e-3:
		return nil, bad("Ratio", o.Ratio, "two ratios of 0.001 to 1000, the smaller one first")
	case !(o.Center > 0 && o.Center <= 1):
		return nil, bad("Center", o.Center, "a share")
	case o.Shuffle < 0 || o.Shuffle > 1<<24:
		return nil, bad("Shuffle", o.Shuffle, fmt.Sprintf("0 to %d", 1<<24))
	case o.Shuffle > 0 && !o.Random:
		return nil, bad("Shuffle", o.Shuffle, "0 where nothing is Random")
	case o.Streams < 1 || o.Streams > 1<<10:
		return nil, bad("Streams", o.Streams, fmt.Sprintf("1 to %d", 1<<10))
	}
	norm, err := blend.NewNormalization(o.Mean, o.Std, blend.HWC, blend.CHW)
	if err != nil {
		return nil, err
	}
	if len(norm.Scale) != 3 {
		return nil, bad("Mean, Std", fmt.Sprint(o.Mean, o.Std), "those of red, green and blue")
	}
	norm.PixelBytes = pixelBytes
	return &format{set: s, options: o, norm: norm}, nil
}

const pixelBytes = 4 // RGBA, as Go's images have it

type format struct {
	set     *Set
	options Options
	norm    *blend.Normalization
	stages  stages
}

func (f *format) Shape() feed.Shape {
	return feed.Shape{Samples: f.set.Len(), Height: f.options.Side, Width: f.options.Side, Norm: f.norm, Classes: f.options.Classes}
}

// Stages may be called at any time.
func (f *format) Stages() Stages {
	s := &f.stages
	return Stages{Read: time.Duration(s.read.Load()), Decode: time.Duration(s.decode.Load()), View: time.Duration(s.view.Load())}
}

func (f *format) NewWorker(c *feed.Config) feed.Worker[Sample] {
	return &worker{format: f, seed: c.Seed}
}

type worker struct {
	*format
	seed uint64
}

// Read decodes a sample, and sees it as the epoch wants it.
func (w *worker) Read(ctx context.Context, s *Sample, epoch int, pixels []byte) (class int, err error) {
	defer s.drop()
	if s.err != nil {
		return 0, s.err
	}
	broken := func(err error) error {
		return fmt.Errorf("%w: shards: %s: sample %q: %w", feed.ErrBroken, s.Shard, s.Key, err)
	}
	if class, err = w.class(s); err != nil {
		return 0, broken(err)
	}
	begin := time.Now()
	picture, err := pictures.DecodeAt(ctx, bytes.NewReader(s.image.Bytes()))
	decoded := time.Now()
	w.stages.decode.Add(int64(decoded.Sub(begin)))
	if err != nil {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		return 0, broken(err)
	}
	crop, flip := center(picture.Bounds(), w.options.Center), false
	if w.options.Random {
		rng := feed.Rand(w.seed, uint64(epoch), drawViews, uint64(s.Number))
		crop = randomCrop(rng, picture.Bounds(), w.options.Scale, w.options.Ratio)
		flip = rng.Uint64()>>63 != 0
	}
	row := &image.RGBA{Pix: pixels, Stride: pixelBytes * w.options.Side, Rect: image.Rect(0, 0, w.options.Side, w.options.Side)}
	if err := pictures.Scale(ctx, row, picture, crop); err != nil {
		return 0, context.Cause(ctx)
	}
	if flip {
		flipRows(row.Pix, row.Stride)
	}
	w.stages.view.Add(int64(time.Since(decoded)))
	return class, nil
}

// class reads a label.
func (w *worker) class(s *Sample) (class int, err error) {
	text := bytes.TrimSpace(bytes.TrimPrefix(s.label.Bytes(), byteOrderMark))
	if s.json {
		if text, err = w.field(text); err != nil {
			return 0, err
		}
	}
	class, err = strconv.Atoi(string(text))
	if err != nil {
		return 0, fmt.Errorf("its label is %.40q, not a class", text)
	}
	if class < 0 || class >= w.options.Classes {
		return 0, fmt.Errorf("its class is %d, of %d", class, w.options.Classes)
	}
	return class, nil
}

func (w *worker) field(text []byte) ([]byte, error) {
	if len(text) == 0 || text[0] != '{' {
		return text, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, fmt.Errorf("its label: %w", err)
	}
	value, ok := fields[w.options.Label]
	if !ok {
		return nil, fmt.Errorf("its .json has no field %q", w.options.Label)
	}
	return value, nil
}

// randomCrop is torchvision's RandomResizedCrop: ten tries to find a crop of the area and the ratio that were drawn, else the largest
// in the middle that has a ratio.
func randomCrop(rng *rand.Rand, r image.Rectangle, scale, ratio [2]float64) image.Rectangle {
	w, h := r.Dx(), r.Dy()
	area := float64(w) * float64(h)
	low, high := math.Log(ratio[0]), math.Log(ratio[1])
	for range 10 {
		target := area * (scale[0] + (scale[1]-scale[0])*rng.Float64())
		aspect := math.Exp(low + (high-low)*rng.Float64())
		cw, ch := math.RoundToEven(math.Sqrt(target*aspect)), math.RoundToEven(math.Sqrt(target/aspect))
		if cw >= 1 && cw <= float64(w) && ch >= 1 && ch <= float64(h) {
			size := image.Pt(int(cw), int(ch))
			at := r.Min.Add(image.Pt(rng.IntN(w-size.X+1), rng.IntN(h-size.Y+1)))
			return image.Rectangle{at, at.Add(size)}
		}
	}
	size := image.Pt(w, h)
	switch is := float64(w) / float64(h); {
	case is < ratio[0]:
		size.Y = min(max(int(math.RoundToEven(float64(w)/ratio[0])), 1), h)
	case is > ratio[1]:
		size.X = min(max(int(math.RoundToEven(float64(h)*ratio[1])), 1), w)
	}
	at := r.Min.Add(image.Pt((w-size.X)/2, (h-size.Y)/2))
	return image.Rectangle{at, at.Add(size)}
}

// center is a square in the middle, of a share of the shorter side.
func center(r image.Rectangle, share float64) image.Rectangle {
	side := max(1, int(math.Round(share*float64(min(r.Dx(), r.Dy())))))
	at := r.Min.Add(image.Pt((r.Dx()-side)/2, (r.Dy()-side)/2))
	return image.Rectangle{at, at.Add(image.Pt(side, side))}
}

// flipRows flips rows of RGBA pixels left to right.
func flipRows(pix []byte, stride int) {
	le := binary.LittleEndian
	for ; len(pix) > 0; pix = pix[stride:] {
		for i, j := 0, stride-4; i < j; i, j = i+4, j-4 {
			a, b := le.Uint32(pix[i:]), le.Uint32(pix[j:])
			le.PutUint32(pix[i:], b)
			le.PutUint32(pix[j:], a)
		}
	}
}
