//go:build linux

package blend

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// onProcs makes a test run on so many CPUs.
func onProcs(t *testing.T, n int) {
	before := runtime.GOMAXPROCS(n)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// nowhere is the address of a fault where an emulator does not say it, or another.
const nowhere = 1

// faultOf calls f, and returns the address of the fault that it panics with, 0 if it does not.
func faultOf(t *testing.T, f func()) (addr uintptr) {
	t.Helper()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			fault, ok := p.(interface{ Addr() uintptr })
			switch {
			case os.Getenv("BLEND_EMULATED") != "" && (ok || strings.Contains(fmt.Sprint(p), "invalid memory address")):
				addr = nowhere
			case ok:
				addr = fault.Addr()
			default:
				panic(p)
			}
		}
	}()
	f()
	return 0
}

// settled waits until no more goroutines run than before.
func settled(t *testing.T, before int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// A call is over when nobody works on it any more, and panics with the fault of whoever had one: here the caller, or a worker, which
// are made to wait for one another, so that each has one part.
func TestFaultEndsTheCall(t *testing.T) {
	shareSmallCalls(t)
	page := syscall.Getpagesize()
	const workers = 4
	for _, procs := range []int{1, 4} {
		for _, byRows := range []bool{false, true} { // what workers share
			for _, inPlace := range []bool{false, true} {
				for _, flat := range []bool{false, true} {
					for _, callers := range []bool{false, true} { // the caller's part, or a worker's
						t.Run(fmt.Sprintf("procs=%d/rows=%v/inplace=%v/flat=%v/caller=%v", procs, byRows, inPlace, flat, callers), func(t *testing.T) {
							onProcs(t, procs)
							rows, n := 4, 16*page // a part is four pages of each row
							if byRows {
								rows, n = 64, page
							}
							testFault(t, rows, n, workers, inPlace, flat, callers)
						})
					}
				}
			}
		}
	}
}

func testFault(t *testing.T, rows, n, workers int, inPlace, flat, callers bool) {
	page := syscall.Getpagesize()
	g := newGuarded(t, rows*n)
	x := make([]uint8, rows*n)
	dst := g.data
	if inPlace {
		x = dst
	}
	fill(rand.New(rand.NewPCG(11, 12)), x)
	p, err := NewPlan(generate(rows, func(i int) int { return (i + 1) % rows }), 0.3)
	if err != nil {
		t.Fatal(err)
	}
	p.Workers = workers

	caller, before := goroutine(), runtime.NumGoroutine()
	m := newMeeting(workers)
	var victim atomic.Int32 // whose memory goes
	var gone []byte
	var over, late atomic.Bool
	var addr uintptr
	observed(t, func(_ kernel, at uintptr, _, _, _ int, _ bool) {
		if over.Load() {
			late.Store(true)
		}
		me, first := m.join()
		if first && callers == (me == caller) {
			victim.CompareAndSwap(0, int32(me))
		}
		if first && int(victim.Load()) == me {
			begin := (at - uintptr(unsafe.Pointer(&dst[0]))) / uintptr(page) * uintptr(page)
			gone = dst[begin:][:page]
			if err := syscall.Mprotect(gone, syscall.PROT_NONE); err != nil {
				t.Error(err)
			}
		}
		if first && int(victim.Load()) != me {
			time.Sleep(20 * time.Millisecond) // so as to be late if nobody waits
		}
	}, func() {
		addr = faultOf(t, func() {
			if flat {
				err = p.Uint8(dst, x)
			} else {
				d, _ := Rows(dst, rows)
				s, _ := Rows(x, rows)
				err = p.Uint8Rows(d, s)
			}
		})
		over.Store(true)
		settled(t, before)
	})
	if err != nil || gone == nil {
		t.Fatal(err, gone)
	}
	if addr != nowhere && addr-uintptr(unsafe.Pointer(&gone[0])) >= uintptr(page) {
		t.Errorf("a fault at %#x, want one in the page at %p", addr, gone)
	}
	if late.Load() {
		t.Error("somebody worked after the call was over")
	}
	// All is as it should be afterwards: pools have got nothing back that is in use.
	if err := syscall.Mprotect(gone, syscall.PROT_READ|syscall.PROT_WRITE); err != nil {
		t.Fatal(err)
	}
	fill(rand.New(rand.NewPCG(11, 13)), x)
	want := make([]uint8, len(x))
	for i := range want {
		want[i] = u8.want(x[i], x[(i+n)%len(x)], 0.3)
	}
	if err := p.Uint8(dst, x); err != nil || !slices.Equal(dst, want) {
		t.Errorf("the next call: %v, or a result is wrong", err)
	}
}

// mapped returns memory that is a file of so many bytes, of which a page is cut off.
func mapped(t *testing.T, size, cut int) []byte {
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(int64(size)); err != nil {
		t.Fatal(err)
	}
	m, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(m) })
	if os.Getenv("BLEND_EMULATED") != "" && runtime.GOARCH == "riscv64" {
		// Of a vector that is no longer in the file qemu 10 dies. A page that cannot be read is a fault of the program to it.
		if err := syscall.Mprotect(m[size-cut:], syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
		return m
	}
	if err := f.Truncate(int64(size - cut)); err != nil {
		t.Fatal(err)
	}
	return m
}

// Nothing is written after a call that ends by a fault in a file that has been cut short, whoever comes to the end of the file.
func TestMappedFileCutShort(t *testing.T) {
	shareSmallCalls(t)
	page := syscall.Getpagesize()
	norm := &Normalization{Scale: []float32{2}, Bias: []float32{1}}
	forEach(t, func(t *testing.T) {
		for _, procs := range []int{1, 4} {
			onProcs(t, procs)
			for _, shape := range []struct{ rows, n int }{{8, 32 * page}, {128, page}} { // shared by columns, and by rows
				x := mapped(t, shape.rows*shape.n, page)
				dst, floats := make([]uint8, len(x)), make([]float32, len(x))
				xs, _ := Rows(x, shape.rows)
				ds, _ := Rows(dst, shape.rows)
				p, err := NewPlan(generate(shape.rows, func(i int) int { return (i + 1) % shape.rows }), 0.3)
				if err != nil {
					t.Fatal(err)
				}
				for _, p.Workers = range []int{1, 2, 5} {
					for name, mix := range map[string]func() error{
						"flat":           func() error { return p.Uint8(dst, x) },
						"flat, in place": func() error { return p.Uint8(x, x) },
						"rows":           func() error { return p.Uint8Rows(ds, xs) },
						"rows, in place": func() error { return p.Uint8Rows(xs, xs) },
						"normalize":      func() error { return p.NormalizeFloat32(floats, x, norm) },
					} {
						before := runtime.NumGoroutine()
						addr := faultOf(t, func() { mix() })
						was, wasX, wasFloats := slices.Clone(dst), slices.Clone(x[:len(x)-page]), slices.Clone(floats)
						what := fmt.Sprintf("%s, %d rows, %d workers on %d CPUs", name, shape.rows, p.Workers, procs)
						if end := uintptr(unsafe.Pointer(&x[len(x)-page])); addr != nowhere && addr-end >= uintptr(page) {
							t.Errorf("%s: a fault at %#x, want one in the page at %#x", what, addr, end)
						}
						settled(t, before)
						if !slices.Equal(was, dst) || !slices.Equal(wasX, x[:len(x)-page]) || !slices.Equal(wasFloats, floats) {
							t.Errorf("%s: something has been written after the call", what)
						}
					}
				}
			}
		}
	})
}

// A worker's faults end the program where the caller's would: the setting is the caller's.
func TestFaultWithoutPanic(t *testing.T) {
	shareSmallCalls(t)
	for _, want := range []bool{false, true} {
		var wrong atomic.Int32
		x := make([]uint8, 64*8192)
		p, err := NewPlan(generate(64, func(i int) int { return 63 - i }), 0.3)
		if err != nil {
			t.Fatal(err)
		}
		p.Workers = 4
		func() {
			defer debug.SetPanicOnFault(debug.SetPanicOnFault(want))
			m := newMeeting(p.Workers)
			observed(t, func(kernel, uintptr, int, int, int, bool) {
				m.join()
				got := debug.SetPanicOnFault(want)
				if got != want {
					wrong.Add(1)
				}
			}, func() { err = p.Uint8(x, x) })
			if got := debug.SetPanicOnFault(want); got != want {
				t.Errorf("the caller's setting is %v after the call, was %v", got, want)
			}
		}()
		if err != nil || wrong.Load() != 0 {
			t.Errorf("%d of the workers do not panic as the caller does, want %v; %v", wrong.Load(), want, err)
		}
	}
}
