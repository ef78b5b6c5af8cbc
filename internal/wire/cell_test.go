package wire

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCellOf(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       *Cell
		wrong      bool
		reason     string
	}{
		{"unset", "", nil, false, "an ordinary process"},
		{
			"cell", `{"code":"a","defines":{"method half":"b"},"from":"n.ipynb"}`,
			&Cell{"a", map[string]string{"method half": "b"}, "n.ipynb"}, false, "as its starter says",
		},
		{"no JSON", "1", nil, true, "somebody set it by hand"},
		{"misspelt", `{"code":"a","define":{}}`, nil, true, "what it defines would be lost"},
		{"code twice", `{"code":"a","code":"b"}`, nil, true, "which one is meant"},
		{"no code", `{"defines":{}}`, nil, true, "each cell would replace a host without it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(CellVariable, tt.text)
			got, err := CellOf()
			if diff := cmp.Diff(tt.want, got); diff != "" || (err != nil) != tt.wrong {
				t.Errorf("CellOf: error %v (-want +got)\n%s\nreason: %s", err, diff, tt.reason)
			}
		})
	}
}

func FuzzCell(f *testing.F) {
	f.Add(`{"code":"a","defines":{"method half":"b"},"from":"n.ipynb"}`)
	f.Add(`{"code":""}`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCell(text)
		if err == nil && c.Code == "" || err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("cell %+v, error %v", c, err)
		}
	})
}
