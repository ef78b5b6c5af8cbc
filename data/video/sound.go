package video

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/audio"
)

// Sound decodes a recording, or a video's sound, with the default [Decoder]. See [Decoder.Sound].
func Sound(ctx context.Context, path string, rateHz int) (*audio.Sound, error) {
	return Decoder{}.Sound(ctx, path, rateHz)
}

// Sound decodes the first sound stream of a file that ffmpeg reads, such as MP3, FLAC, Ogg or a video, resampled by
// ffmpeg to rateHz, or at its own rate where that is 0. Several channels are averaged, as [audio.ReadWAV] does. It
// returns [ErrNoSound] for a file without sound, and a [data.FormatError] for one that is broken, ends early
// ([Decoder.AcceptShort]) or exceeds a bound.
func (d Decoder) Sound(ctx context.Context, path string, rateHz int) (*audio.Sound, error) {
	if rateHz < 0 {
		return nil, fmt.Errorf("video: a sample rate of %d Hz, want at least 1, or 0 for the file's", rateHz)
	}
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	info, _, err := d.probe(ctx, path, "a")
	switch {
	case err != nil:
		return nil, err
	case !info.HasSound:
		return nil, lack(path, ErrNoSound)
	}
	args := append([]string{"-nostdin", "-v", "error"}, d.input(path)...)
	// AU, because its header says how many channels follow.
	args = append(args, "-map", "0:a:0", "-vn", "-sn", "-dn", "-threads", fmt.Sprint(d.threads()))
	if rateHz > 0 {
		args = append(args, "-ar", fmt.Sprint(rateHz))
	}
	args = append(args, "-c:a", "pcm_f32be", "-f", "au", "pipe:1")
	var b []byte
	err = d.run(ctx, d.ffmpeg(), path, args, func(r io.Reader) (err error) {
		b, err = readBounded(r, d.maxBytes(), "sound")
		return err
	})
	if err != nil {
		return nil, err
	}
	s, err := decodeAU(path, b)
	if err != nil {
		return nil, err
	}
	length := float64(len(s.Samples)) / float64(s.SampleRateHz)
	if err := d.checkShort(path, info, length, count(len(s.Samples), "sample")); err != nil {
		return nil, err
	}
	return s, nil
}

// decodeAU reads what ffmpeg writes as AU: 32-bit floats, of channels that are averaged; name is the file's, for
// errors.
func decodeAU(name string, b []byte) (*audio.Sound, error) {
	broken := func(reason string, args ...any) (*audio.Sound, error) {
		return nil, &data.FormatError{File: name, Reason: fmt.Sprintf(reason, args...)}
	}
	const header, float = 24, 6
	if len(b) < header || string(b[:4]) != ".snd" {
		return broken("no sound could be decoded")
	}
	word := func(i int) int { return int(binary.BigEndian.Uint32(b[4*i:])) }
	start, encoding, rate, channels := word(1), word(3), word(4), word(5)
	if encoding != float || rate == 0 || channels == 0 || channels > 1024 || start < header || start > len(b) {
		return broken(
			"sound of encoding %d, %d Hz and %d channels from byte %d, want encoding %d", encoding, rate, channels,
			start, float,
		)
	}
	b = b[start:]
	s := &audio.Sound{SampleRateHz: rate, Samples: make([]float32, len(b)/(4*channels))}
	for i := range s.Samples {
		var sum float64
		for range channels {
			sum += float64(math.Float32frombits(binary.BigEndian.Uint32(b)))
			b = b[4:]
		}
		x := float32(sum / float64(channels))
		if x-x != 0 { // infinite or not a number
			return nil, data.NotFinite(name, fmt.Sprintf("sample %d", i), sum/float64(channels))
		}
		s.Samples[i] = x
	}
	if len(s.Samples) == 0 {
		return broken("0 samples could be decoded, want at least 1")
	}
	return s, nil
}
