package data_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
)

func TestDecodeCSV(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       [][]string
		err        string
		reason     string
	}{
		{"plain", "id,x\na,1\n", [][]string{{"id", "x"}, {"a", "1"}}, "", "two rows"},
		{
			"from a spreadsheet", "\ufeffid,\"x, y\"\r\n a , 1 \r\n\r\n", [][]string{{"id", "x, y"}, {"a", "1"}}, "",
			"a byte-order mark, quotes, blanks, an empty line",
		},
		{"no last line end", "a,b", [][]string{{"a", "b"}}, "", "as written by hand"},
		{"short row", "a,b\nc,d\ne\n", nil, "x.csv: line 3: 1 fields, want 2", "a row that was cut off"},
		{"long row", "a,b\nc,d,e\n", nil, "x.csv: line 2: 3 fields, want 2", "a comma too many"},
		{"open quote", "a,b\n\"c,d\n", nil, "x.csv: line 2: ", "it never ends"},
		{"empty", "", nil, "x.csv: no rows", "nothing to read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := data.DecodeCSV("x.csv", []byte(tt.text))
			if _, ok := errors.AsType[*data.FormatError](err); tt.err != "" &&
				(!ok || !strings.Contains(err.Error(), tt.err)) || tt.err == "" && err != nil {
				t.Fatalf("error %v, want %q\nreason: %s", err, tt.err, tt.reason)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s\nreason: %s", diff, tt.reason)
			}
		})
	}
	if _, err := data.ReadCSV("no such file.csv"); err == nil || !strings.Contains(err.Error(), "no such file.csv") {
		t.Errorf("ReadCSV: %v, want the file's name", err)
	}
}

func TestParseFinite(t *testing.T) {
	if v, err := data.ParseFinite("t.csv", "-1.5e3", nil); v != -1500 || err != nil {
		t.Errorf("ParseFinite = %v, %v, want -1500", v, err)
	}
	for _, tt := range []struct {
		text   string
		fill   bool
		reason string
	}{
		{"", true, "as pandas writes a gap"},
		{"NaN", true, "likewise"},
		{"n/a", true, "as people write one"},
		{"inf", true, "no number that can be trained on"},
		{"1e39", true, "beyond float32"},
		{"1,5", false, "another decimal sign: filling it with 0 would lose it"},
		{"x", false, "a word"},
	} {
		_, err := data.ParseFinite("t.csv", tt.text, func() string { return "row 3" })
		bad, ok := errors.AsType[*data.FormatError](err)
		if !ok || bad.File != "t.csv" || !strings.HasPrefix(bad.Reason, "row 3: ") ||
			strings.Contains(bad.Hint, "fillna") != tt.fill {
			t.Errorf(
				"ParseFinite(%q): %v, %+v, want file, place, and how gaps are filled: %v\nreason: %s", tt.text, err,
				bad, tt.fill, tt.reason,
			)
		}
	}
}

func FuzzDecodeCSV(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "\ufeff\"x\"\"y\",\r\n", "a\n\nb", "\"", "a,b\nc"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, err := data.DecodeCSV("x", b)
		if (err == nil) != (len(rows) > 0) {
			t.Fatalf("%d rows, error %v", len(rows), err)
		}
		for i, row := range rows {
			if len(row) != len(rows[0]) {
				t.Fatalf("row %d has %d fields, the first %d", i, len(row), len(rows[0]))
			}
		}
	})
}
