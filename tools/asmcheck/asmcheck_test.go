package asmcheck

import (
	"strings"
	"testing"

	"github.com/mixblend/blend/asm/arm64"
)

// TestEncodings decodes what every encoder makes of its covering set.
func TestEncodings(t *testing.T) {
	words, err := arm64.Encodings()
	if err != nil {
		t.Fatal(err)
	}
	if len(words) == 0 {
		t.Fatal("no encodings")
	}
	for _, w := range words {
		if err := check(w.Bits, w.Text); err != nil {
			t.Error(err)
		}
	}
}

func TestCheckWords(t *testing.T) {
	const good = "TEXT ·f(SB), NOSPLIT, $0-0 // a WORD in a comment\n" +
		"\tWORD  $0x6e23dc21 // fmul v1.4s, v1.4s, v3.4s\n" +
		"\tWORD  $0xac3f8420      // stnp q0, q1, [x1, #-16] // a note\n" +
		"\tRET\n"
	if err := CheckWords([]byte(good)); err != nil {
		t.Error(err)
	}
	words, err := Words([]byte(good))
	if err != nil || len(words) != 2 {
		t.Fatalf("got %v, %v", words, err)
	}
	want := Word{3, 0xac3f8420, "stnp q0, q1, [x1, #-16]"}
	if words[1] != want {
		t.Errorf("got %v, want %v", words[1], want)
	}

	for _, line := range []string{
		"WORD $0x6e23dc22 // fmul v1.4s, v1.4s, v3.4s",
		"WORD $0x6e23dc21 // fmul v1.4s, v1.4s, v4.4s",
		"WORD $0x00000000 // fmul v1.4s, v1.4s, v4.4s",
		"WORD $0x6e23dc21",
		"WORD $0x6e23dc21 //",
		"WORD $1851006497 // fmul v1.4s, v1.4s, v3.4s",
		"WORD $0x6e23dc21; WORD $0x6e23dc21 // fmul v1.4s, v1.4s, v3.4s",
		"l: WORD $0x6e23dc21 // fmul v1.4s, v1.4s, v3.4s",
		"DWORD $0x6e23dc216e23dc21 // fmul v1.4s, v1.4s, v3.4s",
	} {
		err := CheckWords([]byte(good + line + "\n"))
		if err == nil || !strings.Contains(err.Error(), "line 5: ") {
			t.Errorf("%s: %v", line, err)
		}
	}
}
