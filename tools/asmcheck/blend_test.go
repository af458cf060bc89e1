package asmcheck

import (
	"os"
	"testing"
)

// Every word of the generated assembly is the instruction that its comment says.
func TestGeneratedARM64(t *testing.T) {
	for name, least := range map[string]int{"../../blend_arm64.s": 100, "../../internal/roof/roof_arm64.s": 8} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		words, err := Words(text)
		if err != nil || len(words) < least {
			t.Fatalf("%s: %d words: %v", name, len(words), err)
		}
		if err := CheckWords(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
