package reproduce

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/stats"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/draw"
	"github.com/primewindow/primewindow/workbench/host/measure"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/setting"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// record is what a target on a set has come to so far. It is made from the folders of the runs alone, so that it can be
// made again at any time, and anywhere: the machine in it is that of the runs.
func (one *part) record() (*wire.Reproduction, error) {
	ask := one.rep.ask
	r := &wire.Reproduction{
		Schema: wire.ReproduceSchema, Target: one.name, Title: one.title, Scale: ask.Scale, Data: one.data,
		PaperSets: one.stands,
		SplitHash: one.Desc.Provenance.SplitHash, Split: string(one.Split), Samples: one.Samples,
		Select: one.Ask.Select, Seeds: one.seeds,
		Tuned: one.untuned() == "" && !one.ownRates(), OwnRates: one.ownRates(), AsGiven: !one.rep.ask.Tune,
		ValSamples: one.choosing().Validation, Unfit: one.Desc.Unfit, ChosenWith: one.chosenWith(),
		Baseline: one.baseline,
	}
	r.Searched = one.searched
	if r.Tuned {
		r.TuneSeeds = tuneSeeds
	}
	if one.maps {
		r.Classes = one.Desc.Classes
	}
	// The set has a field of its own, and where its files lie belongs to this machine.
	shared := maps.Clone(one.shared)
	delete(shared, "data")
	delete(shared, "dir")
	r.Shared = shared
	settings, err := setting.Resolve(one.shared, &one.Desc)
	if err != nil {
		return nil, err
	}
	r.Modalities = record.Modalities(&record.Manifest{Settings: settings, Data: one.Desc})
	for _, a := range one.list {
		arm, err := one.recordArm(a)
		if err != nil {
			return nil, err
		}
		r.Arms = append(r.Arms, arm)
	}
	if r.Machine, err = one.machine(); err != nil {
		return nil, err
	}
	// The sums are a function of the record so far; checkSums computes them again.
	sumUp(r)
	r.Notes = one.notes(r)
	return r, nil
}

// recordArm is an arm's part of the record. The paper's numbers stand beside those of its own set, or of the sets that
// this one stands for.
func (one *part) recordArm(a *reproArm) (wire.ReproducedArm, error) {
	arm := wire.ReproducedArm{
		Name: a.name, Group: a.group, Column: a.column, Control: a.control, Method: a.method, RateOf: a.rateOf,
		Settings: a.set, Missing: a.refused, Against: a.against,
	}
	if a.x != 0 {
		arm.X = &a.x
	}
	for _, n := range a.paper {
		if len(one.stands) == 0 && !ofPaper(one.data, n.set) ||
			len(one.stands) > 0 && !slices.Contains(one.stands, n.set) {
			continue
		}
		arm.Paper = append(arm.Paper, wire.PaperNumber{Set: n.set, Quantity: n.quantity, Value: n.value})
	}
	if a.refused != "" {
		return arm, nil
	}
	s, err := one.stageOf(a)
	if err != nil {
		return arm, err
	}
	made, err := one.arm(a, a.usualRate(), windowAll)
	if err != nil {
		return arm, err
	}
	arm.Epochs, arm.LR = made.Epochs(), s.lr
	// The schedule of the rate was lengthened too, which is in no setting of the recipe.
	if a.longer != 1 {
		arm.Settings = maps.Clone(a.set)
		if arm.Settings == nil {
			arm.Settings = map[string]any{}
		}
		arm.Settings["lr_step"] = made.Settings()["lr_step"]
	}
	// The trials of a rate that was taken over are on record with the arm that chose it, where the target shows
	// that one.
	if a.rateOf == "" {
		arm.Trials = one.trials(s.tries)
		for i := range arm.Trials {
			t := &arm.Trials[i]
			t.Entropy, t.Chosen = stats.FiveFigures(t.Entropy), s.known && t.Missing == "" && t.LR == s.lr
		}
	}
	// Seeds that are not known or not trained yet have a place in the record too, as holes.
	for place, r := range s.main {
		seed, _, err := one.seedAt(place)
		if err != nil {
			return arm, err
		}
		got, err := one.recordRun(r, a, seed)
		if err != nil {
			return arm, err
		}
		arm.Runs = append(arm.Runs, got)
	}
	return arm, nil
}

const notTrained = wire.NotTrained

// runHash is the name of a run, the last part of its folder.
func runHash(dir string) string { return dir[strings.LastIndexByte(dir, '/')+1:] }

// recordRun is a run's part of the record. Versions are left out, since they would change the record with every build.
// Of a hole nothing but its reason is kept.
func (one *part) recordRun(r *sweep.Run, a *reproArm, seed int) (got wire.ReproducedRun, err error) {
	got.RunOutcome = wire.RunOutcome{Method: a.method, Seed: seed, Missing: notTrained}
	if r == nil {
		return got, nil
	}
	if o, ok := r.Outcome(); ok {
		got.RunOutcome = o
	}
	got.Run, got.Versions = runHash(r.Dir), nil
	if a.like != "" {
		got.Window = r.Arm().Settings().Text("window")
	}
	if got.Missing != "" {
		return got, nil
	}
	rec, err := record.ReadRecorded(r.Dir)
	if err != nil {
		return got, err
	}
	got.Accuracies = append(got.Accuracies, one.f1Of(rec, got.Step)...)
	got.Curves = one.curvesOf(rec, r.Arm().PerEpoch())
	if one.cosines {
		got.Cosines = cosinesOf(rec, r.Arm().PerEpoch())
	}
	if one.maps {
		m, err := measure.ReadMap(r.Dir, rec.Status.Modalities, one.Split, got.Step)
		if err != nil {
			return got, err
		}
		got.Maps = append(got.Maps, m)
	}
	return got, nil
}

// f1Of is the macro F1 as one more quantity.
func (one *part) f1Of(rec record.Recorded, step int) []wire.NamedAccuracy {
	for _, p := range rec.History.Probes {
		if one.f1 && p.Kind == wire.MacroF1 && p.Step == step && p.Split == string(one.Split) {
			return []wire.NamedAccuracy{
				{Quantity: wire.Quantity{Encoder: wire.Fused, Readout: wire.MacroF1}, Value: p.Value},
			}
		}
	}
	return nil
}

// curvesOf are the quantities that the target shows, after each epoch. Points lie at the ends of epochs and at window
// tests, in ascending order, and at each the first measurement counts. add appends a point to a quantity's curve;
// tested, called after it, adds the standard error of the rise up to that point. A list of errors has a place for
// each point, nil where there is none. Values are rounded to five digits, since records are committed.
func (one *part) curvesOf(rec record.Recorded, perEpoch int) []wire.ReproducedCurve {
	var list []wire.ReproducedCurve
	every := rec.Interval()
	test := testOf(rec)
	traces := map[string]*record.IntervalTrace{} // by quantity
	tested := func(quantity string, p wire.Record) {
		if p.Step == 0 || p.Step%every != 0 || !one.shows(quantity) {
			return
		}
		if traces[quantity] == nil {
			traces[quantity] = &record.IntervalTrace{}
		}
		t, at := traces[quantity], p.Step/every
		// An IntervalTrace keeps the last of several measurements, a curve the first.
		again := at <= t.At // measured once more
		t.Add(at, p)
		i := slices.IndexFunc(list, func(c wire.ReproducedCurve) bool { return c.Quantity == quantity })
		if again || i < 0 {
			return
		}
		c := &list[i]
		c.Test = test
		c.RiseSE = append(c.RiseSE, make([]*float64, len(c.Values)-len(c.RiseSE))...)
		c.RiseSE[len(c.RiseSE)-1] = finite(t.RiseErrors[at])
	}
	add := func(quantity, def string, epoch, value float64, se *float64) {
		if !one.shows(quantity) {
			return
		}
		i := slices.IndexFunc(list, func(c wire.ReproducedCurve) bool { return c.Quantity == quantity })
		if i < 0 {
			i = len(list)
			list = append(list, wire.ReproducedCurve{Quantity: quantity, Definition: def})
		}
		c := &list[i]
		if n := len(c.Epochs); n > 0 && c.Epochs[n-1] >= epoch {
			return // measured once more
		}
		c.Epochs, c.Values = append(c.Epochs, epoch), append(c.Values, stats.FiveFigures(value))
		if se != nil {
			se = finite(*se)
		}
		// The list is made with the first error, and gets nil for the points before it.
		if se != nil || c.SE != nil {
			c.SE = append(append(c.SE, make([]*float64, len(c.Values)-1-len(c.SE))...), se)
		}
	}
	probes := slices.Clone(rec.History.Probes)
	slices.SortStableFunc(probes, func(a, b wire.Record) int { return a.Step - b.Step }) // some were measured later
	for _, p := range probes {
		// The names are those under which figures, tables and -verify look quantities up.
		epoch := float64(p.Step) / float64(perEpoch)
		quantity := strings.TrimSpace(p.Kind + " " + p.Encoder + " " + p.Readout)
		switch {
		case p.Step%perEpoch != 0 && p.Step%every != 0:
		case p.Kind == inforeg.KindAccuracy:
			if p.Split == string(data.Validation) {
				add(quantity, "validation split", epoch, p.Value, nil)
			}
		case p.Kind == inforeg.KindFisherEmp && wire.OfWhole(p):
			if one.whole {
				// Without the words for the whole model, Params is what the run's own traces have: Scheduled compares
				// the rest.
				rest := p
				// what it has in common with the encoders'
				rest.Params = strings.Trim(strings.TrimSuffix(p.Params, wire.ParamsWhole), ", ")
				if rec.Scheduled(rest) {
					add(quantity, record.Definition(rest), epoch, p.Value, p.SE)
				}
			}
		// Under running statistics, where the run's own definition has others: another definition, so a curve of
		// its own.
		case p.Kind == inforeg.KindFisherEmp && p.BN == setting.BNRunning &&
			rec.Declared.Text("probe_bn") != setting.BNRunning:
			add(p.Kind+" eval "+p.Encoder, record.Definition(p), epoch, p.Value, p.SE)
			tested(p.Kind+" eval "+p.Encoder, p)
		case p.Kind == inforeg.KindFisherEmp && rec.Scheduled(p):
			add(quantity, record.Definition(p), epoch, p.Value, p.SE)
			tested(quantity, p)
		case p.Kind == inforeg.KindBatchSquare, p.Kind == inforeg.KindReleased, p.Kind == inforeg.KindCosine:
			add(quantity, "", epoch, p.Value, nil)
			tested(quantity, p)
		}
	}
	for _, m := range rec.Status.Modalities {
		for epoch := 1; epoch*perEpoch <= len(rec.History.Metrics); epoch++ {
			// Only methods that say when they regulate have such numbers.
			from := (epoch - 1) * perEpoch
			if on, known := rec.Mean(wire.OnPrefix+m, from, from+perEpoch); known {
				add(wire.Acted+" "+m, "share of the epoch's steps", float64(epoch), on, nil)
			}
		}
	}
	// The last points may be no tests: they have a place for an error all the same.
	for i := range list {
		if c := &list[i]; c.Test != nil {
			c.RiseSE = append(c.RiseSE, make([]*float64, len(c.Values)-len(c.RiseSE))...)
		}
	}
	return list
}

// shows reports whether a target records a quantity. An entry of curves stands for all quantities that begin with its
// words. Traces under running statistics are shown only where an entry names them.
func (t target) shows(quantity string) bool {
	for _, kind := range t.curves {
		rest, ok := strings.CutPrefix(quantity, kind)
		if ok && (rest == "" || rest[0] == ' ') && !strings.HasPrefix(rest, " eval") {
			return true
		}
	}
	return false
}

// cosinesOf are a run's matrices after an early epoch, after the first in which a window was open, and after its last.
// Matrices are large, so those of other epochs are left out, and entries have four decimals.
func cosinesOf(rec record.Recorded, perEpoch int) []wire.ReproducedCosine {
	var list []wire.ReproducedCosine
	batch := int(rec.Status.Settings["batch"].(float64))
	steps := []int{min(measure.CosineEpoch, rec.Status.Epoch) * perEpoch, rec.Status.Epoch * perEpoch}
	if inside, err := measure.FirstInside(rec); err == nil && inside > 0 {
		steps = append(steps, inside)
	}
	slices.Sort(steps)
	for _, step := range slices.Compact(steps) {
		for _, m := range rec.Status.Modalities {
			find := func(kind string) (wire.Record, bool) {
				for _, p := range rec.History.Probes {
					if p.Kind == kind && p.Encoder == m && p.Step == step {
						return p, true
					}
				}
				return wire.Record{}, false
			}
			p, ok := find(inforeg.KindCosine)
			if !ok {
				continue
			}
			c := wire.ReproducedCosine{
				Encoder: m, Epoch: float64(step) / float64(perEpoch), First: p.Step - p.N,
				Mean: stats.FiveFigures(p.Value), Batch: batch, SD: finite(inforeg.CosineError(p.Matrix)),
			}
			for _, row := range p.Matrix {
				short := make([]float64, len(row))
				for j, v := range row {
					short[j] = math.Round(1e4*v) / 1e4
				}
				c.Matrix = append(c.Matrix, short)
			}
			// The estimate of the noise is unbiased and may be below 0.
			if s, ok := find(wire.KindNoise); ok {
				if g, ok := find(wire.KindSignal); ok {
					scale := inforeg.NoiseScale(max(0, s.Value), g.Value)
					c.Noise, c.Expected = finite(scale), finite(inforeg.ExpectedCosine(scale, batch))
				}
			}
			if chance, ok := find(wire.KindPermuted); ok && chance.SE != nil {
				c.Chance, c.ChanceSD = finite(chance.Value), finite(*chance.SE)
			}
			list = append(list, c)
		}
	}
	return list
}

// finite is a number to five digits, nil where it is none.
func finite(v float64) *float64 {
	if !record.IsFinite(v) {
		return nil
	}
	return record.Known(stats.FiveFigures(v))
}

// ofPaper reports whether a set of the catalogue is the paper's of that name.
func ofPaper(set, paper string) bool {
	of, ok := catalog.OfPaper(paper)
	return ok && of.Name == set
}

// notes say what a reader has to know of how the numbers came to be.
func (one *part) notes(r *wire.Reproduction) []string {
	var list []string
	if set, ok := catalog.Find(one.data); ok && set.Modalities != "" && r.Shared["modalities"] == set.Modalities {
		used := strings.Join(strings.Split(set.Modalities, ","), " and ")
		list = append(
			list,
			fmt.Sprintf("Of %s's modalities %s are used, since several methods and heads take two.", set.Name, used),
		)
	}
	if one.setNote != "" {
		list = append(list, one.setNote)
	}
	var ratios []string
	for _, a := range r.Arms {
		if slices.Contains([]string{"ogm", "ogm_ge", "pmr"}, a.Method) && len(a.Runs) > 0 && len(r.Modalities) > 2 {
			ratios = append(ratios, a.Name)
		}
	}
	if len(ratios) > 0 {
		list = append(list,
			fmt.Sprintf("Defined for two modalities, %s here take each modality's ratio over the mean of the others, "+
				"which is not in their papers.", strings.Join(ratios, " and ")))
	}
	if slices.ContainsFunc(
		r.Arms, func(a wire.ReproducedArm) bool { return strings.Contains(a.Name, "twice the epochs") },
	) {
		list = append(list, "Twice the epochs: the learning rate falls after twice as many, too.")
	}
	if slices.ContainsFunc(r.Arms, func(a wire.ReproducedArm) bool { return a.RateOf != "" && r.Tuned }) {
		list = append(
			list,
			"Arms that vary a setting take the learning rate that was chosen for the method with its usual settings.",
		)
	}
	switch {
	case one.maps:
		list = append(list, draw.ActingNotes(r)...)
	case one.oneSeed && one.rep.ask.Seeds > 1:
		list = append(list, "One seed is drawn.")
	}
	for _, a := range r.Arms {
		for _, run := range a.Runs {
			for _, m := range run.Maps {
				if m.Missing != "" {
					list = append(
						list,
						fmt.Sprintf("%s has no map of %s with seed %d: %s.", a.Name, m.Encoder, run.Seed, m.Missing),
					)
				}
			}
		}
	}
	if one.nulls {
		list = append(list, draw.WindowNotes(r)...)
	}
	return list
}

// testOf is the window test of a run, as a curve of its trace keeps it.
func testOf(rec record.Recorded) *wire.WindowTest {
	rule := rec.Rule()
	return &wire.WindowTest{Every: rec.Epochs(rec.Interval()), K: rule.K, Z: rule.Z, Floor: rule.Floor}
}
