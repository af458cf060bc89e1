package blend

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mixblend/blend/internal/impl"
)

func TestImplementations(t *testing.T) {
	names := Implementations()
	t.Logf("in use %s, of %v", Implementation(), names)
	if len(names) == 0 || names[len(names)-1] != generic || Implementation() != names[0] {
		t.Errorf("in use %s, of %v", Implementation(), names)
	}
	// Where a machine is said to have an implementation, its absence is a failure and not a silent skip.
	if want, ok := os.LookupEnv("BLEND_EXPECT"); ok && Implementation() != want {
		t.Errorf("in use %s, want %s", Implementation(), want)
	}
	for _, im := range impl.All {
		if im.Name == generic {
			continue
		}
		if len(im.Requires) == 0 {
			t.Errorf("%s requires nothing", im.Name)
		}
		if !slices.Contains(canDisable, im.Name) {
			t.Errorf("BLEND_DISABLE cannot turn %s off", im.Name)
		}
	}
}

// TestDisable runs this test's own binary with each implementation but the last disabled in turn.
func TestDisable(t *testing.T) {
	if os.Getenv("BLEND_EXPECT_DISABLED") != "" {
		if got := os.Getenv("BLEND_EXPECT_DISABLED"); Implementation() != got {
			t.Fatalf("in use %s, want %s", Implementation(), got)
		}
		unknown := UnknownDisabled()
		if n := len(unknown); n == 0 || unknown[n-1] != "Nothing" {
			t.Fatalf("unknown: %q", unknown)
		}
		if unknown[0] = "changed"; UnknownDisabled()[0] == "changed" {
			t.Fatal("what UnknownDisabled returns can be changed")
		}
		return
	}
	if os.Getenv("BLEND_EMULATED") != "" {
		t.Skip("a child would run outside the emulator; .ci/run sets BLEND_DISABLE itself there")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	names := Implementations()
	for i := range names[:len(names)-1] {
		disabled := strings.ToUpper(strings.Join(names[:i+1], ";"))
		cmd := exec.Command(exe, "-test.run=^TestDisable$")
		before := os.Getenv("BLEND_DISABLE")
		cmd.Env = append(slices.DeleteFunc(os.Environ(), func(e string) bool {
			return strings.HasPrefix(e, "BLEND_DISABLE=") || strings.HasPrefix(e, "BLEND_EXPECT=")
		}), "BLEND_DISABLE="+before+","+disabled+", Nothing", "BLEND_EXPECT_DISABLED="+names[i+1])
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("BLEND_DISABLE=%s: %v\n%s", disabled, err, out)
		}
	}
}

func TestParseDisable(t *testing.T) {
	for _, test := range []struct {
		value             string
		disabled, unknown []string
	}{
		{"", nil, nil},
		{" ,;\t", nil, nil},
		{"avx512,avx2", []string{"avx512", "avx2"}, nil},
		{"AVX512; Neon avx2", []string{"avx512", "neon", "avx2"}, nil},
		{"avx-512,AVX2,,sse", []string{"avx2"}, []string{"avx-512", "sse"}},
		{"generic", nil, []string{"generic"}},
		{"avx512:avx2", nil, []string{"avx512:avx2"}},
	} {
		disabled, unknown := parseDisable(test.value)
		if !slices.Equal(disabled, test.disabled) || !slices.Equal(unknown, test.unknown) {
			t.Errorf("%q: disabled %q, unknown %q", test.value, disabled, unknown)
		}
	}
}

// A StoreMode that there is not is StoreAuto.
func TestUnknownStoreMode(t *testing.T) {
	before := lastLevelBytes
	t.Cleanup(func() { lastLevelBytes = before })
	x := aligned[float32](2 * 1024)
	for _, lastLevelBytes = range []uint64{1, 1 << 30} {
		for _, m := range []StoreMode{-1, 3, 7} {
			var streams [2]bool
			for i, store := range []StoreMode{StoreAuto, m} {
				at := rows{flat: ptr(x), stride: 4096}
				w := traversal{kernel: kernelF32, dst: at, src: at, cols: 1024, index: []int{1, 0}, lambda: []float64{0.5}}
				w.settle(store)
				streams[i] = w.stream
			}
			if auto := lastLevelBytes == 1; streams != [2]bool{auto, auto} {
				t.Errorf("last-level cache of %d bytes: %v streams %v, %v %v", lastLevelBytes, StoreAuto, streams[0], m, streams[1])
			}
		}
	}
}

func TestNoAllocation(t *testing.T) {
	if raceDetector {
		t.Skip("sync.Pool drops items at random under the race detector")
	}
	forEach(t, func(t *testing.T) {
		const rows, n = 40, 5000
		x, dst := make([]float32, rows*n), make([]float32, rows*n)
		b, bd := make([]uint8, rows*n), make([]uint8, rows*n)
		h, hd := make([]f16, rows*n), make([]f16, rows*n)
		pixels := &Normalization{Scale: []float32{1, 2, 3, 4}, Bias: []float32{1, 2, 3, 4}, From: HWC, To: CHW}
		planes := &Normalization{Scale: []float32{1, 2, 3, 4}, Bias: []float32{1, 2, 3, 4}, From: CHW, To: CHW}
		rgba := &Normalization{Scale: []float32{1, 2, 3}, Bias: []float32{1, 2, 3}, From: HWC, To: CHW, PixelBytes: 4}
		packed := &Normalization{Scale: rgba.Scale, Bias: rgba.Bias, From: HWC, To: HWC, PixelBytes: 4, Order: []int{3, 0, 1}}
		xs, _ := Rows(x, rows)
		ds, _ := Rows(dst, rows)
		index := generate(rows, func(i int) int { return (i*7 + 1) % rows })
		p, err := NewPlan(index, 0.3)
		if err != nil {
			t.Fatal(err)
		}
		c, err := NewCross(index, rows, 0.3)
		if err != nil {
			t.Fatal(err)
		}
		for name, f := range map[string]func() error{
			"Float32":             func() error { return Float32(dst, x, x, 0.3) },
			"Uint8":               func() error { return Uint8(bd, b, b, 0.3) },
			"BFloat16":            func() error { return BFloat16(hd, h, h, 0.3) },
			"Float16":             func() error { return Float16(hd, h, h, 0.3) },
			"Plan.Float32":        func() error { return p.Float32(dst, x) },
			"Plan.Float32 inside": func() error { return p.Float32(x, x) },
			"Plan.Uint8":          func() error { return p.Uint8(bd, b) },
			"Plan.Float32Rows":    func() error { return p.Float32Rows(ds, xs) },
			"Plan.Reset":          func() error { return p.Reset(index, 0.7) },
			"MixFloat16":          func() error { return MixFloat16(p, hd, h) },
			"MixFloat16 inside":   func() error { return MixFloat16(p, h, h) },
			"NormalizeFloat32":    func() error { return p.NormalizeFloat32(dst, b, pixels) },
			"ConvertFloat32 RGBA": func() error { return rgba.ConvertFloat32(dst[:rows*n/4*3], b, rows) },
			"ConvertFloat32 HWC":  func() error { return packed.ConvertFloat32(dst[:rows*n/4*3], b, rows) },
			"ConvertFloat32":      func() error { return pixels.ConvertFloat32(dst, b, rows) },
			"ConvertBFloat16":     func() error { return ConvertBFloat16(planes, hd, b, rows) },
			"NormalizeBFloat16":   func() error { return NormalizeBFloat16(p, hd, b, planes) },

			"Cross.Float32":        func() error { return c.Float32(dst, x, x) },
			"Cross.Float32 inside": func() error { return c.Float32(x, x, dst) },
			"Cross.Float32Rows":    func() error { return c.Float32Rows(ds, xs, xs) },
			"Cross.Reset":          func() error { return c.Reset(index, rows, 0.7) },
			"CrossFloat16":         func() error { return CrossFloat16(c, hd, h, h) },
			"Cross.Normalize":      func() error { return c.NormalizeFloat32(dst, b, bd, pixels) },
		} {
			if allocs := testing.AllocsPerRun(20, func() {
				if err := f(); err != nil {
					t.Fatal(err)
				}
			}); allocs != 0 {
				t.Errorf("%s: %v allocations", name, allocs)
			}
		}
	})
}

// A Plan, or a Cross, that had one λ for all rows has room for one a row.
func TestResetAllocatesNothing(t *testing.T) {
	const rows, runs = 40, 20
	index, each := generate(rows, func(i int) int { return rows - 1 - i }), make([]float64, rows)
	var plans []*Plan
	var crosses []*Cross
	for range runs + 1 {
		p, err := NewPlan(index, 0.3)
		if err != nil {
			t.Fatal(err)
		}
		c, err := NewCross(index, rows, 0.3)
		if err != nil {
			t.Fatal(err)
		}
		plans, crosses = append(plans, p), append(crosses, c)
	}
	if allocs := testing.AllocsPerRun(runs, func() {
		if plans[0].Reset(index, each...) != nil || crosses[0].Reset(index, rows, each...) != nil {
			t.Fatal("an error")
		}
		plans, crosses = plans[1:], crosses[1:]
	}); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// Sharing a call costs what starting goroutines costs: here a closure and a goroutine each.
func TestWorkersAllocateLittle(t *testing.T) {
	if raceDetector {
		t.Skip("sync.Pool drops items at random under the race detector")
	}
	shareSmallCalls(t)
	x := make([]float32, 64*9000)
	p, err := NewPlan(rand.New(rand.NewPCG(1, 1)).Perm(64), 0.3)
	if err != nil {
		t.Fatal(err)
	}
	for workers := 1; workers <= 8; workers++ {
		p.Workers = workers
		if allocs := testing.AllocsPerRun(50, func() { p.Float32(x, x) }); allocs > float64(workers-1) {
			t.Errorf("%d workers: %v allocations", workers, allocs)
		}
	}
}

// Many goroutines may use one Plan, each call with workers of its own.
func TestConcurrentUse(t *testing.T) {
	shareSmallCalls(t)
	const rows, n = 64, 9000
	x := make([]float32, rows*n)
	fill(rand.New(rand.NewPCG(6, 6)), x)
	p, err := NewPlan(generate(rows, func(i int) int { return (i*5 + 3) % rows }), 0.3)
	if err != nil {
		t.Fatal(err)
	}
	p.Workers = 3
	want := make([]float32, len(x))
	if err := p.Float32(want, x); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for i := range 6 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			dst, src := make([]float32, len(x)), x
			if i%2 == 1 {
				src = dst
				copy(dst, x)
			}
			if err := p.Float32(dst, src); err != nil {
				t.Error(err)
			}
			if !slices.EqualFunc(dst, want, same[float32]) {
				t.Error("differs from what one goroutine computes")
			}
		}()
	}
	wait.Wait()
}
