package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/urfave/cli/v3"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/internal/impl"
)

const shownDifferences = 5 // of a kernel, on an implementation

func verifyCommand() *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "compare every implementation that this machine has with plain Go",
		UsageText: "mixup verify [-impl NAME] [-kernel TEXT] [-quick]",
		Description: "Runs the public calls of each implementation, and compares every result with package kernels:\n" +
			"all 2147549184 uint8 inputs (256 × 256 × 32769 weights), all 2³² bit patterns of a float32 operand\n" +
			"against chosen values of the other, 16-bit floats, bytes to model input in every format and layout,\n" +
			"masks and boxes. It takes a few minutes. The exit status is 1 if any result differs.",
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "impl", Usage: "only the implementation `NAME`"},
			&cli.StringFlag{Name: "kernel", Usage: "only the kernel named `TEXT`, such as uint8, or else those whose names contain it"},
			&cli.BoolFlag{Name: "quick", Usage: "a sample, in under a minute: every kind of weight and of float"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			if cmd.Args().Present() {
				return usagef("verify takes no arguments, but there is %q", cmd.Args().First())
			}
			v := verification{
				quick: cmd.Bool("quick"), stdout: cmd.Root().Writer, stderr: cmd.Root().ErrWriter, every: 10 * time.Second,
			}
			for _, im := range impl.All {
				if name := cmd.String("impl"); im.Name == name || !cmd.IsSet("impl") {
					v.implementations = append(v.implementations, im)
				}
			}
			if len(v.implementations) == 0 {
				return usagef("-impl %q is not an implementation that this machine has: %s",
					cmd.String("impl"), strings.Join(blend.Implementations(), ", "))
			}
			if left := unchecked(impl.Kernels, kernelChecks); len(left) > 0 {
				return fmt.Errorf("no check for the kernels %s: kernelChecks has to have one", strings.Join(left, ", "))
			}
			var names []string
			all, text := slices.Concat(kernelChecks, maskChecks, boxChecks), cmd.String("kernel")
			for _, c := range all {
				names = append(names, c.name())
				if strings.Contains(c.name(), text) {
					v.checks = append(v.checks, c)
				}
			}
			if i := slices.Index(names, text); i >= 0 {
				v.checks = all[i : i+1]
			}
			if len(v.checks) == 0 {
				return usagef("-kernel %q is in no kernel's name: %s", cmd.String("kernel"), strings.Join(names, "; "))
			}
			return v.run(ctx)
		},
	}
}

// A check holds one kernel against package kernels.
type check interface {
	name() string
	kernels() []string // the generator's names of those that it runs
	// blocks returns the blocks of inputs to compare, and how many inputs there are in each.
	blocks(quick bool) (blocks []int, inputs int64)
	// worker returns a function that compares a block. It is for one goroutine.
	worker() func(block int, t *tally) error
}

// unchecked returns the kernels that none of the checks runs.
func unchecked(kernels []string, checks []check) []string {
	return slices.DeleteFunc(slices.Clone(kernels), func(name string) bool {
		return slices.ContainsFunc(checks, func(c check) bool { return slices.Contains(c.kernels(), name) })
	})
}

// A tally is what has been found out about an implementation and a kernel.
type tally struct {
	inputs      atomic.Int64
	differences atomic.Int64
	seconds     float64

	mu    sync.Mutex
	first []string // differences
}

// differ counts a difference, and keeps the first few.
func (t *tally) differ(format string, args ...any) {
	if t.differences.Add(1) > shownDifferences {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.first = append(t.first, fmt.Sprintf(format, args...))
}

// A verification is the command line of mixup verify.
type verification struct {
	checks          []check
	implementations []impl.Implementation
	quick           bool
	stdout, stderr  io.Writer
	every           time.Duration // between lines of progress, where stderr is no terminal
}

func (v *verification) run(ctx context.Context) error {
	defer impl.All[0].Use()
	workers := runtime.GOMAXPROCS(0)
	fmt.Fprintf(v.stdout, "%s %s/%s, %d workers, implementations: %s\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, workers, strings.Join(blend.Implementations(), ", "))
	fmt.Fprint(v.stdout, disableNote())
	var differences int64
	var results []string
	var err error
	for _, im := range v.implementations {
		var n int64
		var result string
		n, result, err = v.implementation(ctx, im, workers)
		if result != "" {
			results = append(results, result)
		}
		differences += n
		if err != nil {
			break
		}
	}
	for _, result := range results {
		if _, werr := fmt.Fprintln(v.stdout, result); err == nil {
			err = werr
		}
	}
	if err != nil {
		return err
	}
	if differences > 0 {
		return fmt.Errorf("%d results differ", differences)
	}
	return nil
}

// implementation runs all checks on one implementation. The result is a line that says how they went.
func (v *verification) implementation(ctx context.Context, im impl.Implementation, workers int) (differences int64, result string, err error) {
	im.Use()
	if blend.Implementation() != im.Name {
		return 0, "", fmt.Errorf("%s is in use, not %s", blend.Implementation(), im.Name)
	}
	var inputs, total int64
	for _, c := range v.checks {
		blocks, n := c.blocks(v.quick)
		total += int64(len(blocks)) * n
	}
	begin := time.Now()
	for _, c := range v.checks {
		p := v.progress(im.Name, inputs, total, begin)
		var t tally
		err = v.check(ctx, c, &t, p, workers)
		p.end()
		inputs += t.inputs.Load()
		differences += t.differences.Load()
		fmt.Fprintf(v.stdout, "  %s, %s: %d inputs, %d differences, %.1f s\n", im.Name, c.name(), t.inputs.Load(), t.differences.Load(), t.seconds)
		for _, d := range t.first {
			fmt.Fprintf(v.stdout, "    %s\n", d)
		}
		if err != nil {
			break
		}
	}
	of := ""
	if err != nil {
		of = fmt.Sprintf(" of %d", total)
	}
	return differences, fmt.Sprintf("%s: %d%s inputs compared, %d differences, %.1f s",
		im.Name, inputs, of, differences, time.Since(begin).Seconds()), err
}

// check runs the blocks of one check, each on the next worker that is free.
func (v *verification) check(ctx context.Context, c check, t *tally, p *progress, workers int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	blocks, _ := c.blocks(v.quick)
	begin := time.Now()
	var next atomic.Int64
	var wait sync.WaitGroup
	for range workers {
		wait.Add(1)
		go func() {
			defer wait.Done()
			work := c.worker()
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(blocks) {
					return
				}
				if err := work(blocks[i], t); err != nil {
					cancel(fmt.Errorf("%s: %w", c.name(), err))
				}
			}
		}()
	}
	all := make(chan struct{})
	go func() { wait.Wait(); close(all) }()
	tick := time.NewTicker(p.every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			p.show(t.inputs.Load())
		case <-all:
			t.seconds = time.Since(begin).Seconds()
			return context.Cause(ctx)
		}
	}
}

// progress shows how far an implementation has got, how fast, and how long it will take: a bar on a terminal, else a line now
// and then.
type progress struct {
	w             io.Writer
	name          string
	before, total int64 // inputs
	begin         time.Time
	every         time.Duration
	bars          *mpb.Progress // nil where w is no terminal
	bar           *mpb.Bar
}

const million = 1e6

// progress begins after some inputs of all.
func (v *verification) progress(name string, before, total int64, begin time.Time) *progress {
	p := &progress{w: v.stderr, name: name, before: before, total: total, begin: begin, every: v.every}
	if f, ok := v.stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.every = 100 * time.Millisecond
		p.bars = mpb.New(mpb.WithOutput(f), mpb.WithWidth(40))
		p.bar = p.bars.AddBar(total/million,
			mpb.PrependDecorators(decor.Name(name+" "), decor.CountersNoUnit("%d of %d million ")),
			mpb.AppendDecorators(decor.Any(func(s decor.Statistics) string { return " " + p.pace(s.Current*million) })))
	}
	return p
}

// pace is how fast it goes and how long it will take.
func (p *progress) pace(done int64) string {
	if done == 0 {
		return ""
	}
	spent := time.Since(p.begin)
	left := time.Duration(float64(spent) * float64(p.total-done) / float64(done))
	return fmt.Sprintf("%.0f million/s, %v left", float64(done)/million/spent.Seconds(), left.Round(time.Second))
}

func (p *progress) show(done int64) {
	done += p.before
	switch {
	case p.bar != nil:
		p.bar.SetCurrent(done / million)
	case done > 0:
		fmt.Fprintf(p.w, "%s: %.0f of %.0f million, %s\n", p.name, float64(done)/million, float64(p.total)/million, p.pace(done))
	}
}

// end takes the bar away.
func (p *progress) end() {
	if p.bar != nil {
		p.bar.Abort(true)
		p.bars.Wait()
	}
}
