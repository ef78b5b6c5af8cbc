package folder

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

const threeRows = "id,label,split\na,x,train\nb,y,train\nc,x,test\n"

// TestTexts makes a vocabulary of the training texts and marks what is not in it.
func TestTexts(t *testing.T) {
	f := files{
		"labels.csv": []byte(threeRows),
		"said/a.txt": []byte("The cat sat. The cat sat."), "said/b.txt": []byte("the dog"),
		"said/c.txt": []byte("the 猫\n"),
	}
	d, err := Open(f.write(t), map[string]any{"words": 5, "vocab": 40})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(
		[]data.Modality{{Name: "said", Kind: data.Vector, Shape: []int{5}}}, d.Describe().Modalities,
	); diff != "" {
		t.Errorf("modalities (-want +got)\n%s", diff)
	}
	x := datatest.ReadAll(t, d, data.Train).X["said"]
	if x[0] != x[4] || x[0] != x[5] || x[0] == 0 { // "the cat sat . the" and "the dog": capitals do not count
		t.Errorf("tokens of the training texts are %v, want the same for each the", x)
	}
	test := datatest.ReadAll(t, d, data.Test).X["said"]
	if test[0] != x[0] || test[1] != 1 || test[2] != 0 {
		t.Errorf("tokens of the test text are %v, want the, unknown, and padding", test)
	}
	if e := fmt.Sprint(d.Describe().Recipe["encoder.said"]); !strings.HasPrefix(e, "transformer,vocab=") ||
		!strings.HasSuffix(e, ",pad=1") {
		t.Errorf("the recipe's encoder is %q", e)
	}
	for _, tt := range []struct{ name, content, want string }{
		{"empty", " \n", "b.txt: empty, want a text"},
		{"Latin-1", "caf\xe9", "b.txt: line 1, byte 4 (4 of the file): 0xe9 is not UTF-8"},
	} {
		f["said/b.txt"] = []byte(tt.content)
		if _, err := Open(f.write(t), nil); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
	f["said/b.txt"] = []byte("x")
	if _, err := Open(f.write(t), map[string]any{"vocabulary": "no such file"}); err == nil ||
		!strings.Contains(err.Error(), "no such file") {
		t.Errorf("Open with a missing vocabulary: %v", err)
	}
}

// TestContent names files wrongly: their content counts.
func TestContent(t *testing.T) {
	for _, tt := range []struct {
		name string
		f    files
		want data.Kind
	}{
		{
			"pictures", files{"m/a.bin": pngBytes(2, 2, 9), "m/b.jpg": pngBytes(2, 2, 9), "m/c": jpegBytes(2, 2)},
			data.Image,
		},
		{
			"sounds",
			files{
				"m/a.png": datatest.WAV(8000, datatest.Tone(900, 0.16)),
				"m/b.x":   datatest.WAV(8000, datatest.Tone(900, 0.16)),
				"m/c.wav": datatest.WAV(8000, datatest.Tone(900, 0.16)),
			},
			data.Spectrogram,
		},
		{"texts", files{"m/a": []byte("one"), "m/b.md": []byte("two"), "m/c.txt": []byte("three")}, data.Vector},
	} {
		tt.f["labels.csv"] = []byte(threeRows)
		d, err := Open(tt.f.write(t), nil)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := d.Describe().Modalities[0].Kind; got != tt.want {
			t.Errorf("%s: kind %s, want %s", tt.name, got, tt.want)
		}
	}
}

// TestVideos reads two videos of different sizes, and a recording of another format, through ffmpeg.
func TestVideos(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("needs ffmpeg: apt-get install ffmpeg")
	}
	dir := files{"labels.csv": []byte(threeRows)}.write(t)
	for i, id := range []string{"a", "b", "c"} {
		for _, sub := range []string{"film", "talk"} {
			if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		size := []string{"64x48", "32x24", "64x48"}[i]
		colour := fmt.Sprintf("color=c=0x%02x0000:s=%s:r=10:d=1", 80*i+40, size)
		for _, args := range [][]string{
			{
				"-f", "lavfi", "-i", colour, "-c:v", "mpeg4", "-q:v", "1",
				"file:" + filepath.Join(dir, "film", id+".mp4"),
			},
			{
				"-f", "lavfi", "-i", "sine=frequency=440:sample_rate=22050:duration=0.5",
				"file:" + filepath.Join(dir, "talk", id+".flac"),
			},
		} {
			if out, err := exec.CommandContext(
				t.Context(), "ffmpeg", append([]string{"-nostdin", "-v", "error"}, args...)...,
			).CombinedOutput(); err != nil {
				t.Fatalf("ffmpeg %v: %v\n%s", args, err, out)
			}
		}
	}
	d, err := Open(dir, map[string]any{"video_frames": 3, "image_side": 24})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]data.Modality{
		{Name: "film", Kind: data.Clip, Shape: []int{3, 24, 32, 3}},
		{Name: "talk", Kind: data.Spectrogram, Shape: []int{64, 64, 1}},
	}, d.Describe().Modalities); diff != "" {
		t.Errorf("modalities (-want +got)\n%s", diff)
	}
	x := datatest.ReadAll(t, d, data.Train).X["film"]
	size := len(x) / 2
	for i, want := range []float64{40, 120} {
		// A lossy codec keeps an even red to a few steps of 255.
		if got := 255 * float64(x[i*size]); math.Abs(got-want) > 12 ||
			slices.Max(x[i*size:(i+1)*size])*255 > float32(want)+12 {
			t.Errorf("the film of sample %d has red %.0f, want %.0f", i, got, want)
		}
	}
	if err := os.WriteFile(
		filepath.Join(dir, "film", "b.mp4"), []byte("\x00\x00\x00\x18ftypmp42 cut"), 0o600,
	); err != nil {
		t.Fatal(err)
	}
	if faults := Check(dir, nil); len(faults) != 1 || !strings.Contains(faults[0].Error(), "b.mp4: ") {
		t.Errorf("Check: %v, want the cut film named", faults)
	}
}

// TestMany reads six tables of 2,000 samples, and 10,000 pictures of which 3,000 samples have recordings.
func TestMany(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 13,000 files")
	}
	labels := "id,label,split\n"
	f := files{}
	for i := range 2000 {
		labels += fmt.Sprintf("s%d,%d,%s\n", i, i%4, []string{"train", "train", "val", "test"}[i/4%4])
	}
	for m := range 6 {
		table := "id,a,b,c\n"
		for i := range 2000 {
			table += fmt.Sprintf("s%d,%d,%d,%d\n", i, i, i*i, m)
		}
		f[fmt.Sprintf("sensor%d.csv", m)] = []byte(table)
	}
	f["labels.csv"] = []byte(labels)
	d, err := Open(f.write(t), nil)
	if err != nil || len(d.Describe().Modalities) != 6 || d.Len(data.Train) != 1000 {
		t.Fatalf("six tables: %v, want six modalities and 1,000 training samples", err)
	}
	f, labels = files{}, "id,label,split\n"
	for i := range 10000 {
		f[fmt.Sprintf("photo/s%d.png", i)] = pngBytes(4, 4, uint8(i))
		if i < 3000 {
			f[fmt.Sprintf("sound/s%d.wav", i)] = datatest.WAV(8000, datatest.Tone(700, 0.16))
			labels += fmt.Sprintf("s%d,%d,%s\n", i, i%4, []string{"train", "train", "val", "test"}[i/4%4])
		}
	}
	f["labels.csv"] = []byte(labels)
	dir := f.write(t)
	d, err = Open(dir, nil)
	if err != nil || d.Len(data.Train)+d.Len(data.Validation)+d.Len(data.Test) != 3000 {
		t.Fatalf("3,000 labelled samples: %v", err)
	}
	for i := 3000; i < 10000; i++ { // labelled all: those without sound are each named
		labels += fmt.Sprintf("s%d,%d,%s\n", i, i%4, []string{"train", "train", "val", "test"}[i/4%4])
	}
	if err := os.WriteFile(filepath.Join(dir, "labels.csv"), []byte(labels), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err = Open(dir, map[string]any{"skip_broken": true})
	if err != nil || d.Len(data.Train) != 1504 || len(d.Describe().Provenance.Skipped) != 7000 {
		t.Errorf("10,000 labelled samples: %v, want 1,504 training samples and 7,000 left out", err)
	}
}
