package reproduce

import (
	"slices"
	"strings"

	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// Maps are of one seed, at the run's chosen epoch. It is the first seed with which the method that is shown acted up to
// that epoch: where it did not, its map is joint training's.

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

// shownSeed is the seed that is shown of a target with maps, once it is known, and the runs by which it is found, in
// order of their seeds. With none that acted it is 0. Seeds are trained one after the other until one has acted, so
// that none is trained beyond that.
func (one *part) shownSeed() (seed int, known bool, search []*sweep.Run, err error) {
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
		case !r.Ended():
			return 0, false, search, nil
		case r.Missing() != "":
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

// actedBefore reports whether a trained run regulated any encoder up to the epoch that is chosen by the validation
// split; where the epoch is chosen in another way, at all. With test-best the chosen epoch is not known before the test
// split is read, and with last it is the last.
func (one *part) actedBefore(r *sweep.Run) (bool, error) {
	if did, ok := one.rep.shown[r.Dir]; ok {
		return did, nil
	}
	rec, err := record.ReadRecorded(r.Dir)
	if err != nil {
		return false, err
	}
	if one.Ask.Select == sweep.SelectVal {
		epoch := sweep.Choose(sweep.SelectVal, rec.History.Probes, r.Arm().PerEpoch(), r.Arm().Epochs(), r.Arm().Due)
		// rec is this function's own copy, read from disk.
		rec.History.Metrics = rec.History.Metrics[:min(len(rec.History.Metrics), epoch*r.Arm().PerEpoch())]
	}
	if one.rep.shown == nil {
		one.rep.shown = map[string]bool{}
	}
	did := actedIn(rec) != "none"
	one.rep.shown[r.Dir] = did
	return did, nil
}

// seedAt is the seed of an arm's run at a place; false where it is not known yet. All arms of a target with maps show
// the same seed, since their maps are compared.
func (one *part) seedAt(place int) (int, bool, error) {
	if !one.maps {
		return place, true, nil
	}
	seed, known, _, err := one.shownSeed()
	return seed, known, err
}
