package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"time"
)

// A Contestant is one way to do something with the batch of a Case.
type Contestant struct {
	Name  string
	Kind  Kind
	Bytes int // of the batch, that one call takes
	// Time makes the caches what the case asks for, calls reps times, and returns the seconds that the calls took.
	Time func(reps int) (float64, error)
}

// Options are how a contest is held.
type Options struct {
	Rounds     int     // at most
	MinRounds  int     // however long they take
	Seconds    float64 // after which no round begins that need not
	Attempts   int     // at most, while figures are noisy
	Shortest   float64 // seconds that one measurement of what is in caches takes at least
	NoiseLimit float64
	Lambda     float64
}

// Hold times all contestants in rounds: each once a round, in shuffled order. One of them is called Copy.
func Hold(ctx context.Context, c Case, contestants []Contestant, o Options) (Contest, error) {
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	reps := make([]int, len(contestants))
	perRound := 0.0
	for i, e := range contestants {
		for reps[i] = 1; ; reps[i] *= 2 {
			if err := context.Cause(ctx); err != nil {
				return Contest{}, err
			}
			start := now()
			seconds, err := e.Time(reps[i])
			if err != nil {
				return Contest{}, fmt.Errorf("%s: %w", e.Name, err)
			}
			if seconds >= o.Shortest || c.Cold {
				perRound += now() - start
				break
			}
		}
	}
	rounds := max(min(int(o.Seconds/perRound), o.Rounds), o.MinRounds)
	rounds -= 1 - rounds%2 // the median and the quartiles of an odd number lie in the middle
	var best Contest
	for attempt := 1; attempt <= o.Attempts; attempt++ {
		seconds, err := hold(ctx, contestants, reps, rounds)
		if err != nil {
			return Contest{}, err
		}
		n := Contest{Case: c, Rounds: rounds}
		n.Copy, n.Entries = summarize(contestants, seconds, o.NoiseLimit)
		noisy, _ := n.noisy()
		if before, _ := best.noisy(); attempt == 1 || noisy < before {
			best = n
		}
		best.Attempts = attempt
		if noisy == 0 {
			break
		}
	}
	return best, nil
}

// hold returns the seconds that a call of each contestant took in each round.
func hold(ctx context.Context, contestants []Contestant, reps []int, rounds int) ([][]float64, error) {
	seconds := make([][]float64, len(contestants))
	for range rounds {
		for _, i := range rand.Perm(len(contestants)) {
			if err := context.Cause(ctx); err != nil {
				return nil, err
			}
			s, err := contestants[i].Time(reps[i])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", contestants[i].Name, err)
			}
			if s <= 0 {
				return nil, fmt.Errorf("%s: %d calls took %v s by this machine's clock", contestants[i].Name, reps[i], s)
			}
			seconds[i] = append(seconds[i], s/float64(reps[i]))
		}
	}
	return seconds, nil
}

// DefaultOptions returns options that take minutes at most, or half a minute.
func DefaultOptions(quick bool) Options {
	if quick {
		return Options{Rounds: 15, MinRounds: 5, Seconds: 1.5, Attempts: 1, Shortest: 1e-4, NoiseLimit: 0.1, Lambda: 0.3}
	}
	return Options{Rounds: 41, MinRounds: 9, Seconds: 4, Attempts: 2, Shortest: 2e-4, NoiseLimit: 0.1, Lambda: 0.3}
}

// Expect returns about how many seconds a contest will take.
func (o Options) Expect(c Case) float64 {
	return 0.1 + min(float64(o.Rounds)*(20*o.Shortest+12*float64(c.WorkingSet)/8e9), o.Seconds)
}

// NewResult returns the head of a result of this machine, now.
func NewResult(o Options) *Result {
	return &Result{
		Schema: Schema, Version: Version, Date: time.Now().Round(time.Second), Machine: ThisMachine(), Software: Software(),
		Settings: Settings{Rounds: o.Rounds, NoiseLimit: o.NoiseLimit, Lambda: o.Lambda},
	}
}
