package blend

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/mixblend/blend/internal/impl"
)

func TestImplementations(t *testing.T) {
	names := Implementations()
	t.Logf("in use %s, of %v", Implementation(), names)
	if len(names) == 0 || names[len(names)-1] != generic || Implementation() != names[0] {
		t.Errorf("in use %s, of %v", Implementation(), names)
	}
	// Where a machine is said to have an implementation, its absence is a failure and not a silent skip.
	if want, ok := os.LookupEnv("BLEND_EXPECT"); ok && Implementation() != want {
		t.Errorf("in use %s, want %s", Implementation(), want)
	}
	for _, im := range impl.All {
		if im.Name == generic {
			continue
		}
		if len(im.Requires) == 0 {
			t.Errorf("%s requires nothing", im.Name)
		}
		if !slices.Contains(canDisable, im.Name) {
			t.Errorf("BLEND_DISABLE cannot turn %s off", im.Name)
		}
	}
}

// TestDisable runs this test's own binary with each implementation but the last disabled in turn.
func TestDisable(t *testing.T) {
	if os.Getenv("BLEND_EXPECT_DISABLED") != "" {
		if got := os.Getenv("BLEND_EXPECT_DISABLED"); Implementation() != got {
			t.Fatalf("in use %s, want %s", Implementation(), got)
		}
		unknown := UnknownDisabled()
		if n := len(unknown); n == 0 || unknown[n-1] != "Nothing" {
			t.Fatalf("unknown: %q", unknown)
		}
		if unknown[0] = "changed"; UnknownDisabled()[0] == "changed" {
			t.Fatal("what UnknownDisabled returns can be changed")
		}
		return
	}
	if os.Getenv("BLEND_EMULATED") != "" {
		t.Skip("a child would run outside the emulator; .ci/run sets BLEND_DISABLE itself there")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	names := Implementations()
	for i := range names[:len(names)-1] {
		disabled := strings.ToUpper(strings.Join(names[:i+1], ";"))
		cmd := exec.Command(exe, "-test.run=^TestDisable$")
		before := os.Getenv("BLEND_DISABLE")
		cmd.Env = append(slices.DeleteFunc(os.Environ(), func(e string) bool {
			return strings.HasPrefix(e, "BLEND_DISABLE=") || strings.HasPrefix(e, "BLEND_EXPECT=")
		}), "BLEND_DISABLE="+before+","+disabled+", Nothing", "BLEND_EXPECT_DISABLED="+names[i+1])
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("BLEND_DISABLE=%s: %v\n%s", disabled, err, out)
		}
	}
}

func TestParseDisable(t *testing.T) {
	for _, test := range []struct {
		value             string
		disabled, unknown []string
	}{
		{"", nil, nil},
		{" ,;\t", nil, nil},
		{"avx512,avx2", []string{"avx512", "avx2"}, nil},
		{"AVX512; Neon avx2", []string{"avx512", "neon", "avx2"}, nil},
		{"avx-512,AVX2,,sse", []string{"avx2"}, []string{"avx-512", "sse"}},
		{"generic", nil, []string{"generic"}},
		{"avx512:avx2", nil, []string{"avx512:avx2"}},
	} {
		disabled, unknown := parseDisable(test.value)
		if !slices.Equal(disabled, test.disabled) || !slices.Equal(unknown, test.unknown) {
			t.Errorf("%q: disabled %q, unknown %q", test.value, disabled, unknown)
		}
	}
}
