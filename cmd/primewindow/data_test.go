package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data/catalog"
)

// wav is a mono WAV file of 16 bits: a tone of the digit's own.
func wav(rateHz, digit, n int) []byte {
	b := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(36+2*n))
	b = append(b, "WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(rateHz))
	b = binary.LittleEndian.AppendUint32(b, uint32(2*rateHz))
	b = binary.LittleEndian.AppendUint32(append(b, "\x02\x00\x10\x00data"...), uint32(2*n))
	for i := range n {
		tone := 8000 * math.Sin(2*math.Pi*float64((300+300*digit)*i)/8000)
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(tone)))
	}
	return b
}

// idx is an IDX file of unsigned bytes.
func idx(values []byte, sizes ...int) []byte {
	b := []byte{0, 0, 8, byte(len(sizes))}
	for _, n := range sizes {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return append(b, values...)
}

const madeImages = 40 // in each part of MNIST

// makeDigits writes a set of two speakers with two takes of each digit, and of images that are bars.
func makeDigits(t *testing.T, s *stage, dir string) {
	t.Helper()
	for digit := range 10 {
		for _, speaker := range []string{"george", "theo"} {
			for take := range 2 {
				s.write(
					t, fmt.Sprintf("%s/fsdd/recordings/%d_%s_%d.wav", dir, digit, speaker, take),
					wav(8000, digit, 700+10*take),
				)
			}
		}
	}
	for _, part := range []string{"train", "t10k"} {
		pixels, labels := make([]byte, madeImages*28*28), make([]byte, madeImages)
		for i := range madeImages {
			labels[i] = byte(i % 10)
			for k := range 28 * (2 + i%10) {
				pixels[i*28*28+k] = byte(100 + i)
			}
		}
		s.write(t, dir+"/mnist/"+part+"-images-idx3-ubyte", idx(pixels, madeImages, 28, 28))
		s.write(t, dir+"/mnist/"+part+"-labels-idx1-ubyte", idx(labels, madeImages))
	}
}

// smallDigits are flags for a run on made digits, a few milliseconds a step.
func smallDigits(more ...string) []string {
	return append([]string{
		"run", "-data", "digits", "-epochs", "1", "-set", "batch=8", "-set", "data.val_share=0", "-set",
		"probe_samples=8", "-set", "linear_samples=16",
		"-set", "encoder.audio=cnn2d:4", "-set", "encoder.visual=cnn2d:4", "-set", "every.accuracy=never", "-set",
		"every.linear=never",
	}, more...)
}

// TestDigits runs on a small set of recordings and images, and then damages one of its files at a time: a run that
// is there is left as it was, and goes on when the file is back.
func TestDigits(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	makeDigits(t, s, "data")
	s.env = []string{"PRIMEWINDOW_DATA=" + s.path("data")}
	if p := s.must(t, "data", "list"); !strings.Contains(p.out, s.path("data")) {
		t.Errorf("data list does not say where digits are:\n%s", p.out)
	}
	s.must(t, smallDigits("-out", "there")...)
	const (
		take   = "data/fsdd/recordings/3_theo_1.wav"
		images = "data/mnist/train-images-idx3-ubyte"
		labels = "data/mnist/train-labels-idx1-ubyte"
	)
	sound, numbers := wav(8000, 3, 710), []byte(s.read(t, labels))
	bad := append([]byte(nil), numbers...)
	bad[8+17] = 10
	for _, tt := range []struct {
		name    string
		file    string
		content []byte // nil removes the file
		message string
		hint    string
		reason  string
	}{
		{
			"missing WAV", take, nil, "3_theo_1.wav: missing", "data fetch digits",
			"a smaller set must not pass for the whole",
		},
		{"empty WAV", take, []byte{}, "3_theo_1.wav: empty", "broke off", "a download that never began"},
		{
			"truncated WAV", take, sound[:len(sound)-99], "3_theo_1.wav: truncated", "damaged",
			"a download that was cut off",
		},
		{
			"wrong rate", take, wav(16000, 3, 710), "3_theo_1.wav: not supported: sample rate 16000 Hz, want 8000 Hz",
			"convert the file", "whole, but of another kind",
		},
		{
			"no WAV", take, []byte(strings.Repeat("<html>", 20)), "3_theo_1.wav: a web page", "refused",
			"an error page under the name",
		},
		{
			"digit 12", "data/fsdd/recordings/12_theo_0.wav", sound, `label "12", want a digit from 0 to 9`, "damaged",
			"the label stands in the name",
		},
		{
			"missing IDX", images, nil, "train-images-idx3-ubyte: neither it nor", "data fetch digits",
			"with and without .gz",
		},
		{"empty IDX", images, []byte{}, "train-images-idx3-ubyte: 0 bytes", "broke off", "a download that never began"},
		{
			"truncated IDX", images, []byte(s.read(t, images))[:5000],
			"train-images-idx3-ubyte: truncated: 4984 bytes of values", "damaged", "a download that was cut off",
		},
		{
			"label out of range", labels, bad, "train-labels-idx1-ubyte: label 10 at place 17, want at most 9",
			"damaged", "ten classes",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			old, err := os.ReadFile(s.path(tt.file))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			defer func() {
				if old == nil {
					if err := os.Remove(s.path(tt.file)); err != nil {
						t.Error(err)
					}
					return
				}
				s.write(t, tt.file, old)
			}()
			if tt.content == nil {
				if err := os.Remove(s.path(tt.file)); err != nil {
					t.Fatal(err)
				}
			} else {
				s.write(t, tt.file, tt.content)
			}
			before := fingerprint(t, s.dir)
			for _, out := range []string{"there", "new"} {
				p := s.play(t, smallDigits("-epochs", "2", "-out", out)...)
				checkProblem(t, p, tt.message, tt.hint)
				if fingerprint(t, s.dir) != before {
					t.Errorf("files have changed\nreason: %s", tt.reason)
				}
			}
		})
	}
	if p := s.must(
		t, smallDigits("-epochs", "2", "-out", "there")...,
	); strings.Count(s.read(t, "there", "metrics.jsonl"), "\n") != 4 {
		t.Errorf("with the files back, want 4 steps\n%s", p.err)
	}
	if err := os.Remove(s.path("data/fsdd/recordings/3_theo_1.wav")); err != nil {
		t.Fatal(err)
	}
	for digit := range 10 { // the set is whole again, but smaller
		for _, speaker := range []string{"george", "theo"} {
			if err := os.Remove(s.path(fmt.Sprintf("data/fsdd/recordings/%d_%s_1.wav", digit, speaker))); err != nil &&
				!errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
		}
	}
	checkProblem(
		t, s.play(t, smallDigits("-epochs", "3", "-out", "there")...), "other samples of digits",
		"bring the old files back",
	)
	s.env = nil
	checkProblem(
		t, s.play(t, smallDigits("-out", "new")...), "data digits: no folders [fsdd mnist]", "data fetch digits",
	)
	checkProblem(t, s.play(t, smallDigits("-out", "new", "-dir", s.path("x"))...), "recordings: no such file", "-dir")
}

// TestDataList wants a set a line, its name first.
func TestDataList(t *testing.T) {
	s := newStage(t)
	list := map[string]string{}
	for line := range strings.Lines(s.must(t, "data", "list").out) {
		name, rest, _ := strings.Cut(line, " ")
		list[name] = rest
	}
	for _, set := range catalog.Sets(s.path("p")) {
		if !strings.Contains(list[set.Name], set.Doc) {
			t.Errorf("the line of %s is %q, want it to say %q", set.Name, list[set.Name], set.Doc)
		}
		delete(list, set.Name)
	}
	if len(list) > 0 {
		t.Errorf("lines of no set: %q", list)
	}
}

// TestFetchRefuses: what a server gives is taken only with the right checksum.
func TestFetchRefuses(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answer  http.HandlerFunc
		message string
		reason  string
	}{
		{"not there", http.NotFound, "404", "a mirror that lacks the file"},
		{
			"another file",
			func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>sign in</html>")) }, "gzip",
			"a portal that answers everything",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t)
			server := httptest.NewServer(tt.answer)
			defer server.Close()
			p := s.play(
				t, "data", "fetch", "digits", "-mnist", server.URL, "-fsdd", server.URL+"/fsdd.tar.gz", "-dir",
				s.path("data"),
			)
			checkProblem(t, p, tt.message, "the same command goes on")
			for _, folder := range []string{"mnist", "fsdd"} {
				if _, err := os.Stat(filepath.Join(s.path("data"), folder)); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s: %v, want that nothing was installed\nreason: %s", folder, err, tt.reason)
				}
			}
		})
	}
}
