package folder

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/video"
	"github.com/primewindow/primewindow/internal/datatest"
	"github.com/primewindow/primewindow/internal/npy"
)

// TestContract holds the set to what every set promises.
func TestContract(t *testing.T) {
	if err := datatest.Contract(
		datatest.Open(t, Open, madeFiles().write(t), map[string]any{"bins": 8, "frames": 4, "window": 64}),
	); err != nil {
		t.Error(err)
	}
}

func TestModalities(t *testing.T) {
	d, err := Open(
		madeFiles().write(t), map[string]any{"bins": 8, "frames": 4, "window": 64, "image_side": 5, "steps": 4},
	)
	if err != nil {
		t.Fatal(err)
	}
	want := []data.Modality{
		{Name: "body", Kind: data.Vector, Shape: []int{2}},
		// the height as it is, the width as far as image_side
		{Name: "drawing", Kind: data.Image, Shape: []int{4, 5, 1}},
		{Name: "motion", Kind: data.Sequence, Shape: []int{4, 2}}, // two and three steps, brought to four
		{Name: "photo", Kind: data.Image, Shape: []int{5, 5, 3}},
		{Name: "sensor", Kind: data.Vector, Shape: []int{3}},
		{Name: "sound", Kind: data.Spectrogram, Shape: []int{8, 4, 1}},
	}
	desc := d.Describe()
	if diff := cmp.Diff(want, desc.Modalities); diff != "" {
		t.Fatalf("modalities (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"cat", "dog"}, desc.Classes); diff != "" {
		t.Errorf("classes (-want +got)\n%s", diff)
	}
	for k, split := range data.Splits {
		if n := d.Len(split); n != 4 {
			t.Errorf("%s: %d samples, want 4", split, n)
		}
		b := datatest.ReadAll(t, d, split)
		for i, label := range b.Labels {
			place := 4*k + i
			if id, _ := d.Identity(split, i); id != madeID(place) || int(label) != place%2 {
				t.Errorf("%s %d: %s of label %d", split, i, id, label)
			}
			// training places 0 to 3 have mean 1.5 and deviation √1.25
			scaled := float32((float64(place) - 1.5) / math.Sqrt(1.25))
			for name, got := range map[string]float32{
				"body": b.X["body"][2*i], "sensor": b.X["sensor"][3*i], "motion": b.X["motion"][8*i],
			} {
				if math.Abs(float64(got-scaled)) > 1e-6 { // float32
					t.Errorf("%s of %s is %v, want %v", name, madeID(place), got, scaled)
				}
			}
			// a first pixel of 20*place is spread over 2 of 5 columns' areas: the first column is the mean of the first
			// two
			if got, want := b.X["drawing"][20*i]*255, float32(10*place); got != want {
				t.Errorf("drawing of %s begins %v, want %v", madeID(place), got, want)
			}
			if x := b.X["photo"][75*i:][:3]; x[0] < 0.98 || x[1] > 0.02 || x[2] > 0.02 { // JPEG rounds
				t.Errorf("photo of %s begins %v, want red", madeID(place), x)
			}
		}
	}
}

// TestFaults damages a set in one place at a time and wants one line that names file and reason.
func TestFaults(t *testing.T) {
	good := madeFiles()
	labels := string(good["labels.csv"])
	huge := slices.Clone(pngBytes(6, 4, 0))
	copy(huge[16:], []byte{0, 0, 0x4e, 0x20, 0, 0, 0x4e, 0x20}) // 20,000 in the header, whose sum is then wrong
	body := string(good["body.csv"])
	for _, tt := range []struct {
		name    string
		file    string
		content []byte // nil removes the file
		want    string
		skips   bool // whether skip_broken leaves one sample out
		reason  string
	}{
		{"no labels", "labels.csv", nil, "no such file", false, "the set's table"},
		{
			"header", "labels.csv", []byte("name,label\n"), `header "name,label", want "id,label,split"`, false,
			"another table",
		},
		{
			"header alone", "labels.csv", []byte("id,label,split\n"), "no samples below the header", false,
			"nothing to read",
		},
		{"ragged labels", "labels.csv", []byte(labels + "x,y\n"), "line 14: 2 fields, want 3", false, "cut off"},
		{
			"unknown split", "labels.csv", []byte(strings.Replace(labels, "s01,dog,train", "s01,dog,dev", 1)),
			`row 2: id s01: split "dev", want train, val or test`, true, "three splits",
		},
		{
			"no label", "labels.csv", []byte(strings.Replace(labels, "s01,dog", "s01,", 1)), "row 2: id s01: no label",
			true, "nothing to learn",
		},
		{
			"another spelling", "labels.csv",
			[]byte(strings.NewReplacer("cat", "1", "s03,dog", "s03,1.0").Replace(labels)),
			`row 4: id s03: label "1.0", which row 1 spells "1": want one spelling`, true, "one class would be two",
		},
		{
			"another truth", "labels.csv",
			[]byte(strings.NewReplacer("cat", "True", "s03,dog", "s03,TRUE").Replace(labels)),
			`label "TRUE", which row 1 spells "True"`, true, "likewise",
		},
		{
			"another form of a letter", "labels.csv",
			[]byte(strings.NewReplacer("cat", "m\u00e4use", "s03,dog", "s03,ma\u0308use").Replace(labels)),
			`label "ma\u0308use", which row 1 spells "m\u00e4use"`, true, "likewise, and it cannot be seen",
		},
		{
			"no id", "labels.csv", []byte(strings.Replace(labels, "s01,", ",", 1)), "row 2: no id", true,
			"nothing to find",
		},
		{
			"leaves", "labels.csv", []byte(strings.Replace(labels, "s01,", "../s01,", 1)),
			`row 2: id "../s01", want a name without path`, true, "a path",
		},
		{
			"hidden", "labels.csv", []byte(strings.Replace(labels, "s01,", ".s01,", 1)),
			`row 2: id ".s01", want a name without path`, true, "hidden files are passed over",
		},
		{
			"label not trained", "labels.csv", []byte(strings.Replace(labels, "s09,dog", "s09,cow", 1)),
			`row 10: label "cow", which no whole sample of split train has`, false, "it cannot be predicted",
		},
		{
			"no test split", "labels.csv", []byte(strings.ReplaceAll(labels, "test", "val")),
			"no whole sample in split test", false, "nothing to measure",
		},
		{
			"one class", "labels.csv", []byte(strings.ReplaceAll(labels, "dog", "cat")), "one label in split train",
			false, "nothing to tell apart",
		},
		{"missing sound", "sound/s03.wav", nil, "s03: no file, want s03 with .wav", true, "never dropped silently"},
		{
			"two sounds", "sound/s03.npy", []byte("x"), "s03.wav: s03.npy is there too, want one file", true,
			"which one is meant?",
		},
		{"empty sound", "sound/s03.wav", []byte{}, "s03.wav: empty", true, "a copy that never began"},
		{
			"no samples", "sound/s03.wav", datatest.WAV(8000, datatest.Tone(0, 0.16)), "s03.wav: no samples", true,
			"zero length",
		},
		{
			"other rate", "sound/s00.wav", datatest.WAV(16000, datatest.Tone(900, 0.16)),
			"s00.wav: not supported: sample rate 16000 Hz, want 8000 Hz as most", true, "the first is the odd one here",
		},
		{
			"no JPEG", "photo/s05.jpg", []byte("<html>"), "s05.jpg: a web page, not the file itself", true,
			"an error page",
		},
		{"truncated JPEG", "photo/s05.jpg", good["photo/s05.jpg"][:300], "s05.jpg: ", true, "a copy that was cut off"},
		{"huge PNG", "drawing/s05.png", huge, "s05.png: ", true, "a header that asks for 1.6 GB"},
		{"video", "photo/s05.mp4", []byte("x"), "s05.mp4: s05.jpg is there too", true, "beside the photo"},
		{"other kind", "motion/s02.png", []byte("x"), "s02.png: s02.npy is there too", true, "beside the array"},
		{
			"features", "motion/s02.npy", npy.Encode("<f4", float32s(1, 2, 3), 1, 3),
			"s02.npy: an array of shape [T 3], want [T 2] as most", true, "another sensor",
		},
		{
			"NaN in an array", "motion/s02.npy", npy.Encode("<f4", float32s(1, float32(math.NaN())), 1, 2),
			"s02.npy: value [0, 1] is NaN", true, "no value",
		},
		{
			"no value in an array", "motion/s02.npy", npy.Encode("<f4", nil, 0, 2),
			"s02.npy: an array of shape [0 2], which holds no value", true, "a recording without steps",
		},
		{
			"NaN in a table", "body.csv", []byte(strings.Replace(body, "s04,4,", "s04,NaN,", 1)),
			`id s04, column height: "NaN", want a finite number`, true, "no value",
		},
		{"no row", "body.csv", []byte(strings.Replace(body, "s04,", "s99,", 1)), "no row for id s04", true, "missing"},
		{
			"row twice", "body.csv", []byte(strings.Replace(body, "stranger,x,y", "s04,1,1", 1)), "id s04 stands twice",
			true, "which one is meant?",
		},
		{"ragged table", "body.csv", []byte(body + "x,1\n"), "fields, want 3", false, "cut off"},
		{"no feature", "body.csv", []byte("id\ns00\n"), "header of 1 columns", false, "nothing in it"},
		{
			"rows of an array", "sensor.npy", npy.Encode("<f4", float32s(1, 2), 2, 1),
			"an array of shape [2 1], want 12 along the first axis", false, "of another list",
		},
		{
			"values of an array", "sensor.npy", npy.Encode("<f4", nil, madeRows, 0),
			"sensor.npy: an array of shape [12 0], which holds no value", false, "no features",
		},
		{
			"array without axes", "sensor.npy", npy.Encode("<f4", float32s(1)),
			"sensor.npy: an array of shape [], want 12 along the first axis", false, "of which sample?",
		},
		{
			"modality twice", "body.npy", good["sensor.npy"], "modality body is in body.csv already", false,
			"which one is meant?",
		},
		{
			"modality's name", "my data.csv", good["body.csv"], `modality "my data", want a name without`, false,
			"it becomes part of a setting's name",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := madeFiles()
			if f[tt.file] = tt.content; tt.content == nil {
				delete(f, tt.file)
			}
			dir := f.write(t)
			_, err := Open(dir, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), dir) ||
				strings.Contains(err.Error(), "\n") {
				t.Fatalf("Open: %v, want one line with the file and %q\nreason: %s", err, tt.want, tt.reason)
			}
			if faults := Check(dir, nil); len(faults) == 0 || !strings.Contains(faults[0].Error(), tt.want) {
				t.Errorf("Check: %v, want the same fault", faults)
			}
			d, err := Open(dir, map[string]any{"skip_broken": true})
			if !tt.skips {
				if err == nil {
					t.Error("with skip_broken: no error, want the same: no sample is to blame")
				}
				return
			}
			if err != nil {
				t.Fatalf("with skip_broken: %v", err)
			}
			skipped := d.Describe().Provenance.Skipped
			if n := d.Len(data.Train) + d.Len(
				data.Validation,
			) + d.Len(data.Test); n != madeRows-1 || len(skipped) == 0 || !strings.Contains(
				strings.Join(skipped, "\n"), tt.want,
			) {
				t.Errorf("with skip_broken: %d samples, skipped %q, want 11 and the fault", n, skipped)
			}
		})
	}
}

func TestOtherForms(t *testing.T) {
	rows := "id,label,split\na,10,train\nb,9,train\nc,9,test\n"
	for _, tt := range []struct {
		name   string
		files  files
		want   data.Modality
		first  []float32 // values of sample a
		reason string
	}{
		{
			"pixels", files{"m.npy": npy.Encode("|u1", []byte{0, 255, 51, 1, 2, 3}, 3, 1, 2, 1)},
			data.Modality{Name: "m", Kind: data.Image, Shape: []int{1, 2, 1}}, []float32{0, 1},
			"whole bytes are divided by 255",
		},
		{
			"clip", files{"m.npy": npy.Encode("|u1", []byte{0, 255, 51}, 3, 1, 1, 1, 1)},
			data.Modality{Name: "m", Kind: data.Clip, Shape: []int{1, 1, 1, 1}}, []float32{0}, "four axes",
		},
		{
			"bytes of a vector", files{"m.npy": npy.Encode("|u1", []byte{3, 1, 9}, 3, 1)},
			data.Modality{Name: "m", Kind: data.Vector, Shape: []int{1}}, []float32{1},
			"scaled as numbers: mean 2, deviation 1",
		},
		{
			"numbers",
			files{
				"m/a.npy": npy.Encode("<f4", float32s(3)), "m/b.npy": npy.Encode("<f4", float32s(1)),
				"m/c.npy": npy.Encode("<f4", float32s(1)),
			},
			data.Modality{Name: "m", Kind: data.Vector, Shape: []int{1}}, []float32{1},
			"one number a sample, without axes",
		},
		{
			"numbers in one", files{"m.npy": npy.Encode("<f4", float32s(3, 1, 1), 3)},
			data.Modality{Name: "m", Kind: data.Vector, Shape: []int{1}}, []float32{1}, "likewise in one array",
		},
		{
			"equal sequences", files{"m.npy": npy.Encode("<f8", make([]byte, 3*2*8), 3, 2, 1)},
			data.Modality{Name: "m", Kind: data.Sequence, Shape: []int{2, 1}}, []float32{0, 0},
			"kept as long as they are",
		},
		{
			"one pixel",
			files{"m/a.png": pngBytes(1, 1, 255), "m/b.png": pngBytes(1, 1, 0), "m/c.png": pngBytes(1, 1, 0)},
			data.Modality{Name: "m", Kind: data.Image, Shape: []int{1, 1, 1}}, []float32{1}, "the smallest image",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.files["labels.csv"] = []byte(rows)
			d, err := Open(tt.files.write(t), nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]data.Modality{tt.want}, d.Describe().Modalities); diff != "" {
				t.Errorf("modalities (-want +got)\n%s\nreason: %s", diff, tt.reason)
			}
			if got := datatest.ReadAll(t, d, data.Train).X["m"][:len(tt.first)]; !slices.Equal(got, tt.first) {
				t.Errorf("sample a is %v, want %v\nreason: %s", got, tt.first, tt.reason)
			}
			if diff := cmp.Diff([]string{"9", "10"}, d.Describe().Classes); diff != "" {
				t.Errorf("whole numbers are in numerical order (-want +got)\n%s", diff)
			}
		})
	}
	for name, want := range map[string]string{"m/a.pdf": `files ".pdf"`, "m/a": `files ""`} {
		_, err := Open(files{"labels.csv": []byte("id,label,split\na,x,train\n"), name: []byte("x\x00")}.write(t), nil)
		if err == nil || !strings.Contains(err.Error(), "not supported: "+want) {
			t.Errorf("Open with %s: %v", name, err)
		}
	}
}

// TestLinks follows links wherever they lead, as a cluster and DVC lay sets out, and wants a loop to end and a link to
// nothing to be named.
func TestLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	elsewhere := t.TempDir()
	if err := madeFiles().writeTo(elsewhere); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, at, to, want string
		reason             string
	}{
		{"a file", "sound/s02.wav", filepath.Join(elsewhere, "sound", "s02.wav"), "", "kept by its content elsewhere"},
		{"a folder", "photo", filepath.Join(elsewhere, "photo"), "", "on another disk"},
		{"a table", "body.csv", filepath.Join(elsewhere, "body.csv"), "", "shared by sets"},
		{"labels", "labels.csv", filepath.Join(elsewhere, "labels.csv"), "", "likewise"},
		{"a loop", "sound/s02.wav", "s02.wav", "too many levels", "it has no end"},
		{"inside", "sound/s02.wav", "s03.wav", "", "within the folder"},
		{
			"nothing", "sound/s02.wav", filepath.Join(elsewhere, "gone.wav"), "gone.wav, which is not there",
			"moved away",
		},
		{
			"a folder that is gone", "photo", filepath.Join(elsewhere, "gone"), "gone, which is not there",
			"another machine",
		},
		{
			"not fetched", "sound/s02.wav", "../.git/annex/objects/Xx/Yy/SHA256E-s1--aa", "a git-annex pointer",
			"a clone without its content",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := madeFiles()
			datatest.Files(f).Without(tt.at)
			dir := f.write(t)
			if err := os.Symlink(tt.to, filepath.Join(dir, filepath.FromSlash(tt.at))); err != nil {
				t.Fatal(err)
			}
			_, err := Open(dir, nil)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(
				err.Error(), tt.want,
			) || !strings.Contains(err.Error(), filepath.FromSlash(tt.at))) {
				t.Errorf("Open: %v, want %q\nreason: %s", err, tt.want, tt.reason)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	dir := madeFiles().write(t)
	if _, err := Open(dir, map[string]any{"max_gib": 0.001, "bins": 1024, "frames": 1024}); err == nil ||
		!strings.Contains(err.Error(), "GiB, want at most 0.00: see the settings max_gib") {
		t.Errorf("Open: %v, want an error about memory", err)
	}
	for _, settings := range []map[string]any{{"bins": 1}, {"skip_broken": "maybe"}, {"rate": 1}} {
		if faults := Check("no folder", settings); len(faults) != 1 ||
			!strings.HasPrefix(faults[0].Error(), "folder: ") {
			t.Errorf("Check with %v: %v, want one error about the setting", settings, faults)
		}
	}
	if _, err := Open("", nil); err == nil || !strings.Contains(err.Error(), "no folder named") {
		t.Errorf("Open of nothing: %v", err)
	}
	f := madeFiles()
	delete(f, "sound/s01.wav")
	delete(f, "sound/s02.wav")
	dir = f.write(t)
	if faults := Check(dir, nil); len(faults) != 2 {
		t.Errorf("Check: %v, want two faults", faults)
	}
	if _, err := Open(dir, nil); err == nil || !strings.Contains(err.Error(), "the first of 2 faults") {
		t.Errorf("Open: %v, want the number of faults", err)
	}
}

func FuzzDecodeLabels(f *testing.F) {
	f.Add(madeFiles()["labels.csv"])
	f.Add([]byte("id,label,split\n../a,b,train\na,,val\na,b,dev\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, total, faults, err := decodeLabels("x", b)
		if err == nil && len(rows)+len(faults) != total {
			t.Fatalf("%d rows and %d faults of %d", len(rows), len(faults), total)
		}
		seen := map[string]bool{}
		for _, r := range rows {
			if !contained(r.id) || r.label == "" || seen[r.id] {
				t.Fatalf("row %+v", r)
			}
			seen[r.id] = true
		}
	})
}

func FuzzDecodeTable(f *testing.F) {
	f.Add(madeFiles()["body.csv"])
	f.Add([]byte("id,x\ns00,1\ns00,nan\n"))
	ids := map[string]int{"s00": 0, "s01": 1}
	f.Fuzz(func(t *testing.T, b []byte) {
		columns, values, faults := decodeTable("x", b, ids)
		broken := map[int]bool{}
		for _, f := range faults {
			if broken[f.place] = true; f.place == wholeSet {
				return
			}
		}
		for i, x := range values {
			if broken[i] != (x == nil) || x != nil && len(x) != columns {
				t.Fatalf("sample %d: %v, broken %v", i, x, broken[i])
			}
		}
	})
}

func FuzzDecodeImage(f *testing.F) {
	f.Add(pngBytes(3, 2, 9))
	f.Add(jpegBytes(3, 2))
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, err := video.DecodeHeader("x", b); err != nil || h.Width*h.Height > 1<<16 {
			return
		}
		if p, err := video.DecodePicture("x", b); err == nil {
			if x := areas(p, 2, 3, 3); len(x) != 18 {
				t.Fatalf("%d bytes, want 18", len(x))
			}
		}
	})
}
