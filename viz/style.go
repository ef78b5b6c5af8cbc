package viz

import (
	"fmt"
	"image/color"
	"slices"
)

// Shades of the frame, on white.
var (
	ink   = color.NRGBA{0x22, 0x22, 0x22, 0xff} // text and axes
	faint = color.NRGBA{0xe3, 0xe3, 0xe3, 0xff} // grid
	grey  = color.NRGBA{0x66, 0x66, 0x66, 0xff} // marks and the chance line
	black = color.NRGBA{0x00, 0x00, 0x00, 0xff} // the fused prediction
	white = color.NRGBA{0xff, 0xff, 0xff, 0xff}
)

// hues are the colours of Okabe and Ito ("Color Universal Design", 2008) in the order they are handed out, without black, which is the
// fused prediction's, and without yellow, which is too pale for a line on white.
var hues = []color.NRGBA{
	{0x00, 0x72, 0xb2, 0xff}, // blue
	{0xd5, 0x5e, 0x00, 0xff}, // vermillion
	{0x00, 0x9e, 0x73, 0xff}, // bluish green
	{0xcc, 0x79, 0xa7, 0xff}, // reddish purple
	{0xe6, 0x9f, 0x00, 0xff}, // orange
	{0x56, 0xb4, 0xe9, 0xff}, // sky blue
}

// known are the modalities that keep their colour, as an index of hues, whatever else a figure shows.
var known = map[string]int{"audio": 0, "visual": 1, "video": 1, "text": 2, "image": 3}

// dashes are on and off lengths in CSS pixels, one pattern for each run in order of appearance. The first is solid.
var dashes = [][]float64{nil, {7, 3}, {2, 2.5}, {8, 3, 2, 3}, {12, 4}, {8, 3, 2, 3, 2, 3}}

// markers are named as Vega names them.
var markers = []string{"circle", "square", "triangle-up", "diamond", "triangle-down", "cross"}

// look is how a series or window is drawn.
type look struct {
	color  color.NRGBA
	dash   []float64
	marker string
}

// hex is a colour as Vega reads it, without its opacity.
func hex(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// fade is a colour at an opacity from 0 to 1.
func fade(c color.NRGBA, opacity float64) color.NRGBA {
	c.A = uint8(opacity*0xff + 0.5)
	return c
}

// styles hands out looks: one colour for each modality, one dash and marker for each run.
type styles struct {
	colors map[string]color.NRGBA
	names  []string // of the modalities
	runs   []string
	byRun  bool // the marker is the run's, and the dash the modality's
}

// newStyles takes modalities and runs in order of appearance, series before windows.
func newStyles(windows []Window, series ...[]Series) styles {
	s := styles{colors: map[string]color.NRGBA{"": black, "fused": black}}
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
	taken := make([]bool, len(hues))
	for _, name := range s.names {
		if i, ok := known[name]; ok && !taken[i] {
			s.colors[name], taken[i] = hues[i], true
		}
	}
	for _, name := range s.names {
		if _, ok := s.colors[name]; ok {
			continue
		}
		i := slices.Index(taken, false)
		if i < 0 {
			i = len(hues) - 1
		}
		s.colors[name], taken[i] = hues[i], true
	}
	return s
}

// look is the look of a modality of a run. Dash and marker together repeat after 36 runs. The marker differs between modalities
// of a run too, so that none is told by its colour alone. By run each run has one marker, and modalities differ in dash.
func (s styles) look(run, modality string) look {
	i, m := max(0, slices.Index(s.runs, run)), max(0, slices.Index(s.names, modality))
	if s.byRun {
		return look{color: s.colors[modality], dash: dashes[m%len(dashes)], marker: markers[i%len(markers)]}
	}
	return look{
		color:  s.colors[modality],
		dash:   dashes[i%len(dashes)],
		marker: markers[(i+i/len(dashes)+m)%len(markers)],
	}
}
