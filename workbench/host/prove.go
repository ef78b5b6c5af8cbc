package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/reproduce"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// Proof is what a look at a folder came to: what was found to be as it was written, and what was not.
type Proof struct {
	Dir     string
	Summary string   // what is there, in words
	Faults  []string // what cannot be trusted: file and reason
	Remarks []string // what cannot be proved, such as files of older versions, or was set aside
}

func (p *Proof) fault(file string, err error) {
	p.Faults = append(p.Faults, file+": "+wire.OneLine(err.Error()))
}

func (p *Proof) remark(file, format string, args ...any) {
	p.Remarks = append(p.Remarks, file+": "+fmt.Sprintf(format, args...))
}

// Prove looks at all runs and comparisons in a folder and below it, without changing anything. Links to folders are
// followed. A folder that holds none is an error. told is called with each folder before it is looked at; it may be
// nil.
func Prove(ctx context.Context, dir string, told func(dir string)) ([]Proof, error) {
	var list []Proof
	err := proveBelow(ctx, dir, map[string]bool{}, func(path string, prove func(string) Proof) {
		if told != nil {
			told(path)
		}
		list = append(list, prove(path))
	})
	var system *fs.PathError
	switch {
	case errors.As(err, &system):
		return nil, &wire.Problem{Message: err.Error(), Hint: "name a run, or a folder of runs"}
	case err != nil:
		return nil, err
	case len(list) == 0:
		return nil, &wire.Problem{
			Message: fmt.Sprintf("%s holds neither a run nor a comparison", dir),
			Hint:    "name a run, or a folder of runs",
		}
	}
	return list, nil
}

// proveBelow finds what a folder and those below it hold. A run holds no others. seen are folders by their real names,
// so that links do not lead in a circle. The runs of a comparison lie below it, and each is proved for itself.
func proveBelow(
	ctx context.Context, dir string, seen map[string]bool, use func(dir string, prove func(string) Proof),
) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	where, err := filepath.EvalSymlinks(dir)
	if err != nil || seen[where] {
		return err
	}
	seen[where] = true
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	has := func(name string) bool {
		return slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == name })
	}
	if has(record.ManifestFile) || has(record.MetricsFile) {
		use(dir, proveRun)
		return nil
	}
	if has(sweep.File) {
		use(dir, proveComparison)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if st, err := os.Stat(path); err != nil || !st.IsDir() { // a link that leads nowhere is no run
			continue
		}
		if err := proveBelow(ctx, path, seen, use); err != nil {
			return err
		}
	}
	return nil
}

// proveRun looks at every file of a run.
func proveRun(dir string) Proof {
	return settled(
		func(busy bool) Proof { return proveFiles(dir, busy) }, func() bool { return inUse(dir) },
		func() string { return stamp(dir) },
	)
}

// proveFiles is one look. busy tells that another process may write while the files are read. Steps are read before
// measurements and events, so that all which the last step says of their number is in them when they are read.
func proveFiles(dir string, busy bool) Proof {
	p := Proof{Dir: dir}
	man, err := record.ReadManifest(dir)
	if err != nil {
		p.fault(record.ManifestFile, err)
		man = &record.Manifest{Schema: record.Schema}
	} else if man.Schema < record.ProvedSchema {
		p.remark(record.ManifestFile, "an older version wrote no checksums; opening the run makes them")
	}
	if err != nil && man.ID == "" { // who owns the journals is not known, so that nothing more can be proved
		p.Summary = "a run whose manifest cannot be read"
		return p
	}
	steps, want := p.journal(dir, record.MetricsFile, record.Owned(record.MetricsKind, man.ID), man.Schema,
		func(i int, line []byte) error {
			var m map[string]float64
			if err := json.Unmarshal(line, &m); err != nil || m["step"] != float64(i) {
				return fmt.Errorf("it is not the record of step %d", i)
			}
			return nil
		})
	ahead := 0
	probes, _ := p.journal(dir, record.ProbesFile, record.Owned(record.ProbesKind, man.ID), man.Schema,
		func(_ int, line []byte) error {
			var rec wire.Record
			err := json.Unmarshal(line, &rec)
			switch {
			case err != nil:
			// Measurements are appended before their step is committed, so a kill leaves those of one step.
			case rec.Step == steps+1 || rec.Step > steps && busy:
				ahead++
			case rec.Step > steps:
				err = fmt.Errorf("it belongs to step %d, and %d were taken", rec.Step, steps)
			}
			return err
		})
	if ahead > 0 {
		p.remark(
			record.ProbesFile,
			"%s of a step that is not committed: a run that is under way, or was killed, which takes the step again",
			wire.Plural(ahead, "measurement"),
		)
	}
	events, _ := p.journal(dir, record.EventsFile, record.Owned(record.EventsKind, man.ID), man.Schema,
		func(_ int, line []byte) error {
			var c wire.Change
			if err := json.Unmarshal(line, &c); err != nil {
				return err
			}
			if err := record.CheckChange(c, man.Settings); err != nil {
				return err
			}
			if c.Event == wire.EventDiffers || c.Event == wire.EventLost {
				p.remark(record.EventsFile, "step %d: %s: %s", c.Step, c.Event, c.Text)
			}
			return nil
		})
	// A file whose end was cut together with its checksums agrees with itself. The last step's note says how long
	// it was.
	if tie := record.ParseTied(want); probes < tie.Probes {
		p.Faults = append(p.Faults, record.GoneAtEnd(record.ProbesFile, tie.Probes-probes))
	} else if events < tie.Events {
		p.Faults = append(p.Faults, record.GoneAtEnd(record.EventsFile, tie.Events-events))
	}
	snapshots := record.StartsFrom(dir, 0)
	for _, s := range snapshots {
		if s.Step > steps && busy {
			continue // written since the records were read
		}
		p.snapshot(dir, s, steps, man.IDs())
	}
	p.others(dir)
	p.Summary = fmt.Sprintf(
		"%s, %s, %s, %s", wire.Plural(steps, "step"), wire.Plural(probes, "measurement"), wire.Plural(events, "event"),
		wire.Plural(len(snapshots), "snapshot"),
	)
	return p
}

// journal looks at one of a run's journals, and at each of its lines, and gives their number and what was noted last.
func (p *Proof) journal(
	dir, file string, kind record.Options, made int, check func(i int, line []byte) error,
) (lines int, note string) {
	v, found, err := record.Read(filepath.Join(dir, file), kind)
	if err != nil {
		p.fault(file, err)
		return 0, ""
	}
	defer v.Close()
	for _, l := range v.Lost() {
		p.Faults = append(p.Faults, fmt.Sprintf("%s: %v", file, l))
	}
	if found.Copied > 0 {
		p.Faults = append(
			p.Faults, fmt.Sprintf("%s: %s damaged; copies of them are whole", file, wire.Plural(found.Copied, "line")),
		)
	}
	if found.Mended > 0 {
		p.Faults = append(
			p.Faults,
			fmt.Sprintf(
				"%s: damaged; the lines of %s are proved all the same", filepath.Base(record.SumsPath(file)), file,
			),
		)
	}
	if found.Adopted > 0 {
		p.remark(file, "%s at its end without checksums", wire.Plural(found.Adopted, "line"))
	}
	if found.Cut > 0 {
		p.remark(
			file, "%s at its end not committed: a run that is under way, or was killed, which takes the step again",
			wire.Plural(found.Cut, "line"),
		)
	}
	if found.Unproved && made >= record.ProvedSchema {
		p.Faults = append(p.Faults, file+": its checksums are gone")
	}
	i := -1
	err = v.Each(func(_ int, line []byte) error {
		if i++; line == nil {
			return nil
		}
		if err := check(i, line); err != nil {
			p.Faults = append(p.Faults, fmt.Sprintf("%s: line %d: %s", file, i+1, wire.OneLine(err.Error())))
		}
		return nil
	})
	if err != nil {
		p.fault(file, err)
	}
	return v.Len(), v.Noted()
}

// snapshot looks at a snapshot or stop. ids are the run's and those of the runs that it was forked from, whose
// snapshots a fork links into its own folder.
func (p *Proof) snapshot(dir string, s record.Start, steps int, ids []string) {
	name := filepath.Join(record.SnapshotsDir, filepath.Base(s.Path(dir)))
	f, err := os.Open(s.Path(dir))
	if err != nil {
		p.fault(name, err)
		return
	}
	defer f.Close()
	h, list, err := record.ReadHeader(f, s.Step)
	switch {
	case err != nil:
		p.fault(name, err)
		return
	case h.Version < 2:
		p.remark(name, "an older version wrote it, without a checksum")
	case !slices.Contains(ids, h.Run):
		p.Faults = append(p.Faults, name+": it is of another run")
		return
	case s.Step > steps:
		p.Faults = append(p.Faults, fmt.Sprintf("%s: the records end before it, at step %d", name, steps))
	}
	for _, t := range list {
		for i, v := range t.Values {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				p.Faults = append(p.Faults, fmt.Sprintf("%s: %s at %d is %v", name, t.Name, i, v))
				return
			}
		}
	}
}

// others looks at what else a run's folder holds: maps, times, pictures, and what was set aside.
func (p *Proof) others(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		p.fault(".", err)
	}
	for _, e := range entries {
		name := e.Name()
		if name != reproduce.CostFile && (!strings.HasPrefix(name, "map-") || !strings.HasSuffix(name, ".json")) {
			continue
		}
		path := filepath.Join(dir, name)
		var v map[string]any
		switch err := record.ReadJSON(path, &v); {
		case errors.Is(err, fs.ErrNotExist):
		case errors.Is(err, record.ErrUnsealed):
			p.remark(filepath.Base(path), "an older version wrote it, without a checksum")
		case err != nil:
			p.fault(filepath.Base(path), err)
		}
	}
	for _, sub := range []string{"", record.SnapshotsDir, record.FiguresDir} {
		entries, err := os.ReadDir(filepath.Join(dir, sub))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			p.fault(filepath.Join(sub, "."), err)
		}
		for _, e := range entries {
			name := filepath.Join(sub, e.Name())
			switch {
			case strings.Contains(e.Name(), ".damaged"):
				p.remark(name, "set aside; nothing reads it, and it may be removed")
			case strings.HasSuffix(e.Name(), ".png"):
				if err := checkPicture(filepath.Join(dir, name)); err != nil {
					p.fault(name, fmt.Errorf("%w; drawn again it is whole", err))
				}
			}
		}
	}
}

// checkPicture decodes a PNG, whose parts have checksums of their own.
func checkPicture(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = png.Decode(f)
	return err
}

// proveComparison looks at compare.json: each accuracy in it has to be the one that its run has on record. JSON keeps
// every digit of a float64, so that they are compared exactly.
func proveComparison(dir string) Proof {
	p := Proof{Dir: dir}
	var c wire.Compared
	switch err := record.ReadJSON(filepath.Join(dir, sweep.File), &c); {
	case errors.Is(err, record.ErrUnsealed) && c.Schema > 0:
		p.remark(sweep.File, "an older version wrote it, without a checksum")
	case err != nil:
		p.fault(sweep.File, err)
		return p
	}
	there := 0
	for _, o := range c.Runs {
		rec, err := record.ReadRecorded(filepath.Join(dir, o.Run))
		if err != nil {
			continue // the runs were taken away, or the run's own proof says what is wrong
		}
		there++
		for _, a := range o.Accuracies {
			match := func(r wire.Record) bool {
				return r.Step == o.Step && r.Kind == "accuracy" && r.Split == c.Split && r.Encoder == a.Encoder &&
					r.Readout == a.Readout
			}
			if i := slices.IndexFunc(rec.History.Probes, match); i < 0 {
				p.Faults = append(
					p.Faults,
					fmt.Sprintf(
						"%s: %s: accuracy %s %s of step %d is not on the run's record", sweep.File, o.Run, a.Encoder,
						a.Readout, o.Step,
					),
				)
			} else if v := rec.History.Probes[i].Value; v != a.Value {
				p.Faults = append(
					p.Faults,
					fmt.Sprintf(
						"%s: %s: accuracy %s %s of step %d is %v, on the run's record it is %v", sweep.File, o.Run,
						a.Encoder, a.Readout, o.Step, a.Value, v,
					),
				)
			}
		}
	}
	p.Summary = fmt.Sprintf("a comparison of %s, %d of them beside it", wire.Plural(len(c.Runs), "run"), there)
	return p
}

// ProveSteps computes the steps of a run again, from each of its snapshots to the next and to the end, and compares
// what is on record, measurements included, and what the next snapshot holds, bit for bit. It works on a copy of the
// records, and on links to the snapshots, so that the run may be in use. told is called with the step that is reached;
// it may be nil. The faults are those of this machine too: another kind of processor or backend rounds otherwise.
// Nothing is written through the links: a run that is being recomputed saves no snapshot.
func ProveSteps(ctx context.Context, shop *run.Shop, dir string, told func(step, of int)) (p Proof, err error) {
	p.Dir = dir
	temp, err := os.MkdirTemp("", "primewindow-check-")
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	if err := linked(dir, temp); err != nil {
		return p, err
	}
	r, err := shop.Attach(temp)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, shop.Leave(r)) }()
	again, err := r.Recompute(ctx, told)
	p.Faults, p.Remarks = append(p.Faults, again.Faults...), append(p.Remarks, again.Remarks...)
	if err != nil {
		return p, err
	}
	p.Summary = fmt.Sprintf("%d steps computed again from %s", again.Steps, wire.Plural(again.Starts, "start"))
	return p, nil
}

// linked copies a run's records to another folder, and links its snapshots there.
func linked(dir, to string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(to, record.SnapshotsDir), 0o700); err != nil {
		return err
	}
	for _, s := range record.StartsFrom(dir, 0) {
		if err := os.Symlink(s.Path(dir), s.Path(to)); err != nil {
			return err
		}
	}
	for _, name := range []string{record.MetricsFile, record.ProbesFile, record.EventsFile} {
		// Checksums first, as record.Read takes their length first: a line that is appended between the two copies is
		// then one without a checksum, as a kill leaves it.
		for _, name := range []string{record.SumsPath(name), name} {
			if err := copyFile(filepath.Join(dir, name), filepath.Join(to, name)); err != nil &&
				!errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return copyFile(filepath.Join(dir, record.ManifestFile), filepath.Join(to, record.ManifestFile))
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o600)
}
