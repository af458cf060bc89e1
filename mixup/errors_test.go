package mixup

import (
	"errors"
	"fmt"
	"image"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/internal/pixels"
)

// checkError wants err to be kind, and nothing else, and to name every value.
func checkError(t *testing.T, err, kind error, names ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("error %v, want %v", err, kind)
	}
	for _, other := range []error{ErrConfig, ErrClass, ErrBox, blend.ErrLambda, blend.ErrShape, blend.ErrIndex, blend.ErrOverlap, blend.ErrNormalization} {
		if other != kind && errors.Is(err, other) {
			t.Errorf("error %v is %v as well", err, other)
		}
	}
	for _, name := range names {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("error %q does not name %s", err, name)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	cut := Config{Alpha: 1, CutMixAlpha: 1, Height: 8, Width: 8, Layout: HWC}
	for _, test := range []struct {
		name  string
		set   func(c *Config)
		names []string
	}{
		{"rank negative", func(c *Config) { c.Rank = -1 }, []string{"Rank", "-1"}},
		{"alpha negative", func(c *Config) { c.Alpha = -0.5 }, []string{"Alpha", "-0.5"}},
		{"alpha NaN", func(c *Config) { c.Alpha = math.NaN() }, []string{"Alpha", "NaN"}},
		{"alpha infinite", func(c *Config) { c.Alpha = math.Inf(1) }, []string{"Alpha", "+Inf"}},
		{"scope", func(c *Config) { c.Scope = 3 }, []string{"Scope", "3", "PerRow"}},
		{"scope negative", func(c *Config) { c.Scope = -1 }, []string{"Scope", "-1"}},
		{"pairing", func(c *Config) { c.Pairing = 4 }, []string{"Pairing", "4", "Roll"}},
		{"pairing negative", func(c *Config) { c.Pairing = -7 }, []string{"Pairing", "-7"}},
		{"pairs without pairs", func(c *Config) { c.Scope, c.Pairing = PerPair, Derangement }, []string{"Pairing", "Derangement", "Reversal", "PerPair"}},
		{"skip above 1", func(c *Config) { c.SkipProb = 1.5 }, []string{"SkipProb", "1.5"}},
		{"skip negative", func(c *Config) { c.SkipProb = -0.1 }, []string{"SkipProb", "-0.1"}},
		{"skip NaN", func(c *Config) { c.SkipProb = math.NaN() }, []string{"SkipProb", "NaN"}},
		{"switch above 1", func(c *Config) { c.SwitchProb = 2 }, []string{"SwitchProb = 2"}},
		{"switch negative", func(c *Config) { c.SwitchProb = -1 }, []string{"SwitchProb = -1"}},
		{"switch NaN", func(c *Config) { c.SwitchProb = math.NaN() }, []string{"SwitchProb = NaN"}},
		{"switch without mixup", func(c *Config) { c.Alpha, c.SwitchProb = 0, 0.3 }, []string{"SwitchProb = 0.3", "Alpha = 0", "CutMixAlpha = 1"}},
		{"switch without CutMix", func(c *Config) { c.CutMixAlpha, c.SwitchProb = 0, 1 }, []string{"SwitchProb = 1", "Alpha = 1", "CutMixAlpha = 0"}},
		{"cutmix alpha negative", func(c *Config) { c.CutMixAlpha = -1 }, []string{"CutMixAlpha", "-1"}},
		{"cutmix alpha NaN", func(c *Config) { c.CutMixAlpha = math.NaN() }, []string{"CutMixAlpha", "NaN"}},
		{"cutmix alpha infinite", func(c *Config) { c.CutMixAlpha = math.Inf(1) }, []string{"CutMixAlpha", "+Inf"}},
		{"no geometry", func(c *Config) { *c = Config{CutMixAlpha: 1} }, []string{": CutMixAlpha = 1 needs Height, Width and Layout", "Height = 0, Width = 0, Layout = none"}},
		{"height missing", func(c *Config) { c.Height = 0 }, []string{"Height = 0", "CutMixAlpha = 1 needs"}},
		{"layout missing", func(c *Config) { c.Layout = 0 }, []string{": Layout = none, want CHW, or HWC as decoders", "CutMixAlpha = 1"}},
		{"layout missing, without CutMix", func(c *Config) { c.CutMixAlpha, c.Layout = 0, 0 }, []string{": Layout = none, want CHW, or HWC as decoders"}},
		{"height missing, without CutMix", func(c *Config) { c.CutMixAlpha, c.Height = 0, 0 }, []string{"Height = 0", "all or none"}},
		{"width alone", func(c *Config) { *c = Config{Width: 5} }, []string{"Width = 5", "all or none"}},
		{"layout alone", func(c *Config) { *c = Config{Layout: HWC} }, []string{"HWC", "Height = 0"}},
		{"channels alone", func(c *Config) { *c = Config{Channels: 3} }, []string{"Channels = 3 needs Height, Width and Layout", "Height = 0"}},
		{"channels negative", func(c *Config) { c.Channels = -1 }, []string{"Channels = -1", "0 for any number"}},
		{"width negative", func(c *Config) { c.Width = -3 }, []string{"Width", "-3"}},
		{"image too large", func(c *Config) { c.Height, c.Width = math.MaxInt, 2 }, []string{"Height", "Width", "2"}},
		{"layout", func(c *Config) { c.Layout = 3 }, []string{"Layout", "3", "HWC"}},
		{"layout negative", func(c *Config) { c.Layout = -1 }, []string{"Layout", "-1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := cut
			test.set(&c)
			s, err := New(c)
			checkError(t, err, ErrConfig, test.names...)
			if s != nil {
				t.Error("a Sampler in spite of the error")
			}
		})
	}
	for _, fine := range []Config{{}, cut, {Alpha: math.MaxFloat64, SkipProb: 1}, {SkipProb: 0.5, Fold: true, Scope: PerRow, Pairing: Roll}, {Height: 3, Width: 4, Layout: CHW}, {Height: 3, Width: 4, Layout: CHW, Channels: 3}, {CutMixAlpha: 5e-324, Height: 1, Width: 1, Layout: HWC}} {
		if _, err := New(fine); err != nil {
			t.Error(err)
		}
	}
}

func TestStrings(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{PerBatch.String(), "PerBatch"}, {PerPair.String(), "PerPair"}, {PerRow.String(), "PerRow"}, {Scope(9).String(), "Scope(9)"},
		{Permutation.String(), "Permutation"}, {Derangement.String(), "Derangement"}, {Reversal.String(), "Reversal"}, {Roll.String(), "Roll"},
		{CHW.String(), "CHW"}, {HWC.String(), "HWC"}, {Layout(-1).String(), "Layout(-1)"},
	} {
		if test.got != test.want {
			t.Errorf("%s, want %s", test.got, test.want)
		}
	}
}

func TestDrawErrors(t *testing.T) {
	s := sampler(t, Config{Alpha: 1})
	var b Batch
	draw(t, s, &b, 3, 0, 0)
	was := text(&b)
	checkError(t, s.At(&b, -1, 0, 0), blend.ErrShape, "-1")
	checkError(t, s.Next(&b, -5), blend.ErrShape, "-5")
	for _, n := range []int{math.MaxInt, math.MaxInt - 1, pixels.MaxRows + 1} {
		checkError(t, s.At(&b, n, 0, 0), blend.ErrShape, fmt.Sprint(n, " rows"), fmt.Sprint(pixels.MaxRows))
		checkError(t, s.Next(&b, n), blend.ErrShape, fmt.Sprint(n, " rows"))
	}
	checkError(t, s.At(&b, 3, -1, 7), ErrConfig, "epoch = -1", "step = 7")
	checkError(t, s.At(&b, 3, 5, -2), ErrConfig, "epoch = 5", "step = -2")
	checkError(t, s.At(nil, 3, 0, 0), ErrConfig, "nil")
	checkError(t, s.Next(nil, 3), ErrConfig, "nil")
	checkError(t, (*Sampler)(nil).At(&b, 3, 0, 0), ErrConfig, "nil")
	checkError(t, (*Sampler)(nil).Next(&b, 3), ErrConfig, "nil")
	if text(&b) != was {
		t.Error("changed in spite of the error")
	}
	if math.MaxInt > math.MaxInt32 {
		most := math.MaxInt32 // a variable, or 32 bits would not hold the sum
		checkError(t, s.At(&b, most+1, 0, 0), blend.ErrShape, "2147483648")
		checkError(t, s.Next(&b, math.MaxInt), blend.ErrShape)
	}
	// A Next that fails draws nothing: step 0 is still to come.
	if err := s.Next(&b, 3); err != nil || text(&b) != was {
		t.Errorf("%v, and not step 0", err)
	}
	// Any epoch and step has a draw of its own.
	seen := map[string]bool{}
	for _, epoch := range []int{0, 1, math.MaxInt32, math.MaxInt} {
		for _, step := range []int{0, 1, math.MaxInt32, math.MaxInt} {
			draw(t, s, &b, 3, epoch, step)
			seen[text(&b)] = true
		}
	}
	want := 16
	if math.MaxInt == math.MaxInt32 {
		want = 9
	}
	if len(seen) != want {
		t.Errorf("%d draws differ, want %d", len(seen), want)
	}
}

func TestBoxErrors(t *testing.T) {
	for _, test := range []struct {
		height, width int
		lambda        float64
		cy, cx        int
		kind          error
		names         []string
	}{
		{0, 5, 0.5, 0, 0, ErrConfig, []string{"Height", "0"}},
		{5, -1, 0.5, 0, 0, ErrConfig, []string{"Width", "-1"}},
		{5, 5, 1.01, 0, 0, blend.ErrLambda, []string{"1.01"}},
		{5, 5, -1, 0, 0, blend.ErrLambda, []string{"-1"}},
		{5, 5, math.NaN(), 0, 0, blend.ErrLambda, []string{"NaN"}},
		{5, 6, 0.5, 5, 0, ErrBox, []string{"row 5", "5 × 6"}},
		{5, 6, 0.5, -1, 0, ErrBox, []string{"row -1"}},
		{5, 6, 0.5, 0, 6, ErrBox, []string{"column 6"}},
		{5, 6, 0.5, 0, -2, ErrBox, []string{"column -2"}},
	} {
		_, err := Box(test.height, test.width, test.lambda, test.cy, test.cx)
		checkError(t, err, test.kind, test.names...)
	}
}

func TestCutMixErrors(t *testing.T) {
	fine := image.Rect(1, 0, 4, 2)
	c, err := NewCutMix([]int{1, 0}, CHW, 5, 6, fine)
	if err != nil {
		t.Fatal(err)
	}
	rect := func(x0, y0, x1, y1 int) image.Rectangle { return image.Rectangle{image.Pt(x0, y0), image.Pt(x1, y1)} }
	for _, test := range []struct {
		name          string
		index         []int
		layout        Layout
		height, width int
		boxes         []image.Rectangle
		kind          error
		names         []string
	}{
		{"layout", []int{1, 0}, 3, 5, 6, []image.Rectangle{fine}, ErrConfig, []string{"Layout", "3"}},
		{"no layout", []int{1, 0}, 0, 5, 6, []image.Rectangle{fine}, ErrConfig, []string{"Layout", "HWC"}},
		{"height", []int{1, 0}, CHW, 0, 6, []image.Rectangle{fine}, ErrConfig, []string{"Height", "0"}},
		{"width", []int{1, 0}, CHW, 5, -6, []image.Rectangle{fine}, ErrConfig, []string{"Width", "-6"}},
		{"no box", []int{1, 0}, CHW, 5, 6, nil, blend.ErrShape, []string{"2 rows", "0 boxes"}},
		{"too many boxes", []int{1, 0}, CHW, 5, 6, make([]image.Rectangle, 3), blend.ErrShape, []string{"2 rows", "3 boxes"}},
		{"index", []int{1, 2}, CHW, 5, 6, []image.Rectangle{fine}, blend.ErrIndex, []string{"index[1] = 2"}},
		{"index negative", []int{-1, 1}, CHW, 5, 6, []image.Rectangle{fine}, blend.ErrIndex, []string{"index[0] = -1"}},
		{"box too wide", []int{1, 0}, CHW, 5, 6, []image.Rectangle{fine, rect(0, 0, 7, 1)}, ErrBox, []string{"box 1", "(7,1)", "5 × 6"}},
		{"box too high", []int{1, 0}, CHW, 5, 6, []image.Rectangle{rect(0, 0, 1, 6)}, ErrBox, []string{"box 0", "(1,6)", "5 × 6"}},
		{"box too far left", []int{1, 0}, CHW, 5, 6, []image.Rectangle{rect(-1, 0, 1, 1)}, ErrBox, []string{"(-1,0)"}},
		{"box too far up", []int{1, 0}, CHW, 5, 6, []image.Rectangle{rect(0, -1, 1, 1)}, ErrBox, []string{"(0,-1)"}},
		{"box of negative width", []int{1, 0}, CHW, 5, 6, []image.Rectangle{rect(2, 0, 1, 1)}, ErrBox, []string{"(2,0)"}},
		{"box of negative height", []int{1, 0}, CHW, 5, 6, []image.Rectangle{rect(0, 3, 1, 2)}, ErrBox, []string{"(0,3)"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			checkError(t, c.Reset(test.index, test.layout, test.height, test.width, test.boxes...), test.kind, test.names...)
			if c.Len() != 2 || c.Box(1) != fine || c.Index(0) != 1 || c.Lambda(0) != 0.8 || Layout(c.cut.Layout) != CHW || c.cut.Height != 5 || c.cut.Width != 6 {
				t.Error("changed in spite of the error")
			}
			if c, err := NewCutMix(test.index, test.layout, test.height, test.width, test.boxes...); c != nil || err == nil {
				t.Errorf("%v, %v", c, err)
			}
		})
	}
}

// What Paste and a Batch with cut rows refuse; nothing is written then.
func TestPasteErrors(t *testing.T) {
	c, err := NewCutMix([]int{1, 0}, CHW, 2, 2, image.Rect(0, 0, 1, 2))
	if err != nil {
		t.Fatal(err)
	}
	s := counting[float32](100)
	rows := func(offsets ...int) [][]float32 {
		r := make([][]float32, len(offsets))
		for i, o := range offsets {
			r[i] = s[o : o+4]
		}
		return r
	}
	for _, test := range []struct {
		name  string
		call  func() error
		kind  error
		names []string
	}{
		{"lengths", func() error { return Paste(c, s[:8], s[20:29]) }, blend.ErrShape, []string{"8", "9"}},
		{"odd length", func() error { return Paste(c, s[:9], s[20:29]) }, blend.ErrShape, []string{"2 rows", "9"}},
		{"no whole image", func() error { return Paste(c, s[:12], s[20:32]) }, blend.ErrShape, []string{"2 rows of 2 × 2 pixels of 1 channel are 8 elements, of 3 channels 24, of 4 32; dst has 12, x 12"}},
		{"overlap", func() error { return Paste(c, s[:8], s[7:15]) }, blend.ErrOverlap, []string{"dst and x have 32 and 32 bytes and begin 28 bytes apart"}},
		{"overlap below", func() error { return Paste(c, s[9:17], s[8:16]) }, blend.ErrOverlap, []string{"dst and x have 32 and 32 bytes and begin 4 bytes apart"}},
		{"no rows", func() error { return Paste(new(CutMix), s[:1], s[:1]) }, blend.ErrShape, []string{"0 rows", "1"}},
		{"no CutMix", func() error { return Paste(nil, s[:1], s[:1]) }, blend.ErrShape, []string{"0 rows", "1"}},
		{"rows of dst", func() error { return PasteRows(c, rows(0), rows(20, 30)) }, blend.ErrShape, []string{"2 rows", "1"}},
		{"rows of x", func() error { return PasteRows(c, rows(0, 10), rows(20, 30, 40)) }, blend.ErrShape, []string{"2 rows", "3"}},
		{"short row of x", func() error { return PasteRows(c, rows(0, 10), [][]float32{s[20:24], s[30:33]}) }, blend.ErrShape, []string{"row 1", "4", "3"}},
		{"long row of dst", func() error { return PasteRows(c, [][]float32{s[0:5], s[10:14]}, rows(20, 30)) }, blend.ErrShape, []string{"row 0", "4", "5"}},
		{"rows without a whole image", func() error {
			return PasteRows(c, [][]float32{s[0:5], s[10:15]}, [][]float32{s[20:25], s[30:35]})
		}, blend.ErrShape, []string{"1 row of 2 × 2 pixels of 1 channel is 4 elements, of 3 channels 12, of 4 16; row 0 of dst has 5, row 0 of x 5"}},
		{"dst rows overlap", func() error { return PasteRows(c, rows(3, 0), rows(20, 30)) }, blend.ErrOverlap, []string{"rows 0 and 1 of dst", "12 bytes"}},
		{"dst rows are one, in place", func() error { return PasteRows(c, rows(3, 3), rows(3, 3)) }, blend.ErrOverlap, []string{"of dst", "0 bytes"}},
		{"dst overlaps another row", func() error { return PasteRows(c, rows(0, 10), rows(20, 12)) }, blend.ErrOverlap, []string{"row 1 of dst and row 1 of x", "8 bytes"}},
		{"dst is another row", func() error { return PasteRows(c, rows(0, 10), rows(10, 0)) }, blend.ErrOverlap, []string{"0 bytes"}},
		{"one row in place", func() error { return PasteRows(c, rows(0, 10), rows(0, 20)) }, blend.ErrOverlap, []string{"row 0 of", "0 bytes"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			was := slices.Clone(s)
			checkError(t, test.call(), test.kind, test.names...)
			if !slices.Equal(s, was) {
				t.Error("written in spite of the error")
			}
		})
	}
	if err := PasteRows(c, rows(0, 10), rows(20, 20)); err != nil {
		t.Errorf("rows of x that repeat: %v", err)
	}
	if err := PasteRows(c, rows(4, 0), rows(12, 8)); err != nil {
		t.Errorf("rows side by side: %v", err)
	}
	if err := Paste(c, s[:8], s[8:16]); err != nil {
		t.Errorf("batches side by side: %v", err)
	}
	for _, err := range []error{
		Paste(c, s[:0], s[:0]), PasteRows(c, [][]float32{nil, {}}, [][]float32{{}, nil}), Paste[float32]((*CutMix)(nil), nil, nil), Paste[float32](nil, nil, nil), PasteRows[int](nil, nil, nil),
	} {
		if err != nil {
			t.Errorf("nothing to paste: %v", err)
		}
	}
}

// A Normalization of other images than the batch's, or rows that are none; nothing is written then.
func TestGeometryErrors(t *testing.T) {
	norm := func(channels int, from Layout) *blend.Normalization {
		n, err := blend.NewNormalization(make([]float64, channels), []float64{1, 1, 1}[:channels], from, from)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, c := range []Config{
		{CutMixAlpha: 1, Height: 2, Width: 2, Layout: HWC},
		{CutMixAlpha: 1, SkipProb: 1, Height: 2, Width: 2, Layout: HWC}, // whether a row was cut or not
		{Alpha: 1, Height: 2, Width: 2, Layout: HWC},
	} {
		var b Batch
		draw(t, sampler(t, c), &b, 3, 0, 0)
		for _, test := range []struct {
			name  string
			cols  int
			n     *blend.Normalization
			kind  error
			names []string
		}{
			{"another layout", 12, norm(3, CHW), blend.ErrNormalization, []string{"CHW", "HWC"}},
			{"other pixels", 12, norm(2, HWC), blend.ErrShape, []string{"of 2 × 2 pixels of 2 bytes are 24 elements, x has 36 (3 of 3 bytes a pixel)", "of 2 channels are 24 elements, dst has 36"}},
			{"two images a row", 24, norm(3, HWC), blend.ErrShape, []string{"are 36 elements, x has 72 (6 rows)", "dst has 72"}},
			{"no whole image", 15, norm(3, HWC), blend.ErrShape, []string{"3 rows of 2 × 2 pixels of 3 bytes are 36 elements, x has 45"}},
			{"nil", 12, nil, blend.ErrNormalization, nil},
		} {
			x := make([]uint8, 3*test.cols)
			dst, halves := make([]float32, len(x)), make([]bfloat16, len(x))
			checkError(t, b.NormalizeFloat32(dst, x, test.n), test.kind, test.names...)
			checkError(t, NormalizeBFloat16(&b, halves, x, test.n), test.kind, test.names...)
			if slices.ContainsFunc(dst, func(v float32) bool { return v != 0 }) {
				t.Errorf("%s: written in spite of the error", test.name)
			}
		}
		checkError(t, b.Uint8(make([]uint8, 15), make([]uint8, 15)), blend.ErrShape, "3 rows of 2 × 2 pixels", "dst has 15, x 15")
		x := make([]uint8, 3*4)
		if err := b.NormalizeFloat32(make([]float32, len(x)), x, norm(1, 0)); err != nil {
			t.Errorf("one channel has no layout: %v", err)
		}
		draw(t, sampler(t, c), &b, 0, 0, 0)
		if err := b.NormalizeFloat32(nil, nil, norm(3, CHW)); err != nil {
			t.Errorf("no rows: %v", err)
		}
	}
}

// A batch of fewer rows than were drawn can be as many images of fewer channels: only Channels says that they are none.
func TestChannels(t *testing.T) {
	const side, rows, short = 4, 96, 64
	const row = 3 * side * side
	x, dst := counting[uint8](rows*row), make([]uint8, rows*row)
	floats, halves := make([]float32, rows*row), make([]bfloat16, rows*row)
	var any, three Batch
	draw(t, sampler(t, Config{Alpha: 1, Height: side, Width: side, Layout: HWC}), &any, rows, 0, 0)
	draw(t, sampler(t, Config{Alpha: 1, CutMixAlpha: 1, Height: side, Width: side, Layout: HWC, Channels: 3}), &three, rows, 0, 0)
	if err := any.Uint8(make([]uint8, short*row), x[:short*row]); err != nil {
		t.Fatal(err) // two channels may be meant
	}
	each := func(s []uint8, n int) [][]uint8 {
		rows := make([][]uint8, rows)
		for i := range rows {
			rows[i] = s[i*n:][:n]
		}
		return rows
	}
	want := "96 rows of 4 × 4 pixels of 3 channels are 4608 elements, "
	const of = "has 3072 (64 rows, or 96 of 2 channels a pixel)"
	for _, test := range []struct {
		name, want string
		call       func(n int) error // with so many of the elements
	}{
		{"Uint8", want + "x " + of + "; " + want + "dst " + of, func(n int) error { return three.Uint8(dst[:n], x[:n]) }},
		{"in place", want + "x " + of, func(n int) error { return three.Uint8(x[:n], x[:n]) }},
		{"Uint8Rows", "1 row of 4 × 4 pixels of 3 channels is 48 elements, row 0 of x has 32", func(n int) error {
			return three.Uint8Rows(each(dst, n/rows), each(x, n/rows))
		}},
		{"Float32", want + "x " + of, func(n int) error { return three.Float32(floats[:n], slices.Clone(floats[:n])) }},
		{"MixBFloat16", want + "x " + of, func(n int) error { return MixBFloat16(&three, halves[:n], slices.Clone(halves[:n])) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			was := slices.Clone(x)
			checkError(t, test.call(short*row), blend.ErrShape, test.want)
			if !slices.Equal(x, was) || slices.ContainsFunc(dst, func(v uint8) bool { return v != 0 }) {
				t.Error("something was written")
			}
			if err := test.call(rows * row); err != nil {
				t.Error(err)
			}
			clear(dst)
		})
	}
	// Normalizing, the Normalization says how many bytes a pixel has.
	n, err := blend.NewNormalization(make([]float64, 3), []float64{1, 1, 1}, HWC, CHW)
	if err != nil {
		t.Fatal(err)
	}
	n.PixelBytes = 4
	if err := three.NormalizeFloat32(floats, make([]uint8, rows*4*side*side), n); err != nil {
		t.Error(err)
	}
	draw(t, sampler(t, Config{Height: side, Width: side, Layout: HWC, Channels: 3}), &three, 0, 0, 0)
	if err := three.Uint8(nil, nil); err != nil {
		t.Error(err)
	}
}

// Where the geometry is known, an error names the slice of another length, and the length that it should have.
func TestLengthErrors(t *testing.T) {
	const side, pixels, rows = 224, 224 * 224, 4
	norm := func(bytes int) *blend.Normalization {
		n, err := blend.NewNormalization(make([]float64, 3), []float64{1, 1, 1}, HWC, CHW)
		if err != nil {
			t.Fatal(err)
		}
		n.PixelBytes = bytes
		return n
	}
	var b Batch
	draw(t, sampler(t, Config{CutMixAlpha: 1, Height: side, Width: side, Layout: HWC}), &b, rows, 0, 0)
	m, err := NewMasks([]int{1, 2, 3, 0}, HWC, side, side, make([]uint8, pixels))
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCutMix([]int{1, 2, 3, 0}, HWC, side, side, image.Rect(0, 0, 1, 1))
	if err != nil {
		t.Fatal(err)
	}
	dst, bytes, x := make([]bfloat16, 5*3*pixels), make([]uint8, 6*4*pixels), counting[uint8](6*4*pixels)
	normalize := func(dstLen, xLen, pixelBytes int) func(Mixer) error {
		return func(m Mixer) error { return NormalizeBFloat16(m, dst[:dstLen], x[:xLen], norm(pixelBytes)) }
	}
	mix := func(dstLen, xLen int) func(Mixer) error {
		return func(m Mixer) error {
			return m.(interface{ Uint8(dst, x []uint8) error }).Uint8(bytes[:dstLen], x[:xLen])
		}
	}
	each := func(dstLen, xLen int) func(Mixer) error {
		return func(m Mixer) error {
			d, s := make([][]bfloat16, rows), make([][]uint8, rows)
			for i := range d {
				d[i], s[i] = dst[i*3*pixels:][:3*pixels], x[i*4*pixels:][:4*pixels]
			}
			d[2], s[2] = d[2][:dstLen], s[2][:xLen]
			return NormalizeBFloat16Rows(m, d, s, norm(4))
		}
	}
	const (
		wantX   = "4 rows of 224 × 224 pixels of 4 bytes are 802816 elements, x has "
		wantDst = "4 rows of 224 × 224 pixels of 3 channels are 602112 elements, dst has "
	)
	for _, test := range []struct {
		name string
		call func(Mixer) error
		want string
	}{
		{"the last batch is short", normalize(3*3*pixels, 3*4*pixels, 4), wantX + "602112 (3 rows, or 4 of 3 bytes a pixel); " + wantDst + "451584 (3 rows)"},
		{"x has one image too few", normalize(4*3*pixels, 3*4*pixels, 4), wantX + "602112 (3 rows, or 4 of 3 bytes a pixel); dst has 602112, as it should"},
		{"x has one image too many", normalize(4*3*pixels, 5*4*pixels, 4), wantX + "1003520 (5 rows); dst has 602112, as it should"},
		{"x ends in a pixel", normalize(4*3*pixels, 4*4*pixels-1, 4), wantX + "802815; dst has 602112, as it should"},
		{"dst has one image too few", normalize(3*3*pixels, 4*4*pixels, 4), wantDst + "451584 (3 rows); x has 802816, as it should"},
		{"dst is empty", normalize(0, 4*4*pixels, 4), wantDst + "0; x has 802816, as it should"},
		{"PixelBytes forgotten", normalize(4*3*pixels, 4*4*pixels, 0),
			"4 rows of 224 × 224 pixels of 3 bytes are 602112 elements, x has 802816 (4 of 4 bytes a pixel: RGBA has PixelBytes 4); dst has 602112, as it should"},
		{"a row of x", each(3*pixels, 3*pixels), "1 row of 224 × 224 pixels of 4 bytes is 200704 elements, row 2 of x has 150528 (1 of 3 bytes a pixel); row 2 of dst has 150528, as it should"},
		{"a row of dst", each(0, 4*pixels), "1 row of 224 × 224 pixels of 3 channels is 150528 elements, row 2 of dst has 0; row 2 of x has 200704, as it should"},
		{"mixed, 3 rows", mix(3*3*pixels, 3*3*pixels), "4 rows of 224 × 224 pixels of 1 channel are 200704 elements, of 3 channels 602112, of 4 802816; dst has 451584, x 451584"},
		{"mixed, 256 × 256", mix(4*4*65536, 4*4*65536), "dst has 1048576, x 1048576"},
		{"mixed, 3 rows of x", mix(4*3*pixels, 3*3*pixels), "4 rows of 224 × 224 pixels of 3 channels are 602112 elements, x has 451584 (3 rows); dst has 602112, as it should"},
		{"mixed, 3 rows of dst", mix(3*3*pixels, 4*3*pixels), "4 rows of 224 × 224 pixels of 3 channels are 602112 elements, dst has 451584 (3 rows); x has 602112, as it should"},
		{"mixed, other channels", mix(4*3*pixels, 4*4*pixels), "4 rows, dst has 602112 elements, x 802816: want one length"},
	} {
		for _, m := range []Mixer{&b, c, m} {
			t.Run(fmt.Sprintf("%s/%T", test.name, m), func(t *testing.T) {
				checkError(t, test.call(m), blend.ErrShape, test.want)
			})
		}
	}
	if slices.ContainsFunc(dst, func(v bfloat16) bool { return v != 0 }) || slices.ContainsFunc(bytes, func(v uint8) bool { return v != 0 }) {
		t.Error("written in spite of an error")
	}
	// The length that is wanted may be more than an int holds.
	huge, err := NewCutMix([]int{0, 1, 2, 3}, HWC, math.MaxInt, 1, image.Rectangle{})
	if err != nil {
		t.Fatal(err)
	}
	checkError(t, NormalizeBFloat16(huge, dst[:12], x[:16], norm(4)), blend.ErrShape, "4 rows of")
	checkError(t, huge.Uint8(bytes[:12], x[:12]), blend.ErrShape, "4 rows of")
}

func TestLabelErrors(t *testing.T) {
	p, err := blend.NewPlan([]int{1, 0}, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	dst := counting[float32](20)
	for _, test := range []struct {
		name  string
		call  func() error
		kind  error
		names []string
	}{
		{"class too large", func() error { return OneHot(p, dst[:6], []int{0, 3}, 3, 0) }, ErrClass, []string{"class[1] = 3, ids of 3 classes are 0 … 2"}},
		{"class negative", func() error { return OneHot(p, dst[:6], []int8{-1, 0}, 3, 0) }, ErrClass, []string{"class[0] = -1"}},
		{"class beyond int64", func() error { return OneHot(p, dst[:6], []uint64{0, 1 << 63}, 3, 0) }, ErrClass, []string{"9223372036854775808"}},
		{"class beyond 32 bits", func() error { return OneHot(p, dst[:6], []int64{1 << 32, 0}, 3, 0) }, ErrClass, []string{"4294967296"}},
		{"no classes", func() error { return OneHot(p, nil, []int{0, 0}, 0, 0) }, ErrConfig, []string{"classes = 0"}},
		{"negative classes", func() error { return OneHot(p, dst[:6], []int{0, 0}, -3, 0) }, ErrConfig, []string{"classes = -3"}},
		{"smoothing 1", func() error { return OneHot(p, dst[:6], []int{0, 0}, 3, 1) }, ErrConfig, []string{"smoothing = 1"}},
		{"smoothing negative", func() error { return OneHot(p, dst[:6], []int{0, 0}, 3, -0.1) }, ErrConfig, []string{"smoothing = -0.1"}},
		{"smoothing NaN", func() error { return OneHot(p, dst[:6], []int{0, 0}, 3, math.NaN()) }, ErrConfig, []string{"smoothing = NaN"}},
		{"too few ids", func() error { return OneHot(p, dst[:6], []int{0}, 3, 0) }, blend.ErrShape, []string{"2 rows", "1 class"}},
		{"dst too short", func() error { return OneHot(p, dst[:5], []int{0, 0}, 3, 0) }, blend.ErrShape, []string{"2 rows", "5 elements", "3 classes"}},
		{"dst too long", func() error { return OneHot(p, dst[:9], []int{0, 0}, 3, 0) }, blend.ErrShape, []string{"9 elements"}},
		{"classes times rows overflows", func() error { return OneHot(p, nil, []int{0, 0}, math.MaxInt/2+1, 0) }, blend.ErrShape, []string{"0 elements"}},
		{"partners, short dst", func() error { return Partners(p, dst[:1], dst[10:12]) }, blend.ErrShape, []string{"2 rows", "1"}},
		{"partners, long y", func() error { return Partners(p, dst[:2], dst[10:13]) }, blend.ErrShape, []string{"2 rows", "3"}},
		{"partners in place", func() error { return Partners(p, dst[:2], dst[:2]) }, blend.ErrOverlap, []string{"dst and y have 8 and 8 bytes and begin at the same byte"}},
		{"soft smoothing 1", func() error { return SoftLabels(p, dst[:6], dst[10:16], 1) }, ErrConfig, []string{"smoothing = 1"}},
		{"soft smoothing NaN", func() error { return SoftLabels(p, dst[:6], dst[10:16], math.NaN()) }, ErrConfig, []string{"smoothing = NaN"}},
		{"soft, short dst", func() error { return SoftLabels(p, dst[:4], dst[10:16], 0) }, blend.ErrShape, []string{"2 rows", "4 elements", "y 6"}},
		{"soft, odd length", func() error { return SoftLabels(p, dst[:5], dst[10:15], 0) }, blend.ErrShape, []string{"2 rows", "5 elements"}},
		{"soft overlap", func() error { return SoftLabels(p, dst[1:7], dst[:6], 0) }, blend.ErrOverlap, []string{"dst and y have 24 and 24 bytes and begin"}},
		{"soft overlap above", func() error { return SoftLabels(p, dst[:6], dst[5:11], 0.1) }, blend.ErrOverlap, []string{"dst and y have 24 and 24 bytes and begin"}},
		{"partners overlap", func() error { return Partners(p, dst[1:3], dst[:2]) }, blend.ErrOverlap, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			was := slices.Clone(dst)
			checkError(t, test.call(), test.kind, test.names...)
			if !slices.Equal(dst, was) {
				t.Error("written in spite of the error")
			}
		})
	}
	for _, err := range []error{
		SoftLabels(nil, nil, nil, 0), SoftLabels(p, nil, dst[:0], 0.5), SoftLabels(p, dst[:6], dst[6:12], 0), SoftLabels(p, dst[6:12], dst[:6], 0.1),
		OneHot[int](nil, nil, nil, 5, 0), OneHot(new(blend.Plan), nil, []int{}, 1, 0), Partners[string](nil, nil, nil),
	} {
		if err != nil {
			t.Errorf("no rows: %v", err)
		}
	}
}
