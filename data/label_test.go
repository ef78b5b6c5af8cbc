package data_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
)

func TestParseBinary(t *testing.T) {
	for _, tt := range []struct {
		text   string
		want   int // -2: an error
		reason string
	}{
		{"0", 0, "as the owners write it"}, {"1", 1, "likewise"},
		{"0.0", 0, "pandas, of a column with gaps"}, {"1.0", 1, "likewise"}, {"-0.0", 0, "zero"},
		{"1e0", 1, "of some languages"}, {"+1", 1, "with its sign"}, {"01", 1, "filled up"},
		{" 1 ", 1, "blanks"}, {"1.", 1, "no fraction"}, {"true", 1, "Python's and R's"}, {"True", 1, "likewise"},
		{"FALSE", 0, "likewise"},
		{"", -1, "an empty field"}, {"null", -1, "JSON's"}, {"None", -1, "Python's"}, {"NaN", -1, "pandas"},
		{"NA", -1, "R's"}, {"-1", -1, "test lists of challenges"}, {"-1.0", -1, "likewise"},
		{"2", -2, "a third class"}, {"0.5", -2, "a share of raters"}, {"-2", -2, "no label"},
		{"yes", -2, "of another set"}, {"inf", -2, "no number"},
		{"0x1", -2, "no list writes so"}, {"0_1", -2, "likewise"}, {"t", -2, "a letter"}, {"1e999", -2, "beyond all"},
	} {
		got, err := data.ParseBinary(tt.text)
		if err != nil {
			got = -2
			if !strings.Contains(err.Error(), "want 0 or 1") {
				t.Errorf("%q: error %v", tt.text, err)
			}
		}
		if got != tt.want {
			t.Errorf("%q is %d, error %v, want %d\nreason: %s", tt.text, got, err, tt.want, tt.reason)
		}
	}
}

func FuzzParseWhole(f *testing.F) {
	for _, text := range []string{"3", "3.0", "3e2", "-1", "9007199254740993", "1e300", "0x1p2", "1_0", "NaN"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := data.ParseWhole(text)
		if err != nil {
			return
		}
		if v, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err != nil || v != float64(n) || math.IsNaN(v) {
			t.Errorf("%q is %d, want %v, error %v", text, n, v, err)
		}
		if again, err := data.ParseWhole(strconv.Itoa(n)); err != nil || again != n {
			t.Errorf("%d is %d, error %v", n, again, err)
		}
	})
}
