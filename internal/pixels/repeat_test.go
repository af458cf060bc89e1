package pixels

import (
	"bytes"
	"fmt"
	"testing"
)

// each calls f with and without the assembly.
func each(t *testing.T, f func(t *testing.T)) {
	defer func(was bool) { Vectors = was }(Vectors)
	for _, Vectors = range implementations() {
		t.Run(fmt.Sprintf("vectors=%v", Vectors), f)
	}
}

// Every number of times, at every begin and end within some vectors, and nothing written behind.
func TestRepeat(t *testing.T) { each(t, testRepeat) }

func testRepeat(t *testing.T) {
	x := make([]byte, 140)
	for i := range x {
		x[i] = byte(i*37 + 5)
	}
	x[3], x[11], x[12] = 255, 0, 255
	for times := 1; times <= 9; times++ {
		var all []byte
		for _, v := range x {
			all = append(all, bytes.Repeat([]byte{v}, times)...)
		}
		for from := 0; from <= min(len(all), 30); from++ {
			for to := from; to <= len(all); to++ {
				got := make([]byte, to-from+16)
				Repeat(got[:to-from], x, times, from)
				if !bytes.Equal(got[:to-from], all[from:to]) {
					t.Fatalf("%d times, elements %d to %d: got %v, want %v", times, from, to, got[:to-from], all[from:to])
				}
				if !bytes.Equal(got[to-from:], make([]byte, 16)) {
					t.Fatalf("%d times, elements %d to %d: written behind them", times, from, to)
				}
			}
		}
	}
}

func BenchmarkRepeat(b *testing.B) {
	Vectors = implementations()[0]
	for _, times := range []int{2, 3, 4, 5} {
		b.Run(fmt.Sprintf("times=%d", times), func(b *testing.B) {
			x, dst := make([]byte, 4096), make([]byte, 4096)
			b.SetBytes(int64(len(dst)))
			for range b.N {
				Repeat(dst, x, times, 0)
			}
		})
	}
}

// Several calls of the assembly make one.
func TestRepeatMany(t *testing.T) {
	each(t, func(t *testing.T) {
		x := make([]byte, 3*repeatCall/2)
		for i := range x {
			x[i] = byte(i * 7 >> 3)
		}
		for times := 1; times <= 5; times++ {
			dst := make([]byte, len(x)*times-1)
			Repeat(dst, x, times, 1)
			for i, v := range dst {
				if v != x[(i+1)/times] {
					t.Fatalf("%d times: element %d", times, i+1)
				}
			}
		}
	})
}

// Opaque sees every alpha that is not 255, of either, and no color; it looks at whole blocks only.
func TestOpaque(t *testing.T) {
	each(t, func(t *testing.T) {
		for n := 0; n <= 4*commonBlock; n += 4 {
			a, b := make([]byte, n), make([]byte, n)
			for i := range n {
				a[i], b[i] = byte(i*37)|byte(i%4/3*255), byte(i*51)|byte(i%4/3*255)
			}
			whole := 0
			if assembled && Vectors {
				whole = n / commonBlock * commonBlock
			}
			if got := Opaque(a, b); got != whole {
				t.Fatalf("%d bytes: %d, want %d", n, got, whole)
			}
			for _, x := range [][]byte{a, b} {
				for i := 3; i < n; i += 4 {
					for _, alpha := range []byte{0, 127, 254} {
						x[i] = alpha
						want := whole
						if i < whole {
							want = 0
						}
						if got := Opaque(a, b); got != want {
							t.Fatalf("%d bytes, alpha %d in byte %d: %d, want %d", n, alpha, i, got, want)
						}
					}
					x[i] = 255
				}
			}
		}
	})
}

// Any bytes of pixels of any size, in any order; nothing behind dst is written, and nothing of pixels that there are is lost.
func TestPack(t *testing.T) {
	each(t, func(t *testing.T) {
		x := make([]byte, 4*70)
		for i := range x {
			x[i] = byte(i*37 + 5)
		}
		for pixel := 1; pixel <= 4; pixel++ {
			for channels := 1; channels <= 4; channels++ {
				for kind := range 1 << (2 * channels) {
					order := make([]int, channels)
					for c := range order {
						order[c] = kind >> (2 * c) % 4 % pixel
					}
					for _, n := range []int{0, 1, 3, 4, 5, 7, 8, 13, 16, 17, 31, 70} {
						dst := make([]byte, n*channels+16)
						Pack(dst[:n*channels], x[:n*pixel], pixel, order)
						for i := range dst {
							want := byte(0)
							if i < n*channels {
								want = x[i/channels*pixel+order[i%channels]]
							}
							if dst[i] != want {
								t.Fatalf("%d pixels of %d, order %v: byte %d is %d, want %d", n, pixel, order, i, dst[i], want)
							}
						}
					}
				}
			}
		}
	})
}
