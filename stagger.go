package blend

// skew streams a chain whose rows are not aligned to a line in the same columns. Every step begins where its own dst is, at other
// columns than its neighbours, and so has an own row of its own, which mostly is in the first-level cache anyway.
func (w *walk) skew(chain []step, n int, h how) {
	k := w.kernel
	plain := h
	plain.stream = false
	var heads [maxSteps]int
	longest := 0
	for i := range chain {
		heads[i] = w.misaligned(chain[i].dst)
		longest = max(longest, heads[i])
	}
	line := cacheLine / w.out
	body := max(n-longest, 0) / line * line
	if body == 0 {
		k.mix(chain, n, plain)
		return
	}
	for i := range chain {
		if heads[i] > 0 {
			k.mix(chain[i:i+1], heads[i], plain)
			k.advance(chain[i:i+1], heads[i])
		}
	}
	done := k.mixLong(chain, body, h)
	for i := range chain {
		if rest := n - heads[i] - body; rest > 0 {
			k.advance(chain[i:i+1], body-done)
			k.mix(chain[i:i+1], rest, plain)
		}
	}
}
