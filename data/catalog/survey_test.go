package catalog

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

// detailed is a set of one number a sample, whose groups and durations a test gives.
type detailed struct {
	*data.Memory
	details map[data.Split][]data.Detail
}

func (d detailed) Detail(split data.Split, index int) data.Detail { return d.details[split][index] }

func TestSurvey(t *testing.T) {
	set := datatest.MemorySet(
		t, map[data.Split][]float32{data.Train: {0, 1, 3}, data.Validation: {4}, data.Test: {5, 6}},
		"a.wav: empty\nfile",
	)
	known := detailed{set, map[data.Split][]data.Detail{
		data.Train: {
			{Group: "ann", Duration: time.Second}, {Group: "bob", Duration: 3 * time.Second},
			{Group: "bob", Duration: 2 * time.Second},
		},
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
		{
			"none", map[data.Split][]float32{data.Train: {1, 2, 2}, data.Test: {3}}, 0, "",
			"twins within a split leak nothing",
		},
		{
			"two", map[data.Split][]float32{data.Train: {1, 2}, data.Validation: {9}, data.Test: {2, 3, 9}}, 2,
			"test0 of split test is train1 of split train", "each sample of a later split counts once",
		},
	} {
		last := 0
		twins, example, err := Twins(t.Context(), datatest.MemorySet(t, tt.values), func(done, _ int) { last = done })
		if err != nil || twins != tt.twins || example != tt.example {
			t.Errorf("%s: %d, %q, %v, want %d, %q: %s", tt.name, twins, example, err, tt.twins, tt.example, tt.reason)
		}
		if last == 0 {
			t.Errorf("%s: no progress was told", tt.name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Twins(
		ctx, datatest.MemorySet(t, map[data.Split][]float32{data.Train: {1}, data.Test: {2}}), nil,
	); !errors.Is(err, context.Canceled) {
		t.Errorf("Twins: %v, want its context's error", err)
	}
}
