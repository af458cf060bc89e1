//go:build !purego && go1.26

package blend

import (
	"encoding/binary"
	"testing"
)

// Both ways to ask have one answer.
func TestFeatures(t *testing.T) {
	const v = 1 << 2
	extensions, ok := hwprobe()
	t.Logf("hwprobe %v, extensions %#x, vectors off %v", ok, extensions, vectorsOff())
	if old := vectorsOfHWCAP(); ok && old != (extensions&v != 0) {
		t.Errorf("hwprobe says %#x, and the auxiliary vector of vectors %v", extensions, old)
	} else if hasFeature("V") != (old && !vectorsOff()) {
		t.Errorf("vectors: %v, want %v", hasFeature("V"), old)
	}
	if hasFeature("ZVFH") {
		t.Error("a feature that nobody asks for")
	}
}

func TestHWCAP(t *testing.T) {
	entry := func(key, value uint64) []byte {
		return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, key), value)
	}
	full := append(append(entry(6, 4096), entry(16, 1<<21|1)...), entry(0, 0)...)
	if got := hwcap(full); got != 1<<21|1 {
		t.Errorf("%#x", got)
	}
	for _, auxv := range [][]byte{nil, full[:31], full[:16], entry(0, 0), full[:7]} {
		if got := hwcap(auxv); got != 0 {
			t.Errorf("%d bytes: %#x", len(auxv), got)
		}
	}
}
