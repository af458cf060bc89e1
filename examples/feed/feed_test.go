package feed

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/examples/feed/rank"
	"github.com/mixblend/blend/mixup"
)

const side, classes = 4, 3

// numbers is a format whose sample i has pixels of value i, and class i % classes.
type numbers struct {
	n      int
	slow   time.Duration // of reading
	broken func(sample int) error
	failed func(epoch, step int) error // of scheduling
	ended  *int                        // counts Schedules that returned
}

func (f *numbers) Shape() Shape {
	return Shape{Samples: f.n, Height: side, Width: side, Classes: classes, Norm: &blend.Normalization{
		Scale: []float32{1, 1, 1}, Bias: []float32{0, 0, 0}, From: blend.HWC, To: blend.CHW,
	}}
}

func (f *numbers) Schedule(_ context.Context, c *Config, emit func(epoch, step int, samples []int) bool) (err error) {
	if f.ended != nil {
		defer func() { *f.ended++ }()
	}
	order := make([]int, f.n)
	c.EachEpoch(func(epoch, first int) bool {
		for i := range order {
			order[i] = i
		}
		Shuffle(Rand(c.Seed, uint64(epoch)), order)
		return c.Batches(len(order), first, func(step, from, to int) bool {
			if f.failed != nil {
				if err = f.failed(epoch, step); err != nil {
					return false
				}
			}
			return emit(epoch, step, order[from:to])
		})
	})
	return err
}

func (f *numbers) NewWorker(*Config) Worker[int] { return f }

func (f *numbers) Read(_ context.Context, sample *int, epoch int, pixels []byte) (class int, err error) {
	time.Sleep(f.slow)
	if f.broken != nil {
		if err := f.broken(*sample); err != nil {
			return 0, err
		}
	}
	for i := range pixels {
		pixels[i] = byte(*sample)
	}
	return *sample % classes, nil
}

func start(t testing.TB, f Format[int], c Config) *Feed[int] {
	t.Helper()
	l, err := Start(t.Context(), f, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Stop() })
	return l
}

func digest(b *Batch[int]) [32]byte {
	h := sha256.New()
	fmt.Fprintln(h, b.Epoch, b.Step, b.Samples, b.Classes, b.Skipped)
	binary.Write(h, binary.LittleEndian, b.Images)
	binary.Write(h, binary.LittleEndian, b.Labels)
	for i := range b.Samples {
		fmt.Fprintln(h, b.Mix().Lambda(i), b.Mix().Index(i), b.Mix().Box(i))
	}
	return [32]byte(h.Sum(nil))
}

func digests(t *testing.T, f Format[int], c Config) (all [][32]byte) {
	t.Helper()
	for b, err := range start(t, f, c).All() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, digest(b))
	}
	return all
}

var mixed = mixup.Config{Alpha: 1, CutMixAlpha: 1, Scope: mixup.PerRow}

// The same bits come from any number of workers and buffers, and from any step to go on with.
func TestSameFromTheSameSeed(t *testing.T) {
	f := &numbers{n: 103}
	c := Config{Batch: 8, Epochs: 3, Seed: 3, Mix: mixed, Workers: 1, Ahead: 1}
	want := digests(t, f, c)
	const steps = 13
	if len(want) != 3*steps {
		t.Fatalf("%d batches", len(want))
	}
	for _, workers := range []int{1, 2, 5} {
		for _, ahead := range []int{1, 7} {
			c.Workers, c.Ahead = workers, ahead
			if !slices.Equal(digests(t, f, c), want) {
				t.Errorf("%d workers and %d batches ahead deliver something else", workers, ahead)
			}
		}
	}
	for at := range 3*steps + 1 {
		c.Epoch, c.Step = at/steps, at%steps
		c.Epochs = 3 - c.Epoch
		if at == 3*steps {
			c.Epoch, c.Step, c.Epochs = 2, steps, 1
		}
		if !slices.Equal(digests(t, f, c), want[at:]) {
			t.Errorf("epoch %d from step %d on is something else", c.Epoch, c.Step)
		}
	}
	c = Config{Batch: 8, Epochs: 3, Seed: 4, Mix: mixed}
	for i, d := range digests(t, f, c) {
		if d == want[i] {
			t.Errorf("batch %d is the same from another seed", i)
		}
	}
}

// The ranks of an epoch have every sample once, in as many batches each, and are mixed by draws of their own.
func TestRanks(t *testing.T) {
	for _, n := range []int{8, 31, 32, 33, 64, 100} {
		for _, world := range []int{1, 2, 3, 4, 7} {
			for _, drop := range []bool{false, true} {
				c := Config{Batch: 8, DropLast: drop, Epochs: 2, Seed: 1, Mix: mixup.Config{Alpha: 1}}
				if drop && n/world < c.Batch {
					c.Rank = rank.Rank{World: world}
					_, err := Start(t.Context(), &numbers{n: n}, c)
					check(t, err, nil, "no batch of 8", fmt.Sprintf("%d ranks", world))
					continue
				}
				steps := make([]int, world)
				seen := map[int]int{}
				lambdas := map[float64]bool{}
				for r := range world {
					c.Rank = rank.Rank{Rank: r, World: world}
					for b := range start(t, &numbers{n: n}, c).All() {
						if b.Epoch != steps[r]/c.Steps(n) || b.Step != steps[r]%c.Steps(n) {
							t.Fatalf("rank %d: epoch %d, step %d after %d batches of %d an epoch", r, b.Epoch, b.Step, steps[r], c.Steps(n))
						}
						steps[r]++
						if b.Epoch == 1 {
							for _, s := range b.Samples {
								seen[s]++
							}
						}
						if b.Epoch == 1 && b.Step == 0 {
							lambdas[b.Mix().Lambda(0)] = true
						}
						if rows := len(b.Samples); drop && rows != c.Batch || len(b.Images) != rows*3*side*side || len(b.Labels) != rows*classes {
							t.Fatalf("a batch of %d rows has %d elements and %d labels", rows, len(b.Images), len(b.Labels))
						}
					}
				}
				if slices.Min(steps) != slices.Max(steps) || steps[0] != 2*c.Steps(n) {
					t.Errorf("%d samples, %d ranks: batches %v, want %d", n, world, steps, 2*c.Steps(n))
				}
				want := n
				if drop {
					want = n / world / c.Batch * c.Batch * world
				}
				for s, times := range seen {
					if times != 1 {
						t.Errorf("%d samples, %d ranks: sample %d came %d times", n, world, s, times)
					}
				}
				if len(seen) != want || n >= 8*world && len(lambdas) != world {
					t.Errorf("%d samples, %d ranks: %d came, want %d; %d λ are different", n, world, len(seen), want, len(lambdas))
				}
			}
		}
	}
}

// A broken sample is named and left out, and the others are what they would be without it; or it ends the Feed after the batches
// before its own.
func TestBroken(t *testing.T) {
	f := &numbers{n: 50, broken: func(sample int) error {
		switch sample {
		case 7:
			return fmt.Errorf("%w: number 7", ErrBroken)
		case 8:
			return fmt.Errorf("number 8: %w", ErrBroken)
		}
		return nil
	}}
	c := Config{Batch: 8, Epochs: 1, Seed: 1, Workers: 3, SkipBroken: true, Mix: mixup.Config{Alpha: 1}}
	var skipped []string
	rows := 0
	l := start(t, f, c)
	for b, err := range l.All() {
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range b.Skipped {
			skipped = append(skipped, err.Error())
		}
		n := len(b.Samples)
		rows += n
		for i := range b.Samples {
			l, m := b.Mix().Lambda(i), 1-b.Mix().Lambda(i)
			want := l*float64(b.Samples[i]) + m*float64(b.Samples[b.Mix().Index(i)])
			for _, v := range b.Images[i*3*side*side:][:3*side*side] {
				if math.Abs(float64(v)-want) > 1e-3 {
					t.Fatalf("row %d has %v, want %v", i, v, want)
				}
			}
		}
		if len(b.Classes) != n || b.Mix().Len() != n || len(b.Images) != n*3*side*side || len(b.Labels) != n*classes {
			t.Errorf("%d samples, %d classes, %d rows mixed", n, len(b.Classes), b.Mix().Len())
		}
	}
	slices.Sort(skipped)
	if got := strings.Join(skipped, "; "); got != "broken sample: number 7; number 8: broken sample" || rows != 48 {
		t.Errorf("%d rows, %s", rows, got)
	}
	if s := l.Stats(); s.Rows != 48 || s.Skipped != 2 || s.Batches != 7 {
		t.Errorf("%+v", s)
	}

	c.SkipBroken = false
	before := runtime.NumGoroutine()
	l = start(t, f, c)
	at := 0
	for b := range l.C() {
		if b.Step != at || slices.Contains(b.Samples, 7) || slices.Contains(b.Samples, 8) {
			t.Errorf("step %d, %v", b.Step, b.Samples)
		}
		at++
		b.Release()
	}
	check(t, l.Stop(), ErrBroken, "number")
	goroutines(t, before)
	buffers(t, l)

	// A class that there is not is the sample's fault too; what is not broken is never left out.
	c.SkipBroken = true
	l = start(t, classed{f}, c)
	n := 0
	for b := range l.All() {
		n += len(b.Skipped)
		check(t, b.Skipped[0], ErrBroken, fmt.Sprint("class ", classes), fmt.Sprint("of ", classes))
	}
	if n != 50 {
		t.Errorf("%d were skipped", n)
	}
	failed := errors.New("no disk")
	l = start(t, &numbers{n: 50, broken: func(int) error { return failed }}, c)
	for range l.C() {
		t.Error("a batch in spite of the error")
	}
	check(t, l.Stop(), failed)
}

type classed struct{ *numbers }

func (c classed) NewWorker(*Config) Worker[int] { return c }
func (c classed) Read(context.Context, *int, int, []byte) (int, error) {
	return classes, nil
}

// An error of Schedule comes after the batches that were emitted before it.
func TestScheduleFails(t *testing.T) {
	failed := errors.New("no more")
	for _, at := range []int{0, 1, 9} {
		for _, workers := range []int{1, 4} {
			before := runtime.NumGoroutine()
			l := start(t, &numbers{n: 40, slow: time.Millisecond / 10, failed: func(epoch, step int) error {
				if epoch*5+step == at {
					return failed
				}
				return nil
			}}, Config{Batch: 8, Epochs: 5, Workers: workers})
			n := 0
			for b := range l.C() {
				n++
				b.Release()
			}
			if err := l.Stop(); err != failed || n != at {
				t.Errorf("%d batches, want %d; %v", n, at, err)
			}
			goroutines(t, before)
			buffers(t, l)
		}
	}
}

// goroutines waits for goroutines to be no more than before: one of an earlier test may have ended since.
func goroutines(t *testing.T, before int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// buffers checks that all have come back.
func buffers(t *testing.T, l *Feed[int]) {
	t.Helper()
	if len(l.free) != cap(l.free) {
		t.Fatalf("%d of %d buffers came back", len(l.free), cap(l.free))
	}
	seen := map[*Batch[int]]bool{}
	for range cap(l.free) {
		seen[<-l.free] = true
	}
	if len(seen) != cap(l.free) {
		t.Fatalf("%d buffers came back, but only %d are different", cap(l.free), len(seen))
	}
}

func TestStop(t *testing.T) {
	cause := errors.New("the cause")
	for _, workers := range []int{1, 2, 5} {
		for _, received := range []int{0, 1, 4, 75} {
			for _, how := range []string{"stop", "cancel", "both"} {
				before, ended := runtime.NumGoroutine(), 0
				ctx, cancel := context.WithCancelCause(context.Background())
				l, err := Start(ctx, &numbers{n: 300, ended: &ended}, Config{Batch: 8, Epochs: 1000, Workers: workers, Mix: mixup.Config{Alpha: 1}})
				if err != nil {
					t.Fatal(err)
				}
				var last *Batch[int]
				for range received {
					if last != nil {
						last.Release()
					}
					last = <-l.C()
				}
				var want error
				if how != "stop" {
					want = cause
					cancel(cause)
				}
				if how == "cancel" { // and read on
					for b := range l.C() {
						b.Release()
					}
					goroutines(t, before)
				}
				if err := l.Stop(); err != want || ended != 1 {
					t.Errorf("%s after %d: %v, %d", how, received, err, ended)
				}
				goroutines(t, before)
				if last != nil { // a batch may be kept past the end
					if len(l.free) != cap(l.free)-1 {
						t.Errorf("%d of %d buffers came back, and one is kept", len(l.free), cap(l.free))
					}
					last.Release()
					last.Release()
				}
				buffers(t, l)
				if err := l.Stop(); err != want {
					t.Errorf("again: %v", err)
				}
				cancel(nil)
			}
		}
	}
}

// At the end of the last epoch all is as if it had been stopped.
func TestEnd(t *testing.T) {
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(context.Background())
	l, err := Start(ctx, &numbers{n: 50}, Config{Batch: 8, Epochs: 2, Workers: 3})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for b := range l.C() {
		n++
		b.Release()
	}
	goroutines(t, before)
	buffers(t, l)
	cancel()
	if err := l.Stop(); err != nil || n != 14 {
		t.Errorf("%d batches, %v", n, err)
	}
}

// A loop over All that is left leaves nothing behind; one that is not ends with the error.
func TestAll(t *testing.T) {
	before := runtime.NumGoroutine()
	l := start(t, &numbers{n: 50}, Config{Batch: 8, Epochs: 1000})
	for b, err := range l.All() {
		if err != nil {
			t.Fatal(err)
		}
		if b.Step == 3 {
			break
		}
	}
	goroutines(t, before)
	buffers(t, l)
	failed := errors.New("no more")
	l = start(t, &numbers{n: 50, failed: func(_, step int) error {
		if step == 2 {
			return failed
		}
		return nil
	}}, Config{Batch: 8, Epochs: 1000})
	var got []any
	for b, err := range l.All() {
		if err != nil {
			got = append(got, err)
			continue
		}
		got = append(got, b.Step)
	}
	if fmt.Sprint(got) != "[0 1 no more]" {
		t.Error(got)
	}
}

// check says whether an error is of a kind, if there is one, and names what it should.
func check(t *testing.T, err, kind error, names ...string) {
	t.Helper()
	if err == nil {
		t.Error("no error")
		return
	}
	if kind != nil && !errors.Is(err, kind) {
		t.Errorf("%v is not %v", err, kind)
	}
	for _, name := range names {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%v does not name %s", err, name)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	failed := errors.New("no memory")
	for _, test := range []struct {
		change func(*Config)
		kind   error
		names  []string
	}{
		{func(c *Config) { c.Batch = 0 }, nil, []string{"Batch = 0"}},
		{func(c *Config) { c.Batch = 11 }, nil, []string{"Batch = 11", "1 to 10, for 10 samples"}},
		{func(c *Config) { c.Batch = math.MaxInt }, nil, []string{fmt.Sprint("Batch = ", math.MaxInt)}},
		{func(c *Config) { c.Epochs = 0 }, nil, []string{"Epochs = 0"}},
		{func(c *Config) { c.Epoch = -1 }, nil, []string{"= -1, 0"}},
		{func(c *Config) { c.Epoch = math.MaxInt }, nil, []string{"Epochs = 1"}},
		{func(c *Config) { c.Step = -1 }, nil, []string{"= 0, -1"}},
		{func(c *Config) { c.Step = 4 }, nil, []string{"Step = 4, want 0 to 3"}},
		{func(c *Config) { c.Rank.Rank = 1 }, nil, []string{"Rank = rank 1 of 0"}},
		{func(c *Config) { c.Rank = rank.Rank{Rank: 2, World: 2} }, nil, []string{"Rank = rank 2 of 2"}},
		{func(c *Config) { c.Workers = -1 }, nil, []string{"Workers = -1"}},
		{func(c *Config) { c.Ahead = -1 }, nil, []string{"Ahead = -1"}},
		{func(c *Config) { c.Workers = math.MaxInt }, nil, []string{"Workers = ", "to 1024"}},
		{func(c *Config) { c.Ahead = 1025 }, nil, []string{"Ahead = 1025", "to 1024"}},
		{func(c *Config) { c.Smoothing = 1 }, nil, []string{"Smoothing = 1"}},
		{func(c *Config) { c.Smoothing = math.NaN() }, nil, []string{"Smoothing = NaN"}},
		{func(c *Config) { c.Mix = mixup.Config{Alpha: -2} }, mixup.ErrConfig, []string{"Alpha = -2"}},
		{func(c *Config) { c.Mix = mixup.Config{SwitchProb: 0.5} }, mixup.ErrConfig, []string{"SwitchProb = 0.5"}},
		{func(c *Config) { c.Memory = func() (Memory, error) { return nil, failed } }, failed, nil},
	} {
		c := Config{Batch: 4, Epochs: 1}
		test.change(&c)
		before := runtime.NumGoroutine()
		l, err := Start(t.Context(), &numbers{n: 10}, c)
		if l != nil {
			t.Errorf("%+v gave a Feed", c)
			l.Stop()
		}
		check(t, err, test.kind, test.names...)
		goroutines(t, before)
	}
	for _, change := range []func(*Shape){
		func(s *Shape) { s.Height = 0 },
		func(s *Shape) { s.Width = 1 << 20 },
		func(s *Shape) { s.Height, s.Width = 1<<16, 1<<16 },
		func(s *Shape) { s.Norm = nil },
		func(s *Shape) { s.Norm = &blend.Normalization{} },
		func(s *Shape) { s.Norm.PixelBytes = -1 },
		func(s *Shape) { s.Norm.PixelBytes = 5 },
		func(s *Shape) { s.Classes = 0 },
		func(s *Shape) { s.Classes = math.MaxInt },
		func(s *Shape) { s.Samples = 0 },
	} {
		s := (&numbers{n: 10}).Shape()
		change(&s)
		if l, err := Start(t.Context(), shaped{&numbers{n: 10}, s}, Config{Batch: 4, Epochs: 1}); err == nil {
			l.Stop()
			t.Errorf("%+v gave a Feed", s)
		}
	}
}

// Pixels may have more bytes than channels, or be gray.
func TestPixels(t *testing.T) {
	for _, norm := range []*blend.Normalization{
		{Scale: []float32{1, 1, 1}, Bias: []float32{0, 0, 0}, From: blend.HWC, To: blend.CHW, PixelBytes: 4},
		{Scale: []float32{1, 1, 1}, Bias: []float32{0, 0, 0}, From: blend.HWC, To: blend.CHW, PixelBytes: 1, Order: []int{0, 0, 0}},
		{Scale: []float32{1}, Bias: []float32{0}},
	} {
		f := shaped{&numbers{n: 10}, Shape{10, side, side, norm, classes}}
		rows := 0
		for b, err := range start(t, f, Config{Batch: 4, Epochs: 1, Mix: mixup.Config{CutMixAlpha: 1}}).All() {
			if err != nil {
				t.Fatal(err)
			}
			rows += len(b.Samples)
			if want := len(b.Samples) * side * side * len(norm.Scale); len(b.Images) != want {
				t.Errorf("%d elements, want %d", len(b.Images), want)
			}
			for i := range b.Samples {
				for j, v := range b.Images[i*side*side*len(norm.Scale):][:side*side] {
					want := b.Samples[i]
					if p := image.Pt(j%side, j/side); p.In(b.Mix().Box(i)) {
						want = b.Samples[b.Mix().Index(i)]
					}
					if v != float32(want) {
						t.Fatalf("%+v: row %d, pixel %d is %v, want %v", norm, i, j, v, want)
					}
				}
			}
		}
		if rows != 10 {
			t.Errorf("%+v: %d rows", norm, rows)
		}
	}
}

type shaped struct {
	*numbers
	shape Shape
}

func (s shaped) Shape() Shape { return s.shape }

// memory is what a framework might have: not all in one, and behind a lock.
type memory struct {
	images, labels []float32
	err            error
}

func (m *memory) Write(fill func(images, labels []float32) error) error {
	if m.err != nil {
		return m.err
	}
	return fill(m.images, m.labels)
}

func TestMemory(t *testing.T) {
	f := &numbers{n: 40}
	c := Config{Batch: 16, Epochs: 2, DropLast: true, Workers: 2, Mix: mixed}
	own := start(t, f, c)
	c.Memory = func() (Memory, error) {
		return &memory{images: make([]float32, 16*3*side*side), labels: make([]float32, 16*classes)}, nil
	}
	users := start(t, f, c)
	n := 0
	for a := range own.C() {
		b := <-users.C()
		m := b.Memory.(*memory)
		if b.Images != nil || b.Labels != nil {
			t.Error("slices of a memory that is the user's")
		}
		if !slices.Equal(a.Images, m.images) || !slices.Equal(a.Labels, m.labels) {
			t.Errorf("epoch %d, step %d differs", a.Epoch, a.Step)
		}
		n++
		a.Release()
		b.Release()
	}
	if n != 4 {
		t.Errorf("%d batches", n)
	}

	failed := errors.New("no tensor")
	for _, test := range []struct {
		m     *memory
		kind  error
		names []string
	}{
		{&memory{err: failed}, failed, nil},
		{&memory{images: make([]float32, 5), labels: make([]float32, 48)}, nil, []string{"5 and 48", "768 and 48"}},
		{&memory{images: make([]float32, 768), labels: make([]float32, 49)}, nil, []string{"768 and 49"}},
	} {
		c.Memory = func() (Memory, error) { return test.m, nil }
		c.Workers = 1
		l := start(t, f, c)
		for range l.C() {
			t.Error("a batch in spite of the error")
		}
		check(t, l.Stop(), test.kind, test.names...)
	}
}

func TestNoAllocation(t *testing.T) {
	if race {
		t.Skip("the race detector allocates")
	}
	for _, mix := range []mixup.Config{{}, mixed} {
		for _, workers := range []int{1, 2} {
			l := start(t, &numbers{n: 100}, Config{Batch: 16, Epochs: math.MaxInt32, Workers: workers, Mix: mix})
			read := func() { (<-l.C()).Release() }
			for range 50 {
				read()
			}
			// An epoch of 7 batches allocates its emit and its generator, and nothing else does.
			if n := testing.AllocsPerRun(700, read); n >= 1 {
				t.Errorf("%d workers: %v allocations a batch", workers, n)
			}
			if err := l.Stop(); err != nil {
				t.Error(err)
			}
		}
	}
}
