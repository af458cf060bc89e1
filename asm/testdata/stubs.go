package stubs

import (
	"unsafe"

	"example.com/missing"
)

type step struct {
	dst, own, partner unsafe.Pointer
	p                 [4]uint32
}

type header struct {
	flag  bool
	count int64
	steps [8]step
	grid  [2][3]uint16
}

type unknown struct{ m missing.Type }

type loop struct{ l loop }

//go:noescape
func walk(steps *[64]step, n int)

func mixed(a uint8, b int32, c bool, xs []float32, s string, h *header, p uintptr) (sum int64, ok bool)

func unnamed(int16, *step) uint16

func slices(steps []step, u *unknown, f float64)

func none()

func imported(m missing.Type)

func contained(n int, u unknown)

func endless(l loop)

func generic[T any](p *T)

func bodied() {}
