package host

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/internal/datatest"
	"github.com/primewindow/primewindow/internal/wire"
)

// TestSheet wants the chosen samples named, the first and the last among them.
func TestSheet(t *testing.T) {
	set := datatest.MemorySet(t, map[data.Split][]float32{data.Train: {0, 1, 2, 3, 4}, data.Test: {7}})
	for _, tt := range []struct {
		n    int
		want string
	}{
		{1, "made: 1 of 5 training samples:\n    0  even  train0"},
		{3, "made: 3 of 5 training samples:\n    0  even  train0\n    2  even  train2\n    4  even  train4"},
		{
			99,
			"made: 5 of 5 training samples:\n    0  even  train0\n    1  odd  train1\n    2  even  train2\n    3  " +
				"odd  train3\n    4  even  train4",
		},
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

// TestSettingsCall asks a server as a cell does.
func TestSettingsCall(t *testing.T) {
	s := serve(t, time.Minute)
	var found wire.SettingList
	s.call(
		t, http.MethodPost, "/v1/settings", wire.SettingsAsk{Settings: map[string]any{"method": "ogm"}, Name: "alpha"},
		&found,
	)
	if found.Problem != nil {
		t.Errorf("a set that can be read has the problem %+v", found.Problem)
	}
	list := found.Settings
	if len(list) != 1 || list[0].Name != "alpha" || !list[0].Mutable || list[0].Default == nil {
		t.Errorf("settings with alpha: %+v", list)
	}
	if _, p := s.refused(
		t, http.MethodPost, "/v1/settings", wire.SettingsAsk{Name: "alpha"},
	); !strings.Contains(p.Message, "method joint has none") {
		t.Errorf("alpha of joint: %+v", p)
	}
	missing := map[string]any{"data": "cremad", "dir": t.TempDir()}
	s.call(t, http.MethodPost, "/v1/settings", wire.SettingsAsk{Settings: missing, Name: "batch"}, &found)
	if len(found.Settings) != 1 || found.Problem == nil || found.Problem.Hint == "" {
		t.Errorf("settings on a set that is not there: %+v, problem %+v", found.Settings, found.Problem)
	}
	for name, value := range map[string]any{"bach": 2, "batch": "many"} { // faults of the request, whatever the set
		if _, p := s.refused(
			t, http.MethodPost, "/v1/settings", wire.SettingsAsk{Settings: map[string]any{name: value}},
		); !strings.Contains(p.Message, name) {
			t.Errorf("%s=%v: %+v", name, value, p)
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
	s.call(
		t, http.MethodPost, "/v1/sets/view",
		wire.SetAsk{Settings: map[string]any{"data": "synth", "data.train": 40.0}, Samples: 2}, &view,
	)
	if view.Name != "synth" || !strings.HasPrefix(view.Figure.Text, "synth: 2 of 40 training samples") ||
		len(view.Lines) < 6 {
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
		if _, p := s.refused(t, http.MethodPost, "/v1/sets/view", tt.ask); !strings.Contains(p.Message, tt.want) ||
			p.Hint == "" {
			t.Errorf("view of %v: %+v, want %q and a hint", tt.ask, p, tt.want)
		}
	}
}
