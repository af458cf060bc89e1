package bench

import (
	"slices"
	"strconv"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// newFigure returns the median and the quartiles of what was measured. Each is one of the values: nothing is interpolated.
func newFigure(values []float64, limit float64) Figure {
	values = slices.Sorted(slices.Values(values))
	at := func(p float64) float64 { return digits(stat.Quantile(p, stat.Empirical, values, nil), 4) }
	f := Figure{Median: at(0.5), Q1: at(0.25), Q3: at(0.75)}
	f.Noisy = f.Q3-f.Q1 > limit*f.Median
	return f
}

// digits rounds to n digits.
func digits(v float64, n int) float64 {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', n, 64), 64)
	return v
}

// summarize makes entries of the seconds that each contestant took for a batch, round by round.
func summarize(contestants []Contestant, seconds [][]float64, limit float64) (copyName string, entries []Entry) {
	speed := make([][]float64, len(contestants)) // bytes a second
	best, roof := 0.0, -1
	for i, c := range contestants {
		for _, s := range seconds[i] {
			speed[i] = append(speed[i], float64(c.Bytes)/s)
		}
		if c.Name == Copy || c.Name == StreamCopy || c.Name == ReadWrite {
			if m := newFigure(speed[i], limit).Median; m > best {
				best, roof = m, i
			}
		}
	}
	for i, c := range contestants {
		gbps, share := make([]float64, len(speed[i])), make([]float64, len(speed[i]))
		for r, v := range speed[i] {
			gbps[r], share[r] = v/1e9, v/speed[roof][r]
		}
		entries = append(entries, Entry{Name: c.Name, Kind: c.Kind, Aside: c.Aside, GBps: newFigure(gbps, limit), Share: newFigure(share, limit)})
	}
	return contestants[roof].Name, entries
}

// lead compares the fastest of blend and the fastest peer, from the seconds of each round.
func lead(entries []Entry, seconds [][]float64, limit float64) *Lead {
	fastest := map[Kind]int{Blend: -1, Peer: -1}
	for i, e := range entries {
		if j, ok := fastest[e.Kind]; ok && !e.Aside && (j < 0 || e.Share.Median > entries[j].Share.Median) {
			fastest[e.Kind] = i
		}
	}
	b, p := fastest[Blend], fastest[Peer]
	if b < 0 || p < 0 {
		return nil
	}
	return newLead(entries[b].Name, entries[p].Name, seconds[b], seconds[p], limit)
}

// newLead returns the lead of blend over a peer, from the seconds that both took in each round.
func newLead(blend, peer string, b, p []float64, limit float64) *Lead {
	times := make([]float64, len(b))
	for r := range times {
		times[r] = p[r] / b[r]
	}
	l := &Lead{Blend: blend, Peer: peer, Rounds: len(times)}
	l.Times, l.Low, l.High = medianInterval(times)
	l.Noisy = l.High-l.Low > limit*l.Times
	return l
}

// medianInterval returns the median of values, and an interval that the median of all such values is in with a probability of 95 %
// or more: from the k-th smallest to the k-th largest value, since each lies below the median as often as above. Where there are
// fewer than six values, no such k exists, and it is all of them.
func medianInterval(values []float64) (median, low, high float64) {
	values = slices.Sorted(slices.Values(values))
	n, k := len(values), 1
	for heads := (distuv.Binomial{N: float64(n), P: 0.5}); heads.CDF(float64(k)) <= 0.025; {
		k++
	}
	return newFigure(values, 0).Median, digits(values[k-1], 4), digits(values[n-k], 4)
}
