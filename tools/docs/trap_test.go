package docs

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// trapHead is what every snippet may use.
const trapHead = `package snippet

import (
	"image"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/mixup"
)

var (
	b       mixup.Batch
	c       mixup.CutMix
	p       *blend.Plan
	s       *mixup.Sampler
	n       *blend.Normalization
	u, v    []uint8
	f, g    []float32
	h, k    []uint16
	hh, kk  [][]uint16
	uu, vv  [][]uint8
	ff, gg  [][]float32
	classes []int
)

// stranger has a Batch's methods, as far as others can write them.
type stranger struct{}

func (stranger) Len() int                   { return 0 }
func (stranger) Index(int) int              { return 0 }
func (stranger) Lambda(int) float64         { return 0 }
func (stranger) Box(int) (r image.Rectangle) { return }

`

// Pixels are mixed by what knows their boxes, labels by what knows the shares of pixels. Whoever takes one for the other is told so by
// the compiler: with the Plan that a Batch once gave away, cut rows were blended, and nobody saw it.
func TestTraps(t *testing.T) {
	imports := exports(t, "image", "github.com/mixblend/blend", "github.com/mixblend/blend/mixup")
	for _, snippet := range []string{
		"b.Uint8(u, v)", "b.Uint8Rows(uu, vv)", "b.Float32(f, g)", "b.Float32Rows(ff, gg)", "b.NormalizeFloat32(f, u, n)", "b.NormalizeFloat32Rows(ff, uu, n)",
		"c.Uint8(u, v)", "c.Float32(f, g)", "c.NormalizeFloat32(f, u, n)",
		"mixup.MixBFloat16(&b, h, k)", "mixup.MixBFloat16Rows(&b, hh, kk)", "mixup.MixFloat16(&c, h, k)", "mixup.MixFloat16Rows(&c, hh, kk)",
		"mixup.NormalizeBFloat16(&b, h, u, n)", "mixup.NormalizeBFloat16Rows(&b, hh, uu, n)",
		"mixup.NormalizeFloat16(&c, h, u, n)", "mixup.NormalizeFloat16Rows(&c, hh, uu, n)",
		"mixup.Paste(&b, u, v)", "mixup.PasteRows(&c, uu, vv)",
		"mixup.OneHot(&b, f, classes, 10, 0.1)", "mixup.OneHot(&c, f, classes, 10, 0.1)", "mixup.OneHot(p, f, classes, 10, 0.1)", "mixup.OneHot(stranger{}, f, classes, 10, 0.1)",
		"mixup.SoftLabels(&b, f, f, 0.1)", "mixup.SoftLabels(&c, f, g, 0)", "mixup.SoftLabels(p, f, f, 0)", "mixup.Partners(&b, classes, classes)",
		"blend.MixBFloat16(p, h, k)", "p.Uint8(u, v)",
		"s.At(&b, 1, 2, 3)", "mixup.New(mixup.Config{Alpha: 0.8, CutMixAlpha: 1, SwitchProb: 0.5, SkipProb: 0.1, Rank: 1})",
	} {
		if err := check(t, imports, snippet); err != nil {
			t.Errorf("%s: %v", snippet, err)
		}
	}
	for _, trap := range []struct{ snippet, want string }{
		{"b.Plan()", "b.Plan undefined"},
		{"b.CutMix()", "b.CutMix undefined"},
		{"c.Plan()", "c.Plan undefined"},
		{"b.Plan().NormalizeFloat32(f, u, n)", "b.Plan undefined"},
		// Calls of package blend know no boxes.
		{"blend.MixBFloat16(&b, h, k)", "*mixup.Batch"},
		{"blend.MixBFloat16Rows(&b, hh, kk)", "*mixup.Batch"},
		{"blend.MixFloat16(&b, h, k)", "*mixup.Batch"},
		{"blend.MixFloat16Rows(&c, hh, kk)", "*mixup.CutMix"},
		{"blend.NormalizeBFloat16(&b, h, u, n)", "*mixup.Batch"},
		{"blend.NormalizeBFloat16Rows(&b, hh, uu, n)", "*mixup.Batch"},
		{"blend.NormalizeFloat16(&c, h, u, n)", "*mixup.CutMix"},
		{"blend.NormalizeFloat16Rows(&c, hh, uu, n)", "*mixup.CutMix"},
		// A Plan, and whatever else is enough for labels, is not for pixels that may be cut.
		{"mixup.MixBFloat16(p, h, k)", "does not implement mixup.Mixer"},
		{"mixup.NormalizeFloat16(p, h, u, n)", "does not implement mixup.Mixer"},
		{"mixup.Paste(p, u, v)", "does not implement mixup.Boxes"},
		{"mixup.MixFloat16(stranger{}, h, k)", "does not implement mixup.Mixer"},
		{"mixup.Paste(stranger{}, u, v)", "does not implement mixup.Boxes"},
		{"mixup.Paste(mixup.Shares(&b), u, v)", "does not implement mixup.Boxes"},
		// A Batch is not copied into a call, nor a Sampler taken for what it draws.
		{"mixup.MixBFloat16(b, h, k)", "does not implement mixup.Mixer"},
		{"mixup.OneHot(b, f, classes, 10, 0.1)", "does not implement mixup.Shares"},
		{"mixup.OneHot(s, f, classes, 10, 0.1)", "does not implement mixup.Shares"},
		// A batch is not made by hand: its box and its share would not be those of one another.
		{"b.Lambda(0) = 0.5", "cannot assign"},
		{"mixup.Batch{}.Reset()", "Reset undefined"},
		// Old names.
		{"mixup.New(mixup.Config{CutMix: 0.5})", "unknown field CutMix"},
		{"mixup.New(mixup.Config{Skip: 0.5})", "unknown field Skip"},
	} {
		switch err := check(t, imports, trap.snippet); {
		case err == nil:
			t.Errorf("%s compiles", trap.snippet)
		case !strings.Contains(err.Error(), trap.want):
			t.Errorf("%s: %v, want %q", trap.snippet, err, trap.want)
		}
	}
}

// check type-checks a statement.
func check(t *testing.T, imports types.Importer, statement string) error {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "snippet.go", trapHead+"func _() {\n\t"+statement+"\n}\n", parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	config := types.Config{Importer: imports}
	_, err = config.Check("snippet", fset, []*ast.File{file}, nil)
	return err
}

// exports compiles packages, and gives to importers what they export.
func exports(t *testing.T, packages ...string) types.Importer {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}, packages...)...)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "GOWORK=")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, line := range strings.Split(string(out), "\n") {
		path, file, _ := strings.Cut(line, " ")
		files[path] = file
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(files[path]) })
}
