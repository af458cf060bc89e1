package pictures

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

type format int

const (
	formatPNG format = iota
	formatJPEG
)

// A header is what is known of a picture before it is decoded.
type header struct {
	format        format
	width, height int
	orientation   int     // of EXIF, 1 to 8
	perPixel      float64 // bytes that decoding allocates
	samples       float64 // likewise, beside those of the pixels
}

// bytes returns how much memory the picture needs, not less than it does.
func (h *header) bytes() float64 {
	n := h.perPixel
	if h.orientation != 1 {
		n += 8 // a copy as RGBA, or of up to 16 bits
	}
	return n*float64(h.width)*float64(h.height) + h.samples
}

const pngSignature = "\x89PNG\r\n\x1a\n"

var errFormat = errors.New("neither PNG nor JPEG")

// inspect reads the header of a picture that has pixels.
func inspect(ctx context.Context, r io.ReaderAt) (h header, err error) {
	var start [8]byte
	if n, err := r.ReadAt(start[:], 0); n < 3 {
		if err == io.EOF && n > 0 {
			err = errFormat
		}
		return h, err
	}
	switch {
	case string(start[:]) == pngSignature:
		h, err = inspectPNG(ctx, r)
	case string(start[:3]) == "\xff\xd8\xff":
		h, err = inspectJPEG(ctx, r)
	default:
		err = errFormat
	}
	if err == nil && (h.width < 1 || h.height < 1) {
		err = fmt.Errorf("no pixels, %d×%d", h.width, h.height)
	}
	return h, err
}

// inspectPNG goes from chunk to chunk.
func inspectPNG(ctx context.Context, r io.ReaderAt) (header, error) {
	h := header{format: formatPNG, orientation: 1}
	var ihdr [13]byte
	transparent := false
	at := int64(len(pngSignature))
	for {
		if err := ctx.Err(); err != nil {
			return h, err
		}
		var chunk [8]byte // length, type; then data, and a checksum
		if _, err := r.ReadAt(chunk[:], at); err != nil {
			if ihdr[8] != 0 && err == io.EOF {
				break // the decoder will say what is missing
			}
			return h, err
		}
		length, data := int64(binary.BigEndian.Uint32(chunk[:])), at+8
		switch string(chunk[4:]) {
		case "IHDR":
			if at > int64(len(pngSignature)) || length != int64(len(ihdr)) {
				return h, errors.New("bad IHDR chunk")
			}
			if _, err := r.ReadAt(ihdr[:], data); err != nil {
				return h, err
			}
		case "tRNS":
			transparent = true
		case "eXIf":
			h.orientation = orientation(io.NewSectionReader(r, data, length), length)
		case "IEND":
			at = -1
		}
		if ihdr[8] == 0 {
			return h, errors.New("no IHDR chunk") // which is the first
		}
		if at < 0 {
			break
		}
		at = data + length + 4
	}
	h.width, h.height = int(int32(binary.BigEndian.Uint32(ihdr[:]))), int(int32(binary.BigEndian.Uint32(ihdr[4:])))
	depth, color, interlaced := ihdr[8], ihdr[9], ihdr[12] != 0
	switch color {
	case 0, 3: // gray, palette
		h.perPixel = 1
	default:
		h.perPixel = 4
	}
	if color == 0 && transparent {
		h.perPixel = 4
	}
	if depth == 16 {
		h.perPixel *= 2
	}
	h.samples = 2 * h.perPixel * float64(h.width) // two rows as they come
	if interlaced {                               // each pass is a picture by itself
		h.perPixel *= 2
	}
	return h, nil
}

// inspectJPEG goes from marker to marker, up to the first scan.
func inspectJPEG(ctx context.Context, r io.ReaderAt) (header, error) {
	h := header{format: formatJPEG, orientation: 1}
	exif := false
	at, skipped := int64(2), 0
	for {
		if err := ctx.Err(); err != nil {
			return h, err
		}
		var marker [4]byte // 0xff, which, and the length of data with its own two bytes
		if n, err := r.ReadAt(marker[:], at); n < len(marker) {
			return h, err
		}
		if marker[0] != 0xff || marker[1] == 0xff || marker[1] < 0xc0 {
			if skipped++; skipped > 1<<16 {
				return h, errors.New("too much between its markers")
			}
			at++ // padding, or what decoders skip as well
			continue
		}
		if marker[1] >= 0xd0 && marker[1] <= 0xd7 {
			at += 2
			continue
		}
		length, data := int64(binary.BigEndian.Uint16(marker[2:]))-2, at+4
		switch {
		case length < 0:
			return h, errors.New("a segment without length")
		case marker[1] == 0xda && h.samples == 0, marker[1] == 0xd9:
			return h, errors.New("no frame before the first scan")
		case marker[1] == 0xda:
			return h, nil
		case marker[1] >= 0xc0 && marker[1] <= 0xc2 && h.samples == 0:
			if err := h.frame(io.NewSectionReader(r, data, length), marker[1] == 0xc2); err != nil {
				return h, err
			}
		case marker[1] == 0xe1 && !exif:
			const name = "Exif\x00\x00"
			var start [len(name)]byte
			if r.ReadAt(start[:], data); string(start[:]) == name {
				exif = true
				n := length - int64(len(name))
				h.orientation = orientation(io.NewSectionReader(r, data+int64(len(name)), n), n)
			}
		}
		at = data + length
	}
}

// frame reads what is said of the frame: one plane of samples a component.
func (h *header) frame(r io.Reader, progressive bool) error {
	var b [6 + 3*4]byte // precision, height, width, components; three bytes each
	n, _ := io.ReadFull(r, b[:])
	components := int(b[5])
	if components < 1 || components > 4 || n < 6+3*components {
		return errors.New("a frame of no or too many components")
	}
	h.height, h.width = int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
	var across, down, blocks int
	for c := range components {
		s, t := int(b[7+3*c]>>4), int(b[7+3*c]&15)
		across, down, blocks = max(across, s), max(down, t), blocks+s*t
	}
	if across == 0 || down == 0 {
		return errors.New("a component without samples")
	}
	// A unit of the picture is 8·across × 8·down pixels, and has so many blocks of 64 samples.
	units := float64((h.width+8*across-1)/(8*across)) * float64((h.height+8*down-1)/(8*down))
	h.samples = units * float64(blocks) * 64
	if progressive {
		h.samples *= 1 + 4 // with coefficients of 32 bits
	}
	if components == 4 || components == 3 && blocks == 3*across*down {
		h.perPixel = 4 // it becomes CMYK, or RGBA
	}
	return nil
}

// orientation returns the orientation that EXIF data of so many bytes have, and 1 where they have
// none.
func orientation(r io.ReaderAt, size int64) int {
	var head [8]byte // byte order, 42, the offset of the first directory
	if n, _ := r.ReadAt(head[:], 0); n < len(head) {
		return 1
	}
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(head[:], []byte("II*\x00")):
		order = binary.LittleEndian
	case bytes.HasPrefix(head[:], []byte("MM\x00*")):
		order = binary.BigEndian
	default:
		return 1
	}
	at := int64(order.Uint32(head[4:]))
	var count [2]byte
	if n, _ := r.ReadAt(count[:], at); n < len(count) {
		return 1
	}
	const tag, short = 0x0112, 3
	entries := make([]byte, min(12*int64(order.Uint16(count[:])), max(size-at-2, 0))) // tag, type, count, value
	n, _ := r.ReadAt(entries, at+2)
	for e := entries[:n]; len(e) >= 12; e = e[12:] {
		if order.Uint16(e) == tag && order.Uint16(e[2:]) == short && order.Uint32(e[4:]) == 1 {
			if o := int(order.Uint16(e[8:])); o >= 1 && o <= 8 {
				return o
			}
		}
	}
	return 1
}
