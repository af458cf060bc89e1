package bench

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"time"
)

// now is what all times are taken by. Tests have a clock of their own.
var now = clock

// MostRounds is the greatest number of rounds allowed.
const MostRounds = 1_000_000

// mostReps calls that take no time show that the clock stands still.
const mostReps = 1 << 20

// A Contestant is one way to do something with the batch of a Case.
type Contestant struct {
	Name  string
	Kind  Kind
	Bytes int  // of the batch, that one call takes
	Aside bool // see Entry
	// Time makes the caches what the case asks for, calls reps times, and returns the seconds that the calls took.
	Time func(reps int) (float64, error)
}

// Options configure a contest.
type Options struct {
	Passes     int     // over all contests, minutes apart: their rounds are measured in as many sittings
	Rounds     int     // of a pass, at most
	MinRounds  int     // of a pass, however long they take
	Seconds    float64 // after which no round of a pass begins that need not
	Shortest   float64 // that one measurement of what is in caches takes at least, in seconds
	NoiseLimit float64
	Lambda     float64
}

// A Series is a contest that is held in passes.
type Series struct {
	Case
	contestants []Contestant
	seconds     [][]float64 // that a call of each contestant took, round by round
	passes      int
}

// Hold times all contestants in the rounds of a pass: each once a round, in shuffled order. One of them is called Copy or
// ReadWrite. In every pass they are the same.
func (s *Series) Hold(ctx context.Context, contestants []Contestant, o Options) error {
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	reps := make([]int, len(contestants))
	perRound := 0.0
	for i, e := range contestants {
		for reps[i] = 1; ; reps[i] *= 2 {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			start := now()
			seconds, err := e.Time(reps[i])
			if err != nil {
				return fmt.Errorf("%s: %w", e.Name, err)
			}
			if seconds >= o.Shortest || s.Cold || reps[i] > mostReps {
				perRound += now() - start
				break
			}
		}
	}
	if s.passes == 0 {
		s.contestants, s.seconds = contestants, make([][]float64, len(contestants))
	}
	rounds := int(min(o.Seconds/perRound, float64(o.Rounds))) // no int may hold the former
	seconds, err := hold(ctx, contestants, reps, max(rounds, o.MinRounds))
	if err != nil {
		return err
	}
	for i := range seconds {
		s.seconds[i] = append(s.seconds[i], seconds[i]...)
	}
	s.passes++
	return nil
}

// Contest returns what all passes so far have shown.
func (s *Series) Contest(o Options) Contest {
	c := Contest{Case: s.Case, Passes: s.passes, Rounds: len(s.seconds[0])}
	c.Copy, c.Entries = summarize(s.contestants, s.seconds, o.NoiseLimit)
	c.Lead = lead(c.Entries, s.seconds, o.NoiseLimit)
	return c
}

// Finalists returns those that a lead is decided among: the copy that c's shares are of, and the fastest of blend and of the peers,
// of each no more than three, and none that takes half as long again as the fastest of them.
func (s *Series) Finalists(c Contest) []Contestant {
	var finalists []Contestant
	for _, kind := range []Kind{Limit, Blend, Peer} {
		var order []int
		for i, e := range c.Entries {
			if e.Kind == kind && !e.Aside && (kind != Limit || e.Name == c.Copy) {
				order = append(order, i)
			}
		}
		slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(c.Entries[j].Share.Median, c.Entries[i].Share.Median) })
		for n, i := range order {
			if n < 3 && 1.5*c.Entries[i].Share.Median >= c.Entries[order[0]].Share.Median {
				finalists = append(finalists, s.contestants[i])
			}
		}
	}
	return finalists
}

// Decide gives c, a contest that s has held, its lead. A final of few rounds is among its finalists alone. The lead is that of a duel
// of its two winners, whose rounds are the shortest, so that there are many of them, and little else happens during one.
func (s *Series) Decide(ctx context.Context, c *Contest, o Options) error {
	final, few := Series{Case: s.Case}, o
	few.Rounds, few.Seconds = min(o.Rounds, finalRounds), o.Seconds/4
	if err := final.Hold(ctx, s.Finalists(*c), few); err != nil {
		return err
	}
	if c.Lead = final.Contest(o).Lead; c.Lead == nil {
		return nil
	}
	var two []Contestant
	for _, name := range []string{c.Lead.Blend, c.Lead.Peer} {
		two = append(two, s.contestants[slices.IndexFunc(s.contestants, func(e Contestant) bool { return e.Name == name })])
	}
	duel := Series{Case: s.Case}
	if err := duel.Hold(ctx, two, o); err != nil {
		return err
	}
	c.Lead = newLead(two[0].Name, two[1].Name, duel.seconds[0], duel.seconds[1], o.NoiseLimit)
	return nil
}

// finalRounds are enough to tell who is the fastest.
const finalRounds = 21

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
		return Options{Passes: 3, Rounds: 5, MinRounds: 3, Seconds: 0.5, Shortest: 1e-4, NoiseLimit: 0.1, Lambda: 0.3}
	}
	return Options{Passes: 5, Rounds: 9, MinRounds: 3, Seconds: 1, Shortest: 2e-4, NoiseLimit: 0.1, Lambda: 0.3}
}

// Expect returns about how many seconds a contest will take in one pass.
func (o Options) Expect(c Case) float64 {
	perRound := 20*o.Shortest + 12*float64(c.WorkingSet)/8e9
	return 0.02 + perRound + max(min(float64(o.Rounds)*perRound, o.Seconds), float64(o.MinRounds)*perRound)
}

// NewResult returns the head of a result of this machine, now.
func NewResult(o Options) *Result {
	return &Result{
		Schema: Schema, Version: Version, Date: time.Now().Round(time.Second), Machine: ThisMachine(), Software: Software(),
		Settings: Settings{Passes: o.Passes, Rounds: o.Rounds, NoiseLimit: o.NoiseLimit, Lambda: o.Lambda},
	}
}
