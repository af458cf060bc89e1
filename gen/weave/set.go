package weave

import "strings"

// A Set is an instruction set as package blend knows it: what dispatch chooses by.
type Set struct {
	Name     string // that its functions end in, upper case: AVX2
	Arch     string // GOARCH
	Since    string // the build tag of the Go whose assembler has it all, if the oldest that package blend is built with has not
	Width    int    // of a vector in bytes, 0 if that is not known
	Rest     Rest
	Streams  bool     // it has streaming (non-temporal) stores
	Pixels   bool     // it takes masks of interleaved pixels
	Planes   bool     // it makes several planes of interleaved pixels at once
	Ahead    bool     // it prefetches what a step says is needed next
	Requires []string // features of the CPU, as klauspost/cpuid spells them
}

// Implementation is its name in package blend.
func (s *Set) Implementation() string { return strings.ToLower(s.Name) }

// A Rest is how an instruction set takes columns that do not fill a vector.
type Rest int

const (
	StepTakesRest   Rest = iota // like any others: Step says how many a turn takes
	MaskTakesRest               // by a mask
	LastVectorAgain             // as the end of the last whole vector, so that there must be one
)
