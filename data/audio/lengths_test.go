package audio

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
)

// TestLengths reads files whose lengths are not brought up to date as libsndfile does (testdata/lengths.py), but for
// those that it would cut, read as nothing or fill with what is no sound.
func TestLengths(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "lengths.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name       string
		File       []byte
		Libsndfile []float32
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	whole := map[string][]float32{}
	for _, c := range cases {
		whole[c.Name] = c.Libsndfile
	}
	plain := whole["plain"]
	// Where it differs from libsndfile: what is read instead, nil for a fault.
	differ := map[string]struct {
		want   []float32
		reason string
	}{
		"streamed, remarks behind":       {plain, "libsndfile reads the remarks as samples"},
		"both 0":                         {plain, "libsndfile reads none, ffmpeg all"},
		"data 0":                         {plain, "libsndfile reads none, ffmpeg all"},
		"data 0, RIFF as of no samples":  {plain, "libsndfile reads none, ffmpeg all"},
		"remarks before without padding": {plain, "libsndfile finds no samples"},
		"cut":                            {nil, "half of the samples is missing"},
		"cut, right RIFF":                {nil, "half of the samples is missing, or the header damaged"},
		"cut by a sample":                {nil, "a sample is missing"},
		"cut in a sample":                {nil, "half a sample is missing"},
	}
	for _, c := range cases {
		want, reason := c.Libsndfile, "as libsndfile"
		if d, ok := differ[c.Name]; ok {
			want, reason = d.want, d.reason
			if slices.Equal(want, c.Libsndfile) {
				t.Errorf("%s: libsndfile reads this too", c.Name)
			}
		}
		// libsndfile keeps bytes by 1/128 as we do, and 16 bits by 1/32768: all values are exact.
		s, err := DecodeWAV("x.wav", c.File)
		length, lengthErr := DecodeDuration(
			"x.wav", io.NewSectionReader(bytes.NewReader(c.File), 0, int64(len(c.File))),
		)
		if want == nil {
			bad, ok := errors.AsType[*data.FormatError](err)
			if !ok || lengthErr == nil || !strings.HasPrefix(bad.Reason, "truncated") {
				t.Errorf("%s: %v, duration %v, want both truncated: %s", c.Name, err, lengthErr, reason)
			}
			continue
		}
		if err != nil || !slices.Equal(s.Samples, want) {
			t.Errorf("%s: %v, %+v, want %d samples: %s", c.Name, err, s, len(want), reason)
		}
		if d := length.Seconds() - float64(len(want))/8000; lengthErr != nil || math.Abs(d) > 1.0/8000 {
			t.Errorf("%s: duration %v, %v, want %d samples at 8 kHz", c.Name, length, lengthErr, len(want))
		}
	}
}
