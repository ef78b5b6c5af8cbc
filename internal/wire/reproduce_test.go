package wire_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/wire"
)

// madeReproduction is a record with one of everything.
func madeReproduction() wire.Reproduction {
	sd, x, half := 0.01, 0.9, 0.5
	q := wire.Quantity{Encoder: "fused", Readout: "head"}
	return wire.Reproduction{
		Schema: wire.ReproduceSchema, Target: "fig7", Title: "Figure 7", Scale: "demo", Data: "synth", Split: "test",
		Samples: 24, Select: "val", Seeds: 1, Baseline: "Joint",
		Modalities: []string{"audio", "visual"}, Classes: []string{"a", "b"}, Machine: "made",
		Arms: []wire.ReproducedArm{{
			Name: "Joint", Method: "joint", Epochs: 2, LR: 0.1, X: &x,
			Accuracies: []wire.Summary{{Quantity: q, Mean: 0.5, SD: &sd, Seeds: 1}},
			Runs: []wire.ReproducedRun{{
				RunOutcome: wire.RunOutcome{
					Run: "0123456789abcdef", Method: "joint", Epoch: 1, Step: 3,
					Accuracies: []wire.NamedAccuracy{{Quantity: q, Value: 0.5}},
				},
				Curves: []wire.ReproducedCurve{
					{
						Quantity: "fisher_emp audio", Epochs: []float64{0, 1}, Values: []float64{2, 3},
						SE: []*float64{nil, &half},
					},
				},
				Cosines: []wire.ReproducedCosine{{Encoder: "audio", Matrix: [][]float64{{1, 0}, {0, 1}}}},
				Maps:    []wire.ReproducedMap{{Encoder: "visual", Points: [][2]float64{{1, 2}}, Labels: []int{1}}},
			}},
		}},
	}
}

func encoded(tb testing.TB, r wire.Reproduction) string {
	tb.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// TestReadReproduction: what was written is read back; anything else is one line with the file and the reason.
func TestReadReproduction(t *testing.T) {
	good := encoded(t, madeReproduction())
	changed := func(change func(*wire.Reproduction)) string {
		r := madeReproduction()
		change(&r)
		return encoded(t, r)
	}
	for _, tt := range []struct {
		name, text, message, hint string
		reason                    string
	}{
		{
			"cut short", good[:len(good)/2], "damaged or cut short", "writes it anew",
			"the disk was full, or the copy was stopped",
		},
		{"empty", "", "damaged or cut short", "writes it anew", "nothing arrived"},
		{
			"NaN", strings.Replace(good, `"mean":0.5`, `"mean":NaN`, 1), "damaged or cut short", "writes it anew",
			"no number, and no JSON either",
		},
		{
			"infinite", strings.Replace(good, `"mean":0.5`, `"mean":1e999`, 1), "damaged", "writes it anew",
			"beyond all floats",
		},
		{
			"newer", changed(func(r *wire.Reproduction) { r.Schema = 99 }), "schema 99, this program reads 1 to 2",
			"update", "made by a later version",
		},
		{
			"older", changed(func(r *wire.Reproduction) { r.Schema = 0 }), "schema 0", "reproduce it again",
			"there was none before 1",
		},
		{
			"something else", `{"schema": 1, "data": "synth"}`, "not the record of a reproduction", "writes it anew",
			"a comparison's file names no target",
		},
		{
			"unknown field", strings.Replace(good, `"data":`, `"dta":"x","data":`, 1), `unknown field "dta"`,
			"writes it anew", "a letter lost is a value lost",
		},
		{"more behind", good + "{}", "after top-level value", "writes it anew", "two files in one"},
		{
			"no arms", changed(func(r *wire.Reproduction) { r.Arms = nil }),
			"names no set, no modalities or no methods", "writes it anew", "nothing to draw",
		},
		{
			"share above 1", changed(func(r *wire.Reproduction) { r.Arms[0].Accuracies[0].Mean = 50 }),
			"fused of Joint is 50, want 0 to 1", "writes it anew", "percent in place of a share",
		},
		{
			"ragged curve", changed(func(r *wire.Reproduction) { r.Arms[0].Runs[0].Curves[0].Values = []float64{1} }),
			"2 epochs, 1 values", "writes it anew", "points need both",
		},
		{
			"ragged matrix", changed(func(r *wire.Reproduction) { r.Arms[0].Runs[0].Cosines[0].Matrix[1] = nil }),
			"2 by 0", "writes it anew", "a matrix is square",
		},
		{
			"label", changed(func(r *wire.Reproduction) { r.Arms[0].Runs[0].Maps[0].Labels[0] = 2 }),
			"label 2, want 0 to 1", "writes it anew", "there are two classes",
		},
		{
			"points", changed(func(r *wire.Reproduction) { r.Arms[0].Runs[0].Maps[0].Labels = nil }),
			"1 points and 0 labels", "writes it anew", "each point has a class",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "r.json")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := wire.ReadReproduction(path)
			p, ok := errors.AsType[*wire.Problem](err)
			if !ok || !strings.HasPrefix(p.Message, path+": ") || !strings.Contains(p.Message, tt.message) ||
				!strings.Contains(p.Hint, tt.hint) || strings.Contains(p.Message, "\n") {
				t.Errorf("error %v, want %q and the hint %q\nreason: %s", err, tt.message, tt.hint, tt.reason)
			}
		})
	}
	want := madeReproduction()
	got, err := wire.ParseReproduction([]byte(good))
	if diff := cmp.Diff(&want, got); err != nil || diff != "" {
		t.Errorf("error %v, (-want +got)\n%s", err, diff)
	}
	if c, ok := got.Arms[0].Runs[0].Curve("fisher_emp audio"); !ok || c.SE[0] != nil || *c.SE[1] != 0.5 {
		t.Errorf("curve %+v, %v", c, ok)
	}
	if _, err := wire.ReadReproduction(filepath.Join(t.TempDir(), "none.json")); err == nil ||
		!strings.Contains(err.Error(), "none.json") {
		t.Errorf("a file that is not there: %v", err)
	}
}

// FuzzParseReproduction: whatever it is given, it reads a record that it would read again, or says why not in one line.
func FuzzParseReproduction(f *testing.F) {
	f.Add([]byte(encoded(f, madeReproduction())))
	f.Add([]byte(`{"schema":1,"target":"table1"}`))
	f.Add([]byte(`{"schema":2,"target":"x","arms":[{}]}`))
	f.Add([]byte("null"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := wire.ParseReproduction(text)
		if err != nil {
			return
		}
		if _, err := wire.ParseReproduction([]byte(encoded(t, *r))); err != nil {
			t.Errorf("read once, not twice: %v", err)
		}
	})
}
