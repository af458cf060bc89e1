package shards

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gocloud.dev/blob/memblob"

	"github.com/mixblend/blend/examples/feed"
	"github.com/mixblend/blend/mixup"
)

// outcome is what a Feed delivered.
type outcome struct {
	rows, skipped []int // samples' numbers, errors' samples
	errors        string
	err           error
}

// What is broken is named, and ends the Feed or is left out and counted; nothing else is lost.
func TestBrokenShards(t *testing.T) {
	const n = 20
	var members []member
	var ends []int // of each sample in the file
	for i := range n {
		members = append(members, sample(t, i)...)
		ends = append(ends, len(tarOf(t, members...))-1024)
	}
	whole := tarOf(t, members...)
	change := func(i int, f func([]member) []member) []byte {
		var all []member
		for k := range n {
			s := sample(t, k)
			if k == i {
				s = f(s)
			}
			all = append(all, s...)
		}
		return tarOf(t, all...)
	}
	for _, test := range []struct {
		name    string
		content []byte
		samples int // that the shard is said to have
		good    int
		errors  []string
	}{
		{"whole", whole, n, n, nil},
		{"truncated in a file", whole[:ends[10]-100], 11, 10, []string{"truncated", "dir/00010"}},
		{"truncated in a header", whole[:ends[10]+100], 11, 10, []string{"truncated", "dir/00010"}},
		{"truncated between samples", whole[:ends[10]], 11, 10, []string{"truncated", "dir/00010"}},
		{"truncated at the end", whole[:len(whole)-1024], n, n - 1, []string{"truncated", "mark"}},
		{"truncated in the mark", whole[:len(whole)-512], n, n - 1, []string{"truncated", "mark"}},
		{"garbage in a header", slices.Concat(whole[:ends[3]], bytes.Repeat([]byte{0xa5}, 512), whole[ends[3]+512:]), 4, 3, []string{"invalid tar header", "dir/00003"}},
		{"truncated JPEG", change(4, func(m []member) []member {
			m[0].content = m[0].content[:len(m[0].content)/2]
			return m
		}), n, n - 1, []string{"truncated", "dir/00004"}},
		{"truncated PNG", change(6, func(m []member) []member {
			m[1].content = m[1].content[:len(m[1].content)/2]
			return m
		}), n, n - 1, []string{"truncated", "dir/00006"}},
		{"no picture", change(4, func(m []member) []member {
			m[0].content = []byte("GIF89a, or so it says")
			return m
		}), n, n - 1, []string{"neither PNG nor JPEG", "dir/00004"}},
		{"empty picture", change(4, func(m []member) []member {
			m[0].content = nil
			return m
		}), n, n - 1, []string{"dir/00004"}},
		{"no label", change(4, func(m []member) []member { return m[:1] }), n, n - 1, []string{"no label", "dir/00004"}},
		{"no image", change(4, func(m []member) []member { return m[1:] }), n, n - 1, []string{"no jpg", "dir/00004"}},
		{"two images", change(4, func(m []member) []member { return append(m, member{"dir/00004.png", nil}) }), n, n - 1, []string{"two images", "dir/00004"}},
		{"two labels", change(4, func(m []member) []member { return append(m, m[1]) }), n, n - 1, []string{"two labels", "dir/00004"}},
		{"class out of range", change(4, func(m []member) []member {
			m[1].content = []byte("7")
			return m
		}), n, n - 1, []string{"class is 7, of 7", "dir/00004"}},
		{"huge label", change(4, func(m []member) []member {
			m[1].content = bytes.Repeat([]byte(" "), maxLabel+1)
			return m
		}), n, n - 1, []string{"1048577 bytes", "dir/00004"}},
		{"empty", nil, 0, 0, []string{"truncated"}},
		{"no tar file", encode(t, picture(1, 90, 90), false), 0, 0, []string{"tar"}},
		{"no samples", tarOf(t, member{"README", []byte("a")}, member{"__meta.json", []byte("{}")}), 0, 0, []string{"no samples"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			// Another shard stands before it, and nothing of that may be lost.
			first, name := write(t, 3)[0], writeTar(t, test.content)
			_, err := Open(t.Context(), new(Store), false, first, name)
			openFails := test.samples < n || strings.HasPrefix(test.name, "truncated at") || strings.HasPrefix(test.name, "truncated in the mark")
			if openFails {
				check(t, err, feed.ErrBroken, append(test.errors, name)...)
			} else if err != nil {
				t.Fatal(err)
			}
			set := openSet(t, new(Store), true, first, name)
			if len(set.Faults) != map[bool]int{true: 1}[openFails] {
				t.Errorf("faults %v", set.Faults)
			}
			if set.Len() != 3+test.samples {
				t.Errorf("%d samples, want %d", set.Len(), 3+test.samples)
			}
			for _, workers := range []int{1, 3} {
				out := drain(t, set, feed.Config{Batch: 3, Epochs: 1, SkipBroken: true, Workers: workers})
				if out.err != nil || len(out.rows) != 3+test.good || len(out.skipped) != test.samples-test.good {
					t.Errorf("%d rows, %d skipped, %v; want %d and %d\n%s",
						len(out.rows), len(out.skipped), out.err, 3+test.good, test.samples-test.good, out.errors)
				}
				if test.samples > test.good {
					check(t, errors.New(out.errors), nil, append(test.errors, name)...)
				}
				out = drain(t, set, feed.Config{Batch: 3, Epochs: 1, Workers: workers})
				if test.samples == test.good {
					if out.err != nil {
						t.Error(out.err)
					}
					continue
				}
				check(t, out.err, feed.ErrBroken, append(test.errors, name)...)
				// All batches before the one that is broken have come.
				bad := 3 + test.samples - 1
				if test.samples == n && test.good == n-1 && !openFails {
					bad = 3 + 4
					if test.name == "truncated PNG" {
						bad = 3 + 6
					}
				}
				if want := bad / 3 * 3; len(out.rows) != want {
					t.Errorf("%d rows came before the error, want %d", len(out.rows), want)
				}
			}
		})
	}
}

// drain reads a Feed to its end, which must leave no goroutine.
func drain(t *testing.T, set *Set, c feed.Config) (out outcome) {
	t.Helper()
	before := runtime.NumGoroutine()
	var all []string
	f := start(t, set, Options{}, c)
	for b := range f.C() {
		for _, s := range b.Samples {
			out.rows = append(out.rows, s.Number)
		}
		for _, err := range b.Skipped {
			all = append(all, err.Error())
		}
		b.Release()
	}
	out.err = f.Stop()
	out.errors, out.skipped = strings.Join(all, "\n"), make([]int, len(all))
	goroutines(t, before)
	return out
}

// An index that says another number than there is ends the Feed, even where what is broken is skipped.
func TestStaleIndex(t *testing.T) {
	names := write(t, 9, 10)
	for _, test := range []struct {
		counts []int
		name   string
	}{
		{[]int{9, 11}, "has 10 samples, but 11 were counted"},
		{[]int{9, 9}, "has more samples than the 9"},
		{[]int{8, 11}, "has more samples than the 8"},
		{[]int{0, 10}, ""}, // it is never read
	} {
		x := NewIndex(nil)
		for i, n := range test.counts {
			x.Shards = append(x.Shards, Shard{filepath.Base(names[i]), n})
		}
		index := filepath.Join(filepath.Dir(names[0]), "x.json")
		writeJSON(t, index, x)
		text, err := os.ReadFile(index)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(index, append([]byte("\ufeff"), text...), 0o600); err != nil { // as editors of Windows do
			t.Fatal(err)
		}
		set := openSet(t, new(Store), false, index)
		out := drain(t, set, feed.Config{Batch: 4, Epochs: 1, SkipBroken: true})
		if test.name == "" {
			if out.err != nil {
				t.Error(out.err)
			}
			continue
		}
		check(t, out.err, nil, test.name, ".tar")
		if errors.Is(out.err, feed.ErrBroken) {
			t.Errorf("%v might be skipped", out.err)
		}
	}
	for _, text := range []string{"", "[]", "{}", `{"__kind__":"x"}`, `{"__kind__":"wids-shard-index-v1","shardlist":[{"url":"a","nsamples":-1}]}`, `{"__kind__":"wids-shard-index-v1","shardlist":[{"nsamples":1}]}`} {
		name := filepath.Join(t.TempDir(), "x.json")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), new(Store), false, name)
		check(t, err, nil, name)
	}
}

// server serves shards over http, with faults.
type server struct {
	files  map[string][]byte
	ranges bool // it knows ranges

	fault func(w http.ResponseWriter, r *http.Request, n int64) bool // n requests came before; true if it answered
	asked atomic.Int64
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	content, ok := s.files[strings.TrimPrefix(r.URL.Path, "/")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	n := s.asked.Add(1) - 1
	if s.fault != nil && s.fault(w, r, n) {
		return
	}
	if s.ranges {
		w.Header().Set("ETag", `"1"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	w.Write(content)
}

// cut sends only so many bytes of what is asked for, and ends the connection.
func cut(w http.ResponseWriter, r *http.Request, content []byte, bytes int, tagged bool) {
	if tagged {
		w.Header().Set("ETag", `"1"`)
	}
	from := 0
	if rest, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok {
		from, _ = strconv.Atoi(strings.TrimSuffix(rest, "-"))
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(content)-1, len(content)))
		w.Header().Set("Content-Length", strconv.Itoa(len(content)-from))
		w.WriteHeader(http.StatusPartialContent)
	} else {
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	}
	w.Write(content[from:min(from+bytes, len(content))])
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// serve makes a set of 40 samples in two shards behind a server, and one of the same in files.
func serve(t *testing.T, ranges bool) (s *server, url string, files *Set) {
	t.Helper()
	names := write(t, 25, 15)
	s = &server{files: map[string][]byte{}, ranges: ranges}
	x := NewIndex(nil)
	for i, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s.files[filepath.Base(name)] = content
		x.Shards = append(x.Shards, Shard{filepath.Base(name), []int{25, 15}[i]})
	}
	index := filepath.Join(t.TempDir(), "index.json")
	writeJSON(t, index, x)
	s.files["index.json"], _ = os.ReadFile(index)
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return s, h.URL, openSet(t, new(Store), false, names...)
}

// Over http the same comes as from files, though the server fails now and then and connections break, and nothing is read twice
// where it knows ranges.
func TestHTTP(t *testing.T) {
	c := feed.Config{Batch: 8, Epochs: 2, Seed: 1, Mix: mixup.Config{Alpha: 1}}
	o := Options{Random: true, Shuffle: 10}
	for _, ranges := range []bool{true, false} {
		s, url, files := serve(t, ranges)
		want := digests(t, files, o, c)
		store := &Store{Tries: 3, Pause: time.Millisecond}
		for name, fault := range map[string]func(w http.ResponseWriter, r *http.Request, n int64) bool{
			"none": nil,
			"500 every other time": func(w http.ResponseWriter, r *http.Request, n int64) bool {
				if n%2 == 0 {
					http.Error(w, "sorry", http.StatusInternalServerError)
				}
				return n%2 == 0
			},
			"cut": func(w http.ResponseWriter, r *http.Request, n int64) bool {
				if !ranges {
					if n%3 == 2 { // or it would never come to the end
						return false
					}
					r.Header.Del("Range")
				}
				cut(w, r, s.files[r.URL.Path[1:]], 1000+int(n)*500, ranges)
				return true
			},
		} {
			s.fault = fault
			s.asked.Store(0)
			before := runtime.NumGoroutine()
			client := &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
			store.Client = client
			for _, urls := range [][]string{{url + "/train-{000..001}.tar"}, {url + "/index.json"}} {
				set := openSet(t, store, false, urls...)
				if got := digests(t, set, o, c); !slices.Equal(got, want) {
					t.Errorf("ranges %v, %s: something else comes from %v", ranges, name, urls)
				}
			}
			client.CloseIdleConnections()
			goroutines(t, before)
		}
	}
}

// What cannot be read ends the Feed with an error that names URL and offset, however often it was tried, and is never skipped.
func TestHTTPFails(t *testing.T) {
	s, url, _ := serve(t, true)
	first := url + "/train-000.tar"
	for _, test := range []struct {
		name  string
		fault func(w http.ResponseWriter, r *http.Request, n int64) bool
		asked int64 // of each shard, at most
		names []string
	}{
		{"500", func(w http.ResponseWriter, r *http.Request, n int64) bool {
			http.Error(w, "sorry", http.StatusInternalServerError)
			return true
		}, 3, []string{first, "at byte 0", "tried 3 times", "500 Internal Server Error"}},
		{"403", func(w http.ResponseWriter, r *http.Request, n int64) bool {
			http.Error(w, "sorry", http.StatusForbidden)
			return true
		}, 1, []string{first, "at byte 0", "tried 1 times", "403 Forbidden"}},
		{"cut at 5000", func(w http.ResponseWriter, r *http.Request, n int64) bool {
			if r.Header.Get("Range") == "" {
				cut(w, r, s.files[r.URL.Path[1:]], 5000, true)
			}
			cut(w, r, s.files[r.URL.Path[1:]], 0, true)
			return true
		}, 4, []string{first, "at byte 5000", "tried 3 times"}},
		{"another file", func(w http.ResponseWriter, r *http.Request, n int64) bool {
			if r.Header.Get("Range") == "" {
				cut(w, r, s.files[r.URL.Path[1:]], 5000, true)
			}
			w.Header().Set("ETag", `"2"`)
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.files[r.URL.Path[1:]]))
			return true
		}, 2, []string{first, "at byte 5000", "changed", `"1"`, `"2"`}},
		{"silence", func(w http.ResponseWriter, r *http.Request, n int64) bool {
			w.Header().Set("Content-Length", "100000")
			w.Write(s.files[r.URL.Path[1:]][:5000])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return true
		}, 6, []string{first, "nothing came for 200ms"}}, // 2 in which not even the 5000 came, that one, and 3
	} {
		t.Run(test.name, func(t *testing.T) {
			store := &Store{Tries: 3, Pause: time.Millisecond, Client: &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}}
			before := runtime.NumGoroutine()
			s.fault = nil
			set := openSet(t, store, false, url+"/index.json")
			if test.name == "silence" { // a slow machine is silent at times
				store.Idle = 200 * time.Millisecond
			}
			s.fault = test.fault
			s.asked.Store(0)
			f := start(t, set, Options{}, feed.Config{Batch: 4, Epochs: 1, SkipBroken: true})
			for b := range f.C() {
				if len(b.Skipped) > 0 {
					t.Errorf("skipped %v", b.Skipped)
				}
				b.Release()
			}
			err := f.Stop()
			check(t, err, nil, test.names...)
			if errors.Is(err, feed.ErrBroken) {
				t.Errorf("%v might be skipped", err)
			}
			if n := s.asked.Load(); n > test.asked {
				t.Errorf("%d requests, want %d at most", n, test.asked)
			}
			store.Client.CloseIdleConnections()
			goroutines(t, before)
		})
	}
	s.fault = nil
	_, err := Open(t.Context(), &Store{Tries: 2, Pause: time.Millisecond}, true, "http://127.0.0.1:1/x.tar")
	check(t, err, nil, "http://127.0.0.1:1/x.tar at byte 0, tried 2 times", "refused")
	for _, urls := range []string{url + "/missing.tar", url + "/missing.json", "http://user:secret@" + strings.TrimPrefix(url, "http://") + "/missing.tar?key=secret"} {
		_, err := Open(t.Context(), &Store{Tries: 2, Pause: time.Millisecond}, true, urls)
		check(t, err, nil, "at byte 0", "missing")
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%v tells a secret", err)
		}
	}
}

// In a bucket of gocloud.dev it is the same.
func TestBucket(t *testing.T) {
	names := write(t, 25, 15)
	bucket := memblob.OpenBucket(nil)
	defer bucket.Close()
	x := NewIndex(nil)
	for i, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		key := "a folder/" + filepath.Base(name)
		if err := bucket.WriteAll(t.Context(), key, content, nil); err != nil {
			t.Fatal(err)
		}
		x.Shards = append(x.Shards, Shard{filepath.Base(name), []int{25, 15}[i]})
	}
	index := filepath.Join(t.TempDir(), "index.json")
	writeJSON(t, index, x)
	raw, _ := os.ReadFile(index)
	if err := bucket.WriteAll(t.Context(), "a folder/x.json", raw, nil); err != nil {
		t.Fatal(err)
	}
	store := &Store{Tries: 2, Pause: time.Millisecond}
	store.Mount("mem://b", bucket)
	c := feed.Config{Batch: 8, Epochs: 2, Seed: 1, Mix: mixup.Config{CutMixAlpha: 1}}
	want := digests(t, openSet(t, new(Store), false, names...), Options{}, c)
	for _, url := range []string{"mem://b/a folder/train-{000..001}.tar", "mem://b/a%20folder/x.json"} {
		if !slices.Equal(digests(t, openSet(t, store, false, url), Options{}, c), want) {
			t.Errorf("something else comes from %s", url)
		}
	}
	_, err := Open(t.Context(), store, true, "mem://b/missing.tar")
	check(t, err, nil, "mem://b/missing.tar at byte 0, tried 1 times", "NotFound")
	if _, err := Open(t.Context(), store, true, "mem://other/missing.tar"); err == nil {
		t.Error("a bucket that nobody mounted has a shard")
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
	if ok, err := bucket.Exists(t.Context(), "a folder/x.json"); !ok || err != nil {
		t.Errorf("Close closed a bucket that is the caller's: %v, %v", ok, err)
	}
}

// A context that ends at any moment ends the Feed, and leaves no goroutine and no connection.
func TestCancelAtAnyMoment(t *testing.T) {
	s, url, _ := serve(t, true)
	cause := errors.New("the cause")
	var moment atomic.Pointer[func()] // called at each moment that counts; the server may go on after its client has gone
	s.fault = func(w http.ResponseWriter, r *http.Request, n int64) bool {
		content := s.files[r.URL.Path[1:]]
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		for len(content) > 0 { // in pieces
			(*moment.Load())()
			k := min(len(content), 3000)
			if _, err := w.Write(content[:k]); err != nil {
				return true
			}
			w.(http.Flusher).Flush()
			content = content[k:]
		}
		return true
	}
	client := &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	store := &Store{Tries: 2, Pause: time.Millisecond, Client: client}
	nothing := func() {}
	moment.Store(&nothing)
	set := openSet(t, store, false, url+"/index.json")
	client.CloseIdleConnections()
	ended := 0
	for at := 0; ; at++ {
		if at == 10000 {
			t.Fatal("it never came to an end")
		}
		ctx, cancel := context.WithCancelCause(context.Background())
		var mu sync.Mutex
		count := 0
		counts := func() {
			mu.Lock()
			defer mu.Unlock()
			if count++; count == at {
				cancel(cause)
			}
		}
		moment.Store(&counts)
		before := runtime.NumGoroutine()
		format, err := set.Format(Options{Side: 8, Classes: classes, Random: true, Shuffle: 8})
		if err != nil {
			t.Fatal(err)
		}
		f, err := feed.Start(ctx, format, feed.Config{Batch: 8, Epochs: 1, Workers: 2, Mix: mixup.Config{Alpha: 1}})
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for b := range f.C() {
			counts()
			rows += len(b.Samples)
			b.Release()
		}
		err = f.Stop()
		client.CloseIdleConnections()
		goroutines(t, before)
		mu.Lock()
		done := at > count
		mu.Unlock()
		cancel(nil)
		if done && (err != nil || rows != 40) {
			t.Fatalf("%d rows, %v", rows, err)
		}
		if err != nil && err != cause {
			t.Fatalf("moment %d: %v", at, err)
		}
		if err == nil && rows != 40 {
			t.Fatalf("moment %d: %d rows and no error", at, rows)
		}
		if err != nil {
			ended++
		}
		if done && at > 0 {
			break
		}
	}
	if ended < 20 {
		t.Errorf("it was ended at %d moments", ended)
	}
}

// A shard is what anybody may have made.
func FuzzTarball(f *testing.F) {
	var members []member
	for i := range 4 {
		members = append(members, sample(f, i)...)
	}
	whole := tarOf(f, members...)
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte{})
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		p := slices.Clone(whole)
		for range 3 {
			p[rng.IntN(len(p))] = byte(rng.Uint32())
		}
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		read := func(r io.Reader, skip bool) (n int, broken bool) {
			b := newTarball("x", r)
			for {
				var s Sample
				err := b.sample(&s, skip)
				if err != io.EOF && s.Key != "" {
					n++
				}
				if err == nil && !skip && s.err == nil && (s.image == nil || s.label == nil) {
					t.Fatalf("%+v", s)
				}
				if err != nil {
					s.drop()
					return n, err != io.EOF
				}
				s.drop()
			}
		}
		// A file that is stepped over counts as one that is read.
		n, broken := read(bytes.NewReader(content), true)
		for _, r := range []io.Reader{bytes.NewReader(content), io.MultiReader(bytes.NewReader(content))} {
			if m, b := read(r, false); m != n || b != broken {
				t.Fatalf("%d samples, broken: %v; by headers only %d, %v", m, b, n, broken)
			}
		}
	})
}
