// Command peers compares the speed of blend with that of other libraries, Go packages in this process and Python packages in another, and
// writes what mixup bench writes. See docs/bench.md.
//
//	peers fade [-quick]
//	peers [-json FILE] [-name NAME] [-quick] [-python PYTHON] [-work NAMES] [-workers NUMBERS] [-rounds N] [-final N] [-seconds S]
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/cmd/bench"
	"github.com/mixblend/blend/internal/shared/files"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	if err := app(os.Stdout, os.Stderr).Run(ctx, os.Args); err != nil {
		if ctx.Err() != nil {
			err = errors.New("interrupted")
		}
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func app(stdout, stderr io.Writer) *cli.Command {
	return &cli.Command{
		Name:  "peers",
		Usage: "compare the speed of blend with that of other libraries",
		UsageText: "peers [-json FILE] [-name NAME] [-quick] [-python PYTHON] [-work NAMES] [-workers NUMBERS] [-rounds N] [-final N] [-seconds S]\n" +
			"peers fade [-quick]",
		HideHelpCommand: true,
		Commands:        []*cli.Command{fadeCommand()},
		Writer:          stdout,
		ErrWriter:       stderr,
		ExitErrHandler:  func(context.Context, *cli.Command, error) {}, // main reports them
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "json", Usage: "write the result to `FILE`"},
			&cli.StringFlag{Name: "name", Usage: "call this machine `NAME`", DefaultText: "its CPU"},
			&cli.BoolFlag{Name: "quick", Usage: "small batches and few rounds only"},
			&cli.StringFlag{Name: "python", Usage: "also measure Python packages, with the interpreter `PYTHON`"},
			&cli.StringSliceFlag{Name: "work", Usage: "only the contests `NAMES`: mix, normalize, cutmix, masks", DefaultText: "all"},
			&cli.IntSliceFlag{Name: "workers", Usage: "only the contests of `NUMBERS` of workers", DefaultText: "1 and all cores"},
			&cli.IntFlag{Name: "rounds", Value: 21, Usage: "at most `N` rounds a contest"},
			&cli.IntFlag{Name: "final", Value: 501, Usage: "at most `N` rounds of the two fastest alone, after each contest"},
			&cli.FloatFlag{Name: "seconds", Value: 40, Usage: "begin no round after `S` seconds of a contest, but for the first 9"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			if cmd.Args().Present() {
				return fmt.Errorf("it takes no arguments, but there is %q", cmd.Args().First())
			}
			var out *files.Output
			if name := cmd.String("json"); name != "" { // not after minutes of measuring
				var err error
				if out, err = files.NewOutput(name); err != nil {
					return err
				}
			}
			o := bench.DefaultOptions(cmd.Bool("quick"))
			o.Passes = 1                                            // what is compiled, and what is checked, takes longer than what is measured
			if o.Seconds = cmd.Float("seconds"); !(o.Seconds > 0) { // some take a second a batch
				return fmt.Errorf("-seconds %v is not positive", o.Seconds)
			}
			o.MinRounds, o.Shortest = 9, 1e-3
			for _, name := range []string{"rounds", "final"} {
				switch n := cmd.Int(name); {
				case n < o.MinRounds:
					return fmt.Errorf("-%s %d is less than %d", name, n, o.MinRounds)
				case n > bench.MostRounds:
					return fmt.Errorf("-%s %d is more than %d", name, n, bench.MostRounds)
				}
			}
			o.Rounds = cmd.Int("rounds")
			all, err := selected(cases(bench.ThisMachine(), cmd.Bool("quick")), cmd.StringSlice("work"), cmd.IntSlice("workers"))
			if err != nil {
				return err
			}
			// One λ for all, on the grid of uint8.
			o.Lambda = blend.Quantize(o.Lambda)
			r := bench.NewResult(o)
			r.Settings.Quick = cmd.Bool("quick")
			r.Software = bench.Software("github.com/viterin/vek", "gonum.org/v1/gonum")
			if cmd.IsSet("name") {
				r.Machine.Name = cmd.String("name")
			}
			var py *python
			if cmd.IsSet("python") {
				if py, err = startPython(ctx, cmd.String("python"), cmd.Root().ErrWriter); err != nil {
					return err
				}
				defer py.stop()
				for name, version := range py.software {
					r.Software[name] = version
				}
			}
			if err := measure(ctx, r, all, o, cmd.Int("final"), py, stdout, stderr); err != nil {
				return err
			}
			if out != nil {
				return out.Write(ctx, r.Encode)
			}
			return nil
		},
	}
}

// cases returns batches that people train on: CIFAR, and photographs.
func cases(m bench.Machine, quick bool) []bench.Case {
	var all []bench.Case
	workers := []int{1}
	if m.Cores > 1 {
		workers = append(workers, m.Cores)
	}
	for _, w := range workers {
		for _, s := range []struct {
			work, typ     string
			rows, columns int
		}{
			{bench.Mix, bench.Float32, 128, 32 * 32 * 3}, {bench.Mix, bench.Float32, 128, 224 * 224 * 3},
			{bench.Mix, bench.Uint8, 128, 32 * 32 * 3}, {bench.Mix, bench.Uint8, 256, 224 * 224 * 3},
			{bench.Normalize, bench.Uint8, 128, 32 * 32 * 3}, {bench.Normalize, bench.Uint8, 128, 224 * 224 * 3},
			{bench.CutMix, bench.Uint8, 128, 32 * 32 * 3}, {bench.CutMix, bench.Uint8, 256, 224 * 224 * 3},
			{bench.Masks, bench.Uint8, 128, 32 * 32 * 3}, {bench.Masks, bench.Uint8, 256, 224 * 224 * 3},
		} {
			small := s.columns == 32*32*3
			if quick && !small || w > 1 && (small || s.work != bench.Mix) {
				continue
			}
			for _, place := range []string{bench.OutOfPlace, bench.InPlace} {
				c := bench.Case{Work: s.work, Type: s.typ, Place: place, Workers: w, Rows: s.rows, Columns: s.columns}
				c.WorkingSet = c.Batch()
				if place == bench.OutOfPlace {
					c.WorkingSet += c.Result()
				} else if c.Result() != c.Batch() {
					continue
				}
				c.Cold = c.WorkingSet > m.Caches.Last
				all = append(all, c)
			}
		}
	}
	return all
}

// selected returns the cases of the works and of the numbers of workers that are named; none is all.
func selected(all []bench.Case, works []string, workers []int) ([]bench.Case, error) {
	name := func(c bench.Case) string { return cmp.Or(c.Work, "mix") }
	for _, w := range works {
		if !slices.ContainsFunc(all, func(c bench.Case) bool { return name(c) == w }) {
			return nil, fmt.Errorf("-work %q is none of mix, normalize, cutmix, masks", w)
		}
	}
	for _, w := range workers {
		if !slices.ContainsFunc(all, func(c bench.Case) bool { return c.Workers == w }) {
			return nil, fmt.Errorf("-workers %d: there are no such contests", w)
		}
	}
	all = slices.DeleteFunc(all, func(c bench.Case) bool {
		return len(works) > 0 && !slices.Contains(works, name(c)) || len(workers) > 0 && !slices.Contains(workers, c.Workers)
	})
	if len(all) == 0 {
		return nil, fmt.Errorf("-work %v and -workers %v leave no contest", works, workers)
	}
	return all, nil
}

func measure(ctx context.Context, r *bench.Result, all []bench.Case, o bench.Options, final int, py *python, stdout, stderr io.Writer) error {
	fmt.Fprintf(stdout, "%s", r.Machine)
	for _, name := range slices.Sorted(maps.Keys(r.Software)) {
		fmt.Fprintf(stdout, "%s %s\n", name, r.Software[name])
	}
	fmt.Fprintf(stdout, "%d contests, up to %d rounds each, and %d of the two fastest alone, λ = %v\n\n%s", len(all), o.Rounds, final, o.Lambda, bench.PeersLegend)
	memory := bench.NewHugeMemory(all, r.Machine.Caches)
	table := bench.NewTable(stdout)
	begin := time.Now()
	for i, c := range all {
		fmt.Fprintf(stderr, "contest %d of %d: %s; %v so far\n", i+1, len(all), c, time.Since(begin).Round(time.Second))
		contest, err := hold(ctx, r, memory, c, o, final, py)
		if err != nil {
			return err
		}
		r.Contests = append(r.Contests, contest)
		if err := table.Add(contest); err != nil {
			return err
		}
	}
	r.Seconds = time.Since(begin).Seconds()
	_, err := fmt.Fprint(stdout, r.Leads())
	return err
}

func hold(ctx context.Context, r *bench.Result, memory *bench.Memory, c bench.Case, o bench.Options, final int, py *python) (bench.Contest, error) {
	t, err := newTask(c, o.Lambda)
	if err != nil {
		return bench.Contest{}, err
	}
	dst, x := memory.Batch(c)
	input, want := slices.Clone(x), make([]byte, c.Result())
	if err := t.mix(want, input); err != nil {
		return bench.Contest{}, err
	}
	contestants := append(memory.Limits(c), memory.Implementations(c, func() error { return t.mix(dst, x) }, nil)...)
	differs := map[string]float64{}
	for _, p := range goPeers(t) {
		dst, x = memory.Batch(c)
		p.mix(dst, x)
		share, err := t.differences(dst, want)
		if err != nil {
			return bench.Contest{}, fmt.Errorf("%s: %w", p.name, err)
		}
		differs[p.name] = share
		contestants = append(contestants, memory.Local(c, p.name, bench.Peer, func() error { p.mix(dst, x); return nil }))
	}
	var leftOut map[string]string
	if py != nil {
		var more []bench.Contestant
		more, leftOut, err = py.contestants(t, input, want, 2*min(r.Machine.Caches.Last, math.MaxInt/8), differs)
		if err != nil {
			return bench.Contest{}, err
		}
		contestants = append(contestants, more...)
	}
	memory.Batch(c)
	s := bench.Series{Case: c}
	if err := s.Hold(ctx, contestants, o); err != nil {
		return bench.Contest{}, err
	}
	contest := s.Contest(o)
	contest.LeftOut = leftOut
	o.Rounds, o.Seconds = final, 4*o.Seconds
	if err := s.Decide(ctx, &contest, o); err != nil {
		return bench.Contest{}, err
	}
	for i := range contest.Entries {
		contest.Entries[i].Differs = differs[contest.Entries[i].Name]
	}
	return contest, nil
}
