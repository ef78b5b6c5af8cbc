package digits

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

// What kind of error a broken set gives.
const (
	isFormat = iota
	isUnsupported
	isMissing
	isOther
)

func kindOf(err error) int {
	var format *data.FormatError
	var unsupported *data.UnsupportedError
	switch {
	case errors.As(err, &format):
		return isFormat
	case errors.As(err, &unsupported):
		return isUnsupported
	case errors.Is(err, fs.ErrNotExist):
		return isMissing
	}
	return isOther
}

// TestBrokenSets damages one file at a time and wants one line that names it.
func TestBrokenSets(t *testing.T) {
	arrays := madeArrays()
	labels, pixels := arrays["train-labels-idx1-ubyte"], arrays["t10k-images-idx3-ubyte"]
	recordings := madeRecordings()
	take := recordings["3_theo_2.wav"]
	const (
		wavFile    = "fsdd/recordings/3_theo_2.wav"
		labelFile  = "mnist/train-labels-idx1-ubyte.gz"
		pixelsFile = "mnist/t10k-images-idx3-ubyte.gz"
	)
	for _, tt := range []struct {
		name    string
		file    string // below the set's folder
		content []byte // nil removes the file
		named   string // what the error names, when it is not file
		want    string
		kind    int
		reason  string
	}{
		{
			"no recording", wavFile, nil, "", "want takes 0 to 5 of every digit", isMissing,
			"a smaller set must not pass for the whole",
		},
		{"empty recording", wavFile, []byte{}, "", "empty", isFormat, "a download that never began"},
		{"truncated recording", wavFile, take[:len(take)-7], "", "truncated", isFormat, "a download that was cut off"},
		{
			"another rate", wavFile, datatest.WAV(16000, make([]int16, 900)), "", "sample rate 16000 Hz, want 8000 Hz",
			isUnsupported, "whole, but not of this set",
		},
		{"no WAV", wavFile, bytes.Repeat([]byte("x"), 99), "", "want RIFF", isFormat, "an error page under the name"},
		{
			"digit 12", "fsdd/recordings/12_theo_0.wav", take, "", `label "12", want a digit from 0 to 9`, isFormat,
			"labels are digits",
		},
		{
			"no digit", "fsdd/recordings/theo.wav", take, "", `name "theo", want {digit}_{speaker}_{take}`, isFormat,
			"a stray recording has no label",
		},
		{"no take", "fsdd/recordings/1_theo_x.wav", take, "", `take "x"`, isFormat, "a number"},
		{
			"other spelling", "fsdd/recordings/1_theo_01.wav", take, "", `want "1_theo_1"`, isFormat,
			"it would be a take twice",
		},
		{
			"later take", "fsdd/recordings/0_theo_6.wav", take, "fsdd/recordings/0_george_6.wav", "missing", isMissing,
			"then every speaker has a take 6 of every digit",
		},
		{
			"no labels", labelFile, nil, "mnist/train-labels-idx1-ubyte", "neither it nor", isMissing,
			"with and without .gz are looked for",
		},
		{
			"truncated labels", labelFile, zipped(labels[:100]), "", "truncated: 92 bytes of values, want 500",
			isFormat, "cut before it was compressed",
		},
		{"truncated gzip", labelFile, zipped(labels)[:40], "", "gzip: unexpected EOF", isFormat, "cut after"},
		{
			"label 10", labelFile, zipped(withByte(labels, 8+17, 10)), "", "label 10 at place 17, want at most 9",
			isFormat, "ten classes",
		},
		{
			"fewer labels", labelFile, zipped(idxFile(labels[8:107], 99)), "", "99 labels, want 500, as many as images",
			isFormat, "two files that do not belong together",
		},
		{
			"labels for images", pixelsFile, zipped(labels), "", "magic number 0x00000801, want 0x00000803", isFormat,
			"files exchanged",
		},
		{
			"truncated images", pixelsFile, zipped(pixels[:5000]), "", "truncated: 4984 bytes of values", isFormat,
			"cut before it was compressed",
		},
		{
			"other images", pixelsFile, zipped(idxFile(make([]byte, 100), 4, 5, 5)), "",
			"images of [5 5] pixels, want [28 28]", isFormat, "another set of images",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := made(t)
			file := filepath.Join(dir, filepath.FromSlash(tt.file))
			if tt.content == nil {
				if err := os.Remove(file); err != nil {
					t.Fatal(err)
				}
			} else if err := os.WriteFile(file, tt.content, 0o600); err != nil {
				t.Fatal(err)
			}
			named := file
			if tt.named != "" {
				named = filepath.Join(dir, filepath.FromSlash(tt.named))
			}
			d, err := Open(dir, nil)
			if err == nil || d != nil || kindOf(err) != tt.kind {
				t.Fatalf("Open = %v, %T %v, want kind %d\nreason: %s", d, err, err, tt.kind, tt.reason)
			}
			if msg := err.Error(); !strings.Contains(msg, named+":") || !strings.Contains(msg, tt.want) ||
				strings.Contains(msg, "\n") {
				t.Errorf("Open: %q, want one line with %s and %q\nreason: %s", msg, named, tt.want, tt.reason)
			}
		})
	}
}

// withByte is b with another byte at a place.
func withByte(b []byte, at int, v byte) []byte {
	b = bytes.Clone(b)
	b[at] = v
	return b
}

func TestSetsThatCannotBeSplit(t *testing.T) {
	dir := made(t)
	for _, tt := range []struct {
		name     string
		settings map[string]any
		remove   string // a speaker whose recordings go, for this row and the next ones
		want     string
		reason   string
	}{
		{
			"images run out", map[string]any{"images_per_recording": 9}, "", "50 images of digit 0 in mnist/train",
			"6 takes by 9 images are more than 50",
		},
		{"nobody to test", nil, "theo", "protocol speakers: no recording for split test", "lucas is not there either"},
		{"nobody at all", nil, "george", "no recordings, want files", "the folder is empty then"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for digit := range 10 {
				for take := range madeTakes {
					name := recording{digit, tt.remove, take}.name() + ".wav"
					if err := os.Remove(filepath.Join(recordingsDir(dir), name)); tt.remove != "" && err != nil {
						t.Fatal(err)
					}
				}
			}
			if _, err := Open(dir, tt.settings); err == nil || !strings.Contains(err.Error(), tt.want) ||
				strings.Contains(err.Error(), "\n") {
				t.Errorf("Open: %v, want %q\nreason: %s", err, tt.want, tt.reason)
			}
		})
	}
	if _, err := Open(t.TempDir(), nil); !errors.Is(err, fs.ErrNotExist) ||
		!strings.Contains(err.Error(), "recordings") {
		t.Errorf("Open of an empty folder: %v, want one that names the folder of recordings", err)
	}
}

func TestOtherFilesArePassedOver(t *testing.T) {
	dir := made(t)
	for _, name := range []string{".DS_Store", "README.md"} {
		if err := os.WriteFile(filepath.Join(recordingsDir(dir), name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if d := open(t, dir, nil); d.Len(data.Test) != 120 {
		t.Errorf("%d test samples, want 120", d.Len(data.Test))
	}
}
