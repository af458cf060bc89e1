package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/mixblend/blend/cmd/bench"
	"github.com/mixblend/blend/internal/shared/files"
)

var pictureTypes = []string{".svg", ".png"}

func compareCommand() *cli.Command {
	return &cli.Command{
		Name:      "compare",
		Usage:     "put results of mixup bench side by side, as a table and a picture",
		UsageText: "mixup compare [-out NAME] [-impl NAMES] [-workers N] FILES…",
		Description: "Writes a table to the standard output, and NAME.svg and NAME.png: throughput by working set, one line a machine ×\n" +
			"implementation, the faster copy of each machine as the roof.",
		HideHelpCommand:           true,
		OnUsageError:              onUsageError,
		DisableSliceFlagSeparator: true, // names of peers have commas: see split
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Value: "compare", Usage: "the pictures' `NAME`, without .svg and .png"},
			&cli.StringSliceFlag{Name: "impl", Usage: "only the implementations and peers `NAMES`"},
			&cli.StringFlag{Name: "workers", Value: "1", Usage: "the picture is of `N` workers, or of all"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			inputs := cmd.Args().Slice()
			if len(inputs) == 0 {
				return usagef("compare needs files of results, as mixup bench -json writes them")
			}
			workers := bench.AllWorkers
			if w := cmd.String("workers"); w != "all" {
				n, err := strconv.Atoi(w)
				if err != nil || n < 1 {
					return usagef("-workers %q is neither a number of workers nor all", w)
				}
				workers = n
			}
			name := cmd.String("out")
			if _, base := filepath.Split(name); base == "" || slices.Contains(pictureTypes, strings.ToLower(filepath.Ext(base))) {
				return usagef("-out %q is not a name without .svg and .png", name)
			}
			var outputs []*files.Output
			for _, ext := range pictureTypes {
				out, err := files.NewOutput(name+ext, inputs...)
				if err != nil {
					return err
				}
				outputs = append(outputs, out)
			}
			results, hidden, err := readResults(inputs)
			if err != nil {
				return err
			}
			if cmd.IsSet("impl") {
				if err := keep(results, split(cmd.StringSlice("impl"))); err != nil {
					return err
				}
			}
			return compare(ctx, cmd.Root().Writer, results, hidden, workers, outputs)
		},
	}
}

// readResults reads all files, without the work of each that is hidden. Machines of one name get those of their files as well.
func readResults(names []string) (results []*bench.Result, hidden [][]string, err error) {
	count := map[string]int{}
	for _, name := range names {
		r, err := readResult(name)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", files.Shown(name), files.Reason(err))
		}
		other := hideWork(r)
		if len(r.Contests) == 0 {
			return nil, nil, fmt.Errorf("%s: results of %s alone, and compare shows those of mixing", name, strings.Join(other, " and "))
		}
		results, hidden = append(results, r), append(hidden, other)
		count[r.Machine.Name]++
	}
	labels := map[string]string{}
	for i, r := range results {
		if count[r.Machine.Name] > 1 {
			base := filepath.Base(names[i])
			r.Machine.Name += " (" + strings.TrimSuffix(base, filepath.Ext(base)) + ")"
		}
		if before, ok := labels[r.Machine.Name]; ok {
			if before == names[i] {
				return nil, nil, fmt.Errorf("%s is given twice", before)
			}
			return nil, nil, fmt.Errorf("%s and %s are both of a machine called %q: rename one, or give mixup bench a -name",
				before, names[i], r.Machine.Name)
		}
		labels[r.Machine.Name] = names[i]
	}
	return results, hidden, nil
}

func readResult(name string) (*bench.Result, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return bench.Decode(f)
}

// hideWork drops the contests of other work than mixing, which neither the table nor the picture shows, and returns what work that is.
func hideWork(r *bench.Result) (other []string) {
	r.Contests = slices.DeleteFunc(r.Contests, func(c bench.Contest) bool {
		if c.Work != bench.Mix && !slices.Contains(other, c.Work) {
			other = append(other, c.Work)
		}
		return c.Work != bench.Mix
	})
	return other
}

// split splits lists at their commas, but for those before a space, which are part of a name: "C, gcc".
func split(lists []string) (names []string) {
	for _, list := range lists {
		for i, part := range strings.Split(list, ",") {
			if i > 0 && strings.HasPrefix(part, " ") {
				names[len(names)-1] += "," + part
			} else {
				names = append(names, part)
			}
		}
	}
	return names
}

// keep drops everything that mixes and is not named, and contests of which nothing is left.
func keep(results []*bench.Result, names []string) error {
	found := map[string]bool{}
	for _, r := range results {
		for i := range r.Contests {
			c := &r.Contests[i]
			c.Entries = slices.DeleteFunc(c.Entries, func(e bench.Entry) bool {
				found[e.Name] = found[e.Name] || e.Kind != bench.Limit
				return e.Kind != bench.Limit && !slices.Contains(names, e.Name)
			})
		}
		r.Contests = slices.DeleteFunc(r.Contests, func(c bench.Contest) bool {
			return !slices.ContainsFunc(c.Entries, func(e bench.Entry) bool { return e.Kind != bench.Limit })
		})
	}
	for _, name := range names {
		if !found[name] {
			return usagef("-impl %q is in none of the files", name)
		}
	}
	return nil
}

func compare(ctx context.Context, stdout io.Writer, results []*bench.Result, hidden [][]string, workers int, outputs []*files.Output) error {
	for i, r := range results {
		noisy, all := r.Noisy()
		quick, other := "", ""
		if r.Settings.Quick {
			quick = ", -quick"
		}
		if len(hidden[i]) > 0 {
			other = "; not shown: " + strings.Join(hidden[i], ", ")
		}
		fmt.Fprintf(stdout, "%s: %s, %s/%s, %d cores, caches %s, %s, %s, %s, %s, λ = %v%s; %d of %d figures are noisy, ~%s\n",
			r.Machine.Name, r.Machine.CPU, r.Machine.OS, r.Machine.Arch, r.Machine.Cores,
			bench.Bytes(r.Machine.Caches.L1), bench.Bytes(r.Machine.Caches.L2), bench.Bytes(r.Machine.Caches.Last),
			r.Software["go"], r.Date.Format("2006-01-02"), r.Settings.Lambda, quick, noisy, all, other)
	}
	if err := bench.CompareTable(stdout, bench.Panels(results)); err != nil {
		return err
	}
	if len(results) == 2 && results[0].Machine.CPU == results[1].Machine.CPU {
		switch all, overlap, distance := bench.Agreement(results[0], results[1]); all {
		case 0:
			fmt.Fprintln(stdout, "\nno share is in both files and noisy in neither")
		default:
			fmt.Fprintf(stdout, "\nof %d shares that are not noisy in either, the quartiles of %d overlap; the medians differ by %.1f %% (median)\n",
				all, overlap, 100*distance)
		}
	}
	p, err := newChart(results, workers) // after the table, which can hold more
	if err != nil {
		return err
	}
	for _, r := range results {
		if !slices.Contains(p.machines, r.Machine.Name) {
			fmt.Fprintf(stdout, "\nthe picture lacks %s: nothing of it was measured with %d workers\n", r.Machine.Name, workers)
		}
	}
	var written []string
	for _, out := range outputs {
		name := out.Name()
		written = append(written, name)
		err := out.Write(ctx, func(w io.Writer) error {
			var c vg.CanvasWriterTo = vgsvg.New(pictureWidth, pictureHeight)
			if filepath.Ext(name) == ".png" {
				c = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(pictureWidth, pictureHeight), vgimg.UseDPI(120))}
			}
			if err := p.draw(draw.New(c)); err != nil {
				return err
			}
			if filepath.Ext(name) == ".png" {
				_, err := c.WriteTo(w)
				return err
			}
			// Other machines lack the font.
			var text bytes.Buffer
			if _, err := c.WriteTo(&text); err != nil {
				return err
			}
			_, err := w.Write(bytes.ReplaceAll(text.Bytes(), []byte("font-family:Liberation Sans;"),
				[]byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;")))
			return err
		})
		if err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(stdout, "\nwrote %s\n", strings.Join(written, " and "))
	return err
}
