package datatest

import (
	"fmt"
	"testing"

	"github.com/primewindow/primewindow/data"
)

// MemorySet has a sample for each value, of class 0 where it is even.
func MemorySet(t *testing.T, values map[data.Split][]float32, skipped ...string) *data.Memory {
	t.Helper()
	parts := map[data.Split]data.Part{}
	for split, list := range values {
		p := data.Part{X: map[string]data.Column{"x": {Values: list}}}
		for i, v := range list {
			p.IDs, p.Labels = append(p.IDs, fmt.Sprintf("%s%d", split, i)), append(p.Labels, int(v)%2)
		}
		parts[split] = p
	}
	set, err := data.NewMemory(data.Description{
		Name: "made", Classes: []string{"even", "odd"},
		Modalities: []data.Modality{{Name: "x", Kind: data.Vector, Shape: []int{1}}},
		Provenance: data.Provenance{Source: "this test", Licence: "none", Protocol: "by hand", Skipped: skipped},
	}, parts)
	if err != nil {
		t.Fatal(err)
	}
	return set
}
