package blend

import (
	"os"
	"slices"
	"strings"

	"github.com/mixblend/blend/internal/impl"
)

const generic = "generic"

// Implementation returns the name of the implementation in use: "avx512", "avx2", "neon" or "generic".
func Implementation() string { return current() }

// Implementations returns all that this CPU can run and BLEND_DISABLE does not name, best first.
func Implementations() []string {
	names := make([]string, len(impl.All))
	for i, im := range impl.All {
		names[i] = im.Name
	}
	return names
}

func init() {
	disabled := strings.FieldsFunc(os.Getenv("BLEND_DISABLE"), func(r rune) bool { return r == ',' || r == ' ' })
	impl.All = slices.DeleteFunc(detect(), func(im impl.Implementation) bool { return slices.Contains(disabled, im.Name) })
	impl.All = append(impl.All, impl.Implementation{Name: generic, Use: useGeneric})
	impl.All[0].Use()
}
