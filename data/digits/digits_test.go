package digits

import (
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

// made writes a small set and returns its folder.
func made(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	if err := makeSet(dir); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// open opens a set with small spectrograms and fails the test if it cannot.
func open(tb testing.TB, dir string, settings map[string]any) data.Dataset {
	tb.Helper()
	s := map[string]any{"window": 64, "hop": 16, "bins": 8, "frames": 8, "images_per_recording": 2}
	maps.Copy(s, settings)
	return datatest.Open(tb, Open, dir, s)
}

// TestContract holds the set to what every set promises.
func TestContract(t *testing.T) {
	if err := datatest.Contract(open(t, made(t), nil)); err != nil {
		t.Error(err)
	}
}

// TestProtocols checks the splits against the rules in the package comment.
func TestProtocols(t *testing.T) {
	dir := made(t)
	for _, tt := range []struct {
		name             string
		settings         map[string]any
		train, val, test int
		reason           string
	}{
		{
			"speakers", map[string]any{"val_share": 0.34}, 80, 40, 120,
			"george's 6 takes of 10 digits, 2 of each for validation; theo's; two images each",
		},
		{"no validation", map[string]any{"val_share": 0}, 120, 0, 120, "a split may be empty"},
		{
			"takes", map[string]any{"protocol": "takes", "val_share": 0}, 40, 0, 200,
			"takes 0 to 4 of both speakers are tested, take 5 is left",
		},
		{
			"held out", map[string]any{"protocol": "takes", "val_speakers": "george"}, 20, 20, 200,
			"take 5 of theo, and of george; val_share has no say",
		},
		{
			"three images", map[string]any{"val_share": 0.5, "images_per_recording": 3}, 90, 90, 180,
			"half of george's takes",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := open(t, dir, tt.settings)
			want := map[data.Split]int{data.Train: tt.train, data.Validation: tt.val, data.Test: tt.test}
			owner := map[string]data.Split{} // of a recording, and of an image
			for _, split := range data.Splits {
				if got := d.Len(split); got != want[split] {
					t.Errorf("%s: %d samples, want %d\nreason: %s", split, got, want[split], tt.reason)
				}
				images := map[string]bool{}
				for i := range d.Len(split) {
					id, label := d.Identity(split, i)
					name, image, _ := strings.Cut(id, "+")
					r, err := parseRecording(name)
					if err != nil || r.digit != label {
						t.Fatalf("%s: identity %s of label %d: %v", split, id, label, err)
					}
					protocol, _ := tt.settings["protocol"].(string)
					if r.tested(protocol) != (split == data.Test) ||
						strings.HasPrefix(image, mnistTest) != (split == data.Test) {
						t.Errorf("%s: %s is of another split", split, id)
					}
					if images[image] {
						t.Errorf("%s: image %s twice", split, image)
					}
					images[image] = true
					for _, part := range []string{name, image} {
						if o, ok := owner[part]; ok && o != split {
							t.Errorf("%s is in %s and in %s", part, o, split)
						}
						owner[part] = split
					}
				}
			}
		})
	}
}

// TestSamplesAreWhatTheySay reads each image's place and digit from its pixels.
func TestSamplesAreWhatTheySay(t *testing.T) {
	d := open(t, made(t), map[string]any{"degrade": "none"})
	for _, split := range data.Splits {
		b := datatest.ReadAll(t, d, split)
		for i, label := range b.Labels {
			part, place, err := imagePlace(b.X[written][i*imageSize : (i+1)*imageSize])
			if err != nil {
				t.Fatal(err)
			}
			id, _ := d.Identity(split, i)
			if place%10 != int(label) || !strings.HasSuffix(id, "+"+part+"/"+strconv.Itoa(place)) {
				t.Errorf("%s %d: %s of digit %d shows image %s/%d", split, i, id, label, part, place)
			}
		}
	}
}

// TestAudioStandardised checks the training split's mean and deviation, and that the others do not enter them.
func TestAudioStandardised(t *testing.T) {
	dir := made(t)
	moments := func(x []float32) (mean, sd float64) {
		for _, v := range x {
			mean += float64(v) / float64(len(x))
		}
		for _, v := range x {
			sd += (float64(v) - mean) * (float64(v) - mean) / float64(len(x))
		}
		return mean, math.Sqrt(sd)
	}
	d := open(t, dir, map[string]any{"val_share": 0.34})
	train := datatest.ReadAll(t, d, data.Train).X[spoken]
	// 5,120 values rounded to float32, 1e-7 each.
	if mean, sd := moments(train); math.Abs(mean) > 1e-6 || math.Abs(sd-1) > 1e-6 {
		t.Errorf("training spectrograms: mean %v, deviation %v, want 0 and 1", mean, sd)
	}
	// A test recording grows loud: its own values change, and no training value does.
	loud := filepath.Join(recordingsDir(dir), "0_theo_0.wav")
	if err := os.WriteFile(
		loud, datatest.WAV(sampleRateHz, slices.Repeat([]int16{30000, -30000}, 300)), 0o600,
	); err != nil {
		t.Fatal(err)
	}
	e := open(t, dir, map[string]any{"val_share": 0.34})
	if !slices.Equal(datatest.ReadAll(t, e, data.Train).X[spoken], train) {
		t.Error("a test recording changes the training split's values")
	}
	if slices.Equal(datatest.ReadAll(t, e, data.Test).X[spoken], datatest.ReadAll(t, d, data.Test).X[spoken]) {
		t.Error("another test recording, but the same test values")
	}
}

func TestReadIsAFunctionOfPlace(t *testing.T) {
	dir := made(t)
	a, b := open(t, dir, nil), open(t, dir, nil)
	if diff := cmp.Diff(a.Describe(), b.Describe()); diff != "" {
		t.Errorf("opened twice (-first +second)\n%s", diff)
	}
	all := datatest.ReadAll(t, a, data.Test)
	for _, m := range a.Describe().Modalities {
		got, err := b.Read(data.Test, []int{8, 3, 8}, 7)
		if err != nil {
			t.Fatal(err)
		}
		n := m.Size()
		want := slices.Concat(all.X[m.Name][8*n:9*n], all.X[m.Name][3*n:4*n], all.X[m.Name][8*n:9*n])
		if !slices.Equal(got.X[m.Name], want) {
			t.Errorf("%s: samples 8, 3, 8 of the set opened again, with a draw, differ", m.Name)
		}
	}
	other := open(t, dir, map[string]any{"data_seed": 1})
	if a.Describe().Provenance.SplitHash == other.Describe().Provenance.SplitHash {
		t.Error("another data_seed, but the same samples")
	}
	for _, i := range []int{-1, a.Len(data.Test)} {
		if got, err := a.Read(data.Test, []int{i}, 0); err == nil || got != nil {
			t.Errorf("Read of place %d: %v, %v, want an error", i, got, err)
		}
	}
	if n := a.Len("extra"); n != 0 {
		t.Errorf("a split that is not there has %d samples", n)
	}
}

// TestRecipe checks that names and types are those of a run's settings.
func TestRecipe(t *testing.T) {
	want := map[string]any{
		"lr": 0.03, "momentum": 0.9, "weight_decay": 1e-4, "batch": 64.0, "epochs": 12.0, "lr_step": 10.0,
		"lr_gamma":      0.1,
		"encoder.audio": "cnn2d:16-32-64-64", "encoder.visual": "cnn2d:16-32-64", "probe_samples": 128.0,
		"window_every": "1800 samples", "k_every": "1800 samples", "floor": 0.75,
	}
	desc := open(t, made(t), nil).Describe()
	if diff := cmp.Diff(want, desc.Recipe); diff != "" {
		t.Errorf("recipe (-want +got)\n%s", diff)
	}
	shapes := []data.Modality{
		{Name: "audio", Kind: data.Spectrogram, Shape: []int{8, 8, 1}},
		{Name: "visual", Kind: data.Image, Shape: []int{28, 28, 1}},
	}
	if diff := cmp.Diff(shapes, desc.Modalities); diff != "" || len(desc.Classes) != 10 {
		t.Errorf("%d classes, modalities (-want +got)\n%s", len(desc.Classes), diff)
	}
}

func TestSettings(t *testing.T) {
	for _, s := range Settings() {
		if _, number := s.Default.(float64); s.Doc == "" || number && s.Min >= s.Max ||
			!number && len(s.Choices) == 0 && s.Name != "val_speakers" {
			t.Errorf("setting %+v, want a sentence, and bounds or choices", s)
		}
		if _, err := parseOptions(map[string]any{s.Name: s.Default}); err != nil {
			t.Errorf("the default of %s: %v", s.Name, err)
		}
	}
	for _, tt := range []struct {
		settings map[string]any
		want     string
		reason   string
	}{
		{map[string]any{"degrad": "none"}, `digits: unknown setting "degrad"`, "a misspelt name would go unnoticed"},
		{map[string]any{"degrade": "blur"}, `degrade: got "blur", want one of noise50, pca75, none`, "a choice"},
		{
			map[string]any{"val_share": 0.6}, "val_share: got 0.6, want between 0 and 0.5",
			"little would be left to train on",
		},
		{map[string]any{"window": 20.5}, "window: got 20.5, want a whole number", "a count"},
	} {
		if _, err := Open("no folder", tt.settings); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Open with %v: %v, want %q\nreason: %s", tt.settings, err, tt.want, tt.reason)
		}
	}
}

// TestValSpeakers: who is held out to validate is not trained on, and has to be one who could be.
func TestValSpeakers(t *testing.T) {
	dir := made(t)
	d := open(t, dir, map[string]any{"protocol": "takes", "val_speakers": "george"})
	for _, split := range []data.Split{data.Train, data.Validation} {
		for i := range d.Len(split) {
			id, _ := d.Identity(split, i)
			if r, err := parseRecording(strings.Split(id, "+")[0]); err != nil ||
				(r.speaker == "george") != (split == data.Validation) {
				t.Errorf("%s: %s, %v: george validates", split, id, err)
			}
		}
	}
	if text := d.Describe().Provenance.Protocol; !strings.Contains(text, "the other takes of george are validation") {
		t.Errorf("protocol %q, want the speaker named", text)
	}
	for _, tt := range []struct {
		protocol, speakers, want, reason string
	}{
		{"speakers", "theo", `val_speakers "theo": "theo", want different ones of george`, "he is tested"},
		{"takes", "ann", `"ann", want different ones of george, theo`, "nobody of that name"},
		{"takes", "george-george", `"george", want different ones`, "twice"},
		{"takes", "george-theo", "nobody is left to train on", "both"},
		{"takes", "", `"", want different ones`, "nobody named"},
	} {
		_, err := Open(dir, map[string]any{"protocol": tt.protocol, "val_speakers": tt.speakers})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s of %s: %v, want %q\nreason: %s", tt.speakers, tt.protocol, err, tt.want, tt.reason)
		}
	}
}
