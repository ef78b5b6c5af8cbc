package viz

import (
	"slices"
	"testing"
)

func TestColors(t *testing.T) {
	of := func(names ...string) []Series {
		var list []Series
		for _, n := range names {
			list = append(list, Series{Name: n, Modality: n})
		}
		return list
	}
	for _, tt := range []struct {
		name, modality, want string
		series               []Series
		windows              []Window
		reason               string
	}{
		{"first", "a", "#0072b2", of("a", "b"), nil, "first free"},
		{"second", "b", "#d55e00", of("a", "b"), nil, "second free"},
		{"fused aside", "b", "#d55e00", of("fused", "a", "b"), nil, "fused is black and takes none"},
		{"fused", "fused", "#000000", of("a", "fused"), nil, "fused is black"},
		{"audio alone", "audio", "#0072b2", of("audio"), nil, "audio keeps its colour"},
		{"visual alone", "visual", "#d55e00", of("visual"), nil, "visual has the same colour without audio"},
		{"visual first", "visual", "#d55e00", of("visual", "audio"), nil, "and in any order"},
		{"unknown before known", "x", "#d55e00", of("x", "audio"), nil, "audio's blue is taken first"},
		{"video and visual", "video", "#0072b2", of("visual", "video"), nil, "one colour is not given twice"},
		{"window only", "b", "#d55e00", of("a"), []Window{{Modality: "b"}}, "windows come after series"},
		{"seventh", "7", "#56b4e9", of("1", "2", "3", "4", "5", "6", "7"), nil, "the colours are used up"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := hex(newStyles(tt.windows, tt.series).look("", tt.modality).color); got != tt.want {
				t.Errorf("%s is %s, want %s; reason: %s", tt.modality, got, tt.want, tt.reason)
			}
		})
	}
}

// TestRunsDiffer holds 36 runs of one modality to pairs of dash and marker of their own.
func TestRunsDiffer(t *testing.T) {
	var list []Series
	for i := range 36 {
		list = append(list, Series{Run: string(rune('A' + i)), Modality: "audio"})
	}
	st := newStyles(nil, list)
	type pair struct {
		dash   int
		marker string
	}
	seen := make(map[pair]string)
	for i, s := range list {
		l := st.look(s.Run, s.Modality)
		p := pair{len(l.dash), l.marker}
		if len(l.dash) > 0 {
			p.dash = int(10*l.dash[0]) + 1000*len(l.dash)
		}
		if was, ok := seen[p]; ok {
			t.Errorf("run %d %s looks like run %s: %v", i, s.Run, was, p)
		}
		seen[p] = s.Run
	}
}

// TestLookByRun: where methods are compared each has one marker, and modalities differ in dash as well as colour.
func TestLookByRun(t *testing.T) {
	var list []Series
	for _, run := range []string{"joint", "inforeg"} {
		for _, m := range []string{"audio", "visual", "fused"} {
			list = append(list, Series{Run: run, Modality: m})
		}
	}
	st := newStyles(nil, list)
	st.byRun = true
	for _, a := range list {
		for _, b := range list {
			x, y := st.look(a.Run, a.Modality), st.look(b.Run, b.Modality)
			if (x.marker == y.marker) != (a.Run == b.Run) {
				t.Errorf("%s of %s has marker %s, %s of %s %s: want one a run", a.Modality, a.Run, x.marker, b.Modality, b.Run, y.marker)
			}
			same := slices.Equal(x.dash, y.dash) && x.color == y.color
			if same != (a.Modality == b.Modality) {
				t.Errorf("%s of %s and %s of %s: dash and colour equal %v, want one a modality", a.Modality, a.Run, b.Modality, b.Run, same)
			}
		}
	}
}

func TestHeat(t *testing.T) {
	for _, tt := range []struct {
		v      float64
		want   string
		reason string
	}{
		{-1, "#053061", "lower end"},
		{0, "#f7f7f7", "middle"},
		{1, "#67001f", "upper end"},
		{1.0005, "#67001f", "rounding beyond 1 has the colour of 1"},
		{0.25, "#e7aca2", "half way from the middle, f7f7f7, to the colour of 0.5, d6604d"},
	} {
		if got := hex(heat(tt.v)); got != tt.want {
			t.Errorf("heat(%v) = %s, want %s; reason: %s", tt.v, got, tt.want, tt.reason)
		}
	}
}
