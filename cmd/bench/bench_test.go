package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/kernels"
)

// The files in testdata are of real runs: mixup bench -quick on an EPYC and, for arm64, under QEMU, and peers -quick.
func fixture(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestRoundTrip(t *testing.T) {
	for _, name := range []string{"epyc.json", "qemu.json", "peers.json"} {
		text := fixture(t, name)
		r, err := Decode(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var b bytes.Buffer
		if err := r.Encode(&b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(b.Bytes(), text) {
			t.Errorf("%s: what was read is written otherwise", name)
		}
		again, err := Decode(&b)
		if err != nil || !reflect.DeepEqual(r, again) {
			t.Errorf("%s: what was written is read otherwise, or not: %v", name, err)
		}
		noisy := bytes.Count(text, []byte(`"noisy": true`))
		if n, all := r.Noisy(); n != noisy || all != noisy+bytes.Count(text, []byte(`"noisy": false`)) {
			t.Errorf("%s: %d of %d noisy, the file has %d", name, n, all, noisy)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	good := string(fixture(t, "epyc.json"))
	replaced := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %q in the file", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	// Wherever it ends, it is truncated.
	for _, n := range []int{1, 2, 20, len(good) / 3, len(good) / 2, len(good) - 3} {
		if _, err := Decode(strings.NewReader(good[:n])); err == nil || !strings.Contains(err.Error(), "truncated JSON: it ends after "+fmt.Sprint(n)) {
			t.Errorf("%d bytes: got %v", n, err)
		}
	}
	if _, err := Decode(strings.NewReader("\ufeff" + good)); err != nil { // as editors of Windows write it
		t.Errorf("a byte-order mark: %v", err)
	}
	for _, test := range []struct{ name, text, want string }{
		{"UTF-16", "\xff\xfe{\x00", "UTF-16, expected UTF-8"},
		{"nothing", "", "empty"},
		{"blank", " \n", "empty"},
		{"text", "no JSON\n", "no JSON: line 1: "},
		{"a list", "[1]", "line 1: all of it is a list, expected an object"},
		{"no schema", "{}", `JSON without a schema, expected "mixblend/bench"`},
		{"another schema", replaced(Schema, "benchfmt"), `schema "benchfmt", expected "mixblend/bench"`},
		{"a later version", replaced(`"version": 1`, `"version": 2`), "version 2 of the schema, this program reads 1"},
		{"no version", replaced(` "version": 1,`, ``), "no version, expected 1"},
		{"an unknown field", replaced(`"seconds"`, `"secnods"`), `unknown field "secnods"`},
		{"another type", replaced(`"rows": 2`, `"rows": "two"`), "contests.rows is a string, expected a whole number"},
		{"a fraction", replaced(`"rows": 2`, `"rows": 2.5`), "contests.rows is 2.5, expected a whole number of at most "},
		{"a number that is too large", replaced(`"rows": 2`, `"rows": 99999999999999999999`), "contests.rows is 99999999999999999999, expected a whole number of at most "},
		{"a schema of another type", replaced(`"schema": "mixblend/bench"`, `"schema": {}`), "schema is an object, expected a string"},
		{"a version of another type", replaced(`"version": 1`, `"version": true`), "version is true or false, expected a whole number"},
		{"a list of another type", replaced(`"contests": [`, `"contests": 7, "x": [`), "contests is a number, expected a list"},
		{"a date of another type", replaced(`"date": "`, `"date": 5, "x": "`), "date is a number, expected a string"},
		{"no date", replaced(`"date": "`, `"date": "long ago, `), "date \"long ago, "},
		{"figures of another type", replaced(`"median": `, `"median": "", "x": `), ".median is a string, expected a number"},
		{"no rounds", replaced(`"rounds": 5,`, `"rounds": 0,`), " passes of 0 rounds: both must be positive"},
		{"negative rounds", replaced(`"rounds": 5,`, fmt.Sprintf(`"rounds": %d,`, math.MinInt)), fmt.Sprintf(" passes of %d rounds: both must be positive", math.MinInt)},
		{"more after it", good + "{}", "no JSON: line"},
		{"another element type", replaced(`"type": "float32"`, `"type": "float64"`), `contest 0: type "float64", expected "float32" or "uint8"`},
		{"another place", replaced(`"place": "out"`, `"place": "aside"`), `contest 0: place "aside", expected "out" or "in"`},
		{"no rows", replaced(`"rows": 2`, `"rows": 0`), "0 rows"},
		{"another kind", replaced(`"kind": "limit"`, `"kind": "roof"`), `kind "roof", expected`},
		{"no copy", replaced(`"copy": "copy"`, `"copy": "memcpy"`), `no entry "memcpy", of which the others are shares`},
		{"an overflow", replaced(`"rows": 2`, fmt.Sprint(`"rows": `, math.MaxInt/2+1)), fmt.Sprintf("a batch of %d × ", math.MaxInt/2+1)},
		{"no speed at all", replaced(`, "noisy"`, `, "q1": 1e-300, "noisy"`), "are not from 1e-9 to 1e9"},
		{"negative", replaced(`"median": `, `"median": -`), "is not between quartiles"},
		{"no contests", `{"schema": "mixblend/bench", "version": 1, "machine": {"name": "x"}}`, "no contests"},
	} {
		_, err := Decode(strings.NewReader(test.text))
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
		if ofGo := regexp.MustCompile(`\b(int|float64|struct|bench\.|time\.|Time\.|json:|Case\.|2006)`).FindString(fmt.Sprint(err)); ofGo != "" && test.name != "another element type" {
			t.Errorf("%s: %v: what is %q?", test.name, err, ofGo)
		}
	}
}

func TestFigure(t *testing.T) {
	var values []float64
	for _, i := range rand.Perm(41) {
		values = append(values, 100+float64(i)) // 100 … 140
	}
	before := slices.Clone(values)
	if f, want := newFigure(values, 0.2), (Figure{Median: 120, Q1: 110, Q3: 130}); f != want {
		t.Errorf("got %+v, want %+v", f, want)
	}
	if f := newFigure(values, 0.16); !f.Noisy {
		t.Errorf("quartiles 20 apart about 120 are within 16 %%: %+v", f)
	}
	if !slices.Equal(values, before) {
		t.Error("the values have been moved")
	}
	if f, want := newFigure([]float64{1.23456, 1.23456, 1e9}, 0.1), (Figure{Median: 1.235, Q1: 1.235, Q3: 1e9, Noisy: true}); f != want {
		t.Errorf("got %+v, want %+v", f, want)
	}
}

// A machine that is slow in every other round gives noisy throughputs, but shares that are results.
func TestSummarize(t *testing.T) {
	contestants := []Contestant{
		{Name: Copy, Kind: Limit, Bytes: 1e9}, {Name: StreamCopy, Kind: Limit, Bytes: 1e9}, {Name: Read, Kind: Limit, Bytes: 2e9},
		{Name: "a", Kind: Blend, Bytes: 1e9},
	}
	var seconds [4][]float64
	for round := range 9 {
		slow := 1 + float64(round%2)
		for i, s := range []float64{0.2, 0.1, 0.1, 0.4} { // streaming is the faster copy
			seconds[i] = append(seconds[i], s*slow)
		}
	}
	name, entries := summarize(contestants, seconds[:], 0.1)
	if name != StreamCopy {
		t.Errorf("%s is the faster copy", name)
	}
	for i, want := range []struct{ gbps, share float64 }{{5, 0.5}, {10, 1}, {20, 2}, {2.5, 0.25}} {
		e := entries[i]
		if e.GBps.Median != want.gbps || e.GBps.Q1 != want.gbps/2 || e.GBps.Q3 != want.gbps || !e.GBps.Noisy {
			t.Errorf("%s: GB/s %+v, want %v", e.Name, e.GBps, want.gbps)
		}
		if want := (Figure{Median: want.share, Q1: want.share, Q3: want.share}); e.Share != want {
			t.Errorf("%s: share %+v, want %+v", e.Name, e.Share, want)
		}
	}
}

// The lead is that of the fastest over the fastest peer, even one that is no result itself; who stands aside is nobody to lead over.
func TestLead(t *testing.T) {
	contestants := []Contestant{
		{Name: Copy, Kind: Limit, Bytes: 1e9}, {Name: "slow", Kind: Blend, Bytes: 1e9}, {Name: "fast", Kind: Blend, Bytes: 1e9},
		{Name: "p", Kind: Peer, Bytes: 1e9}, {Name: "q", Kind: Peer, Bytes: 1e9}, {Name: "r", Kind: Peer, Bytes: 1e9, Aside: true},
	}
	var seconds [6][]float64
	for round := range 9 {
		for i, s := range []float64{0.1, 0.4, 0.2, 0.5, 0.3 + 0.05*float64(round%3), 0.25} {
			seconds[i] = append(seconds[i], s)
		}
	}
	c := Contest{Case: Case{Type: Uint8, Place: OutOfPlace, Workers: 1, Rows: 1, Columns: 1e9, WorkingSet: 2e9}, Rounds: 9}
	c.Copy, c.Entries = summarize(contestants, seconds[:], 0.1)
	c.Lead = lead(c.Entries, seconds[:], 0.1)
	if want := (&Lead{Blend: "fast", Peer: "q", Times: 1.75, Low: 1.5, High: 2, Rounds: 9, Noisy: true}); !reflect.DeepEqual(c.Lead, want) {
		t.Fatalf("got %+v, want %+v", c.Lead, want)
	}
	table := func() string {
		var b strings.Builder
		if err := NewTable(&b).Add(c); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	got := table()
	for _, want := range []string{`\*10\.0 +\n`, `fast +5\.00 +0\.500 +±0% +\n`, `p +2\.00 +0\.200 +±0% +\n`, ` q +– +– +±15% +\n`, `r +4\.00 +0\.400 +±0% +not compared with *\n`,
		`\nno result over the fastest peer: fast is from 1\.50 × to 2\.00 × as fast as q in 9 rounds\n$`} {
		if !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	c.Lead.Noisy = false
	if got := table(); !strings.HasSuffix(got, "\nfast is 1.75 × as fast as q, the fastest peer: from 1.50 to 2.00 in 9 rounds\n") {
		t.Errorf("no lead in\n%s", got)
	}
	if err := c.check(); err != nil {
		t.Error(err)
	}
	for want, spoil := range map[string]func(*Lead){
		`no entry "z", which the lead is of`:                                                func(l *Lead) { l.Peer = "z" },
		"lead of fast over q: 1.75 in 9 rounds is not between 3 and 2, or not positive":     func(l *Lead) { l.Low = 3 },
		"lead of fast over q: 1.75 in 0 rounds is not between 1.5 and 2, or not positive":   func(l *Lead) { l.Rounds = 0 },
		"lead of fast over q: 1.75 in 9 rounds is not between 1.5 and 1.7, or not positive": func(l *Lead) { l.High = 1.7 },
		"lead of fast over q: 1.75 in 9 rounds is not between -1 and 2, or not positive":    func(l *Lead) { l.Low = -1 },
	} {
		l := *c.Lead
		d := c
		d.Lead = &l
		spoil(&l)
		if err := d.check(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if l := lead(c.Entries[:3], seconds[:3], 0.1); l != nil {
		t.Errorf("a lead over nobody: %+v", l)
	}
}

// The interval is that of the sign test: from the k-th smallest to the k-th largest.
func TestMedianInterval(t *testing.T) {
	for n, k := range map[int]int{1: 1, 5: 1, 6: 1, 8: 1, 9: 2, 21: 6, 45: 16, 101: 41} {
		values := make([]float64, n)
		for i, at := range rand.New(rand.NewPCG(1, 2)).Perm(n) {
			values[at] = float64(i + 1)
		}
		if _, low, high := medianInterval(values); low != float64(k) || high != float64(n+1-k) {
			t.Errorf("of 1 … %d: %v to %v, want the %d-th of each end", n, low, high, k)
		}
	}
	// Of samples whose median is known, at most a twentieth miss it.
	rng, missed := rand.New(rand.NewPCG(3, 4)), 0
	const samples = 2000
	for range samples {
		values := make([]float64, 25)
		for i := range values {
			values[i] = 1 + rng.ExpFloat64()
		}
		if _, low, high := medianInterval(values); low > 1+math.Ln2 || high < 1+math.Ln2 {
			missed++
		}
	}
	if missed > samples/20 || missed == 0 {
		t.Errorf("%d of %d intervals miss the median", missed, samples)
	}
}

// A final is among the fastest alone, and the lead is of a duel of its winners.
func TestDecide(t *testing.T) {
	took := map[string]float64{
		Copy: 2, StreamCopy: 3, Read: 1, "b": 4, "slow b": 7, "p": 8, "q": 9, "r": 10, "s": 11, "t": 20, "aside": 1,
	}
	calls := map[string]int{}
	var contestants []Contestant
	for _, name := range slices.Sorted(maps.Keys(took)) {
		kind := Peer
		switch name {
		case Copy, StreamCopy, Read:
			kind = Limit
		case "b", "slow b":
			kind = Blend
		}
		contestants = append(contestants, Contestant{Name: name, Kind: kind, Bytes: 1e6, Aside: name == "aside", Time: func(reps int) (float64, error) {
			calls[name]++
			return took[name] * float64(reps), nil
		}})
	}
	s := Series{Case: Case{Type: Uint8, Place: OutOfPlace, Workers: 1, Rows: 2, Columns: 5e5, WorkingSet: 2e6}}
	o := Options{Passes: 1, Rounds: 5, MinRounds: 5, Seconds: 1, Shortest: 1e-9, NoiseLimit: 0.1}
	if err := s.Hold(context.Background(), contestants, o); err != nil {
		t.Fatal(err)
	}
	c := s.Contest(o)
	clear(calls)
	took["p"] = 10 // the fastest of all rounds is not that of the final
	o.Rounds, o.MinRounds = 7, 7
	if err := s.Decide(context.Background(), &c, o); err != nil {
		t.Fatal(err)
	}
	if want := (&Lead{Blend: "b", Peer: "q", Times: 2.25, Low: 2.25, High: 2.25, Rounds: 7}); !reflect.DeepEqual(c.Lead, want) {
		t.Errorf("got %+v, want %+v", c.Lead, want)
	}
	if got := slices.Sorted(maps.Keys(calls)); !slices.Equal(got, []string{"b", Copy, "p", "q", "r"}) {
		t.Errorf("in the final: %v", got)
	}
	// One call each to learn how long it takes, then seven rounds; and both again in the duel.
	if calls["p"] != 8 || calls["r"] != 8 || calls["b"] != 16 || calls["q"] != 16 {
		t.Errorf("calls: %v", calls)
	}
	if c.Rounds != 5 || len(c.Entries) != len(contestants) {
		t.Errorf("%d rounds of %d", c.Rounds, len(c.Entries))
	}
}

// A table of leads has a line for each place and number of workers of which there is one, and no figure where there is no result.
func TestLeads(t *testing.T) {
	contest := func(work, typ, place string, workers int, cold bool, l *Lead) Contest {
		return Contest{Case: Case{Work: work, Type: typ, Place: place, Workers: workers, Cold: cold}, Lead: l}
	}
	r := &Result{Contests: []Contest{
		contest(Mix, Float32, OutOfPlace, 1, true, &Lead{Peer: "C, gcc", Times: 1.234}), contest(Mix, Float32, OutOfPlace, 2, true, &Lead{Peer: "numba", Times: 12.34}),
		contest(Mix, Uint8, OutOfPlace, 1, false, &Lead{Peer: "jax", Times: 3, Noisy: true}), contest(Normalize, Uint8, OutOfPlace, 1, true, &Lead{Peer: "halide", Times: 2}),
		contest(Mix, Uint8, InPlace, 1, false, nil),
	}}
	want := `
Times as fast as the fastest peer of those whose results differ by no more than a level of 255, and which peer that is
                         float32 big    float32 in cache  uint8 big  uint8 in cache  bytes → float32 CHW big  in cache
out of place, 1 worker   1.23 × C, gcc  –                 –          no result       2.00 × halide            –
out of place, 2 workers  12.3 × numba   –                 –          –               –                        –
`
	if got := r.Leads(); got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
	r.Contests = []Contest{contest(Masks, Uint8, InPlace, 1, true, &Lead{Peer: "C, clang", Times: 4})}
	if got := r.Leads(); !strings.HasPrefix(got, "\nTimes as fast as") || !strings.Contains(got, "\nin place, 1 worker  –           –         4.00 × C, clang  –\n") {
		t.Errorf("got\n%s", got)
	}
	r.Contests[0].Lead = nil
	if got := r.Leads(); got != "" {
		t.Errorf("of no lead %q", got)
	}
}

// Works other than mixing have batches of bytes, results of their own size, and no place in panels of mixes.
func TestWorks(t *testing.T) {
	c := Case{Work: Normalize, Type: Uint8, Place: OutOfPlace, Workers: 1, Rows: 4, Columns: 3072, WorkingSet: 5 * 4 * 3072}
	if c.Batch() != 4*3072 || c.Result() != 4*4*3072 || c.heading() != "uint8 HWC to normalized float32 CHW, out of place, 1 worker" {
		t.Errorf("%d bytes to %d: %s", c.Batch(), c.Result(), c.heading())
	}
	m := NewMemory([]Case{c}, Caches{Last: 1 << 10})
	dst, x := m.Batch(c)
	limits := m.Limits(c)
	if len(x) != c.Batch() || len(dst) != c.Result() || len(limits) != 1 || limits[0].Name != ReadWrite || limits[0].Bytes != c.Batch() {
		t.Fatalf("%d bytes to %d, limits %+v", len(x), len(dst), limits)
	}
	for i := range dst {
		dst[i] = 1
	}
	if _, err := limits[0].Time(1); err != nil || bytes.Count(dst, []byte{0}) != len(dst) {
		t.Errorf("the limit does not write all of the result: %v", err)
	}
	var s Series
	s.Case = c
	if err := s.Hold(context.Background(), limits, Options{Rounds: 3, MinRounds: 3, Seconds: 1, Shortest: 1e-5, NoiseLimit: 0.1}); err != nil {
		t.Fatal(err)
	}
	contest := s.Contest(Options{NoiseLimit: 0.1})
	if contest.Copy != ReadWrite || contest.check() != nil {
		t.Errorf("%+v: %v", contest, contest.check())
	}
	if p := Panels([]*Result{{Contests: []Contest{contest}}}); len(p) != 0 {
		t.Errorf("panels of what is no mix: %+v", p)
	}
	for want, c := range map[string]Case{
		`work "bake", expected none, "normalize", "cutmix" or "masks"`: {Work: "bake", Type: Uint8, Place: OutOfPlace},
		`work "cutmix" on float32, which takes uint8 only`:             {Work: CutMix, Type: Float32, Place: OutOfPlace},
	} {
		if err := (Contest{Case: c}).check(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// scripted is a contestant of known speed.
func scripted(name string, log *[]string, seconds func() float64) Contestant {
	return Contestant{Name: name, Kind: Blend, Bytes: 1e6, Time: func(reps int) (float64, error) {
		*log = append(*log, name)
		return seconds() * float64(reps), nil
	}}
}

func TestSeries(t *testing.T) {
	var w stopwatch
	w.use(t)
	now = func() float64 { w.seconds += 1e-6; return w.seconds } // however fast the machine is
	o := Options{Rounds: 12, MinRounds: 5, Seconds: 10, Shortest: 1e-3, NoiseLimit: 0.1}
	s := Series{Case: Case{Type: Uint8, Place: OutOfPlace, Workers: 1, Rows: 10, Columns: 1e5, WorkingSet: 2e6}}
	var log []string
	speed := 1e-4
	both := []Contestant{
		scripted(Copy, &log, func() float64 { return speed }), scripted("a", &log, func() float64 { return 2 * speed }),
	}
	hold := func() {
		t.Helper()
		if err := s.Hold(context.Background(), both, o); err != nil {
			t.Fatal(err)
		}
	}
	hold()
	shuffled := false
	for try := 0; !shuffled && try < 6; try++ { // by chance the order is the same once in 2⁶⁶ times
		if try > 0 {
			s = Series{Case: s.Case}
			hold()
		}
		rounds := log[len(log)-24:]
		for i := 0; i < len(rounds); i += 2 {
			if rounds[i] == rounds[i+1] {
				t.Fatalf("one of two runs twice in a round: %v", rounds)
			}
			shuffled = shuffled || rounds[i] != rounds[0]
		}
	}
	if !shuffled {
		t.Error("the order is always the same")
	}
	contest := s.Contest(o)
	if contest.Passes != 1 || contest.Rounds != 12 || contest.Entries[1].Share.Median != 0.5 || contest.Entries[1].GBps.Median != 5 {
		t.Errorf("got %+v", contest)
	}

	// One bad pass of five is outside the quartiles, and shares do not see it; two make the speed noisy.
	for _, pass := range []struct {
		speed float64
		noisy bool
	}{{1e-4, false}, {3e-4, true}, {1e-4, true}, {1e-4, false}, {3e-4, true}} {
		speed = pass.speed
		hold()
		contest = s.Contest(o)
		if e := contest.Entries[1]; e.GBps.Noisy != pass.noisy || e.Share != (Figure{Median: 0.5, Q1: 0.5, Q3: 0.5}) {
			t.Errorf("after %d passes: %+v", contest.Passes, e)
		}
	}
	if contest.Passes != 6 || contest.Rounds != 72 {
		t.Errorf("%d passes, %d rounds", contest.Passes, contest.Rounds)
	}

	// What takes long gets fewer rounds.
	o.Seconds = 1e-9
	s = Series{Case: s.Case}
	hold()
	if contest := s.Contest(o); contest.Rounds != 5 {
		t.Errorf("%d rounds", contest.Rounds)
	}

	still := Contestant{Name: "still", Time: func(int) (float64, error) { return 0, nil }}
	if err := s.Hold(context.Background(), append(both, still), o); err == nil || !strings.Contains(err.Error(), " calls took 0 s by this machine's clock") {
		t.Errorf("got %v", err)
	}
	broken := Contestant{Name: "broken", Time: func(int) (float64, error) { return 0, errors.New("no mix") }}
	if err := s.Hold(context.Background(), append(both, broken), o); err == nil || err.Error() != "broken: no mix" {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stop := scripted(Copy, &log, func() float64 { cancel(); return 1 })
	if err := s.Hold(ctx, []Contestant{stop}, o); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestCases(t *testing.T) {
	m := Machine{Cores: 6, Caches: Caches{L1: 48 << 10, L2: 2 << 20, Last: 24 << 20, Groups: 1}}
	both := []string{Float32, Uint8}
	cases, wanted := Selection{Types: both, Largest: 1 << 30}.Cases(m)
	if wanted != 128<<20 {
		t.Errorf("%d bytes wanted, 4 × 24 MiB and 6 × 8 MiB fit in 128 MiB", wanted)
	}
	var workers []int
	smallest, largest := math.MaxInt, 0
	for _, c := range cases {
		if !slices.Contains(workers, c.Workers) {
			workers = append(workers, c.Workers)
		}
		smallest, largest = min(smallest, c.WorkingSet), max(largest, c.WorkingSet)
		if c.Batch() != c.Rows*c.Columns*c.Size() || c.Rows < 2 || c.Cold != (c.WorkingSet > 24<<20) {
			t.Errorf("%+v", c)
		}
		if want := c.Batch() * map[string]int{OutOfPlace: 2, InPlace: 1}[c.Place]; c.WorkingSet != want {
			t.Errorf("%v: %d bytes, want %d", c, c.WorkingSet, want)
		}
	}
	if !slices.Equal(workers, []int{1, 2, 4, 6}) || smallest > 24<<10 || largest < 3*24<<20 {
		t.Errorf("workers %v, working sets from %d to %d", workers, smallest, largest)
	}
	quick, _ := Selection{Types: both, Quick: true}.Cases(m)
	if len(quick) >= len(cases)/2 {
		t.Errorf("quick has %d of %d cases", len(quick), len(cases))
	}
	small, _ := Selection{Types: both, Largest: 1 << 20}.Cases(m)
	for _, c := range small {
		if c.WorkingSet > 1<<20 {
			t.Errorf("%v is larger than 1 MiB", c)
		}
	}
	// A machine without room for anything is still measured.
	if c, _ := (Selection{Types: both, Largest: 1}).Cases(m); len(c) == 0 {
		t.Error("no cases")
	}
	if n := workingSet(100<<20, m.Caches); n*3/2+2*24<<20 > 100<<20 || n < 32<<20 {
		t.Errorf("a working set of %d bytes in 100 MiB", n)
	}
}

// The partners are one cycle: every row is mixed with another.
func TestIndex(t *testing.T) {
	for _, n := range []int{2, 3, 128} {
		index := Case{Rows: n}.Index()
		length, i := 0, 0
		for ok := true; ok; ok = i != 0 {
			i = index[i]
			length++
		}
		if length != n {
			t.Errorf("%d rows: a cycle of %d", n, length)
		}
	}
}

// What is timed does what its name says.
func TestContestants(t *testing.T) {
	caches := Caches{L1: 1 << 10, L2: 1 << 12, Last: 1 << 14, Groups: 1}
	for _, c := range []Case{
		NewCase(Float32, OutOfPlace, 1, 1<<15, caches.Last), NewCase(Float32, InPlace, 2, 1<<13, caches.Last),
		NewCase(Uint8, OutOfPlace, 3, 1<<13, caches.Last), NewCase(Uint8, InPlace, 1, 1<<15, caches.Last),
	} {
		m := NewMemory([]Case{c}, caches)
		mixes, err := m.Blend(c, 0.25, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(mixes) != len(blend.Implementations()) {
			t.Errorf("%d contestants", len(mixes))
		}
		for _, e := range mixes {
			if e.Bytes != c.Batch() || e.Kind != Blend {
				t.Errorf("%v: %s takes %d bytes a call, a batch has %d", c, e.Name, e.Bytes, c.Batch())
			}
			dst, x := m.Batch(c)
			want := mixed(c, x, 0.25)
			e.Time(0) // a call, if it is not cold: else none
			if c.Cold {
				e.Time(1)
			}
			if c.Place == InPlace && !c.Cold {
				continue // as many calls as there is time for
			}
			if !bytes.Equal(dst, want) {
				t.Errorf("%v: %s does not mix", c, e.Name)
			}
			if blend.Implementation() != e.Name {
				t.Errorf("%s ran, not %s", blend.Implementation(), e.Name)
			}
		}
		for _, e := range m.Limits(c) {
			dst, x := m.Batch(c)
			clear(m.d)
			from, to := x, dst
			if c.Place == InPlace {
				from, to = x[:len(x)/2&^63], x[len(x)/2&^63:][:len(x)/2&^63]
			}
			before := bytes.Clone(from)
			if _, err := e.Time(1); err != nil {
				t.Fatal(err)
			}
			switch e.Name {
			case Copy, StreamCopy:
				if !bytes.Equal(to, before) || e.Bytes != len(to) {
					t.Errorf("%v: %s does not copy %d bytes", c, e.Name, e.Bytes)
				}
			case Write:
				want := byte(0)
				if c.Cold {
					want = 1
				}
				if n := c.WorkingSet / 2; e.Bytes != n || bytes.Count(m.d[:n], []byte{want}) != n {
					t.Errorf("%v: it does not write %d bytes", c, e.Bytes)
				}
			case Read:
				if e.Bytes != c.WorkingSet {
					t.Errorf("%v: it reads %d bytes", c, e.Bytes)
				}
			}
		}
	}
}

// mixed is a batch mixed by package kernels.
func mixed(c Case, x []byte, lambda float64) []byte {
	dst := make([]byte, len(x))
	n := c.Columns * c.Size()
	for i, q := range c.Index() {
		d, a, b := dst[i*n:(i+1)*n], x[i*n:(i+1)*n], x[q*n:(q+1)*n]
		if c.Type == Uint8 {
			kernels.BlendU8(d, a, b, kernels.WeightU8(lambda))
		} else {
			l, m := kernels.WeightsF32(lambda)
			kernels.BlendF32(Floats(d), Floats(a), Floats(b), l, m)
		}
	}
	return dst
}

func TestSysfs(t *testing.T) {
	root := t.TempDir()
	put := func(cpu, index int, level, kind, size, shared string) {
		dir := fmt.Sprintf("%s/cpu%d/cache/index%d", root, cpu, index)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{"level": level, "type": kind, "size": size, "shared_cpu_list": shared} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if c := sysfs(root); c.L1 != 0 || c.Last != 0 || c.Groups != 1 {
		t.Errorf("of nothing: %+v", c)
	}
	for cpu := range 4 {
		put(cpu, 0, "1", "Data", "48K", fmt.Sprint(cpu))
		put(cpu, 1, "1", "Instruction", "64K", fmt.Sprint(cpu))
		put(cpu, 2, "2", "Unified", "2048K", fmt.Sprint(cpu))
	}
	if c, want := sysfs(root), (Caches{48 << 10, 2 << 20, 2 << 20, 4, "sysfs"}); c != want {
		t.Errorf("two levels: %+v, want %+v", c, want)
	}
	for cpu := range 4 {
		put(cpu, 3, "3", "Unified", "32768K", []string{"0-1", "2-3"}[cpu/2])
	}
	if c, want := sysfs(root), (Caches{48 << 10, 2 << 20, 32 << 20, 2, "sysfs"}); c != want {
		t.Errorf("got %+v, want %+v", c, want)
	}
}

func TestTables(t *testing.T) {
	var results []*Result
	for _, name := range []string{"epyc.json", "qemu.json"} {
		r, err := Decode(bytes.NewReader(fixture(t, name)))
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, r)
	}
	results[0].Contests[0].Entries[4].GBps = Figure{Median: 12.34, Q1: 10, Q3: 13, Noisy: true}
	results[0].Contests[0].Entries[4].Share = Figure{Median: 0.5, Q1: 0.49, Q3: 0.51}
	var b strings.Builder
	table := NewTable(&b)
	for _, c := range results[0].Contests {
		if err := table.Add(c); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(b.String(), " ~12.3 0.500 ±2% ") || strings.Count(b.String(), "\nfloat32, out of place, 1 worker\nworking set ") != 1 {
		t.Errorf("got\n%s", &b)
	}
	b.Reset()
	if err := CompareTable(&b, Panels(results)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	for _, name := range []string{"AMD EPYC, avx512", "AMD EPYC, copy", "Arm under QEMU, neon", "Arm under QEMU, generic"} {
		i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(strings.TrimSpace(l), name+" ") })
		if i < 0 || strings.Contains(lines[i], "–") || len(strings.Fields(strings.ReplaceAll(lines[i], name, ""))) != 4 {
			t.Errorf("no line of four sizes for %q in\n%s", name, &b)
		}
	}
	if !strings.Contains(b.String(), "~12.3") {
		t.Errorf("what is noisy is not marked in\n%s", &b)
	}
	if all, overlap, distance := Agreement(results[0], results[0]); all == 0 || overlap != all || distance != 0 {
		t.Errorf("a result and itself: %d of %d overlap, %v apart", overlap, all, distance)
	}
	other := new(Result)
	text, _ := json.Marshal(results[0])
	if err := json.Unmarshal(text, other); err != nil {
		t.Fatal(err)
	}
	for i := range other.Contests {
		for j := range other.Contests[i].Entries {
			s := &other.Contests[i].Entries[j].Share
			*s = Figure{Median: s.Median * 2, Q1: s.Q1 * 2, Q3: s.Q3 * 2, Noisy: s.Noisy}
		}
	}
	if all, overlap, distance := Agreement(results[0], other); all == 0 || overlap != 0 || distance != 1 {
		t.Errorf("shares of half the size: %d of %d overlap, %v apart", overlap, all, distance)
	}
}

// The table of peers says whose bits are others, and how many.
func TestTableOfPeers(t *testing.T) {
	r, err := Decode(bytes.NewReader(fixture(t, "peers.json")))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	table := NewTable(&b)
	differ := 0
	for _, c := range r.Contests {
		for _, e := range c.Entries {
			if e.Differs > 0 {
				differ++
			}
		}
		if err := table.Add(c); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(b.String(), " % other bits"); n != differ || n == 0 || !strings.Contains(b.String(), " 21 % other bits") {
		t.Errorf("%d of %d have other bits in\n%s", n, differ, &b)
	}
	for share, want := range map[float64]string{0.9996: "100 % other bits", 0.000312: "0.031 % other bits", 0: ""} {
		if got := (Entry{Differs: share}).note(); got != want {
			t.Errorf("of %v: %q, want %q", share, got, want)
		}
	}
}

// The largest working set that a file can have is a size still.
func TestTableOfLargest(t *testing.T) {
	r, err := Decode(bytes.NewReader(fixture(t, "epyc.json")))
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.Contests {
		r.Contests[i].WorkingSet = math.MaxInt
	}
	if err := r.check(); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := CompareTable(&b, Panels([]*Result{r})); err != nil {
		t.Fatal(err)
	}
	if want := strings.ReplaceAll(Bytes(float64(math.MaxInt)), " ", ""); !strings.Contains(b.String(), " "+want+"\n") {
		t.Errorf("no column for %s in\n%s", want, &b)
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0.0126: "0.013", 0.999: "0.999", 0.9996: "1.00", 1.234: "1.23", 12.34: "12.3", 123.4: "123", 1234: "1230"} {
		if got := number(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
	for n, want := range map[int]string{64: "64 B", 16 << 10: "16 KiB", 12544: "12.2 KiB", 1023 << 10: "0.999 MiB", 32 << 20: "32 MiB", 1 << 30: "1 GiB"} {
		if got := Bytes(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
