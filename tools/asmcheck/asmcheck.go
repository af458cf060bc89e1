// Package asmcheck decodes the WORD lines of arm64 assembly and compares them
// with the GNU text in their comments.
package asmcheck

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/arch/arm64/arm64asm"
)

// A Word is a line such as
//
//	WORD $0x6e23dc21 // fmul v1.4s, v1.4s, v3.4s // a note
type Word struct {
	Line int // from 1
	Bits uint32
	Text string // GNU text, without the note
}

var (
	wordUse  = regexp.MustCompile(`\bD?WORD\b`)
	wordLine = regexp.MustCompile(`^\s*WORD\s+\$0x([0-9a-f]{8})\s+// (.+)$`)
)

// Words returns the WORD lines of src. A line that uses WORD or DWORD in any
// other shape is an error: it could not be checked.
func Words(src []byte) ([]Word, error) {
	var words []Word
	var errs []error
	n := 0
	for line := range bytes.Lines(src) {
		n++
		s := strings.TrimRight(string(line), "\r\n")
		code, _, _ := strings.Cut(s, "//")
		if !wordUse.MatchString(code) {
			continue
		}
		m := wordLine.FindStringSubmatch(s)
		if m == nil {
			errs = append(errs, fmt.Errorf("line %d: not WORD $0x…, 8 digits, and its text: %s", n, s))
			continue
		}
		bits, err := strconv.ParseUint(m[1], 16, 32)
		if err != nil {
			errs = append(errs, fmt.Errorf("line %d: %w", n, err))
			continue
		}
		text, _, _ := strings.Cut(m[2], " // ")
		words = append(words, Word{n, uint32(bits), strings.TrimSpace(text)})
	}
	return words, errors.Join(errs...)
}

// CheckWords decodes every WORD line of src and returns an error naming each
// line that does not decode to its text.
func CheckWords(src []byte) error {
	words, err := Words(src)
	errs := []error{err}
	for _, w := range words {
		if err := check(w.Bits, w.Text); err != nil {
			errs = append(errs, fmt.Errorf("line %d: %w", w.Line, err))
		}
	}
	return errors.Join(errs...)
}

// check decodes bits and compares the result with text.
func check(bits uint32, text string) error {
	inst, err := arm64asm.Decode(binary.LittleEndian.AppendUint32(nil, bits))
	if err != nil {
		return fmt.Errorf("%#08x, %s: %w", bits, text, err)
	}
	if got := arm64asm.GNUSyntax(inst); got != normalize(text) {
		return fmt.Errorf("%#08x decodes to %s, not %s", bits, got, normalize(text))
	}
	return nil
}

// normalize rewrites GNU text as arm64asm prints it: the one difference is
// that it puts no space after the commas of an address.
func normalize(text string) string {
	code, addr, ok := strings.Cut(text, "[")
	if !ok {
		return text
	}
	return code + "[" + strings.ReplaceAll(addr, ", ", ",")
}
