// Package impl lists the implementations of blend that this CPU can run, for what has to go through all of them: tests,
// verification and benchmarks, here and in the nested modules.
package impl

// An Implementation is one way to run every kernel.
type Implementation struct {
	Name string
	// Requires names the CPU features without which it does not run, as klauspost/cpuid spells them.
	Requires []string
	// Use makes the public functions of blend run on it from now on. It must not be called while any of them runs.
	Use func()
}

// Generic is the name of the implementation in plain Go, which is always there.
const Generic = "generic"

// All is filled when blend is initialised: best first, the last is generic. It does not hold what BLEND_DISABLE names.
var All []Implementation
