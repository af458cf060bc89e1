package blend

import (
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/mixblend/blend/internal/impl"
	"github.com/mixblend/blend/internal/pixels"
)

const generic = impl.Generic

// Implementation returns the name of the implementation in use: "avx512", "avx2", "neon", "rvv" or "generic".
func Implementation() string { return current() }

// Implementations returns the names of the implementations that this CPU can run and BLEND_DISABLE
// does not turn off, best first.
func Implementations() []string {
	names := make([]string, len(impl.All))
	for i, im := range impl.All {
		names[i] = im.Name
	}
	return names
}

// canDisable has the implementations of all architectures, but for generic, which is always there.
var canDisable = []string{"avx512", "avx2", "neon", "rvv"}

var unknownDisabled []string

// UnknownDisabled returns the names in BLEND_DISABLE that turn nothing off on any CPU, as they are
// written there: misspelt ones, and "generic", which cannot be turned off. A program can report
// them to its user.
func UnknownDisabled() []string { return slices.Clone(unknownDisabled) }

// parseDisable returns the names in a value of BLEND_DISABLE, in lower case, and those that are unknown, as they are.
func parseDisable(value string) (disabled, unknown []string) {
	for _, name := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ';' || unicode.IsSpace(r) }) {
		if lower := strings.ToLower(name); slices.Contains(canDisable, lower) {
			disabled = append(disabled, lower)
		} else {
			unknown = append(unknown, name)
		}
	}
	return disabled, unknown
}

func init() {
	var disabled []string
	disabled, unknownDisabled = parseDisable(os.Getenv("BLEND_DISABLE"))
	impl.All = slices.DeleteFunc(detect(), func(im impl.Implementation) bool { return slices.Contains(disabled, im.Name) })
	impl.All = append(impl.All, impl.Implementation{Name: generic, Use: useGeneric})
	for i := range impl.All {
		im := &impl.All[i]
		use, vectors := im.Use, im.Name != generic
		im.Use = func() {
			use()
			pixels.Vectors = vectors
			setFew(im.Name)
		}
	}
	impl.All[0].Use()
}
