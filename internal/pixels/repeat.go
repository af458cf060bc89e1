package pixels

import "encoding/binary"

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
	whole := 0 // bytes of x
	switch times {
	case 1:
		copy(dst, x)
		return
	case 2:
		whole = twice(dst, x)
	case 3:
		whole = thrice(dst, x)
	case 4:
		whole = fourTimes(dst, x)
	}
	dst, x = dst[whole*times:], x[whole:]
	for len(dst) > 0 {
		n := min(times, len(dst))
		for i := range dst[:n] {
			dst[i] = x[0]
		}
		dst, x = dst[n:], x[1:]
	}
}

// twice and its like do what they can some words at a time, and return how many bytes of x that was.
func twice(dst, x []byte) int {
	n := min(len(dst)/8, len(x)/4)
	for i := range n {
		v := uint64(binary.LittleEndian.Uint32((*[4]byte)(x[4*i:])[:]))
		v = (v | v<<16) & 0x0000ffff0000ffff
		v = (v | v<<8) & 0x00ff00ff00ff00ff
		binary.LittleEndian.PutUint64((*[8]byte)(dst[8*i:])[:], v*0x0101)
	}
	return 4 * n
}

func thrice(dst, x []byte) int {
	const times = 0x010101
	n := min(len(dst)/24, len(x)/8)
	for i := range n {
		v, d := binary.LittleEndian.Uint64((*[8]byte)(x[8*i:])[:]), (*[24]byte)(dst[24*i:])
		binary.LittleEndian.PutUint64(d[:], (v&0xff|v&0xff00<<16|v&0xff0000<<32)*times)
		binary.LittleEndian.PutUint64(d[8:], v>>16&0xff|(v>>16&0xff00|v&(0xff<<32)|v<<16&(0xff<<56))*times)
		binary.LittleEndian.PutUint64(d[16:], v>>40&0xff*0x0101|(v>>32&0xff0000|v>>16&(0xff<<40))*times)
	}
	return 8 * n
}

func fourTimes(dst, x []byte) int {
	n := min(len(dst)/16, len(x)/4)
	for i := range n {
		v, d := uint64(binary.LittleEndian.Uint32((*[4]byte)(x[4*i:])[:])), (*[16]byte)(dst[16*i:])
		binary.LittleEndian.PutUint64(d[:], (v&0xff|v&0xff00<<24)*0x01010101)
		binary.LittleEndian.PutUint64(d[8:], (v>>16&0xff|v>>24<<32)*0x01010101)
	}
	return 4 * n
}
