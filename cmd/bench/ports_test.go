package bench

import (
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/cpuid/v2"

	"github.com/mixblend/blend"
)

// Only of CPUs that portCycles has is anything said.
func TestMicroarchitecture(t *testing.T) {
	for _, test := range []struct {
		vendor        cpuid.Vendor
		family, model int
		want          string
	}{
		{cpuid.AMD, 25, 0x11, "zen 4"}, {cpuid.AMD, 25, 0x61, "zen 4"}, {cpuid.AMD, 25, 0x75, "zen 4"}, {cpuid.AMD, 25, 0xa0, "zen 4"},
		{cpuid.AMD, 25, 0x01, "zen 3"}, {cpuid.AMD, 25, 0x21, "zen 3"}, {cpuid.AMD, 25, 0x50, "zen 3"}, {cpuid.AMD, 25, 0x80, ""},
		{cpuid.AMD, 25, 0x90, ""}, {cpuid.AMD, 25, 0xb0, ""}, {cpuid.AMD, 26, 0x11, ""}, {cpuid.AMD, 23, 0x31, ""}, {cpuid.AMD, 6, 0x8f, ""},
		{cpuid.Intel, 6, 0x3f, "haswell"}, {cpuid.Intel, 6, 0x9e, "skylake"}, {cpuid.Intel, 6, 0x55, "skylake-x"}, {cpuid.Intel, 6, 0x7e, "ice lake client"},
		{cpuid.Intel, 6, 0x6a, "ice lake server"}, {cpuid.Intel, 6, 0xcf, "sapphire rapids"}, {cpuid.Intel, 6, 0x97, ""}, {cpuid.Intel, 6, 0x3d, ""},
		{cpuid.Intel, 25, 0x11, ""}, {cpuid.Hygon, 25, 0x11, ""}, {cpuid.VendorUnknown, 0, 0, ""},
	} {
		if got := microarchitecture(test.vendor, test.family, test.model); got != test.want {
			t.Errorf("%v, family %d, model %#x: %q, want %q", test.vendor, test.family, test.model, got, test.want)
		}
	}
	for midr, want := range map[string]string{
		"0x00000000413fd0c1\n": "neoverse n1", "0x00000000411fd402\n": "neoverse v1", "0x00000000410fd490": "neoverse n2", "0x410fd4f0": "neoverse v2",
		"0x00000000410fd034": "", "0x00000000420fd0c1": "", "": "", "frog": "", "-1": "",
	} {
		if got := neoverse(midr); got != want {
			t.Errorf("register %q: %q, want %q", midr, got, want)
		}
	}
	if len(portCycles) != len(multiplyLatency) {
		t.Errorf("cycles of %d CPUs, and the latency of %d", len(portCycles), len(multiplyLatency))
	}
	for cpu, implementations := range portCycles {
		if l := multiplyLatency[cpu]; l < 1 || l > 5 {
			t.Errorf("%s: a multiplication takes %v cycles", cpu, l)
		}
		for name, loops := range implementations {
			for _, loop := range []string{loop(Float32, 0.3), loop(Uint8, 0.3), loop(Uint8, 0.5), loop(Uint8, 77./256)} {
				if loops[loop] <= 0 {
					t.Errorf("%s, %s: no cycles of %s", cpu, name, loop)
				}
			}
		}
	}
}

// A limit takes the cycles of its loop: so many multiplications, each of what the one before has made.
func TestPorts(t *testing.T) {
	for lambda, want := range map[float64]string{0: "ties", 0.3: "near", 0.5: "half", 77. / 256: "ties", 0.50001: "half", 1: "ties"} {
		if got := loop(Uint8, lambda); got != want || loop(Float32, lambda) != "float32" {
			t.Errorf("λ = %v: %s, want %s", lambda, got, want)
		}
	}
	c := Case{Type: Uint8, Place: OutOfPlace, Workers: 1, Rows: 6, Columns: 128, WorkingSet: 2 * 6 * 128}
	if n := multiplications(c, 4, 3, 10); n != 160 { // 12 vectors of 64 bytes, four cycles each, ten times, by three
		t.Errorf("%d multiplications, want 160", n)
	}
	c.Workers = 2
	if n := multiplications(c, 4, 3, 10); n != 80 {
		t.Errorf("%d multiplications, want 80", n)
	}
	want := uint64(3)
	for range 16 {
		want *= 3
	}
	if got := multiply(9, 3); got != want {
		t.Errorf("9 multiplications, rounded up to 16, make %d, want %d", got, want)
	}

	m := NewMemory([]Case{c}, Caches{Last: 1 << 10})
	known := map[string]map[string]float64{"generic": {"near": 1000, "float32": 500}, "no such": {"near": 1}}
	all := m.ports(known, 3, c, 0.3, nil)
	if len(all) != 1 || all[0].Name != "generic ports" || all[0].Kind != Limit || all[0].Bytes != c.Batch() {
		t.Fatalf("%+v", all)
	}
	if s, err := all[0].Time(3); err != nil || s <= 0 {
		t.Errorf("%v s, %v", s, err)
	}
	for _, none := range [][]Contestant{m.ports(nil, 3, c, 0.3, nil), m.ports(known, 3, c, 0.5, nil), m.ports(known, 3, c, 0.3, []string{"avx9"})} {
		if len(none) != 0 {
			t.Errorf("a limit that nobody knows: %+v", none)
		}
	}
}

// What is reached is that of the size where it is most, and of results only.
func TestReached(t *testing.T) {
	figure := func(v float64) Figure { return Figure{Median: v, Q1: v, Q3: v} }
	contest := func(columns int, mix, ports float64) Contest {
		return Contest{
			Case: Case{Type: Uint8, Place: InPlace, Workers: 1, Rows: 2, Columns: columns, WorkingSet: 2 * columns},
			Entries: []Entry{
				{Name: Copy, Kind: Limit, Share: figure(1)}, {Name: "generic ports", Kind: Limit, Share: figure(ports)},
				{Name: "generic", Kind: Blend, Share: figure(mix)},
			},
		}
	}
	r := &Result{Machine: Machine{Implementations: blend.Implementations()}, Contests: []Contest{contest(100, 0.5, 1), contest(200, 0.9, 1.2), contest(300, 0.99, 1)}}
	r.Contests[2].Entries[2].Share.Noisy = true
	if got, want := r.Reached(), "generic reaches 75 % of what its ports allow at best: uint8, in place, 1 worker, 400 B (2 × 200)\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for i := range r.Contests {
		r.Contests[i].Entries = slices.Delete(r.Contests[i].Entries, 1, 2)
	}
	if got := r.Reached(); got != "" {
		t.Errorf("of no limit %q is reached", strings.TrimSpace(got))
	}
}

// Limits by a model alone are called that.
func TestModelled(t *testing.T) {
	for cpu, want := range map[string]string{
		"zen 4": "limits of ports: by llvm's model of zen 4, which measurements do not contradict\n",
		"zen 3": "limits of ports: by llvm's model of zen 3 alone, not confirmed by measurements\n",
		"frog":  "",
	} {
		if got := modelled(cpu); got != want {
			t.Errorf("%s: %q, want %q", cpu, got, want)
		}
	}
	for cpu := range measured {
		if portCycles[cpu] == nil {
			t.Errorf("%s has no limits to be measured", cpu)
		}
	}
}
