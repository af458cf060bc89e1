package blend

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/mixblend/blend/internal/pixels"
)

// A Layout is the order of the elements of an image. The zero Layout is none, and refused where the order matters.
type Layout int

const (
	_   Layout = iota
	CHW        // channels × height × width, as PyTorch has it
	HWC        // height × width × channels, as decoders, Keras and package image have it
)

// String returns the name of the constant, "none" for the zero Layout.
func (l Layout) String() string {
	switch l {
	case 0:
		return "none"
	case CHW:
		return "CHW"
	case HWC:
		return "HWC"
	}
	return fmt.Sprintf("Layout(%d)", int(l))
}

// A Normalization makes model input of bytes: element v of channel c becomes v·Scale[c] + Bias[c], product and sum rounded to
// float32 once each, never fused. There are one to four channels. All are finite, and no scale is nearer to 0 than 2⁻¹¹¹ unless it
// is 0. Calls refuse any other with [ErrNormalization].
type Normalization struct {
	Scale, Bias []float32
	// From is the layout of the bytes, To that of the result: From itself, or CHW. One channel of pixels of one byte has no order:
	// both are ignored.
	From, To Layout
	// PixelBytes, for bytes in HWC, is how many bytes a pixel has, 1 to 4, such as 4 for RGBA; 0 means one a channel. Bytes
	// beyond the channels are skipped: with PixelBytes 4 and three channels the fourth byte, alpha, is ignored.
	//
	// Alpha left out is right for opaque images. *image.RGBA has its colours multiplied by alpha: what is translucent comes out as it
	// looks on black. *image.NRGBA has not: what is transparent comes out in whatever colour it hides.
	PixelBytes int
	// Order, for bytes in HWC, is which byte of a pixel each channel is: {2, 1, 0} for RGB of BGR or BGRA, {0, 0, 0} for RGB of gray.
	// Empty it is 0, 1, 2, ….
	Order []int
}

// NewNormalization returns what torchvision's ToTensor and Normalize do with bytes, (v/255 − mean)/std, as one product and one
// sum: a scale of 1/(255·std) and a bias of −mean/std, each rounded to float32 once. There is a mean and a std for each of one to
// four channels, of pixels in 0…1: a mean or a std beyond ±2 is most likely that of pixels in 0…255, and is refused. The error is
// [ErrNormalization].
func NewNormalization(mean, std []float64, from, to Layout) (*Normalization, error) {
	if len(mean) != len(std) || len(mean) < 1 || len(mean) > maxChannels {
		return nil, fmt.Errorf("%w: %d means and %d stds, want one each for 1 to %d channels",
			ErrNormalization, len(mean), len(std), maxChannels)
	}
	n := &Normalization{From: from, To: to}
	for c := range mean {
		scale, bias := float32(1/(255*std[c])), float32(-mean[c]/std[c])
		if scale == 0 || !validScale(scale) || !finite(bias) {
			return nil, fmt.Errorf("%w: mean[%d] = %v, std[%d] = %v: a scale of %v and a bias of %v",
				ErrNormalization, c, mean[c], c, std[c], scale, bias)
		}
		if math.Abs(mean[c]) > 2 || math.Abs(std[c]) > 2 {
			return nil, fmt.Errorf("%w: mean[%d] = %v, std[%d] = %v, want those of pixels in 0…1: divide those of pixels in 0…255 by 255, or set Scale and Bias",
				ErrNormalization, c, mean[c], c, std[c])
		}
		n.Scale, n.Bias = append(n.Scale, scale), append(n.Bias, bias)
	}
	if err := n.checkPixels(); err != nil {
		return nil, err
	}
	return n, nil
}

const (
	maxChannels = 4
	minScale    = 0x1p-111 // so that a 1<<15th of it is exact
)

func finite(f float32) bool { return f-f == 0 }

func validScale(s float32) bool { return s == 0 || math.Abs(float64(s)) >= minScale && finite(s) }

// check says what is wrong with n in itself.
func (n *Normalization) check() error {
	switch {
	case n == nil:
		return fmt.Errorf("%w: nil", ErrNormalization)
	case len(n.Scale) != len(n.Bias) || len(n.Scale) < 1 || len(n.Scale) > maxChannels:
		return fmt.Errorf("%w: %d scales and %d biases, want one each for 1 to %d channels",
			ErrNormalization, len(n.Scale), len(n.Bias), maxChannels)
	case slices.ContainsFunc(n.Scale, func(s float32) bool { return !validScale(s) }):
		return fmt.Errorf("%w: scales %v, want finite ones, of %v at least if they are not 0", ErrNormalization, n.Scale, minScale)
	case slices.ContainsFunc(n.Bias, func(b float32) bool { return !finite(b) }):
		return fmt.Errorf("%w: biases %v, want finite ones", ErrNormalization, n.Bias)
	}
	return n.checkPixels()
}

func (n *Normalization) checkPixels() error {
	channels, bytes := len(n.Scale), n.pixelBytes()
	switch {
	case n.PixelBytes < 0 || n.PixelBytes > maxChannels:
		return fmt.Errorf("%w: PixelBytes = %d, want 1 to %d, or 0 for one a channel", ErrNormalization, n.PixelBytes, maxChannels)
	case len(n.Order) == 0 && bytes < channels:
		return fmt.Errorf("%w: PixelBytes = %d for %d channels, and no Order", ErrNormalization, bytes, channels)
	case len(n.Order) != 0 && len(n.Order) != channels:
		return fmt.Errorf("%w: Order = %v, want a byte each for %d channels", ErrNormalization, n.Order, channels)
	case slices.ContainsFunc(n.Order, func(b int) bool { return b < 0 || b >= bytes }):
		return fmt.Errorf("%w: Order = %v, want bytes 0 to %d of a pixel", ErrNormalization, n.Order, bytes-1)
	case channels == 1 && bytes == 1:
		return nil
	case n.From != CHW && n.From != HWC || n.To != CHW && n.To != n.From:
		return fmt.Errorf("%w: %d channels from layout %v to %v, want CHW to CHW, HWC to HWC or HWC to CHW",
			ErrNormalization, channels, n.From, n.To)
	case n.From != HWC && (n.PixelBytes != 0 || len(n.Order) != 0):
		return fmt.Errorf("%w: PixelBytes = %d and Order = %v are for layout HWC, and From is %v",
			ErrNormalization, n.PixelBytes, n.Order, n.From)
	}
	return nil
}

// pixelBytes is how many bytes of x a pixel has.
func (n *Normalization) pixelBytes() int {
	if n.PixelBytes == 0 {
		return len(n.Scale)
	}
	return n.PixelBytes
}

// NormalizeFloat32 mixes a batch of bytes and makes model input of it, in one pass: the mix of a row, not rounded to bytes, goes
// through n. λ is on the grid of [Quantize], where the mix is exact in float32, so that a result is rounded twice: these are the
// bits of (lam*x + (1-lam)*x[index])*scale + bias in PyTorch and NumPy on a CPU. [Normalization.ConvertFloat32] does not mix.
//
// dst and x are Len() rows end to end of as many pixels, which have n.PixelBytes bytes in x and an element a channel in dst, else the
// error is [ErrShape]. They may not overlap, else it is [ErrOverlap].
func (p *Plan) NormalizeFloat32(dst []float32, x []uint8, n *Normalization) error {
	return p.call().normalize(kernelU8F32, pixels.Flat(dst), pixels.Flat(x), n)
}

// NormalizeFloat32Rows is [Plan.NormalizeFloat32] for a batch of one slice a row. Rows of x may repeat; no row of dst may overlap
// any other row.
func (p *Plan) NormalizeFloat32Rows(dst [][]float32, x [][]uint8, n *Normalization) error {
	return p.call().normalize(kernelU8F32, pixels.Each(dst), pixels.Each(x), n)
}

// NormalizeBFloat16 is [Plan.NormalizeFloat32] with the results rounded once more, to bfloat16, half to even.
func NormalizeBFloat16[T ~uint16](p *Plan, dst []T, x []uint8, n *Normalization) error {
	return p.call().normalize(kernelU8BF16, pixels.Flat(dst), pixels.Flat(x), n)
}

// NormalizeBFloat16Rows is [NormalizeBFloat16] for a batch of one slice a row.
func NormalizeBFloat16Rows[T ~uint16](p *Plan, dst [][]T, x [][]uint8, n *Normalization) error {
	return p.call().normalize(kernelU8BF16, pixels.Each(dst), pixels.Each(x), n)
}

// NormalizeFloat16 is [Plan.NormalizeFloat32] with the results rounded once more, to IEEE 754 binary16, half to even.
func NormalizeFloat16[T ~uint16](p *Plan, dst []T, x []uint8, n *Normalization) error {
	return p.call().normalize(kernelU8F16, pixels.Flat(dst), pixels.Flat(x), n)
}

// NormalizeFloat16Rows is [NormalizeFloat16] for a batch of one slice a row.
func NormalizeFloat16Rows[T ~uint16](p *Plan, dst [][]T, x [][]uint8, n *Normalization) error {
	return p.call().normalize(kernelU8F16, pixels.Each(dst), pixels.Each(x), n)
}

// ConvertFloat32 makes model input of a batch of bytes without mixing, as validation needs it: the bits of
// [Plan.NormalizeFloat32] with λ = 1, by its rules on lengths and memory, of so many rows. It is for one goroutine; a Plan shares a
// call among Workers.
func (n *Normalization) ConvertFloat32(dst []float32, x []uint8, rows int) error {
	return n.convert(kernelU8F32, pixels.Flat(dst), pixels.Flat(x), rows)
}

// ConvertFloat32Rows is [Normalization.ConvertFloat32] for a batch of one slice a row, by the rules of [Plan.NormalizeFloat32Rows].
func (n *Normalization) ConvertFloat32Rows(dst [][]float32, x [][]uint8) error {
	return n.convert(kernelU8F32, pixels.Each(dst), pixels.Each(x), len(x))
}

// ConvertBFloat16 is [Normalization.ConvertFloat32] with the results rounded once more, to bfloat16, half to even.
func ConvertBFloat16[T ~uint16](n *Normalization, dst []T, x []uint8, rows int) error {
	return n.convert(kernelU8BF16, pixels.Flat(dst), pixels.Flat(x), rows)
}

// ConvertBFloat16Rows is [ConvertBFloat16] for a batch of one slice a row.
func ConvertBFloat16Rows[T ~uint16](n *Normalization, dst [][]T, x [][]uint8) error {
	return n.convert(kernelU8BF16, pixels.Each(dst), pixels.Each(x), len(x))
}

// ConvertFloat16 is [Normalization.ConvertFloat32] with the results rounded once more, to IEEE 754 binary16, half to even.
func ConvertFloat16[T ~uint16](n *Normalization, dst []T, x []uint8, rows int) error {
	return n.convert(kernelU8F16, pixels.Flat(dst), pixels.Flat(x), rows)
}

// ConvertFloat16Rows is [ConvertFloat16] for a batch of one slice a row.
func ConvertFloat16Rows[T ~uint16](n *Normalization, dst [][]T, x [][]uint8) error {
	return n.convert(kernelU8F16, pixels.Each(dst), pixels.Each(x), len(x))
}

// identity is a Plan of rows that are their own partners, with λ = 1.
type identity struct {
	plan  Plan
	index []int
}

var identities = sync.Pool{New: func() any { return new(identity) }}

func (n *Normalization) convert(k kernel, dst, x pixels.Operand, rows int) error {
	if rows < 0 || rows > x.Len && !x.Each {
		// No Plan is made of rows that cannot be.
		if err := n.check(); err != nil {
			return err
		}
		if rows < 0 || dst.Len != 0 || x.Len != 0 {
			return fmt.Errorf("%w: %d rows, dst has %d elements, x %d", ErrShape, rows, dst.Len, x.Len)
		}
		return nil
	}
	id := identities.Get().(*identity)
	defer identities.Put(id)
	if id.plan.Len() != rows {
		for i := len(id.index); i < rows; i++ {
			id.index = append(id.index, i)
		}
		if err := id.plan.Reset(id.index[:rows], 1); err != nil {
			return err
		}
	}
	return id.plan.call().normalize(k, dst, x, n)
}

// A model is a Normalization, laid out for the kernels.
type model struct {
	channels int
	from, to Layout
	bytes    int                // of a pixel in x
	order    [maxChannels]int   // which of them each channel is
	tables   [maxChannels]table // one a channel where they are apart in x or are taken apart, else one for all
}

var inOrder = [maxChannels]int{0, 1, 2, 3}

var modelPool = sync.Pool{New: func() any { return new(model) }}

func (m *model) set(n *Normalization) {
	m.channels, m.bytes, m.from, m.to = len(n.Scale), n.pixelBytes(), n.From, n.To
	if m.channels == 1 {
		m.to = CHW // there is no other
		if m.bytes == 1 {
			m.from = CHW
		}
	}
	m.order = inOrder
	copy(m.order[:], n.Order)
	if m.interleaved() {
		m.tables[0].set(n.Scale, n.Bias)
		return
	}
	for c := range m.channels {
		m.tables[c].set(n.Scale[c:c+1], n.Bias[c:c+1])
	}
}

// splits is whether a row of pixels becomes a plane a channel.
func (m *model) splits() bool { return m != nil && m.from != m.to }

// packs is whether neighbouring columns belong to several channels, but not the bytes that they come from.
func (m *model) packs() bool {
	return m.interleaved() && (m.bytes != m.channels || m.order != inOrder)
}

// planes is how many a row of pixels becomes, 1 if it stays as it is.
func (m *model) planes() int {
	if !m.splits() {
		return 1
	}
	return m.channels
}

// interleaved is whether neighbouring columns belong to several channels.
func (m *model) interleaved() bool { return m != nil && m.from == HWC && m.to == HWC }

// planeEnd returns where the columns end that have their table in common with column c, of so many in a row.
func (m *model) planeEnd(c, cols int) int {
	if m == nil || m.from == HWC {
		return cols
	}
	plane := cols / m.channels
	return (c/plane + 1) * plane
}

// table returns what the kernels look up at column c.
func (m *model) table(c, cols int) *float32 {
	if m.from == HWC {
		return m.tables[0].at(c)
	}
	return m.tables[c/(cols/m.channels)].at(0)
}
