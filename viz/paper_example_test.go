package viz_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/primewindow/primewindow/viz"
)

// banded is traces of two runs with what lies between their seeds, pale with their exponential mean bold, and windows
// whose ends differ between seeds (figure 1 of the paper).
func banded() viz.TraceFigure {
	f := viz.TraceFigure{
		Title: "Tr(F) alone and in joint training", XLabel: "epoch", YLabel: "Tr(F) (nats²)", Decay: 0.6,
		Band: "± 1 sd over 5 seeds", Ends: "from the first to the last of 5 seeds",
		Width: viz.Column,
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for i, run := range []string{"joint", "alone"} {
		for j, m := range []string{"audio", "visual"} {
			s := curve(run+": "+m, run, m, 1, 40, func(x float64) float64 {
				return rise(60/float64(1+2*j), float64(6+5*j-3*i))(x)*math.Exp(0.25*rng.NormFloat64()) + 0.3
			})
			for k := range s.Points {
				s.Points[k].SE = 0.2 * s.Points[k].Y
			}
			s.Definition = "fisher_emp, fused loss, weights only, batch norm recalibrated on the probe set"
			f.Series = append(f.Series, s)
		}
	}
	f.Windows = []viz.Window{
		{Run: "joint", Modality: "audio", From: 2, To: 6, FromEnds: [2]float64{2, 3}, ToEnds: [2]float64{5, 8}},
		{Run: "joint", Modality: "visual", From: 3, To: 11, FromEnds: [2]float64{2, 5}, ToEnds: [2]float64{9, 14}},
	}
	return f
}

// nulls is the trace as it is and under two conditions in which there is nothing to learn, all on the same axes.
func nulls() viz.PanelsFigure {
	f := viz.PanelsFigure{
		Title: "Is there a window where nothing is learned?", ShareX: true, ShareY: true, Band: "± 1 sd over 5 seeds",
		Width: viz.Page,
	}
	for i, title := range []string{
		"recalibrated", "batch norm in evaluation", "mean of 10 epochs", "learning rate 0", "shuffled labels",
	} {
		p := viz.LinePanel{Title: title, XLabel: "epoch", YLabel: "Tr(F) (nats²)", Log: true}
		for j, m := range []string{"audio", "visual"} {
			s := curve(m, "joint", m, 1, 30, func(x float64) float64 {
				if i == 3 {
					return 8 / float64(1+j) * (1 + 0.02*math.Sin(x))
				}
				return rise(40/float64(1+2*j)/float64(1+i/4*3), float64(4+2*i+3*j))(x) + 0.5
			})
			for k := range s.Points {
				s.Points[k].SE = 0.12 * s.Points[k].Y
			}
			p.Series = append(p.Series, s)
			for k := range 3 - i { // open with fewer and fewer of the seeds
				from, to := 2, 4+2*i+3*j
				if k > 0 {
					from, to = to+2*k-2, to+2*k
				}
				p.Windows = append(p.Windows, viz.Window{
					Run: "joint", Modality: m, From: float64(from), To: float64(to), Uncertain: k == 2,
					Open: 5 - i - 2*k, Of: 5,
				})
			}
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

// comparison is accuracies of methods over five seeds beside those that a paper prints for another set, and a hole with
// its reason.
func comparison() viz.BarsFigure {
	f := viz.BarsFigure{
		Title: "Accuracy by method", Label: "accuracy (%)", Percent: true, PrintedName: "the paper, CREMA-D",
		Band: "95 % t interval over 5 seeds", Width: viz.Column,
	}
	for i, method := range []string{"Joint", "OGM", "AGM", "InfoReg"} {
		for j, m := range []string{"fused", "audio", "visual"} {
			b := viz.Bar{
				Name: method, Modality: m, Value: 0.62 - 0.12*float64(j) + 0.015*float64(i),
				SE: 0.02 + 0.004*float64(j),
			}
			if method == "AGM" && m == "visual" {
				b = viz.Bar{Name: method, Modality: m, Missing: "seed 3: loss not finite"}
			}
			f.Bars = append(f.Bars, b)
			f.Printed = append(
				f.Printed, viz.Bar{Name: method, Modality: m, Value: 0.666 - 0.13*float64(j) + 0.017*float64(i)},
			)
		}
	}
	return f
}

// alike is differences of which one is 0 with every seed, one has no interval and one is missing, in a column.
func alike() viz.ForestFigure {
	return viz.ForestFigure{
		Title: "Difference to joint training", Label: "accuracy (points)", Percent: true,
		Interval: "95 % t interval, paired over seeds",
		Less:     "joint training better", More: "better", Width: viz.Column,
		Rows: []viz.ForestRow{
			{Name: "InfoReg", NoInterval: "equal with every seed", Pairs: 5},
			{Name: "freeze, same epochs as the published window", Diff: -0.011, Low: -0.02, High: -0.001, Pairs: 5},
			{Name: "OGM", Diff: 0.004, NoInterval: "one seed", Pairs: 1},
			{Name: "PMR", Missing: "method pmr with 3 modalities, it is defined for 2"},
		},
	}
}

// refused is bars of which two are missing: one with a printed value to the right of its reason, one to the left.
func refused() viz.BarsFigure {
	return viz.BarsFigure{
		Title: "Fusion heads", Label: "accuracy (%)", Percent: true, PrintedName: "the paper, CREMA-D",
		Width: viz.Column,
		Bars: []viz.Bar{
			{Name: "Joint", Value: 0.751, SE: 0.014},
			{Name: "Joint, FiLM", Missing: "fusion film of 3 modalities, it is defined for 2"},
			{Name: "Joint, gated", Missing: "fusion gated of 3 modalities, it is defined for 2"},
			{Name: "InfoReg", Value: 0.75, SE: 0.018},
		},
		Printed: []viz.Bar{
			{Name: "Joint", Value: 0.666}, {Name: "Joint, FiLM", Value: 0.669}, {Name: "Joint, gated", Value: 0.16},
			{Name: "InfoReg", Value: 0.719},
		},
	}
}

// fourMatrices is two encoders at two epochs, in a column.
func fourMatrices() viz.CosineFigure {
	f := viz.CosineFigure{
		Title: "Cosine between batch gradients", Width: viz.Column,
		Notes: []string{"The means are below what noise alone predicts: between the batches the weights move."},
	}
	for i, name := range []string{
		"skeleton, epoch 3", "inertial, epoch 3", "skeleton, epoch 40", "inertial, epoch 40",
	} {
		p := viz.CosinePanel{Name: name, Mean: 0.2 - 0.06*float64(i), Expected: 0.3, NoiseScale: 100 * float64(i+1)}
		for r := range 16 {
			row := make([]float64, 16)
			for c := range row {
				if row[c] = 1; c != r {
					row[c] = p.Mean + 0.4*math.Sin(float64((r+1)*(c+1)*(i+2)))*math.Cos(float64(r-c))
				}
			}
			p.Matrix, p.Labels = append(p.Matrix, row), append(p.Labels, fmt.Sprint(384+r))
		}
		p.Rows = []viz.CosineRow{{Name: "B = 32", Mean: p.Mean, SD: 0.03, Expected: 0.3}}
		p.Baseline = viz.CosineBaseline{Name: "permuted", Mean: 0.001, SD: 0.01}
		f.Panels = append(f.Panels, p)
	}
	return f
}

func ExampleFigure_Encode() {
	f, err := viz.Bars(viz.BarsFigure{
		Label: "accuracy (%)", Percent: true, PrintedName: "the paper",
		Bars:    []viz.Bar{{Name: "Joint", Value: 0.61}, {Name: "InfoReg", Missing: "no run"}},
		Printed: []viz.Bar{{Name: "Joint", Value: 0.6661}, {Name: "InfoReg", Value: 0.719}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	body, err := f.Encode(viz.PDF)
	fmt.Printf("%.5s %v\n%s\n", body, err, f.Text)
	// Output:
	// %PDF- <nil>
	// accuracy (%), Joint is 61%, no value of InfoReg: no run, Joint of the paper 66.61%, InfoReg of the paper 71.9%.
}
