package record

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/primewindow/primewindow/internal/wire"
)

// TestSettle: what is not known beside a record's value is left out of it; a value that is no number is a problem.
func TestSettle(t *testing.T) {
	nan, inf, half := math.NaN(), math.Inf(1), 0.5
	for _, tt := range []struct {
		name      string
		rec, want wire.Record
		err       string
		reason    string
	}{
		{
			"whole", wire.Record{Value: 1, SE: &half, Parts: map[string]float64{"a": 1}},
			wire.Record{Value: 1, SE: &half, Parts: map[string]float64{"a": 1}}, "", "as it is",
		},
		{
			"error of one sample", wire.Record{Value: 1, SE: &nan}, wire.Record{Value: 1}, "",
			"a deviation needs two: it ended a run",
		},
		{"infinite error", wire.Record{Value: 1, SE: &inf, Batch: &nan}, wire.Record{Value: 1}, "", "likewise"},
		{
			"part", wire.Record{Value: 1, Parts: map[string]float64{"a": nan, "b": 2}},
			wire.Record{Value: 1, Parts: map[string]float64{"b": 2}}, "", "a layer alone",
		},
		{
			"value", wire.Record{Kind: "loss", Encoder: "a", Step: 3, Value: nan}, wire.Record{},
			"loss of a at step 3 is NaN", "nothing can be drawn of it",
		},
		{
			"matrix", wire.Record{Kind: "cosine", Encoder: "a", Matrix: [][]float64{{1, 0}, {0, inf}}}, wire.Record{},
			"cosine of a at step 0 is +Inf in matrix[1][1]", "likewise",
		},
	} {
		err := Settle(&tt.rec)
		if tt.err != "" {
			if p, ok := errors.AsType[*wire.Problem](err); !ok || p.Message != tt.err || p.Hint == "" {
				t.Errorf("%s: error %v, want %s\nreason: %s", tt.name, err, tt.err, tt.reason)
			}
			continue
		}
		if diff := cmp.Diff(tt.want, tt.rec); err != nil || diff != "" {
			t.Errorf("%s: error %v (-want +got)\n%s\nreason: %s", tt.name, err, diff, tt.reason)
		}
		if _, err := json.Marshal(tt.rec); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestShareError: a share has the binomial standard error, that of one sample none.
func TestShareError(t *testing.T) {
	for _, tt := range []struct {
		p      float64
		n      int
		want   *float64
		reason string
	}{
		{0.5, 100, Known(0.05), "√(0.25/100)"},
		{0.2, 4, Known(0.2), "√(0.16/4)"},
		{1, 2, Known(0), "the root's own value, as it is printed everywhere"},
		{1, 1, nil, "0 would pass for certainty"},
		{0, 1, nil, "likewise"},
		{math.NaN(), 0, nil, "of no samples nothing is known"},
	} {
		// one rounding
		if diff := cmp.Diff(tt.want, ShareError(tt.p, tt.n), cmpopts.EquateApprox(0, 1e-15)); diff != "" {
			t.Errorf("shareError(%v, %d) (-want +got)\n%s\nreason: %s", tt.p, tt.n, diff, tt.reason)
		}
	}
}

// TestSettleKeeps: the maps of a record that is shared with others stay whole.
func TestSettleKeeps(t *testing.T) {
	parts := map[string]float64{"a": math.NaN()}
	if err := Settle(&wire.Record{Parts: parts}); err != nil || len(parts) != 1 {
		t.Errorf("parts %v, error %v", parts, err)
	}
}

// TestEncode: what JSON cannot hold is named.
func TestEncode(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		value any
		want  string
	}{
		{map[string]any{"b": 1, "a": map[string]float64{"x": 1, "y": nan}}, "answer: a.y is NaN"},
		{[]any{1, []float32{0, float32(math.Inf(-1))}}, "answer: [1][1] is -Inf"},
		{wire.Status{Name: "first", Loss: nan}, "answer: loss is NaN"},
		{&wire.History{Probes: []wire.Record{{}, {SE: &nan}}}, "answer: probes[1].se is NaN"},
		{
			wire.Compared{Methods: []wire.MethodResult{{Accuracies: []wire.Summary{{Mean: nan}}}}},
			"answer: methods[0].accuracy[0].mean is NaN",
		},
		{nan, "answer:  is NaN"},
	} {
		_, err := Encode("answer", tt.value)
		if err == nil || err.Error() != tt.want && !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%v: error %v, want %s", tt.value, err, tt.want)
		}
	}
	if text, err := Encode("answer", map[string]int{"a": 1}); err != nil || string(text) != `{"a":1}` {
		t.Errorf("%s, error %v", text, err)
	}
}
