package audio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
)

// chunk is a RIFF chunk with its padding.
func chunk(id string, body []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(id), uint32(len(body)))
	b = append(b, body...)
	if len(body)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

// formatChunk is a format chunk of 16 bytes at 8 kHz.
func formatChunk(codec, channels, bits int) []byte {
	var b []byte
	b = binary.LittleEndian.AppendUint16(b, uint16(codec))
	b = binary.LittleEndian.AppendUint16(b, uint16(channels))
	b = binary.LittleEndian.AppendUint32(b, 8000)
	b = binary.LittleEndian.AppendUint32(b, uint32(8000*channels*bits/8))
	b = binary.LittleEndian.AppendUint16(b, uint16(channels*bits/8))
	b = binary.LittleEndian.AppendUint16(b, uint16(bits))
	return b
}

// extensible is the long format chunk that hides the codec in an identifier.
func extensible(codec, channels, bits int) []byte {
	b := formatChunk(codecExtensible, channels, bits)
	b = binary.LittleEndian.AppendUint16(b, 22)
	b = binary.LittleEndian.AppendUint16(b, uint16(bits))
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(codec))
	return append(b, "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"...)
}

func riff(chunks ...[]byte) []byte {
	body := []byte("WAVE")
	for _, c := range chunks {
		body = append(body, c...)
	}
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// wav is a file with a format chunk and a data chunk.
func wav(codec, channels, bits int, samples ...byte) []byte {
	return riff(chunk("fmt ", formatChunk(codec, channels, bits)), chunk("data", samples))
}

func floats(values ...float64) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
	}
	return b
}

func TestDecodeWAV(t *testing.T) {
	for _, tt := range []struct {
		name   string
		file   []byte
		want   []float32
		reason string
	}{
		{
			"8 bits", wav(1, 1, 8, 128, 0, 255, 192), []float32{0, -1, 127.0 / 128, 0.5},
			"the one width without sign: 128 is zero",
		},
		{
			"16 bits", wav(1, 1, 16, 0, 0x80, 0, 0x40, 0xff, 0xff), []float32{-1, 0.5, -1.0 / 32768},
			"little-endian, divided by 2^15",
		},
		{
			"16 bits, many", wav(1, 1, 16, 0, 0x80, 0, 0x40, 0xff, 0xff, 0, 0xc0, 1, 0, 0, 0x20, 0xff, 0x7f),
			[]float32{-1, 0.5, -1.0 / 32768, -0.5, 1.0 / 32768, 0.25, 32767.0 / 32768},
			"four at a time, and three that are left",
		},
		{
			"24 bits", wav(1, 1, 24, 0, 0, 0x80, 0, 0, 0x40, 0xff, 0xff, 0xff), []float32{-1, 0.5, -1.0 / (1 << 23)},
			"divided by 2^23",
		},
		{"32 bits", wav(1, 1, 32, 0, 0, 0, 0x80, 0, 0, 0, 0x20), []float32{-1, 0.25}, "divided by 2^31"},
		{"float", wav(3, 1, 32, floats(0.125, -2)...), []float32{0.125, -2}, "taken as it is, beyond 1 too"},
		{
			"64-bit float", wav(3, 1, 64, binary.LittleEndian.AppendUint64(nil, math.Float64bits(-0.375))...),
			[]float32{-0.375}, "double precision is rounded to single",
		},
		{"stereo float", wav(3, 2, 32, floats(1, -0.5)...), []float32{0.25}, "the mean of 1 and -0.5"},
		{"stereo 24 bits", wav(1, 2, 24, 0, 0, 0x40, 0, 0, 0xc0), []float32{0}, "the mean of 0.5 and -0.5"},
		{"one sample", wav(1, 1, 8, 192), []float32{0.5}, "the shortest recording"},
		{
			"stereo", wav(1, 2, 16, 0, 0x40, 0, 0, 0, 0x80, 0, 0x40), []float32{0.25, -0.25},
			"the mean of (0.5, 0) and of (-1, 0.5)",
		},
		{
			"three channels of 16 bits", wav(1, 3, 16, 1, 0, 0, 0, 0, 0, 0, 0x80, 0, 0x80, 0, 0x80),
			[]float32{1.0 / 98304, -1}, "a mean that 16 bits do not hold, and the loudest",
		},
		{"three channels", wav(1, 3, 8, 128, 128, 224), []float32{0.25}, "the mean of 0, 0 and 0.75"},
		{
			"extensible", riff(chunk("fmt ", extensible(1, 1, 16)), chunk("data", []byte{0, 0x40})), []float32{0.5},
			"the codec is in the identifier",
		},
		{
			"samples first", riff(chunk("data", []byte{0, 0x40}), chunk("fmt ", formatChunk(1, 1, 16))), []float32{0.5},
			"chunks come in any order",
		},
		{
			"other chunks",
			riff(
				chunk("LIST", []byte("odd")), chunk("fmt ", formatChunk(1, 1, 16)), chunk("fact", nil),
				chunk("data", []byte{0, 0x40}),
			),
			[]float32{0.5}, "unknown chunks are skipped, an odd one with its padding",
		},
		{
			"no last padding", trimmed(riff(chunk("fmt ", formatChunk(1, 1, 8)), chunk("data", []byte{192}))),
			[]float32{0.5}, "many programs leave the last padding out",
		},
		{
			"bytes behind", append(wav(1, 1, 8, 192), "tail"...), []float32{0.5},
			"what follows the RIFF chunk is not part of it",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := DecodeWAV("x.wav", tt.file)
			if err != nil {
				t.Fatalf("DecodeWAV: %v\nreason: %s", err, tt.reason)
			}
			if diff := cmp.Diff(&Sound{8000, tt.want}, got); diff != "" { // all values are exact in float32
				t.Errorf("DecodeWAV (-want +got)\n%s\nreason: %s", diff, tt.reason)
			}
		})
	}
}

// trimmed takes off the last byte, and corrects the size.
func trimmed(b []byte) []byte {
	b = b[:len(b)-1]
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return b
}

// altered is b with other bytes at a place.
func altered(b []byte, at int, bytes ...byte) []byte {
	b = append([]byte(nil), b...)
	copy(b[at:], bytes)
	return b
}

func TestDecodeWAVErrors(t *testing.T) {
	good := wav(1, 1, 16, 1, 2, 3, 4) // the format chunk's body begins at 20, the data chunk at 36
	for _, tt := range []struct {
		name, file  string
		want        string
		unsupported bool
		reason      string
	}{
		{"empty", "", "empty", false, "a download that never began"},
		{"short header", "RIFF", "4 bytes, want at least 12", false, "less than a header"},
		{"no RIFF", "OggS00000000", `begins with "OggS", want RIFF`, false, "another format under the name"},
		{"big-endian", "RIFX0000WAVE", "no format chunk", false, "a container like the others"},
		{"64-bit", "RF64\xff\xff\xff\xffWAVE", "no format chunk", false, "a container like the others"},
		{"AVI in RIFX", "RIFX0000AVI ", `RIFF form "AVI ", want WAVE`, false, "its form decides"},
		{
			"no WAVE", string(altered(good, 8, 'A', 'V', 'I', ' ')), `form "AVI ", want WAVE`, false,
			"RIFF holds videos too",
		},
		{
			"truncated", string(good[:len(good)-1]), `truncated: chunk "data" of 3 bytes, want 4`, false,
			"one byte is missing",
		},
		{
			"chunk too long", string(altered(good, 40, 9)), `chunk "data" of 4 bytes, want 9`, false,
			"the chunk contradicts the RIFF size",
		},
		{
			"chunk header cut", string(riff(chunk("fmt ", formatChunk(1, 1, 16)), []byte("data"))),
			"want a chunk header of 8", false, "a chunk has a name and a size",
		},
		{"no format", string(riff(chunk("data", []byte{1, 2}))), "no format chunk", false, "the width is unknown"},
		{"no data chunk", string(riff(chunk("fmt ", formatChunk(1, 1, 16)))), "no samples", false, "nothing to hear"},
		{"no samples", string(wav(1, 1, 16)), "no samples", false, "a data chunk of length 0"},
		{
			"two formats", string(riff(chunk("fmt ", formatChunk(1, 1, 16)), chunk("fmt ", formatChunk(1, 1, 8)))),
			"a second format chunk", false, "which one holds",
		},
		{
			"two data chunks", string(riff(chunk("data", []byte{1, 2}), chunk("data", []byte{1, 2}))),
			"a second data chunk", false, "which one holds",
		},
		{
			"short format", string(riff(chunk("fmt ", formatChunk(1, 1, 16)[:14]), chunk("data", []byte{1, 2}))),
			"format chunk of 14 bytes, want at least 16", false, "the old form without a width",
		},
		{
			"short extensible", string(wav(codecExtensible, 1, 16, 1, 2)),
			"extensible format chunk of 16 bytes, want at least 26", false, "the identifier is missing",
		},
		{"no channels", string(altered(good, 22, 0)), "0 channels", false, "contradicts that there are samples"},
		{"no rate", string(altered(good, 24, 0, 0)), "sample rate 0 Hz", false, "time would stand still"},
		{
			"wrong block", string(altered(good, 32, 3)), "blocks of 3 bytes, want 2 for 1 channels of 16 bits", false,
			"sizes contradict each other",
		},
		{
			"half a sample", string(wav(1, 2, 16, 1, 2, 3)), "3 bytes of samples, want at least 4", false,
			"less than the shortest recording",
		},
		{
			"12 bits", string(altered(good, 34, 12)), "not supported: samples of 12 bits", true,
			"packed widths are not read",
		},
		{
			"24-bit float", string(wav(3, 1, 24, 1, 2, 3)), "not supported: codec 0x3 of 24 bits", true,
			"there is no such number",
		},
		{
			"beyond float32", string(wav(3, 1, 64, binary.LittleEndian.AppendUint64(nil, math.Float64bits(1e300))...)),
			"sample 0 is 1e+300, want a number that float32 can hold", false, "samples are kept in single precision",
		},
		{
			"64-bit integer", string(wav(1, 1, 64, make([]byte, 8)...)), "not supported: codec 0x1 of 64 bits", true,
			"no integers wider than 32 bits",
		},
		{"mu-law", string(wav(7, 1, 8, 1)), "not supported: codec 0x7, mu-law", true, "a compressed codec"},
		{
			"not a number", string(wav(3, 1, 32, floats(0, math.NaN())...)), "sample 1 is NaN, want a finite number",
			false, "a set's values are finite",
		},
		{
			"infinite", string(wav(3, 1, 32, floats(math.Inf(-1))...)), "sample 0 is -Inf, want a finite number", false,
			"a set's values are finite",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := DecodeWAV("x.wav", []byte(tt.file))
			var format *data.FormatError
			var unsupported *data.UnsupportedError
			if tt.unsupported && !errors.As(err, &unsupported) || !tt.unsupported && !errors.As(err, &format) {
				t.Fatalf(
					"DecodeWAV = %v, %T %v, want unsupported %v\nreason: %s", got, err, err, tt.unsupported, tt.reason,
				)
			}
			if msg := err.Error(); !strings.HasPrefix(msg, "x.wav: ") || !strings.Contains(msg, tt.want) ||
				strings.Contains(msg, "\n") {
				t.Errorf("DecodeWAV: %q, want one line of x.wav with %q\nreason: %s", msg, tt.want, tt.reason)
			}
		})
	}
}

func TestReadWAV(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.wav")
	if _, err := ReadWAV(path); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "a.wav") {
		t.Errorf("ReadWAV of no file: %v, want one that names it", err)
	}
	if err := os.WriteFile(path, wav(1, 1, 8, 192), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := ReadWAV(path)
	if diff := cmp.Diff(&Sound{8000, []float32{0.5}}, got); err != nil || diff != "" {
		t.Errorf("ReadWAV: err %v (-want +got)\n%s", err, diff)
	}
}

// BenchmarkDecodeWAV is a clip of 2.5 seconds at 16,000 Hz.
func BenchmarkDecodeWAV(b *testing.B) {
	for _, channels := range []int{1, 2} {
		b.Run(fmt.Sprint(channels), func(b *testing.B) {
			file := wav(codecPCM, channels, 16, make([]byte, channels*80000)...)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := DecodeWAV("x.wav", file); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "samples/s")
		})
	}
}

// FuzzDecodeWAV holds the decoder to its promises on any bytes: one kind of error or finite samples, never both.
func FuzzDecodeWAV(f *testing.F) {
	f.Add(wav(1, 1, 16, 1, 2, 3, 4))
	f.Add(wav(1, 2, 24, 1, 2, 3, 4, 5, 6))
	f.Add(wav(3, 1, 32, floats(1)...))
	f.Add(riff(chunk("data", []byte{9}), chunk("fmt ", extensible(1, 1, 8))))
	f.Add(wav(3, 2, 64, make([]byte, 16)...))
	f.Add([]byte("RIFF"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := DecodeWAV("x.wav", b)
		if err != nil {
			var format *data.FormatError
			var unsupported *data.UnsupportedError
			if s != nil || !errors.As(err, &format) && !errors.As(err, &unsupported) {
				t.Fatalf("DecodeWAV = %v, %T %v, want a FormatError or an UnsupportedError alone", s, err, err)
			}
			return
		}
		if s.SampleRateHz < 1 || len(s.Samples) == 0 || len(s.Samples) > len(b) {
			t.Fatalf("%d samples at %d Hz from %d bytes", len(s.Samples), s.SampleRateHz, len(b))
		}
		for i, v := range s.Samples {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				t.Fatalf("sample %d is %v", i, v)
			}
		}
	})
}
