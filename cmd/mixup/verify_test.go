package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/internal/impl"
	"github.com/mixblend/blend/kernels"
	draws "github.com/mixblend/blend/mixup"
)

func TestVerify(t *testing.T) {
	before := blend.Implementation()
	status, stdout, stderr := program(t, "verify", "-quick")
	if status != 0 {
		t.Fatalf("status %d: %s%s", status, stdout, stderr)
	}
	for _, name := range blend.Implementations() {
		lines := `(?ms)^  ` + name + `, uint8: \d+ inputs, 0 differences, [\d.]+ s$` +
			`.*^  ` + name + `, float32: \d+ inputs, 0 differences, [\d.]+ s$` +
			`.*^  ` + name + `, uint8 to float16, 2 to 4 channels: \d+ inputs, 0 differences, [\d.]+ s$` +
			`.*^  ` + name + `, uint8, by masks: \d+ inputs, 0 differences, [\d.]+ s$` +
			`.*^  ` + name + `, float16, by masks: \d+ inputs, 0 differences, [\d.]+ s$` +
			`.*^` + name + `: \d{9} inputs compared, 0 differences, [\d.]+ s$`
		if !regexp.MustCompile(lines).MatchString(stdout) {
			t.Errorf("no lines for %s in:\n%s", name, stdout)
		}
	}
	if blend.Implementation() != before {
		t.Errorf("%s is in use after, %s was before", blend.Implementation(), before)
	}
}

func TestVerifyArguments(t *testing.T) {
	status, stdout, stderr := program(t, "verify", "-quick", "-impl", "sse5")
	if status != 2 || stdout != "" || !strings.Contains(stderr, `"sse5"`) || !strings.Contains(stderr, strings.Join(blend.Implementations(), ", ")) {
		t.Errorf("status %d: %s%s", status, stdout, stderr)
	}
	if status, _, stderr := program(t, "verify", "everything"); status != 2 || !strings.Contains(stderr, `"everything"`) {
		t.Errorf("status %d: %s", status, stderr)
	}
	status, stdout, stderr = program(t, "verify", "-quick", "-impl", "generic")
	if status != 0 || strings.Count(stdout, "inputs compared") != 1 || !strings.Contains(stdout, "\ngeneric: ") {
		t.Errorf("status %d: %s%s", status, stdout, stderr)
	}
}

func TestVerifyKernel(t *testing.T) {
	status, stdout, stderr := program(t, "verify", "-quick", "-impl", "generic", "-kernel", "bfloat16 ")
	if status != 2 || stdout != "" || !strings.Contains(stderr, `"bfloat16 "`) || !strings.Contains(stderr, "uint8 to bfloat16") {
		t.Errorf("status %d: %s%s", status, stdout, stderr)
	}
	status, stdout, stderr = program(t, "verify", "-quick", "-impl", "generic", "-kernel", "bfloat16")
	if status != 0 || strings.Contains(stdout, "uint8") || !strings.Contains(stdout, "bfloat16") {
		t.Errorf("status %d: %s%s", status, stdout, stderr)
	}
	status, stdout, stderr = program(t, "verify", "-quick", "-impl", "generic", "-kernel", "to bfloat16")
	if status != 0 || strings.Count(stdout, "uint8 to bfloat16") != 3 || strings.Contains(stdout, "float32") {
		t.Errorf("status %d: %s%s", status, stdout, stderr)
	}
}

// Verify and bench show the names in BLEND_DISABLE that turn nothing off. The variable is read when a program starts: here this test's
// own binary, interrupted at once.
func TestUnknownDisabledIsShown(t *testing.T) {
	const variable = "BLEND_DISABLE=AVX-512; avx2 generic"
	note := `BLEND_DISABLE: ["AVX-512" "generic"]: no implementation that can be turned off` + "\n"
	child := os.Getenv("MIXUP_TEST_CHILD") != ""
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, command := range []string{"verify", "bench"} {
		var stdout bytes.Buffer
		run(ctx, []string{"mixup", command, "-quick"}, &stdout, io.Discard)
		if shown := strings.Contains(stdout.String(), note); shown != child {
			t.Errorf("%s: %s", command, stdout.String())
		}
	}
	if child {
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^TestUnknownDisabledIsShown$")
	cmd.Env = append(os.Environ(), variable, "MIXUP_TEST_CHILD=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// withChecks makes mixup verify run other checks, of which none need be for all kernels.
func withChecks(t *testing.T, c ...check) {
	before, masks, boxes, kernels := kernelChecks, maskChecks, boxChecks, impl.Kernels
	kernelChecks, maskChecks, boxChecks, impl.Kernels = c, nil, nil, nil
	t.Cleanup(func() { kernelChecks, maskChecks, boxChecks, impl.Kernels = before, masks, boxes, kernels })
}

// checkOf is the check of a name.
func checkOf(t *testing.T, name string) check {
	t.Helper()
	for _, c := range slices.Concat(kernelChecks, maskChecks, boxChecks) {
		if c.name() == name {
			return c
		}
	}
	t.Fatalf("no check %q", name)
	return nil
}

// A kernel of the generator's table that no check runs is an error.
func TestVerifyUnchecked(t *testing.T) {
	withChecks(t, kernelChecks[1:]...)
	impl.Kernels = []string{"F32", "U8", "U8x2F32", "D64"}
	status, stdout, stderr := program(t, "verify", "-quick")
	if status != 1 || stdout != "" || !strings.Contains(stderr, "no check for the kernels U8, D64") {
		t.Errorf("status %d: %s%s", status, stdout, stderr)
	}
}

// An asymmetric kernel is right in both rows of a Plan.
func TestVerifyAsymmetric(t *testing.T) {
	k := *checkOf(t, "uint8").(*kernelCheck[uint8, uint8])
	k.sweep = twoWeights
	k.want = func(dst, a, b []uint8, lambda float64) {
		for i := range dst {
			dst[i] = uint8(lambda*255) & (a[i] - b[i])
		}
	}
	k.pair = func(dst, a, b []uint8, lambda float64) error {
		k.want(dst, a, b, lambda)
		return nil
	}
	k.rows = func(p *blend.Plan, dst, x [][]uint8) error {
		for i := range dst {
			k.want(dst[i], x[i], x[p.Index(i)], p.Lambda(i))
		}
		return nil
	}
	withChecks(t, &k)
	if status, stdout, stderr := program(t, "verify"); status != 0 {
		t.Errorf("status %d: %s%s", status, stdout, stderr)
	}
}

// twoWeights is a sweep of ½ and of another weight.
var twoWeights = sweep[uint8]{
	blocks: 2,
	quick:  func(block int) bool { return block == 0 },
	mixes:  1,
	each: func(block int, a, b []uint8, mix func(lambda float64) error) error {
		return everyPair.each(kernels.One/2+block, a, b, mix)
	},
}

var errMix = errors.New("cannot mix")

// An implementation that is wrong for one input, in one of the calls, is found, and the input shown.
func TestVerifyFindsFaults(t *testing.T) {
	good := checkOf(t, "uint8").(*kernelCheck[uint8, uint8])
	floats := checkOf(t, "float32").(*kernelCheck[float32, float32])
	last := impl.All[len(impl.All)-1].Name
	faulty := func() bool { return blend.Implementation() == last }
	lowZero := everyPattern // the patterns whose low half is 0: zeros, infinities and NaN among them
	lowZero.blocks = 1

	u8 := func(change func(k *kernelCheck[uint8, uint8])) check {
		k := *good
		k.sweep = twoWeights
		change(&k)
		return &k
	}
	f32 := func(faultyLambda float64, change func(x float32) float32) check {
		k := *floats
		k.sweep = lowZero
		k.pair = func(dst, a, b []float32, lambda float64) error {
			err := blend.Float32(dst, a, b, lambda)
			for i := range dst {
				if lambda == faultyLambda && faulty() {
					dst[i] = change(dst[i])
				}
			}
			return err
		}
		return &k
	}
	for _, test := range []struct {
		name        string
		check       check
		differences int
		show        string
	}{
		{"pair", u8(func(k *kernelCheck[uint8, uint8]) {
			k.pair = func(dst, a, b []uint8, lambda float64) error {
				err := good.pair(dst, a, b, lambda)
				for i := range dst {
					if a[i] == 3 && b[i] == 8 && lambda != 0.5 && faulty() {
						dst[i]++
					}
				}
				return err
			}
		}), 1, "\n    pair: λ = 0.500030517578125, a = 3, b = 8: expected 5, got 6"},
		{"a row of the Plan", u8(func(k *kernelCheck[uint8, uint8]) {
			k.rows = func(p *blend.Plan, dst, x [][]uint8) error {
				err := good.rows(p, dst, x)
				if end := len(x[0]) - 1; p.Lambda(0) == 0.5 && x[0][end] == 255 && x[1][end] == 255 && faulty() {
					dst[1][end] = 0
				}
				return err
			}
		}), 1, "\n    Plan, row 1: λ = 0.5, a = 255, b = 255: expected 255, got 0"},
		{"the last of a call not written", u8(func(k *kernelCheck[uint8, uint8]) {
			k.pair = func(dst, a, b []uint8, lambda float64) error {
				if faulty() {
					n := len(dst) - 1
					return good.pair(dst[:n], a[:n], b[:n], lambda)
				}
				return good.pair(dst, a, b, lambda)
			}
		}), 33 + 33, "got 0"},
		{"one past a call written", u8(func(k *kernelCheck[uint8, uint8]) {
			k.rows = func(p *blend.Plan, dst, x [][]uint8) error {
				if faulty() {
					dst[1][:len(dst[1])+1][len(dst[1])] = 9
				}
				return good.rows(p, dst, x)
			}
		}), 34 + 34, " elements, got 9"},
		{"everything", u8(func(k *kernelCheck[uint8, uint8]) {
			k.want = func(dst, a, b []uint8, lambda float64) {
				good.want(dst, a, b, lambda)
				for i := range dst {
					dst[i] ^= 128
				}
			}
		}), len(impl.All) * 2 * 3 * blockPairs, "expected 128, got 0"},
		{"the sign of zero", f32(0.5, func(x float32) float32 {
			if x == 0 {
				return float32(math.Copysign(0, -1))
			}
			return x
		}), 2, "\n    pair: λ = 0.5, a = -0 (0x80000000), b = 0 (0x00000000): expected 0 (0x00000000), got -0 (0x80000000)"},
		{"a number for NaN", f32(0, func(x float32) float32 {
			if x != x {
				return 1
			}
			return x
		}), 2 * 128, "\n    pair: λ = 0, a = +Inf (0x7f800000), b = 1 (0x3f800000): expected NaN"},
		{"NaN for another NaN", f32(0, func(x float32) float32 {
			if x != x {
				return math.Float32frombits(math.Float32bits(x) ^ 5)
			}
			return x
		}), 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			withChecks(t, test.check)
			status, stdout, stderr := program(t, "verify")
			if found := test.differences > 0; found != (status == 1) || found != (stderr == fmt.Sprintf("mixup: %d results differ\n", test.differences)) {
				t.Errorf("status %d, want %d differences: %s%s", status, test.differences, stdout, stderr)
			}
			if !strings.Contains(stdout, test.show) || strings.Count(stdout, "expected") > shownDifferences*len(impl.All) {
				t.Errorf("no %q, or too much, in:\n%s", test.show, stdout)
			}
			if test.name != "everything" && strings.Count(stdout, " 0 differences") < len(impl.All)-1 {
				t.Errorf("the other implementations are wrong too:\n%s", stdout)
			}
		})
	}

	// Pixels to planes: what has come of a byte is elsewhere.
	split := toFloat32.layouts()[5].(*kernelCheck[uint8, float32])
	rows := split.rows
	split.sweep = someWeights
	split.sweep.blocks = 1 // λ = 0
	split.rows = func(p *blend.Plan, dst [][]float32, x [][]uint8) error {
		err := rows(p, dst, x)
		for i, plane := 0, len(x[0])/3; i < plane; i++ {
			if x[0][3*i+1] == 7 && x[1][3*i+1] == 9 && faulty() {
				dst[0][plane+i] = 5
			}
		}
		return err
	}
	withChecks(t, several{split})
	if status, stdout, _ := program(t, "verify"); status != 1 || !strings.Contains(stdout, "2 differences") ||
		!strings.Contains(stdout, "\n    3 channels, HWC to CHW, Plan, row 0: λ = 0, a = 7, b = 9: expected ") || !strings.Contains(stdout, "got 5 (0x40a00000)") {
		t.Errorf("status %d: %s", status, stdout)
	}

	withChecks(t, u8(func(k *kernelCheck[uint8, uint8]) {
		k.rows = func(*blend.Plan, [][]uint8, [][]uint8) error { return errMix }
	}))
	if status, _, stderr := program(t, "verify"); status != 1 || stderr != "mixup: uint8: cannot mix\n" {
		t.Errorf("status %d: %s", status, stderr)
	}
}

// So it is, by masks: a NaN is one where the mask makes it, but where it takes a row whole, bits are compared.
func TestVerifyFindsFaultsOfMasks(t *testing.T) {
	last := impl.All[len(impl.All)-1].Name
	faulty := func() bool { return blend.Implementation() == last }
	bytes, floats, halves := *checkOf(t, "uint8, by masks").(*maskCheck[uint8]), *checkOf(t, "float32, by masks").(*maskCheck[float32]),
		*checkOf(t, "float16, by masks").(*maskCheck[uint16])
	goodBytes, goodFloats, goodHalves := bytes, floats, halves
	floats.sweep.blocks, halves.sweep.blocks = 1, 1
	bytes.pair = func(dst, a, b []uint8, mask []uint8) error {
		err := goodBytes.pair(dst, a, b, mask)
		for i := range dst {
			if a[i] == 3 && b[i] == 8 && mask[i] == 77 && faulty() {
				dst[i]++
			}
		}
		return err
	}
	floats.sweep.each = func(_ int, a, b []float32, mask []uint8, mix func() error) error {
		return everyPatternMasked.each(1, a, b, mask, mix)
	}
	floats.rows = func(m *draws.Masks, dst, x [][]float32) error {
		err := goodFloats.rows(m, dst, x)
		for i := range dst[0] {
			if x[0][i] != x[0][i] && dst[0][i] != dst[0][i] && faulty() { // whichever mask
				dst[0][i] = math.Float32frombits(math.Float32bits(dst[0][i]) ^ 1)
			}
		}
		return err
	}
	halves.rows = func(m *draws.Masks, dst, x [][]uint16) error {
		if faulty() {
			dst[0][:len(dst[0])+1][len(dst[0])] = 9
		}
		return goodHalves.rows(m, dst, x)
	}
	for _, test := range []struct {
		check       check
		differences int
		show        string
	}{
		{&bytes, 1, "\n    pair: mask = 77, a = 3, b = 8: expected 6, got 7"},
		{&floats, 1, "mask = 255, a = NaN"},
		{&halves, 2 * 34, "expected nothing past 1 elements, got 9"},
	} {
		withChecks(t, test.check)
		status, stdout, stderr := program(t, "verify")
		if status != 1 || stderr != fmt.Sprintf("mixup: %d results differ\n", test.differences) || !strings.Contains(stdout, test.show) {
			t.Errorf("%s: status %d, want %d differences and %q: %s%s", test.check.name(), status, test.differences, test.show, stdout, stderr)
		}
	}
}

// So it is, by boxes, whose rows keep the bits of NaNs too.
func TestVerifyFindsFaultsOfBoxes(t *testing.T) {
	last := impl.All[len(impl.All)-1].Name
	faulty := func() bool { return blend.Implementation() == last }
	bytes, floats := *checkOf(t, "uint8, by boxes").(*boxCheck[uint8, uint8]), *checkOf(t, "float32, by boxes").(*boxCheck[float32, float32])
	pixels := *checkOf(t, "uint8 to float16, by boxes").(several)[2].(*boxCheck[uint8, uint16])
	goodBytes, goodFloats, goodPixels := bytes, floats, pixels
	bytes.rows = func(c *draws.CutMix, dst, x [][]uint8) error {
		err := goodBytes.rows(c, dst, x)
		for i := range dst[1] {
			if x[1][i] == 3 && x[0][i] == 8 && dst[1][i] == 8 && c.Store == blend.StoreStream && faulty() {
				dst[1][i]++
			}
		}
		return err
	}
	floats.rows = func(c *draws.CutMix, dst, x [][]float32) error {
		err := goodFloats.rows(c, dst, x)
		if v := &dst[0][len(dst[0])-1]; *v != *v && faulty() {
			*v = math.Float32frombits(math.Float32bits(*v) ^ 1)
		}
		return err
	}
	pixels.rows = func(c *draws.CutMix, dst [][]uint16, x [][]uint8) error {
		if faulty() {
			dst[0][:len(dst[0])+1][len(dst[0])] = 9
		}
		return goodPixels.rows(c, dst, x)
	}
	for _, test := range []struct {
		check check
		show  string
	}{
		{&bytes, ", own = 3, partner = 8: expected 8, got 9"},
		{&floats, "expected NaN (0x"},
		{&pixels, "expected nothing past 3 elements, got 9"},
	} {
		withChecks(t, test.check)
		status, stdout, stderr := program(t, "verify", "-quick")
		if status != 1 || !strings.HasSuffix(stderr, " results differ\n") || !strings.Contains(stdout, test.show) {
			t.Errorf("%s: status %d, want %q: %s%s", test.check.name(), status, test.show, stdout, stderr)
		}
		if strings.Count(stdout, " 0 differences") < len(impl.All)-1 {
			t.Errorf("%s: the other implementations are wrong too:\n%s", test.check.name(), stdout)
		}
	}
}

// Every pair of bytes is kept and taken, at every place in a vector, and so is every bit pattern of 16 bits; and boxes are empty, or all
// of an image, or one for both rows.
func TestBoxSweep(t *testing.T) {
	var kept, taken [1 << 16]uint64 // at which places
	var bits [2][1 << 16]bool
	a, b, x, y := make([]uint8, blockPairs), make([]uint8, blockPairs), make([]uint16, blockPairs), make([]uint16, blockPairs)
	out, partners, cut := make([]uint8, blockPairs), make([]uint8, blockPairs), make([]uint8, blockPairs)
	for i := range partners {
		partners[i] = 1
	}
	var empty, whole, one int
	for block := range boxBlocks {
		pairsOfBytes(block, a, b)
		pairsOf16Bits(block, x, y)
		cuts(block, 1, func(begin, height, width int, boxes []image.Rectangle) error {
			n := height * width
			if len(boxes) == 1 {
				one++
			}
			for _, box := range boxes {
				if box.Empty() {
					empty++
				}
				if box == image.Rect(0, 0, width, height) {
					whole++
				}
			}
			take(cut[:n], out[:n], partners[:n], boxes[0], blend.CHW, 1, height, width)
			for i, in := range cut[:n] {
				pair, place := int(a[begin+i])<<8|int(b[begin+i]), uint64(1)<<(i%64)
				if in == 0 {
					kept[pair] |= place
					bits[0][x[begin+i]] = true
				} else {
					taken[pair] |= place
					bits[1][y[begin+i]] = true
				}
			}
			return nil
		})
	}
	for i := range kept {
		if kept[i] == 0 || taken[i] == 0 || !bits[0][i] || !bits[1][i] {
			t.Fatalf("%#04x: not both kept and taken", i)
		}
	}
	for place := range 64 {
		if all := uint64(1) << place; !slices.ContainsFunc(kept[:], func(at uint64) bool { return at&all != 0 }) ||
			!slices.ContainsFunc(taken[:], func(at uint64) bool { return at&all != 0 }) {
			t.Errorf("nothing is kept, or nothing is taken, at place %d", place)
		}
	}
	if empty == 0 || whole == 0 || one == 0 {
		t.Errorf("%d boxes are empty, %d all of an image; %d calls have one box", empty, whole, one)
	}
}

// Every pair of bytes meets every byte of a mask, and so does every bit pattern of 16 bits, as own in one row and as partner in the other.
func TestMaskSweeps(t *testing.T) {
	var pairs [1 << 16][256 / 64]uint64
	var own [1 << 16][256 / 64]uint64
	mark := func(set *[256 / 64]uint64, m uint8) { set[m/64] |= 1 << (m % 64) }
	a, b, x, y, mask := make([]uint8, blockPairs), make([]uint8, blockPairs), make([]uint16, blockPairs), make([]uint16, blockPairs), make([]uint8, blockPairs)
	for block := range everyMask.blocks {
		everyMask.each(block, a, b, mask, func() error {
			for i, m := range mask {
				mark(&pairs[int(a[i])<<8|int(b[i])], m)
			}
			return nil
		})
	}
	for block := range every16BitsMasked.blocks {
		every16BitsMasked.each(block, x, y, mask, func() error {
			for i, m := range mask {
				mark(&own[x[i]], m)
			}
			return nil
		})
	}
	all := [256 / 64]uint64{1<<64 - 1, 1<<64 - 1, 1<<64 - 1, 1<<64 - 1}
	for i := range pairs {
		if pairs[i] != all || own[i] != all {
			t.Fatalf("%#04x: a mask is missing: %x %x", i, pairs[i], own[i])
		}
	}
	f, g := make([]float32, blockPairs), make([]float32, blockPairs)
	for _, low := range []int{0, 0x1234, 0xffff} {
		seen := make([]bool, 1<<16)
		var masks [256 / 64]uint64
		everyPatternMasked.each(low, f, g, mask, func() error {
			for i, v := range f {
				bits := math.Float32bits(v)
				seen[bits>>16] = int(bits&0xffff) == low && slices.Contains(maskOthers[:], g[i])
				mark(&masks, mask[i])
			}
			return nil
		})
		if slices.Contains(seen, false) || masks != all {
			t.Errorf("low half %#x: a pattern or a mask is missing", low)
		}
	}
}

// An interrupted verification says how far it has got, and is no success.
func TestVerifyInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	k := *checkOf(t, "uint8").(*kernelCheck[uint8, uint8])
	mixed := k.pair
	k.pair = func(dst, a, b []uint8, lambda float64) error {
		cancel()
		return mixed(dst, a, b, lambda)
	}
	withChecks(t, &k, checkOf(t, "float32"))
	before := blend.Implementation()
	var stdout, stderr bytes.Buffer
	status := run(ctx, []string{"mixup", "verify"}, &stdout, &stderr)
	if status != 1 || stderr.String() != "mixup: interrupted\n" {
		t.Errorf("status %d: %s", status, &stderr)
	}
	if strings.Count(stdout.String(), " inputs compared, 0 differences") != 1 || !strings.Contains(stdout.String(), " of 36507287552 inputs") ||
		strings.Contains(stdout.String(), "float32") {
		t.Errorf("got %s", &stdout)
	}
	if blend.Implementation() != before {
		t.Errorf("%s is in use after, %s was before", blend.Implementation(), before)
	}
}

// announcer is a writer that tells of its first line.
type announcer struct {
	bytes.Buffer
	written chan struct{}
	once    sync.Once
}

func (a *announcer) Write(b []byte) (int, error) {
	defer a.once.Do(func() { close(a.written) })
	return a.Buffer.Write(b)
}

func TestVerifyProgress(t *testing.T) {
	stderr := &announcer{written: make(chan struct{})}
	k := *checkOf(t, "uint8").(*kernelCheck[uint8, uint8])
	k.sweep = twoWeights
	k.sweep.each = func(block int, a, b []uint8, mix func(lambda float64) error) error {
		if block == 1 {
			<-stderr.written
		}
		return twoWeights.each(block, a, b, mix)
	}
	v := verification{checks: []check{&k}, implementations: impl.All[:1], stdout: io.Discard, stderr: stderr, every: time.Millisecond}
	if err := v.run(context.Background()); err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(stderr.String(), "\n")
	if want := impl.All[0].Name + ": 0 of 0 million, "; !strings.HasPrefix(first, want) || !strings.HasSuffix(first, " left") {
		t.Errorf("got %q, want %q…", first, want)
	}
}

// The sweeps hold every input, and their samples every kind.
func TestSweeps(t *testing.T) {
	blocks, inputs := checkOf(t, "uint8").blocks(false)
	if n := int64(len(blocks)) * inputs; n != 2_147_549_184 {
		t.Errorf("%d inputs of bytes", n)
	}
	blocks, inputs = checkOf(t, "uint8 to float32, 2 to 4 channels").blocks(false)
	if n := int64(len(blocks)) * inputs; n != 13*2049*blockPairs {
		t.Errorf("%d inputs of pixels", n)
	}
	blocks, inputs = checkOf(t, "float32").blocks(false)
	if n := int64(len(blocks)) * inputs; n != int64(len(patternCases))<<32 {
		t.Errorf("%d inputs of floats", n)
	}
	sample, _ := checkOf(t, "uint8").blocks(true)
	for _, w := range []int{0, 1, 127, 128, 129, 16383, 16384, 16385, 32640, 32767, 32768} {
		if !slices.Contains(sample, w) {
			t.Errorf("weight %d is not in the sample", w)
		}
	}
	sample, _ = checkOf(t, "float32").blocks(true)
	for _, low := range []int{0, 1, 0x7fff, 0x8000, 0xffff} {
		if !slices.Contains(sample, low) {
			t.Errorf("the low half %#x is not in the sample", low)
		}
	}

	a, b := make([]uint8, blockPairs), make([]uint8, blockPairs)
	for _, w := range []int{0, 77, kernels.One} {
		seen := make([]bool, 1<<16)
		everyPair.each(w, a, b, func(lambda float64) error {
			if lambda*kernels.One != float64(w) || kernels.WeightU8(lambda) != w {
				t.Errorf("λ = %v for weight %d", lambda, w)
			}
			for i := range a {
				seen[int(a[i])<<8|int(b[i])] = true
			}
			return nil
		})
		if slices.Contains(seen, false) {
			t.Errorf("weight %d: a pair of bytes is missing", w)
		}
	}
	for _, test := range []struct{ block, weight int }{{0, 0}, {17, 273}, {1023, kernels.One/2 - 1}, {1024, kernels.One / 2}, {2048, kernels.One}} {
		seen := make([]bool, 1<<16)
		someWeights.each(test.block, a, b, func(lambda float64) error {
			if lambda*kernels.One != float64(test.weight) {
				t.Errorf("block %d: λ = %v", test.block, lambda)
			}
			for i := range a {
				seen[int(a[i])<<8|int(b[i])] = true
			}
			return nil
		})
		if slices.Contains(seen, false) {
			t.Errorf("block %d: a pair of bytes is missing", test.block)
		}
	}
	x, y := make([]float32, blockPairs), make([]float32, blockPairs)
	for _, low := range []int{0, 0x1234, 0xffff} {
		i := 0
		everyPattern.each(low, x, y, func(lambda float64) error {
			c := patternCases[i]
			i++
			swept, other := x, y
			if c.partner {
				swept, other = y, x
			}
			seen := make([]bool, 1<<16)
			for i, f := range swept {
				bits := math.Float32bits(f)
				seen[bits>>16] = int(bits&0xffff) == low && math.Float32bits(other[i]) == math.Float32bits(c.other)
			}
			if slices.Contains(seen, false) || float32(lambda) != c.lambda {
				t.Errorf("case %d, low half %#x: a pattern is missing, or it is not mixed with λ = %v and %v", i, low, c.lambda, c.other)
			}
			// Or the second row of the Plan would be another mix than the first.
			l, m := kernels.WeightsF32(lambda)
			if m1, l1 := kernels.WeightsF32(1 - lambda); 1-(1-lambda) != lambda || l != l1 || m != m1 {
				t.Errorf("λ = %v is no multiple of 2⁻⁵³", lambda)
			}
			return nil
		})
		if i != everyPattern.mixes {
			t.Errorf("%d mixes, not %d", i, everyPattern.mixes)
		}
	}
}
