package kernel

import (
	"errors"
	"fmt"
	"go/token"
	"reflect"
	"runtime"
)

// Check says what is wrong with a kernel: with what it declares, or with a body, which it runs for that. Generators call it first.
func (k *Kernel) Check() error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("kernel %s: %w", k.Name, fmt.Errorf(format, args...))
	}
	bytes := k.In.Element == 1
	switch {
	case !token.IsIdentifier(k.Name):
		return fail("the name is no identifier")
	case !token.IsExported(k.Go):
		return fail("Go is %q, which is no function of package kernels", k.Go)
	case k.Takes == nil:
		return fail("Takes is not set")
	case k.Lane != ByteLane && k.Lane != FloatLane:
		return fail("Lane is %d, neither ByteLane nor FloatLane", k.Lane)
	case k.Lane == ByteLane && (k.In != U8 || k.Out != U8):
		return fail("from %s to %s in lanes of bytes, which are for %s", k.In.Name, k.Out.Name, U8.Name)
	case k.Lane == FloatLane && k.Out.Element == 1:
		return fail("float32 lanes, and results are %s", k.Out.Name)
	case k.Lane == FloatLane && bytes != k.Table():
		return fail("%s become float32 lanes by MixU8, where there is a table, and nothing else does", k.In.Name)
	case k.Short != 0 && (k.Takes != Floats || k.In != F32 || k.Out != F32):
		return fail("Short is %d, and no function for short pairs takes %s to %s", k.Short, k.In.Name, k.Out.Name)
	case k.Planes && (!k.Table() || k.In.Size < PlanesAtOnce):
		return fail("Planes of %s, which are no pixels of %d bytes and more", k.In.Name, PlanesAtOnce)
	case len(k.Variants) == 0 || len(k.Variants) > 256:
		return fail("%d variants", len(k.Variants))
	}
	for i := range k.Variants {
		v := &k.Variants[i]
		if len(k.Variants) > 1 && !token.IsIdentifier(v.Name) {
			return fail("variant %d has the name %q, which is no identifier", i, v.Name)
		}
		switch {
		case v.Channels != 0 && (!v.Mask || v.Select || k.Table()):
			return fail("variant %s: Channels are of masks of shares, and results that are not normalized", v.Name)
		case v.Channels != 0 && (v.Channels < 0 || k.MaskPeriod()%v.Channels != 0):
			return fail("variant %s: %d columns have no whole pixels of %d", v.Name, k.MaskPeriod(), v.Channels)
		case i > 0 && k.Variants[i-1].Channels != 0 && v.Channels == 0:
			return fail("variant %s: those of interleaved pixels come last", v.Name)
		}
		_, err := k.checkBody(v)
		if err != nil && v.Name != "" {
			err = fmt.Errorf("variant %s: %w", v.Name, err)
		}
		if err != nil {
			return fail("%w", err)
		}
	}
	return nil
}

// ReadsOnce says whether own and partner are each an operand of a variant's body once, and one that may be memory.
func (k *Kernel) ReadsOnce(v *Variant) bool {
	once, err := k.checkBody(v)
	return once && err == nil
}

// CheckAll checks the table.
func CheckAll(all []*Kernel) error {
	var errs []error
	names, variants := map[string]bool{}, map[string]*Kernel{}
	for _, k := range all {
		errs = append(errs, k.Check())
		if names[k.Name] {
			errs = append(errs, fmt.Errorf("kernel %s: there is another of that name", k.Name))
		}
		names[k.Name] = true
		if len(k.Variants) == 1 {
			continue
		}
		for i, v := range k.Variants { // they become constants, the same for all kernels that take the same
			other := variants[v.Name]
			if other == nil {
				variants[v.Name] = k
			} else if other.Takes != k.Takes || i >= len(other.Variants) || other.Variants[i].Name != v.Name {
				errs = append(errs, fmt.Errorf("kernel %s: variant %s: %s has another of that name", k.Name, v.Name, other.Name))
			}
		}
	}
	return errors.Join(errs...)
}

// A kind is what lanes hold.
type kind string

const (
	nothing  kind = "nothing"
	float32s kind = "float32"
	uint8s   kind = "bytes"
	memory   kind = "bytes as they lie"
	bits     kind = "bits"
)

// A value stands for a register while a body is checked.
type value struct {
	name   string
	holds  kind
	target bool // may be written
	temp   bool
	freed  bool
	reads  int // in all
	direct int // as an operand that may be memory
}

// A checker speaks the Words for Check. It panics with a misuse.
type checker struct {
	temps []*value
}

type misuse struct{ error }

func misused(format string, args ...any) { panic(misuse{fmt.Errorf(format, args...)}) }

func (k *Kernel) checkBody(v *Variant) (readsOnce bool, err error) {
	if v.Body == nil {
		return false, errors.New("no body")
	}
	lanes, raw := float32s, float32s
	if k.Lane == ByteLane {
		lanes, raw = uint8s, uint8s
	} else if k.Table() {
		raw = memory
	}
	own, partner, r := &value{name: "own", holds: raw}, &value{name: "partner", holds: raw}, &value{name: "r", holds: nothing, target: true}
	in := Operands{Own: Vec{own}, Partner: Vec{partner}}
	given := map[string]*value{}
	give := func(holds kind, name string, index int) *value {
		x := &value{name: fmt.Sprintf("%s[%d]", name, index), holds: holds}
		given[x.name] = x
		return x
	}
	for i, p := range append(append([]int(nil), v.Factors...), v.Params...) {
		if p < 0 || p >= len(Params) {
			return false, fmt.Errorf("param %d is none of %v", p, Params)
		}
		if i < len(v.Factors) {
			in.Factors = append(in.Factors, Factor{give(nothing, "Factors", i)})
		} else {
			in.Params = append(in.Params, Vec{give(lanes, "Params", i-len(v.Factors))})
		}
	}
	if v.Weights {
		if !k.Table() {
			return false, errors.New("Weights are for MixU8, and that is for kernels with a table")
		}
		in.Weights = Weights{give(nothing, "Weights", 0)}
	}
	if v.Select && !v.Mask {
		return false, errors.New("the field Select is for a Mask")
	}
	if v.Mask {
		holds := raw
		if v.Select {
			holds = bits
		}
		in.Mask = Vec{give(holds, "Mask", 0)}
	}
	for i := range k.Consts {
		in.Consts = append(in.Consts, Vec{&value{name: fmt.Sprintf("Consts[%d]", i), holds: uint8s}})
	}
	if k.Table() {
		in.Scale, in.Bias = Vec{give(float32s, "Scale", 0)}, Vec{give(float32s, "Bias", 0)}
	}
	defer func() {
		switch e := recover().(type) {
		case nil:
		case misuse:
			err = e.error
		case runtime.Error:
			err = fmt.Errorf("the body: %w", e)
		default:
			panic(e)
		}
	}()
	c := &checker{}
	v.Body(c, Vec{r}, in)
	for _, t := range c.temps {
		if !t.freed {
			misused("a Temp is not freed")
		}
	}
	for _, x := range []*value{own, partner} {
		if x.reads == 0 {
			misused("%s is never read", x.name)
		}
	}
	for _, x := range given {
		if x.reads == 0 {
			misused("%s is never read", x.name)
		}
	}
	if r.holds != lanes {
		misused("r holds %s in the end, not %s", r.holds, lanes)
	}
	return own.reads == 1 && own.direct == 1 && partner.reads == 1 && partner.direct == 1, nil
}

// of returns what a register of any type stands for.
func of(word string, register any) *value {
	x, ok := reflect.ValueOf(register).Field(0).Interface().(*value)
	if !ok || x == nil {
		misused("%s: an operand is none that the body was given or has from Temp", word)
	}
	if x.freed {
		misused("%s: a Temp that has been freed", word)
	}
	return x
}

// read reads operands that must hold something.
func (c *checker) read(word string, holds kind, operands ...Vec) {
	for _, o := range operands {
		switch x := of(word, o); {
		case x.holds == nothing:
			misused("%s reads %s, which is not set", word, x.name)
		case x.holds != holds:
			misused("%s reads %s, which holds %s, not %s", word, x.name, x.holds, holds)
		default:
			x.reads++
		}
	}
}

func (c *checker) factor(word string, f Factor) { of(word, f).reads++ }

func (c *checker) write(word string, d Vec, holds kind) {
	x := of(word, d)
	if !x.target {
		misused("%s writes %s", word, x.name)
	}
	x.holds = holds
}

// apart says that d is none of the operands.
func (c *checker) apart(word string, d Vec, operands ...Vec) {
	for _, o := range operands {
		if of(word, d) == of(word, o) {
			misused("%s: d may be no operand, and is %s", word, of(word, o).name)
		}
	}
}

func (c *checker) Temp() Vec {
	t := &value{name: "a Temp", holds: nothing, target: true, temp: true}
	c.temps = append(c.temps, t)
	return Vec{t}
}

func (c *checker) Free(v Vec) {
	x := of("Free", v)
	if !x.temp {
		misused("Free: %s is no Temp", x.name)
	}
	x.freed = true
}

func (c *checker) ScaleF32(d, a Vec, by Factor) {
	c.read("ScaleF32", float32s, a)
	of("ScaleF32", a).direct++
	c.factor("ScaleF32", by)
	c.write("ScaleF32", d, float32s)
}

// three checks a word of two operands and a result of their kind.
func (c *checker) three(word string, holds kind, d, a, b Vec) {
	c.read(word, holds, a, b)
	c.write(word, d, holds)
}

func (c *checker) MulF32(d, a, b Vec) {
	c.three("MulF32", float32s, d, a, b)
	of("MulF32", b).direct++
}
func (c *checker) AddF32(d, a, b Vec) { c.three("AddF32", float32s, d, a, b) }
func (c *checker) SubF32(d, a, b Vec) { c.three("SubF32", float32s, d, a, b) }

func (c *checker) MixU8(d, own, partner Vec, w Weights) {
	c.read("MixU8", memory, own, partner)
	c.apart("MixU8", d, own, partner)
	if of("MixU8", own).name != "own" || of("MixU8", partner).name != "partner" {
		misused("MixU8 takes own, and then partner")
	}
	of("MixU8", own).direct++
	of("MixU8", partner).direct++
	of("MixU8", w).reads++
	c.write("MixU8", d, float32s)
}

func (c *checker) LerpU8(d, base, other Vec, by Factor) {
	c.read("LerpU8", uint8s, base, other)
	c.apart("LerpU8", d, base, other)
	c.factor("LerpU8", by)
	c.write("LerpU8", d, uint8s)
}

func (c *checker) LerpEvenU8(d, base, other Vec, by Factor, mask, tie Vec) {
	c.read("LerpEvenU8", uint8s, base, other, mask, tie)
	c.apart("LerpEvenU8", d, base, other, mask, tie)
	c.factor("LerpEvenU8", by)
	c.apart("LerpEvenU8", other, base, mask, tie)
	if x := of("LerpEvenU8", other); !x.target && x.name != "own" && x.name != "partner" {
		misused("LerpEvenU8: other is lost, and is %s", x.name)
	} else {
		x.holds = nothing
	}
	c.write("LerpEvenU8", d, uint8s)
}

func (c *checker) MaskU8(d, own, partner, mask Vec) {
	c.read("MaskU8", uint8s, own, partner, mask)
	c.apart("MaskU8", d, own, partner, mask)
	of("MaskU8", own).direct++
	of("MaskU8", partner).direct++
	c.write("MaskU8", d, uint8s)
}

func (c *checker) SelectU8(d, own, partner, mask Vec) {
	c.read("SelectU8", uint8s, own, partner)
	c.read("SelectU8", bits, mask)
	c.apart("SelectU8", d, own, partner, mask)
	of("SelectU8", own).direct++
	of("SelectU8", partner).direct++
	c.write("SelectU8", d, uint8s)
}

func (c *checker) MaskMixU8(d, own, partner, mask Vec) {
	c.read("MaskMixU8", memory, own, partner, mask)
	c.apart("MaskMixU8", d, own, partner, mask)
	of("MaskMixU8", own).direct++
	of("MaskMixU8", partner).direct++
	c.write("MaskMixU8", d, float32s)
}

func (c *checker) SelectMixU8(d, own, partner, mask Vec) {
	c.read("SelectMixU8", memory, own, partner)
	c.read("SelectMixU8", bits, mask)
	c.apart("SelectMixU8", d, own, partner, mask)
	of("SelectMixU8", own).direct++
	of("SelectMixU8", partner).direct++
	c.write("SelectMixU8", d, float32s)
}

func (c *checker) AvgEvenU8(d, a, b, one Vec) {
	c.read("AvgEvenU8", uint8s, a, b, one)
	c.apart("AvgEvenU8", d, a, b, one)
	c.write("AvgEvenU8", d, uint8s)
}

func (c *checker) RoundBF16(Vec) { misused("RoundBF16: a store to the format rounds, a body does not") }
