package audio

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/primewindow/primewindow/internal/datatest"
)

// TestDecodeDuration has the chunks of a WAV file in other orders and sizes.
func TestDecodeDuration(t *testing.T) {
	whole := string(datatest.WAV(16000, datatest.Tone(16000, 0.01)))
	list := "LIST\x03\x00\x00\x00abc\x00" // an odd chunk and its padding
	for _, tt := range []struct{ name, file, want string }{
		{"plain", whole, "1s"},
		{"chunk between", whole[:36] + list + whole[36:], "1s"},
		{"chunk before", whole[:12] + list + whole[12:], "1s"},
		{"bytes behind", whole + "more", "1s"},
		{"another codec", whole[:20] + "\x55" + whole[21:], "1s"},
		{"samples before the format", whole[:12] + whole[36:] + whole[12:36], "1s"},
		{"no samples", whole[:40] + "\x00\x00\x00\x00", "no samples"},
		{"header alone", whole[:12], "no format chunk"},
		{"cut in the header", whole[:10], "10 bytes, want at least 12 of a RIFF header"},
		{"cut in the samples", whole[:100], `truncated: chunk "data" of 56 bytes, want 32000`},
		{"another", "ID3\x04" + strings.Repeat("x", 40), `begins with "ID3\x04", want RIFF`},
	} {
		d, err := DecodeDuration("a.wav", io.NewSectionReader(strings.NewReader(tt.file), 0, int64(len(tt.file))))
		if got := d.String(); err == nil && got != tt.want || err != nil && err.Error() != "a.wav: "+tt.want {
			t.Errorf("%s: %v, %v, want %s", tt.name, d, err, tt.want)
		}
	}
}

// TestReadDuration wants what decoding the whole file gives.
func TestReadDuration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.wav")
	datatest.Put(t, path, datatest.WAV(8000, datatest.Tone(1000, 0.01)))
	s, err := ReadWAV(path)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := ReadDuration(path); err != nil || d != time.Second*time.Duration(
		len(s.Samples),
	)/time.Duration(s.SampleRateHz) {
		t.Errorf("%v, %v, want 125 ms", d, err)
	}
	if _, err := ReadDuration(path + "x"); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(
		err.Error(), "audio: ",
	) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func FuzzDecodeDuration(f *testing.F) {
	f.Add(datatest.WAV(16000, datatest.Tone(100, 0.01)))
	f.Add([]byte("RIFF\x24\x00\x00\x00WAVEdata\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := DecodeDuration("x", io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b))))
		if d < 0 || d > time.Duration(len(b))*time.Second || err != nil && d != 0 {
			t.Fatalf("%d bytes last %v, %v", len(b), d, err)
		}
	})
}
