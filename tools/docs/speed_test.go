package docs

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// README.md's table has the shares of docs/bench/epyc-zen4.json.
func TestSpeedTable(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "bench", "epyc-zen4.json"))
	if err != nil {
		t.Fatal(err)
	}
	var result struct {
		Date     string
		Contests []struct {
			Type, Place string
			Workers     int
			WorkingSet  float64 `json:"working_set_bytes"`
			Entries     []struct {
				Name  string
				Share struct{ Median float64 }
			}
		}
	}
	if err := json.Unmarshal(text, &result); err != nil {
		t.Fatal(err)
	}
	share := func(element, place string, mib float64) string {
		best, figure := math.Inf(1), ""
		for _, c := range result.Contests {
			if far := math.Abs(c.WorkingSet - mib*(1<<20)); c.Type == element && c.Place == place && c.Workers == 1 && far < best {
				for _, e := range c.Entries {
					if e.Name == "avx512" {
						best, figure = far, fmt.Sprintf("%.2f", e.Share.Median)
					}
				}
			}
		}
		return figure
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for name, mib := range map[string]float64{"0.5 MiB (L2)": 0.5, "4 MiB (last-level cache)": 4, "128 MiB (memory)": 128} {
		row := fmt.Sprintf("\n| %s | %s | %s | %s | %s |\n", name,
			share("float32", "out", mib), share("float32", "in", mib), share("uint8", "out", mib), share("uint8", "in", mib))
		if !strings.Contains(string(readme), row) {
			t.Errorf("README.md has no row %q", row)
		}
	}
	if date, _, _ := strings.Cut(result.Date, "T"); !strings.Contains(string(readme), date+", by `go run ./cmd/mixup bench`") {
		t.Errorf("README.md does not say that it was measured on %s", date)
	}
}
