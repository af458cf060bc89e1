package loader

import (
	"bufio"
	"context"
	"fmt"
	"image"
	_ "image/jpeg" // for Pictures
	_ "image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"golang.org/x/image/draw"
)

// A Source makes records to write.
type Source func(r *Record, i int) error

// WriteFile writes a file of n records, all of them or, after an error or when ctx is done, none. It does not wait for the source then,
// which may take seconds for a record of a large picture, and goes on by itself.
func WriteFile(ctx context.Context, name string, n int, source Source) (err error) {
	if n < 1 {
		return fmt.Errorf("loader: %s: %d records, want 1 or more", name, n)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".cifar-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriter(f)
	var r Record
	for i := range n {
		if err := ctx.Err(); err != nil {
			return err
		}
		made := make(chan error, 1)
		go func() { made <- source(&r, i) }()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-made:
			if err != nil {
				return err
			}
		}
		if _, err := w.Write(r[:]); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// Patterns makes stripes, whose direction and color say which class they are, under noise.
func Patterns(seed uint64) Source {
	return func(r *Record, i int) error {
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

// Pictures makes crops of PNG and JPEG files, anywhere in them and of any size, scaled to Side × Side. The class of a crop is the
// number of its file, of which there are Classes at most.
func Pictures(seed uint64, names ...string) (Source, error) {
	if len(names) < 1 || len(names) > Classes {
		return nil, fmt.Errorf("loader: %d pictures, want 1 to %d: one a class", len(names), Classes)
	}
	var pictures []image.Image
	for _, name := range names {
		p, err := decode(name)
		if err != nil {
			return nil, fmt.Errorf("loader: %s: %w", name, err)
		}
		pictures = append(pictures, p)
	}
	return func(r *Record, i int) error {
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		class := rng.IntN(len(pictures))
		r[0] = uint8(class)
		p := pictures[class]
		size := p.Bounds().Size()
		side := Side + rng.IntN(min(size.X, size.Y)-Side+1)
		at := p.Bounds().Min.Add(image.Pt(rng.IntN(size.X-side+1), rng.IntN(size.Y-side+1)))
		small := image.NewRGBA(image.Rect(0, 0, Side, Side))
		draw.Draw(small, small.Bounds(), image.White, image.Point{}, draw.Src) // under what is transparent
		draw.CatmullRom.Scale(small, small.Bounds(), p, image.Rectangle{at, at.Add(image.Pt(side, side))}, draw.Over, nil)
		pixels := r.Pixels()
		for j := range Side * Side {
			for c := range Channels {
				pixels[c*Side*Side+j] = small.Pix[4*j+c]
			}
		}
		return nil
	}, nil
}

func decode(name string) (image.Image, error) {
	const most = 100_000_000 // pixels
	if info, err := os.Stat(name); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("not a regular file")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c, _, err := image.DecodeConfig(bufio.NewReader(f))
	switch {
	case err != nil:
		return nil, err
	case c.Width < Side || c.Height < Side:
		return nil, fmt.Errorf("%d×%d pixels, want %d×%[3]d or more", c.Width, c.Height, Side)
	case int64(c.Width) > most/int64(c.Height):
		return nil, fmt.Errorf("%d×%d pixels, more than %d", c.Width, c.Height, most)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	p, _, err := image.Decode(bufio.NewReader(f))
	return p, err
}
