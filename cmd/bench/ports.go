package bench

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/cpuid/v2"

	"github.com/mixblend/blend/internal/impl"
)

// portsOf is what the limit of an implementation is called: how fast it would be if nothing but its arithmetic, its loads and its
// stores took time.
func portsOf(implementation string) string { return implementation + " ports" }

// microarchitecture names a CPU of x86 as portCycles does, or is "" where it is none of these.
func microarchitecture(vendor cpuid.Vendor, family, model int) string {
	switch {
	case vendor == cpuid.AMD && family == 25:
		switch model >> 4 {
		case 0x0, 0x2, 0x3, 0x4, 0x5:
			return "zen 3"
		case 0x1, 0x6, 0x7, 0xa:
			return "zen 4"
		}
	case vendor == cpuid.Intel && family == 6:
		switch model {
		case 0x3c, 0x3f, 0x45, 0x46:
			return "haswell"
		case 0x4e, 0x5e, 0x8e, 0x9e, 0xa5, 0xa6: // and its successors of the same core
			return "skylake"
		case 0x55:
			return "skylake-x"
		case 0x7d, 0x7e, 0x8c, 0x8d, 0xa7: // Tiger Lake and Rocket Lake are alike
			return "ice lake client"
		case 0x6a, 0x6c:
			return "ice lake server"
		case 0x8f, 0xcf:
			return "sapphire rapids"
		}
	}
	return ""
}

// midrFile is where Linux has the main ID register of the first core of arm64.
const midrFile = "/sys/devices/system/cpu/cpu0/regs/identification/midr_el1"

// neoverse names a CPU of Arm's by its main ID register, as text, or is "".
func neoverse(midr string) string {
	v, err := strconv.ParseUint(strings.TrimSpace(midr), 0, 64)
	if err != nil || v>>24&0xff != 0x41 {
		return ""
	}
	return map[uint64]string{0xd0c: "neoverse n1", 0xd40: "neoverse v1", 0xd49: "neoverse n2", 0xd4f: "neoverse v2"}[v>>4&0xfff]
}

// thisMicroarchitecture is that of the CPU at hand.
func thisMicroarchitecture() string {
	if runtime.GOARCH == "arm64" {
		midr, _ := os.ReadFile(midrFile) // other systems than Linux have none
		return neoverse(string(midr))
	}
	return microarchitecture(cpuid.CPU.VendorID, cpuid.CPU.Family, cpuid.CPU.Model)
}

// loop is what portCycles calls the loop that mixes by λ.
func loop(typ string, lambda float64) string {
	switch w := math.RoundToEven(lambda * (1 << 15)); {
	case typ == Float32:
		return typ
	case w == 1<<14:
		return "half"
	case math.Mod(w, 128) == 0:
		return "ties"
	}
	return "near"
}

// multiply makes so many multiplications, or up to seven more, each of the result of the one before.
//
//go:noinline
func multiply(n int, by uint64) uint64 { // inlined, it would be of a constant, and several would become one
	x := by
	for ; n > 0; n -= 8 {
		x *= by
		x *= by
		x *= by
		x *= by
		x *= by
		x *= by
		x *= by
		x *= by
	}
	return x
}

// multiplications are how many, of so many cycles each, take a worker of a case as long as its part of reps batches, at so many
// cycles for 64 bytes.
func multiplications(c Case, cycles, latency float64, reps int) int {
	return int(math.Ceil(float64(reps) * float64(c.Batch()) / 64 * cycles / latency / float64(c.Workers)))
}

// Ports returns a limit for each implementation of those named, or of all, whose cycles are known on this CPU: it takes as many cycles
// as the implementation at least would for the batch.
func (m *Memory) Ports(c Case, lambda float64, names []string) []Contestant {
	cpu := thisMicroarchitecture()
	return m.ports(portCycles[cpu], multiplyLatency[cpu], c, lambda, names)
}

func (m *Memory) ports(known map[string]map[string]float64, latency float64, c Case, lambda float64, names []string) []Contestant {
	var all []Contestant
	for _, im := range impl.All {
		cycles, ok := known[im.Name][loop(c.Type, lambda)]
		if !ok || len(names) > 0 && !slices.Contains(names, im.Name) {
			continue
		}
		all = append(all, Contestant{Name: portsOf(im.Name), Kind: Limit, Bytes: c.Batch(), Time: func(reps int) (float64, error) {
			n := multiplications(c, cycles, latency, reps)
			work := func(int) { sink.Add(multiply(n, 3)) }
			for start := now(); now() < start+warmUp; { // as the others have
				sink.Add(multiply(1000, 3))
			}
			start := now()
			share(c.Workers, work)
			return now() - start, nil
		}})
	}
	return all
}

// Modelled says whose model the limits of ports are, or is "" on a CPU that none is known of.
func Modelled() string { return modelled(thisMicroarchitecture()) }

func modelled(cpu string) string {
	switch {
	case portCycles[cpu] == nil:
		return ""
	case measured[cpu]:
		return fmt.Sprintf("limits of ports: by llvm's model of %s, which measurements do not contradict\n", cpu)
	}
	return fmt.Sprintf("limits of ports: by llvm's model of %s alone, not confirmed by measurements\n", cpu)
}

// measured has the CPUs on which the limits have been compared with what the kernels reach.
var measured = map[string]bool{"zen 4": true}

// Reached says for each implementation with a limit of its ports how much of it it reaches at best, by type and place.
func (r *Result) Reached() string {
	type best struct {
		share float64
		at    Case
	}
	var b strings.Builder
	for _, name := range r.Machine.Implementations {
		for _, typ := range []string{Float32, Uint8} {
			for _, place := range []string{OutOfPlace, InPlace} {
				var top best
				for _, c := range r.Contests {
					if c.Work != Mix || c.Type != typ || c.Place != place {
						continue
					}
					i := slices.IndexFunc(c.Entries, func(e Entry) bool { return e.Name == name })
					j := slices.IndexFunc(c.Entries, func(e Entry) bool { return e.Name == portsOf(name) })
					if i < 0 || j < 0 || c.Entries[i].Share.Noisy || c.Entries[j].Share.Noisy {
						continue
					}
					if share := c.Entries[i].Share.Median / c.Entries[j].Share.Median; share > top.share {
						top = best{share, c.Case}
					}
				}
				if top.share > 0 {
					fmt.Fprintf(&b, "%s reaches %.0f %% of what its ports allow at best: %s\n", name, 100*top.share, top.at)
				}
			}
		}
	}
	return b.String()
}
