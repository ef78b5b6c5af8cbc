package page

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
			if got := Hex(NewStyles(tt.windows, tt.series).Look("", tt.modality).Color); got != tt.want {
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
	st := NewStyles(nil, list)
	type pair struct {
		dash   int
		marker string
	}
	seen := make(map[pair]string)
	for i, s := range list {
		l := st.Look(s.Run, s.Modality)
		p := pair{len(l.Dash), l.Marker}
		if len(l.Dash) > 0 {
			p.dash = int(10*l.Dash[0]) + 1000*len(l.Dash)
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
	st := NewStyles(nil, list)
	st.ByRun = true
	for _, a := range list {
		for _, b := range list {
			x, y := st.Look(a.Run, a.Modality), st.Look(b.Run, b.Modality)
			if (x.Marker == y.Marker) != (a.Run == b.Run) {
				t.Errorf(
					"%s of %s has marker %s, %s of %s %s: want one a run", a.Modality, a.Run, x.Marker, b.Modality,
					b.Run, y.Marker,
				)
			}
			same := slices.Equal(x.Dash, y.Dash) && x.Color == y.Color
			if same != (a.Modality == b.Modality) {
				t.Errorf(
					"%s of %s and %s of %s: dash and colour equal %v, want one a modality", a.Modality, a.Run,
					b.Modality, b.Run, same,
				)
			}
		}
	}
}
