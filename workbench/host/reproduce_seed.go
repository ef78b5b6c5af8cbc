package host

import (
	"fmt"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// Maps are of one seed, at the run's chosen epoch. It is the first seed with which the method that is shown acted up to that
// epoch: where it did not, its map is joint training's.

// acting is the arm whose acting decides, nil where the target shows no maps or the arm cannot be trained.
func (one *part) acting() *reproArm {
	if !one.maps {
		return nil
	}
	i := slices.IndexFunc(one.list, func(a *reproArm) bool { return strings.HasPrefix(a.method, "inforeg") })
	if i < 0 || one.list[i].refused != "" {
		return nil
	}
	return one.list[i]
}

// shownSeed is the seed that is shown of a target with maps, once it is known, and the runs by which it is found, in order
// of their seeds. With none that acted it is 0.
func (one *part) shownSeed() (seed int, known bool, search []*SweepRun, err error) {
	a := one.acting()
	if a == nil {
		return 0, true, nil, nil
	}
	rate, err := one.rate(a)
	if err != nil || !rate.known {
		return 0, false, nil, err
	}
	for seed := range max(1, one.searched) {
		r, err := one.run(a, seed, rate.lr, "")
		if err != nil {
			return 0, false, search, err
		}
		search = append(search, r)
		if r.Done < r.Steps { // it may be the one that is shown: then it needs no second visit
			if err := one.need(a, r); err != nil {
				return 0, false, search, err
			}
		}
		switch {
		case !r.trained():
			return 0, false, search, nil
		case r.outcome != nil && r.outcome.Missing != "":
			continue // a run that cannot go on is not shown
		}
		did, err := one.actedBefore(r)
		if err != nil {
			return 0, false, search, err
		}
		if did {
			return seed, true, search, nil
		}
	}
	return 0, true, search, nil
}

// trained reports whether a run has come to its end, or cannot.
func (r *SweepRun) trained() bool {
	return r.Done >= r.Steps || r.outcome != nil && r.outcome.Missing != ""
}

// actedBefore reports whether a trained run regulated any encoder up to the epoch that is chosen by the validation split;
// where the epoch is chosen in another way, at all.
func (one *part) actedBefore(r *SweepRun) (bool, error) {
	if did, ok := one.rep.shown[r.Dir]; ok {
		return did, nil
	}
	rec, err := record.ReadRecorded(r.Dir)
	if err != nil {
		return false, err
	}
	if one.ask.Select == SelectVal {
		epoch := choose(SelectVal, rec.History.Probes, r.arm.perEpoch, r.arm.epochs(), r.arm.due)
		rec.History.Metrics = rec.History.Metrics[:min(len(rec.History.Metrics), epoch*r.arm.perEpoch)]
	}
	if one.rep.shown == nil {
		one.rep.shown = map[string]bool{}
	}
	did := actedIn(rec) != "none"
	one.rep.shown[r.Dir] = did
	return did, nil
}

// seedAt is the seed of an arm's run at a place; false where it is not known yet.
func (one *part) seedAt(place int) (int, bool, error) {
	if !one.maps {
		return place, true, nil
	}
	seed, known, _, err := one.shownSeed()
	return seed, known, err
}

// actingNotes say with which seed the method whose map is drawn acted, and when, as far as a record knows.
func (d drawing) actingNotes() []string {
	i := slices.IndexFunc(d.Arms, func(a wire.ReproducedArm) bool { return strings.HasPrefix(a.Method, "inforeg") })
	if i < 0 || len(d.Arms[i].Runs) == 0 || len(d.Arms[i].Runs[0].Maps) == 0 {
		return nil
	}
	a := d.Arms[i]
	run := a.Runs[0]
	var when []string
	known := false
	for _, m := range d.Modalities {
		c, ok := run.Curve(wire.Acted + " " + m)
		if !ok {
			continue
		}
		known = true
		var list []interval
		for k, v := range c.Values {
			if v > 0 && c.Epochs[k] <= float64(run.Epoch) {
				list = append(list, interval{from: c.Epochs[k] - 1, to: c.Epochs[k]})
			}
		}
		for _, s := range countSpans([][]interval{list}) {
			when = append(when, fmt.Sprintf("%s from epoch %g to %g", m, s.from, s.to))
		}
	}
	at := fmt.Sprintf("seed %d, whose chosen epoch is %d", run.Seed, run.Epoch)
	switch {
	case !known && d.sameMaps(a):
		return []string{fmt.Sprintf("Up to its chosen epoch, %d, %s did not act: its map is that of joint training, point by point.", run.Epoch, a.Name)}
	case !known:
		return []string{"When " + a.Name + " acted is not on record."}
	case len(when) > 0 && d.Searched > 1:
		return []string{fmt.Sprintf("%s acted on %s with %s: the first of seeds 0 to %d with which it acted by then.", a.Name, strings.Join(when, ", "), at, d.Searched-1)}
	case len(when) > 0:
		return []string{fmt.Sprintf("%s acted on %s with %s.", a.Name, strings.Join(when, ", "), at)}
	case d.Searched > 1:
		return []string{fmt.Sprintf("%s acted by the chosen epoch with none of the seeds 0 to %d: nothing in its map, of seed %d, is its doing.", a.Name, d.Searched-1, run.Seed)}
	}
	return []string{fmt.Sprintf("%s did not act with %s: nothing in its map is its doing.", a.Name, at)}
}

// sameMaps reports whether the map of an arm is that of another one.
func (d drawing) sameMaps(a wire.ReproducedArm) bool {
	return slices.ContainsFunc(d.Arms, func(b wire.ReproducedArm) bool {
		return b.Name != a.Name && len(b.Runs) > 0 && len(b.Runs[0].Maps) > 0 && slices.Equal(a.Runs[0].Maps[0].Points, b.Runs[0].Maps[0].Points)
	})
}
