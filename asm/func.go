package asm

import (
	"bytes"
	"fmt"
	"go/token"
	"slices"
	"strings"
)

// A Func collects the instructions of one function.
type Func struct {
	General, Vector, Float Pool // of registers

	file     *File
	name     string
	sig      *signature
	lines    []line
	labels   map[string]bool
	jumps    []jump
	frame    int
	requires []string
	ended    bool
	join     bool // Join was called
}

// A line is an instruction if op is set, else a comment, or a label, or blank.
type line struct {
	op, args string
	text     string // of a WORD, in GNU's syntax
	note     string
	label    string
	comment  string
	joined   bool // to the line before
}

type jump struct{ label, where string }

// Fail keeps an error under the name of the function.
func (f *Func) Fail(format string, args ...any) {
	f.file.fail("%s: %w", f.name, fmt.Errorf(format, args...))
}

// add appends a line unless an error has made the text worthless.
func (f *Func) add(l line) {
	if f.ended {
		f.Fail("used after its end")
	}
	if f.file.err == nil {
		l.joined, f.join = f.join, false
		f.lines = append(f.lines, l)
	}
}

// Inst appends an instruction in Go's syntax.
func (f *Func) Inst(op string, operands ...any) {
	args := make([]string, len(operands))
	for i, o := range operands {
		args[i] = fmt.Sprint(o)
	}
	f.add(line{op: op, args: strings.Join(args, ", ")})
}

// A Word is an instruction that Go's assembler lacks.
type Word struct {
	Bits uint32
	Text string // GNU syntax
}

// Word appends an instruction that Go's assembler lacks, unless it could not
// be encoded.
func (f *Func) Word(w Word, err error) {
	if err != nil {
		f.Fail("%s: %v", w.Text, err)
		return
	}
	f.add(line{op: "WORD", args: fmt.Sprintf("$0x%08x", w.Bits), text: w.Text})
}

// Branch appends a branch to label, which may be defined later.
func (f *Func) Branch(op, label string, operands ...any) {
	f.jumps = append(f.jumps, jump{label, f.file.where()})
	f.Inst(op, append(operands, label)...)
}

// Requires says that the function needs a feature of the CPU.
func (f *Func) Requires(feature string) {
	if !slices.Contains(f.requires, feature) {
		f.requires = append(f.requires, feature)
	}
}

// Interleave collects what each of the parts emits, and appends it in turn: an instruction of each, then the next of each. Those after
// Join stay with the one before. No part may write what another uses.
func (f *Func) Interleave(parts ...func()) {
	before := f.lines
	emitted := make([][]line, len(parts))
	for i, part := range parts {
		f.lines = nil
		part()
		emitted[i] = f.lines
	}
	f.lines = before
	for left := true; left; {
		left = false
		for i, lines := range emitted {
			n := min(1, len(lines))
			for n < len(lines) && lines[n].joined {
				n++
			}
			f.lines = append(f.lines, lines[:n]...)
			emitted[i] = lines[n:]
			left = left || n < len(lines)
		}
	}
}

// Join says that the instruction before and the next stay together.
func (f *Func) Join() { f.join = true }

// Label defines a label.
func (f *Func) Label(name string) {
	if !isIdent(name) {
		f.Fail("label %q: not an identifier", name)
	}
	if f.labels[name] {
		f.Fail("label %s: defined twice", name)
	}
	f.labels[name] = true
	f.add(line{label: name})
}

// Comment prints a comment on a line of its own.
func (f *Func) Comment(text string) {
	if strings.ContainsAny(text, "\r\n") {
		f.Fail("comment of more than one line")
	}
	f.add(line{comment: text})
}

// Note prints a comment beside the instruction before it.
func (f *Func) Note(text string) {
	if strings.ContainsAny(text, "\r\n") {
		f.Fail("note of more than one line")
	}
	n := len(f.lines)
	if n == 0 || f.lines[n-1].op == "" {
		f.Fail("note without an instruction")
		return
	}
	f.lines[n-1].note = text
}

// Blank prints an empty line.
func (f *Func) Blank() { f.add(line{}) }

// Local reserves size bytes of the frame, and returns how far below the
// pseudo-register SP they start. The area is 16-byte aligned: size must be a
// multiple of 16, and the frame is padded so that SP is too.
func (f *Func) Local(name string, size int) (below int) {
	if !isIdent(name) || size <= 0 || size%16 != 0 {
		f.Fail("local %s: bad name, or size %d is not a positive multiple of 16", name, size)
	}
	f.frame += size
	return f.frame
}

// frameSize returns the size of the local frame.
func (f *Func) frameSize() int {
	if f.frame == 0 {
		return 0
	}
	return f.frame + f.file.arch.Padding
}

// end checks what can be checked only once the function is complete.
func (f *Func) end() {
	if f.ended {
		return
	}
	f.ended = true
	ended := ""
	for _, l := range f.lines {
		if l.op != "" {
			ended = l.op
		}
		if l.label != "" {
			ended = "label"
		}
	}
	if last := f.file.arch.Last; !slices.Contains(last, ended) {
		f.Fail("does not end in %s", strings.Join(last, " or "))
	}
	for _, j := range f.jumps {
		if !f.labels[j.label] {
			f.Fail("label %s: not defined, jump at %s", j.label, j.where)
		}
	}
	f.General.end()
	f.Vector.end()
	f.Float.end()
}

// print writes the function with operands and comments in columns.
func (f *Func) print(b *bytes.Buffer) {
	fmt.Fprintf(b, "// %s\n", f.sig.decl)
	if len(f.requires) > 0 {
		fmt.Fprintf(b, "// Requires: %s\n", strings.Join(f.requires, ", "))
	}
	fmt.Fprintf(b, "TEXT ·%s(SB), NOSPLIT, $%d-%d\n", f.name, f.frameSize(), f.sig.args)

	opWidth := 0
	for _, l := range f.lines {
		opWidth = max(opWidth, len(l.op))
	}
	argWidth := 0
	for i, l := range f.lines {
		if l.op == "" {
			switch {
			case l.label != "":
				fmt.Fprintf(b, "\n%s:\n", l.label)
			case l.comment != "":
				fmt.Fprintf(b, "\t// %s\n", l.comment)
			default:
				b.WriteByte('\n')
			}
			continue
		}
		if i == 0 || f.lines[i-1].op == "" {
			argWidth = 0
			for _, l := range f.lines[i:] {
				if l.op == "" {
					break
				}
				argWidth = max(argWidth, len(l.args))
			}
		}
		comment := ""
		if l.text != "" {
			comment += " // " + l.text
		}
		if l.note != "" {
			comment += " // " + l.note
		}
		args := l.args
		if comment != "" {
			args = fmt.Sprintf("%-*s", argWidth, args)
		}
		text := fmt.Sprintf("\t%-*s %s%s", opWidth, l.op, args, comment)
		b.WriteString(strings.TrimRight(text, " ") + "\n")
	}
}

// isIdent reports whether s is a name for a label or a symbol.
func isIdent(s string) bool { return token.IsIdentifier(s) && s != "_" }
