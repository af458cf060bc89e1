package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every row of the tables of docs/proof.md is of a fault that there is, and it says how many have no row.
func TestProof(t *testing.T) {
	text, err := os.ReadFile("../../docs/proof.md")
	if err != nil {
		t.Fatal(err)
	}
	without := map[string]bool{}
	for _, f := range slices.Concat(faults, rooms) {
		without[f.line()] = true
	}
	for _, row := range regexp.MustCompile("(?m)^\\| [^|]+ \\| [^|]+ \\| `[^`]+` \\|").FindAllString(string(text), -1) {
		if !without[row] {
			t.Errorf("no fault, or two rows: %s", row)
		}
		delete(without, row)
	}
	if want := fmt.Sprintf("The program has %d more faults", len(without)); !strings.Contains(string(text), want) {
		t.Errorf("it does not say %q", want)
	}
}
