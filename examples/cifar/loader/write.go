package loader

import (
	"bufio"
	"context"
	"fmt"
	"image"
	"io"
	"math"
	"math/rand/v2"

	"github.com/mixblend/blend/internal/shared/files"
	"github.com/mixblend/blend/internal/shared/pictures"
)

// A Source makes records to write. A slow one must stop when ctx is done.
type Source func(ctx context.Context, r *Record, i int) error

// WriteFile writes a file of n records, all of them or, after an error or when ctx is done, none.
// The file may not be one of the inputs that the source reads.
func WriteFile(ctx context.Context, name string, n int, source Source, inputs ...string) error {
	if n < 1 {
		return fmt.Errorf("loader: %s: %d records, want 1 or more", name, n)
	}
	out, err := files.NewOutput(name, inputs...)
	if err != nil {
		return err
	}
	return out.Write(ctx, func(w io.Writer) error {
		all := bufio.NewWriter(w)
		var r Record
		for i := range n {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := source(ctx, &r, i); err != nil {
				return err
			}
			if _, err := all.Write(r[:]); err != nil {
				return err
			}
		}
		return all.Flush()
	})
}

// Patterns makes noisy stripes, whose direction and color give their class.
func Patterns(seed uint64) Source {
	return func(_ context.Context, r *Record, i int) error {
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		class := rng.IntN(Classes)
		r[0] = uint8(class)
		angle := math.Pi * (float64(class) + 2*(rng.Float64()-0.5)) / Classes
		hue := (float64(class*3%Classes) + 5*(rng.Float64()-0.5)) / Classes // neighbours in direction are not so in color
		sin, cos := math.Sincos(angle)
		length, phase := 4+4*rng.Float64(), rng.Float64()
		pixels := r.Pixels()
		for y := range Side {
			for x := range Side {
				light := 0.5 + 0.4*math.Sin(2*math.Pi*((float64(x)*cos+float64(y)*sin)/length+phase))
				for c := range Channels {
					color := 0.6 + 0.4*math.Cos(2*math.Pi*(hue-float64(c)/Channels))
					v := light*color + 0.2*rng.NormFloat64()
					pixels[(c*Side+y)*Side+x] = uint8(math.Round(255 * min(max(v, 0), 1)))
				}
			}
		}
		return nil
	}
}

// Pictures makes crops of PNG and JPEG files, of random size and place, scaled to Side × Side. The class of a crop is
// the number of its file. There may be Classes files at most.
func Pictures(ctx context.Context, seed uint64, names ...string) (Source, error) {
	if len(names) < 1 || len(names) > Classes {
		return nil, fmt.Errorf("loader: %d pictures, want 1 to %d: one a class", len(names), Classes)
	}
	var all []image.Image
	for _, name := range names {
		p, err := pictures.Decode(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("loader: %w", err)
		}
		if size := p.Bounds().Size(); size.X < Side || size.Y < Side {
			return nil, fmt.Errorf("loader: %s: %d×%d pixels, want %d×%[4]d or more", name, size.X, size.Y, Side)
		}
		all = append(all, p)
	}
	return func(ctx context.Context, r *Record, i int) error {
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		class := rng.IntN(len(all))
		r[0] = uint8(class)
		p := all[class]
		size := p.Bounds().Size()
		side := Side + rng.IntN(min(size.X, size.Y)-Side+1)
		at := p.Bounds().Min.Add(image.Pt(rng.IntN(size.X-side+1), rng.IntN(size.Y-side+1)))
		small := image.NewRGBA(image.Rect(0, 0, Side, Side))
		if err := pictures.Scale(ctx, small, p, image.Rectangle{at, at.Add(image.Pt(side, side))}); err != nil {
			return err
		}
		pixels := r.Pixels()
		for j := range Side * Side {
			for c := range Channels {
				pixels[c*Side*Side+j] = small.Pix[4*j+c]
			}
		}
		return nil
	}, nil
}

// Corrupted returns the records of read with wrong labels: a share of them, drawn by seed, gets a class drawn from all,
// which for one in Classes of these is the class that it had.
func Corrupted(read func(r *Record, i int) error, share float64, seed uint64) Source {
	return func(_ context.Context, r *Record, i int) error {
		if err := read(r, i); err != nil {
			return err
		}
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		if rng.Float64() < share {
			r[0] = uint8(rng.IntN(Classes))
		}
		return nil
	}
}
