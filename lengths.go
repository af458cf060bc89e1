package blend

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"github.com/mixblend/blend/internal/pixels"
)

// lengthError says how dst and x, of so many elements, disagree with each other or with rows of the call, of n unless it is nil.
func (c *callOptions) lengthError(dst, x int, n *Normalization) error {
	rows := len(c.index)
	if im := c.images(rows); im != nil {
		if text := im.misfit("dst", dst, "x", x, n); text != "" {
			return fmt.Errorf("%w: %s", ErrShape, text)
		}
	}
	return unequal(pixels.Count(rows), rows, dst, x, n)
}

// unequal says so of so many rows, which it calls of, where the geometry is not known.
func unequal(of string, rows, dst, x int, n *Normalization) error {
	text := fmt.Sprintf("%s, dst has %d elements, x %d", of, dst, x)
	switch {
	case rows < 1:
	case n == nil:
		text += fmt.Sprintf(": want one length, a multiple of %d", rows)
	default:
		text += inPixel(n) + ": " + wanted(rows, dst, x, n)
	}
	return fmt.Errorf("%w: %s", ErrShape, text)
}

// rowError says likewise what is wrong with row i of a batch of one slice a row.
func (c *callOptions) rowError(i int, dst, x pixels.Operand, n *Normalization) error {
	if im := c.images(1); im != nil {
		for _, j := range [...]int{0, i} {
			text := im.misfit(fmt.Sprintf("row %d of dst", j), len(dst.Rows[j]), fmt.Sprintf("row %d of x", j), len(x.Rows[j]), n)
			if text != "" {
				return fmt.Errorf("%w: %s", ErrShape, text)
			}
		}
	}
	first, d, s := len(x.Rows[0]), len(dst.Rows[i]), len(x.Rows[i])
	text := fmt.Sprintf("row 0 of x has %d elements, row %d of dst has %d and of x %d%s", first, i, d, s, inPixel(n))
	if n != nil && s == first {
		text += ": " + wanted(1, d, s, n)
	}
	return fmt.Errorf("%w: %s", ErrShape, text)
}

// inPixel says what a pixel has, if it is more than an element.
func inPixel(n *Normalization) string {
	if n == nil || len(n.Scale) == 1 && n.pixelBytes() == 1 {
		return ""
	}
	return fmt.Sprintf(", and a pixel %d channels and %d bytes (PixelBytes)", len(n.Scale), n.pixelBytes())
}

// wanted says which length dst should have for this x, and x for this dst: either may be wrong.
func wanted(rows, dst, x int, n *Normalization) (text string) {
	channels, bytes := len(n.Scale), n.pixelBytes()
	dstWhole, xWhole := dst%rows == 0 && dst/rows%channels == 0, x%rows == 0 && x/rows%bytes == 0
	switch {
	case dstWhole && xWhole:
		text = fmt.Sprintf("want %s in dst for this x, or %s in x for this dst", product(x/bytes, channels), product(dst/channels, bytes))
	case xWhole:
		text = fmt.Sprintf("want a multiple of %s in dst, %s for this x", product(rows, channels), product(x/bytes, channels))
	case dstWhole:
		text = fmt.Sprintf("want a multiple of %s in x, %s for this dst", product(rows, bytes), product(dst/channels, bytes))
	default:
		text = fmt.Sprintf("want a multiple of %s in x and of %s in dst", product(rows, bytes), product(rows, channels))
	}
	if bytes == 3 && dstWhole && alike(dst, x, channels, 4) {
		text += " (" + rgba + ")"
	}
	return text
}

const rgba = "RGBA has PixelBytes 4"

// images are the rows of a call, of a geometry that is known.
type images struct {
	rows, height, width int
	channels            int // 0 where their number is not known
}

// images returns nil where the geometry is not known, or there are no rows.
func (c *callOptions) images(rows int) *images {
	if g := c.cut; g != nil && g.Height > 0 && rows > 0 {
		return &images{rows, g.Height, g.Width, g.Channels}
	}
	return nil
}

// A length is how many elements a slice has, and how many of them each pixel should have.
type length struct {
	name string
	n    int
	per  int
	unit string
}

// misfit says which of dst and x have another length than the images, or nothing if each fits by itself.
func (m *images) misfit(dstName string, dst int, xName string, x int, n *Normalization) string {
	d, s := length{dstName, dst, m.perPixel(dst), "channel"}, length{xName, x, m.perPixel(x), "channel"}
	switch {
	case n != nil:
		d.per, s.per, s.unit = len(n.Scale), n.pixelBytes(), "byte"
	case m.channels != 0:
		d.per, s.per = m.channels, m.channels
	case d.per == 0 && s.per == 0:
		return fmt.Sprintf("%s of 1 channel %s %s elements, of 3 channels %s, of 4 %s; %s has %d, %s %d",
			m, m.are(), m.elements(1), m.elements(3), m.elements(4), dstName, dst, xName, x)
	case d.per == 0:
		d.per = s.per
	case s.per == 0:
		s.per = d.per
	}
	switch dstFits, xFits := m.perPixel(dst) == d.per, m.perPixel(x) == s.per; {
	case dstFits && xFits:
		return ""
	case dstFits:
		return fmt.Sprintf("%s; %s has %d, as it should", m.wrong(s), dstName, dst)
	case xFits:
		return fmt.Sprintf("%s; %s has %d, as it should", m.wrong(d), xName, x)
	}
	return m.wrong(s) + "; " + m.wrong(d)
}

// wrong says how many elements a slice should have, how many it has, and what else these could be.
func (m *images) wrong(l length) string {
	per, size := m.perPixel(l.n), m.height*m.width
	var is []string
	if l.n > 0 && l.n%l.per == 0 && l.n/l.per%size == 0 {
		is = append(is, count(l.n/l.per/size, "row"))
	}
	if per != 0 && per <= maxChannels {
		is = append(is, fmt.Sprintf("%d of %s a pixel", m.rows, count(per, l.unit)))
	}
	text := strings.Join(is, ", or ")
	if l.unit == "byte" && l.per == 3 && per == 4 {
		text += ": " + rgba
	}
	if text != "" {
		text = " (" + text + ")"
	}
	return fmt.Sprintf("%s of %s %s %s elements, %s has %d%s", m, count(l.per, l.unit), m.are(), m.elements(l.per), l.name, l.n, text)
}

// perPixel returns how many of so many elements each pixel has, 0 if that is no whole number.
func (m *images) perPixel(elements int) int {
	if size := m.height * m.width; elements%m.rows == 0 && elements/m.rows%size == 0 {
		return elements / m.rows / size
	}
	return 0
}

func (m *images) elements(perPixel int) string { return product(m.rows, m.height*m.width, perPixel) }

func (m *images) String() string {
	return fmt.Sprintf("%s of %d × %d pixels", count(m.rows, "row"), m.height, m.width)
}

func (m *images) are() string {
	if m.rows == 1 {
		return "is"
	}
	return "are"
}

func count(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

// product may be more than an int holds.
func product(factors ...int) string {
	p := uint64(1)
	for _, f := range factors {
		hi, lo := bits.Mul64(p, uint64(f))
		if hi != 0 {
			return "more than 2⁶⁴"
		}
		p = lo
	}
	return strconv.FormatUint(p, 10)
}
