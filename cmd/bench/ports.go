package bench

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/klauspost/cpuid/v2"

	"github.com/mixblend/blend/internal/impl"
)

// portsOf is what the limit of an implementation is called: how fast it would be if nothing but its arithmetic, its loads and its
// stores took time.
func portsOf(implementation string) string { return implementation + " ports" }

// microarchitecture names the CPU as portCycles does, or is "" where it is none of these.
func microarchitecture(vendor cpuid.Vendor, family, model int) string {
	if vendor == cpuid.AMD && family == 25 && (model >= 0x10 && model < 0x20 || model >= 0x60 && model < 0x80 || model >= 0xa0 && model < 0xb0) {
		return "zen4"
	}
	return ""
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

// multiplyLatency is how many cycles a multiplication waits for the one before, on every CPU of portCycles.
const multiplyLatency = 3

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

// multiplications are how many take a worker of a case as long as its part of reps batches, at so many cycles for 64 bytes.
func multiplications(c Case, cycles float64, reps int) int {
	return int(math.Ceil(float64(reps) * float64(c.Batch()) / 64 * cycles / multiplyLatency / float64(c.Workers)))
}

// Ports returns a limit for each implementation of those named, or of all, whose cycles are known on this CPU: it takes as many cycles
// as the implementation at least would for the batch.
func (m *Memory) Ports(c Case, lambda float64, names []string) []Contestant {
	return m.ports(portCycles[microarchitecture(cpuid.CPU.VendorID, cpuid.CPU.Family, cpuid.CPU.Model)], c, lambda, names)
}

func (m *Memory) ports(known map[string]map[string]float64, c Case, lambda float64, names []string) []Contestant {
	var all []Contestant
	for _, im := range impl.All {
		cycles, ok := known[im.Name][loop(c.Type, lambda)]
		if !ok || len(names) > 0 && !slices.Contains(names, im.Name) {
			continue
		}
		all = append(all, Contestant{Name: portsOf(im.Name), Kind: Limit, Bytes: c.Batch(), Time: func(reps int) (float64, error) {
			n := multiplications(c, cycles, reps)
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

// Reached says for each implementation with a limit of its ports how much of it it reaches at best, by type and place.
func (r *Result) Reached() string {
	type best struct {
		share float64
		at    Case
	}
	var b strings.Builder
	for _, name := range r.Machine.Implementations {
		for _, typ := range []string{Float32, Uint8} {
			for _, place := range []string{Apart, InPlace} {
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
