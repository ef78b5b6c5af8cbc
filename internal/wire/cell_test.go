package wire

import (
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
		{"cell", `{"code":"a","defines":{"method half":"b"},"from":"n.ipynb"}`, &Cell{"a", map[string]string{"method half": "b"}, "n.ipynb"}, false, "as its starter says"},
		{"no JSON", "1", nil, true, "somebody set it by hand"},
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
