package digits

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

func TestRealSplits(t *testing.T) {
	dir := datatest.Real(t, "fsdd", "mnist")
	for _, tt := range []struct {
		protocol         string
		train, val, test int
		reason           string
	}{
		{
			"speakers", 1800, 200, 1000,
			"2,000 recordings of four speakers, a tenth of them for validation, and 1,000 of two",
		},
		{
			"takes", 2400, 300, 300,
			"300 recordings tested; of each speaker's 45 other takes of a digit 4.5, rounded to 5, for validation",
		},
	} {
		d, err := Open(dir, map[string]any{"protocol": tt.protocol})
		if err != nil {
			t.Fatal(err)
		}
		train, val, test := d.Len(data.Train), d.Len(data.Validation), d.Len(data.Test)
		if train != tt.train || val != tt.val || test != tt.test {
			t.Errorf(
				"%s: %d, %d, %d samples, want %d, %d, %d\nreason: %s", tt.protocol, train, val, test, tt.train, tt.val,
				tt.test, tt.reason,
			)
		}
	}
}

// TestRealClasses asks the simplest linear rule, so that a loader that mixes up labels, axes or pairs is found out.
func TestRealClasses(t *testing.T) {
	d, err := Open(datatest.Real(t, "fsdd", "mnist"), map[string]any{"degrade": "none"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		modality string
		lo, hi   float64
		reason   string
	}{
		// Chance is 0.1. Images: nearest-mean rules on MNIST are known to reach 0.82.
		{written, 0.75, 0.88, "clean images are easy"},
		{spoken, 0.2, 0.75, "speakers never heard are hard for class means"},
	} {
		train, test := datatest.ReadAll(t, d, data.Train), datatest.ReadAll(t, d, data.Test)
		n := len(train.X[tt.modality]) / len(train.Labels)
		means, counts := make([][]float64, 10), make([]float64, 10)
		for c := range means {
			means[c] = make([]float64, n)
		}
		for i, label := range train.Labels {
			counts[label]++
			for k, v := range train.X[tt.modality][i*n : (i+1)*n] {
				means[label][k] += float64(v)
			}
		}
		right := 0
		for i, label := range test.Labels {
			least, found := math.Inf(1), 0
			for c, m := range means {
				distance := 0.0
				for k, v := range test.X[tt.modality][i*n : (i+1)*n] {
					distance += (float64(v) - m[k]/counts[c]) * (float64(v) - m[k]/counts[c])
				}
				if distance < least {
					least, found = distance, c
				}
			}
			if found == int(label) {
				right++
			}
		}
		accuracy := float64(right) / float64(len(test.Labels))
		t.Logf("%s: nearest mean is right for %.3f of the test split", tt.modality, accuracy)
		if accuracy < tt.lo || accuracy > tt.hi {
			t.Errorf(
				"%s: nearest mean is right for %.3f, want between %v and %v\nreason: %s", tt.modality, accuracy, tt.lo,
				tt.hi, tt.reason,
			)
		}
	}
}

// TestRealFilesMatchTheManifests checks the sums against files, and that a complete set is not fetched again.
func TestRealFilesMatchTheManifests(t *testing.T) {
	dir := datatest.Real(t, "fsdd", "mnist")
	recordings, err := parseManifest(fsddSums)
	if err != nil {
		t.Fatal(err)
	}
	arrays, err := parseManifest(mnistSums)
	if err != nil {
		t.Fatal(err)
	}
	f := fetcher{dir: dir, recordings: recordings, arrays: arrays}
	if name := f.missing(recordingsDir(dir)); name != "" {
		t.Errorf("%s is missing or differs from the manifest", name)
	}
	for name := range arrays {
		if err := f.packedWhole(filepath.Join(dir, "mnist", name+".gz"), name); err != nil {
			t.Error(err)
		}
	}
	list, err := listRecordings(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if _, ok := recordings[r.name()+".wav"]; !ok {
			t.Errorf("%s is not in the manifest", r.name())
		}
	}
}

func TestRealDegradations(t *testing.T) {
	dir := datatest.Real(t, "fsdd", "mnist")
	d, err := Open(dir, map[string]any{"degrade": "pca75", "images_per_recording": 2})
	if err != nil {
		t.Fatal(err)
	}
	b := datatest.ReadAll(t, d, data.Train)
	var distinct []float32
	for i := range b.Labels {
		distinct = append(distinct, b.X[written][i*imageSize+14*28+14])
	}
	slices.Sort(distinct)
	if n := len(slices.Compact(distinct)); n < 3000 {
		t.Errorf("the middle pixel takes %d values over %d projected images, want almost as many", n, len(b.Labels))
	}
	for i, v := range b.X[written] {
		if v-v != 0 {
			t.Fatalf("value %d is %v", i, v)
		}
	}
}

func BenchmarkOpenReal(b *testing.B) {
	dir := datatest.Real(b, "fsdd", "mnist")
	for b.Loop() {
		if _, err := Open(dir, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*3000)/b.Elapsed().Seconds(), "recordings/s")
}
