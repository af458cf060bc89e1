package mixup

import (
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"flag"
	"fmt"
	"image"
	"math"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/kernels"
)

//go:embed testdata/plans.txt
var goldenPlans string

var update = flag.Bool("update", false, "write testdata/plans.txt anew")

func sampler(t testing.TB, c Config) *Sampler {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// draw fails the test on an error.
func draw(t testing.TB, s *Sampler, b *Batch, n, epoch, step int) {
	t.Helper()
	if err := s.At(b, n, epoch, step); err != nil {
		t.Fatal(err)
	}
}

// weight is λ of row i in units of 2⁻¹⁵, if it is on that grid.
func weight(t testing.TB, b *Batch, i int) int {
	l := b.Lambda(i)
	if blend.Quantize(l) != l {
		t.Fatalf("row %d: lambda %v is not on the grid", i, l)
	}
	return int(l * kernels.One)
}

// text is all that is in a batch.
func text(b *Batch) string {
	var s strings.Builder
	for i := range b.Len() {
		fmt.Fprintf(&s, " %d:%.17g", b.Index(i), b.Lambda(i))
		if box := b.Box(i); box != (image.Rectangle{}) {
			fmt.Fprint(&s, box)
		}
	}
	return s.String()
}

var planConfigs = []Config{
	{},
	{Alpha: 0.2},
	{Seed: 1, Alpha: 1, Scope: PerRow},
	{Seed: 1<<63 + 5, Alpha: 0.4, Pairing: Derangement},
	{Seed: 2, Alpha: 0.8, Scope: PerPair, Pairing: Reversal, SkipProb: 0.3},
	{Seed: 3, Alpha: 32, Scope: PerRow, Pairing: Roll, Fold: true},
	{Seed: 4, CutMixAlpha: 1, Height: 224, Width: 224, Layout: CHW},
	{Seed: 5, Alpha: 0.8, Scope: PerPair, Pairing: Reversal, CutMixAlpha: 1, Height: 32, Width: 48, Layout: HWC},
	{Seed: 5, Rank: 1, Alpha: 0.8, CutMixAlpha: 1, SwitchProb: 0.9, Scope: PerRow, Height: 1, Width: 1000, Layout: CHW},
	{Seed: 6, Alpha: 0.8, Scope: PerRow, SkipProb: 0.2, CutMixAlpha: 0.3, Height: 299, Width: 31, Layout: CHW, Fold: true},
}

// Draws are the same in every version and on every CPU: testdata/plans.txt is never to change.
func TestGoldenPlans(t *testing.T) {
	var got strings.Builder
	var b Batch
	for _, c := range planConfigs {
		s := sampler(t, c)
		got.WriteString(strings.Replace(fmt.Sprintf("%+v\n", c), " Channels:0", "", 1)) // which came later, and changes no draw
		for i, n := range []int{0, 1, 2, 5, 8, 17} {
			epoch, step := i, 1000*i
			draw(t, s, &b, n, epoch, step)
			fmt.Fprintf(&got, "  epoch %d step %d:%s\n", epoch, step, text(&b))
		}
		hash := sha256.New()
		for step := range 500 {
			draw(t, s, &b, 64, 9, step)
			hash.Write([]byte(text(&b)))
		}
		fmt.Fprintf(&got, "  epoch 9, 500 steps: %x\n", hash.Sum(nil))
	}
	for _, alpha := range hardAlphas {
		hash := sha256.New()
		for _, column := range tableOf(alpha) {
			binary.Write(hash, binary.LittleEndian, column)
		}
		fmt.Fprintf(&got, "table of alpha %v: %x\n", alpha, hash.Sum(nil))
	}

	if *update {
		if err := os.WriteFile("testdata/plans.txt", []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	lines, want := strings.Split(got.String(), "\n"), strings.Split(goldenPlans, "\n")
	for i := range max(len(lines), len(want)) {
		if i >= len(lines) || i >= len(want) || lines[i] != want[i] {
			t.Fatalf("line %d differs:\n%s\nwant:\n%s", i+1, lines[min(i, len(lines)-1)], want[min(i, len(want)-1)])
		}
	}
}

// A draw depends on nothing but (seed, epoch, step): not on order, on goroutines, or on what the Batch held.
func TestAnyOrder(t *testing.T) {
	for _, c := range planConfigs {
		s := sampler(t, c)
		sizes := []int{16, 3, 16, 0, 7}
		size := func(step int) int { return sizes[step%len(sizes)] }
		const steps = 40
		var want [2][steps]string
		for epoch := range want {
			for step := range want[epoch] {
				b := new(Batch)
				draw(t, s, b, size(step), epoch, step)
				want[epoch][step] = text(b)
				if epoch > 0 && size(step) > 3 && (c.Alpha > 0 || c.CutMixAlpha > 0) && want[epoch][step] == want[0][step] && c.SkipProb == 0 {
					t.Errorf("%+v: step %d is the same in both epochs", c, step)
				}
			}
		}
		var wg sync.WaitGroup
		for g := range 4 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				var b Batch
				for i := range 2 * steps {
					k := (i*7 + g*13) % (2 * steps)
					epoch, step := k/steps, k%steps
					if err := s.At(&b, size(step), epoch, step); err != nil {
						t.Error(err)
					}
					if got := text(&b); got != want[epoch][step] {
						t.Errorf("%+v: goroutine %d, epoch %d, step %d: %s, want %s", c, g, epoch, step, got, want[epoch][step])
					}
				}
			}()
		}
		wg.Wait()
		var b Batch
		for step := range steps {
			if err := s.Next(&b, size(step)); err != nil {
				t.Fatal(err)
			}
			if got := text(&b); got != want[0][step] {
				t.Errorf("%+v: Next %d: %s, want %s", c, step, got, want[0][step])
			}
		}
	}
}

func TestZeroValues(t *testing.T) {
	var s Sampler
	var b Batch
	if b.Len() != 0 || b.Uint8(nil, nil) != nil || b.Float32Rows(nil, nil) != nil {
		t.Error("the zero Batch is not empty")
	}
	for range 1000 {
		if err := s.Next(&b, 4); err != nil {
			t.Fatal(err)
		}
		for i := range 4 {
			if l := b.Lambda(i); l != 1 || !b.Box(i).Empty() {
				t.Fatalf("the zero Sampler: row %d has lambda %v and box %v", i, l, b.Box(i))
			}
		}
	}
}

// What rows share.
func TestScopes(t *testing.T) {
	cut := Config{Alpha: 1, CutMixAlpha: 1, Height: 60, Width: 50, Layout: HWC, SkipProb: 0.1, Pairing: Reversal}
	distinct := func(b *Batch) int {
		seen := map[string]bool{}
		for i := range b.Len() {
			seen[fmt.Sprint(b.Lambda(i), b.Box(i))] = true
		}
		return len(seen)
	}
	var b Batch
	for _, n := range []int{1, 2, 7, 8, 64, 65} {
		most := map[Scope]int{}
		for step := range 50 {
			for _, scope := range []Scope{PerBatch, PerPair, PerRow} {
				c := cut
				c.Scope = scope
				draw(t, sampler(t, c), &b, n, 0, step)
				most[scope] = max(most[scope], distinct(&b))
				for i := range n {
					if scope == PerPair && (b.Lambda(i) != b.Lambda(n-1-i) || b.Box(i) != b.Box(n-1-i)) {
						t.Fatalf("n %d: rows %d and %d differ", n, i, n-1-i)
					}
				}
			}
		}
		if most[PerBatch] != 1 || n >= 7 && (most[PerPair] <= n/4 || most[PerPair] > (n+1)/2 || most[PerRow] <= n/2) {
			t.Errorf("n %d: different shares: %v", n, most)
		}
	}
}

func TestPairings(t *testing.T) {
	var b Batch
	for _, n := range []int{0, 1, 2, 3, 8, 33} {
		for _, pairing := range []Pairing{Permutation, Derangement, Reversal, Roll} {
			s := sampler(t, Config{Pairing: pairing})
			for step := range 200 {
				draw(t, s, &b, n, 0, step)
				seen := make([]bool, n)
				for i := range n {
					q := b.Index(i)
					if seen[q] {
						t.Fatalf("%v of %d: row %d is a partner twice", pairing, n, q)
					}
					seen[q] = true
					switch {
					case pairing == Derangement && n > 1 && q == i,
						pairing == Reversal && q != n-1-i,
						pairing == Roll && q != (i+n-1)%n:
						t.Fatalf("%v of %d: the partner of row %d is row %d", pairing, n, i, q)
					}
				}
			}
		}
	}
}

// Fold changes nothing else: the same draws, folded. A row that is cut keeps the greater share too.
func TestFold(t *testing.T) {
	c := Config{Alpha: 0.7, Scope: PerRow}
	folded := c
	folded.Fold = true
	var a, b Batch
	for step := range 100 {
		draw(t, sampler(t, c), &a, 20, 0, step)
		draw(t, sampler(t, folded), &b, 20, 0, step)
		for i := range 20 {
			if l := a.Lambda(i); b.Lambda(i) != max(l, 1-l) || b.Index(i) != a.Index(i) {
				t.Fatalf("lambda %v became %v", l, b.Lambda(i))
			}
		}
	}
	folded.Alpha, folded.CutMixAlpha, folded.Height, folded.Width, folded.Layout = 0, 1, 31, 33, CHW
	for step := range 100 {
		draw(t, sampler(t, folded), &b, 20, 0, step)
		for i := range 20 {
			if b.Lambda(i) < 0.5 {
				t.Fatalf("lambda %v", b.Lambda(i))
			}
		}
	}
}

// A batch that is skipped is left as it is, NaN and all, and its labels too.
func TestSkip(t *testing.T) {
	for _, c := range []Config{
		{Alpha: 1, SkipProb: 1},
		{Alpha: 1, SkipProb: 1, Scope: PerRow, CutMixAlpha: 1, Height: 1, Width: 2, Layout: CHW},
	} {
		var b Batch
		draw(t, sampler(t, c), &b, 3, 0, 0)
		nan, negative := float32(math.NaN()), float32(math.Copysign(0, -1))
		x := []float32{1, nan, negative, 4, float32(math.Inf(1)), 6}
		dst := make([]float32, 6)
		if err := b.Float32(dst, x); err != nil || !slices.EqualFunc(dst, x, sameBits) {
			t.Errorf("%v, %v", dst, err)
		}
		for i := range 3 {
			if b.Lambda(i) != 1 || !b.Box(i).Empty() {
				t.Errorf("row %d: lambda %v, box %v", i, b.Lambda(i), b.Box(i))
			}
		}
	}
}

func TestNextIsHandedOutOnce(t *testing.T) {
	s := sampler(t, Config{Alpha: 1, Scope: PerRow})
	want := map[string]bool{}
	for step := range 200 {
		var b Batch
		draw(t, s, &b, 4, 0, step)
		want[text(&b)] = true
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var b Batch
			for range 50 {
				if err := s.Next(&b, 4); err != nil {
					t.Error(err)
				}
				mu.Lock()
				delete(want, text(&b))
				mu.Unlock()
			}
		}()
	}
	wg.Wait()
	if len(want) != 0 {
		t.Errorf("%d of 200 steps were not drawn", len(want))
	}
}

// After the first, no call allocates: neither a draw nor any call for pixels or labels, whatever kinds of rows there are.
func TestNoAllocation(t *testing.T) {
	if raceDetector {
		t.Skip("sync.Pool drops what it is given under the race detector")
	}
	const n = 12
	class := make([]uint16, n)
	labels, soft, partners := make([]float32, n*10), make([]float32, n*10), make([]uint16, n)
	strange := &others{n, make([]int, n), make([]float64, n)}
	for i := range n {
		strange.index[i] = n - 1 - i
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // after a collection pools are empty
	kinds := map[string]bool{}
	for _, c := range planConfigs {
		c.Height, c.Width = min(c.Height, 24), min(c.Width, 60) // large ones take long under an emulator
		pixels := max(c.Height*c.Width, 1)
		cols := 3 * pixels
		x, y := make([]uint8, n*cols), make([]uint8, n*cols)
		f, h := make([]float32, n*cols), make([]bfloat16, n*cols)
		rows, _ := blend.Rows(x, n)
		dst, _ := blend.Rows(y, n)
		fRows, _ := blend.Rows(f, n)
		hRows, _ := blend.Rows(h, n)
		layout := max(c.Layout, CHW)
		norm, err := blend.NewNormalization([]float64{0, 0, 0}, []float64{1, 1, 1}, layout, CHW)
		if err != nil {
			t.Fatal(err)
		}
		s := sampler(t, c)
		var b Batch
		var cut CutMix
		box := []image.Rectangle{image.Rect(0, 0, 1, 1)}
		// By steps, so that every kind of batch comes up: two rounds of the same, the second without allocating.
		step := 0
		round := func() {
			for range 10 {
				step = (step + 1) % 40
				if err := s.At(&b, n, 0, step); err != nil {
					t.Fatal(err)
				}
				for _, err := range []error{
					cut.Reset(b.index, layout, max(c.Height, 1), max(c.Width, 1), box...),
					b.Uint8(x, x), b.Uint8(y, x), b.Uint8Rows(rows, rows), b.Uint8Rows(dst, rows), b.Float32(f, f), b.Float32Rows(fRows, fRows),
					b.NormalizeFloat32(f, x, norm), b.NormalizeFloat32Rows(fRows, rows, norm),
					MixBFloat16(&b, h, h), MixBFloat16Rows(&b, hRows, hRows), MixFloat16(&b, h, h), MixFloat16Rows(&b, hRows, hRows),
					NormalizeBFloat16(&b, h, x, norm), NormalizeBFloat16Rows(&b, hRows, rows, norm),
					NormalizeFloat16(&b, h, x, norm), NormalizeFloat16Rows(&b, hRows, rows, norm),
					Paste(&b, f, f), PasteRows(&b, hRows, hRows),
					cut.Uint8(x, x), cut.NormalizeFloat32(f, y, norm), MixBFloat16(&cut, h, h), Paste(&cut, f, f),
					OneHot(&b, labels, class, 10, 0.1), SoftLabels(&b, soft, soft, 0), SoftLabels(&b, soft, labels, 0.1), SoftLabels(&b, soft, soft, 0.1),
					OneHot(strange, labels, class, 10, 0), SoftLabels(strange, soft, labels, 0.1), Partners(&b, partners, class),
				} {
					if err != nil {
						t.Fatal(err)
					}
				}
				if err := s.Next(&b, n); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := testing.AllocsPerRun(8, round); got != 0 {
			t.Errorf("%+v: %v allocations", c, got)
		}
		draw(t, s, &b, n, 0, 1)
		kinds[kindsOf(&b)] = true
	}
	if !kinds["blended cut kept"] {
		t.Errorf("no batch of blended, cut and kept rows: %v", kinds)
	}
}
