package blend

// stagger streams a chain whose rows are not aligned to a line in the same columns. Every step begins where its own dst is, at other
// columns than its neighbours, and so has an own row of its own, which mostly is in the first-level cache anyway.
func (t *traversal) stagger(chain []step, n int, h how) {
	k := t.kernel
	plain := h
	plain.stream = false
	var heads [maxSteps]int
	longest := 0
	for i := range chain {
		heads[i] = t.misaligned(chain[i].dst)
		longest = max(longest, heads[i])
	}
	line := cacheLine / t.out
	body := max(n-longest, 0) / line * line
	if body == 0 {
		k.run(chain, n, plain)
		return
	}
	for i := range chain {
		if heads[i] > 0 {
			k.run(chain[i:i+1], heads[i], plain)
			k.advance(chain[i:i+1], heads[i])
		}
	}
	done := k.runLong(chain, body, h)
	for i := range chain {
		if rest := n - heads[i] - body; rest > 0 {
			k.advance(chain[i:i+1], body-done)
			k.run(chain[i:i+1], rest, plain)
		}
	}
}
