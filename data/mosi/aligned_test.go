package mosi

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
	"github.com/primewindow/primewindow/internal/npy"
)

// array is an NPY file of float32.
func array(values []float32, shape ...int) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return npy.Encode("<f4", b, shape...)
}

// alignedFiles are arrays of a made set by name: text has 2 steps of 3 features, audio 2 of 1, vision 2 of 2; every
// value is the utterance's number.
func alignedFiles() map[string][]byte {
	files := map[string][]byte{}
	scores := map[string][]float32{"train": {-2.4, 0, 1, 3}, "valid": {0.2, -1}, "test": {-0.6, 0, 2}}
	for part, list := range scores {
		n := len(list)
		files[part+"_labels.npy"] = array(list, n, 1, 1)
		for name, features := range map[string]int{"text": 3, "audio": 1, "vision": 2} {
			var values []float32
			for i := range n * 2 * features {
				values = append(values, float32(i/(2*features)))
			}
			files[part+"_"+name+".npy"] = array(values, n, 2, features)
		}
	}
	return files
}

func writeAligned(t *testing.T, files map[string][]byte) string {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, b := range files {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(b)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return write(t, map[string][]byte{alignedFile: out.Bytes()})
}

func TestAligned(t *testing.T) {
	dir := writeAligned(t, alignedFiles())
	for _, tt := range []struct {
		zero   string
		train  []int32
		tested []string
		reason string
	}{
		{positiveZero, []int32{0, 1, 1, 1}, []string{"test/0", "test/1", "test/2"}, "0 is no negative sentiment"},
		{negativeZero, []int32{0, 0, 1, 1}, []string{"test/0", "test/1", "test/2"}, "nor a positive one"},
		{
			skipZero, []int32{0, 1, 1}, []string{"test/0", "test/2"},
			"or it is left out, and the others keep their names",
		},
	} {
		d := datatest.Open(t, Open, dir, map[string]any{"zero": tt.zero}) // auto: there are no tables
		b := datatest.ReadAll(t, d, data.Train)
		if diff := cmp.Diff(tt.train, b.Labels); diff != "" {
			t.Errorf("zero %s (-want +got)\n%s\nreason: %s", tt.zero, diff, tt.reason)
		}
		var ids []string
		for i := range d.Len(data.Test) {
			id, _ := d.Identity(data.Test, i)
			ids = append(ids, id)
		}
		if diff := cmp.Diff(tt.tested, ids); diff != "" {
			t.Errorf("zero %s (-want +got)\n%s\nreason: %s", tt.zero, diff, tt.reason)
		}
	}
	d := datatest.Open(t, Open, dir, nil)
	if unfit := d.Describe().Unfit; unfit != "" {
		t.Errorf("the validation split is unfit by %q, want nothing: it is the corpus's own", unfit)
	}
	if diff := cmp.Diff([]data.Modality{
		{Name: "text", Kind: data.Sequence, Shape: []int{2, 3}},
		{Name: "audio", Kind: data.Sequence, Shape: []int{2, 1}},
		{Name: "video", Kind: data.Sequence, Shape: []int{2, 2}},
	}, d.Describe().Modalities); diff != "" {
		t.Errorf("modalities (-want +got)\n%s", diff)
	}
	// The first utterance's rows are zeros, so padding. Features 1, 2, 3 have mean 2 and variance 2/3; a test utterance
	// of 2 is 0 above, one of 1 is 1/sqrt(2/3) below.
	b, err := d.Read(data.Test, []int{0, 1, 2}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0, -1 / math.Sqrt(2./3), 0} {
		if got := float64(b.X["video"][4*i+3]); math.Abs(got-want) > 1e-6 { // float32
			t.Errorf("a feature of test utterance %d is %v, want %v", i, got, want)
		}
	}
}

// rename gives arrays of all splits another name.
func rename(files map[string][]byte, from, to string) {
	for _, part := range []string{"train", "valid", "test"} {
		files[part+"_"+to+".npy"] = files[part+"_"+from+".npy"]
		delete(files, part+"_"+from+".npy")
	}
}

// TestAlignedSpellings reads what different pickles call the same, in the shapes that they give it.
func TestAlignedSpellings(t *testing.T) {
	text := datatest.NPY(1, datatest.Header("<U5", false, 4), make([]byte, 4*20))
	objects := datatest.NPY(1, datatest.Header("|O", false, 4), []byte("\x80\x04."))
	for _, tt := range []struct {
		name   string
		change func(f map[string][]byte)
		reason string
	}{
		{"newer", func(f map[string][]byte) {
			rename(f, "labels", "regression_labels")
			f["train_regression_labels.npy"] = array([]float32{-2.4, 0, 1, 3}, 4)
			f["valid_regression_labels.npy"] = array([]float32{0.2, -1}, 2, 1)
		}, "as the pickles that most papers use now have it"},
		{
			"both", func(f map[string][]byte) { f["test_regression_labels.npy"] = f["test_labels.npy"] },
			"they say the same",
		},
		{"classes", func(f map[string][]byte) {
			for part, list := range map[string][]float32{"train": {0, 1, 2, 2}, "valid": {2, 0}, "test": {0, 1, 2}} {
				delete(f, part+"_labels.npy")
				f[part+"_classification_labels.npy"] = datatest.NPY(
					1, datatest.Header("<i8", false, len(list)), datatest.Numbers("<i8", list),
				)
			}
		}, "0 negative, 1 neutral, 2 positive"},
		{"others beside", func(f map[string][]byte) {
			f["train_id.npy"], f["train_annotations.npy"], f["train_raw_text.npy"] = text, text, objects
			f["train_classification_labels.npy"] = array([]float32{9}, 1)
		}, "what is not used may be anything"},
		{"video", func(f map[string][]byte) { rename(f, "vision", "video") }, "as this program calls it"},
		{"columns and half", func(f map[string][]byte) {
			var values []float32
			for i := range 8 {
				values = append(values, float32(i/2))
			}
			shape := []int{4, 2, 1}
			f["train_audio.npy"] = datatest.NPY(
				2, datatest.Header("<f2", true, shape...), datatest.Numbers("<f2", datatest.Columns(values, shape)),
			)
		}, "any array that NumPy writes"},
	} {
		files := alignedFiles()
		want := datatest.ReadAll(t, datatest.Open(t, Open, writeAligned(t, files), nil), data.Train)
		tt.change(files)
		got := datatest.ReadAll(t, datatest.Open(t, Open, writeAligned(t, files), nil), data.Train)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s\nreason: %s", tt.name, diff, tt.reason)
		}
	}
}

// TestAlignedEmotions says whose seven labels these are, and what to do.
func TestAlignedEmotions(t *testing.T) {
	files := alignedFiles()
	for _, shape := range [][]int{{4, 7}, {4, 1, 7}} {
		files["train_labels.npy"] = array(make([]float32, 28), shape...)
		_, err := Open(writeAligned(t, files), nil)
		if err == nil || !strings.Contains(err.Error(), "CMU-MOSEI") ||
			!strings.Contains(data.Hint(err), "labels[..., :1]") {
			t.Errorf("labels of shape %v: %v, hint %q", shape, err, data.Hint(err))
		}
	}
}

func TestAlignedErrors(t *testing.T) {
	for _, tt := range []struct {
		name   string
		spoil  func(files map[string][]byte)
		want   string
		reason string
	}{
		{
			"modality", func(f map[string][]byte) { delete(f, "valid_audio.npy") },
			"no array valid_audio, want it beside ", "a part of the set",
		},
		{
			"labels", func(f map[string][]byte) { delete(f, "test_labels.npy") },
			"no array test_labels or test_regression_labels or test_classification_labels, want it beside ", "likewise",
		},
		{
			"rows", func(f map[string][]byte) { f["test_text.npy"] = array(make([]float32, 12), 2, 2, 3) },
			"test_text of shape [2 2 3], want [3, T, F]", "rows belong together",
		},
		{
			"features", func(f map[string][]byte) { f["test_text.npy"] = array(make([]float32, 24), 3, 2, 4) },
			"test_text of shape [3 2 4], want [3, 2, 3] as in the other splits", "one encoder serves all",
		},
		{
			"no sequence", func(f map[string][]byte) { f["test_text.npy"] = array(nil, 3, 0, 3) },
			"test_text of shape [3 0 3]", "nothing to read",
		},
		{
			"single number", func(f map[string][]byte) { f["test_labels.npy"] = array([]float32{1}) },
			"test_labels of shape [], want one number an utterance", "whose?",
		},
		{
			"one class", func(f map[string][]byte) { f["train_labels.npy"] = array([]float32{0.5, 1, 2, 1}, 4) },
			"all 4 utterances of split train are of one class, want sentiments", "classes under the sentiments' name",
		},
		{
			"two spellings",
			func(f map[string][]byte) { f["train_regression_labels.npy"] = array([]float32{1, 0, 1, -3}, 4) },
			"train_labels and train_regression_labels differ", "which one holds",
		},
		{"score, newer", func(f map[string][]byte) {
			rename(f, "labels", "regression_labels")
			f["test_regression_labels.npy"] = array([]float32{0, 4, 1}, 3)
		}, "test_regression_labels: row 1 is 4, want a sentiment from -3 to 3", "as by the older name"},
		{
			"classes", func(f map[string][]byte) { rename(f, "labels", "classification_labels") },
			"classification_labels: row 0 is -2.4, want a class from 0, negative, to 2, positive",
			"sentiments under the classes' name",
		},
		{
			"score", func(f map[string][]byte) { f["test_labels.npy"] = array([]float32{0, 4, 1}, 3) },
			"test_labels: row 1 is 4, want a sentiment from -3 to 3", "another scale, or classes",
		},
		{
			"two labels", func(f map[string][]byte) { f["test_labels.npy"] = array(make([]float32, 6), 3, 2) },
			"test_labels of shape [3 2], want one number an utterance", "emotions beside",
		},
		{"infinite", func(f map[string][]byte) {
			f["train_audio.npy"] = array([]float32{0, 0, float32(math.Inf(-1)), 0, 0, 0, 0, 0}, 4, 2, 1)
		}, "train_audio[1, 0, 0] is -Inf, want a finite number", "as the extractor writes silence"},
		{
			"all left out", func(f map[string][]byte) { f["valid_labels.npy"] = array([]float32{0, 0}, 2) },
			"no utterance in split val", "with zero=skip",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := alignedFiles()
			tt.spoil(files)
			_, err := Open(writeAligned(t, files), map[string]any{"zero": skipZero})
			if err == nil || !strings.Contains(err.Error(), alignedFile) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open: %v, want %s and %q\nreason: %s", err, alignedFile, tt.want, tt.reason)
			}
		})
	}
	dir := t.TempDir()
	if _, err := Open(dir, map[string]any{"features": alignedFeatures}); err == nil ||
		!strings.Contains(err.Error(), filepath.Join(Folder, alignedFile)) {
		t.Errorf("Open without the file: %v", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, Folder), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, nil); err == nil || !strings.Contains(err.Error(), "transcripts.csv") {
		t.Errorf("Open of nothing: %v, want the tables named", fmt.Sprint(err))
	}
}
