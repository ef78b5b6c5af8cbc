package host

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// finding is something about a run's files that a user should know.
type finding struct{ event, text string }

// owned is a kind of journal of a run.
func owned(kind record.Options, owner string) record.Options {
	kind.Owner = owner
	return kind
}

// tied is the note beside a step's entry: how many lines the other journals had then. Whoever cuts one of them, and its
// checksums at the same place, is known by it.
type tied struct{ probes, events int }

func (t tied) String() string { return fmt.Sprintf("probes:%d,events:%d", t.probes, t.events) }

func parseTied(note string) (t tied) {
	if _, err := fmt.Sscanf(note, "probes:%d,events:%d", &t.probes, &t.events); err != nil {
		return tied{}
	}
	return t
}

// openRecords opens the journals in a run's folder. proved says that they have checksums unless somebody took them away.
func openRecords(dir string, base setting.Values, perEpoch, interval int, owner string, proved bool) (rs *records, found []finding, err error) {
	rs = &records{
		dir: dir, base: base, perEpoch: perEpoch, interval: interval, gap: -1, recent: map[int]*stepRecords{},
		traces: map[string]map[string]*intervalTrace{}, accuracy: map[string]float64{},
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, rs.close())
		}
	}()
	for _, one := range []struct {
		file string
		kind record.Options
		to   **record.Journal
	}{{metricsFile, metricsKind, &rs.metrics}, {probesFile, probesKind, &rs.probes}, {eventsFile, eventsKind, &rs.events}} {
		j, was, err := record.Open(filepath.Join(dir, one.file), owned(one.kind, owner))
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
	if err := rs.readEvents(); err != nil {
		return rs, nil, err
	}
	want := parseTied(rs.metrics.Noted())
	if n := rs.events.Len(); n < want.events {
		return rs, nil, &wire.Problem{
			Message: goneAtEnd(filepath.Join(dir, eventsFile), want.events-n) + ": what was set is not known",
			Hint:    "bring the file back from a copy, with " + filepath.Base(record.SumsPath(eventsFile)) + "; or start the run over under another name",
		}
	}
	if n := rs.probes.Len(); n < want.probes {
		if rs.gap = 0; n > 0 {
			rs.gap = rs.probes.Step(n - 1)
		}
		found = append(found, finding{wire.EventDamaged, goneAtEnd(probesFile, want.probes-n)})
	}
	foreign, err := rs.dropUncommitted()
	if err != nil {
		return rs, nil, err
	}
	if foreign > 0 {
		found = append(found, finding{wire.EventDamaged, fmt.Sprintf("%s: %s of steps that are not on record any more, cut", probesFile, wire.Plural(foreign, "measurement"))})
	}
	return rs, found, rs.readProbes()
}

// openProblem is an error of a journal that cannot be opened, in words.
func openProblem(dir, file string, err error) error {
	switch path := filepath.Join(dir, file); {
	case !errors.Is(err, record.ErrForeign):
		return diskProblem(err)
	case file == probesFile:
		return &wire.Problem{Message: path + " is another run's", Hint: "bring this run's own file back; or remove it and " + record.SumsPath(file) + ": what it held is measured again"}
	default:
		return &wire.Problem{Message: path + " is another run's", Hint: "bring this run's own file back, with " + record.SumsPath(file)}
	}
}

// tie notes how many lines the journals have. A step that is not finished is not committed by it.
func (rs *records) tie() error {
	if rs.metrics.Committed() < rs.metrics.Len() || rs.metrics.Len() == 0 || rs.gap >= 0 {
		return nil
	}
	return rs.metrics.CommitWith(tied{rs.probes.Len(), rs.events.Len()}.String())
}

// commit commits the last step, with all that was measured of it.
func (rs *records) commit() error {
	if err := rs.metrics.CommitWith(tied{rs.probes.Len(), rs.events.Len()}.String()); err != nil {
		return diskProblem(err)
	}
	return nil
}

// findings say what was found wrong with a journal.
func findings(file string, was record.Found, proved bool) (list []finding) {
	add := func(event, format string, args ...any) {
		list = append(list, finding{event, file + ": " + fmt.Sprintf(format, args...)})
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
		add(wire.EventUnproved, "the checksums of %s are gone: they are taken as they are", wire.Plural(was.Adopted, "line"))
	}
	if was.Mended > 0 && len(was.Lost) == 0 {
		add(wire.EventDamaged, "its checksums were damaged and are whole again: all its lines are proved")
	}
	if was.Cut > 1 && file != probesFile { // a kill leaves one line that is not committed, of a measurement several
		add(wire.EventDamaged, "%d lines at its end were never committed, and were cut", was.Cut)
	}
	return list
}

// goneAtEnd says that lines of a journal are missing which the steps say it had.
func goneAtEnd(file string, lines int) string {
	return fmt.Sprintf("%s: %s at its end gone, with their checksums", file, wire.Plural(lines, "line"))
}

// dropUnfinished takes back the last step of a run of an older version, which did not say whether all that belongs to a
// step was measured: it is taken again. Where a snapshot or stop of that step was written, it was.
func (rs *records) dropUnfinished() error {
	n := rs.metrics.Len()
	if n == 0 || exists(snapshotPath(rs.dir, n)) || exists(stopPath(rs.dir, n)) {
		return nil
	}
	return rs.metrics.Fill(nil, func(i int) bool { return i == n-1 })
}

// dropUncommitted takes out what was measured of a step that is not on record: it is measured again with the step, which
// other settings may change. It gives the number of those that a kill does not leave, of steps farther on.
func (rs *records) dropUncommitted() (foreign int, err error) {
	n := rs.metrics.Len()
	drop := map[int]bool{}
	for i := range rs.probes.Len() {
		if step := rs.probes.Step(i); step > n {
			drop[i] = true
			if step > n+1 {
				foreign++
			}
		} else if step == n {
			rec, ok, err := rs.probe(i)
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
	return foreign, rs.probes.Fill(nil, func(i int) bool { return drop[i] })
}
