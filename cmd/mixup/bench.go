package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v3"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/cmd/bench"
	"github.com/mixblend/blend/internal/impl"
	"github.com/mixblend/blend/internal/shared/files"
)

func benchCommand() *cli.Command {
	return &cli.Command{
		Name:  "bench",
		Usage: "measure the throughput of each implementation, and the limits of this machine",
		UsageText: "mixup bench [-json FILE] [-name NAME] [-quick] [-impl NAMES] [-type TYPES] [-workers NUMBERS] [-lambda L] " +
			"[-rounds N] [-max MIB]",
		Description: "Times every implementation on float32 and uint8 batches, out of place and in place, in working sets from the L1\n" +
			"cache to several times the last-level cache, with one worker and with all cores, beside Go's copy, a non-temporal copy,\n" +
			"reading and writing, and what the ports of this CPU allow, where it is known, all in the same rounds.\n" +
			"It takes about two minutes. docs/bench.md says how, and what the figures mean.",
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "json", Usage: "write the result to `FILE`, for mixup compare"},
			&cli.StringFlag{Name: "name", Usage: "call this machine `NAME` in comparisons", DefaultText: "its CPU"},
			&cli.BoolFlag{Name: "quick", Usage: "one size for each level of cache, and fewer rounds: half a minute"},
			&cli.StringSliceFlag{Name: "impl", Usage: "only the implementations `NAMES`"},
			&cli.StringSliceFlag{Name: "type", Usage: "only the types `TYPES`: float32, uint8"},
			&cli.IntSliceFlag{Name: "workers", Usage: "`NUMBERS` of workers", DefaultText: "1, 2, 4 … all cores"},
			&cli.FloatFlag{Name: "lambda", Value: 0.3, Usage: "mix with λ = `L`"},
			&cli.IntFlag{Name: "rounds", Usage: "at most `N` rounds a contest", DefaultText: "45, with -quick 15"},
			&cli.IntFlag{Name: "max", Usage: "no working set of more than `MIB`", DefaultText: "four times the last-level cache"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			b, err := newBenchmark(cmd)
			if err != nil {
				return err
			}
			return b.run(ctx)
		},
	}
}

// distinct returns values without those that have been there.
func distinct[T comparable](values []T) []T {
	var once []T
	for _, v := range values {
		if !slices.Contains(once, v) {
			once = append(once, v)
		}
	}
	return once
}

// A benchmark is the command line of mixup bench.
type benchmark struct {
	selection       bench.Selection
	options         bench.Options
	implementations []string
	name            string
	json            *files.Output // nil: none
	stdout, stderr  io.Writer
	every           time.Duration // between lines of progress, where stderr is no terminal
}

func newBenchmark(cmd *cli.Command) (*benchmark, error) {
	b := &benchmark{
		selection: bench.Selection{Types: []string{bench.Float32, bench.Uint8}, Quick: cmd.Bool("quick")},
		options:   bench.DefaultOptions(cmd.Bool("quick")),
		name:      cmd.String("name"),
		stdout:    cmd.Root().Writer, stderr: cmd.Root().ErrWriter, every: 10 * time.Second,
	}
	if cmd.Args().Present() {
		return nil, usagef("bench takes no arguments, but there is %q", cmd.Args().First())
	}
	if cmd.IsSet("impl") {
		b.implementations = cmd.StringSlice("impl")
		for _, name := range b.implementations {
			if !slices.Contains(blend.Implementations(), name) {
				return nil, usagef("-impl %q is not an implementation that this machine has: %s", name, strings.Join(blend.Implementations(), ", "))
			}
		}
	}
	if cmd.IsSet("type") {
		for _, t := range cmd.StringSlice("type") {
			if !slices.Contains(b.selection.Types, t) {
				return nil, usagef("-type %q is none of %s", t, strings.Join(b.selection.Types, ", "))
			}
		}
		b.selection.Types = distinct(cmd.StringSlice("type"))
	}
	if cmd.IsSet("workers") {
		for _, w := range cmd.IntSlice("workers") {
			if w < 1 || w > runtime.GOMAXPROCS(0) {
				return nil, usagef("-workers %d is not from 1 to %d, the cores that there are", w, runtime.GOMAXPROCS(0))
			}
		}
		b.selection.Workers = distinct(cmd.IntSlice("workers"))
	}
	b.options.Lambda = cmd.Float("lambda")
	if l := b.options.Lambda; !(l >= 0 && l <= 1) {
		return nil, usagef("-lambda %v is not from 0 to 1", l)
	}
	if cmd.IsSet("rounds") {
		n, least := cmd.Int("rounds"), b.options.Passes*b.options.MinRounds
		if n < least {
			return nil, usagef("-rounds %d is less than %d: there would be no quartiles to speak of", n, least)
		}
		if n > bench.MostRounds {
			return nil, usagef("-rounds %d is more than %d", n, bench.MostRounds)
		}
		b.options.Rounds = (n + b.options.Passes - 1) / b.options.Passes
	}
	if cmd.IsSet("max") {
		const most = min(1<<20, math.MaxInt>>20) // which is less where an int has 32 bits
		if cmd.Int("max") < 1 || cmd.Int("max") > most {
			return nil, usagef("-max %d is not from 1 to %d MiB", cmd.Int("max"), most)
		}
		b.selection.Largest = cmd.Int("max") << 20
	}
	if name := cmd.String("json"); name != "" { // not after minutes of measuring
		var err error
		if b.json, err = files.NewOutput(name); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *benchmark) run(ctx context.Context) error {
	defer impl.All[0].Use()
	start := time.Now()
	r := bench.NewResult(b.options)
	r.Settings.Quick = b.selection.Quick
	if b.name != "" {
		r.Machine.Name = b.name
	}
	cases, wanted := b.selection.Cases(r.Machine)
	largest := slices.MaxFunc(cases, func(a, b bench.Case) int { return a.WorkingSet - b.WorkingSet })
	fmt.Fprint(b.stdout, disableNote())
	fmt.Fprintf(b.stdout, "%s%s, %s\n", r.Machine, r.Software["go"], r.Date.Format(time.RFC1123))
	fmt.Fprintf(b.stdout, "%d contests, in %d passes of up to %d rounds, λ = %v\n", len(cases), r.Settings.Passes, r.Settings.Rounds, r.Settings.Lambda)
	if b.selection.Largest == 0 && largest.WorkingSet < wanted/4*3 {
		fmt.Fprintf(b.stdout, "working sets of up to %s only, not %s: there is too little memory\n",
			bench.Bytes(largest.WorkingSet), bench.Bytes(wanted))
	}
	fmt.Fprintf(b.stdout, "%s\n%s", bench.Modelled(), bench.Legend)

	memory := bench.NewMemory(cases, r.Machine.Caches)
	p := newBenchProgress(b, cases)
	defer p.end()
	table := bench.NewTable(p)
	series := make([]bench.Series, len(cases))
	for pass := range b.options.Passes {
		for i, c := range cases {
			p.show(pass, i)
			mixes, err := memory.Blend(c, b.options.Lambda, b.implementations)
			if err != nil {
				return err
			}
			series[i].Case = c
			if err := series[i].Hold(ctx, slices.Concat(memory.Limits(c), memory.Ports(c, b.options.Lambda, b.implementations), mixes), b.options); err != nil {
				return err
			}
			if pass < b.options.Passes-1 {
				continue
			}
			contest := series[i].Contest(b.options)
			r.Contests = append(r.Contests, contest)
			if err := table.Add(contest); err != nil {
				return err
			}
		}
	}
	p.end()
	r.Seconds = time.Since(start).Seconds()
	if err := report(b.stdout, r); err != nil {
		return err
	}
	if b.json == nil {
		return nil
	}
	return b.json.Write(ctx, r.Encode)
}

// report says how many figures are none.
func report(w io.Writer, r *bench.Result) error {
	noisy, all := r.Noisy()
	text := fmt.Sprintf("%.0f s. All %d figures are results: their quartiles are within %.0f %% of the median of each other.\n",
		r.Seconds, all, 100*r.Settings.NoiseLimit)
	if noisy > 0 {
		text = fmt.Sprintf("%.0f s. %d of %d figures are noisy: their interquartile range exceeds %.0f %% of the median. Measure again when the "+
			"machine is quiet.\n", r.Seconds, noisy, all, 100*r.Settings.NoiseLimit)
	}
	_, err := fmt.Fprintf(w, "\n%s%s", r.Reached(), text)
	return err
}

// benchProgress shows which contest is on, and how long all will take: a bar on a terminal, else a line now and then. What is
// written to it appears above the bar.
type benchProgress struct {
	b           *benchmark
	cases       []bench.Case
	cost        []float64 // seconds of a pass until case i, as expected
	begin, said time.Time
	bars        *mpb.Progress // nil where stderr is no terminal
	bar         *mpb.Bar
}

func newBenchProgress(b *benchmark, cases []bench.Case) *benchProgress {
	p := &benchProgress{b: b, cases: cases, cost: []float64{0}, begin: time.Now(), said: time.Now()}
	for i, c := range cases {
		p.cost = append(p.cost, p.cost[i]+b.options.Expect(c))
	}
	if f, ok := b.stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bars = mpb.New(mpb.WithOutput(f), mpb.WithWidth(40))
		p.bar = p.bars.AddBar(int64(1000*p.all()), mpb.AppendDecorators(decor.Any(func(s decor.Statistics) string {
			return " " + p.left(float64(s.Current)/1000)
		})))
	}
	return p
}

// all is how many seconds all passes take, as expected.
func (p *benchProgress) all() float64 { return float64(p.b.options.Passes) * p.cost[len(p.cases)] }

// left says how long it will take, from how long what has been done has taken.
func (p *benchProgress) left(done float64) string {
	spent := time.Since(p.begin).Seconds()
	left := p.all() - done
	if done > 0 {
		left *= spent / done
	}
	return fmt.Sprintf("about %v left", (time.Duration(left) * time.Second).Round(time.Second))
}

func (p *benchProgress) show(pass, i int) {
	done := float64(pass)*p.cost[len(p.cases)] + p.cost[i]
	switch {
	case p.bar != nil:
		p.bar.SetCurrent(int64(1000 * done))
	case pass == 0 && i == 0 || time.Since(p.said) >= p.b.every:
		p.said = time.Now()
		fmt.Fprintf(p.b.stderr, "pass %d of %d, contest %d of %d: %s; %s\n", pass+1, p.b.options.Passes, i+1, len(p.cases), p.cases[i], p.left(done))
	}
}

func (p *benchProgress) Write(text []byte) (int, error) {
	if f, ok := p.b.stdout.(*os.File); ok && p.bar != nil && term.IsTerminal(int(f.Fd())) {
		return p.bars.Write(text)
	}
	return p.b.stdout.Write(text)
}

// end takes the bar away.
func (p *benchProgress) end() {
	if p.bar != nil {
		p.bar.Abort(true)
		p.bars.Wait()
		p.bar = nil
	}
}
