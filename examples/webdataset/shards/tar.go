package shards

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"sync"

	"github.com/mixblend/blend/examples/feed"
)

// A Sample is the files of one name in a shard, such as n01440764_18.jpg and n01440764_18.cls.
type Sample struct {
	Number int    // among those of all shards, in the order in which they were given
	Shard  string // its URL
	Key    string // the name of its files, without what follows the first dot

	image, label *bytes.Buffer // which go round, too
	json         bool          // what label is
	err          error         // why it cannot be had
}

// memory is what encoded files are read into.
var memory = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// drop gives the encoded files back.
func (s *Sample) drop() {
	for _, p := range []**bytes.Buffer{&s.image, &s.label} {
		if *p != nil {
			memory.Put(*p)
			*p = nil
		}
	}
}

// Files of samples that are larger are not read.
const (
	maxImage = 256 << 20
	maxLabel = 1 << 20
)

// A tarball reads samples from a shard, one after the other.
type tarball struct {
	shard string
	end   *endWatcher
	r     *tar.Reader

	next *tar.Header // read, but not of the sample before
	key  string      // of it
	ext  string
}

func newTarball(shard string, r io.Reader) *tarball {
	end := &endWatcher{r: r}
	var in io.Reader = end
	if s, ok := r.(io.Seeker); ok {
		in = struct {
			io.Reader
			io.Seeker
		}{end, s}
	}
	return &tarball{shard: shard, end: end, r: tar.NewReader(in)}
}

// An endWatcher knows whether it has come to the end of what it reads.
type endWatcher struct {
	r   io.Reader
	end bool
}

func (e *endWatcher) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if n > 0 && err == io.EOF {
		err = nil
	}
	e.end = e.end || err == io.EOF
	return n, err
}

// header finds the next file of a sample. What begins with __ is WebDataset's own; what has no extension is no sample's.
func (t *tarball) header() error {
	for {
		h, err := t.r.Next()
		if err == io.EOF && t.end.end {
			return errors.New("it is truncated: it ends without the mark that ends a tar file")
		}
		if err == io.ErrUnexpectedEOF {
			return errors.New("it is truncated")
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		dir, base := path.Split(h.Name)
		name, ext, ok := strings.Cut(base, ".")
		if !ok || ext == "" || strings.HasPrefix(base, "__") {
			continue
		}
		t.next, t.key, t.ext = h, dir+name, strings.ToLower(ext)
		return nil
	}
}

// sample reads the next sample, or steps over it. After the last it returns io.EOF. Another error is that of the shard: of what it
// holds no more can be had, and what s was is broken too. If it is of the sample it is in s.
func (t *tarball) sample(s *Sample, skip bool) error {
	if t.next == nil {
		if err := t.header(); err != nil {
			return t.broken(err)
		}
	}
	s.Key = t.key
	for t.next != nil && t.key == s.Key {
		if !skip && s.err == nil {
			if err := t.file(s); err != nil {
				s.drop()
				return t.broken(fmt.Errorf("sample %q: %w", s.Key, err))
			}
		}
		t.next = nil
		if err := t.header(); err != nil && err != io.EOF {
			s.drop()
			return t.broken(fmt.Errorf("after sample %q: %w", s.Key, err))
		} else if err == io.EOF {
			t.key = ""
			break
		}
	}
	if s.err == nil && !skip {
		switch {
		case s.image == nil:
			s.err = errors.New("it has no jpg, jpeg or png")
		case s.label == nil:
			s.err = errors.New("it has no label, cls or json")
		}
	}
	if s.err != nil {
		s.drop()
		s.err = fmt.Errorf("%w: shards: %s: sample %q: %w", feed.ErrBroken, t.shard, s.Key, s.err)
	}
	return nil
}

// broken is an error of the shard, if it is not one of reading.
func (t *tarball) broken(err error) error {
	if read := (*readError)(nil); errors.As(err, &read) {
		return read
	}
	if err == io.EOF {
		return err
	}
	return fmt.Errorf("%w: shards: %s: %w", feed.ErrBroken, t.shard, err)
}

// file reads one file of a sample, if it is one that is asked for. Its error is that of the shard.
func (t *tarball) file(s *Sample) error {
	var to **bytes.Buffer
	most, json := int64(maxImage), s.json
	switch t.ext {
	case "jpg", "jpeg", "png":
		to = &s.image
		if s.image != nil {
			s.err = fmt.Errorf("it has two images, of which one is %s", t.next.Name)
			return nil
		}
	case "cls", "json":
		to, most = &s.label, maxLabel
		json = t.ext == "json"
		switch {
		case s.label == nil:
		case json == s.json:
			s.err = fmt.Errorf("it has two labels, of which one is %s", t.next.Name)
			return nil
		case json: // it may say anything else
			return nil
		default:
			memory.Put(s.label)
		}
	default:
		return nil
	}
	if t.next.Size > most {
		s.err = fmt.Errorf("%s has %d bytes, more than %d", t.next.Name, t.next.Size, most)
		return nil
	}
	p := memory.Get().(*bytes.Buffer)
	p.Reset()
	*to, s.json = p, json
	_, err := p.ReadFrom(t.r) // which grows by what there is, whatever the header says
	if err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%s is truncated", t.next.Name)
	}
	return err
}
