package pixels

import (
	"bytes"
	"testing"
)

// Every number of times, at every begin and end within some words, and nothing written behind.
func TestRepeat(t *testing.T) {
	x := make([]byte, 60)
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
				if to-from > 60 && to < len(all)-9 {
					continue
				}
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
	for _, times := range []int{2, 3, 4, 5} {
		b.Run(string(rune('0'+times)), func(b *testing.B) {
			x, dst := make([]byte, 4096), make([]byte, 4096)
			b.SetBytes(int64(len(dst)))
			for range b.N {
				Repeat(dst, x, times, 0)
			}
		})
	}
}
