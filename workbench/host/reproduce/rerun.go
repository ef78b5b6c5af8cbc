package reproduce

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// Rerun is a run of a record that can be trained again. Everything but sweep comes from the record; sweep is set by
// find, where the set is present.
type Rerun struct {
	File string // of the record
	Run  string // its name
	Arm  string // name of its arm in the target
	Seed int
	LR   float64 // of one that helped to choose the learning rate; else 0

	rec   *wire.Reproduction
	arm   wire.ReproducedArm
	place int // among the arm's runs, or its trials
	trial bool
	sweep *sweep.Run
}

// String names the run as a reader finds it in the record.
func (r *Rerun) String() string {
	name := fmt.Sprintf("%s, %s, seed %d", r.File, r.Arm, r.Seed)
	if r.trial {
		name += fmt.Sprintf(", tried learning rate %g", r.LR)
	}
	return name
}

// Machine is that on which the record was made.
func (r *Rerun) Machine() string { return r.rec.Machine }

// Command makes the record anew.
func (r *Rerun) Command() string { return commandOf(r.rec) }

// Steps is how many the run takes.
func (r *Rerun) Steps() int { return r.perEpoch() * r.arm.Epochs }

// perEpoch is read off the record, since the set need not be here; 0 where it does not say. Any run of the record will
// do: all arms of a record have the same set and batch.
func (r *Rerun) perEpoch() int {
	for _, a := range append([]wire.ReproducedArm{r.arm}, r.rec.Arms...) {
		for _, run := range a.Runs {
			if run.Epoch > 0 {
				return run.Step / run.Epoch
			}
		}
	}
	return 0
}

// recorded are the figures of the record.
func (r *Rerun) recorded() []figure {
	if r.trial {
		return trialFigures(r.arm.Trials[r.place])
	}
	return figuresOf(r.arm.Runs[r.place], r.arm.Accuracies...)
}

// backend is what the record's runs were computed by.
func (r *Rerun) backend() string {
	for _, a := range append([]wire.ReproducedArm{r.arm}, r.rec.Arms...) {
		for _, run := range a.Runs {
			if run.Backend != "" {
				return run.Backend
			}
		}
	}
	return ""
}

// Sweep is the run as one that can be trained.
func (r *Rerun) Sweep() *sweep.Run { return r.sweep }

// rerunsOf are the runs of a record, each once. A run that is reported and a trial as well counts as reported, of which
// more is on record. A run that failed counts too: it has to fail again at the same step.
func rerunsOf(path string, rec *wire.Reproduction) (list []*Rerun) {
	seen := map[string]bool{}
	add := func(r *Rerun) {
		if r.Run != "" && !seen[r.Run] {
			seen[r.Run] = true
			list = append(list, r)
		}
	}
	for _, a := range rec.Arms {
		for i, run := range a.Runs {
			if run.Missing != notTrained {
				add(&Rerun{File: path, Run: run.Run, Arm: a.Name, Seed: run.Seed, rec: rec, arm: a, place: i})
			}
		}
	}
	for _, a := range rec.Arms { // those with the chosen rate are there already
		for i, t := range a.Trials {
			if t.Missing != notTrained {
				add(
					&Rerun{
						File: path, Run: t.Run, Arm: a.Name, Seed: t.Seed, LR: t.LR, rec: rec, arm: a, place: i,
						trial: true,
					},
				)
			}
		}
	}
	return list
}

// choose names the runs that are trained again: those that were named, or some of those that can be. Within compares
// estimates, by the step times of the catalogue: no run has been timed here yet.
func (v *Verification) choose() error {
	v.present = map[string]bool{}
	for _, s := range catalog.Sets(v.shop.Project) {
		v.present[s.Name] = s.Present || v.ask.Dir != ""
	}
	n, err := strconv.Atoi(v.ask.Runs)
	if named := v.ask.Runs != "all" && (err != nil || len(v.ask.Runs) == 16); named { // 16 digits are a name
		return v.named()
	}
	if v.ask.Runs != "all" && n < 0 {
		return &wire.Problem{
			Message: fmt.Sprintf("-runs: got %d, want 0 or more", n),
			Hint:    "-runs takes how many runs are trained again, all, or their names",
		}
	}
	left := map[string][]*Rerun{}
	var files []string
	for _, f := range v.files {
		if !v.present[f.rec.Data] {
			if !slices.Contains(v.Absent, f.rec.Data) {
				v.Absent = append(v.Absent, f.rec.Data)
			}
			continue
		}
		for _, r := range f.runs {
			if s, _ := v.costs.seconds(f.rec.Data, r.arm.Method, r.Steps()); v.ask.Within == 0 || s <= v.ask.Within {
				left[f.path] = append(left[f.path], r)
			}
		}
		if len(left[f.path]) > 0 {
			files = append(files, f.path)
		}
	}
	if v.ask.Runs == "all" { // each record's own figures of a shared run are compared
		for _, file := range files {
			v.Chosen = append(v.Chosen, left[file]...)
		}
	} else {
		v.draw(n, files, left)
	}
	if len(v.Chosen) == 0 && v.ask.Runs != "0" {
		return &wire.Problem{
			Message: fmt.Sprintf("%s: no run that can be trained again: %s", v.ask.Path, v.why()),
			Hint: fmt.Sprintf(
				"%s names the folder of the sets; -runs 0 checks only what needs no training", catalog.DataVariable,
			),
		}
	}
	return nil
}

// draw chooses n runs: first a record, then one of its runs, so that one with many runs is no likelier. The text Pick
// fixes the generator, so that the same text and the same records give the same runs. A run that records share is taken
// once, and compared with the record from which it was drawn first.
func (v *Verification) draw(n int, files []string, left map[string][]*Rerun) {
	hash := fnv.New64a()
	hash.Write([]byte(v.ask.Pick))
	rng, taken := rand.New(rand.NewPCG(hash.Sum64(), 1)), map[string]bool{}
	for len(files) > 0 && len(v.Chosen) < n {
		i := rng.IntN(len(files))
		file := files[i]
		j := rng.IntN(len(left[file]))
		r := left[file][j]
		if left[file] = slices.Delete(left[file], j, j+1); len(left[file]) == 0 {
			files = slices.Delete(files, i, i+1)
		}
		if !taken[r.Run] {
			v.Chosen, taken[r.Run] = append(v.Chosen, r), true
		}
	}
}

func (v *Verification) why() string {
	if len(v.Absent) > 0 {
		return "not present: " + strings.Join(v.Absent, ", ")
	}
	return fmt.Sprintf("each would take more than %g s", v.ask.Within)
}

// named chooses runs by the beginnings of their names, each once, in the first record that has it. A beginning that
// fits several runs is refused, unless it is all of a name.
func (v *Verification) named() error {
	for name := range strings.SplitSeq(v.ask.Runs, ",") {
		var found []*Rerun
		for _, f := range v.files {
			for _, r := range f.runs {
				if name != "" && strings.HasPrefix(r.Run, name) && !hasRun(found, r.Run) {
					found = append(found, r)
				}
			}
		}
		switch {
		case len(found) == 0:
			return &wire.Problem{
				Message: fmt.Sprintf("%s: no run %q in %d records", v.ask.Path, name, v.Records),
				Hint: "-runs takes how many runs are trained again, all, or their names as the record has them " +
					"under run, joined by commas",
			}
		case len(found) > 1:
			names := make([]string, len(found))
			for i, r := range found {
				names[i] = r.Run
			}
			return &wire.Problem{
				Message: fmt.Sprintf(
					"%s: -runs %s begins the names of several runs: %s", v.ask.Path, name, strings.Join(names, ", "),
				),
				Hint: "say more of the name, or join several by commas",
			}
		case !v.present[found[0].rec.Data]:
			return &wire.Problem{
				Message: fmt.Sprintf("data %s is not present", found[0].rec.Data),
				Hint:    fmt.Sprintf("%s names the folder that it is in", catalog.DataVariable),
			}
		}
		if !hasRun(v.Chosen, found[0].Run) {
			v.Chosen = append(v.Chosen, found[0])
		}
	}
	return nil
}

// hasRun reports whether a run is among others.
func hasRun(list []*Rerun, name string) bool {
	return slices.ContainsFunc(list, func(r *Rerun) bool { return r.Run == name })
}
