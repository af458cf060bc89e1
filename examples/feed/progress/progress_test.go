package progress

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Where there is no terminal, progress is a line every five seconds, if anything has been done meanwhile.
func TestLines(t *testing.T) {
	var b bytes.Buffer
	p := New(&b, "rank 1: ", 7000)
	p.Add(10)
	if b.Len() > 0 {
		t.Errorf("after no time: %q", &b)
	}
	p.begin = p.begin.Add(-6 * time.Hour)
	p.Add(10)
	p.Add(10)
	p.End()
	lines := regexp.MustCompile(`(?m)^rank 1: \d+ of \d+ images, \d+ images/s\n`).FindAllString(b.String(), -1)
	if len(lines) != 2 || strings.Join(lines, "") != b.String() || !strings.HasPrefix(lines[1], "rank 1: 30 of 7000 images, ") {
		t.Errorf("got %q", &b)
	}
}
