package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/cpuid/v2"
	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/mem"

	"github.com/mixblend/blend"
)

// A Machine describes where a result was measured.
type Machine struct {
	Name            string   `json:"name"` // as comparisons call it
	CPU             string   `json:"cpu"`
	Family          int      `json:"family"` // 0 where not known, as are Model and Hypervisor ""
	Model           int      `json:"model"`
	Hypervisor      string   `json:"hypervisor"`
	OS              string   `json:"os"`
	Arch            string   `json:"arch"`
	Cores           int      `json:"cores"` // that Go may use at once
	Features        []string `json:"features"`
	Implementations []string `json:"implementations"` // of blend, best first
	Caches          Caches   `json:"caches"`
	Memory          uint64   `json:"memory_bytes"` // 0 where not known
}

// Caches holds the sizes in bytes of the caches that a core has or shares.
type Caches struct {
	L1     int    `json:"l1"`
	L2     int    `json:"l2"`
	Last   int    `json:"last"`           // of the last level
	Groups int    `json:"last_instances"` // how many of these there are
	Source string `json:"source"`         // "cpuid", "sysfs", or "default" where nobody says
}

// ThisMachine describes the machine that it runs on.
func ThisMachine() Machine {
	m := Machine{
		CPU: cpuid.CPU.BrandName, Family: cpuid.CPU.Family, Model: cpuid.CPU.Model, Hypervisor: hypervisor(),
		OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.GOMAXPROCS(0),
		Features: cpuid.CPU.FeatureSet(), Implementations: blend.Implementations(), Caches: caches(),
	}
	if m.CPU == "" { // cpuid knows names of x86 only
		if info, err := cpu.Info(); err == nil && len(info) > 0 {
			m.CPU = info[0].ModelName
		}
	}
	if m.CPU == "" {
		m.CPU = runtime.GOARCH
	}
	m.Name = m.CPU
	if v, err := mem.VirtualMemory(); err == nil {
		m.Memory = v.Total
	}
	return m
}

func hypervisor() string {
	if id := cpuid.CPU.HypervisorVendorID; id != cpuid.VendorUnknown {
		return id.String()
	}
	return cpuid.CPU.HypervisorVendorString
}

func caches() Caches {
	c := cpuid.CPU.Cache
	found := Caches{c.L1D, c.L2, max(c.L2, c.L3), 1, "cpuid"}
	files := sysfs("/sys/devices/system/cpu")
	if c.L1D <= 0 || c.L2 <= 0 {
		found = files
	}
	if files.Last == found.Last {
		found.Groups = files.Groups
	}
	if found.L1 <= 0 || found.L2 <= 0 {
		return Caches{32 << 10, 1 << 20, 32 << 20, 1, "default"}
	}
	return found
}

// sysfs returns what Linux says of the caches, zeros where it says nothing.
func sysfs(root string) Caches {
	c := Caches{Groups: 1, Source: "sysfs"}
	level := map[string]*int{"1": &c.L1, "2": &c.L2, "3": &c.Last}
	groups := map[string]map[string]bool{}
	names, _ := filepath.Glob(root + "/cpu[0-9]*/cache/index*") // it fails for bad patterns only
	for _, dir := range names {
		text := func(name string) string {
			b, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				return ""
			}
			return strings.TrimSpace(string(b))
		}
		size, err := strconv.Atoi(strings.TrimSuffix(text("size"), "K"))
		at := level[text("level")]
		if err != nil || at == nil || text("type") == "Instruction" {
			continue
		}
		*at = max(*at, size<<10)
		if groups[text("level")] == nil {
			groups[text("level")] = map[string]bool{}
		}
		groups[text("level")][text("shared_cpu_list")] = true
	}
	last := "3"
	if c.Last == 0 {
		c.Last, last = c.L2, "2"
	}
	c.Groups = max(1, len(groups[last]))
	return c
}

// available returns how much memory there is to use, 0 where nobody says.
func available() uint64 {
	v, err := mem.VirtualMemory()
	if err != nil {
		return 0
	}
	return v.Available
}

// Software returns the versions of Go, of this program and of the modules of it whose paths are named.
func Software(modules ...string) map[string]string {
	s := map[string]string{"go": runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return s
	}
	for _, v := range info.Settings {
		switch v.Key {
		case "vcs.revision":
			s["revision"] = v.Value
		case "vcs.modified":
			s["modified"] = v.Value
		case "GOAMD64", "GOARM64", "-tags", "GOEXPERIMENT":
			s[strings.TrimPrefix(v.Key, "-")] = v.Value
		}
	}
	for _, d := range info.Deps {
		if slices.Contains(modules, d.Path) {
			s[d.Path] = d.Version
		}
	}
	return s
}

// String is the machine in some lines.
func (m Machine) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", m.CPU)
	if m.Name != m.CPU {
		fmt.Fprintf(&b, ", called %s", m.Name)
	}
	if m.Family != 0 {
		fmt.Fprintf(&b, ", family %d model %d", m.Family, m.Model)
	}
	fmt.Fprintf(&b, ", %s/%s, %d cores", m.OS, m.Arch, m.Cores)
	if m.Hypervisor != "" {
		fmt.Fprintf(&b, ", under %s", m.Hypervisor)
	}
	if m.Memory != 0 {
		fmt.Fprintf(&b, ", %.1f GiB of memory", float64(m.Memory)/(1<<30))
	}
	last := Bytes(m.Caches.Last)
	if m.Caches.Groups > 1 {
		last = fmt.Sprintf("%d × %s", m.Caches.Groups, last)
	}
	fmt.Fprintf(&b, "\ncaches (%s): first level %s, second %s, last %s\n", m.Caches.Source, Bytes(m.Caches.L1), Bytes(m.Caches.L2), last)
	fmt.Fprintf(&b, "implementations: %s\n", strings.Join(m.Implementations, ", "))
	line := "features:"
	for _, f := range m.Features {
		if len(line)+len(f) > 125 {
			b.WriteString(line + "\n")
			line = " "
		}
		line += " " + f
	}
	return b.String() + line + "\n"
}

// Bytes formats a size in the largest unit that does not exceed it.
func Bytes[T int | float64](n T) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	v, u := float64(n), 0
	for ; v >= 1000 && u < len(units)-1; u++ {
		v /= 1024
	}
	return strconv.FormatFloat(digits(v, 3), 'f', -1, 64) + " " + units[u]
}
