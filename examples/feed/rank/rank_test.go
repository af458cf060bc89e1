package rank

import (
	"math"
	"strings"
	"testing"
)

func TestOf(t *testing.T) {
	for _, test := range []struct {
		env         string
		rank, world int // flags
		want        Rank
		err         string // or a part of it
	}{
		{"", -1, -1, Rank{0, 1, "alone"}, ""},
		{"", 2, 3, Rank{2, 3, "flags"}, ""},
		{"RANK=1 WORLD_SIZE=4", 2, 3, Rank{2, 3, "flags"}, ""},
		{"RANK=1 WORLD_SIZE=4", -1, -1, Rank{1, 4, "torchrun"}, ""},
		{"RANK=1 WORLD_SIZE=4 SLURM_PROCID=0 SLURM_NTASKS=9", -1, -1, Rank{1, 4, "torchrun"}, ""},
		{"OMPI_COMM_WORLD_RANK=3 OMPI_COMM_WORLD_SIZE=4 SLURM_PROCID=0 SLURM_NTASKS=1", -1, -1, Rank{3, 4, "Open MPI"}, ""},
		{"PMI_RANK=3 PMI_SIZE=4", -1, -1, Rank{3, 4, "MPI"}, ""},
		{"SLURM_PROCID=5 SLURM_NTASKS=6", -1, -1, Rank{5, 6, "Slurm"}, ""},
		{"JOB_COMPLETION_INDEX=2 WORLD_SIZE=3", -1, -1, Rank{2, 3, "Kubernetes"}, ""},
		{"JOB_COMPLETION_INDEX=2", -1, 3, Rank{2, 3, "Kubernetes"}, ""},
		{"JOB_COMPLETION_INDEX=2", -1, -1, Rank{}, "JOB_COMPLETION_INDEX=2"},
		{"RANK=1", -1, -1, Rank{}, "WORLD_SIZE"},
		{"RANK=4 WORLD_SIZE=4", -1, -1, Rank{}, "rank 4 of 4"},
		{"RANK=-1 WORLD_SIZE=4", -1, -1, Rank{}, "rank -1 of 4"},
		{"RANK=0 WORLD_SIZE=0", -1, -1, Rank{}, "rank 0 of 0"},
		{"RANK=x WORLD_SIZE=4", -1, -1, Rank{}, `RANK="x"`},
		{"RANK=1 WORLD_SIZE=4.5", -1, -1, Rank{}, `WORLD_SIZE="4.5"`},
		{"RANK=1 WORLD_SIZE=4", -1, 3, Rank{}, "a world of 3, but rank 1 of 4"},
		{"", -1, 4, Rank{}, "a world of 4, but rank 0 of 1"},
		{"", 1, -1, Rank{}, "of how many"},
		{"", 3, 3, Rank{}, "rank 3 of 3"},
	} {
		got, err := Of(test.rank, test.world, func(name string) string {
			for _, pair := range strings.Fields(test.env) {
				if key, value, _ := strings.Cut(pair, "="); key == name {
					return value
				}
			}
			return ""
		})
		if got != test.want || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%q, flags %d of %d: %+v, %v", test.env, test.rank, test.world, got, err)
		}
	}
}

// The spans of all ranks cover the samples, and differ by one at most.
func TestSpan(t *testing.T) {
	for _, n := range []int{0, 1, 3, 4, 5, 1000, 1281167, math.MaxInt - 5} {
		for world := 1; world <= 9; world++ {
			at, most, least := 0, 0, n
			for i := range world {
				from, to := Rank{Rank: i, World: world}.Span(n)
				if from != at || to < from {
					t.Fatalf("%d samples, rank %d of %d has %d to %d, after %d", n, i, world, from, to, at)
				}
				at, most, least = to, max(most, to-from), min(least, to-from)
			}
			if at != n || most-least > 1 || most != (Rank{World: world}).Most(n) {
				t.Errorf("%d samples in %d: they end at %d, and have %d to %d", n, world, at, least, most)
			}
		}
	}
}
