package viz_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/viz"
)

func TestForestErrors(t *testing.T) {
	row := viz.ForestRow{Name: "digits", Diff: 0.1, Low: 0, High: 0.2}
	with := func(change func(r *viz.ForestRow)) []viz.ForestRow {
		r := row
		change(&r)
		return []viz.ForestRow{r}
	}
	grouped := []viz.ForestRow{{Group: "a", Name: "1"}, {Group: "b", Name: "1"}, {Group: "a", Name: "2"}}
	for _, tt := range []struct {
		name   string
		rows   []viz.ForestRow
		want   string
		reason string
	}{
		{"nothing", nil, "viz: forest: 0 rows, want 1 to 60", "an empty figure says nothing"},
		{"many", make([]viz.ForestRow, 61), "viz: forest: 61 rows, want 1 to 60", "a page has an end"},
		{
			"no name", with(func(r *viz.ForestRow) { r.Name = "" }),
			`viz: forest: row 0 "": want a name of its own in its group`, "it could not be told",
		},
		{
			"twice", []viz.ForestRow{row, row}, `viz: forest: row 1 "digits": want a name of its own in its group`,
			"which is it?",
		},
		{
			"apart", grouped, `viz: forest: row 2 "a 2": group "a" again after another, want its rows together`,
			"a group has one name above it",
		},
		{
			"pairs", with(func(r *viz.ForestRow) { r.Pairs = -1 }),
			`viz: forest: row 0 "digits": -1 pairs, want 0 or more`, "a count",
		},
		{
			"NaN", with(func(r *viz.ForestRow) { r.Diff = math.NaN() }),
			`viz: forest: row 0 "digits": difference NaN from 0 to 0.2, want finite values`, "has no place",
		},
		{
			"infinite", with(func(r *viz.ForestRow) { r.High = math.Inf(1) }),
			`viz: forest: row 0 "digits": difference 0.1 from 0 to +Inf, want finite values`,
			"an interval from one pair",
		},
		{
			"outside", with(func(r *viz.ForestRow) { r.Low = 0.15 }),
			`viz: forest: row 0 "digits": difference 0.1 outside of its interval from 0.15 to 0.2`, "ends mixed up",
		},
		{
			"both", with(func(r *viz.ForestRow) { r.Missing = "no run" }),
			`viz: forest: row 0 "digits": difference 0.1 and a reason for none, want one`, "which is it?",
		},
		{
			"no interval", with(func(r *viz.ForestRow) { r.NoInterval = "equal" }),
			`viz: forest: row 0 "digits": interval from 0 to 0.2 and a reason for none, want one`, "which is it?",
		},
		{
			"neither", []viz.ForestRow{{Name: "digits", NoInterval: "equal", Missing: "no run"}},
			`viz: forest: row 0 "digits": a reason for no difference and one for no interval, want one`, "which is it?",
		},
		{
			"all missing", []viz.ForestRow{{Name: "digits", Missing: "no run"}},
			"viz: forest: every row is missing, want at least one difference", "an empty figure says nothing",
		},
	} {
		f, err := viz.Forest(viz.ForestFigure{Rows: tt.rows, Interval: "95 % interval"})
		if err == nil || err.Error() != tt.want || f != nil {
			t.Errorf("%s: error\n%v, want\n%s\nreason: %s", tt.name, err, tt.want, tt.reason)
		}
	}
	if _, err := viz.Forest(viz.ForestFigure{Rows: []viz.ForestRow{row}}); err == nil ||
		!strings.Contains(err.Error(), "no word of what the intervals are") {
		t.Errorf("intervals without a meaning: %v", err)
	}
}

// TestForestDraws draws what is unusual and may be drawn, at each width.
func TestForestDraws(t *testing.T) {
	long := strings.Repeat("long ", 60)
	var most []viz.ForestRow
	for i := range 60 {
		most = append(most, viz.ForestRow{Group: fmt.Sprint(i / 10), Name: fmt.Sprint(i), Diff: float64(i), High: 60})
	}
	for _, tt := range []struct {
		name   string
		rows   []viz.ForestRow
		text   string
		reason string
	}{
		{"sixty", most, "0 0 +0", "the most"},
		{"zero", []viz.ForestRow{{Name: "a"}}, "a +0.00 [+0.00, +0.00], holds 0", "no width"},
		{
			"above", []viz.ForestRow{{Name: "a", Diff: 2, Low: 1, High: 3}}, "a +2.0 [+1.0, +3.0], more",
			"0 is on the axis all the same",
		},
		{
			"below", []viz.ForestRow{{Name: "a", Diff: -2, Low: -3, High: -1}}, "a -2.0 [-3.0, -1.0], less",
			"the other side",
		},
		{"touches", []viz.ForestRow{{Name: "a", Diff: 1, Low: 0, High: 2}}, "holds 0", "0 is in the interval"},
		{
			"extremes", []viz.ForestRow{{Name: "a", Low: -1e300, High: 1e300}}, "a +0 [-1e+300, +1e+300]",
			"the range is near the greatest number",
		},
		{
			"tiny", []viz.ForestRow{{Name: "a", Diff: 1e-12, Low: 1e-13, High: 2e-12}},
			"a +1e-12 [+1e-13, +2e-12], more", "decimals have an end",
		},
		{
			"equal", []viz.ForestRow{{Name: "a", NoInterval: "equal with every seed", Pairs: 5}},
			"a 0.0, equal with every seed (5 pairs)", "a point at 0 is a value",
		},
		{
			"no interval", []viz.ForestRow{{Name: "a", Diff: 1.5, NoInterval: "one seed"}}, "a +1.50, one seed",
			"neither says that it favours more",
		},
		{
			"small",
			[]viz.ForestRow{
				{Name: "a", Diff: -0.001, NoInterval: "one seed"}, {Name: "b", Diff: 2e6, NoInterval: long},
			},
			"a -0.001, one seed; b +2e+06, long", "digits that tell it from 0",
		},
		{
			"nearly 0", []viz.ForestRow{{Name: "a", Diff: -0.03, Low: -0.55, High: 0.51}},
			"a 0.0 [-0.6, +0.5], holds 0", "no -0.0",
		},
		{
			"long names",
			[]viz.ForestRow{
				{Group: long, Name: long, Modality: "m", Diff: 1, High: 2}, {Group: long, Name: "b", Missing: long},
			},
			"no value", "texts are shortened to fit",
		},
	} {
		for _, w := range []viz.Width{viz.Screen, viz.Column, viz.Page} {
			f, err := viz.Forest(
				viz.ForestFigure{
					Title: "t", Label: "d", Interval: "i", Less: "less", More: "more", Rows: tt.rows, Width: w,
				},
			)
			if err != nil {
				t.Fatalf("%s: %v; reason to draw: %s", tt.name, err, tt.reason)
			}
			checkSpec(t, f.Spec)
			if !strings.Contains(f.Text, tt.text) {
				t.Errorf("%s: text %.200q, want %q in it; reason: %s", tt.name, f.Text, tt.text, tt.reason)
			}
		}
	}
}
