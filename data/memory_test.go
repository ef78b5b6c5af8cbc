package data_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
)

func ExampleNewMemory() {
	set, err := data.NewMemory(data.Description{
		Name: "tiny", Classes: []string{"no", "yes"},
		Modalities: []data.Modality{{Name: "m", Kind: data.Vector, Shape: []int{2}}},
	}, map[data.Split]data.Part{
		data.Train: {
			IDs: []string{"a", "b"}, Labels: []int{0, 1},
			X: map[string]data.Column{"m": {Bytes: []byte{0, 255, 51, 0}}},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	batch, err := set.Read(data.Train, []int{1, 0}, 0)
	fmt.Println(batch.Labels, batch.X["m"], err)
	// Output: [1 0] [0.2 0 0 1] <nil>
}

// small describes a set of one modality with two values.
var small = data.Description{
	Name: "tiny", Classes: []string{"no", "yes"}, Modalities: []data.Modality{{Name: "m", Shape: []int{2}}},
}

// holding is a part of so many samples with those values.
func holding(values []float32, ids ...string) data.Part {
	return data.Part{IDs: ids, Labels: make([]int, len(ids)), X: map[string]data.Column{"m": {Values: values}}}
}

func TestNewMemoryErrors(t *testing.T) {
	nan := float32(math.NaN())
	for _, tt := range []struct {
		name   string
		train  data.Part
		test   data.Part
		want   string
		reason string
	}{
		{
			"twice", holding([]float32{1, 2}, "a"), holding([]float32{1, 2}, "a"),
			"tiny: sample a is in split train and in split test", "splits share no sample",
		},
		{
			"too few values", holding([]float32{1, 2, 3}, "a", "b"), data.Part{},
			"split train: m: 3 values, want 4 for 2 samples", "each has its shape",
		},
		{
			"no values", data.Part{IDs: []string{"a"}, Labels: []int{0}}, data.Part{}, "0 values, want 2",
			"a modality is missing",
		},
		{
			"not a number", holding([]float32{1, 2, 3, nan}, "a", "b"), data.Part{}, "sample b: value [1] is NaN",
			"place and sample are named",
		},
		{
			"label", data.Part{IDs: []string{"a"}, Labels: []int{2}}, data.Part{},
			"sample a: label 2, want at least 0 and below 2", "two classes",
		},
		{
			"details", data.Part{IDs: []string{"a"}, Labels: []int{0}, Details: []data.Detail{{}, {}}}, data.Part{},
			"split train: details of 2 samples, want 1", "one each, or none",
		},
		{"labels", data.Part{IDs: []string{"a"}}, data.Part{}, "0 labels, want 1", "one each"},
	} {
		_, err := data.NewMemory(small, map[data.Split]data.Part{data.Train: tt.train, data.Test: tt.test})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: NewMemory: %v, want %q\nreason: %s", tt.name, err, tt.want, tt.reason)
		}
	}
}

func TestMemory(t *testing.T) {
	make2 := func(ids ...string) *data.Memory {
		m, err := data.NewMemory(small, map[data.Split]data.Part{data.Test: holding([]float32{1, 2, 3, 4}, ids...)})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	m := make2("a", "b")
	if m.Len(data.Test) != 2 || m.Len(data.Train) != 0 {
		t.Errorf("lengths %d and %d, want 2 and 0", m.Len(data.Test), m.Len(data.Train))
	}
	got, err := data.One(m, data.Test, 1)
	if diff := cmp.Diff(data.Sample{ID: "b", X: map[string][]float32{"m": {3, 4}}}, got); err != nil || diff != "" {
		t.Errorf("One: err %v, (-want +got)\n%s", err, diff)
	}
	got.X["m"][0] = 9
	if again, err := data.One(m, data.Test, 1); err != nil || again.X["m"][0] != 3 {
		t.Errorf("a batch that is changed changes the set: %v, %v", again, err)
	}
	for _, i := range []int{-1, 2} {
		if b, err := m.Read(data.Test, []int{i}, 0); err == nil || b != nil {
			t.Errorf("Read of place %d: %v, %v, want an error", i, b, err)
		}
	}
	if a, b := m.Describe().Provenance.SplitHash,
		make2("b", "a").Describe().Provenance.SplitHash; a == b || len(a) != 64 {
		t.Errorf("hashes %s and %s of two orders, want two of 64 digits", a, b)
	}
}

func TestComplete(t *testing.T) {
	list := []data.Setting{{Name: "n", Default: 1.0, Min: 0, Max: 9}, {Name: "s", Default: "x"}}
	got, err := data.Complete(list, map[string]any{"n": "3"})
	if diff := cmp.Diff(map[string]any{"n": 3.0, "s": "x"}, got); err != nil || diff != "" {
		t.Errorf("Complete: err %v, (-want +got)\n%s", err, diff)
	}
	for _, given := range []map[string]any{{"m": 1.0}, {"n": 10.0}} {
		if _, err := data.Complete(list, given); err == nil {
			t.Errorf("Complete(%v): no error", given)
		}
	}
}

func TestStandardize(t *testing.T) {
	column := func(v ...float32) data.Part { return data.Part{X: map[string]data.Column{"m": {Values: v}}} }
	parts := map[data.Split]data.Part{data.Train: column(1, 7, 3, 7), data.Test: column(5, 9)}
	data.Standardize(parts, "m", 2)
	// feature 0 has mean 2 and deviation 1 over the training split, feature 1 is 7 throughout
	want := map[data.Split]data.Part{data.Train: column(-1, 0, 1, 0), data.Test: column(3, 2)}
	if diff := cmp.Diff(want, parts); diff != "" {
		t.Errorf("Standardize (-want +got)\n%s", diff)
	}
}

func TestResample(t *testing.T) {
	for _, tt := range []struct {
		name     string
		x        []float32
		features int
		steps    int
		want     []float32
		reason   string
	}{
		{"stretched", []float32{0, 2}, 1, 5, []float32{0, 0.5, 1, 1.5, 2}, "between neighbours"},
		{"shrunk", []float32{0, 1, 2, 3, 4}, 1, 3, []float32{0, 2, 4}, "every second"},
		{"features apart", []float32{0, 10, 2, 30}, 2, 3, []float32{0, 10, 1, 20, 2, 30}, "each on its own"},
		{"one row", []float32{7, 8}, 2, 2, []float32{7, 8, 7, 8}, "repeated"},
		{"to one", []float32{7, 8}, 1, 1, []float32{7}, "the first"},
		{"as it is", []float32{3, 1, 4}, 1, 3, []float32{3, 1, 4}, "as many as there are"},
	} {
		if diff := cmp.Diff(tt.want, data.Resample(tt.x, tt.features, tt.steps)); diff != "" {
			t.Errorf("%s (-want +got)\n%s\nreason: %s", tt.name, diff, tt.reason)
		}
	}
}

func TestMemoryDetail(t *testing.T) {
	p := holding([]float32{1, 2, 3, 4}, "a", "b")
	p.Details = []data.Detail{{Group: "ann"}, {Group: "bob"}}
	m, err := data.NewMemory(small, map[data.Split]data.Part{data.Train: p, data.Test: holding([]float32{5, 6}, "c")})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		split data.Split
		index int
		want  data.Detail
	}{{data.Train, 1, data.Detail{Group: "bob"}}, {data.Test, 0, data.Detail{}}} {
		if got := m.Detail(tt.split, tt.index); got != tt.want {
			t.Errorf("Detail(%s, %d) = %+v, want %+v", tt.split, tt.index, got, tt.want)
		}
	}
}
