package nlvr

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

const header = "split,identifier,image,label,sentence\n"

// madeList is a small list: ten sentences of dev and hidden about two images each, and three of test.
func madeList() string {
	var b strings.Builder
	b.WriteString(header)
	for i := range 13 {
		part := []string{"dev", "hidden"}[i%2]
		if i >= 10 {
			part = "test"
		}
		for k := range 2 {
			fmt.Fprintf(&b, "%s,%d-%d,%d-%d.png,%v,\"There is  Block %c, not two!\"\n", part, i, k, i, k, k == 0, 'a'+i)
		}
	}
	return b.String()
}

// madeImage is an image of one colour, with a square of another in its upper left corner.
func madeImage(tb testing.TB, width, height int, level uint8) []byte {
	tb.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for y := range 2 {
		for x := range 2 {
			img.SetNRGBA(x, y, color.NRGBA{level, 0, 255, 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// madeArchive holds an image for each of the list's rows, whose level is 10 times the sentence's number, and others in
// their place.
func madeArchive(tb testing.TB, others map[string][]byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range 13 {
		for k := range 2 {
			name := fmt.Sprintf("%d-%d.png", i, k)
			content, ok := others[name]
			if !ok {
				content = madeImage(tb, rawWidth, rawHeight, uint8(10*i))
			}
			if ok && content == nil {
				continue
			}
			w, err := z.Create(name)
			if err != nil {
				tb.Fatal(err)
			}
			if _, err := w.Write(content); err != nil {
				tb.Fatal(err)
			}
		}
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func write(tb testing.TB, list string, archive []byte) string {
	tb.Helper()
	dir := tb.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, Name), 0o755); err != nil {
		tb.Fatal(err)
	}
	for name, b := range map[string][]byte{"nlvr.csv": []byte(list), "images.zip": archive} {
		if b == nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, Name, name), b, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

// TestContract holds the set to what every set promises.
func TestContract(t *testing.T) {
	d := datatest.Open(t, Open, write(t, madeList(), madeArchive(t, nil)), map[string]any{"val_share": 0.2, "words": 4})
	if err := errors.Join(datatest.Contract(d), datatest.Strangers(d)); err != nil {
		t.Error(err)
	}
}

func TestSamples(t *testing.T) {
	d, err := Open(write(t, madeList(), madeArchive(t, nil)), map[string]any{"val_share": 0.2, "words": 4})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(
		[]int{16, 4, 6}, []int{d.Len(data.Train), d.Len(data.Validation), d.Len(data.Test)},
	); diff != "" {
		t.Errorf("two of ten sentences validate with both images (-want +got)\n%s", diff)
	}
	places := 5 + 8 + 1 // there is block not two, the letters of eight trained sentences, all others
	want := []data.Modality{
		{Name: picture, Kind: data.Image, Shape: []int{50, 200, 3}},
		{Name: sentence, Kind: data.Sequence, Shape: []int{4, places}},
	}
	if diff := cmp.Diff(want, d.Describe().Modalities); diff != "" {
		t.Fatalf("modalities (-want +got)\n%s", diff)
	}
	owner := map[string]data.Split{}
	for _, split := range data.Splits {
		for i := range d.Len(split) {
			s, err := data.One(d, split, i)
			if err != nil {
				t.Fatal(err)
			}
			var n, k int
			if _, err := fmt.Sscanf(s.ID, "%d-%d.png", &n, &k); err != nil || s.Label != 1-k ||
				(n >= 10) != (split == data.Test) {
				t.Errorf("%s of label %d in %s: %v", s.ID, s.Label, split, err)
			}
			text := s.ID[:strings.IndexByte(s.ID, '-')]
			if o, ok := owner[text]; ok && o != split {
				t.Errorf("sentence %s is in %s and in %s", text, o, split)
			}
			owner[text] = split
			x := s.X[picture]
			if got := x[:6]; !cmp.Equal(got, []float32{float32(10*n) / 255, 0, 1, 1, 1, 1}) {
				t.Errorf("%s begins %v", s.ID, got)
			}
			var on []int // the place of each word
			for at, v := range s.X[sentence] {
				if v == 1 {
					on = append(on, at%places)
				}
			}
			// Four of seven words are kept: "there", "is", "block" and a letter, which no other sentence has and which
			// is unknown outside the training split. The places end: "there", "two", all others.
			if len(on) != 4 || on[0] != places-3 || (on[3] == places-1) != (split != data.Train) {
				t.Errorf("%s %s: words at places %v of %d", split, s.ID, on, places)
			}
		}
	}
}

// TestLabelSpellings: a label counts by what it says.
func TestLabelSpellings(t *testing.T) {
	const header = "split,identifier,image,label,sentence\n"
	for text, want := range map[string]int{
		"true": 1, "True": 1, "FALSE": 0, "1": 1, "0.0": 0, "": -1, "-1": -1, "null": -1,
	} {
		list, err := decodeList("nlvr.csv", []byte(header+"dev,0-0,a.png,"+text+",a word\n"))
		if want < 0 {
			if err == nil || !strings.Contains(err.Error(), "want true or false") {
				t.Errorf("label %q: error %v, want one", text, err)
			}
		} else if err != nil || list[0].label != want {
			t.Errorf("label %q: %v, error %v, want %d", text, list, err, want)
		}
	}
}

func TestBrokenSets(t *testing.T) {
	list, archive := madeList(), madeArchive(t, nil)
	row := func(old, with string) string { return strings.Replace(list, old, with, 1) }
	for _, tt := range []struct {
		name    string
		list    string
		archive []byte
		want    string
		reason  string
	}{
		{"header", row("label", "truth"), archive, `header "split,identifier,image,truth,sentence"`, "another table"},
		{
			"split", row("dev,0-0", "train,0-0"), archive, `row 0: split "train", want dev, hidden or test`,
			"not of this set",
		},
		{"label", row("true", "yes"), archive, `row 0: label "yes", want true or false`, "two classes"},
		{
			"image twice", row("0-1.png", "0-0.png"), archive, `row 1: image "0-0.png", want another`,
			"a name is an identity",
		},
		{"no words", header + "dev,0-0,a.png,true,...\n", archive, `sentence "...", want words`, "nothing to read"},
		{"ragged", list + "dev\n", archive, "line 28: 1 fields, want 5", "cut off"},
		{"empty", header, archive, "no rows below the header", "a header alone"},
		{"no test", strings.ReplaceAll(list, "test,", "dev,"), archive, "no row for split test", "nothing to measure"},
		{"no archive", list, nil, "images.zip: no such file", "a download that is missing"},
		{"no zip", list, []byte("zip?"), "images.zip: zip: ", "a download that was cut off"},
		{
			"image missing", list, madeArchive(t, map[string][]byte{"3-1.png": nil}),
			"images.zip/3-1.png: not in the archive", "list and archive belong together",
		},
		{
			"image leaves", row("0-0.png", "../0-0.png"), archive, "images.zip/../0-0.png: not in the archive",
			"nothing outside is read",
		},
		{"no PNG", list, madeArchive(t, map[string][]byte{"3-1.png": []byte("x")}), "images.zip/3-1.png: ", "damaged"},
		{
			"truncated", list, madeArchive(t, map[string][]byte{"3-1.png": madeImage(t, rawWidth, rawHeight, 0)[:200]}),
			"images.zip/3-1.png: ", "damaged",
		},
		{
			"size", list, madeArchive(t, map[string][]byte{"3-1.png": madeImage(t, 20, 10, 0)}),
			"3-1.png: 20x10 pixels, want 400x100", "another image",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open(write(t, tt.list, tt.archive), map[string]any{"shrink": 10})
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("Open: %v, want one line with %q\nreason: %s", err, tt.want, tt.reason)
			}
		})
	}
	for _, settings := range []map[string]any{{"shrink": 3}, {"words": 1}, {"side": 3}} {
		if _, err := Open("no folder", settings); err == nil || strings.Contains(err.Error(), "no folder") {
			t.Errorf("Open with %v: %v, want an error about the setting", settings, err)
		}
	}
}

func FuzzDecodeList(f *testing.F) {
	f.Add([]byte(madeList()))
	f.Add([]byte(header + "dev,1,a,true,b\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := decodeList("x", b)
		if (err == nil) != (len(list) > 0) {
			t.Fatalf("%d rows, error %v", len(list), err)
		}
		words := newVocabulary(list)
		for _, e := range list {
			if got := len(words.codes(e.sentence, 4)); len(e.sentence) == 0 || got != 4*words.size() {
				t.Fatalf("%+v: %d codes", e, got)
			}
		}
	})
}

func FuzzDecodeImage(f *testing.F) {
	f.Add(madeImage(f, rawWidth, rawHeight, 1))
	f.Add(madeImage(f, 3, 2, 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		if x, err := decodeImage("x", b, 10); err == nil && len(x) != 10*40*3 {
			t.Fatalf("%d bytes, want 1200", len(x))
		}
	})
}

// TestRealFiles reads the published files where they are.
func TestRealFiles(t *testing.T) {
	dir := datatest.Real(t, Name)
	d := datatest.Open(t, Open, dir, nil)
	if n := d.Len(data.Train) + d.Len(data.Validation); n != 1974 || d.Len(data.Test) != 990 {
		t.Errorf(
			"%d training and validation samples, %d test samples, want 1974 and 990, as published", n, d.Len(data.Test),
		)
	}
	right := 0
	for i := range d.Len(data.Test) {
		_, label := d.Identity(data.Test, i)
		right += label
	}
	if right != 556 {
		t.Errorf("%d true test sentences, want 556, as published", right)
	}
}

// TestTokens wants the words of the training sentences numbered from 2 on, others 1, and padding 0.
func TestTokens(t *testing.T) {
	d, err := Open(
		write(t, madeList(), madeArchive(t, nil)), map[string]any{"val_share": 0.2, "words": 9, "text": tokenText},
	)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(
		data.Modality{Name: sentence, Kind: data.Vector, Shape: []int{9}}, d.Describe().Modalities[1],
	); diff != "" {
		t.Errorf("sentences (-want +got)\n%s", diff)
	}
	// The 13 words in order: eight letters, block, is, not, there, two; a sentence is there is block LETTER not two.
	if e := d.Describe().Recipe["encoder."+sentence]; e != "transformer,vocab=15,pad=1" {
		t.Errorf("the recipe's encoder is %v, want 13 words, unknown and padding", e)
	}
	for _, split := range []data.Split{data.Train, data.Test} {
		s, err := data.One(d, split, 0)
		if err != nil {
			t.Fatal(err)
		}
		x := s.X[sentence]
		if x[0] != 13 || x[5] != 14 || x[6] != 0 || x[8] != 0 || (x[3] == 1) != (split == data.Test) {
			t.Errorf("%s: tokens %v of there is block %s not two", split, x, s.ID)
		}
	}
}
