package mixup

import (
	"fmt"
	"image"
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/internal/pixels"
)

// everyCall calls each call of a mixer once, out of place. It returns what they return, by name.
func everyCall(m mixer, n *blend.Normalization, u []uint8, f []float32) map[string]error {
	rows := m.Len()
	h := make([]float16, len(u))
	uRows, _ := blend.Rows(u, rows)
	fRows, _ := blend.Rows(f, rows)
	hRows, _ := blend.Rows(h, rows)
	uDst, fDst, hDst := make([]uint8, len(u)), make([]float32, len(u)), make([]float16, len(u))
	uDstRows, _ := blend.Rows(uDst, rows)
	fDstRows, _ := blend.Rows(fDst, rows)
	hDstRows, _ := blend.Rows(hDst, rows)
	errs := map[string]error{
		"Float32":               m.Float32(fDst, f),
		"Float32Rows":           m.Float32Rows(fDstRows, fRows),
		"Uint8":                 m.Uint8(uDst, u),
		"Uint8Rows":             m.Uint8Rows(uDstRows, uRows),
		"NormalizeFloat32":      m.NormalizeFloat32(fDst, u, n),
		"NormalizeFloat32Rows":  m.NormalizeFloat32Rows(fDstRows, uRows, n),
		"MixBFloat16":           MixBFloat16(m, hDst, h),
		"MixBFloat16Rows":       MixBFloat16Rows(m, hDstRows, hRows),
		"MixFloat16":            MixFloat16(m, hDst, h),
		"MixFloat16Rows":        MixFloat16Rows(m, hDstRows, hRows),
		"NormalizeBFloat16":     NormalizeBFloat16(m, hDst, u, n),
		"NormalizeBFloat16Rows": NormalizeBFloat16Rows(m, hDstRows, uRows, n),
		"NormalizeFloat16":      NormalizeFloat16(m, hDst, u, n),
		"NormalizeFloat16Rows":  NormalizeFloat16Rows(m, hDstRows, uRows, n),
	}
	if b, ok := m.(Boxes); ok {
		errs["Paste"], errs["PasteRows"] = Paste(b, fDst, f), PasteRows(b, fDstRows, fRows)
	}
	return errs
}

// pairOfChannels is a Normalization of pixels of two channels.
func pairOfChannels(t testing.TB, layout Layout) *blend.Normalization {
	t.Helper()
	n, err := blend.NewNormalization([]float64{0.5, 0.4}, []float64{0.25, 0.3}, layout, CHW)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Workers and Store are read when a call starts, and reach the traversal: each call says what its fields say then.
func TestFieldsAreRead(t *testing.T) {
	var got []pixels.Call
	mix, normalize, paste := pixels.Mix, pixels.Normalize, pixels.Paste
	defer func() { pixels.Mix, pixels.Normalize, pixels.Paste = mix, normalize, paste }()
	pixels.Mix = func(c pixels.Call, f pixels.Format, dst, x pixels.Operand) error {
		got = append(got, c)
		return mix(c, f, dst, x)
	}
	pixels.Normalize = func(c pixels.Call, f pixels.Format, dst, x pixels.Operand, n any) error {
		got = append(got, c)
		return normalize(c, f, dst, x, n)
	}
	pixels.Paste = func(c pixels.Call, size int, dst, x pixels.Operand) error {
		got = append(got, c)
		return paste(c, size, dst, x)
	}
	c, err := NewCutMix([]int{1, 0}, HWC, 2, 3, image.Rect(0, 0, 1, 2))
	if err != nil {
		t.Fatal(err)
	}
	masks := masksOf(t, []int{1, 0}, HWC, 2, 3, []uint8{0, 255, 3, 4, 200, 77})
	var b Batch
	draw(t, sampler(t, Config{Alpha: 1, CutMixAlpha: 1, Scope: PerRow, Height: 2, Width: 3, Layout: HWC}), &b, 2, 0, 0)
	n := pairOfChannels(t, HWC)
	for workers := range 3 {
		for _, store := range []blend.StoreMode{blend.StoreAuto, blend.StoreCached, blend.StoreStream} {
			c.Workers, c.Store, b.Workers, b.Store, masks.Workers, masks.Store = workers, store, workers, store, workers, store
			for _, m := range []mixer{c, &b, masks} {
				got = nil
				errs := everyCall(m, n, make([]uint8, 24), make([]float32, 24))
				for name, err := range errs {
					if err != nil {
						t.Errorf("%T: %s: %v", m, name, err)
					}
				}
				if len(got) != len(errs) {
					t.Fatalf("%T: %d of %d calls", m, len(got), len(errs))
				}
				for _, call := range got {
					if call.Workers != workers || blend.StoreMode(call.Store) != store {
						t.Errorf("%T: a call has %d workers and %v, want %d and %v", m, call.Workers, blend.StoreMode(call.Store), workers, store)
					}
				}
			}
		}
	}
}

// Rows of blended, cut and kept kinds, mixed by many goroutines at once: one Batch, one CutMix, one Masks, one Sampler, one input.
func TestConcurrentBatches(t *testing.T) {
	const n, cols = 9, 2 * 6 * 7
	s := sampler(t, Config{Seed: 3, Alpha: 1, CutMixAlpha: 1, SkipProb: 0.3, Scope: PerRow, Height: 6, Width: 7, Layout: HWC})
	b := Batch{Workers: 2}
	step := 0
	for ; kindsOf(&b) != "blended cut kept"; step++ {
		if step == 100 {
			t.Fatal("no batch of three kinds of rows")
		}
		draw(t, s, &b, n, 0, step)
	}
	c, err := NewCutMix([]int{1, 2, 3, 4, 5, 6, 7, 8, 0}, HWC, 6, 7, image.Rect(1, 1, 4, 5))
	if err != nil {
		t.Fatal(err)
	}
	masks := masksOf(t, []int{1, 2, 3, 4, 5, 6, 7, 8, 0}, HWC, 6, 7, counting[uint8](42))
	norm := pairOfChannels(t, HWC)
	u, f := counting[uint8](n*cols), counting[float32](n*cols)
	y := counting[float32](3 * n)
	results := func(m mixer) []any {
		a, p, q := make([]uint8, len(u)), make([]float32, len(u)), make([]float16, len(u))
		inPlace, soft, hot := slices.Clone(f), make([]float32, len(y)), make([]float32, 5*n)
		for _, err := range []error{
			m.Uint8(a, u), m.NormalizeFloat32(p, u, norm), NormalizeFloat16(m, q, u, norm), m.Float32(inPlace, inPlace),
			SoftLabels(m, soft, y, 0.1), OneHot(m, hot, make([]uint8, n), 5, 0.1),
		} {
			if err != nil {
				t.Error(err)
			}
		}
		return []any{a, p, q, inPlace, soft, hot}
	}
	wantB, wantC, wantM, wantText := results(&b), results(c), results(masks), text(&b)
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var own Batch
			for range 6 {
				if err := s.At(&own, n, 0, step-1); err != nil || text(&own) != wantText {
					t.Errorf("%v, or another draw", err)
				}
				for _, test := range []struct {
					m    mixer
					want []any
				}{{&b, wantB}, {&own, wantB}, {c, wantC}, {masks, wantM}} {
					if got := results(test.m); fmt.Sprint(got) != fmt.Sprint(test.want) {
						t.Errorf("%T: another result", test.m)
					}
				}
			}
		}()
	}
	wg.Wait()
}

// Wrong geometry, lengths and overlaps are refused by every call, and nothing is written.
func TestEveryCallRefuses(t *testing.T) {
	c, err := NewCutMix([]int{1, 0}, HWC, 2, 3, image.Rect(0, 0, 1, 2))
	if err != nil {
		t.Fatal(err)
	}
	var b Batch
	draw(t, sampler(t, Config{SkipProb: 1, Height: 2, Width: 3, Layout: HWC}), &b, 2, 0, 0) // even if nothing is mixed
	masks := masksOf(t, []int{1, 0}, HWC, 2, 3, make([]uint8, 6), make([]uint8, 6))
	for _, m := range []mixer{c, &b, masks} {
		for name, err := range everyCall(m, pairOfChannels(t, HWC), make([]uint8, 20), make([]float32, 20)) {
			if err == nil {
				t.Fatalf("%T: %s takes rows of 10 elements", m, name)
			}
			has := "dst has 20"
			if strings.HasSuffix(name, "Rows") {
				has = "row 0 of dst has 10"
			}
			checkError(t, err, blend.ErrShape, "of 2 × 3 pixels of ", has)
		}
		for name, err := range everyCall(m, pairOfChannels(t, HWC), nil, nil) {
			if err != nil {
				t.Errorf("%T: %s of rows without elements: %v", m, name, err)
			}
		}
	}
	for _, m := range []mixer{(*Batch)(nil), (*CutMix)(nil), (*Masks)(nil), new(Batch), new(CutMix), new(Masks)} {
		for name, err := range everyCall(m, pairOfChannels(t, HWC), nil, nil) {
			if err != nil {
				t.Errorf("%T: %s of no rows: %v", m, name, err)
			}
		}
		checkError(t, m.Uint8(make([]uint8, 1), make([]uint8, 1)), blend.ErrShape, "0 rows", "1 elements", "never filled by Reset, At or Next")
		if m, ok := m.(Boxes); ok {
			checkError(t, Paste(m, make([]uint8, 1), make([]uint8, 1)), blend.ErrShape, "0 rows", "1 elements", "never filled by Reset, At or Next")
		}
	}
	x := counting[float32](25)
	was := slices.Clone(x)
	bytes := unsafe.Slice((*uint8)(unsafe.Pointer(&x[0])), 100)
	halves := unsafe.Slice((*float16)(unsafe.Pointer(&x[0])), 50)
	n := pairOfChannels(t, HWC)
	for name, err := range map[string]error{
		"Float32":           b.Float32(x[1:25], x[:24]),
		"Uint8":             b.Uint8(bytes[:24], bytes[23:47]),
		"MixBFloat16":       MixBFloat16(c, halves[1:25], halves[:24]),
		"MixFloat16":        MixFloat16(c, halves[:24], halves[1:25]),
		"NormalizeFloat32":  b.NormalizeFloat32(x[:24], bytes[72:96], n),
		"NormalizeFloat16":  NormalizeFloat16(c, halves[:24], bytes[47:71], n),
		"NormalizeBFloat16": NormalizeBFloat16(c, halves[12:36], bytes[1:25], n),
		"in place":          b.NormalizeFloat32(x[:24], bytes[:24], n),
		"Paste":             Paste(c, x[1:25], x[:24]),
		"masks":             masks.Uint8(bytes[:24], bytes[23:47]),
		"masks, floats":     masks.Float32(x[1:25], x[:24]),
		"masks, normalized": masks.NormalizeFloat32(x[:24], bytes[72:96], n),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		if !slices.Equal(x, was) {
			t.Fatalf("%s: written in spite of the error %v", name, err)
		}
	}
}
