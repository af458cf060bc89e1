package asm

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"go/build/constraint"
	"io"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
)

// Config says what a File starts with.
type Config struct {
	Command    string   // the command that generates the file; no absolute paths
	Constraint string   // build constraint, without the leading //go:build
	Stubs      []string // Go files of the package: declarations and the types they use
}

// An Arch is what this package has to know about an architecture.
type Arch struct {
	GOARCH  string
	General Bank     // registers for integers and pointers
	Vector  Bank     // registers for vectors
	Float   Bank     // registers for floating-point numbers, where those of Vector do not hold them
	Moves   Moves    // which load parameters and store results
	Last    []string // the instructions that may end a function
	Padding int      // of a frame with locals, without which SP is not 16-byte aligned
}

// A Bank is the registers of one kind.
type Bank struct {
	Prefix string // of their names, before the number
	Free   uint32 // those that a function may use freely, a bit each
}

// Moves are loads and stores by size in bytes, of signed and of unsigned
// integers.
type Moves map[int64][2]string

// A File collects functions and data. Its methods and those of its functions
// never fail on the spot: the first error is kept and returned by Bytes and
// WriteTo.
type File struct {
	arch   *Arch
	config Config
	pkg    *stubs
	funcs  []*Func
	data   []data
	err    error
}

// NewFile returns a File for the package that config.Stubs belongs to.
func NewFile(arch *Arch, config Config) *File {
	file := &File{arch: arch, config: config}
	if strings.ContainsAny(config.Command, "\r\n") {
		file.fail("command of more than one line")
	}
	if config.Constraint != "" {
		if _, err := constraint.Parse("//go:build " + config.Constraint); err != nil {
			file.fail("constraint %q: %v", config.Constraint, err)
		}
	}
	for _, word := range strings.Fields(config.Command) {
		if filepath.IsAbs(word) {
			file.fail("command holds the absolute path %s", word)
		}
	}
	pkg, err := parseStubs(arch.GOARCH, config.Stubs)
	if err != nil {
		file.fail("%v", err)
	}
	file.pkg = pkg
	return file
}

// fail keeps an error if it is the first.
func (file *File) fail(format string, args ...any) {
	if file.err == nil {
		file.err = fmt.Errorf("asm: %s: %w", file.where(), fmt.Errorf(format, args...))
	}
}

// where names the line of the generator that called this package, or one of
// those beside it.
func (file *File) where() string {
	self := reflect.TypeFor[File]().PkgPath()
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for {
		frame, more := frames.Next()
		rest, inside := strings.CutPrefix(frame.Function, self)
		inside = inside && (rest[0] == '.' || rest[0] == '/') && !strings.HasSuffix(frame.File, "_test.go")
		if !inside || !more {
			return fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
		}
	}
}

// Func starts the function that the stubs declare under name. It ends the one
// before it.
func (file *File) Func(name string) *Func {
	file.endFunc()
	f := &Func{
		file:   file,
		name:   name,
		labels: map[string]bool{},
	}
	f.General = Pool{f: f, kind: "general", prefix: file.arch.General.Prefix, avail: file.arch.General.Free}
	f.Vector = Pool{f: f, kind: "vector", prefix: file.arch.Vector.Prefix, avail: file.arch.Vector.Free}
	f.Float = Pool{f: f, kind: "floating-point", prefix: file.arch.Float.Prefix, avail: file.arch.Float.Free}
	for _, g := range file.funcs {
		if g.name == name {
			file.fail("%s: defined twice", name)
		}
	}
	file.funcs = append(file.funcs, f)
	sig, err := file.pkg.signature(name)
	if err != nil {
		f.Fail("%v", err)
	}
	f.sig = sig
	return f
}

func (file *File) endFunc() {
	if n := len(file.funcs); n > 0 {
		file.funcs[n-1].end()
	}
}

type data struct {
	name  string
	bytes []byte
}

// Data adds a read-only table and returns its symbol.
func (file *File) Data(name string, table []byte) string {
	for _, d := range file.data {
		if d.name == name {
			file.fail("data %s: defined twice", name)
		}
	}
	if !isIdent(name) || len(table) == 0 {
		file.fail("data %s: bad name or empty table", name)
	}
	file.data = append(file.data, data{name, bytes.Clone(table)})
	return name + "<>(SB)"
}

func (d data) print(b *bytes.Buffer) {
	le := binary.LittleEndian
	for off := 0; off < len(d.bytes); {
		rest := d.bytes[off:]
		n, v := 1, uint64(rest[0])
		switch {
		case len(rest) >= 8:
			n, v = 8, le.Uint64(rest)
		case len(rest) >= 4:
			n, v = 4, uint64(le.Uint32(rest))
		case len(rest) >= 2:
			n, v = 2, uint64(le.Uint16(rest))
		}
		fmt.Fprintf(b, "DATA %s<>+%d(SB)/%d, $0x%0*x\n", d.name, off, n, 2*n, v)
		off += n
	}
	fmt.Fprintf(b, "GLOBL %s<>(SB), RODATA|NOPTR, $%d\n", d.name, len(d.bytes))
}

// Bytes returns the text, or the first error.
func (file *File) Bytes() ([]byte, error) {
	file.endFunc()
	if file.err != nil {
		return nil, file.err
	}
	b := new(bytes.Buffer)
	fmt.Fprintf(b, "// Code generated by command: %s. DO NOT EDIT.\n\n", file.config.Command)
	if file.config.Constraint != "" {
		fmt.Fprintf(b, "//go:build %s\n\n", file.config.Constraint)
	}
	b.WriteString("#include \"textflag.h\"\n")
	for _, d := range file.data {
		b.WriteByte('\n')
		d.print(b)
	}
	for _, f := range file.funcs {
		b.WriteByte('\n')
		f.print(b)
	}
	return b.Bytes(), nil
}

// WriteTo writes the text. After an error nothing is written.
func (file *File) WriteTo(w io.Writer) (int64, error) {
	text, err := file.Bytes()
	if err != nil {
		return 0, err
	}
	n, err := w.Write(text)
	if err == nil && n < len(text) {
		err = io.ErrShortWrite
	}
	if err != nil {
		file.fail("write: %w", err)
	}
	return int64(n), file.err
}
