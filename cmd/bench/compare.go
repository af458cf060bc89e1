package bench

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
)

// A Line is one machine × implementation: what it reaches, by working set.
type Line struct {
	Machine, Name string
	Kind          Kind
	Points        []Point
}

// A Point is an Entry of a contest.
type Point struct {
	Case
	Entry
}

// A Panel holds the lines that can be compared: all are of one type, place and number of workers.
type Panel struct {
	Type, Place string
	Workers     int // AllWorkers for all that each machine has
	Lines       []Line
}

// AllWorkers stands for the greatest number of workers of each result.
const AllWorkers = 0

// The name of the line of the faster copy at each size, which is the roof of the others.
const Roof = "copy"

// Panels puts results side by side. Names of machines must differ.
func Panels(results []*Result) []Panel {
	var panels []Panel
	var workers []int
	for _, r := range results {
		for _, c := range r.Contests {
			workers = append(workers, c.Workers)
		}
	}
	slices.Sort(workers)
	for _, w := range slices.Compact(workers) {
		for _, t := range []string{Float32, Uint8} {
			for _, place := range []string{OutOfPlace, InPlace} {
				if p := NewPanel(results, t, place, w); len(p.Lines) > 0 {
					panels = append(panels, p)
				}
			}
		}
	}
	return panels
}

// NewPanel returns the lines of all results for a type, a place and a number of workers. The first line of a machine is its roof.
func NewPanel(results []*Result, typ, place string, workers int) Panel {
	p := Panel{Type: typ, Place: place, Workers: workers}
	for _, r := range results {
		most := 0
		for _, c := range r.Contests {
			if c.Work == Mix {
				most = max(most, c.Workers)
			}
		}
		roof := Line{Machine: r.Machine.Name, Name: Roof, Kind: Limit}
		var lines []Line
		for _, c := range r.Contests {
			if c.Work != Mix || c.Type != typ || c.Place != place || c.Workers != workers && (workers != AllWorkers || c.Workers != most) {
				continue
			}
			for _, e := range c.Entries {
				if e.Name == c.Copy {
					roof.Points = append(roof.Points, Point{c.Case, e})
				}
				if e.Kind == Limit {
					continue
				}
				i := slices.IndexFunc(lines, func(l Line) bool { return l.Name == e.Name })
				if i < 0 {
					i = len(lines)
					lines = append(lines, Line{Machine: r.Machine.Name, Name: e.Name, Kind: e.Kind})
				}
				lines[i].Points = append(lines[i].Points, Point{c.Case, e})
			}
		}
		if len(lines) > 0 {
			p.Lines = append(append(p.Lines, roof), lines...)
		}
	}
	for _, l := range p.Lines {
		slices.SortStableFunc(l.Points, func(a, b Point) int { return a.WorkingSet - b.WorkingSet })
	}
	return p
}

// Heading says what the lines have in common.
func (p Panel) Heading() string {
	if p.Workers == AllWorkers {
		place, _, _ := strings.Cut(Case{Type: p.Type, Place: p.Place}.heading(), ", 1 ")
		return place + ", all cores"
	}
	return Case{Type: p.Type, Place: p.Place, Workers: p.Workers}.heading()
}

// nominal is the power of two that a working set is nearest to: rows of images do not fill one.
func nominal(workingSet int) float64 { return math.Exp2(math.Round(math.Log2(float64(workingSet)))) }

// CompareTable writes panels as a table: a line for each machine × implementation, a column for each size.
func CompareTable(w io.Writer, panels []Panel) error {
	for _, p := range panels {
		var sizes []float64
		for _, l := range p.Lines {
			for _, pt := range l.Points {
				sizes = append(sizes, nominal(pt.WorkingSet))
			}
		}
		slices.Sort(sizes)
		sizes = slices.Compact(sizes)
		for _, what := range []struct {
			name   string
			figure func(Entry) Figure
			roof   bool
		}{
			{"GB/s", func(e Entry) Figure { return e.GBps }, true},
			{"share of the copy", func(e Entry) Figure { return e.Share }, false},
		} {
			fmt.Fprintf(w, "\n%s, %s, by working set\n", p.Heading(), what.name)
			width := 0
			for _, l := range p.Lines {
				width = max(width, len([]rune(l.Machine+l.Name))+2)
			}
			var b strings.Builder
			tab := tabwriter.NewWriter(&b, 0, 0, 1, ' ', tabwriter.AlignRight)
			fmt.Fprintf(tab, "%-*s\t", width, "")
			for _, s := range sizes {
				fmt.Fprintf(tab, "%s\t", strings.ReplaceAll(Bytes(s), " ", ""))
			}
			fmt.Fprintln(tab)
			for _, l := range p.Lines {
				if l.Kind == Limit && !what.roof {
					continue
				}
				fmt.Fprintf(tab, "%-*s\t", width, l.Machine+", "+l.Name)
				for _, s := range sizes {
					cell := "–"
					if i := slices.IndexFunc(l.Points, func(p Point) bool { return nominal(p.WorkingSet) == s }); i >= 0 {
						cell = mark(what.figure(l.Points[i].Entry))
					}
					fmt.Fprintf(tab, "%s\t", cell)
				}
				fmt.Fprintln(tab)
			}
			tab.Flush()
			if _, err := io.WriteString(w, b.String()); err != nil {
				return err
			}
		}
	}
	return nil
}

// Agreement compares two results of one machine: of the shares that are not noisy in either, how many there are, how many have
// quartiles that overlap, and the median distance of the medians, as a share of them.
func Agreement(a, b *Result) (all, overlap int, distance float64) {
	var distances []float64
	for _, c := range a.Contests {
		i := slices.IndexFunc(b.Contests, func(d Contest) bool { return d.Case == c.Case })
		if i < 0 {
			continue
		}
		for _, e := range c.Entries {
			j := slices.IndexFunc(b.Contests[i].Entries, func(f Entry) bool { return f.Name == e.Name })
			if j < 0 || e.Kind == Limit {
				continue
			}
			f, g := e.Share, b.Contests[i].Entries[j].Share
			if f.Noisy || g.Noisy {
				continue
			}
			all++
			if f.Q1 <= g.Q3 && g.Q1 <= f.Q3 {
				overlap++
			}
			distances = append(distances, math.Abs(f.Median-g.Median)/f.Median)
		}
	}
	if all > 0 {
		distance = newFigure(distances, 0).Median
	}
	return all, overlap, distance
}
