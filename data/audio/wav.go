package audio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/primewindow/primewindow/data"
)

// Sound is a recording, mixed down to one channel.
type Sound struct {
	SampleRateHz int
	Samples      []float32 // at least one; in [-1, 1] when the file holds integers
}

// ReadWAV reads a WAV file: PCM of 8, 16, 24 or 32 bits or float of 32 or 64, any number of channels, which are
// averaged. Errors are those of [DecodeWAV], or the file system's.
func ReadWAV(path string) (*Sound, error) {
	b, err := data.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("audio: %w", err)
	}
	return DecodeWAV(path, b)
}

// Codecs of a WAV file's format chunk.
const (
	codecPCM        = 1
	codecFloat      = 3
	codecExtensible = 0xFFFE // the codec stands in the first two bytes of a longer identifier
)

// otherCodecs are those that people meet, none of which is read here.
var otherCodecs = map[int]string{
	0x02: "Microsoft's ADPCM", 0x06: "A-law", 0x07: "mu-law", 0x11: "IMA ADPCM", 0x14: "G.723 ADPCM",
	0x22: "TrueSpeech", 0x31: "GSM 6.10",
	0x40: "G.721 ADPCM", 0x45: "G.726 ADPCM", 0x50: "MPEG audio", 0x55: "MP3", 0xff: "AAC", 0x160: "WMA 1",
	0x161: "WMA 2", 0x2000: "AC-3",
}

// DecodeWAV decodes the bytes of a WAV file; name is the file's, for errors. RIFF, big-endian RIFX, RF64 or BW64 beyond
// 4 GiB and Sony's W64 are read. Chunks may come in any order, unknown ones are skipped, and bytes behind are ignored.
//
// Lengths are taken with care, as many programs do not bring them up to date: those of RIFF are not needed; samples
// whose number the writer did not know (0, or what it writes into a pipe) go on to the file's end, without a list of
// remarks there; one byte too many, a length that is the whole file's and bytes of less than a sample do no harm, nor
// does padding that was left out. These are the samples that libsndfile reads too, where it reads such files
// (testdata/lengths.py); it also reads the remarks.
//
// It returns a [data.FormatError] for a file that is empty, lacks samples that its header promises, contradicts itself
// or holds a number that is not finite, and a [data.UnsupportedError] for another codec or another width.
func DecodeWAV(name string, b []byte) (*Sound, error) {
	l, err := scan(name, bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	f, err := parseFormat(name, l.format, l.order)
	if err != nil {
		return nil, err
	}
	return f.decode(name, b[l.at:l.at+l.size], l.order)
}

// wavFormat is what a format chunk says.
type wavFormat struct {
	codec        int // codecPCM or codecFloat
	channels     int
	sampleRateHz int
	bytes        int // of one sample of one channel
}

func parseFormat(name string, b []byte, order binary.ByteOrder) (wavFormat, error) {
	broken := func(reason string, args ...any) (wavFormat, error) {
		return wavFormat{}, &data.FormatError{File: name, Reason: fmt.Sprintf(reason, args...)}
	}
	if len(b) < 16 {
		return broken("format chunk of %d bytes, want at least 16", len(b))
	}
	codec, channels, rate := int(order.Uint16(b)), int(order.Uint16(b[2:])), order.Uint32(b[4:])
	block, bits := int(order.Uint16(b[12:])), int(order.Uint16(b[14:]))
	if codec == codecExtensible {
		if len(b) < 26 {
			return broken("extensible format chunk of %d bytes, want at least 26", len(b))
		}
		codec = int(order.Uint16(b[24:]))
	}
	switch {
	case codec != codecPCM && codec != codecFloat:
		feature := fmt.Sprintf("codec %#x", codec)
		if what, ok := otherCodecs[codec]; ok {
			feature += ", " + what
		}
		return wavFormat{}, &data.UnsupportedError{File: name, Feature: feature}
	case channels == 0:
		return broken("0 channels, want at least 1")
	case rate == 0 || rate > math.MaxInt32:
		return broken("sample rate %d Hz, want between 1 and %d", rate, math.MaxInt32)
	case bits == 0 || bits%8 != 0:
		return wavFormat{}, &data.UnsupportedError{File: name, Feature: fmt.Sprintf("samples of %d bits", bits)}
	case block != channels*bits/8:
		return broken("blocks of %d bytes, want %d for %d channels of %d bits", block, channels*bits/8, channels, bits)
	case codec == codecFloat && bits != 32 && bits != 64, codec == codecPCM && bits > 32:
		return wavFormat{}, &data.UnsupportedError{
			File: name, Feature: fmt.Sprintf("codec %#x of %d bits", codec, bits),
		}
	}
	return wavFormat{codec, channels, int(rate), bits / 8}, nil
}

// decode turns samples into the mean over the channels. Bytes of less than a sample at the end do not count.
func (f wavFormat) decode(name string, b []byte, order binary.ByteOrder) (*Sound, error) {
	block := f.channels * f.bytes
	if len(b) < block {
		return nil, &data.FormatError{
			File: name, Reason: fmt.Sprintf("%d bytes of samples, want at least %d", len(b), block),
		}
	}
	if order == binary.BigEndian && f.bytes > 1 {
		b = slices.Clone(b)
		for at := 0; at+f.bytes <= len(b); at += f.bytes {
			slices.Reverse(b[at : at+f.bytes])
		}
	}
	s := &Sound{SampleRateHz: f.sampleRateHz, Samples: make([]float32, len(b)/block)}
	if f.codec == codecPCM && f.bytes == 2 {
		decode16(b, f.channels, s.Samples)
		return s, nil
	}
	for i := range s.Samples {
		sum := 0.0
		for range f.channels {
			sum += f.value(b)
			b = b[f.bytes:]
		}
		x := float32(sum / float64(f.channels))
		if x-x != 0 { // infinite or not a number
			return nil, data.NotFinite(name, fmt.Sprintf("sample %d", i), sum/float64(f.channels))
		}
		s.Samples[i] = x
	}
	return s, nil
}

// decode16 is the mean over the channels of samples of 16 bits, which most files have, faster than sample by sample.
func decode16(b []byte, channels int, to []float32) {
	if channels == 1 {
		for len(to) >= 4 && len(b) >= 8 { // four at a time
			x := binary.LittleEndian.Uint64(b)
			to[0], to[1] = float32(int16(x))/(1<<15), float32(int16(x>>16))/(1<<15)
			to[2], to[3] = float32(int16(x>>32))/(1<<15), float32(int16(x>>48))/(1<<15)
			to, b = to[4:], b[8:]
		}
		for i := range to {
			to[i] = float32(int16(binary.LittleEndian.Uint16(b[2*i:]))) / (1 << 15)
		}
		return
	}
	for i := range to {
		sum := 0
		for range channels {
			sum += int(int16(binary.LittleEndian.Uint16(b)))
			b = b[2:]
		}
		to[i] = float32(float64(sum) / float64(channels<<15))
	}
}

// value reads the first sample of b, of any width but 16 bits, scaled so that the largest integer's size is just below
// 1.
func (f wavFormat) value(b []byte) float64 {
	switch {
	case f.codec == codecFloat && f.bytes == 8:
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	case f.codec == codecFloat:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case f.bytes == 1:
		return (float64(b[0]) - 128) / 128 // the only width without sign
	case f.bytes == 3:
		return float64(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)) / (1 << 31)
	default:
		return float64(int32(binary.LittleEndian.Uint32(b))) / (1 << 31)
	}
}
