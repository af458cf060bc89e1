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
		switch l := c.Lead; {
		case l == nil:
			fmt.Fprintln(&b, "no result over the fastest peer")
		case l.Noisy:
			fmt.Fprintf(&b, "no result over the fastest peer: %s is from %s × to %s × as fast as %s in %d rounds\n", l.Blend, number(l.Low), number(l.High), l.Peer, l.Rounds)
		default:
			fmt.Fprintf(&b, "%s is %s × as fast as %s, the fastest peer: from %s to %s in %d rounds\n", l.Blend, number(l.Times), l.Peer, number(l.Low), number(l.High), l.Rounds)
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

// A column of Leads has the contests of a work and a type, that are cold, or not.
type column struct {
	name, work, typ string
	cold            bool
}

// leads are the columns of two tables.
var leads = [][]column{
	{
		{"float32 big", Mix, Float32, true}, {"float32 in cache", Mix, Float32, false}, {"uint8 big", Mix, Uint8, true}, {"uint8 in cache", Mix, Uint8, false},
		{"bytes → float32 CHW big", Normalize, Uint8, true}, {"in cache", Normalize, Uint8, false},
	},
	{{"CutMix big", CutMix, Uint8, true}, {"in cache", CutMix, Uint8, false}, {"masks big", Masks, Uint8, true}, {"in cache", Masks, Uint8, false}},
}

// Leads returns tables of the leads of all contests, a line for each place and number of workers: how many times as fast as which
// peer. Empty where there are none.
func (r *Result) Leads() string {
	var b strings.Builder
	for _, columns := range leads {
		var lines [][]string
		for _, workers := range r.workers() {
			for _, place := range []string{OutOfPlace, InPlace} {
				line, found := []string{Case{Place: place, Workers: workers}.terms()}, false
				for _, col := range columns {
					cell := "–"
					for _, c := range r.Contests {
						if l := c.Lead; l != nil && c.Work == col.work && c.Type == col.typ && c.Cold == col.cold && c.Place == place && c.Workers == workers {
							found = true
							if cell = "no result"; !l.Noisy {
								cell = fmt.Sprintf("%s × %s", number(l.Times), l.Peer)
							}
						}
					}
					line = append(line, cell)
				}
				if found {
					lines = append(lines, line)
				}
			}
		}
		if len(lines) == 0 {
			continue
		}
		head := "\n"
		if b.Len() == 0 {
			head = "\nTimes as fast as the fastest peer of those whose results differ by no more than a level of 255, and which peer that is\n"
		}
		b.WriteString(head)
		tab := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, col := range columns {
			fmt.Fprintf(tab, "\t%s", col.name)
		}
		fmt.Fprintln(tab)
		for _, line := range lines {
			fmt.Fprintln(tab, strings.Join(line, "\t"))
		}
		tab.Flush()
	}
	return b.String()
}

// workers returns the numbers of workers of all contests, each once.
func (r *Result) workers() []int {
	var all []int
	for _, c := range r.Contests {
		all = append(all, c.Workers)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// heading is what the cases of a table have in common.
func (c Case) heading() string {
	typ := c.Type
	switch c.Work {
	case Normalize:
		typ = "uint8 HWC to normalized float32 CHW"
	case CutMix, Masks:
		typ += " " + c.Work
	}
	return typ + ", " + c.terms()
}

// terms are the place and the workers.
func (c Case) terms() string {
	place, workers := "out of place", "1 worker"
	if c.Place == InPlace {
		place = "in place"
	}
	if c.Workers > 1 {
		workers = fmt.Sprintf("%d workers", c.Workers)
	}
	return place + ", " + workers
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
		notes = append(notes, strconv.FormatFloat(digits(100*e.Differs, 2), 'f', -1, 64)+" % other bits")
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
