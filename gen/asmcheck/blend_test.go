package asmcheck

import (
	"os"
	"testing"
)

// Every word of the generated kernels is the instruction that its comment says.
func TestBlendARM64(t *testing.T) {
	text, err := os.ReadFile("../../blend_arm64.s")
	if err != nil {
		t.Fatal(err)
	}
	words, err := Words(text)
	if err != nil || len(words) < 100 {
		t.Fatalf("%d words: %v", len(words), err)
	}
	if err := CheckWords(text); err != nil {
		t.Error(err)
	}
}
