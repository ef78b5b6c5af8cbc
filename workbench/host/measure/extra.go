package measure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/stats"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/viz"
	"github.com/primewindow/primewindow/viz/tsne"
	"github.com/primewindow/primewindow/workbench/host/draw"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// Extra is what is measured of a run in addition to what its own schedules say. The zero value is nothing.
type Extra struct {
	Eval    bool // after each window test the trace under running batch-norm statistics too
	Whole   bool // after each window test, and before the first step, the whole model's trace
	Cosines bool // after each epoch the cosines between the last batch gradients, and noise
	F1      bool // at the epoch at which the run counts the macro F1
	Maps    bool // there a map of the last encoder's features
}

// Or is all that either of two asks for.
func (b Extra) Or(other Extra) Extra {
	return Extra{
		Eval: b.Eval || other.Eval, Whole: b.Whole || other.Whole, Cosines: b.Cosines || other.Cosines,
		F1: b.F1 || other.F1, Maps: b.Maps || other.Maps,
	}
}

// WhileTraining reports whether something is measured after each epoch, or after each window test. Then training has to
// stop there; what F1 and Maps ask for comes after the last step.
func (b Extra) WhileTraining() bool { return b.Eval || b.Whole || b.Cosines }

// CosineEpoch is the epoch after which cosines are measured first; they are again after the first epoch in which a
// window was open, and after the last. Eq. 11 reads two traces, so that the third epoch is the first in which a window
// can be open.
const CosineEpoch = 3

// cosineAt reports whether cosines are measured after so many steps of a run, whatever its window. Fewer than two steps
// have no pair of gradients.
func cosineAt(step, perEpoch, steps int) bool {
	return step >= 2 && (step == min(CosineEpoch*perEpoch, steps) || step == steps)
}

// FirstInside is the step at the end of the first epoch whose end lies in the window of some modality, beyond noise; 0
// where there is none. The record is read as it is now: in a run that is not at its end a later look may find one.
func FirstInside(rec record.Recorded) (int, error) {
	windows, err := draw.WindowsOf(rec, inforeg.KindFisherEmp)
	if err != nil {
		return 0, err
	}
	return epochInside(windows, rec.Status.Epoch) * rec.Status.StepsPerEpoch, nil
}

// epochInside is the first of so many epochs whose end lies in a window that is no noise, 0 where none does.
func epochInside(windows []viz.Window, epochs int) int {
	// a clone, as deleting moves the elements of the caller's list
	sure := slices.DeleteFunc(slices.Clone(windows), func(w viz.Window) bool { return w.Uncertain })
	for epoch := 1; epoch <= epochs; epoch++ {
		if len(draw.OpenAfter(float64(epoch), sure)) > 0 {
			return epoch
		}
	}
	return 0
}

// AfterStep measures what is measured after an epoch or a window test, unless it is on record; before the first step
// the whole model's trace alone. All that is due is measured together, so that a run that is beyond the step is taken
// back to it once. The trace under running averages has its own statistics, by which it is told from the scheduled one.
func (b Extra) AfterStep(ctx context.Context, r *run.Run, step int) error {
	list, err := r.RecordsOf(step)
	if err != nil {
		return err
	}
	have := func(kind, bn string) bool {
		return slices.ContainsFunc(list, func(p wire.Record) bool { return p.Kind == kind && (bn == "" || p.BN == bn) })
	}
	test := step%r.Clock().Interval == 0
	eval := b.Eval && test && step > 0 && !have(inforeg.KindFisherEmp, setting.BNRunning)
	whole := b.Whole && test && !slices.ContainsFunc(
		list, func(p wire.Record) bool { return p.Kind == inforeg.KindFisherEmp && wire.OfWhole(p) },
	)
	cosines := b.Cosines && step > 0 && step%r.StepsToEpoch(1) == 0 && !have(inforeg.KindCosine, "")
	// Whether a window was open at this step shows in the traces up to it, which are on record by now.
	if cosines && !cosineAt(step, r.StepsToEpoch(1), r.StepsToEpoch(1)*r.Status().Epochs) {
		inside, err := FirstInside(r.Recorded())
		if err != nil {
			return err
		}
		cosines = step >= 2 && step == inside
	}
	if !eval && !whole && !cosines {
		return nil
	}
	return r.MeasureAt(ctx, step, "it further", func(r *run.Run) (all []wire.Record, err error) {
		if eval {
			list, err := r.ProbeWith(ctx, wire.Probe{Kind: inforeg.KindFisherEmp, BN: setting.BNRunning})
			if err != nil {
				return nil, err
			}
			all = append(all, list...)
		}
		if whole { // in the run's own definition, as its encoders' traces are
			settings := r.SettingsAt(step - 1)
			list, err := r.ProbeWith(ctx, wire.Probe{
				Kind: inforeg.KindFisherEmp, BN: settings.Text("probe_bn"),
				Weights: settings.Text("probe_params") == setting.ParamsWeights, Whole: true,
			})
			if err != nil {
				return nil, err
			}
			all = append(all, list...)
		}
		if cosines {
			for _, kind := range []string{inforeg.KindCosine, setting.ProbeNoise} {
				list, err := r.Probe(ctx, kind)
				if err != nil {
					return nil, err
				}
				all = append(all, list...)
			}
		}
		return all, nil
	})
}

// AtChosen measures what is measured at the epoch at which a run counts. The map is a file in the folder of the run
// itself, also where a fork measures it.
func (b Extra) AtChosen(ctx context.Context, r *run.Run, split data.Split, step int) error {
	if !b.F1 && !b.Maps {
		return nil
	}
	if !b.Lacks(r.Recorded(), split, step, r.StepsToEpoch(1)) {
		return nil
	}
	return r.MeasureAt(ctx, step, "what its table or figure shows", func(fork *run.Run) (all []wire.Record, err error) {
		if b.F1 {
			rec, err := fork.MacroF1(ctx, split)
			if err != nil {
				return nil, err
			}
			all = append(all, rec)
		}
		if b.Maps {
			return all, WriteMap(ctx, fork, r.Dir, split)
		}
		return all, nil
	})
}

// Lacks reports whether something that is to be measured is not on record. It asks for the same steps as AfterStep and
// AtChosen measure at, and has to be changed with them.
func (b Extra) Lacks(rec record.Recorded, split data.Split, step, perEpoch int) bool {
	evals, wholes, cosines, f1 := map[int]bool{}, map[int]bool{}, map[int]bool{}, false
	for _, p := range rec.History.Probes {
		switch {
		case p.Kind == inforeg.KindFisherEmp && wire.OfWhole(p):
			wholes[p.Step] = true
		case p.Kind == inforeg.KindFisherEmp && p.BN == setting.BNRunning:
			evals[p.Step] = true
		case p.Kind == inforeg.KindCosine:
			cosines[p.Step] = true
		case p.Kind == wire.MacroF1 && p.Step == step && p.Split == string(split):
			f1 = true
		}
	}
	if b.Whole && !wholes[0] {
		return true
	}
	inside := 0
	if b.Cosines {
		inside, _ = FirstInside(rec) // a trace that cannot be read is told where it is drawn
	}
	for s := rec.Interval(); s <= rec.Status.Step; s += rec.Interval() {
		if b.Eval && !evals[s] || b.Whole && !wholes[s] {
			return true
		}
	}
	for s := perEpoch; s <= rec.Status.Step; s += perEpoch {
		if b.Cosines && (cosineAt(s, perEpoch, rec.Status.Step) || s >= 2 && s == inside) && !cosines[s] {
			return true
		}
	}
	if b.Maps {
		if _, err := ReadMap(rec.Status.Dir, rec.Status.Modalities, split, step); err != nil {
			return true
		}
	}
	return b.F1 && !f1
}

// FewestMapped is the fewest points that a map by t-SNE is made of.
const FewestMapped = 4

// WriteMap lays the last modality's features of a split out on a plane, and keeps the map in a folder. Features of
// which no map can be made leave one that says why: the run's other numbers are none the worse. The features are taken
// with the run's lock held, and the map is made without it.
func WriteMap(ctx context.Context, r *run.Run, dir string, split data.Split) error {
	names := r.Status().Modalities
	m := names[len(names)-1]
	made, err := makeMap(ctx, r, m, split)
	if err != nil {
		return err
	}
	text, err := record.Encode("map of "+m, made)
	if err != nil {
		return err
	}
	return record.WriteJSON(mapPath(dir, m, split, made.Step), json.RawMessage(text))
}

// makeMap makes the map of a modality, or one that says why there is none.
func makeMap(ctx context.Context, r *run.Run, m string, split data.Split) (made wire.ReproducedMap, err error) {
	set := r.Dataset()
	n := set.Len(split)
	made = wire.ReproducedMap{Encoder: m, Split: string(split), Step: r.Status().Step}
	if n < FewestMapped {
		made.Missing = fmt.Sprintf("%d samples in split %s, want at least %d", n, split, FewestMapped)
		return made, nil
	}
	shape, features, err := r.Features(ctx, split, m)
	if err != nil {
		return made, err
	}
	width := shape[1]
	x, classes := make([][]float64, n), make([]int, n)
	for i := range x {
		x[i] = make([]float64, width)
		for j := range x[i] {
			x[i][j] = float64(features[i*width+j])
		}
		_, classes[i] = set.Identity(split, i)
	}
	one, err := tsne.New(x, tsne.Config{})
	if err != nil {
		made.Missing = wire.FirstLine(err)
		return made, nil
	}
	err = one.Run(func(tsne.Progress) bool { return ctx.Err() == nil })
	if ctx.Err() != nil {
		return made, context.Cause(ctx)
	}
	if err != nil {
		made.Missing = wire.FirstLine(err)
		return made, nil
	}
	// ten neighbours, or as many as the measures of so few points allow: 3k has to be below 2n-1
	q, err := one.Quality(min(10, (2*n-2)/3), classes)
	if err != nil {
		made.Missing = wire.FirstLine(err)
		return made, nil
	}
	made.Perplexity, made.Points, made.Labels = one.Perplexity(), one.Points(), classes
	made.Quality = wire.MapQuality{
		Points: q.Points, Neighbors: q.Neighbors, KL: stats.FiveFigures(q.KL),
		Trustworthiness: stats.FiveFigures(q.Trustworthiness), Continuity: stats.FiveFigures(q.Continuity),
		Preservation: stats.FiveFigures(q.Preservation), AccuracyFeatures: stats.FiveFigures(q.AccuracyFeatures),
		AccuracyMap: stats.FiveFigures(q.AccuracyMap),
	}
	for i := range made.Points {
		for j, v := range made.Points[i] {
			made.Points[i][j] = math.Round(100*v) / 100 // maps are some tens wide
		}
	}
	return made, nil
}

// mapPath is where a map is, by all that makes it another one: modality, split and step.
func mapPath(dir, modality string, split data.Split, step int) string {
	return filepath.Join(dir, fmt.Sprintf("map-%s-%s-%d.json", modality, split, step))
}

// ReadMap reads the map of the last modality.
func ReadMap(dir string, modalities []string, split data.Split, step int) (m wire.ReproducedMap, err error) {
	if len(modalities) == 0 {
		return m, fs.ErrNotExist
	}
	path := mapPath(dir, modalities[len(modalities)-1], split, step)
	// older versions wrote no checksum
	if err := record.ReadJSON(path, &m); err != nil && !errors.Is(err, record.ErrUnsealed) {
		return m, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}
