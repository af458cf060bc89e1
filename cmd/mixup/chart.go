package main

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/mixblend/blend/cmd/bench"
)

const (
	pictureWidth  = 24 * vg.Centimeter
	pictureHeight = 21 * vg.Centimeter
	legendLine    = 0.55 * vg.Centimeter
)

// The okabeIto of Okabe and Ito, which the colour-blind tell apart, but for its yellow, which paper hides. Shapes go with the
// colours, and dashes with what else there is to tell apart, for print without colours.
var (
	okabeIto = []color.NRGBA{
		{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {230, 159, 0, 255}, {204, 121, 167, 255}, {86, 180, 233, 255}, {0, 0, 0, 255},
	}
	shapes = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, diamond{}, diamond{down: true}, bar{}, bar{upright: true}}
	dashes = [][]vg.Length{{}, {vg.Points(6), vg.Points(3)}, {vg.Points(1.5), vg.Points(2.5)}, {vg.Points(8), vg.Points(2.5), vg.Points(1.5), vg.Points(2.5)},
		{vg.Points(12), vg.Points(4)}, {vg.Points(4), vg.Points(1.5)}, {vg.Points(3), vg.Points(2), vg.Points(1), vg.Points(2), vg.Points(1), vg.Points(2)}}
)

// A diamond is a glyph: a rhombus, or a triangle that points down.
type diamond struct{ down bool }

func (g diamond) DrawGlyph(c *draw.Canvas, sty draw.GlyphStyle, at vg.Point) {
	r := sty.Radius * 1.2
	var p vg.Path
	if g.down {
		p.Move(vg.Point{X: at.X - r, Y: at.Y + r*0.7})
		p.Line(vg.Point{X: at.X + r, Y: at.Y + r*0.7})
	} else {
		p.Move(vg.Point{X: at.X - r, Y: at.Y})
		p.Line(vg.Point{X: at.X, Y: at.Y + r})
		p.Line(vg.Point{X: at.X + r, Y: at.Y})
	}
	p.Line(vg.Point{X: at.X, Y: at.Y - r})
	p.Close()
	c.SetColor(sty.Color)
	c.Fill(p)
}

// A bar is a glyph.
type bar struct{ upright bool }

func (g bar) DrawGlyph(c *draw.Canvas, sty draw.GlyphStyle, at vg.Point) {
	w, h := sty.Radius*1.4, sty.Radius*0.6
	if g.upright {
		w, h = h, w
	}
	var p vg.Path
	p.Move(vg.Point{X: at.X - w, Y: at.Y - h})
	p.Line(vg.Point{X: at.X - w, Y: at.Y + h})
	p.Line(vg.Point{X: at.X + w, Y: at.Y + h})
	p.Line(vg.Point{X: at.X + w, Y: at.Y - h})
	p.Close()
	c.SetColor(sty.Color)
	c.Fill(p)
}

// A chart draws panels, one line a machine × implementation.
type chart struct {
	panels                    []bench.Panel
	machines, implementations []string
	caption                   []string      // of one machine
	caches                    *bench.Caches // nil where machines differ
}

func newChart(results []*bench.Result, workers int) (*chart, error) {
	p := new(chart)
	for _, t := range []string{bench.Float32, bench.Uint8} {
		for _, place := range []string{bench.OutOfPlace, bench.InPlace} {
			if panel := bench.NewPanel(results, t, place, workers); len(panel.Lines) > 0 {
				p.panels = append(p.panels, panel)
			}
		}
	}
	if len(p.panels) == 0 {
		var all []int
		for _, r := range results {
			for _, c := range r.Contests {
				all = append(all, c.Workers)
			}
		}
		slices.Sort(all)
		return nil, fmt.Errorf("nothing was measured with %d workers, only with %v", workers, slices.Compact(all))
	}
	for _, panel := range p.panels {
		for _, l := range panel.Lines {
			if !slices.Contains(p.machines, l.Machine) {
				p.machines = append(p.machines, l.Machine)
			}
			if l.Kind != bench.Limit && !slices.Contains(p.implementations, l.Name) {
				p.implementations = append(p.implementations, l.Name)
			}
		}
	}
	if n := len(p.machines); n > len(okabeIto) {
		return nil, fmt.Errorf("%d machines, of which a picture can show %d", n, len(okabeIto))
	}
	if n := len(p.implementations); n > len(dashes) {
		return nil, fmt.Errorf("%d implementations, of which a picture can show %d: name those to show with -impl", n, len(dashes))
	}
	if r := results[0]; len(results) == 1 {
		p.caption = []string{
			fmt.Sprintf("%s/%s, %d cores", r.Machine.OS, r.Machine.Arch, r.Machine.Cores),
			fmt.Sprintf("%s, %s, λ = %v", r.Software["go"], r.Date.Format("2006-01-02"), r.Settings.Lambda),
		}
	}
	p.caches = &results[0].Machine.Caches
	for _, r := range results {
		if r.Machine.Caches != *p.caches {
			p.caches = nil
			break
		}
	}
	return p, nil
}

// styles returns how a line looks. Of one machine, implementations have colours and shapes of their own, too.
func (p *chart) styles(l bench.Line) (line draw.LineStyle, glyph draw.GlyphStyle) {
	m, i := slices.Index(p.machines, l.Machine), slices.Index(p.implementations, l.Name)
	n := m
	if len(p.machines) == 1 {
		n = i
	}
	if l.Kind == bench.Limit {
		c := color.NRGBA{120, 120, 120, 255}
		if len(p.machines) > 1 {
			c = okabeIto[m]
		}
		c = pale(c)
		line = draw.LineStyle{Color: c, Width: vg.Points(4)}
		if len(p.machines) == 1 {
			return line, draw.GlyphStyle{}
		}
		return line, draw.GlyphStyle{Color: c, Radius: vg.Points(4), Shape: shapes[m]}
	}
	line = draw.LineStyle{Color: okabeIto[n], Width: vg.Points(1.3), Dashes: dashes[i]}
	return line, draw.GlyphStyle{Color: okabeIto[n], Radius: vg.Points(3), Shape: shapes[n]}
}

func pale(c color.NRGBA) color.NRGBA {
	f := func(v uint8) uint8 { return uint8(255 - (255-int(v))*2/5) }
	return color.NRGBA{f(c.R), f(c.G), f(c.B), 255}
}

func (p *chart) draw(c draw.Canvas) error {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	entries := max(len(p.machines), len(p.implementations)+2)
	legend := vg.Length(entries)*legendLine + 0.3*vg.Centimeter
	rows := (len(p.panels) + 1) / 2
	cols := min(2, len(p.panels))
	grid := make([][]*plot.Plot, rows)
	xmin, xmax, ymin, ymax := p.ranges()
	for i := range grid {
		grid[i] = make([]*plot.Plot, cols)
	}
	for i, panel := range p.panels {
		pl, err := p.panel(panel, xmin, xmax, ymin, ymax)
		if err != nil {
			return err
		}
		grid[i/cols][i%cols] = pl
	}
	tiles := draw.Tiles{
		Rows: rows, Cols: cols, PadX: 0.5 * vg.Centimeter, PadY: 0.5 * vg.Centimeter,
		PadTop: 0.3 * vg.Centimeter, PadBottom: legend + 0.3*vg.Centimeter, PadLeft: 0.3 * vg.Centimeter, PadRight: 0.6 * vg.Centimeter,
	}
	for i, row := range plot.Align(grid, tiles, c) {
		for j, tile := range row {
			if grid[i][j] != nil {
				grid[i][j].Draw(tile)
			}
		}
	}
	return p.legend(draw.Crop(c, 1.5*vg.Centimeter, -0.5*vg.Centimeter, 0.2*vg.Centimeter, legend-c.Max.Y+c.Min.Y))
}

func (p *chart) ranges() (xmin, xmax, ymin, ymax float64) {
	xmin, ymin = math.Inf(1), math.Inf(1)
	for _, panel := range p.panels {
		for _, l := range panel.Lines {
			for _, pt := range l.Points {
				xmin, xmax = min(xmin, float64(pt.WorkingSet)), max(xmax, float64(pt.WorkingSet))
				ymin, ymax = min(ymin, pt.GBps.Q1), max(ymax, pt.GBps.Q3)
			}
		}
	}
	return xmin / 1.2, xmax * 1.2, ymin / 1.5, ymax * 1.15
}

func (p *chart) panel(panel bench.Panel, xmin, xmax, ymin, ymax float64) (*plot.Plot, error) {
	pl := plot.New()
	sans(&pl.Title.TextStyle, 12)
	for _, a := range []*plot.Axis{&pl.X, &pl.Y} {
		sans(&a.Label.TextStyle, 10)
		sans(&a.Tick.Label, 9)
		a.Scale = plot.LogScale{}
		a.Padding = 0
	}
	pl.Title.Text = panel.Heading()
	pl.X.Label.Text, pl.Y.Label.Text = "working set", "GB/s of the batch"
	pl.X.Min, pl.X.Max, pl.Y.Min, pl.Y.Max = xmin, xmax, ymin, ymax
	var x, y plot.ConstantTicks
	step := 2
	for math.Log2(xmax/xmin)/float64(step) > 8 {
		step++
	}
	for e := int(math.Ceil(math.Log2(xmin))); e <= int(math.Log2(xmax)); e++ {
		t := plot.Tick{Value: math.Exp2(float64(e))}
		if e%step == 0 {
			t.Label = bench.Bytes(t.Value)
		}
		x = append(x, t)
	}
	for d := math.Pow(10, math.Floor(math.Log10(ymin))); d < ymax; d *= 10 {
		for i := 1.0; i < 10; i++ {
			t := plot.Tick{Value: i * d}
			if i == 1 || i == 2 || i == 5 {
				t.Label = fmt.Sprintf("%.4g", i*d)
			}
			if t.Value >= ymin && t.Value <= ymax {
				y = append(y, t)
			}
		}
	}
	pl.X.Tick.Marker, pl.Y.Tick.Marker = x, y
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{235}, color.Gray{235}
	pl.Add(grid)
	if p.caches != nil {
		if err := p.levels(pl, xmin, xmax, ymin, ymax); err != nil {
			return nil, err
		}
	}
	for _, roof := range []bool{true, false} { // the roof beneath
		for _, l := range panel.Lines {
			if (l.Kind == bench.Limit) == roof {
				if err := p.line(pl, l); err != nil {
					return nil, err
				}
			}
		}
	}
	return pl, nil
}

// levels draws where each cache ends.
func (p *chart) levels(pl *plot.Plot, xmin, xmax, ymin, ymax float64) error {
	for _, level := range []struct {
		name string
		size int
	}{{"L1", p.caches.L1}, {"L2", p.caches.L2}, {"last", p.caches.Last}} {
		x := float64(level.size)
		if x <= xmin || x >= xmax || level.name == "last" && p.caches.Last == p.caches.L2 {
			continue
		}
		at, err := plotter.NewLine(plotter.XYs{{X: x, Y: ymin}, {X: x, Y: ymax}})
		if err != nil {
			return err
		}
		at.LineStyle = draw.LineStyle{Color: color.Gray{150}, Width: vg.Points(0.6)}
		label, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: x, Y: ymin * 1.05}}, Labels: []string{" " + level.name}})
		if err != nil {
			return err
		}
		sans(&label.TextStyle[0], 8)
		label.TextStyle[0].Color = color.Gray{90}
		pl.Add(at, label)
	}
	return nil
}

// line draws the medians, with a bar between the quartiles. Where these are too far apart, the point is hollow.
func (p *chart) line(pl *plot.Plot, l bench.Line) error {
	style, solid := p.styles(l)
	at := make(plotter.XYs, len(l.Points))
	errors := make(plotter.YErrors, len(l.Points))
	for i, pt := range l.Points {
		g := pt.GBps
		at[i] = plotter.XY{X: float64(pt.WorkingSet), Y: g.Median}
		errors[i].Low, errors[i].High = g.Median-g.Q1, g.Q3-g.Median
	}
	line, err := plotter.NewLine(at)
	if err != nil {
		return fmt.Errorf("%s, %s: %w", l.Machine, l.Name, err)
	}
	line.LineStyle = style
	pl.Add(line)
	if solid.Shape == nil {
		return nil
	}
	if l.Kind != bench.Limit {
		bars, err := plotter.NewYErrorBars(struct {
			plotter.XYer
			plotter.YErrorer
		}{at, errors})
		if err != nil {
			return fmt.Errorf("%s, %s: %w", l.Machine, l.Name, err)
		}
		bars.LineStyle = draw.LineStyle{Color: style.Color, Width: vg.Points(0.7)}
		bars.CapWidth = vg.Points(3)
		pl.Add(bars)
	}
	points, err := plotter.NewScatter(at)
	if err != nil {
		return fmt.Errorf("%s, %s: %w", l.Machine, l.Name, err)
	}
	points.GlyphStyleFunc = func(int) draw.GlyphStyle { return solid }
	inner, err := plotter.NewScatter(at)
	if err != nil {
		return fmt.Errorf("%s, %s: %w", l.Machine, l.Name, err)
	}
	inner.GlyphStyleFunc = func(i int) draw.GlyphStyle {
		g := solid
		if l.Points[i].GBps.Noisy && l.Kind != bench.Limit {
			g.Color, g.Radius = color.White, g.Radius*0.6
		}
		return g
	}
	pl.Add(points, inner)
	return nil
}

// A key is what a legend shows of a line.
type key struct {
	line  draw.LineStyle
	glyph draw.GlyphStyle
}

func (k key) Thumbnail(c *draw.Canvas) {
	y := c.Center().Y
	if k.line.Width > 0 {
		c.StrokeLine2(k.line, c.Min.X, y, c.Max.X, y)
	}
	if k.glyph.Shape != nil {
		c.DrawGlyph(k.glyph, c.Center())
	}
}

func (p *chart) legend(c draw.Canvas) error {
	list := func(left vg.Length, add func(l *plot.Legend)) {
		l := plot.NewLegend()
		sans(&l.TextStyle, 10)
		l.Top, l.Left = true, true
		l.ThumbnailWidth = 1.3 * vg.Centimeter
		l.Padding = vg.Points(2.5)
		add(&l)
		l.Draw(draw.Crop(c, left, 0, 0, 0))
	}
	ink := color.NRGBA{0, 0, 0, 255}
	one := len(p.machines) == 1
	list(0, func(l *plot.Legend) {
		for _, name := range p.implementations {
			style, glyph := p.styles(bench.Line{Machine: p.machines[0], Name: name, Kind: bench.Blend})
			if !one {
				style.Color, glyph = ink, draw.GlyphStyle{}
			}
			l.Add(name, key{style, glyph})
		}
		style := draw.LineStyle{Color: pale(color.NRGBA{120, 120, 120, 255}), Width: vg.Points(4)}
		l.Add("the faster of two copies", key{line: style})
		l.Add("hollow: too noisy to be a result (bars: quartiles)", key{glyph: draw.GlyphStyle{Color: ink, Radius: vg.Points(2.8), Shape: draw.RingGlyph{}}})
	})
	list((c.Max.X-c.Min.X)/2, func(l *plot.Legend) {
		for _, name := range p.machines {
			k := key{}
			if !one {
				_, glyph := p.styles(bench.Line{Machine: name, Name: p.implementations[0], Kind: bench.Blend})
				k = key{draw.LineStyle{Color: glyph.Color, Width: vg.Points(1.3)}, glyph}
			}
			l.Add(name, k)
		}
		for _, line := range p.caption {
			l.Add(line, key{})
		}
	})
	return nil
}

// sans sets a text in the font of the picture.
func sans(s *text.Style, size font.Length) {
	s.Font = font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
}
