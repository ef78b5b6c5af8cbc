package record

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// Finding is something about a run's files that a user should know.
type Finding struct{ Event, Text string } // Event is one of the kinds of package wire, Text what a person reads

// Owned is a kind of journal of a run. The owner is the ID of its manifest.
func Owned(kind Options, owner string) Options {
	kind.Owner = owner
	return kind
}

// Tied is the note beside a step's entry: how many lines the other journals had then. Whoever cuts one of them, and its
// checksums at the same place, is known by it. Probes and Events are numbers of lines. A journal that was cut agrees
// with its checksums, and only another file can tell.
type Tied struct{ Probes, Events int }

// String is the note as it is written.
func (t Tied) String() string { return fmt.Sprintf("probes:%d,events:%d", t.Probes, t.Events) }

// ParseTied reads the note. What is no such note, as that of an older version, is zeros: nothing is missed by it.
func ParseTied(note string) (t Tied) {
	if _, err := fmt.Sscanf(note, "probes:%d,events:%d", &t.Probes, &t.Events); err != nil {
		return Tied{}
	}
	return t
}

// OpenRecords opens the journals in a run's folder. proved says that they have checksums unless somebody took them
// away. It changes the files: each journal cuts what was not committed, and what belongs to a step that is not on
// record is taken out of the measurements. The folder has to be locked. What is found wrong is returned and not yet on
// record: the caller makes events of it, once all is open.
func OpenRecords(
	dir string, base setting.Values, perEpoch, interval int, owner string, proved bool,
) (rs *Records, found []Finding, err error) {
	rs = &Records{
		dir: dir, base: base, perEpoch: perEpoch, interval: interval, Gap: -1, recent: map[int]*StepRecords{},
		traces: map[string]map[string]*IntervalTrace{}, latest: newLatest(),
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, rs.Close())
		}
	}()
	for _, one := range []struct {
		file string
		kind Options
		to   **Journal
	}{
		{MetricsFile, MetricsKind, &rs.Metrics}, {ProbesFile, ProbesKind, &rs.Probes},
		{EventsFile, EventsKind, &rs.Events},
	} {
		j, was, err := Open(filepath.Join(dir, one.file), Owned(one.kind, owner))
		if err != nil {
			return rs, nil, openProblem(dir, one.file, err)
		}
		*one.to = j
		found = append(found, findings(one.file, was, proved)...)
	}
	if !proved {
		if err := rs.dropUnfinished(); err != nil {
			return rs, nil, err
		}
	}
	// before the measurements: which of them are the run's own depends on settings that were changed
	if err := rs.readEvents(); err != nil {
		return rs, nil, err
	}
	want := ParseTied(rs.Metrics.Noted())
	if n := rs.Events.Len(); n < want.Events {
		return rs, nil, &wire.Problem{
			Message: GoneAtEnd(filepath.Join(dir, EventsFile), want.Events-n) + ": what was set is not known",
			Hint: "bring the file back from a copy, with " + filepath.Base(
				SumsPath(EventsFile),
			) + "; or start the run over under another name",
		}
	}
	if n := rs.Probes.Len(); n < want.Probes {
		// the last step that has some may have lost others, and is measured again as well
		if rs.Gap = 0; n > 0 {
			rs.Gap = rs.Probes.Step(n - 1)
		}
		found = append(found, Finding{wire.EventDamaged, GoneAtEnd(ProbesFile, want.Probes-n)})
	}
	foreign, err := rs.dropUncommitted()
	if err != nil {
		return rs, nil, err
	}
	if foreign > 0 {
		found = append(
			found,
			Finding{
				wire.EventDamaged,
				fmt.Sprintf(
					"%s: %s of steps that are not on record any more, cut", ProbesFile,
					wire.Plural(foreign, "measurement"),
				),
			},
		)
	}
	return rs, found, rs.readProbes()
}

// openProblem is an error of a journal that cannot be opened, in words.
func openProblem(dir, file string, err error) error {
	switch path := filepath.Join(dir, file); {
	// A foreign file of measurements may be removed, since they are measured again. Nothing replaces one of steps or of
	// events.
	case !errors.Is(err, ErrForeign):
		return DiskProblem(err)
	case file == ProbesFile:
		return &wire.Problem{
			Message: path + " is another run's",
			Hint: "bring this run's own file back; or remove it and " + SumsPath(
				file,
			) + ": what it held is measured again",
		}
	default:
		return &wire.Problem{
			Message: path + " is another run's", Hint: "bring this run's own file back, with " + SumsPath(file),
		}
	}
}

// Tie notes how many lines the journals have. A step that is not finished is not committed by it. It is for what was
// recorded between steps, before the files are closed.
func (rs *Records) Tie() error {
	if rs.Metrics.Committed() < rs.Metrics.Len() || rs.Metrics.Len() == 0 {
		return nil
	}
	return rs.Metrics.CommitWith(rs.tied())
}

// tied is the note of how many lines the journals have; none where measurements are gone: the note that is there says
// how many there were, until all that can be had again is there.
func (rs *Records) tied() string {
	if rs.Gap >= 0 {
		return ""
	}
	return Tied{rs.Probes.Len(), rs.Events.Len()}.String()
}

// Commit commits the last step, with all that was measured of it. Until then the step counts in this process only. The
// note says how much of the other journals was there, and is written with the entry.
func (rs *Records) Commit() error {
	if err := rs.Metrics.CommitWith(rs.tied()); err != nil {
		return DiskProblem(err)
	}
	return nil
}

// findings say what was found wrong with a journal. What a kill leaves is no finding: one line without an entry, and of
// measurements those of one step.
func findings(file string, was Found, proved bool) (list []Finding) {
	add := func(event, format string, args ...any) {
		list = append(list, Finding{event, file + ": " + fmt.Sprintf(format, args...)})
	}
	switch {
	case was.Unproved && proved:
		add(wire.EventUnproved, "its checksums are gone: its lines are taken as they are")
	case was.Unproved:
		add(wire.EventUnproved, "an older version wrote no checksums: its lines are taken as they are")
	}
	if len(was.Lost) > 0 {
		where := ""
		if was.Aside != "" {
			where = "; the file as it was is " + filepath.Base(was.Aside)
		}
		add(wire.EventDamaged, "%s damaged or gone, first %v%s", wire.Plural(len(was.Lost), "line"), was.Lost[0], where)
	}
	if was.Copied > 0 {
		where := "; the file as it was is " + filepath.Base(was.Aside)
		if was.Aside == "" {
			where = ", the file was gone"
		}
		add(wire.EventDamaged, "%s damaged, and whole again by copies%s", wire.Plural(was.Copied, "line"), where)
	}
	if was.Adopted > 1 {
		add(
			wire.EventUnproved, "the checksums of %s are gone: they are taken as they are",
			wire.Plural(was.Adopted, "line"),
		)
	}
	if was.Mended > 0 && len(was.Lost) == 0 {
		add(wire.EventDamaged, "its checksums were damaged and are whole again: all its lines are proved")
	}
	if was.Cut > 1 && file != ProbesFile { // a kill leaves one line that is not committed, of a measurement several
		add(wire.EventDamaged, "%d lines at its end were never committed, and were cut", was.Cut)
	}
	return list
}

// GoneAtEnd says that lines of a journal are missing which the steps say it had.
func GoneAtEnd(file string, lines int) string {
	return fmt.Sprintf("%s: %s at its end gone, with their checksums", file, wire.Plural(lines, "line"))
}

// dropUnfinished takes back the last step of a run of an older version, which did not say whether all that belongs to a
// step was measured: it is taken again. Where a snapshot or stop of that step was written, it was. A snapshot is
// written behind the last measurement of its step, so that one of this step proves that it was finished.
func (rs *Records) dropUnfinished() error {
	n := rs.Metrics.Len()
	if n == 0 || Exists(SnapshotPath(rs.dir, n)) || Exists(StopPath(rs.dir, n)) {
		return nil
	}
	return rs.Metrics.Fill(nil, func(i int) bool { return i == n-1 })
}

// dropUncommitted takes out what was measured of a step that is not on record: it is measured again with the step,
// which other settings may change. It gives the number of those that a kill does not leave, of steps farther on.
func (rs *Records) dropUncommitted() (foreign int, err error) {
	n := rs.Metrics.Len()
	drop := map[int]bool{}
	// n steps are on record. A measurement after more of them, and one in the step that begins there, are of a step
	// that was not committed.
	for i := range rs.Probes.Len() {
		if step := rs.Probes.Step(i); step > n {
			drop[i] = true
			if step > n+1 {
				foreign++
			}
		} else if step == n {
			rec, ok, err := rs.Probe(i)
			if err != nil {
				return 0, err
			}
			if ok && strings.HasSuffix(rec.Way, wire.InStep) {
				drop[i] = true
			}
		}
	}
	if len(drop) == 0 {
		return 0, nil
	}
	return foreign, rs.Probes.Fill(nil, func(i int) bool { return drop[i] })
}
