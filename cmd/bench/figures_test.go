package bench

import (
	"bytes"
	"context"
	"math"
	"math/bits"
	"runtime"
	"runtime/metrics"
	"slices"
	"testing"

	"github.com/mixblend/blend/internal/roof"
)

// A stopwatch shows the time that calls say they take.
type stopwatch struct{ seconds float64 }

func (w *stopwatch) use(t *testing.T) {
	now = func() float64 { return w.seconds }
	t.Cleanup(func() { now = clock })
}

// costs returns a call of known cost. The first one after something else has been called costs ten times as much, and so does each
// one on cold memory, whatever the shuffled order of the rounds is.
func (w *stopwatch) costs(seconds float64, last *float64, cold bool) func() error {
	return func() error {
		cost := seconds
		if cold || *last != seconds {
			*last, cost = seconds, 10*seconds
		}
		w.seconds += cost
		return nil
	}
}

// What is published of a contestant of known cost is what is known.
func TestKnownCost(t *testing.T) {
	for _, c := range []Case{
		NewCase(Float32, OutOfPlace, 1, 1<<20, 1<<24), NewCase(Uint8, InPlace, 1, 1<<20, 1<<24),
		NewCase(Float32, OutOfPlace, 1, 1<<20, 1<<16), NewCase(Uint8, InPlace, 1, 1<<20, 1<<16),
	} {
		var w stopwatch
		w.use(t)
		last := 0.0
		m := NewMemory([]Case{c}, Caches{L1: 1 << 10, L2: 1 << 12, Last: 1 << 14, Groups: 1})
		cost := map[string]float64{Copy: 1e-3, StreamCopy: 2e-3, "mix": 4e-3, "fast": 0.5e-3}
		contestants := []Contestant{
			m.Local(c, Copy, Limit, w.costs(cost[Copy], &last, c.Cold)), m.Local(c, StreamCopy, Limit, w.costs(cost[StreamCopy], &last, c.Cold)),
			m.Local(c, "mix", Blend, w.costs(cost["mix"], &last, c.Cold)), m.Local(c, "fast", Peer, w.costs(cost["fast"], &last, c.Cold)),
		}
		s := Series{Case: c}
		o := DefaultOptions(true)
		for range o.Passes {
			if err := s.Hold(context.Background(), contestants, o); err != nil {
				t.Fatal(err)
			}
		}
		contest := s.Contest(o)
		if contest.Copy != Copy || len(contest.Entries) != 4 {
			t.Fatalf("%v: %+v", c, contest)
		}
		// A cold batch is called once after the caches have been taken, so that each call is a first one.
		factor := 1.0
		if c.Cold {
			factor = 10
		}
		for i, e := range contest.Entries {
			gbps, share := float64(c.Rows*c.Columns*c.Size())/(factor*cost[e.Name])/1e9, cost[Copy]/cost[e.Name]
			if e.Kind != contestants[i].Kind || math.Abs(e.GBps.Median/gbps-1) > 1e-3 || math.Abs(e.Share.Median/share-1) > 1e-3 || e.GBps.Noisy || e.Share.Noisy {
				t.Errorf("%v: %s: %v GB/s, %v of the copy, want %v and %v", c, e.Name, e.GBps, e.Share, gbps, share)
			}
		}
	}
}

// Before what is timed of a cold batch, every worker reads as much as two last-level caches hold. Nothing else is read elsewhere.
func TestCold(t *testing.T) {
	caches := Caches{L1: 1 << 10, L2: 1 << 12, Last: 1 << 14, Groups: 1}
	for _, workers := range []int{1, 3} {
		for _, cold := range []bool{false, true} {
			c := NewCase(Uint8, OutOfPlace, workers, 1<<16, caches.Last)
			c.Cold = cold
			m := NewMemory([]Case{c}, caches)
			lines := uint64(2 * caches.Last / 64 * workers) // of ones
			if !cold {
				lines = 0
			}
			mixes, err := m.Blend(c, 0.3, nil)
			if err != nil {
				t.Fatal(err)
			}
			calls := 0
			var w stopwatch
			w.use(t)
			before := sink.Load()
			known := m.Local(c, "known", Blend, func() error {
				if calls++; calls == 1 && sink.Load() != before+lines {
					t.Errorf("%d workers, cold %v: the first call finds the caches with %d of %d lines read", workers, cold, sink.Load()-before, lines)
				}
				w.seconds++
				return nil
			})
			if seconds, err := known.Time(1); err != nil || seconds != 1 || calls != 1 && cold {
				t.Errorf("%d calls, %v s, %v", calls, seconds, err)
			}
			now = clock
			for _, e := range append(m.Limits(c), mixes...) {
				before := sink.Load()
				if _, err := e.Time(1); err != nil {
					t.Fatal(err)
				}
				if n := sink.Load() - before; n != lines {
					t.Errorf("%d workers, cold %v: %s: %d lines are read before, want %d", workers, cold, e.Name, n, lines)
				}
			}
			// A cold batch is cold once.
			s := Series{Case: c}
			most := 0
			contestant := Contestant{Name: Copy, Bytes: 1, Time: func(reps int) (float64, error) { most = max(most, reps); return 1e-6 * float64(reps), nil }}
			if err := s.Hold(context.Background(), []Contestant{contestant}, DefaultOptions(true)); err != nil || cold != (most == 1) {
				t.Errorf("cold %v: %d calls in a row, %v", cold, most, err)
			}
		}
	}
}

// The two copies differ where dst lies in src: Go's copy moves what was there, the other one what it has just written. So it shows
// which of them ran.
func TestCopiesAreTwo(t *testing.T) {
	const n, ahead = 1 << 14, 64
	overlapping := func() (buffer []byte, m *Memory) {
		buffer = Lines(n + ahead)
		m = &Memory{x: buffer[:n], d: buffer[ahead:], other: Lines(64), ones: Lines(64)}
		return buffer, m
	}
	c := Case{Type: Uint8, Place: OutOfPlace, Workers: 1, Rows: 4, Columns: n / 4, WorkingSet: 2 * n, Cold: true}
	want := map[string]func(dst, src []byte){Copy: func(dst, src []byte) { copy(dst, src) }, StreamCopy: roof.StreamCopy}
	var results [][]byte
	for name, copy := range want {
		buffer, m := overlapping()
		contestants := m.Limits(c)
		i := slices.IndexFunc(contestants, func(e Contestant) bool { return e.Name == name })
		expected := append(Lines(len(buffer))[:0], buffer...)
		copy(expected[ahead:], expected[:n])
		if _, err := contestants[i].Time(1); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(buffer, expected) {
			t.Errorf("%s is another copy", name)
		}
		results = append(results, buffer)
	}
	if bytes.Equal(results[0], results[1]) {
		t.Log("this machine has no other copy than Go's, or none that can be told from it")
	}
}

// created returns how many goroutines there have been.
func created(t *testing.T) uint64 {
	s := []metrics.Sample{{Name: "/sched/goroutines-created:goroutines"}}
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindUint64 {
		t.Skip("this Go does not count its goroutines")
	}
	return s[0].Value.Uint64()
}

// As many workers mix, copy, read and write as the case says.
func TestWorkersAreThoseOfTheCase(t *testing.T) {
	runtime.GC() // which starts its own goroutines once
	caches := Caches{L1: 1 << 10, L2: 1 << 12, Last: 1 << 14, Groups: 1}
	for _, typ := range []string{Float32, Uint8} {
		for _, place := range []string{OutOfPlace, InPlace} {
			for _, workers := range []int{1, 2, 4} {
				c := NewCase(typ, place, workers, 4*workers*workerBytes, caches.Last)
				c.Cold = false
				m := NewMemory([]Case{c}, caches)
				mixes, err := m.Blend(c, 0.3, nil)
				if err != nil {
					t.Fatal(err)
				}
				var w stopwatch
				now = func() float64 { w.seconds++; return w.seconds } // so that there is one call before the one that counts
				for _, e := range append(m.Limits(c), mixes...) {
					n := -1
					for try := 0; try < 5 && n != 2*(workers-1); try++ { // the runtime starts one of its own now and then
						before := created(t)
						if _, err := e.Time(1); err != nil {
							t.Fatal(err)
						}
						n = int(created(t) - before)
					}
					if n != 2*(workers-1) {
						t.Errorf("%v: two calls of %s start %d goroutines", c, e.Name, n)
					}
				}
				now = clock
			}
		}
	}
}

// No size overflows on a machine however large, and there is an end to them.
func TestCasesOfLargeMachines(t *testing.T) {
	for _, m := range []Machine{
		{Cores: 1024, Caches: Caches{L1: 1 << 20, L2: 1 << 26, Last: 1 << 30, Groups: 64}},
		{Cores: 3, Caches: Caches{L1: math.MaxInt, L2: math.MaxInt, Last: math.MaxInt, Groups: math.MaxInt}},
	} {
		for _, largest := range []int{0, 1 << 20, math.MaxInt} {
			for _, quick := range []bool{false, true} {
				cases, wanted := Selection{Types: []string{Float32, Uint8}, Quick: quick, Largest: largest}.Cases(m)
				if wanted < 1<<30 || len(cases) == 0 || len(cases) > 1000 {
					t.Errorf("%d bytes wanted, %d cases", wanted, len(cases))
				}
				for _, c := range cases {
					if c.Rows < 1 || c.Columns < 1 || c.WorkingSet < 1 || c.Batch() < 1 || bits.Len(uint(c.WorkingSet)) > bits.UintSize-1 {
						t.Errorf("%+v", c)
					}
				}
			}
		}
	}
	for n, want := range map[int][2]int{1: {1, 1}, 2: {2, 2}, 3: {2, 4}, 1 << 29: {1 << 29, 1 << 29}, 1<<29 + 1: {1 << 29, 1 << 30},
		math.MaxInt: {math.MaxInt/2 + 1, math.MaxInt/2 + 1}} {
		if got := [2]int{floor2(n), ceil2(n)}; got != want {
			t.Errorf("%d is between %v, want %v", n, got, want)
		}
	}
	if times(3, 5) != 15 || times(0, math.MaxInt) != 0 || times(2, math.MaxInt/2+1) != math.MaxInt || times(math.MaxInt, math.MaxInt) != math.MaxInt {
		t.Error("times")
	}
}
