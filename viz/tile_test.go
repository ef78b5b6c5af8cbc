package viz

import (
	"fmt"
	"image/color"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/viz/page"
)

// counted is a sample whose values count up from 0.
func counted(shape ...int) SampleTile {
	size := 1
	for _, n := range shape {
		size *= n
	}
	s := SampleTile{Shape: shape, ID: "a"}
	for i := range size {
		s.X = append(s.X, float32(i))
	}
	return s
}

// TestRaster holds each shape to its place in the picture: what is written is the first channel, row by row.
func TestRaster(t *testing.T) {
	for _, tt := range []struct {
		name     string
		shape    []int
		sequence bool
		channels int
		want     string
		reason   string
	}{
		{"vector", []int{4}, false, 1, "0 1 2 3", "one row"},
		{"image", []int{2, 3}, false, 1, "0 1 2 / 3 4 5", "row by row"},
		{"sequence", []int{2, 3}, true, 1, "0 3 / 1 4 / 2 5", "time from left to right, features down"},
		{"grey", []int{2, 2, 1}, false, 1, "0 1 / 2 3", "a channel of one is no axis"},
		{"colour", []int{1, 2, 3}, false, 3, "0 3", "red of two pixels"},
		{"channels", []int{1, 2, 2}, false, 1, "0 2 1 3", "no colours: the first channel, then the second"},
		{"many channels", []int{1, 1, 7}, false, 1, "0 2 4 6", "four of seven, spread over all"},
		{"clip", []int{3, 1, 2, 3}, false, 3, "0 3 6 9 12 15", "three frames side by side"},
		{"long clip", []int{7, 1, 1, 1}, false, 1, "0 2 4 6", "four of seven frames, spread over all"},
		{"clip of channels", []int{2, 1, 1, 2}, false, 1, "0 2", "two frames, the first channel of each"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := counted(tt.shape...).raster(tt.sequence)
			var rows []string
			for row := range r.height {
				var cells []string
				for column := range r.width {
					cells = append(cells, fmt.Sprint(r.at(column, row, 0)))
				}
				rows = append(rows, strings.Join(cells, " "))
			}
			if got := strings.Join(rows, " / "); got != tt.want || r.channels != tt.channels {
				t.Errorf(
					"shape %v: %s in %d channels, want %s in %d; reason: %s", tt.shape, got, r.channels, tt.want,
					tt.channels, tt.reason,
				)
			}
		})
	}
}

// TestPixels holds the sizes of pictures to their rules, and their shades to the scale of the row.
func TestPixels(t *testing.T) {
	for _, tt := range []struct {
		name          string
		row           SampleRow
		shape         []int
		width, height int
		reason        string
	}{
		{"small", SampleRow{}, []int{7, 7}, 196, 196, "200 pixels hold 7 cells of 28 each"},
		{"wide", SampleRow{}, []int{2, 8}, 200, 50, "25 for each of 8"},
		{"large", SampleRow{}, []int{300, 400}, 200, 150, "shrunk in proportion"},
		{"thin", SampleRow{}, []int{1000, 1}, 1, 200, "a pixel at least"},
		{"spectrogram", SampleRow{Flip: true}, []int{257, 100}, 200, 120, "stretched: its axes are not of one kind"},
		{"sequence", SampleRow{Sequence: true}, []int{50, 20}, 200, 120, "likewise"},
		{"vector", SampleRow{}, []int{12}, 200, 32, "a band"},
	} {
		px := counted(tt.shape...).pixels(tt.row, page.Reach{Low: 0, High: 1}, 100)
		if px.width != tt.width || px.height != tt.height || len(px.shades) != px.width*px.height {
			t.Errorf(
				"%s: %d by %d pixels of %d shades, want %d by %d; reason: %s", tt.name, px.width, px.height,
				len(px.shades), tt.width, tt.height, tt.reason,
			)
		}
	}
	px := counted(2, 2).pixels(SampleRow{Flip: true}, page.Reach{Low: 0, High: 3}, 10)
	corners := []uint8{
		px.shades[0].R, px.shades[px.width-1].R, px.shades[len(px.shades)-px.width].R, px.shades[len(px.shades)-1].R,
	}
	// 0, 1, 2, 3 of 3, of 255, the first row at the bottom
	if diff := cmp.Diff([]uint8{170, 255, 0, 85}, corners); diff != "" {
		t.Errorf("flipped corners: (-want +got)\n%s", diff)
	}
	if got := counted(1, 1, 3).pixels(
		SampleRow{}, page.Reach{Low: 0, High: 2}, 10,
	).shades[0]; got != (color.NRGBA{0, 128, 255, 255}) {
		t.Errorf("three channels are %v, want 0, half and all of 255", got)
	}
	if got := counted(1, 1).pixels(
		SampleRow{}, page.Reach{Low: 0, High: 0}, 10,
	).shades[0]; got != (color.NRGBA{0, 0, 0, 255}) {
		t.Errorf("a constant is %v, want black", got)
	}
}

// TestSharesOfCells holds the cells that a pixel covers to a slow count in small steps, and their weights to a sum of
// 1.
func TestSharesOfCells(t *testing.T) {
	for _, tt := range []struct{ cells, pixels int }{{1, 5}, {3, 9}, {3, 10}, {10, 3}, {7, 7}, {1000, 7}, {5, 4}} {
		list := shares(tt.cells, tt.pixels)
		const steps = 10_000
		for i, s := range list {
			want, got, sum := 0.0, 0.0, 0.0
			for k := range steps {
				want += math.Floor((float64(i) + (float64(k)+0.5)/steps) * float64(tt.cells) / float64(tt.pixels))
			}
			for k, w := range s.weights {
				got += w * float64(s.first+k)
				sum += w
			}
			// A step is 1e-4 of a pixel, so the count is off by at most that at each border of two cells.
			borders := float64(len(s.weights))
			if math.Abs(got-want/steps) > 1e-4*borders || math.Abs(sum-1) > 1e-9 || s.first+len(s.weights) > tt.cells {
				t.Errorf(
					"%d cells in %d pixels: pixel %d covers %+v, mean cell %v, want %v", tt.cells, tt.pixels, i, s, got,
					want/steps,
				)
			}
		}
	}
}
