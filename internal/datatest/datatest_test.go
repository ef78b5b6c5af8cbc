package datatest

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/primewindow/primewindow/data"
)

// set is one in memory that breaks its promises where it is told to.
type set struct {
	desc    data.Description
	ids     map[data.Split][]string
	labels  []int
	spoil   func(b *data.Batch, draw uint64)
	lenient bool // no error beyond the ends
	groups  map[data.Split][]string
}

func (s *set) Detail(split data.Split, i int) data.Detail {
	if s.groups == nil {
		return data.Detail{}
	}
	return data.Detail{Group: s.groups[split][i]}
}

func newSet() *set {
	return &set{
		desc: data.Description{
			Name: "made", Classes: []string{"a", "b"},
			Modalities: []data.Modality{
				{Name: "x", Kind: data.Vector, Shape: []int{2}}, {Name: "y", Kind: data.Vector, Shape: []int{1}},
			},
			Provenance: data.Provenance{SplitHash: hex.EncodeToString(make([]byte, 32))},
		},
		ids:    map[data.Split][]string{data.Train: {"s0", "s1", "s2"}, data.Test: {"s3", "s4"}},
		labels: []int{0, 1, 0},
		spoil:  func(*data.Batch, uint64) {},
	}
}

func (s *set) Describe() data.Description                     { return s.desc }
func (s *set) Len(split data.Split) int                       { return len(s.ids[split]) }
func (s *set) Identity(split data.Split, i int) (string, int) { return s.ids[split][i], s.labels[i] }

// Read gives x by sample and draw, and y by sample alone.
func (s *set) Read(split data.Split, indices []int, draw uint64) (*data.Batch, error) {
	b := &data.Batch{Indices: indices, X: map[string][]float32{"x": {}, "y": {}}}
	for _, i := range indices {
		if (i < 0 || i >= s.Len(split)) && !s.lenient {
			return nil, fmt.Errorf("no sample %d", i)
		}
		b.Labels = append(b.Labels, int32(s.labels[max(0, min(i, 2))]))
		b.X["x"] = append(b.X["x"], float32(i), float32(draw))
		b.X["y"] = append(b.X["y"], float32(i))
	}
	s.spoil(b, draw)
	return b, nil
}

func TestContract(t *testing.T) {
	zero := float32(0)
	for _, tt := range []struct {
		name  string
		spoil func(s *set)
		want  string // in the error; empty where there is none
	}{
		{"kept", func(*set) {}, ""},
		{"no hash", func(s *set) { s.desc.Provenance.SplitHash = "ab" }, `split hash "ab", want a SHA-256`},
		{"no name", func(s *set) { s.desc.Name = "" }, `name ""`},
		{
			"one class", func(s *set) { s.desc.Classes = s.desc.Classes[:1]; s.labels = []int{0, 0, 0} },
			`classes ["a"], want`,
		},
		{"a class twice", func(s *set) { s.desc.Classes = []string{"a", "a"} }, `classes ["a" "a"], want`},
		{"modality twice", func(s *set) { s.desc.Modalities[1] = s.desc.Modalities[0] }, `modalities ["x" "x"]`},
		{"empty shape", func(s *set) { s.desc.Modalities[1].Shape = []int{0} }, "modality y of shape [0]"},
		{"sample twice", func(s *set) { s.ids[data.Test][0] = "s1" }, `test 0: name "s1", which one of train has`},
		{"no such class", func(s *set) { s.labels[1] = 2 }, "sample s1: label 2 of 2 classes"},
		{"lenient", func(s *set) { s.lenient = true }, "train: reading sample -1 of 3: no error"},
		{
			"another label", func(s *set) { s.spoil = func(b *data.Batch, _ uint64) { b.Labels[0] ^= 1 } },
			"label 0 of 2 classes, and read as 1",
		},
		{
			"order", func(s *set) { s.spoil = func(b *data.Batch, _ uint64) { b.Indices = places(len(b.Indices)) } },
			"a batch of [0 2 1 0] has samples [0 1 2 3]",
		},
		{
			"modality missing", func(s *set) { s.spoil = func(b *data.Batch, _ uint64) { delete(b.X, "y") } },
			"1 modalities, want as many and 2",
		},
		{
			"short", func(s *set) { s.spoil = func(b *data.Batch, _ uint64) { b.X["x"] = b.X["x"][1:] } },
			"x: 5 values of 3 samples, want 6",
		},
		{
			"not finite", func(s *set) { s.spoil = func(b *data.Batch, _ uint64) { b.X["y"][0] /= zero } },
			"y: value 0 is NaN",
		},
		{
			"place", func(s *set) { s.spoil = func(b *data.Batch, _ uint64) { b.X["y"][0]++ } },
			"sample 0, draw 0: y differs in another batch",
		},
		{"place of a draw", func(s *set) {
			s.spoil = func(b *data.Batch, draw uint64) {
				if draw > 0 {
					b.X["x"][1] += float32(len(b.Indices))
				}
			}
		}, "sample 0, draw 7: x differs in another batch"},
	} {
		s := newSet()
		tt.spoil(s)
		err := Contract(s)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

// TestStrangers: a validation split that shares groups with the training split is told where the test split shares
// none.
func TestStrangers(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(s *set)
		want  string // in the error; empty where there is none
	}{
		{"nothing known", func(*set) {}, ""},
		{"validates on strangers", inGroups("p q q", "r", "t u"), ""},
		{"validates on whom it trains on", inGroups("p q q", "q", "t u"), `group "q" is trained on and validates`},
		{"so it is tested", inGroups("p q q", "q", "t p"), ""},
		{"groups are not known", inGroups("p q q", "- q", "- -"), ""},
	} {
		s := newSet()
		tt.spoil(s)
		if err := Strangers(s); (err == nil) != (tt.want == "") ||
			err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

// inGroups gives the samples of the three splits groups, a word each; - is none.
func inGroups(train, val, test string) func(s *set) {
	return func(s *set) {
		s.groups = map[data.Split][]string{}
		for split, text := range map[data.Split]string{data.Train: train, data.Validation: val, data.Test: test} {
			s.ids[split] = nil
			for i, g := range strings.Fields(text) {
				s.ids[split] = append(s.ids[split], fmt.Sprint(split, i))
				s.groups[split] = append(s.groups[split], strings.Trim(g, "-"))
			}
		}
	}
}

// plain is a set whose draws change nothing.
func plain() *set {
	s := newSet()
	s.spoil = func(b *data.Batch, _ uint64) {
		for i := 1; i < len(b.X["x"]); i += 2 {
			b.X["x"][i] = 0
		}
	}
	return s
}

func TestAugmented(t *testing.T) {
	all := []int{0, 2}
	for _, tt := range []struct {
		name     string
		d, plain data.Dataset
		modality string
		want     string
	}{
		{"x alone", newSet(), plain(), "x", ""},
		{"nothing", plain(), plain(), "x", "x of sample 0: changed by draws false, kept true"},
		{"another", newSet(), plain(), "y", "x of sample 0: changed by draws true, kept false"},
		{"not switched off", newSet(), newSet(), "x", "x: without augmentation draw 7 differs from draw 0"},
	} {
		err := Augmented(tt.d, tt.plain, data.Train, all, tt.modality)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	if err := Same(newSet(), plain(), data.Train, all, 0); err != nil {
		t.Errorf("draw 0: %v, want alike", err)
	}
	if err := Same(newSet(), plain(), data.Train, all, 0, 7); err == nil || err.Error() != "draw 7: x differs" {
		t.Errorf("draw 7: %v, want a difference", err)
	}
	for _, err := range []error{
		Augmented(newSet(), plain(), data.Train, []int{9}, "x"), Same(newSet(), plain(), data.Train, []int{9}, 0),
	} {
		if err == nil || err.Error() != "no sample 9" {
			t.Errorf("beyond the end: %v", err)
		}
	}
}

func TestFiles(t *testing.T) {
	f := Files{"a/b/c": []byte("x"), "a/d": nil, "e": []byte("y")}
	f.Without("a/b")
	dir := f.Write(t)
	st, err := os.Stat(filepath.Join(dir, "a", "d"))
	if err != nil || time.Since(st.ModTime()) < time.Hour {
		t.Errorf("an empty file: %v, want one of yesterday", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "a", "b")); !os.IsNotExist(err) {
		t.Errorf("a file without: %v, want none", err)
	}
}

// TestMedia looks at files byte by byte where a decoder of package data would.
func TestMedia(t *testing.T) {
	x := Tone(8, 0.25)
	if x[0] != 0 || x[1] != 20000 || x[3] != -20000 {
		t.Errorf("Tone: %v, want quarters of a period", x)
	}
	const head = "RIFF\x34\x00\x00\x00WAVEfmt " +
		"\x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x10\x00\x00\x00"
	if b := WAV(8000, x); string(b[:44]) != head || len(b) != 60 {
		t.Errorf("WAV: %q", b)
	}
	img, err := png.Decode(bytes.NewReader(PNG(t, Grey(3, 2, 9))))
	if err != nil || img.Bounds().Dx() != 3 || img.Bounds().Dy() != 2 {
		t.Errorf("PNG: %v", err)
	}
	if r, g, _, _ := Ramp(10, 10).At(9, 0).RGBA(); r>>8 != 229 || g != 0 ||
		!bytes.HasPrefix(JPEG(t, Ramp(10, 10)), []byte("\xff\xd8")) {
		t.Errorf("Ramp: red %d, green %d at the right, want 229 and 0", r>>8, g)
	}
	if v := Level(0, 4); v != 255*0.456 {
		t.Errorf("Level of 0 in green: %v, want the mean", v)
	}
	if b := FFmpeg(
		t, ".avi", "-f", "lavfi", "-i", "color=c=red:s=16x16:r=25:d=0.1",
	); !bytes.HasPrefix(b, []byte("RIFF")) {
		t.Errorf("FFmpeg: begins with %q, want an AVI", b[:8])
	}
}
