package main

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The test binary is the program when this is set.
const asProgram = "WEBDATASET_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	for _, name := range []string{"RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID", "JOB_COMPLETION_INDEX"} {
		os.Unsetenv(name) // whoever started the test
	}
	os.Exit(m.Run())
}

// webdataset runs the program.
func webdataset(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(t.Context(), append([]string{"webdataset"}, args...), &out, &err)
	return status, out.String(), err.String()
}

// folder makes a folder of n pictures of 3 classes.
func folder(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		m := image.NewRGBA(image.Rect(0, 0, 40+i%7, 50))
		for p := range m.Rect.Dx() * m.Rect.Dy() {
			m.SetRGBA(p%m.Rect.Dx(), p/m.Rect.Dx(), color.RGBA{uint8(i), uint8(p), 99, 255})
		}
		class := filepath.Join(dir, []string{"cat", "dog", "eel"}[i%3])
		if err := os.MkdirAll(class, 0o755); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, nil); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(class, fmt.Sprintf("%d.JPG", i)), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// shardsOf writes n pictures to shards, and returns the folder of those.
func shardsOf(t *testing.T, n, size int) string {
	t.Helper()
	dir := t.TempDir()
	status, out, stderr := webdataset(t, "write", "-out", dir, "-name", "x", "-size", fmt.Sprint(size), folder(t, n))
	if want := fmt.Sprintf("%d pictures of 3 classes in %d shards\n", n, (n+size-1)/size); status != 0 || out != want {
		t.Fatalf("status %d, %q, %q", status, out, stderr)
	}
	return dir
}

func TestWriteIndexLoad(t *testing.T) {
	dir := shardsOf(t, 100, 32)
	index := filepath.Join(dir, "again.json")
	if status, _, stderr := webdataset(t, "index", "-out", index, filepath.Join(dir, "x-{000000..000003}.tar")); status != 0 {
		t.Fatal(stderr)
	}
	a, _ := os.ReadFile(filepath.Join(dir, "x-index.json"))
	if b, err := os.ReadFile(index); err != nil || !bytes.Equal(a, b) || !bytes.Contains(a, []byte(`"nsamples": 32`)) {
		t.Errorf("%s, and %s; %v", a, b, err)
	}
	keys := map[string]string{}
	for name, args := range map[string][]string{
		"braces":   {filepath.Join(dir, "x-{000000..000003}.tar")},
		"index":    {index},
		"file URL": {"file://" + filepath.Join(dir, "x-index.json")},
		"validate": {"-validate", index},
		"many":     {"-workers", "3", "-epochs", "2", index},
	} {
		file := filepath.Join(t.TempDir(), "keys")
		status, out, stderr := webdataset(t, append([]string{"load", "-classes", "3", "-side", "32", "-batch", "8", "-keys", file}, args...)...)
		n, batches := 100, 13
		if name == "many" {
			n, batches = 200, 26
		}
		want := regexp.MustCompile(fmt.Sprintf(`^%d images, 0 broken, in %d batches: [0-9.]+ s, [0-9]+ images/s, by \w+\nseconds of all workers: read [0-9.]+, decode [0-9.]+, crop and scale [0-9.]+, mix and normalize [0-9.]+; the reader waited [0-9.]+\n$`, n, batches))
		if status != 0 || !want.MatchString(out) || stderr != "" {
			t.Errorf("%s: status %d, %q, %q", name, status, out, stderr)
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		keys[name] = strings.NewReplacer("file://", "", dir, "").Replace(string(raw))
	}
	if keys["braces"] != keys["index"] || keys["braces"] != keys["file URL"] || keys["validate"] == keys["index"] || !strings.HasPrefix(keys["many"], keys["index"]) {
		t.Error("other samples, or in another order")
	}
	if !strings.HasPrefix(keys["validate"], "0 0 0 ") || !strings.Contains(keys["validate"], "\n0 12 3 ") || strings.Count(keys["validate"], " 1 000") != 100 {
		t.Errorf("validation has %.300s", keys["validate"])
	}
}

func TestErrors(t *testing.T) {
	dir := shardsOf(t, 20, 10)
	first, index := filepath.Join(dir, "x-000000.tar"), filepath.Join(dir, "x-index.json")
	empty := t.TempDir()
	bad := filepath.Join(empty, "class")
	if err := os.Mkdir(bad, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bad, "a.jpg"), []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.tar")
	raw, err := os.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cut, raw[:len(raw)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args  []string
		names []string
	}{
		{[]string{"load"}, []string{"no samples in 0 shards"}},
		{[]string{"load", "-nonsense"}, []string{"nonsense"}},
		{[]string{"load", filepath.Join(dir, "missing.tar")}, []string{"missing.tar"}},
		{[]string{"load", "-classes", "2", "-side", "8", "-batch", "4", index}, []string{"class is 2, of 2", "x-00000"}},
		{[]string{"load", "-batch", "0", index}, []string{"Batch = 0"}},
		{[]string{"load", "-batch", "4", "-step", "9", index}, []string{"Step = 9", "0 to 5"}},
		{[]string{"load", "-side", "0", index}, []string{"Side = 0"}},
		{[]string{"load", "-alpha", "-1", "-batch", "4", index}, []string{"Alpha = -1"}},
		{[]string{"load", "-rank", "1", index}, []string{"rank 1, but not of how many"}},
		{[]string{"load", "-rank", "4", "-world", "4", index}, []string{"rank 4 of 4"}},
		{[]string{"load", cut}, []string{cut, "truncated"}},
		{[]string{"load", "-batch", "4", "-keys", filepath.Join(dir, "missing", "keys"), index}, []string{"missing"}},
		{[]string{"load", "-batch", "4", "-keys", first, index}, []string{"is the input " + first}},
		{[]string{"load", "-batch", "4", "-keys", index, index}, []string{"is the input " + index}},
		{[]string{"index", "-out", first, first}, []string{"is the input " + first}},
		{[]string{"index"}, []string{"no samples in 0 shards"}},
		{[]string{"write", "-out", dir}, []string{"0 folders"}},
		{[]string{"write", folder(t, 1)}, []string{"out"}},
		{[]string{"write", "-out", t.TempDir(), empty}, []string{"a.jpg", "neither PNG nor JPEG"}},
		{[]string{"write", "-out", t.TempDir(), t.TempDir()}, []string{"no folder"}},
		{[]string{"write", "-out", t.TempDir(), "-size", "0", folder(t, 1)}, []string{"shards of 0"}},
		{[]string{"write", "-out", filepath.Join(first, "folder"), folder(t, 1)}, []string{first, "not a directory"}},
	} {
		status, _, stderr := webdataset(t, test.args...)
		if status != 1 || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: status %d, %q", test.args, status, stderr)
		}
		for _, name := range test.names {
			if !strings.Contains(stderr, name) {
				t.Errorf("%v: %q does not name %q", test.args, stderr, name)
			}
		}
	}
	// What is broken is named, and left out.
	status, out, stderr := webdataset(t, "load", "-skip-broken", "-classes", "3", "-side", "8", "-batch", "4", cut, first)
	if status != 0 || !strings.Contains(out, " 1 broken, ") || strings.Count(stderr, "\n") != 2 || strings.Count(stderr, cut) != 2 {
		t.Errorf("status %d, %q, %q", status, out, stderr)
	}
}

// process is the program as a process.
func process(args ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, append([]string{"load", "-classes", "3", "-side", "16", "-batch", "8"}, args...)...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd, nil
}

// covered checks that ranks had every sample of each epoch once, and as many batches each, and says what each had.
func covered(t *testing.T, pattern string, world, samples, epochs int) {
	t.Helper()
	type place struct{ epoch, key string }
	seen := map[place]int{}
	draws := map[string]int{}
	for r := range world {
		raw, err := os.ReadFile(strings.ReplaceAll(pattern, "%d", fmt.Sprint(r)))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for line := range strings.Lines(string(raw)) {
			f := strings.Fields(line) // epoch, step, row, class, λ, key, shard
			if len(f) != 7 {
				t.Fatalf("rank %d: %q", r, line)
			}
			seen[place{f[0], f[5]}]++
			n++
			if f[0] == "0" && f[1] == "0" && f[2] == "0" {
				draws[f[4]]++
			}
		}
		t.Logf("rank %d of %d: %d samples in %d epochs", r, world, n, epochs)
		if from, to := samples*r/world*epochs, samples*(r+1)/world*epochs; n != to-from {
			t.Errorf("rank %d had %d samples, want %d", r, n, to-from)
		}
	}
	if len(seen) != samples*epochs {
		t.Errorf("%d samples in %d epochs came, want %d", len(seen), epochs, samples*epochs)
	}
	for p, n := range seen {
		if n != 1 {
			t.Errorf("sample %s came %d times in epoch %s", p.key, n, p.epoch)
		}
	}
	if len(draws) != world {
		t.Errorf("%d ranks drew these λ: %v", world, slices.Sorted(maps.Keys(draws)))
	}
}

// Every way to say which rank a process is leads to the same ranks.
func TestRanks(t *testing.T) {
	dir := shardsOf(t, 101, 17)
	index := filepath.Join(dir, "x-index.json")
	const world = 4
	for name, env := range map[string]string{
		"torchrun":   "RANK=%d WORLD_SIZE=4",
		"Open MPI":   "OMPI_COMM_WORLD_RANK=%d OMPI_COMM_WORLD_SIZE=4",
		"Slurm":      "SLURM_PROCID=%d SLURM_NTASKS=4",
		"Kubernetes": "JOB_COMPLETION_INDEX=%d WORLD_SIZE=4",
		"flags":      "",
	} {
		t.Run(name, func(t *testing.T) {
			keys := filepath.Join(t.TempDir(), "keys-%d")
			var all sync.WaitGroup
			for r := range world {
				args := []string{"-epochs", "2", "-alpha", "1", "-cutmix", "0", "-keys", keys, index}
				if env == "" {
					args = append([]string{"-rank", fmt.Sprint(r), "-world", "4"}, args...)
				}
				cmd, err := process(args...)
				if err != nil {
					t.Fatal(err)
				}
				cmd.Env = append(cmd.Env, strings.Fields(strings.ReplaceAll(env, "%d", fmt.Sprint(r)))...)
				all.Go(func() {
					out, err := cmd.CombinedOutput()
					if err != nil || !strings.Contains(string(out), fmt.Sprintf("rank %d of 4: ", r)) || !strings.Contains(string(out), "in 8 batches") {
						t.Errorf("rank %d: %v, %s", r, err, out)
					}
				})
			}
			all.Wait()
			covered(t, keys, world, 101, 2)
		})
	}
}

// launched runs the program under a launcher, if there is one.
func launched(t *testing.T, launcher string, flags ...string) {
	path := os.Getenv(strings.ToUpper(launcher))
	if path == "" {
		var err error
		if path, err = exec.LookPath(launcher); err != nil {
			t.Skipf("%s did not run: %v", launcher, err)
		}
	}
	dir := shardsOf(t, 203, 17)
	keys := filepath.Join(t.TempDir(), "keys-%d")
	cmd, err := process("-epochs", "2", "-alpha", "1", "-cutmix", "0", "-keys", keys, filepath.Join(dir, "x-index.json"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Args = slices.Concat([]string{path}, flags, []string{cmd.Path}, cmd.Args[1:])
	cmd.Path = path
	out, err := cmd.CombinedOutput()
	t.Logf("%s %s\n%s", path, strings.Join(flags, " "), out)
	if err != nil {
		t.Fatal(err)
	}
	covered(t, keys, 4, 203, 2)
}

func TestTorchrun(t *testing.T) {
	launched(t, "torchrun", "--no-python", "--nproc-per-node", "4")
}

func TestMpirun(t *testing.T) {
	launched(t, "mpirun", "-n", "4", "--allow-run-as-root", "--oversubscribe")
}

// An interrupt ends a program that would run for hours.
func TestInterrupt(t *testing.T) {
	dir := shardsOf(t, 50, 20)
	keys := filepath.Join(t.TempDir(), "keys")
	cmd, err := process("-epochs", "1000000", "-keys", keys, filepath.Join(dir, "x-index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for size := int64(0); size == 0; { // it has come to batches
		select {
		case err := <-ended:
			t.Fatalf("%v, %q, %q", err, out.String(), stderr.String())
		case <-time.After(10 * time.Millisecond):
		}
		if info, err := os.Stat(keys); err == nil {
			size = info.Size()
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		cmd.Process.Kill()
		t.Skip(err)
	}
	err = <-ended
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.HasSuffix(stderr.String(), "webdataset: interrupted\n") {
		t.Errorf("%v, %q, %q", err, out.String(), stderr.String())
	}
}
