//go:build goexperiment.simd && go1.26 && amd64

package main

import "simd/archsimd"

func init() {
	switch {
	case archsimd.X86.AVX512():
		simdFloat32, simdUint8 = simdFloat32x16, simdUint8x16
	case archsimd.X86.AVX2():
		simdFloat32 = simdFloat32x8
	}
}

func simdFloat32x16(dst, a, b []float32, l, m float32) {
	vl, vm := archsimd.BroadcastFloat32x16(l), archsimd.BroadcastFloat32x16(m)
	for len(dst) >= 32 {
		x := archsimd.LoadFloat32x16Slice(a).Mul(vl)
		y := archsimd.LoadFloat32x16Slice(a[16:]).Mul(vl)
		x.Add(archsimd.LoadFloat32x16Slice(b).Mul(vm)).StoreSlice(dst)
		y.Add(archsimd.LoadFloat32x16Slice(b[16:]).Mul(vm)).StoreSlice(dst[16:])
		dst, a, b = dst[32:], a[32:], b[32:]
	}
	archsimd.ClearAVXUpperBits()
	plainFloat32(dst, a, b, l, m)
}

func simdFloat32x8(dst, a, b []float32, l, m float32) {
	vl, vm := archsimd.BroadcastFloat32x8(l), archsimd.BroadcastFloat32x8(m)
	for len(dst) >= 16 {
		x := archsimd.LoadFloat32x8Slice(a).Mul(vl)
		y := archsimd.LoadFloat32x8Slice(a[8:]).Mul(vl)
		x.Add(archsimd.LoadFloat32x8Slice(b).Mul(vm)).StoreSlice(dst)
		y.Add(archsimd.LoadFloat32x8Slice(b[8:]).Mul(vm)).StoreSlice(dst[8:])
		dst, a, b = dst[16:], a[16:], b[16:]
	}
	archsimd.ClearAVXUpperBits()
	plainFloat32(dst, a, b, l, m)
}

func simdUint8x16(dst, a, b []uint8, l, m float32) {
	vl, vm, half := archsimd.BroadcastFloat32x16(l), archsimd.BroadcastFloat32x16(m), archsimd.BroadcastFloat32x16(.5)
	for len(dst) >= 16 {
		x := archsimd.LoadUint8x16Slice(a).ExtendToUint32().ConvertToFloat32().Mul(vl)
		y := archsimd.LoadUint8x16Slice(b).ExtendToUint32().ConvertToFloat32().Mul(vm)
		x.Add(y).Add(half).ConvertToUint32().TruncateToUint8().StoreSlice(dst)
		dst, a, b = dst[16:], a[16:], b[16:]
	}
	archsimd.ClearAVXUpperBits()
	plainUint8(dst, a, b, l, m)
}
