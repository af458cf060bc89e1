package mixup

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"image"
	"math"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/kernels"
)

//go:embed testdata/golden.json.gz
var goldenData []byte

// hexFloat is a float64 written by Python's float.hex.
type hexFloat float64

func (f *hexFloat) UnmarshalText(s []byte) error {
	v, err := strconv.ParseFloat(string(s), 64)
	*f = hexFloat(v)
	return err
}

// floats is float32 in little-endian order, in base64.
type floats []float32

func (f *floats) UnmarshalJSON(s []byte) error {
	var b []byte
	if err := json.Unmarshal(s, &b); err != nil {
		return err
	}
	for ; len(b) >= 4; b = b[4:] {
		*f = append(*f, math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	return nil
}

type goldenSet struct {
	Rows, Height, Width int
	Uint8               []byte
	Float32             floats
	Batches             []struct {
		Name, Mode, Type string
		Smoothing        float64
		Classes          int
		Class            []int
		Lambda           []int // in units of 2⁻¹⁵
		Cut              []bool
		Centres          []int // row, column, row, column, …
		Boxes            [][4]int
		Corrected        []hexFloat
		Want             []byte
		Soft, Labels     floats // labels of each row, where there is no class of one; and mixed
	}
	Boxes []struct {
		Height, Width, Step int
		SHA256              string
		Spots               []struct {
			K, CY, CX int
			Box       [4]int
			Lambda    hexFloat
		}
	}
	Cifar []struct {
		Lambda       hexFloat
		Index        []int
		X, Want      floats
		YA           []int `json:"y_a"`
		YB           []int `json:"y_b"`
		Losses, Loss floats
		Double       []hexFloat
	}
	Betas []struct {
		Alpha, Mean, Var, Kurtosis float64
		K                          []int
		CDF                        []float64
	}
}

var golden = sync.OnceValue(func() *goldenSet {
	z, err := gzip.NewReader(bytes.NewReader(goldenData))
	if err != nil {
		panic(err)
	}
	set := new(goldenSet)
	if err := json.NewDecoder(z).Decode(set); err != nil {
		panic(err)
	}
	return set
})

func sameBits(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }

// Whole batches of timm: pixels and labels, each call in place and out of place, for the λ, boxes and pairing that timm drew.
func TestTimmBatches(t *testing.T) {
	set := golden()
	modes := map[string]Scope{"batch": PerBatch, "pair": PerPair, "elem": PerRow}
	kinds := map[string]int{}
	for _, c := range set.Batches {
		t.Run(c.Name+" "+c.Type, func(t *testing.T) {
			config := Config{Height: set.Height, Width: set.Width, Layout: CHW}
			n := set.Rows
			b := &Batch{index: make([]int, n)}
			new(source).partners(b.index, Reversal)
			for i, k := range c.Lambda {
				s := share{lambda: float64(k) / kernels.One}
				if c.Cut[i] && s.lambda < 1 {
					s.box = box(set.Height, set.Width, s.lambda, c.Centres[0], c.Centres[1])
					if got := corners(s.box); got != c.Boxes[0] {
						t.Fatalf("share %d: box %v, want %v", i, got, c.Boxes[0])
					}
					if got := boxLambda(s.box, set.Height, set.Width, 1); got != float64(c.Corrected[0]) {
						t.Fatalf("share %d: corrected lambda %v, want %v", i, got, c.Corrected[0])
					}
					if s.box.Empty() {
						s = share{lambda: 1}
					}
					c.Centres, c.Boxes, c.Corrected = c.Centres[2:], c.Boxes[1:], c.Corrected[1:]
				}
				b.shares = append(b.shares, s)
			}
			if len(c.Boxes) != 0 {
				t.Fatalf("%d boxes left", len(c.Boxes))
			}
			if modes[c.Mode] == PerPair {
				for i := n/2 - 1; i >= 0; i-- {
					b.shares = append(b.shares, b.shares[i])
				}
			}
			err := b.reset(&config)
			if err != nil {
				t.Fatal(err)
			}
			kinds[c.Mode+": "+kindsOf(b)]++
			switch c.Type {
			case "uint8":
				checkMix(t, b, set.Uint8, c.Want, (*Batch).Uint8, (*Batch).Uint8Rows)
			case "float32":
				var want []float32
				for w := c.Want; len(w) > 0; w = w[4:] {
					want = append(want, math.Float32frombits(binary.LittleEndian.Uint32(w)))
				}
				checkMix(t, b, set.Float32, want, (*Batch).Float32, (*Batch).Float32Rows)
			}
			labels := make([]float32, n*c.Classes)
			if c.Soft != nil {
				err = SoftLabels(b, labels, c.Soft, c.Smoothing)
			} else {
				err = OneHot(b, labels, c.Class, c.Classes, c.Smoothing)
			}
			if err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(labels, c.Labels, sameBits) {
				t.Errorf("labels %v, want %v", labels, c.Labels)
			}
		})
	}
	for _, want := range []string{"batch: blended", "batch: cut", "batch: kept", "pair: blended cut", "pair: blended kept", "pair: cut kept",
		"elem: blended cut", "elem: blended kept", "elem: cut kept", "elem: blended cut kept"} {
		if kinds[want] == 0 {
			t.Errorf("no %s among %v", want, kinds)
		}
	}
}

// checkMix runs both forms of a call, out of place and in place.
func checkMix[T Element](t *testing.T, b *Batch, x, want []T, flat func(b *Batch, dst, x []T) error, rows func(b *Batch, dst, x [][]T) error) {
	t.Helper()
	for _, inPlace := range []bool{false, true} {
		for _, each := range []bool{false, true} {
			src := slices.Clone(x)
			dst := src
			if !inPlace {
				dst = make([]T, len(x))
			}
			var err error
			if each {
				d, _ := blend.Rows(dst, b.Len())
				s, _ := blend.Rows(src, b.Len())
				err = rows(b, d, s)
			} else {
				err = flat(b, dst, src)
			}
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(dst, want) {
				t.Errorf("in place %v, one slice a row %v: pixels differ", inPlace, each)
			}
			if !inPlace && !slices.Equal(src, x) {
				t.Errorf("one slice a row %v: the input was written", each)
			}
		}
	}
}

// corners are in timm's order.
func corners(b image.Rectangle) [4]int { return [4]int{b.Min.Y, b.Max.Y, b.Min.X, b.Max.X} }

func TestTimmBoxes(t *testing.T) {
	for _, c := range golden().Boxes {
		hash := sha256.New()
		for k := 0; k <= kernels.One; k += c.Step {
			// int64: on a 32-bit CPU the products overflow.
			cy, cx := int(int64(k)*7919%int64(c.Height)), int(int64(k)*104729%int64(c.Width))
			b, err := Box(c.Height, c.Width, float64(k)/kernels.One, cy, cx)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range corners(b) {
				binary.Write(hash, binary.LittleEndian, int64(v))
			}
			lambda := boxLambda(b, c.Height, c.Width, 1)
			binary.Write(hash, binary.LittleEndian, lambda)
			for _, s := range c.Spots {
				if s.K == k && (s.CY != cy || s.CX != cx || s.Box != corners(b) || float64(s.Lambda) != lambda) {
					t.Errorf("%d × %d: got %v, lambda %v; want %+v", c.Height, c.Width, b, lambda, s)
				}
			}
		}
		if got := hex.EncodeToString(hash.Sum(nil)); got != c.SHA256 {
			t.Errorf("%d × %d: some boxes differ from timm's", c.Height, c.Width)
		}
	}
}

// mixup-cifar10's mixup_data and mixup_criterion, at any λ.
func TestMixupCifar10(t *testing.T) {
	for _, c := range golden().Cifar {
		p, err := blend.NewPlan(c.Index, float64(c.Lambda))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, len(c.X))
		if err := p.Float32(got, c.X); err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(got, c.Want, sameBits) {
			t.Errorf("lambda %v: pixels differ", c.Lambda)
		}
		yb := make([]int, len(c.YA))
		if err := Partners(p, yb, c.YA); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(yb, c.YB) {
			t.Errorf("lambda %v: partners' labels %v, want %v", c.Lambda, yb, c.YB)
		}
		for i, want := range c.Loss {
			a, b := c.Losses[2*i], c.Losses[2*i+1]
			if got := Loss(float64(c.Lambda), a, b); !sameBits(got, want) {
				t.Errorf("lambda %v: float32 loss %v, want %v", c.Lambda, got, want)
			}
			if got := Loss(float64(c.Lambda), float64(a), float64(b)); got != float64(c.Double[i]) {
				t.Errorf("lambda %v: float64 loss %v, want %v", c.Lambda, got, c.Double[i])
			}
		}
	}
}
