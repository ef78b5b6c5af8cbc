package synth

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

// open makes a set and fails the test if it cannot.
func open(tb testing.TB, settings map[string]any) data.Dataset {
	tb.Helper()
	return datatest.Open(tb, Open, "", settings)
}

// TestContract holds the set to what every set promises.
func TestContract(t *testing.T) {
	d := open(t, map[string]any{"train": 60, "val": 12, "test": 24})
	desc := d.Describe()
	if desc.Name != Name || len(desc.Classes) != 6 || len(desc.Provenance.SplitHash) != 64 {
		t.Errorf("description %+v, want the name %s, 6 classes and a hash of 64 digits", desc, Name)
	}
	if err := datatest.Contract(d); err != nil {
		t.Error(err)
	}
	for k, split := range data.Splits {
		counts := make([]int, len(desc.Classes))
		for _, label := range datatest.ReadAll(t, d, split).Labels {
			counts[label]++
		}
		if want := []int{10, 2, 4}[k]; slices.Min(counts) != want || slices.Max(counts) != want {
			t.Errorf("%s: classes %v, want %d each", split, counts, want)
		}
	}
}

func TestReadIsAFunctionOfPlace(t *testing.T) {
	d := open(t, map[string]any{"train": 30})
	all := datatest.ReadAll(t, d, data.Train)
	for _, m := range d.Describe().Modalities {
		b, err := open(t, map[string]any{"train": 9}).Read(data.Train, []int{8, 3, 8}, 7)
		if err != nil {
			t.Fatal(err)
		}
		n := m.Size()
		want := slices.Concat(all.X[m.Name][8*n:9*n], all.X[m.Name][3*n:4*n], all.X[m.Name][8*n:9*n])
		if !slices.Equal(b.X[m.Name], want) {
			t.Errorf("%s: samples 8, 3, 8 of another set, with a draw, differ from these", m.Name)
		}
		if !slices.Equal(b.Labels, []int32{2, 3, 2}) || !slices.Equal(b.Indices, []int{8, 3, 8}) {
			t.Errorf("labels %v of %v, want 2 3 2 of 8 3 8", b.Labels, b.Indices)
		}
	}
}

// TestStreamsDiffer looks for samples that are alike: of other seeds, splits and places.
func TestStreamsDiffer(t *testing.T) {
	seen := map[float32]string{}
	for _, seed := range []int{0, 1, 2} {
		d := open(
			t,
			map[string]any{"data_seed": seed, "train": 40, "val": 40, "test": 40, "audio_hum": 0, "audio_noise": 0.7},
		)
		for _, split := range data.Splits {
			b := datatest.ReadAll(t, d, split)
			for i := range d.Len(split) {
				id, _ := d.Identity(split, i)
				v := b.X[audio][i*Side*Side] // row 0 holds noise alone when there is no hum
				if other, ok := seen[v]; ok {
					t.Errorf("%s and %s begin with the same noise %v", id, other, v)
				}
				seen[v] = id
			}
		}
	}
	// 360 draws of a standard normal times 0.7: the mean's standard error is 0.037, four of which are allowed, and
	// that of the standard deviation 0.026.
	var sum, squares float64
	for v := range seen {
		sum, squares = sum+float64(v), squares+float64(v)*float64(v)
	}
	n := float64(len(seen))
	if mean, sd := sum/n, math.Sqrt(squares/n); math.Abs(mean) > 0.15 || math.Abs(sd-0.7) > 0.11 {
		t.Errorf("first values: mean %v, standard deviation %v, want 0 and 0.7", mean, sd)
	}
}

func TestOpenErrors(t *testing.T) {
	for _, tt := range []struct {
		settings map[string]any
		want     string
		reason   string
	}{
		{
			map[string]any{"audio_nois": 1.0}, `synth: unknown setting "audio_nois"`,
			"a misspelt name would go unnoticed",
		},
		{map[string]any{"audio_informative": 1.5}, "audio_informative: got 1.5, want between 0 and 1", "a share"},
		{map[string]any{"train": 10.5}, "train: got 10.5, want a whole number", "a count"},
		{map[string]any{"train": 5}, "train: got 5, want between 6", "a class without a sample"},
		{
			map[string]any{"audio_shift": 7}, "audio_shift: got 7, want between 0 and 6",
			"a line would leave the picture",
		},
	} {
		if d, err := Open("", tt.settings); err == nil || !strings.Contains(err.Error(), tt.want) || d != nil {
			t.Errorf("Open(%v) = %v, %v, want %q\nreason: %s", tt.settings, d, err, tt.want, tt.reason)
		}
	}
	d := open(t, map[string]any{"train": 6})
	for _, i := range []int{-1, 6} {
		if b, err := d.Read(data.Train, []int{0, i}, 0); err == nil || b != nil {
			t.Errorf("Read of place %d of 6: %v, %v, want an error", i, b, err)
		}
	}
	if n := d.Len("extra"); n != 0 {
		t.Errorf("a split that is not there has %d samples", n)
	}
}

func TestSplitHash(t *testing.T) {
	hash := func(settings map[string]any) string { return open(t, settings).Describe().Provenance.SplitHash }
	base := hash(map[string]any{"train": 60})
	for _, tt := range []struct {
		settings map[string]any
		same     bool
		reason   string
	}{
		{map[string]any{"train": 60}, true, "equal settings, equal samples"},
		{map[string]any{"train": 60.0, "audio_noise": 3.0}, true, "noise changes no identity"},
		{map[string]any{"train": 66}, false, "more samples"},
		{map[string]any{"train": 60, "data_seed": 1}, false, "others"},
	} {
		if got := hash(tt.settings); (got == base) != tt.same {
			t.Errorf("%v: hash %s, want same as %s %v\nreason: %s", tt.settings, got, base, tt.same, tt.reason)
		}
	}
}

// TestRecipe checks that names and types are those of a run's settings, by the defaults of its table.
func TestRecipe(t *testing.T) {
	recipe := open(t, map[string]any{"train": 6}).Describe().Recipe
	for _, name := range []string{"lr", "momentum", "weight_decay", "batch", "epochs", "lr_step", "lr_gamma"} {
		if v, ok := recipe[name].(float64); !ok || v <= 0 {
			t.Errorf("recipe %s is %v, want a number above 0", name, recipe[name])
		}
	}
	for _, name := range []string{"encoder.audio", "encoder.visual"} {
		if v, ok := recipe[name].(string); !ok || v == "" {
			t.Errorf("recipe %s is %v, want an encoder's name", name, recipe[name])
		}
	}
}

func TestSettings(t *testing.T) {
	given := map[string]any{}
	for _, s := range Settings() {
		if s.Doc == "" || s.Min >= s.Max {
			t.Errorf("setting %+v, want a sentence and bounds", s)
		}
		given[s.Name] = s.Default
	}
	// All defaults given and none given are the same set.
	a, b := open(t, given), open(t, nil)
	if diff := cmp.Diff(a.Describe(), b.Describe()); diff != "" {
		t.Errorf("defaults given and left out differ (-given +left out)\n%s", diff)
	}
}

func BenchmarkOpen(b *testing.B) {
	b.ReportAllocs()
	samples := 0
	for b.Loop() {
		d := open(b, nil)
		for _, split := range data.Splits {
			samples += d.Len(split)
		}
	}
	b.ReportMetric(float64(samples)/b.Elapsed().Seconds(), "samples/s")
}
