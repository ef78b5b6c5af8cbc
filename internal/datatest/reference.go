package datatest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Reference reads testdata/NAME, values that another program computed and wrote as JSON: the script, with versions and
// seed, lies beside it. A field that the test does not know is passed over.
func Reference(tb testing.TB, name string, into any) {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		tb.Fatalf("testdata/%s: %v", name, err)
	}
}
