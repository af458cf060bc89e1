package pixels

// Vectors is whether the CPU has what the assembly needs. Package blend sets it when it is initialized.
var Vectors bool

// repeatCall bytes of dst at most are set by one call of the assembly, which cannot be preempted.
const repeatCall = 96 << 10

// Repeat sets dst to the elements from the given one on of what has each byte of x so many times: a mask for the elements of pixels
// that are interleaved.
func Repeat(dst, x []byte, times, from int) {
	x = x[from/times:]
	if skip := from % times; skip != 0 {
		n := min(times-skip, len(dst))
		for i := range dst[:n] {
			dst[i] = x[0]
		}
		dst, x = dst[n:], x[1:]
	}
	if whole := len(dst) / times; assembled && Vectors && times <= 4 && whole >= repeatBlock {
		raceRead(x[:whole])
		for done := 0; done < whole; {
			n := min(whole-done, repeatCall/times) / repeatBlock * repeatBlock
			if n == 0 { // the last ones, with some of those before
				n, done = repeatBlock, whole-repeatBlock
			}
			repeat(dst[done*times:][:n*times], x[done:][:n], times)
			done += n
		}
		dst, x = dst[whole*times:], x[whole:]
	}
	for len(dst) > 0 {
		n := min(times, len(dst))
		for i := range dst[:n] {
			dst[i] = x[0]
		}
		dst, x = dst[n:], x[1:]
	}
}

// repeat is for the assembly.
func repeat(dst, x []byte, times int) {
	switch times {
	case 1:
		copy(dst, x)
	case 2:
		repeat2(&dst[0], &x[0], len(x))
	case 3:
		repeat3(&dst[0], &x[0], len(x))
	case 4:
		repeat4(&dst[0], &x[0], len(x))
	}
}

// commonBlock bytes are what common takes at a time.
const commonBlock = 128

// Opaque returns how many bytes, of whole blocks of pixels of four, it has seen to be opaque in a and in b, which is as long: all that
// are whole blocks, or none.
func Opaque(a, b []byte) int {
	n := len(a) / commonBlock * commonBlock
	if !assembled || !Vectors || n == 0 {
		return 0
	}
	b = b[:n]
	raceRead(a[:n])
	raceRead(b)
	var all [repeatBlock]byte
	common(&all[0], &a[0], &b[0], n)
	for i := 3; i < len(all); i += 4 {
		if all[i] != 255 {
			return 0
		}
	}
	return n
}

const (
	packWidth  = 16 // bytes that pack reads and writes at a time,
	packPixels = 4  // of so many pixels
)

// Pack sets dst to some bytes of pixels of up to four: to those that order has, of which there are four at most. It packs as many whole
// pixels as x has, if dst has room for them. What follows them in dst may change.
func Pack(dst, x []byte, pixel int, order []int) {
	channels := len(order)
	n := min(len(x)/pixel, len(dst)/channels)
	if in, out := packPixels*pixel, packPixels*channels; assembled && Vectors && n*min(pixel, channels) >= packWidth {
		// The last turns would go past the end.
		turns := min((len(x)-packWidth)/in, (len(dst)-packWidth)/out) + 1
		var picks [packWidth]byte
		for i := range out {
			picks[i] = byte(i/channels*pixel + order[i%channels])
		}
		raceRead(x[:(turns-1)*in+packWidth])
		pack(&dst[0], &x[0], &picks[0], turns, in, out)
		x, dst, n = x[turns*in:], dst[turns*out:], n-turns*packPixels
	}
	for ; n > 0; n-- {
		for c, o := range order {
			dst[c] = x[o]
		}
		x, dst = x[pixel:], dst[channels:]
	}
}
