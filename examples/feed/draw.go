package feed

import "math/rand/v2"

// Hash is SplitMix64: every bit of x changes every bit of the result with probability ½. Draws are hashes of what they
// are for, such as Hash(Hash(Hash(seed)^epoch)^sample), not elements of a stream, so that they can be made in any
// order.
func Hash(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Rand returns a generator seeded by seed and words.
func Rand(seed uint64, words ...uint64) *rand.Rand {
	h := Hash(seed)
	for _, w := range words {
		h = Hash(h ^ w)
	}
	return rand.New(rand.NewPCG(h, Hash(h)))
}

// Shuffle puts s into a random order.
func Shuffle[T any](rng *rand.Rand, s []T) {
	rng.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
}
