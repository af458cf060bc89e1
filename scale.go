package blend

import (
	"unsafe"

	"github.com/mixblend/blend/kernels"
)

// A scaleAndBias is a table of the scale and the bias of each column of a row, which repeat, and before them the scale for a mix in
// units of 1/kernels.One. The kernels get the address of a scale in the second period, and look back by up to one and ahead by up to two.
type scaleAndBias struct {
	unit, bias, scale [tableRows * tablePeriod]float32
}

// set fills t with as many channels as scale has, which repeat.
func (t *scaleAndBias) set(scale, bias []float32) {
	for c := range scale {
		t.scale[c], t.bias[c], t.unit[c] = scale[c], bias[c], scale[c]/kernels.One
	}
	for _, row := range []*[tableRows * tablePeriod]float32{&t.unit, &t.bias, &t.scale} {
		for n := len(scale); n < len(row); n *= 2 {
			copy(row[n:], row[:n])
		}
	}
}

func (t *scaleAndBias) at(column int) *float32 { return &t.unit[tablePeriod+column%tablePeriod] }

// period returns a period of what a kernel looks up.
func period(t *float32) (scale, bias []float32) {
	p := unsafe.Pointer(t)
	const size = 4 * tableRows * tablePeriod
	return slice[float32](unsafe.Add(p, 2*size), tablePeriod), slice[float32](unsafe.Add(p, size), tablePeriod)
}
