package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
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

const shownDifferences = 5 // of an implementation

func verifyCommand() *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "compare every implementation that this machine has with plain Go",
		UsageText: "mixup verify [-impl NAME] [-quick]",
		Description: "Runs all 2147549184 uint8 inputs (256 × 256 × 32769 weights) and all 2³² bit patterns of a float32\n" +
			"operand against chosen values of the other through the public calls of each implementation, and compares\n" +
			"every result with package kernels. The exit status is 1 if any differs.",
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "impl", Usage: "only the implementation `NAME`"},
			&cli.BoolFlag{Name: "quick", Usage: "a sample: every kind of weight and of float, in seconds"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			if cmd.Args().Present() {
				return usagef("verify takes no arguments, but there is %q", cmd.Args().First())
			}
			v := verification{
				checks: kernelChecks, quick: cmd.Bool("quick"), stdout: cmd.Root().Writer, stderr: cmd.Root().ErrWriter, every: 10 * time.Second,
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
			return v.run(ctx)
		},
	}
}

// A check holds one kernel against package kernels.
type check interface {
	name() string
	// blocks returns the blocks of inputs to compare, and how many inputs there are in each.
	blocks(quick bool) (blocks []int, inputs int64)
	// worker returns a function that compares a block. It is for one goroutine.
	worker() func(block int, t *tally) error
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
	var differences int64
	for _, im := range v.implementations {
		n, err := v.implementation(ctx, im, workers)
		if err != nil {
			return err
		}
		differences += n
	}
	if differences > 0 {
		return fmt.Errorf("%d results differ", differences)
	}
	return nil
}

// implementation runs all checks on one implementation, and says how they went.
func (v *verification) implementation(ctx context.Context, im impl.Implementation, workers int) (differences int64, err error) {
	im.Use()
	if blend.Implementation() != im.Name {
		return 0, fmt.Errorf("%s is in use, not %s", blend.Implementation(), im.Name)
	}
	var total int64
	for _, c := range v.checks {
		blocks, inputs := c.blocks(v.quick)
		total += int64(len(blocks)) * inputs
	}
	tallies := make([]tally, len(v.checks))
	progress := v.progress(im.Name, total)
	begin := time.Now()
	for i, c := range v.checks {
		if err == nil {
			err = v.check(ctx, c, &tallies[i], progress, workers)
		}
	}
	progress.end()

	var sum int64
	var parts []string
	for i, c := range v.checks {
		t := &tallies[i]
		for _, d := range t.first {
			fmt.Fprintf(v.stdout, "  %s %s: %s\n", im.Name, c.name(), d)
		}
		sum += t.inputs.Load()
		differences += t.differences.Load()
		parts = append(parts, fmt.Sprintf("%s %d in %.1f s", c.name(), t.inputs.Load(), t.seconds))
	}
	state := ""
	if err != nil {
		state = ", not all"
	}
	_, werr := fmt.Fprintf(v.stdout, "%s: %d inputs compared%s, %d differences, %.1f s (%s)\n",
		im.Name, sum, state, differences, time.Since(begin).Seconds(), strings.Join(parts, ", "))
	return differences, cmp.Or(err, werr)
}

// check runs the blocks of one check, each on the next worker that is free.
func (v *verification) check(ctx context.Context, c check, t *tally, p *progress, workers int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	blocks, _ := c.blocks(v.quick)
	begin, before := time.Now(), p.done
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
			p.show(before + t.inputs.Load())
		case <-all:
			p.done = before + t.inputs.Load()
			t.seconds = time.Since(begin).Seconds()
			return context.Cause(ctx)
		}
	}
}

// progress shows how far it has got, how fast, and how long it will take: a bar on a terminal, else a line now and then.
type progress struct {
	w           io.Writer
	name        string
	done, total int64 // inputs
	begin       time.Time
	every       time.Duration
	bars        *mpb.Progress // nil where w is no terminal
	bar         *mpb.Bar
}

const million = 1e6

func (v *verification) progress(name string, total int64) *progress {
	p := &progress{w: v.stderr, name: name, total: total, begin: time.Now(), every: v.every}
	if f, ok := v.stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.every = 100 * time.Millisecond
		p.bars = mpb.New(mpb.WithOutput(f), mpb.WithWidth(40))
		p.bar = p.bars.AddBar(total/million,
			mpb.PrependDecorators(decor.Name(name+" "), decor.CountersNoUnit("%d of %d million ")),
			mpb.AppendDecorators(decor.AverageSpeed(0, " %.0f million/s, "), decor.AverageETA(decor.ET_STYLE_GO), decor.Name(" left")))
	}
	return p
}

func (p *progress) show(done int64) {
	if p.bar != nil {
		p.bar.SetCurrent(done / million)
		return
	}
	if done == 0 {
		return
	}
	spent := time.Since(p.begin)
	left := time.Duration(float64(spent) * float64(p.total-done) / float64(done))
	fmt.Fprintf(p.w, "%s: %.0f of %.0f million, %.0f million/s, %v left\n", p.name,
		float64(done)/million, float64(p.total)/million, float64(done)/million/spent.Seconds(), left.Round(time.Second))
}

// end takes the bar away.
func (p *progress) end() {
	if p.bar != nil {
		p.bar.Abort(true)
		p.bars.Wait()
	}
}
