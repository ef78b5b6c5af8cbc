package sweep

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"strings"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/measure"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// Sweep is a comparison under way. Its folder is this process's alone until it is closed. It has no mutex: one
// goroutine plans, trains and reads it.
type Sweep struct {
	Shop *run.Shop
	Ask  Comparison // what was asked for
	Runs []*Run     // in the order in which they are trained

	Desc       data.Description // of the set
	Split      data.Split       // whose accuracies are compared
	Samples    int              // in that split
	Validation int              // samples of the validation split

	TuneBy string // of runs that choose a setting, how their epoch is chosen: SelectVal or SelectLast

	arms    []Arm    // in the order of Ask.Methods; runs point into it
	lock    *os.File // of the folder; nil of a part
	backend string   // of the first run that is on record: whose kernels the others take
	apart   bool     // its runs are parts of something else, which keeps the files
	shared  bool     // several processes train its runs, see Share
}

// Run is one run of a comparison.
type Run struct {
	// Name is METHOD-seedN, and of a part what its owner calls the run. Dir is the run's folder.
	Name, Dir, Method string
	Seed              int
	Steps             int // that it is to take
	Done              int // that it had taken when the comparison was opened

	arm      *Arm
	result   *wire.RunOutcome // nil as long as there is none
	err      error            // why it has no accuracies, where Train has found that
	recorded bool             // whether the folder is there
	backend  string           // then, by which it was computed
	tuning   bool             // the run chooses a setting: the reported split stays unseen
	extra    measure.Extra    // what is measured in addition to the accuracies that are compared
}

// Open opens a comparison: everything that was asked for is checked before anything is written. Runs that are there
// already must have been declared with the same settings, but for the number of epochs. The order: the settings, the
// folder, the folders of the runs, the backend, and then the lock, whose taking makes the folder. Under the lock each
// run is read once more, since another process may have trained it up to then. A kill before the first compare.json
// leaves a folder that holds the lock's file alone, and that counts as free.
func Open(shop *run.Shop, c Comparison) (*Sweep, error) {
	s, err := Plan(shop, c)
	if err != nil {
		return nil, err
	}
	if err := s.checkFolder(); err != nil {
		return nil, err
	}
	for _, r := range s.Runs {
		if err := r.checkFolder(s.Desc); err != nil {
			return nil, err
		}
	}
	if _, err := shop.Backend(); err != nil {
		return nil, err
	}
	if err := s.claim(); err != nil {
		return nil, err
	}
	for _, r := range s.Runs {
		if err = r.look(s); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	if err := s.write(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// checkFolder wants a run's folder to be free, or to hold a run of the same settings from its start, and the same
// samples. The number of epochs may differ, because no step depends on it: it is a plan, and the event that changes it
// changes nothing else. Any other setting that was changed on the way makes another run of it.
func (r *Run) checkFolder(desc data.Description) error {
	man, err := record.ReadManifest(r.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return record.CheckFree(r.Dir, func(name string) bool {
			return strings.HasPrefix(name, ".") || name == record.SnapshotsDir || name == record.FiguresDir
		})
	}
	if err != nil {
		return err
	}
	hint := "name another folder with -out, or take that run's folder out of this one"
	want := maps.Clone(r.arm.settings)
	want["seed"], want["epochs"] = float64(r.Seed), man.Settings["epochs"] // which may change
	switch diff := setting.Differences(man.Settings, want); {
	case man.Parent != nil:
		return &wire.Problem{Message: fmt.Sprintf("run %s is a fork of %s", r.Dir, man.Parent.Run), Hint: hint}
	case len(diff) > 0:
		return &wire.Problem{
			Message: fmt.Sprintf("run %s has other settings: %s", r.Dir, strings.Join(diff, "; ")), Hint: hint,
		}
	case man.Data.Provenance.SplitHash != desc.Provenance.SplitHash:
		return &wire.Problem{
			Message: fmt.Sprintf("run %s was trained on other samples of %s than are there now", r.Dir, desc.Name),
			Hint:    hint,
		}
	}
	rec, err := record.ReadRecorded(r.Dir)
	if err != nil {
		return err
	}
	for _, c := range rec.History.Events {
		if c.Event == wire.EventSet && c.Name != "epochs" {
			return &wire.Problem{
				Message: fmt.Sprintf(
					"run %s was changed at step %d: %s is %v from there on", r.Dir, c.Step, c.Name, setting.Show(c.New),
				),
				Hint: hint,
			}
		}
	}
	r.recorded, r.backend = true, man.Backend
	return nil
}

// ComputeAs has the runs that are not there yet computed with the kernels of a record, of whose backend this is the
// name, see [run.Shop.OpenDirLike]: what is compared is computed alike.
func (s *Sweep) ComputeAs(recorded string) { s.backend = recorded }

// look reads how far a run is. One that is done and measured is not opened again. Nothing is opened here: a run that is
// done is read from its files, without its lock and without a model. A run that was trained further than is asked for
// counts as done.
func (r *Run) look(s *Sweep) error {
	if !r.recorded {
		return nil
	}
	if s.backend == "" {
		s.ComputeAs(r.backend)
	}
	rec, err := record.ReadRecorded(r.Dir)
	if err != nil {
		return err
	}
	r.Done = min(rec.Status.Step, r.Steps)
	// It counts as one step short, so that Train opens it: a run computes what is lost when it is opened and trained.
	if rec.Lost != "" { // to be opened, which computes it again
		r.Done = min(r.Done, r.Steps-1)
	}
	if r.Done == r.Steps {
		r.result, err = s.outcome(r, rec)
	}
	return err
}

// Outcome is what a run came to; false as long as it has not been trained. Without accuracies it says why.
func (r *Run) Outcome() (wire.RunOutcome, bool) {
	if r.result == nil {
		return wire.RunOutcome{}, false
	}
	return *r.result, true
}

// HasOutcome reports whether the run came to something, be it a hole.
func (r *Run) HasOutcome() bool { return r.result != nil }

// Err is the error by which [Sweep.Train] made the run a hole; nil where it did not.
func (r *Run) Err() error { return r.err }

// Missing is why a run has no accuracies; empty as long as it may have some.
func (r *Run) Missing() string {
	if r.result == nil {
		return ""
	}
	return r.result.Missing
}

// Train trains a run to its end, measures what is compared, and keeps the comparison's file up to date. watch is called
// once the run is open, and what it returns when it is done. A run that cannot go on is noted with the reason, and is
// no error: the others can. When ctx ends, the step under way is finished and ctx's error is returned. A run that has
// an outcome is passed over, a hole too. Another process does not know of the hole and tries the run again.
func (s *Sweep) Train(ctx context.Context, r *Run, watch func(*run.Run) (stop func())) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if r.result != nil {
		return nil
	}
	rec, err := s.train(ctx, r, watch)
	if err == nil {
		r.result, err = s.outcome(r, rec)
	}
	if ctx.Err() != nil && r.result == nil {
		return context.Cause(ctx)
	}
	if err == nil && r.result == nil {
		// Nothing failed and yet something is missing. Without a hole a reproduction would name this run as its next
		// for ever.
		err = fmt.Errorf("accuracies at the chosen epoch are not on record")
	}
	if err != nil {
		r.result = &wire.RunOutcome{Run: r.Name, Method: r.Method, Seed: r.Seed, Missing: wire.FirstLine(err)}
		r.err = err
	}
	if s.apart || s.shared {
		return nil
	}
	return s.write()
}

// train is the one way in which a run of a comparison is trained: as any other run, by run.Run.To. The run is opened as
// its manifest has it, and only then is the planned length changed: opened with another length it would be refused as
// another run. It stops at the end of an epoch or of an interval of the window test only where something has to be
// measured there that the run does not measure by itself.
func (s *Sweep) train(
	ctx context.Context, p *Run, watch func(*run.Run) (stop func()),
) (rec record.Recorded, err error) {
	asked := maps.Clone(p.arm.asked)
	asked["seed"] = float64(p.Seed)
	if man, err := record.ReadManifest(p.Dir); err == nil {
		asked["epochs"] = man.Settings["epochs"]
	}
	r, err := s.Shop.OpenDirLike(p.Dir, asked, s.backend)
	if err != nil {
		return record.Recorded{}, err
	}
	defer func() { err = errors.Join(err, s.Shop.Leave(r)) }()
	// watch is called now, and what it returns at the end, before the run is closed.
	defer watch(r)()
	if p.Done < p.Steps {
		if err := r.Set(map[string]any{"epochs": p.arm.settings["epochs"]}); err != nil {
			return record.Recorded{}, err
		}
	}
	best := s.selection(p) == SelectTestBest
	if p.extra.Whole { // a trace begins before the first step, as each encoder's does
		if err := p.extra.AfterStep(ctx, r, 0); err != nil {
			return record.Recorded{}, err
		}
	}
	clock := p.arm.clock()
	for step := 1; step <= p.Steps; step++ {
		epoch, test := step%clock.Epoch == 0, step%clock.Interval == 0
		// What is measured is measured when it is due: going back to all of it would take longer.
		due := best && epoch || p.extra.WhileTraining() && (epoch || test)
		if !due && step != p.Steps {
			continue
		}
		if err := r.To(ctx, step, "primewindow "+s.word()); err != nil {
			return record.Recorded{}, err
		}
		if best && epoch {
			if err := r.EvaluateAt(ctx, data.Test, step); err != nil {
				return record.Recorded{}, err
			}
		}
		if p.extra.WhileTraining() {
			if err := p.extra.AfterStep(ctx, r, step); err != nil {
				return record.Recorded{}, err
			}
		}
	}
	// All that the choice rests on is on record after this. Only then is the reported split read, at the chosen step:
	// where that is not the last, by a fork that is taken back to it. A run that chooses a setting ends before that.
	if err := s.measureGaps(ctx, r, p); err != nil {
		return record.Recorded{}, err
	}
	epoch := Choose(s.selection(p), r.Recorded().History.Probes, p.arm.perEpoch, p.arm.Epochs(), p.arm.Due)
	if epoch == 0 || p.tuning {
		return r.Recorded(), nil
	}
	if err := r.EvaluateAt(ctx, s.Split, epoch*p.arm.perEpoch); err != nil {
		return record.Recorded{}, err
	}
	err = p.extra.AtChosen(ctx, r, s.Split, epoch*p.arm.perEpoch)
	return r.Recorded(), err
}

// measureGaps measures the validation accuracies that are due and not on record, as in a run of an older version whose
// file was damaged: without them no epoch can be chosen.
func (s *Sweep) measureGaps(ctx context.Context, r *run.Run, p *Run) error {
	if p.tuning && s.TuneBy == SelectLast { // which the schedule may have left out
		list, err := r.RecordsOf(p.Steps)
		if err == nil && record.FusedOnly(list, p.Steps) == nil {
			err = r.EvaluateAt(ctx, data.Validation, p.Steps)
		}
		return err
	}
	if s.selection(p) != SelectVal {
		return nil
	}
	for epoch := range p.arm.Epochs() {
		step := (epoch + 1) * p.arm.perEpoch
		if !p.arm.Due(step) {
			continue
		}
		list, err := r.RecordsOf(step)
		if err == nil && record.FusedOnly(list, step) == nil {
			err = r.EvaluateAt(ctx, data.Validation, step)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// selection is how a run's epoch is chosen. One that chooses a setting is looked at on the validation split alone. So
// the test split has no part in choosing a setting, not even where the epochs of reported runs are chosen by it.
func (s *Sweep) selection(p *Run) string {
	if p.tuning {
		return s.TuneBy
	}
	return s.Ask.Select
}

// word is the command that trains.
func (s *Sweep) word() string {
	if s.apart {
		return "reproduce"
	}
	return "compare"
}

// Close gives the folder back, where it was this process's.
func (s *Sweep) Close() error {
	if s.lock == nil {
		return nil
	}
	return s.lock.Close()
}

// diverged makes a hole of a run that stands before a step that cannot be taken: the step would be the same again.
// Without it each new process would train such a run up to that step again, since it keeps no list of failures.
func (r *Run) diverged() {
	rec, err := record.ReadRecorded(r.Dir)
	if err != nil || r.result != nil {
		return
	}
	if n := len(rec.History.Events); n > 0 {
		if c := rec.History.Events[n-1]; c.Event == wire.EventDiverged && c.Step == rec.Status.Step {
			r.Fail(fmt.Sprintf("step %d was not taken: %s", c.Step, c.Text))
		}
	}
}

// Ended reports whether a run has come to its end, or cannot.
func (r *Run) Ended() bool {
	return r.Done >= r.Steps || r.Missing() != ""
}

// Tuning reports whether the run is trained to choose a setting, so that the reported split is not looked at.
func (r *Run) Tuning() bool { return r.tuning }

// Fail makes a hole of a run: it has no accuracies, for this reason.
func (r *Run) Fail(why string) {
	r.result = &wire.RunOutcome{Run: r.Name, Method: r.Method, Seed: r.Seed, Missing: why}
}

// Arm is the method of the run, with its settings.
func (r *Run) Arm() *Arm { return r.arm }

// Settings are all settings of the run, its seed among them.
func (r *Run) Settings() setting.Values {
	one := r.arm.WithSeed(r.Seed)
	return one.settings
}

// NewPart is a sweep whose runs are parts of something else, which names them and keeps the files: see [Sweep.Try].
func NewPart(shop *run.Shop, c Comparison, set data.Dataset) *Sweep {
	s := &Sweep{Shop: shop, Ask: c, apart: true}
	s.on(set)
	return s
}

// on is what the sweep takes from the set of its runs. Ask.Select is auto no more after this: it is what auto comes to
// on the set.
func (s *Sweep) on(set data.Dataset) {
	s.Desc, s.Split = set.Describe(), reported(set)
	s.Samples, s.Validation = set.Len(s.Split), set.Len(data.Validation)
	s.Ask.Select = SelectionOn(s.Ask.Select, s.Desc)
}

// Try adds a run that chooses a setting, until [Run.Report] makes it one whose accuracies count. The folder may hold
// the run already. A run begins as one that chooses even where it will be reported: then nothing reads the reported
// split too early.
func (s *Sweep) Try(name, dir string, a *Arm, seed int, extra measure.Extra) (*Run, error) {
	r := &Run{Name: name, Dir: dir, Method: a.method, Seed: seed, Steps: a.Steps(), arm: a, tuning: true, extra: extra}
	if err := s.Reopen(r); err != nil {
		return nil, err
	}
	r.diverged()
	return r, nil
}

// Reopen checks a run's folder and looks how far the run is.
func (s *Sweep) Reopen(r *Run) error {
	r.result, r.err, r.recorded, r.Done = nil, nil, false, 0
	if err := r.checkFolder(s.Desc); err != nil {
		return err
	}
	return r.look(s)
}

// Report makes a run one whose accuracies count, and of which this is measured as well. One that failed stays a hole.
// Several targets may ask for one run; it is measured for all of them. The outcome is read anew, since it may lack what
// is asked for now: then the run is opened once more, and only what is missing is measured.
func (r *Run) Report(s *Sweep, extra measure.Extra) error {
	extra = extra.Or(r.extra)
	if extra == r.extra && !r.tuning || r.Missing() != "" {
		return nil
	}
	r.tuning, r.extra, r.result = false, extra, nil
	return r.look(s)
}
