package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/cmd/bench"
)

// This program is an interpreter too: one that answers as the script does, or does not.
func TestMain(m *testing.M) {
	if how := os.Getenv("PEERS_TEST_PYTHON"); how != "" {
		interpret(how)
		return
	}
	os.Exit(m.Run())
}

func interpret(how string) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var q struct {
			Do, Dir, Name, Work, Type, Place          string
			Reps, Threads, Rows, Columns, Evict, Side int
			Cold                                      bool
			Lambda                                    float64
			Index, Box                                []int
			Scale, Bias                               []float32
		}
		json.Unmarshal(lines.Bytes(), &q)
		switch {
		case how == "dies":
			os.Exit(3)
		case how == "babbles":
			fmt.Println("Hello!")
		case q.Do == "versions":
			fmt.Println(`{"snake": "9.1"}`)
		case q.Do == "case" && how == "fails":
			fmt.Println(`{"error": "ValueError: it is no mix"}`)
		case q.Do == "case":
			input, _ := os.ReadFile(q.Dir + "/input")
			want, _ := os.ReadFile(q.Dir + "/want")
			fmt.Printf(`{"peers": [{"name": "%d bytes", "differs": 0.25, "aside": %v}, `+
				`{"name": "%s%s %s, %d threads, %d rows of %d, cold %v, %d to evict, λ = %v, %v; %d bytes of result; side %d, box %v, scale %.4v, bias %.4v"}], `+
				`"left_out": {"frog": "none here"}}`+"\n", len(input), q.Work == "", q.Work, q.Type, q.Place, q.Threads, q.Rows, q.Columns, q.Cold, q.Evict,
				q.Lambda, q.Index, len(want), q.Side, q.Box, q.Scale, q.Bias)
		default:
			fmt.Println(float64(q.Reps) / 8)
		}
	}
}

// Where the result cannot be written nothing is measured.
func TestOutput(t *testing.T) {
	for _, name := range []string{t.TempDir(), filepath.Join(t.TempDir(), "missing", "r.json")} {
		var stdout bytes.Buffer
		err := app(&stdout, io.Discard).Run(t.Context(), []string{"peers", "-quick", "-json", name})
		if err == nil || !strings.HasPrefix(err.Error(), "output "+name+": ") || stdout.Len() > 0 {
			t.Errorf("%v, %q", err, &stdout)
		}
	}
}

func TestPython(t *testing.T) {
	start := func(how string) (*python, error) {
		t.Setenv("PEERS_TEST_PYTHON", how)
		return startPython(context.Background(), os.Args[0], io.Discard)
	}
	for how, want := range map[string]string{"dies": "python has ended", "babbles": `an answer that is none: "Hello!\n"`} {
		if _, err := start(how); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", how, err, want)
		}
	}
	if _, err := startPython(context.Background(), "./no-such-python", io.Discard); err == nil || !strings.Contains(err.Error(), "no-such-python") {
		t.Errorf("got %v", err)
	}

	c := bench.Case{Type: bench.Uint8, Place: bench.OutOfPlace, Workers: 3, Rows: 2, Columns: 12, WorkingSet: 48, Cold: true}
	newTask := func(work string) *task {
		c.Work = work
		t1, err := newTask(c, 0.5)
		if err != nil {
			t.Fatal(err)
		}
		return t1
	}
	p, err := start("fails")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.contestants(newTask(bench.Mix), make([]byte, 24), make([]byte, 24), 64, nil); err == nil || err.Error() != "python: ValueError: it is no mix" {
		t.Errorf("got %v", err)
	}
	p.stop()

	if p, err = start("works"); err != nil {
		t.Fatal(err)
	}
	for work, told := range map[string]string{
		bench.Mix:       "uint8 out, 3 threads, 2 rows of 12, cold true, 64 to evict, λ = 0.5, [1 0]; 96 bytes of result; side 2, box [], scale [], bias []",
		bench.CutMix:    "cutmixuint8 out, 3 threads, 2 rows of 12, cold true, 64 to evict, λ = 0.5, [1 0]; 96 bytes of result; side 2, box [0 0 1 1], scale [], bias []",
		bench.Normalize: "normalizeuint8 out, 3 threads, 2 rows of 12, cold true, 64 to evict, λ = 0.5, [1 0]; 96 bytes of result; side 2, box [], scale [0.01712 0.01751 0.01743], bias [-2.118 -2.036 -1.804]",
	} {
		differs := map[string]float64{}
		contestants, leftOut, err := p.contestants(newTask(work), make([]byte, 24), make([]byte, 96), 64, differs)
		if err != nil || len(contestants) != 2 || contestants[0].Name != "24 bytes" || contestants[0].Bytes != 24 || differs["24 bytes"] != 0.25 || p.software["snake"] != "9.1" {
			t.Fatalf("%v: %+v, %v, %v", err, contestants, differs, p.software)
		}
		if contestants[0].Aside != (work == bench.Mix) || contestants[1].Aside || leftOut["frog"] != "none here" {
			t.Errorf("%+v, left out %v", contestants, leftOut)
		}
		if e := contestants[1]; e.Name != told || e.Kind != bench.Peer {
			t.Errorf("the interpreter was told %q, want %q", e.Name, told)
		}
		if s, err := contestants[0].Time(4); s != 0.5 || err != nil {
			t.Errorf("%v s, %v", s, err)
		}
	}
	p.stop()
	if _, err := os.Stat(p.dir); err == nil {
		t.Errorf("%s is left", p.dir)
	}
}

// Every Go peer mixes what blend mixes, but for its rounding.
func TestGoPeers(t *testing.T) {
	for _, c := range []bench.Case{
		{Type: bench.Float32, Rows: 5, Columns: 3072}, {Type: bench.Float32, Rows: 2, Columns: 2049},
		{Type: bench.Uint8, Rows: 5, Columns: 3072}, {Type: bench.Uint8, Rows: 2, Columns: 1028},
		{Work: bench.Normalize, Type: bench.Uint8, Rows: 5, Columns: 3072}, {Work: bench.Normalize, Type: bench.Uint8, Rows: 2, Columns: 3 * 35 * 35},
		{Work: bench.CutMix, Type: bench.Uint8, Rows: 5, Columns: 3072}, {Work: bench.CutMix, Type: bench.Uint8, Rows: 2, Columns: 3 * 35 * 35},
		{Work: bench.Masks, Type: bench.Uint8, Rows: 5, Columns: 3072}, {Work: bench.Masks, Type: bench.Uint8, Rows: 2, Columns: 3 * 35 * 35},
	} {
		for _, c.Place = range []string{bench.OutOfPlace, bench.InPlace} {
			if c.Work == bench.Normalize && c.Place == bench.InPlace {
				continue
			}
			c.Workers, c.WorkingSet = 1, c.Batch()+c.Result()
			m := bench.NewMemory([]bench.Case{c}, bench.Caches{Last: 1 << 10})
			lambda := blend.Quantize(0.3)
			_, x := m.Batch(c)
			input := bytes.Clone(x)
			task, err := newTask(c, lambda)
			if err != nil {
				t.Fatal(err)
			}
			want := make([]byte, c.Result())
			if err := task.mix(want, input); err != nil {
				t.Fatal(err)
			}
			all := goPeers(task)
			if len(all) == 0 {
				t.Errorf("%v: no peers", c)
			}
			for _, p := range all {
				dst, x := m.Batch(c)
				p.mix(dst, x)
				if _, err := task.differences(dst, want); err != nil {
					t.Errorf("%v: %s: %v", c, p.name, err)
				}
				if c.Place == bench.OutOfPlace && !bytes.Equal(x, input) {
					t.Errorf("%v: %s changes its input", c, p.name)
				}
			}
			// What mixes nothing is no peer.
			if _, err := task.differences(bytes.Repeat(input, c.Result()/c.Batch()), want); err == nil || !strings.Contains(err.Error(), "it is no mix: element ") {
				t.Errorf("%v: the input passes for a mix: %v", c, err)
			}
		}
	}
}

// The share of other bits is that of the elements which really differ.
func TestDiffers(t *testing.T) {
	for _, typ := range []string{bench.Float32, bench.Uint8} {
		c := bench.Case{Type: typ, Rows: 4, Columns: 250}
		want := bytes.Repeat([]byte{0, 0, 1, 2}, c.Batch()/4) // floats near 0, and bytes
		for _, n := range []int{0, 1, 7, 250, 1000} {
			got := bytes.Clone(want)
			for i := range n {
				got[i*c.Size()] ^= 1
			}
			if share, err := (&task{Case: c}).differences(got, want); err != nil || share != float64(n)/1000 {
				t.Errorf("%s: %v of 1000, want %d; %v", typ, 1000*share, n, err)
			}
		}
	}
}

// A contest says of each peer how many of its bits are others, of blend that none are, and of both how many bytes they took.
func TestHold(t *testing.T) {
	t.Setenv("PEERS_TEST_PYTHON", "works")
	py, err := startPython(context.Background(), os.Args[0], io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer py.stop()
	r := &bench.Result{Machine: bench.Machine{Caches: bench.Caches{L1: 1 << 10, L2: 1 << 12, Last: 1 << 14, Groups: 1}}}
	o := bench.DefaultOptions(true)
	o.Passes, o.Lambda = 1, 0.5
	for _, place := range []string{bench.OutOfPlace, bench.InPlace} {
		c := bench.Case{Type: bench.Uint8, Place: place, Workers: 1, Rows: 8, Columns: 3072, WorkingSet: 2 * 8 * 3072, Cold: true}
		m := bench.NewMemory([]bench.Case{c}, r.Machine.Caches)
		_, x := m.Batch(c)
		// Who rounds halves up has other bits than blend, who rounds them to even, where the sum is 1 modulo 4.
		up := 0
		for i, q := range c.Index() {
			for j := range c.Columns {
				if sum := int(x[i*c.Columns+j]) + int(x[q*c.Columns+j]); sum%4 == 1 {
					up++
				}
			}
		}
		contest, err := hold(context.Background(), r, m, c, o, 9, py)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, e := range contest.Entries {
			seen[e.Name] = true
			if e.Aside != (e.Name == fmt.Sprint(c.Batch(), " bytes")) {
				t.Errorf("%v: %s: aside %v", c, e.Name, e.Aside)
			}
			want := 0.0
			switch e.Name {
			case "plain loop", "archsimd":
				want = float64(up) / float64(c.Batch())
			case fmt.Sprint(c.Batch(), " bytes"):
				want = 0.25
			}
			if e.Differs != want {
				t.Errorf("%v: %s: %v of its bits are others, want %v", c, e.Name, e.Differs, want)
			}
		}
		for _, name := range append(blend.Implementations(), bench.Copy, bench.StreamCopy, bench.Read, bench.Write, "plain loop", fmt.Sprint(c.Batch(), " bytes")) {
			if !seen[name] {
				t.Errorf("%v: no entry %q", c, name)
			}
		}
		var table strings.Builder
		if err := bench.NewTable(&table).Add(contest); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(table.String(), fmt.Sprintf("%.2g %% other bits", 100*float64(up)/float64(c.Batch()))) || !strings.Contains(table.String(), "25 % other bits") ||
			!strings.Contains(table.String(), "25 % other bits, not compared with") || !strings.Contains(table.String(), "left out: frog: none here\n") {
			t.Errorf("%d of %d bits are others:\n%s", up, c.Batch(), &table)
		}
	}
	for _, test := range []struct{ flag, value, want string }{
		{"-rounds", "8", "-rounds 8 is less than 9"},
		{"-final", "8", "-final 8 is less than 9"},
		{"-rounds", "9223372036854775807", "-rounds 9223372036854775807 is more than 1000000"},
		{"-seconds", "0", "-seconds 0 is not positive"},
		{"-seconds", "NaN", "-seconds NaN is not positive"},
		{"-work", "mix,cook", `-work "cook" is none of mix, normalize, cutmix, masks`},
		{"-workers", "77", "-workers 77: there are no such contests"},
	} {
		if err := app(io.Discard, io.Discard).Run(context.Background(), []string{"peers", test.flag, test.value}); err == nil || err.Error() != test.want {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}

// Contests are those that are named, and all where none are.
func TestSelected(t *testing.T) {
	all := func() []bench.Case {
		return cases(bench.Machine{Cores: 2, Caches: bench.Caches{Last: 32 << 20}}, false)
	}
	for _, test := range []struct {
		works   []string
		workers []int
	}{{}, {works: []string{"mix"}}, {works: []string{"normalize", "cutmix"}}, {workers: []int{2}}, {[]string{"mix"}, []int{1}}} {
		want := 0
		for _, c := range all() {
			name := c.Work
			if name == "" {
				name = "mix"
			}
			if (test.works == nil || slices.Contains(test.works, name)) && (test.workers == nil || slices.Contains(test.workers, c.Workers)) {
				want++
			}
		}
		if got, err := selected(all(), test.works, test.workers); err != nil || len(got) != want || want == 0 {
			t.Errorf("%v, %v: %d contests, want %d; %v", test.works, test.workers, len(got), want, err)
		}
	}
	if _, err := selected(all(), []string{"cutmix"}, []int{2}); err == nil || err.Error() != "-work [cutmix] and -workers [2] leave no contest" {
		t.Error(err)
	}
}

// The bytes that one call takes are those of a batch, whoever mixes it.
func TestBatches(t *testing.T) {
	m := bench.Machine{Cores: 2, Caches: bench.Caches{Last: 32 << 20}}
	for _, quick := range []bool{false, true} {
		threads := map[int]bool{}
		for _, c := range cases(m, quick) {
			threads[c.Workers] = true
			times := map[string]int{bench.OutOfPlace: 2, bench.InPlace: 1}[c.Place]
			if c.Work == bench.Normalize {
				times = 5
			}
			if c.WorkingSet != times*c.Rows*c.Columns*c.Size() || c.Cold != (c.WorkingSet > m.Caches.Last) {
				t.Errorf("%+v", c)
			}
			task, err := newTask(c, 0.5)
			if err != nil {
				t.Fatal(err)
			}
			if (goPeers(task) == nil) != (c.Workers > 1) {
				t.Errorf("%v: peers of Go, which use one core", c)
			}
		}
		if !threads[1] || threads[2] == quick {
			t.Errorf("quick %v: threads %v", quick, threads)
		}
	}
}

// All that fade mix what package fade mixes, but for their rounding, and what mixes nothing is found.
func TestFadings(t *testing.T) {
	o := bench.Options{Passes: 1, Rounds: 1, MinRounds: 1, Shortest: 1e-9, NoiseLimit: 0.1, Lambda: 0.3}
	var stdout bytes.Buffer
	if err := measureFades(t.Context(), &stdout, image.Pt(48, 30), o); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"fade.Images", "fade.Mask", "blend.Uint8", "image/draw", "imaging", "bild", "YCbCr 4:2:0", "in place"} {
		if !strings.Contains(stdout.String(), name) {
			t.Errorf("%s is not in\n%s", name, &stdout)
		}
	}
	c := bench.Case{Type: bench.Uint8, Place: bench.OutOfPlace, Workers: 1, Rows: 30, Columns: 48 * 4, WorkingSet: 3 * 30 * 48 * 4}
	f := fadings(image.Pt(48, 30), 0.3)[0]
	f.faders[1].mix = func() error { clear(f.faders[1].result()); return nil }
	if _, err := holdFade(t.Context(), bench.Caches{Last: 1 << 10}, c, f, o); err == nil || !strings.Contains(err.Error(), "it is no such mix: byte ") {
		t.Error(err)
	}
}
