package asm

import (
	"bytes"
	"fmt"
	"go/token"
	"strings"
)

// A Func collects the instructions of one function.
type Func struct {
	file     *File
	name     string
	sig      *signature
	gen, vec pool
	lines    []line
	labels   map[string]bool
	jumps    []jump
	frame    int
	asimd    bool
	ended    bool
	join     bool // Join was called
}

// A line is an instruction if op is set, else a comment, or a label, or blank.
type line struct {
	op, args string
	gnu      string // text of a WORD
	note     string
	label    string
	comment  string
	joined   bool // to the line before
}

type jump struct{ label, where string }

// fail keeps an error under the name of the function.
func (f *Func) fail(format string, args ...any) {
	f.file.fail("%s: %w", f.name, fmt.Errorf(format, args...))
}

// add appends a line unless an error has made the text worthless.
func (f *Func) add(l line) {
	if f.ended {
		f.fail("used after its end")
	}
	if f.file.err == nil {
		l.joined, f.join = f.join, false
		f.lines = append(f.lines, l)
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
		f.fail("label %q: not an identifier", name)
	}
	if f.labels[name] {
		f.fail("label %s: defined twice", name)
	}
	f.labels[name] = true
	f.add(line{label: name})
}

// Comment prints a comment on a line of its own.
func (f *Func) Comment(text string) {
	if strings.ContainsAny(text, "\r\n") {
		f.fail("comment of more than one line")
	}
	f.add(line{comment: text})
}

// Note prints a comment beside the instruction before it.
func (f *Func) Note(text string) {
	if strings.ContainsAny(text, "\r\n") {
		f.fail("note of more than one line")
	}
	n := len(f.lines)
	if n == 0 || f.lines[n-1].op == "" {
		f.fail("note without an instruction")
		return
	}
	f.lines[n-1].note = text
}

// Blank prints an empty line.
func (f *Func) Blank() { f.add(line{}) }

// Local reserves size bytes of the frame. The area is 16-byte aligned: size
// must be a multiple of 16, and the frame is padded so that the
// pseudo-register SP is too.
func (f *Func) Local(name string, size int) Local {
	if !isIdent(name) || size <= 0 || size%16 != 0 {
		f.fail("local %s: bad name, or size %d is not a positive multiple of 16", name, size)
	}
	f.frame += size
	return Local{name, f.frame, size}
}

// frameSize returns the size of the local frame. Above the locals the
// assembler keeps 8 bytes for the frame pointer and rounds up to 16, below
// them 8 for the link register; so only a size of 8 modulo 16 puts SP on a
// multiple of 16.
func (f *Func) frameSize() int {
	if f.frame == 0 {
		return 0
	}
	return f.frame + 8
}

// end checks what can be checked only once the function is complete.
func (f *Func) end() {
	if f.ended {
		return
	}
	f.ended = true
	last := ""
	for _, l := range f.lines {
		if l.op != "" {
			last = l.op
		}
		if l.label != "" {
			last = "label"
		}
	}
	if last != "RET" && last != "B" {
		f.fail("does not end in RET or B")
	}
	for _, j := range f.jumps {
		if !f.labels[j.label] {
			f.fail("label %s: not defined, jump at %s", j.label, j.where)
		}
	}
	if s := f.gen.leaks("R"); s != "" {
		f.fail("registers not freed: %s", s)
	}
	if s := f.vec.leaks("V"); s != "" {
		f.fail("registers not freed: %s", s)
	}
}

// print writes the function with operands and comments in columns.
func (f *Func) print(b *bytes.Buffer) {
	fmt.Fprintf(b, "// %s\n", f.sig.decl)
	if f.asimd {
		b.WriteString("// Requires: ASIMD\n")
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
		if l.gnu != "" {
			comment += " // " + l.gnu
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
