// Package bench measures how fast blend and others mix a batch, and holds the results: what mixup bench and the peers write, and
// mixup compare reads. docs/bench.md describes both.
package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Schema and Version are those of the files that Read takes.
const (
	Schema  = "mixblend/bench"
	Version = 1
)

// A Result holds the measurements of one run on one machine.
type Result struct {
	Schema   string            `json:"schema"`
	Version  int               `json:"version"`
	Date     time.Time         `json:"date"`
	Seconds  float64           `json:"seconds"` // that the run took
	Machine  Machine           `json:"machine"`
	Software map[string]string `json:"software"` // versions, "go" among them
	Settings Settings          `json:"settings"`
	Contests []Contest         `json:"contests"`
}

// Settings are those of the run.
type Settings struct {
	Quick      bool    `json:"quick"`
	Passes     int     `json:"passes"`
	Rounds     int     `json:"rounds"`      // of a pass, at most
	NoiseLimit float64 `json:"noise_limit"` // a Figure is noisy whose quartiles are further apart than this share of its median
	Lambda     float64 `json:"lambda"`
}

// A Case is a batch, and what is done with it. All entries of its contest touch as many bytes.
type Case struct {
	Work       string `json:"work,omitempty"` // Mix, Normalize, CutMix or Masks
	Type       string `json:"type"`           // of the batch: "float32" or "uint8"
	Place      string `json:"place"`          // "out" or "in"
	Workers    int    `json:"workers"`
	Rows       int    `json:"rows"`
	Columns    int    `json:"columns"`           // elements of a row
	WorkingSet int    `json:"working_set_bytes"` // the batch, and its destination when out of place
	Cold       bool   `json:"cold"`              // not in any cache when a call begins
}

// The kinds of work. All but Mix take bytes.
const (
	Mix       = ""          // both rows by λ
	Normalize = "normalize" // mixed, from pixels to normalized planes of float32
	CutMix    = "cutmix"    // one box for the batch
	Masks     = "masks"     // one mask for the batch
)

const (
	Float32    = "float32"
	Uint8      = "uint8"
	OutOfPlace = "out"
	InPlace    = "in"
)

// Size returns the size of an element in bytes.
func (c Case) Size() int {
	if c.Type == Float32 {
		return 4
	}
	return 1
}

// Batch returns the size of the batch in bytes.
func (c Case) Batch() int { return c.Rows * c.Columns * c.Size() }

// Result returns the size in bytes of what is made of the batch.
func (c Case) Result() int {
	if c.Work == Normalize {
		return 4 * c.Batch()
	}
	return c.Batch()
}

// A Contest is a Case and all that ran on it, in the same rounds.
type Contest struct {
	Case
	Passes  int     `json:"passes"`
	Rounds  int     `json:"rounds"` // of all passes
	Copy    string  `json:"copy"`   // the entry that shares are of: the faster copy, by median
	Entries []Entry `json:"entries"`
	Lead    *Lead   `json:"lead,omitempty"` // where both blend and a Peer take part
	// LeftOut has the peers that could not take part, and why.
	LeftOut map[string]string `json:"left_out,omitempty"`
}

// A Lead is how many times as fast as the fastest Peer the fastest implementation of blend is, each the fastest by median.
type Lead struct {
	Blend  string  `json:"blend"`
	Peer   string  `json:"peer"`
	Times  float64 `json:"times"` // in the same round, the median of Rounds
	Low    float64 `json:"low"`   // with High the 95 % confidence interval of the median
	High   float64 `json:"high"`
	Rounds int     `json:"rounds"`
	Noisy  bool    `json:"noisy"` // the interval is wider than the limit, as a share of Times: no result
}

// An Entry is one way to do something with the batch.
type Entry struct {
	Name  string `json:"name"`
	Kind  Kind   `json:"kind"`
	GBps  Figure `json:"gb_per_s"` // 10⁹ bytes of the batch a second: mixed, or copied, read, written
	Share Figure `json:"share"`    // that, over that of Contest.Copy in the same round
	// Differs is the share of elements that a Peer computes otherwise than blend: its bits are others.
	Differs float64 `json:"differs,omitempty"`
	Aside   bool    `json:"aside,omitempty"` // a Peer that is shown, and that no Lead is over
}

// A Kind says what an Entry is.
type Kind string

const (
	Limit Kind = "limit" // of the machine: nothing is mixed
	Blend Kind = "blend" // an implementation of package blend
	Peer  Kind = "peer"  // somebody else's
)

// The names of the limits.
const (
	Copy       = "copy"
	StreamCopy = "stream-copy"
	Read       = "read"
	Write      = "write"
	ReadWrite  = "read-write" // the batch, and its result: what Normalize is measured by
)

// A Figure is the median over the rounds, and the quartiles: half of all rounds are between these.
type Figure struct {
	Median float64 `json:"median"`
	Q1     float64 `json:"q1"`
	Q3     float64 `json:"q3"`
	Noisy  bool    `json:"noisy"` // its interquartile range exceeds the limit
}

// Figures and lists of strings take one line each.
var (
	short = regexp.MustCompile(`\{\s+"median"[^}]*\}|\[\s+"[^\]]*\]`)
	blank = regexp.MustCompile(`\s+`)
)

// Encode writes r as JSON.
func (r *Result) Encode(w io.Writer) error {
	if err := r.check(); err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	text = short.ReplaceAllFunc(text, func(f []byte) []byte { return blank.ReplaceAll(f, []byte(" ")) })
	_, err = w.Write(append(text, '\n'))
	return err
}

// Decode reads what Encode wrote. Anything else is an error that says what is wrong.
func Decode(r io.Reader) (*Result, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	// Editors and shells of Windows put byte-order marks before text.
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		return nil, errors.New("UTF-16, expected UTF-8")
	}
	// Who wrote it comes first: the fields of another version may be others.
	var head struct {
		Schema  *string `json:"schema"`
		Version *int    `json:"version"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, syntax(text, err)
	}
	switch {
	case head.Schema == nil:
		return nil, fmt.Errorf("JSON without a schema, expected %q", Schema)
	case *head.Schema != Schema:
		return nil, fmt.Errorf("schema %q, expected %q", *head.Schema, Schema)
	case head.Version == nil:
		return nil, fmt.Errorf("no version, expected %d", Version)
	case *head.Version != Version:
		return nil, fmt.Errorf("version %d of the schema, this program reads %d", *head.Version, Version)
	}
	// Package time's own errors are for those who know Go.
	var date struct {
		Date *string `json:"date"`
	}
	if err := json.Unmarshal(text, &date); err != nil {
		return nil, syntax(text, err)
	}
	if date.Date != nil {
		if _, err := time.Parse(time.RFC3339, *date.Date); err != nil {
			return nil, fmt.Errorf("date %q, expected one such as %q", *date.Date, "2026-11-24T15:04:05Z")
		}
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var res Result
	if err := d.Decode(&res); err != nil {
		return nil, syntax(text, err)
	}
	if err := res.check(); err != nil {
		return nil, err
	}
	return &res, nil
}

// syntax says where JSON is none, or not what is expected.
func syntax(text []byte, err error) error {
	var s *json.SyntaxError
	var t *json.UnmarshalTypeError
	switch {
	case len(bytes.TrimSpace(text)) == 0:
		return errors.New("empty")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &s) && int(s.Offset) >= len(bytes.TrimSpace(text)):
		return fmt.Errorf("truncated JSON: it ends after %d bytes", len(text))
	case errors.As(err, &s):
		return fmt.Errorf("no JSON: line %d: %w", 1+bytes.Count(text[:s.Offset], []byte("\n")), err)
	case errors.As(err, &t):
		what := strings.ReplaceAll(t.Field, "Case.", "") // which is in no file
		if what == "" {
			what = "all of it"
		}
		return fmt.Errorf("line %d: %s is %s, expected %s", 1+bytes.Count(text[:t.Offset], []byte("\n")), what, found(t.Value), expected(t))
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}

// found is what package json calls a value that it did not expect, with an article.
func found(value string) string {
	kind, number, _ := strings.Cut(value, " ")
	switch kind {
	case "array":
		return "a list"
	case "object":
		return "an object"
	case "bool":
		return "true or false"
	case "number":
		if number != "" {
			return number
		}
	}
	return "a " + value
}

// expected says what it expected.
func expected(e *json.UnmarshalTypeError) string {
	switch e.Type.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64, reflect.Uint64:
		if strings.HasPrefix(e.Value, "number") {
			return fmt.Sprintf("a whole number of at most %d bits", e.Type.Bits()) // 32 on some machines
		}
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.String:
		return "a string"
	case reflect.Slice:
		return "a list"
	}
	return "an object"
}

// check returns what about r cannot be.
func (r *Result) check() error {
	if r.Schema != Schema || r.Version != Version {
		return fmt.Errorf("schema %q, version %d, expected %q, %d", r.Schema, r.Version, Schema, Version)
	}
	if r.Machine.Name == "" {
		return errors.New("the machine has no name")
	}
	if len(r.Contests) == 0 {
		return errors.New("no contests")
	}
	if s := r.Settings; s.Passes < 1 || s.Rounds < 1 {
		return fmt.Errorf("%d passes of %d rounds: both must be positive", s.Passes, s.Rounds)
	}
	for i, c := range r.Contests {
		if err := c.check(); err != nil {
			return fmt.Errorf("contest %d: %w", i, err)
		}
	}
	return nil
}

func (c Contest) check() error {
	switch {
	case c.Work != Mix && c.Work != Normalize && c.Work != CutMix && c.Work != Masks:
		return fmt.Errorf("work %q, expected none, %q, %q or %q", c.Work, Normalize, CutMix, Masks)
	case c.Type != Float32 && c.Type != Uint8:
		return fmt.Errorf("type %q, expected %q or %q", c.Type, Float32, Uint8)
	case c.Work != Mix && c.Type != Uint8:
		return fmt.Errorf("work %q on %s, which takes %s only", c.Work, c.Type, Uint8)
	case c.Place != OutOfPlace && c.Place != InPlace:
		return fmt.Errorf("place %q, expected %q or %q", c.Place, OutOfPlace, InPlace)
	case c.Workers < 1 || c.Rows < 1 || c.Columns < 1 || c.Rounds < 1:
		return fmt.Errorf("%d workers, %d rows, %d columns, %d rounds: all must be positive", c.Workers, c.Rows, c.Columns, c.Rounds)
	case c.Columns > math.MaxInt/4/c.Rows || c.WorkingSet < c.Batch():
		return fmt.Errorf("a batch of %d × %d %s in a working set of %d bytes", c.Rows, c.Columns, c.Type, c.WorkingSet)
	case !slices.ContainsFunc(c.Entries, func(e Entry) bool { return e.Name == c.Copy }):
		return fmt.Errorf("no entry %q, of which the others are shares", c.Copy)
	}
	for _, e := range c.Entries {
		if e.Kind != Limit && e.Kind != Blend && e.Kind != Peer {
			return fmt.Errorf("%s: kind %q, expected %q, %q or %q", e.Name, e.Kind, Limit, Blend, Peer)
		}
		for _, f := range []Figure{e.GBps, e.Share} {
			if err := f.check(); err != nil {
				return fmt.Errorf("%s: %w", e.Name, err)
			}
		}
	}
	if c.Lead != nil {
		for _, name := range []string{c.Lead.Blend, c.Lead.Peer} {
			if !slices.ContainsFunc(c.Entries, func(e Entry) bool { return e.Name == name }) {
				return fmt.Errorf("no entry %q, which the lead is of", name)
			}
		}
		if l := c.Lead; !(l.Low > 0 && l.Low <= l.Times && l.Times <= l.High) || l.Rounds < 1 {
			return fmt.Errorf("lead of %s over %s: %v in %d rounds is not between %v and %v, or not positive", l.Blend, l.Peer, l.Times, l.Rounds, l.Low, l.High)
		}
	}
	return nil
}

func (f Figure) check() error {
	if !(f.Q1 > 0 && f.Q1 <= f.Median && f.Median <= f.Q3) {
		return fmt.Errorf("median %v is not between quartiles %v and %v, or not positive", f.Median, f.Q1, f.Q3)
	}
	if f.Q1 < 1e-9 || f.Q3 > 1e9 { // no scale of a picture reaches further
		return fmt.Errorf("quartiles %v and %v are not from 1e-9 to 1e9", f.Q1, f.Q3)
	}
	return nil
}

// Noisy counts the figures, and those that are too wide to be called results.
func (r *Result) Noisy() (noisy, all int) {
	for _, c := range r.Contests {
		for _, e := range c.Entries {
			for _, f := range []Figure{e.GBps, e.Share} {
				all++
				if f.Noisy {
					noisy++
				}
			}
		}
	}
	return noisy, all
}
