// Package rank finds the rank of this process in the environment that its launcher has set.
package rank

import (
	"fmt"
	"strconv"
)

// A Rank is one of World processes that share the samples of an epoch.
type Rank struct {
	Rank, World int
	By          string // the launcher or the arguments that gave it
}

// launchers are asked in this order: a process that torchrun or mpirun started within a Slurm job is theirs.
var launchers = []struct{ by, rank, world string }{
	{"torchrun", "RANK", "WORLD_SIZE"},
	{"Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
	{"MPI", "PMI_RANK", "PMI_SIZE"}, // MPICH, Intel's, srun --mpi=pmi2
	{"Slurm", "SLURM_PROCID", "SLURM_NTASKS"},
	{"Kubernetes", "JOB_COMPLETION_INDEX", "WORLD_SIZE"}, // an Indexed Job says nothing of its completions: its manifest has to
}

// Of returns the rank given by rank and world; if both are negative (not given), the rank of the environment, or else
// the only one. A world alone completes a rank of the environment that comes without one.
func Of(rank, world int, getenv func(string) string) (Rank, error) {
	r := Rank{rank, world, "flags"}
	if rank < 0 {
		given := world
		r = Rank{0, 1, "alone"}
		for _, l := range launchers {
			value := getenv(l.rank)
			if value == "" {
				continue
			}
			n, err := strconv.Atoi(value)
			if err != nil {
				return Rank{}, fmt.Errorf("rank: %s=%q of %s is not a number", l.rank, value, l.by)
			}
			size := getenv(l.world)
			if size == "" && given < 0 {
				return Rank{}, fmt.Errorf("rank: %s=%s of %s, but neither %s nor a flag says of how many", l.rank, value, l.by, l.world)
			}
			r = Rank{n, given, l.by}
			if size != "" {
				if r.World, err = strconv.Atoi(size); err != nil {
					return Rank{}, fmt.Errorf("rank: %s=%q of %s is not a number", l.world, size, l.by)
				}
			}
			break
		}
		if given >= 0 && given != r.World {
			return Rank{}, fmt.Errorf("rank: a world of %d, but rank %d of %d is said by: %s", given, r.Rank, r.World, r.By)
		}
	} else if world < 0 {
		return Rank{}, fmt.Errorf("rank: rank %d, but not of how many", rank)
	}
	if r.World < 1 || r.Rank < 0 || r.Rank >= r.World {
		return Rank{}, fmt.Errorf("rank: rank %d of %d, said by: %s", r.Rank, r.World, r.By)
	}
	return r, nil
}

// Span returns the part of n samples, from…to−1, that belongs to this rank. Ranks differ by one sample at most.
func (r Rank) Span(n int) (from, to int) {
	at := func(rank int) int {
		return rank*(n/r.World) + rank*(n%r.World)/r.World // r·n/World, without the overflow
	}
	return at(r.Rank), at(r.Rank + 1)
}

// Most returns the largest number of samples that a rank has, of n.
func (r Rank) Most(n int) int { return n/r.World + min(1, n%r.World) }

func (r Rank) String() string { return fmt.Sprintf("rank %d of %d", r.Rank, r.World) }
