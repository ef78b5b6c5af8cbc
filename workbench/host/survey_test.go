package host

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/internal/wire"
)

// detailed is a set of one number a sample, whose groups and durations a test gives.
type detailed struct {
	*data.Memory
	details map[data.Split][]data.Detail
}

func (d detailed) Detail(split data.Split, index int) data.Detail { return d.details[split][index] }

// madeSet has a sample for each value, of class 0 where it is even.
func madeSet(t *testing.T, values map[data.Split][]float32, skipped ...string) *data.Memory {
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
		Name: "made", Classes: []string{"even", "odd"}, Modalities: []data.Modality{{Name: "x", Kind: data.Vector, Shape: []int{1}}},
		Provenance: data.Provenance{Source: "this test", Licence: "none", Protocol: "by hand", Skipped: skipped},
	}, parts)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestSurvey(t *testing.T) {
	set := madeSet(t, map[data.Split][]float32{data.Train: {0, 1, 3}, data.Validation: {4}, data.Test: {5, 6}}, "a.wav: empty\nfile")
	known := detailed{set, map[data.Split][]data.Detail{
		data.Train:      {{Group: "ann", Duration: time.Second}, {Group: "bob", Duration: 3 * time.Second}, {Group: "bob", Duration: 2 * time.Second}},
		data.Validation: {{}},
		data.Test:       {{Group: "bob"}, {Group: "cy", Duration: time.Hour}},
	}}
	lines := Survey(known)
	if diff := cmp.Diff([]string{
		"x          vector [1]",
		"train      3 samples, even 1, odd 2; 1.00 to 3.00 s, median 2.00, 0.0 h in all",
		"val        1 samples, even 1, odd 0",
		"test       2 samples, even 1, odd 1; 3600.00 to 3600.00 s, median 3600.00, 1.0 h in all",
		"leak: 1 of 2 groups of split test are in split train as well, bob for example",
		"by hand", "source: this test", "licence: none",
		"split hash: " + set.Describe().Provenance.SplitHash,
		"left out: 1 samples", "left out: a.wav: empty file",
	}, lines); diff != "" {
		t.Errorf("Survey (-want +got)\n%s", diff)
	}
	if lines := Survey(set); strings.Contains(strings.Join(lines, "\n"), "leak") {
		t.Errorf("Survey of a set without groups: %q", lines)
	}
}

func TestTwins(t *testing.T) {
	for _, tt := range []struct {
		name    string
		values  map[data.Split][]float32
		twins   int
		example string
		reason  string
	}{
		{"none", map[data.Split][]float32{data.Train: {1, 2, 2}, data.Test: {3}}, 0, "", "twins within a split leak nothing"},
		{"two", map[data.Split][]float32{data.Train: {1, 2}, data.Validation: {9}, data.Test: {2, 3, 9}}, 2, "test0 of split test is train1 of split train", "each sample of a later split counts once"},
	} {
		last := 0
		twins, example, err := Twins(t.Context(), madeSet(t, tt.values), func(done, _ int) { last = done })
		if err != nil || twins != tt.twins || example != tt.example {
			t.Errorf("%s: %d, %q, %v, want %d, %q: %s", tt.name, twins, example, err, tt.twins, tt.example, tt.reason)
		}
		if last == 0 {
			t.Errorf("%s: no progress was told", tt.name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Twins(ctx, madeSet(t, map[data.Split][]float32{data.Train: {1}, data.Test: {2}}), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Twins: %v, want its context's error", err)
	}
}

// TestSheet wants the chosen samples named, the first and the last among them.
func TestSheet(t *testing.T) {
	set := madeSet(t, map[data.Split][]float32{data.Train: {0, 1, 2, 3, 4}, data.Test: {7}})
	for _, tt := range []struct {
		n    int
		want string
	}{
		{1, "made: 1 of 5 training samples:\n    0  even  train0"},
		{3, "made: 3 of 5 training samples:\n    0  even  train0\n    2  even  train2\n    4  even  train4"},
		{99, "made: 5 of 5 training samples:\n    0  even  train0\n    1  odd  train1\n    2  even  train2\n    3  odd  train3\n    4  even  train4"},
	} {
		f, err := Sheet(set, tt.n)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, f.Text); diff != "" {
			t.Errorf("Sheet of %d (-want +got)\n%s", tt.n, diff)
		}
		if !strings.HasPrefix(string(f.PNG), "\x89PNG") {
			t.Errorf("Sheet of %d has no PNG", tt.n)
		}
	}
}

// TestSetsCalls asks a server as a cell does.
func TestSetsCalls(t *testing.T) {
	s := serve(t, time.Minute)
	var sets []wire.Set
	s.call(t, http.MethodGet, "/v1/sets", nil, &sets)
	if len(sets) != len(catalog.Sets(t.TempDir())) {
		t.Errorf("GET /v1/sets gives %d sets, want %d", len(sets), len(catalog.Sets(t.TempDir())))
	}
	var view wire.SetView
	s.call(t, http.MethodPost, "/v1/sets/view", wire.SetAsk{Settings: map[string]any{"data": "synth", "data.train": 40.0}, Samples: 2}, &view)
	if view.Name != "synth" || !strings.HasPrefix(view.Figure.Text, "synth: 2 of 40 training samples") || len(view.Lines) < 6 {
		t.Errorf("POST /v1/sets/view gives %s, %q and %q", view.Name, view.Lines, view.Figure.Text)
	}
	for _, tt := range []struct {
		ask  wire.SetAsk
		want string
	}{
		{wire.SetAsk{Settings: map[string]any{"data": "none"}, Samples: 2}, "none"},
		{wire.SetAsk{Settings: map[string]any{"data": "synth"}, Samples: 0}, "0 samples to show"},
		{wire.SetAsk{Settings: map[string]any{"data": "synth"}, Samples: 500}, "more than 96 samples"},
		{wire.SetAsk{Settings: map[string]any{"data": "folder"}, Samples: 2}, "data folder: no folder"},
	} {
		if _, p := s.refused(t, http.MethodPost, "/v1/sets/view", tt.ask); !strings.Contains(p.Message, tt.want) || p.Hint == "" {
			t.Errorf("view of %v: %+v, want %q and a hint", tt.ask, p, tt.want)
		}
	}
}
