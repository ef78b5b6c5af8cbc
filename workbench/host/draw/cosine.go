package draw

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/viz"
)

// farApart is the least difference between a mean cosine and what noise alone predicts that a figure comments on: a
// tenth of the largest that a cosine can be. Smaller ones can be read off beside their errors.
const farApart = 0.1

// whyApart is why a prediction and a measurement may be far apart. On utdmhad after epoch 3 noise predicts .46 for
// depth and training's batches have .06. In another run, with .68 and .02, sixteen further batches with the weights
// held, at learning rate 0, had .54.
const whyApart = "the prediction is of batches at the same weights, the measured ones are of steps in a row, between " +
	"which the weights move."

// cosines draws the matrices of joint training inside the window and after the last epoch (figure 4); where no window
// is open beyond noise, those of the epochs that are on record. The windows are those of the very run whose matrices
// are drawn, not of all seeds.
func (d drawing) cosines() (*viz.Figure, error) {
	f := viz.CosineFigure{Title: d.title("Cosine between batch gradients"), Width: viz.Page}
	for _, a := range d.Arms {
		for i, run := range a.Runs {
			if len(run.Cosines) == 0 {
				continue
			}
			// A copy of the arm with one run, so that what is written for arms serves for a run.
			of := a
			of.Runs = a.Runs[i : i+1]
			windows, err := d.sureWindows(of)
			if err != nil {
				return nil, err
			}
			list, notes := shownCosines(run.Cosines, windows)
			f.Notes = append(f.Notes, notes...)
			var far []string
			for _, c := range list {
				f.Panels = append(f.Panels, cosinePanel(c, windows))
				if c.Expected != nil && math.Abs(*c.Expected-c.Mean) > farApart {
					far = append(
						far,
						fmt.Sprintf(
							"%s, epoch %g (predicted %.2f, measured %.2f)", c.Encoder, c.Epoch, *c.Expected, c.Mean,
						),
					)
				}
			}
			if len(far) > 0 {
				f.Notes = append(
					f.Notes, "Prediction and measurement are far apart for "+strings.Join(far, ", ")+": "+whyApart,
				)
			}
		}
	}
	if len(f.Panels) == 0 {
		return nil, nil
	}
	return viz.Cosine(f)
}

// sureWindows are the windows of an arm's one run that are open beyond noise, by modality.
func (d drawing) sureWindows(a wire.ReproducedArm) ([]viz.Window, error) {
	var list []viz.Window
	for _, m := range d.Modalities {
		windows, err := d.windows(a, inforeg.KindFisherEmp+" "+m, m, 1, false)
		if err != nil {
			return nil, err
		}
		list = append(list, slices.DeleteFunc(windows, func(w viz.Window) bool { return w.Uncertain })...)
	}
	return list, nil
}

// OpenAfter are the modalities whose window was open in the epoch that ended with so many epochs done. A span includes
// its end: the matrix after an epoch looks back on the steps of that epoch.
func OpenAfter(epoch float64, windows []viz.Window) []string {
	var list []string
	for _, w := range windows {
		if w.From < epoch && epoch <= w.To {
			list = append(list, w.Modality)
		}
	}
	return list
}

// shownCosines are those inside a window, at the first epoch that is, and those after the last epoch; without a window
// all that are on record. The notes say when the window was open, or that it was not.
func shownCosines(all []wire.ReproducedCosine, windows []viz.Window) (list []wire.ReproducedCosine, notes []string) {
	inside, last := math.NaN(), 0.0
	for _, c := range all {
		last = max(last, c.Epoch)
		// inside <= c.Epoch is false as long as inside is NaN, which stands for no epoch yet.
		if len(OpenAfter(c.Epoch, windows)) > 0 && !(inside <= c.Epoch) {
			inside = c.Epoch
		}
	}
	var when []string
	for _, w := range windows {
		when = append(when, fmt.Sprintf("%s from epoch %g to %g", w.Modality, w.From, w.To))
	}
	switch {
	case len(windows) == 0:
		return all, []string{"Eq. 11 opens no window beyond two standard errors in this run: no matrix is inside one."}
	case math.IsNaN(inside):
		return all, []string{
			"Windows by eq. 11 beyond two standard errors: " + strings.Join(
				when, ", ",
			) + ". No cosines of these epochs are on record.",
		}
	}
	for _, c := range all {
		if c.Epoch == inside || c.Epoch == last {
			list = append(list, c)
		}
	}
	return list, []string{"Windows by eq. 11 beyond two standard errors: " + strings.Join(when, ", ") + "."}
}

// cosinePanel is one matrix with what it is compared with. Labels are the steps of the batches. What is not on record
// is NaN, which viz leaves out.
func cosinePanel(c wire.ReproducedCosine, windows []viz.Window) viz.CosinePanel {
	number := func(v *float64) float64 {
		if v == nil {
			return math.NaN()
		}
		return *v
	}
	labels := make([]string, len(c.Matrix))
	for i := range labels {
		labels[i] = fmt.Sprint(c.First + i)
	}
	name := fmt.Sprintf("%s, epoch %g", c.Encoder, c.Epoch)
	if open := OpenAfter(c.Epoch, windows); len(open) > 0 {
		name += ", inside the window of " + strings.Join(slices.Compact(open), " and ")
	} else if slices.ContainsFunc(windows, func(w viz.Window) bool { return w.To < c.Epoch }) {
		name += ", after the window"
	}
	p := viz.CosinePanel{
		Name: name, Matrix: c.Matrix, Labels: labels, Mean: c.Mean, Expected: number(c.Expected),
		NoiseScale: number(c.Noise),
		Rows: []viz.CosineRow{
			{Name: fmt.Sprintf("B = %d", c.Batch), Mean: c.Mean, SD: number(c.SD), Expected: number(c.Expected)},
		},
	}
	if c.Chance != nil && c.ChanceSD != nil {
		p.Baseline = viz.CosineBaseline{Name: "permuted", Mean: *c.Chance, SD: *c.ChanceSD}
	}
	return p
}
