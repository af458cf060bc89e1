package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v3"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/cmd/bench"
)

func fixtures(t *testing.T) (epyc, qemu string) {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "bench", "testdata"))
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "epyc.json"), filepath.Join(dir, "qemu.json")
}

func TestBench(t *testing.T) {
	t.Chdir(t.TempDir())
	before := blend.Implementation()
	best := blend.Implementations()[0]
	status, stdout, stderr := program(t, "bench", "-quick", "-rounds", "9", "-max", "1", "-type", "uint8", "-impl", best, "-workers", "1",
		"-name", "this one", "-json", "r.json")
	if status != 0 || !strings.HasPrefix(stderr, "pass 1 of 3, contest 1 of ") || !strings.Contains(stderr, " left\n") {
		t.Fatalf("status %d: %s%s", status, stdout, stderr)
	}
	for _, want := range []string{"called this one", "caches (", "features: ", "implementations: " + best, "\nuint8, out of place, 1 worker\n", "\nuint8, in place, 1 worker\n"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in:\n%s", want, stdout)
		}
	}
	r, err := readResult("r.json")
	if err != nil {
		t.Fatal(err)
	}
	if r.Machine.Name != "this one" || !r.Settings.Quick || r.Settings.Rounds != 3 || r.Settings.Passes != 3 || r.Software["go"] == "" || r.Date.IsZero() {
		t.Errorf("got %+v", r)
	}
	for _, c := range r.Contests {
		// The ports are those of a CPU that is known.
		c.Entries = slices.DeleteFunc(c.Entries, func(e bench.Entry) bool { return e.Name == best+" ports" && e.Kind == bench.Limit })
		if len(c.Entries) != 5 || c.Entries[4].Name != best || c.Rounds != 9 || c.Passes != 3 || c.WorkingSet > 1<<20 {
			t.Errorf("got %+v", c)
		}
	}
	// What the table marks is what the file marks.
	noisy, all := r.Noisy()
	if marks := strings.Count(stdout, "~") - 1; marks > noisy || noisy > 0 && !regexp.MustCompile(`\d+ of \d+ figures are noisy`).MatchString(stdout) ||
		noisy == 0 && !strings.Contains(stdout, "figures are results") {
		t.Errorf("%d marks, %d of %d noisy:\n%s", marks, noisy, all, stdout)
	}
	if blend.Implementation() != before {
		t.Errorf("%s is in use after, %s was before", blend.Implementation(), before)
	}
}

func TestBenchArguments(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"-impl", "sse5"}, `-impl "sse5" is not an implementation that this machine has: ` + strings.Join(blend.Implementations(), ", ")},
		{[]string{"-type", "float64"}, `-type "float64" is none of float32, uint8`},
		{[]string{"-workers", "0"}, "-workers 0 is not from 1 to "},
		{[]string{"-workers", "100000"}, "-workers 100000 is not from 1 to "},
		{[]string{"-lambda", "1.5"}, "-lambda 1.5 is not from 0 to 1"},
		{[]string{"-lambda", "NaN"}, "-lambda NaN is not from 0 to 1"},
		{[]string{"-rounds", "2"}, "-rounds 2 is less than 15"},
		{[]string{"-rounds", fmt.Sprint(math.MaxInt)}, fmt.Sprintf("-rounds %d is more than 1000000", math.MaxInt)},
		{[]string{"-max", fmt.Sprint(math.MaxInt)}, fmt.Sprintf("-max %d is not from 1 to %d MiB", math.MaxInt, min(1<<20, math.MaxInt>>20))},
		{[]string{"-max", fmt.Sprint(math.MaxInt>>20 + 1)}, " MiB"},
		{[]string{"-max", "0"}, "-max 0 is not from 1 to "},
		{[]string{"everything"}, `"everything"`},
	} {
		status, stdout, stderr := program(t, append([]string{"bench"}, test.args...)...)
		if status != 2 || stdout != "" || !strings.Contains(stderr, test.want) {
			t.Errorf("%v: status %d, %s%s", test.args, status, stdout, stderr)
		}
	}
	for _, out := range []string{".", "missing/r.json"} {
		if status, stdout, stderr := program(t, "bench", "-json", out); status != 1 || stdout != "" || !strings.Contains(stderr, "output "+out+": ") {
			t.Errorf("%s: status %d, %s%s", out, status, stdout, stderr)
		}
	}
}

// What is asked for twice is measured once.
func TestBenchTwice(t *testing.T) {
	best := blend.Implementations()[0]
	count := func(args ...string) int {
		t.Helper()
		status, stdout, stderr := program(t, append([]string{"bench", "-quick", "-rounds", "9", "-max", "1"}, args...)...)
		if status != 0 {
			t.Fatal(stderr)
		}
		n := 0
		if _, err := fmt.Sscanf(regexp.MustCompile(`(?m)^\d+ contests`).FindString(stdout), "%d", &n); err != nil {
			t.Fatalf("%v in:\n%s", err, stdout)
		}
		return n
	}
	once := count("-type", "uint8", "-workers", "1", "-impl", best)
	if twice := count("-type", "uint8,uint8", "-workers", "1,1", "-impl", best+","+best); twice != once || once == 0 {
		t.Errorf("%d contests, once %d", twice, once)
	}
}

// Rounds are shared out among the passes, and the file has as many as were asked for.
func TestBenchRounds(t *testing.T) {
	for asked, want := range map[string]int{"15": 3, "16": 4, "1000000": 200000} {
		var b *benchmark
		cmd := benchCommand()
		cmd.Action = func(_ context.Context, cmd *cli.Command) (err error) { b, err = newBenchmark(cmd); return err }
		if err := cmd.Run(context.Background(), []string{"bench", "-rounds", asked, "-max", "1024"}); err != nil {
			t.Fatal(err)
		}
		if b.options.Rounds != want || b.selection.Largest != 1<<30 {
			t.Errorf("-rounds %s: %d a pass, want %d; working sets of up to %d bytes", asked, b.options.Rounds, want, b.selection.Largest)
		}
	}
}

// canceller interrupts when a contest is announced.
type canceller struct {
	bytes.Buffer
	cancel func()
}

func (c *canceller) Write(b []byte) (int, error) {
	c.cancel()
	return c.Buffer.Write(b)
}

// An interrupted measurement leaves no file.
func TestBenchInterrupted(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	stderr := &canceller{cancel: cancel}
	if status := run(ctx, []string{"mixup", "bench", "-quick", "-max", "1", "-json", "r.json"}, io.Discard, stderr); status != 1 ||
		!strings.HasSuffix(stderr.String(), "\nmixup: interrupted\n") {
		t.Errorf("status %d: %s", status, stderr)
	}
	if files, err := os.ReadDir("."); err != nil || len(files) != 0 {
		t.Errorf("%v, left %v", err, files)
	}
}

// Two files of real runs give a table, and the same picture twice.
func TestCompare(t *testing.T) {
	epyc, qemu := fixtures(t)
	t.Chdir(t.TempDir())
	for _, workers := range []string{"1", "2", "all"} {
		status, stdout, stderr := program(t, "compare", "-out", "both", "-workers", workers, epyc, qemu)
		if status != 0 || !strings.Contains(stdout, "wrote both.svg and both.png") || strings.Contains(stdout, "agree") {
			t.Fatalf("status %d: %s%s", status, stdout, stderr)
		}
		text, err := os.ReadFile("both.svg")
		if err != nil {
			t.Fatal(err)
		}
		labels := map[string]bool{}
		d := xml.NewDecoder(bytes.NewReader(text))
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("both.svg: %v", err)
			}
			if s, ok := token.(xml.CharData); ok {
				labels[strings.TrimSpace(string(s))] = true
			}
		}
		title := map[string]string{"1": "1 worker", "2": "2 workers", "all": "all cores"}[workers]
		for _, want := range []string{"AMD EPYC", "Arm under QEMU", "avx512", "avx2", "neon", "generic", "the faster of two copies", "working set",
			"float32, out of place, " + title, "float32, in place, " + title, "uint8, out of place, " + title, "uint8, in place, " + title} {
			if !labels[want] {
				t.Errorf("-workers %s: no label %q", workers, want)
			}
		}
		f, err := os.Open("both.png")
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		// Both machines are there, in their colours, and the roofs in pale ones.
		for _, want := range []color.NRGBA{okabeIto[0], okabeIto[1], pale(okabeIto[0]), pale(okabeIto[1])} {
			n := 0
			for y := range img.Bounds().Dy() {
				for x := range img.Bounds().Dx() {
					if color.NRGBAModel.Convert(img.At(x, y)) == want {
						n++
					}
				}
			}
			if n < 100 {
				t.Errorf("-workers %s: %d pixels of %v", workers, n, want)
			}
		}
	}

	// Two files of one machine are told apart by their names.
	text, err := os.ReadFile(epyc)
	if err != nil {
		t.Fatal(err)
	}
	write(t, "again.json", text)
	status, stdout, stderr := program(t, "compare", "-impl", "avx2", epyc, "again.json")
	if status != 0 || !strings.Contains(stdout, "AMD EPYC (epyc), avx2") || !strings.Contains(stdout, "AMD EPYC (again), avx2") ||
		strings.Contains(stdout, "avx512") || !regexp.MustCompile(`of (\d+) shares that are not noisy in either, the quartiles of (\d+) overlap; the medians differ by 0.0 %`).MatchString(stdout) {
		t.Errorf("status %d: %s%s", status, stdout, stderr)
	}
}

// What a file has and the table or the picture has not is said, and is no part of the counts.
func TestCompareShows(t *testing.T) {
	epyc, qemu := fixtures(t)
	peers := filepath.Join(filepath.Dir(epyc), "peers.json")
	t.Chdir(t.TempDir())
	boxes := func(c *bench.Contest) { c.Work = bench.CutMix }
	file := func(name, of string, change func(r *bench.Result)) {
		t.Helper()
		r, err := readResult(of)
		if err != nil {
			t.Fatal(err)
		}
		change(r)
		var text bytes.Buffer
		if err := r.Encode(&text); err != nil {
			t.Fatal(err)
		}
		write(t, name, text.Bytes())
	}
	file("cutmix.json", epyc, func(r *bench.Result) {
		r.Contests = slices.DeleteFunc(r.Contests, func(c bench.Contest) bool { return c.Type != bench.Uint8 })
		for i := range r.Contests {
			boxes(&r.Contests[i])
		}
	})
	// Its boxes alone have two workers, and avx2.
	file("both.json", epyc, func(r *bench.Result) {
		r.Machine.Name = "Both"
		var mixes []bench.Contest
		for _, c := range r.Contests {
			if c.Workers == 1 {
				c.Entries = slices.DeleteFunc(slices.Clone(c.Entries), func(e bench.Entry) bool { return e.Name == "avx2" })
				mixes = append(mixes, c)
			} else if c.Type == bench.Uint8 {
				boxes(&c)
				mixes = append(mixes, c)
			}
		}
		r.Contests = mixes
	})
	file("another.json", epyc, func(r *bench.Result) {
		for i := range r.Contests {
			r.Contests[i].Cold = !r.Contests[i].Cold
		}
	})
	var eight []string
	for i := range 8 {
		eight = append(eight, fmt.Sprintf("%d.json", i))
		file(eight[i], epyc, func(r *bench.Result) { r.Machine.Name = fmt.Sprint("machine ", i) })
	}
	for _, test := range []struct {
		args           []string
		status         int
		stdout, stderr string
		not            string // on neither
	}{
		{[]string{"cutmix.json"}, 1, "", "cutmix.json: results of cutmix alone, and compare shows those of mixing", "GB/s"},
		{[]string{qemu, "cutmix.json"}, 1, "", "cutmix.json: results of cutmix alone", "GB/s"},
		{[]string{"both.json"}, 0, "figures are noisy, ~; not shown: cutmix\n", "", "2 workers"},
		{[]string{"-workers", "2", "both.json"}, 1, "Both, avx512", "nothing was measured with 2 workers, only with [1]", "wrote"},
		{[]string{"-workers", "2", "both.json", qemu}, 0, "the picture lacks Both: nothing of it was measured with 2 workers", "", "lacks Arm"},
		{[]string{"-workers", "all", "both.json"}, 0, "wrote", "", "lacks"},
		{[]string{"-impl", "avx2", "both.json"}, 2, "", "-impl \"avx2\" is in none of the files", "wrote"},
		{[]string{qemu}, 0, "λ = 0.3, -quick; ", "", "not shown"},
		{[]string{epyc, "another.json"}, 0, "no share is in both files and noisy in neither", "", "overlap"},
		{[]string{peers}, 1, "timm Mixup, reversal", "implementations, of which a picture can show 7: name those to show with -impl", "wrote"},
		{[]string{"-impl", "avx512,timm Mixup, reversal,opencv", "-impl", "torch", peers}, 0, "AMD EPYC, timm Mixup, reversal", "", "torch.compile"},
		{eight, 1, "machine 7, avx512", "8 machines, of which a picture can show 7", "wrote"},
	} {
		status, stdout, stderr := program(t, append([]string{"compare", "-out", "shown"}, test.args...)...)
		if status != test.status || !strings.Contains(stdout, test.stdout) || !strings.Contains(stderr, test.stderr) ||
			strings.Contains(stdout+stderr, test.not) || (stderr == "") != (test.stderr == "") {
			t.Errorf("%v: status %d\n%s%s", test.args, status, stdout, stderr)
		}
	}
}

func TestCompareErrors(t *testing.T) {
	epyc, qemu := fixtures(t)
	t.Chdir(t.TempDir())
	text, err := os.ReadFile(epyc)
	if err != nil {
		t.Fatal(err)
	}
	write(t, "truncated.json", text[:len(text)/2])
	write(t, "other.json", bytes.Replace(text, []byte(bench.Schema), []byte("somebody/else"), 1))
	write(t, "later.json", bytes.Replace(text, []byte(`"version": 1`), []byte(`"version": 2`), 1))
	write(t, "picture.json", picture(t, 3, 3, color.White))
	write(t, "input.svg", text)
	if err := os.MkdirAll("folder/truncated.json", 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, "folder/epyc.json", text)
	for _, test := range []struct {
		args   []string
		status int
		want   string
	}{
		{nil, 2, "compare needs files"},
		{[]string{epyc, "truncated.json"}, 1, "truncated.json: truncated JSON: it ends after"},
		{[]string{"other.json", epyc}, 1, `other.json: schema "somebody/else", expected "mixblend/bench"`},
		{[]string{epyc, "later.json"}, 1, "later.json: version 2 of the schema, this program reads 1"},
		{[]string{"picture.json"}, 1, "picture.json: no JSON"},
		{[]string{"missing.json"}, 1, "missing.json: no such file"},
		{[]string{"folder"}, 1, "folder: is a directory"},
		{[]string{epyc, epyc}, 1, "epyc.json is given twice"},
		{[]string{epyc, "folder/epyc.json"}, 1, `epyc.json are both of a machine called "AMD EPYC (epyc)": rename one`},
		{[]string{"-workers", "3", epyc, qemu}, 1, "nothing was measured with 3 workers"},
		{[]string{"-workers", "some", epyc}, 2, `-workers "some"`},
		{[]string{"-impl", "sse5", epyc}, 2, `-impl "sse5" is in none of the files`},
		{[]string{"-out", "input", "input.svg"}, 1, "output input.svg: is the input input.svg"},
		{[]string{"-out", "missing/x", epyc}, 1, "output missing/x.svg: no such file"},
		{[]string{"-out", "", epyc}, 2, `-out "" is not a name`},
		{[]string{"-out", "folder/", epyc}, 2, `-out "folder/" is not a name`},
		{[]string{"-out", "x.PNG", epyc}, 2, `-out "x.PNG" is not a name without .svg and .png`},
	} {
		status, _, stderr := program(t, append([]string{"compare"}, test.args...)...)
		if status != test.status || !strings.Contains(stderr, test.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: status %d, %s", test.args, status, stderr)
		}
	}
	if _, err := os.Stat("compare.svg"); err == nil {
		t.Error("a picture of nothing")
	}
}
