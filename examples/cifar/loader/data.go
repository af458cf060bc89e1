// Package loader reads CIFAR-10 for a training loop: crops and flips, as a format of package feed, which mixes and normalizes.
//
//	data, err := loader.Open(0, "data_batch_1.bin", "data_batch_2.bin")
//	...
//	defer data.Close()
//	format, err := data.Format(loader.Augment{Pad: 4, Flip: true})
//	...
//	f, err := feed.Start(ctx, format, feed.Config{Batch: 256, Epochs: 10, Seed: 1, Mix: mixup.Config{Alpha: 1}})
//	...
//	defer f.Stop() // before data.Close
//	for b := range f.C() {
//		step(b.Images, b.Labels)
//		b.Release()
//	}
//	return f.Stop()
//
// It is an example: copy it, and put your own format and augmentation in place of Data and crop.
package loader

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime/debug"

	"golang.org/x/exp/mmap"
)

const (
	Classes  = 10
	Side     = 32
	Channels = 3
	// ImageBytes is the length of an image: planes of red, green and blue, each Side × Side.
	ImageBytes = Channels * Side * Side
	// RecordBytes is the length of a record of a file: a class, then an image.
	RecordBytes = 1 + ImageBytes
	// fileRecords is how many there are in each file of CIFAR-10.
	fileRecords = 10000
)

var (
	ErrTruncated = errors.New("loader: truncated file")
	ErrOversized = errors.New("loader: oversized file")
	ErrClass     = errors.New("loader: no such class")
	ErrFormat    = errors.New("loader: not a binary file of CIFAR-10")
)

// A Record is a class and an image, as a file has them.
type Record [RecordBytes]byte

func (r *Record) Class() uint8   { return r[0] }
func (r *Record) Pixels() []byte { return r[1:] }

// Data holds the records of files. They are mapped into memory, so that several programs share one copy, and pages are
// read when they are needed. It may be used by many goroutines at once.
type Data struct {
	files []file
	n     int
}

type file struct {
	name  string
	first int // its first record, among those of all files
	r     *mmap.ReaderAt
	f     *os.File // the same one, to ask whether it still has what its mapping shows
}

// Open maps files. Each must have `records` records; 0 means any number. A file that is shorter, or ends within a
// record, is [ErrTruncated], a longer one [ErrOversized], a compressed one or a pickle [ErrFormat].
func Open(records int, names ...string) (*Data, error) {
	if most := math.MaxInt / RecordBytes; records < 0 || records > most {
		return nil, fmt.Errorf("loader: %d records a file, want 0 (any number) to %d", records, most)
	}
	if len(names) == 0 {
		return nil, errors.New("loader: no files")
	}
	d := new(Data)
	for _, name := range names {
		r, f, err := open(name)
		if err == nil {
			d.files = append(d.files, file{name, d.n, r, f}) // so that Close finds it
			if err = checkHead(name, r); err == nil {
				err = checkSize(name, r.Len(), records)
			}
		}
		if err == nil && r.Len()/RecordBytes > math.MaxInt-d.n { // one file may be there many times
			err = fmt.Errorf("loader: more records than %d, with those of %s", math.MaxInt, name)
		}
		if err != nil {
			d.Close()
			return nil, err
		}
		d.n += r.Len() / RecordBytes
	}
	return d, nil
}

func open(name string) (*mmap.ReaderAt, *os.File, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() { // to open a pipe would wait for its other end
		return nil, nil, fmt.Errorf("loader: %s is not a regular file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	r, err := mmap.Open(name)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return r, f, nil
}

// checkHead refuses what CIFAR-10 is also found as. No record begins like that: its first byte is a class.
func checkHead(name string, r io.ReaderAt) error {
	var head [2]byte
	n, err := r.ReadAt(head[:], 0)
	switch {
	case n < len(head) && err == io.EOF:
		return nil
	case err != nil:
		return fmt.Errorf("loader: %s: %w", name, err)
	case head == [2]byte{0x1f, 0x8b}:
		return fmt.Errorf("%w: %s is compressed by gzip: unpack cifar-10-binary.tar.gz", ErrFormat, name)
	case head[0] == 0x80 && head[1] >= 2 && head[1] <= 5:
		return fmt.Errorf("%w: %s is a Python pickle: take cifar-10-binary.tar.gz in place of cifar-10-python.tar.gz", ErrFormat, name)
	}
	return nil
}

func checkSize(name string, size, records int) error {
	err := checkRecords(name, size, records)
	if other := RecordBytes + 1; err != nil && size > 0 && size%other == 0 { // two classes, coarse and fine
		return fmt.Errorf("%w (%d × %d is a file of CIFAR-100, which is not read)", err, size/other, other)
	}
	return err
}

func checkRecords(name string, size, records int) error {
	whole, rest := size/RecordBytes, size%RecordBytes
	switch {
	case records > 0 && size < records*RecordBytes:
		return fmt.Errorf("%w: %s has %d bytes, but %d records of %d are %d", ErrTruncated, name, size, records, RecordBytes, records*RecordBytes)
	case records > 0 && size > records*RecordBytes:
		return fmt.Errorf("%w: %s has %d bytes, but %d records of %d are %d", ErrOversized, name, size, records, RecordBytes, records*RecordBytes)
	case size == 0:
		return fmt.Errorf("%w: %s is empty", ErrTruncated, name)
	case rest > 0 && size > fileRecords*RecordBytes:
		return fmt.Errorf("%w: %s has %d bytes: %d more than %d × %d, a record each", ErrOversized, name, size, rest, whole, RecordBytes)
	case rest > 0:
		return fmt.Errorf("%w: %s has %d bytes: %d × %d, a record each, and %d of another", ErrTruncated, name, size, whole, RecordBytes, rest)
	}
	return nil
}

// Len returns the number of records.
func (d *Data) Len() int { return d.n }

// Read copies record i to r. A class above 9 is [ErrClass]; a file that has become shorter since it was opened is
// [ErrTruncated].
func (d *Data) Read(r *Record, i int) (err error) {
	if i < 0 || i >= d.n {
		return fmt.Errorf("loader: record %d, but there are %d", i, d.n)
	}
	k := len(d.files) - 1
	for d.files[k].first > i {
		k--
	}
	f := &d.files[k]
	i -= f.first

	gone := func() error {
		return fmt.Errorf("%w: %s had %d bytes when it was opened, and has no record %d now", ErrTruncated, f.name, f.r.Len(), i)
	}
	// The pages past the end of a file that has been cut cannot be read, which would end the program.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			if _, fault := p.(interface{ Addr() uintptr }); !fault {
				panic(p)
			}
			err = gone()
		}
	}()
	if _, err := f.r.ReadAt(r[:], int64(i)*RecordBytes); err != nil {
		return fmt.Errorf("loader: %s: record %d: %w", f.name, i, err)
	}
	// The rest of its last page can, as zeros. So where the record ends in a zero it is asked whether that is the file's.
	if last := r[RecordBytes-1:]; last[0] == 0 {
		switch _, err := f.f.ReadAt(last, int64(i+1)*RecordBytes-1); {
		case err == io.EOF:
			return gone()
		case err != nil:
			return fmt.Errorf("loader: %s: record %d: %w", f.name, i, err)
		}
	}
	if r.Class() >= Classes {
		return fmt.Errorf("%w: %s: record %d has class %d, of %d", ErrClass, f.name, i, r.Class(), Classes)
	}
	return nil
}

// Close unmaps the files. Stop every Feed that reads them first.
func (d *Data) Close() error {
	var errs []error
	for _, f := range d.files {
		errs = append(errs, f.r.Close(), f.f.Close())
	}
	return errors.Join(errs...)
}
