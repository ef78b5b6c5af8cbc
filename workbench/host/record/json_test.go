package record

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/primewindow/primewindow/internal/seal"
	"github.com/primewindow/primewindow/internal/whole"
)

func TestJSON(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.json")
	type value struct {
		A int       `json:"a"`
		B []float64 `json:"b"`
	}
	want := value{3, []float64{0.1, 1e300}}
	if err := WriteJSON(path, want); err != nil {
		t.Fatal(err)
	}
	var got value
	if err := ReadJSON(path, &got); err != nil || got.A != want.A || got.B[1] != want.B[1] {
		t.Errorf("there and back: %v, %v", got, err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for bit := range 8 * len(text) {
		b := bytes.Clone(text)
		b[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := ReadJSON(path, &value{}); err == nil {
			t.Fatalf("bit %d flipped and not seen: %s", bit, b)
		}
	}
	if err := os.WriteFile(path, []byte(`{"a":7}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := ReadJSON(path, &got); !errors.Is(err, ErrUnsealed) || got.A != 7 {
		t.Errorf("without a checksum: %v, %v, want %v", got, err, ErrUnsealed)
	}
	if err := errors.Join(WriteJSON(path, struct{}{}), ReadJSON(path, &got)); err != nil {
		t.Errorf("an empty object: %v", err)
	}
	if err := WriteJSON(path, 3); err == nil {
		t.Error("a number: no error")
	}
	if err := errors.Join(os.WriteFile(path, []byte(`{"a":`), 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := ReadJSON(path, &got); err == nil || errors.Is(err, seal.ErrChanged) {
		t.Errorf("half a file: error %v", err)
	}
}

func TestFolder(t *testing.T) {
	old := syscall.Umask(0o027)
	defer syscall.Umask(old)
	dir := t.TempDir()
	path := filepath.Join(dir, "x.json")
	if err := WriteJSON(path, struct{}{}); err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v, want what the umask leaves", st.Mode(), err)
	}
	// as a kill leaves it
	if err := os.WriteFile(filepath.Join(dir, ".x.json.12345678"+whole.TempSuffix), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := RemoveTemps(dir); err != nil {
		t.Fatal(err)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 || list[0].Name() != "x.json" {
		t.Errorf("the folder holds %v, %v, want x.json alone", list, err)
	}
	first, err := SetAside(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	second, err := SetAside(path)
	if err != nil || first != path+".damaged" || second != path+".damaged.2" {
		t.Errorf("set aside as %s and %s, %v", first, second, err)
	}
}
