package audio

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestForms reads one recording in every form in which programs write it, and refuses what lacks samples.
func TestForms(t *testing.T) {
	for _, law := range []func(byte) int16{datatest.MuLaw, datatest.ALaw} {
		x := datatest.Telephone(law, 400, 0.03)
		var want []float32
		for _, s := range x {
			want = append(want, float32(s)/(1<<15))
		}
		for _, tt := range datatest.Waves(8000, x) {
			got, err := DecodeWAV("x.wav", tt.Bytes)
			_, other := errors.AsType[*data.UnsupportedError](err)
			switch {
			case tt.FFmpeg && !other:
				t.Errorf("%s: %v, want it left to ffmpeg", tt.Name, err)
			case tt.FFmpeg:
			case tt.Want == "" && (err != nil || got.SampleRateHz != 8000 || !slices.Equal(got.Samples, want)):
				t.Errorf("%s: %+v, %v, want its twin's samples\nreason: %s", tt.Name, got, err, tt.Reason)
			case tt.Want != "" && (err == nil || !strings.HasPrefix(
				err.Error(), "x.wav: ",
			) || !strings.Contains(err.Error(), tt.Want) || strings.Contains(err.Error(), "\n")):
				t.Errorf("%s: %v, want one line with %q\nreason: %s", tt.Name, err, tt.Want, tt.Reason)
			}
			if IsWAV(tt.Bytes) != (len(tt.Bytes) > 0 && tt.Name != "another form") {
				t.Errorf("%s: IsWAV says %v", tt.Name, IsWAV(tt.Bytes))
			}
		}
	}
}

// TestCut wants a fault wherever a file is cut, of every width.
func TestCut(t *testing.T) {
	for _, w := range []datatest.Wave{
		{Bits: 8}, {}, {Bits: 24}, {Codec: 3, Bits: 32}, {Extensible: true}, {Big: true}, {Large: "RF64"},
		{Before: "fact\x04\x00\x00\x00\x00\x00\x00\x00"},
	} {
		whole := w.File(8000, make([]byte, 24*5))
		if _, err := DecodeWAV("x", whole); err != nil {
			t.Errorf("%+v: %v", w, err)
		}
		end := len(whole)
		if w.Bits == 8 {
			end-- // one byte less may be padding that was counted
		}
		for n := range end {
			s, err := DecodeWAV("x", whole[:n])
			length, lengthErr := DecodeDuration("x", io.NewSectionReader(bytes.NewReader(whole), 0, int64(n)))
			if err == nil || lengthErr == nil {
				t.Fatalf(
					"%+v cut at %d of %d bytes: %d samples, %v, %v, want faults", w, n, len(whole), len(s.Samples),
					length, lengthErr,
				)
			}
		}
	}
}
