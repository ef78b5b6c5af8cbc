package reproduce

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// Which runs there are depends on what others came to: the learning rate on those that tried it, the epochs of a
// control on those in which InfoReg acted. So the list grows as runs end, and until then the rest is counted, not
// named.

// windowAll is the window of the whole run, with which an arm's settings are tried out.
const windowAll = "all"

// stage is what is known now of the runs of an arm. It is made anew whenever it is asked for; only the runs are kept.
type stage struct {
	rateChoice
	main  []*sweep.Run // by seed, of maps the one that is shown; nil where it is not known yet
	find  []*sweep.Run // that find the seed that is shown
	steps int          // of a main run, known before the runs are
}

// stageOf arranges an arm as far as it can be. The number of steps is the same at every rate and window. A run that has
// become known is told at once what is to be measured of it, so that it is trained and measured in one go. It calls
// itself for the arm whose rate or epochs this one takes; in the table of targets no such arm takes another's.
func (one *part) stageOf(a *reproArm) (s stage, err error) {
	if a.refused != "" {
		return stage{}, nil
	}
	made, err := one.arm(a, a.usualRate(), windowAll)
	if err != nil {
		return stage{}, err
	}
	s.steps = made.Steps()
	// Rate, seed and window are found in this order, each from runs that the one before has named.
	if s.rateChoice, err = one.rate(a); err != nil {
		return s, err
	}
	if a == one.acting() {
		if _, _, s.find, err = one.shownSeed(); err != nil {
			return s, err
		}
	}
	// A place is nil until its run is known, so that runs can be counted before that.
	s.main = make([]*sweep.Run, one.seeds)
	for place := range one.seeds {
		if !s.known {
			break
		}
		seed, known, err := one.seedAt(place)
		if err != nil {
			return s, err
		}
		if !known {
			continue
		}
		window, ok, err := one.window(a, seed)
		if err != nil {
			return s, err
		}
		if !ok {
			continue
		}
		if s.main[place], err = one.run(a, seed, s.lr, window); err != nil {
			return s, err
		}
		if err := one.need(a, s.main[place]); err != nil {
			return s, err
		}
	}
	return s, nil
}

// need makes a run one whose accuracies are reported, and says what else of it is. What it says stays: a later target
// only adds to it.
func (one *part) need(a *reproArm, r *sweep.Run) error {
	return r.Report(one.Sweep, one.besides(a))
}

// window is, of a control, when it acts: in the epochs in which another arm with the same seed did. It is not known
// before that one is trained. They become the setting window of the control's run, and so a part of its name. Targets
// with controls show no maps: a place in main is a seed.
func (one *part) window(a *reproArm, seed int) (text string, known bool, err error) {
	if a.like == "" {
		return "", true, nil
	}
	other, err := one.stageOf(one.named(a.like))
	if err != nil || other.main == nil || other.main[seed] == nil {
		return "", false, err
	}
	r := other.main[seed]
	if !r.HasOutcome() {
		return "", false, nil
	}
	if text, ok := one.rep.acted[r.Dir]; ok {
		return text, true, nil
	}
	rec, err := record.ReadRecorded(r.Dir)
	if err != nil {
		// The other run is a hole that left no record. Its control is one that never acts; the other's row says why.
		return "none", true, nil //nolint:nilerr // a hole is told where the run is
	}
	text = actedIn(rec)
	one.rep.acted[r.Dir] = text
	return text, true, nil
}

// actedIn are the intervals of the window test in which a run regulated each encoder, as the setting window names them;
// none where it never did. An interval counts as a whole when the encoder was regulated in any of its steps: a window
// opens and shuts only between intervals. The loop goes one interval further than there are, to close a span that is
// open at the end.
func actedIn(rec record.Recorded) string {
	every := rec.Interval()
	var parts []string
	for _, m := range rec.Status.Modalities {
		var spans []string
		from := -1
		steps := rec.History.Metrics
		last := (len(steps) + every - 1) / every // the last one may be cut short by the run's end
		for at := range last + 1 {
			on := false
			if at < last {
				on = slices.ContainsFunc(
					steps[at*every:min((at+1)*every, len(steps))],
					func(step map[string]float64) bool { return step[wire.OnPrefix+m] > 0 },
				)
			}
			switch {
			case on && from < 0:
				from = at
			case !on && from >= 0:
				spans, from = append(spans, fmt.Sprintf("%d:%d", from, at)), -1
			}
		}
		if len(spans) > 0 {
			parts = append(parts, m+" "+strings.Join(spans, " "))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// arrange finds all runs that are known now. The folders of those that are there are read, so that a plan knows what
// is done.
func (p *Reproduction) arrange() error {
	for _, one := range p.parts {
		for _, a := range one.list {
			if _, err := one.stageOf(a); err != nil {
				return err
			}
		}
	}
	return nil
}

// Next is the next run to train, the same seed of all arms after each other; false when nothing is left. Those by which
// the seed of maps is found come first, once their learning rate is known: then what is measured of the others is known
// too. Within a part, runs that choose rates come first, arm by arm, then the reported ones by seed, so that one which
// is interrupted has whole pairs. Everything is looked up anew each time, since a run that ends may make others known.
func (p *Reproduction) Next() (*sweep.Run, bool, error) {
	for _, one := range p.parts {
		_, _, search, err := one.shownSeed()
		if err != nil {
			return nil, false, err
		}
		// The search ends with the first run that has not ended, so that only the last one can be missing.
		if n := len(search); n > 0 && !search[n-1].Ended() {
			return search[n-1], true, nil
		}
	}
	for _, one := range p.parts {
		var late []*sweep.Run
		for _, a := range one.list {
			s, err := one.stageOf(a)
			if err != nil {
				return nil, false, err
			}
			for _, t := range s.tries {
				if _, state := one.tried(t.run); state == tryOpen {
					return t.run, true, nil
				}
			}
			for _, r := range s.main {
				if r != nil && !r.HasOutcome() {
					late = append(late, r)
				}
			}
		}
		slices.SortStableFunc(late, func(a, b *sweep.Run) int { return a.Seed - b.Seed })
		if len(late) > 0 {
			return late[0], true, nil
		}
	}
	return nil, false, nil
}

// dirs are the folders of all runs that are there.
func (p *Reproduction) dirs() []string {
	entries, _ := os.ReadDir(filepath.Join(p.ask.Dir, RunsDir)) // a folder that is not there holds none
	var list []string
	for _, e := range entries {
		if dir := filepath.Join(p.ask.Dir, RunsDir, e.Name()); record.Exists(filepath.Join(dir, record.ManifestFile)) {
			list = append(list, dir)
		}
	}
	return list
}

// Counts says how many runs are done, how many have no result, how many are left, and how many steps those have.
type Counts struct{ Done, Failed, Left, Steps int }

// PlanLine is one part of a plan: a target on a set, or what all of them need together.
type PlanLine struct {
	Target, Data string // empty in the line of all together
	Counts
	Seconds   float64 // that are left, by estimate
	Estimated bool    // whether any of it rests on step times of another machine
	// runs beyond these, at most, where the best learning rates turn out to be at the edges of their grids
	Further int
	Refused []string // arms that cannot be trained on the set, each with the reason
}

// Plan says what is done and what is left, for each target and for all together, where runs that are shared count once.
// A run is counted under a key: its folder, or what will be known of it as long as it has none. Targets that give the
// same key need the same run.
func (p *Reproduction) Plan() (lines []PlanLine, all PlanLine, err error) {
	seen := map[string]bool{}
	for _, one := range p.parts {
		line := PlanLine{Target: one.name, Data: one.data}
		for _, a := range one.list {
			if a.refused != "" {
				line.Refused = append(line.Refused, a.name+": "+a.refused)
			}
		}
		further, err := one.further()
		if err != nil {
			return nil, all, err
		}
		for key, n := range further {
			if line.Further += n; !seen[key] {
				all.Further += n
			}
			seen[key] = true
		}
		for key, need := range one.needs() {
			if need.err != nil {
				return nil, all, need.err
			}
			for _, l := range []*PlanLine{&line, &all} {
				if l == &all && seen[key] {
					continue
				}
				l.add(need, p.costs)
			}
			seen[key] = true
		}
		lines = append(lines, line)
	}
	return lines, all, nil
}

// further are the runs by which the grids of learning rates may grow, at most, by what is tuned: arms that are the same
// in several targets share them. They are told beside the plan and not counted in it, since the best rate may lie
// inside the grid.
func (one *part) further() (map[string]int, error) {
	all := map[string]int{}
	for _, a := range slices.Concat(one.list, one.hidden) {
		if !a.tunes() || a.refused != "" {
			continue
		}
		c, err := one.rate(a)
		if err != nil {
			return nil, err
		}
		if !c.known {
			all[one.unknownKey(a, "further")] = c.more * one.seedsTried(a)
		}
	}
	return all, nil
}

// need is a run that a part needs, known or not.
type need struct {
	run    *sweep.Run // nil where it is not known yet
	data   string
	method string
	steps  int
	err    error
}

// add counts a run as done, as one without a result, or as left, with the steps and the time that it needs yet. One
// that was trained and lacks a measurement is left, with no steps.
func (l *PlanLine) add(n need, c costs) {
	left := n.steps
	if n.run != nil {
		left = n.run.Steps - n.run.Done
		switch {
		case n.run.Missing() != "":
			l.Failed++
			return
		case n.run.HasOutcome():
			l.Done++
			return
		}
	}
	l.Left++
	l.Steps += left
	seconds, measured := c.seconds(n.data, n.method, left)
	l.Seconds += seconds
	l.Estimated = l.Estimated || !measured
}

// needs are the runs of a part, each under a key of its own. Of arms that are not shown and whose rate others take, the
// runs that choose it count. A run that is wanted for several reasons counts once, since its folder is its key.
func (one *part) needs() map[string]need {
	all := map[string]need{}
	put := func(r *sweep.Run) {
		all[r.Dir] = need{run: r, data: one.data, method: r.Method}
	}
	arms := slices.Clone(one.list)
	for _, a := range one.list {
		for _, name := range []string{a.rateOf, a.like} {
			if name != "" && !slices.Contains(arms, one.named(name)) {
				arms = append(arms, one.named(name))
			}
		}
	}
	for _, a := range arms {
		s, err := one.stageOf(a)
		if err != nil {
			// An error is handed on as a need, which Plan meets in its range over the map.
			all["error"] = need{err: err}
			return all
		}
		for _, t := range s.tries {
			put(t.run)
		}
		for _, r := range s.find {
			put(r)
		}
		if a.refused != "" || !slices.Contains(one.list, a) {
			continue
		}
		if len(s.tries) == 0 && !s.known && a.tunes() { // tries whose epochs another run decides
			for i := range len(a.rates) * one.seedsTried(a) {
				all[one.unknownKey(a, fmt.Sprintf("try %d", i))] = need{
					data: one.data, method: a.method, steps: s.steps,
				}
			}
		}
		for seed, r := range s.main {
			switch {
			case r != nil:
				put(r)
			case one.maps && s.known: // as if the first seed will be shown
				first, err := one.run(a, 0, s.lr, "")
				if err != nil {
					all["error"] = need{err: err}
					return all
				}
				put(first)
			// With a seed that rates are tried with, the reported run will be one of the tries, which are counted. It
			// is a run of its own where nothing is tried, where rates are chosen on another form of the set, and with
			// all other seeds.
			case !a.tunes() || one.chooser != nil || seed >= one.seedsTried(a):
				all[one.unknownKey(a, fmt.Sprint("seed ", seed))] = need{
					data: one.data, method: a.method, steps: s.steps,
				}
			}
		}
	}
	return all
}

// unknownKey names a run that is not known yet by what will be known of it. The arm's name is not in it, since targets
// may have the same arm under two names. fmt prints a map in the order of its keys, so that the key is the same
// each time.
func (one *part) unknownKey(a *reproArm, what string) string {
	return fmt.Sprint(one.data, a.method, a.set, a.like, a.longer, what)
}
