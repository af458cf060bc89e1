// Package shards reads data sets in WebDataset's layout, tar files of key.jpg and key.cls, as a format of package feed:
// from files or over a network, divided among ranks, shuffled, decoded, cropped and flipped.
//
//	set, err := shards.Open(ctx, new(shards.Store), false, "train-{000..099}.tar")
//	...
//	format, err := set.Format(shards.Options{Side: 224, Classes: 1000, Random: true, Shuffle: 5000})
//	...
//	f, err := feed.Start(ctx, format, feed.Config{Batch: 256, Epochs: 90, Mix: mixup.Config{Alpha: 0.2, CutMixAlpha: 1}})
//	...
//	for b, err := range f.All() {
package shards

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"path"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync"

	"github.com/mixblend/blend/examples/feed"
)

// A Shard is a tar file of samples.
type Shard struct {
	URL     string `json:"url"`
	Samples int    `json:"nsamples"`
}

// An Index has the number of samples of each shard: the JSON of WebDataset's widsindex. URLs without a scheme are
// relative to it.
type Index struct {
	Kind   string  `json:"__kind__"` // "wids-shard-index-v1"
	Wids   int     `json:"wids_version"`
	Shards []Shard `json:"shardlist"`
}

const indexKind = "wids-shard-index-v1"

// NewIndex returns the index of shards.
func NewIndex(shards []Shard) *Index { return &Index{indexKind, 1, shards} }

// A Set is shards whose samples have been counted.
type Set struct {
	Shards []Shard
	// Faults are the errors of broken shards that [SkipBroken] let pass. The samples of such a shard up to its fault
	// count, with the one that it hit.
	Faults []error

	store *Store
	first []int // the number of each shard's first sample, and of all samples
}

// SkipBroken makes Open continue after a broken shard: truncated, empty, or not a tar file.
type SkipBroken bool

// Open expands braces in URLs and counts the samples of the shards that they name. A URL that ends with .json names an
// [Index], whose counts are trusted until an epoch finds another number. Other shards are read, files by their headers
// only, shards on a network as a whole: there an index saves time.
func Open(ctx context.Context, store *Store, skip SkipBroken, urls ...string) (*Set, error) {
	s := &Set{store: store}
	var unknown []int
	for _, pattern := range urls {
		names, err := Expand(pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if strings.HasSuffix(strings.ToLower(name), ".json") {
				shards, err := store.index(ctx, name)
				if err != nil {
					return nil, err
				}
				s.Shards = append(s.Shards, shards...)
				continue
			}
			unknown = append(unknown, len(s.Shards))
			s.Shards = append(s.Shards, Shard{URL: name})
		}
		if len(s.Shards) > maxShards {
			return nil, fmt.Errorf("shards: more than %d", maxShards)
		}
	}
	if err := s.count(ctx, bool(skip), unknown); err != nil {
		return nil, err
	}
	n := 0
	for _, shard := range s.Shards {
		s.first = append(s.first, n)
		if shard.Samples > math.MaxInt-n {
			return nil, errors.New("shards: more samples than can be counted")
		}
		n += shard.Samples
	}
	s.first = append(s.first, n)
	if n == 0 {
		return nil, errors.Join(append([]error{fmt.Errorf("shards: no samples in %d shards", len(s.Shards))}, s.Faults...)...)
	}
	return s, nil
}

// Len returns the number of samples.
func (s *Set) Len() int { return s.first[len(s.Shards)] }

// count counts the samples of some shards, several at once.
func (s *Set) count(ctx context.Context, skip bool, which []int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	faults := make([]error, len(which))
	next := make(chan int)
	var done sync.WaitGroup
	for range min(2*runtime.GOMAXPROCS(0), len(which)) {
		done.Go(func() {
			for i := range next {
				shard := &s.Shards[which[i]]
				shard.Samples, faults[i] = s.store.count(ctx, shard.URL)
				if faults[i] != nil && !(skip && errors.Is(faults[i], feed.ErrBroken)) {
					cancel(faults[i])
				}
			}
		})
	}
	for i := range which {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	done.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for _, err := range faults {
		if err != nil {
			s.Faults = append(s.Faults, err)
		}
	}
	return nil
}

// count counts the samples of a shard. Where it is broken the number is of those up to there.
func (s *Store) count(ctx context.Context, shard string) (n int, err error) {
	r, err := s.open(ctx, shard)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	t := newTarball(shard, r)
	for {
		if err := ctx.Err(); err != nil {
			return n, context.Cause(ctx)
		}
		var sample Sample
		err := t.sample(&sample, true)
		if err == io.EOF {
			if n == 0 {
				return 0, fmt.Errorf("%w: shards: %s has no samples", feed.ErrBroken, shard)
			}
			return n, nil
		}
		if sample.Key != "" {
			n++
		}
		if err != nil {
			return n, err
		}
	}
}

// byteOrderMark is what editors of Windows put before text.
var byteOrderMark = []byte("\ufeff")

// index reads an index.
func (s *Store) index(ctx context.Context, name string) ([]Shard, error) {
	r, err := s.open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	const most = 256 << 20
	raw, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, err
	}
	var x Index
	if len(raw) > most {
		err = fmt.Errorf("it has more than %d bytes", most)
	} else if err = json.Unmarshal(bytes.TrimPrefix(raw, byteOrderMark), &x); err == nil && x.Kind != indexKind {
		err = fmt.Errorf("its __kind__ is %q, want %q", x.Kind, indexKind)
	}
	for i, shard := range x.Shards {
		if err == nil && (shard.Samples < 0 || shard.URL == "") {
			err = fmt.Errorf("shard %d, %q, has %d samples", i, shard.URL, shard.Samples)
		}
		x.Shards[i].URL = beside(name, shard.URL)
	}
	if err != nil {
		return nil, fmt.Errorf("shards: index %s: %w", name, err)
	}
	return x.Shards, nil
}

// beside returns the name of a shard in an index.
func beside(index, shard string) string {
	if strings.Contains(shard, "://") || filepath.IsAbs(shard) {
		return shard
	}
	if u, err := url.Parse(index); err == nil && strings.Contains(index, "://") {
		u.Path, u.RawPath = path.Join(path.Dir(u.Path), shard), ""
		return u.String()
	}
	return filepath.Join(filepath.Dir(index), shard)
}

// A part is some samples of a shard: from to to.
type part struct{ shard, from, to int }

// parts returns which samples a rank has, when the shards stand in an order: from to to, of all samples in that order.
func (s *Set) parts(order []int, from, to int) (all []part) {
	at := 0
	for _, shard := range order {
		n := s.Shards[shard].Samples
		p := part{shard, max(from-at, 0), min(to-at, n)}
		if p.from < p.to {
			all = append(all, p)
		}
		at += n
	}
	return all
}

// find returns the shard that a sample is in.
func (s *Set) find(number int) int {
	return sort.SearchInts(s.first, number+1) - 1
}
