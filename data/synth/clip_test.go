package synth

import (
	"math"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

// centroids are the mean training samples of each class.
func centroids(t *testing.T, d data.Dataset, modality string) [][]float64 {
	t.Helper()
	b := datatest.ReadAll(t, d, data.Train)
	const n = Side * Side
	means := make([][]float64, len(classes))
	for c := range means {
		means[c] = make([]float64, n)
	}
	for i, label := range b.Labels {
		for k := range n {
			means[label][k] += float64(b.X[modality][i*n+k]) / float64(len(b.Labels)/len(classes))
		}
	}
	return means
}

// best is the place of the template that a sample is nearest to.
func best(x []float32, templates [][]float64) int {
	found, least := 0, math.Inf(1)
	for i, m := range templates {
		d := 0.0
		for k, v := range m {
			d += v*v - 2*v*float64(x[k])
		}
		if d < least {
			found, least = i, d
		}
	}
	return found
}

// nearestCentroid is the accuracy on the test split of the simplest linear classifier.
func nearestCentroid(t *testing.T, settings map[string]any, modality string) float64 {
	t.Helper()
	d := open(t, settings)
	means, b, right := centroids(t, d, modality), datatest.ReadAll(t, d, data.Test), 0
	for i, label := range b.Labels {
		if best(b.X[modality][i*Side*Side:(i+1)*Side*Side], means) == int(label) {
			right++
		}
	}
	return float64(right) / float64(len(b.Labels))
}

// TestHowLearnable is the imbalance without a network: what a linear rule makes of each modality.
func TestHowLearnable(t *testing.T) {
	for _, tt := range []struct {
		name     string
		settings map[string]any
		modality string
		lo, hi   float64
		reason   string
	}{
		// Bounds leave four standard errors of an accuracy over 384 samples, at most 0.1, round what is expected.
		{
			"fixed sound", map[string]any{"audio_shift": 0}, audio, 0.9, 1,
			"fixed lines: right wherever the class is there, 0.95 + 0.05/6",
		},
		{"picture", nil, visual, 0.1, 0.5, "shapes move: their mean images hardly differ"},
		{
			"picture without motion",
			map[string]any{"visual_noise": 0.5, "visual_shift": 0, "visual_turn": 0, "visual_size": 0}, visual, 0.95, 1,
			"then the picture is linear too",
		},
		{
			"half inverted",
			map[string]any{"visual_noise": 0.5, "visual_shift": 0, "visual_turn": 0, "visual_inverted": 0.5}, visual,
			0.05, 0.35, "bright and dark shapes cancel in the mean",
		},
		{"loud sound noise", map[string]any{"audio_noise": 20.0}, audio, 0.1, 0.45, "noise drowns the lines"},
		{
			"transposed sound", map[string]any{"audio_shift": 6}, audio, 0.1, 0.6,
			"lines move: their mean hardly differs",
		},
		{"no sound", map[string]any{"audio_informative": 0}, audio, 0.06, 0.27, "chance is 1/6"},
		{"no picture", map[string]any{"visual_informative": 0, "visual_shift": 0}, visual, 0.06, 0.27, "chance is 1/6"},
		{
			"half the sound", map[string]any{"audio_informative": 0.5, "audio_noise": 0.1, "audio_shift": 0}, audio,
			0.48, 0.68, "0.5 + 0.5/6",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := nearestCentroid(t, tt.settings, tt.modality); got < tt.lo || got > tt.hi {
				t.Errorf("accuracy %.3f, want between %v and %v\nreason: %s", got, tt.lo, tt.hi, tt.reason)
			}
		})
	}
}

// TestPictureHoldsItsClass is the other half of the claim: whoever looks for shapes at every place finds them.
func TestPictureHoldsItsClass(t *testing.T) {
	var templates [][]float64
	var class []int
	for c := range classes {
		for x := 8.0; x <= 24; x += 2 {
			for y := 8.0; y <= 24; y += 2 {
				for _, size := range []float64{0.87, 1.07} {
					for _, turn := range []float64{-0.17, 0, 0.17} { // radians
						s := shape{
							class: c, x: x, y: y, radius: radius * size, sin: math.Sin(turn), cos: math.Cos(turn),
							level: 1,
						}
						pixels, template := make([]float32, Side*Side), make([]float64, Side*Side)
						s.add(pixels)
						for k, v := range pixels {
							template[k] = float64(v)
						}
						templates, class = append(templates, template), append(class, c)
					}
				}
			}
		}
	}
	b := datatest.ReadAll(t, open(t, map[string]any{"test": 96}), data.Test)
	right := 0
	for i, label := range b.Labels {
		if class[best(b.X[visual][i*Side*Side:(i+1)*Side*Side], templates)] == int(label) {
			right++
		}
	}
	// The templates lie on a coarse grid, which costs some; 0.9 is far beyond any luck over 96 samples.
	if got := float64(right) / float64(len(b.Labels)); got < 0.9 {
		t.Errorf("matched templates find %.3f of the classes, want at least 0.9", got)
	} else {
		t.Logf("matched templates find %.3f of the classes", got)
	}
}

// TestShapesCoverAlike compares areas with those on paper, in units of the radius squared.
func TestShapesCoverAlike(t *testing.T) {
	for class, want := range []float64{
		0.6 * math.Pi, 0.6 * math.Pi, 1.36 * 1.36, 4*0.54 - 0.54*0.54, 1.9 * 1.9 / 2, 2 * 0.5 * 1.84,
	} {
		x := make([]float32, Side*Side)
		shape{class: class, x: 16, y: 16, radius: 10, cos: 1, level: 1}.add(x)
		sum := 0.0
		for _, v := range x {
			sum += float64(v)
		}
		// A pixel is judged by four points half a pixel apart, so an edge along an axis may lie a quarter of a pixel
		// off: the square's outline of 54 pixels leaves up to 13.6 of its 185 open.
		if got := sum / 100; math.Abs(got-want) > 0.136 {
			t.Errorf("%s covers %.3f, want %.3f", classes[class], got, want)
		}
	}
}

// TestTurn checks the direction and centre of a turn on the one shape that has a top.
func TestTurn(t *testing.T) {
	draw := func(degrees float64) []float32 {
		x := make([]float32, Side*Side)
		sin, cos := math.Sincos(degrees * math.Pi / 180)
		shape{class: 4, x: 16, y: 16, radius: 8, sin: sin, cos: cos, level: 1}.add(x)
		return x
	}
	upright, over := draw(0), draw(180)
	for row := range Side {
		for column := range Side {
			if a, b := upright[row*Side+column], over[(Side-1-row)*Side+Side-1-column]; a != b {
				t.Fatalf("pixel %d %d: %v upright, %v turned by 180 degrees", row, column, a, b)
			}
		}
	}
	above, below := 0.0, 0.0
	for i, v := range upright {
		if i < Side*Side/2 {
			above += float64(v)
		} else {
			below += float64(v)
		}
	}
	if above >= below {
		t.Errorf("a triangle covers %v above its centre and %v below, want more below", above, below)
	}
}

// TestIntervalsDiffer makes sure that a transposed chord of one class is never another's, and stays in the picture.
func TestIntervalsDiffer(t *testing.T) {
	if len(intervals) != len(classes) {
		t.Fatalf("%d chords for %d classes", len(intervals), len(classes))
	}
	for class, steps := range intervals {
		if top := lowest + 6 + steps[1]; top >= Side {
			t.Errorf("%s: line %d when transposed by 6, want below %d", classes[class], top, Side)
		}
	}
	for a := range intervals {
		for b := range a {
			if intervals[a] == intervals[b] {
				t.Errorf("%s and %s have one chord", classes[a], classes[b])
			}
		}
	}
}

// TestSettingsLeaveTheRest checks that a setting changes what it names and nothing else of a sample.
func TestSettingsLeaveTheRest(t *testing.T) {
	base := datatest.ReadAll(t, open(t, map[string]any{"test": 24}), data.Test)
	for _, tt := range []struct {
		name    string
		value   float64
		changed string
		kept    string
	}{
		{"audio_noise", 2, audio, visual},
		{"audio_informative", 0, audio, visual},
		{"audio_shift", 6, audio, visual},
		{"audio_hum", 0, audio, visual},
		{"visual_noise", 2, visual, audio},
		{"visual_informative", 0, visual, audio},
		{"visual_shift", 2, visual, audio},
		{"visual_turn", 90, visual, audio},
		{"visual_size", 0.4, visual, audio},
		{"visual_inverted", 1, visual, audio},
	} {
		got := datatest.ReadAll(t, open(t, map[string]any{"test": 24, tt.name: tt.value}), data.Test)
		if same(got.X[tt.changed], base.X[tt.changed]) || !same(got.X[tt.kept], base.X[tt.kept]) {
			t.Errorf("%s %v: want %s changed and %s as it was", tt.name, tt.value, tt.changed, tt.kept)
		}
	}
}

func same(a, b []float32) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}
