package blend

import (
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/mixblend/blend/internal/impl"
)

// A function of a generated file: the features it says it needs, and its instructions.
type function struct {
	name     string
	requires []string
	code     []string
}

func functions(t *testing.T) []function {
	t.Helper()
	if len(assembly) == 0 {
		t.Skipf("no assembly for %s in this build", runtime.GOARCH)
	}
	text, err := os.ReadFile("blend_" + runtime.GOARCH + ".s")
	if err != nil {
		t.Fatal(err)
	}
	var all []function
	var requires []string
	for _, line := range strings.Split(string(text), "\n") {
		if list, ok := strings.CutPrefix(line, "// Requires: "); ok {
			requires = strings.Split(list, ", ")
			continue
		}
		if name, ok := strings.CutPrefix(line, "TEXT ·"); ok {
			all = append(all, function{name: name[:strings.IndexByte(name, '(')], requires: requires})
			requires = nil
		} else if strings.HasPrefix(line, "\t") && !strings.HasPrefix(line, "\t//") && len(all) > 0 {
			f := &all[len(all)-1]
			f.code = append(f.code, strings.TrimSpace(line))
		}
	}
	if len(all) < 4 {
		t.Fatalf("only %d functions", len(all))
	}
	return all
}

// What every CPU of the architecture has.
var baseline = []string{"SSE", "SSE2", "MMX+", "CMOV"}

// The features that an implementation asks for are those that its functions, and those of all implementations, say they need.
func TestRequires(t *testing.T) {
	all := functions(t)
	ofOne := func(name string) bool { // and not of all implementations
		return slices.ContainsFunc(assembly, func(im impl.Implementation) bool { return strings.HasSuffix(name, strings.ToUpper(im.Name)) })
	}
	for _, im := range assembly {
		var needs []string
		for _, f := range all {
			if strings.HasSuffix(f.name, strings.ToUpper(im.Name)) || !ofOne(f.name) {
				needs = append(needs, f.requires...)
			}
		}
		needs = slices.DeleteFunc(needs, func(s string) bool { return slices.Contains(baseline, s) })
		slices.Sort(needs)
		needs = slices.Compact(needs)
		asks := slices.Clone(im.Requires)
		slices.Sort(asks)
		if len(needs) == 0 || !slices.Equal(needs, asks) {
			t.Errorf("%s asks for %v, and needs %v", im.Name, asks, needs)
		}
	}
}

var (
	fused    = regexp.MustCompile(`(?i)^V?FN?M(ADD|SUB|ACC|SAC)|\bfml[as]\b|FMLA|FMLS`)
	reserved = map[string]*regexp.Regexp{
		"amd64":   regexp.MustCompile(`\b(R14|R15|BP|SP),?$|, (R14|R15|BP)\b|\((R14|R15|BP)\)`),
		"arm64":   regexp.MustCompile(`\b(R18|R18_PLATFORM|R27|R28|R29|R30|g|RSP)\b`),
		"riscv64": regexp.MustCompile(`\b(X[1-4]|X27|X31|g|RA|LR|SP|GP|TP|TMP)\b`),
	}
	wide          = regexp.MustCompile(`\b[YZ]\d+\b`)
	stackRegister = regexp.MustCompile(`\d*\(R?SP\)|\$?\w+[+-]\d+\((FP|SP|SB)\)`)
)

func TestInstructions(t *testing.T) {
	for _, f := range functions(t) {
		vectors := false
		for i, line := range f.code {
			op := strings.Fields(line)[0]
			if fused.MatchString(line) {
				t.Errorf("%s: fused multiply-add: %s", f.name, line)
			}
			if reserved[runtime.GOARCH].MatchString(stackRegister.ReplaceAllString(line, "")) {
				t.Errorf("%s: reserved register: %s", f.name, line)
			}
			vectors = vectors || wide.MatchString(line)
			if op == "RET" && vectors && (i == 0 || f.code[i-1] != "VZEROUPPER") {
				t.Errorf("%s: RET without VZEROUPPER", f.name)
			}
		}
		if f.code[len(f.code)-1] != "RET" {
			t.Errorf("%s does not end in RET", f.name)
		}
	}
}

// Every non-temporal store is in a stream kernel, and every stream kernel has some.
func TestStreamingStores(t *testing.T) {
	for _, f := range functions(t) {
		has := slices.ContainsFunc(f.code, func(line string) bool {
			return strings.HasPrefix(line, "VMOVNT") || strings.Contains(line, "// stnp ")
		})
		if has != strings.HasPrefix(f.name, "stream") {
			t.Errorf("%s: non-temporal stores: %v", f.name, has)
		}
	}
}

// What streams, really does: on amd64 non-temporal stores fault where they are not aligned, and no others do.
func TestKernelsStream(t *testing.T) {
	if runtime.GOARCH != "amd64" || os.Getenv("BLEND_EMULATED") != "" {
		t.Skip("only an x86 shows it")
	}
	forEach(t, func(t *testing.T) {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		if Implementation() == generic {
			return // it has no such stores
		}
		const n = 8 * 2 * tablePeriod // a multiple of every vector
		var stash [cachedBlock / 8]uint64
		var tab scaleAndBias
		tab.set([]float32{1}, []float32{0})
		x := make([]byte, n*maxChannels*4)
		for k := range kernel(len(traits)) {
			for _, stream := range []bool{false, true} {
				for _, offset := range []int{0, k.out()} {
					h := how{block: n, stash: (*byte)(unsafe.Pointer(&stash)), table: tab.at(0), stream: stream}
					s := step{dst: ptr(aligned[byte](n*k.out() + cacheLine)[offset:]), own: ptr(x), partner: ptr(x), params: k.paramsFor(0.3)}
					faults := func() (faults bool) {
						defer func() { faults = recover() != nil }()
						k.run([]step{s}, n, h)
						return false
					}()
					if want := stream && offset != 0; faults != want {
						t.Errorf("kernel %d, stream %v, %d bytes past a line: faults %v", k, stream, offset, faults)
					}
				}
			}
		}
		fence()
	})
}
