package viz_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/primewindow/primewindow/viz"
)

// banded is traces of two runs with what lies between their seeds, pale with their exponential mean bold, and windows whose ends
// differ between seeds (figure 1 of the paper).
func banded() viz.TraceFigure {
	f := viz.TraceFigure{
		Title: "Tr(F) alone and in joint training", XLabel: "epoch", YLabel: "Tr(F) (nats²)", Decay: 0.6, Band: "± 1 sd over 5 seeds", Ends: "from the first to the last of 5 seeds",
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
	f := viz.PanelsFigure{Title: "Is there a window where nothing is learned?", ShareX: true, ShareY: true, Band: "± 1 sd over 5 seeds", Width: viz.Page}
	for i, title := range []string{"recalibrated", "batch norm in evaluation", "mean of 10 epochs", "learning rate 0", "shuffled labels"} {
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
			if i < 3 {
				p.Windows = append(p.Windows, viz.Window{Run: "joint", Modality: m, From: 2, To: float64(4 + 2*i + 3*j), Uncertain: i == 2})
			}
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

// comparison is accuracies of methods over five seeds beside those that a paper prints for another set, and a hole with its
// reason.
func comparison() viz.BarsFigure {
	f := viz.BarsFigure{
		Title: "Accuracy by method", Label: "accuracy (%)", Percent: true, PrintedName: "the paper, CREMA-D", Band: "95 % t interval over 5 seeds", Width: viz.Column,
	}
	for i, method := range []string{"Joint", "OGM", "AGM", "InfoReg"} {
		for j, m := range []string{"fused", "audio", "visual"} {
			b := viz.Bar{Name: method, Modality: m, Value: 0.62 - 0.12*float64(j) + 0.015*float64(i), SE: 0.02 + 0.004*float64(j)}
			if method == "AGM" && m == "visual" {
				b = viz.Bar{Name: method, Modality: m, Missing: "seed 3: loss not finite"}
			}
			f.Bars = append(f.Bars, b)
			f.Printed = append(f.Printed, viz.Bar{Name: method, Modality: m, Value: 0.666 - 0.13*float64(j) + 0.017*float64(i)})
		}
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
