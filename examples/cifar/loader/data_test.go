package loader

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/mixblend/blend/examples/feed"
	"github.com/mixblend/blend/mixup"
)

// checkError wants an error of a kind that names values.
func checkError(t *testing.T, err, kind error, names ...string) {
	t.Helper()
	if err == nil || kind != nil && !errors.Is(err, kind) {
		t.Errorf("got %v, want %v", err, kind)
		return
	}
	for _, name := range names {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q does not name %q", err, name)
		}
	}
}

// CIFAR-10 comes in other forms, whose sizes may be those of whole records.
func TestOtherFormats(t *testing.T) {
	for head, want := range map[string]string{"\x1f\x8b\x08": "gzip", "\x80\x02}": "pickle", "\x80\x04\x95": "pickle"} {
		for _, size := range []int{100, RecordBytes} {
			name := filepath.Join(t.TempDir(), "data_batch_1")
			if err := os.WriteFile(name, append([]byte(head), make([]byte, size-len(head))...), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(0, name)
			checkError(t, err, ErrFormat, name, want)
		}
	}
}

func TestFileSizes(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct {
		size, records int
		kind          error
		names         []string
	}{
		{0, 0, ErrTruncated, []string{"empty"}},
		{1, 0, ErrTruncated, []string{"has 1 bytes", "3073"}},
		{3072, 0, ErrTruncated, []string{"3072", "3073"}},
		{3073, 0, nil, nil},
		{3074, 0, ErrTruncated, []string{"3074", "1 × 3073", "1 of another", "1 × 3074 is a file of CIFAR-100"}},
		{10000 * 3074, 10000, ErrOversized, []string{"10000 × 3074 is a file of CIFAR-100"}},
		{5 * 3073, 0, nil, nil},
		{5 * 3073, 5, nil, nil},
		{5*3073 - 1, 5, ErrTruncated, []string{"15364", "5 records", "15365"}},
		{4 * 3073, 5, ErrTruncated, []string{"12292", "15365"}},
		{5*3073 + 1, 5, ErrOversized, []string{"15366", "5 records", "15365"}},
		{6 * 3073, 5, ErrOversized, []string{"18438", "15365"}},
		{0, 5, ErrTruncated, []string{"has 0 bytes", "15365"}},
		{10000 * 3073, 10000, nil, nil},
		{10000*3073 + 2, 0, ErrOversized, []string{"30730002", "2 more than 10000 × 3073"}},
		{10000*3073 - 2, 0, ErrTruncated, []string{"30729998", "3071 of another"}},
	} {
		name := filepath.Join(dir, fmt.Sprint(test.size, "-", test.records))
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(name, int64(test.size)); err != nil {
			t.Fatal(err)
		}
		d, err := Open(test.records, name)
		if test.kind != nil {
			checkError(t, err, test.kind, append(test.names, name)...)
			continue
		}
		if err != nil {
			t.Error(err)
			continue
		}
		if d.Len() != test.size/RecordBytes {
			t.Errorf("%d bytes: %d records", test.size, d.Len())
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	d := write(t, 3, Patterns(1))
	dir := t.TempDir()
	_, err := Open(0)
	checkError(t, err, nil, "no files")
	_, err = Open(-1, d.name)
	checkError(t, err, nil, "-1 records")
	_, err = Open(math.MaxInt, d.name)
	checkError(t, err, nil, fmt.Sprint(math.MaxInt, " records"))
	_, err = Open(0, d.name, filepath.Join(dir, "missing"))
	checkError(t, err, os.ErrNotExist, "missing")
	_, err = Open(0, dir)
	checkError(t, err, nil, dir, "not a regular file")
	for _, i := range []int{-1, 3} {
		checkError(t, d.Read(new(Record), i), nil, fmt.Sprint("record ", i), "there are 3")
	}
}

// Records of several files count on.
func TestManyFiles(t *testing.T) {
	dir := t.TempDir()
	var names []string
	var want []Record
	for k, n := range []int{3, 1, 7} {
		names = append(names, filepath.Join(dir, fmt.Sprint(k)))
		source := Patterns(uint64(k))
		if err := WriteFile(t.Context(), names[k], n, source); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			var r Record
			if err := source(t.Context(), &r, i); err != nil {
				t.Fatal(err)
			}
			want = append(want, r)
		}
	}
	d, err := Open(0, names...)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if d.Len() != len(want) {
		t.Fatalf("%d records, want %d", d.Len(), len(want))
	}
	for i := range want {
		var r Record
		if err := d.Read(&r, i); err != nil || r != want[i] {
			t.Errorf("record %d: another, or %v", i, err)
		}
	}
}

func TestBadClass(t *testing.T) {
	d := write(t, 60, func(ctx context.Context, r *Record, i int) error {
		r[0] = uint8(i % 10)
		if i == 41 {
			r[0] = 10
		}
		return nil
	})
	checkError(t, d.Read(new(Record), 41), ErrClass, d.name, "record 41", "class 10")
	l := start(t, d.Data, Augment{}, feed.Config{Batch: 4, Epochs: 100, Workers: 3})
	n := 0
	for b := range l.C() {
		if b.Epoch != 0 || b.Step != n {
			t.Errorf("epoch %d, step %d after %d batches", b.Epoch, b.Step, n)
		}
		n++
		b.Release()
	}
	checkError(t, l.Stop(), ErrClass, d.name, "record 41", "class 10")
	if n >= 15 {
		t.Errorf("%d batches in spite of the class", n)
	}
}

// A file that somebody cuts off while it is read is an error, not the end of the program.
func TestFileBecomesShorter(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file that is mapped cannot be cut off there")
	}
	d := write(t, 200, Patterns(1))
	if err := os.Truncate(d.name, 20*RecordBytes); err != nil {
		t.Fatal(err)
	}
	var r Record
	if err := d.Read(&r, 3); err != nil || r != d.records[3] {
		t.Errorf("what is left cannot be read: %v", err)
	}
	checkError(t, d.Read(&r, 150), ErrTruncated, d.name, "614600 bytes", "record 150")
	l := start(t, d.Data, Augment{}, feed.Config{Batch: 16, Epochs: 3, Workers: 2, Mix: mixup.Config{Alpha: 1}})
	for b := range l.C() {
		b.Release()
	}
	checkError(t, l.Stop(), ErrTruncated, d.name, "614600 bytes")
}

// Wherever in a page it is cut off: a record is there as a whole or not at all, though the rest of the last page can be read.
func TestFileBecomesShorterByBytes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file that is mapped cannot be cut off there")
	}
	const n = 40
	patterns := Patterns(1)
	d := write(t, n, func(ctx context.Context, r *Record, i int) error {
		if err := patterns(ctx, r, i); err != nil {
			return err
		}
		switch i % 4 { // some have zeros of their own
		case 1:
			clear(r.Pixels())
		case 2:
			r[RecordBytes-1] = 0
		}
		return nil
	})
	sizes := []int{62460, 20 * RecordBytes, 20*RecordBytes - 1, 15*4096 + 1, 15 * 4096, 15*4096 - 1, 1, 0}
	for size := n * RecordBytes; size > 0; size -= 331 {
		sizes = append(sizes, size, size/RecordBytes*RecordBytes+1)
	}
	slices.Sort(sizes)
	slices.Reverse(sizes)
	for _, size := range sizes {
		if err := os.Truncate(d.name, int64(size)); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			r := Record{5}
			err := d.Read(&r, i)
			if there := (i+1)*RecordBytes <= size; !there {
				checkError(t, err, ErrTruncated, d.name, fmt.Sprint("record ", i))
			} else if err != nil || r != d.records[i] {
				t.Errorf("%d bytes are left, but record %d is another, or %v", size, i, err)
			}
		}
	}
}

func TestAugmentErrors(t *testing.T) {
	d := write(t, 10, Patterns(1))
	for _, pad := range []int{-1, 33} {
		_, err := d.Format(Augment{Pad: pad})
		checkError(t, err, nil, fmt.Sprint("Pad = ", pad), "32")
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "data.bin")
	checkError(t, WriteFile(t.Context(), name, 0, Patterns(1)), nil, name, "0 records")
	failed := errors.New("no record")
	err := WriteFile(t.Context(), name, 10, func(_ context.Context, _ *Record, i int) error {
		if i == 7 {
			return failed
		}
		return nil
	})
	checkError(t, err, failed)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	checkError(t, WriteFile(ctx, name, 10, Patterns(1)), context.Canceled)
	// A source learns of an interrupt.
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	checkError(t, WriteFile(ctx, name, 10, func(ctx context.Context, _ *Record, _ int) error {
		cancel()
		if ctx.Err() == nil {
			t.Error("an interrupt does not reach the source")
		}
		return nil
	}), context.Canceled)
	// No input is overwritten.
	input := filepath.Join(t.TempDir(), "input")
	if err := os.WriteFile(input, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	checkError(t, WriteFile(t.Context(), input, 10, Patterns(1), "other", input), nil, input, "is the input")
	if left, err := os.ReadDir(dir); len(left) > 0 || err != nil {
		t.Errorf("%v is left, %v", left, err)
	}
	checkError(t, WriteFile(t.Context(), filepath.Join(dir, "missing", "data.bin"), 10, Patterns(1)), os.ErrNotExist)
}

// The classes of patterns must all be there, and records be different.
func TestPatterns(t *testing.T) {
	d := write(t, 400, Patterns(9))
	count := map[uint8]int{}
	for i := range d.records {
		count[d.records[i].Class()]++
	}
	if len(count) != Classes || len(d.number) != 400 {
		t.Errorf("classes %v, %d images are different", count, len(d.number))
	}
}

// Crops of a picture of one color have that color, and the class of their picture.
func TestPictures(t *testing.T) {
	dir := t.TempDir()
	save := func(name string, w, h int, c color.Color) string {
		p := image.NewNRGBA(image.Rect(0, 0, w, h))
		for y := range h {
			for x := range w {
				p.Set(x, y, c)
			}
		}
		name = filepath.Join(dir, name)
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := png.Encode(f, p); err != nil {
			t.Fatal(err)
		}
		return name
	}
	names := []string{
		save("a.png", 32, 32, color.RGBA{200, 10, 90, 255}),
		save("b.png", 300, 40, color.RGBA{0, 255, 30, 255}),
		save("clear.png", 50, 70, color.NRGBA{}), // white is under what is transparent
	}
	want := [][3]byte{{200, 10, 90}, {0, 255, 30}, {255, 255, 255}}
	source, err := Pictures(t.Context(), 3, names...)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[uint8]bool{}
	for i := range 60 {
		var r Record
		if err := source(t.Context(), &r, i); err != nil {
			t.Fatal(err)
		}
		seen[r.Class()] = true
		for j, v := range r.Pixels() {
			if w := want[r.Class()][j/(Side*Side)]; v != w {
				t.Fatalf("record %d of class %d: pixel %d is %d, want %d", i, r.Class(), j, v, w)
			}
		}
	}
	if len(seen) != 3 {
		t.Errorf("classes %v", seen)
	}

	small := save("small.png", 31, 100, color.Black)
	text := filepath.Join(dir, "text.png")
	if err := os.WriteFile(text, []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		files []string
		names []string
	}{
		{nil, []string{"0 pictures"}},
		{make([]string, 11), []string{"11 pictures"}},
		{[]string{small}, []string{small, "31×100"}},
		{[]string{text}, []string{text, "neither PNG nor JPEG"}},
		{[]string{filepath.Join(dir, "missing.png")}, []string{"missing.png"}},
		{[]string{dir}, []string{dir, "is a directory"}},
	} {
		_, err := Pictures(t.Context(), 1, test.files...)
		checkError(t, err, nil, test.names...)
	}
}
