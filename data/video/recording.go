package video

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/audio"
)

// Recording decodes a recording with the default [Decoder]. See [Decoder.Recording].
func Recording(ctx context.Context, path string, b []byte, rateHz int) (*audio.Sound, error) {
	return Decoder{}.Recording(ctx, path, b, rateHz)
}

// Recording decodes a recording of any kind, for every loader of sound: WAV files of plain numbers by
// [audio.DecodeWAV], and by ffmpeg WAV files of other codecs and recordings that are no WAV files, whatever they are
// called. b is the file's content, nil where it is to be read. A WAV file keeps its own sample rate, whoever decodes
// it; others are brought to rateHz, or keep theirs where that is 0. Errors are those of [audio.DecodeWAV], which alone
// sees that a WAV file is cut, and of [Decoder.Sound]; without ffmpeg [ErrNoFFmpeg] with what it is wanted for.
func (d Decoder) Recording(ctx context.Context, path string, b []byte, rateHz int) (*audio.Sound, error) {
	if b == nil {
		var err error
		if b, err = data.ReadFile(path); err != nil {
			return nil, fmt.Errorf("audio: %w", err)
		}
	}
	if !audio.IsWAV(b) && sounds(path, b) {
		s, err := d.Sound(ctx, path, rateHz)
		if errors.Is(err, ErrNoFFmpeg) {
			return nil, without(&data.UnsupportedError{File: path, Feature: "a recording that is no WAV file"})
		}
		return s, err
	}
	s, err := audio.DecodeWAV(path, b)
	codec, ok := errors.AsType[*data.UnsupportedError](err)
	if !ok {
		return s, err
	}
	s, err = d.Sound(ctx, path, 0)
	broken, ok := errors.AsType[*data.FormatError](err)
	switch {
	case errors.Is(err, ErrNoFFmpeg):
		return nil, without(codec)
	case ok && broken.Hint == "":
		return nil, &data.UnsupportedError{File: path, Feature: codec.Feature + ", nor by ffmpeg: " + broken.Reason}
	}
	return s, err
}

// without is the fault of a file that only ffmpeg reads, where that is missing.
func without(odd *data.UnsupportedError) error {
	odd.Hint = "install ffmpeg, for example: apt-get install ffmpeg"
	return fmt.Errorf("%w, without ffmpeg: %w", odd, ErrNoFFmpeg)
}

// RecordingDuration is how long a recording of any kind lasts, without decoding it: a WAV file's by
// [audio.DecodeDuration], whose errors it returns; 0 of what [Recording] leaves to ffmpeg by its first bytes.
func RecordingDuration(path string) (time.Duration, error) {
	length, err := audio.ReadDuration(path)
	if err != nil && othersSound(path) {
		return 0, nil
	}
	return length, err
}

// othersSound tells whether a file is a recording, but no WAV file.
func othersSound(path string) bool {
	f, _, err := data.OpenFile(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, headBytes)
	n, _ := io.ReadFull(f, head) // of a shorter file what there is
	return !audio.IsWAV(head[:n]) && sounds(path, head[:n])
}

// headBytes of a file tell what it is.
const headBytes = 64

// magics are how recordings begin that are no WAV files: FLAC, Ogg, MP3 with its remarks, CAF, AU, AMR, WavPack,
// Monkey's Audio, TTA, ASF, Matroska, AC-3.
var magics = []string{
	"fLaC", "OggS", "ID3", "caff", ".snd", "#!AMR", "wvpk", "MAC ", "TTA1", "\x30\x26\xb2\x75\x8e\x66\xcf\x11",
	"\x1a\x45\xdf\xa3", "\x0b\x77",
}

// sounds tells whether a file that is no WAV file is a recording, by its first bytes, or else by a name that does not
// say that it is a WAV file.
func sounds(path string, b []byte) bool {
	within := func(at int, text string) bool { return len(b) >= at && bytes.HasPrefix(b[at:], []byte(text)) }
	switch ext := strings.ToLower(filepath.Ext(path)); {
	case len(b) == 0 || within(0, "RIF") || within(0, "RF64") || within(0, "BW64"): // RIFF of another form, or cut
		return false
	case ext != "" && ext != ".wav" && ext != ".wave":
		return true
	}
	return slices.ContainsFunc(magics, func(m string) bool { return within(0, m) }) || within(4, "ftyp") ||
		within(0, "FORM") && within(8, "AIF") || len(b) > 1 && b[0] == 0xff && b[1]&0xe0 == 0xe0 // MP3 and AAC
}
