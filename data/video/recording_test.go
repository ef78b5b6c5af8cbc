package video

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestRecording reads one recording in every form in which programs write it, those of telephones by ffmpeg, and names
// what is cut whoever would decode it.
func TestRecording(t *testing.T) {
	for _, law := range []func(byte) int16{datatest.MuLaw, datatest.ALaw} {
		datatest.Forms(t, "x.wav", datatest.Waves(
			11025, datatest.Telephone(law, 4000, 0.03),
		), func(path string) ([]float32, error) {
			s, err := Recording(t.Context(), path, nil, 8000)
			if err != nil {
				return nil, err
			}
			length, err := RecordingDuration(path)
			if s.SampleRateHz != 11025 || length.Round(time.Millisecond) != 363*time.Millisecond {
				t.Errorf("%d Hz, %v, want 11025 Hz, the file's own, and 363 ms", s.SampleRateHz, length)
			}
			return s.Samples, err
		})
	}
}

// TestRecordingWithout says what ffmpeg is wanted for.
func TestRecordingWithout(t *testing.T) {
	d := Decoder{FFmpeg: "no-such-ffmpeg", FFprobe: "no-such-ffprobe"}
	for _, tt := range []struct{ name, file, want string }{
		{
			"x.wav", string(datatest.Wave{Codec: 7, Bits: 8}.File(8000, make([]byte, 100))),
			"x.wav: not supported: codec 0x7, mu-law, without ffmpeg: ffmpeg is not installed",
		},
		{
			"x.wav", string(datatest.Wave{Codec: 0x55, Bits: 8}.File(8000, make([]byte, 100))),
			"x.wav: not supported: codec 0x55, MP3, without ffmpeg: ffmpeg is not installed",
		},
		{
			"x.wav", "fLaC and so on",
			"x.wav: not supported: a recording that is no WAV file, without ffmpeg: ffmpeg is not installed",
		},
		{
			"x.mp3", "anything",
			"x.mp3: not supported: a recording that is no WAV file, without ffmpeg: ffmpeg is not installed",
		},
	} {
		path := filepath.Join(t.TempDir(), tt.name)
		if _, err := d.Recording(t.Context(), path, nil, 0); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v, want that there is none", tt.name, err)
		}
		datatest.Put(t, path, []byte(tt.file))
		if _, err := d.Recording(t.Context(), path, nil, 0); !errors.Is(err, ErrNoFFmpeg) ||
			!strings.Contains(err.Error(), tt.want) || !strings.Contains(data.Hint(err), "install") {
			t.Errorf("%.8q: %v, want %q", tt.file, err, tt.want)
		}
	}
	for _, text := range []string{"version https://git-lfs", "<html>", "RIFF\x00\x00\x00\x00WEBPVP8 ", "RIF"} {
		path := filepath.Join(t.TempDir(), "x.wav")
		datatest.Put(t, path, []byte(text))
		_, err := d.Recording(t.Context(), path, nil, 0)
		_, lengthErr := RecordingDuration(path)
		if _, ok := errors.AsType[*data.FormatError](err); !ok || lengthErr == nil {
			t.Errorf("%.8q: %v, want a fault without ffmpeg", text, err)
		}
	}
}

// TestRecordingCodecs decodes what ffmpeg alone reads, under the name of a WAV file too.
func TestRecordingCodecs(t *testing.T) {
	const tone = "sine=frequency=440:sample_rate=8000:duration=1"
	plain := datatest.FFmpeg(t, ".wav", "-f", "lavfi", "-i", tone)
	path := filepath.Join(t.TempDir(), "x.wav")
	datatest.Put(t, path, plain)
	want, err := Recording(t.Context(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		args []string
		ext  string
		same bool // without loss
	}{
		{"IMA ADPCM", []string{"-c:a", "adpcm_ima_wav"}, ".wav", false},
		{"Microsoft's ADPCM", []string{"-c:a", "adpcm_ms"}, ".wav", false},
		{"streamed", []string{"-c:a", "pcm_s16le", "-f", "wav", "-write_bext", "1"}, ".wav", true},
		{"FLAC", []string{"-c:a", "flac"}, ".flac", true},
		{"W64", []string{"-c:a", "pcm_s16le"}, ".w64", true},
		{"RF64", []string{"-c:a", "pcm_s16le", "-rf64", "always"}, ".wav", true},
		{"AIFF", []string{"-c:a", "pcm_s16be"}, ".aiff", true},
	} {
		b := datatest.FFmpeg(t, tt.ext, append([]string{"-f", "lavfi", "-i", tone}, tt.args...)...)
		path := filepath.Join(t.TempDir(), "x.wav")
		datatest.Put(t, path, b)
		got, err := Recording(t.Context(), path, nil, 0)
		if err != nil || got.SampleRateHz != 8000 || tt.same && !cmp.Equal(got, want) {
			t.Errorf("%s: %v, want the plain file's samples: %v", tt.name, err, tt.same)
			continue
		}
		sum, n := 0.0, min(len(want.Samples), len(got.Samples))
		for i, v := range want.Samples[:n] {
			sum += math.Abs(float64(v-got.Samples[i])) / float64(n)
		}
		if sum > 0.01 || n < 7500 { // a tone of an eighth of the full level, 4 bits a sample that have to find it first
			t.Errorf("%s: %d samples that differ by %v", tt.name, n, sum)
		}
	}
	// A codec that neither reads.
	datatest.Put(t, path, datatest.Wave{Codec: 3, Bits: 24}.File(8000, make([]byte, 300)))
	if _, err := Recording(t.Context(), path, nil, 0); err == nil ||
		!strings.Contains(err.Error(), "codec 0x3 of 24 bits, nor by ffmpeg: ") {
		t.Errorf("floats of 24 bits: %v, want both words", err)
	}
}
