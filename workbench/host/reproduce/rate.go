package reproduce

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/tune"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// A learning rate is chosen on the validation split alone, over several seeds. The runs that try it have the settings
// of those that are reported, so that those of the chosen rate are the first of these.

const (
	tuneSpread = 3 // ratio of a learning rate to the next one that is tried
	tuneAround = 1 // rates that are tried on either side of the usual one
	// tuneFurther is how many further rates are tried on one side while the best one is at the edge of the grid.
	tuneFurther = 3
	// tuneSeeds is over how many seeds each is tried, from 0 on. It is the same for all numbers of reported seeds, so
	// that targets of one seed and of several choose the same rate and share its runs.
	tuneSeeds = 3
)

// TuneRule says how a learning rate is chosen.
func TuneRule() string {
	return fmt.Sprintf("the usual one and %d on either side, %d times apart, over %d seeds, "+
		"and up to %d further ones where the best is at the edge", tuneAround, tuneSpread, tuneSeeds, tuneFurther)
}

// tryRun is a run that helps to choose the learning rate. A rate is tried by as many of these as there are seeds.
type tryRun struct {
	lr   float64
	seed int
	run  *sweep.Run
}

// rateChoice is the learning rate of an arm as far as it is known. It is computed anew each time from what the runs
// have on record, so that nothing has to be kept between processes.
type rateChoice struct {
	lr    float64
	known bool
	tries []tryRun // that decide, or are to
	edge  string   // of the grid, where the best rate is nevertheless: see [tune.Choose]
	more  int      // rates by which the grid may yet grow
}

// tunes reports whether an arm's own learning rate is chosen.
func (a *reproArm) tunes() bool { return a.rateOf == "" && len(a.rates) > 1 }

// seedsTried are the seeds over which an arm's learning rate is chosen. A control acts in the epochs in which another
// arm did, which are known of the reported seeds alone.
func (one *part) seedsTried(a *reproArm) int {
	if a.like != "" {
		return min(tuneSeeds, one.seeds)
	}
	return tuneSeeds
}

// gridRate is the rate that is so many steps of the grid above the usual one. It multiplies step by step and rounds the
// result alone: 0.03 and two steps are 0.27, whatever was tried in between.
func gridRate(usual float64, steps int) float64 {
	for range max(steps, -steps) {
		if steps > 0 {
			usual *= tuneSpread
		} else {
			usual /= tuneSpread
		}
	}
	if steps == 0 {
		return usual
	}
	return rounded(usual)
}

// rate is the learning rate of an arm, once it is known, and the runs that decide. While the best of the rates that
// were tried is at the edge of the grid, the grid is continued there. The grid is laid out from the start each time:
// the usual rate and its neighbours; when all of these have a result and the best is at an edge, one further rate
// beyond that edge, and so on. As long as a run is missing the choice is not known, and those that are missing are
// among the tries, for Next to name. A rate that diverges ends the grid on its side, since the best one is then no
// edge; where all rates fail, the grid goes down. One that the setting does not allow, and tuneFurther rates beyond the
// first, end it as well: then the edge is on record.
func (one *part) rate(a *reproArm) (c rateChoice, err error) {
	if a.rateOf != "" {
		return one.rate(one.named(a.rateOf))
	}
	if !a.tunes() {
		return rateChoice{lr: a.rates[0], known: true}, nil
	}
	if one.chooser != nil {
		// There the same arm has the same usual rate, so that the grids are the same.
		return one.chooser.rate(one.chooser.named(a.name))
	}
	rates := slices.Clone(a.rates)
	usual := a.usualRate()
	for below, above := 0, 0; ; {
		if c.tries, err = one.triesOf(a, rates); err != nil || c.tries == nil {
			return rateChoice{more: tuneFurther}, err
		}
		list := tune.Rates(one.trials(c.tries))
		if slices.ContainsFunc(list, func(r tune.Rate) bool { return r.Open }) {
			c.more = tuneFurther - below - above
			return c, nil
		}
		best, edge := tune.Choose(list)
		further := 0.0
		switch {
		case edge == tune.EdgeLow && below < tuneFurther:
			below++
			further = gridRate(usual, -tuneAround-below)
			rates = slices.Insert(rates, 0, further)
		case edge == tune.EdgeHigh && above < tuneFurther:
			above++
			further = gridRate(usual, tuneAround+above)
			rates = append(rates, further)
		}
		if further > 0 {
			if _, err := one.arm(a, further, windowAll); err == nil {
				continue
			}
			// the setting's bounds end the grid: the best rate is at its edge
		}
		if best < 0 {
			c.lr = usual // none came to its end: the runs will say why
		} else {
			c.lr, c.edge = list[best].LR, edge
		}
		c.known = true
		return c, nil
	}
}

// triesOf are the runs that try rates, the lowest rate first; nil as long as the epochs in which a control acts are not
// known. Of a rate of which a run has failed no further seeds are tried. A rate counts by its mean over all seeds, so
// that one which failed cannot be chosen, and its other seeds would be trained for nothing.
func (one *part) triesOf(a *reproArm, rates []float64) (list []tryRun, err error) {
	for _, lr := range rates {
		for seed := range one.seedsTried(a) {
			window, ok, err := one.window(a, seed)
			if err != nil || !ok {
				return nil, err
			}
			r, err := one.run(a, seed, lr, window)
			if err != nil {
				return nil, err
			}
			list = append(list, tryRun{lr, seed, r})
			if _, state := one.tried(r); state == tryFailed {
				break
			}
		}
	}
	return list, nil
}

// trials are runs that try rates as the record has them. Runs that are not trained yet stand in it too: a record that
// is not finished says so.
func (one *part) trials(tries []tryRun) []wire.Trial {
	var list []wire.Trial
	for _, t := range tries {
		got := wire.Trial{LR: t.lr, Seed: t.seed, Run: runHash(t.run.Dir)}
		came, state := one.tried(t.run)
		got.Accuracy, got.Entropy = came.accuracy, came.entropy
		switch state {
		case tryOpen:
			got.Missing = wire.NotTrained
		case tryFailed:
			got.Missing = "no accuracy on the validation split"
			got.Missing = cmp.Or(t.run.Missing(), got.Missing)
		}
		list = append(list, got)
	}
	return list
}

// How far a run that helps to choose is.
const (
	tryOpen   = iota // not trained to its end
	tryDone          // it has a result
	tryFailed        // it cannot have one
)

// try is what a run that helps to choose came to on the validation split.
type try struct{ accuracy, entropy float64 }

// tried is a run's accuracy on the validation split, and the cross entropy there, at the epoch at which runs that
// choose count. The run's outcome does not serve: of a run that is reported as well it is the outcome on the reported
// split. What is found is kept, since a run that is done does not change. A run that has an outcome and no accuracy on
// the validation split was measured to its end, and has failed; without an outcome it may still be measured.
func (one *part) tried(r *sweep.Run) (t try, state int) {
	if t, ok := one.rep.tries[r.Dir]; ok {
		return t, tryDone
	}
	if !r.HasOutcome() && r.Done < r.Steps {
		return try{}, tryOpen
	}
	if r.Missing() != "" {
		return try{}, tryFailed
	}
	rec, err := record.ReadRecorded(r.Dir)
	if err != nil || rec.Status.Step < r.Steps || rec.Lost != "" {
		return try{}, tryOpen
	}
	epoch := sweep.Choose(one.TuneBy, rec.History.Probes, r.Arm().PerEpoch(), r.Arm().Epochs(), r.Arm().Due)
	list := record.FusedOnly(rec.History.Probes, epoch*r.Arm().PerEpoch())
	switch {
	case (epoch == 0 || list == nil) && !r.HasOutcome():
		return try{}, tryOpen // trained, and not measured to its end
	case epoch == 0 || list == nil:
		return try{}, tryFailed
	}
	t.accuracy = list[0].Value
	for _, p := range rec.History.Probes {
		there := p.Step == epoch*r.Arm().PerEpoch() && p.Split == string(data.Validation)
		if there && p.Kind == "cross_entropy" && p.Encoder == wire.Fused {
			t.entropy = p.Value
		}
	}
	one.rep.tries[r.Dir] = t
	return t, tryDone
}

// choosing is the part whose runs choose learning rates.
func (one *part) choosing() *part {
	if one.chooser != nil {
		return one.chooser
	}
	return one
}

// chosenWith are the settings that runs which choose learning rates have beyond those of the reported ones.
func (one *part) chosenWith() map[string]any {
	if one.chooser == nil || one.untuned() != "" {
		return nil
	}
	return one.Desc.Choose
}

// ownRates reports whether the learning rates belong to the target's question.
func (one *part) ownRates() bool {
	return !slices.ContainsFunc(one.list, func(a *reproArm) bool { return !a.ownRate })
}

// untuned is why no learning rate is chosen by the validation split; empty where it is asked for and can be. With
// -select val the user chooses by a split that the set calls unfit, and rates are chosen by it too.
func (one *part) untuned() string {
	switch {
	case !one.rep.ask.Tune:
		return "not asked for"
	case one.choosing().Validation == 0:
		return "there is no validation split"
	case one.chooser != nil:
		return one.chooser.untuned()
	case one.Desc.Unfit != "" && one.rep.ask.Select != sweep.SelectVal:
		return "the validation split is unfit: " + one.Desc.Unfit
	}
	return ""
}
