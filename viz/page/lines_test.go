package page

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLines breaks texts in the three ways. Widths are told by what has to fit into a line.
func TestLines(t *testing.T) {
	width := func(s string) float64 { return WidthOf(SmallSize, s) + 0.1 }
	long := strings.Repeat("word ", 30)
	for _, tt := range []struct {
		name   string
		got    []string
		want   []string
		reason string
	}{
		{"one line", lines(SmallSize, width("as it is"), 3, "as it is"), []string{"as it is"}, "it fits"},
		{"nothing", lines(SmallSize, 100, 3, ""), nil, "no title, no line"},
		{
			"cut", lines(SmallSize, width("word word"), 2, long), []string{"word word", "word w…"},
			"the last line says that there is more",
		},
		{
			"widow",
			Evenly(SmallSize, width("method pmr with 3 modalities, want"), 3, "method pmr with 3 modalities, want 2"),
			[]string{"method pmr with 3", "modalities, want 2"}, "no word alone",
		},
		{
			"colon",
			Evenly(
				SmallSize, width("learning rate 0: mean of 10, zeros"), 3, "learning rate 0: mean of 10, zeros before",
			),
			[]string{"learning rate 0:", "mean of 10, zeros before"}, "the parts that there are",
		},
		{
			"no room after the colon", Evenly(SmallSize, width("a: one two three"), 3, "a: one two three four five"),
			[]string{"a: one two", "three four five"}, "the second part is too long for a line",
		},
		{
			"parts",
			Joined(
				SmallSize, width("mean 0.178, expected 0.721,"), ", ",
				[]string{"mean 0.178", "expected 0.721", "noise scale 12.39"},
			),
			[]string{"mean 0.178, expected 0.721,", "noise scale 12.39"}, "a comma ends its line",
		},
		{
			"dots", Joined(SmallSize, width("one · two"), " · ", []string{"one", "two", "three"}),
			[]string{"one · two", "three"}, "a dot between parts does not",
		},
	} {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s\nreason: %s", tt.name, diff, tt.reason)
		}
	}
}
