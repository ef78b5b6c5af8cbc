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
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestSamples reads a set of the first phase and wants what its files hold.
func TestSamples(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	d := loader.Must(t, madeSet(t).Write(t))
	if d.Len(data.Train) != 16 || d.Len(data.Validation) != 4 || d.Len(data.Test) != madeDev {
		t.Fatalf(
			"%d, %d and %d samples, want 16, 4 and %d", d.Len(data.Train), d.Len(data.Validation), d.Len(data.Test),
			madeDev,
		)
	}
	desc := d.Describe()
	want := []data.Modality{
		{Name: picture, Kind: data.Image, Shape: []int{16, 16, 3}},
		{Name: sentence, Kind: data.Vector, Shape: []int{8}},
	}
	if diff := cmp.Diff(want, desc.Modalities); diff != "" {
		t.Fatalf("modalities (-want +got)\n%s", diff)
	}
	p := desc.Provenance.Protocol
	if !strings.HasPrefix(
		p,
		"the lists train and dev: dev is tested, of train about 0.2 of each class validates by data_seed 0, no "+
			"sentence or picture in both; ",
	) ||
		!strings.HasSuffix(
			p, " tokens of wordpiece, trained on the training split; 0 of 24 sentences cut off behind 8 tokens",
		) {
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
	if got, want := desc.Recipe["encoder."+sentence],
		fmt.Sprintf("transformer,vocab=%d,pad=1,dim=128,heads=4,layers=2", tokenizer.Size()); got != want {
		t.Errorf("text encoder %v, want %s", got, want)
	}
	seen := map[string]bool{}
	for _, split := range data.Splits {
		var all []int
		for i := range d.Len(split) {
			all = append(all, i)
		}
		x := datatest.Read(t, d, split, 0, all...)
		for i := range all {
			id, label := d.Identity(split, i)
			var n int
			if _, err := fmt.Sscan(id, &n); err != nil || seen[id] || label != n%2 ||
				(n >= madeTrain) != (split == data.Test) {
				t.Errorf("%s of class %d in %s: %v", id, label, split, err)
			}
			seen[id] = true
			if g := d.(data.Detailed).Detail(split, i).Group; g != fmt.Sprintf("sentence %q", madeText(n)) {
				t.Errorf("%s: group %s", id, g)
			}
			for k, v := range x[picture][i*16*16*3 : (i+1)*16*16*3] {
				if got := datatest.Level(v, k); math.Abs(got-float64(8*n)) > 0.01 { // rounding of float32
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
	b := datatest.PNG(t, datatest.Ramp(90, 60))
	m["hatefulmemes/"+madeImage(madeTrain)] = b
	d := loader.Must(t, m.Write(t), "picture_side", 30)
	p, err := video.DecodePicture("x", b)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]float32, 16*16*3)
	video.Normalize(video.Resize(video.Resize(p, 30, 45), 16, 16), want)
	if diff := cmp.Diff(want, datatest.Read(t, d, data.Test, 0, 0)[picture]); diff != "" {
		t.Errorf("picture (-want +got)\n%s", diff)
	}
}

// TestDraw wants a draw to give the same values each time, with a cache and without, and another draw other pictures.
func TestDraw(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	m := madeSet(t)
	for i := range madeTrain {
		m["hatefulmemes/"+madeImage(i)] = datatest.PNG(t, datatest.Ramp(90+i, 60))
	}
	dir := m.Write(t)
	loader.Drawn(t, dir, cache.DirVariable, picture, []int{3, 0, 7})
	if _, err := loader.Must(t, dir).Read(data.Train, []int{99}, 0); err == nil ||
		!strings.Contains(err.Error(), "index 99 of split train") {
		t.Errorf("Read beyond the end: %v", err)
	}
}

// TestTokenizers takes the vocabulary from elsewhere.
func TestTokenizers(t *testing.T) {
	m := madeSet(t)
	m["hatefulmemes/vocab.txt"] = []byte("[PAD]\n[UNK]\nwhen\nyou\nsee\nagain\n")
	dir := m.Write(t)
	for _, tt := range []struct {
		settings map[string]any
		want     []float32
		said     string
		reason   string
	}{
		{
			loader.Settings("tokenizer", "vocab.txt"), []float32{2, 3, 4, 1, 5, 0, 0, 0},
			"6 tokens of vocab.txt, SHA-256 ", "a file in the set's folder; the fourth word is unknown",
		},
		{
			loader.Settings("tokenizer", filepath.Join(dir, Folder, "vocab.txt"), "length", 4), []float32{2, 3, 4, 1},
			"; 24 of 24 sentences cut off behind 4 tokens", "a file with its path, and sentences of five tokens",
		},
		{
			loader.Settings("tokenizer", text.BPE, "vocab", 300), nil, " tokens of bpe, trained on the training split",
			"the other kind of pieces",
		},
	} {
		d := datatest.Open(t, Open, dir, tt.settings)
		if p := d.Describe().Provenance.Protocol; !strings.Contains(p, tt.said) {
			t.Errorf("protocol %q, want %q in it: %s", p, tt.said, tt.reason)
		}
		if got := d.(*set).tokens["20"]; tt.want != nil && !slices.Equal(got, tt.want) || got[0] == 0 {
			t.Errorf("tokens %v, want %v: %s", got, tt.want, tt.reason)
		}
	}
	if _, err := Open(dir, loader.Settings("tokenizer", "none.txt")); !errors.Is(err, os.ErrNotExist) ||
		!strings.Contains(err.Error(), "setting tokenizer") {
		t.Errorf("a vocabulary that is not there: %v", err)
	}
}

// TestLeaks shares a sentence and a picture between lists, and between memes of the training list.
func TestLeaks(t *testing.T) {
	m := madeSet(t)
	list := m["hatefulmemes/dev.jsonl"]
	m["hatefulmemes/dev.jsonl"] = bytes.Replace(
		list, []byte(madeText(madeTrain)), []byte(strings.ToUpper(madeText(3))), 1,
	)
	m["hatefulmemes/"+madeImage(madeTrain+1)] = m["hatefulmemes/"+madeImage(4)]
	for i := 10; i < 14; i++ {
		m["hatefulmemes/"+madeImage(i)] = m["hatefulmemes/"+madeImage(10)]
	}
	d := loader.Must(t, m.Write(t)).(data.Detailed)
	place := map[string][2]string{}
	for _, split := range data.Splits {
		for i := range d.Len(split) {
			id, _ := d.Identity(split, i)
			place[id] = [2]string{d.Detail(split, i).Group, string(split)}
		}
	}
	for _, pair := range [][2]string{{"3", "20"}, {"4", "21"}, {"10", "11"}, {"11", "12"}, {"12", "13"}} {
		if a, b := place[pair[0]], place[pair[1]]; a[0] != b[0] || (b[1] != string(data.Test) && a[1] != b[1]) {
			t.Errorf(
				"memes %s and %s: %v and %v, want one group, and one split but for the test list", pair[0], pair[1], a,
				b,
			)
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
	whole := datatest.PNG(t, datatest.Grey(200, 200, 7))
	row := func(m datatest.Files, old, now string) {
		m[train] = bytes.Replace(m[train], []byte(old), []byte(now), 1)
	}
	type fault datatest.Fault
	for _, tt := range []fault{
		{
			"no picture", func(m datatest.Files) { delete(m, img) }, file + ": no such file", false, false,
			"a download that lacks one",
		},
		{"empty", func(m datatest.Files) { m[img] = nil }, file + ": empty", false, false, "a download that broke off"},
		{
			"folder", func(m datatest.Files) { delete(m, img); m[img+"/x"] = nil }, file + ": not a regular file",
			false, false, "no file",
		},
		{
			"corrupt", func(m datatest.Files) { m[img] = slices.Concat(whole[:60], []byte{1, 2, 3}, whole[63:]) },
			file + ": ", true, false, "a disk's fault",
		},
		{
			"cut off", func(m datatest.Files) { m[img] = whole[:len(whole)-20] }, file + ": ", true, false,
			"a download that broke off",
		},
		{
			"no image", func(m datatest.Files) { m[img] = []byte("<html>not found</html>") }, file + ": ", true, false,
			"a download of something else",
		},
		{
			"1x1", func(m datatest.Files) { m[img] = datatest.PNG(t, datatest.Grey(1, 1, 7)) },
			file + ": 1x1 pixels, want at least 16 a side", true, false, "a place holder",
		},
		{
			"20,000x20,000", func(m datatest.Files) { m[img] = resized(whole, 20000, 20000) },
			file + ": 20000x20000 pixels, want", true, false, "a bomb: nothing is decoded",
		},
		{
			"label", func(m datatest.Files) { row(m, `"id":2,`, `"id":2,"label":3,`) },
			"train.jsonl: line 3: field \"label\" stands twice", false, false, "one line",
		},
		{
			"no label",
			func(m datatest.Files) { row(m, `"label":0,"text":"when you see wordc`, `"text":"when you see wordc`) },
			"train.jsonl: line 3: no field label", false, false, "others have one",
		},
		{
			"number twice", func(m datatest.Files) { row(m, `"id":2,`, `"id":1,`) },
			"train.jsonl: line 3: id 1, which line 2 has", false, false, "a sample stands once",
		},
		{
			"leaves", func(m datatest.Files) { row(m, `img\/00002.png`, `..\/x.png`) },
			`train.jsonl: line 3: img "../x.png", want a file below the list's folder`, false, false,
			"nothing outside is read",
		},
		{
			"no train", func(m datatest.Files) { delete(m, train) },
			"hatefulmemes: no train.jsonl, want the owners' lists", false, true, "another folder",
		},
		{
			"empty train", func(m datatest.Files) { m[train] = nil }, "train.jsonl: no lines, want a meme each", false,
			true, "an empty split",
		},
		{
			"unlabelled train",
			func(m datatest.Files) { m[train] = bytes.ReplaceAll(m[train], []byte(`"label"`), []byte(`"lab"`)) },
			"train.jsonl: line 1: no field label, nor has any other line", false, true, "nothing to learn",
		},
		{
			"no dev", func(m datatest.Files) { delete(m, "hatefulmemes/dev.jsonl") },
			"dev.jsonl: no list with labels but train.jsonl", false, true, "nothing to test on",
		},
		{
			"overlap", func(m datatest.Files) { row(m, `"id":2,`, fmt.Sprintf(`"id":%d,`, madeTrain)) },
			"dev.jsonl: line 1: meme 20 is in train.jsonl, line 3, too", false, true, "trained on what is tested",
		},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			l := loader
			l.Small = loader.Settings("val_share", 0)
			d := l.Broken(t, madeSet(t), datatest.Fault(tt), bad, madeTrain-1)
			if d == nil {
				return
			}
			for i := range d.Len(data.Train) { // what is left is whole, and sentences still belong to their pictures
				id, _ := d.Identity(data.Train, i)
				if !slices.Equal(datatest.Read(t, d, data.Train, 0, i)[sentence], d.(*set).tokens[id]) {
					t.Errorf("%s has another's sentence", id)
				}
			}
		})
	}
}

// TestLinks follows links, names one that goes round, and takes the set's own folder by any name.
func TestLinks(t *testing.T) {
	dir := madeSet(t).Write(t)
	pictures, elsewhere := filepath.Join(dir, Folder, "img"), filepath.Join(t.TempDir(), "img")
	if err := os.Rename(pictures, elsewhere); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, pictures); err != nil {
		t.Skipf("no links here: %v", err)
	}
	if d := loader.Must(t, filepath.Join(dir, Folder)); d.Len(data.Test) != madeDev {
		t.Errorf("the set's own folder: %d samples", d.Len(data.Test))
	}
	loop := filepath.Join(elsewhere, filepath.Base(madeImage(0)))
	if err := os.Remove(loop); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, loader.Settings()); err == nil ||
		!strings.Contains(err.Error(), filepath.Base(loop)+": too many") {
		t.Errorf("a link to itself: %v, want it named", err)
	}
	archive := datatest.Files{}
	for name, b := range maps.All(madeSet(t)) {
		archive[strings.Replace(name, "hatefulmemes/", "hateful_memes/", 1)] = b
	}
	loader.Must(t, archive.Write(t))
}

func TestSettingErrors(t *testing.T) {
	for _, settings := range []map[string]any{
		{"test": "train"}, {"val": "test"}, {"test": dev, "val": dev}, {"length": 1}, {"vocab": 10}, {"tokenizer": ""},
		{"side": 3},
	} {
		if _, err := Open("no folder", settings); err == nil || !strings.HasPrefix(err.Error(), "hatefulmemes: ") ||
			strings.Contains(err.Error(), "no folder") {
			t.Errorf("Open with %v: %v, want an error about the setting", settings, err)
		}
	}
}

// BenchmarkOpen opens a set as large as the published one, without its pictures' pixels.
func BenchmarkOpen(b *testing.B) {
	b.Setenv(cache.DirVariable, "off")
	m := datatest.Files{}
	pixel := datatest.PNG(b, datatest.Grey(1, 1, 0))
	for k, name := range []string{"train", "dev_seen", "test_seen"} {
		var list bytes.Buffer
		for i := range []int{8500, 500, 1000}[k] {
			n := 10000*k + i
			fmt.Fprintf(
				&list,
				`{"id":%d,"img":"img/%05d.png","label":%d,"text":"when %d people see %d others they say word%d of %d"}`+"\n",
				n, n, i%2, i%100, i%77, i, i%50,
			)
			m[fmt.Sprintf("hatefulmemes/img/%05d.png", n)] = append(slices.Clone(pixel), make([]byte, n)...)
		}
		m["hatefulmemes/"+name+".jsonl"] = list.Bytes()
	}
	dir := m.Write(b)
	for b.Loop() {
		datatest.Open(b, Open, dir, nil)
	}
}
