package mixup

import (
	"math"
	"testing"
)

// The streams of 64 ranks are pairwise uncorrelated and never equal, for the same steps; equal ranks draw alike.
func TestRanks(t *testing.T) {
	const ranks, steps, rows = 64, 50, 16
	c := Config{Seed: 9, Alpha: 1, CutMixAlpha: 1, Scope: PerRow, Height: 8, Width: 8, Layout: CHW}
	seen := map[string]int{}
	var streams [3][ranks][]float64 // λ of mixup alone, partners, and shares of CutMix by turns
	var b, again Batch
	for rank := range ranks {
		c.Rank = rank
		alone := Config{Seed: 9, Rank: rank, Alpha: 1, Scope: PerRow}
		for step := range steps {
			draw(t, sampler(t, c), &b, rows, 3, step)
			draw(t, sampler(t, c), &again, rows, 3, step)
			if text(&b) != text(&again) {
				t.Fatalf("rank %d, step %d: two draws", rank, step)
			}
			if other, ok := seen[text(&b)]; ok {
				t.Fatalf("ranks %d and %d draw alike", rank, other)
			}
			seen[text(&b)] = rank
			draw(t, sampler(t, alone), &again, rows, 3, step)
			for i := range rows {
				for s, v := range []float64{again.Lambda(i), float64(again.Index(i)), b.Lambda(i)} {
					streams[s][rank] = append(streams[s][rank], v)
				}
			}
		}
	}
	const n = steps * rows
	for s := range streams {
		worst, sum := 0.0, 0.0
		for i := range ranks {
			for j := range i {
				// Of independent streams r·√n is about a standard normal variable.
				z := correlation(streams[s][i], streams[s][j]) * math.Sqrt(n)
				worst, sum = max(worst, math.Abs(z)), sum+z*z
			}
		}
		const pairs = ranks * (ranks - 1) / 2
		if worst > 5 || math.Abs(sum/pairs-1) > 5*math.Sqrt(2.0/pairs) {
			t.Errorf("stream %d: of %d pairs of ranks the greatest correlation is %.1f standard errors, the mean square %.3f",
				s, pairs, worst, sum/pairs)
		}
	}
}

func correlation(a, b []float64) float64 {
	var ma, mb, ab, aa, bb float64
	for i := range a {
		ma, mb = ma+a[i]/float64(len(a)), mb+b[i]/float64(len(b))
	}
	for i := range a {
		x, y := a[i]-ma, b[i]-mb
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	return ab / math.Sqrt(aa*bb)
}

// A rank is not a seed, an epoch or a step: no two of these four numbers may be exchanged.
func TestRankIsItsOwn(t *testing.T) {
	seen := map[string][4]int{}
	var b Batch
	for seed := range 4 {
		for rank := range 4 {
			s := sampler(t, Config{Seed: uint64(seed), Rank: rank, Alpha: 1, Scope: PerRow})
			for epoch := range 4 {
				for step := range 4 {
					draw(t, s, &b, 6, epoch, step)
					key := [4]int{seed, rank, epoch, step}
					if other, ok := seen[text(&b)]; ok {
						t.Fatalf("(seed, rank, epoch, step) %v and %v draw alike", key, other)
					}
					seen[text(&b)] = key
				}
			}
		}
	}
	s := sampler(t, Config{Rank: math.MaxInt, Alpha: 1})
	draw(t, s, &b, 6, 0, 0)
	if _, ok := seen[text(&b)]; ok {
		t.Error("the greatest rank draws as another")
	}
}
