package pictures

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/image/draw"
)

// noise is a picture of pixels that all differ from their neighbours, and some of which are
// transparent.
func noise(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = uint8(uint32(i+1) * 2654435761 >> 24)
	}
	return m
}

// opaque is noise in soft colors, without alpha.
func opaque(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, color.RGBA{uint8(8 * x), uint8(8 * y), uint8(4 * (x + y)), 255})
		}
	}
	return m
}

func encodePNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func encodeJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// exif is EXIF data with an orientation among other entries.
func exif(order binary.AppendByteOrder, orientation uint16) []byte {
	b := []byte("II*\x00")
	if order.String() == "BigEndian" {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 14)
	b = append(b, "unused"...)
	b = order.AppendUint16(b, 2)
	for _, e := range [][2]uint16{{0x0100, 77}, {0x0112, orientation}} {
		b = order.AppendUint16(b, e[0])
		b = order.AppendUint16(b, 3)
		b = order.AppendUint32(b, 1)
		b = order.AppendUint16(b, e[1])
		b = order.AppendUint16(b, 0)
	}
	return order.AppendUint32(b, 0)
}

// segments puts APP1 segments in front of those of a JPEG.
func segments(file []byte, contents ...string) []byte {
	b := bytes.Clone(file[:2])
	for _, s := range contents {
		b = append(b, 0xff, 0xe1)
		b = binary.BigEndian.AppendUint16(b, uint16(len(s)+2))
		b = append(b, s...)
	}
	return append(b, file[2:]...)
}

func chunk(name string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, name...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// withChunk puts a chunk behind the header of a PNG, or before its end.
func withChunk(file []byte, last bool, name string, data []byte) []byte {
	at := 33
	if last {
		at = len(file) - 12
	}
	return append(append(bytes.Clone(file[:at]), chunk(name, data)...), file[at:]...)
}

func decodeBytes(file []byte) (image.Image, error) {
	return decode(context.Background(), bytes.NewReader(file))
}

// seen is where a stored pixel of a picture of w × h is seen, by what the EXIF standard says of
// each orientation: which side of what is seen the stored row 0 is, and which column 0.
func seen(orientation, x, y, w, h int) (int, int) {
	row := []string{"top", "top", "bottom", "bottom", "left", "right", "right", "left"}[orientation-1]
	column := []string{"left", "right", "right", "left", "top", "top", "bottom", "bottom"}[orientation-1]
	var at image.Point
	for _, side := range []struct {
		name      string
		from, all int // how far from that side, of how many
	}{{row, y, h}, {column, x, w}} {
		switch side.name {
		case "top":
			at.Y = side.from
		case "bottom":
			at.Y = side.all - 1 - side.from
		case "left":
			at.X = side.from
		case "right":
			at.X = side.all - 1 - side.from
		}
	}
	return at.X, at.Y
}

func TestOrientation(t *testing.T) {
	const w, h = 13, 7
	gray16, palettes := image.NewGray16(image.Rect(0, 0, w, h)), image.NewPaletted(image.Rect(0, 0, w, h), palette.Plan9)
	rgba64, nrgba64 := image.NewRGBA64(image.Rect(0, 0, w, h)), image.NewNRGBA64(image.Rect(0, 0, w, h))
	gray := image.NewGray(image.Rect(0, 0, w, h))
	for i, pix := range [][]uint8{gray16.Pix, palettes.Pix, rgba64.Pix, nrgba64.Pix, gray.Pix} {
		for k := range pix {
			pix[k] = uint8((k*37 + i) % 251)
		}
	}
	for i := 6; i < len(rgba64.Pix); i += 8 {
		rgba64.Pix[i], rgba64.Pix[i+1] = 255, 255
	}
	for o := 1; o <= 8; o++ {
		for name, m := range map[string]image.Image{"RGBA": opaque(w, h), "NRGBA": noise(w, h), "Gray": gray, "Gray16": gray16,
			"palette": palettes, "RGBA64": rgba64, "NRGBA64": nrgba64} {
			for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
				check(t, fmt.Sprintf("PNG %s, orientation %d", name, o), withChunk(encodePNG(t, m), order == binary.BigEndian, "eXIf", exif(order, uint16(o))), o)
			}
		}
		data := "Exif\x00\x00" + string(exif(binary.BigEndian, uint16(o)))
		for name, m := range map[string]image.Image{"RGBA": opaque(w, h), "Gray": gray} {
			file := encodeJPEG(t, m)
			check(t, fmt.Sprintf("JPEG %s, orientation %d", name, o), segments(file, data), o)
			// Other segments, and other EXIF after it.
			check(t, fmt.Sprintf("JPEG %s, orientation %d, late", name, o),
				segments(file, "http://ns.adobe.com/xap/1.0/\x00<x/>", data, "Exif\x00\x00"+string(exif(binary.LittleEndian, uint16(o%8+1)))), o)
		}
	}
	// What is no orientation turns nothing.
	file := encodeJPEG(t, opaque(w, h))
	for _, data := range []string{"Exif\x00\x00", "Exif\x00\x00II*\x00", "Exif\x00\x00" + string(exif(binary.BigEndian, 0)),
		"Exif\x00\x00" + string(exif(binary.BigEndian, 9)), "Exif\x00\x00II*\x00\xff\xff\xff\xff", "Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff", "Exif"} {
		check(t, fmt.Sprintf("JPEG with %q", data), segments(file, data), 1)
	}
}

// check compares a file with what its decoder makes of it.
func check(t *testing.T, name string, file []byte, orientation int) {
	t.Helper()
	got, err := decodeBytes(file)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	want, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	w, h := want.Bounds().Dx(), want.Bounds().Dy()
	size := image.Pt(w, h)
	if orientation > 4 {
		size = image.Pt(h, w)
	}
	if got.Bounds().Size() != size {
		t.Errorf("%s: %v, want %v", name, got.Bounds(), size)
		return
	}
	for y := range h {
		for x := range w {
			sx, sy := seen(orientation, x, y, w, h)
			a := color.RGBA64Model.Convert(got.At(sx, sy)).(color.RGBA64)
			b := color.RGBA64Model.Convert(want.At(x, y)).(color.RGBA64)
			if _, ok := want.(*image.YCbCr); ok && orientation > 1 { // RGBA by then
				c := color.RGBAModel.Convert(b).(color.RGBA)
				b = color.RGBA64Model.Convert(c).(color.RGBA64)
			}
			if a != b {
				t.Errorf("%s: %d, %d is %v, want %v", name, x, y, a, b)
				return
			}
		}
	}
}

// By content, and PNG and JPEG only: the test registers others, as a dependency may.
func TestFormats(t *testing.T) {
	var b bytes.Buffer
	if err := gif.Encode(&b, opaque(8, 8), nil); err != nil {
		t.Fatal(err)
	}
	if _, format, err := image.Decode(bytes.NewReader(b.Bytes())); err != nil || format != "gif" {
		t.Fatal(format, err)
	}
	name := filepath.Join(t.TempDir(), "p.png")
	for want, file := range map[string][]byte{
		"neither PNG nor JPEG":   b.Bytes(),
		"neither PNG nor JPEG ":  []byte("no picture at all\n"),
		"neither PNG nor JPEG\t": {0xff, 0xd8}, // too short to be anything
		"truncated":              nil,
		"truncated ":             encodePNG(t, opaque(8, 8))[:40],
		"invalid JPEG format":    encodeJPEG(t, opaque(64, 64))[:1000],
		"truncated\n":            encodeJPEG(t, opaque(64, 64))[:300],
		"no frame before":        {0xff, 0xd8, 0xff, 0xda, 0, 2},
		"no IHDR":                append([]byte(pngSignature), chunk("IDAT", nil)...),
		"no pixels, 0×7":         header8(0, 7, 8, 2, 0),
		"no pixels, -1×7":        header8(math.MaxUint32, 7, 8, 2, 0),
	} {
		if err := os.WriteFile(name, file, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Decode(t.Context(), name)
		if err == nil || !strings.HasPrefix(err.Error(), name+": "+strings.TrimSpace(want)) {
			t.Errorf("%q: %v", want, err)
		}
	}
	// The name does not count.
	if err := os.WriteFile(name, encodeJPEG(t, opaque(8, 8)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(t.Context(), name); err != nil {
		t.Error(err)
	}
	if _, err := Decode(t.Context(), filepath.Dir(name)); err == nil || err.Error() != filepath.Dir(name)+": is a directory" {
		t.Error(err)
	}
}

// header8 is a PNG that claims a size and has no pixels.
func header8(w, h uint32, depth, color, interlaced uint8) []byte {
	b := binary.BigEndian.AppendUint32(nil, w)
	b = binary.BigEndian.AppendUint32(b, h)
	return append([]byte(pngSignature), chunk("IHDR", append(b, depth, color, 0, 0, interlaced))...)
}

// Pictures that would take too much are refused by what they would take, which depends on the type.
func TestMemory(t *testing.T) {
	const side = 8000 // 64 million pixels
	jpegOf := func(w, h int, progressive bool, sampling ...uint8) []byte {
		m := byte(0xc0)
		if progressive {
			m = 0xc2
		}
		b := []byte{0xff, 0xd8, 0xff, m, 0, byte(8 + 3*len(sampling)), 8, byte(h >> 8), byte(h), byte(w >> 8), byte(w), byte(len(sampling))}
		for i, s := range sampling {
			b = append(b, byte(i+1), s, 0)
		}
		return append(b, 0xff, 0xda, 0, 2)
	}
	for name, test := range map[string]struct {
		file []byte
		need float64
	}{
		"gray":                     {header8(side, side, 8, 0, 0), 64e6},
		"1 bit":                    {header8(side, side, 1, 0, 0), 64e6},
		"gray with a transparent":  {append(header8(side, side, 8, 0, 0), chunk("tRNS", []byte{0, 0})...), 256e6},
		"gray, 16 bits":            {header8(side, side, 16, 0, 0), 128e6},
		"palette":                  {header8(side, side, 8, 3, 0), 64e6},
		"RGB":                      {header8(side, side, 8, 2, 0), 256e6},
		"RGBA, 16 bits":            {header8(side, side, 16, 6, 0), 512e6},
		"interlaced":               {header8(side, side, 8, 6, 1), 512e6},
		"turned":                   {append(header8(side, side, 8, 2, 0), chunk("eXIf", exif(binary.BigEndian, 6))...), 768e6},
		"JPEG 4:2:0":               {jpegOf(side, side, false, 0x22, 0x11, 0x11), 96e6},
		"JPEG 4:2:0 progressive":   {jpegOf(side, side, true, 0x22, 0x11, 0x11), 480e6},
		"JPEG 4:4:4":               {jpegOf(side, side, false, 0x11, 0x11, 0x11), 448e6},
		"JPEG, gray":               {jpegOf(side, side, false, 0x11), 64e6},
		"JPEG, CMYK, progressive":  {jpegOf(side, side, true, 0x11, 0x11, 0x11, 0x11), 1536e6},
		"JPEG of more than it has": {jpegOf(1, 1, false, 0x44, 0x44, 0x44), 3 * 1024},
	} {
		h, err := inspect(t.Context(), bytes.NewReader(test.file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if n := h.bytes(); n < test.need || n > 1.01*test.need+64 {
			t.Errorf("%s: %.0f bytes, want %.0f", name, n, test.need)
		}
		_, err = decodeBytes(test.file)
		if test.need > MaxBytes && (err == nil || !strings.Contains(err.Error(), "8000×8000 pixels take up to") || !strings.Contains(err.Error(), "more than 536870912")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := decodeBytes(header8(math.MaxInt32, math.MaxInt32, 16, 6, 0)); err == nil || !strings.Contains(err.Error(), "2147483647×2147483647") {
		t.Error(err)
	}
}

// Decoding allocates no more than is estimated, but for some buffers.
func TestEstimate(t *testing.T) {
	type file struct {
		name string
		data []byte
	}
	files := []file{
		{"RGBA", encodePNG(t, opaque(900, 700))}, {"NRGBA", encodePNG(t, noise(900, 700))},
		{"turned", withChunk(encodePNG(t, noise(900, 700)), false, "eXIf", exif(binary.BigEndian, 8))},
		{"RGBA64", encodePNG(t, image.NewRGBA64(image.Rect(0, 0, 900, 700)))}, {"Gray16", encodePNG(t, image.NewGray16(image.Rect(0, 0, 900, 700)))},
		{"JPEG", encodeJPEG(t, opaque(900, 700))}, {"gray JPEG", encodeJPEG(t, image.NewGray(image.Rect(0, 0, 900, 700)))},
		{"turned JPEG", segments(encodeJPEG(t, opaque(900, 700)), "Exif\x00\x00"+string(exif(binary.BigEndian, 6)))},
	}
	for _, f := range files {
		h, err := inspect(t.Context(), bytes.NewReader(f.data))
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := decodeBytes(f.data); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if got := float64(after.TotalAlloc - before.TotalAlloc); got > h.bytes()+1<<18 {
			t.Errorf("%s: %.0f bytes allocated, %.0f estimated", f.name, got, h.bytes())
		}
	}
}

// The same picture as the library's, which cannot be interrupted.
func TestScale(t *testing.T) {
	for _, m := range []image.Image{opaque(31, 17), noise(64, 48), noise(200, 3), noise(1, 1), image.NewGray16(image.Rect(0, 0, 9, 9)),
		noise(90, 70).SubImage(image.Rect(11, 13, 80, 60))} {
		for _, size := range []image.Point{{31, 17}, {7, 5}, {1, 1}, {100, 90}, {3, 64}} {
			from := Crop(m.Bounds(), size.X, size.Y)
			got, want := image.NewRGBA(image.Rectangle{Max: size}), image.NewRGBA(image.Rectangle{Max: size})
			if err := Scale(t.Context(), got, m, from); err != nil {
				t.Fatal(err)
			}
			draw.Draw(want, want.Rect, image.White, image.Point{}, draw.Src)
			draw.CatmullRom.Scale(want, want.Rect, m, from, draw.Over, nil)
			most := 1
			if _, ok := m.(*image.NRGBA); ok {
				most = 2
			}
			for i, v := range want.Pix {
				if d := int(got.Pix[i]) - int(v); d < -most || d > most {
					t.Fatalf("%T %v to %v: byte %d is %d, want %d", m, from, size, i, got.Pix[i], v)
				}
			}
		}
	}
}

// A countdown is a context that is done when it has been asked n times.
type countdown struct {
	context.Context
	n int
}

func (c *countdown) Err() error {
	if c.n--; c.n < 0 {
		return context.Canceled
	}
	return nil
}

// Whoever waits for a large picture may give up.
func TestInterrupted(t *testing.T) {
	file := withChunk(encodePNG(t, noise(200, 300)), true, "eXIf", exif(binary.BigEndian, 5))
	for polls := 0; ; polls++ {
		ctx := &countdown{t.Context(), polls}
		m, err := decode(ctx, bytes.NewReader(file))
		if err == nil {
			err = Scale(ctx, image.NewRGBA(image.Rect(0, 0, 20, 20)), m, m.Bounds())
		}
		if err == nil {
			if polls < 300+200 {
				t.Errorf("asked %d times only whether to go on", polls)
			}
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
}

func TestCrop(t *testing.T) {
	for _, test := range []struct {
		r    image.Rectangle
		w, h int
		want image.Rectangle
	}{
		{image.Rect(0, 0, 60, 20), 10, 10, image.Rect(20, 0, 40, 20)},
		{image.Rect(5, 5, 25, 65), 10, 10, image.Rect(5, 25, 25, 45)},
		{image.Rect(0, 0, 40, 30), 4, 3, image.Rect(0, 0, 40, 30)},
		{image.Rect(0, 0, 1, 1000), 2048, 1, image.Rect(0, 499, 1, 500)},
		{image.Rect(0, 0, 1_500_001, 1), 2048, 2048, image.Rect(750_000, 0, 750_001, 1)}, // a product past 31 bits
	} {
		if got := Crop(test.r, test.w, test.h); got != test.want {
			t.Errorf("%v to %d:%d: %v, want %v", test.r, test.w, test.h, got, test.want)
		}
	}
}

// Whatever the file, there is a picture or an error.
func FuzzDecode(f *testing.F) {
	f.Add(encodePNG(f, noise(5, 4)))
	f.Add(withChunk(encodePNG(f, noise(5, 4)), true, "eXIf", exif(binary.BigEndian, 6)))
	f.Add(withChunk(encodePNG(f, noise(5, 4)), false, "eXIf", exif(binary.LittleEndian, 3)))
	f.Add(encodeJPEG(f, opaque(9, 8)))
	f.Add(segments(encodeJPEG(f, opaque(9, 8)), "Exif\x00\x00"+string(exif(binary.BigEndian, 8))))
	f.Fuzz(func(t *testing.T, file []byte) {
		h, err := inspect(t.Context(), bytes.NewReader(file))
		if err == nil && (h.orientation < 1 || h.orientation > 8 || !(h.bytes() >= 0)) {
			t.Fatalf("%+v", h)
		}
		if err == nil && h.bytes() > 1<<22 {
			return // not for want of memory
		}
		m, err := decodeBytes(file)
		if (m == nil) == (err == nil) {
			t.Fatalf("%v, %v", m, err)
		}
		if err == nil && m.Bounds().Empty() {
			t.Fatalf("%v", m.Bounds())
		}
	})
}
