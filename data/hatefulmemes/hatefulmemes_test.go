package hatefulmemes

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/data/text"
	"github.com/primewindow/primewindow/data/video"
)

// small are settings under which tests are quick.
func small(others ...any) map[string]any {
	s := map[string]any{"image_side": 16, "val_share": 0.2, "length": 8}
	for i := 0; i < len(others); i += 2 {
		s[others[i].(string)] = others[i+1]
	}
	return s
}

func openSet(tb testing.TB, dir string, settings map[string]any) data.Dataset {
	tb.Helper()
	d, err := Open(dir, settings)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func read(tb testing.TB, d data.Dataset, split data.Split, indices []int, draw uint64) map[string][]float32 {
	tb.Helper()
	b, err := d.Read(split, indices, draw)
	if err != nil {
		tb.Fatal(err)
	}
	return b.X
}

// level is the grey of a value that was shifted and scaled by ImageNet's mean and deviation; k counts channels.
func level(v float32, k int) float64 {
	mean, deviation := [3]float64{0.485, 0.456, 0.406}, [3]float64{0.229, 0.224, 0.225}
	return 255 * (float64(v)*deviation[k%3] + mean[k%3])
}

// TestSamples reads a set of the first phase and wants what its files hold.
func TestSamples(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	d := openSet(t, madeSet(t).write(t), small())
	if d.Len(data.Train) != 16 || d.Len(data.Validation) != 4 || d.Len(data.Test) != madeDev {
		t.Fatalf("%d, %d and %d samples, want 16, 4 and %d", d.Len(data.Train), d.Len(data.Validation), d.Len(data.Test), madeDev)
	}
	desc := d.Describe()
	want := []data.Modality{{Name: picture, Kind: data.Image, Shape: []int{16, 16, 3}}, {Name: sentence, Kind: data.Vector, Shape: []int{8}}}
	if diff := cmp.Diff(want, desc.Modalities); diff != "" {
		t.Fatalf("modalities (-want +got)\n%s", diff)
	}
	p := desc.Provenance.Protocol
	if !strings.HasPrefix(p, "the lists train and dev: dev is tested, of train about 0.2 of each class validates by data_seed 0, no sentence or picture in both; ") ||
		!strings.HasSuffix(p, " tokens of wordpiece, trained on the training split; 0 of 24 sentences cut off behind 8 tokens") {
		t.Errorf("protocol %q", p)
	}
	var sentences []string
	for i := range d.Len(data.Train) {
		id, _ := d.Identity(data.Train, i)
		var n int
		if _, err := fmt.Sscan(id, &n); err != nil {
			t.Fatal(err)
		}
		sentences = append(sentences, madeText(n))
	}
	tokenizer, err := text.Train(sentences, text.Options{Kind: text.WordPiece, Vocab: 4000, Lower: true})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := desc.Recipe["encoder."+sentence], fmt.Sprintf("transformer,vocab=%d,pad=1,dim=128,heads=4,layers=2", tokenizer.Size()); got != want {
		t.Errorf("text encoder %v, want %s", got, want)
	}
	seen := map[string]bool{}
	for _, split := range data.Splits {
		var all []int
		for i := range d.Len(split) {
			all = append(all, i)
		}
		x := read(t, d, split, all, 0)
		for i := range all {
			id, label := d.Identity(split, i)
			var n int
			if _, err := fmt.Sscan(id, &n); err != nil || seen[id] || label != n%2 || (n >= madeTrain) != (split == data.Test) {
				t.Errorf("%s of class %d in %s: %v", id, label, split, err)
			}
			seen[id] = true
			if g := d.(data.Detailed).Detail(split, i).Group; g != fmt.Sprintf("sentence %q", madeText(n)) {
				t.Errorf("%s: group %s", id, g)
			}
			for k, v := range x[picture][i*16*16*3 : (i+1)*16*16*3] {
				if got := level(v, k); math.Abs(got-float64(8*n)) > 0.01 { // rounding of float32
					t.Fatalf("%s: value %d is of level %v, want %d", id, k, got, 8*n)
				}
			}
			if diff := cmp.Diff(tokenizer.Ids(madeText(n), 8), x[sentence][i*8:(i+1)*8]); diff != "" {
				t.Errorf("%s: tokens (-want +got)\n%s", id, diff)
			}
		}
	}
}

// TestPictureTwin makes the values of a picture step by step.
func TestPictureTwin(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	m := madeSet(t)
	b := ramp(t, 90, 60)
	m["hatefulmemes/"+madeImage(madeTrain)] = b
	d := openSet(t, m.write(t), small("picture_side", 30))
	p, err := video.DecodePicture("x", b)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]float32, 16*16*3)
	video.Normalize(video.Resize(video.Resize(p, 30, 45), 16, 16), want)
	if diff := cmp.Diff(want, read(t, d, data.Test, []int{0}, 0)[picture]); diff != "" {
		t.Errorf("picture (-want +got)\n%s", diff)
	}
}

// TestDraw wants a draw to give the same values each time, with a cache and without, and another draw others.
func TestDraw(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	m := madeSet(t)
	for i := range madeTrain {
		m["hatefulmemes/"+madeImage(i)] = ramp(t, 90+i, 60)
	}
	dir := m.write(t)
	d := openSet(t, dir, small())
	some := []int{3, 0, 7}
	want, whole := read(t, d, data.Train, some, 7), read(t, d, data.Train, some, 0)
	if cmp.Equal(want[picture], read(t, d, data.Train, some, 8)[picture]) {
		t.Error("draws 7 and 8 crop alike")
	}
	if cmp.Equal(want[picture], whole[picture]) || !cmp.Equal(want[sentence], whole[sentence]) {
		t.Error("draw 7 leaves the picture as it is, or changes the sentence")
	}
	t.Setenv(cache.DirVariable, t.TempDir())
	for range 2 {
		if !cmp.Equal(want, read(t, openSet(t, dir, small()), data.Train, some, 7)) {
			t.Error("draw 7 gives other values with a cache")
		}
	}
	if !cmp.Equal(whole, read(t, openSet(t, dir, small("augment", false)), data.Train, some, 7)) {
		t.Error("without augmentation a draw changes the values")
	}
	if _, err := d.Read(data.Train, []int{99}, 0); err == nil || !strings.Contains(err.Error(), "index 99 of split train") {
		t.Errorf("Read beyond the end: %v", err)
	}
}

// TestTokenizers takes the vocabulary from elsewhere.
func TestTokenizers(t *testing.T) {
	m := madeSet(t)
	m["hatefulmemes/vocab.txt"] = []byte("[PAD]\n[UNK]\nwhen\nyou\nsee\nagain\n")
	dir := m.write(t)
	for _, tt := range []struct {
		settings map[string]any
		want     []float32
		said     string
		reason   string
	}{
		{small("tokenizer", "vocab.txt"), []float32{2, 3, 4, 1, 5, 0, 0, 0}, "6 tokens of vocab.txt, SHA-256 ", "a file in the set's folder; the fourth word is unknown"},
		{small("tokenizer", filepath.Join(dir, Folder, "vocab.txt"), "length", 4), []float32{2, 3, 4, 1}, "; 24 of 24 sentences cut off behind 4 tokens", "a file with its path, and sentences of five tokens"},
		{small("tokenizer", text.BPE, "vocab", 300), nil, " tokens of bpe, trained on the training split", "the other kind of pieces"},
	} {
		d := openSet(t, dir, tt.settings)
		if p := d.Describe().Provenance.Protocol; !strings.Contains(p, tt.said) {
			t.Errorf("protocol %q, want %q in it: %s", p, tt.said, tt.reason)
		}
		if got := d.(*set).tokens["20"]; tt.want != nil && !slices.Equal(got, tt.want) || got[0] == 0 {
			t.Errorf("tokens %v, want %v: %s", got, tt.want, tt.reason)
		}
	}
	if _, err := Open(dir, small("tokenizer", "none.txt")); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "setting tokenizer") {
		t.Errorf("a vocabulary that is not there: %v", err)
	}
}

// TestLeaks shares a sentence and a picture between lists, and between memes of the training list.
func TestLeaks(t *testing.T) {
	m := madeSet(t)
	list := m["hatefulmemes/dev.jsonl"]
	m["hatefulmemes/dev.jsonl"] = bytes.Replace(list, []byte(madeText(madeTrain)), []byte(strings.ToUpper(madeText(3))), 1)
	m["hatefulmemes/"+madeImage(madeTrain+1)] = m["hatefulmemes/"+madeImage(4)]
	for i := 10; i < 14; i++ {
		m["hatefulmemes/"+madeImage(i)] = m["hatefulmemes/"+madeImage(10)]
	}
	d := openSet(t, m.write(t), small()).(data.Detailed)
	place := map[string][2]string{}
	for _, split := range data.Splits {
		for i := range d.Len(split) {
			id, _ := d.Identity(split, i)
			place[id] = [2]string{d.Detail(split, i).Group, string(split)}
		}
	}
	for _, pair := range [][2]string{{"3", "20"}, {"4", "21"}, {"10", "11"}, {"11", "12"}, {"12", "13"}} {
		if a, b := place[pair[0]], place[pair[1]]; a[0] != b[0] || (b[1] != string(data.Test) && a[1] != b[1]) {
			t.Errorf("memes %s and %s: %v and %v, want one group, and one split but for the test list", pair[0], pair[1], a, b)
		}
	}
	if place["3"][0] == place["4"][0] {
		t.Errorf("memes 3 and 4, which share nothing: one group %s", place["3"][0])
	}
}

// TestBroken spoils a set in one way after the other. What shows in decoding alone is met by reading.
func TestBroken(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	const bad = 2 // a training meme
	img, train := "hatefulmemes/"+madeImage(bad), "hatefulmemes/train.jsonl"
	file := filepath.Base(img)
	whole := plain(t, 200, 200, 7)
	row := func(m made, old, now string) {
		m[train] = bytes.Replace(m[train], []byte(old), []byte(now), 1)
	}
	for _, tt := range []struct {
		name   string
		spoil  func(m made)
		want   string // in the error, which names the file
		late   bool   // only reading the sample shows it
		set    bool   // no sample is to blame
		reason string
	}{
		{"no picture", func(m made) { delete(m, img) }, file + ": no such file", false, false, "a download that lacks one"},
		{"empty", func(m made) { m[img] = nil }, file + ": empty", false, false, "a download that broke off"},
		{"folder", func(m made) { delete(m, img); m[img+"/x"] = nil }, file + ": not a regular file", false, false, "no file"},
		{"corrupt", func(m made) { m[img] = slices.Concat(whole[:60], []byte{1, 2, 3}, whole[63:]) }, file + ": ", true, false, "a disk's fault"},
		{"cut off", func(m made) { m[img] = whole[:len(whole)-20] }, file + ": ", true, false, "a download that broke off"},
		{"no image", func(m made) { m[img] = []byte("<html>not found</html>") }, file + ": ", true, false, "a download of something else"},
		{"1x1", func(m made) { m[img] = plain(t, 1, 1, 7) }, file + ": 1x1 pixels, want at least 16 a side", true, false, "a place holder"},
		{"20,000x20,000", func(m made) { m[img] = resized(whole, 20000, 20000) }, file + ": 20000x20000 pixels, want", true, false, "a bomb: nothing is decoded"},
		{"label", func(m made) { row(m, `"id":2,`, `"id":2,"label":3,`) }, "train.jsonl: line 3: field \"label\" stands twice", false, false, "one line"},
		{"no label", func(m made) { row(m, `"label":0,"text":"when you see wordc`, `"text":"when you see wordc`) }, "train.jsonl: line 3: no field label", false, false, "others have one"},
		{"number twice", func(m made) { row(m, `"id":2,`, `"id":1,`) }, "train.jsonl: line 3: id 1, which line 2 has", false, false, "a sample stands once"},
		{"leaves", func(m made) { row(m, `img\/00002.png`, `..\/x.png`) }, `train.jsonl: line 3: img "../x.png", want a file below the list's folder`, false, false, "nothing outside is read"},
		{"no train", func(m made) { delete(m, train) }, "hatefulmemes: no train.jsonl, want the owners' lists", false, true, "another folder"},
		{"empty train", func(m made) { m[train] = nil }, "train.jsonl: no lines, want a meme each", false, true, "an empty split"},
		{"unlabelled train", func(m made) { m[train] = bytes.ReplaceAll(m[train], []byte(`"label"`), []byte(`"lab"`)) }, "train.jsonl: line 1: no field label, nor has any other line", false, true, "nothing to learn"},
		{"no dev", func(m made) { delete(m, "hatefulmemes/dev.jsonl") }, "dev.jsonl: no list with labels but train.jsonl", false, true, "nothing to test on"},
		{"overlap", func(m made) { row(m, `"id":2,`, fmt.Sprintf(`"id":%d,`, madeTrain)) }, "dev.jsonl: line 1: meme 20 is in train.jsonl, line 3, too", false, true, "trained on what is tested"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := madeSet(t)
			tt.spoil(m)
			dir := m.write(t)
			settings := small("val_share", 0)
			d, err := Open(dir, settings)
			faults := Check(dir, settings)
			if tt.late {
				if err != nil || len(faults) != 0 {
					t.Fatalf("Open: %v, Check: %v, want no error before reading", err, faults)
				}
				faults = d.(data.Checked).Check(t.Context(), nil)
				_, err = d.Read(data.Train, []int{bad}, 0)
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want one line with %q\nreason: %s", err, tt.want, tt.reason)
			}
			if len(faults) != 1 || !strings.Contains(faults[0].Error(), tt.want) {
				t.Errorf("checked: %v, want that fault alone", faults)
			}
			settings["skip_broken"] = true
			d, err = Open(dir, settings)
			if tt.set {
				if err == nil || len(Check(dir, settings)) != 1 {
					t.Error("with skip_broken no error, want the same: no sample is to blame")
				}
				return
			}
			if err != nil {
				t.Fatalf("with skip_broken: %v", err)
			}
			skipped := d.Describe().Provenance.Skipped
			if d.Len(data.Train) != madeTrain-1 || len(skipped) != 1 || !strings.Contains(skipped[0], tt.want) {
				t.Errorf("with skip_broken %d training samples, skipped %q, want %d and the fault", d.Len(data.Train), skipped, madeTrain-1)
			}
			for i := range d.Len(data.Train) { // what is left is whole, and sentences still belong to their pictures
				id, _ := d.Identity(data.Train, i)
				if !slices.Equal(read(t, d, data.Train, []int{i}, 0)[sentence], d.(*set).tokens[id]) {
					t.Errorf("%s has another's sentence", id)
				}
			}
		})
	}
}

// TestLinks follows links, names one that goes round, and takes the set's own folder by any name.
func TestLinks(t *testing.T) {
	dir := madeSet(t).write(t)
	pictures, elsewhere := filepath.Join(dir, Folder, "img"), filepath.Join(t.TempDir(), "img")
	if err := os.Rename(pictures, elsewhere); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, pictures); err != nil {
		t.Skipf("no links here: %v", err)
	}
	if d := openSet(t, filepath.Join(dir, Folder), small()); d.Len(data.Test) != madeDev {
		t.Errorf("the set's own folder: %d samples", d.Len(data.Test))
	}
	loop := filepath.Join(elsewhere, filepath.Base(madeImage(0)))
	if err := os.Remove(loop); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, small()); err == nil || !strings.Contains(err.Error(), filepath.Base(loop)+": too many") {
		t.Errorf("a link to itself: %v, want it named", err)
	}
	archive := made{}
	for name, b := range maps.All(madeSet(t)) {
		archive[strings.Replace(name, "hatefulmemes/", "hateful_memes/", 1)] = b
	}
	openSet(t, archive.write(t), small())
}

func TestSettingErrors(t *testing.T) {
	for _, settings := range []map[string]any{{"test": "train"}, {"val": "test"}, {"test": dev, "val": dev}, {"length": 1}, {"vocab": 10}, {"tokenizer": ""}, {"side": 3}} {
		if _, err := Open("no folder", settings); err == nil || !strings.HasPrefix(err.Error(), "hatefulmemes: ") || strings.Contains(err.Error(), "no folder") {
			t.Errorf("Open with %v: %v, want an error about the setting", settings, err)
		}
	}
}

// BenchmarkOpen opens a set as large as the published one, without its pictures' pixels.
func BenchmarkOpen(b *testing.B) {
	b.Setenv(cache.DirVariable, "off")
	m := made{}
	pixel := plain(b, 1, 1, 0)
	for k, name := range []string{"train", "dev_seen", "test_seen"} {
		var list bytes.Buffer
		for i := range []int{8500, 500, 1000}[k] {
			n := 10000*k + i
			fmt.Fprintf(&list, `{"id":%d,"img":"img/%05d.png","label":%d,"text":"when %d people see %d others they say word%d of %d"}`+"\n", n, n, i%2, i%100, i%77, i, i%50)
			m[fmt.Sprintf("hatefulmemes/img/%05d.png", n)] = append(slices.Clone(pixel), make([]byte, n)...)
		}
		m["hatefulmemes/"+name+".jsonl"] = list.Bytes()
	}
	dir := m.write(b)
	for b.Loop() {
		openSet(b, dir, nil)
	}
}
