package data

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSubfolder(t *testing.T) {
	for _, tt := range []struct {
		name   string
		have   []string
		want   string
		reason string
	}{
		{"itself", []string{"set", "SET"}, "set", "the very name comes first"},
		{"capitals", []string{"SET"}, "SET", "the only one"},
		{"two", []string{"Set", "SET"}, "set", "which one is meant?"},
		{"none", nil, "set", "the name that is wanted"},
	} {
		dir := t.TempDir()
		for _, name := range tt.have {
			if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
				t.Skip(err) // where capitals do not count
			}
		}
		if got := Subfolder(dir, "set"); got != filepath.Join(dir, tt.want) {
			t.Errorf("%s: %s, want %s\nreason: %s", tt.name, got, tt.want, tt.reason)
		}
	}
}
