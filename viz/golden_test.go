package viz_test

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/primewindow/primewindow/viz"
)

var regen = flag.Bool("regen", false, "draw the golden pictures anew; look at each before it is committed")

// figures are the documented examples and what stands for them in testdata.
var figures = []struct {
	name string
	draw func() (*viz.Figure, error)
}{
	{"trace", func() (*viz.Figure, error) { return viz.Trace(twoTraces()) }},
	{"smooth", func() (*viz.Figure, error) { return viz.Trace(smoothTraces()) }},
	{"accuracy", func() (*viz.Figure, error) { return viz.Accuracy(twoRuns()) }},
	{"loss", func() (*viz.Figure, error) { return viz.Loss(noisyLosses()) }},
	{"cosine", func() (*viz.Figure, error) { return viz.Cosine(twoMatrices()) }},
	{"embedding", func() (*viz.Figure, error) { return viz.Embedding(twoMaps()) }},
	{"panels", func() (*viz.Figure, error) { return viz.Panels(overview()) }},
	{"smoothings", func() (*viz.Figure, error) { return viz.Panels(smoothings()) }},
	{"scaling", func() (*viz.Figure, error) { return viz.Panels(scaling()) }},
	{"bars", func() (*viz.Figure, error) { return viz.Bars(shares()) }},
	{"logbars", func() (*viz.Figure, error) { return viz.Bars(layerTraces()) }},
	{"samples", func() (*viz.Figure, error) { return viz.Samples(carriers()) }},
	{"multiples", func() (*viz.Figure, error) { return viz.Multiples(methods()) }},
	{"logmultiples", func() (*viz.Figure, error) { return viz.Multiples(encoderTraces()) }},
	{"sweep", func() (*viz.Figure, error) { return viz.Sweep(overK()) }},
	{"forest", func() (*viz.Figure, error) { return viz.Forest(paired()) }},
	{"banded", func() (*viz.Figure, error) { return viz.Trace(banded()) }},
	{"nulls", func() (*viz.Figure, error) { return viz.Panels(nulls()) }},
	{"comparison", func() (*viz.Figure, error) { return viz.Bars(comparison()) }},
	{"alike", func() (*viz.Figure, error) { return viz.Forest(alike()) }},
	{"refused", func() (*viz.Figure, error) { return viz.Bars(refused()) }},
	{"maps", func() (*viz.Figure, error) { return viz.Cosine(fourMatrices()) }},
	{"live", func() (*viz.Figure, error) { return viz.Live(training()) }},
}

// once is every figure of the table, drawn once for all tests: they change none.
var once = sync.OnceValues(func() (map[string]*viz.Figure, error) {
	all := make(map[string]*viz.Figure, len(figures))
	for _, f := range figures {
		fig, err := f.draw()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		all[f.name] = fig
	}
	return all, nil
})

// drawn is every figure of the table.
func drawn(t *testing.T) map[string]*viz.Figure {
	t.Helper()
	all, err := once()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestGolden holds the documented examples to their pictures: to each pixel on amd64, where the pictures were made, and
// elsewhere, where products may be rounded otherwise, to a mean difference per channel of 1 in 255.
func TestGolden(t *testing.T) {
	for name, fig := range drawn(t) {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("testdata", name+"_golden.png")
			if *regen {
				if err := os.WriteFile(path, fig.PNG, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			golden, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			tolerance := 1.0
			if runtime.GOARCH == "amd64" {
				tolerance = 0
			}
			if diff := difference(t, golden, fig.PNG); diff > tolerance {
				t.Errorf(
					"%s: mean difference %v of 255, want at most %v; see what changed with go test ./viz -regen", path,
					diff, tolerance,
				)
			}
		})
	}
}

// difference is the mean difference of two pictures per channel, of 255, and 255 where they differ in size.
func difference(t *testing.T, want, got []byte) float64 {
	t.Helper()
	a, b := decode(t, want), decode(t, got)
	if a.Bounds() != b.Bounds() {
		return 255
	}
	sum, n := 0.0, 0
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			r1, g1, b1, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			for _, d := range []int{int(r1) - int(r2), int(g1) - int(g2), int(b1) - int(b2)} {
				sum += max(float64(d), -float64(d)) / 257
				n++
			}
		}
	}
	return sum / float64(n)
}

func decode(t *testing.T, picture []byte) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestFigureSize(t *testing.T) {
	for name, fig := range drawn(t) {
		got := decode(t, fig.PNG).Bounds().Size()
		if want := (image.Point{X: 2 * fig.Width, Y: 2 * fig.Height}); got != want {
			t.Errorf("%s: picture is %v, want %v: two pixels for each of CSS", name, got, want)
		}
	}
}
