package mixup

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/mixblend/blend"
)

// others are Shares of somebody else's type.
type others struct {
	rows   int
	index  []int
	lambda []float64
}

func (o *others) Len() int {
	if o == nil {
		return 0
	}
	return o.rows
}
func (o *others) Index(i int) int      { return o.index[i] }
func (o *others) Lambda(i int) float64 { return o.lambda[i] }

// Label functions take any type with the three methods, and check what it says before they write.
func TestOthersShares(t *testing.T) {
	calls := func(s Shares, dst, y []float32, class, partners []int) [3]error {
		return [3]error{OneHot(s, dst, class, 3, 0), SoftLabels(s, dst, y, 0.1), Partners(s, partners, class)}
	}
	for _, test := range []struct {
		name  string
		s     others
		kind  error
		names []string
	}{
		{"index too large", others{2, []int{1, 2}, []float64{0, 1}}, blend.ErrIndex, []string{"ndex", "1", "= 2", "2 rows"}},
		{"index negative", others{2, []int{-1, 0}, []float64{0, 1}}, blend.ErrIndex, []string{"= -1"}},
		{"index smallest", others{2, []int{0, math.MinInt}, []float64{0, 1}}, blend.ErrIndex, []string{"= -"}},
		{"lambda too large", others{2, []int{1, 0}, []float64{0.5, 1.5}}, blend.ErrLambda, []string{"ambda", "1", "= 1.5"}},
		{"lambda negative", others{2, []int{1, 0}, []float64{-0.1, 1}}, blend.ErrLambda, []string{"= -0.1"}},
		{"lambda NaN", others{2, []int{1, 0}, []float64{1, math.NaN()}}, blend.ErrLambda, []string{"= NaN"}},
		{"lambda infinite", others{2, []int{1, 0}, []float64{math.Inf(1), 1}}, blend.ErrLambda, []string{"= +Inf"}},
		{"negative rows", others{rows: -2}, blend.ErrShape, []string{"-2 rows"}},
		{"other rows", others{3, []int{0, 1, 2}, []float64{1, 1, 1}}, blend.ErrShape, []string{"3 rows"}},
		{"any number of rows", others{rows: math.MaxInt}, blend.ErrShape, nil}, // not asked for each
	} {
		t.Run(test.name, func(t *testing.T) {
			all := counting[float32](16)
			dst, y := all[:8][:6], all[8:][:6]
			if test.name == "other rows" {
				dst, y = all[:8], all[8:]
			}
			class, partners := []int{0, 2}, []int{7, 7}
			was := slices.Clone(all)
			for i, err := range calls(&test.s, dst, y, class, partners) {
				if err == nil {
					t.Fatalf("call %d: no error", i)
				}
				checkError(t, err, test.kind, test.names...)
			}
			if !slices.Equal(all, was) || !slices.Equal(partners, []int{7, 7}) {
				t.Error("written in spite of the error")
			}
		})
	}
	for name, s := range map[string]Shares{"nil": nil, "nil of a type": (*others)(nil), "no Batch": (*Batch)(nil),
		"no CutMix": (*CutMix)(nil), "no Plan": (*blend.Plan)(nil), "empty": new(others)} {
		if err := errors.Join(Partners[int](s, nil, nil), SoftLabels(s, nil, nil, 0), OneHot[int](s, nil, nil, 3, 0)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		checkError(t, SoftLabels(s, make([]float32, 1), make([]float32, 1), 0), blend.ErrShape, "0 rows", "never filled by Reset, At or Next", "1")
		checkError(t, Partners(s, make([]int, 1), make([]int, 1)), blend.ErrShape, "0 rows", "never filled by Reset, At or Next", "1")
		checkError(t, OneHot(s, make([]float32, 3), make([]int, 1), 3, 0), blend.ErrShape, "0 rows", "never filled by Reset, At or Next", "1 class")
	}
}

// What others' types say is what the Plan of the same values says.
func TestOthersSharesMix(t *testing.T) {
	s := &others{4, []int{2, 2, 0, 1}, []float64{0.3, 1, 0, 0.75}}
	p, err := blend.NewPlan(s.index, s.lambda...)
	if err != nil {
		t.Fatal(err)
	}
	class, y := []int{0, 1, 2, 2}, []float32{1, 0, 0, 0, 1, 0, 0, 0, 1, 0.25, 0.5, 0.25}
	var got, want [3][]float32
	var partners [2][]int
	for i, s := range []Shares{s, p} {
		for j := range got {
			got[j] = make([]float32, 12)
		}
		partners[i] = make([]int, 4)
		if err := errors.Join(OneHot(s, got[0], class, 3, 0.1), SoftLabels(s, got[1], y, 0), SoftLabels(s, got[2], y, 0.2),
			Partners(s, partners[i], class)); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			got, want = want, got
		}
	}
	for j := range got {
		if !slices.EqualFunc(got[j], want[j], sameBits) {
			t.Errorf("call %d: got %v, want %v", j, want[j], got[j])
		}
	}
	if !slices.Equal(partners[0], []int{2, 2, 0, 1}) || !slices.Equal(partners[1], partners[0]) {
		t.Errorf("partners' classes %v and %v", partners[0], partners[1])
	}
}
