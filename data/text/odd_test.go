package text

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestOdd reads vocabularies as other programs save them.
func TestOdd(t *testing.T) {
	const vocab = "[PAD]\n[UNK]\ngröße\nthe\n##s\n"
	for _, odd := range datatest.Texts(vocab) {
		path := filepath.Join(t.TempDir(), "vocab.txt")
		datatest.Put(t, path, odd.Bytes)
		got, err := Open(path)
		switch {
		case odd.Want == "" && (err != nil || got.Size() != 5 || len(got.Encode("größe")) != 1):
			t.Errorf("%s: %v, want five tokens\nreason: %s", odd.Name, err, odd.Reason)
		case odd.Want != "" && (err == nil || !strings.Contains(err.Error(), odd.Want) || !strings.Contains(
			data.Hint(err), odd.Hint,
		)):
			t.Errorf(
				"%s: %v, hint %q, want %q and %q\nreason: %s", odd.Name, err, data.Hint(err), odd.Want, odd.Hint,
				odd.Reason,
			)
		}
	}
}
