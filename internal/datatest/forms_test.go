package datatest

import (
	"errors"
	"fmt"
	"os"
	"testing"
)

// TestForms reads files of one letter, which is their value, or of more, which are a fault.
func TestForms(t *testing.T) {
	seen := 0
	Forms(t, "x.txt", []Odd{
		{Name: "plain", Bytes: []byte("a")}, {Name: "twin", Bytes: []byte("a")},
		{Name: "long", Bytes: []byte("ab"), Want: "2 letters"},
	}, func(path string) ([]float32, error) {
		b, err := os.ReadFile(path)
		if seen++; len(b) != 1 {
			return nil, errors.Join(err, fmt.Errorf("%s: %d letters", path, len(b)))
		}
		return []float32{float32(b[0])}, err
	})
	if seen != 3 {
		t.Errorf("%d files read, want 3", seen)
	}
}
