package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/mixblend/blend"
	"github.com/mixblend/blend/cmd/bench"
)

// This program is an interpreter too: one that answers as the script does, or does not.
func TestMain(m *testing.M) {
	if how := os.Getenv("PEERS_TEST_PYTHON"); how != "" {
		interpret(how)
		return
	}
	os.Exit(m.Run())
}

func interpret(how string) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var q struct {
			Do, Dir, Name string
			Reps          int
		}
		json.Unmarshal(lines.Bytes(), &q)
		switch {
		case how == "dies":
			os.Exit(3)
		case how == "babbles":
			fmt.Println("Hello!")
		case q.Do == "versions":
			fmt.Println(`{"snake": "9.1"}`)
		case q.Do == "case" && how == "fails":
			fmt.Println(`{"error": "ValueError: it is no mix"}`)
		case q.Do == "case":
			input, _ := os.ReadFile(q.Dir + "/input")
			fmt.Printf(`[{"name": "%d bytes", "differs": 0.25}]`+"\n", len(input))
		default:
			fmt.Println(float64(q.Reps) / 8)
		}
	}
}

func TestPython(t *testing.T) {
	start := func(how string) (*python, error) {
		t.Setenv("PEERS_TEST_PYTHON", how)
		return startPython(context.Background(), os.Args[0], io.Discard)
	}
	for how, want := range map[string]string{"dies": "python has ended", "babbles": `in "Hello!\n"`} {
		if _, err := start(how); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", how, err, want)
		}
	}
	if _, err := startPython(context.Background(), "./no-such-python", io.Discard); err == nil || !strings.Contains(err.Error(), "no-such-python") {
		t.Errorf("got %v", err)
	}

	c := bench.Case{Type: bench.Uint8, Place: bench.Apart, Workers: 1, Rows: 2, Columns: 8, WorkingSet: 32}
	p, err := start("fails")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.contestants(c, make([]byte, 16), make([]byte, 16), 0.3, 64, nil); err == nil || err.Error() != "python: ValueError: it is no mix" {
		t.Errorf("got %v", err)
	}
	p.stop()

	if p, err = start("works"); err != nil {
		t.Fatal(err)
	}
	differs := map[string]float64{}
	contestants, err := p.contestants(c, make([]byte, 16), make([]byte, 16), 0.3, 64, differs)
	if err != nil || len(contestants) != 1 || contestants[0].Name != "16 bytes" || contestants[0].Bytes != 16 || differs["16 bytes"] != 0.25 || p.software["snake"] != "9.1" {
		t.Fatalf("%v: %+v, %v, %v", err, contestants, differs, p.software)
	}
	if s, err := contestants[0].Time(4); s != 0.5 || err != nil {
		t.Errorf("%v s, %v", s, err)
	}
	p.stop()
	if _, err := os.Stat(p.dir); err == nil {
		t.Errorf("%s is left", p.dir)
	}
}

// Every Go peer mixes what blend mixes, but for its rounding.
func TestGoPeers(t *testing.T) {
	for _, c := range []bench.Case{
		{Type: bench.Float32, Rows: 5, Columns: 3072}, {Type: bench.Float32, Rows: 2, Columns: 2049},
		{Type: bench.Uint8, Rows: 5, Columns: 3072}, {Type: bench.Uint8, Rows: 2, Columns: 1028},
	} {
		for _, c.Place = range []string{bench.Apart, bench.InPlace} {
			c.Workers, c.WorkingSet = 1, 2*c.Batch()
			m := bench.NewMemory([]bench.Case{c}, bench.Caches{Last: 1 << 10})
			lambda := blend.Quantize(0.3)
			_, x := m.Batch(c)
			input := bytes.Clone(x)
			want, err := expected(c, input, lambda)
			if err != nil {
				t.Fatal(err)
			}
			all := goPeers(c, lambda)
			if len(all) == 0 {
				t.Errorf("%v: no peers", c)
			}
			for _, p := range all {
				dst, x := m.Batch(c)
				p.mix(dst, x)
				if _, err := differences(c, dst, want); err != nil {
					t.Errorf("%v: %s: %v", c, p.name, err)
				}
				if c.Place == bench.Apart && !bytes.Equal(x, input) {
					t.Errorf("%v: %s changes its input", c, p.name)
				}
			}
			// What mixes nothing is no peer.
			if _, err := differences(c, input, want); err == nil || !strings.Contains(err.Error(), "it is no mix: element ") {
				t.Errorf("%v: the input passes for a mix: %v", c, err)
			}
		}
	}
}
