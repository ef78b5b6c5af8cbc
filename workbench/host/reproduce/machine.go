package reproduce

import (
	"slices"
	"strings"

	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// unknownMachine stands for that of a run which an older version trained, in whose manifest there is none.
const unknownMachine = "one that is not on record"

// machine is the kind of machine on which the runs of a part were computed, those that choose rates among them. Of
// several kinds it names all, and one that is not known as such: a text that no machine has, so that -verify expects
// no digit to repeat. As long as nothing is trained it is this one.
func (one *part) machine() (string, error) {
	var all []string
	add := func(r *sweep.Run) error {
		if r == nil || !record.Exists(r.Dir) {
			return nil
		}
		man, err := record.ReadManifest(r.Dir)
		if err != nil {
			return err
		}
		if len(man.Machines) == 0 {
			all = append(all, unknownMachine)
		}
		for _, m := range man.Machines {
			if m == "" {
				m = unknownMachine
			}
			all = append(all, m)
		}
		return nil
	}
	for _, a := range one.list {
		if a.refused != "" {
			continue
		}
		s, err := one.stageOf(a)
		if err != nil {
			return "", err
		}
		runs := slices.Clone(s.main)
		for _, t := range s.tries {
			runs = append(runs, t.run)
		}
		for _, r := range runs {
			if err := add(r); err != nil {
				return "", err
			}
		}
	}
	slices.Sort(all)
	if all = slices.Compact(all); len(all) == 0 {
		return xla.Machine(), nil
	}
	return strings.Join(all, "; "), nil
}
