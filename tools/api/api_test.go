package main

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
)

// The texts are those of the API as it is.
func TestCurrent(t *testing.T) {
	var out bytes.Buffer
	if changed, err := run("../..", false, &out); changed || err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// Every kind of change since a text is found, and called what it is.
func TestCompare(t *testing.T) {
	now, err := load("../..", "amd64")
	if err != nil {
		t.Fatal(err)
	}
	texts, err := texts(now)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path      string // of the package
		now, then string
		want      string // "" if nothing has changed
	}{
		{"", "func Quantize(lambda float64) float64", "func Quantize(lambda float32) float64", "incompatible: Quantize: changed from"},
		{"", "func Quantize(lambda float64) float64", "", "compatible: Quantize: added"},
		{"", "func Quantize(", "func Gone()\nfunc Quantize(", "incompatible: Gone: removed"},
		{"", "Rows[T any](x []T", "Rows[T int](x []T", ""}, // which is why the lines are compared, too
		{"", "MixFloat16[T ~uint16](p *Plan, dst []T", "MixFloat16[T ~uint16](plan *Plan, dst []T", ""},
		{"", "const HWC Layout = 2", "const HWC Layout = 1", "incompatible: HWC: value changed"},
		{"", "From       Layout", "From int", "incompatible: Normalization.From: changed from"},
		{"", "From       Layout\n", "", "compatible: Normalization.From: added"},
		{"", "type Plan struct {\n\tWorkers int\n\tStore   StoreMode\n\t_       []struct{}", "type Plan struct {\n\tWorkers int\n\tStore   StoreMode\n\t_       struct{}",
			"incompatible: Plan: old is comparable, new is not"},
		{"", "func (*Plan) Len() int", "func (*Plan) Len() int64", "incompatible: (*Plan).Len: changed from"},
		{"", "var ErrShape error", "", "compatible: ErrShape: added"},
		{"/mixup", "const Roll Pairing = 3", "const Roll Scope = 3", "incompatible: Roll: changed from Scope to Pairing"},
		{"/kernels", "const One = 32768", "const One = 255", "incompatible: One: value changed"},
	} {
		old := maps.Clone(texts)
		text := string(old[root+c.path])
		if strings.Count(text, c.now) != 1 {
			t.Errorf("%s: %d times %q", c.path, strings.Count(text, c.now), c.now)
			continue
		}
		old[root+c.path] = []byte(strings.Replace(text, c.now, c.then, 1))
		changes, err := compare(old, now)
		if err != nil {
			t.Errorf("%q for %q: %v", c.then, c.now, err)
			continue
		}
		if c.want == "" && len(changes) == 0 {
			continue
		}
		if len(changes) != 1 || !strings.HasPrefix(changes[0].String(), root+c.path+": "+c.want) || c.want == "" {
			t.Errorf("%q for %q: %v, want %q", c.then, c.now, changes, c.want)
		}
	}
	old := maps.Clone(texts)
	delete(old, root+"/kernels")
	old[root+"/gone"] = []byte("package gone")
	changes, err := compare(old, now)
	if err != nil || len(changes) != 2 || !changes[0].Compatible || changes[1].Compatible {
		t.Errorf("packages: %v, %v", changes, err)
	}
}

func TestDifference(t *testing.T) {
	got := difference("a\nRows[T int]\nb", "a\nRows[T any]\nb")
	if want := []string{"-Rows[T int]", "+Rows[T any]"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := difference("a\nb\n", "a\nb\n"); len(got) != 0 {
		t.Errorf("%q", got)
	}
}
