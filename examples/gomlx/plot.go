package main

import (
	"fmt"
	"image/color"
	"io"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// plotFormat is that of a file's name, or nothing.
func plotFormat(name string) string {
	switch ext := strings.ToLower(filepath.Ext(name)); ext {
	case ".svg", ".png":
		return ext[1:]
	}
	return ""
}

// draw plots test errors: a thin line a seed, and a thick one for their mean.
func (j *job) draw(w io.Writer, alphas []float64, results map[float64][]result) error {
	p := plot.New()
	p.Title.Text = fmt.Sprintf("%.0f %% of the labels are drawn at random; seeds %s", 100*j.noise, strings.Trim(fmt.Sprint(j.seeds), "[]"))
	p.X.Label.Text = "epoch"
	p.Y.Label.Text = "error on images not seen, %"
	p.Y.Min, p.Y.Max = 0, 100
	p.Legend.Top = true
	p.Add(plotter.NewGrid())
	colors := []color.NRGBA{{213, 94, 0, 255}, {0, 114, 178, 255}} // Okabe and Ito's, which the color-blind tell apart
	dashes := [][]vg.Length{{vg.Points(5), vg.Points(3)}, nil}
	for i, alpha := range alphas {
		all := results[alpha]
		middle := make(plotter.XYs, len(all[0].test))
		for _, r := range all {
			points := make(plotter.XYs, len(r.test))
			for k, e := range r.test {
				points[k] = plotter.XY{X: float64(r.epochs[k]), Y: 100 * e}
				middle[k].X = float64(r.epochs[k])
				middle[k].Y += 100 * e / float64(len(all))
			}
			thin, err := plotter.NewLine(points)
			if err != nil {
				return err
			}
			thin.Color, thin.Width = colors[i], vg.Points(0.6)
			p.Add(thin)
		}
		thick, err := plotter.NewLine(middle)
		if err != nil {
			return err
		}
		thick.Color, thick.Width, thick.Dashes = colors[i], vg.Points(2.2), dashes[i]
		p.Add(thick)
		p.Legend.Add(name(alpha), thick)
	}
	out, err := p.WriterTo(16*vg.Centimeter, 10*vg.Centimeter, plotFormat(j.plot))
	if err != nil {
		return err
	}
	_, err = out.WriteTo(w)
	return err
}
