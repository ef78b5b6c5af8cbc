package mosi

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

// widths of the made tables, by modality.
var widths = []int{3, 2, 4}

// madeFiles are a small set by name: six videos of four utterances are trained on, two tested. The first feature of
// each modality is the row's number among its part's.
func madeFiles() map[string][]byte {
	rng := rand.New(rand.NewPCG(1, 1))
	files := map[string]*bytes.Buffer{}
	line := func(name, format string, args ...any) {
		if files[name] == nil {
			files[name] = &bytes.Buffer{}
		}
		fmt.Fprintf(files[name], format+"\n", args...)
	}
	rows := map[string]int{}
	for v := range 8 {
		part := "train"
		if v%4 == 3 {
			part = "test"
		}
		for k := range 4 {
			label := (v + k) % 2
			line("transcripts.csv", `"v_%d_%d","SO IT GOES","%d","%d"`, v, k+1, 90+v, label)
			for m, name := range modalities {
				fields := []string{fmt.Sprint(rows[part])}
				for range widths[m] - 1 {
					fields = append(fields, fmt.Sprintf("%.4f", 10+rng.NormFloat64()))
				}
				features := `"` + strings.Join(fields, `","`) + `"`
				line(name+"_"+part+"0.csv", `%s,"%d"`, features, label)
				if m == 0 {
					line("text_"+part+".csv", `"%d",%s`, 4*v+k, features)
				}
			}
			rows[part]++
		}
	}
	made := map[string][]byte{}
	for name, b := range files {
		made[name] = b.Bytes()
	}
	return made
}

func write(tb testing.TB, files map[string][]byte) string {
	tb.Helper()
	dir := tb.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, Folder), 0o755); err != nil {
		tb.Fatal(err)
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, Folder, name), b, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

// TestContract holds the set to what every set promises.
func TestContract(t *testing.T) {
	d := datatest.Open(t, Open, write(t, madeFiles()), nil)
	if err := errors.Join(datatest.Contract(d), datatest.Strangers(d)); err != nil {
		t.Error(err)
	}
}

func TestSplits(t *testing.T) {
	dir := write(t, madeFiles())
	for _, tt := range []struct {
		share            float64
		train, val, test int
		reason           string
	}{
		{0, 24, 0, 8, "six videos of four utterances are trained on, two tested"},
		{0.2, 20, 4, 8, "a fifth of the five videos that may validate: one"},
		{0.5, 12, 12, 8, "half of five, rounded up"},
	} {
		d := datatest.Open(t, Open, dir, map[string]any{"val_share": tt.share})
		if diff := cmp.Diff(
			[]int{tt.train, tt.val, tt.test}, []int{d.Len(data.Train), d.Len(data.Validation), d.Len(data.Test)},
		); diff != "" {
			t.Errorf("share %v: (-want +got)\n%s\nreason: %s", tt.share, diff, tt.reason)
		}
		owner := map[string]data.Split{}
		for _, split := range data.Splits {
			for i := range d.Len(split) {
				id, label := d.Identity(split, i)
				var v, k int
				if _, err := fmt.Sscanf(id, "v_%d_%d", &v, &k); err != nil {
					t.Fatal(err)
				}
				video := id[:3]
				if o, ok := owner[video]; ok && o != split {
					t.Errorf("share %v: video %s is in %s and in %s", tt.share, video, o, split)
				}
				if owner[video] = split; (split == data.Test) != (v%4 == 3) || label != (v+k-1)%2 {
					t.Errorf("share %v: %s of label %d is in %s", tt.share, id, label, split)
				}
			}
		}
	}
	a, b := datatest.Open(t, Open, dir, map[string]any{"val_share": 0.2}),
		datatest.Open(t, Open, dir, map[string]any{"val_share": 0.2, "data_seed": 3})
	if a.Describe().Provenance.SplitHash == b.Describe().Provenance.SplitHash {
		t.Error("another data_seed, but the same samples")
	}
}

// TestSamples checks that rows of the three modalities stay together: their first features grow as one.
func TestSamples(t *testing.T) {
	d := datatest.Open(t, Open, write(t, madeFiles()), map[string]any{"val_share": 0.2})
	mods := d.Describe().Modalities
	for m, mod := range mods {
		if diff := cmp.Diff(
			data.Modality{Name: modalities[m], Kind: data.Vector, Shape: []int{widths[m]}}, mod,
		); diff != "" {
			t.Errorf("modality (-want +got)\n%s", diff)
		}
	}
	for _, split := range data.Splits {
		b := datatest.ReadAll(t, d, split)
		for i := range b.Labels {
			for m, mod := range mods {
				// the same numbers, shifted and scaled alike
				if a, b := b.X[mod.Name][i*widths[m]], b.X["text"][i*widths[0]]; a != b {
					t.Errorf("%s %d: first feature of %s is %v, of text %v", split, i, mod.Name, a, b)
				}
			}
		}
	}
	for name, x := range datatest.ReadAll(t, d, data.Train).X {
		sum, squares := 0.0, 0.0
		for _, v := range x {
			sum, squares = sum+float64(v), squares+float64(v)*float64(v)
		}
		// float32 rounding, of sums over under a hundred values
		if n := float64(len(x)); math.Abs(sum/n) > 1e-5 || math.Abs(squares/n-1) > 1e-5 {
			t.Errorf("%s: mean %v, mean square %v over the training split, want 0 and 1", name, sum/n, squares/n)
		}
	}
}

// TestLabelSpellings: a transcript's label counts by what it says.
func TestLabelSpellings(t *testing.T) {
	for text, want := range map[string]int{"0": 0, "1": 1, "1.0": 1, "0.0": 0, "": -1, "-1": -1} {
		list, err := decodeTranscripts("transcripts.csv", []byte("v_1,WORD,x,"+text+"\n"))
		if want < 0 {
			if err == nil || !strings.Contains(err.Error(), "want 0 or 1") {
				t.Errorf("label %q: error %v, want one", text, err)
			}
		} else if err != nil || list[0].label != want {
			t.Errorf("label %q: %v, error %v, want %d", text, list, err, want)
		}
	}
}

func TestBrokenSets(t *testing.T) {
	good := madeFiles()
	replaced := func(name, old, with string) []byte {
		t.Helper()
		if !bytes.Contains(good[name], []byte(old)) {
			t.Fatalf("%s has no %s", name, old)
		}
		return bytes.Replace(good[name], []byte(old), []byte(with), 1)
	}
	cut := func(name string) []byte { return good[name][:bytes.IndexByte(good[name], '\n')+1] }
	for _, tt := range []struct {
		name    string
		file    string
		content []byte // nil removes the file
		want    string
		reason  string
	}{
		{"no transcripts", "transcripts.csv", nil, "no such file", "a download that is missing"},
		{"no audio", "audio_test0.csv", nil, "no such file", "likewise"},
		{"empty", "video_train0.csv", []byte{}, "no rows", "a download that never began"},
		{"columns", "transcripts.csv", []byte("a_1,B,0\n"), "3 columns, want 4", "another table"},
		{
			"utterance", "transcripts.csv", replaced("transcripts.csv", "v_2_1", "v21"),
			`row 8: utterance "v21", want VIDEO_k`, "its video cannot be told",
		},
		{
			"utterance twice", "transcripts.csv", replaced("transcripts.csv", "v_2_1", "v_2_2"),
			"row 9: utterance v_2_2 stands twice", "it would be two samples",
		},
		{
			"label 2", "transcripts.csv", []byte("\"v_0_1\",\"X\",\"1\",\"2\"\n"), `row 0: label "2", want 0 or 1`,
			"two classes",
		},
		{
			"no number", "audio_train0.csv", replaced("audio_train0.csv", "\"1\"", "\"one\""),
			`"one", want a finite number`, "a word",
		},
		{
			"not finite", "audio_train0.csv", replaced("audio_train0.csv", "\"1\"", "\"NaN\""),
			`"NaN", want a finite number`, "no value",
		},
		{
			"transcript 99", "text_test.csv", replaced("text_test.csv", "\"12\"", "\"99\""),
			"row 0: transcript 99, want a whole number below 32", "no such row",
		},
		{
			"transcript twice", "text_test.csv", replaced("text_test.csv", "\"13\"", "\"12\""),
			"row 1: transcript 12 stands twice", "it would be two samples",
		},
		{"fewer rows", "video_test0.csv", cut("video_test0.csv"), "1 rows, want 8", "rows belong together"},
		{
			"other labels", "audio_test0.csv", swapped(good["audio_test0.csv"]),
			"row 0: label 0, want 1 as transcript v_3_1", "rows out of order",
		},
		{
			"other features", "text_train0.csv", replaced("text_train0.csv", "\"1\"", "\"7\""),
			"column 0: 7, want 1 as in ", "the two text files are of one order",
		},
		{"one column", "audio_test0.csv", []byte("1\n"), "1 columns, want at least 2", "no features"},
		{
			"narrow test", "audio_test0.csv", narrow(good["audio_test0.csv"]), "2 columns, want 3 as in ",
			"parts of two versions",
		},
		{
			"shared video", "transcripts.csv", replaced("transcripts.csv", "v_3_1", "v_2_9"),
			"video v_2 is in the training part too", "the parts share no video",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := madeFiles()
			if files[tt.file] = tt.content; tt.content == nil {
				delete(files, tt.file)
			}
			_, err := Open(write(t, files), nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), Folder) ||
				strings.Contains(err.Error(), "\n") {
				t.Errorf("Open: %v, want one line with %q\nreason: %s", err, tt.want, tt.reason)
			}
		})
	}
}

// swapped exchanges the first two rows, whose labels differ.
func swapped(b []byte) []byte {
	lines := bytes.SplitAfter(b, []byte("\n"))
	lines[0], lines[1] = lines[1], lines[0]
	return bytes.Join(lines, nil)
}

// narrow leaves out each row's first field.
func narrow(b []byte) []byte {
	lines := bytes.SplitAfter(b, []byte("\n"))
	for i, l := range lines {
		_, lines[i], _ = bytes.Cut(l, []byte(","))
	}
	return bytes.Join(lines, nil)
}

func TestSettings(t *testing.T) {
	for _, settings := range []map[string]any{{"val_share": 0.6}, {"val_share": "x"}, {"share": 0.1}} {
		if _, err := Open("no folder", settings); err == nil || !strings.HasPrefix(err.Error(), "mosi: ") ||
			strings.Contains(err.Error(), "no folder") {
			t.Errorf("Open with %v: %v, want an error about the setting", settings, err)
		}
	}
}

func FuzzDecodeTranscripts(f *testing.F) {
	f.Add(madeFiles()["transcripts.csv"])
	f.Add([]byte("_1,,,0\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := decodeTranscripts("x", b)
		if (err == nil) != (len(list) > 0) {
			t.Fatalf("%d utterances, error %v", len(list), err)
		}
		for _, u := range list {
			if u.video() == "" || u.label&^1 != 0 {
				t.Fatalf("utterance %+v", u)
			}
		}
	})
}

func FuzzDecodeTable(f *testing.F) {
	f.Add(madeFiles()["text_test.csv"])
	f.Add([]byte("-1,2\n1e9,3\n"))
	all := make([]utterance, 40)
	f.Fuzz(func(t *testing.T, b []byte) {
		table, err := decodeTable("x", b)
		if err != nil {
			return
		}
		list, err := table.utterances(all)
		if err == nil && len(list) != len(table.rows) || len(table.rows) == 0 {
			t.Fatalf("%d utterances of %d rows, error %v", len(list), len(table.rows), err)
		}
	})
}

// TestRealFiles reads the published files where they are.
func TestRealFiles(t *testing.T) {
	dir := datatest.Real(t, Folder)
	d := datatest.Open(t, Open, dir, nil)
	if n := d.Len(data.Train) + d.Len(
		data.Validation,
	); n != 1447 || d.Len(data.Validation) == 0 || d.Len(data.Test) != 752 {
		t.Errorf(
			"%d training and validation samples, %d test samples, want 1447 and 752, as published", n, d.Len(data.Test),
		)
	}
	if unfit := d.Describe().Unfit; !strings.Contains(unfit, "text") {
		t.Errorf(
			"the validation split is unfit by %q, want the features of text, which were made with its labels", unfit,
		)
	}
	positive := 0
	for i := range d.Len(data.Test) {
		_, label := d.Identity(data.Test, i)
		positive += label
	}
	if positive != 467 {
		t.Errorf("%d positive test samples, want 467, as published", positive)
	}
	shapes := map[string]int{"text": 100, "audio": 73, "video": 100}
	for _, m := range d.Describe().Modalities {
		if m.Size() != shapes[m.Name] {
			t.Errorf("%s: %d features, want %d", m.Name, m.Size(), shapes[m.Name])
		}
	}
}

// TestTranscripts reads the words in the place of their features.
func TestTranscripts(t *testing.T) {
	made := madeFiles()
	// of v_0_1, in the training part
	made["transcripts.csv"] = bytes.Replace(made["transcripts.csv"], []byte("SO IT GOES"), []byte("IT GOES WELL"), 1)
	d := datatest.Open(
		t, Open, write(t, made), map[string]any{"text": transcriptText, "words": 4, "vocab": 50, "val_share": 0},
	)
	if diff := cmp.Diff(
		data.Modality{Name: "text", Kind: data.Vector, Shape: []int{4}}, d.Describe().Modalities[0],
	); diff != "" {
		t.Errorf("text (-want +got)\n%s", diff)
	}
	x := datatest.ReadAll(t, d, data.Train).X["text"]
	so, it, goes, pad := x[4], x[5], x[6], x[7]
	if x[0] != it || x[1] != goes || x[2] == so || x[2] == 0 || pad != 0 || so == 1 { // a rare word is two pieces
		t.Errorf("tokens of %q and %q are %v", "it goes well", "so it goes", x[:8])
	}
	if unfit := d.Describe().Unfit; !strings.Contains(unfit, "pictures") {
		t.Errorf("the validation split is unfit by %q, want the features of pictures, which are read still", unfit)
	}
	if e := fmt.Sprint(d.Describe().Recipe["encoder.text"]); !strings.HasPrefix(e, "transformer,vocab=") {
		t.Errorf("the recipe's encoder of the text is %q", e)
	}
	if got := d.Describe().Modalities[1].Shape; got[0] != widths[1] {
		t.Errorf("audio has shape %v, want its features still", got)
	}
}
