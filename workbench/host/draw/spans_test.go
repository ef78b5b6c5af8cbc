package draw

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/viz"
)

// TestSeedWindows: windows over seeds are told with how many seeds have them open, and never as their union.
func TestSeedWindows(t *testing.T) {
	for _, tt := range []struct {
		name   string
		seeds  [][]interval
		want   []viz.Window
		reason string
	}{
		{"none", [][]interval{nil, nil}, nil, "no seed opened it"},
		{"one seed", [][]interval{{{2, 4, false}, {4, 5, true}}}, []viz.Window{
			{From: 2, To: 4}, {From: 4, To: 5, Uncertain: true},
		},
			"a single run's windows are its own, without counts"},
		{
			"alike", [][]interval{{{2, 4, false}}, {{2, 4, false}}}, []viz.Window{{From: 2, To: 4, Open: 2, Of: 2}},
			"one span",
		},
		{"apart", [][]interval{{{2, 3, true}}, {{5, 6, true}}, nil},
			[]viz.Window{
				{From: 2, To: 3, Open: 1, Of: 3, Uncertain: true}, {From: 5, To: 6, Open: 1, Of: 3, Uncertain: true},
			},
			"never open in more than one of three"},
		{"overlapping, by steps", [][]interval{{{28, 84, false}}, {{56, 112, true}}},
			[]viz.Window{
				{From: 28, To: 56, Open: 1, Of: 2}, {From: 56, To: 84, Open: 2, Of: 2},
				{From: 84, To: 112, Open: 1, Of: 2, Uncertain: true},
			},
			"counts change inside both; the end is beyond noise with no seed"},
		{"one seed twice", [][]interval{{{1, 3, true}, {2, 4, false}}, {{1, 4, false}}},
			[]viz.Window{{From: 1, To: 4, Open: 2, Of: 2}}, "overlapping intervals of a seed count once"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, seedWindows("", "", tt.seeds)); diff != "" {
				t.Errorf("(-want +got)\n%s\nreason: %s", diff, tt.reason)
			}
		})
	}
}
