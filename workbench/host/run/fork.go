package run

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// ForkDir attaches to a fork in a folder outside the project's runs, or makes it there, from the run in another
// folder after so many steps. Settings are those that differ from there on.
func (shop *Shop) ForkDir(dir, from string, step int, settings map[string]any) (*Run, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	origin, err := shop.Attach(from)
	if err != nil {
		return nil, err
	}
	shop.mu.Lock()
	defer shop.mu.Unlock()
	d := wire.Declaration{Settings: settings, Fork: &wire.Fork{Run: origin.Name, Step: &step}}
	return shop.openFork(filepath.Base(dir), dir, origin, d)
}

// openFork attaches to a fork, or makes it: the parent's records and snapshots up to the point, under the parent's
// settings, and the changed settings as events at that point. Called with the shop's lock held; the parent's is held
// while its files are copied, so that it takes no step meanwhile.
//
// A fork is made in a folder of another name and renamed at the end: a kill before leaves a folder that is no run, and
// that the next attempt removes. What the parent set at the very point is not taken over, as it is of steps from
// there on.
func (shop *Shop) openFork(name, dir string, from *Run, d wire.Declaration) (*Run, error) {
	from.mu.Lock()
	defer from.mu.Unlock()
	var at int
	switch {
	case d.Fork.Step != nil && d.Fork.Epoch != nil:
		return nil, &wire.Problem{Message: "fork: at a step and at an epoch", Hint: "give one of step and epoch"}
	case d.Fork.Step != nil:
		at = *d.Fork.Step
	case d.Fork.Epoch != nil:
		at = *d.Fork.Epoch * from.perEpoch
	default:
		at = from.recorded()
	}
	changed := map[string]any{}
	// under which the last step before the point was taken; the changes are told against these
	before := from.settingsAt(at - 1)
	for _, n := range slices.Sorted(maps.Keys(d.Settings)) {
		s, err := from.setting(n)
		if err != nil {
			return nil, err
		}
		v, err := s.Parse(d.Settings[n])
		if err != nil {
			return nil, &wire.Problem{Message: err.Error(), Hint: n + ": " + s.Doc}
		}
		if v == before[n] {
			continue
		}
		if !s.Mutable {
			return nil, &wire.Problem{
				Message: fmt.Sprintf(
					"setting %s is %v in %s and cannot change in the middle of a run", n, setting.Show(before[n]),
					d.Fork.Run,
				),
				Hint: "open another run with it from the start",
			}
		}
		changed[n] = v
	}
	man, err := record.ReadManifest(dir)
	if err == nil {
		// a cell that is run twice attaches to what it made; one that was changed must not
		if man.Parent == nil || man.Parent.Run != d.Fork.Run || man.Parent.Step != at ||
			!maps.Equal(man.Parent.Changed, changed) {
			was := "not a fork"
			if man.Parent != nil {
				was = fmt.Sprintf(
					"a fork of %s at step %d with %v", man.Parent.Run, man.Parent.Step, man.Parent.Changed,
				)
			}
			return nil, settingsDiffer(
				name,
				[]string{
					fmt.Sprintf("it is %s there, a fork of %s at step %d with %v here", was, d.Fork.Run, at, changed),
				},
			)
		}
		if r, ok := shop.runs[dir]; ok {
			return r, nil
		}
		return shop.add(name, dir, man)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if at < 0 {
		return nil, &wire.Problem{
			Message: fmt.Sprintf("fork at step %d, want 0 or more", at),
			Hint:    "name a step it has taken: a run begins at step 0",
		}
	}
	if at > from.recorded() {
		return nil, &wire.Problem{
			Message: fmt.Sprintf("fork at step %d: %s is at step %d", at, d.Fork.Run, from.recorded()),
			Hint:    fmt.Sprintf("train %s there first, or fork at a step it has taken", d.Fork.Run),
		}
	}
	if err := from.reachable(at); err != nil {
		return nil, err
	}
	// renaming replaces an empty folder only
	if err := record.CheckFree(dir, func(string) bool { return false }); err != nil {
		return nil, err
	}
	if err := from.saveDone(); err != nil {
		return nil, err
	}
	// the IDs are those that snapshots may have which the fork takes over
	p := &record.Parent{Run: d.Fork.Run, IDs: from.man.IDs(), Step: at, Changed: changed}
	if man, err = shop.manifest(name, maps.Clone(from.base), from.set, p); err != nil {
		return nil, err
	}
	// What is taken over was computed elsewhere, or nobody knows where.
	man.Machines = slices.Clone(from.man.Machines)
	man.ComputedOn(xla.Machine())
	// What is taken over and what is added are of one kind, and computed with the same kernels.
	man.Each, man.Backend = from.man.Each, from.eng.Backend.Name
	for what := range from.code { // of the steps that are taken over; later code is an event
		man.Versions[what] = from.man.Versions[what]
	}
	// beside the fork, as renaming works within one file system only
	temp := filepath.Join(filepath.Dir(dir), ".partial-"+name)
	err = os.RemoveAll(temp)
	if err == nil {
		err = from.copyUpTo(temp, man.ID, at, changed)
	}
	// the manifest makes the folder a run, and the name this one: neither may follow what failed
	if err == nil {
		err = man.Write(temp)
	}
	if err == nil {
		err = os.Rename(temp, dir)
	}
	if err != nil {
		return nil, record.DiskProblem(errors.Join(err, os.RemoveAll(temp)))
	}
	return shop.add(name, dir, man)
}

// copyUpTo writes what a fork takes over. Called with r.mu held. Snapshots are linked and not copied: a file in that
// folder is replaced as a whole or removed and never written to, so that two folders may share it. Journals are copied,
// as both runs append to theirs.
func (r *Run) copyUpTo(dir string, owner string, at int, changed map[string]any) error {
	own := map[int]bool{} // of the step itself what was measured before the step from there on, which is the fork's own
	for _, i := range r.rec.Index.Find(at) {
		rec, ok, err := r.rec.Probe(i)
		if err != nil {
			return err
		}
		own[i] = ok && !strings.HasSuffix(rec.Way, wire.InStep) // one that is lost is measured again
	}
	if err := os.MkdirAll(filepath.Join(dir, record.SnapshotsDir), 0o777); err != nil {
		return err
	}
	for _, s := range record.ListSnapshots(r.Dir) {
		// those from which the fork can be brought to its first step, see record.Starts
		if s == 0 || s <= at-record.CosineBatches {
			if err := os.Link(record.SnapshotPath(r.Dir, s), record.SnapshotPath(dir, s)); err != nil {
				return err
			}
		}
	}
	for _, s := range record.ListStops(r.Dir) {
		if s <= at {
			if err := os.Link(record.StopPath(r.Dir, s), record.StopPath(dir, s)); err != nil {
				return err
			}
		}
	}
	for _, one := range []struct {
		file string
		from *record.Journal
		keep func(i int) bool
	}{
		{record.MetricsFile, r.rec.Metrics, func(i int) bool { return i < at }},
		{record.ProbesFile, r.rec.Probes, func(i int) bool { return r.rec.Probes.Step(i) < at || own[i] }},
		{record.EventsFile, r.rec.Events, func(i int) bool { return r.rec.Events.Step(i) < at }},
	} {
		if err := one.from.CopyTo(filepath.Join(dir, one.file), owner, "", one.keep); err != nil {
			return err
		}
	}
	events, _, err := record.Open(filepath.Join(dir, record.EventsFile), record.Owned(record.EventsKind, owner))
	if err != nil {
		return err
	}
	child := &record.Records{Events: events}
	defer func() { _ = events.Close() }() // each event is on disk already
	if err := child.Change(
		wire.Change{Step: at, Event: wire.EventFork, Text: fmt.Sprintf("forked from %s", r.Name)},
	); err != nil {
		return err
	}
	// The changed settings follow the event of the fork, and so count from its first own step on.
	before := r.settingsAt(at - 1)
	for _, n := range slices.Sorted(maps.Keys(changed)) {
		if err := child.Change(
			wire.Change{Step: at, Event: wire.EventSet, Name: n, Old: before[n], New: changed[n]},
		); err != nil {
			return err
		}
	}
	return nil
}
