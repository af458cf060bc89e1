package main

import (
	"context"
	"math"
)

// A sample is a picture to mix where there is no file: a color, each channel 0 to 1, for each point of the plane. The square
// from −1 to 1 is always seen, y grows downwards.
type sample struct {
	name string
	at   func(x, y float64) rgb
}

type rgb [3]float64

var samples = []sample{
	{"sunset", sunset},
	{"flower", flower},
	{"checks", checks},
	{"julia", julia},
	{"planet", planet},
	{"rainbow", rainbow},
}

// draw fills row, [h, w, 4], with the mean of several points for each pixel. It stops early when ctx is done.
func (s sample) draw(ctx context.Context, row []uint8, w, h int) {
	const n = 4 // by n points
	scale := 2 / float64(min(w, h))
	for i := 0; i < h && ctx.Err() == nil; i++ {
		for j := range w {
			var sum rgb
			for k := range n * n {
				x := (float64(j) + (float64(k%n)+0.5)/n - float64(w)/2) * scale
				y := (float64(i) + (float64(k/n)+0.5)/n - float64(h)/2) * scale
				for c, v := range s.at(x, y) {
					sum[c] += min(max(v, 0), 1)
				}
			}
			pixel := row[4*(i*w+j):][:4]
			for c, v := range sum {
				pixel[c] = uint8(math.Round(255 * v / (n * n)))
			}
			pixel[3] = 255
		}
	}
}

func hex(v uint32) rgb {
	return rgb{float64(v>>16) / 255, float64(v>>8&255) / 255, float64(v&255) / 255}
}

// lerp goes from a to b as t goes from 0 to 1.
func lerp(a, b rgb, t float64) rgb {
	t = min(max(t, 0), 1)
	for c := range a {
		a[c] += (b[c] - a[c]) * t
	}
	return a
}

// hue is a smooth rainbow of period 1.
func hue(t float64) rgb {
	var c rgb
	for k := range c {
		c[k] = 0.5 + 0.5*math.Cos(2*math.Pi*(t-float64(k)/3))
	}
	return c
}

func sunset(x, y float64) rgb {
	const horizon = 0.3
	sky := func(y float64) rgb {
		if y < -0.3 {
			return lerp(hex(0x2b2a6b), hex(0xc4497a), (y+1)/0.7)
		}
		return lerp(hex(0xc4497a), hex(0xffb45c), (y+0.3)/0.6)
	}
	if y < horizon {
		if math.Hypot(x, y-0.12) < 0.42 {
			return lerp(hex(0xfff3b0), hex(0xffc65a), (y+0.3)/0.6)
		}
		return sky(y)
	}
	// The sea shows the sky upside down and darker, and bars of sunlight that get shorter towards us.
	depth := (y - horizon) / (1 - horizon)
	if wave := math.Sin(34 * math.Sqrt(depth)); wave > 0.1 && math.Abs(x+0.05*math.Sin(40*depth)) < 0.44-0.3*depth {
		return hex(0xffd27a)
	}
	return lerp(hex(0xd0667a), hex(0x1e2159), math.Sqrt(depth))
}

func flower(x, y float64) rgb {
	petals := func(radius, turn float64) float64 { // 0 in the middle, 1 at the edge
		return math.Hypot(x, y) / (radius * (0.72 + 0.28*math.Cos(8*(math.Atan2(y, x)+turn))))
	}
	if r := math.Hypot(x, y); r < 0.22 {
		return lerp(hex(0xffd94a), hex(0xe08a1e), r/0.22)
	}
	if t := petals(0.68, 0); t < 1 {
		return lerp(hex(0xf04f8b), hex(0xffc2d8), t)
	}
	if t := petals(0.92, math.Pi/8); t < 1 {
		return lerp(hex(0xa3195b), hex(0xe8578f), t)
	}
	return lerp(hex(0x3f8f5a), hex(0x16452f), math.Hypot(x, y)/1.4)
}

func checks(x, y float64) rgb {
	u, v := 0.94*x+0.34*y, 0.94*y-0.34*x
	if (int(math.Floor(3*u+0.5))+int(math.Floor(3*v+0.5)))%2 == 0 {
		return hex(0xf6efe0)
	}
	return hex(0x1f2430)
}

func julia(x, y float64) rgb {
	const limit = 120
	z, c := complex(1.25*x, 1.25*y), complex(-0.8, 0.156)
	for i := range limit {
		if a := real(z)*real(z) + imag(z)*imag(z); a > 64 {
			t := (float64(i) + 1 - math.Log2(math.Log2(a)/2)) / 40 // without steps between iterations
			return lerp(hex(0x07203a), hex(0x8ff0e4), math.Pow(max(t, 0), 0.8))
		}
		z = z*z + c
	}
	return hex(0xffffff)
}

func planet(x, y float64) rgb {
	u, v := 0.93*x+0.37*y, 0.93*y-0.37*x // the ring's axes
	ring := math.Hypot(u, v/0.26)
	inRing := ring > 0.68 && ring < 0.92 && math.Abs(ring-0.81) > 0.012
	ball := math.Hypot(x, y)
	if inRing && (v > 0 || ball > 0.5) {
		return lerp(hex(0xf3dcae), hex(0xb98d5b), (ring-0.68)/0.24)
	}
	if ball < 0.5 {
		c := lerp(hex(0xe8a24c), hex(0xb4562e), 0.5+0.5*math.Sin(17*v+1.5*math.Sin(3*u)))
		light := (-x-y+1.2*math.Sqrt(0.25-ball*ball))/0.93 + 0.12
		return lerp(hex(0x140d1c), c, light*1.7)
	}
	// One star at most in each cell of a grid, its place a hash of the cell.
	const cell = 0.2
	i, j := math.Floor(x/cell), math.Floor(y/cell)
	noise := func(k float64) float64 {
		_, f := math.Modf(math.Abs(math.Sin(i*12.9898+j*78.233+k) * 43758.5453))
		return f
	}
	if math.Hypot(x/cell-i-0.15-0.7*noise(1), y/cell-j-0.15-0.7*noise(2)) < 0.07*noise(3)+0.03 {
		return hex(0xfffbe8)
	}
	return lerp(hex(0x1a1440), hex(0x05040f), (y+1)/2)
}

func rainbow(x, y float64) rgb {
	band := math.Floor((x + y + 0.12*math.Sin(5*(x-y))) * 3.5)
	return lerp(hue(band/7+0.05), rgb{1, 1, 1}, 0.15)
}
