package page

import (
	"fmt"
	"image/color"
	"slices"
)

// Shades of the frame, on white.
var (
	Ink   = color.NRGBA{0x22, 0x22, 0x22, 0xff} // text and axes
	Faint = color.NRGBA{0xe3, 0xe3, 0xe3, 0xff} // grid
	Grey  = color.NRGBA{0x66, 0x66, 0x66, 0xff} // marks and the chance line
	black = color.NRGBA{0x00, 0x00, 0x00, 0xff} // the fused prediction
	White = color.NRGBA{0xff, 0xff, 0xff, 0xff}
)

// Hues are the colours of Okabe and Ito ("Color Universal Design", 2008) in the order they are handed out, without
// black, which is the fused prediction's, and without yellow, which is too pale for a line on white.
var Hues = []color.NRGBA{
	{0x00, 0x72, 0xb2, 0xff}, // blue
	{0xd5, 0x5e, 0x00, 0xff}, // vermillion
	{0x00, 0x9e, 0x73, 0xff}, // bluish green
	{0xcc, 0x79, 0xa7, 0xff}, // reddish purple
	{0xe6, 0x9f, 0x00, 0xff}, // orange
	{0x56, 0xb4, 0xe9, 0xff}, // sky blue
}

// known are the modalities that keep their colour, as an index of hues, whatever else a figure shows.
var known = map[string]int{"audio": 0, "visual": 1, "video": 1, "text": 2, "image": 3}

// Dashes are on and off lengths in CSS pixels, one pattern for each run in order of appearance. The first is solid.
var Dashes = [][]float64{nil, {7, 3}, {2, 2.5}, {8, 3, 2, 3}, {12, 4}, {8, 3, 2, 3, 2, 3}}

// Markers are named as Vega names them.
var Markers = []string{"circle", "square", "triangle-up", "diamond", "triangle-down", "cross"}

// Look is how a series or window is drawn.
type Look struct {
	Color  color.NRGBA
	Dash   []float64
	Marker string
}

// Hex is a colour as Vega reads it, without its opacity.
func Hex(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// Fade is a colour at an opacity from 0 to 1.
func Fade(c color.NRGBA, opacity float64) color.NRGBA {
	c.A = uint8(opacity*0xff + 0.5)
	return c
}

// Styles hands out looks: one colour for each modality, one dash and marker for each run.
type Styles struct {
	colors map[string]color.NRGBA
	names  []string // of the modalities
	runs   []string
	ByRun  bool // the marker is the run's, and the dash the modality's
}

// NewStyles takes modalities and runs in order of appearance, series before windows.
func NewStyles(windows []Window, series ...[]Series) Styles {
	s := Styles{colors: map[string]color.NRGBA{"": black, "fused": black}}
	meet := func(run, modality string) {
		if !slices.Contains(s.names, modality) {
			s.names = append(s.names, modality)
		}
		if !slices.Contains(s.runs, run) {
			s.runs = append(s.runs, run)
		}
	}
	for _, list := range series {
		for _, one := range list {
			meet(one.Run, one.Modality)
		}
	}
	for _, w := range windows {
		meet(w.Run, w.Modality)
	}
	taken := make([]bool, len(Hues))
	for _, name := range s.names {
		if i, ok := known[name]; ok && !taken[i] {
			s.colors[name], taken[i] = Hues[i], true
		}
	}
	for _, name := range s.names {
		if _, ok := s.colors[name]; ok {
			continue
		}
		i := slices.Index(taken, false)
		if i < 0 {
			i = len(Hues) - 1
		}
		s.colors[name], taken[i] = Hues[i], true
	}
	return s
}

// Look is the look of a modality of a run. Dash and marker together repeat after 36 runs. The marker differs between
// modalities of a run too, so that none is told by its colour alone. By run each run has one marker, and modalities
// differ in dash.
func (s Styles) Look(run, modality string) Look {
	i, m := max(0, slices.Index(s.runs, run)), max(0, slices.Index(s.names, modality))
	if s.ByRun {
		return Look{Color: s.colors[modality], Dash: Dashes[m%len(Dashes)], Marker: Markers[i%len(Markers)]}
	}
	return Look{
		Color:  s.colors[modality],
		Dash:   Dashes[i%len(Dashes)],
		Marker: Markers[(i+i/len(Dashes)+m)%len(Markers)],
	}
}
