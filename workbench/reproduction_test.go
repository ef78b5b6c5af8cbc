package workbench

import (
	"context"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/wire"
)

// madeReproduction is a table of three methods over two seeds: one is better where the paper has it worse, one equals
// the baseline, one has no result with a seed; and one is refused.
func madeReproduction() *Reproduction {
	fused, visual := wire.Quantity{Encoder: "fused", Readout: "head"},
		wire.Quantity{Encoder: "visual", Readout: "split"}
	sd, low, high, p := 0.02, -0.01, 0.05, 0.1
	num := func(q wire.Quantity, v float64) wire.Summary {
		return wire.Summary{Quantity: q, Mean: v, SD: &sd, Seeds: 2}
	}
	paper := func(accuracy, video float64) []wire.PaperNumber {
		return []wire.PaperNumber{
			{Set: "CREMA-D", Quantity: "accuracy", Value: accuracy}, {Set: "CREMA-D", Quantity: "video", Value: video},
		}
	}
	runs := func(missing string) []wire.ReproducedRun {
		curve := func(v float64) []wire.ReproducedCurve {
			return []wire.ReproducedCurve{
				{Quantity: "fisher_emp audio", Epochs: []float64{0, 1}, Values: []float64{1, v}},
			}
		}
		list := []wire.ReproducedRun{
			{RunOutcome: wire.RunOutcome{Seed: 0, Epoch: 3}, Curves: curve(2)},
			{RunOutcome: wire.RunOutcome{Seed: 1, Epoch: 5}, Curves: curve(4)},
		}
		if missing != "" {
			list[1] = wire.ReproducedRun{RunOutcome: wire.RunOutcome{Seed: 1, Missing: missing}}
		}
		return list
	}
	return Reproduced(&wire.Reproduction{
		Schema: 1, Target: "table2", Title: "Table 2: methods", Scale: "demo", Data: "digits",
		PaperSets: []string{"CREMA-D"}, Split: "test", Samples: 2000, Select: "test-best",
		Seeds: 2, Tuned: true, Baseline: "Joint", Modalities: []string{"audio", "visual"},
		Shared: map[string]any{"probes": "none"}, Comparisons: 4, Notes: []string{"A note."},
		Arms: []wire.ReproducedArm{
			{Name: "Joint", Method: "joint", LR: 0.03, Epochs: 12,
				Accuracies: []wire.Summary{num(fused, 0.7), num(visual, 0.4)}, Paper: paper(66.61, 35.14),
				Runs: runs(""),
				Trials: []wire.Trial{
					{LR: 0.01, Accuracy: 0.9}, {LR: 0.03, Accuracy: 0.95, Chosen: true},
					{LR: 0.09, Missing: "step 3 was not taken"},
				}},
			{Name: "OGM", Method: "ogm", LR: 0.03, Epochs: 12, Accuracies: []wire.Summary{num(fused, 0.68)},
				Paper: paper(68.70, 39.52), Runs: runs(""),
				Differences: []wire.Difference{
					{Quantity: fused, Mean: -0.02, Low: &low, High: &high, P: &p, Holm: &p, Seeds: 2},
				},
				Against: "Joint",
				Apart:   []wire.Difference{{Quantity: fused, Mean: -0.02, Low: &low, High: &high, Seeds: 2}}},
			{Name: "AGM", Method: "agm", LR: 0.03, Epochs: 12, Accuracies: []wire.Summary{
				{Quantity: fused, Mean: 0.72, Seeds: 1},
			}, Paper: paper(69.71, 43.72), Runs: runs("step 7 was not taken: loss is not finite"),
				Differences: []wire.Difference{{Quantity: fused, Mean: 0.02, Seeds: 1}}},
			{Name: "InfoReg", Method: "inforeg", LR: 0.03, Epochs: 12, Accuracies: []wire.Summary{num(fused, 0.7)},
				Paper: paper(71.90, 49.65), Runs: runs(""),
				Differences: []wire.Difference{{Quantity: fused, Seeds: 2}}},
			{Name: "PMR", Method: "pmr", Control: true, Missing: "method pmr with 1 modalities, want at least 2"},
		},
	})
}

// TestReproductionTable: what is said beside the numbers: holes with their reason, the paper's habit, and where ours
// disagrees.
func TestReproductionTable(t *testing.T) {
	text := madeReproduction().Markdown()
	for _, want := range []string{
		"at the epoch of its best fused accuracy on the test split itself, as in the paper, which flatters",
		"digits stands in the place of CREMA-D",
		"| method | seeds | epoch | lr | fused, primary | visual |\n|---|---|---|---|---|---|\n",
		"| Joint | 2 | 3 to 5 of 12 | 0.03 | 70.0 ± 2.0<br><sub>paper, CREMA-D: 66.61</sub> | 40.0 ± " +
			"2.0<br><sub>paper, CREMA-D: 35.14</sub> |\n",
		"| OGM | 2 | 3 to 5 of 12 | 0.03 | 68.0 ± 2.0<br><sub>−2.0 (−1.0 to +5.0)</sub><br><sub>p " +
			"0.3</sub><br><sub>paper, CREMA-D: 68.70</sub> | -<br><sub>paper, CREMA-D: 39.52</sub> |\n",
		"| AGM | 1 of 2 | 3 of 12 |",
		"| PMR † | 0 of 2 | - | - | -<br><sub>method pmr with 1 modalities, want at least 2</sub> | - |\n",
		"Ours disagrees in sign: the paper has OGM 2.1 points above Joint (CREMA-D), here it is 2.0 points below " +
			"(−1.0 to +5.0).",
		"The paper has a difference to Joint (CREMA-D) where ours is 0: InfoReg (5.3 points).",
		"Ours disagrees in order: of the rows that the paper has (CREMA-D), InfoReg is best there and AGM here.",
		"Equal to Joint in every accuracy with every seed: InfoReg.",
		"OGM less Joint, paired by seed, intervals of 95 % without correction: fused −2.0 (−1.0 to +5.0).",
		"and p after Holm's correction. The correction accounts for 3 comparisons of the fused accuracy over the " +
			"methods. Bold",
		"The record was made before comparisons were in families: p is corrected anew, by the p on record.",
		"AGM, seed 1, has no result: step 7 was not taken: loss is not finite.",
		"Joint 0.03 of 0.01, 0.03, 0.09 (no result)",
		"\nA note.\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// TestReproductionFormats: the same in LaTeX, whose special signs are escaped, and as rows for programs.
func TestReproductionFormats(t *testing.T) {
	r := madeReproduction()
	tex := r.LaTeX()
	for _, want := range []string{
		`\begin{tabular}{lrrrrr}`, `68.0 $\pm$ 2.0`, `\makecell[r]{`, `PMR \dag{} & 0 of 2`, `95 \%`,
		`\label{tab:table2-digits}`,
	} {
		if !strings.Contains(tex, want) {
			t.Errorf("no %q in\n%s", want, tex)
		}
	}
	rows, err := csv.NewReader(strings.NewReader(r.CSV())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"table2", "digits", "demo", "test", "test-best", "OGM", "", "", "ogm", "0.03", "12", "fused", "head", "2", "68",
		"2", "-2", "-1", "5", "0.1", "0.3", "primary", "3", "CREMA-D 68.70", "",
	}
	if diff := cmp.Diff(want, rows[3]); diff != "" || len(rows) != 1+2+1+1+1+1 {
		t.Errorf("%d rows (-want +got)\n%s", len(rows), diff)
	}
	if last := rows[len(rows)-1]; last[13] != "0" || last[14] != "" ||
		last[24] != "method pmr with 1 modalities, want at least 2" {
		t.Errorf("the arm without a number: %v", last)
	}
}

// TestReproductionTwoWays: arms with columns make a table of two ways, the baseline a row of its own.
func TestReproductionTwoWays(t *testing.T) {
	r := madeReproduction()
	r.Arms[1].Group, r.Arms[1].Column = "OGM", "whole run"
	r.Arms[2].Group, r.Arms[2].Column = "AGM", "window only"
	g := r.grid()
	var got [][]string
	for _, row := range g.Rows {
		var line []string
		for _, e := range row {
			line = append(line, e.Text)
		}
		got = append(got, line)
	}
	want := [][]string{
		{"Joint", "70.0 ± 2.0", ""}, {"InfoReg", "70.0 ± 2.0", ""}, {"PMR †", "-", ""}, {"OGM", "68.0 ± 2.0", ""},
		{"AGM", "", "72.0"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestReproductionCurves(t *testing.T) {
	r := madeReproduction()
	curves := r.Curves("fisher_emp audio")
	// The standard deviation of 2 and 4 is √2.
	want := Curve{Name: "Joint", X: []float64{0, 1}, Y: []float64{1, 3}, SD: []float64{0, 1.4142135623730951}}
	if diff := cmp.Diff(want, curves[0]); diff != "" || len(curves) != 4 {
		t.Errorf("%d curves (-want +got)\n%s", len(curves), diff)
	}
	if curves[2].SD != nil || curves[2].Y[1] != 2 {
		t.Errorf("of one seed: %+v", curves[2])
	}
	if list := r.Curves("loss"); list != nil {
		t.Errorf("unknown quantity: %v", list)
	}
	if diff := cmp.Diff([]string{"fisher_emp audio"}, r.Quantities()); diff != "" {
		t.Error(diff)
	}
}

// TestReproductionRun: a run is declared as the record has it, an unknown arm is told at its first verb.
func TestReproductionRun(t *testing.T) {
	r := madeReproduction()
	d := r.Run("OGM", 1)
	if got := d.decl.settings; got["lr"] != 0.03 || got["epochs"] != 12.0 || got["method"] != "ogm" ||
		got["seed"] != 1 && got["seed"] != 1.0 || got["probes"] != "none" {
		t.Errorf("settings %v", got)
	}
	if err := r.Run("OMG", 0).decl.err; err == nil || !strings.Contains(err.Error(), `no arm "OMG"`) {
		t.Errorf("unknown arm: %v", err)
	}
}

func TestReadReproductionContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(path, []byte(`{"schema": 1, "target": "fig1"`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := ReadReproductionContext(context.Background(), path)
	if p, ok := errors.AsType[*Problem](err); !ok || !strings.Contains(p.Message, "cut short") || p.Hint == "" {
		t.Errorf("error %v", err)
	}
}
