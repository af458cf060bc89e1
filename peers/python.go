package main

import (
	"bufio"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/mixblend/blend/cmd/bench"
)

// python is a process that mixes when it is told to, and sleeps otherwise: no two processes work at a time.
type python struct {
	command  *exec.Cmd
	in       io.WriteCloser
	out      *bufio.Reader
	dir      string // of the files that batches go through
	software map[string]string
}

//go:embed python/*.py python/*.c
var scripts embed.FS

func startPython(ctx context.Context, interpreter string, stderr io.Writer) (_ *python, err error) {
	p := new(python)
	if p.dir, err = os.MkdirTemp("", "peers-*"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(p.dir)
		}
	}()
	if err := os.CopyFS(p.dir, scripts); err != nil {
		return nil, err
	}
	p.command = exec.CommandContext(ctx, interpreter, filepath.Join(p.dir, "python", "peers.py"))
	p.command.Stderr = stderr
	if p.in, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	if err := p.ask(map[string]any{"do": "versions"}, &p.software); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// stop ends the process.
func (p *python) stop() {
	p.in.Close()
	p.command.Wait()
	os.RemoveAll(p.dir)
}

// ask sends a line and decodes the one that comes back.
func (p *python) ask(question, answer any) error {
	text, err := json.Marshal(question)
	if err != nil {
		return err
	}
	if _, err := p.in.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("python: %w", err)
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("python has ended: %w", err)
	}
	var failed struct{ Error string }
	if json.Unmarshal(line, &failed) == nil && failed.Error != "" {
		return errors.New("python: " + failed.Error)
	}
	if err := json.Unmarshal(line, answer); err != nil {
		return fmt.Errorf("python: an answer that is none: %q", line)
	}
	return nil
}

// contestants hands the batch over and returns those that mix it, and who could not take part, and why.
func (p *python) contestants(t *task, input, want []byte, evict int, differs map[string]float64) ([]bench.Contestant, map[string]string, error) {
	c := t.Case
	files := map[string][]byte{filepath.Join(p.dir, "input"): input, filepath.Join(p.dir, "want"): want}
	for name, data := range files {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			return nil, nil, err
		}
		defer os.Remove(name)
	}
	question := map[string]any{
		"do": "case", "dir": p.dir, "work": c.Work, "type": c.Type, "place": c.Place, "threads": c.Workers, "rows": c.Rows, "columns": c.Columns,
		"cold": c.Cold, "evict": evict, "index": c.Index(), "lambda": t.lambda, "side": t.side,
	}
	switch c.Work {
	case bench.Normalize:
		question["scale"], question["bias"] = t.norm.Scale, t.norm.Bias
	case bench.CutMix:
		question["box"] = []int{t.box.Min.X, t.box.Min.Y, t.box.Max.X, t.box.Max.Y}
	case bench.Masks:
		mask := make([]int, len(t.mask)) // package json makes text of bytes
		for i, m := range t.mask {
			mask[i] = int(m)
		}
		question["mask"] = mask
	}
	var answer struct {
		Peers []struct {
			Name    string
			Differs float64
			Aside   bool
		}
		LeftOut map[string]string `json:"left_out"`
	}
	if err := p.ask(question, &answer); err != nil {
		return nil, nil, err
	}
	var all []bench.Contestant
	for _, e := range answer.Peers {
		differs[e.Name] = e.Differs
		all = append(all, bench.Contestant{Name: e.Name, Kind: bench.Peer, Bytes: c.Batch(), Aside: e.Aside, Time: func(reps int) (float64, error) {
			var seconds float64
			err := p.ask(map[string]any{"do": "time", "name": e.Name, "reps": reps}, &seconds)
			if c.Workers > 1 {
				time.Sleep(20 * time.Millisecond) // threads of OpenMP spin for a while after their work
			}
			return seconds, err
		}})
	}
	return all, answer.LeftOut, nil
}
