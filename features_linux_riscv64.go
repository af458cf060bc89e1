//go:build !purego && go1.26

package blend

import (
	"encoding/binary"
	"os"
	"syscall"
	"unsafe"
)

// hasFeature says whether the CPU has a feature and the kernel lets this process use it. V is the one that it knows.
func hasFeature(name string) bool {
	if name != "V" || vectorsOff() {
		return false
	}
	if extensions, ok := hwprobe(); ok {
		const v = 1 << 2
		return extensions&v != 0
	}
	return vectorsOfHWCAP()
}

// vectorsOfHWCAP is for Linux before 6.4. Some of the kernels that CPUs come with say V of vectors older than version 1.0.
func vectorsOfHWCAP() bool {
	auxv, err := os.ReadFile("/proc/self/auxv")
	return err == nil && hwcap(auxv)>>('V'-'A')&1 != 0 && vtype() > 0
}

// hwprobe returns the extensions that all CPUs have, as riscv_hwprobe(2) numbers them, and whether the kernel says so.
func hwprobe() (extensions uint64, ok bool) {
	const (
		sysHwprobe = 258
		imaExt0    = 4
	)
	pair := struct {
		key   int64 // becomes -1 if the kernel does not know it
		value uint64
	}{key: imaExt0}
	_, _, errno := syscall.RawSyscall6(sysHwprobe, uintptr(unsafe.Pointer(&pair)), 1, 0, 0, 0, 0)
	return pair.value, errno == 0 && pair.key == imaExt0
}

// hwcap returns the letters of the extensions, a bit each, from an auxiliary vector.
func hwcap(auxv []byte) uint64 {
	const atHwcap = 16
	for ; len(auxv) >= 16; auxv = auxv[16:] {
		if binary.LittleEndian.Uint64(auxv) == atHwcap {
			return binary.LittleEndian.Uint64(auxv[8:])
		}
	}
	return 0
}

// vectorsOff says whether vectors have been turned off for this process, by prctl(2) or by the system.
func vectorsOff() bool {
	const (
		getControl = 70 // PR_RISCV_V_GET_CONTROL
		current    = 3
		off        = 1
	)
	control, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, getControl, 0, 0, 0, 0, 0)
	return errno == 0 && control&current == off
}
