package bench

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Legend says what a Table holds.
const Legend = `GB/s are 10⁹ bytes of the batch a second, median over the rounds. Beside it the share of the faster copy (*) in the same round,
median and ± half the distance of the quartiles. ~ marks noisy figures.
`

// PeersLegend says what a Table of peers holds.
const PeersLegend = `GB/s are 10⁹ bytes of the batch a second, median over the rounds. Beside it the share of the faster copy (*) in the same round,
median and ± half the distance of the quartiles; – where these are too far apart for a result.
`

// A Table writes contests as they come in.
type Table struct {
	w    io.Writer
	last Case
}

// NewTable returns a table that is written to w.
func NewTable(w io.Writer) *Table { return &Table{w: w} }

// Add writes a contest: a line under those of its kind, or, where peers take part, a line an entry.
func (t *Table) Add(c Contest) error {
	var b strings.Builder
	upright := slices.ContainsFunc(c.Entries, func(e Entry) bool { return e.Kind == Peer })
	if l := t.last; upright || l.Type != c.Type || l.Place != c.Place || l.Workers != c.Workers {
		fmt.Fprintf(&b, "\n%s", c.heading())
		if upright {
			fmt.Fprintf(&b, ", %s", c.shape())
		}
		b.WriteByte('\n')
		if !upright {
			fmt.Fprintf(&b, "%-28s", "working set")
			for _, e := range c.Entries {
				fmt.Fprintf(&b, " %*s", e.width(), e.Name)
			}
			b.WriteByte('\n')
		}
	}
	t.last = c.Case
	if upright {
		tab := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
		for _, e := range c.Entries {
			fmt.Fprintf(tab, "%s\t%s\t%s\t\n", e.Name, strings.Join(e.cells(c.Copy), "\t"), e.note())
		}
		tab.Flush()
		if l := c.Lead; l != nil && !l.Times.Noisy {
			fmt.Fprintf(&b, "%s is %s ×, %s, as fast as %s, the fastest peer\n", l.Blend, number(l.Times.Median), l.Times.spread(), l.Peer)
		} else {
			fmt.Fprintln(&b, "no result over the fastest peer")
		}
		for _, name := range slices.Sorted(maps.Keys(c.LeftOut)) {
			fmt.Fprintf(&b, "left out: %s: %s\n", name, c.LeftOut[name])
		}
	} else {
		fmt.Fprintf(&b, "%-28s", c.shape())
		for _, e := range c.Entries {
			fmt.Fprintf(&b, " %*s", e.width(), e.cell(c.Copy))
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(t.w, b.String())
	return err
}

// heading is what the cases of a table have in common.
func (c Case) heading() string {
	place := "out of place"
	if c.Place == InPlace {
		place = "in place"
	}
	workers := "1 worker"
	if c.Workers > 1 {
		workers = fmt.Sprintf("%d workers", c.Workers)
	}
	typ := c.Type
	switch c.Work {
	case Normalize:
		typ = "uint8 HWC to normalized float32 CHW"
	case CutMix, Masks:
		typ += " " + c.Work
	}
	return fmt.Sprintf("%s, %s, %s", typ, place, workers)
}

// shape is what they have not.
func (c Case) shape() string {
	cold := ""
	if c.Cold {
		cold = " cold"
	}
	return fmt.Sprintf("%s%s (%d × %d)", Bytes(c.WorkingSet), cold, c.Rows, c.Columns)
}

func (c Case) String() string { return c.heading() + ", " + c.shape() }

func (e Entry) width() int {
	if e.Kind == Limit {
		return max(8, len(e.Name))
	}
	return 18
}

// cell has the throughput, and the share and its spread for what mixes.
func (e Entry) cell(copyName string) string {
	s := mark(e.GBps)
	if e.Name == copyName {
		s = "*" + s
	}
	if e.Kind == Limit {
		return s
	}
	return s + " " + mark(e.Share) + " " + e.Share.spread()
}

// cells are the throughput, the share and its spread, upright. What is too wide to be a result is not shown as one.
func (e Entry) cells(copyName string) []string {
	gbps, share, spread := "–", "", ""
	if !e.GBps.Noisy {
		gbps = number(e.GBps.Median)
	}
	if e.Name == copyName {
		gbps = "*" + gbps
	}
	if e.Kind != Limit {
		share, spread = "–", e.Share.spread()
		if !e.Share.Noisy {
			share = number(e.Share.Median)
		}
	}
	return []string{gbps, share, spread}
}

// note is what else there is to say of an entry.
func (e Entry) note() string {
	var notes []string
	if e.Differs > 0 {
		notes = append(notes, fmt.Sprintf("%.2g %% other bits", 100*e.Differs))
	}
	if e.Aside {
		notes = append(notes, "not compared with")
	}
	return strings.Join(notes, ", ")
}

func mark(f Figure) string {
	if f.Noisy {
		return "~" + number(f.Median)
	}
	return number(f.Median)
}

// number has three digits, or all before the point.
func number(v float64) string {
	decimals := 2 - int(math.Floor(math.Log10(digits(v, 3))))
	return strconv.FormatFloat(digits(v, 3), 'f', max(0, min(decimals, 3)), 64)
}

func (f Figure) spread() string {
	return fmt.Sprintf("±%.0f%%", 50*(f.Q3-f.Q1)/f.Median)
}
