package audio

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"

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
	b, err := os.ReadFile(path)
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

// DecodeWAV decodes the bytes of a WAV file; name is the file's, for errors. Chunks may come in any order, unknown
// ones are skipped, and bytes behind the RIFF chunk are ignored. It returns a [data.FormatError] for a file that is
// empty, truncated, contradicts itself or holds a number that is not finite, and a [data.UnsupportedError] for
// another codec, another width, or big-endian and 64-bit RIFF.
func DecodeWAV(name string, b []byte) (*Sound, error) {
	format, samples, err := splitWAV(name, b)
	if err != nil {
		return nil, err
	}
	f, err := parseFormat(name, format)
	if err != nil {
		return nil, err
	}
	return f.decode(name, samples)
}

// splitWAV finds the format chunk and the data chunk.
func splitWAV(name string, b []byte) (format, samples []byte, err error) {
	broken := func(reason string, args ...any) ([]byte, []byte, error) {
		return nil, nil, &data.FormatError{File: name, Reason: fmt.Sprintf(reason, args...)}
	}
	if len(b) == 0 {
		return broken("empty, want a WAV file")
	}
	if len(b) < 12 {
		return broken("%d bytes, want at least 12 of a RIFF header", len(b))
	}
	switch id := string(b[:4]); id {
	case "RIFF":
	case "RIFX", "RF64":
		return nil, nil, &data.UnsupportedError{File: name, Feature: id}
	default:
		return broken("begins with %q, want RIFF", id)
	}
	if form := string(b[8:12]); form != "WAVE" {
		return broken("RIFF form %q, want WAVE", form)
	}
	size := int64(binary.LittleEndian.Uint32(b[4:]))
	if have := int64(len(b)) - 8; size > have {
		return broken("truncated: RIFF chunk of %d bytes, want %d", have, size)
	}
	if size < 4 {
		return broken("RIFF chunk of %d bytes, want at least 4", size)
	}
	rest := b[12 : 8+size]
	for len(rest) > 0 {
		if len(rest) < 8 {
			return broken("truncated: %d bytes at the end, want a chunk header of 8", len(rest))
		}
		id, size := string(rest[:4]), int64(binary.LittleEndian.Uint32(rest[4:]))
		rest = rest[8:]
		if size > int64(len(rest)) {
			return broken("truncated: chunk %q of %d bytes, want %d", id, len(rest), size)
		}
		body := rest[:size:size]
		switch id {
		case "fmt ":
			if format != nil {
				return broken("a second format chunk, want one")
			}
			format = body
		case "data":
			if samples != nil {
				return broken("a second data chunk, want one")
			}
			samples = body
		}
		rest = rest[min(size+size%2, int64(len(rest))):] // chunks begin at even places; the last one's padding may lack
	}
	switch {
	case format == nil:
		return broken("no format chunk")
	case len(samples) == 0:
		return broken("no samples")
	}
	return format, samples, nil
}

// wavFormat is what a format chunk says.
type wavFormat struct {
	codec        int // codecPCM or codecFloat
	channels     int
	sampleRateHz int
	bytes        int // of one sample of one channel
}

func parseFormat(name string, b []byte) (wavFormat, error) {
	broken := func(reason string, args ...any) (wavFormat, error) {
		return wavFormat{}, &data.FormatError{File: name, Reason: fmt.Sprintf(reason, args...)}
	}
	if len(b) < 16 {
		return broken("format chunk of %d bytes, want at least 16", len(b))
	}
	codec := int(binary.LittleEndian.Uint16(b))
	channels := int(binary.LittleEndian.Uint16(b[2:]))
	rate := binary.LittleEndian.Uint32(b[4:])
	block := int(binary.LittleEndian.Uint16(b[12:]))
	bits := int(binary.LittleEndian.Uint16(b[14:]))
	if codec == codecExtensible {
		if len(b) < 26 {
			return broken("extensible format chunk of %d bytes, want at least 26", len(b))
		}
		codec = int(binary.LittleEndian.Uint16(b[24:]))
	}
	switch {
	case codec != codecPCM && codec != codecFloat:
		return wavFormat{}, &data.UnsupportedError{File: name, Feature: fmt.Sprintf("codec %#x", codec)}
	case channels == 0:
		return broken("0 channels, want at least 1")
	case rate == 0 || rate > math.MaxInt32:
		return broken("sample rate %d Hz, want between 1 and %d", rate, math.MaxInt32)
	case bits == 0 || bits%8 != 0:
		return wavFormat{}, &data.UnsupportedError{File: name, Feature: fmt.Sprintf("samples of %d bits", bits)}
	case block != channels*bits/8:
		return broken("blocks of %d bytes, want %d for %d channels of %d bits", block, channels*bits/8, channels, bits)
	case codec == codecFloat && bits != 32 && bits != 64, codec == codecPCM && bits > 32:
		return wavFormat{}, &data.UnsupportedError{File: name, Feature: fmt.Sprintf("codec %#x of %d bits", codec, bits)}
	}
	return wavFormat{codec, channels, int(rate), bits / 8}, nil
}

// decode turns a data chunk into the mean over the channels.
func (f wavFormat) decode(name string, b []byte) (*Sound, error) {
	block := f.channels * f.bytes
	if len(b)%block != 0 {
		return nil, &data.FormatError{File: name, Reason: fmt.Sprintf("%d bytes of samples, want a multiple of %d", len(b), block)}
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
			return nil, &data.FormatError{File: name, Reason: fmt.Sprintf("sample %d is %v, want a finite number", i, x)}
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

// value reads the first sample of b, of any width but 16 bits, scaled so that the largest integer's size is just below 1.
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
