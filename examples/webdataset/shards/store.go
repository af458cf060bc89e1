package shards

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"github.com/mixblend/blend/internal/shared/files"
)

// A Store opens URLs: files, which need no scheme; http and https; and buckets whose gocloud.dev/blob driver is linked
// in, such as s3 and gs. A broken transfer is resumed where it broke off.
//
// The zero Store is ready. It may be used by many goroutines at once.
type Store struct {
	Client *http.Client  // nil for one that waits half a minute for an answer
	Tries  int           // how often in a row without a byte, 0 for 4
	Pause  time.Duration // before the second try, twice that before the third …; 0 for 200 ms
	Idle   time.Duration // how long no byte may come, 0 for a minute

	mu      sync.Mutex
	buckets map[string]*blob.Bucket
	ours    []*blob.Bucket // opened here
}

// Mount opens URLs that begin with scheme://host in a bucket of the caller.
func (s *Store) Mount(prefix string, b *blob.Bucket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buckets == nil {
		s.buckets = map[string]*blob.Bucket{}
	}
	s.buckets[prefix] = b
}

// Close closes the buckets that the Store has opened. No reader may be open.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, b := range s.ours {
		errs = append(errs, b.Close())
	}
	s.ours, s.buckets = nil, nil
	return errors.Join(errs...)
}

// open opens a URL for reading. The reader is an [io.Seeker] if it is that of a file.
func (s *Store) open(ctx context.Context, name string) (io.ReadCloser, error) {
	scheme, rest, ok := strings.Cut(name, "://")
	if !ok {
		return openFile(name)
	}
	if scheme == "file" {
		return openFile(rest)
	}
	u, err := url.Parse(name)
	if err != nil {
		return nil, fmt.Errorf("shards: %w", err)
	}
	r := &remote{ctx: ctx, store: s, name: short(u)}
	if scheme == "http" || scheme == "https" {
		r.connect = s.http(name)
		return r, nil
	}
	key := strings.TrimPrefix(u.Path, "/")
	u.Path, u.RawPath = "", ""
	bucket, err := s.bucket(ctx, u)
	if err != nil {
		return nil, fmt.Errorf("shards: %s: %w", r.name, err)
	}
	r.connect = func(ctx context.Context, at int64) (io.ReadCloser, int64, error) {
		b, err := bucket.NewRangeReader(ctx, key, at, -1, nil)
		if err != nil {
			return nil, 0, err
		}
		return b, b.Size(), nil
	}
	return r, nil
}

// short is a URL without what may be secret.
func short(u *url.URL) string {
	v := *u
	v.RawQuery, v.Fragment = "", ""
	return v.Redacted()
}

func openFile(name string) (io.ReadCloser, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, fmt.Errorf("shards: %s: %w", name, files.Reason(err))
	}
	return f, nil
}

func (s *Store) bucket(ctx context.Context, u *url.URL) (*blob.Bucket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.buckets[u.Scheme+"://"+u.Host]; b != nil {
		return b, nil
	}
	name := u.String()
	if b := s.buckets[name]; b != nil {
		return b, nil
	}
	b, err := blob.OpenBucket(context.WithoutCancel(ctx), name)
	if err != nil {
		return nil, err
	}
	if s.buckets == nil {
		s.buckets = map[string]*blob.Bucket{}
	}
	s.buckets[name] = b
	s.ours = append(s.ours, b)
	return b, nil
}

func (s *Store) client() *http.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Client == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.ResponseHeaderTimeout = 30 * time.Second
		s.Client = &http.Client{Transport: t}
	}
	return s.Client
}

// A permanent error is not worth another try.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// http returns how to connect to a URL. The object must not change in between.
func (s *Store) http(name string) func(ctx context.Context, at int64) (io.ReadCloser, int64, error) {
	tag := ""
	return func(ctx context.Context, at int64) (io.ReadCloser, int64, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, name, nil)
		if err != nil {
			return nil, 0, permanent{err}
		}
		req.Header.Set("Accept-Encoding", "identity") // offsets are those of the file
		if at > 0 {
			req.Header.Set("Range", fmt.Sprintf("bytes=%d-", at))
		}
		resp, err := s.client().Do(req)
		if err != nil {
			var u *url.Error
			if errors.As(err, &u) {
				err = u.Err // which does not repeat the URL
			}
			return nil, 0, err
		}
		size := resp.ContentLength
		switch {
		case resp.StatusCode == http.StatusOK:
			if at > 0 { // it knows no ranges
				if _, err := io.CopyN(io.Discard, resp.Body, at); err != nil {
					resp.Body.Close()
					return nil, 0, err
				}
			}
		case resp.StatusCode == http.StatusPartialContent && at > 0:
			total := resp.Header.Get("Content-Range")
			if !strings.HasPrefix(total, fmt.Sprintf("bytes %d-", at)) {
				resp.Body.Close()
				return nil, 0, permanent{fmt.Errorf("the server sent %q", total)}
			}
			size = -1
			if _, after, ok := strings.Cut(total, "/"); ok {
				if n, err := strconv.ParseInt(after, 10, 64); err == nil {
					size = n
				}
			}
		default:
			resp.Body.Close()
			err := fmt.Errorf("the server answered %s", resp.Status)
			if c := resp.StatusCode; c < 500 && c != http.StatusRequestTimeout && c != http.StatusTooManyRequests {
				err = permanent{err}
			}
			return nil, 0, err
		}
		if now := resp.Header.Get("ETag"); at > 0 && tag != now {
			resp.Body.Close()
			return nil, 0, permanent{fmt.Errorf("it has changed meanwhile: its ETag was %s, and is %s", or(tag, "none"), or(now, "none"))}
		} else {
			tag = now
		}
		return resp.Body, size, nil
	}
}

// remote reads what comes over a network, and goes on where it broke off.
type remote struct {
	ctx     context.Context
	store   *Store
	name    string
	connect func(ctx context.Context, at int64) (body io.ReadCloser, size int64, err error)

	at     int64 // the next byte to read
	size   int64 // of all, negative if it is not known
	body   io.ReadCloser
	cancel context.CancelFunc // of body
	idle   *time.Timer        // which calls it
	tries  int                // since a byte came
	err    error
}

func (r *remote) Read(p []byte) (int, error) {
	if len(p) == 0 || r.err != nil {
		return 0, r.err
	}
	for {
		n, err := r.read(p)
		if n > 0 {
			r.at += int64(n)
			r.tries = 0
			return n, nil
		}
		if err == io.EOF && (r.size < 0 || r.at >= r.size) {
			r.err = io.EOF
			return 0, r.err
		}
		r.disconnect()
		if r.ctx.Err() != nil {
			r.err = context.Cause(r.ctx)
			return 0, r.err
		}
		if err == io.EOF {
			err = fmt.Errorf("the connection ended there, of %d bytes", r.size)
		}
		r.tries++
		if most := or(r.store.Tries, 4); r.tries >= most || isPermanent(err) {
			r.err = &readError{fmt.Errorf("shards: %s at byte %d, tried %d times: %w", r.name, r.at, r.tries, err)}
			return 0, r.err
		}
		select {
		case <-time.After(or(r.store.Pause, 200*time.Millisecond) << (r.tries - 1)):
		case <-r.ctx.Done():
		}
	}
}

// read reads once.
func (r *remote) read(p []byte) (int, error) {
	idle := or(r.store.Idle, time.Minute)
	if r.body == nil {
		ctx, cancel := context.WithCancel(r.ctx)
		r.cancel = cancel
		r.idle = time.AfterFunc(idle, cancel)
		var err error
		if r.body, r.size, err = r.connect(ctx, r.at); err != nil {
			r.body = nil
			return 0, r.stalled(err, idle)
		}
	}
	r.idle.Reset(idle)
	n, err := r.body.Read(p)
	r.idle.Stop()
	if n == 0 && err == nil {
		err = io.ErrNoProgress
	}
	if err == io.ErrUnexpectedEOF {
		err = errors.New("the connection ended there")
	}
	return n, r.stalled(err, idle)
}

// stalled says what a connection that was cut off because nothing came does not say itself.
func (r *remote) stalled(err error, idle time.Duration) error {
	if errors.Is(err, context.Canceled) && r.ctx.Err() == nil {
		return fmt.Errorf("nothing came for %v", idle)
	}
	return err
}

func (r *remote) disconnect() {
	if r.body != nil {
		r.body.Close()
		r.body = nil
	}
	if r.cancel != nil {
		r.idle.Stop()
		r.cancel()
		r.cancel = nil
	}
}

func (r *remote) Close() error {
	r.disconnect()
	r.err = os.ErrClosed
	return nil
}

// A readError says that what a URL names could not be read: nothing is known of what is there.
type readError struct{ error }

func (e *readError) Unwrap() error { return e.error }

func isPermanent(err error) bool {
	if errors.As(err, new(permanent)) {
		return true
	}
	switch gcerrors.Code(err) {
	case gcerrors.NotFound, gcerrors.PermissionDenied, gcerrors.InvalidArgument, gcerrors.Unimplemented:
		return true
	}
	return false
}

func or[T comparable](v, otherwise T) T {
	if v == *new(T) {
		return otherwise
	}
	return v
}
