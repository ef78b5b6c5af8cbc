package datatest

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"slices"
	"testing"

	"github.com/gen2brain/jpegn"
)

// Odd is a file that loaders meet: as programs write it that people use, as a fault leaves it, or as somebody makes it
// who means no good; and what they are to make of it.
type Odd struct {
	Name   string
	Ext    string // of its name, with the full stop; empty where any will do
	Bytes  []byte
	Want   string // in the error that names the file; empty where it is read as its plain twin is
	Hint   string // in the hint; empty where no cause is known
	FFmpeg bool   // it takes ffmpeg to read it
	Reason string
}

// Pictures are odd and hostile pictures, all of the same width and height, each side at least 8: those that are read
// show an image as [Ramp] makes it, upright or not, and the grey ones a level.
func Pictures(tb testing.TB, width, height int) []Odd {
	tb.Helper()
	ramp := Ramp(width, height)
	jpg, png := JPEG(tb, ramp), PNG(tb, ramp)
	slow := ProgressiveJPEG(tb, ramp)
	still := GIF(tb, ramp)
	flipped := bytes.Clone(png)
	flipped[len(flipped)-20] ^= 0x10 // within the data or its sum
	const eof = ", the file is cut off"
	return []Odd{
		{"JPEG", ".jpg", jpg, "", "", false, "the usual"},
		{"progressive JPEG", ".jpg", slow, "", "", false, "as many cameras and sites write it"},
		{"half a JPEG", ".jpg", jpg[:len(jpg)/2], eof, "", false, "a download that was cut off"},
		{"half a progressive JPEG", ".jpg", slow[:len(slow)/2], eof, "", false, "likewise"},
		{
			"half a JPEG and its end", ".jpg", append(slices.Clone(jpg[:len(jpg)/2]), 0xff, 0xd9), "bytes: ", "", false,
			"mended by a tool",
		},
		{
			"half a JPEG and zeros", ".jpg", append(slices.Clone(jpg[:len(jpg)/2]), make([]byte, len(jpg)/2)...), eof,
			"", false, "a download into a file that had its size before",
		},
		{"JPEG without its end", ".jpg", jpg[:len(jpg)-2], "", "", false, "all pixels are there"},
		{
			"JPEG with a tail", ".jpg", append(slices.Clone(jpg), "behind the end"...), "", "", false,
			"cameras append previews",
		},
		{"JPEG turned", ".jpg", WithEXIF(jpg, EXIF(binary.LittleEndian, 3)), "", "", false, "upside down"},
		{
			"JPEG with broken EXIF", ".jpg", WithEXIF(jpg, "Exif\x00\x00MM\x00*\xff\xff\xff\xf0\xff\xff"), "", "",
			false, "no part of the picture",
		},
		{"JPEG under another name", ".png", jpg, "", "", false, "the content counts"},
		{"PNG", ".png", png, "", "", false, "the usual"},
		{"interlaced PNG", ".png", InterlacedPNG(ramp), "", "", false, "seven passes"},
		{"animated PNG", ".png", AnimatedPNG(png), "", "", false, "its first picture"},
		{"PNG cut in its data", ".png", png[:len(png)/2], eof, "", false, "a download that was cut off"},
		{"PNG without its end", ".png", png[:len(png)-12], "", "", false, "all pixels are there"},
		{"PNG whose sum is wrong", ".png", flipped, "png: invalid format: ", "", false, "a flipped bit"},
		{
			"PNG with a tail", ".png", append(slices.Clone(png), "behind the end"...), "", "", false,
			"no part of the picture",
		},
		{"GIF", ".gif", still, "", "", false, "told by its content"},
		{"half a GIF", ".gif", still[:len(still)/2], "bytes: ", "", false, "cut off"},
		{"empty", ".png", nil, "empty", "", false, "a download that never began"},
		{
			"WebP", ".webp", []byte("RIFF\x10\x00\x00\x00WEBPVP8 \x00\x00\x00\x00"),
			"not supported: pictures of format WebP", "convert", false, "known and not read",
		},
		{
			"WebP under another name", ".jpg", []byte("RIFF\x10\x00\x00\x00WEBPVP8 \x00\x00\x00\x00"),
			"not supported: pictures of format WebP", "convert", false, "as sites give them out",
		},
		{
			"BMP", ".bmp", []byte("BM\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00"),
			"not supported: pictures of format BMP", "convert", false, "known and not read",
		},
		{
			"TIFF", ".tif", []byte("II*\x00\x08\x00\x00\x00"), "not supported: pictures of format TIFF", "convert",
			false, "known and not read",
		},
		{
			"HEIC", ".heic", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"),
			"not supported: pictures of format HEIC", "convert", false, "as telephones take them",
		},
		{
			"PNG of 2.5 gigapixels", ".png", RawPNG(50000, 50000, 2, 0, nil, nil), "50000x50000 pixels, want ", "",
			false, "a header must not take the memory",
		},
		{"JPEG of 4.3 gigapixels", ".jpg", sized(jpg), "65500x65500 pixels, want ", "", false, "likewise"},
		{
			"GIF of 4.3 gigapixels", ".gif", slices.Concat(still[:6], []byte{0xff, 0xff, 0xff, 0xff}, still[10:]),
			"65535x65535 pixels, want ", "", false, "likewise",
		},
		{
			"AVIF", ".avif", []byte("\x00\x00\x00\x18ftypavif\x00\x00\x00\x00"),
			"not supported: pictures of format AVIF", "convert", false, "known and not read",
		},
	}
}

// sized is a JPEG file whose header says that it has 65500 pixels a side.
func sized(jpg []byte) []byte {
	at := bytes.Index(jpg, []byte{0xff, 0xc0})
	return slices.Concat(jpg[:at+5], []byte{0xff, 0xdc, 0xff, 0xdc}, jpg[at+9:])
}

// ProgressiveJPEG is an image's file of several scans.
func ProgressiveJPEG(tb testing.TB, img image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := jpegn.Encode(&b, img, &jpegn.EncodeOptions{Quality: 95, Progressive: true}); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// GIF is an image's file of 256 colours.
func GIF(tb testing.TB, img image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := gif.Encode(&b, img, nil); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// EXIF is data that says how a picture is turned, as [WithEXIF] takes it.
func EXIF(order binary.AppendByteOrder, orientation uint16) string {
	b := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 1) // entry
	b = order.AppendUint16(b, 0x0112)
	b = order.AppendUint16(b, 3) // of two bytes
	b = order.AppendUint32(b, 1) // number
	b = order.AppendUint16(b, orientation)
	b = order.AppendUint16(b, 0)
	return "Exif\x00\x00" + string(order.AppendUint32(b, 0))
}

// WithEXIF puts EXIF data, whatever it is, into a JPEG or PNG file.
func WithEXIF(file []byte, exif string) []byte {
	if bytes.HasPrefix(file, []byte("\x89PNG")) {
		return slices.Concat(file[:33], Chunk("eXIf", []byte(exif)[6:]), file[33:])
	}
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(2+len(exif)))
	return slices.Concat(file[:2], head, []byte(exif), file[2:])
}

// Chunk is one of a PNG file, with its sum.
func Chunk(kind string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, kind...), body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// RawPNG is a PNG file of 8 bits a value: its kind of colour, other chunks before the data, and rows each behind its
// filter.
func RawPNG(width, height int, kind, interlaced byte, chunks, rows []byte) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(width)), uint32(height))
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	z.Write(rows) //nolint:errcheck // memory does not refuse
	z.Close()     //nolint:errcheck // likewise
	return slices.Concat(
		[]byte("\x89PNG\r\n\x1a\n"), Chunk("IHDR", append(head, 8, kind, 0, 0, interlaced)), chunks,
		Chunk("IDAT", packed.Bytes()), Chunk("IEND", nil),
	)
}

// InterlacedPNG is an image's file in seven passes.
func InterlacedPNG(img image.Image) []byte {
	width, height := img.Bounds().Dx(), img.Bounds().Dy()
	var rows []byte
	for _, p := range [][4]int{
		{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2},
	} {
		for y := p[1]; y < height && p[0] < width; y += p[3] {
			rows = append(rows, 0)
			for x := p[0]; x < width; x += p[2] {
				c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
				rows = append(rows, c.R, c.G, c.B)
			}
		}
	}
	return RawPNG(width, height, 2, 1, nil, rows)
}

// AnimatedPNG makes a PNG file say that another picture follows.
func AnimatedPNG(file []byte) []byte {
	frame := func(number uint32) []byte {
		b := binary.BigEndian.AppendUint32(nil, number)
		b = append(b, file[16:24]...)                               // width and height
		return Chunk("fcTL", append(b, make([]byte, 8+2+2+1+1)...)) // place, time, and how it is laid over
	}
	end := len(file) - 12
	return slices.Concat(file[:33], Chunk("acTL", []byte{0, 0, 0, 2, 0, 0, 0, 0}), frame(0), file[33:end],
		frame(1), Chunk("fdAT", []byte{0, 0, 0, 2, 0x78, 0x9c}), file[end:])
}
