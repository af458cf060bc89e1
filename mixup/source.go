package mixup

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
)

// A source is the random numbers of one (seed, epoch, step, rank): the ChaCha8 stream with these
// four as its key. Only 64-bit integers are taken from it, because rand.Rand makes other numbers
// differently on 32-bit CPUs.
type source struct{ chacha rand.ChaCha8 }

func (r *source) seed(seed, epoch, step, rank uint64) {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[0:], seed)
	binary.LittleEndian.PutUint64(key[8:], epoch)
	binary.LittleEndian.PutUint64(key[16:], step)
	binary.LittleEndian.PutUint64(key[24:], rank)
	r.chacha.Seed(key)
}

// below returns a uniform integer in [0, n), n > 0, by Lemire's method.
func (r *source) below(n uint64) uint64 {
	hi, lo := bits.Mul64(r.chacha.Uint64(), n)
	if lo < n {
		for least := -n % n; lo < least; {
			hi, lo = bits.Mul64(r.chacha.Uint64(), n)
		}
	}
	return hi
}

// toss is true with probability p. It draws nothing where that is certain.
func (r *source) toss(p float64) bool {
	return p > 0 && (p >= 1 || float64(r.chacha.Uint64()>>11)/(1<<53) < p)
}

// partners sets index[i] to the partner of row i.
func (r *source) partners(index []int, how Pairing) {
	n := len(index)
	for i := range index {
		index[i] = i
	}
	switch how {
	case Permutation:
		r.shuffle(index, false)
	case Derangement:
		// A derangement is a permutation that is drawn until it is one, 2.7 times on average.
		for n > 1 && !r.shuffle(index, true) {
		}
	case Reversal:
		for i := range index {
			index[i] = n - 1 - i
		}
	case Roll:
		for i := range index {
			index[i] = (i + n - 1) % n
		}
	}
}

// shuffle permutes index uniformly, whatever its order was. If it must derange, it gives up at the
// first fixed point.
func (r *source) shuffle(index []int, derange bool) bool {
	for i := len(index) - 1; i >= 0; i-- {
		j := int(r.below(uint64(i + 1)))
		index[i], index[j] = index[j], index[i]
		if derange && index[i] == i {
			return false
		}
	}
	return true
}
